// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shapes and work of matrix products, element-wise arithmetic, activations
 * and softmax.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/shape.h"

int synergy_shape_same(struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int i;

	if (node->kind != SYNERGY_OP_IDENTITY && node->kind != SYNERGY_OP_UNARY &&
	    synergy_require_float(graph, node, err))
		return -1;
	for (i = 0; i < node->n_outputs; i++)
		if (synergy_set_output_like(graph, node, i, x, err))
			return -1;
	return 0;
}

static int matrix_error(const struct synergy_graph *graph, const struct synergy_node *node,
			const struct synergy_tensor *a, const struct synergy_tensor *b,
			struct synergy_error *err)
{
	char sa[128], sb[128];

	return synergy_node_error(graph, node, err, EINVAL, "%s and %s cannot be multiplied",
				  synergy_tensor_shape(a, sa, sizeof(sa)),
				  synergy_tensor_shape(b, sb, sizeof(sb)));
}

/* Rows and columns of A as the product sees it. */
static void gemm_rows(const struct synergy_node *node, const struct synergy_tensor *a,
		      int64_t *rows, int64_t *columns)
{
	const struct synergy_gemm_params *p = &node->p.gemm;
	int split = p->flatten_axis >= 0 ? p->flatten_axis : 1, i;

	*rows = 1;
	*columns = 1;
	for (i = 0; i < a->rank; i++)
		*(i < split ? rows : columns) *= a->dims[i];
	if (p->trans_a) {
		int64_t t = *rows;

		*rows = *columns;
		*columns = t;
	}
}

/* C must broadcast to rows x columns, and not the other way round. */
static bool gemm_bias_fits(const struct synergy_tensor *c, int64_t rows, int64_t columns)
{
	const int64_t y[2] = { rows, columns };
	int i;

	if (c->rank > 2)
		return false;
	for (i = 0; i < c->rank; i++)
		if (c->dims[i] != 1 && c->dims[i] != y[2 - c->rank + i])
			return false;
	return true;
}

int synergy_shape_gemm(struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *a = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *b = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *c = synergy_node_input(graph, node, 2);
	struct synergy_gemm_params *p = &node->p.gemm;
	int64_t rows, columns, depth, n, dims[SYNERGY_MAX_RANK];
	int i, rank = 0;

	if (synergy_require_float(graph, node, err))
		return -1;
	if (p->flatten_axis < 0 ? a->rank != 2 : p->flatten_axis > a->rank || p->trans_a)
		return matrix_error(graph, node, a, b, err);
	gemm_rows(node, a, &rows, &columns);
	if (b->rank != 2)
		return matrix_error(graph, node, a, b, err);
	depth = b->dims[p->trans_b ? 1 : 0];
	n = b->dims[p->trans_b ? 0 : 1];
	if (depth != columns)
		return matrix_error(graph, node, a, b, err);
	if (c && !gemm_bias_fits(c, rows, n))
		return synergy_node_error(graph, node, err, EINVAL,
					  "bias '%.100s' does not broadcast to %lldx%lld", c->name,
					  (long long)rows, (long long)n);
	if (p->flatten_axis < 0) {
		dims[rank++] = rows;
	} else {
		for (i = 0; i < p->flatten_axis; i++)
			dims[rank++] = a->dims[i];
	}
	if (rank == SYNERGY_MAX_RANK)
		return matrix_error(graph, node, a, b, err);
	dims[rank++] = n;
	return synergy_set_output(graph, node, 0, a->dtype, rank, dims, err);
}

int synergy_broadcast_dims(const struct synergy_graph *graph, const struct synergy_node *node,
			   int *rank, int64_t *dims, const struct synergy_tensor *with,
			   struct synergy_error *err)
{
	int64_t out[SYNERGY_MAX_RANK];
	int r = *rank > with->rank ? *rank : with->rank, i;

	for (i = 1; i <= r; i++) {
		int64_t a = i <= *rank ? dims[*rank - i] : 1;
		int64_t b = i <= with->rank ? with->dims[with->rank - i] : 1;

		if (a != b && a != 1 && b != 1)
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.100s': size %lld does not broadcast with %lld",
						  with->name, (long long)b, (long long)a);
		out[r - i] = a == 1 ? b : a;
	}
	memcpy(dims, out, sizeof(*dims) * (size_t)r);
	*rank = r;
	return 0;
}

int synergy_matmul_dims(const struct synergy_graph *graph, const struct synergy_node *node,
			const struct synergy_tensor *a, const struct synergy_tensor *b,
			int64_t *dims, struct synergy_error *err)
{
	struct synergy_tensor batch = { .name = b->name };
	int rank;

	if (a->rank < 1 || b->rank < 1 ||
	    a->dims[a->rank - 1] != b->dims[b->rank > 1 ? b->rank - 2 : 0])
		return matrix_error(graph, node, a, b, err);
	rank = a->rank > 2 ? a->rank - 2 : 0;
	memcpy(dims, a->dims, sizeof(*dims) * (size_t)rank);
	batch.rank = b->rank > 2 ? b->rank - 2 : 0;
	memcpy(batch.dims, b->dims, sizeof(*dims) * (size_t)batch.rank);
	if (synergy_broadcast_dims(graph, node, &rank, dims, &batch, err))
		return -1;
	if (a->rank > 1)
		dims[rank++] = a->dims[a->rank - 2];
	if (b->rank > 1)
		dims[rank++] = b->dims[b->rank - 1];
	return rank;
}

int synergy_shape_matmul(struct synergy_graph *graph, struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *a = synergy_node_input(graph, node, 0);
	int64_t dims[SYNERGY_MAX_RANK];
	int rank;

	if (synergy_require_float(graph, node, err))
		return -1;
	rank = synergy_matmul_dims(graph, node, a, synergy_node_input(graph, node, 1), dims, err);
	return rank < 0 ? -1 : synergy_set_output(graph, node, 0, a->dtype, rank, dims, err);
}

/* Any number of inputs of one type; integers are allowed, for shape arithmetic. */
int synergy_shape_broadcast(struct synergy_graph *graph, struct synergy_node *node,
			    struct synergy_error *err)
{
	const struct synergy_tensor *first = synergy_node_input(graph, node, 0), *t;
	int64_t dims[SYNERGY_MAX_RANK];
	int i, rank = first->rank;

	memcpy(dims, first->dims, sizeof(dims));
	for (i = 1; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (t->dtype != first->dtype && node->kind != SYNERGY_OP_POW)
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.80s' has type %s but '%.80s' has %s",
						  t->name, synergy_dtype_name(t->dtype),
						  first->name, synergy_dtype_name(first->dtype));
		if (synergy_broadcast_dims(graph, node, &rank, dims, t, err))
			return -1;
	}
	return synergy_set_output(graph, node, 0, first->dtype, rank, dims, err);
}

int synergy_shape_prelu(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *slope = synergy_node_input(graph, node, 1);
	int axis = node->p.prelu.channel_axis, rank = x->rank;
	int64_t dims[SYNERGY_MAX_RANK];

	if (synergy_require_float(graph, node, err))
		return -1;
	if (axis >= 0) {
		if (slope->count != 1 &&
		    (axis >= x->rank || slope->rank != 1 || slope->dims[0] != x->dims[axis]))
			return synergy_node_error(graph, node, err, EINVAL,
						  "slope '%.100s' must have 1 element or one per channel",
						  slope->name);
		return synergy_set_output_like(graph, node, 0, x, err);
	}
	memcpy(dims, x->dims, sizeof(dims));
	if (synergy_broadcast_dims(graph, node, &rank, dims, slope, err))
		return -1;
	if (rank != x->rank || memcmp(dims, x->dims, sizeof(*dims) * (size_t)rank))
		return synergy_node_error(graph, node, err, EINVAL,
					  "slope '%.100s' does not broadcast to the input",
					  slope->name);
	return synergy_set_output_like(graph, node, 0, x, err);
}

int synergy_shape_softmax(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_softmax_params *p = &node->p.softmax;

	if (synergy_require_float(graph, node, err) ||
	    synergy_resolve_axis(graph, node, &p->axis, x->rank, p->flattened, err))
		return -1;
	return synergy_set_output_like(graph, node, 0, x, err);
}

/* Limits given as constants become parameters; those given at run time stay inputs. */
int synergy_shape_clip(struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0), *t;
	float *limit[2] = { &node->p.clip.min, &node->p.clip.max };
	int i;

	if (synergy_require_float(graph, node, err))
		return -1;
	for (i = 0; i < 2; i++) {
		t = synergy_node_input(graph, node, 1 + i);
		if (!t)
			continue;
		if (t->count != 1)
			return synergy_node_error(graph, node, err, EINVAL,
						  "limit '%.100s' has %lld elements, must be a scalar",
						  t->name, (long long)t->count);
		if (!t->is_const || !t->data)
			continue;
		*limit[i] = t->dtype == SYNERGY_F32 ? *(const float *)t->data :
						      (float)*(const double *)t->data;
		node->inputs[1 + i] = -1;
	}
	return synergy_set_output_like(graph, node, 0, x, err);
}

/*
 * Ratio and mode become parameters. A mode given at run time would need both
 * kernels: it must be known now.
 */
int synergy_shape_dropout(struct synergy_graph *graph, struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *ratio = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *training = synergy_node_input(graph, node, 2);
	struct synergy_dropout_params *p = &node->p.dropout;

	if (x->dtype != SYNERGY_F32 && x->dtype != SYNERGY_F64)
		return synergy_require_float(graph, node, err);
	if (training) {
		if (!training->is_const || !training->data)
			return synergy_node_error(graph, node, err, ENOTSUP,
						  "training mode '%.100s' must be constant",
						  training->name);
		if (training->dtype != SYNERGY_BOOL || training->count != 1)
			return synergy_node_error(graph, node, err, EINVAL,
						  "training mode '%.100s' must be one bool",
						  training->name);
		p->training = *(const uint8_t *)training->data != 0;
		node->inputs[2] = -1;
	}
	if (ratio && ratio->is_const && ratio->data && ratio->count == 1) {
		if (ratio->dtype == SYNERGY_F32)
			p->ratio = *(const float *)ratio->data;
		else if (ratio->dtype == SYNERGY_F64)
			p->ratio = (float)*(const double *)ratio->data;
		node->inputs[1] = -1;
	}
	if (p->training && !(p->ratio >= 0 && p->ratio < 1))
		return synergy_node_error(graph, node, err, EINVAL,
					  "ratio is %g, must be at least 0 and below 1",
					  (double)p->ratio);
	if (synergy_set_output_like(graph, node, 0, x, err))
		return -1;
	/* Before opset 10 the mask has the input's type. */
	return synergy_set_output(graph, node, 1,
				  node->opset && node->opset < 10 ? x->dtype : SYNERGY_BOOL,
				  x->rank, x->dims, err);
}

int synergy_shape_cast(struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);

	/* CastLike: the second input gives its type, and has no other use. */
	if (!node->p.cast_to && synergy_node_input(graph, node, 1)) {
		node->p.cast_to = (int)synergy_node_input(graph, node, 1)->dtype;
		node->inputs[1] = -1;
		node->n_inputs = 1;
	}
	/* Nothing to do, as between float16 and float32 where all is computed in float32. */
	if (node->p.cast_to == (int)x->dtype)
		node->kind = SYNERGY_OP_IDENTITY;
	return synergy_set_output(graph, node, 0, (enum synergy_dtype)node->p.cast_to, x->rank,
				  x->dims, err);
}

void synergy_work_gemm(const struct synergy_graph *graph, const struct synergy_node *node,
		       struct synergy_work *work)
{
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);
	int64_t rows, depth;

	gemm_rows(node, synergy_node_input(graph, node, 0), &rows, &depth);
	work->mac = synergy_mul_work((uint64_t)y->count, (uint64_t)depth);
	work->flops = synergy_mul_work(2, work->mac) +
		      (synergy_node_input(graph, node, 2) ? (uint64_t)y->count : 0);
}

void synergy_work_matmul(const struct synergy_graph *graph, const struct synergy_node *node,
			 struct synergy_work *work)
{
	const struct synergy_tensor *a = synergy_node_input(graph, node, 0);

	work->mac = synergy_mul_work((uint64_t)synergy_node_output(graph, node, 0)->count,
				     (uint64_t)a->dims[a->rank - 1]);
	work->flops = synergy_mul_work(2, work->mac);
}

void synergy_work_one_each(const struct synergy_graph *graph, const struct synergy_node *node,
			   struct synergy_work *work)
{
	work->flops = (uint64_t)synergy_node_output(graph, node, 0)->count;
}

void synergy_work_two_each(const struct synergy_graph *graph, const struct synergy_node *node,
			   struct synergy_work *work)
{
	work->flops = 2 * (uint64_t)synergy_node_output(graph, node, 0)->count;
}

void synergy_work_one_per_input(const struct synergy_graph *graph, const struct synergy_node *node,
				struct synergy_work *work)
{
	work->flops = (uint64_t)synergy_node_input(graph, node, 0)->count;
}

void synergy_work_eltwise(const struct synergy_graph *graph, const struct synergy_node *node,
			  struct synergy_work *work)
{
	uint64_t each = (uint64_t)node->n_inputs - 1;

	if (node->p.eltwise.coefficients)
		each += (uint64_t)node->n_inputs;
	work->flops = synergy_mul_work((uint64_t)synergy_node_output(graph, node, 0)->count, each);
}

/* Maximum, subtraction, exponential, sum, division. */
void synergy_work_softmax(const struct synergy_graph *graph, const struct synergy_node *node,
			  struct synergy_work *work)
{
	work->flops = 5 * (uint64_t)synergy_node_output(graph, node, 0)->count;
}
