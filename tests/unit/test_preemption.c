// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the sampler keeps the program from working (user/attribute/preemption.c), against a
 * history on paper: layers that gather and multiply, ticks whose work stops them, and
 * windows that lie at certain places after the ticks, as a chip's do whose rounds are
 * shorter than the period. Found from the layers' lengths, reported, and taken into account;
 * where a tick stops nothing, nothing is found.
 */
#include <math.h>
#include <stdio.h>

#include <gsl/gsl_errno.h>

#include "synthetic.h"
#include "tests/framework/test.h"

#define LAYERS		16
#define RUNS		500
#define PERIOD_NS	1e6
#define ROUND_NS	420020.0
#define WINDOW_NS	140000.0
#define LATCH_NS	298000.0	/* after the tick: a window must be over by then */
#define GATHER_UW	285e3
#define MULTIPLY_UW	2350e3
#define SAMPLER_UW	700e3
#define GAP_NS		3000.0

/* A tick's work: at its begin, and when the bus is done. */
struct held {
	double after_ns[2], ns[2];
};

struct world {
	struct synthetic s;		/* for its random numbers */
	struct held held;
	double jitter_ns;		/* sd of a layer's length from run to run */
	struct synthetic_history h;
	size_t room;
	double next_ns;			/* the next work of the sampler ... */
	size_t next, tick;		/* ... which of a tick's, and of which tick */
	double truth_uj[LAYERS];
};

static void put(struct world *w, double ns, double uw)
{
	if (w->h.n == w->room) {
		w->room = 2 * w->room + 1024;
		w->h.p = realloc(w->h.p, w->room * sizeof(*w->h.p));
	}
	synthetic_add(&w->h, ns, uw, NULL);
}

static void next_work(struct world *w)
{
	w->tick += w->next;
	w->next ^= 1;
	w->next_ns = 2e9 + (double)w->tick * PERIOD_NS + w->held.after_ns[w->next];
}

/* The program works for so long, and waits while the sampler does. Returns uJ, all in all. */
static double work(struct world *w, double ns, double uw)
{
	double uj = 0;

	while (ns > 0) {
		double now = w->h.now, until = w->next_ns > now ? w->next_ns - now : 0;
		double step = ns < until ? ns : until;

		if (step > 0) {
			put(w, step, uw);
			uj += step * uw / 1e9;
			ns -= step;
		}
		if (ns > 0) {
			put(w, w->held.ns[w->next], SAMPLER_UW);
			uj += w->held.ns[w->next] * SAMPLER_UW / 1e9;
			next_work(w);
		}
	}
	return uj;
}

static void one_run(struct world *w, struct synergy_attribute_input *in, uint32_t run)
{
	size_t mark = in->intervals.n;
	uint32_t i;

	synthetic_mark(in, w->h.now, w->h.now, SYNERGY_INTERVAL_RUN, 0, run);
	for (i = 0; i < LAYERS; i++) {
		double all = 120e3 + 55e3 * (double)(i * 7 % LAYERS);
		double multiply = all * (i % 4 ? 0.2 * (i % 4) : 0.1), begin;

		all += w->jitter_ns * synthetic_normal(&w->s);
		work(w, GAP_NS, SAMPLER_UW);
		begin = w->h.now;
		w->truth_uj[i] += work(w, all - multiply, GATHER_UW) / RUNS;
		w->truth_uj[i] += work(w, multiply, MULTIPLY_UW) / RUNS;
		synthetic_mark(in, begin, w->h.now, SYNERGY_INTERVAL_LAYER, i, run);
	}
	in->intervals.end_ns[mark] = (uint64_t)w->h.now;
	work(w, 20e3 + 300e3 * synthetic_uniform(&w->s), GATHER_UW);
}

static void sample(struct world *w, struct synergy_rail_samples *r)
{
	size_t piece = 0, n = (size_t)((w->h.now - 2e9) / PERIOD_NS), i, k;

	for (i = 2; i < n; i++) {
		double tick = 2e9 + (double)i * PERIOD_NS, energy = 0;
		double round = floor((tick - 2e9 + LATCH_NS - WINDOW_NS) / ROUND_NS);
		double b = floor(2e9 + round * ROUND_NS), e = b + WINDOW_NS;

		while (w->h.p[piece].end < b)
			piece++;
		for (k = piece; k < w->h.n && w->h.p[k].begin < e; k++)
			energy += synthetic_energy(&w->h.p[k], b, e);
		r->tick_ns[r->n] = (uint64_t)tick;
		r->begin_ns[r->n] = (uint64_t)b;
		r->end_ns[r->n] = (uint64_t)e;
		r->power_uw[r->n] = energy / WINDOW_NS + 15e3 * synthetic_normal(&w->s);
		r->window_error_ns[r->n++] = 1000;
	}
}

static struct synergy_attribute_input *make(struct world *w)
{
	struct synergy_attribute_input *in = calloc(1, sizeof(*in));
	struct synergy_intervals *v = &in->intervals;
	struct synergy_rail_samples *r;
	size_t n = RUNS * (LAYERS + 1);
	uint32_t run;

	v->begin_ns = calloc(n, 8);
	v->end_ns = calloc(n, 8);
	v->kind = calloc(n, 4);
	v->layer = calloc(n, 4);
	v->run = calloc(n, 4);
	v->counts = calloc(n, 8);
	in->n_layers = LAYERS;
	in->n_runs = RUNS;
	in->n_events = 1;
	in->events = calloc(1, sizeof(*in->events));
	w->h.now = w->next_ns = 2e9;
	work(w, 5e6, GATHER_UW);
	for (run = 0; run < RUNS; run++)
		one_run(w, in, run);
	work(w, 5e6, GATHER_UW);
	n = (size_t)((w->h.now - 2e9) / PERIOD_NS) + 1;
	in->n_rails = 1;
	in->rails = r = calloc(1, sizeof(*r));
	strcpy(r->label, "VDD_CPU");
	r->begin_ns = calloc(n, 8);
	r->end_ns = calloc(n, 8);
	r->power_uw = calloc(n, 8);
	r->lsb_uw = calloc(n, 8);
	r->window_error_ns = calloc(n, 4);
	r->tick_ns = calloc(n, 8);
	sample(w, r);
	free(w->h.p);
	return in;
}

struct outcome {
	double rms_uj, pause_us, total;	/* total: relative error of all layers together */
	int covered;
};

static struct outcome solve(const struct world *w, const struct synergy_attribute_input *in)
{
	struct synergy_attribute_result *r;
	struct outcome o = { 0 };
	struct synergy_error err;
	double sum = 0, truth = 0;
	int i;

	if (!CHECK(!synergy_attribute(in, NULL, &r, &err))) {
		fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
	for (i = 0; i < LAYERS; i++) {
		const struct synergy_figure *f = &r->rails[0].layers[i].energy_uj;
		double e = f->value - w->truth_uj[i];

		o.rms_uj += e * e / LAYERS;
		o.covered += fabs(e) <= f->ci95;
		sum += f->value;
		truth += w->truth_uj[i];
	}
	o.rms_uj = sqrt(o.rms_uj);
	o.total = sum / truth - 1;
	o.pause_us = r->rails[0].pause_us;
	synergy_attribute_free(r);
	return o;
}

SETUP
{
	gsl_set_error_handler_off();
}

TEST(delayed)
{
	struct world w = { .s = { .seed = 1 }, .held = { { 0, 361e3 }, { 7e3, 12e3 } } };
	struct synergy_attribute_input *in = make(&w);
	struct outcome with = solve(&w, in), without;

	free(in->rails[0].tick_ns);
	in->rails[0].tick_ns = NULL;	/* no ticks, no preemptions */
	without = solve(&w, in);
	printf("delayed by 19 us a tick, found %.2f us: layers %.2f uJ off, all together %+.2f %%, %d of %d covered; without that %.2f uJ\n",
	       with.pause_us, with.rms_uj, 100 * with.total, with.covered, LAYERS, without.rms_uj);
	CHECK_NEAR(with.pause_us, 19, 1);
	CHECK_EQ(without.pause_us, 0);
	CHECK_LT(with.rms_uj, 0.5 * without.rms_uj);
	CHECK_NEAR(with.total, 0, 0.005);
	CHECK_GE(with.covered, LAYERS - 1);
	synergy_attribute_input_free(in);
}

/* A sampler with a core of its own: its ticks lengthen nothing. */
TEST(not_delayed)
{
	struct world w = { .s = { .seed = 2 }, .held = { { 0, 361e3 }, { 0, 0 } } };
	struct synergy_attribute_input *in = make(&w);
	struct outcome o = solve(&w, in);

	printf("not delayed: found %.2f us; layers %.2f uJ off, %d of %d covered\n", o.pause_us,
	       o.rms_uj, o.covered, LAYERS);
	CHECK_EQ(o.pause_us, 0);
	CHECK_GE(o.covered, LAYERS - 1);
	synergy_attribute_input_free(in);
}

/* Lengths so uneven that a part of it is found, or all but not well: then none is. */
TEST(not_sure)
{
	struct world w = { .s = { .seed = 3 }, .held = { { 0, 361e3 }, { 7e3, 12e3 } },
			   .jitter_ns = 20e3 };
	struct synergy_attribute_input *in = make(&w);
	struct outcome o = solve(&w, in);

	printf("delayed by 19 us among 20 us of chance: found %.2f us; all together %+.2f %%\n",
	       o.pause_us, 100 * o.total);
	CHECK_EQ(o.pause_us, 0);
	synergy_attribute_input_free(in);
}
