// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evaluation of Einsum as it is defined; see eval.h. Real numbers are summed in double. */
#include "model/eval.h"
#include "model/nest.h"
#include "model/number.h"

void synergy_einsum_strides(const struct synergy_einsum_params *p, const struct synergy_tensor *t,
			    int i, int64_t *stride)
{
	int64_t dense[SYNERGY_MAX_RANK];
	int d, l;

	synergy_strides(t->dims, t->rank, dense);
	for (l = 0; l < SYNERGY_EINSUM_LABELS; l++)
		stride[l] = 0;
	/* A label twice is the diagonal: both go on. */
	for (d = 0; d < t->rank; d++)
		if (t->dims[d] != 1)
			stride[p->labels[i][d]] += dense[d];
}

struct walk {
	const struct synergy_eval *e;
	const struct synergy_einsum_params *p;
	int64_t stride[SYNERGY_EINSUM_OPERANDS][SYNERGY_EINSUM_LABELS];
	int64_t index[SYNERGY_EINSUM_LABELS], at[SYNERGY_EINSUM_OPERANDS];
};

/* Labels first..end-1 one step on, the last fastest; false: they are at their beginning again. */
static bool advance(struct walk *w, int first, int end)
{
	int l, i;

	for (l = end - 1; l >= first; l--) {
		for (i = 0; i < w->e->n_in; i++)
			w->at[i] += w->stride[i][l];
		if (++w->index[l] < w->p->size[l])
			return true;
		for (i = 0; i < w->e->n_in; i++)
			w->at[i] -= w->stride[i][l] * w->p->size[l];
		w->index[l] = 0;
	}
	return false;
}

static double real_product(const struct walk *w)
{
	double product = 1;
	int i;

	for (i = 0; i < w->e->n_in; i++)
		product *= synergy_load_real(w->e->src[i], w->e->in[i]->dtype, w->at[i]);
	return product;
}

static uint64_t int_product(const struct walk *w)
{
	uint64_t product = 1;
	int i;

	for (i = 0; i < w->e->n_in; i++)
		product *= (uint64_t)synergy_load_int(w->e->src[i], w->e->in[i]->dtype, w->at[i]);
	return product;
}

bool synergy_eval_einsum(const struct synergy_eval *e)
{
	const struct synergy_einsum_params *p = &e->node->p.einsum;
	struct walk w = { .e = e, .p = p };
	bool real, empty = false;
	int64_t i;
	int l;

	if (e->node->kind != SYNERGY_OP_EINSUM)
		return false;
	real = synergy_dtype_is_real(e->out[0]->dtype);
	for (l = 0; l < e->n_in; l++)
		synergy_einsum_strides(p, e->in[l], l, w.stride[l]);
	for (l = p->n_out; l < p->n_labels; l++)
		empty |= p->size[l] == 0;
	for (i = 0; i < e->out[0]->count; i++) {
		double sum = 0;
		uint64_t ints = 0;

		do {
			if (empty)
				break;
			if (real)
				sum += real_product(&w);
			else
				ints += int_product(&w);
		} while (advance(&w, p->n_out, p->n_labels));
		if (real)
			synergy_store_real(e->dst[0], e->out[0]->dtype, i, sum);
		else
			synergy_store_int(e->dst[0], e->out[0]->dtype, i, (int64_t)ints);
		advance(&w, 0, p->n_out);
	}
	return true;
}
