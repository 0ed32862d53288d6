// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fully connected layers and matrix products, on the chosen GEMM back end. One
 * row (batch 1) is a matrix-vector product, as Caffe calls it.
 */
#include <limits.h>

#include "kernels/op.h"

struct matrix {
	int64_t m, n, k;
};

static struct matrix gemm_sizes(const struct synergy_call *call)
{
	const struct synergy_gemm_params *p = &call->node->p.gemm;
	const struct synergy_tensor *a = call->in[0], *b = call->in[1];
	struct matrix s;

	if (p->flatten_axis >= 0) {
		s.m = synergy_dims_product(a, 0, p->flatten_axis);
		s.k = synergy_dims_product(a, p->flatten_axis, a->rank);
	} else {
		s.m = a->dims[p->trans_a ? 1 : 0];
		s.k = a->dims[p->trans_a ? 0 : 1];
	}
	s.n = b->dims[p->trans_b ? 0 : 1];
	return s;
}

/* Y starts as beta * C, broadcast; false: there is no C and Y starts at nothing. */
static bool start_from_c(const struct synergy_call *call, const struct matrix *s)
{
	const struct synergy_gemm_params *p = &call->node->p.gemm;
	const struct synergy_tensor *c = call->n_in > 2 ? call->in[2] : NULL;
	int64_t row = 0, col = 0, i, j;
	float *y = call->dst[0];
	const float *from;

	if (!c || p->beta == 0)
		return false;
	from = call->src[2];
	if (p->flatten_axis >= 0) {
		col = 1;
	} else {
		if (c->rank > 0 && c->dims[c->rank - 1] > 1)
			col = 1;
		if (c->rank > 1 && c->dims[c->rank - 2] > 1)
			row = c->dims[c->rank - 1];
	}
	for (i = 0; i < s->m; i++)
		for (j = 0; j < s->n; j++)
			*y++ = p->beta * from[i * row + j * col];
	return true;
}

static void gemm_run(const struct synergy_call *call)
{
	const struct synergy_gemm_params *p = &call->node->p.gemm;
	const struct synergy_gemm_backend *gemm = call->env->gemm;
	const struct matrix s = gemm_sizes(call);
	const bool add = start_from_c(call, &s);
	const float *a = call->src[0], *b = call->src[1];

	if (s.m == 1)
		gemm->sgemv(!p->trans_b, p->trans_b ? s.n : s.k, p->trans_b ? s.k : s.n, p->alpha,
			    b, p->trans_b ? s.k : s.n, a, add, call->dst[0]);
	else
		gemm->sgemm(p->trans_a, p->trans_b, s.m, s.n, s.k, p->alpha, a,
			    p->trans_a ? s.m : s.k, b, p->trans_b ? s.k : s.n, add, call->dst[0],
			    s.n);
}

static bool gemm_supports(const struct synergy_call *call)
{
	const struct matrix s = gemm_sizes(call);

	return synergy_call_is_f32(call) && s.m > 0 && s.n > 0 && s.k > 0 && s.m <= INT_MAX &&
	       s.n <= INT_MAX && s.k <= INT_MAX;
}

static const struct synergy_kernel gemm = {
	.method = "gemm",
	.supports = gemm_supports,
	.run = gemm_run,
};

static void gemm_ref_run(const struct synergy_call *call)
{
	const struct synergy_gemm_params *p = &call->node->p.gemm;
	const struct matrix s = gemm_sizes(call);
	const bool add = start_from_c(call, &s);
	const float *a = call->src[0], *b = call->src[1];
	float *y = call->dst[0];
	int64_t i, j, k;

	for (i = 0; i < s.m; i++)
		for (j = 0; j < s.n; j++, y++) {
			double sum = 0;

			for (k = 0; k < s.k; k++)
				sum += (double)a[p->trans_a ? k * s.m + i : i * s.k + k] *
				       b[p->trans_b ? j * s.k + k : k * s.n + j];
			*y = (float)(p->alpha * sum + (add ? *y : 0));
		}
}

static const struct synergy_kernel gemm_ref = {
	.method = "reference",
	.supports = synergy_call_is_f32,
	.run = gemm_ref_run,
};

synergy_kernel_list synergy_gemm_kernels = {
	&synergy_gemm_packed, &gemm, &gemm_ref, NULL,
};

/*
 * MatMul with numpy's rules: a vector on the left is a row, on the right a
 * column; dimensions before the last two broadcast.
 */
struct stack {
	struct matrix s;
	struct synergy_tensor a, b, batch; /* shapes of the stacking dimensions */
};

static struct synergy_tensor leading(const struct synergy_tensor *t)
{
	struct synergy_tensor l = { .rank = t->rank > 2 ? t->rank - 2 : 0 };
	int i;

	for (i = 0; i < l.rank; i++)
		l.dims[i] = t->dims[i];
	return l;
}

static void matmul_sizes(const struct synergy_call *call, struct stack *k)
{
	const struct synergy_tensor *a = call->in[0], *b = call->in[1];
	int i;

	*k = (struct stack){ .a = leading(a), .b = leading(b) };
	k->s.m = a->rank > 1 ? a->dims[a->rank - 2] : 1;
	k->s.k = a->dims[a->rank - 1];
	k->s.n = b->rank > 1 ? b->dims[b->rank - 1] : 1;
	k->batch.rank = k->a.rank > k->b.rank ? k->a.rank : k->b.rank;
	for (i = 0; i < k->batch.rank; i++)
		k->batch.dims[i] = call->out[0]->dims[i];
}

static void matmul_run(const struct synergy_call *call)
{
	int64_t sa[SYNERGY_MAX_RANK], sb[SYNERGY_MAX_RANK];
	int64_t index_a[SYNERGY_MAX_RANK] = { 0 }, index_b[SYNERGY_MAX_RANK] = { 0 };
	int64_t at_a = 0, at_b = 0, i, count;
	float *y = call->dst[0];
	struct stack k;

	matmul_sizes(call, &k);
	synergy_broadcast_strides(&k.a, &k.batch, sa);
	synergy_broadcast_strides(&k.b, &k.batch, sb);
	count = synergy_dims_product(&k.batch, 0, k.batch.rank);
	for (i = 0; i < count; i++, y += k.s.m * k.s.n) {
		call->env->gemm->sgemm(false, false, k.s.m, k.s.n, k.s.k, 1,
				       (const float *)call->src[0] + at_a * k.s.m * k.s.k, k.s.k,
				       (const float *)call->src[1] + at_b * k.s.k * k.s.n, k.s.n, 0,
				       y, k.s.n);
		synergy_advance(&k.batch, index_a, sa, &at_a);
		synergy_advance(&k.batch, index_b, sb, &at_b);
	}
}

static bool matmul_supports(const struct synergy_call *call)
{
	struct stack k;

	matmul_sizes(call, &k);
	return synergy_call_is_f32(call) && k.s.k > 0 && call->out[0]->count > 0 &&
	       k.s.m <= INT_MAX && k.s.n <= INT_MAX && k.s.k <= INT_MAX;
}

static const struct synergy_kernel matmul = {
	.method = "gemm",
	.supports = matmul_supports,
	.run = matmul_run,
};

synergy_kernel_list synergy_matmul_kernels = { &synergy_matmul_packed, &matmul, NULL };
