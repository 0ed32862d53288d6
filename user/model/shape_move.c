// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shapes of what moves or reduces data: concatenation, splitting, slicing,
 * padding, transposition, reduction, reshaping.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "model/shape.h"

int synergy_shape_concat(struct synergy_graph *graph, struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *first = synergy_node_input(graph, node, 0), *t;
	int64_t dims[SYNERGY_MAX_RANK];
	int i, d, *axis = &node->p.axis.axis;

	if (synergy_resolve_axis(graph, node, axis, first->rank, false, err))
		return -1;
	memcpy(dims, first->dims, sizeof(dims));
	for (i = 1; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (t->rank != first->rank || t->dtype != first->dtype)
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.80s' is %s of rank %d, '%.80s' %s of rank %d",
						  t->name, synergy_dtype_name(t->dtype), t->rank,
						  first->name, synergy_dtype_name(first->dtype),
						  first->rank);
		for (d = 0; d < first->rank; d++)
			if (d != *axis && t->dims[d] != first->dims[d])
				return synergy_node_error(graph, node, err, EINVAL,
							  "input '%.100s': dimension %d is %lld, others have %lld",
							  t->name, d, (long long)t->dims[d],
							  (long long)first->dims[d]);
		dims[*axis] += t->dims[*axis];
	}
	return synergy_set_output(graph, node, 0, first->dtype, first->rank, dims, err);
}

/* Sizes as given; without any, equal parts (the last smaller from opset 18 on). */
int synergy_shape_split(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t sizes[SYNERGY_MAX_NODE_IO], dims[SYNERGY_MAX_RANK], left, part;
	int *axis = &node->p.axis.axis;
	int i, n;
	bool given;

	if (synergy_resolve_axis(graph, node, axis, x->rank, false, err))
		return -1;
	n = synergy_constant_ints(graph, node, 1, sizes, SYNERGY_MAX_NODE_IO, &given, err);
	if (n < 0)
		return -1;
	if (given && n != node->n_outputs)
		return synergy_node_error(graph, node, err, EINVAL, "%d sizes for %d outputs", n,
					  node->n_outputs);
	left = x->dims[*axis];
	part = (left + node->n_outputs - 1) / node->n_outputs;
	if (!given && node->opset < 18 && left % node->n_outputs)
		return synergy_node_error(graph, node, err, EINVAL,
					  "%lld does not split into %d equal parts",
					  (long long)left, node->n_outputs);
	memcpy(dims, x->dims, sizeof(dims));
	for (i = 0; i < node->n_outputs; i++) {
		dims[*axis] = given ? sizes[i] : part < left ? part : left;
		if (dims[*axis] < 0 || dims[*axis] > left)
			break;
		left -= dims[*axis];
		if (synergy_set_output(graph, node, i, x->dtype, x->rank, dims, err))
			return -1;
	}
	if (i < node->n_outputs || left)
		return synergy_node_error(graph, node, err, EINVAL,
					  "sizes do not add up to %lld on axis %d",
					  (long long)x->dims[*axis], *axis);
	return 0;
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* One axis of ONNX's Slice: numpy's rules, out-of-range ends clamped. */
static int slice_axis(const struct synergy_graph *graph, const struct synergy_node *node,
		      int64_t size, int64_t *start, int64_t end, int64_t step, int64_t *out,
		      struct synergy_error *err)
{
	if (step == 0 || step == INT64_MIN)
		return synergy_node_error(graph, node, err, EINVAL, "step is %lld",
					  (long long)step);
	if (*start < 0)
		*start = *start < -size ? -1 : *start + size;
	if (end < 0)
		end = end < -size ? -1 : end + size;
	if (step > 0) {
		*start = clamp(*start, 0, size);
		end = clamp(end, 0, size);
		*out = end > *start ? (end - *start - 1) / step + 1 : 0;
	} else {
		*start = clamp(*start, size ? 0 : -1, size - 1);
		end = clamp(end, -1, size - 1);
		*out = *start > end ? (*start - end - 1) / -step + 1 : 0;
	}
	return 0;
}

int synergy_shape_slice(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t v[4][SYNERGY_MAX_RANK], dims[SYNERGY_MAX_RANK];
	struct synergy_slice_params *p = &node->p.slice;
	bool given[4], seen[SYNERGY_MAX_RANK] = { false };
	int n[4], i, d, axis;

	for (i = 0; i < 4; i++) {
		n[i] = synergy_constant_ints(graph, node, 1 + i, v[i], SYNERGY_MAX_RANK, &given[i],
					     err);
		if (n[i] < 0)
			return -1;
	}
	if (!given[0] || !given[1])
		return synergy_node_error(graph, node, err, EINVAL, "needs starts and ends");
	if (n[0] > x->rank || n[1] != n[0] || (given[2] && n[2] != n[0]) ||
	    (given[3] && n[3] != n[0]))
		return synergy_node_error(graph, node, err, EINVAL,
					  "starts, ends, axes and steps have %d, %d, %d and %d values",
					  n[0], n[1], n[2], n[3]);
	memcpy(dims, x->dims, sizeof(dims));
	for (d = 0; d < x->rank; d++) {
		p->start[d] = 0;
		p->step[d] = 1;
	}
	for (i = 0; i < n[0]; i++) {
		axis = given[2] ? (int)clamp(v[2][i], INT_MIN, INT_MAX) : i;
		if (synergy_resolve_axis(graph, node, &axis, x->rank, false, err))
			return -1;
		if (seen[axis])
			return synergy_node_error(graph, node, err, EINVAL, "axis %d is given twice",
						  axis);
		seen[axis] = true;
		p->start[axis] = v[0][i];
		p->step[axis] = given[3] ? v[3][i] : 1;
		if (slice_axis(graph, node, x->dims[axis], &p->start[axis], v[1][i], p->step[axis],
			       &dims[axis], err))
			return -1;
	}
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

/*
 * Inputs (opset 11 on) override what the reader took from attributes. With
 * axes (opset 18) pads are for these axes only.
 */
static int pad_inputs(const struct synergy_graph *graph, struct synergy_node *node,
		      const struct synergy_tensor *x, struct synergy_error *err)
{
	const struct synergy_tensor *value = synergy_node_input(graph, node, 2);
	int64_t pads[2 * SYNERGY_MAX_RANK], axes[SYNERGY_MAX_RANK];
	struct synergy_pad_params *p = &node->p.pad;
	bool given, with_axes;
	int n, n_axes, i, axis;

	n = synergy_constant_ints(graph, node, 1, pads, 2 * SYNERGY_MAX_RANK, &given, err);
	if (n < 0 || !given)
		return n;
	n_axes = synergy_constant_ints(graph, node, 3, axes, SYNERGY_MAX_RANK, &with_axes, err);
	if (n_axes < 0)
		return -1;
	if (!with_axes)
		n_axes = x->rank;
	if (n != 2 * n_axes)
		return synergy_node_error(graph, node, err, EINVAL, "%d pads, needs %d", n,
					  2 * n_axes);
	memset(p->begin, 0, sizeof(p->begin));
	memset(p->end, 0, sizeof(p->end));
	for (i = 0; i < n_axes; i++) {
		axis = with_axes ? (int)clamp(axes[i], INT_MIN, INT_MAX) : i;
		if (synergy_resolve_axis(graph, node, &axis, x->rank, false, err))
			return -1;
		p->begin[axis] = pads[i];
		p->end[axis] = pads[n_axes + i];
	}
	if (!value)
		return 0;
	if (!value->is_const || !value->data || value->count != 1 || value->dtype != x->dtype)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "value '%.100s' must be a constant of the input's type",
					  value->name);
	if (value->dtype == SYNERGY_F32)
		p->value = *(const float *)value->data;
	else if (value->dtype == SYNERGY_F64)
		p->value = (float)*(const double *)value->data;
	return 0;
}

int synergy_shape_pad(struct synergy_graph *graph, struct synergy_node *node,
		      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_pad_params *p = &node->p.pad;
	int64_t dims[SYNERGY_MAX_RANK], most;
	int d;

	if (x->dtype != SYNERGY_F32 && x->dtype != SYNERGY_F64)
		return synergy_require_float(graph, node, err);
	if (pad_inputs(graph, node, x, err))
		return -1;
	for (d = 0; d < x->rank; d++) {
		most = p->mode == SYNERGY_PAD_REFLECT ? x->dims[d] - 1 : SYNERGY_MAX_ELEMENTS;
		if (p->begin[d] > most || p->end[d] > most || p->begin[d] < -x->dims[d] ||
		    p->end[d] < -x->dims[d] || x->dims[d] + p->begin[d] + p->end[d] < 0 ||
		    (p->mode == SYNERGY_PAD_EDGE && !x->dims[d] && (p->begin[d] || p->end[d])))
			return synergy_node_error(graph, node, err, EINVAL,
						  "pads %lld and %lld of dimension %d do not fit its size %lld",
						  (long long)p->begin[d], (long long)p->end[d], d,
						  (long long)x->dims[d]);
		dims[d] = x->dims[d] + p->begin[d] + p->end[d];
	}
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

int synergy_shape_transpose(struct synergy_graph *graph, struct synergy_node *node,
			    struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int *perm = node->p.transpose.perm;
	int64_t dims[SYNERGY_MAX_RANK];
	unsigned int seen = 0;
	int d;

	/* The reader leaves perm[0] = -1 when the file gives none: reversed. */
	if (x->rank && perm[0] < 0)
		for (d = 0; d < x->rank; d++)
			perm[d] = x->rank - 1 - d;
	for (d = 0; d < x->rank; d++) {
		if (perm[d] < 0 || perm[d] >= x->rank || seen & 1u << perm[d])
			return synergy_node_error(graph, node, err, EINVAL,
						  "perm is no permutation of rank %d (entry %d is %d)",
						  x->rank, d, perm[d]);
		seen |= 1u << perm[d];
		dims[d] = x->dims[perm[d]];
	}
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

int synergy_shape_reduce(struct synergy_graph *graph, struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_reduce_params *p = &node->p.reduce;
	int64_t axes[SYNERGY_MAX_RANK], dims[SYNERGY_MAX_RANK];
	int n, i, d, axis, rank = 0;
	bool given;

	n = synergy_constant_ints(graph, node, 1, axes, SYNERGY_MAX_RANK, &given, err);
	if (n < 0)
		return -1;
	if (given && n > 0) {
		memset(p->axis, 0, sizeof(p->axis));
		for (i = 0; i < n; i++) {
			axis = (int)clamp(axes[i], INT_MIN, INT_MAX);
			if (synergy_resolve_axis(graph, node, &axis, x->rank, false, err))
				return -1;
			p->axis[axis] = true;
		}
	}
	for (d = 0; d < x->rank; d++) {
		if (!p->axis[d])
			dims[rank++] = x->dims[d];
		else if (p->keep_dims)
			dims[rank++] = 1;
	}
	return synergy_set_output(graph, node, 0, x->dtype, rank, dims, err);
}

int synergy_shape_gather(struct synergy_graph *graph, struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *indices = synergy_node_input(graph, node, 1);
	int64_t dims[2 * SYNERGY_MAX_RANK];
	int *axis = &node->p.axis.axis;
	int d, rank = 0;

	if (synergy_resolve_axis(graph, node, axis, x->rank, false, err))
		return -1;
	if (indices->dtype != SYNERGY_I64 && indices->dtype != SYNERGY_I32)
		return synergy_node_error(graph, node, err, EINVAL,
					  "indices '%.100s' are %s, must be i64 or i32",
					  indices->name, synergy_dtype_name(indices->dtype));
	for (d = 0; d < *axis; d++)
		dims[rank++] = x->dims[d];
	for (d = 0; d < indices->rank; d++)
		dims[rank++] = indices->dims[d];
	for (d = *axis + 1; d < x->rank; d++)
		dims[rank++] = x->dims[d];
	return synergy_set_output(graph, node, 0, x->dtype, rank, dims, err);
}

int synergy_shape_expand(struct synergy_graph *graph, struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_tensor want = { .name = "shape" };
	int64_t dims[SYNERGY_MAX_RANK];
	int rank = x->rank, d;
	bool given;

	want.rank = synergy_constant_ints(graph, node, 1, want.dims, SYNERGY_MAX_RANK, &given, err);
	if (want.rank < 0)
		return -1;
	for (d = 0; d < want.rank; d++)
		if (want.dims[d] < 0)
			return synergy_node_error(graph, node, err, EINVAL,
						  "shape[%d] is %lld, must not be negative", d,
						  (long long)want.dims[d]);
	memcpy(dims, x->dims, sizeof(dims));
	if (synergy_broadcast_dims(graph, node, &rank, dims, &want, err))
		return -1;
	return synergy_set_output(graph, node, 0, x->dtype, rank, dims, err);
}
