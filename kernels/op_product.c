// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fully connected layers and matrix products with constant weights by our own loops: the
 * weights are packed at plan time, which a GEMM of a BLAS does again for each inference.
 */
#include <errno.h>
#include <stdlib.h>

#include "kernels/op.h"

float *synergy_packed_memory(size_t floats, size_t *bytes)
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

static bool constant_weights(const struct synergy_call *call)
{
	return synergy_call_is_f32(call) && call->in[1]->is_const && call->src[1] &&
	       call->in[1]->rank == 2 && call->in[1]->count > 0 && call->out[0]->count > 0;
}

/* One row is a product with a vector, which reads the weights once as they lie. */
static bool worth_packing(const struct synergy_product *p)
{
	return p->m > 1 && p->k > 0;
}

static int pack(struct synergy_call *call, const struct synergy_product *p, bool trans,
		size_t *bytes)
{
	const struct synergy_simd *simd = call->env->simd;

	call->state = synergy_packed_memory(simd->product_packed_floats(p->n, p->k), bytes);
	if (!call->state)
		return -1;
	simd->product_pack(p->n, p->k, call->src[1], trans ? p->k : p->n, trans, call->state);
	return 0;
}

static size_t workspace(const struct synergy_call *call, const struct synergy_product *p)
{
	return sizeof(float) * call->env->simd->product_workspace_floats(
				       p, synergy_threads_count(call->env->threads));
}

static void run(const struct synergy_call *call, struct synergy_product *p)
{
	p->a = call->src[0];
	p->c = call->dst[0];
	p->packed = call->state;
	p->post = synergy_post_of(&call->post);
	call->env->simd->product(call->env->threads, p, call->workspace);
}

/* --- Gemm ------------------------------------------------------------------------------- */

static struct synergy_product gemm_product(const struct synergy_call *call)
{
	const struct synergy_gemm_params *p = &call->node->p.gemm;
	const struct synergy_tensor *a = call->in[0], *b = call->in[1];
	const int split = p->flatten_axis >= 0 ? p->flatten_axis : 1;
	struct synergy_product product = { 0 };

	product.m = synergy_dims_product(a, 0, split);
	product.k = product.lda = synergy_dims_product(a, split, a->rank);
	product.n = product.ldc = b->dims[p->trans_b ? 0 : 1];
	return product;
}

/* What is added is the same for every row, or has a row for each. */
static bool addend(const struct synergy_call *call, struct synergy_product *p)
{
	const struct synergy_tensor *c = call->n_in > 2 ? call->in[2] : NULL;

	if (!c || call->node->p.gemm.beta == 0)
		return true;
	p->from = call->src[2];
	if (call->node->p.gemm.beta != 1 || !c->rank || c->dims[c->rank - 1] != p->n)
		return false;
	p->ld_from = c->count == p->n ? 0 : p->n;
	return true;
}

static bool gemm_supports(const struct synergy_call *call)
{
	struct synergy_product p;

	if (!constant_weights(call) || call->node->p.gemm.trans_a || call->node->p.gemm.alpha != 1)
		return false;
	p = gemm_product(call);
	return worth_packing(&p) && addend(call, &p);
}

static int gemm_prepare(struct synergy_call *call, size_t *bytes)
{
	const struct synergy_product p = gemm_product(call);

	return pack(call, &p, call->node->p.gemm.trans_b, bytes);
}

static size_t gemm_workspace(const struct synergy_call *call)
{
	const struct synergy_product p = gemm_product(call);

	return workspace(call, &p);
}

static void gemm_run(const struct synergy_call *call)
{
	struct synergy_product p = gemm_product(call);

	addend(call, &p);
	run(call, &p);
}

const struct synergy_kernel synergy_gemm_packed = {
	.method = "packed",
	.flags = SYNERGY_KERNEL_DIRECT,
	.supports = gemm_supports,
	.prepare = gemm_prepare,
	.release = free,
	.workspace = gemm_workspace,
	.run = gemm_run,
};

/* --- MatMul ------------------------------------------------------------------------------ */

/* All of A's dimensions but the last are rows: B is one matrix. */
static struct synergy_product matmul_product(const struct synergy_call *call)
{
	const struct synergy_tensor *a = call->in[0], *b = call->in[1];
	struct synergy_product product = { 0 };

	product.m = a->rank ? synergy_dims_product(a, 0, a->rank - 1) : 0;
	product.k = product.lda = b->dims[0];
	product.n = product.ldc = b->dims[1];
	return product;
}

static bool matmul_supports(const struct synergy_call *call)
{
	struct synergy_product p;

	if (!constant_weights(call))
		return false;
	p = matmul_product(call);
	return worth_packing(&p);
}

static int matmul_prepare(struct synergy_call *call, size_t *bytes)
{
	const struct synergy_product p = matmul_product(call);

	return pack(call, &p, false, bytes);
}

static size_t matmul_workspace(const struct synergy_call *call)
{
	const struct synergy_product p = matmul_product(call);

	return workspace(call, &p);
}

static void matmul_run(const struct synergy_call *call)
{
	struct synergy_product p = matmul_product(call);

	run(call, &p);
}

const struct synergy_kernel synergy_matmul_packed = {
	.method = "packed",
	.flags = SYNERGY_KERNEL_DIRECT,
	.supports = matmul_supports,
	.prepare = matmul_prepare,
	.release = free,
	.workspace = matmul_workspace,
	.run = matmul_run,
};
