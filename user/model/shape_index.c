// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shapes of what selects, compares, orders or repeats: Where, comparisons, ArgMax, TopK,
 * CumSum, Tile, Range, OneHot, Trilu, GatherElements, GatherND, ScatterND,
 * ScatterElements, DepthToSpace and its inverse.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "model/number.h"
#include "model/shape.h"

static int type_error(const struct synergy_graph *graph, const struct synergy_node *node,
		      const struct synergy_tensor *t, const char *must, struct synergy_error *err)
{
	return synergy_node_error(graph, node, err, EINVAL, "input '%.100s' is %s, must be %s",
				  t->name, synergy_dtype_name(t->dtype), must);
}

int synergy_shape_compare(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *a = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *b = synergy_node_input(graph, node, 1);
	const bool logic = node->kind == SYNERGY_OP_AND || node->kind == SYNERGY_OP_OR ||
			   node->kind == SYNERGY_OP_XOR;
	int64_t dims[SYNERGY_MAX_RANK];
	int rank = a->rank;

	if (logic && a->dtype != SYNERGY_BOOL)
		return type_error(graph, node, a, "bool", err);
	if (b->dtype != a->dtype)
		return type_error(graph, node, b, synergy_dtype_name(a->dtype), err);
	memcpy(dims, a->dims, sizeof(dims));
	if (synergy_broadcast_dims(graph, node, &rank, dims, b, err))
		return -1;
	return synergy_set_output(graph, node, 0, SYNERGY_BOOL, rank, dims, err);
}

int synergy_shape_not(struct synergy_graph *graph, struct synergy_node *node,
		      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);

	if (x->dtype != SYNERGY_BOOL)
		return type_error(graph, node, x, "bool", err);
	return synergy_set_output_like(graph, node, 0, x, err);
}

int synergy_shape_where(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *c = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *x = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *y = synergy_node_input(graph, node, 2);
	int64_t dims[SYNERGY_MAX_RANK];
	int rank = c->rank;

	if (c->dtype != SYNERGY_BOOL)
		return type_error(graph, node, c, "bool", err);
	if (y->dtype != x->dtype)
		return type_error(graph, node, y, synergy_dtype_name(x->dtype), err);
	memcpy(dims, c->dims, sizeof(dims));
	if (synergy_broadcast_dims(graph, node, &rank, dims, x, err) ||
	    synergy_broadcast_dims(graph, node, &rank, dims, y, err))
		return -1;
	return synergy_set_output(graph, node, 0, x->dtype, rank, dims, err);
}

int synergy_shape_arg(struct synergy_graph *graph, struct synergy_node *node,
		      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_arg_params *p = &node->p.arg;
	int64_t dims[SYNERGY_MAX_RANK];
	int d, rank = 0;

	if (synergy_resolve_axis(graph, node, &p->axis, x->rank, false, err))
		return -1;
	if (!x->dims[p->axis])
		return synergy_node_error(graph, node, err, EINVAL,
					  "axis %d has size 0: there is no extreme", p->axis);
	for (d = 0; d < x->rank; d++)
		if (d != p->axis || p->keep_dims)
			dims[rank++] = d == p->axis ? 1 : x->dims[d];
	return synergy_set_output(graph, node, 0, SYNERGY_I64, rank, dims, err);
}

int synergy_shape_top_k(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_top_k_params *p = &node->p.top_k;
	int64_t dims[SYNERGY_MAX_RANK], k = 0;
	bool given;

	if (synergy_resolve_axis(graph, node, &p->axis, x->rank, false, err) ||
	    synergy_constant_ints(graph, node, 1, &k, 1, &given, err) < 0)
		return -1;
	if (k < 0 || k > x->dims[p->axis])
		return synergy_node_error(graph, node, err, EINVAL, "k is %lld, axis %d has %lld",
					  (long long)k, p->axis, (long long)x->dims[p->axis]);
	if (!synergy_node_output(graph, node, 1))
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "without its indices (output 1) is not supported");
	memcpy(dims, x->dims, sizeof(dims));
	dims[p->axis] = k;
	if (synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err))
		return -1;
	return synergy_set_output(graph, node, 1, SYNERGY_I64, x->rank, dims, err);
}

int synergy_shape_cum_sum(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t axis = 0;
	bool given;

	if (synergy_constant_ints(graph, node, 1, &axis, 1, &given, err) < 0)
		return -1;
	node->p.cum_sum.axis = axis < INT_MIN || axis > INT_MAX ? INT_MAX : (int)axis;
	if (synergy_resolve_axis(graph, node, &node->p.cum_sum.axis, x->rank, false, err))
		return -1;
	return synergy_set_output_like(graph, node, 0, x, err);
}

int synergy_shape_tile(struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t repeats[SYNERGY_MAX_RANK], dims[SYNERGY_MAX_RANK];
	bool given;
	int n, d;

	n = synergy_constant_ints(graph, node, 1, repeats, SYNERGY_MAX_RANK, &given, err);
	if (n < 0)
		return -1;
	if (n != x->rank)
		return synergy_node_error(graph, node, err, EINVAL, "has %d repeats for rank %d", n,
					  x->rank);
	for (d = 0; d < n; d++)
		if (repeats[d] < 0 || !synergy_mul_s64(x->dims[d], repeats[d], &dims[d]))
			return synergy_node_error(graph, node, err, EINVAL,
						  "repeats dimension %d (%lld) %lld times", d,
						  (long long)x->dims[d], (long long)repeats[d]);
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

/* start, limit and delta are numbers of one type, known now. */
int synergy_shape_range(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *t[3];
	double v[3], count;
	int64_t n;
	int i;

	for (i = 0; i < 3; i++) {
		t[i] = synergy_node_input(graph, node, i);
		if (!t[i]->is_const || !t[i]->data)
			return synergy_deciding_error(graph, node, node->inputs[i], err);
		if (t[i]->count != 1 || t[i]->dtype != t[0]->dtype || t[i]->dtype == SYNERGY_BOOL)
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.100s' must be one number of type %s",
						  t[i]->name, synergy_dtype_name(t[0]->dtype));
		v[i] = synergy_load_real(t[i]->data, t[i]->dtype, 0);
	}
	if (v[2] == 0)
		return synergy_node_error(graph, node, err, EINVAL, "delta is 0");
	count = ceil((v[1] - v[0]) / v[2]);
	if (!(count <= (double)SYNERGY_MAX_ELEMENTS))
		return synergy_node_error(graph, node, err, EFBIG,
					  "from %g to %g by %g is more than %lld numbers", v[0], v[1],
					  v[2], (long long)SYNERGY_MAX_ELEMENTS);
	n = count > 0 ? (int64_t)count : 0;
	return synergy_set_output(graph, node, 0, t[0]->dtype, 1, &n, err);
}

int synergy_shape_one_hot(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *depth = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *values = synergy_node_input(graph, node, 2);
	int64_t dims[SYNERGY_MAX_RANK];
	int *axis = &node->p.axis.axis;
	double n;
	int d;

	if (!depth->is_const || !depth->data)
		return synergy_deciding_error(graph, node, node->inputs[1], err);
	n = depth->count == 1 ? synergy_load_real(depth->data, depth->dtype, 0) : -1;
	if (!(n >= 0 && n <= (double)SYNERGY_MAX_ELEMENTS))
		return synergy_node_error(graph, node, err, EINVAL, "depth is %g", n);
	if (values->count != 2)
		return synergy_node_error(graph, node, err, EINVAL,
					  "values '%.100s' has %lld elements, must have 2",
					  values->name, (long long)values->count);
	if (x->rank == SYNERGY_MAX_RANK)
		return synergy_node_error(graph, node, err, EFBIG, "output rank %d, limit %d",
					  x->rank + 1, SYNERGY_MAX_RANK);
	if (*axis < 0)
		*axis += x->rank + 1;
	if (*axis < 0 || *axis > x->rank)
		return synergy_node_error(graph, node, err, EINVAL,
					  "axis is out of range for rank %d", x->rank + 1);
	for (d = 0; d <= x->rank; d++)
		dims[d] = d == *axis ? (int64_t)n : x->dims[d > *axis ? d - 1 : d];
	return synergy_set_output(graph, node, 0, values->dtype, x->rank + 1, dims, err);
}

int synergy_shape_trilu(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	bool given;

	if (synergy_constant_ints(graph, node, 1, &node->p.trilu.k, 1, &given, err) < 0)
		return -1;
	if (x->rank < 2)
		return synergy_node_error(graph, node, err, EINVAL, "input has rank %d, needs 2",
					  x->rank);
	return synergy_set_output_like(graph, node, 0, x, err);
}

static int check_indices(const struct synergy_graph *graph, const struct synergy_node *node,
			 const struct synergy_tensor *indices, struct synergy_error *err)
{
	if (indices->dtype == SYNERGY_I64 || indices->dtype == SYNERGY_I32)
		return 0;
	return type_error(graph, node, indices, "i64 or i32", err);
}

/* Indices must lie within X in all dimensions but the axis, where their values say. */
static int check_elements(const struct synergy_graph *graph, const struct synergy_node *node,
			  const struct synergy_tensor *x, const struct synergy_tensor *indices,
			  int axis, struct synergy_error *err)
{
	int d;

	if (check_indices(graph, node, indices, err))
		return -1;
	if (indices->rank != x->rank)
		return synergy_node_error(graph, node, err, EINVAL, "indices have rank %d, input %d",
					  indices->rank, x->rank);
	for (d = 0; d < x->rank; d++)
		if (d != axis && indices->dims[d] > x->dims[d])
			return synergy_node_error(graph, node, err, EINVAL,
						  "dimension %d of the indices is %lld, of the input %lld",
						  d, (long long)indices->dims[d],
						  (long long)x->dims[d]);
	return 0;
}

int synergy_shape_gather_elements(struct synergy_graph *graph, struct synergy_node *node,
				  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *indices = synergy_node_input(graph, node, 1);
	int *axis = &node->p.axis.axis;

	if (synergy_resolve_axis(graph, node, axis, x->rank, false, err) ||
	    check_elements(graph, node, x, indices, *axis, err))
		return -1;
	return synergy_set_output(graph, node, 0, x->dtype, indices->rank, indices->dims, err);
}

int synergy_shape_scatter_elements(struct synergy_graph *graph, struct synergy_node *node,
				   struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *indices = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *updates = synergy_node_input(graph, node, 2);
	int *axis = &node->p.axis.axis;

	if (synergy_resolve_axis(graph, node, axis, x->rank, false, err) ||
	    check_elements(graph, node, x, indices, *axis, err))
		return -1;
	if (updates->dtype != x->dtype || updates->rank != indices->rank ||
	    memcmp(updates->dims, indices->dims, sizeof(*updates->dims) * (size_t)indices->rank))
		return synergy_node_error(graph, node, err, EINVAL,
					  "updates '%.100s' must be %s, of the indices' shape",
					  updates->name, synergy_dtype_name(x->dtype));
	return synergy_set_output_like(graph, node, 0, x, err);
}

/* Numbers in one index tuple: the indices' last dimension. */
static int tuple_size(const struct synergy_graph *graph, const struct synergy_node *node,
		      const struct synergy_tensor *x, const struct synergy_tensor *indices,
		      int batch, int *n, struct synergy_error *err)
{
	if (check_indices(graph, node, indices, err))
		return -1;
	if (x->rank < 1 || indices->rank < 1 || batch < 0 || batch >= indices->rank ||
	    batch >= x->rank || indices->dims[indices->rank - 1] < (node->kind == SYNERGY_OP_GATHER_ND) ||
	    indices->dims[indices->rank - 1] > x->rank - batch)
		return synergy_node_error(graph, node, err, EINVAL,
					  "indices of rank %d and tuples of %lld do not fit rank %d",
					  indices->rank,
					  indices->rank ? (long long)indices->dims[indices->rank - 1] : 0,
					  x->rank);
	*n = (int)indices->dims[indices->rank - 1];
	return 0;
}

int synergy_shape_gather_nd(struct synergy_graph *graph, struct synergy_node *node,
			    struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *indices = synergy_node_input(graph, node, 1);
	const int batch = node->p.axis.axis;
	int64_t dims[2 * SYNERGY_MAX_RANK];
	int n, d, rank = 0;

	if (tuple_size(graph, node, x, indices, batch, &n, err))
		return -1;
	for (d = 0; d < batch; d++)
		if (x->dims[d] != indices->dims[d])
			return synergy_node_error(graph, node, err, EINVAL,
						  "batch dimension %d is %lld and %lld", d,
						  (long long)x->dims[d], (long long)indices->dims[d]);
	for (d = 0; d < indices->rank - 1; d++)
		dims[rank++] = indices->dims[d];
	for (d = batch + n; d < x->rank; d++)
		dims[rank++] = x->dims[d];
	return synergy_set_output(graph, node, 0, x->dtype, rank, dims, err);
}

int synergy_shape_scatter_nd(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *indices = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *updates = synergy_node_input(graph, node, 2);
	int n, d, at = 0;
	bool same;

	if (tuple_size(graph, node, x, indices, 0, &n, err))
		return -1;
	same = updates->dtype == x->dtype && updates->rank == indices->rank - 1 + x->rank - n;
	for (d = 0; same && d < indices->rank - 1; d++)
		same = updates->dims[at++] == indices->dims[d];
	for (d = n; same && d < x->rank; d++)
		same = updates->dims[at++] == x->dims[d];
	if (!same)
		return synergy_node_error(graph, node, err, EINVAL,
					  "updates '%.100s' do not have the type and shape that the indices ask for",
					  updates->name);
	return synergy_set_output_like(graph, node, 0, x, err);
}

int synergy_shape_depth_space(struct synergy_graph *graph, struct synergy_node *node,
			      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const int64_t b = node->p.depth_space.block;
	int64_t dims[4];

	if (x->rank != 4 || b < 1 || b > INT32_MAX)
		return synergy_node_error(graph, node, err, EINVAL,
					  "needs rank 4 and a block, has %d and %lld", x->rank,
					  (long long)b);
	memcpy(dims, x->dims, sizeof(dims));
	if (node->kind == SYNERGY_OP_DEPTH_TO_SPACE) {
		if (dims[1] % (b * b))
			return synergy_node_error(graph, node, err, EINVAL,
						  "%lld channels are no multiple of %lld squared",
						  (long long)dims[1], (long long)b);
		dims[1] /= b * b;
		if (!synergy_mul_s64(dims[2], b, &dims[2]) || !synergy_mul_s64(dims[3], b, &dims[3]))
			return synergy_node_error(graph, node, err, EFBIG, "block %lld is too large",
						  (long long)b);
	} else {
		if (dims[2] % b || dims[3] % b)
			return synergy_node_error(graph, node, err, EINVAL,
						  "%lldx%lld is no multiple of the block %lld",
						  (long long)dims[2], (long long)dims[3], (long long)b);
		dims[2] /= b;
		dims[3] /= b;
		if (!synergy_mul_s64(dims[1], b * b, &dims[1]))
			return synergy_node_error(graph, node, err, EFBIG, "block %lld is too large",
						  (long long)b);
	}
	return synergy_set_output(graph, node, 0, x->dtype, 4, dims, err);
}
