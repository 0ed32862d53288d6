// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Evaluation of what looks at many elements for one: reductions, extremes, running sums;
 * see eval.h.
 */
#include <math.h>
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

/* --- Reduce --------------------------------------------------------------------------------- */

static double begin_of(enum synergy_reduce_mode mode)
{
	switch (mode) {
	case SYNERGY_REDUCE_MAX:
	case SYNERGY_REDUCE_LOG_SUM_EXP:
		return -INFINITY;
	case SYNERGY_REDUCE_MIN:
		return INFINITY;
	case SYNERGY_REDUCE_PROD:
		return 1;
	default:
		return 0;
	}
}

static double take_real(enum synergy_reduce_mode mode, double v, double x)
{
	switch (mode) {
	case SYNERGY_REDUCE_MAX:
		return x > v || isnan(x) ? x : v;
	case SYNERGY_REDUCE_MIN:
		return x < v || isnan(x) ? x : v;
	case SYNERGY_REDUCE_PROD:
		return v * x;
	case SYNERGY_REDUCE_SUM_SQUARE:
	case SYNERGY_REDUCE_L2:
		return v + x * x;
	case SYNERGY_REDUCE_ABS_SUM:
		return v + fabs(x);
	case SYNERGY_REDUCE_LOG_SUM_EXP:
		/* log(e^v + e^x) from the larger one, so that nothing overflows */
		return isinf(v) && v < 0 ? x : x > v ? x + log1p(exp(v - x)) :
						       v + log1p(exp(x - v));
	default:
		return v + x;
	}
}

static double finish_real(const struct synergy_reduce_params *p, double v, int64_t count)
{
	if (p->mode == SYNERGY_REDUCE_MEAN)
		v /= (double)count;
	else if (p->mode == SYNERGY_REDUCE_L2)
		v = sqrt(v);
	else if (p->mode == SYNERGY_REDUCE_LOG_SUM)
		v = log(v);
	return v * (double)p->scale;
}

static int64_t int_begin_of(enum synergy_reduce_mode mode)
{
	return mode == SYNERGY_REDUCE_MAX ? INT64_MIN : mode == SYNERGY_REDUCE_MIN ? INT64_MAX :
	       mode == SYNERGY_REDUCE_PROD;
}

static int64_t take_int(enum synergy_reduce_mode mode, int64_t v, int64_t x)
{
	switch (mode) {
	case SYNERGY_REDUCE_MAX:
		return x > v ? x : v;
	case SYNERGY_REDUCE_MIN:
		return x < v ? x : v;
	case SYNERGY_REDUCE_PROD:
		return (int64_t)((uint64_t)v * (uint64_t)x);
	case SYNERGY_REDUCE_SUM_SQUARE:
	case SYNERGY_REDUCE_L2:
		return (int64_t)((uint64_t)v + (uint64_t)x * (uint64_t)x);
	case SYNERGY_REDUCE_ABS_SUM:
		return (int64_t)((uint64_t)v + (x < 0 ? 0 - (uint64_t)x : (uint64_t)x));
	default:
		return (int64_t)((uint64_t)v + (uint64_t)x);
	}
}

/* The kept dimensions and the reduced ones, each with X's strides. */
static void split_axes(const struct synergy_eval *e, struct synergy_nest *kept,
		       struct synergy_nest *gone)
{
	const struct synergy_tensor *x = e->in[0];
	int64_t dense[SYNERGY_MAX_RANK];
	int d;

	*kept = *gone = (struct synergy_nest){ .operands = 1 };
	synergy_strides(x->dims, x->rank, dense);
	for (d = 0; d < x->rank; d++) {
		struct synergy_nest *n = e->node->p.reduce.axis[d] ? gone : kept;

		n->dims[n->rank] = x->dims[d];
		n->stride[0][n->rank++] = dense[d];
	}
	synergy_nest_collapse(kept);
	synergy_nest_collapse(gone);
}

/* One output: everything of `gone` from element `from` on. */
static void reduce_one(const struct synergy_eval *e, const struct synergy_nest *gone, int64_t from,
		       int64_t out)
{
	const struct synergy_reduce_params *p = &e->node->p.reduce;
	const enum synergy_dtype type = e->in[0]->dtype;
	const bool real = synergy_dtype_is_real(type);
	const int64_t rows = synergy_nest_rows(gone), row = synergy_nest_row(gone);
	const int64_t step = gone->stride[0][gone->rank - 1], count = rows * row;
	int64_t whole = int_begin_of(p->mode), i, k;
	double v = begin_of(p->mode);
	struct synergy_nest_at at;

	synergy_nest_seek(gone, 0, &at);
	for (k = 0; k < rows && row; k++, synergy_nest_next(gone, &at))
		for (i = 0; i < row; i++) {
			const int64_t a = from + at.offset[0] + i * step;

			if (real)
				v = take_real(p->mode, v, synergy_load_real(e->src[0], type, a));
			else
				whole = take_int(p->mode, whole, synergy_load_int(e->src[0], type, a));
		}
	if (real)
		synergy_store_real(e->dst[0], type, out, finish_real(p, v, count));
	else if (p->mode == SYNERGY_REDUCE_MEAN)
		synergy_store_int(e->dst[0], type, out, count ? whole / count : 0);
	else if (p->mode == SYNERGY_REDUCE_L2 || p->mode == SYNERGY_REDUCE_LOG_SUM)
		synergy_store_real(e->dst[0], type, out, finish_real(p, (double)whole, count));
	else
		synergy_store_int(e->dst[0], type, out, whole);
}

static void eval_reduce(const struct synergy_eval *e)
{
	struct synergy_nest kept, gone;
	struct synergy_nest_at at;
	int64_t rows, row, i, k, out = 0;

	split_axes(e, &kept, &gone);
	rows = e->out[0]->count ? synergy_nest_rows(&kept) : 0;
	row = synergy_nest_row(&kept);
	synergy_nest_seek(&kept, 0, &at);
	for (k = 0; k < rows; k++, synergy_nest_next(&kept, &at))
		for (i = 0; i < row; i++)
			reduce_one(e, &gone, at.offset[0] + i * kept.stride[0][kept.rank - 1], out++);
}

/* --- along one axis ----------------------------------------------------------------------------- */

/* X as [outer][size][inner] around an axis. */
struct columns {
	int64_t outer, size, inner;
};

static struct columns around(const struct synergy_tensor *x, int axis)
{
	return (struct columns){ product(x->dims, 0, axis), x->dims[axis],
				 product(x->dims, axis + 1, x->rank) };
}

/* a before b in the order wanted; where NaN is one, it comes first as numpy's maximum does. */
static bool is_before(const struct synergy_eval *e, int64_t a, int64_t b, bool smallest)
{
	const enum synergy_dtype type = e->in[0]->dtype;

	if (synergy_dtype_is_real(type)) {
		const double x = synergy_load_real(e->src[0], type, a);
		const double y = synergy_load_real(e->src[0], type, b);

		if (isnan(x) || isnan(y))
			return isnan(x) && !isnan(y);
		return smallest ? x < y : x > y;
	}
	if (smallest)
		return synergy_load_int(e->src[0], type, a) < synergy_load_int(e->src[0], type, b);
	return synergy_load_int(e->src[0], type, a) > synergy_load_int(e->src[0], type, b);
}

static void eval_arg(const struct synergy_eval *e)
{
	const struct synergy_arg_params *p = &e->node->p.arg;
	const struct columns c = around(e->in[0], p->axis);
	int64_t o, i, k, at, base, *out = e->dst[0];

	for (o = 0; o < c.outer; o++)
		for (i = 0; i < c.inner; i++) {
			base = o * c.size * c.inner + i;
			for (k = 1, at = 0; k < c.size; k++)
				if (is_before(e, base + k * c.inner, base + at * c.inner, p->min) ||
				    (p->last && !is_before(e, base + at * c.inner,
							   base + k * c.inner, p->min)))
					at = k;
			*out++ = at;
		}
}

/* Sorted by insertion: k is small beside the axis in every network. */
static void eval_top_k(const struct synergy_eval *e)
{
	const struct synergy_top_k_params *p = &e->node->p.top_k;
	const struct columns c = around(e->in[0], p->axis);
	const size_t size = synergy_dtype_size(e->in[0]->dtype);
	const int64_t most = e->out[0]->dims[p->axis];
	int64_t o, i, k, n, at, base, *best = e->dst[1];
	char *values = e->dst[0];

	for (o = 0; o < c.outer && most; o++)
		for (i = 0; i < c.inner; i++) {
			int64_t *to = best + o * most * c.inner + i;

			base = o * c.size * c.inner + i;
			for (k = 0, n = 0; k < c.size; k++) {
				for (at = n; at > 0 && is_before(e, base + k * c.inner,
						base + to[(at - 1) * c.inner] * c.inner, p->smallest); at--)
					if (at < most)
						to[at * c.inner] = to[(at - 1) * c.inner];
				if (at < most)
					to[at * c.inner] = k;
				n += n < most;
			}
			for (k = 0; k < most && values; k++)
				memcpy(values + (size_t)((o * most + k) * c.inner + i) * size,
				       (const char *)e->src[0] +
					       (size_t)(base + to[k * c.inner] * c.inner) * size, size);
		}
}

static void eval_cum_sum(const struct synergy_eval *e)
{
	const struct synergy_cum_sum_params *p = &e->node->p.cum_sum;
	const struct columns c = around(e->in[0], p->axis);
	const enum synergy_dtype type = e->in[0]->dtype;
	const bool real = synergy_dtype_is_real(type);
	int64_t o, i, k, at;

	for (o = 0; o < c.outer; o++)
		for (i = 0; i < c.inner; i++) {
			double sum = 0;
			int64_t whole = 0;

			for (k = 0; k < c.size; k++) {
				const double before = sum;
				const int64_t whole_before = whole;

				at = (o * c.size + (p->reverse ? c.size - 1 - k : k)) * c.inner + i;
				if (real) {
					sum += synergy_load_real(e->src[0], type, at);
					synergy_store_real(e->dst[0], type, at, p->exclusive ? before : sum);
				} else {
					whole = (int64_t)((uint64_t)whole +
						(uint64_t)synergy_load_int(e->src[0], type, at));
					synergy_store_int(e->dst[0], type, at,
							  p->exclusive ? whole_before : whole);
				}
			}
		}
}

bool synergy_eval_reduce(const struct synergy_eval *e)
{
	switch (e->node->kind) {
	case SYNERGY_OP_REDUCE:
		eval_reduce(e);
		return true;
	case SYNERGY_OP_ARG_REDUCE:
		eval_arg(e);
		return true;
	case SYNERGY_OP_TOP_K:
		eval_top_k(e);
		return true;
	case SYNERGY_OP_CUM_SUM:
		eval_cum_sum(e);
		return true;
	default:
		return false;
	}
}
