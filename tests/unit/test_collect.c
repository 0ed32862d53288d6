// SPDX-License-Identifier: GPL-2.0-only
/*
 * The collector: records in, arrays out. Warm-ups, repeats, abandoned and
 * incomplete things are left out and counted; counts are differences at the
 * marks; a record that contradicts itself is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/synergy.h>

#include "attribute/attribute.h"
#include "lib/recording.h"
#include "tests/framework/test.h"

static struct synergy_collect *c;
static struct synergy_error err;
static uint64_t now = 1000000000, seq;
/* Of the next samples */
static int32_t current_ua, bus_mv = 5000;
static uint64_t bus_time_ns;

static void rail_info(uint32_t index, const char *label, uint32_t shunt)
{
	struct {
		struct synergy_info_record r;
		struct synergy_rail rail;
	} m = { .r = { .hdr = { sizeof(m), SYNERGY_RECORD_INFO, 0, ++seq, now, now },
		       .kind = SYNERGY_INFO_RAIL },
		.rail = { .size = sizeof(m.rail), .index = index, .shunt_uohm = shunt } };

	strcpy(m.rail.label, label);
	CHECK(!synergy_collect_record(c, &m.r.hdr, &err));
}

static void event_info(uint32_t column, const char *name)
{
	struct {
		struct synergy_info_record r;
		struct synergy_event event;
	} m = { .r = { .hdr = { sizeof(m), SYNERGY_RECORD_INFO, 0, ++seq, now, now },
		       .kind = SYNERGY_INFO_EVENT },
		.event = { .size = sizeof(m.event), .column = column } };

	strcpy(m.event.name, name);
	CHECK(!synergy_collect_record(c, &m.r.hdr, &err));
}

static int mark(uint32_t kind, uint32_t id, uint64_t cookie, uint64_t count, uint32_t cpu,
		uint16_t flags)
{
	struct {
		struct synergy_marker_record r;
		struct synergy_count count[2];
	} m = { .r = { .hdr = { sizeof(m), SYNERGY_RECORD_MARKER, flags, ++seq, now, now },
		       .done_ns = now + 300, .cookie = cookie, .kind = kind, .id = id,
		       .cpu = cpu, .tid = 7, .tgid = 7, .n_counts = 2,
		       .count_size = sizeof(struct synergy_count) },
		.count = { { count, now, now }, { 0, 0, 0 } } };

	if (id >= SYNERGY_MARK_ID_COMMAND)
		m.r.hdr.flags |= SYNERGY_MARKER_F_TOOL;
	now += 1000;
	return synergy_collect_record(c, &m.r.hdr, &err);
}

static int power(uint64_t begin, uint64_t end, int64_t uw, uint16_t flags, uint32_t channel_flags)
{
	struct {
		struct synergy_power_record r;
		struct synergy_power_channel ch[1];
	} m = { .r = { .hdr = { sizeof(m), SYNERGY_RECORD_POWER, flags, ++seq, now, now },
		       .n_channels = 1, .channel_size = sizeof(struct synergy_power_channel) },
		.ch = { { .rail = 1, .flags = channel_flags, .current_ua = current_ua,
			  .bus_mv = bus_mv, .bus_time_ns = bus_time_ns, .power_uw = uw,
			  .window_begin_ns = begin, .window_end_ns = end } } };

	return synergy_collect_record(c, &m.r.hdr, &err);
}

/* One inference of two layers; lose leaves out layer 1. */
static void run(uint64_t cookie, int lose)
{
	mark(SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, cookie, 0, 0, 0);
	mark(SYNERGY_MARK_BEGIN, 0, cookie, 100, 0, 0);
	now += 1000000;
	power(now - 600000, now - 460000, 2000000, 0, 0);
	power(now - 600000, now - 460000, 2000000, SYNERGY_POWER_F_REPEAT, 0);
	/* this rail alone was not converted again, and its window is better known now */
	power(now - 599995, now - 459995, 2000000, 0, SYNERGY_CHANNEL_F_REPEAT);
	mark(SYNERGY_MARK_END, 0, cookie, 150, 0, 0);
	if (!lose) {
		mark(SYNERGY_MARK_BEGIN, 1, cookie, 200, 0, 0);
		now += 500000;
		/* the third run moves to another core in layer 1 */
		mark(SYNERGY_MARK_END, 1, cookie, 270, cookie == 3, 0);
	}
	mark(SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, cookie, 0, 0, 0);
	now += 5000;
}

static void check_stream(void)
{
	struct synergy_attribute_input *in;
	struct synergy_lost_record lost = {
		.hdr = { sizeof(lost), SYNERGY_RECORD_LOST, 0, 9, 0, 0 }, .count = 5,
		.by_type = { [SYNERGY_RECORD_POWER] = 3, [SYNERGY_RECORD_MARKER] = 2 } };
	struct synergy_record unknown = { sizeof(unknown), 77, 0, 10, 0, 0 };

	rail_info(0, "VDD_IN", 20000);
	rail_info(1, "VDD_CPU", 10000);
	event_info(0, "ASE_SPEC");
	event_info(1, "BUS");
	run(SYNERGY_MARK_COOKIE_WARMUP, 0);
	run(1, 0);
	run(2, 1);
	run(3, 0);
	mark(SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_IDLE, 0, 0, 0, 0);
	now += 100000;
	mark(SYNERGY_MARK_END, SYNERGY_MARK_ID_IDLE, 0, 0, 0, 0);
	mark(SYNERGY_MARK_END, 5, 0, 0, 0, 0);			/* never begun */
	mark(SYNERGY_MARK_BEGIN, 1, 99, 0, 0, 0);
	mark(SYNERGY_MARK_END, 1, 99, 0, 0, SYNERGY_MARKER_F_ABANDONED);
	power(now, now + 140000, 1000000, 0, SYNERGY_CHANNEL_F_NO_BUS);
	CHECK(!synergy_collect_record(c, &lost.hdr, &err));
	CHECK(!synergy_collect_record(c, &unknown, &err));

	in = synergy_collect_finish(c, &err);
	if (!CHECK(in != NULL))
		return;
	CHECK_EQ(in->n_runs, 2);
	CHECK_EQ(in->n_layers, 2);
	CHECK_EQ(in->n_events, 2);
	CHECK_EQ(in->n_rails, 1);
	CHECK_STR(in->rails[0].label, "VDD_CPU");
	CHECK_STR(in->events[0], "ASE_SPEC");
	CHECK_EQ(in->rails[0].n, 4);		/* one a run; the repeats are gone */
	CHECK_NEAR(in->rails[0].lsb_uw[0], 20000, 1e-9);	/* 40 uV / 10 mOhm x 5 V */
	CHECK_NEAR(in->rails[0].bus_step_share, 8.0 / 5000, 1e-12);
	CHECK_EQ(in->intervals.n, 2 * 3 + 1);
	CHECK_EQ(in->intervals.kind[0], SYNERGY_INTERVAL_RUN);
	CHECK_EQ(in->intervals.kind[1], SYNERGY_INTERVAL_LAYER);
	CHECK_EQ(in->intervals.layer[1], 0);
	CHECK_NEAR(in->intervals.counts[1 * 2], 50, 0);
	CHECK_NEAR(in->intervals.counts[2 * 2], 70, 0);
	CHECK(isnan(in->intervals.counts[1 * 2 + 1]));	/* this core has no such event */
	CHECK(isnan(in->intervals.counts[5 * 2]));	/* it changed the core */
	/* begins when the BEGIN was done, ends when the END began */
	CHECK_EQ(in->intervals.end_ns[1] - in->intervals.begin_ns[1], 1000000 + 1000 - 300);
	CHECK_EQ(in->notes.warmup_runs, 1);
	CHECK_EQ(in->notes.incomplete_runs, 1);
	CHECK_EQ(in->notes.repeats, 4);
	CHECK_EQ(in->notes.samples, 13);
	CHECK_EQ(in->notes.no_bus, 1);
	CHECK_EQ(in->notes.unmatched, 1);
	CHECK_EQ(in->notes.abandoned, 1);
	CHECK_EQ(in->notes.migrated, 1);
	CHECK_EQ(in->notes.lost, 5);
	CHECK_EQ(in->notes.lost_power, 3);
	CHECK_EQ(in->notes.lost_markers, 2);
	synergy_attribute_input_free(in);
}

/* A program's own marks, without inferences: a row a name, and the rest. */
static void check_no_runs(void)
{
	static const uint32_t ids[] = { 0, 3000000000U, 70000 };
	struct synergy_attribute_input *in;
	uint32_t i;

	power(now - 500, now, 2000000, 0, 0);
	for (i = 0; i < 6; i++) {
		mark(SYNERGY_MARK_BEGIN, ids[i % 3], 0, 0, 0, 0);
		now += 1000;
		mark(SYNERGY_MARK_END, ids[i % 3], 0, 0, 0, 0);
	}
	in = synergy_collect_finish(c, &err);
	if (!CHECK(in && in->phases))
		return;
	CHECK_EQ(in->n_runs, 1);
	CHECK_EQ(in->n_layers, 4);
	CHECK_EQ(in->phases->n, 4);
	CHECK_EQ(in->phases->tid, 7);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(in->phases->rows[i].id, ids[i]);
		CHECK_EQ(in->phases->rows[i].calls, 2);
		CHECK_NEAR(in->phases->rows[i].self_us, 2 * (2000 - 300) / 1e3, 1e-9);
		CHECK_EQ(in->phases->rows[i].parent, 3);
	}
	synergy_attribute_input_free(in);
}

/* The same within inferences that a tool marked: layers that nest are a program's, too. */
static void check_nested_runs(void)
{
	struct synergy_attribute_input *in;
	int i;

	power(now - 500, now, 2000000, 0, 0);
	for (i = 0; i < 3; i++) {
		mark(SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, (uint64_t)i, 0, 0, 0);
		mark(SYNERGY_MARK_BEGIN, 1, (uint64_t)i, 0, 0, 0);
		mark(SYNERGY_MARK_BEGIN, 2, (uint64_t)i, 0, 0, 0);
		mark(SYNERGY_MARK_END, 2, (uint64_t)i, 0, 0, 0);
		mark(SYNERGY_MARK_END, 1, (uint64_t)i, 0, 0, 0);
		mark(SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, (uint64_t)i, 0, 0, 0);
	}
	in = synergy_collect_finish(c, &err);
	if (!CHECK(in && in->phases))
		return;
	CHECK_EQ(in->phases->n, 3);
	CHECK_EQ(in->phases->rows[1].parent, 0);
	CHECK_EQ(in->phases->rows[1].depth, 1);
	CHECK_NEAR(in->phases->rows[0].inclusive_us, 3 * (3000 - 300) / 1e3, 1e-9);
	CHECK_NEAR(in->phases->rows[1].self_us, 3 * (1000 - 300) / 1e3, 1e-9);
	synergy_attribute_input_free(in);
}

/* What a chip gave since it was last seen to be configured as asked is not believed. */
static void check_invalidated(void)
{
	struct synergy_error_record e = {
		.hdr = { sizeof(e), SYNERGY_RECORD_ERROR, 0, 0, 0 }, .index = 0,
		.source = SYNERGY_ERROR_SETUP, .error = EIO, .value = 0x7127, .since_us = 2000 };
	struct synergy_attribute_input *in;
	int i;

	rail_info(1, "VDD_CPU", 10000);
	mark(SYNERGY_MARK_BEGIN, 0, 0, 0, 0, 0);
	for (i = 0; i < 5; i++) {
		now += 1000000;
		CHECK(!power(now - 700000, now - 100000, 1000000 + i, 0, 0));
	}
	mark(SYNERGY_MARK_END, 0, 0, 0, 0, 0);
	/* Another source and another chip are no reason. */
	e.hdr.time_ns = now;
	e.source = SYNERGY_ERROR_CHIP;
	CHECK(!synergy_collect_record(c, &e.hdr, &err));
	e.source = SYNERGY_ERROR_SETUP;
	e.index = 1;
	CHECK(!synergy_collect_record(c, &e.hdr, &err));
	in = synergy_collect_finish(c, &err);
	CHECK(in && in->rails[0].n == 5 && in->notes.invalidated == 0);
	synergy_attribute_input_free(in);
	/* Back to the third sample's own time, that one included */
	e.index = 0;
	e.hdr.time_ns = now - 1000;
	CHECK(!synergy_collect_record(c, &e.hdr, &err));
	in = synergy_collect_finish(c, &err);
	if (!CHECK(in && in->rails[0].n == 2))
		return;
	CHECK_EQ(in->notes.invalidated, 3);
	CHECK_EQ(in->notes.errors, 3);
	CHECK_NEAR(in->rails[0].power_uw[1], 1000001, 0);
	CHECK_NEAR(in->rails[0].bus_step_share, 8.0 / 5000, 1e-12);
	synergy_attribute_input_free(in);
}

/* A voltage every eighth sample, repeated with the seven after it; the load changes every 20. */
static void check_voltage(void)
{
	struct synergy_attribute_input *in;
	int i;

	rail_info(1, "VDD_CPU", 10000);
	mark(SYNERGY_MARK_BEGIN, 0, 0, 0, 0, 0);
	for (i = 0; i < 400; i++) {
		now += 1000000;
		current_ua = i / 20 % 2 ? 2100000 : 100000;
		if (i % 8 == 0) {
			bus_mv = 8 * (int)lround((5203 - 0.1 * current_ua / 1e3) / 8);
			bus_time_ns = now - 30000;
		}
		CHECK(!power(now - 240000, now - 100000, (int64_t)current_ua * bus_mv / 1000, 0,
			     0));
	}
	mark(SYNERGY_MARK_END, 0, 0, 0, 0, 0);
	in = synergy_collect_finish(c, &err);
	if (!CHECK(in && in->rails[0].n == 400))
		return;
	CHECK_NEAR(in->rails[0].source.mohm, 100, 4);
	/* The last voltage before the load: 4 % too high, in the stream */
	CHECK_NEAR(in->rails[0].power_uw[22], 2100 * (5203 - 210.0), 2100 * 8);
	CHECK_NEAR(in->rails[0].power_uw[24], 2100 * 4992, 0);	/* measured beside it */
	synergy_attribute_input_free(in);
	current_ua = 0;
	bus_mv = 5000;
	bus_time_ns = 0;
}

static void check_bad(void)
{
	struct synergy_record cut = { sizeof(cut), SYNERGY_RECORD_POWER, 0, 1, 0, 0 };
	struct synergy_power_record many = {
		.hdr = { sizeof(many), SYNERGY_RECORD_POWER, 0, 4, 0, 0 }, .n_channels = 9 };

	CHECK_FAILS(synergy_collect_record(c, &cut, &err), EINVAL);
	CHECK_FAILS(synergy_collect_record(c, &many.hdr, &err), EINVAL);
	CHECK(strstr(err.message, "9 channels") != NULL);
	CHECK_FAILS(power(500, 500, 1, 0, 0), EINVAL);
	CHECK(!synergy_collect_finish(c, &err) && errno == ENODATA);
}

static void with_collector(void (*check)(void))
{
	c = synergy_collect_new();
	check();
	synergy_collect_free(c);
}

TEST(stream)
{
	with_collector(check_stream);
}

TEST(no_runs)
{
	with_collector(check_no_runs);
}

TEST(nested_runs)
{
	with_collector(check_nested_runs);
}

TEST(invalidated)
{
	with_collector(check_invalidated);
}

TEST(voltage)
{
	with_collector(check_voltage);
}

TEST(bad)
{
	with_collector(check_bad);
}
