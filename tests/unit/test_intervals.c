// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do 95 % intervals hold the layer's own mean? Sessions of the laboratory (tests/lab)
 * in small numbers; `make bench-attribution` has the large ones. Layers that vary from
 * run to run, gaps that draw more or less than supposed, a clock that falls in mid-run,
 * and stamps that are late: the train of busy steps finds them and moves the windows.
 */
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_errno.h>

#include "tests/lab/lab.h"
#include "tests/framework/test.h"

struct outcome {
	struct lab_score layers, long_layers, total;
	size_t failed, checked;		/* time checks */
	double delay_ns;		/* their mean */
};

SETUP
{
	gsl_set_error_handler_off();
}

/* Common to all: what is not said is as on a TX1 at 1 kHz on three rails. */
static struct lab_session session(const char *board, const char *scheme, size_t runs)
{
	return (struct lab_session){
		.board = lab_board_find(board), .scheme = lab_scheme_find(scheme), .n_runs = runs,
		.rails = 1U << LAB_CPU, .pause_low_ns = 2e6, .pause_high_ns = 6e6, .idle_ns = 50e6,
		.train_steps = 200,
	};
}

static void score(struct outcome *o, const struct lab_session *s, const struct lab_truth *t,
		  const struct synergy_rail_result *v)
{
	size_t i;

	for (i = 0; i <= t->n_layers; i++) {
		const struct lab_energy *e = i < t->n_layers ? &t->layers[LAB_CPU][i] :
							       &t->total[LAB_CPU];
		const struct synergy_figure *f = i < t->n_layers ? &v->layers[i].energy_uj :
								   &v->total_uj;
		struct lab_score *into = i < t->n_layers ? &o->layers : &o->total;
		double own = lab_seen_uj(s, LAB_CPU, e->own, e->ns);
		double here = lab_seen_uj(s, LAB_CPU, e->here, e->ns);

		if (i < t->n_layers && lab_class_of(e->ns, s->scheme->tick_ns) < LAB_TENTH)
			continue;
		lab_score_add(into, f->value, f->ci95, own, here);
		if (i < t->n_layers && lab_class_of(e->ns, s->scheme->tick_ns) == LAB_FIVE)
			lab_score_add(&o->long_layers, f->value, f->ci95, own, here);
	}
	o->checked += !isnan(v->time_check.delay_ns);
	o->failed += (size_t)v->time_check.failed;
	if (!isnan(v->time_check.delay_ns))
		o->delay_ns += v->time_check.delay_ns;
}

/* So many sessions of a kind of network; gap: its power over the mean, 0 drawn. */
static struct outcome play(struct lab_session *s, enum lab_kind kind, double gap, size_t sessions)
{
	struct outcome o = { .failed = 0 };
	size_t i;

	for (i = 0; i < sessions; i++) {
		struct lab_network *n = lab_network_make(kind, 1000 + i, gap);
		struct synergy_attribute_result *r = NULL;
		struct synergy_attribute_input *in;
		struct synergy_error err = { "" };
		struct lab_truth t;

		s->network = n;
		s->seed = 7000 + i;
		in = lab_run(s, &t);
		if (!CHECK(in && !synergy_attribute(in, NULL, &r, &err))) {
			fprintf(stderr, "%s\n", err.message);
			exit(1);
		}
		score(&o, s, &t, &r->rails[0]);
		synergy_attribute_free(r);
		synergy_attribute_input_free(in);
		lab_truth_free(&t);
		lab_network_free(n);
	}
	o.delay_ns /= o.checked ? (double)o.checked : 1;
	return o;
}

static double share(const struct lab_score *s)
{
	return 100 * (double)s->own / (double)s->n;
}

static void say(const char *what, const struct outcome *o)
{
	printf("%-44s %4zu layers: own mean held %5.1f %%, mean +-%.2f %%; %2zu of %2zu totals\n", what,
	       o->layers.n, share(&o->layers), 100 * o->layers.width / (double)o->layers.n,
	       o->total.own, o->total.n);
}

/* A layer's power varies from run to run; the interval is for its own mean. */
TEST(runs)
{
	static const double deviations[] = { 0.01, 0.03 };
	static const size_t runs[] = { 3, 5, 10 };
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; k < 3; k++) {
			struct lab_board board = *lab_board_find("classic");
			struct lab_session s = session("classic", "3x332", runs[k]);
			struct outcome o;
			char what[64];

			board.run_power_sd = deviations[i];
			s.board = &board;
			o = play(&s, LAB_LONG, 0, 3);
			snprintf(what, sizeof(what), "power varies %.0f %%, %zu runs",
				 100 * deviations[i], runs[k]);
			say(what, &o);
			CHECK_GE(share(&o.layers), runs[k] == 3 ? 85 : 90);
			CHECK_GE(o.layers.here, o.layers.own);
		}
}

/* What lies between layers draws a third of the mean, or half as much again. */
TEST(gaps)
{
	static const double gaps[] = { 0.3, 1.5 };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct lab_session s = session("classic", "140", 30);
		struct outcome o = play(&s, LAB_SHORT, gaps[i], 4);
		char what[64];

		snprintf(what, sizeof(what), "gaps at %.1f of the mean", gaps[i]);
		say(what, &o);
		CHECK_GE(share(&o.layers), 90);
	}
}

/* The clock is 5 % lower in the last four of ten runs: part of what these runs are. */
TEST(slow_clock)
{
	struct lab_session s = session("tx1", "3x332", 10);
	struct outcome o;

	s.slow = 0.05;
	s.slow_from = 6;
	o = play(&s, LAB_ALEXNET, 0, 4);
	say("clock 5 % lower from the seventh run on", &o);
	CHECK_GE(share(&o.long_layers), 90);
}

/* Presets as a whole, each with few runs and many. */
TEST(boards)
{
	static const char *const boards[] = { "tx1", "orin-nano", "agx-orin" };
	size_t i, k;

	for (i = 0; i < 3; i++)
		for (k = 0; k < 2; k++) {
			struct lab_session s = session(boards[i], k ? "max" : "3x332", k ? 5 : 10);
			struct outcome o = play(&s, LAB_MIDDLE, 0, 2);
			char what[64];

			snprintf(what, sizeof(what), "%s, %s", boards[i], s.scheme->name);
			say(what, &o);
			CHECK_GE(share(&o.layers), 90);
		}
}

/* Stamps are early by as much, and say that they are good to some 15 us. */
TEST(late_stamps)
{
	static const double late[] = { 0, 50e3, 200e3, 1000e3 };
	struct lab_board board = *lab_board_find("tx1");
	size_t i;

	board.lag_ns = 1e3;		/* it would be found, too */
	for (i = 0; i < 4; i++) {
		struct lab_session s = session("tx1", "3x332", 5);
		struct outcome o;
		char what[64];

		s.late_ns = late[i];
		s.board = &board;
		o = play(&s, LAB_TINY, 0, 12);
		snprintf(what, sizeof(what), "stamps %.0f us off: %zu of %zu found, %.1f us", late[i] / 1e3,
			 o.failed, o.checked, -o.delay_ns / 1e3);
		say(what, &o);
		CHECK_EQ(o.checked, 12);
		CHECK_GE(o.failed, late[i] > 50e3 ? 12 : late[i] > 0 ? 11 : 0);
		CHECK(late[i] > 0 || !o.failed);
		CHECK_NEAR(-o.delay_ns, late[i], 8e3);
		CHECK_GE(share(&o.layers), 90);
	}
}
