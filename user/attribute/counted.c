// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Rows of a program's marks on a rail whose energy is counted: its windows follow on each
 * other, so nothing of the time is unseen, and what was drawn between two readings is known
 * to a step of the counter. Then no power has to be estimated for what lies within a row;
 * what is uncertain is the windows that its edges fall into.
 *
 * Of such a window of length L, in which power changes by d at a share f, the edge's side gets
 * f (1 - f) L d too much or too little; d is taken from the windows around it. A window that was
 * off by dt costs P dt at the edge: as one clock's offset, it is alike at all begins and at all ends. A row of many short intervals has many edges: its solved figure is then
 * the better one, and stays.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "attribute/internal.h"

#define LEAST_COVERED	0.999		/* of the time, by windows */
#define MOST_WORK	5e7		/* rows times intervals */

struct counted {
	const struct synergy_rail_samples *s;
	const struct synergy_intervals *v;
	double *uj;			/* before each window, from the first one's begin */
	size_t runs;
	double *run_uj;			/* of the row in hand, by command */
	double variance;		/* of the same, all of them: what differs from edge to edge */
	double late_uj[2];		/* and what does not, at begins and at ends */
};

static size_t window_at(const struct counted *c, uint64_t ns)
{
	size_t low = 0, high = c->s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->s->end_ns[mid] <= ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Energy up to a time; *late: added to it, what an edge there costs by the windows' time. */
static double energy_at(struct counted *c, uint64_t ns, double *late)
{
	const struct synergy_rail_samples *s = c->s;
	size_t i = window_at(c, ns);
	double length, f, change;

	if (i == s->n)
		return c->uj[s->n];
	length = (double)(s->end_ns[i] - s->begin_ns[i]);
	f = ns <= s->begin_ns[i] ? 0 : (double)(ns - s->begin_ns[i]) / length;
	change = fmax(fabs(s->power_uw[i + 1 < s->n ? i + 1 : i] - s->power_uw[i]),
		      fabs(s->power_uw[i] - s->power_uw[i ? i - 1 : i]));
	change = fmax(change, fabs(s->power_uw[i + 1 < s->n ? i + 1 : i] - s->power_uw[i ? i - 1 : i]));
	c->variance += pow(f * (1 - f) * length / 1e9 * change, 2) / 3;
	*late += fmax(s->window_error_ns[i], SYNERGY_LEAST_UNCERTAINTY_NS) / 1e9 * fabs(s->power_uw[i]) / sqrt(3);
	return c->uj[i] + f * length / 1e9 * s->power_uw[i];
}

static int covers(struct counted *c)
{
	const struct synergy_rail_samples *s = c->s;
	double covered = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (i && s->begin_ns[i] < s->end_ns[i - 1] &&
		    s->end_ns[i - 1] - s->begin_ns[i] > s->window_error_ns[i] + 1000)
			return 0;
		c->uj[i + 1] = c->uj[i] + (double)(s->end_ns[i] - s->begin_ns[i]) / 1e9 * s->power_uw[i];
		covered += (double)(s->end_ns[i] - s->begin_ns[i]);
	}
	return covered >= LEAST_COVERED * (double)(s->end_ns[s->n - 1] - s->begin_ns[0]);
}

static void add_span(struct counted *c, uint64_t begin, uint64_t end, uint32_t run)
{
	double step = 0, before = energy_at(c, begin, &c->late_uj[0]);
	size_t i = window_at(c, end);

	if (i < c->s->n)
		step = c->s->lsb_uw[i] * (double)(c->s->end_ns[i] - c->s->begin_ns[i]) / 1e9;
	if (run < c->runs)
		c->run_uj[run] += energy_at(c, end, &c->late_uj[1]) - before;
	c->variance += step * step / 6;
}

/* A row's spans, or (row SIZE_MAX) the commands'. */
static void add_row(struct counted *c, size_t row)
{
	const struct synergy_intervals *v = c->v;
	uint64_t begin = 0, end = 0;
	uint32_t run = 0;
	size_t i;

	memset(c->run_uj, 0, c->runs * sizeof(*c->run_uj));
	c->variance = c->late_uj[0] = c->late_uj[1] = 0;
	for (i = 0; i < v->n; i++) {
		if (row == SIZE_MAX ? v->kind[i] != SYNERGY_INTERVAL_RUN :
		    v->kind[i] != SYNERGY_INTERVAL_LAYER || v->layer[i] != row)
			continue;
		if (end && v->begin_ns[i] == end && v->run[i] == run) {
			end = v->end_ns[i];
			continue;
		}
		if (end)
			add_span(c, begin, end, run);
		begin = v->begin_ns[i];
		end = v->end_ns[i];
		run = v->run[i];
	}
	if (end)
		add_span(c, begin, end, run);
}

/* The mean of the commands'; of one command, what it drew. */
static struct synergy_figure figure(const struct counted *c)
{
	double n = (double)c->runs, squares = 0;
	struct synergy_figure f = { 0 };
	size_t i;

	for (i = 0; i < c->runs; i++)
		f.value += c->run_uj[i] / n;
	for (i = 0; i < c->runs; i++)
		squares += (c->run_uj[i] - f.value) * (c->run_uj[i] - f.value);
	f.dof = c->runs > 1 ? n - 1 : 1e6;
	f.se_runs = c->runs > 1 ? sqrt(squares / (n - 1) / n) : 0;
	f.se = hypot(f.se_runs, sqrt(c->variance + c->late_uj[0] * c->late_uj[0] +
				     c->late_uj[1] * c->late_uj[1]) / n);
	f.ci95 = f.se * gsl_cdf_tdist_Pinv(0.975, f.dof);
	return f;
}

static void replace(struct synergy_layer_figures *to, const struct synergy_figure *f, double us)
{
	if (!isnan(to->energy_uj.value) && to->energy_uj.se <= f->se)
		return;
	to->energy_uj = *f;
	to->parts = (struct synergy_parts){ .runs_uj = f->se_runs, .runs_dof = f->dof };
	to->parts.time_uj = sqrt(fmax(f->se * f->se - f->se_runs * f->se_runs, 0));
	to->power_uw = f->value / us * 1e6;
	to->resolved = f->ci95 <= SYNERGY_RESOLVED_SHARE * fabs(f->value);
	if (to->resolved)
		to->runs_needed = 1;
}

/* What is left of the whole for what lies outside of marks, so that rows add up. */
static void settle_rest(const struct synergy_phases *ph, struct synergy_rail_result *r)
{
	size_t root = ph->n - 1, i;
	double others = 0, squares = 0;
	struct synergy_figure f = r->total_uj;

	for (i = 0; i < root; i++) {
		if (isnan(r->layers[i].energy_uj.value))
			continue;
		others += r->layers[i].energy_uj.value;
		squares += r->layers[i].energy_uj.se * r->layers[i].energy_uj.se;
	}
	if (!root || !(ph->rows[root].self_us > 0))
		return;
	f.value -= others;
	f.se = sqrt(f.se * f.se + squares);
	f.ci95 = f.se * gsl_cdf_tdist_Pinv(0.975, f.dof);
	r->layers[root].energy_uj = (struct synergy_figure){ .value = NAN };
	replace(&r->layers[root], &f, ph->rows[root].self_us);
}

int synergy_counted_rows(const struct synergy_attribute_input *in,
			 const struct synergy_rail_samples *s, struct synergy_rail_result *r)
{
	const struct synergy_phases *ph = in->phases;
	struct counted c = { .s = s, .v = &in->intervals, .runs = in->n_runs };
	size_t root = ph->n - 1, i;
	struct synergy_figure f;
	int result = 0;

	if (!s->counted || s->n < 3 || !in->n_runs || in->notes.stride > 1 ||
	    (double)ph->n * (double)in->intervals.n > MOST_WORK)
		return 0;
	c.uj = calloc(s->n + 1, sizeof(*c.uj));
	c.run_uj = calloc(c.runs, sizeof(*c.run_uj));
	if (!c.uj || !c.run_uj)
		result = -1;
	if (!result && covers(&c)) {
		r->counted = 1;
		for (i = 0; i < root; i++) {
			add_row(&c, i);
			f = figure(&c);
			if (!(ph->rows[i].self_us > 0))
				continue;
			replace(&r->layers[i], &f, ph->rows[i].self_us);
			/* Nothing was marked within it. */
			if (ph->rows[i].inclusive_us <= ph->rows[i].self_us * (1 + 1e-9))
				r->inclusive[i] = r->layers[i];
		}
		add_row(&c, SIZE_MAX);
		f = figure(&c);
		replace(&r->inclusive[root], &f, ph->rows[root].inclusive_us);
		r->total_uj = r->inclusive[root].energy_uj;
		if (root)
			settle_rest(ph, r);
		else
			r->layers[root] = r->inclusive[root];
	}
	free(c.uj);
	free(c.run_uj);
	return result;
}
