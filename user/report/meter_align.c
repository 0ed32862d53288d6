// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a marked run lies in the trace of a meter with a clock of its own; see meter.h.
 *
 * Roughly by correlation: power is higher (or lower) where something was marked. Then by
 * least squares: each kind of piece has one power, so that for any offset and rate the trace
 * can be said in advance; the two are moved along the derivative of that, by Gauss and
 * Newton, with the kinds' powers estimated again each time.
 */
#include "report/meter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_fft_halfcomplex.h>
#include <gsl/gsl_fft_real.h>

#define MOST_BINS	(1U << 21)	/* of the correlation */
#define AROUND_SHARE	0.1		/* of the run: so much idle before and after it is looked at, ... */
#define AROUND_NS	2e8		/* ... and this */
#define MOST_ROUNDS	60
#define SWEEPS		8		/* of the kinds' powers in a round */
#define DONE_NS		1.0		/* a round that moved less was the last one */
#define MOST_PPM	2000.0		/* clocks are closer; crystals by far */
#define LEAST_EXPLAINED	0.1		/* of the variance, by the marks */
#define OUTLIER_SIGMAS	5.0

struct align {
	const struct synergy_meter *m;
	const double *power;
	const struct synergy_meter_piece *p;
	size_t n;
	uint32_t kinds;
	double run_ns, around_ns;
	double offset_ns, middle_ns, rate;	/* run = offset + (meter - middle) (1 + rate) */
	double *kind_uw, *sum, *weight;		/* by kind */
	size_t first, last;			/* rows within the run and around it */
	double sd_uw, explained;
	double jj[3];				/* of the last round: normal equations */
	size_t used;
};

static double run_of(const struct align *a, double ns)
{
	return a->offset_ns + (ns - a->middle_ns) * (1 + a->rate);
}

/* ---- roughly ---- */

static void fill_power(const struct align *a, double *x, size_t bins, double bin_ns)
{
	double mean = 0;
	size_t i, k;

	for (i = 0; i < a->m->n; i++)
		mean += a->power[i] / (double)a->m->n;
	for (i = 0; i < a->m->n; i++) {
		size_t from = (size_t)fmax(a->m->begin_ns[i] / bin_ns, 0);
		size_t to = (size_t)fmax(a->m->end_ns[i] / bin_ns, 0);

		for (k = from; k < bins && (k == from || k < to); k++)
			x[k] = a->power[i] - mean;
	}
}

/* Share of each bin in which something was marked, without its mean; the run begins at bin pad. */
static size_t fill_marked(const struct align *a, double *y, size_t bins, double bin_ns, size_t pad)
{
	size_t used = pad + (size_t)(a->run_ns / bin_ns) + 1 + pad, i, k;
	double sum = 0;

	for (i = 0; i + 1 < a->n; i++) {
		double b = a->p[i].begin_ns / bin_ns, e = a->p[i + 1].begin_ns / bin_ns;

		if (!a->p[i].kind)
			continue;
		for (k = (size_t)b; (double)k < e && pad + k < bins; k++)
			y[pad + k] += fmin(e, (double)k + 1) - fmax(b, (double)k);
	}
	for (k = 0; k < used && k < bins; k++)
		sum += y[k];
	for (k = 0; k < used && k < bins; k++)
		y[k] -= sum / (double)used;
	return used;
}

/* The meter's time of the run's begin, by the highest correlation; -1: ENOMEM. */
static int find_roughly(struct align *a)
{
	double trace_ns = a->m->end_ns[a->m->n - 1], bin_ns = a->m->period_ns, best = 0;
	size_t bins = 1, pad, k, at = 0, used;
	double *x, *y;
	int result = -1;

	bin_ns = fmax(bin_ns, 2 * (trace_ns + a->run_ns + 2 * a->around_ns) / MOST_BINS);
	pad = (size_t)(a->around_ns / bin_ns) + 1;
	while ((double)bins < (trace_ns + a->run_ns) / bin_ns + 2 * (double)pad + 4)
		bins *= 2;
	x = calloc(bins, sizeof(*x));
	y = calloc(bins, sizeof(*y));
	if (!x || !y)
		goto out;
	fill_power(a, x, bins, bin_ns);
	used = fill_marked(a, y, bins, bin_ns, pad);
	gsl_fft_real_radix2_transform(x, 1, bins);
	gsl_fft_real_radix2_transform(y, 1, bins);
	/* x times the conjugate of y, in GSL's order: real parts, then imaginary ones backwards. */
	x[0] *= y[0];
	x[bins / 2] *= y[bins / 2];
	for (k = 1; k < bins / 2; k++) {
		double re = x[k] * y[k] + x[bins - k] * y[bins - k];
		double im = x[bins - k] * y[k] - x[k] * y[bins - k];

		x[k] = re;
		x[bins - k] = im;
	}
	gsl_fft_halfcomplex_radix2_inverse(x, 1, bins);
	for (k = 0; k < bins; k++)
		if (x[k] > best) {
			best = x[k];
			at = k;
		}
	(void)used;
	/* Run's bin pad lies at trace's bin at + pad; what wraps around begins before the trace. */
	a->middle_ns = ((double)at + (double)pad) * bin_ns -
		((double)at > trace_ns / bin_ns ? (double)bins * bin_ns : 0);
	a->offset_ns = 0;
	a->rate = 0;
	result = 0;
out:
	free(x);
	free(y);
	return result;
}

/* ---- exactly ---- */

static void choose_rows(struct align *a)
{
	a->first = 0;
	a->last = a->m->n;
	while (a->first < a->last && run_of(a, a->m->begin_ns[a->first]) < -a->around_ns)
		a->first++;
	while (a->last > a->first && run_of(a, a->m->end_ns[a->last - 1]) > a->run_ns + a->around_ns)
		a->last--;
}

/* A row's window in the run's time, and the piece that it begins in. */
struct window {
	double b, e;
	size_t piece;			/* SIZE_MAX: before the first */
};

static struct window window_of(const struct align *a, size_t i, size_t *at)
{
	struct window w = { run_of(a, a->m->begin_ns[i]), run_of(a, a->m->end_ns[i]), SIZE_MAX };

	while (*at + 1 < a->n && a->p[*at + 1].begin_ns <= w.b)
		++*at;
	if (a->p[*at].begin_ns <= w.b)
		w.piece = *at;
	return w;
}

static uint32_t kind_at(const struct align *a, size_t piece)
{
	return piece == SIZE_MAX ? 0 : a->p[piece].kind;
}

/* The window's power by the kinds'; g: its change per ns that the window is later. */
static double predict(const struct align *a, const struct window *w, double *g)
{
	double sum = 0, from = w->b;
	size_t k = w->piece, next;

	for (;; k = next) {
		next = k == SIZE_MAX ? 0 : k + 1;
		if (next >= a->n || a->p[next].begin_ns >= w->e)
			break;
		sum += a->kind_uw[kind_at(a, k)] * (a->p[next].begin_ns - from);
		from = a->p[next].begin_ns;
	}
	sum += a->kind_uw[kind_at(a, k)] * (w->e - from);
	*g = (a->kind_uw[kind_at(a, k)] - a->kind_uw[kind_at(a, w->piece)]) / (w->e - w->b);
	return sum / (w->e - w->b);
}

static void spread(struct align *a, const struct window *w, double rest)
{
	double from = w->b, to;
	size_t k = w->piece, next;

	for (;; k = next) {
		next = k == SIZE_MAX ? 0 : k + 1;
		to = next < a->n ? fmin(a->p[next].begin_ns, w->e) : w->e;
		a->sum[kind_at(a, k)] += rest * (to - from);
		a->weight[kind_at(a, k)] += to - from;
		from = to;
		if (to >= w->e)
			break;
	}
}

/* The kinds' powers, each moved by the mean of what is left where it was at work. */
static void sweep(struct align *a)
{
	size_t i, at = 0;
	uint32_t k;
	double g;

	memset(a->sum, 0, a->kinds * sizeof(*a->sum));
	memset(a->weight, 0, a->kinds * sizeof(*a->weight));
	for (i = a->first; i < a->last; i++) {
		struct window w = window_of(a, i, &at);

		spread(a, &w, a->power[i] - predict(a, &w, &g));
	}
	for (k = 0; k < a->kinds; k++)
		if (a->weight[k] > 0)
			a->kind_uw[k] += a->sum[k] / a->weight[k];
}

/* One step of Gauss and Newton; how far it went, at the run's ends at most, in ns. */
static double step(struct align *a)
{
	double jr[2] = { 0, 0 }, det, most = a->m->period_ns, squares = 0, all = 0, mean = 0;
	double half = 0.5 * (a->m->end_ns[a->last - 1] - a->m->begin_ns[a->first]);
	double d_offset, d_rate, by;
	size_t i, at = 0, rows = a->last - a->first;

	memset(a->jj, 0, sizeof(a->jj));
	a->used = 0;
	for (i = a->first; i < a->last; i++)
		mean += a->power[i] / (double)rows;
	for (i = a->first; i < a->last; i++) {
		struct window w = window_of(a, i, &at);
		double g, x, r = a->power[i] - predict(a, &w, &g);

		squares += r * r;
		all += (a->power[i] - mean) * (a->power[i] - mean);
		if (a->sd_uw > 0 && fabs(r) > OUTLIER_SIGMAS * a->sd_uw)
			continue;
		x = (a->m->end_ns[i] - a->middle_ns) / half;
		a->jj[0] += g * g;
		a->jj[1] += g * g * x;
		a->jj[2] += g * g * x * x;
		jr[0] += g * r;
		jr[1] += g * r * x;
		a->used++;
	}
	a->sd_uw = sqrt(squares / (double)rows);
	a->explained = 1 - squares / all;
	det = a->jj[0] * a->jj[2] - a->jj[1] * a->jj[1];
	if (!(det > 0))
		return 0;
	d_offset = (a->jj[2] * jr[0] - a->jj[1] * jr[1]) / det;
	d_rate = (a->jj[0] * jr[1] - a->jj[1] * jr[0]) / det;
	by = fabs(d_offset) + fabs(d_rate);
	/* Within a row the derivative holds. */
	if (by > most) {
		d_offset *= most / by;
		d_rate *= most / by;
	}
	a->offset_ns += d_offset;
	a->rate += d_rate / half;
	return by;
}

/* Offset and rate are independent about the middle. */
static void move_middle(struct align *a)
{
	double middle = 0.5 * (a->m->begin_ns[a->first] + a->m->end_ns[a->last - 1]);

	a->offset_ns = run_of(a, middle);
	a->middle_ns = middle;
}

static int find_exactly(struct align *a)
{
	size_t round, k;

	memset(a->kind_uw, 0, a->kinds * sizeof(*a->kind_uw));
	a->sd_uw = 0;
	for (round = 0; round < MOST_ROUNDS; round++) {
		choose_rows(a);
		if (a->last < a->first + 3)
			return 0;
		move_middle(a);
		for (k = 0; k < SWEEPS; k++)
			sweep(a);
		if (step(a) < DONE_NS && round > 5)
			break;
	}
	return 1;
}

static void set_fit(const struct align *a, const struct synergy_meter_rail *rail,
		    struct synergy_meter_fit *fit)
{
	double half = 0.5 * (a->m->end_ns[a->last - 1] - a->m->begin_ns[a->first]);
	double det = a->jj[0] * a->jj[2] - a->jj[1] * a->jj[1];

	*fit = (struct synergy_meter_fit){
		.offset_ns = a->offset_ns, .middle_ns = a->middle_ns,
		.ppm = (1 / (1 + a->rate) - 1) * 1e6,
		.u_offset_ns = a->sd_uw * sqrt(a->jj[2] / det),
		.u_ppm = a->sd_uw * sqrt(a->jj[0] / det) / half * 1e6,
	};
	memcpy(fit->rail, rail->label, sizeof(fit->rail));
}

int synergy_meter_align(const struct synergy_meter *meter, const struct synergy_meter_piece *pieces,
			size_t n, uint32_t kinds, struct synergy_meter_fit *fit,
			struct synergy_error *error)
{
	struct align a = { .m = meter, .p = pieces, .n = n, .kinds = kinds };
	double best = -1;
	int result = -1;
	size_t i;

	if (n < 2 || kinds < 2)
		return synergy_error_set(error, ENODATA, "nothing was marked in it to find the meter's clock by");
	a.run_ns = pieces[n - 1].begin_ns;
	a.around_ns = AROUND_SHARE * a.run_ns + AROUND_NS;
	a.kind_uw = calloc(kinds, sizeof(*a.kind_uw));
	a.sum = calloc(kinds, sizeof(*a.sum));
	a.weight = calloc(kinds, sizeof(*a.weight));
	if (!a.kind_uw || !a.sum || !a.weight) {
		synergy_error_set(error, ENOMEM, "meter: no memory");
		goto out;
	}
	for (i = 0; i < meter->n_rails; i++) {
		a.power = meter->rails[i].power_uw;
		if (find_roughly(&a)) {
			synergy_error_set(error, ENOMEM, "meter: no memory");
			goto out;
		}
		if (find_exactly(&a) && a.explained > best && a.jj[0] * a.jj[2] > a.jj[1] * a.jj[1]) {
			best = a.explained;
			set_fit(&a, &meter->rails[i], fit);
		}
	}
	result = 0;
	if (best < LEAST_EXPLAINED || fabs(fit->ppm) > MOST_PPM)
		result = synergy_error_set(error, EDOM,
			"its power does not follow the marks: the run is not in it, or not all of it");
out:
	free(a.kind_uw);
	free(a.sum);
	free(a.weight);
	return result;
}
