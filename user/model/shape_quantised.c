// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shapes of the products of 8-bit integers, and of DynamicQuantizeLinear. */
#include <errno.h>

#include "model/quantised.h"
#include "model/shape.h"

static bool is_byte(const struct synergy_tensor *t)
{
	return t->dtype == SYNERGY_U8 || t->dtype == SYNERGY_I8;
}

static int wrong_type(const struct synergy_graph *graph, const struct synergy_node *node,
		      const struct synergy_tensor *t, const char *supported,
		      struct synergy_error *err)
{
	return synergy_node_error(graph, node, err, ENOTSUP,
				  "input '%.100s' has type %s; supported: %s", t->name,
				  synergy_dtype_name(t->dtype), supported);
}

/* Input i, where it is given: one number, or a vector of `many`; 0: one only. */
static int check_count(const struct synergy_graph *graph, const struct synergy_node *node, int i,
		       int64_t many, struct synergy_error *err)
{
	const struct synergy_tensor *t = i < 0 ? NULL : synergy_node_input(graph, node, i);

	if (!t || (t->count == 1 && t->rank <= 1) || (many && t->rank == 1 && t->count == many))
		return 0;
	if (!many)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "input '%.100s' must have one element, has %lld", t->name,
					  (long long)t->count);
	return synergy_node_error(graph, node, err, ENOTSUP,
				  "input '%.100s' must have one element or be a vector of %lld",
				  t->name, (long long)many);
}

static int check_zero(const struct synergy_graph *graph, const struct synergy_node *node, int i,
		      int of, int64_t many, struct synergy_error *err)
{
	const struct synergy_tensor *zero = synergy_node_input(graph, node, i);
	const struct synergy_tensor *t = synergy_node_input(graph, node, of);

	if (zero && zero->dtype != t->dtype)
		return synergy_node_error(graph, node, err, EINVAL,
					  "zero point '%.80s' has type %s, '%.80s' has %s",
					  zero->name, synergy_dtype_name(zero->dtype), t->name,
					  synergy_dtype_name(t->dtype));
	return check_count(graph, node, i, many, err);
}

static int check_scale(const struct synergy_graph *graph, const struct synergy_node *node, int i,
		       int64_t many, struct synergy_error *err)
{
	const struct synergy_tensor *t = i < 0 ? NULL : synergy_node_input(graph, node, i);

	if (t && t->dtype != SYNERGY_F32)
		return wrong_type(graph, node, t, "f32", err);
	return check_count(graph, node, i, many, err);
}

/* rows: A may have a scale and a zero point for each; columns: B may. 0: one only. */
static int check_operands(const struct synergy_graph *graph, const struct synergy_node *node,
			  int64_t rows, int64_t columns, struct synergy_error *err)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(node->kind);
	const struct synergy_tensor *zero = q.y_zero < 0 ? NULL :
					    synergy_node_input(graph, node, q.y_zero);

	if (zero && !is_byte(zero))
		return wrong_type(graph, node, zero, "u8, i8", err);
	if (check_zero(graph, node, q.a_zero, 0, rows, err) ||
	    check_zero(graph, node, q.b_zero, q.b, columns, err) ||
	    check_scale(graph, node, q.a_scale, rows, err) ||
	    check_scale(graph, node, q.b_scale, columns, err) ||
	    check_scale(graph, node, q.y_scale, 0, err))
		return -1;
	return check_count(graph, node, q.y_zero, 0, err);
}

static int check_types(const struct synergy_graph *graph, const struct synergy_node *node,
		       const struct synergy_tensor *a, const struct synergy_tensor *b,
		       const struct synergy_tensor *bias, struct synergy_error *err)
{
	if (!is_byte(a) || !is_byte(b))
		return wrong_type(graph, node, is_byte(a) ? b : a, "u8, i8", err);
	return bias && bias->dtype != SYNERGY_I32 ? wrong_type(graph, node, bias, "i32", err) : 0;
}

static enum synergy_dtype type_of_y(const struct synergy_graph *graph,
				    const struct synergy_node *node)
{
	const int zero = synergy_quantised_inputs(node->kind).y_zero;

	return zero < 0 ? SYNERGY_I32 : synergy_node_input(graph, node, zero)->dtype;
}

int synergy_shape_conv_integer(struct synergy_graph *graph, struct synergy_node *node,
			       struct synergy_error *err)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(node->kind);
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *w = synergy_node_input(graph, node, q.b);
	const struct synergy_tensor *bias = q.bias < 0 ? NULL :
					    synergy_node_input(graph, node, q.bias);
	int64_t dims[SYNERGY_MAX_RANK];

	if (check_types(graph, node, x, w, bias, err) ||
	    synergy_conv_dims(graph, node, x, w, bias, dims, err) ||
	    check_operands(graph, node, 0, w->dims[0], err))
		return -1;
	return synergy_set_output(graph, node, 0, type_of_y(graph, node), x->rank, dims, err);
}

int synergy_shape_matmul_integer(struct synergy_graph *graph, struct synergy_node *node,
				 struct synergy_error *err)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(node->kind);
	const struct synergy_tensor *a = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *b = synergy_node_input(graph, node, q.b);
	int64_t dims[SYNERGY_MAX_RANK];
	int rank;

	if (check_types(graph, node, a, b, NULL, err))
		return -1;
	rank = synergy_matmul_dims(graph, node, a, b, dims, err);
	if (rank < 0 || check_operands(graph, node, a->rank > 1 ? a->dims[a->rank - 2] : 0,
				       b->rank > 1 ? b->dims[b->rank - 1] : 0, err))
		return -1;
	return synergy_set_output(graph, node, 0, type_of_y(graph, node), rank, dims, err);
}

int synergy_shape_dynamic_quantize(struct synergy_graph *graph, struct synergy_node *node,
				   struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);

	if (x->dtype != SYNERGY_F32)
		return wrong_type(graph, node, x, "f32", err);
	if (synergy_set_output(graph, node, 0, SYNERGY_U8, x->rank, x->dims, err) ||
	    synergy_set_output(graph, node, 1, SYNERGY_F32, 0, NULL, err))
		return -1;
	return synergy_set_output(graph, node, 2, SYNERGY_U8, 0, NULL, err);
}
