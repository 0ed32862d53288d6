// SPDX-License-Identifier: GPL-2.0-only
/*
 * Networks made up: layers whose power has a first part (data are gathered), a ripple,
 * a transient at its begin and, in some, bursts; gaps of their own power between them.
 * Power of the processor's rail is drawn; the input's has the memory and the rest of
 * the board on top of it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

#define EFFICIENCY	0.9	/* of the regulators between VDD_IN and the rails */
#define TRANSIENT_NS	50e3
#define MOST_CELLS	8192
#define CELL_NS		10e3

const char *const lab_rail_names[LAB_RAILS] = { "VDD_IN", "VDD_CPU" };

const char *const lab_kind_names[LAB_KINDS] = {
	"alexnet", "short", "long", "middle", "tiny", "bursts"
};

/* What a layer does over its length u, 0..1. */
struct shape {
	double first, first_power, ripple, waves, start, bursts, burst_power, memory_w;
};

static int profile_alloc(struct lab_profile *p, double ns)
{
	int rail;

	p->ns = floor(ns);
	p->n = (size_t)fmin(fmax(ceil(ns / CELL_NS), 1), MOST_CELLS);
	for (rail = 0; rail < LAB_RAILS; rail++) {
		p->uw[rail] = calloc(p->n, sizeof(float));
		if (!p->uw[rail])
			return -1;
	}
	return 0;
}

static double shape_at(const struct shape *s, double u, double ns)
{
	double p = u < s->first ? s->first_power : 1;

	p += s->ripple * sin(2 * M_PI * s->waves * u);
	p += s->start * exp(-u * ns / TRANSIENT_NS);
	if (s->bursts > 0)
		p *= fmod(u * s->bursts, 1) < 0.5 ? 1 + s->burst_power : 1 - s->burst_power;
	return p;
}

static void fill(struct lab_profile *p, const struct shape *s, double cpu_w)
{
	double mean = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		mean += shape_at(s, ((double)i + 0.5) / (double)p->n, p->ns) / (double)p->n;
	for (i = 0; i < p->n; i++) {
		double at = shape_at(s, ((double)i + 0.5) / (double)p->n, p->ns) / mean;
		double cpu = cpu_w * at;

		p->uw[LAB_CPU][i] = (float)(1e6 * cpu);
		p->uw[LAB_IN][i] = (float)(1e6 * (cpu + s->memory_w * at + 2.0) / EFFICIENCY);
	}
}

static double length_ns(enum lab_kind kind, size_t i, struct lab_random *r)
{
	static const double alexnet[] = { 46e6, 8e5, 2.7e6, 1.6e6, 90e6, 5e5, 1.7e6, 1.1e6, 58e6,
					  2e5, 44e6, 2e5, 32e6, 1.3e5, 4e5, 22e6, 20e3, 3e4, 9.8e6,
					  2e4, 2.4e6 };
	static const double range[LAB_KINDS][2] = {
		[LAB_SHORT] = { 5e4, 3e6 }, [LAB_LONG] = { 5.2e6, 8e6 },
		[LAB_MIDDLE] = { 8e5, 6e6 }, [LAB_TINY] = { 3e4, 6e5 },
		[LAB_BURSTS] = { 1e6, 1.2e7 },
	};

	if (kind == LAB_ALEXNET)
		return alexnet[i] * lab_between(r, 0.9, 1.1);
	return range[kind][0] * pow(range[kind][1] / range[kind][0], lab_uniform(r));
}

static int make_layer(struct lab_network *n, enum lab_kind kind, size_t i, struct lab_random *r)
{
	struct lab_profile *p = &n->layers[i];
	struct shape s = {
		.first = lab_between(r, 0.05, 0.35), .first_power = lab_between(r, 0.6, 1),
		.ripple = lab_between(r, 0, 0.1), .waves = floor(lab_between(r, 1, 13)),
		.start = -0.3 * lab_uniform(r), .memory_w = lab_between(r, 0.1, 1.5),
	};

	if (profile_alloc(p, length_ns(kind, i, r)))
		return -1;
	if (kind == LAB_BURSTS && i % 3 == 0) {		/* of 0.9 to 1.1 ms each */
		s.bursts = fmax(1, rint(p->ns / (1e6 * lab_between(r, 0.9, 1.1))));
		s.burst_power = lab_between(r, 0.1, 0.3);
	}
	fill(p, &s, lab_between(r, 1.4, 2.8));
	return 0;
}

static int make_gaps(struct lab_network *n, double share, struct lab_random *r)
{
	static const double shares[] = { 0.3, 1, 1.5 };
	double mean = 2.1, at = share > 0 ? share : shares[(size_t)(3 * lab_uniform(r))];
	size_t i;

	for (i = 0; i <= n->n_layers; i++) {
		struct shape s = { .memory_w = 0.3 };

		if (profile_alloc(&n->gaps[i], lab_between(r, 1e3, 20e3)))
			return -1;
		fill(&n->gaps[i], &s, mean * at);
	}
	return 0;
}

struct lab_network *lab_network_make(enum lab_kind kind, uint64_t seed, double gap_share)
{
	static const size_t layers[LAB_KINDS] = { 21, 40, 48, 60, 24, 24 };
	struct lab_network *n = calloc(1, sizeof(*n));
	struct lab_random r;
	size_t i;

	if (!n)
		return NULL;
	lab_seed(&r, lab_mix(seed, kind));
	snprintf(n->name, sizeof(n->name), "%s", lab_kind_names[kind]);
	n->n_layers = layers[kind];
	n->layers = calloc(n->n_layers, sizeof(*n->layers));
	n->gaps = calloc(n->n_layers + 1, sizeof(*n->gaps));
	if (!n->layers || !n->gaps)
		goto fail;
	for (i = 0; i < n->n_layers; i++)
		if (make_layer(n, kind, i, &r))
			goto fail;
	if (make_gaps(n, gap_share, &r))
		goto fail;
	n->idle_uw[LAB_CPU] = 4e5;
	n->idle_uw[LAB_IN] = 1e6 * (0.4 + 2.0) / EFFICIENCY;
	n->busy_uw[LAB_CPU] = 2.6e6;
	n->busy_uw[LAB_IN] = 1e6 * (2.6 + 0.1 + 2.0) / EFFICIENCY;
	return n;
fail:
	lab_network_free(n);
	return NULL;
}

static void free_profiles(struct lab_profile *p, size_t n)
{
	size_t i;
	int rail;

	for (i = 0; p && i < n; i++)
		for (rail = 0; rail < LAB_RAILS; rail++)
			free(p[i].uw[rail]);
	free(p);
}

void lab_network_free(struct lab_network *n)
{
	if (!n)
		return;
	free_profiles(n->layers, n->n_layers);
	free_profiles(n->gaps, n->n_layers + 1);
	free(n);
}
