// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Softmax and LogSoftmax along one axis, or over all dimensions from it on.
 */
#include <math.h>

#include "kernels/op.h"

static void sizes_of(const struct synergy_call *call, int64_t *outer, int64_t *size, int64_t *inner)
{
	const struct synergy_softmax_params *p = &call->node->p.softmax;
	const struct synergy_tensor *x = call->in[0];
	const int end = p->flattened || !x->rank ? x->rank : p->axis + 1;

	*outer = synergy_dims_product(x, 0, p->axis);
	*size = synergy_dims_product(x, p->axis, end);
	*inner = synergy_dims_product(x, end, x->rank);
}

static void ref_column(const float *x, float *y, int64_t size, int64_t step, bool log_of)
{
	float max = x[0];
	double sum = 0;
	int64_t i;

	for (i = 1; i < size; i++)
		max = x[i * step] > max ? x[i * step] : max;
	for (i = 0; i < size; i++)
		sum += exp((double)x[i * step] - max);
	for (i = 0; i < size; i++) {
		double v = (double)x[i * step] - max;

		y[i * step] = (float)(log_of ? v - log(sum) : exp(v) / sum);
	}
}

static void ref_run(const struct synergy_call *call)
{
	const bool log_of = call->node->kind == SYNERGY_OP_LOG_SOFTMAX;
	const float *x = call->src[0];
	float *y = call->dst[0];
	int64_t outer, size, inner, o, i;

	if (!call->out[0]->count)
		return;
	sizes_of(call, &outer, &size, &inner);
	for (o = 0; o < outer; o++, x += size * inner, y += size * inner)
		for (i = 0; i < inner; i++)
			ref_column(x + i, y + i, size, inner, log_of);
}

static const struct synergy_kernel softmax_ref = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = ref_run,
};

static bool simd_supports(const struct synergy_call *call)
{
	int64_t outer, size, inner;

	sizes_of(call, &outer, &size, &inner);
	return synergy_call_is_f32(call) && call->node->kind == SYNERGY_OP_SOFTMAX && inner == 1 &&
	       size > 0;
}

static void simd_run(const struct synergy_call *call)
{
	const struct synergy_simd *simd = call->env->simd;
	const float *x = call->src[0];
	float *y = call->dst[0];
	int64_t outer, size, inner, o;

	sizes_of(call, &outer, &size, &inner);
	for (o = 0; o < outer; o++, x += size, y += size) {
		float sum = simd->exp_sum(x, y, size, simd->max(x, size));

		simd->affine(y, y, size, 1 / sum, 0);
	}
}

static const struct synergy_kernel softmax_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = simd_supports,
	.run = simd_run,
};

synergy_kernel_list synergy_softmax_kernels = { &softmax_simd, &softmax_ref, NULL };
