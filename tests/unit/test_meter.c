// SPDX-License-Identifier: GPL-2.0-only
/*
 * The meter's arithmetic on powers that are known: exact where all is covered, and else
 * within its interval as often as that says, for power that changes at random, in steps, not
 * at all; windows that begin and end within conversions; and an end that is known late. With
 * the device: tests/board/test_meter.c.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/meter_sum.h"
#include "lib/synergy.h"
#include "tests/framework/test.h"
#include "tests/unit/random.h"

#define US	1000ULL
#define N_TRIALS	400
#define N_POWER		40000	/* of pieces of 50 us each: 2 s */
#define PIECE_NS	(50 * US)

static double power_uw[N_POWER];
static const struct synergy_meter_sensor no_sensor;

/* In [0, 1) */
static double uniform(void)
{
	return (double)(random_next() >> 11) * 0x1p-53;
}

/* Energy from a time to another, uJ. */
static double truth(uint64_t from, uint64_t to)
{
	double sum = 0;
	size_t i;

	for (i = from / PIECE_NS; i * PIECE_NS < to; i++) {
		uint64_t a = i * PIECE_NS, b = a + PIECE_NS;

		if (a < from)
			a = from;
		if (b > to)
			b = to;
		sum += power_uw[i] * (double)(b - a);
	}
	return sum * 1e-9;
}

/* Conversions of conversion_ns each period_ns, from the beginning; steps of lsb_uw */
static void measure(struct synergy_meter_sum *sum, uint64_t begin, uint64_t end, uint64_t period_ns,
		    uint64_t conversion_ns, double lsb_uw)
{
	struct synergy_meter_sample s = { .lsb_uw = lsb_uw };
	uint64_t at;

	synergy_meter_sum_begin(sum, begin, NULL);
	synergy_meter_sum_end(sum, end);
	for (at = 7 * US; !synergy_meter_sum_complete(sum); at += period_ns) {
		s.begin_ns = at;
		s.end_ns = at + conversion_ns;
		s.power_uw = truth(at, s.end_ns) / (double)conversion_ns * 1e9;
		if (lsb_uw > 0)
			s.power_uw = floor(s.power_uw / lsb_uw + 0.5) * lsb_uw;
		synergy_meter_sum_add(sum, &s);
	}
}

static struct synergy_meter_reading result(const struct synergy_meter_sum *sum)
{
	struct synergy_meter_reading r = { .samples = 0 };

	synergy_meter_sum_read(sum, &no_sensor, &r);
	return r;
}

static void constant(double uw)
{
	size_t i;

	for (i = 0; i < N_POWER; i++)
		power_uw[i] = uw;
}

TEST(constant_power)
{
	struct synergy_meter_sum sum;
	struct synergy_meter_reading r;

	constant(2e6);
	measure(&sum, 100500 * US, 300700 * US, 1000 * US, 332 * US, 0);
	r = result(&sum);
	CHECK_REL(r.energy_j, 2 * 0.2002, 1e-9);
	CHECK_REL(r.power_w, 2, 1e-9);
	CHECK_REL(r.seconds, 0.2002, 1e-9);
	CHECK_NEAR(r.covered, 0.332, 0.002);
	CHECK_NEAR(r.ci95_j, 0, 1e-9);
	CHECK_EQ(r.samples, 200);
}

/* Steps that nothing smooths: the reading is off by up to half a step of all of it. */
TEST(steps_of_the_converter)
{
	struct synergy_meter_sum sum;
	struct synergy_meter_reading r;

	constant(2.009e6);
	measure(&sum, 100000 * US, 600000 * US, 1000 * US, 332 * US, 20000);
	r = result(&sum);
	CHECK_LE(fabs(r.energy_j - 2.009 * 0.5), r.ci95_j);
	CHECK_REL(r.ci95_j, 1.96 * 0.020 / sqrt(12) * 0.5, 0.02);
}

TEST(all_covered_is_exact)
{
	struct synergy_meter_sum sum;
	struct synergy_meter_reading r;
	size_t i;

	for (i = 0; i < N_POWER; i++)
		power_uw[i] = i % 20 < 7 ? 5e6 : 1e6;
	/* From a conversion's edge to another's: nothing is left out. */
	measure(&sum, (7 + 10 * 588) * US, (7 + 900 * 588) * US, 588 * US, 588 * US, 0);
	r = result(&sum);
	CHECK_REL(r.energy_j * 1e6, truth((7 + 10 * 588) * US, (7 + 900 * 588) * US), 1e-9);
	CHECK_NEAR(r.covered, 1, 1e-9);
	CHECK_LE(r.ci95_j, 1e-6 * r.energy_j);
}

/* Of a course of power and windows of a length: how often the truth is in the interval. */
static double share_inside(uint64_t length_ns, double *mean_share)
{
	struct synergy_meter_sum sum;
	struct synergy_meter_reading r;
	unsigned int inside = 0, i;

	*mean_share = 0;
	for (i = 0; i < N_TRIALS; i++) {
		uint64_t begin = 10000 * US + (uint64_t)(uniform() * 1e9), end;

		end = begin + length_ns;
		measure(&sum, begin, end, 1000 * US, 332 * US, 0);
		r = result(&sum);
		inside += fabs(r.energy_j * 1e6 - truth(begin, end)) <= r.ci95_j * 1e6;
		*mean_share += r.ci95_j / r.energy_j / N_TRIALS;
	}
	return (double)inside / N_TRIALS;
}

TEST(random_power_is_in_the_interval)
{
	double share;
	size_t i;

	random_state = test_seed(3);
	for (i = 0; i < N_POWER; i++)
		power_uw[i] = 1e6 + 4e6 * uniform();
	CHECK_GE(share_inside(300000 * US, &share), 0.90);
	CHECK_LE(share, 0.02);
	CHECK_GE(share_inside(20500 * US, &share), 0.88);
	CHECK_LE(share, 0.10);
}

/* Phases of some ms, as layers are. */
TEST(phases_are_in_the_interval)
{
	double uw = 1e6, share;
	size_t i;

	random_state = test_seed(4);
	for (i = 0; i < N_POWER; i++) {
		if (uniform() < 0.02)
			uw = 1e6 + 4e6 * uniform();
		power_uw[i] = uw;
	}
	CHECK_GE(share_inside(300000 * US, &share), 0.90);
	CHECK_LE(share, 0.02);
	CHECK_GE(share_inside(40000 * US, &share), 0.88);
	CHECK_LE(share, 0.10);
}

/* The load begins and ends with the window, as it does for who puts one around work. */
TEST(a_load_in_idle)
{
	struct synergy_meter_sum sum;
	struct synergy_meter_reading r;
	unsigned int inside = 0, i;
	uint64_t from, to;

	for (i = 0; i < 200; i++) {
		constant(1e6);
		from = (2000 + 3 * i) * PIECE_NS;
		to = from + (600 + i) * PIECE_NS;
		for (size_t k = from / PIECE_NS; k < to / PIECE_NS; k++)
			power_uw[k] = 5e6;
		measure(&sum, from, to, 1000 * US, 332 * US, 0);
		r = result(&sum);
		inside += fabs(r.energy_j * 1e6 - truth(from, to)) <= r.ci95_j * 1e6;
		CHECK_LE(r.ci95_j, 0.25 * r.energy_j);
	}
	CHECK_GE(inside, 0.90 * 200);
}

TEST(too_short)
{
	struct synergy_meter_sum sum;
	struct synergy_meter_reading r;

	constant(1e6);
	measure(&sum, 100000 * US, 101000 * US, 1000 * US, 332 * US, 0);
	r = result(&sum);
	CHECK_LT(r.samples, 3);
	CHECK(isnan(r.ci95_j));
	measure(&sum, 100400 * US, 100401 * US, 1000 * US, 332 * US, 0);
	r = result(&sum);
	CHECK_EQ(r.samples, 0);
	CHECK(isnan(r.energy_j));
	CHECK(isnan(r.ci95_j));
}

/* Samples that came between the end and the call that says so are not the window's. */
TEST(an_end_that_is_known_late)
{
	struct synergy_meter_sum early, late;
	struct synergy_meter_sample s = { .power_uw = 3e6 };
	uint64_t at, end = 50100 * US;

	constant(3e6);
	measure(&early, 20000 * US, end, 1000 * US, 332 * US, 0);
	synergy_meter_sum_begin(&late, 20000 * US, NULL);
	for (at = 7 * US; at < 51000 * US; at += 1000 * US) {
		s.begin_ns = at;
		s.end_ns = at + 332 * US;
		synergy_meter_sum_add(&late, &s);
	}
	CHECK(!synergy_meter_sum_complete(&late));
	synergy_meter_sum_end(&late, end);
	CHECK(synergy_meter_sum_complete(&late));
	CHECK_REL(late.uj, early.uj, 1e-9);
	CHECK_REL(late.uj, truth(20000 * US, end), 1e-9);
}

TEST(sensor)
{
	struct synergy_meter_sensor sensor = { .offset_w = 0.02, .scale = 0.006 };
	struct synergy_meter_sum sum;
	struct synergy_meter_reading r;

	constant(2e6);
	measure(&sum, 100000 * US, 1100000 * US, 1000 * US, 332 * US, 0);
	synergy_meter_sum_read(&sum, &sensor, &r);
	CHECK_REL(r.sensor_u95_j, 2 * hypot(0.02, 0.012), 1e-9);
	sensor.scale = NAN;	/* nobody stated the shunt */
	synergy_meter_sum_read(&sum, &sensor, &r);
	CHECK(isnan(r.sensor_u95_j));
}

/* R: qt(0.975, dof) */
TEST(quantiles_of_student)
{
	static const struct { double dof, t; } known[] = {
		{ 1, 12.706 }, { 2, 4.303 }, { 4, 2.776 }, { 5, 2.571 }, { 7, 2.365 },
		{ 10, 2.228 }, { 30, 2.042 }, { 1e6, 1.960 },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CHECK_REL(synergy_student_975(known[i].dof), known[i].t, 0.01);
	CHECK_GE(synergy_student_975(1.5), 4.303);
}

TEST(refused)
{
	struct synergy_meter_options options = { .size = sizeof(options), .rate_hz = -1 };
	struct synergy_error error;

	CHECK(!synergy_meter_open(&options, &error));
	CHECK_EQ(errno, EINVAL);
	options.rate_hz = 0;
	options.size = 8;
	CHECK(!synergy_meter_open(&options, &error));
	CHECK_EQ(errno, EINVAL);
	options.size = sizeof(options);
	options.device = "/dev/null";
	CHECK(!synergy_meter_open(&options, &error));
	CHECK_HAS(error.message, "/dev/null");
	options.device = "/nothing/here";
	CHECK(!synergy_meter_open(&options, &error));
	CHECK_EQ(errno, ENOENT);
	synergy_meter_close(NULL);
}
