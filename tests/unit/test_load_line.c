// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus voltage between its measurements (user/attribute/load_line.c), against a board
 * on paper: a supply with resistance, and a chip that converts the current all the time
 * and the voltage four times a second, in steps. The load line is found, also where work
 * changes within a conversion; a long layer of high power is then right that was 2 % off.
 * A stiff supply, too few voltages, and voltages beside each sample change nothing.
 */
#include <math.h>
#include <stdlib.h>

#include "attribute/internal.h"
#include "synthetic.h"
#include "tests/framework/test.h"

#define STEP_NS		10000		/* of the history */
#define STEPS		800000		/* 8 s */
#define WINDOW		14		/* steps: a conversion */
#define GAP		53		/* from the voltage's conversion to the next round */
#define IDLE_MA		36.0
#define LAYER_MA	2700.0
#define CURRENT_MA	4.0		/* a step of the shunt's, at 10 mOhm */
#define BUS_MV		8.0

struct board {
	struct synthetic s;		/* for its random numbers */
	double mohm, mv, drift_mv;	/* the supply: resistance, voltage, its rise over all */
	size_t every;			/* steps from a voltage to the next */
	int steady;			/* no bursts */
	double *ma;			/* by step */
	unsigned char *layer;		/* by step: in the long layer */
	struct synergy_rail_samples r;
	double *truth_uw;		/* by sample */
	unsigned char *inside;		/* by sample: wholly in the long layer */
};

static double supply_mv(const struct board *b, size_t step)
{
	return b->mv + b->drift_mv * (double)step / STEPS - b->mohm / 1e3 * b->ma[step];
}

/* A second of rest before and after; in between bursts of 20 to 200 us, and the layer. */
static void draw(struct board *b)
{
	size_t i = 0, n;

	while (i < STEPS) {
		double ma = IDLE_MA;
		int layer = 0;

		if (i < 100000 || i >= STEPS - 100000) {
			n = 100000;
		} else if (i / 10000 % 2) {
			n = 10000 - i % 10000;
			ma = LAYER_MA;
			layer = 1;
		} else {
			n = b->steady ? 10000 : 2 + (size_t)(18 * synthetic_uniform(&b->s));
			ma = b->steady ? 300 : 100 + 800 * synthetic_uniform(&b->s);
		}
		for (; n && i < STEPS; n--, i++) {
			b->ma[i] = ma;
			b->layer[i] = layer;
		}
	}
}

static double mean_ma(const struct board *b, size_t from)
{
	double sum = 0;
	size_t i;

	for (i = from; i < from + WINDOW; i++)
		sum += b->ma[i];
	return sum / WINDOW;
}

static void sample(struct board *b, size_t from, double bus_mv, size_t bus_from)
{
	size_t k = b->r.n++, i;

	b->r.begin_ns[k] = 1000000000 + from * STEP_NS;
	b->r.end_ns[k] = b->r.begin_ns[k] + WINDOW * STEP_NS;
	b->r.current_ma[k] = CURRENT_MA * round(mean_ma(b, from) / CURRENT_MA);
	b->r.bus_mv[k] = bus_mv;
	b->r.bus_time_ns[k] = 1000000000 + (2 * bus_from + WINDOW) * STEP_NS / 2;
	b->r.power_uw[k] = b->r.current_ma[k] * bus_mv;
	b->truth_uw[k] = 0;
	b->inside[k] = 1;
	for (i = from; i < from + WINDOW; i++) {
		b->truth_uw[k] += b->ma[i] * supply_mv(b, i) / WINDOW;
		b->inside[k] &= b->layer[i];
	}
}

static double voltage(const struct board *b, size_t from)
{
	double sum = 0;
	size_t i;

	for (i = from; i < from + WINDOW; i++)
		sum += supply_mv(b, i);
	return BUS_MV * round(sum / WINDOW / BUS_MV);
}

static void make(struct board *b, uint64_t seed)
{
	size_t at = 0, bus_from = 0, room = STEPS / WINDOW + 1;
	double bus_mv = 0;

	b->s.seed = seed;
	b->ma = malloc(STEPS * sizeof(*b->ma));
	b->layer = malloc(STEPS);
	b->inside = malloc(room);
	b->truth_uw = malloc(room * sizeof(double));
	b->r.begin_ns = malloc(room * sizeof(uint64_t));
	b->r.end_ns = malloc(room * sizeof(uint64_t));
	b->r.bus_time_ns = malloc(room * sizeof(uint64_t));
	b->r.current_ma = malloc(room * sizeof(double));
	b->r.bus_mv = malloc(room * sizeof(double));
	b->r.power_uw = malloc(room * sizeof(double));
	draw(b);
	while (at + 2 * WINDOW + GAP < STEPS) {
		if (!b->r.n || at >= bus_from + b->every) {
			bus_from = at + WINDOW;
			bus_mv = voltage(b, bus_from);
			sample(b, at, bus_mv, bus_from);
			at += 2 * WINDOW + (b->every > WINDOW ? GAP : 0);
		} else {
			sample(b, at, bus_mv, bus_from);
			at += WINDOW;
		}
	}
}

static void drop(struct board *b)
{
	free(b->ma);
	free(b->layer);
	free(b->inside);
	free(b->truth_uw);
	free(b->r.begin_ns);
	free(b->r.end_ns);
	free(b->r.bus_time_ns);
	free(b->r.current_ma);
	free(b->r.bus_mv);
	free(b->r.power_uw);
}

/* The long layer's energy, relative to the truth; the others' where that is wanted. */
static double off(const struct board *b, int layer)
{
	double found = 0, truth = 0;
	size_t i;

	for (i = 0; i < b->r.n; i++)
		if (b->inside[i] == layer) {
			found += b->r.power_uw[i];
			truth += b->truth_uw[i];
		}
	return found / truth - 1;
}

static void check_found(struct board *b, uint64_t seed, double most_off)
{
	const struct synergy_source *v = &b->r.source;
	double before, after, relative_se;

	make(b, seed);
	before = off(b, 1);
	CHECK(!synergy_voltage_between(&b->r));
	after = off(b, 1);
	relative_se = synergy_voltage_relative_se(&b->r, LAYER_MA * b->mv);
	printf("%g mOhm: found %.1f +- %.1f; the layer %+.2f %% off, %+.2f without (+- %.2f stated), the rest %+.2f\n",
	       b->mohm, v->mohm, v->se_mohm, 100 * after, 100 * before, 100 * relative_se,
	       100 * off(b, 0));
	CHECK_NEAR(v->mohm, b->mohm, 4 * v->se_mohm);
	CHECK_LT(v->se_mohm, 0.1 * b->mohm);
	CHECK_GT(fabs(before), 3 * most_off);
	CHECK_LT(fabs(after), most_off);
	CHECK_LT(fabs(after), 4 * relative_se + 0.0005);
	CHECK_LT(fabs(off(b, 0)), most_off);
	drop(b);
}

TEST(found)
{
	struct board steady = { .mohm = 50, .mv = 5504, .every = 25000, .steady = 1 };
	struct board bursts = { .mohm = 50, .mv = 5504, .every = 25000 };
	struct board drifts = { .mohm = 80, .mv = 5000, .drift_mv = -60, .every = 25000 };

	check_found(&steady, 1, 0.0015);
	check_found(&bursts, 2, 0.0025);
	check_found(&drifts, 3, 0.004);
}

/* Nothing to find, or nothing to find it from: the powers stay as they were given. */
static void check_kept(struct board *b, uint64_t seed, const char *what)
{
	size_t i, changed = 0;
	double *given;

	make(b, seed);
	given = malloc(b->r.n * sizeof(*given));
	memcpy(given, b->r.power_uw, b->r.n * sizeof(*given));
	CHECK(!synergy_voltage_between(&b->r));
	for (i = 0; i < b->r.n; i++)
		changed += b->r.power_uw[i] != given[i];
	printf("%s: found %.2f +- %.2f mOhm, %zu of %zu changed\n", what, b->r.source.mohm,
	       b->r.source.se_mohm, changed, b->r.n);
	CHECK(!changed);
	free(given);
	drop(b);
}

TEST(kept)
{
	struct board stiff = { .mohm = 0, .mv = 5000.3, .every = 25000 };
	struct board stands = { .mohm = 0, .mv = 5000, .every = 25000 };
	struct board few = { .mohm = 50, .mv = 5504, .every = STEPS / 6 };
	struct board beside = { .mohm = 50, .mv = 5504, .every = WINDOW };
	struct synergy_rail_samples none = { .n = 0 }, old = { .n = 100 };

	check_kept(&stiff, 4, "a stiff supply");
	check_kept(&stands, 5, "one at a step of the voltage");
	check_kept(&few, 6, "few voltages");
	check_kept(&beside, 7, "voltages beside each sample");
	CHECK(!synergy_voltage_between(&none) && !synergy_voltage_between(&old));
	CHECK(!synergy_voltage_relative_se(&old, 1e6));
}
