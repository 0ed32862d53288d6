// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings of version 1 of the interface: the same records, samples, marks and
 * names come out, as today's; what is damaged in them is still found.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/recording.h"
#include "lib/synergy.h"
#include "lib/version1.h"

static unsigned char bytes[1 << 16] __attribute__((aligned(8)));
static size_t used;

static void *add(uint16_t type, size_t size, uint64_t seq)
{
	struct version1_record *r = (void *)(bytes + used);

	memset(r, 0, size);
	r->size = size;
	r->type = type;
	r->seq = seq;
	r->time_ns = 1000 * seq;
	used += size;
	return r;
}

static void add_info(uint64_t seq, uint32_t kind, const void *body, size_t size)
{
	struct version1_info_record *info = add(SYNERGY_RECORD_INFO, sizeof(*info) + size, seq);

	info->kind = kind;
	memcpy(info->body, body, size);
}

static void begin(void)
{
	struct synergy_recording_header header = {
		.magic = SYNERGY_RECORDING_MAGIC,
		.version = 1,
		.byte_order = SYNERGY_RECORDING_BYTE_ORDER,
	};

	memcpy(bytes, &header, sizeof(header));
	used = sizeof(header);
}

static void add_description(void)
{
	struct version1_device device = { .size = sizeof(device), .flags = 2, .api_version = 1,
		.n_chips = 3, .n_rails = 9, .n_cpus = 4, .min_period_ns = 77, .owner_tgid = 12,
		.module_version = "1.0.0" };
	struct version1_rail rail = { .size = sizeof(rail), .index = 1, .chip = 0, .channel = 2,
		.shunt_uohm = 20000, .label = "VDD_CPU" };
	struct version1_event event = { .type = 8, .column = 1, .config = 0x74, .config1 = 1,
		.config2 = 2, .flags = SYNERGY_EVENT_F_EXCLUDE_KERNEL, .name = "simd" };
	struct version1_session session = { .size = sizeof(session),
		.state = SYNERGY_SESSION_STARTED, .n_columns = 2, .period_ns = 1000000,
		.rail_mask = 2, .pmu_every = 3, .sampler_cpu = 1, .dither_ns = 5,
		.start_ns = 123, .realtime_offset_ns = -4 };
	struct synergy_chip chip = { .size = sizeof(chip), .address = 0x41 };

	add_info(1, SYNERGY_INFO_DEVICE, &device, sizeof(device));
	add_info(2, SYNERGY_INFO_CHIP, &chip, sizeof(chip));
	add_info(3, SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	add_info(4, SYNERGY_INFO_EVENT, &event, sizeof(event));
	add_info(5, SYNERGY_INFO_SESSION, &session, sizeof(session));
	add_info(6, 99, &session, sizeof(session));	/* a kind of the future */
}

static void add_marker(uint64_t seq, uint32_t id)
{
	struct version1_marker_record *m = add(SYNERGY_RECORD_MARKER,
					       sizeof(*m) + 2 * sizeof(m->count[0]), seq);

	m->done_ns = m->hdr.time_ns + 300;
	m->cookie = 1ULL << 40;
	m->kind = SYNERGY_MARK_BEGIN;
	m->id = id;
	m->cpu = 2;
	m->tid = 101;
	m->tgid = 100;
	m->n_counts = 2;
	m->count[1].value = 5 + seq;
}

static void typical(void)
{
	struct version1_power_record *power;
	struct version1_lost_record *lost;
	struct version1_error_record *failed;
	struct version1_pmu_record *pmu;
	char *note;
	int i;

	begin();
	note = (char *)add(SYNERGY_RECORD_NOTE, sizeof(struct version1_record) + 24, 0) +
	       sizeof(struct version1_record);
	strcpy(note, "network: papernet");
	add_description();
	power = add(SYNERGY_RECORD_POWER, sizeof(*power) + 3 * sizeof(power->channel[0]), 7);
	power->hdr.flags = SYNERGY_POWER_F_LATE;
	power->chip = 2;
	power->n_channels = 3;
	power->bus_begin_ns = 7001;
	power->bus_end_ns = 7002;
	power->window_error_ns = 444;
	for (i = 0; i < 3; i++) {
		power->channel[i].rail = i;
		power->channel[i].flags = SYNERGY_CHANNEL_F_SATURATED;
		power->channel[i].shunt_raw = -8 * i;
		power->channel[i].bus_mv = 5000 + i;
		power->channel[i].power_uw = -1000000LL * i;
		power->channel[i].window_begin_ns = 6000;
		power->channel[i].window_end_ns = 6500 + i;
		power->channel[i].bus_time_ns = 6600 + i;
	}
	pmu = add(SYNERGY_RECORD_PMU, sizeof(*pmu) + sizeof(pmu->count[0]), 8);
	pmu->cpu = 3;
	pmu->n_counts = 1;
	pmu->done_ns = 8100;
	pmu->count[0].value = 99;
	add_marker(9, 17);
	add_marker(10, SYNERGY_MARK_ID_RUN);
	lost = add(SYNERGY_RECORD_LOST, sizeof(*lost), 11);
	lost->count = 10;
	lost->count_power = 4;
	lost->count_pmu = 3;
	lost->count_marker = 1;
	lost->last_ns = 10900;
	failed = add(SYNERGY_RECORD_ERROR, sizeof(*failed), 21);
	failed->source = SYNERGY_ERROR_SETUP;
	failed->error = EIO;
	failed->since_us = 55;
	failed->count = 2;
	add(SYNERGY_RECORD_FREQ, 40, 22);	/* nothing of that name then */
	add(0x4242, 32, 23);
}

static struct synergy_stream *open_bytes(size_t size, struct synergy_error *error)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);
	struct synergy_stream *s;

	CHECK_EQ(write(fd, bytes, size), (ssize_t)size);
	lseek(fd, 0, SEEK_SET);
	s = synergy_stream_open_fd(fd, "test", error);
	if (!s)
		close(fd);
	return s;
}

static void check_power(const struct synergy_power_record *p)
{
	int i;

	CHECK_EQ(p->hdr.size, sizeof(*p) + 3 * sizeof(p->channel[0]));
	CHECK_EQ(p->hdr.seq, 7);
	CHECK_EQ(p->hdr.flags, SYNERGY_POWER_F_LATE);
	CHECK_EQ(p->missed, 1);
	CHECK_EQ(p->chip, 2);
	CHECK_EQ(p->hdr.time_ns, 7000);
	CHECK_EQ(p->hdr.raw_ns, 7000);
	CHECK_EQ(p->n_channels, 3);
	CHECK_EQ(p->channel_size, sizeof(p->channel[0]));
	CHECK_EQ(p->bus_begin_ns, 7001);
	CHECK_EQ(p->bus_end_ns, 7002);
	for (i = 0; i < 3; i++) {
		const struct synergy_power_channel *c = &p->channel[i];

		CHECK_EQ(c->rail, (uint32_t)i);
		CHECK_EQ(c->flags, SYNERGY_CHANNEL_F_SATURATED);
		CHECK_EQ(c->shunt_raw, -8 * i);
		CHECK_EQ(c->bus_mv, 5000 + i);
		CHECK_EQ(c->power_uw, -1000000LL * i);
		CHECK_EQ(c->window_error_ns, 444);
		CHECK_EQ(c->window_begin_ns, 6000);
		CHECK_EQ(c->window_end_ns, 6500ULL + i);
		CHECK_EQ(c->bus_time_ns, 6600ULL + i);
		CHECK_EQ(c->reserved, 0);
	}
}

static void check_marker(const struct synergy_marker_record *m)
{
	CHECK_EQ(m->hdr.size, sizeof(*m) + 2 * sizeof(m->count[0]));
	CHECK_EQ(m->hdr.flags, (m->id == 17 ? 0 : SYNERGY_MARKER_F_TOOL));
	CHECK(m->id == 17 || m->id == SYNERGY_MARK_ID_RUN);
	CHECK_EQ(m->done_ns, m->hdr.time_ns + 300);
	CHECK_EQ(m->cookie, 1ULL << 40);
	CHECK_EQ(m->kind, SYNERGY_MARK_BEGIN);
	CHECK_EQ(m->cpu, 2);
	CHECK_EQ(m->tid, 101);
	CHECK_EQ(m->tgid, 100);
	CHECK_EQ(m->n_counts, 2);
	CHECK_EQ(m->count_size, sizeof(m->count[0]));
	CHECK_EQ(m->count[1].value, 5 + m->hdr.seq);
}

static void check_lost(const struct synergy_lost_record *l)
{
	CHECK_EQ(l->hdr.size, sizeof(*l));
	CHECK_EQ(l->count, 10);
	CHECK_EQ(l->last_ns, 10900);
	CHECK_EQ(l->by_type[SYNERGY_RECORD_POWER], 4);
	CHECK_EQ(l->by_type[SYNERGY_RECORD_PMU], 3);
	CHECK_EQ(l->by_type[SYNERGY_RECORD_MARKER], 1);
	CHECK_EQ(l->by_type[0], 2);
}

static void check_record(const struct synergy_record *r)
{
	const struct synergy_pmu_record *pmu = (const void *)r;
	const struct synergy_error_record *failed = (const void *)r;

	CHECK(!synergy_record_check(r, r->size, NULL));
	switch (r->type) {
	case SYNERGY_RECORD_POWER:
		check_power((const void *)r);
		break;
	case SYNERGY_RECORD_PMU:
		CHECK_EQ(pmu->cpu, 3);
		CHECK_EQ(pmu->n_counts, 1);
		CHECK_EQ(pmu->done_ns, 8100);
		CHECK_EQ(pmu->count_size, sizeof(pmu->count[0]));
		CHECK_EQ(pmu->count[0].value, 99);
		break;
	case SYNERGY_RECORD_MARKER:
		check_marker((const void *)r);
		break;
	case SYNERGY_RECORD_LOST:
		check_lost((const void *)r);
		break;
	case SYNERGY_RECORD_ERROR:
		CHECK_EQ(r->size, sizeof(*failed));
		CHECK_EQ(failed->source, SYNERGY_ERROR_SETUP);
		CHECK_EQ(failed->error, EIO);
		CHECK_EQ(failed->since_us, 55);
		CHECK_EQ(failed->count, 2);
		break;
	}
}

static void check_description(const struct synergy_stream *s)
{
	const struct synergy_stream_info *info = synergy_stream_info(s);

	CHECK_EQ(info->device.api_version, 1);
	CHECK_EQ(info->device.n_chips, 3);
	CHECK_EQ(info->device.min_period_ns, 77);
	CHECK_EQ(info->device.owner_tgid, 12);
	CHECK_EQ(info->device.raw_clock_id, CLOCK_MONOTONIC);
	CHECK_STR(info->device.module_version, "1.0.0");
	CHECK_EQ(info->n_chips, 1);
	CHECK_EQ(info->chips[0].address, 0x41);
	CHECK_EQ(info->n_rails, 2);
	CHECK_EQ(info->rails[1].shunt_uohm, 20000);
	CHECK_EQ(info->rails[1].channel, 2);
	CHECK_EQ(info->rails[1].size, sizeof(info->rails[1]));
	CHECK_STR(info->rails[1].label, "VDD_CPU");
	CHECK_EQ(info->n_events, 1);
	CHECK_EQ(info->events[0].config, 0x74);
	CHECK_EQ(info->events[0].config1, 1);
	CHECK_EQ(info->events[0].config2, 2);
	CHECK_EQ(info->events[0].flags, SYNERGY_EVENT_F_EXCLUDE_KERNEL);
	CHECK_STR(info->events[0].name, "simd");
	CHECK_EQ(info->n_columns, 2);
	CHECK_EQ(info->session.period_ns, 1000000);
	CHECK_EQ(info->session.pmu_every, 3);
	CHECK_EQ(info->session.sampler_cpu, 1);
	CHECK_EQ(info->session.start_ns, 123);
	CHECK_EQ(info->session.realtime_offset_ns, -4);
	CHECK_EQ(info->session.clock_id, info->session.raw_clock_id);
	CHECK_STR(synergy_stream_note(s, "network"), "papernet");
}

TEST(records)
{
	static unsigned char copy[1 << 16] __attribute__((aligned(8)));
	struct synergy_stream_tally tally;
	const struct synergy_record *r;
	struct synergy_error error;
	struct synergy_stream *s;
	ssize_t got, total = 0;
	int pass, n = 0, i;

	typical();
	s = open_bytes(used, &error);
	if (!CHECK(s != NULL))
		return;
	for (pass = 0; pass < 2; pass++) {
		for (n = 0; synergy_stream_next(s, &r, -1, &error) == 1; n++)
			check_record(r);
		CHECK_EQ(n, 15);
		check_description(s);
		synergy_stream_tally(s, &tally);
		CHECK_EQ(tally.records, 15);
		CHECK_EQ(tally.seq_gaps, 0);
		CHECK_EQ(tally.tail_bytes, 0);
		CHECK_EQ(tally.by_type[SYNERGY_RECORD_POWER], 1);
		CHECK_EQ(tally.by_type[0], 3);
		CHECK_EQ(tally.by_type[SYNERGY_RECORD_FREQ], 0);
		CHECK_EQ(tally.lost, 10);
		CHECK_EQ(tally.lost_power, 4);
		CHECK_EQ(tally.lost_marker, 1);
		CHECK_EQ(synergy_stream_rewind(s), 0);
	}
	/* Raw reading in pieces gives the same, as today's records. */
	while ((got = synergy_stream_read(s, copy + total, 600)) > 0)
		total += got;
	CHECK_EQ(got, 0);
	for (i = 0, n = 0; i < total; i += r->size, n++) {
		r = (const void *)(copy + i);
		check_record(r);
	}
	CHECK_EQ(n, 15);
	CHECK_EQ(i, total);
	synergy_stream_close(s);
}

/* Cut anywhere, and each byte of the heads spoilt: reported, never followed. */
TEST(cut_and_damaged)
{
	struct version1_power_record *p;
	struct synergy_stream_tally tally;
	const struct synergy_record *r;
	struct synergy_error error = { "" };
	struct synergy_stream *s;
	size_t cut, whole;
	int result;

	typical();
	whole = used;
	for (cut = 16; cut < whole; cut += 4) {
		s = open_bytes(cut, NULL);
		while ((result = synergy_stream_next(s, &r, -1, NULL)) == 1)
			;
		synergy_stream_tally(s, &tally);
		CHECK_EQ(result, 0);
		CHECK_EQ(tally.seq_gaps, 0);
		synergy_stream_close(s);
	}
	begin();
	p = add(SYNERGY_RECORD_POWER, sizeof(*p) + sizeof(p->channel[0]), 1);
	p->n_channels = 2;
	s = open_bytes(used, NULL);
	CHECK_EQ(synergy_stream_next(s, &r, -1, &error), -1);
	CHECK_EQ(errno, EBADMSG);
	CHECK_HAS(error.message, "more channels");
	CHECK_EQ(synergy_stream_rewind(s), 0);
	CHECK_EQ(synergy_stream_read(s, bytes + 4096, 4096), -1);
	CHECK_EQ(errno, EBADMSG);
	synergy_stream_close(s);
}
