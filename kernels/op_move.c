// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators that only move elements, of any type: Concat, Split, Slice, Pad,
 * Transpose, Gather, Expand. All are one strided walk or a few memcpy.
 */
#include <string.h>

#include "kernels/op.h"

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

/* Output elements in order, read from `from` with the given element strides. */
static void strided_copy(const struct synergy_tensor *out, char *to, const char *from,
			 const int64_t *stride)
{
	const size_t size = synergy_dtype_size(out->dtype);
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, at = 0, i;

	for (i = 0; i < out->count; i++, to += size) {
		memcpy(to, from + at * (int64_t)size, size);
		synergy_advance(out, index, stride, &at);
	}
}

static void slice_run(const struct synergy_call *call)
{
	const struct synergy_slice_params *p = &call->node->p.slice;
	int64_t dense[SYNERGY_MAX_RANK], stride[SYNERGY_MAX_RANK], start = 0;
	int i;

	synergy_dense_strides(call->in[0], dense);
	for (i = 0; i < call->in[0]->rank; i++) {
		start += p->start[i] * dense[i];
		/* A step as large as the file likes is not taken where there is one element. */
		stride[i] = call->out[0]->dims[i] > 1 ? p->step[i] * dense[i] : 0;
	}
	if (call->out[0]->count)
		strided_copy(call->out[0], call->dst[0],
			     (const char *)call->src[0] +
				     start * (int64_t)synergy_dtype_size(call->in[0]->dtype),
			     stride);
}

static const struct synergy_kernel slice = {
	.method = "copy",
	.run = slice_run,
};

synergy_kernel_list synergy_slice_kernels = { &slice, NULL };

static void transpose_run(const struct synergy_call *call)
{
	const struct synergy_transpose_params *p = &call->node->p.transpose;
	int64_t dense[SYNERGY_MAX_RANK], stride[SYNERGY_MAX_RANK];
	int i;

	synergy_dense_strides(call->in[0], dense);
	for (i = 0; i < call->in[0]->rank; i++)
		stride[i] = dense[p->perm[i]];
	strided_copy(call->out[0], call->dst[0], call->src[0], stride);
}

static const struct synergy_kernel transpose = {
	.method = "copy",
	.run = transpose_run,
};

synergy_kernel_list synergy_transpose_kernels = { &transpose, NULL };

static void expand_run(const struct synergy_call *call)
{
	int64_t stride[SYNERGY_MAX_RANK];

	synergy_broadcast_strides(call->in[0], call->out[0], stride);
	strided_copy(call->out[0], call->dst[0], call->src[0], stride);
}

static const struct synergy_kernel expand = {
	.method = "copy",
	.run = expand_run,
};

synergy_kernel_list synergy_expand_kernels = { &expand, NULL };

/* Input 1 is the value; it is here where the result was too large to be folded. */
static void constant_of_shape_run(const struct synergy_call *call)
{
	const size_t size = synergy_dtype_size(call->out[0]->dtype);
	char *to = call->dst[0];
	int64_t i;

	for (i = 0; i < call->out[0]->count; i++, to += size)
		memcpy(to, call->src[1], size);
}

static const struct synergy_kernel constant_of_shape = {
	.method = "copy",
	.run = constant_of_shape_run,
};

synergy_kernel_list synergy_constant_of_shape_kernels = { &constant_of_shape, NULL };

/* Where a padded coordinate comes from; -1: it is the constant. */
static int64_t pad_source(enum synergy_pad_mode mode, int64_t i, int64_t size)
{
	if (i >= 0 && i < size)
		return i;
	if (mode == SYNERGY_PAD_CONSTANT || !size)
		return -1;
	if (mode == SYNERGY_PAD_EDGE)
		return i < 0 ? 0 : size - 1;
	if (size == 1)
		return 0;
	i %= 2 * (size - 1);
	if (i < 0)
		i += 2 * (size - 1);
	return i < size ? i : 2 * (size - 1) - i;
}

static void pad_run(const struct synergy_call *call)
{
	const struct synergy_pad_params *p = &call->node->p.pad;
	const struct synergy_tensor *x = call->in[0], *y = call->out[0];
	const size_t size = synergy_dtype_size(y->dtype);
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, dense[SYNERGY_MAX_RANK];
	int64_t out_dense[SYNERGY_MAX_RANK], unused = 0, i;
	char fill[sizeof(double)] = { 0 }, *to = call->dst[0];
	int d;

	if (y->dtype == SYNERGY_F32)
		memcpy(fill, &p->value, sizeof(p->value));
	synergy_dense_strides(x, dense);
	synergy_dense_strides(y, out_dense);
	for (i = 0; i < y->count; i++, to += size) {
		const char *from = call->src[0];

		for (d = 0; d < y->rank && from; d++) {
			int64_t s = pad_source(p->mode, index[d] - p->begin[d], x->dims[d]);

			from = s < 0 ? NULL : from + s * dense[d] * (int64_t)size;
		}
		memcpy(to, from ? from : fill, size);
		synergy_advance(y, index, out_dense, &unused);
	}
}

static bool pad_supports(const struct synergy_call *call)
{
	return call->in[0]->dtype == SYNERGY_F32 || call->node->p.pad.value == 0;
}

static const struct synergy_kernel pad = {
	.method = "copy",
	.supports = pad_supports,
	.run = pad_run,
};

synergy_kernel_list synergy_pad_kernels = { &pad, NULL };

/* An index out of range (data, so it cannot be refused earlier) reads as zeros. */
static void gather_run(const struct synergy_call *call)
{
	const struct synergy_tensor *x = call->in[0], *indices = call->in[1];
	const int axis = call->node->p.axis.axis;
	const int64_t outer = synergy_dims_product(x, 0, axis);
	const size_t inner = inner_bytes(x, axis + 1);
	char *to = call->dst[0];
	int64_t o, i;

	for (o = 0; o < outer; o++)
		for (i = 0; i < indices->count; i++, to += inner) {
			int64_t at = indices->dtype == SYNERGY_I64 ?
					     ((const int64_t *)call->src[1])[i] :
					     ((const int32_t *)call->src[1])[i];

			if (at < 0)
				at += x->dims[axis];
			if (at < 0 || at >= x->dims[axis])
				memset(to, 0, inner);
			else
				memcpy(to,
				       (const char *)call->src[0] +
					       (o * x->dims[axis] + at) * (int64_t)inner,
				       inner);
		}
}

static bool gather_supports(const struct synergy_call *call)
{
	return call->in[1]->dtype == SYNERGY_I64 || call->in[1]->dtype == SYNERGY_I32;
}

static const struct synergy_kernel gather = {
	.method = "copy",
	.supports = gather_supports,
	.run = gather_run,
};

synergy_kernel_list synergy_gather_kernels = { &gather, NULL };
