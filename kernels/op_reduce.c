// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reductions. Where the dimensions that go lie together, X is [outer][gone][inner]: rows
 * are reduced to one number each (inner 1), or added up row by row.
 */
#include <math.h>
#include <string.h>

#include "kernels/op.h"
#include "kernels/parts.h"

struct reduce {
	const struct synergy_call *call;
	int64_t outer, gone, inner;
};

/* X by runs of kept and of reduced dimensions; false: more than one run goes. */
static bool runs_of(const struct synergy_call *call, struct reduce *r)
{
	const struct synergy_tensor *x = call->in[0];
	int d = 0, i;

	*r = (struct reduce){ call, 1, 1, 1 };
	for (; d < x->rank && (!call->node->p.reduce.axis[d] || x->dims[d] == 1); d++)
		r->outer *= x->dims[d];
	for (; d < x->rank && (call->node->p.reduce.axis[d] || x->dims[d] == 1); d++)
		r->gone *= x->dims[d];
	for (i = d; i < x->rank; i++)
		r->inner *= x->dims[i];
	for (; d < x->rank; d++)
		if (call->node->p.reduce.axis[d] && x->dims[d] != 1)
			return false;
	return true;
}

static bool simd_supports(const struct synergy_call *call)
{
	const enum synergy_reduce_mode mode = call->node->p.reduce.mode;
	struct reduce r;

	if (!synergy_is_f32(call->in[0]) || !call->in[0]->count || !runs_of(call, &r))
		return false;
	switch (mode) {
	case SYNERGY_REDUCE_MEAN:
	case SYNERGY_REDUCE_SUM:
		return true;
	case SYNERGY_REDUCE_MAX:
	case SYNERGY_REDUCE_MIN:
	case SYNERGY_REDUCE_PROD:
		return r.inner > 1;
	case SYNERGY_REDUCE_SUM_SQUARE:
	case SYNERGY_REDUCE_L2:
		return r.inner == 1;
	default:
		return false;
	}
}

static float finish(const struct reduce *r, float v)
{
	const struct synergy_reduce_params *p = &r->call->node->p.reduce;

	if (p->mode == SYNERGY_REDUCE_MEAN)
		v /= (float)r->gone;
	else if (p->mode == SYNERGY_REDUCE_L2)
		v = sqrtf(v);
	return v * p->scale;
}

static void reduce_row(const struct reduce *r, int64_t o)
{
	const enum synergy_reduce_mode mode = r->call->node->p.reduce.mode;
	const struct synergy_simd *simd = r->call->env->simd;
	const float *x = (const float *)r->call->src[0] + o * r->gone;
	const bool squares = mode == SYNERGY_REDUCE_SUM_SQUARE || mode == SYNERGY_REDUCE_L2;

	((float *)r->call->dst[0])[o] = finish(r, squares ? simd->dot(x, x, r->gone) :
							    simd->sum(x, r->gone));
}

static void add_rows(const struct reduce *r, int64_t o)
{
	static const enum synergy_zip zips[] = {
		[SYNERGY_REDUCE_MEAN] = SYNERGY_ZIP_ADD, [SYNERGY_REDUCE_SUM] = SYNERGY_ZIP_ADD,
		[SYNERGY_REDUCE_MAX] = SYNERGY_ZIP_MAX, [SYNERGY_REDUCE_MIN] = SYNERGY_ZIP_MIN,
		[SYNERGY_REDUCE_PROD] = SYNERGY_ZIP_MUL,
	};
	const enum synergy_reduce_mode mode = r->call->node->p.reduce.mode;
	const struct synergy_simd *simd = r->call->env->simd;
	const float *x = (const float *)r->call->src[0] + o * r->gone * r->inner;
	float *y = (float *)r->call->dst[0] + o * r->inner;
	const float scale = mode == SYNERGY_REDUCE_MEAN ?
				    r->call->node->p.reduce.scale / (float)r->gone :
				    r->call->node->p.reduce.scale;
	int64_t k;

	memcpy(y, x, (size_t)r->inner * sizeof(*y));
	for (k = 1; k < r->gone; k++)
		simd->zip(zips[mode], y, 1, x + k * r->inner, 1, y, r->inner);
	if (scale != 1)
		synergy_affine(simd, y, y, r->inner, scale, 0);
}

static void reduce_part(void *arg, int part, int parts)
{
	const struct reduce *r = arg;
	const struct synergy_range range = synergy_part_range(r->outer, part, parts, 1);
	int64_t o;

	for (o = range.begin; o < range.end; o++)
		if (r->inner == 1)
			reduce_row(r, o);
		else
			add_rows(r, o);
}

static void simd_run(const struct synergy_call *call)
{
	struct reduce r;

	runs_of(call, &r);
	synergy_run_parts(call->env->threads, call->in[0]->count, SYNERGY_PART_ELEMENTS, reduce_part,
			  &r);
}

static const struct synergy_kernel reduce_simd = {
	.method = "simd",
	.supports = simd_supports,
	.run = simd_run,
};

synergy_kernel_list synergy_reduce_kernels = { &reduce_simd, &synergy_kernel_eval, NULL };
