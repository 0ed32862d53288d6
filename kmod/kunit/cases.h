/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test cases of the module's pure parts, written once: KUnit runs them in the
 * kernel (kunit/suite.c, which lists them), tests/unit/test_kmod.c in user space.
 * The includer provides TEST, CHECK..., PARAMS, and the pure parts. Integers only.
 */
#ifndef SYNERGY_KUNIT_CASES_H
#define SYNERGY_KUNIT_CASES_H

/* ---- registers ---- */

TEST(shunt_values)
{
	CHECK_EQ(synergy_ina3221_shunt_uv(0), 0);
	CHECK_EQ(synergy_ina3221_shunt_uv(0x0008), 40);
	CHECK_EQ(synergy_ina3221_shunt_uv(0x7ff8), 163800);
	/* The datasheet's own example: -80 mV is 0xc180 */
	CHECK_EQ(synergy_ina3221_shunt_uv((__s16)0xc180), -80000);
	/* The smallest negative current must not come out as a huge positive one. */
	CHECK_EQ(synergy_ina3221_shunt_uv((__s16)0xfff8), -40);
	CHECK_EQ(synergy_ina3221_shunt_uv((__s16)0x8000), -163840);
	/* The three low bits are not part of the value. */
	CHECK_EQ(synergy_ina3221_shunt_uv(0x000f), 40);
	CHECK_EQ(synergy_ina3221_shunt_uv((__s16)0xffff), -40);
}

TEST(offsets_of_the_shunt)
{
	const struct synergy_offset none = { 0 }, one = { .uv = 40 };
	const struct synergy_offset table = {
		.uv = 30, .n = 2, .range = { { -200, 200, 0 }, { 100, 1000, 80 } },
	};

	CHECK_EQ(synergy_ina3221_without_offset(1240, &none), 1240);
	CHECK_EQ(synergy_ina3221_without_offset(1240, &one), 1200);
	/* Towards zero on both sides, and beyond it */
	CHECK_EQ(synergy_ina3221_without_offset(-1240, &one), -1200);
	CHECK_EQ(synergy_ina3221_without_offset(0, &one), -40);
	CHECK_EQ(synergy_ina3221_without_offset(2000, &table), 1970);
	CHECK_EQ(synergy_ina3221_without_offset(-2000, &table), -1970);
	/* Ends belong to a range; where two hold, the first counts. */
	CHECK_EQ(synergy_ina3221_without_offset(200, &table), 200);
	CHECK_EQ(synergy_ina3221_without_offset(-200, &table), -200);
	CHECK_EQ(synergy_ina3221_without_offset(240, &table), 160);
	CHECK_EQ(synergy_ina3221_without_offset(1000, &table), 920);
	CHECK_EQ(synergy_ina3221_without_offset(1040, &table), 1010);
}

TEST(bus_values)
{
	CHECK_EQ(synergy_ina3221_bus_mv(0x0008), 8);
	CHECK_EQ(synergy_ina3221_bus_mv(0x4a38), 19000);
	CHECK_EQ(synergy_ina3221_bus_mv(0x7ff8), 32760);
	CHECK_EQ(synergy_ina3221_bus_mv((__s16)0xfff8), -8);
}

TEST(current_and_power)
{
	CHECK_EQ(synergy_ina3221_current_ua(40, 10000), 4000);
	CHECK_EQ(synergy_ina3221_current_ua(-40, 10000), -4000);
	/* Rounded to the nearest, alike on both sides of zero */
	CHECK_EQ(synergy_ina3221_current_ua(40, 15000), 2667);
	CHECK_EQ(synergy_ina3221_current_ua(-40, 15000), -2667);
	CHECK_EQ(synergy_ina3221_current_ua(163800, 1), 0x7fffffff);
	CHECK_EQ(synergy_ina3221_current_ua(-163840, 1), -0x7fffffffLL - 1);
	CHECK_EQ(synergy_ina3221_current_ua(40, 0), 0);
	CHECK_EQ(synergy_ina3221_power_uw(4000, 19000), 76000);
	CHECK_EQ(synergy_ina3221_power_uw(-4000, 19000), -76000);
	CHECK_EQ(synergy_ina3221_power_uw(0x7fffffff, 32760), 70351564276LL);
}

TEST(saturation)
{
	CHECK(synergy_ina3221_saturated(0x7ff8, 0));
	CHECK(synergy_ina3221_saturated((__s16)0x8000, 0));
	CHECK(synergy_ina3221_saturated(0, 0x7ff8));
	CHECK(!synergy_ina3221_saturated(0x7ff0, 0x7ff0));
	CHECK(!synergy_ina3221_saturated((__s16)0x8008, 0));
}

TEST(codes)
{
	CHECK_EQ(synergy_ina3221_conversion_code(140000), 0);
	CHECK_EQ(synergy_ina3221_conversion_code(8244000), 7);
	CHECK_EQ(synergy_ina3221_conversion_code(150000), -EINVAL);
	CHECK_EQ(synergy_ina3221_average_code(1024), 7);
	CHECK_EQ(synergy_ina3221_average_code(2), -EINVAL);
}

/* ---- ring ---- */

#define RING_BYTES	4096	/* far below the real least, so that it wraps soon */

/**
 * struct ring_case - a ring and what a reader should find in it
 * @ring: under test
 * @seq: of the stream
 * @expected: what the reader expects next
 * @lost: reported by LOST records
 * @got: records read
 * @data: of the ring
 */
struct ring_case {
	struct synergy_ring ring;
	__u64 seq;
	__u64 expected;
	__u64 lost;
	__u64 got;
	__u64 data[RING_BYTES / 8];
};

static struct ring_case scratch_ring;
static __u64 scratch_words[RING_BYTES / 8];

/* A record of @size bytes; its body repeats its number. */
static bool ring_put(struct ring_case *c, __u16 type, __u32 size)
{
	union {
		struct synergy_record hdr;
		__u64 words[RING_BYTES / 8];
	} *rec = (void *)scratch_words;
	__u32 i;

	for (i = 0; i < size / 8; i++)
		rec->words[i] = c->seq + 1;
	memset(&rec->hdr, 0, sizeof(rec->hdr));
	rec->hdr.size = size;
	rec->hdr.type = type;
	rec->hdr.seq = ++c->seq;
	rec->hdr.time_ns = c->seq * 10;
	return synergy_ring_put(&c->ring, &rec->hdr);
}

/* Reads up to @room bytes the way read() does; checks order and contents. */
static __u32 ring_get(struct ring_case *c, __u32 room)
{
	__u32 bytes = synergy_ring_whole(&c->ring, room);
	__u32 done = 0, at = 0;
	const __u8 *src;

	while (done < bytes) {
		__u32 chunk = synergy_ring_chunk(&c->ring, done, bytes - done, &src);

		memcpy((__u8 *)scratch_words + done, src, chunk);
		done += chunk;
	}
	synergy_ring_consume(&c->ring, bytes);
	while (at < bytes) {
		const struct synergy_record *rec = (void *)((__u8 *)scratch_words + at);
		const struct synergy_lost_record *lost = (const void *)rec;

		CHECK_EQ(rec->seq, c->expected);
		if (rec->type == SYNERGY_RECORD_LOST) {
			c->expected += lost->count;
			c->lost += lost->count;
		} else {
			const __u64 *words = (const void *)rec;

			CHECK_EQ(words[rec->size / 8 - 1], rec->seq);
			c->expected++;
			c->got++;
		}
		at += rec->size;
	}
	return bytes;
}

static void ring_begin(struct ring_case *c)
{
	memset(c, 0, sizeof(*c));
	c->expected = 1;
	synergy_ring_init(&c->ring, c->data, RING_BYTES);
}

TEST(ring_order)
{
	struct ring_case *c = &scratch_ring;
	__u32 i;

	ring_begin(c);
	/* Odd sizes, so that records wrap round the end at every place. */
	for (i = 0; i < 5000; i++) {
		CHECK(ring_put(c, SYNERGY_RECORD_POWER, 40 + 8 * (i % 23)));
		if (i % 3 == 2)
			ring_get(c, RING_BYTES);
	}
	ring_get(c, RING_BYTES);
	CHECK_EQ(c->got, 5000);
	CHECK_EQ(c->lost, 0);
	CHECK_EQ(synergy_ring_used(&c->ring), 0);
}

TEST(ring_whole_records)
{
	struct ring_case *c = &scratch_ring;

	ring_begin(c);
	ring_put(c, SYNERGY_RECORD_POWER, 64);
	ring_put(c, SYNERGY_RECORD_POWER, 128);
	CHECK_EQ(synergy_ring_whole(&c->ring, 63), 0);
	CHECK_EQ(synergy_ring_whole(&c->ring, 64), 64);
	CHECK_EQ(synergy_ring_whole(&c->ring, 191), 64);
	CHECK_EQ(synergy_ring_whole(&c->ring, 192), 192);
	CHECK_EQ(synergy_ring_whole(&c->ring, 0xffffffffU), 192);
}

TEST(ring_loss)
{
	struct ring_case *c = &scratch_ring;
	__u32 i, put = 0;

	ring_begin(c);
	for (i = 0; i < 100; i++)
		put += ring_put(c, i % 2 ? SYNERGY_RECORD_POWER : SYNERGY_RECORD_PMU, 128);
	/* Three quarters are for samples. */
	CHECK_EQ(put, RING_BYTES * 3 / 4 / 128);
	CHECK_EQ(c->ring.lost, 100 - put);
	CHECK_EQ(c->ring.lost_by_type[SYNERGY_RECORD_POWER], 38);
	CHECK_EQ(c->ring.lost_by_type[SYNERGY_RECORD_PMU], 38);
	CHECK_EQ(c->ring.lost_last_ns, 1000);
	ring_get(c, RING_BYTES);
	/* The loss is reported before the next record, and the numbers add up. */
	CHECK(ring_put(c, SYNERGY_RECORD_POWER, 128));
	ring_get(c, RING_BYTES);
	CHECK_EQ(c->lost, 100 - put);
	CHECK_EQ(c->got + c->lost, 101);
	CHECK_EQ(c->expected, 102);
	CHECK_EQ(c->ring.lost_total, 100 - put);
}

TEST(ring_marker_space)
{
	struct ring_case *c = &scratch_ring;
	__u32 i, marks = 0;

	ring_begin(c);
	for (i = 0; i < 100; i++)
		ring_put(c, SYNERGY_RECORD_POWER, 128);
	/* The samples' space is full, and marks still find theirs. */
	for (i = 0; i < 7; i++)
		marks += ring_put(c, SYNERGY_RECORD_MARKER, 64);
	CHECK_EQ(marks, 7);
	for (i = 0; i < 100; i++)
		marks += ring_put(c, SYNERGY_RECORD_MARKER, 64);
	CHECK(marks < 107);
	CHECK_EQ(c->ring.lost_by_type[SYNERGY_RECORD_MARKER], 107 - marks);
	CHECK(!ring_put(c, SYNERGY_RECORD_POWER, 128));
	ring_get(c, RING_BYTES);
	CHECK(ring_put(c, SYNERGY_RECORD_MARKER, 64));
	ring_get(c, RING_BYTES);
	CHECK_EQ(c->got + c->lost, c->seq);
}

/* A slow reader against a seeded producer: every record is got or reported lost. */
TEST(ring_random)
{
	struct ring_case *c = &scratch_ring;
	__u64 x = 88172645463325252ULL;
	__u32 i;

	ring_begin(c);
	for (i = 0; i < 20000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		ring_put(c, (x & 7) == 0 ? SYNERGY_RECORD_MARKER : SYNERGY_RECORD_POWER,
			 40 + 8 * ((x >> 8) % 30));
		if ((x >> 40) % 5 == 0)
			ring_get(c, 512 + (x >> 50) % 1024);
	}
	while (ring_get(c, RING_BYTES))
		;
	ring_put(c, SYNERGY_RECORD_MARKER, 64);
	ring_get(c, RING_BYTES);
	CHECK(c->lost > 1000);
	CHECK_EQ(c->got + c->lost, c->seq);
	CHECK_EQ(c->expected, c->seq + 1);
}

/* ---- plan ---- */

static void plan_request(struct synergy_plan_request *req, __u32 channels)
{
	memset(req, 0, sizeof(*req));
	req->read_mask = channels;
	req->convert_mask = channels;
	req->read_ns = 120000;		/* 400 kHz */
	req->exchange_ns = 95000;
	req->scale_ppm = 1000000;
	req->margin_ppm = 1000;
	req->combined = true;
}

TEST(plan_ceilings)
{
	struct synergy_plan_request req;
	struct synergy_plan plan;
	__u64 period;

	/* One rail, shunt alone: the chip's 7143 Hz */
	plan_request(&req, 1);
	period = 140000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(plan.continuous);
	CHECK_EQ(plan.shunt_ns, 140000);
	CHECK(!plan.mixed);
	period = 139000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
	CHECK_EQ(period, 140000);
	/* Measured slower by less than the measurement is worth: still */
	req.scale_ppm = 1000900;
	period = 140000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	req.scale_ppm = 1002000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
	CHECK_EQ(period, 141000);
	req.scale_ppm = 1000000;
	/* A slower bus carries it where the register is not named each time, and only there */
	req.read_ns = 170000;
	period = 140000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	req.combined = false;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
	CHECK_EQ(period, 170000);
	period = 170000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	plan_request(&req, 1);
	/* One rail with its voltage: 3571 Hz */
	req.mode = SYNERGY_PLAN_CONTINUOUS;
	req.bus_every = 1;
	period = 280000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(plan.mixed);
	CHECK_EQ(plan.bus_ns, 140000);
	period = 279000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
	CHECK_EQ(period, 280000);
	/* Three rails with theirs: 1190 Hz */
	plan_request(&req, 7);
	req.mode = SYNERGY_PLAN_CONTINUOUS;
	req.bus_every = 16;
	period = 0;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK_EQ(period, 840000);
}

TEST(plan_bus_limit)
{
	struct synergy_plan_request req;
	struct synergy_plan plan;
	__u64 period = 1000000;

	/* At 100 kHz three registers take 1.44 ms: 1 kHz cannot be carried. */
	plan_request(&req, 7);
	req.read_ns = 480000;
	req.exchange_ns = 380000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
	CHECK(period >= 1440000 && period < 1500000);
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	period--;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
}

TEST(plan_one_khz)
{
	struct synergy_plan_request req;
	struct synergy_plan plan;
	__u64 period = 1000000;

	plan_request(&req, 7);
	/* Windows that leave out nothing: 3 x 332 us, and voltages now and then */
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(plan.continuous && !plan.mixed);
	CHECK_EQ(plan.shunt_ns, 332000);
	CHECK_EQ(plan.mixed_shunt_ns, 140000);
	CHECK_EQ(plan.bus_every, 64);
	CHECK_EQ(plan.bus_reads, 1);
	/* The third rail's first update, 996 us and a thousandth on, is read at 1240 us. */
	CHECK_EQ(plan.refresh_latest_ns, 1240000 - 996996);
	/* With dither, a chip whose speed nobody knows, or when asked: triggered. */
	req.dither_ns = 10000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(!plan.continuous);
	req.dither_ns = 0;
	req.margin_ppm = 20000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(!plan.continuous);
	req.margin_ppm = 1000;
	req.mode = SYNERGY_PLAN_TRIGGERED;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(!plan.continuous);
	CHECK(plan.overlap);
	CHECK_EQ(plan.shunt_ns, 204000);
	CHECK_EQ(plan.mixed_shunt_ns, 140000);
	CHECK_EQ(plan.bus_every, 20);
	CHECK_EQ(plan.bus_reads, 1);
}

/* A conversion that the caller chose: windows shorter than they could be, as many of them. */
TEST(plan_chosen_conversion)
{
	struct synergy_plan_request req;
	struct synergy_plan plan;
	__u64 period = 1000000;

	plan_request(&req, 7);
	req.shunt_ns = 140000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(plan.continuous && !plan.mixed);
	CHECK_EQ(plan.shunt_ns, 140000);
	CHECK(plan.refresh_latest_ns > 0);
	req.mode = SYNERGY_PLAN_TRIGGERED;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(!plan.continuous);
	CHECK_EQ(plan.shunt_ns, 140000);
	/* The voltages every second sample are in the cycles themselves. */
	req.mode = SYNERGY_PLAN_CONTINUOUS;
	req.bus_every = 2;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK(plan.mixed);
	CHECK_EQ(plan.shunt_ns, 140000);
	/* Too long for the period: what can be carried is reported. */
	req.bus_every = 0;
	req.shunt_ns = 588000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
	CHECK(period >= 1764000);
}

/* Whatever is asked for: a plan that is given holds what it promises. */
TEST(plan_sweep)
{
	static const __u32 masks[] = { 1, 2, 5, 7 };
	static const __u32 reads[] = { 20000, 60000, 120000, 135000, 480000 };
	struct synergy_plan_request req;
	struct synergy_plan plan;
	__u32 i, j;
	__u64 asked;

	for (i = 0; i < ARRAY_SIZE(masks) * ARRAY_SIZE(reads); i++) {
		plan_request(&req, masks[i % ARRAY_SIZE(masks)]);
		req.read_ns = reads[i / ARRAY_SIZE(masks)];
		req.exchange_ns = req.read_ns * 38 / 48;
		for (asked = 100000, j = 0; j < 40; j++, asked += asked / 5) {
			__u64 period = asked;
			__u64 cycle;
			int err = synergy_plan_make(&req, &period, &plan);

			CHECK(err == 0 || (err == -ERANGE && period > asked));
			if (err)
				continue;
			CHECK(period == asked);
			cycle = synergy_plan_cycle_ns(&req, plan.averages, plan.shunt_ns, 0);
			/* One longer than the period repeats a sample in ten at most. */
			CHECK(cycle <= period ||
			      (plan.continuous && cycle <= period + period / 9));
			cycle = synergy_plan_cycle_ns(&req, plan.averages, plan.mixed_shunt_ns,
						      plan.bus_ns);
			/* A refresh may end in the tick after its own. */
			CHECK(cycle <= period + plan.refresh_latest_ns ||
			      (plan.mixed && cycle <= period + period / 9) ||
			      (plan.continuous && !plan.mixed && !plan.refresh_latest_ns));
			if (plan.overlap) {
				CHECK(synergy_plan_spare_ns(&req, &plan, false) > 0);
				CHECK(synergy_plan_spare_ns(&req, &plan, true) > 0);
			}
		}
	}
}

TEST(plan_refusals)
{
	struct synergy_plan_request req;
	struct synergy_plan plan;
	__u64 period = 1000000;

	plan_request(&req, 1);
	req.shunt_ns = 150000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -EINVAL);
	req.shunt_ns = 0;
	req.averages = 3;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -EINVAL);
	req.averages = 0;
	req.convert_mask = 0;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -EINVAL);
	plan_request(&req, 1);
	period = SYNERGY_PLAN_PERIOD_MAX_NS + 1;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -EINVAL);
	/* A conversion that was asked for and does not fit: the period that does. */
	plan_request(&req, 7);
	req.shunt_ns = 8244000;
	period = 10000000;
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), -ERANGE);
	CHECK(period >= 3 * 8244000);
	CHECK_EQ(synergy_plan_make(&req, &period, &plan), 0);
	CHECK_EQ(plan.shunt_ns, 8244000);
}

/* A guarded channel is converted, not read: it costs time and no transfer. */
TEST(plan_guarded)
{
	struct synergy_plan_request req;
	struct synergy_plan plan;
	__u64 alone = 0, beside = 0;

	plan_request(&req, 2);
	CHECK_EQ(synergy_plan_make(&req, &alone, &plan), 0);
	req.convert_mask = 3;
	CHECK_EQ(synergy_plan_make(&req, &beside, &plan), 0);
	CHECK_EQ(alone, 140000);
	CHECK_EQ(beside, 280000);
}

/* ---- ticks ---- */

TEST(tick_grid)
{
	struct synergy_tick tick;
	__u64 missed = 0;

	synergy_tick_init(&tick, 1000, 100, 0, 0);
	CHECK_EQ(synergy_tick_next(&tick, 1000, &missed), 1100);
	CHECK_EQ(synergy_tick_next(&tick, 1150, &missed), 1200);
	CHECK_EQ(missed, 0);
	/* 1300 and 1400 have passed: counted, not made up for */
	CHECK_EQ(synergy_tick_next(&tick, 1401, &missed), 1500);
	CHECK_EQ(missed, 2);
	/* Exactly on time is on time. */
	CHECK_EQ(synergy_tick_next(&tick, 1600, &missed), 1600);
	CHECK_EQ(missed, 2);
}

TEST(tick_jump)
{
	struct synergy_tick tick;
	__u64 missed = 0;

	/* Ten years asleep at 7 kHz: the answer must come at once. */
	synergy_tick_init(&tick, 5, 140000, 0, 0);
	CHECK_EQ((synergy_tick_next(&tick, 315360000000000000ULL, &missed) - 5) % 140000, 0);
	CHECK_EQ(missed, tick.number - 1);
	CHECK(tick.number * 140000 + 5 >= 315360000000000000ULL);
	CHECK((tick.number - 1) * 140000 + 5 < 315360000000000000ULL);
}

TEST(tick_dither)
{
	struct synergy_tick tick, twin;
	__u64 missed = 0, low = ~0ULL, high = 0, sum = 0, at, i;

	synergy_tick_init(&tick, 0, 1000, 400, 7);
	synergy_tick_init(&twin, 0, 1000, 400, 7);
	for (i = 1; i <= 4000; i++) {
		__u64 off;

		at = synergy_tick_next(&tick, 0, &missed);
		CHECK_EQ(at, synergy_tick_next(&twin, 0, &missed));
		off = at - i * 1000;
		low = min(off, low);
		high = max(off, high);
		sum += off;
	}
	CHECK(low <= 2);
	CHECK(high >= 398 && high <= 400);
	/* Even over 0..400: mean 200, standard error 1.8 */
	CHECK(sum > 4000 * 192 && sum < 4000 * 208);
	CHECK_EQ(missed, 0);
}

/* Probes where the end is predicted, at a chip whose clock is @true_ppm. */
static void poll_at_ends(struct synergy_speed *speed, __u32 true_ppm, __u32 polls, __u64 error_ns)
{
	struct synergy_speed_probe probe = { .nominal_ns = 200000000, .error_ns = error_ns };

	while (polls--) {
		probe.at_ns = probe.nominal_ns / 1000000 * speed->scale_ppm;
		probe.over = probe.nominal_ns / 1000000 * true_ppm <= probe.at_ns;
		synergy_speed_learn(speed, &probe);
	}
}

TEST(speed_halves)
{
	static const __s32 off[] = { 0, -1, 37, 150, -150, 255, -256 };
	__u32 i;

	for (i = 0; i < ARRAY_SIZE(off); i++) {
		struct synergy_speed speed = { .scale_ppm = 1003000, .margin_ppm = 256 };
		__u32 true_ppm = 1003000 + off[i];

		poll_at_ends(&speed, true_ppm, 1, 0);
		CHECK(speed.margin_ppm <= 129);
		poll_at_ends(&speed, true_ppm, 7, 0);
		CHECK(speed.margin_ppm <= 6);
		CHECK(speed.scale_ppm <= true_ppm + speed.margin_ppm);
		CHECK(speed.scale_ppm + speed.margin_ppm >= true_ppm);
	}
}

TEST(speed_slack)
{
	struct synergy_speed speed = { .scale_ppm = 1000000, .margin_ppm = 200 };

	/* 2 us in 200 ms are 10 ppm: polls cannot resolve more than that on each side. */
	poll_at_ends(&speed, 1000070, 5, 2000);
	CHECK(speed.margin_ppm >= 10 && speed.margin_ppm <= 18);
	CHECK(speed.scale_ppm <= 1000070 + speed.margin_ppm);
	CHECK(speed.scale_ppm + speed.margin_ppm >= 1000070);
}

TEST(speed_wanders)
{
	struct synergy_speed speed = { .scale_ppm = 1000000, .margin_ppm = 3 };

	/* Warmed up by ten times what was thought possible: reported, and found again */
	poll_at_ends(&speed, 1000030, 9, 0);
	CHECK(speed.margin_ppm > 5);
	poll_at_ends(&speed, 1000030, 10, 0);
	CHECK(speed.scale_ppm <= 1000030 + speed.margin_ppm);
	CHECK(speed.scale_ppm + speed.margin_ppm >= 1000030);
	poll_at_ends(&speed, 999970, 15, 0);
	CHECK(speed.scale_ppm <= 999970 + speed.margin_ppm);
	CHECK(speed.scale_ppm + speed.margin_ppm >= 999970);
	/* A poll that makes no sense teaches nothing. */
	synergy_speed_learn(&speed, &(struct synergy_speed_probe) {
		.nominal_ns = 1, .at_ns = 1000000, .over = false });
	CHECK(speed.scale_ppm <= 999970 + speed.margin_ppm);
}

TEST(latency)
{
	__u64 took[33];
	__u32 i, late;

	/* As long as an eighth was not delayed, those say it; in whatever order */
	for (late = 0; late <= 28; late++) {
		for (i = 0; i < ARRAY_SIZE(took); i++)
			took[i] = i * 19 % 33 < late ? 140000 + 4000000 * (i & 1) : 120700 + i;
		CHECK(synergy_latency_ns(took, ARRAY_SIZE(took)) < 120733);
	}
	/* No clock that jumped says it. */
	for (i = 0; i < ARRAY_SIZE(took); i++)
		took[i] = i % 10 == 3 ? 16 : 120700;
	CHECK_EQ(synergy_latency_ns(took, ARRAY_SIZE(took)), 120700);
	took[0] = 5;
	CHECK_EQ(synergy_latency_ns(took, 1), 5);
}

TEST(tick_bucket)
{
	CHECK_EQ(synergy_tick_bucket(0, 32), 0);
	CHECK_EQ(synergy_tick_bucket(1, 32), 1);
	CHECK_EQ(synergy_tick_bucket(2, 32), 2);
	CHECK_EQ(synergy_tick_bucket(3, 32), 2);
	CHECK_EQ(synergy_tick_bucket(4, 32), 3);
	CHECK_EQ(synergy_tick_bucket(1ULL << 30, 32), 31);
	CHECK_EQ(synergy_tick_bucket(~0ULL, 32), 31);
}

#endif /* SYNERGY_KUNIT_CASES_H */
