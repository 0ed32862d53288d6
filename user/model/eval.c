// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Element-wise evaluation, and which file has the others; see eval.h.
 */
#include "model/eval.h"

#include <math.h>
#include <stdlib.h>

#include "model/arith.h"
#include "model/function.h"
#include "model/nest.h"
#include "model/number.h"

static void eval_binary(const struct synergy_eval *e)
{
	const struct synergy_tensor *a = e->in[0], *b = e->in[1], *y = e->out[0];
	const bool real = synergy_dtype_is_real(a->dtype);
	struct synergy_nest n;
	struct synergy_nest_at at;
	int64_t i, k, rows, row, out = 0;

	synergy_nest_broadcast(&n, y, e->in, 2);
	rows = y->count ? synergy_nest_rows(&n) : 0;
	row = synergy_nest_row(&n);
	synergy_nest_seek(&n, 0, &at);
	for (k = 0; k < rows; k++, synergy_nest_next(&n, &at))
		for (i = 0; i < row; i++, out++) {
			const int64_t ia = at.offset[0] + i * n.stride[0][n.rank - 1];
			const int64_t ib = at.offset[1] + i * n.stride[1][n.rank - 1];

			if (real)
				synergy_store_real(e->dst[0], y->dtype, out,
						   synergy_arith_real(e->node,
							synergy_load_real(e->src[0], a->dtype, ia),
							synergy_load_real(e->src[1], b->dtype, ib)));
			else if (synergy_dtype_is_real(b->dtype))	/* an integer's power */
				synergy_store_real(e->dst[0], y->dtype, out,
						   pow((double)synergy_load_int(e->src[0], a->dtype, ia),
						       synergy_load_real(e->src[1], b->dtype, ib)));
			else
				synergy_store_int(e->dst[0], y->dtype, out,
						  synergy_arith_int(e->node,
							synergy_load_int(e->src[0], a->dtype, ia),
							synergy_load_int(e->src[1], b->dtype, ib)));
		}
}

/* A slope for each channel is a vector along that axis. */
static void eval_prelu(const struct synergy_eval *e)
{
	const int axis = e->node->p.prelu.channel_axis;
	const struct synergy_tensor *y = e->out[0];
	struct synergy_tensor slope = *e->in[1];
	const struct synergy_tensor *in[2] = { e->in[0], &slope };
	struct synergy_eval as = *e;
	int d;

	if (axis >= 0 && slope.count > 1) {
		slope.rank = y->rank - axis;
		for (d = 1; d < slope.rank; d++)
			slope.dims[d] = 1;
	}
	as.in = in;
	eval_binary(&as);
}

static int64_t int_function(enum synergy_function f, int64_t v)
{
	switch (f) {
	case SYNERGY_FN_NEG:
		return (int64_t)(0 - (uint64_t)v);
	case SYNERGY_FN_ABS:
		return v < 0 ? (int64_t)(0 - (uint64_t)v) : v;
	case SYNERGY_FN_SIGN:
		return v > 0 ? 1 : v < 0 ? -1 : 0;
	case SYNERGY_FN_RELU:
		return v < 0 ? 0 : v;
	default:
		return v;
	}
}

static void eval_map(const struct synergy_eval *e, const struct synergy_map *map)
{
	const enum synergy_dtype from = e->in[0]->dtype, to = e->out[0]->dtype;
	int64_t i;

	for (i = 0; i < e->out[0]->count; i++)
		if (synergy_dtype_is_real(from))
			synergy_store_real(e->dst[0], to, i,
					   synergy_map_of(map, synergy_load_real(e->src[0], from, i)));
		else
			synergy_store_int(e->dst[0], to, i,
					  int_function(map->function,
						       synergy_load_int(e->src[0], from, i)));
}

/* Limits given as inputs (at run time) come before the parameters. */
static void eval_clip(const struct synergy_eval *e)
{
	const enum synergy_dtype type = e->in[0]->dtype;
	int64_t i, v, low = INT64_MIN, high = INT64_MAX;
	const struct synergy_clip_params *p = &e->node->p.clip;
	const void *limit[2] = { e->n_in > 1 ? e->src[1] : NULL, e->n_in > 2 ? e->src[2] : NULL };
	double min = limit[0] ? synergy_load_real(limit[0], type, 0) : (double)p->min;
	double max = limit[1] ? synergy_load_real(limit[1], type, 0) : (double)p->max, x;

	if (!synergy_dtype_is_real(type)) {
		low = limit[0] ? synergy_load_int(limit[0], type, 0) : synergy_real_to_s64(min);
		high = limit[1] ? synergy_load_int(limit[1], type, 0) : synergy_real_to_s64(max);
	}
	for (i = 0; i < e->out[0]->count; i++) {
		if (synergy_dtype_is_real(type)) {
			x = synergy_load_real(e->src[0], type, i);
			x = x < min ? min : x;
			synergy_store_real(e->dst[0], type, i, x > max ? max : x);
		} else {
			v = synergy_load_int(e->src[0], type, i);
			v = v < low ? low : v;
			synergy_store_int(e->dst[0], type, i, v > high ? high : v);
		}
	}
}

static double eltwise_real(enum synergy_eltwise_mode mode, double a, double b)
{
	switch (mode) {
	case SYNERGY_ELTWISE_PROD:
		return a * b;
	case SYNERGY_ELTWISE_MAX:
		return a > b || isnan(a) ? a : b;
	case SYNERGY_ELTWISE_MIN:
		return a < b || isnan(a) ? a : b;
	default:
		return a + b;
	}
}

static int64_t eltwise_int(enum synergy_eltwise_mode mode, int64_t a, int64_t b)
{
	switch (mode) {
	case SYNERGY_ELTWISE_PROD:
		return (int64_t)((uint64_t)a * (uint64_t)b);
	case SYNERGY_ELTWISE_MAX:
		return a > b ? a : b;
	case SYNERGY_ELTWISE_MIN:
		return a < b ? a : b;
	default:
		return (int64_t)((uint64_t)a + (uint64_t)b);
	}
}

/* Element by element over all inputs, so that an input may be the output. */
static void eval_eltwise(const struct synergy_eval *e)
{
	const struct synergy_eltwise_params *p = &e->node->p.eltwise;
	const struct synergy_tensor *y = e->out[0];
	const bool real = synergy_dtype_is_real(y->dtype);
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, i, from;
	int t, d;

	for (i = 0; i < y->count; i++) {
		double r = 0, x;
		int64_t v = 0, w;

		for (t = 0; t < e->n_in; t++) {
			int64_t stride[SYNERGY_MAX_RANK];

			synergy_strides_broadcast(e->in[t], y, stride);
			for (d = 0, from = 0; d < y->rank; d++)
				from += index[d] * stride[d];
			if (real) {
				x = synergy_load_real(e->src[t], y->dtype, from);
				if (p->coefficients && p->mode == SYNERGY_ELTWISE_SUM)
					x *= (double)p->coefficients[t];
				r = t ? eltwise_real(p->mode, r, x) : x;
			} else {
				w = synergy_load_int(e->src[t], y->dtype, from);
				v = t ? eltwise_int(p->mode, v, w) : w;
			}
		}
		if (real)
			synergy_store_real(e->dst[0], y->dtype, i,
					   p->mode == SYNERGY_ELTWISE_MEAN ? r / e->n_in : r);
		else
			synergy_store_int(e->dst[0], y->dtype, i,
					  p->mode == SYNERGY_ELTWISE_MEAN ? v / e->n_in : v);
		for (d = y->rank - 1; d >= 0 && ++index[d] == y->dims[d]; d--)
			index[d] = 0;
	}
}

static void eval_where(const struct synergy_eval *e)
{
	const struct synergy_tensor *y = e->out[0];
	const size_t size = synergy_dtype_size(y->dtype);
	struct synergy_nest n;
	struct synergy_nest_at at;
	int64_t i, k, rows, row;
	char *to = e->dst[0];

	synergy_nest_broadcast(&n, y, e->in, 3);
	rows = y->count ? synergy_nest_rows(&n) : 0;
	row = synergy_nest_row(&n);
	synergy_nest_seek(&n, 0, &at);
	for (k = 0; k < rows; k++, synergy_nest_next(&n, &at))
		for (i = 0; i < row; i++, to += size) {
			const int64_t c = at.offset[0] + i * n.stride[0][n.rank - 1];
			const int s = ((const uint8_t *)e->src[0])[c] ? 1 : 2;
			const int64_t from = at.offset[s] + i * n.stride[s][n.rank - 1];

			memcpy(to, (const char *)e->src[s] + (size_t)from * size, size);
		}
}

static void eval_not(const struct synergy_eval *e)
{
	int64_t i;

	for (i = 0; i < e->out[0]->count; i++)
		((uint8_t *)e->dst[0])[i] = !((const uint8_t *)e->src[0])[i];
}

static void eval_cast(const struct synergy_eval *e)
{
	const enum synergy_dtype from = e->in[0]->dtype, to = e->out[0]->dtype;
	int64_t i;

	if (from == to) {
		if (e->out[0]->bytes && e->dst[0] != e->src[0])
			memcpy(e->dst[0], e->src[0], e->out[0]->bytes);
		return;
	}
	for (i = 0; i < e->out[0]->count; i++)
		synergy_convert(e->src[0], from, e->dst[0], to, i);
}

/* start + i * delta, each exactly so and not by adding up. */
static void eval_range(const struct synergy_eval *e)
{
	const enum synergy_dtype type = e->out[0]->dtype;
	int64_t i;

	for (i = 0; i < e->out[0]->count; i++)
		if (synergy_dtype_is_real(type))
			synergy_store_real(e->dst[0], type, i, synergy_load_real(e->src[0], type, 0) +
					   (double)i * synergy_load_real(e->src[2], type, 0));
		else
			synergy_store_int(e->dst[0], type, i, synergy_load_int(e->src[0], type, 0) +
					  i * synergy_load_int(e->src[2], type, 0));
}

static bool eval_elements(const struct synergy_eval *e)
{
	struct synergy_map map;

	switch (e->node->kind) {
	case SYNERGY_OP_CLIP:
		eval_clip(e);
		return true;
	case SYNERGY_OP_PRELU:
		eval_prelu(e);
		return true;
	case SYNERGY_OP_ELTWISE:
		eval_eltwise(e);
		return true;
	case SYNERGY_OP_WHERE:
		eval_where(e);
		return true;
	case SYNERGY_OP_NOT:
		eval_not(e);
		return true;
	case SYNERGY_OP_CAST:
		eval_cast(e);
		return true;
	case SYNERGY_OP_RANGE:
		eval_range(e);
		return true;
	default:
		break;
	}
	if (synergy_op_is_binary(e->node->kind)) {
		eval_binary(e);
		return true;
	}
	if (!synergy_map_from_node(e->node, &map))
		return false;
	eval_map(e, &map);
	return true;
}

void synergy_eval(const struct synergy_eval *e)
{
	if (!eval_elements(e) && !synergy_eval_move(e) && !synergy_eval_index(e) &&
	    !synergy_eval_quantise(e) && !synergy_eval_einsum(e))
		synergy_eval_reduce(e);
}

/* --- what is supported ------------------------------------------------------------------ */

/* Functions that integers have, too. */
static bool has_int_function(const struct synergy_eval *e)
{
	struct synergy_map map;

	if (!synergy_map_from_node(e->node, &map))
		return false;
	switch (map.function) {
	case SYNERGY_FN_IDENTITY:
	case SYNERGY_FN_NEG:
	case SYNERGY_FN_ABS:
	case SYNERGY_FN_SIGN:
	case SYNERGY_FN_RELU:
	case SYNERGY_FN_FLOOR:
	case SYNERGY_FN_CEIL:
	case SYNERGY_FN_ROUND:
		return true;
	default:
		return false;
	}
}

bool synergy_eval_supports(const struct synergy_eval *e)
{
	const enum synergy_op_kind kind = e->node->kind;
	struct synergy_map map;

	switch (kind) {
	case SYNERGY_OP_CLIP:
	case SYNERGY_OP_ELTWISE:
	case SYNERGY_OP_WHERE:
	case SYNERGY_OP_NOT:
	case SYNERGY_OP_CAST:
	case SYNERGY_OP_RANGE:
	case SYNERGY_OP_CONCAT:
	case SYNERGY_OP_SPLIT:
	case SYNERGY_OP_SLICE:
	case SYNERGY_OP_PAD:
	case SYNERGY_OP_TRANSPOSE:
	case SYNERGY_OP_EXPAND:
	case SYNERGY_OP_TILE:
	case SYNERGY_OP_CONSTANT_OF_SHAPE:
	case SYNERGY_OP_GATHER:
	case SYNERGY_OP_GATHER_ELEMENTS:
	case SYNERGY_OP_GATHER_ND:
	case SYNERGY_OP_SCATTER_ND:
	case SYNERGY_OP_SCATTER_ELEMENTS:
	case SYNERGY_OP_ONE_HOT:
	case SYNERGY_OP_TRILU:
	case SYNERGY_OP_DEPTH_TO_SPACE:
	case SYNERGY_OP_SPACE_TO_DEPTH:
	case SYNERGY_OP_REDUCE:
	case SYNERGY_OP_ARG_REDUCE:
	case SYNERGY_OP_TOP_K:
	case SYNERGY_OP_CUM_SUM:
	case SYNERGY_OP_QUANTIZE:
	case SYNERGY_OP_DEQUANTIZE:
	case SYNERGY_OP_EINSUM:
	case SYNERGY_OP_DYNAMIC_QUANTIZE:
		return true;
	case SYNERGY_OP_PRELU:
		return synergy_dtype_is_real(e->in[0]->dtype);
	default:
		break;
	}
	if (synergy_op_is_binary(kind))
		return true;
	return synergy_map_from_node(e->node, &map) &&
	       (synergy_dtype_is_real(e->in[0]->dtype) || has_int_function(e));
}

static bool has_zero(const struct synergy_tensor *t, const void *data)
{
	int64_t i;

	for (i = 0; i < t->count; i++)
		if (!synergy_load_int(data, t->dtype, i))
			return true;
	return false;
}

static bool indices_fit(const struct synergy_tensor *indices, const void *data, int64_t size)
{
	int64_t i, at;

	for (i = 0; i < indices->count; i++) {
		at = synergy_load_int(data, indices->dtype, i);
		if (at < -size || at >= size)
			return false;
	}
	return true;
}

const char *synergy_eval_refusal(const struct synergy_eval *e)
{
	switch (e->node->kind) {
	case SYNERGY_OP_DIV:
	case SYNERGY_OP_MOD:
		return !synergy_dtype_is_real(e->in[1]->dtype) && has_zero(e->in[1], e->src[1]) ?
			       "divides an integer by zero" : NULL;
	case SYNERGY_OP_GATHER:
	case SYNERGY_OP_GATHER_ELEMENTS:
		return indices_fit(e->in[1], e->src[1], e->in[0]->dims[e->node->p.axis.axis]) ?
			       NULL : "has an index that is out of range";
	default:
		return NULL;
	}
}
