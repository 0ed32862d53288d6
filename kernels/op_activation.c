// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions of one element: activations, Clip, PRelu, Caffe's Power and the
 * rest. All may work in place.
 */
#include <math.h>

#include "kernels/op.h"

static float unary(enum synergy_unary_function function, float x)
{
	switch (function) {
	case SYNERGY_UNARY_ABS:
		return fabsf(x);
	case SYNERGY_UNARY_NEG:
		return -x;
	case SYNERGY_UNARY_SQRT:
		return sqrtf(x);
	case SYNERGY_UNARY_EXP:
		return expf(x);
	case SYNERGY_UNARY_LOG:
		return logf(x);
	case SYNERGY_UNARY_RECIPROCAL:
		return 1 / x;
	case SYNERGY_UNARY_FLOOR:
		return floorf(x);
	case SYNERGY_UNARY_CEIL:
		return ceilf(x);
	case SYNERGY_UNARY_SOFTPLUS:
		return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
	case SYNERGY_UNARY_SOFTSIGN:
		return x / (1 + fabsf(x));
	default:
		return erff(x);
	}
}

static float hard_sigmoid(float x, float alpha, float beta)
{
	float v = alpha * x + beta;

	return v < 0 ? 0 : v > 1 ? 1 : v;
}

static float power(const struct synergy_power_params *p, float x)
{
	const float v = p->shift + p->scale * x;

	return p->power == 1 ? v : p->power == 2 ? v * v : powf(v, p->power);
}

static float activation(const struct synergy_node *node, float x)
{
	const struct synergy_activation_params *p = &node->p.activation;

	switch (node->kind) {
	case SYNERGY_OP_ELU:
		return x < 0 ? p->alpha * expm1f(x) : x;
	case SYNERGY_OP_SIGMOID:
		return 1 / (1 + expf(-x));
	case SYNERGY_OP_TANH:
		return tanhf(x);
	case SYNERGY_OP_HARD_SIGMOID:
		return hard_sigmoid(x, p->alpha, p->beta);
	case SYNERGY_OP_HARD_SWISH:
		return x * hard_sigmoid(x, 1.0f / 6, 0.5f);
	case SYNERGY_OP_POWER:
		return power(&node->p.power, x);
	default:
		return unary(node->p.unary.function, x);
	}
}

static void activation_run(const struct synergy_call *call)
{
	const float *x = call->src[0];
	float *y = call->dst[0];
	int64_t i;

	for (i = 0; i < call->out[0]->count; i++)
		y[i] = activation(call->node, x[i]);
}

static const struct synergy_kernel activation_ref = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = activation_run,
};

synergy_kernel_list synergy_activation_kernels = { &activation_ref, NULL };

/* Elements split evenly among the pool's threads. */
static void relu_part(void *job, int part)
{
	const struct synergy_call *call = job;
	const int64_t count = call->out[0]->count;
	const int parts = synergy_threads_count(call->env->threads);
	const int64_t begin = count * part / parts, end = count * (part + 1) / parts;
	const bool leaky = call->node->kind == SYNERGY_OP_LEAKY_RELU;

	call->env->simd->relu((const float *)call->src[0] + begin, (float *)call->dst[0] + begin,
			      end - begin, leaky ? call->node->p.activation.alpha : 0);
}

static void relu_run(const struct synergy_call *call)
{
	synergy_threads_run(call->env->threads, synergy_threads_count(call->env->threads),
			    relu_part, (void *)call);
}

static const struct synergy_kernel relu = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = relu_run,
};

synergy_kernel_list synergy_relu_kernels = { &relu, NULL };

static float limit(const struct synergy_call *call, int i, float otherwise)
{
	return i < call->n_in && call->src[i] ? *(const float *)call->src[i] : otherwise;
}

static void clip_run(const struct synergy_call *call)
{
	const struct synergy_clip_params *p = &call->node->p.clip;

	call->env->simd->clip(call->src[0], call->dst[0], call->out[0]->count,
			      limit(call, 1, p->min), limit(call, 2, p->max));
}

static const struct synergy_kernel clip = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = clip_run,
};

synergy_kernel_list synergy_clip_kernels = { &clip, NULL };

/* One slope per channel (Caffe), one for all, or one per element (ONNX). */
static void prelu_run(const struct synergy_call *call)
{
	const struct synergy_tensor *y = call->out[0], *s = call->in[1];
	int64_t stride[SYNERGY_MAX_RANK] = { 0 }, index[SYNERGY_MAX_RANK] = { 0 }, at = 0, i;
	const int axis = call->node->p.prelu.channel_axis;
	const float *x = call->src[0], *slope = call->src[1];
	float *to = call->dst[0];

	if (axis < 0)
		synergy_broadcast_strides(s, y, stride);
	else if (s->count > 1)
		stride[axis] = 1;
	for (i = 0; i < y->count; i++) {
		to[i] = x[i] < 0 ? x[i] * slope[at] : x[i];
		synergy_advance(y, index, stride, &at);
	}
}

static const struct synergy_kernel prelu = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = prelu_run,
};

synergy_kernel_list synergy_prelu_kernels = { &prelu, NULL };
