// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolution as the planner sees it: geometry from the node, and the methods
 * there are. The loops are in conv_ref.c, conv_im2col.c and kernels/simd/.
 */
#include <limits.h>

#include "kernels/op.h"
#include "kernels/op_conv.h"
#include "kernels/raw.h"
#include "model/quantised.h"

void synergy_conv_geometry(const struct synergy_call *call, struct synergy_conv *c)
{
	const struct synergy_conv_params *p = &call->node->p.conv;
	const struct synergy_tensor *weight =
		call->in[synergy_quantised_inputs(call->node->kind).b];
	const int shift = SYNERGY_SPATIAL - p->spatial;
	int i;

	*c = (struct synergy_conv){
		.batch = call->in[0]->dims[0],
		.in_channels = call->in[0]->dims[1],
		.out_channels = weight->dims[0],
		.groups = p->group,
		.post = synergy_post_of(&call->post),
	};
	if (call->residual > 0)
		c->post.residual = call->src[call->residual];
	for (i = 0; i < SYNERGY_SPATIAL; i++) {
		const bool real = i >= shift;

		c->w.in[i] = real ? call->in[0]->dims[2 + i - shift] : 1;
		c->w.out[i] = real ? call->out[0]->dims[2 + i - shift] : 1;
		c->w.kernel[i] = real ? p->kernel[i - shift] : 1;
		c->w.stride[i] = real ? p->stride[i - shift] : 1;
		c->w.dilation[i] = real ? p->dilation[i - shift] : 1;
		c->w.pad_begin[i] = real ? p->pad_begin[i - shift] : 0;
		c->w.pad_end[i] = real ? p->pad_end[i - shift] : 0;
	}
}

const float *synergy_conv_bias(const struct synergy_call *call)
{
	return call->n_in > 2 ? call->src[2] : NULL;
}

static bool im2col_supports(const struct synergy_call *call)
{
	struct synergy_conv c;

	if (!synergy_call_is_f32(call))
		return false;
	synergy_conv_geometry(call, &c);
	return call->out[0]->count > 0 && call->in[1]->count > 0 &&
	       synergy_window_out(&c.w) <= INT_MAX &&
	       c.in_channels / c.groups * synergy_window_kernel(&c.w) <= INT_MAX;
}

static size_t im2col_workspace(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	return synergy_conv_im2col_floats(&c) * sizeof(float);
}

static void im2col_run(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	synergy_conv_im2col(call->env->gemm, call->env->simd, &c, call->src[0], call->src[1],
			    synergy_conv_bias(call), call->workspace, call->dst[0]);
}

static const struct synergy_kernel conv_im2col = {
	.method = "im2col",
	.flags = SYNERGY_KERNEL_IM2COL,
	.supports = im2col_supports,
	.workspace = im2col_workspace,
	.run = im2col_run,
};

/* A 1x1 kernel that moves by one: the image is its own column matrix. */
static bool gemm_supports(const struct synergy_call *call)
{
	struct synergy_conv c;

	if (!im2col_supports(call))
		return false;
	synergy_conv_geometry(call, &c);
	return !synergy_conv_im2col_floats(&c);
}

static const struct synergy_kernel conv_gemm = {
	.method = "gemm",
	.flags = SYNERGY_KERNEL_IM2COL,
	.supports = gemm_supports,
	.run = im2col_run,
};

static void ref_run(const struct synergy_call *call)
{
	struct synergy_conv c;

	synergy_conv_geometry(call, &c);
	synergy_conv_ref(&c, call->src[0], call->src[1], synergy_conv_bias(call), call->dst[0]);
}

static const struct synergy_kernel conv_ref = {
	.method = "reference",
	.supports = synergy_call_is_f32,
	.run = ref_run,
};

synergy_kernel_list synergy_conv_kernels = {
	&synergy_conv_depthwise, &synergy_conv_winograd4, &synergy_conv_winograd2,
	&synergy_conv_direct, &conv_gemm, &conv_im2col, &conv_ref, NULL,
};
