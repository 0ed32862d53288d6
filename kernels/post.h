/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What --fuse lets a convolution do to its outputs before they leave the cache: a tensor
 * of their shape is added, then a function is applied. Limits are applied while storing,
 * other functions to a block at a time.
 */
#ifndef SYNERGY_KERNELS_POST_H
#define SYNERGY_KERNELS_POST_H

#include <math.h>

#include "model/function.h"

struct synergy_post {
	const float *residual;	/* NULL: nothing is added; may be the output's own memory */
	bool has_min, has_max;	/* limits, of which a NaN is taken for the lower */
	float min, max;
	struct synergy_map map;	/* SYNERGY_FN_IDENTITY: none */
};

static inline float synergy_post_limit(const struct synergy_post *p, float v)
{
	if (p->has_min)
		v = v > p->min ? v : p->min;
	return p->has_max && v > p->max ? p->max : v;
}

/* The function as limits where it is one, as a map else. */
static inline struct synergy_post synergy_post_of(const struct synergy_map *map)
{
	struct synergy_post p = { 0 };

	if (!synergy_map_is_clip(map, &p.min, &p.max))
		p.map = *map;
	p.has_min = p.min > -INFINITY;
	p.has_max = p.max < INFINITY;
	return p;
}

#endif
