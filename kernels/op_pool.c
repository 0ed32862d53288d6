// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pooling as the planner sees it: windows from the node, global ones as a
 * window of the whole image.
 */
#include "kernels/op.h"
#include "kernels/raw.h"

static enum synergy_pool_kind kind_of(const struct synergy_node *node)
{
	const struct synergy_pool_params *p = &node->p.pool;

	switch (node->kind) {
	case SYNERGY_OP_MAX_POOL:
	case SYNERGY_OP_GLOBAL_MAX_POOL:
		return SYNERGY_POOL_MAX;
	case SYNERGY_OP_GLOBAL_AVG_POOL:
		return SYNERGY_POOL_AVG_KERNEL;
	default:
		break;
	}
	/* Rounded-up windows reach beyond the padding, which never counts. */
	if (p->caffe_rounding || p->count_include_pad)
		return SYNERGY_POOL_AVG_PADDED;
	return SYNERGY_POOL_AVG_VALID;
}

static void pool_geometry(const struct synergy_call *call, struct synergy_pool *pool)
{
	const struct synergy_pool_params *p = &call->node->p.pool;
	const int shift = SYNERGY_SPATIAL - p->spatial;
	int i;

	*pool = (struct synergy_pool){
		.kind = kind_of(call->node),
		.planes = call->in[0]->dims[0] * call->in[0]->dims[1],
		.column_major = p->storage_column_major,
	};
	for (i = 0; i < SYNERGY_SPATIAL; i++) {
		const bool real = i >= shift;

		pool->w.in[i] = real ? call->in[0]->dims[2 + i - shift] : 1;
		pool->w.out[i] = real ? call->out[0]->dims[2 + i - shift] : 1;
		pool->w.kernel[i] = real ? p->kernel[i - shift] : 1;
		pool->w.stride[i] = real ? p->stride[i - shift] : 1;
		pool->w.dilation[i] = real ? p->dilation[i - shift] : 1;
		pool->w.pad_begin[i] = real ? p->pad_begin[i - shift] : 0;
		pool->w.pad_end[i] = real ? p->pad_end[i - shift] : 0;
	}
}

static void pool_run(const struct synergy_call *call)
{
	struct synergy_pool pool;

	pool_geometry(call, &pool);
	synergy_pool_ref(&pool, call->src[0], call->dst[0],
			 call->n_out > 1 ? call->dst[1] : NULL);
}

static const struct synergy_kernel pool_ref = {
	.method = "reference",
	.supports = synergy_call_is_f32,
	.run = pool_run,
};

static bool simd_supports(const struct synergy_call *call)
{
	struct synergy_pool pool;

	if (!synergy_call_is_f32(call) || !call->in[0]->count || !call->out[0]->count ||
	    (call->n_out > 1 && call->out[1]))
		return false;
	pool_geometry(call, &pool);
	return synergy_window_is_2d(&pool.w) && pool.w.dilation[1] == 1 && pool.w.dilation[2] == 1;
}

static size_t simd_workspace(const struct synergy_call *call)
{
	struct synergy_pool pool;

	pool_geometry(call, &pool);
	return sizeof(float) * call->env->simd->pool_workspace_floats(
				       &pool, synergy_threads_count(call->env->threads));
}

static void simd_part(void *job, int part)
{
	const struct synergy_call *call = job;
	const struct synergy_simd *simd = call->env->simd;
	const int parts = synergy_threads_count(call->env->threads);
	struct synergy_pool pool;

	pool_geometry(call, &pool);
	simd->pool(&pool, call->src[0],
		   (float *)call->workspace + part * simd->pool_workspace_floats(&pool, 1),
		   call->dst[0], pool.planes * part / parts, pool.planes * (part + 1) / parts);
}

static void simd_run(const struct synergy_call *call)
{
	synergy_threads_run(call->env->threads, synergy_threads_count(call->env->threads),
			    simd_part, (void *)call);
}

static const struct synergy_kernel pool_simd = {
	.method = "simd",
	.supports = simd_supports,
	.workspace = simd_workspace,
	.run = simd_run,
};

synergy_kernel_list synergy_max_pool_kernels = { &pool_simd, &pool_ref, NULL };
synergy_kernel_list synergy_avg_pool_kernels = { &pool_simd, &pool_ref, NULL };

/* A global pool is one window over whatever spatial axes there are. */
static void global_geometry(const struct synergy_call *call, struct synergy_pool *pool)
{
	const struct synergy_tensor *x = call->in[0];

	*pool = (struct synergy_pool){
		.kind = kind_of(call->node),
		.planes = x->dims[0] * x->dims[1],
		.w = {
			.in = { 1, 1, synergy_dims_product(x, 2, x->rank) },
			.out = { 1, 1, 1 },
			.kernel = { 1, 1, synergy_dims_product(x, 2, x->rank) },
			.stride = { 1, 1, 1 },
			.dilation = { 1, 1, 1 },
		},
	};
}

static void global_ref_run(const struct synergy_call *call)
{
	struct synergy_pool pool;

	global_geometry(call, &pool);
	synergy_pool_ref(&pool, call->src[0], call->dst[0], NULL);
}

static const struct synergy_kernel global_ref = {
	.method = "reference",
	.supports = synergy_call_is_f32,
	.run = global_ref_run,
};

static void global_simd_run(const struct synergy_call *call)
{
	const struct synergy_simd *simd = call->env->simd;
	const bool max = call->node->kind == SYNERGY_OP_GLOBAL_MAX_POOL;
	const float *x = call->src[0];
	float *y = call->dst[0];
	struct synergy_pool pool;
	int64_t i, size;

	global_geometry(call, &pool);
	size = pool.w.in[2];
	for (i = 0; i < pool.planes; i++, x += size)
		y[i] = max ? simd->max(x, size) : simd->sum(x, size) / (float)size;
}

static bool global_simd_supports(const struct synergy_call *call)
{
	return synergy_call_is_f32(call) && call->in[0]->count > 0;
}

static const struct synergy_kernel global_simd = {
	.method = "simd",
	.supports = global_simd_supports,
	.run = global_simd_run,
};

synergy_kernel_list synergy_global_pool_kernels = { &global_simd, &global_ref, NULL };
