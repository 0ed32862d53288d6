// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Response normalisation as the planner sees it. A tensor of any rank from two
 * is channels by pixels; only Caffe's within-channel form needs an image.
 */
#include "kernels/op.h"
#include "kernels/raw.h"

static void lrn_geometry(const struct synergy_call *call, struct synergy_lrn *lrn)
{
	const struct synergy_lrn_params *p = &call->node->p.lrn;
	const struct synergy_tensor *x = call->in[0];

	*lrn = (struct synergy_lrn){
		.batch = x->dims[0],
		.channels = x->rank > 1 ? x->dims[1] : 1,
		.height = x->rank > 2 ? synergy_dims_product(x, 2, x->rank - 1) : 1,
		.width = x->rank > 2 ? x->dims[x->rank - 1] : 1,
		.size = p->size,
		.alpha = p->alpha,
		.beta = p->beta,
		.k = p->within_channel ? 1 : p->bias,
		.within_channel = p->within_channel,
	};
}

static void ref_run(const struct synergy_call *call)
{
	struct synergy_lrn lrn;

	lrn_geometry(call, &lrn);
	synergy_lrn_ref(&lrn, call->src[0], call->dst[0]);
}

static const struct synergy_kernel lrn_ref = {
	.method = "reference",
	.supports = synergy_call_is_f32,
	.run = ref_run,
};

static bool simd_supports(const struct synergy_call *call)
{
	const struct synergy_lrn_params *p = &call->node->p.lrn;

	return synergy_call_is_f32(call) && !p->within_channel && call->in[0]->count > 0 &&
	       (p->beta == 0.75f || p->beta == 0.5f || p->beta == 1.0f);
}

static int64_t chunks_of(const struct synergy_lrn *lrn)
{
	return lrn->batch *
	       ((lrn->height * lrn->width + SYNERGY_LRN_CHUNK - 1) / SYNERGY_LRN_CHUNK);
}

static void simd_part(void *job, int part)
{
	const struct synergy_call *call = job;
	const int parts = synergy_threads_count(call->env->threads);
	struct synergy_lrn lrn;
	int64_t chunks;

	lrn_geometry(call, &lrn);
	chunks = chunks_of(&lrn);
	call->env->simd->lrn_across(&lrn, call->src[0], call->dst[0], chunks * part / parts,
				    chunks * (part + 1) / parts);
}

static void simd_run(const struct synergy_call *call)
{
	synergy_threads_run(call->env->threads, synergy_threads_count(call->env->threads),
			    simd_part, (void *)call);
}

static const struct synergy_kernel lrn_simd = {
	.method = "simd",
	.supports = simd_supports,
	.run = simd_run,
};

synergy_kernel_list synergy_lrn_kernels = { &lrn_simd, &lrn_ref, NULL };
