// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Normalisation over a layer's (LayerNormalization) or a group's (GroupNormalization,
 * InstanceNormalization) own elements, which lie together in either case: y = (x - mean) /
 * sqrt(variance + epsilon), then scale and bias by element or by channel.
 */
#include <math.h>

#include "kernels/op.h"
#include "kernels/parts.h"

struct norm {
	const struct synergy_call *call;
	int64_t rows, size;	/* each row has statistics of its own */
	int64_t channels;	/* GROUP_NORM: channels of a row, else 0 */
	int64_t groups;		/* GROUP_NORM: rows of an image */
	bool by_channel;	/* one scale and bias for each channel, not for each group */
	double epsilon;
};

static struct norm norm_of(const struct synergy_call *call)
{
	const struct synergy_layer_norm_params *p = &call->node->p.layer_norm;
	const struct synergy_tensor *x = call->in[0];
	struct norm n = { .call = call, .epsilon = p->epsilon };

	if (call->node->kind == SYNERGY_OP_LAYER_NORM) {
		n.rows = synergy_dims_product(x, 0, p->axis);
		n.size = synergy_dims_product(x, p->axis, x->rank);
		return n;
	}
	n.groups = p->groups;
	n.channels = x->dims[1] / p->groups;
	n.rows = x->dims[0] * p->groups;
	n.size = synergy_dims_product(x, 1, x->rank) / p->groups;
	n.by_channel = call->in[1]->count == x->dims[1];
	return n;
}

static const float *addend(const struct synergy_call *call)
{
	return call->n_in > 2 ? call->src[2] : NULL;
}

/* The mean and 1 / deviation, where somebody reads them. */
static void store_statistics(const struct synergy_call *call, int64_t row, double mean, double inverse)
{
	if (call->n_out > 1 && call->dst[1])
		((float *)call->dst[1])[row] = (float)mean;
	if (call->n_out > 2 && call->dst[2])
		((float *)call->dst[2])[row] = (float)inverse;
}

static void ref_row(const struct norm *n, int64_t row)
{
	const float *x = (const float *)n->call->src[0] + row * n->size;
	const float *scale = n->call->src[1], *bias = addend(n->call);
	float *y = (float *)n->call->dst[0] + row * n->size;
	double mean = 0, variance = 0, inverse;
	int64_t i, at;

	for (i = 0; i < n->size; i++)
		mean += (double)x[i];
	mean /= (double)n->size;
	for (i = 0; i < n->size; i++)
		variance += ((double)x[i] - mean) * ((double)x[i] - mean);
	inverse = 1 / sqrt(variance / (double)n->size + n->epsilon);
	store_statistics(n->call, row, mean, inverse);
	for (i = 0; i < n->size; i++) {
		at = i;
		if (n->channels)
			at = !n->by_channel ? row % n->groups :
			     row % n->groups * n->channels + i / (n->size / n->channels);
		y[i] = (float)(((double)x[i] - mean) * inverse * (double)scale[at] +
			       (bias ? (double)bias[at] : 0));
	}
}

static void ref_run(const struct synergy_call *call)
{
	const struct norm n = norm_of(call);
	int64_t row;

	for (row = 0; call->out[0]->count && row < n.rows; row++)
		ref_row(&n, row);
}

static const struct synergy_kernel norm_ref = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = ref_run,
};

/* Y starts as the differences from the mean, which the sum of squares is taken of. */
static void simd_row(const struct norm *n, int64_t row)
{
	const struct synergy_simd *simd = n->call->env->simd;
	const float *x = (const float *)n->call->src[0] + row * n->size;
	const float *scale = n->call->src[1], *bias = addend(n->call);
	float *y = (float *)n->call->dst[0] + row * n->size, inverse;
	const float mean = simd->sum(x, n->size) / (float)n->size;
	int64_t c, at, plane;

	synergy_affine(simd, x, y, n->size, 1, -mean);
	inverse = 1 / sqrtf(simd->dot(y, y, n->size) / (float)n->size + (float)n->epsilon);
	store_statistics(n->call, row, (double)mean, (double)inverse);
	if (!n->channels) {
		synergy_affine(simd, y, y, n->size, inverse, 0);
		simd->zip(SYNERGY_ZIP_MUL, y, 1, scale, 1, y, n->size);
		if (bias)
			simd->zip(SYNERGY_ZIP_ADD, y, 1, bias, 1, y, n->size);
		return;
	}
	plane = n->size / n->channels;
	for (c = 0; c < n->channels; c++, y += plane) {
		at = n->by_channel ? row % n->groups * n->channels + c : row % n->groups;
		synergy_affine(simd, y, y, plane, inverse * scale[at], bias ? bias[at] : 0);
	}
}

static void simd_part(void *arg, int part, int parts)
{
	const struct norm *n = arg;
	const struct synergy_range r = synergy_part_range(n->rows, part, parts, 1);
	int64_t row;

	for (row = r.begin; row < r.end; row++)
		simd_row(n, row);
}

static void simd_run(const struct synergy_call *call)
{
	struct norm n = norm_of(call);

	synergy_run_parts(call->env->threads, call->out[0]->count, SYNERGY_PART_ELEMENTS / 4,
			  simd_part, &n);
}

static bool simd_supports(const struct synergy_call *call)
{
	return synergy_call_is_f32(call) && call->out[0]->count > 0;
}

static const struct synergy_kernel norm_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = simd_supports,
	.run = simd_run,
};

synergy_kernel_list synergy_layer_norm_kernels = { &norm_simd, &norm_ref, NULL };
