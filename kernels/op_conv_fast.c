// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The convolution methods that pack their weights at plan time and do not use
 * the GEMM back end: the loops are in kernels/simd/.
 */
#include <errno.h>
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

static float *packed_memory(size_t floats, size_t *bytes)
{
	const size_t size = (floats * sizeof(float) + 63) & ~(size_t)63;
	void *memory;
	int error = posix_memalign(&memory, 64, size ? size : 64);

	if (error) {
		errno = error;
		return NULL;
	}
	*bytes += size;
	return memory;
}

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
	call->state = packed_memory(simd->direct_packed_floats(&c), bytes);
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
	.prepare = direct_prepare,
	.release = free,
	.workspace = direct_workspace,
	.run = direct_run,
};
