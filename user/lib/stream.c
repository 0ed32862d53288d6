// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One reader for the device and for recordings: fills a buffer, gives out checked
 * records, keeps the tally. What it must not do: believe a size, or wait longer
 * than it was asked to. The contract is in synergy.h.
 */
#include "lib/internal.h"
#include "lib/version1.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES	(256U << 10)

const char *synergy_lib_version(void)
{
	return SYNERGY_LIB_VERSION;
}

static struct synergy_stream *stream_new(int fd, const char *name, struct synergy_error *error)
{
	struct synergy_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		goto no_memory;
	stream->fd = fd;
	stream->name = strdup(name);
	stream->version = SYNERGY_RECORDING_VERSION;
	stream->capacity = BUFFER_BYTES;
	stream->buffer = malloc(stream->capacity);
	if (stream->name && stream->buffer)
		return stream;
	free(stream->name);
	free(stream->buffer);
	free(stream);
no_memory:
	synergy_error_set(error, ENOMEM, "%s: no memory", name);
	return NULL;
}

static void stream_free(struct synergy_stream *stream)
{
	synergy_book_clear(&stream->book);
	free(stream->converted);
	free(stream->buffer);
	free(stream->name);
	free(stream);
}

static ssize_t read_again(int fd, void *buffer, size_t bytes)
{
	ssize_t got;

	do
		got = read(fd, buffer, bytes);
	while (got < 0 && errno == EINTR);
	return got;
}

/* As much as there is up to @bytes: a pipe may give it in pieces. */
static ssize_t read_fully(int fd, void *buffer, size_t bytes)
{
	size_t done = 0;
	ssize_t got;

	while (done < bytes) {
		got = read_again(fd, (char *)buffer + done, bytes - done);
		if (got < 0)
			return -1;
		if (!got)
			break;
		done += got;
	}
	return done;
}

static int read_header(struct synergy_stream *stream, struct synergy_error *error)
{
	struct synergy_recording_header header;
	ssize_t got = read_fully(stream->fd, &header, sizeof(header));

	if (got < 0)
		return synergy_error_set(error, errno, "%s: %s", stream->name, strerror(errno));
	if (got < (ssize_t)sizeof(header) ||
	    memcmp(header.magic, SYNERGY_RECORDING_MAGIC, sizeof(header.magic)))
		return synergy_error_set(error, EBADMSG, "%s: not a SyNERGY recording",
					 stream->name);
	if (header.byte_order == __builtin_bswap32(SYNERGY_RECORDING_BYTE_ORDER))
		return synergy_error_set(error, EBADMSG,
			"%s: recorded on a machine of the other byte order", stream->name);
	if (header.byte_order != SYNERGY_RECORDING_BYTE_ORDER)
		return synergy_error_set(error, EBADMSG, "%s: byte-order mark is 0x%08x",
					 stream->name, header.byte_order);
	if (!header.version || header.version > SYNERGY_RECORDING_VERSION)
		return synergy_error_set(error, EBADMSG,
			"%s: recording format version %u, this program knows 1 to %u",
			stream->name, header.version, SYNERGY_RECORDING_VERSION);
	stream->version = header.version;
	stream->offset = sizeof(header);
	return 0;
}

struct synergy_stream *synergy_stream_open_fd(int fd, const char *name,
					      struct synergy_error *error)
{
	struct synergy_stream *stream = stream_new(fd, name, error);

	if (!stream)
		return NULL;
	if (read_header(stream, error)) {
		stream_free(stream);
		return NULL;
	}
	return stream;
}

static struct synergy_stream *open_device(const char *path, struct synergy_error *error)
{
	struct synergy_stream *stream;
	int fd = synergy_device_open(path, error);

	if (fd < 0)
		return NULL;
	stream = stream_new(fd, path, error);
	if (!stream)
		goto close_fd;
	stream->device = true;
	if (!synergy_device_load(stream, error))
		return stream;
	stream_free(stream);
close_fd:
	close(fd);
	return NULL;
}

struct synergy_stream *synergy_stream_open(const char *path, struct synergy_error *error)
{
	struct synergy_stream *stream;
	struct stat st;
	int fd;

	if (!path)
		return open_device(SYNERGY_DEVICE_PATH, error);
	if (!stat(path, &st) && S_ISCHR(st.st_mode))
		return open_device(path, error);

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
		goto close_fd;
	}
	if (S_ISDIR(st.st_mode)) {
		synergy_error_set(error, EISDIR, "%s: a directory, not a recording", path);
		goto close_fd;
	}
	stream = synergy_stream_open_fd(fd, path, error);
	if (stream)
		return stream;
close_fd:
	if (fd >= 0)
		close(fd);
	return NULL;
}

void synergy_stream_close(struct synergy_stream *stream)
{
	struct synergy_control control = { .size = sizeof(control) };
	int saved = errno;

	if (!stream)
		return;
	if (stream->owner)
		ioctl(stream->fd, SYNERGY_IOC_STOP, &control);
	close(stream->fd);
	stream_free(stream);
	errno = saved;
}

int synergy_stream_is_device(const struct synergy_stream *stream)
{
	return stream->device;
}

int synergy_stream_fd(const struct synergy_stream *stream)
{
	return stream->fd;
}

int synergy_stream_rewind(struct synergy_stream *stream)
{
	off_t start = sizeof(struct synergy_recording_header);

	if (stream->device || lseek(stream->fd, start, SEEK_SET) != start) {
		errno = ESPIPE;
		return -1;
	}
	stream->head = 0;
	stream->tail = 0;
	stream->offset = start;
	stream->ended = false;
	stream->expected_seq = 0;
	synergy_book_clear(&stream->book);
	memset(&stream->tally, 0, sizeof(stream->tally));
	return 0;
}

void synergy_stream_tally(const struct synergy_stream *stream, struct synergy_stream_tally *tally)
{
	*tally = stream->tally;
}

/*
 * Moves what is left to the front and reads more behind it. Gives the number of
 * bytes, 0 at the end of a recording, -1 with errno.
 */
static ssize_t fill(struct synergy_stream *stream, size_t need)
{
	unsigned char *grown;
	ssize_t got;

	if (stream->head) {
		memmove(stream->buffer, stream->buffer + stream->head, stream->tail - stream->head);
		stream->offset += stream->head;
		stream->tail -= stream->head;
		stream->head = 0;
	}
	if (need > stream->capacity) {
		grown = realloc(stream->buffer, need);
		if (!grown)
			return -1;
		stream->buffer = grown;
		stream->capacity = need;
	}
	got = read(stream->fd, stream->buffer + stream->tail, stream->capacity - stream->tail);
	if (got > 0)
		stream->tail += got;
	return got;
}

/* 0 a record begins at head, 1 more bytes are needed (@need in all), -1 damaged. */
static int look(const struct synergy_stream *stream, size_t *need, const char **why)
{
	const struct synergy_record *record = (const void *)(stream->buffer + stream->head);
	size_t have = stream->tail - stream->head;
	size_t least = stream->version == 1 ? sizeof(struct version1_record) : sizeof(*record);
	int result = stream->version == 1 ? synergy_version1_check(record, have, why) :
					    synergy_record_check(record, have, why);

	*need = have < least ? least : record->size;
	return result;
}

/* The record at head as readers here know it; NULL no memory. */
static const struct synergy_record *current_record(struct synergy_stream *stream)
{
	const struct synergy_record *record = (const void *)(stream->buffer + stream->head);
	size_t need = record->size + SYNERGY_VERSION1_GROWTH;
	unsigned char *grown;

	if (stream->version != 1 && synergy_record_fits(record))
		return record;
	if (need > stream->converted_capacity) {
		grown = realloc(stream->converted, need);
		if (!grown)
			return NULL;
		stream->converted = grown;
		stream->converted_capacity = need;
	}
	if (stream->version == 1)
		synergy_version1_convert(record, (void *)stream->converted);
	else
		synergy_record_repack(record, (void *)stream->converted);
	return (const void *)stream->converted;
}

/* What has to be converted on its way goes through the stream's own buffer. */
static ssize_t read_converted(struct synergy_stream *stream, char *buffer, size_t bytes)
{
	const struct synergy_record *record;
	size_t done = 0, need;
	ssize_t got;
	int result;

	for (;;) {
		while ((result = look(stream, &need, NULL)) == 1) {
			got = fill(stream, need);
			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				return done ? (ssize_t)done : got;
		}
		if (result < 0) {
			errno = EBADMSG;
			return done ? (ssize_t)done : -1;
		}
		record = current_record(stream);
		if (!record)
			return -1;
		if (record->size > bytes - done) {
			errno = EINVAL;
			return done ? (ssize_t)done : -1;
		}
		memcpy(buffer + done, record, record->size);
		done += record->size;
		stream->head += ((struct synergy_record *)(stream->buffer + stream->head))->size;
	}
}

ssize_t synergy_stream_read(struct synergy_stream *stream, void *buffer, size_t bytes)
{
	const struct synergy_record *record;
	size_t done = 0, tail;
	ssize_t got;
	int result;

	if (stream->device)
		return read(stream->fd, buffer, bytes);
	if (stream->version == 1)
		return read_converted(stream, buffer, bytes);

	/* A recording is cut at a record's end here, as the device does. */
	got = read_fully(stream->fd, buffer, bytes);
	if (got <= 0)
		return got;
	tail = got;
	for (;;) {
		record = (const void *)((char *)buffer + done);
		result = synergy_record_check(record, tail - done, NULL);
		if (result)
			break;
		done += record->size;
	}
	/* What is not given now begins the next call's, and so damage is reported then. */
	if (done < tail && lseek(stream->fd, -(off_t)(tail - done), SEEK_CUR) < 0)
		return -1;
	if (!done && result < 0) {
		errno = EBADMSG;
		return -1;
	}
	if (!done && tail == bytes) {
		errno = EINVAL;
		return -1;
	}
	return done;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the device has something; 0, or -1 EAGAIN, EINTR. */
static int wait_readable(const struct synergy_stream *stream, uint64_t until_ms, bool for_ever)
{
	struct pollfd pfd = { .fd = stream->fd, .events = POLLIN };
	uint64_t now = now_ms();
	int left = -1, got;

	if (!for_ever)
		left = now >= until_ms ? 0 : (int)(until_ms - now);
	got = poll(&pfd, 1, left);
	if (got > 0)
		return 0;
	if (!got)
		errno = EAGAIN;
	return -1;
}

static void follow_seq(struct synergy_stream *stream, const struct synergy_record *record)
{
	const struct synergy_lost_record *lost = (const void *)record;

	if (record->type >= SYNERGY_RECORD_USER || !record->seq)
		return;
	if (record->type == SYNERGY_RECORD_INFO && (record->flags & SYNERGY_INFO_F_REPLAY))
		return;
	if (record->type == SYNERGY_RECORD_NAME && (record->flags & SYNERGY_NAME_F_REPLAY))
		return;
	if (stream->expected_seq && record->seq != stream->expected_seq)
		stream->tally.seq_gaps++;
	stream->expected_seq = record->seq +
		(record->type == SYNERGY_RECORD_LOST ? lost->count : 1);
}

static void follow_tally(struct synergy_stream *stream, const struct synergy_record *record)
{
	const struct synergy_lost_record *lost = (const void *)record;
	struct synergy_stream_tally *tally = &stream->tally;

	tally->records++;
	tally->bytes += record->size;
	tally->by_type[record->type < 16 ? record->type : 0]++;
	switch (record->type) {
	case SYNERGY_RECORD_POWER:
		tally->power_repeats += !!(record->flags & SYNERGY_POWER_F_REPEAT);
		tally->power_late += !!(record->flags & SYNERGY_POWER_F_LATE);
		break;
	case SYNERGY_RECORD_MARKER:
		tally->abandoned += !!(record->flags & SYNERGY_MARKER_F_ABANDONED);
		break;
	case SYNERGY_RECORD_LOST:
		tally->lost += lost->count;
		tally->lost_power += lost->by_type[SYNERGY_RECORD_POWER];
		tally->lost_marker += lost->by_type[SYNERGY_RECORD_MARKER];
		break;
	}
	follow_seq(stream, record);
}

static int damaged(const struct synergy_stream *stream, const char *why,
		   struct synergy_error *error)
{
	const struct synergy_record *record = (const void *)(stream->buffer + stream->head);

	return synergy_error_set(error, EBADMSG,
		"%s: damaged at byte %llu: %s (type %u, size %u)", stream->name,
		(unsigned long long)(stream->offset + stream->head), why, record->type,
		record->size);
}

/* The end of a recording: what is left in the buffer was cut off. */
static int end_of_recording(struct synergy_stream *stream)
{
	stream->ended = true;
	stream->tally.tail_bytes = stream->tail - stream->head;
	return 0;
}

int synergy_stream_next(struct synergy_stream *stream, const struct synergy_record **record,
			int timeout_ms, struct synergy_error *error)
{
	uint64_t until_ms = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	const char *why = "";
	size_t need;
	ssize_t got;
	int result;

	if (stream->ended)
		return 0;
	while ((result = look(stream, &need, &why)) == 1) {
		got = fill(stream, need);
		if (got > 0)
			continue;
		if (!got && stream->device)
			return synergy_error_set(error, ENODEV, "%s: the device is gone",
						 stream->name);
		if (!got)
			return end_of_recording(stream);
		if (errno == EAGAIN && stream->device) {
			if (wait_readable(stream, until_ms, timeout_ms < 0))
				return synergy_error_set(error, errno, "%s: %s", stream->name,
							 strerror(errno));
			continue;
		}
		return synergy_error_set(error, errno, "%s: %s", stream->name,
			errno == ENODEV ? "the device is gone" : strerror(errno));
	}
	if (result < 0)
		return damaged(stream, why, error);

	*record = current_record(stream);
	if (!*record)
		return synergy_error_set(error, ENOMEM, "%s: no memory", stream->name);
	if (synergy_book_follow(&stream->book, *record)) {
		if (errno == EBADMSG)
			return damaged(stream, "an index or count in it is out of range", error);
		return synergy_error_set(error, errno, "%s: %s", stream->name, strerror(errno));
	}
	stream->head += ((struct synergy_record *)(stream->buffer + stream->head))->size;
	follow_tally(stream, *record);
	return 1;
}
