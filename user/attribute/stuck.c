// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A converter that stands still: its register keeps one value while the program goes on.
 * Equal values one after another are nothing strange where the step is coarse and the
 * power even, so a streak is judged by what other runs have at the same place: of k
 * values, each of which others come within a step of in a share f of theirs, all are
 * equal by chance with less than f^k. The windows of such a streak are left out.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "attribute/internal.h"

#define LEAST_LENGTH	8	/* windows; shorter streaks prove nothing */
#define MOST_STREAKS	16	/* the longest ones are looked at */
#define IMPROBABLE	1e-6	/* of any streak in the recording */
#define NEAR_STEPS	1.01

struct streak {
	size_t first, n;	/* windows of the design */
};

static double raw(const struct synergy_rail_samples *s, size_t i)
{
	return s->current_ma ? s->current_ma[i] : s->power_uw[i];
}

/* One step of what raw() gives, about sample i. */
static double raw_step(const struct synergy_rail_samples *s, size_t i)
{
	return s->current_ma && s->bus_mv[i] != 0 ? s->lsb_uw[i] / fabs(s->bus_mv[i]) :
						    s->lsb_uw[i];
}

/* Do window i and the next, and what was sampled between them, have one value? */
static int goes_on(const struct synergy_solution *q, size_t i)
{
	size_t k;

	for (k = q->d.window[i]; k < q->d.window[i + 1]; k++)
		if (raw(q->s, k) != raw(q->s, k + 1))
			return 0;
	return 1;
}

/* The longest streaks; the shortest of them gives way. */
static size_t find_streaks(const struct synergy_solution *q, struct streak *v)
{
	size_t n = 0, i, k, end;

	for (i = 0; i < q->d.n_windows; i = end) {
		for (end = i + 1; end < q->d.n_windows && goes_on(q, end - 1); end++)
			;
		if (end - i < LEAST_LENGTH)
			continue;
		k = n < MOST_STREAKS ? n++ : 0;
		if (n == MOST_STREAKS && k == 0 && end - i <= v[0].n)
			continue;
		v[k] = (struct streak){ i, end - i };
		for (k = 0; n == MOST_STREAKS && k < n; k++)
			if (v[k].n < v[0].n) {
				struct streak t = v[0];

				v[0] = v[k];
				v[k] = t;
			}
	}
	return n;
}

static double place(const struct synergy_solution *q, size_t i)
{
	return (double)(int64_t)(q->s->begin_ns[q->d.window[i]] - q->t->run_begin_ns[q->d.run[i]]);
}

/*
 * The share of other runs' windows within a step of the streak's value: at its place in
 * the run, or anywhere when it is longer than a run. Alone, those of the run itself.
 */
static double share_near(const struct synergy_solution *q, const struct streak *v)
{
	size_t last = v->first + v->n - 1, i;
	uint32_t from = q->d.run[v->first], to = q->d.run[last];
	double value = raw(q->s, q->d.window[v->first]), near = 1, n = 2;

	for (i = 0; i < q->d.n_windows; i++) {
		size_t s = q->d.window[i];

		if (q->t->n_runs > (size_t)(to - from) + 1 ?
		    q->d.run[i] >= from && q->d.run[i] <= to : i >= v->first && i <= last)
			continue;
		if (q->t->n_runs > 1 && from == to &&
		    (place(q, i) < place(q, v->first) || place(q, i) > place(q, last)))
			continue;
		near += fabs(raw(q->s, s) - value) <= NEAR_STEPS * raw_step(q->s, s);
		n++;
	}
	/* A rail that never moves, all of it one streak, is nothing to judge by. */
	return n < 2 + LEAST_LENGTH ? 1 : near / n;
}

void synergy_find_stuck(struct synergy_solution *q, struct synergy_converter_check *c)
{
	struct streak v[MOST_STREAKS];
	size_t n = find_streaks(q, v), i, k;

	*c = (struct synergy_converter_check){ .state = SYNERGY_CHECK_PASSED };
	for (i = 0; i < n; i++) {
		double chance = (double)v[i].n * log(share_near(q, &v[i])) +
				log((double)q->d.n_windows);
		const struct synergy_rail_samples *s = q->s;

		c->longest = v[i].n > c->longest ? v[i].n : c->longest;
		if (chance > log(IMPROBABLE))
			continue;
		c->state = SYNERGY_CHECK_FAILED;
		c->n_samples += v[i].n;
		c->stuck_us += (double)(s->end_ns[q->d.window[v[i].first + v[i].n - 1]] -
					s->begin_ns[q->d.window[v[i].first]]) / 1e3;
		for (k = v[i].first; k < v[i].first + v[i].n; k++)
			q->outlier[k] = 1;
	}
}
