// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Integrals and means that need no model: idle power, the trapezoid sum, how much
 * of the time the windows cover. The trapezoid sum knows nothing of layers and is given
 * for comparison: its own error is the edges that fall between samples.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>

#include "attribute/internal.h"

static uint64_t middle(const struct synergy_rail_samples *s, size_t i)
{
	return s->begin_ns[i] + (s->end_ns[i] - s->begin_ns[i]) / 2;
}

/* First sample that ends after a time. */
static size_t first_after(const struct synergy_rail_samples *s, uint64_t time_ns)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (s->end_ns[mid] <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct idle_sum {
	double *y;
	size_t n, room;
};

static int idle_put(struct idle_sum *v, double y)
{
	if (v->n == v->room) {
		size_t room = v->room ? 2 * v->room : 1024;
		double *p = realloc(v->y, room * sizeof(*p));

		if (!p)
			return -1;
		v->y = p;
		v->room = room;
	}
	v->y[v->n++] = y;
	return 0;
}

/* Standard error of a mean of correlated values: Newey and West, lag n^(1/3). */
static double mean_error(const double *y, size_t n, double mean)
{
	size_t lags = (size_t)cbrt((double)n), i, k;
	double sum = 0;

	for (k = 0; k <= lags; k++) {
		double cov = 0, weight = k ? 2 * (1 - (double)k / (double)(lags + 1)) : 1;

		for (i = k; i < n; i++)
			cov += (y[i] - mean) * (y[i - k] - mean);
		sum += weight * cov / (double)n;
	}
	return sum > 0 ? sqrt(sum / (double)(n - 1)) : 0;
}

struct synergy_figure synergy_idle_power(const struct synergy_attribute_input *in,
					 const struct synergy_rail_samples *s, uint64_t from_ns,
					 uint64_t to_ns)
{
	const struct synergy_intervals *v = &in->intervals;
	struct synergy_figure f = { NAN, NAN, NAN, NAN, NAN };
	struct idle_sum sum = { 0 };
	double mean = 0, step = 0, bias;
	size_t i, k;

	for (i = 0; i < v->n; i++) {
		if (v->kind[i] != SYNERGY_INTERVAL_IDLE || v->begin_ns[i] < from_ns ||
		    v->end_ns[i] > to_ns)
			continue;
		for (k = first_after(s, v->begin_ns[i]); k < s->n && s->end_ns[k] <= v->end_ns[i];
		     k++) {
			if (s->begin_ns[k] < v->begin_ns[i])
				continue;
			if (idle_put(&sum, s->power_uw[k]))
				goto out;
			mean += s->power_uw[k];
			step += s->lsb_uw[k];
		}
	}
	if (sum.n < 2)
		goto out;
	mean /= (double)sum.n;
	step /= (double)sum.n;
	f.value = mean;
	f.se = mean_error(sum.y, sum.n, mean);
	bias = fabs(mean * synergy_voltage_relative_se(s, mean));
	if (f.se * sqrt((double)sum.n) < 0.4 * step)	/* nothing smooths the steps */
		bias = hypot(bias, step / sqrt(12));
	f.se = hypot(f.se, bias);
	f.se_runs = f.se;
	f.dof = (double)(sum.n - 1);
	f.ci95 = f.se * gsl_cdf_tdist_Pinv(0.975, f.dof);
out:
	free(sum.y);
	return f;
}

/* Integral of the line through (ta, pa) and (tb, pb) over [from, to], uW ns. */
static double line_integral(uint64_t ta, double pa, uint64_t tb, double pb, uint64_t from,
			    uint64_t to)
{
	double length = (double)(tb - ta), x0, x1;

	if (from < ta)
		from = ta;
	if (to > tb)
		to = tb;
	if (to <= from || length <= 0)
		return 0;
	x0 = (double)(from - ta) / length;
	x1 = (double)(to - ta) / length;
	return (pa + (pb - pa) * (x0 + x1) / 2) * (double)(to - from);
}

double synergy_trapezoid(const struct synergy_timeline *t, const struct synergy_rail_samples *s)
{
	double sum = 0;
	size_t run, i;

	if (!s->n)
		return NAN;
	for (run = 0; run < t->n_runs; run++) {
		uint64_t from = t->run_begin_ns[run], to = t->run_end_ns[run];
		size_t first = first_after(s, from);

		if (first)
			first--;
		/* Beyond the first or last sample the power is held. */
		if (middle(s, first) > from)
			sum += s->power_uw[first] *
			       (double)((middle(s, first) < to ? middle(s, first) : to) - from);
		for (i = first; i + 1 < s->n && middle(s, i) < to; i++)
			sum += line_integral(middle(s, i), s->power_uw[i], middle(s, i + 1),
					     s->power_uw[i + 1], from, to);
		if (middle(s, i) < to)
			sum += s->power_uw[i] *
			       (double)(to - (middle(s, i) > from ? middle(s, i) : from));
	}
	return sum / 1e9 / (double)t->n_runs;
}

/* Share of the runs' time that lies within some window. */
static double coverage(const struct synergy_timeline *t, const struct synergy_rail_samples *s)
{
	double sum = 0;
	uint64_t done = 0;
	size_t run, i;

	for (run = 0; run < t->n_runs; run++) {
		uint64_t from = t->run_begin_ns[run], to = t->run_end_ns[run];

		for (i = first_after(s, from); i < s->n && s->begin_ns[i] < to; i++) {
			uint64_t b = s->begin_ns[i] > from ? s->begin_ns[i] : from;
			uint64_t e = s->end_ns[i] < to ? s->end_ns[i] : to;

			if (b < done)
				b = done;
			if (e > b) {
				sum += (double)(e - b);
				done = e;
			}
		}
	}
	return sum / (t->run_ns * (double)t->n_runs);
}

#define HOLES	0.7	/* less of the time seen: phases matter */
#define PHASES	16	/* that are resolved */

/* At how many phases of the cycle runs begin. */
static size_t count_phases(const struct synergy_timeline *t, const struct synergy_rail_samples *s,
			   double period_ns)
{
	unsigned char seen[PHASES + 1] = { 0 };
	size_t run, n = 0;

	for (run = 0; run < t->n_runs; run++) {
		size_t i = first_after(s, t->run_begin_ns[run]), phase;
		double periods;

		if (i == s->n)
			continue;
		/* A window of many periods may have begun long before the run. */
		periods = (double)(int64_t)(s->begin_ns[i] - t->run_begin_ns[run]) / period_ns;
		if (!isfinite(periods))
			continue;
		phase = (size_t)(PHASES * (periods - floor(periods)));
		n += !seen[phase];
		seen[phase] = 1;
	}
	return n;
}

int synergy_sampling(const struct synergy_timeline *t, const struct synergy_rail_samples *s,
		     struct synergy_rail_result *r)
{
	double *apart = malloc((s->n + 1) * sizeof(*apart));
	size_t i;

	if (!apart)
		return -1;
	for (i = 0; i + 1 < s->n; i++)
		apart[i] = (double)(s->begin_ns[i + 1] - s->begin_ns[i]);
	r->coverage = coverage(t, s);
	r->period_us = NAN;
	if (s->n > 1) {
		gsl_sort(apart, 1, s->n - 1);
		r->period_us = apart[(s->n - 1) / 2] / 1e3;
		if (r->coverage < HOLES)
			r->n_phases = count_phases(t, s, 1e3 * r->period_us);
	}
	free(apart);
	return 0;
}
