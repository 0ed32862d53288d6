// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Batch normalisation (inference, and ONNX's training mode as its conformance
 * cases ask) and Caffe's Scale. Both are y = x * a + b with a and b per channel.
 */
#include <math.h>

#include "kernels/op.h"

/* The input tensors by meaning: [scale] [bias] mean var after X. */
static const float *input(const struct synergy_call *call, int i)
{
	return i < call->n_in ? call->src[i] : NULL;
}

static void channels_of(const struct synergy_tensor *x, int64_t *outer, int64_t *channels,
			int64_t *inner)
{
	*outer = x->rank > 0 ? x->dims[0] : 1;
	*channels = x->rank > 1 ? x->dims[1] : 1;
	*inner = synergy_dims_product(x, 2, x->rank);
}

static void batch_norm_run(const struct synergy_call *call)
{
	const struct synergy_batch_norm_params *p = &call->node->p.batch_norm;
	const float *x = call->src[0], *scale = input(call, 1), *bias = input(call, 2);
	const float *mean = input(call, 3), *var = input(call, 4);
	int64_t outer, channels, inner, n, c;
	float *y = call->dst[0];

	channels_of(call->in[0], &outer, &channels, &inner);
	for (n = 0; n < outer; n++)
		for (c = 0; c < channels; c++, x += inner, y += inner) {
			double a = (scale ? scale[c] : 1) / sqrt((double)var[c] + p->epsilon);

			synergy_affine(call->env->simd, x, y, inner, (float)a,
						(float)((bias ? bias[c] : 0) - mean[c] * a));
		}
}

static bool batch_norm_supports(const struct synergy_call *call)
{
	return synergy_call_is_f32(call) && !call->node->p.batch_norm.training;
}

static const struct synergy_kernel batch_norm = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = batch_norm_supports,
	.run = batch_norm_run,
};

static void statistics(const float *x, int64_t outer, int64_t channels, int64_t inner, int64_t c,
		       double *mean, double *var)
{
	const double count = (double)(outer * inner);
	int64_t n, i;

	*mean = *var = 0;
	for (n = 0; n < outer; n++)
		for (i = 0; i < inner; i++)
			*mean += x[(n * channels + c) * inner + i] / count;
	for (n = 0; n < outer; n++)
		for (i = 0; i < inner; i++) {
			double d = x[(n * channels + c) * inner + i] - *mean;

			*var += d * d / count;
		}
}

/* Outputs: Y, running mean, running variance, and before opset 14 the saved pair. */
static void batch_norm_train_run(const struct synergy_call *call)
{
	const struct synergy_batch_norm_params *p = &call->node->p.batch_norm;
	const float *x = call->src[0], *scale = input(call, 1), *bias = input(call, 2);
	const float *old[2] = { input(call, 3), input(call, 4) };
	int64_t outer, channels, inner, n, c, i;
	float *y = call->dst[0];

	channels_of(call->in[0], &outer, &channels, &inner);
	for (c = 0; c < channels; c++) {
		double stat[2], a;
		int o;

		statistics(x, outer, channels, inner, c, &stat[0], &stat[1]);
		a = (scale ? scale[c] : 1) / sqrt(stat[1] + p->epsilon);
		for (n = 0; n < outer; n++)
			for (i = 0; i < inner; i++) {
				int64_t at = (n * channels + c) * inner + i;

				y[at] = (float)((x[at] - stat[0]) * a + (bias ? bias[c] : 0));
			}
		for (o = 1; o < call->n_out; o++) {
			float *to = call->dst[o];
			const float *was = old[(o - 1) & 1];

			if (!to)
				continue;
			to[c] = (float)(o > 2 || !was ? stat[(o - 1) & 1] :
				was[c] * p->momentum + stat[(o - 1) & 1] * (1 - p->momentum));
		}
	}
}

static bool batch_norm_train_supports(const struct synergy_call *call)
{
	return synergy_call_is_f32(call) && call->node->p.batch_norm.training;
}

static const struct synergy_kernel batch_norm_train = {
	.method = "reference",
	.supports = batch_norm_train_supports,
	.run = batch_norm_train_run,
};

static void batch_norm_ref_run(const struct synergy_call *call)
{
	const double epsilon = call->node->p.batch_norm.epsilon;
	const float *x = call->src[0], *scale = input(call, 1), *bias = input(call, 2);
	const float *mean = input(call, 3), *var = input(call, 4);
	int64_t outer, channels, inner, i;
	float *y = call->dst[0];

	channels_of(call->in[0], &outer, &channels, &inner);
	for (i = 0; i < call->out[0]->count; i++) {
		const int64_t c = i / inner % channels;

		y[i] = (float)(((double)x[i] - mean[c]) / sqrt(var[c] + epsilon) *
				       (scale ? scale[c] : 1) +
			       (bias ? bias[c] : 0));
	}
}

static const struct synergy_kernel batch_norm_ref = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = batch_norm_supports,
	.run = batch_norm_ref_run,
};

synergy_kernel_list synergy_batch_norm_kernels = {
	&batch_norm, &batch_norm_train, &batch_norm_ref, NULL,
};

/* scale (or, alone, bias) covers dims axis..axis+rank-1 of X. */
static void scale_run(const struct synergy_call *call)
{
	const struct synergy_tensor *x = call->in[0];
	const struct synergy_tensor *s = call->n_in > 1 && call->in[1] ? call->in[1] : call->in[2];
	const int axis = call->node->p.scale.axis;
	const float *scale = input(call, 1), *bias = input(call, 2), *from = call->src[0];
	const int64_t outer = synergy_dims_product(x, 0, axis);
	const int64_t inner = synergy_dims_product(x, axis + s->rank, x->rank);
	float *to = call->dst[0];
	int64_t n, c;

	for (n = 0; n < outer; n++)
		for (c = 0; c < s->count; c++, from += inner, to += inner)
			synergy_affine(call->env->simd, from, to, inner, scale ? scale[c] : 1,
						bias ? bias[c] : 0);
}

static const struct synergy_kernel scale = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = scale_run,
};

synergy_kernel_list synergy_scale_kernels = { &scale, NULL };
