// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The equations of one rail: which windows count, into which segments a layer
 * is cut, and the shares of a window among the unknowns.
 *
 * A layer's power is not constant: a convolution first gathers, then multiplies.
 * With one unknown a layer, windows that reach over an edge would charge the
 * difference between a neighbour's end and its mean to the layer beside it, the
 * same way in every run, and no repetition would tell. So a layer is cut into
 * segments, short ones at its edges (an eighth of a window, or less), longer ones inside,
 * as many as the samples can tell apart. What they cannot tell, the prior in solve.c ties
 * to the neighbouring segment, and the interval grows accordingly.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/internal.h"

/* The segments at a layer's edge are this part of a window; and where so many windows meet
 * each place, over all runs, that finer ones are resolved.
 */
#define FINE			8.0
#define FINER			12.0
#define WELL_MET		50.0
/* Samples that a segment inside a layer should have. */
#define SAMPLES_PER_SEGMENT	4.0
/* Unknowns times bandwidth squared: what one solution costs. */
#define MOST_WORK		1e9
/* A band that is worth another order: an inference's own is a tenth of it. */
#define WIDE			100
/* Standard deviation of what is even between its limits, of these. */
#define TIME_SHARE		(1 / sqrt(3))
/* A window that lies outside of the runs by more than this says too little. */
#define MOST_OUTSIDE		0.5

void synergy_design_free(struct synergy_design *d)
{
	free(d->window);
	free(d->first_piece);
	free(d->layer);
	free(d->run);
	free(d->outside);
	free(d->support);
	free(d->first_segment);
	free(d->n_segments);
	free(d->order);
	free(d->edge);
	free(d->place);
	free(d->stolen_ns[0]);
	free(d->stolen_ns[1]);
	synergy_preemptions_free(&d->preemptions);
	memset(d, 0, sizeof(*d));
}

void synergy_row_free(struct synergy_row *row)
{
	free(row->unknown);
	free(row->share);
	memset(row, 0, sizeof(*row));
}

/* A window, and how a rail that follows slowly spreads it into the time before. */
struct span {
	uint64_t b, e, reach;		/* begin, end, from where on power counts */
	double length, lag;
};

static const struct synergy_move stay;

#define REACH	6.0		/* time constants: what came before counts for 0.2 % of a window */

static struct span span_of(const struct synergy_design *d, size_t sample,
			   const struct synergy_move *m)
{
	uint64_t later = (uint64_t)(int64_t)m->shift_ns;	/* modulo 2^64: earlier, too */
	struct span w = { d->s->begin_ns[sample] + later, d->s->end_ns[sample] + later, 0, 0,
			  d->timing.lag_ns + m->lag_ns };

	w.reach = w.b - (uint64_t)(REACH * w.lag);
	w.length = (double)(w.e - w.b);
	return w;
}

/*
 * The window's weight on power up to a time: of its length what lies before; behind a
 * time constant the integral of the exponential's mean over the window.
 */
static double weight_up_to(const struct span *w, double from_begin)
{
	if (from_begin >= w->length)
		return 1;
	if (!(w->lag > 0))
		return from_begin > 0 ? from_begin / w->length : 0;
	if (from_begin > 0)
		return (from_begin - w->lag * expm1((from_begin - w->length) / w->lag)) / w->length;
	return w->lag / w->length * exp(from_begin / w->lag) * -expm1(-w->length / w->lag);
}

static double weight(const struct span *w, uint64_t from, uint64_t to)
{
	if (from < w->reach)
		from = w->reach;
	if (to > w->e)
		to = w->e;
	if (to <= from)
		return 0;
	return weight_up_to(w, (double)(int64_t)(to - w->b)) -
	       (from == w->reach ? 0 : weight_up_to(w, (double)(int64_t)(from - w->b)));
}

/* Shares of one window by piece; keeps it when enough of it lies in runs. */
static void consider(struct synergy_design *d, size_t sample, size_t piece)
{
	const struct synergy_timeline *t = d->t;
	struct span w = span_of(d, sample, &stay);
	double inside = 0, most = 0;
	uint32_t layer = SYNERGY_PIECE_BETWEEN, run = 0, first_run = UINT32_MAX;
	size_t k;

	for (k = piece; k < t->n && t->pieces[k].begin_ns < w.e; k++) {
		double share = weight(&w, t->pieces[k].begin_ns, t->pieces[k].end_ns);

		if (t->pieces[k].layer == SYNERGY_PIECE_OUTSIDE)
			continue;
		if (first_run == UINT32_MAX)
			first_run = t->pieces[k].run;
		/* It would tie the last layer to the first, and the band would be all. */
		if (t->pieces[k].run != first_run && t->run_ns > 4 * w.length)
			return;
		inside += share;
		if (share > most) {
			most = share;
			layer = t->pieces[k].layer;
			run = t->pieces[k].run;
		}
	}
	if (inside < 1 - MOST_OUTSIDE)
		return;
	for (k = piece; k < t->n && t->pieces[k].begin_ns < w.e; k++) {
		double share = weight(&w, t->pieces[k].begin_ns, t->pieces[k].end_ns);

		if (t->pieces[k].layer < SYNERGY_PIECE_OUTSIDE)
			d->support[t->pieces[k].layer] += share;
		else if (t->pieces[k].layer == SYNERGY_PIECE_BETWEEN)
			d->between_support += share;
	}
	d->window[d->n_windows] = sample;
	d->first_piece[d->n_windows] = piece;
	d->layer[d->n_windows] = layer;
	d->run[d->n_windows] = run;
	d->outside[d->n_windows] = (float)(1 - inside);
	d->n_windows++;
	d->window_ns += w.length;
}

static int find_windows(struct synergy_design *d, struct synergy_error *err)
{
	const struct synergy_rail_samples *s = d->s;
	const struct synergy_timeline *t = d->t;
	size_t i, piece = 0;

	for (i = 0; i < s->n; i++) {
		if (i && s->begin_ns[i] < s->begin_ns[i - 1])
			return synergy_error_set(err, EINVAL,
						 "rail %s: sample %zu begins before the one before it",
						 s->label, i);
		if (s->end_ns[i] <= s->begin_ns[i])
			return synergy_error_set(err, EINVAL, "rail %s: sample %zu: empty window",
						 s->label, i);
		while (piece < t->n && t->pieces[piece].end_ns <= span_of(d, i, &stay).reach)
			piece++;
		if (piece == t->n)
			break;
		consider(d, i, piece);
	}
	if (d->n_windows)
		d->window_ns /= (double)d->n_windows;
	return 0;
}

/*
 * Cut one layer: ends of the segments on 0..1. Returns their number; edge may be
 * NULL to count only.
 */
static size_t cut(double layer_ns, double fine_ns, double coarse_ns, double *edge)
{
	double h = fine_ns, left = 0, right = layer_ns, step = h, inside, at = 0;
	size_t n = 0, ladder = 0, middle, i;
	double steps[64];

	if (layer_ns < 4 * h) {
		n = layer_ns < 2 * h ? 1 : (size_t)(layer_ns / h);
		for (i = 0; edge && i < n; i++)
			edge[i] = (double)(i + 1) / (double)n;
		return n;
	}
	/* h, h, 2h, 2h, 4h ... from both sides, while it is finer than the inside. */
	while (ladder < 62 && (ladder < 2 || step < coarse_ns) && left + 2 * step < right - step) {
		steps[ladder++] = step;
		left += step;
		right -= step;
		if (ladder % 2 == 0)
			step *= 2;
	}
	inside = right - left;
	middle = (size_t)(inside / fmax(coarse_ns, h));
	if (!middle)
		middle = 1;
	if (!edge)
		return middle + 2 * ladder;
	for (i = 0; i < ladder; i++)
		edge[n++] = (at += steps[i]) / layer_ns;
	for (i = 0; i < middle; i++)
		edge[n++] = (left + inside * (double)(i + 1) / (double)middle) / layer_ns;
	at = right;
	for (i = ladder; i-- > 0;)
		edge[n++] = (at += steps[i]) / layer_ns;
	edge[n - 1] = 1;
	return n;
}

/* Length of a segment inside layer i that has so many samples. */
static double coarse_ns(const struct synergy_design *d, size_t i, double samples)
{
	double all = d->t->layer_ns[i];

	return d->support[i] > 0 ? all * samples / d->support[i] : all;
}

static size_t count_segments(struct synergy_design *d, double fine_ns, double samples)
{
	size_t i, n = 0;

	for (i = 0; i < d->n_order; i++) {
		size_t layer = d->order[i];

		d->first_segment[layer] = n;
		d->n_segments[layer] = cut(d->t->layer_ns[layer], fine_ns,
					   coarse_ns(d, layer, samples), NULL);
		n += d->n_segments[layer];
	}
	return n;
}

/* Layers in the order in which they first come: neighbours in time get neighbouring numbers. */
static int find_order(struct synergy_design *d)
{
	unsigned char *seen = calloc(d->t->n_layers + 1, 1);
	size_t i;

	d->order = calloc(d->t->n_layers + 1, sizeof(*d->order));
	if (!seen || !d->order) {
		free(seen);
		return -1;
	}
	for (i = 0; i < d->t->n; i++) {
		uint32_t layer = d->t->pieces[i].layer;

		if (layer < SYNERGY_PIECE_OUTSIDE && !seen[layer]) {
			seen[layer] = 1;
			d->order[d->n_order++] = layer;
		}
	}
	free(seen);
	return 0;
}

/* As fine as is allowed: coarser inside the layers first, then at their edges, too. */
static int make_segments(struct synergy_design *d, size_t max_unknowns, struct synergy_error *err)
{
	double met = (double)d->n_windows * d->window_ns / d->t->run_ns;
	double fine = d->window_ns / (met < WELL_MET ? FINE : FINER);
	double samples = SAMPLES_PER_SEGMENT;
	size_t n, i;

	while ((n = count_segments(d, fine, samples)) + SYNERGY_BORDERS > max_unknowns) {
		if (samples < 1e4)
			samples *= 1.5;
		else if (fine < 1e12)
			fine *= 2;
		else
			return synergy_error_set(err, EFBIG,
						 "%zu layers: more unknowns than %zu", n,
						 max_unknowns);
	}
	if (!n)
		return synergy_error_set(err, ENODATA, "no layer was marked in the stream");
	d->n = n + SYNERGY_BORDERS;
	d->fine_ns = fine;
	free(d->edge);
	d->edge = calloc(n, sizeof(*d->edge));
	if (!d->edge)
		return synergy_error_set(err, ENOMEM, "attribution: out of memory");
	for (i = 0; i < d->n_order; i++) {
		size_t layer = d->order[i];

		cut(d->t->layer_ns[layer], fine, coarse_ns(d, layer, samples),
		    d->edge + d->first_segment[layer]);
	}
	return 0;
}

typedef int (*row_fn)(struct synergy_design *d, const struct synergy_row *row, void *arg);

/* Every window's equation, as it is and off by each considered parameter. -1: ENOMEM. */
static int each_row(struct synergy_design *d, row_fn fn, void *arg)
{
	struct synergy_row row = { 0 };
	int parameter, result = 0;
	size_t i;

	for (i = 0; i < d->n_windows && !result; i++)
		for (parameter = 0; parameter <= SYNERGY_CONSIDERED && !result; parameter++) {	/* the last: as it is */
			struct synergy_move move = synergy_design_move(d, i, parameter);

			result = synergy_design_row(d, i, parameter < SYNERGY_CONSIDERED ? &move : NULL, &row) ||
				 fn(d, &row, arg) ? -1 : 0;
		}
	synergy_row_free(&row);
	return result;
}

static size_t place(const struct synergy_design *d, size_t segment)
{
	return d->place ? d->place[segment] : segment;
}

static int widen(struct synergy_design *d, const struct synergy_row *row, void *arg)
{
	size_t low = SIZE_MAX, high = 0, k;

	(void)arg;
	for (k = 0; k < row->n; k++) {
		size_t at;

		if (row->unknown[k] >= synergy_design_stolen(d, 0))
			continue;
		at = place(d, row->unknown[k]);
		low = at < low ? at : low;
		high = at > high ? at : high;
	}
	if (low < high && high - low > d->bandwidth)
		d->bandwidth = high - low;
	return 0;
}

/* The greatest distance of two segments that one window touches, be it off by a shift. */
static int find_width(struct synergy_design *d)
{
	size_t segments = d->n - SYNERGY_BORDERS, i;

	d->bandwidth = 1;
	for (i = 0; i + 1 < segments; i++) {	/* of the prior */
		size_t a = place(d, i), b = place(d, i + 1), apart = a < b ? b - a : a - b;

		d->bandwidth = apart > d->bandwidth ? apart : d->bandwidth;
	}
	return each_row(d, widen, NULL);
}

static int link_two(struct synergy_index *edges, size_t a, size_t b)
{
	uint64_t key = a < b ? synergy_index_key((uint32_t)a, (uint32_t)b) :
			       synergy_index_key((uint32_t)b, (uint32_t)a);

	if (a == b || synergy_index_find(edges, key) != SYNERGY_INDEX_NONE)
		return 0;
	return synergy_index_add(edges, key, 1);
}

/* Each to the one before it, and the last to the first: as good as all to all. */
static int link_row(struct synergy_design *d, const struct synergy_row *row, void *edges)
{
	size_t first = SIZE_MAX, before = SIZE_MAX, k;

	for (k = 0; k < row->n; k++) {
		if (row->unknown[k] >= synergy_design_stolen(d, 0))
			continue;
		if (before != SIZE_MAX && link_two(edges, before, row->unknown[k]))
			return -1;
		first = first == SIZE_MAX ? row->unknown[k] : first;
		before = row->unknown[k];
	}
	return before == SIZE_MAX ? 0 : link_two(edges, first, before);
}

static int find_places(struct synergy_design *d)
{
	size_t segments = d->n - SYNERGY_BORDERS, i;
	struct synergy_index edges = { 0 };
	size_t *places = calloc(segments, sizeof(*places));
	int result = places ? 0 : -1;

	for (i = 0; i + 1 < segments && !result; i++)
		result = link_two(&edges, i, i + 1);
	if (!result)
		result = each_row(d, link_row, &edges);
	if (!result)
		result = synergy_ordering(segments, &edges, places);
	synergy_index_clear(&edges);
	if (result)
		free(places);
	else
		d->place = places;
	return result;
}

/* In the order of time; where that makes a wide band, in one that makes a narrower. */
static int find_bandwidth(struct synergy_design *d, struct synergy_error *err)
{
	size_t own;

	free(d->place);
	d->place = NULL;
	if (find_width(d))
		goto fail;
	own = d->bandwidth;
	if (own < WIDE)
		return 0;
	if (find_places(d) || find_width(d))
		goto fail;
	if (d->bandwidth < own)
		return 0;
	free(d->place);
	d->place = NULL;
	d->bandwidth = own;
	return 0;
fail:
	return synergy_error_set(err, ENOMEM, "attribution: out of memory");
}

/* What each layer loses to the sampler, in the mean. */
static void find_stolen(struct synergy_design *d)
{
	const struct synergy_timeline *t = d->t;
	size_t i, k;

	for (i = 0; i < t->n; i++) {
		const struct synergy_piece *p = &t->pieces[i];
		double ns[2];

		if (p->layer >= SYNERGY_PIECE_OUTSIDE)
			continue;
		synergy_preemptions_within(&d->preemptions, p->begin_ns, p->end_ns, ns);
		for (k = 0; k < 2; k++)
			d->stolen_ns[k][p->layer] += ns[k] / (t->times[p->layer] *
							      (double)t->n_runs);
	}
}

int synergy_design_make(const struct synergy_timeline *t, const struct synergy_rail_samples *s,
			const struct synergy_timing *timing, size_t max_unknowns, struct synergy_design *d,
			struct synergy_error *err)
{
	size_t n = s->n ? s->n : 1;

	memset(d, 0, sizeof(*d));
	d->timing = *timing;
	d->t = t;
	d->s = s;
	d->window = calloc(n, sizeof(*d->window));
	d->first_piece = calloc(n, sizeof(*d->first_piece));
	d->layer = calloc(n, sizeof(*d->layer));
	d->run = calloc(n, sizeof(*d->run));
	d->outside = calloc(n, sizeof(*d->outside));
	d->support = calloc(t->n_layers + 1, sizeof(*d->support));
	d->first_segment = calloc(t->n_layers + 1, sizeof(*d->first_segment));
	d->n_segments = calloc(t->n_layers + 1, sizeof(*d->n_segments));
	d->stolen_ns[0] = calloc(t->n_layers + 1, sizeof(double));
	d->stolen_ns[1] = calloc(t->n_layers + 1, sizeof(double));
	if (!d->window || !d->first_piece || !d->layer || !d->run || !d->outside ||
	    !d->support || !d->first_segment || !d->n_segments || !d->stolen_ns[0] ||
	    !d->stolen_ns[1] || synergy_preemptions_find(t, s, &d->preemptions)) {
		synergy_error_set(err, ENOMEM, "attribution: out of memory");
		goto fail;
	}
	if (find_order(d)) {
		synergy_error_set(err, ENOMEM, "attribution: out of memory");
		goto fail;
	}
	if (find_windows(d, err))
		goto fail;
	find_stolen(d);
	/* A layer that runs again later widens the band: then fewer unknowns have to do. */
	for (;; max_unknowns = d->n / 2) {
		if (make_segments(d, max_unknowns, err) || find_bandwidth(d, err))
			goto fail;
		if ((double)d->n * (double)d->bandwidth * (double)d->bandwidth < MOST_WORK ||
		    d->n / 2 < d->n_order + SYNERGY_BORDERS)
			return 0;
	}
fail:
	synergy_design_free(d);
	return -1;
}

int synergy_row_put(struct synergy_row *row, size_t unknown, double share)
{
	if (!(share != 0))
		return 0;
	if (row->n == row->room) {
		size_t room = row->room ? 2 * row->room : 64;
		size_t *u = realloc(row->unknown, room * sizeof(*u));
		double *x;

		if (!u)
			return -1;
		row->unknown = u;
		x = realloc(row->share, room * sizeof(*x));
		if (!x)
			return -1;
		row->share = x;
		row->room = room;
	}
	row->unknown[row->n] = unknown;
	row->share[row->n++] = share;
	return 0;
}

double synergy_row_value(const struct synergy_row *row, const gsl_vector *theta)
{
	double sum = 0;
	size_t k;

	for (k = 0; k < row->n; k++)
		sum += row->share[k] * gsl_vector_get(theta, row->unknown[k]);
	return sum;
}

/* The segment of a layer that a share of it lies in. */
static size_t segment_at(const struct synergy_design *d, uint32_t layer, double at)
{
	size_t low = d->first_segment[layer], high = low + d->n_segments[layer] - 1;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (d->edge[mid] <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * A window's part within one layer, shared out among the layer's segments and the preemptions
 * in it: how far the layer has come is counted without these.
 */
static int put_segments(const struct synergy_design *d, struct synergy_row *row,
			const struct synergy_piece *p, const struct span *w)
{
	uint64_t b = w->reach > p->begin_ns ? w->reach : p->begin_ns;
	uint64_t e = w->e < p->end_ns ? w->e : p->end_ns;
	double whole[2], ahead[2], inside[2], all, from, to, done, share;
	size_t end = d->first_segment[p->layer] + d->n_segments[p->layer], k;

	if (synergy_row_put(row, synergy_design_onset(d),
			    weight(w, p->begin_ns, p->begin_ns + SYNERGY_ONSET_NS)))
		return -1;
	synergy_preemptions_within(&d->preemptions, p->begin_ns, p->end_ns, whole);
	synergy_preemptions_within(&d->preemptions, p->begin_ns, b, ahead);
	synergy_preemptions_within(&d->preemptions, b, e, inside);
	all = (double)(p->end_ns - p->begin_ns) - whole[0] - whole[1];
	for (k = 0; k < 2; k++)
		if (synergy_row_put(row, synergy_design_stolen(d, k), inside[k] / w->length))
			return -1;
	from = all > 0 ? ((double)(b - p->begin_ns) - ahead[0] - ahead[1]) / all : 0;
	to = all > 0 ? from + ((double)(e - b) - inside[0] - inside[1]) / all : 0;
	if (e == p->end_ns)
		to = 1;
	done = b == w->reach ? 0 : weight_up_to(w, (double)(int64_t)(b - w->b));
	for (k = segment_at(d, p->layer, from); k < end && from < to; k++) {
		double stop = d->edge[k] < to ? d->edge[k] : to;

		if (w->lag > 0) {
			double up_to = weight_up_to(w, (double)(int64_t)(p->begin_ns - w->b) +
						       stop * all);

			share = up_to - done;
			done = up_to;
		} else {
			share = (stop - from) * all / w->length;
		}
		if (synergy_row_put(row, k, share))
			return -1;
		row->last = k;
		if (row->first == SIZE_MAX && e > w->b)
			row->first = b >= w->b ? k : segment_at(d, p->layer, to - (to - from) *
				(double)(e - w->b) / (double)(e - b));
		from = stop;
	}
	return 0;
}

/* What a program does before its runs is not what it does after them. */
static size_t no_layer(const struct synergy_design *d, size_t piece, uint64_t end_ns)
{
	const struct synergy_timeline *t = d->t;

	if (t->pieces[piece].layer == SYNERGY_PIECE_BETWEEN)
		return synergy_design_between(d);
	return piece + 1 < t->n && t->pieces[piece + 1].begin_ns < end_ns ?
		synergy_design_before(d) : synergy_design_after(d);
}

struct synergy_move synergy_design_move(const struct synergy_design *d, size_t i,
					enum synergy_considered_parameter parameter)
{
	size_t s = d->window[i];
	struct synergy_move m = { 0, 0 };
	double time = d->timing.time_ns;

	if (!(time > 0))
		time = fmin(TIME_SHARE * fmax(d->s->window_error_ns[s], SYNERGY_LEAST_UNCERTAINTY_NS),
			    (double)(d->s->end_ns[s] - d->s->begin_ns[s]));
	if (parameter == SYNERGY_CONSIDERED_LAG)		/* their sum, the delay, is known better than either */
		m = (struct synergy_move){ -d->timing.lag_u_ns, d->timing.lag_u_ns };
	else
		m.shift_ns = parameter == SYNERGY_CONSIDERED_EARLIER ? -time : time;
	return m;
}

int synergy_design_row(const struct synergy_design *d, size_t i, const struct synergy_move *move,
		       struct synergy_row *row)
{
	struct span w = span_of(d, d->window[i], move ? move : &stay);
	const struct synergy_timeline *t = d->t;
	size_t k = d->first_piece[i], unknown;

	row->n = 0;
	row->first = row->last = SIZE_MAX;
	while (k && t->pieces[k].begin_ns > w.reach)
		k--;
	for (; k < t->n && t->pieces[k].begin_ns < w.e; k++) {
		const struct synergy_piece *p = &t->pieces[k];

		if (p->end_ns <= w.reach)
			continue;
		unknown = no_layer(d, k, w.e);
		row->last = unknown;
		if (row->first == SIZE_MAX && p->layer >= SYNERGY_PIECE_OUTSIDE && p->end_ns > w.b)
			row->first = unknown;
		if (p->layer < SYNERGY_PIECE_OUTSIDE ? put_segments(d, row, p, &w) :
		    synergy_row_put(row, unknown, weight(&w, p->begin_ns, p->end_ns))) {
			errno = ENOMEM;
			return -1;
		}
	}
	if (row->first == SIZE_MAX)
		row->first = row->last;
	return 0;
}

double synergy_design_position(const struct synergy_design *d, size_t i)
{
	uint64_t b = d->s->begin_ns[d->window[i]], e = d->s->end_ns[d->window[i]];
	uint64_t middle = b + (e - b) / 2;
	size_t k;

	for (k = d->first_piece[i]; k < d->t->n; k++) {
		const struct synergy_piece *p = &d->t->pieces[k];

		if (middle >= p->end_ns)
			continue;
		if (p->layer >= SYNERGY_PIECE_OUTSIDE)
			return -1;
		return (double)(middle - p->begin_ns) / (double)(p->end_ns - p->begin_ns);
	}
	return -1;
}
