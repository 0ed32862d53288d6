/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A board on paper for tests of attribution: layers with a power profile that is
 * known exactly, run again and again, and a sampler with windows, noise, steps,
 * dither, spikes and losses. The truth per layer is an integral, not a sample.
 * The random numbers are splitmix64 from a printed seed.
 */
#ifndef TESTS_UNIT_SYNTHETIC_H
#define TESTS_UNIT_SYNTHETIC_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/attribute.h"

#define PROFILE_POINTS	512

struct synthetic_layer {
	double ns;			/* length */
	double uw;			/* mean power */
	double gather;			/* first part of the layer, as a share of it */
	double gather_power;		/* power there over the layer's own */
	double ripple;			/* amplitude of a wave inside, relative */
	double waves;
	double start_ns;		/* time constant of a transient at its beginning */
	double start;			/* its height, relative */
	double cumulative[PROFILE_POINTS + 1];	/* of the profile over 0..1, mean 1 */
};

struct synthetic {
	uint64_t seed;
	size_t n_layers, n_runs;
	struct synthetic_layer *layers;
	double gap_ns, gap_uw;		/* between layers */
	double pause_ns, outside_uw;	/* between runs; in its second half ... */
	double before_uw;		/* ... this, unless 0 */
	double idle_ns, idle_uw;	/* before and after, marked as idle */
	double period_ns, dither_ns, window_ns, window_error_ns;
	double shift_ns;		/* the windows' stamps are early by this */
	double tick_uw;			/* what a window with its tick in it has less than others */
	double tick_drift;		/* of a window's place by its tick, to the next; 0: anywhere */
	double noise_uw, lsb_uw;
	double jitter;			/* sd of a layer's length from run to run, relative */
	double drift;			/* relative rise of power from first to last run */
	double spike_uw;
	size_t spike_every;		/* 0: none */
	size_t lose_every;		/* 0: none */
	size_t n_spikes;		/* made */
	double *truth_uj;		/* n_layers: mean per run */
	double total_uj;		/* per run, gaps included */
};

static inline uint64_t synthetic_next(struct synthetic *s)
{
	uint64_t z = s->seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline double synthetic_uniform(struct synthetic *s)
{
	return (double)(synthetic_next(s) >> 11) / 9007199254740992.0;
}

static inline double synthetic_normal(struct synthetic *s)
{
	double u = synthetic_uniform(s) + 1e-300;

	return sqrt(-2 * log(u)) * cos(2 * M_PI * synthetic_uniform(s));
}

static inline void synthetic_profile(struct synthetic_layer *l)
{
	double sum = 0;
	size_t i;

	l->cumulative[0] = 0;
	for (i = 0; i < PROFILE_POINTS; i++) {
		double u = ((double)i + 0.5) / PROFILE_POINTS, p = 1;

		if (u < l->gather)
			p *= l->gather_power;
		p += l->ripple * sin(2 * M_PI * l->waves * u);
		if (l->start_ns > 0)
			p += l->start * exp(-u * l->ns / l->start_ns);
		sum += p / PROFILE_POINTS;
		l->cumulative[i + 1] = sum;
	}
	for (i = 0; i <= PROFILE_POINTS; i++)
		l->cumulative[i] /= sum;
}

static inline double synthetic_cumulative(const struct synthetic_layer *l, double u)
{
	double at = u * PROFILE_POINTS;
	size_t i = at >= PROFILE_POINTS ? PROFILE_POINTS - 1 : (size_t)at;

	return l->cumulative[i] + (at - (double)i) * (l->cumulative[i + 1] - l->cumulative[i]);
}

/* A piece of the made-up history. */
struct synthetic_piece {
	double begin, end, uw;
	const struct synthetic_layer *layer;	/* or NULL: constant power */
};

/* Energy (uW ns) of a piece between two times. */
static inline double synthetic_energy(const struct synthetic_piece *p, double from, double to)
{
	double length = p->end - p->begin;

	if (from < p->begin)
		from = p->begin;
	if (to > p->end)
		to = p->end;
	if (to <= from)
		return 0;
	if (!p->layer)
		return p->uw * (to - from);
	return p->uw * length *
	       (synthetic_cumulative(p->layer, (to - p->begin) / length) -
		synthetic_cumulative(p->layer, (from - p->begin) / length));
}

static inline void synthetic_mark(struct synergy_attribute_input *in, double begin, double end,
				  uint32_t kind, uint32_t layer, uint32_t run)
{
	struct synergy_intervals *v = &in->intervals;
	size_t i = v->n++;

	v->begin_ns[i] = (uint64_t)begin;
	v->end_ns[i] = (uint64_t)end;
	v->kind[i] = kind;
	v->layer[i] = layer;
	v->run[i] = run;
	v->counts[i] = kind == SYNERGY_INTERVAL_LAYER ? 1000.0 * (layer + 1) : NAN;
}

struct synthetic_history {
	struct synthetic_piece *p;
	size_t n;
	double now;
};

static inline void synthetic_add(struct synthetic_history *h, double ns, double uw,
				 const struct synthetic_layer *l)
{
	h->p[h->n++] = (struct synthetic_piece){ h->now, h->now + ns, uw, l };
	h->now += ns;
}

static inline void synthetic_run(struct synthetic *s, struct synthetic_history *h,
				 struct synergy_attribute_input *in, size_t run)
{
	double factor = 1 + s->drift * (s->n_runs > 1 ? (double)run / (double)(s->n_runs - 1) : 0);
	size_t mark = in->intervals.n, i;
	double begin = h->now;

	synthetic_mark(in, begin, begin, SYNERGY_INTERVAL_RUN, 0, (uint32_t)run);
	for (i = 0; i < s->n_layers; i++) {
		const struct synthetic_layer *l = &s->layers[i];
		double ns = l->ns * (1 + s->jitter * synthetic_normal(s)), uw = l->uw * factor;

		synthetic_add(h, s->gap_ns, s->gap_uw, NULL);
		ns = floor(ns < 100 ? 100 : ns);
		synthetic_mark(in, h->now, h->now + ns, SYNERGY_INTERVAL_LAYER, (uint32_t)i,
			       (uint32_t)run);
		synthetic_add(h, ns, uw, l);
		s->truth_uj[i] += uw * ns / 1e9 / (double)s->n_runs;
		s->total_uj += (uw * ns + s->gap_uw * s->gap_ns) / 1e9 / (double)s->n_runs;
	}
	synthetic_add(h, s->gap_ns, s->gap_uw, NULL);
	s->total_uj += s->gap_uw * s->gap_ns / 1e9 / (double)s->n_runs;
	in->intervals.end_ns[mark] = (uint64_t)h->now;
	synthetic_add(h, s->pause_ns / 2, s->outside_uw, NULL);
	synthetic_add(h, s->pause_ns / 2, s->before_uw > 0 ? s->before_uw : s->outside_uw, NULL);
}

/* Where the tick lies that reads this window, and what that does to the value. */
static inline double synthetic_tick(struct synthetic *s, struct synergy_rail_samples *r,
				    double begin)
{
	double before = 2.5 * s->window_ns, after = 1.2 * s->window_ns;
	double at = s->tick_drift > 0 ? fmod((double)r->n * s->tick_drift, 1) : synthetic_uniform(s);
	double offset = (before + after) * at - before;

	r->tick_ns[r->n] = (uint64_t)(begin - offset);
	return s->tick_uw * (s->window_ns / (before + after) -
			     (offset < 0 && offset > -s->window_ns));
}

static inline void synthetic_samples(struct synthetic *s, const struct synthetic_history *h,
				     struct synergy_rail_samples *r)
{
	double tick = h->p[0].begin + synthetic_uniform(s) * s->period_ns;
	size_t piece = 0, k, count = 0;

	for (; tick + s->window_ns + s->dither_ns < h->now; tick += s->period_ns) {
		double b = floor(tick + s->dither_ns * (2 * synthetic_uniform(s) - 1));
		double off = s->window_error_ns * (2 * synthetic_uniform(s) - 1) + s->shift_ns;
		double e = b + s->window_ns, energy = 0, y;

		while (h->p[piece].end < b - 1e6)
			piece++;
		for (k = piece; k < h->n && h->p[k].begin < e + off; k++)
			energy += synthetic_energy(&h->p[k], b + off, e + off);
		y = energy / s->window_ns + s->noise_uw * synthetic_normal(s);
		count++;
		if (s->spike_every && count % s->spike_every == 0) {
			y += s->spike_uw;
			s->n_spikes++;
		}
		if (s->lsb_uw > 0)
			y = rint(y / s->lsb_uw) * s->lsb_uw;
		if (s->lose_every && count % s->lose_every < s->lose_every / 10 + 1)
			continue;
		if (b < 0)
			continue;
		r->tick_ns[r->n] = (uint64_t)e;
		if (s->tick_uw > 0 || s->tick_drift > 0)
			y += synthetic_tick(s, r, b);
		r->begin_ns[r->n] = (uint64_t)b;
		r->end_ns[r->n] = (uint64_t)e;
		r->power_uw[r->n] = y;
		r->lsb_uw[r->n] = s->lsb_uw;
		r->window_error_ns[r->n++] = (uint32_t)s->window_error_ns;
	}
}

/* Run it all. The input and s->truth_uj are the caller's to free. */
static inline struct synergy_attribute_input *synthetic_make(struct synthetic *s)
{
	struct synergy_attribute_input *in = calloc(1, sizeof(*in));
	size_t pieces = s->n_runs * (2 * s->n_layers + 3) + 8, i, samples;
	struct synthetic_history h = { calloc(pieces, sizeof(*h.p)), 0, 2e9 };
	struct synergy_intervals *v = &in->intervals;

	s->truth_uj = calloc(s->n_layers, sizeof(double));
	s->total_uj = 0;
	s->n_spikes = 0;
	v->begin_ns = calloc(pieces, 8);
	v->end_ns = calloc(pieces, 8);
	v->kind = calloc(pieces, 4);
	v->layer = calloc(pieces, 4);
	v->run = calloc(pieces, 4);
	v->counts = calloc(pieces, 8);
	for (i = 0; i < s->n_layers; i++)
		synthetic_profile(&s->layers[i]);
	in->n_layers = s->n_layers;
	in->n_runs = s->n_runs;
	in->n_events = 1;
	in->events = calloc(1, sizeof(*in->events));
	strcpy(in->events[0], "EVENT");
	if (s->idle_ns > 0)
		synthetic_mark(in, h.now, h.now + s->idle_ns, SYNERGY_INTERVAL_IDLE, 0, 0);
	synthetic_add(&h, s->idle_ns + 5e6, s->idle_uw, NULL);
	for (i = 0; i < s->n_runs; i++)
		synthetic_run(s, &h, in, i);
	if (s->idle_ns > 0)
		synthetic_mark(in, h.now, h.now + s->idle_ns, SYNERGY_INTERVAL_IDLE, 0, 1);
	synthetic_add(&h, s->idle_ns + 5e6, s->idle_uw, NULL);
	samples = (size_t)((h.now - 2e9) / s->period_ns) + 16;
	in->n_rails = 1;
	in->rails = calloc(1, sizeof(*in->rails));
	strcpy(in->rails[0].label, "VDD_CPU");
	in->rails[0].begin_ns = calloc(samples, 8);
	in->rails[0].end_ns = calloc(samples, 8);
	in->rails[0].power_uw = calloc(samples, 8);
	in->rails[0].lsb_uw = calloc(samples, 8);
	in->rails[0].window_error_ns = calloc(samples, 4);
	in->rails[0].tick_ns = calloc(samples, 8);
	synthetic_samples(s, &h, &in->rails[0]);
	free(h.p);
	return in;
}

/* A network: lengths drawn between two bounds (log-uniform), profiles at random. */
static inline struct synthetic_layer *synthetic_network(struct synthetic *s, size_t n,
							double least_ns, double most_ns)
{
	struct synthetic_layer *l = calloc(n, sizeof(*l));
	size_t i;

	for (i = 0; i < n; i++) {
		l[i].ns = floor(least_ns * pow(most_ns / least_ns, synthetic_uniform(s)));
		l[i].uw = 1.5e6 + 2.5e6 * synthetic_uniform(s);
		l[i].gather = 0.05 + 0.3 * synthetic_uniform(s);
		l[i].gather_power = 0.5 + 0.4 * synthetic_uniform(s);
		l[i].ripple = 0.1 * synthetic_uniform(s);
		l[i].waves = floor(1 + 12 * synthetic_uniform(s));
		l[i].start_ns = 50e3;
		l[i].start = -0.3 * synthetic_uniform(s);
	}
	s->layers = l;
	s->n_layers = n;
	return l;
}

/* A board like the TX1's CPU rail at 1 kHz, three rails in the round. */
static inline struct synthetic synthetic_board(uint64_t seed)
{
	return (struct synthetic){
		.seed = seed, .n_runs = 5, .gap_ns = 2000, .gap_uw = 2e6, .pause_ns = 30000,
		.outside_uw = 2e6, .idle_ns = 100e6, .idle_uw = 1e6, .period_ns = 1000003,
		.dither_ns = 100000, .window_ns = 140000, .window_error_ns = 1000, .noise_uw = 15e3,
		.lsb_uw = 20e3,
	};
}

#endif
