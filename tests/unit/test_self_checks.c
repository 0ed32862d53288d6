// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks that can fail do: on sessions of the laboratory with nothing wrong they are
 * silent, and a converter that stands still, a clock that changes, another load in one run
 * and parts that take more than the whole are found. And the sensor's part.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "report/remarks.h"
#include "tests/framework/test.h"
#include "tests/lab/lab.h"

SETUP
{
	gsl_set_error_handler_off();
}

static struct lab_session session(const char *board, size_t runs)
{
	return (struct lab_session){
		.board = lab_board_find(board), .scheme = lab_scheme_find("3x332"), .n_runs = runs,
		.rails = 1U << LAB_CPU, .pause_low_ns = 2e6, .pause_high_ns = 6e6, .idle_ns = 50e6,
	};
}

static int swap_rails;			/* the two rails' names, of sessions with both */

static struct synergy_attribute_result *play(struct lab_session *s, enum lab_kind kind,
					     uint64_t seed, struct lab_truth *truth)
{
	struct lab_network *n = lab_network_make(kind, seed, 0);
	struct synergy_attribute_result *r = NULL;
	struct synergy_attribute_input *in;
	struct synergy_error err = { "" };
	struct lab_truth t;

	s->network = n;
	s->seed = seed;
	in = lab_run(s, truth ? truth : &t);
	if (in && swap_rails) {
		char label[32];

		memcpy(label, in->rails[0].label, sizeof(label));
		memcpy(in->rails[0].label, in->rails[1].label, sizeof(label));
		memcpy(in->rails[1].label, label, sizeof(label));
	}
	if (!CHECK(in && !synergy_attribute(in, NULL, &r, &err))) {
		fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
	if (!truth)
		lab_truth_free(&t);
	synergy_attribute_input_free(in);
	lab_network_free(n);
	return r;
}

static int remarked(const struct synergy_attribute_result *r, const char *words)
{
	struct synergy_remark m;
	size_t i;

	for (i = 0; synergy_remark(r, NULL, 0, i, &m); i++)
		if (strstr(m.what, words))
			return 1;
	return 0;
}

/* How often each check fails; the sessions have one thing wrong, or nothing. */
struct alarms {
	size_t runs, converter, clock;
};

static struct alarms count(struct lab_session *s, enum lab_kind kind, size_t sessions)
{
	struct alarms a = { 0 };
	size_t i;

	for (i = 0; i < sessions; i++) {
		struct synergy_attribute_result *r = play(s, kind, 300 + i, NULL);

		a.runs += r->rails[0].run_check.state == SYNERGY_CHECK_FAILED;
		a.converter += r->rails[0].converter_check.state == SYNERGY_CHECK_FAILED;
		a.clock += r->clock_check.state == SYNERGY_CHECK_FAILED;
		synergy_attribute_free(r);
	}
	return a;
}

TEST(silent_when_nothing_is_wrong)
{
	static const char *const boards[] = { "classic", "tx1", "orin-nano", "agx-orin", "coarse" };
	size_t i;

	for (i = 0; i < 5; i++) {
		struct lab_session s = session(boards[i], 8);
		struct alarms a = count(&s, LAB_MIDDLE, 8);

		PARAMS("%s", boards[i]);
		CHECK_EQ(a.runs, 0);
		CHECK_EQ(a.converter, 0);
		CHECK_EQ(a.clock, 0);
	}
}

/* For half of one of six runs; its samples are left out, and so the energy stands. */
TEST(converter_stands_still)
{
	static const char *const boards[] = { "tx1", "orin-nano" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct lab_session s = session(boards[i], 6);
		struct synergy_attribute_result *r;
		struct lab_truth t;
		struct alarms a;

		s.stuck_at = 0.4;
		s.stuck_share = 1 / 12.0;
		a = count(&s, LAB_ALEXNET, 6);
		PARAMS("%s", boards[i]);
		CHECK_GE(a.converter, 6);
		r = play(&s, LAB_ALEXNET, 1, &t);
		CHECK_NEAR(r->rails[0].total_uj.value,
			   lab_seen_uj(&s, LAB_CPU, t.total[LAB_CPU].own, t.total[LAB_CPU].ns),
			   1.5 * r->rails[0].total_uj.ci95);
		CHECK(remarked(r, "it stood still"));
		synergy_attribute_free(r);
		lab_truth_free(&t);
	}
}

TEST(clock_changes)
{
	struct lab_session s = session("tx1", 10);
	struct synergy_attribute_result *r;
	struct alarms a;

	s.slow = 0.05;
	s.slow_from = 6;
	a = count(&s, LAB_MIDDLE, 8);
	CHECK_EQ(a.clock, 8);
	r = play(&s, LAB_MIDDLE, 2, NULL);
	CHECK_EQ(r->clock_check.run, 6);
	CHECK_NEAR(r->clock_check.change_share, 0.05, 0.01);
	CHECK(remarked(r, "from run 6 on inferences take +5."));
	synergy_attribute_free(r);
}

TEST(another_load)
{
	struct lab_session s = session("tx1", 10);
	struct alarms a;

	s.load_run = 3;
	s.load_uw = 0.6e6;
	a = count(&s, LAB_ALEXNET, 8);
	CHECK_GE(a.runs, 7);
}

/* The whole gives less than one of its parts takes: rails mixed up. */
TEST(parts_and_whole)
{
	struct lab_session s = session("tx1", 3);
	struct synergy_attribute_result *r;

	s.rails = 1U << LAB_CPU | 1U << LAB_IN;
	r = play(&s, LAB_MIDDLE, 3, NULL);
	CHECK_EQ(r->parts_check.state, SYNERGY_CHECK_PASSED);
	CHECK_EQ(synergy_attribute_default_rail(r), 0);
	CHECK_EQ(synergy_attribute_cpu_rail(r), 1);
	synergy_attribute_free(r);
	swap_rails = 1;
	r = play(&s, LAB_MIDDLE, 3, NULL);
	CHECK_EQ(r->parts_check.state, SYNERGY_CHECK_FAILED);
	synergy_attribute_free(r);
	swap_rails = 0;
}

/* 40 uV at 10 mOhm and 19.26 V are 77 mW; scale 0.61 %. */
TEST(sensor_part)
{
	struct synergy_sensor_part p = { .offset_uw = 77e3, .scale = 0.0061 };
	struct synergy_sensor e;

	CHECK_NEAR(synergy_sensor_u_uj(&p, 0, 1e6), 77e3, 1e-6);
	CHECK_NEAR(synergy_sensor_u_uj(&p, 1e6, 0), 6100, 1e-6);
	synergy_sensor_default(&e, 10000, 0, 0);
	CHECK_NEAR(e.u_offset_uv, 40, 0);
	CHECK_NEAR(hypot(hypot(e.u_gain, e.u_shunt), e.u_bus), 0.0061, 1e-4);
	synergy_sensor_default(&e, 10000, 0, 1);
	CHECK_NEAR(e.u_offset_uv, 11.5, 0.1);
	synergy_sensor_default(&e, 10000, 1, 0);
	CHECK(isnan(e.u_shunt));
}
