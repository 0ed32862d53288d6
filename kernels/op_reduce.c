// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reductions over any set of dimensions.
 */
#include <math.h>

#include "kernels/op.h"

static double begin_of(enum synergy_reduce_mode mode)
{
	switch (mode) {
	case SYNERGY_REDUCE_MAX:
		return -INFINITY;
	case SYNERGY_REDUCE_MIN:
		return INFINITY;
	case SYNERGY_REDUCE_PROD:
		return 1;
	default:
		return 0;
	}
}

static double take(enum synergy_reduce_mode mode, double v, double x)
{
	switch (mode) {
	case SYNERGY_REDUCE_MAX:
		return x > v || isnan(x) ? x : v;
	case SYNERGY_REDUCE_MIN:
		return x < v || isnan(x) ? x : v;
	case SYNERGY_REDUCE_PROD:
		return v * x;
	case SYNERGY_REDUCE_SUM_SQUARE:
	case SYNERGY_REDUCE_L2:
		return v + x * x;
	case SYNERGY_REDUCE_ABS_SUM:
		return v + fabs(x);
	default:
		return v + x;
	}
}

static double finish(const struct synergy_reduce_params *p, double v, int64_t count)
{
	if (p->mode == SYNERGY_REDUCE_MEAN)
		v /= (double)count;
	else if (p->mode == SYNERGY_REDUCE_L2)
		v = sqrt(v);
	return v * p->scale;
}

/* The kept dimensions and the reduced ones, each with X's strides. */
static void split_axes(const struct synergy_call *call, struct synergy_tensor *kept,
		       int64_t *kept_stride, struct synergy_tensor *gone, int64_t *gone_stride)
{
	const struct synergy_tensor *x = call->in[0];
	int64_t dense[SYNERGY_MAX_RANK];
	int i;

	synergy_dense_strides(x, dense);
	kept->count = gone->count = 1;
	for (i = 0; i < x->rank; i++) {
		struct synergy_tensor *t = call->node->p.reduce.axis[i] ? gone : kept;
		int64_t *stride = t == gone ? gone_stride : kept_stride;

		t->dims[t->rank] = x->dims[i];
		stride[t->rank++] = dense[i];
		t->count *= x->dims[i];
	}
}

static void reduce_run(const struct synergy_call *call)
{
	const struct synergy_reduce_params *p = &call->node->p.reduce;
	struct synergy_tensor kept = { 0 }, gone = { 0 };
	int64_t kept_stride[SYNERGY_MAX_RANK], gone_stride[SYNERGY_MAX_RANK];
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, at = 0, i, j;
	const float *x = call->src[0];
	float *y = call->dst[0];

	split_axes(call, &kept, kept_stride, &gone, gone_stride);
	for (i = 0; i < kept.count; i++) {
		int64_t inside[SYNERGY_MAX_RANK] = { 0 }, from = at;
		double v = begin_of(p->mode);

		for (j = 0; j < gone.count; j++) {
			v = take(p->mode, v, x[from]);
			synergy_advance(&gone, inside, gone_stride, &from);
		}
		y[i] = (float)finish(p, v, gone.count);
		synergy_advance(&kept, index, kept_stride, &at);
	}
}

/* Other inputs are axes, which the parameters have. */
static bool ref_supports(const struct synergy_call *call)
{
	return synergy_is_f32(call->in[0]);
}

static const struct synergy_kernel reduce = {
	.method = "reference",
	.supports = ref_supports,
	.run = reduce_run,
};

static bool rows_supports(const struct synergy_call *call)
{
	const struct synergy_reduce_params *p = &call->node->p.reduce;
	const struct synergy_tensor *x = call->in[0];
	int i;

	if (!synergy_is_f32(x) || !x->count || !x->rank ||
	    (p->mode != SYNERGY_REDUCE_MEAN && p->mode != SYNERGY_REDUCE_SUM))
		return false;
	for (i = 1; i < x->rank; i++)
		if (p->axis[i - 1] && !p->axis[i])
			return false;
	return p->axis[x->rank - 1];
}

/* The last dimensions reduced: each output is the sum of one row. */
static void rows_run(const struct synergy_call *call)
{
	const struct synergy_reduce_params *p = &call->node->p.reduce;
	const int64_t size = call->in[0]->count / call->out[0]->count;
	const float *x = call->src[0];
	float *y = call->dst[0];
	int64_t i;

	for (i = 0; i < call->out[0]->count; i++, x += size)
		y[i] = (float)finish(p, call->env->simd->sum(x, size), size);
}

static const struct synergy_kernel reduce_rows = {
	.method = "simd",
	.supports = rows_supports,
	.run = rows_run,
};

synergy_kernel_list synergy_reduce_kernels = { &reduce_rows, &reduce, NULL };
