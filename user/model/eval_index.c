// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Evaluation of what reads or writes by indices that are data; see eval.h.
 */
#include <string.h>

#include "model/eval.h"
#include "model/nest.h"
#include "model/number.h"

static int64_t product(const int64_t *dims, int begin, int end)
{
	int64_t p = 1;

	for (; begin < end; begin++)
		p *= dims[begin];
	return p;
}

/* Index i of the indices, counted from the end where negative; -1: out of range. */
static int64_t index_at(const struct synergy_eval *e, int64_t i, int64_t size)
{
	int64_t at = synergy_load_int(e->src[1], e->in[1]->dtype, i);

	if (at < 0)
		at += size;
	return at >= 0 && at < size ? at : -1;
}

static void eval_gather(const struct synergy_eval *e)
{
	const struct synergy_tensor *x = e->in[0], *indices = e->in[1];
	const int axis = e->node->p.axis.axis;
	const int64_t outer = product(x->dims, 0, axis);
	const size_t inner = (size_t)product(x->dims, axis + 1, x->rank) *
			     synergy_dtype_size(x->dtype);
	char *to = e->dst[0];
	int64_t o, i, at;

	for (o = 0; o < outer && e->out[0]->count; o++)
		for (i = 0; i < indices->count; i++, to += inner) {
			at = index_at(e, i, x->dims[axis]);
			if (at < 0)
				memset(to, 0, inner);
			else
				memcpy(to, (const char *)e->src[0] +
						   (size_t)(o * x->dims[axis] + at) * inner, inner);
		}
}

/*
 * For each index tuple, the element offset in `whole` with the coordinate along axis
 * replaced by the index; -1: out of range.
 */
static int64_t element_at(const struct synergy_eval *e, const struct synergy_tensor *whole, int axis,
			  int64_t i)
{
	const struct synergy_tensor *indices = e->in[1];
	int64_t dense[SYNERGY_MAX_RANK], rest = i, at = 0, k;
	int d;

	synergy_strides(whole->dims, whole->rank, dense);
	for (d = whole->rank - 1; d >= 0; d--) {
		k = rest % indices->dims[d];
		rest /= indices->dims[d];
		if (d == axis) {
			k = index_at(e, i, whole->dims[axis]);
			if (k < 0)
				return -1;
		}
		at += k * dense[d];
	}
	return at;
}

static void eval_gather_elements(const struct synergy_eval *e)
{
	const size_t size = synergy_dtype_size(e->in[0]->dtype);
	char *to = e->dst[0];
	int64_t i, at;

	for (i = 0; i < e->out[0]->count; i++, to += size) {
		at = element_at(e, e->in[0], e->node->p.axis.axis, i);
		if (at < 0)
			memset(to, 0, size);
		else
			memcpy(to, (const char *)e->src[0] + (size_t)at * size, size);
	}
}

static void eval_scatter_elements(const struct synergy_eval *e)
{
	const size_t size = synergy_dtype_size(e->in[0]->dtype);
	int64_t i, at;

	if (e->out[0]->bytes)
		memcpy(e->dst[0], e->src[0], e->out[0]->bytes);
	for (i = 0; i < e->in[1]->count; i++) {
		at = element_at(e, e->out[0], e->node->p.axis.axis, i);
		if (at >= 0)
			memcpy((char *)e->dst[0] + (size_t)at * size,
			       (const char *)e->src[2] + (size_t)i * size, size);
	}
}

/* Offset of the slice that index tuple number i (of n numbers) names, from dimension first on. */
static int64_t tuple_at(const struct synergy_eval *e, const struct synergy_tensor *x, int first,
			int n, int64_t i)
{
	int64_t dense[SYNERGY_MAX_RANK], at = 0, k;
	int d;

	synergy_strides(x->dims, x->rank, dense);
	for (d = 0; d < n; d++) {
		k = index_at(e, i * n + d, x->dims[first + d]);
		if (k < 0)
			return -1;
		at += k * dense[first + d];
	}
	return at;
}

static void eval_gather_nd(const struct synergy_eval *e)
{
	const struct synergy_tensor *x = e->in[0], *indices = e->in[1];
	const int batch = e->node->p.axis.axis, n = (int)indices->dims[indices->rank - 1];
	const int64_t batches = product(x->dims, 0, batch);
	const int64_t tuples = product(indices->dims, batch, indices->rank - 1);
	const int64_t step = product(x->dims, batch, x->rank);
	const size_t size = synergy_dtype_size(x->dtype);
	const size_t inner = (size_t)product(x->dims, batch + n, x->rank) * size;
	char *to = e->dst[0];
	int64_t b, i, at;

	for (b = 0; b < batches && e->out[0]->count; b++)
		for (i = 0; i < tuples; i++, to += inner) {
			at = tuple_at(e, x, batch, n, b * tuples + i);
			if (at < 0)
				memset(to, 0, inner);
			else
				memcpy(to, (const char *)e->src[0] + (size_t)(b * step + at) * size,
				       inner);
		}
}

static void eval_scatter_nd(const struct synergy_eval *e)
{
	const struct synergy_tensor *x = e->in[0], *indices = e->in[1];
	const int n = (int)indices->dims[indices->rank - 1];
	const int64_t tuples = product(indices->dims, 0, indices->rank - 1);
	const size_t size = synergy_dtype_size(x->dtype);
	const size_t inner = (size_t)product(x->dims, n, x->rank) * size;
	int64_t i, at;

	if (e->out[0]->bytes)
		memcpy(e->dst[0], e->src[0], e->out[0]->bytes);
	for (i = 0; i < tuples && inner; i++) {
		at = tuple_at(e, x, 0, n, i);
		if (at >= 0)
			memcpy((char *)e->dst[0] + (size_t)at * size,
			       (const char *)e->src[2] + (size_t)i * inner, inner);
	}
}

/* values[0] everywhere, values[1] where the index is; an index out of range is nowhere. */
static void eval_one_hot(const struct synergy_eval *e)
{
	const struct synergy_tensor *y = e->out[0];
	const int axis = e->node->p.axis.axis;
	const int64_t depth = y->dims[axis], inner = product(y->dims, axis + 1, y->rank);
	const size_t size = synergy_dtype_size(y->dtype);
	int64_t i, at;

	for (i = 0; i < y->count; i++)
		memcpy((char *)e->dst[0] + (size_t)i * size, e->src[2], size);
	for (i = 0; i < e->in[0]->count; i++) {
		at = synergy_real_to_s64(synergy_load_real(e->src[0], e->in[0]->dtype, i));
		at = at < 0 ? at + depth : at;
		if (at >= 0 && at < depth)
			memcpy((char *)e->dst[0] +
				       (size_t)((i / inner * depth + at) * inner + i % inner) * size,
			       (const char *)e->src[2] + size, size);
	}
}

bool synergy_eval_index(const struct synergy_eval *e)
{
	switch (e->node->kind) {
	case SYNERGY_OP_GATHER:
		eval_gather(e);
		return true;
	case SYNERGY_OP_GATHER_ELEMENTS:
		eval_gather_elements(e);
		return true;
	case SYNERGY_OP_SCATTER_ELEMENTS:
		eval_scatter_elements(e);
		return true;
	case SYNERGY_OP_GATHER_ND:
		eval_gather_nd(e);
		return true;
	case SYNERGY_OP_SCATTER_ND:
		eval_scatter_nd(e);
		return true;
	case SYNERGY_OP_ONE_HOT:
		eval_one_hot(e);
		return true;
	default:
		return false;
	}
}
