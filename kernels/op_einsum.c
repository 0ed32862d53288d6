// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Einsum of two operands as a stack of matrix products by the back end's GEMM: labels of
 * both and of the result stack, labels of one and the result are rows or columns, labels
 * of both alone are summed. An operand that does not lie so, or transposed, is brought so
 * first. Other forms: by definition.
 */
#include <limits.h>

#include "kernels/op.h"
#include "model/eval.h"

enum class { STACK, ROWS, COLUMNS, SUMMED, CLASSES };

/* Labels of each class, and the product of their sizes. */
struct product {
	int labels[CLASSES][SYNERGY_EINSUM_LABELS], n[CLASSES];
	int64_t size[CLASSES];
	int64_t a[SYNERGY_EINSUM_LABELS], b[SYNERGY_EINSUM_LABELS], y[SYNERGY_EINSUM_LABELS];
	/* How each lies: as the product wants it, with its matrices transposed, or neither. */
	bool a_plain, a_trans, b_plain, b_trans, y_plain;
};

/* Dense in the order of these classes. */
static bool lies(const struct synergy_einsum_params *p, const struct product *q,
		 const int64_t *stride, enum class first, enum class second)
{
	const enum class order[3] = { second, first, STACK };
	int64_t want = 1;
	int c, k;

	for (c = 0; c < 3; c++)
		for (k = q->n[order[c]] - 1; k >= 0; k--) {
			const int l = q->labels[order[c]][k];

			if (stride[l] != want)
				return false;
			want *= p->size[l];
		}
	return true;
}

/* False: there is a label that is in one operand alone and summed. */
static bool classify(const struct synergy_call *call, struct product *q)
{
	const struct synergy_einsum_params *p = &call->node->p.einsum;
	int64_t dense = 1;
	int l, c;

	*q = (struct product){ .size = { 1, 1, 1, 1 } };
	synergy_einsum_strides(p, call->in[0], 0, q->a);
	synergy_einsum_strides(p, call->in[1], 1, q->b);
	for (l = p->n_out - 1; l >= 0; l--) {
		q->y[l] = dense;
		dense *= p->size[l];
	}
	for (l = 0; l < p->n_labels; l++) {
		const bool a = q->a[l] != 0, b = q->b[l] != 0;

		if (p->size[l] == 1)
			continue;
		if (!a && !b)
			return false;
		if (l >= p->n_out && !(a && b))
			return false;
		c = l >= p->n_out ? SUMMED : a && b ? STACK : a ? ROWS : COLUMNS;
		q->labels[c][q->n[c]++] = l;
		q->size[c] *= p->size[l];
	}
	q->a_plain = lies(p, q, q->a, ROWS, SUMMED);
	q->a_trans = !q->a_plain && lies(p, q, q->a, SUMMED, ROWS);
	q->b_plain = lies(p, q, q->b, SUMMED, COLUMNS);
	q->b_trans = !q->b_plain && lies(p, q, q->b, COLUMNS, SUMMED);
	q->y_plain = lies(p, q, q->y, ROWS, COLUMNS);
	return true;
}

static bool supports(const struct synergy_call *call)
{
	struct product q;

	return call->n_in == 2 && synergy_call_is_f32(call) && call->in[0]->count > 0 &&
	       call->in[1]->count > 0 && classify(call, &q) && q.size[ROWS] <= INT_MAX &&
	       q.size[COLUMNS] <= INT_MAX && q.size[SUMMED] <= INT_MAX;
}

static int64_t gathered(const struct product *q, enum class first, enum class second, bool lies)
{
	return lies ? 0 : (q->size[STACK] * q->size[first] * q->size[second] + 15) & ~15LL;
}

static size_t workspace(const struct synergy_call *call)
{
	struct product q;

	classify(call, &q);
	return sizeof(float) * (size_t)(gathered(&q, ROWS, SUMMED, q.a_plain || q.a_trans) +
					gathered(&q, SUMMED, COLUMNS, q.b_plain || q.b_trans) +
					gathered(&q, ROWS, COLUMNS, q.y_plain));
}

/* Between a dense stack of matrices and a tensor with these strides. */
static void move(const struct synergy_einsum_params *p, const struct product *q,
		 const int64_t *stride, enum class first, enum class second, float *dense,
		 float *tensor, bool into_tensor)
{
	const enum class order[3] = { STACK, first, second };
	int64_t dims[SYNERGY_EINSUM_LABELS], step[SYNERGY_EINSUM_LABELS];
	int64_t index[SYNERGY_EINSUM_LABELS] = { 0 }, at = 0, i, row;
	int64_t count = q->size[STACK] * q->size[first] * q->size[second];
	int c, k, n = 0;

	for (c = 0; c < 3; c++)
		for (k = 0; k < q->n[order[c]]; k++, n++) {
			dims[n] = p->size[q->labels[order[c]][k]];
			step[n] = stride[q->labels[order[c]][k]];
		}
	row = n ? dims[n - 1] : 1;
	for (; count > 0; count -= row, dense += row) {
		for (i = 0; i < row; i++) {
			float *to = tensor + at + (n ? i * step[n - 1] : 0);

			if (into_tensor)
				*to = dense[i];
			else
				dense[i] = *to;
		}
		for (k = n - 2; k >= 0; k--) {
			at += step[k];
			if (++index[k] < dims[k])
				break;
			at -= step[k] * dims[k];
			index[k] = 0;
		}
	}
}

static void run(const struct synergy_call *call)
{
	const struct synergy_einsum_params *p = &call->node->p.einsum;
	float *room = call->workspace, *a = (float *)call->src[0], *b = (float *)call->src[1];
	float *y = call->dst[0];
	int64_t i, m, n, k;
	struct product q;

	classify(call, &q);
	m = q.size[ROWS];
	n = q.size[COLUMNS];
	k = q.size[SUMMED];
	if (!q.a_plain && !q.a_trans) {
		move(p, &q, q.a, ROWS, SUMMED, room, a, false);
		a = room;
		room += gathered(&q, ROWS, SUMMED, false);
	}
	if (!q.b_plain && !q.b_trans) {
		move(p, &q, q.b, SUMMED, COLUMNS, room, b, false);
		b = room;
		room += gathered(&q, SUMMED, COLUMNS, false);
	}
	if (!q.y_plain)
		y = room;
	for (i = 0; i < q.size[STACK]; i++)
		call->env->gemm->sgemm(q.a_trans, q.b_trans, (int)m, (int)n, (int)k, 1,
				       a + i * m * k, (int)(q.a_trans ? m : k), b + i * k * n,
				       (int)(q.b_trans ? k : n), 0, y + i * m * n, (int)n);
	if (!q.y_plain)
		move(p, &q, q.y, ROWS, COLUMNS, y, call->dst[0], true);
}

static const struct synergy_kernel product = {
	.method = "gemm",
	.supports = supports,
	.workspace = workspace,
	.run = run,
};

synergy_kernel_list synergy_einsum_kernels = { &product, &synergy_kernel_eval, NULL };
