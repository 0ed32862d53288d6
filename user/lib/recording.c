// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes recordings. Records go to the file as they came; only notes and the
 * layers' table are added. The format is in recording.h.
 */
#include "lib/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Set aside at a time: what a recorder that was killed leaves behind its file at most. */
#define RESERVE_STEP	(1ULL << 20)

struct synergy_recording {
	int fd;
	uint64_t reserve;	/* space that is kept set aside; 0: none */
	uint64_t reserved;	/* up to this place of the file */
	bool owns_fd;
	bool failed;		/* a write went wrong: close() says so again */
	char *name;
	uint64_t bytes;
};

/* Space only, not length: a reader of an unfinished file sees what is there. */
static void reserve(struct synergy_recording *recording)
{
	if (!recording->reserve || recording->bytes + recording->reserve / 2 < recording->reserved)
		return;
	if (fallocate(recording->fd, FALLOC_FL_KEEP_SIZE, (off_t)recording->reserved,
		      (off_t)recording->reserve))
		recording->reserve = 0;		/* a file system that cannot will not later */
	recording->reserved += recording->reserve;
}

static int write_fully(struct synergy_recording *recording, const void *data, size_t bytes,
		       struct synergy_error *error)
{
	const char *from = data;
	ssize_t put;

	while (bytes) {
		put = write(recording->fd, from, bytes);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			recording->failed = true;
			return synergy_error_set(error, errno, "%s: %s", recording->name,
						 strerror(errno));
		}
		from += put;
		bytes -= put;
		recording->bytes += put;
	}
	reserve(recording);
	return 0;
}

struct synergy_recording *synergy_recording_create_fd(int fd, const char *name,
						      struct synergy_error *error)
{
	struct synergy_recording_header header = {
		.magic = SYNERGY_RECORDING_MAGIC,
		.version = SYNERGY_RECORDING_VERSION,
		.byte_order = SYNERGY_RECORDING_BYTE_ORDER,
	};
	struct synergy_recording *recording = calloc(1, sizeof(*recording));

	if (!recording) {
		synergy_error_set(error, ENOMEM, "%s: no memory", name);
		return NULL;
	}
	recording->fd = fd;
	recording->name = strdup(name);
	if (!recording->name) {
		synergy_error_set(error, ENOMEM, "%s: no memory", name);
		goto free_recording;
	}
	if (write_fully(recording, &header, sizeof(header), error))
		goto free_name;
	return recording;

free_name:
	free(recording->name);
free_recording:
	free(recording);
	return NULL;
}

struct synergy_recording *synergy_recording_create(const char *path, uint64_t reserve_bytes,
						   struct synergy_error *error)
{
	struct synergy_recording *recording;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0) {
		synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	recording = synergy_recording_create_fd(fd, path, error);
	if (!recording) {
		close(fd);
		return NULL;
	}
	recording->owns_fd = true;
	recording->reserve = reserve_bytes < RESERVE_STEP ? reserve_bytes : RESERVE_STEP;
	reserve(recording);
	return recording;
}

int synergy_recording_write(struct synergy_recording *recording, const void *records, size_t bytes,
			    struct synergy_error *error)
{
	if (bytes % 8)
		return synergy_error_set(error, EINVAL, "%s: %zu bytes are not whole records",
					 recording->name, bytes);
	return write_fully(recording, records, bytes, error);
}

static int write_text(struct synergy_recording *recording, uint16_t type, const char *text,
		      struct synergy_error *error)
{
	size_t text_bytes = strlen(text);
	size_t size = (sizeof(struct synergy_record) + text_bytes + 8) & ~(size_t)7;
	struct synergy_record *record;
	struct timespec now;
	int result;

	if (size > SYNERGY_RECORD_MAX_BYTES)
		return synergy_error_set(error, E2BIG, "%s: text of %zu bytes is too long",
					 recording->name, text_bytes);
	record = calloc(1, size);
	if (!record)
		return synergy_error_set(error, ENOMEM, "%s: no memory", recording->name);
	clock_gettime(CLOCK_MONOTONIC, &now);
	record->size = size;
	record->type = type;
	record->time_ns = (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	memcpy(record + 1, text, text_bytes);
	result = write_fully(recording, record, size, error);
	free(record);
	return result;
}

int synergy_recording_note(struct synergy_recording *recording, const char *text,
			   struct synergy_error *error)
{
	const char *line, *end;

	for (line = text; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (!memchr(line, ':', end - line) || *line == ':')
			return synergy_error_set(error, EINVAL,
				"%s: note line \"%.*s\" is not `key: value`", recording->name,
				(int)(end - line > 80 ? 80 : end - line), line);
	}
	return write_text(recording, SYNERGY_RECORD_NOTE, text, error);
}

int synergy_recording_layers(struct synergy_recording *recording, const char *csv,
			     struct synergy_error *error)
{
	if (strncmp(csv, "index,layer,op,", 15))
		return synergy_error_set(error, EINVAL,
			"%s: layers' table does not begin with index,layer,op", recording->name);
	return write_text(recording, SYNERGY_RECORD_LAYERS, csv, error);
}

uint64_t synergy_recording_bytes(const struct synergy_recording *recording)
{
	return recording->bytes;
}

int synergy_recording_close(struct synergy_recording *recording, struct synergy_error *error)
{
	int result = 0;

	if (!recording)
		return 0;
	if (recording->failed)
		result = synergy_error_set(error, EIO, "%s: not all was written",
					   recording->name);
	/* Gives back what was set aside and not used. */
	if (recording->owns_fd && !recording->failed)
		(void)!ftruncate(recording->fd, (off_t)recording->bytes);
	if (recording->owns_fd && close(recording->fd) && !result)
		result = synergy_error_set(error, errno, "%s: %s", recording->name,
					   strerror(errno));
	free(recording->name);
	free(recording);
	return result;
}
