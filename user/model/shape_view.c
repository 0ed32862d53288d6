// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shapes of what leaves the data alone (Flatten, Reshape, Squeeze, Unsqueeze)
 * and of what only serves shape arithmetic (Constant, ConstantOfShape, Shape).
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "model/shape.h"

int synergy_shape_flatten(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t dims[2] = { 1, 1 };
	int d;

	if (synergy_resolve_axis(graph, node, &node->p.axis.axis, x->rank, true, err))
		return -1;
	for (d = 0; d < x->rank; d++)
		if (!synergy_mul_s64(dims[d >= node->p.axis.axis], x->dims[d],
				     &dims[d >= node->p.axis.axis]))
			return synergy_node_error(graph, node, err, EFBIG, "shape overflows");
	return synergy_set_output(graph, node, 0, x->dtype, 2, dims, err);
}

static int reshape_error(const struct synergy_graph *graph, const struct synergy_node *node,
			 const struct synergy_tensor *x, const int64_t *want, int n,
			 struct synergy_error *err)
{
	struct synergy_tensor t = { .rank = n };
	char from[128], to[128];

	memcpy(t.dims, want, sizeof(*want) * (size_t)n);
	return synergy_node_error(graph, node, err, EINVAL, "%s cannot be reshaped to %s",
				  synergy_tensor_shape(x, from, sizeof(from)),
				  synergy_tensor_shape(&t, to, sizeof(to)));
}

/*
 * 0 copies the input's size (unless allowzero, kept in .axis.axis by the ONNX
 * reader), -1 takes what is left.
 */
int synergy_shape_reshape(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t want[SYNERGY_MAX_RANK], dims[SYNERGY_MAX_RANK], known = 1;
	int n, d, open = -1;
	bool given;

	n = synergy_constant_ints(graph, node, 1, want, SYNERGY_MAX_RANK, &given, err);
	if (n < 0)
		return -1;
	for (d = 0; d < n; d++) {
		dims[d] = want[d];
		if (want[d] == 0 && !node->p.axis.axis) {
			if (d >= x->rank)
				return reshape_error(graph, node, x, want, n, err);
			dims[d] = x->dims[d];
		} else if (want[d] == -1) {
			if (open >= 0)
				return reshape_error(graph, node, x, want, n, err);
			open = d;
			continue;
		}
		if (dims[d] < 0 || !synergy_mul_s64(known, dims[d], &known))
			return reshape_error(graph, node, x, want, n, err);
	}
	if (open >= 0) {
		if (known == 0 ? x->count != 0 : x->count % known != 0)
			return reshape_error(graph, node, x, want, n, err);
		dims[open] = known ? x->count / known : 0;
		known *= dims[open];
	}
	if (known != x->count)
		return reshape_error(graph, node, x, want, n, err);
	return synergy_set_output(graph, node, 0, x->dtype, n, dims, err);
}

int synergy_shape_squeeze(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t axes[SYNERGY_MAX_RANK], dims[SYNERGY_MAX_RANK];
	bool drop[SYNERGY_MAX_RANK] = { false }, given;
	int n, i, d, axis, rank = 0;

	n = synergy_constant_ints(graph, node, 1, axes, SYNERGY_MAX_RANK, &given, err);
	if (n < 0)
		return -1;
	for (d = 0; d < x->rank && !given; d++)
		drop[d] = x->dims[d] == 1;
	for (i = 0; i < n; i++) {
		axis = axes[i] < INT_MIN || axes[i] > INT_MAX ? INT_MAX : (int)axes[i];
		if (synergy_resolve_axis(graph, node, &axis, x->rank, false, err))
			return -1;
		if (x->dims[axis] != 1)
			return synergy_node_error(graph, node, err, EINVAL,
						  "axis %d has size %lld, must be 1", axis,
						  (long long)x->dims[axis]);
		drop[axis] = true;
	}
	for (d = 0; d < x->rank; d++)
		if (!drop[d])
			dims[rank++] = x->dims[d];
	return synergy_set_output(graph, node, 0, x->dtype, rank, dims, err);
}

int synergy_shape_unsqueeze(struct synergy_graph *graph, struct synergy_node *node,
			    struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t axes[SYNERGY_MAX_RANK], dims[SYNERGY_MAX_RANK];
	bool added[SYNERGY_MAX_RANK] = { false }, given;
	int n, i, d, axis, from = 0, rank;

	n = synergy_constant_ints(graph, node, 1, axes, SYNERGY_MAX_RANK, &given, err);
	if (n < 0)
		return -1;
	rank = x->rank + n;
	if (rank > SYNERGY_MAX_RANK)
		return synergy_node_error(graph, node, err, EFBIG, "output rank %d, limit %d", rank,
					  SYNERGY_MAX_RANK);
	for (i = 0; i < n; i++) {
		axis = axes[i] < INT_MIN || axes[i] > INT_MAX ? INT_MAX : (int)axes[i];
		if (synergy_resolve_axis(graph, node, &axis, rank, false, err))
			return -1;
		if (added[axis])
			return synergy_node_error(graph, node, err, EINVAL, "axis %d is given twice",
						  axis);
		added[axis] = true;
	}
	for (d = 0; d < rank; d++)
		dims[d] = added[d] ? 1 : x->dims[from++];
	return synergy_set_output(graph, node, 0, x->dtype, rank, dims, err);
}

/* The reader has set the output's data; there is nothing to infer. */
int synergy_shape_constant(struct synergy_graph *graph, struct synergy_node *node,
			   struct synergy_error *err)
{
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);

	if (!y->is_const)
		return synergy_node_error(graph, node, err, EINVAL, "has no value");
	return 0;
}

int synergy_shape_constant_of_shape(struct synergy_graph *graph, struct synergy_node *node,
				    struct synergy_error *err)
{
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);
	int64_t dims[SYNERGY_MAX_RANK];
	bool given;
	int n;

	n = synergy_constant_ints(graph, node, 0, dims, SYNERGY_MAX_RANK, &given, err);
	if (n < 0)
		return -1;
	return synergy_set_output(graph, node, 0, y->dtype, n, dims, err);
}

/* start and end (opset 15) are kept in .slice by the reader. */
int synergy_shape_shape(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_slice_params *p = &node->p.slice;
	int64_t n;
	int i;

	if (node->kind == SYNERGY_OP_SIZE)
		return synergy_set_output(graph, node, 0, SYNERGY_I64, 0, NULL, err);
	for (i = 0; i < 2; i++) {
		int64_t *v = i ? &p->step[0] : &p->start[0];

		if (*v < 0)
			*v = *v < -x->rank ? 0 : *v + x->rank;
		if (*v > x->rank)
			*v = x->rank;
	}
	n = p->step[0] > p->start[0] ? p->step[0] - p->start[0] : 0;
	return synergy_set_output(graph, node, 0, SYNERGY_I64, 1, &n, err);
}
