// SPDX-License-Identifier: GPL-2.0-only
/*
 * Energy of any program's phases from records to rows: a simulated program whose power
 * is known nests, recurs, runs once or often, on one thread or two, marked or not; what
 * is reported of it must be so within its interval, and rows must add up to the whole.
 */
#include <gsl/gsl_errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/attribute.h"
#include "lib/recording.h"
#include "tests/framework/test.h"

#define IDS		8
#define PERIOD_NS	1000000
#define WINDOW_NS	332000
#define START_NS	5000000000ULL

/* The board and the program on it. */
static struct {
	struct synergy_collect *c;
	struct synergy_error err;
	uint64_t now, seq, next_window;
	double noise_w;
	double watts;			/* drawn now */
	double window_uj;		/* in the window so far */
	double total_uj;
	double self_uj[IDS + 1], inclusive_uj[IDS + 1];	/* IDS: outside of marks */
	uint32_t stack[64], depth;
	uint64_t rng;
} b;

static double random_unit(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static double random_normal(uint64_t *state)
{
	double u = 1 - random_unit(state);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * random_unit(state));
}

static void start(double noise_w, uint64_t seed)
{
	memset(&b, 0, sizeof(b));
	b.c = synergy_collect_new();
	b.now = START_NS;
	b.next_window = b.now;
	b.noise_w = noise_w;
	b.rng = seed;
}

static void finish(void)
{
	synergy_collect_free(b.c);
}

static void sample(void)
{
	double watts = b.window_uj / (WINDOW_NS / 1e3) + b.noise_w * random_normal(&b.rng);
	struct {
		struct synergy_power_record r;
		struct synergy_power_channel ch[1];
	} m = { .r = { .hdr = { sizeof(m), SYNERGY_RECORD_POWER, 0, ++b.seq, b.now, b.now },
		       .n_channels = 1, .channel_size = sizeof(struct synergy_power_channel) },
		.ch = { { .rail = 0, .current_ua = (int)lrint(watts / 5 * 1e6), .bus_mv = 5000,
			  .bus_time_ns = b.now, .power_uw = llrint(watts * 1e6),
			  .window_begin_ns = b.next_window, .window_error_ns = 5000,
			  .window_end_ns = b.next_window + WINDOW_NS } } };

	CHECK(!synergy_collect_record(b.c, &m.r.hdr, &b.err));
	b.window_uj = 0;
	b.next_window += PERIOD_NS;
}

/* Time passes at the present power. */
static void run_us(double us)
{
	uint64_t end = b.now + (uint64_t)(us * 1e3);
	double uj = b.watts * (double)(end - b.now) / 1e3;
	uint32_t i, k;

	b.total_uj += uj;
	b.self_uj[b.depth ? b.stack[b.depth - 1] : IDS] += uj;
	for (i = 0; i < b.depth; i++) {
		for (k = 0; k < i && b.stack[k] != b.stack[i]; k++)
			;
		if (k == i)
			b.inclusive_uj[b.stack[i]] += uj;
	}
	while (b.now < end) {
		uint64_t edge = b.now < b.next_window ? b.next_window : b.next_window + WINDOW_NS;
		uint64_t until = edge < end ? edge : end;

		if (b.now >= b.next_window)
			b.window_uj += b.watts * (double)(until - b.now) / 1e3;
		b.now = until;
		if (until == b.next_window + WINDOW_NS)
			sample();
	}
}

static void mark(uint32_t tid, uint32_t kind, uint32_t id, uint16_t flags)
{
	struct synergy_marker_record m = {
		.hdr = { sizeof(m), SYNERGY_RECORD_MARKER, flags, ++b.seq, b.now, b.now },
		.done_ns = b.now, .kind = kind, .id = id, .tid = tid, .tgid = 1,
		.count_size = sizeof(struct synergy_count),
	};

	CHECK(!synergy_collect_record(b.c, &m.hdr, &b.err));
}

static void begin(uint32_t id)
{
	mark(1, SYNERGY_MARK_BEGIN, id, 0);
	b.stack[b.depth++] = id;
}

static void end(uint32_t id)
{
	mark(1, SYNERGY_MARK_END, id, 0);
	b.depth--;
}

static void command(bool ends)
{
	mark(99, ends ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_COMMAND,
	     SYNERGY_MARKER_F_TOOL);
}

/* What a call takes this time: a tenth more or less. */
static double about(double us)
{
	return us * (1 + 0.1 * (2 * random_unit(&b.rng) - 1));
}

struct outcome {
	struct synergy_attribute_input *in;
	struct synergy_attribute_result *r;
};

static int solve(struct outcome *o)
{
	memset(o, 0, sizeof(*o));
	o->in = synergy_collect_finish(b.c, &b.err);
	if (!CHECK(o->in && o->in->phases))
		return -1;
	return CHECK(!synergy_attribute(o->in, NULL, &o->r, &b.err)) ? 0 : -1;
}

static void done(struct outcome *o)
{
	synergy_attribute_free(o->r);
	synergy_attribute_input_free(o->in);
}

static size_t row_of(const struct outcome *o, uint32_t id)
{
	size_t i;

	for (i = 0; i + 1 < o->in->phases->n; i++)
		if (o->in->phases->rows[i].id == id)
			return i;
	CHECK_EQ(id, IDS);
	return o->in->phases->n - 1;
}

struct coverage {
	unsigned int n, met;
	double worst;
};

/* Is the truth within the interval, or at least within so many of it? */
static void compare(struct coverage *v, const struct synergy_figure *f, double truth, double most)
{
	double off = fabs(f->value - truth) / f->ci95;

	v->n++;
	v->met += off <= 1;
	v->worst = test_worse(v->worst, off);
	CHECK_LE(off, most);
}

/* Rows' own energies add up to the total, which is the truth's; and rows are right. */
static void compare_all(struct outcome *o, const uint32_t *ids, size_t n, struct coverage *v)
{
	const struct synergy_rail_result *r = &o->r->rails[0];
	double sum = 0, runs = (double)o->in->n_runs;
	size_t i;

	for (i = 0; i < o->in->phases->n; i++)
		if (!isnan(r->layers[i].energy_uj.value))
			sum += r->layers[i].energy_uj.value;
	PARAMS("total %g of %g +- %g", r->total_uj.value, b.total_uj / runs, r->total_uj.ci95);
	CHECK_REL(sum, r->total_uj.value, 1e-6);
	compare(v, &r->total_uj, b.total_uj / runs, 3);
	for (i = 0; i < n; i++) {
		size_t row = row_of(o, ids[i]);

		PARAMS("id %u: own %g of %g +- %g, with inner %g of %g +- %g", ids[i],
		       r->layers[row].energy_uj.value, b.self_uj[ids[i]] / runs,
		       r->layers[row].energy_uj.ci95, r->inclusive[row].energy_uj.value,
		       b.inclusive_uj[ids[i]] / runs, r->inclusive[row].energy_uj.ci95);
		compare(v, &r->layers[row].energy_uj, b.self_uj[ids[i]] / runs, 4);
		if (ids[i] < IDS)
			compare(v, &r->inclusive[row].energy_uj, b.inclusive_uj[ids[i]] / runs, 4);
	}
}

/* Load once, then steps of forward and backward with a name that recurs, then save once. */
static void train(int steps)
{
	int i;

	b.watts = 1;
	run_us(20000);
	begin(0);			/* main */
	begin(1);			/* load */
	b.watts = 1.5;
	run_us(60000);
	end(1);
	b.watts = 0.8;
	run_us(7000);
	for (i = 0; i < steps; i++) {
		b.watts = 1.2;
		begin(2);		/* step */
		run_us(about(1500));
		begin(3);		/* forward */
		b.watts = 3;
		run_us(about(8000));
		begin(3);
		b.watts = 2.5;
		run_us(about(3000));
		end(3);
		end(3);
		b.watts = 4;
		begin(4);		/* backward */
		run_us(about(15000));
		end(4);
		b.watts = 1.2;
		run_us(about(2500));
		end(2);
	}
	b.watts = 2;
	begin(5);
	run_us(40000);
	end(5);
	end(0);
	b.watts = 1;
	run_us(20000);
}

TEST(nested_recursive)
{
	static const uint32_t ids[] = { 0, 1, 2, 3, 4, 5, IDS };
	struct coverage v = { 0 };
	struct outcome o;
	uint64_t seed;

	gsl_set_error_handler_off();
	for (seed = 1; seed <= 8; seed++) {
		start(0.15, seed);
		train(30);
		if (!solve(&o))
			compare_all(&o, ids, 7, &v);
		CHECK_EQ(o.in->phases->rows[row_of(&o, 3)].calls, 60);
		done(&o);
		finish();
	}
	PARAMS("%u of %u met, worst %g of the interval", v.met, v.n, v.worst);
	CHECK_GE(v.met, 0.92 * v.n);
}

/* The recorder's command encloses all; repeated, figures are means of a run. */
TEST(command_repeated)
{
	static const uint32_t ids[] = { 1, 2, 3, 4 };
	struct coverage v = { 0 };
	struct outcome o;
	double idle_uj;
	uint64_t seed;
	int k;

	for (seed = 1; seed <= 2; seed++) {
		start(0.15, seed);
		for (k = 0; k < 3; k++) {
			b.watts = 7;	/* between the runs: not theirs */
			idle_uj = b.total_uj;
			run_us(30000);
			b.total_uj = idle_uj;
			command(false);
			train(10);
			command(true);
		}
		if (solve(&o))
			return;
		CHECK_EQ(o.in->n_runs, 3);
		CHECK_NEAR(o.r->run_us, 447000, 15000);
		CHECK_NEAR(o.r->times[row_of(&o, 2)], 10, 0);
		compare_all(&o, ids, 4, &v);
		done(&o);
		finish();
	}
	PARAMS("%u of %u met, worst %g of the interval", v.met, v.n, v.worst);
	CHECK_GE(v.met, 0.9 * v.n);
}

TEST(unmarked)
{
	struct coverage v = { 0 };
	struct outcome o;
	uint64_t seed;
	int i;

	for (seed = 1; seed <= 20; seed++) {
		start(0.2, seed);
		for (i = 0; i < 50; i++) {
			b.watts = 1 + 2 * random_unit(&b.rng);
			run_us(20000);
		}
		if (solve(&o))
			return;
		CHECK_EQ(o.in->phases->n, 1);
		CHECK_EQ(o.in->phases->tid, 0);
		compare(&v, &o.r->rails[0].total_uj, b.total_uj, 3);
		CHECK_LE(o.r->rails[0].total_uj.ci95, 0.25 * b.total_uj);
		done(&o);
		finish();
	}
	PARAMS("%u of %u met, worst %g of the interval", v.met, v.n, v.worst);
	CHECK_GE(v.met, 17);
}

/* Phases that come once each: what they took here is known, though not how they vary. */
TEST(once_each)
{
	static const uint32_t ids[] = { 0, 1, 2, IDS };
	struct coverage v = { 0 };
	struct outcome o;
	uint64_t seed;
	uint32_t i;

	for (seed = 1; seed <= 10; seed++) {
		start(0.15, seed);
		b.watts = 1;
		run_us(50000);
		for (i = 0; i < 3; i++) {
			begin(i);
			b.watts = 2 + i;
			run_us(100000);
			end(i);
			b.watts = 1;
			run_us(50000);
		}
		if (solve(&o))
			return;
		compare_all(&o, ids, 4, &v);
		done(&o);
		finish();
	}
	PARAMS("%u of %u met, worst %g of the interval", v.met, v.n, v.worst);
	CHECK_GE(v.met, 0.9 * v.n);
}

/* Another thread's marks overlap: its rows are of the same time, and it is said how much. */
TEST(two_threads)
{
	const struct synergy_marking_thread *threads;
	struct synergy_attribute_input *in;
	struct outcome o;
	size_t n;
	int i;

	start(0.1, 3);
	for (i = 0; i < 20; i++) {
		b.watts = 1;
		run_us(5000);
		begin(1);
		b.watts = 2;
		run_us(10000);
		mark(2, SYNERGY_MARK_BEGIN, 6, 0);
		b.watts = 4;
		run_us(10000);
		end(1);
		b.watts = 3;
		run_us(10000);
		mark(2, SYNERGY_MARK_END, 6, 0);
	}
	CHECK(!synergy_collect_threads(b.c, &threads, &n, &b.err));
	CHECK_EQ(n, 2);
	if (solve(&o))
		return;
	CHECK_NEAR(o.in->phases->rows[row_of(&o, 1)].shared_us, 200000, 1);
	CHECK_NEAR(o.r->rails[0].layers[row_of(&o, 1)].energy_uj.value, 20 * (20 + 40) * 1e3,
		   o.r->rails[0].layers[row_of(&o, 1)].energy_uj.ci95);
	done(&o);
	in = synergy_collect_finish_thread(b.c, 1, &b.err);
	if (!CHECK(in && !synergy_attribute(in, NULL, &o.r, &b.err)))
		return;
	CHECK_EQ(in->phases->n, 2);
	CHECK_NEAR(o.r->rails[0].layers[0].energy_uj.value, 20 * (40 + 30) * 1e3,
		   o.r->rails[0].layers[0].energy_uj.ci95);
	CHECK_NEAR(o.r->rails[0].total_uj.value, b.total_uj, o.r->rails[0].total_uj.ci95);
	synergy_attribute_free(o.r);
	synergy_attribute_input_free(in);
	finish();
}

/* Too long to be kept: parts of it tell of the whole, times and calls are exact. */
TEST(thinned)
{
	static const uint32_t ids[] = { 2, 3, 4 };
	struct coverage v = { 0 };
	struct outcome o;
	uint64_t seed;
	double us;

	for (seed = 1; seed <= 3; seed++) {
		start(0.15, seed);
		synergy_collect_limit(b.c, 4000);
		train(600);
		us = (double)(b.now - START_NS) / 1e3;
		if (solve(&o))
			return;
		CHECK_GE(o.in->notes.stride, 4);
		CHECK_LE(o.in->rails[0].n, 4000);
		CHECK_REL(o.r->run_us, us, 1e-4);
		CHECK_NEAR(o.r->times[row_of(&o, 4)], 600, 0);
		compare_all(&o, ids, 3, &v);
		done(&o);
		finish();
	}
	PARAMS("%u of %u met, worst %g of the interval", v.met, v.n, v.worst);
	CHECK_GE(v.met, 0.85 * v.n);
}

/* Asked while it goes on: each time what there is by then. */
TEST(asked_again)
{
	struct outcome o;
	int i;

	start(0.1, 1);
	for (i = 0; i < 5; i++) {
		begin(1);
		b.watts = 2;
		run_us(20000);
		if (solve(&o))
			return;
		CHECK_NEAR(o.r->time_us[row_of(&o, 1)], 20000 * (i + 1), 1000);
		CHECK_EQ(o.in->notes.open, 1);
		done(&o);
		end(1);
	}
	finish();
}
