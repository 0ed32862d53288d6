// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The convolution methods that pack their weights at plan time and do not use
 * the GEMM back end: the loops are in kernels/simd/.
 */
#include <math.h>
#include <stdlib.h>

#include "kernels/op.h"
#include "kernels/op_conv.h"

static bool is_ready(const struct synergy_call *call, struct synergy_conv *c)
{
	if (!synergy_call_is_f32(call) || !call->in[1]->is_const || !call->src[1] ||
	    !call->out[0]->count || !call->in[1]->count || !call->in[0]->count)
		return false;
	synergy_conv_geometry(call, c);
	return synergy_window_is_2d(&c->w);
}

static double direct_cost(const struct synergy_call *call);
static double depthwise_cost(const struct synergy_call *call);

static bool direct_supports(const struct synergy_call *call)
{
	struct synergy_conv c;

	return is_ready(call, &c);
}

static int direct_prepare(struct synergy_call *call, size_t *bytes)
{
	const struct synergy_simd *simd = call->env->simd;
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	call->state = synergy_packed_memory(simd->direct_packed_floats(&c), bytes);
	if (!call->state)
		return -1;
	simd->direct_pack(&c, call->src[1], call->state);
	return 0;
}

static size_t direct_workspace(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	return sizeof(float) * call->env->simd->direct_workspace_floats(
				       &c, synergy_threads_count(call->env->threads));
}

static void direct_run(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	call->env->simd->direct_conv(call->env->threads, &c, call->src[0], call->state,
				     synergy_conv_bias(call), call->workspace, call->dst[0]);
}

const struct synergy_kernel synergy_conv_direct = {
	.method = "direct",
	.flags = SYNERGY_KERNEL_DIRECT,
	.supports = direct_supports,
	.cost = direct_cost,
	.prepare = direct_prepare,
	.release = free,
	.workspace = direct_workspace,
	.run = direct_run,
};

/* One input channel per group. Weights are used as they are, constant or not. */
static bool depthwise_supports(const struct synergy_call *call)
{
	struct synergy_conv c;

	if (!synergy_call_is_f32(call) || !call->out[0]->count || !call->in[1]->count)
		return false;
	synergy_conv_geometry(call, &c);
	return synergy_window_is_2d(&c.w) && c.in_channels == c.groups && c.groups > 1;
}

static size_t depthwise_workspace(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	return sizeof(float) * call->env->simd->depthwise_workspace_floats(
				       &c, synergy_threads_count(call->env->threads));
}

static void depthwise_run(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	call->env->simd->depthwise_conv(call->env->threads, &c, call->src[0], call->src[1],
					synergy_conv_bias(call), call->workspace, call->dst[0]);
}

const struct synergy_kernel synergy_conv_depthwise = {
	.method = "depthwise",
	.flags = SYNERGY_KERNEL_DIRECT | SYNERGY_KERNEL_DEPTHWISE,
	.supports = depthwise_supports,
	.cost = depthwise_cost,
	.workspace = depthwise_workspace,
	.run = depthwise_run,
};

static bool winograd_supports(const struct synergy_call *call)
{
	struct synergy_conv c;
	int axis;

	if (!is_ready(call, &c))
		return false;
	for (axis = SYNERGY_AXIS_H; axis <= SYNERGY_AXIS_W; axis++)
		if (c.w.kernel[axis] != 3 || c.w.stride[axis] != 1 || c.w.dilation[axis] != 1)
			return false;
	return true;
}

static int winograd_prepare(struct synergy_call *call, size_t *bytes, int tile)
{
	const struct synergy_simd *simd = call->env->simd;
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	call->state = synergy_packed_memory(simd->winograd_packed_floats(&c, tile), bytes);
	if (!call->state)
		return -1;
	simd->winograd_pack(&c, tile, call->src[1], call->state);
	return 0;
}

static size_t winograd_workspace(const struct synergy_call *call, int tile)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	return sizeof(float) * call->env->simd->winograd_workspace_floats(
				       &c, tile, synergy_threads_count(call->env->threads));
}

static void winograd_run(const struct synergy_call *call, int tile)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	call->env->simd->winograd_conv(call->env->threads, &c, tile, call->src[0], call->state,
				       synergy_conv_bias(call), call->workspace, call->dst[0]);
}

static double whole_vectors(double n, double lanes)
{
	return ceil(n / lanes) * lanes;
}

/*
 * Cost of a method in products, with what moving data costs beside them; it serves
 * to rank methods of one layer only. The constants are measured per architecture:
 * with AVX-512 as times of the zoo's layers, where products are so fast that Winograd's
 * transforms weigh more; for NEON as instructions on the virtual Cortex-A57
 * (scripts/bench/methods: over 28 layers 0.04 % from the best choice).
 */
static double transform_cost(const struct synergy_simd *simd)
{
	return simd->width >= 16 ? 34 : 20;
}

/* Short tile rows fall into the lines that the next row writes as well. */
static double tile_lanes(double across, double lanes)
{
	return 4 * across <= lanes ? across : whole_vectors(across, lanes);
}

static double winograd_cost(const struct synergy_call *call, int tile)
{
	const double points = (tile + 2) * (tile + 2);
	const double lanes = call->env->simd->width;
	struct synergy_conv c;
	double down, across, channels, products;

	synergy_conv_geometry(call, &c);
	down = (double)((c.w.out[1] + tile - 1) / tile);
	across = (double)((c.w.out[2] + tile - 1) / tile);
	channels = (double)c.in_channels * (double)c.out_channels / (double)c.groups;
	products = points * channels * whole_vectors(down * across, lanes);
	/* Transforms go by tile rows; weights are read once from far memory. */
	return products +
	       transform_cost(call->env->simd) * points * down * tile_lanes(across, lanes) *
		       (double)(c.in_channels + c.out_channels) +
	       8 * points * channels;
}

static double direct_cost(const struct synergy_call *call)
{
	const double lanes = call->env->simd->width;
	struct synergy_conv c;
	double outputs, depth;

	synergy_conv_geometry(call, &c);
	outputs = whole_vectors((double)synergy_window_out(&c.w), lanes);
	depth = (double)(c.in_channels / c.groups * synergy_window_kernel(&c.w));
	return outputs * depth * ((double)c.out_channels + 4.0 * (double)c.groups) +
	       depth * (double)c.out_channels * 8;
}

static double depthwise_cost(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	return (double)(synergy_window_out(&c.w) * c.out_channels * synergy_window_kernel(&c.w));
}

static double winograd4_cost(const struct synergy_call *call)
{
	return winograd_cost(call, 4);
}

static double winograd2_cost(const struct synergy_call *call)
{
	return winograd_cost(call, 2);
}

static int winograd4_prepare(struct synergy_call *call, size_t *bytes)
{
	return winograd_prepare(call, bytes, 4);
}

static int winograd2_prepare(struct synergy_call *call, size_t *bytes)
{
	return winograd_prepare(call, bytes, 2);
}

static size_t winograd4_workspace(const struct synergy_call *call)
{
	return winograd_workspace(call, 4);
}

static size_t winograd2_workspace(const struct synergy_call *call)
{
	return winograd_workspace(call, 2);
}

static void winograd4_run(const struct synergy_call *call)
{
	winograd_run(call, 4);
}

static void winograd2_run(const struct synergy_call *call)
{
	winograd_run(call, 2);
}

const struct synergy_kernel synergy_conv_winograd4 = {
	.method = "winograd-f4",
	.flags = SYNERGY_KERNEL_WINOGRAD,
	.supports = winograd_supports,
	.cost = winograd4_cost,
	.prepare = winograd4_prepare,
	.release = free,
	.workspace = winograd4_workspace,
	.run = winograd4_run,
};

const struct synergy_kernel synergy_conv_winograd2 = {
	.method = "winograd-f2",
	.flags = SYNERGY_KERNEL_WINOGRAD,
	.supports = winograd_supports,
	.cost = winograd2_cost,
	.prepare = winograd2_prepare,
	.release = free,
	.workspace = winograd2_workspace,
	.run = winograd2_run,
};
