// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings: what is written comes back byte for byte, what is damaged is reported,
 * and no length or count is believed. The device's side is tested on the virtual
 * board.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/recording.h"
#include "lib/synergy.h"

static unsigned char bytes[1 << 20];
static size_t used;

static void *add(uint16_t type, size_t size, uint64_t seq)
{
	struct synergy_record *r = (void *)(bytes + used);

	memset(r, 0, size);
	r->size = size;
	r->type = type;
	r->seq = seq;
	r->time_ns = 1000 * seq;
	used += size;
	return r;
}

static void add_info(uint64_t seq, uint16_t flags, uint32_t kind, const void *body, size_t size)
{
	struct synergy_info_record *info = add(SYNERGY_RECORD_INFO, sizeof(*info) + size, seq);

	info->hdr.flags = flags;
	info->kind = kind;
	memcpy(info->body, body, size);
}

static void add_power(uint64_t seq, uint32_t n, uint16_t flags)
{
	struct synergy_power_record *p;

	p = add(SYNERGY_RECORD_POWER, sizeof(*p) + n * sizeof(p->channel[0]), seq);
	p->hdr.flags = flags;
	p->n_channels = n;
	p->channel_size = sizeof(p->channel[0]);
}

static void begin(void)
{
	struct synergy_recording_header header = {
		.magic = SYNERGY_RECORDING_MAGIC,
		.version = SYNERGY_RECORDING_VERSION,
		.byte_order = SYNERGY_RECORDING_BYTE_ORDER,
	};

	memcpy(bytes, &header, sizeof(header));
	used = sizeof(header);
}

static int as_file(size_t size)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	CHECK_EQ(write(fd, bytes, size), (ssize_t)size);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct synergy_stream *open_bytes(struct synergy_error *error)
{
	int fd = as_file(used);
	struct synergy_stream *s = synergy_stream_open_fd(fd, "test", error);

	if (!s)
		close(fd);
	return s;
}

static void typical(void)
{
	struct synergy_rail rail = { .size = sizeof(rail), .index = 1, .label = "VDD_CPU" };
	struct synergy_event event = { .size = sizeof(event), .type = 8, .column = 1, .config = 0x74, .name = "simd" };
	struct synergy_session session = { .size = sizeof(session), .n_columns = 2 };
	struct synergy_lost_record *lost;

	begin();
	session.state = SYNERGY_SESSION_STARTED;
	add_info(1, SYNERGY_INFO_F_REPLAY, SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	add_info(1, 0, SYNERGY_INFO_EVENT, &event, sizeof(event));
	add_info(2, 0, SYNERGY_INFO_SESSION, &session, sizeof(session));
	add_power(3, 3, 0);
	add_power(4, 1, SYNERGY_POWER_F_REPEAT);
	lost = add(SYNERGY_RECORD_LOST, sizeof(*lost), 5);
	lost->count = 10;
	lost->by_type[SYNERGY_RECORD_POWER] = 4;
	lost->by_type[SYNERGY_RECORD_MARKER] = 1;
	add_power(15, 0, SYNERGY_POWER_F_LATE);
	add(0x4242, 40, 16);		/* a type of the future */
}

TEST(follow)
{
	struct synergy_stream_tally tally;
	const struct synergy_stream_info *info;
	const struct synergy_record *r;
	struct synergy_error error;
	struct synergy_stream *s;
	int n = 0, pass;

	typical();
	s = open_bytes(&error);
	if (!CHECK(s != NULL))
		return;
	for (pass = 0; pass < 2; pass++) {
		for (n = 0; synergy_stream_next(s, &r, -1, &error) == 1; n++)
			;
		CHECK_EQ(n, 8);
		info = synergy_stream_info(s);
		CHECK_EQ(info->n_rails, 2);
		CHECK_EQ(info->n_columns, 2);
		CHECK_EQ(info->n_events, 1);
		CHECK_STR(info->rails[1].label, "VDD_CPU");
		CHECK_EQ(synergy_stream_rail_find(s, "vdd_cpu"), 1);
		CHECK_FAILS(synergy_stream_rail_find(s, "VDD"), ENOENT);
		CHECK_STR(synergy_stream_column_name(s, 1), "simd");
		CHECK(synergy_stream_column_name(s, 0) == NULL);
		synergy_stream_tally(s, &tally);
		CHECK_EQ(tally.records, 8);
		CHECK_EQ(tally.bytes, used - 16);
		CHECK_EQ(tally.by_type[SYNERGY_RECORD_POWER], 3);
		CHECK_EQ(tally.by_type[0], 1);
		CHECK_EQ(tally.power_repeats, 1);
		CHECK_EQ(tally.power_late, 1);
		CHECK_EQ(tally.lost, 10);
		CHECK_EQ(tally.lost_power, 4);
		CHECK_EQ(tally.lost_marker, 1);
		CHECK_EQ(tally.seq_gaps, 0);
		CHECK_EQ(tally.tail_bytes, 0);
		CHECK_EQ(synergy_stream_rewind(s), 0);
	}
	CHECK(!synergy_stream_is_device(s));
	CHECK_EQ(synergy_stream_mark(s, 0, 0, 0, 0), -1);
	CHECK_FAILS(synergy_stream_start(s, &error), ENOTTY);
	synergy_stream_close(s);
}

TEST(gap)
{
	struct synergy_stream_tally tally;
	const struct synergy_record *r;
	struct synergy_stream *s;

	begin();
	add_power(1, 0, 0);
	add_power(3, 0, 0);
	s = open_bytes(NULL);
	while (synergy_stream_next(s, &r, -1, NULL) == 1)
		;
	synergy_stream_tally(s, &tally);
	CHECK_EQ(tally.seq_gaps, 1);
	synergy_stream_close(s);
}

/* Cut anywhere: whole records before the cut come, the rest is reported. */
TEST(cut)
{
	struct synergy_stream_tally tally;
	const struct synergy_record *r;
	struct synergy_stream *s;
	size_t whole = used, cut;
	int result;

	typical();
	whole = used;
	for (cut = 16; cut < whole; cut++) {
		used = cut;
		s = open_bytes(NULL);
		while ((result = synergy_stream_next(s, &r, -1, NULL)) == 1)
			;
		CHECK_EQ(result, 0);
		synergy_stream_tally(s, &tally);
		if (!CHECK(16 + tally.bytes + tally.tail_bytes == cut))
			fprintf(stderr, "cut at %zu\n", cut);
		CHECK_EQ(synergy_stream_next(s, &r, -1, NULL), 0);
		synergy_stream_close(s);
	}
	for (cut = 0; cut < 16; cut++) {
		used = cut;
		CHECK(open_bytes(NULL) == NULL && errno == EBADMSG);
	}
}

static void damaged(const char *words)
{
	const struct synergy_record *r;
	struct synergy_error error = { "" };
	struct synergy_stream *s = open_bytes(&error);
	int result = -1;

	if (s)
		while ((result = synergy_stream_next(s, &r, -1, &error)) == 1)
			;
	CHECK_FAILS(result, EBADMSG);
	if (!CHECK(strstr(error.message, words)))
		fprintf(stderr, "  \"%s\" does not have \"%s\"\n", error.message, words);
	synergy_stream_close(s);
}

TEST(damaged)
{
	struct synergy_rail rail = { .size = sizeof(rail), .index = 1U << 31 };
	struct synergy_event event = { .size = sizeof(event), .column = SYNERGY_MAX_EVENTS };
	struct synergy_power_record *p;
	struct synergy_marker_record *m;
	struct synergy_pmu_record *u;
	struct synergy_record *r;

	begin();
	bytes[0] = 'X';
	damaged("not a SyNERGY recording");
	begin();
	bytes[8] = 3;
	damaged("version 3");
	begin();
	bytes[8] = 0;
	damaged("version 0");
	begin();
	bytes[12] = 1, bytes[13] = 2, bytes[14] = 3, bytes[15] = 4;
	damaged("other byte order");

	begin();
	r = add(SYNERGY_RECORD_POWER, 64, 1);
	r->size = 0;
	damaged("at byte 16: record is shorter");
	begin();
	r = add(SYNERGY_RECORD_POWER, 64, 1);
	r->size = 60;
	damaged("multiple of 8");
	begin();
	r = add(77, 64, 1);
	r->size = SYNERGY_RECORD_MAX_BYTES + 8;
	damaged("longer than any");
	begin();
	add(SYNERGY_RECORD_MARKER, 72, 1);
	damaged("MARKER record is too short");
	begin();
	p = add(SYNERGY_RECORD_POWER, sizeof(*p) + sizeof(p->channel[0]), 1);
	p->n_channels = 2;
	p->channel_size = sizeof(p->channel[0]);
	damaged("more channels");
	begin();
	add_power(1, 2, 0);
	((struct synergy_power_record *)(bytes + 16))->channel_size = 0;
	damaged("entries have a size");
	begin();
	add_power(1, 2, 0);
	((struct synergy_power_record *)(bytes + 16))->channel_size = 0xfffffff8;
	damaged("more channels");
	begin();
	u = add(SYNERGY_RECORD_PMU, sizeof(*u), 1);
	u->n_counts = 0xffffffff;
	u->count_size = sizeof(u->count[0]);
	damaged("more counters");
	begin();
	m = add(SYNERGY_RECORD_MARKER, sizeof(*m) + 33 * sizeof(m->count[0]), 1);
	m->n_counts = 33;
	m->count_size = sizeof(m->count[0]);
	damaged("more counters");
	begin();
	add_info(1, 0, SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	damaged("out of range");
	begin();
	add_info(1, 0, SYNERGY_INFO_EVENT, &event, sizeof(event));
	damaged("out of range");
	begin();
	add_info(1, 0, SYNERGY_INFO_RAIL, &rail, sizeof(rail) - 8);
	damaged("shorter than what it should hold");
	begin();
	rail.size = sizeof(rail) + 8;
	add_info(1, 0, SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	damaged("another size than it says");
	begin();
	r = add(SYNERGY_RECORD_NOTE, 32, 0);
	memset(r + 1, 'a', 8);
	damaged("does not end");
}

TEST(write)
{
	static unsigned char copy[1 << 16] __attribute__((aligned(8)));
	struct synergy_recording *w;
	struct synergy_stream *s;
	const struct synergy_record *r;
	struct synergy_error error;
	const char *key;
	ssize_t got, total = 0;
	int fd, n;

	typical();
	fd = memfd_create("out", MFD_CLOEXEC);
	w = synergy_recording_create_fd(fd, "out", &error);
	if (!CHECK(w != NULL))
		return;
	CHECK(!synergy_recording_note(w, "network: alexnet\nrail: VDD_CPU\n", &error));
	CHECK_FAILS(synergy_recording_note(w, "no colon", &error), EINVAL);
	CHECK(!synergy_recording_layers(w, "index,layer,op,mac\n0,conv1,Conv,5\n", &error));
	CHECK_FAILS(synergy_recording_layers(w, "layer\n", &error), EINVAL);
	CHECK(!synergy_recording_write(w, bytes + 16, used - 16, &error));
	CHECK_FAILS(synergy_recording_write(w, bytes + 16, 7, &error), EINVAL);
	CHECK(!synergy_recording_note(w, "rail: VDD_GPU: the second", &error));
	CHECK_EQ(synergy_recording_bytes(w), (uint64_t)lseek(fd, 0, SEEK_END));
	CHECK(!synergy_recording_close(w, &error));

	lseek(fd, 0, SEEK_SET);
	s = synergy_stream_open_fd(fd, "out", &error);
	for (n = 0; synergy_stream_next(s, &r, -1, &error) == 1; n++)
		;
	CHECK_EQ(n, 8 + 3);
	CHECK_STR(synergy_stream_note(s, "network"), "alexnet");
	CHECK_STR(synergy_stream_note(s, "rail"), "VDD_GPU: the second");
	CHECK(synergy_stream_note(s, "nothing") == NULL);
	CHECK_STR(synergy_stream_note_at(s, 0, &key), "alexnet");
	CHECK_STR(key, "network");
	CHECK(synergy_stream_note_at(s, 2, NULL) == NULL);
	CHECK_STR(synergy_stream_info(s)->layers, "index,layer,op,mac\n0,conv1,Conv,5\n");
	synergy_stream_close(s);

	/* raw reading in pieces gives the same bytes, cut at records */
	typical();
	s = open_bytes(&error);
	while ((got = synergy_stream_read(s, copy + total, 600)) > 0)
		total += got;
	CHECK_EQ(got, 0);
	CHECK(total == (ssize_t)used - 16 && !memcmp(copy, bytes + 16, total));
	synergy_stream_close(s);
}

/* Raw reading gives what is before the damage, then reports it, as often as asked. */
TEST(read_damaged)
{
	static unsigned char copy[1 << 16] __attribute__((aligned(8)));
	struct synergy_stream *s;
	struct synergy_error error;
	size_t sound;
	int i;

	begin();
	add_power(1, 1, 0);
	sound = used - 16;
	add_power(2, 1, 0);
	((struct synergy_record *)(bytes + 16 + sound))->size = 12;
	add_power(3, 1, 0);
	s = open_bytes(&error);
	if (!CHECK(s != NULL))
		return;
	CHECK_EQ(synergy_stream_read(s, copy, sizeof(copy)), (ssize_t)sound);
	for (i = 0; i < 2; i++) {
		errno = 0;
		CHECK_FAILS(synergy_stream_read(s, copy, sizeof(copy)), EBADMSG);
	}
	synergy_stream_close(s);
}

/* More than the reader's buffer at once, and records across its end. */
TEST(long)
{
	const struct synergy_record *r;
	struct synergy_error error;
	struct synergy_stream *s;
	uint64_t seq = 1;
	int n = 0;

	begin();
	add(SYNERGY_RECORD_NOTE, 400 << 10, 0);
	while (used + 1024 < sizeof(bytes))
		add(3000 + seq % 7, 32 + 8 * (seq % 100), seq), seq++;
	s = open_bytes(&error);
	while (synergy_stream_next(s, &r, -1, &error) == 1)
		CHECK(r->seq == (uint64_t)n), n++;
	CHECK_EQ(n, (int)seq);
	synergy_stream_close(s);
}

TEST(open)
{
	struct synergy_error error;

	CHECK(synergy_stream_open("/nowhere/at/all", &error) == NULL && errno == ENOENT);
	CHECK_HAS(error.message, "/nowhere/at/all");
	CHECK(synergy_stream_open("/tmp", &error) == NULL && errno == EISDIR);
	CHECK(synergy_stream_open("/dev/null", &error) == NULL && errno == EPROTO);
	CHECK(!strcmp(synergy_lib_version(), SYNERGY_LIB_VERSION));
	synergy_stream_close(NULL);

	synergy_error_set(&error, EINVAL, "a");
	synergy_error_set(&error, EINVAL, "%s\n\x1b[2J%s", error.message, error.message);
	CHECK_STR(error.message, "a??[2Ja");
}
