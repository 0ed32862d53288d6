// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What ran when: the marks' intervals as one row of pieces without holes, and
 * what follows from marks alone: mean times, exact counts, drift of the time.
 * Power is no subject here.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/internal.h"

/* How far "outside" reaches before the first and after the last run. */
#define MARGIN_NS	1000000000ULL

void synergy_timeline_free(struct synergy_timeline *t)
{
	free(t->pieces);
	free(t->run_begin_ns);
	free(t->run_end_ns);
	free(t->layer_ns);
	free(t->times);
	memset(t, 0, sizeof(*t));
}

static void put(struct synergy_timeline *t, uint64_t begin, uint64_t end, uint32_t layer,
		uint32_t run)
{
	if (end > begin)
		t->pieces[t->n++] = (struct synergy_piece){ begin, end, layer, run };
}

static int overlap(const struct synergy_intervals *v, size_t i, const char *what,
		   struct synergy_error *err)
{
	return synergy_error_set(err, EINVAL,
				 "%s %u of inference %u begins at %llu ns, before the one before it ended: overlapping marks cannot be distinguished",
				 what, v->layer[i], v->run[i], (unsigned long long)v->begin_ns[i]);
}

/* in's intervals: each RUN is followed by its LAYERs, both by time. */
static int put_pieces(const struct synergy_attribute_input *in, struct synergy_timeline *t,
		      struct synergy_error *err)
{
	const struct synergy_intervals *v = &in->intervals;
	uint64_t now = 0, run_end = 0;
	uint32_t run = UINT32_MAX;
	size_t i;

	for (i = 0; i < v->n; i++) {
		if (v->kind[i] == SYNERGY_INTERVAL_IDLE || v->kind[i] == SYNERGY_INTERVAL_BUSY)
			continue;
		if (v->kind[i] == SYNERGY_INTERVAL_RUN) {
			if (run != UINT32_MAX)
				put(t, now, run_end, SYNERGY_PIECE_BETWEEN, run);
			if (run != UINT32_MAX && v->begin_ns[i] < run_end)
				return overlap(v, i, "run", err);
			now = run == UINT32_MAX ?
				(v->begin_ns[i] > MARGIN_NS ? v->begin_ns[i] - MARGIN_NS : 0) :
				run_end;
			put(t, now, v->begin_ns[i], SYNERGY_PIECE_OUTSIDE, UINT32_MAX);
			run = v->run[i];
			now = v->begin_ns[i];
			run_end = v->end_ns[i];
			t->run_begin_ns[t->n_runs] = now;
			t->run_end_ns[t->n_runs++] = run_end;
			continue;
		}
		if (run == UINT32_MAX || v->begin_ns[i] < now || v->end_ns[i] > run_end)
			return overlap(v, i, "layer", err);
		put(t, now, v->begin_ns[i], SYNERGY_PIECE_BETWEEN, run);
		put(t, v->begin_ns[i], v->end_ns[i], v->layer[i], run);
		now = v->end_ns[i];
	}
	put(t, now, run_end, SYNERGY_PIECE_BETWEEN, run);
	put(t, run_end, run_end + MARGIN_NS, SYNERGY_PIECE_OUTSIDE, UINT32_MAX);
	return 0;
}

static void mean_lengths(struct synergy_timeline *t)
{
	double between = 0, run = 0;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct synergy_piece *p = &t->pieces[i];
		double ns = (double)(p->end_ns - p->begin_ns);

		if (p->layer == SYNERGY_PIECE_OUTSIDE)
			continue;
		run += ns;
		if (p->layer == SYNERGY_PIECE_BETWEEN) {
			between += ns;
			t->n_between++;
		} else {
			t->layer_ns[p->layer] += ns;
			t->times[p->layer]++;
		}
	}
	for (i = 0; i < t->n_layers; i++) {
		if (t->times[i] > 0)
			t->layer_ns[i] /= t->times[i];
		t->times[i] /= (double)t->n_runs;
	}
	t->run_ns = run / (double)t->n_runs;
	t->between_ns = between / (double)t->n_runs;
	t->n_between /= (double)t->n_runs;
}

int synergy_timeline_make(const struct synergy_attribute_input *in, struct synergy_timeline *t,
			  struct synergy_error *err)
{
	size_t layers = in->n_layers ? in->n_layers : 1;

	memset(t, 0, sizeof(*t));
	if (!in->n_runs)
		return synergy_error_set(err, ENODATA, "no inference was marked in the stream");
	t->n_layers = in->n_layers;
	t->pieces = calloc(2 * in->intervals.n + 4, sizeof(*t->pieces));
	t->run_begin_ns = calloc(in->n_runs, sizeof(*t->run_begin_ns));
	t->run_end_ns = calloc(in->n_runs, sizeof(*t->run_end_ns));
	t->layer_ns = calloc(layers, sizeof(*t->layer_ns));
	t->times = calloc(layers, sizeof(*t->times));
	if (!t->pieces || !t->run_begin_ns || !t->run_end_ns || !t->layer_ns || !t->times) {
		synergy_timeline_free(t);
		return synergy_error_set(err, ENOMEM, "attribution: out of memory");
	}
	if (put_pieces(in, t, err)) {
		synergy_timeline_free(t);
		errno = EINVAL;
		return -1;
	}
	mean_lengths(t);
	return 0;
}

/* ---- figures from marks alone ---- */

void synergy_trend(const double *y, const double *weight, size_t n, double *change, double *p)
{
	double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, all = 0, rss, slope, dof = -2;
	size_t i;

	*change = *p = NAN;
	for (i = 0; i < n; i++) {
		double w = weight ? weight[i] : 1;

		dof += w > 0;
		sw += w;
		sx += w * (double)i;
		sy += w * y[i];
	}
	if (dof < 1)
		return;
	sx /= sw;
	sy /= sw;
	for (i = 0; i < n; i++) {
		double w = weight ? weight[i] : 1, x = (double)i - sx;

		sxx += w * x * x;
		sxy += w * x * (y[i] - sy);
		all += w * (y[i] - sy) * (y[i] - sy);
	}
	slope = sxy / sxx;
	*change = slope * (double)(n - 1);
	/* Points on a line to all their digits say nothing of what is left. */
	rss = fmax(all - slope * sxy, 0);
	*p = rss > 1e-12 * sw * sy * sy ? synergy_chance(slope / sqrt(rss / dof / sxx), dof) : 1;
}

/* A mean that leaves NaN out; NaN when nothing is left. */
struct mean {
	double sum;
	size_t n;
};

static void mean_add(struct mean *m, double v)
{
	if (!isnan(v)) {
		m->sum += v;
		m->n++;
	}
}

static int counts_per_layer(const struct synergy_attribute_input *in,
			    struct synergy_attribute_result *r, const double *times)
{
	const struct synergy_intervals *v = &in->intervals;
	size_t events = in->n_events, i, k;
	struct mean *layer = calloc(in->n_layers * events + 1, sizeof(*layer));
	struct mean *run = calloc(events + 1, sizeof(*run));

	if (!layer || !run) {
		free(layer);
		free(run);
		return -1;
	}
	for (i = 0; i < v->n; i++)
		for (k = 0; k < events; k++) {
			double count = v->counts[i * events + k];

			if (v->kind[i] == SYNERGY_INTERVAL_LAYER)
				mean_add(&layer[v->layer[i] * events + k], count);
			else if (v->kind[i] == SYNERGY_INTERVAL_RUN)
				mean_add(&run[k], count);
		}
	for (k = 0; k < events; k++) {
		r->run_counts[k] = run[k].n ? run[k].sum / (double)run[k].n : NAN;
		r->between_counts[k] = r->run_counts[k];
		for (i = 0; i < in->n_layers; i++) {
			const struct mean *m = &layer[i * events + k];
			double count = m->n ? m->sum / (double)m->n * times[i] : NAN;

			r->counts[i * events + k] = count;
			if (times[i] > 0)
				r->between_counts[k] -= count;
		}
	}
	free(layer);
	free(run);
	return 0;
}

static void times_per_layer(const struct synergy_timeline *t, struct synergy_attribute_result *r)
{
	size_t i;

	for (i = 0; i < t->n_layers; i++) {
		r->times[i] = t->times[i];
		r->time_us[i] = t->times[i] > 0 ? t->layer_ns[i] * t->times[i] / 1e3 : NAN;
		r->time_sd_us[i] = 0;
	}
	for (i = 0; i < t->n; i++) {
		const struct synergy_piece *p = &t->pieces[i];
		double d;

		if (p->layer >= SYNERGY_PIECE_OUTSIDE)
			continue;
		d = ((double)(p->end_ns - p->begin_ns) - t->layer_ns[p->layer]) / 1e3;
		r->time_sd_us[p->layer] += d * d;
	}
	for (i = 0; i < t->n_layers; i++) {
		double n = t->times[i] * (double)t->n_runs;

		r->time_sd_us[i] = n > 1 ? sqrt(r->time_sd_us[i] / (n - 1)) : NAN;
	}
}

int synergy_timeline_figures(const struct synergy_attribute_input *in,
			     const struct synergy_timeline *t, struct synergy_attribute_result *r)
{
	double *us = calloc(t->n_runs, sizeof(*us));
	double ss = 0, change;
	size_t i;

	if (!us)
		return -1;
	for (i = 0; i < t->n_runs; i++) {
		us[i] = (double)(t->run_end_ns[i] - t->run_begin_ns[i]) / 1e3;
		ss += (us[i] - t->run_ns / 1e3) * (us[i] - t->run_ns / 1e3);
	}
	r->run_us = t->run_ns / 1e3;
	r->run_sd_us = t->n_runs > 1 ? sqrt(ss / (double)(t->n_runs - 1)) : NAN;
	r->between_us = t->between_ns / 1e3;
	synergy_trend(us, NULL, t->n_runs, &change, &r->time_drift_p);
	r->time_drift_share = change / r->run_us;
	synergy_check_clock(us, t->n_runs, &r->clock_check);
	free(us);
	times_per_layer(t, r);
	return counts_per_layer(in, r, t->times);
}
