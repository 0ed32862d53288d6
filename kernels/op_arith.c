// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Arithmetic on two or more tensors: Add, Sub, Mul, Div, Pow with numpy's
 * broadcasting, and Sum, Max, Min, Mean, Prod (Caffe's Eltwise, weighted).
 * Whole-row cases use the vector loops; the general one walks an index.
 */
#include <math.h>

#include "kernels/op.h"

static float binary(enum synergy_op_kind kind, float a, float b)
{
	switch (kind) {
	case SYNERGY_OP_ADD:
		return a + b;
	case SYNERGY_OP_SUB:
		return a - b;
	case SYNERGY_OP_MUL:
		return a * b;
	case SYNERGY_OP_DIV:
		return a / b;
	default:
		return powf(a, b);
	}
}

/* In place is safe: a (or b) has the output's shape, or is another buffer. */
static void binary_ref_run(const struct synergy_call *call)
{
	int64_t sa[SYNERGY_MAX_RANK], sb[SYNERGY_MAX_RANK];
	int64_t index_a[SYNERGY_MAX_RANK] = { 0 }, index_b[SYNERGY_MAX_RANK] = { 0 };
	const struct synergy_tensor *y = call->out[0];
	const float *a = call->src[0], *b = call->src[1];
	int64_t at_a = 0, at_b = 0, i;
	float *to = call->dst[0];

	synergy_broadcast_strides(call->in[0], y, sa);
	synergy_broadcast_strides(call->in[1], y, sb);
	for (i = 0; i < y->count; i++) {
		to[i] = binary(call->node->kind, a[at_a], b[at_b]);
		synergy_advance(y, index_a, sa, &at_a);
		synergy_advance(y, index_b, sb, &at_b);
	}
}

static const struct synergy_kernel binary_ref = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = binary_ref_run,
};

static bool same_supports(const struct synergy_call *call)
{
	const enum synergy_op_kind kind = call->node->kind;

	return synergy_call_is_f32(call) && call->in[0]->count == call->in[1]->count &&
	       call->in[0]->count == call->out[0]->count &&
	       (kind == SYNERGY_OP_ADD || kind == SYNERGY_OP_MUL);
}

static void same_run(const struct synergy_call *call)
{
	const struct synergy_simd *simd = call->env->simd;

	(call->node->kind == SYNERGY_OP_ADD ? simd->add : simd->mul)(
		call->src[0], call->src[1], call->dst[0], call->out[0]->count);
}

static const struct synergy_kernel binary_same = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = same_supports,
	.run = same_run,
};

/*
 * B is constant along the last dimensions of A (a number, or one per channel):
 * each row is x * scale + shift. inner is the row's length.
 */
static int64_t row_of(const struct synergy_call *call)
{
	const struct synergy_tensor *b = call->in[1], *y = call->out[0];
	int64_t inner = 1;
	int i, j;

	for (i = y->rank - 1, j = b->rank - 1; i >= 0 && (j < 0 || b->dims[j] == 1); i--, j--)
		inner *= y->dims[i];
	return inner;
}

static bool rows_supports(const struct synergy_call *call)
{
	return synergy_call_is_f32(call) && call->node->kind != SYNERGY_OP_POW &&
	       call->in[0]->count == call->out[0]->count && call->out[0]->count > 0 &&
	       row_of(call) >= 16;
}

static void rows_run(const struct synergy_call *call)
{
	const struct synergy_tensor *y = call->out[0];
	const int64_t inner = row_of(call);
	int64_t stride[SYNERGY_MAX_RANK], index[SYNERGY_MAX_RANK] = { 0 }, at = 0, i;
	struct synergy_tensor rows = { 0 };
	const float *x = call->src[0], *b = call->src[1];
	float *to = call->dst[0];
	int64_t left = inner;

	/* The dimensions that are not part of a row, and B's strides over them. */
	synergy_broadcast_strides(call->in[1], y, stride);
	for (rows.rank = y->rank; rows.rank > 0 && left > 1; rows.rank--)
		left /= y->dims[rows.rank - 1];
	for (i = 0; i < rows.rank; i++)
		rows.dims[i] = y->dims[i];
	for (i = 0; i < y->count; i += inner) {
		float v = b[at], scale = 1, shift = 0;

		if (call->node->kind == SYNERGY_OP_ADD)
			shift = v;
		else if (call->node->kind == SYNERGY_OP_SUB)
			shift = -v;
		else
			scale = call->node->kind == SYNERGY_OP_MUL ? v : 1 / v;
		call->env->simd->affine(x + i, to + i, inner, scale, shift);
		synergy_advance(&rows, index, stride, &at);
	}
}

static const struct synergy_kernel binary_rows = {
	.method = "simd-rows",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = rows_supports,
	.run = rows_run,
};

synergy_kernel_list synergy_binary_kernels = { &binary_same, &binary_rows, &binary_ref, NULL };

static double eltwise(enum synergy_eltwise_mode mode, double a, double b)
{
	switch (mode) {
	case SYNERGY_ELTWISE_PROD:
		return a * b;
	case SYNERGY_ELTWISE_MAX:
		return a > b || isnan(a) ? a : b;
	case SYNERGY_ELTWISE_MIN:
		return a < b || isnan(a) ? a : b;
	default:
		return a + b;
	}
}

/* Element by element, so that the first input may be the output. */
static void eltwise_ref_run(const struct synergy_call *call)
{
	const struct synergy_eltwise_params *p = &call->node->p.eltwise;
	const struct synergy_tensor *y = call->out[0];
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, dense[SYNERGY_MAX_RANK], at = 0, i;
	float *to = call->dst[0];
	int t, d;

	synergy_dense_strides(y, dense);
	for (i = 0; i < y->count; i++) {
		double v = 0;

		for (t = 0; t < call->n_in; t++) {
			int64_t stride[SYNERGY_MAX_RANK], from = 0;
			double x;

			synergy_broadcast_strides(call->in[t], y, stride);
			for (d = 0; d < y->rank; d++)
				from += index[d] * stride[d];
			x = ((const float *)call->src[t])[from];
			if (p->coefficients && p->mode == SYNERGY_ELTWISE_SUM)
				x *= p->coefficients[t];
			v = t ? eltwise(p->mode, v, x) : x;
		}
		to[i] = (float)(p->mode == SYNERGY_ELTWISE_MEAN ? v / call->n_in : v);
		synergy_advance(y, index, dense, &at);
	}
}

static const struct synergy_kernel eltwise_ref = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = eltwise_ref_run,
};

static bool eltwise_simd_supports(const struct synergy_call *call)
{
	const struct synergy_eltwise_params *p = &call->node->p.eltwise;
	int i;

	if (!synergy_call_is_f32(call) || call->n_in < 2 || p->coefficients ||
	    (p->mode != SYNERGY_ELTWISE_SUM && p->mode != SYNERGY_ELTWISE_PROD))
		return false;
	for (i = 0; i < call->n_in; i++)
		if (call->in[i]->count != call->out[0]->count)
			return false;
	return true;
}

static void eltwise_simd_run(const struct synergy_call *call)
{
	const struct synergy_simd *simd = call->env->simd;
	const bool sum = call->node->p.eltwise.mode == SYNERGY_ELTWISE_SUM;
	const void *a = call->src[0];
	int t;

	for (t = 1; t < call->n_in; t++, a = call->dst[0])
		(sum ? simd->add : simd->mul)(a, call->src[t], call->dst[0], call->out[0]->count);
}

static const struct synergy_kernel eltwise_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = eltwise_simd_supports,
	.run = eltwise_simd_run,
};

synergy_kernel_list synergy_eltwise_kernels = { &eltwise_simd, &eltwise_ref, NULL };
