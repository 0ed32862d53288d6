// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators that only move elements, of any type: Concat, Split, Pad, and by strides
 * (model/eval.h) Slice, Transpose, Expand, Tile, DepthToSpace and its inverse. Rows that
 * lie side by side are copied whole, matrices are transposed in blocks.
 */
#include <string.h>

#include "kernels/op.h"
#include "kernels/parts.h"
#include "model/eval.h"
#include "model/nest.h"
#include "model/number.h"

/* Bytes of one step along `axis`: all that lies inside it. */
static size_t inner_bytes(const struct synergy_tensor *t, int axis)
{
	return synergy_dims_product(t, axis, t->rank) * synergy_dtype_size(t->dtype);
}

/* An input that the planner has placed inside the output is there already. */
static void concat_run(const struct synergy_call *call)
{
	const int axis = call->node->p.axis.axis;
	const int64_t outer = synergy_dims_product(call->out[0], 0, axis);
	const size_t row = inner_bytes(call->out[0], axis);
	char *to = call->dst[0];
	int64_t o;
	int i;

	for (i = 0; i < call->n_in; i++) {
		const size_t part = inner_bytes(call->in[i], axis);
		const char *from = call->src[i];

		if (part && from != to)
			for (o = 0; o < outer; o++)
				memcpy(to + o * row, from + o * part, part);
		to += part;
	}
}

static const struct synergy_kernel concat = {
	.method = "copy",
	.run = concat_run,
};

synergy_kernel_list synergy_concat_kernels = { &concat, NULL };

static void split_run(const struct synergy_call *call)
{
	const int axis = call->node->p.axis.axis;
	const int64_t outer = synergy_dims_product(call->in[0], 0, axis);
	const size_t row = inner_bytes(call->in[0], axis);
	const char *from = call->src[0];
	int64_t o;
	int i;

	for (i = 0; i < call->n_out; i++) {
		size_t part;

		if (!call->out[i])
			continue;
		part = inner_bytes(call->out[i], axis);
		for (o = 0; o < outer && part; o++)
			memcpy((char *)call->dst[i] + o * part, from + o * row, part);
		from += part;
	}
}

static const struct synergy_kernel split = {
	.method = "copy",
	.run = split_run,
};

synergy_kernel_list synergy_split_kernels = { &split, NULL };

/* --- by strides -------------------------------------------------------------------------------- */

struct move {
	const struct synergy_simd *simd;
	struct synergy_nest nest; /* Y's order, X's strides */
	size_t size; /* of an element */
	int columns; /* dimension along which X lies dense; -1: none but the last */
	const char *from;
	char *to;
};

/* One row of Y, whose elements lie `step` apart in X. */
static void move_row(const struct move *m, const char *from, char *to)
{
	const int64_t row = synergy_nest_row(&m->nest), step = m->nest.stride[0][m->nest.rank - 1];
	int64_t i;

	if (step == 1) {
		memcpy(to, from, (size_t)row * m->size);
		return;
	}
	if (m->size == sizeof(uint32_t)) {
		const uint32_t *x = (const uint32_t *)from;
		uint32_t *y = (uint32_t *)to;

		for (i = 0; i < row; i++)
			y[i] = x[i * step];
		return;
	}
	for (i = 0; i < row; i++)
		memcpy(to + (size_t)i * m->size, from + i * step * (int64_t)m->size, m->size);
}

static void move_rows(void *arg, int part, int parts)
{
	const struct move *m = arg;
	const struct synergy_range r = synergy_part_range(synergy_nest_rows(&m->nest), part, parts, 1);
	const size_t row_bytes = (size_t)synergy_nest_row(&m->nest) * m->size;
	struct synergy_nest_at at;
	int64_t i;

	synergy_nest_seek(&m->nest, r.begin, &at);
	for (i = r.begin; i < r.end; i++, synergy_nest_next(&m->nest, &at))
		move_row(m, m->from + at.offset[0] * (int64_t)m->size, m->to + (size_t)i * row_bytes);
}

/*
 * X is dense along `columns`, Y along its last dimension: for each index of the others a
 * matrix is transposed. Matrices are dealt out, or their rows where there is one.
 */
static void move_matrices(void *arg, int part, int parts)
{
	const struct move *m = arg;
	const struct synergy_nest *n = &m->nest;
	const int last = n->rank - 1;
	const int64_t rows = n->dims[m->columns], ld = n->stride[0][last];
	struct synergy_nest outer = { .rank = n->rank, .operands = 2 };
	int64_t dense[SYNERGY_NEST_RANK], matrices, i;
	struct synergy_range mine, cut = { 0, rows };
	struct synergy_nest_at at;

	synergy_strides(n->dims, n->rank, dense);
	memcpy(outer.dims, n->dims, sizeof(outer.dims));
	memcpy(outer.stride[0], n->stride[0], sizeof(outer.stride[0]));
	memcpy(outer.stride[1], dense, sizeof(dense));
	outer.dims[m->columns] = 1;
	matrices = synergy_nest_rows(&outer);
	mine = (struct synergy_range){ 0, matrices };
	if (matrices >= parts)
		mine = synergy_part_range(matrices, part, parts, 1);
	else
		cut = synergy_part_range(rows, part, parts, 16);
	synergy_nest_seek(&outer, mine.begin, &at);
	for (i = mine.begin; i < mine.end; i++, synergy_nest_next(&outer, &at))
		m->simd->transpose((const float *)m->from + at.offset[0] + cut.begin, ld,
				   (float *)m->to + at.offset[1] + cut.begin * dense[m->columns],
				   dense[m->columns], cut.end - cut.begin, n->dims[last]);
}

/* A dimension along which X is dense, so that blocks can be transposed; -1: none. */
static int dense_dimension(const struct synergy_nest *n)
{
	int d;

	for (d = n->rank - 2; d >= 0; d--)
		if (n->stride[0][d] == 1 && n->dims[d] >= 4)
			return n->stride[0][n->rank - 1] > 1 && synergy_nest_row(n) >= 4 ? d : -1;
	return -1;
}

static void move_run(const struct synergy_call *call)
{
	struct move m = {
		.simd = call->env->simd, .size = synergy_dtype_size(call->out[0]->dtype),
		.columns = -1, .from = call->src[0], .to = call->dst[0],
	};
	int64_t offset;

	if (!call->out[0]->count)
		return;
	synergy_move_nest(call->node, call->in[0], call->out[0], &m.nest, &offset);
	m.from += offset * (int64_t)m.size;
	if (m.size == sizeof(float))
		m.columns = dense_dimension(&m.nest);
	synergy_run_parts(call->env->threads, call->out[0]->count, SYNERGY_PART_ELEMENTS,
			  m.columns >= 0 ? move_matrices : move_rows, &m);
}

static const struct synergy_kernel move = {
	.method = "copy",
	.run = move_run,
};

synergy_kernel_list synergy_move_kernels = { &move, &synergy_kernel_eval, NULL };

/* --- Pad ---------------------------------------------------------------------------------------- */

static void fill(char *to, const void *value, size_t size, int64_t count)
{
	int64_t i;

	for (i = 0; i < count; i++)
		memcpy(to + (size_t)i * size, value, size);
}

/* One row: X's, where it reaches into Y, and what the mode says on both sides of it. */
static void pad_row(const struct synergy_pad_params *p, const char *from, char *to, size_t size,
		    int64_t in, int64_t out, int64_t before, const void *value)
{
	const int64_t skip = before < 0 ? -before : 0, begin = before > 0 ? before : 0;
	int64_t count = in - skip, i, s;

	if (count > out - begin)
		count = out - begin;
	if (count > 0)
		memcpy(to + (size_t)begin * size, from + (size_t)skip * size, (size_t)count * size);
	else
		count = 0;
	if (p->mode == SYNERGY_PAD_CONSTANT) {
		fill(to, value, size, begin);
		fill(to + (size_t)(begin + count) * size, value, size, out - begin - count);
		return;
	}
	for (i = 0; i < out; i++) {
		if (i == begin)
			i += count;
		if (i >= out)
			break;
		s = synergy_pad_source(p->mode, i - before, in);
		memcpy(to + (size_t)i * size, from + (size_t)s * size, size);
	}
}

static void pad_run(const struct synergy_call *call)
{
	const struct synergy_pad_params *p = &call->node->p.pad;
	const struct synergy_tensor *x = call->in[0], *y = call->out[0];
	const int last = y->rank - 1;
	const size_t size = synergy_dtype_size(y->dtype);
	const int64_t row = y->dims[last], rows = y->count ? y->count / row : 0;
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, dense[SYNERGY_MAX_RANK], i, s, at;
	char *to = call->dst[0];
	uint64_t value = 0;
	int d;

	synergy_store_real(&value, y->dtype, 0, (double)p->value);
	synergy_strides(x->dims, x->rank, dense);
	for (i = 0; i < rows; i++, to += (size_t)row * size) {
		for (d = 0, at = 0; d < last; d++) {
			s = synergy_pad_source(p->mode, index[d] - p->begin[d], x->dims[d]);
			at = s < 0 || at < 0 ? -1 : at + s * dense[d];
		}
		if (at < 0 || !x->dims[last])
			fill(to, &value, size, row);
		else
			pad_row(p, (const char *)call->src[0] + (size_t)at * size, to, size,
				x->dims[last], row, p->begin[last], &value);
		for (d = last - 1; d >= 0 && ++index[d] == y->dims[d]; d--)
			index[d] = 0;
	}
}

static bool pad_supports(const struct synergy_call *call)
{
	return call->out[0]->rank > 0;
}

static const struct synergy_kernel pad = {
	.method = "copy",
	.supports = pad_supports,
	.run = pad_run,
};

synergy_kernel_list synergy_pad_kernels = { &pad, &synergy_kernel_eval, NULL };
