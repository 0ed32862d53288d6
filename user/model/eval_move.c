// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Evaluation of what only moves elements; see eval.h.
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

/* --- moves by strides ---------------------------------------------------------------------- */

static void slice_nest(const struct synergy_slice_params *p, const struct synergy_tensor *x,
		       const struct synergy_tensor *y, struct synergy_nest *n, int64_t *offset)
{
	int d;

	for (d = 0; d < x->rank; d++) {
		*offset += p->start[d] * n->stride[0][d];
		/* A step as large as the file likes is not taken where there is one element. */
		n->stride[0][d] *= y->dims[d] > 1 ? p->step[d] : 0;
	}
}

/* Each dimension and, outside of it, its repeats, which go back to the beginning. */
static void tile_nest(const struct synergy_tensor *x, const struct synergy_tensor *y,
		      struct synergy_nest *n)
{
	int64_t dense[SYNERGY_MAX_RANK];
	int d;

	synergy_strides(x->dims, x->rank, dense);
	n->rank = 2 * x->rank;
	for (d = 0; d < x->rank; d++) {
		n->dims[2 * d] = x->dims[d] ? y->dims[d] / x->dims[d] : 0;
		n->dims[2 * d + 1] = x->dims[d];
		n->stride[0][2 * d] = 0;
		n->stride[0][2 * d + 1] = dense[d];
	}
}

/* Y is [N, C', H, b, W, b], whose parts lie in X as DCR or CRD says. */
static void depth_to_space_nest(const struct synergy_depth_space_params *p,
				const struct synergy_tensor *x, struct synergy_nest *n)
{
	const int64_t b = p->block, plane = x->dims[2] * x->dims[3], c = x->dims[1] / (b * b);
	const int64_t dims[6] = { x->dims[0], c, x->dims[2], b, x->dims[3], b };
	const int64_t dcr[6] = { x->dims[1] * plane, plane, x->dims[3], b * c * plane, 1, c * plane };
	const int64_t crd[6] = { x->dims[1] * plane, b * b * plane, x->dims[3], b * plane, 1, plane };

	n->rank = 6;
	memcpy(n->dims, dims, sizeof(dims));
	memcpy(n->stride[0], p->column_row_depth ? crd : dcr, sizeof(dcr));
}

/* Y is [N, b, b, C, H / b, W / b]. */
static void space_to_depth_nest(int64_t b, const struct synergy_tensor *x, struct synergy_nest *n)
{
	const int64_t w = x->dims[3], plane = x->dims[2] * w;
	const int64_t dims[6] = { x->dims[0], b, b, x->dims[1], x->dims[2] / b, w / b };
	const int64_t stride[6] = { x->dims[1] * plane, w, 1, plane, b * w, b };

	n->rank = 6;
	memcpy(n->dims, dims, sizeof(dims));
	memcpy(n->stride[0], stride, sizeof(stride));
}

bool synergy_move_nest(const struct synergy_node *node, const struct synergy_tensor *x,
		       const struct synergy_tensor *y, struct synergy_nest *n, int64_t *offset)
{
	int64_t dense[SYNERGY_MAX_RANK];
	int d;

	*n = (struct synergy_nest){ .rank = y->rank, .operands = 1 };
	memcpy(n->dims, y->dims, sizeof(y->dims));
	*offset = 0;
	synergy_strides(x->dims, x->rank, dense);
	switch (node->kind) {
	case SYNERGY_OP_SLICE:
		memcpy(n->stride[0], dense, sizeof(dense));
		slice_nest(&node->p.slice, x, y, n, offset);
		break;
	case SYNERGY_OP_TRANSPOSE:
		for (d = 0; d < y->rank; d++)
			n->stride[0][d] = dense[node->p.transpose.perm[d]];
		break;
	case SYNERGY_OP_EXPAND:
		synergy_strides_broadcast(x, y, n->stride[0]);
		break;
	case SYNERGY_OP_TILE:
		tile_nest(x, y, n);
		break;
	case SYNERGY_OP_DEPTH_TO_SPACE:
		depth_to_space_nest(&node->p.depth_space, x, n);
		break;
	case SYNERGY_OP_SPACE_TO_DEPTH:
		space_to_depth_nest(node->p.depth_space.block, x, n);
		break;
	default:
		return false;
	}
	synergy_nest_collapse(n);
	return true;
}

static void eval_strided(const struct synergy_eval *e, const struct synergy_nest *n, int64_t offset)
{
	const int64_t size = (int64_t)synergy_dtype_size(e->out[0]->dtype);
	const int64_t rows = e->out[0]->count ? synergy_nest_rows(n) : 0, row = synergy_nest_row(n);
	const int64_t step = n->stride[0][n->rank - 1];
	struct synergy_nest_at at;
	char *to = e->dst[0];
	int64_t i, k;

	synergy_nest_seek(n, 0, &at);
	for (k = 0; k < rows; k++, synergy_nest_next(n, &at)) {
		const char *from = (const char *)e->src[0] + (offset + at.offset[0]) * size;

		for (i = 0; i < row; i++, to += size)
			memcpy(to, from + i * step * size, (size_t)size);
	}
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Concat, and Split seen the other way round: blocks between the whole and its parts. */
static void eval_blocks(const struct synergy_tensor *whole, char *p,
			const struct synergy_tensor *const *parts, const void *const *data, int n,
			int axis, bool join)
{
	const int64_t outer = product(whole->dims, 0, axis);
	const size_t inner = (size_t)product(whole->dims, axis + 1, whole->rank) *
			     synergy_dtype_size(whole->dtype);
	int64_t o;
	int i;

	for (o = 0; o < outer; o++)
		for (i = 0; i < n; i++) {
			size_t bytes = parts[i] ? (size_t)parts[i]->dims[axis] * inner : 0;
			char *part = bytes ? (char *)data[i] + (size_t)o * bytes : NULL;

			if (bytes)
				memcpy(join ? p : part, join ? part : p, bytes);
			p += bytes;
		}
}

static void eval_fill(const struct synergy_eval *e)
{
	const size_t size = synergy_dtype_size(e->out[0]->dtype);
	char *to = e->dst[0];
	int64_t i;

	for (i = 0; i < e->out[0]->count; i++, to += size)
		memcpy(to, e->src[1], size);
}

/* --- Pad, Trilu -------------------------------------------------------------------------------- */

int64_t synergy_pad_source(enum synergy_pad_mode mode, int64_t i, int64_t size)
{
	if (i >= 0 && i < size)
		return i;
	if (mode == SYNERGY_PAD_CONSTANT || !size)
		return -1;
	if (mode == SYNERGY_PAD_EDGE)
		return i < 0 ? 0 : size - 1;
	if (mode == SYNERGY_PAD_WRAP)
		return ((i % size) + size) % size;
	if (size == 1)
		return 0;
	i %= 2 * (size - 1);
	if (i < 0)
		i += 2 * (size - 1);
	return i < size ? i : 2 * (size - 1) - i;
}

static void eval_pad(const struct synergy_eval *e)
{
	const struct synergy_pad_params *p = &e->node->p.pad;
	const struct synergy_tensor *x = e->in[0], *y = e->out[0];
	const size_t size = synergy_dtype_size(y->dtype);
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, dense[SYNERGY_MAX_RANK], i, s;
	uint64_t fill = 0;
	char *to = e->dst[0];
	int d;

	synergy_store_real(&fill, y->dtype, 0, (double)p->value);
	synergy_strides(x->dims, x->rank, dense);
	for (i = 0; i < y->count; i++, to += size) {
		const char *from = e->src[0];

		for (d = 0; d < y->rank && from; d++) {
			s = synergy_pad_source(p->mode, index[d] - p->begin[d], x->dims[d]);
			from = s < 0 ? NULL : from + s * dense[d] * (int64_t)size;
		}
		memcpy(to, from ? from : (const char *)&fill, size);
		for (d = y->rank - 1; d >= 0 && ++index[d] == y->dims[d]; d--)
			index[d] = 0;
	}
}

static void eval_trilu(const struct synergy_eval *e)
{
	const struct synergy_trilu_params *p = &e->node->p.trilu;
	const struct synergy_tensor *y = e->out[0];
	const size_t size = synergy_dtype_size(y->dtype);
	const int64_t columns = y->dims[y->rank - 1], rows = y->dims[y->rank - 2];
	int64_t i, row, column;

	memcpy(e->dst[0], e->src[0], y->bytes);
	for (i = 0; i < y->count; i++) {
		column = i % columns;
		row = i / columns % rows;
		if (p->upper ? column - row < p->k : column - row > p->k)
			memset((char *)e->dst[0] + (size_t)i * size, 0, size);
	}
}

bool synergy_eval_move(const struct synergy_eval *e)
{
	struct synergy_nest nest;
	int64_t offset;

	switch (e->node->kind) {
	case SYNERGY_OP_CONCAT:
		if (e->out[0]->count)
			eval_blocks(e->out[0], e->dst[0], e->in, e->src, e->n_in,
				    e->node->p.axis.axis, true);
		return true;
	case SYNERGY_OP_SPLIT:
		if (e->in[0]->count)
			eval_blocks(e->in[0], (char *)e->src[0], e->out,
				    (const void *const *)e->dst, e->n_out, e->node->p.axis.axis,
				    false);
		return true;
	case SYNERGY_OP_CONSTANT_OF_SHAPE:
		eval_fill(e);
		return true;
	case SYNERGY_OP_PAD:
		eval_pad(e);
		return true;
	case SYNERGY_OP_TRILU:
		if (e->out[0]->count)
			eval_trilu(e);
		return true;
	default:
		if (!synergy_move_nest(e->node, e->in[0], e->out[0], &nest, &offset))
			return false;
		eval_strided(e, &nest, offset);
		return true;
	}
}
