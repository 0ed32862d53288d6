// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ONNX operators that move data, reduce it or make constants; the others and
 * the table are in onnx_op*.c. Attributes of old opsets become constant inputs.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "model/onnx.h"

typedef struct synergy_onnx_node node_t;

/* --- data movement -------------------------------------------------------------------- */

/* Integers as constant input i, which must not be given already. */
int synergy_onnx_ints_to_input(node_t *n, const char *name, int i, const int64_t *values, int count)
{
	struct synergy_graph *graph = n->onnx->graph;
	struct synergy_node *node = synergy_onnx_node_of(n);
	char tensor_name[SYNERGY_MAX_NAME + 1];
	const int64_t count64 = count;
	int t, k, *inputs;

	if (i < node->n_inputs && node->inputs[i] >= 0)
		return synergy_onnx_error(n, EINVAL, "has both attribute and input '%s'", name);
	snprintf(tensor_name, sizeof(tensor_name), "%.500s.%s.%d", node->name, name, n->index);
	t = synergy_graph_add_tensor(graph, tensor_name, n->onnx->err);
	if (t < 0 ||
	    synergy_tensor_set_shape(graph, &graph->tensors[t], SYNERGY_I64, 1, &count64,
				     n->onnx->err) ||
	    synergy_tensor_set_const(graph, t, NULL, n->onnx->err))
		return -1;
	if (count)
		memcpy(graph->tensors[t].data, values, (size_t)count * sizeof(*values));
	if (i >= node->n_inputs) {
		inputs = synergy_graph_alloc(graph, (size_t)(i + 1) * sizeof(int));
		if (!inputs)
			return synergy_graph_no_memory(graph, n->onnx->err);
		for (k = 0; k <= i; k++)
			inputs[k] = k < node->n_inputs ? node->inputs[k] : -1;
		node->inputs = inputs;
		node->n_inputs = i + 1;
	}
	node->inputs[i] = t;
	return 0;
}

int synergy_onnx_attribute_to_input(node_t *n, const char *name, int i, int max)
{
	int64_t values[SYNERGY_MAX_NODE_IO];
	int count, given = synergy_onnx_ints(n, name, values, max, &count);

	if (given <= 0)
		return given;
	return synergy_onnx_ints_to_input(n, name, i, values, count) ? -1 : 1;
}

int synergy_onnx_concat(node_t *n)
{
	int given = synergy_onnx_attribute(n, "axis") != NULL;

	if (!given && synergy_onnx_opset(n) >= 4)
		return synergy_onnx_error(n, EINVAL, "attribute 'axis' is missing");
	return synergy_onnx_axis(n, 1, &synergy_onnx_node_of(n)->p.axis.axis);
}

int synergy_onnx_split(node_t *n)
{
	int64_t outputs;
	int given;

	if (synergy_onnx_opset(n) < 13 &&
	    synergy_onnx_attribute_to_input(n, "split", 1, SYNERGY_MAX_NODE_IO) < 0)
		return -1;
	if (synergy_onnx_opset(n) >= 18) {
		given = synergy_onnx_int(n, "num_outputs", 1, SYNERGY_MAX_NODE_IO, &outputs);
		if (given < 0)
			return -1;
		if (given && outputs != synergy_onnx_node_of(n)->n_outputs)
			return synergy_onnx_error(n, EINVAL, "num_outputs is %lld, node has %d",
						  (long long)outputs,
						  synergy_onnx_node_of(n)->n_outputs);
	}
	return synergy_onnx_axis(n, 0, &synergy_onnx_node_of(n)->p.axis.axis);
}

int synergy_onnx_slice(node_t *n)
{
	if (synergy_onnx_opset(n) >= 10)
		return 0;
	if (synergy_onnx_attribute_to_input(n, "starts", 1, SYNERGY_MAX_RANK) < 0 ||
	    synergy_onnx_attribute_to_input(n, "ends", 2, SYNERGY_MAX_RANK) < 0 ||
	    synergy_onnx_attribute_to_input(n, "axes", 3, SYNERGY_MAX_RANK) < 0)
		return -1;
	return 0;
}

int synergy_onnx_pad(node_t *n)
{
	static const char *const modes[] = {
		[SYNERGY_PAD_CONSTANT] = "constant",
		[SYNERGY_PAD_REFLECT] = "reflect",
		[SYNERGY_PAD_EDGE] = "edge",
		[SYNERGY_PAD_WRAP] = "wrap",
	};
	struct synergy_pad_params *p = &synergy_onnx_node_of(n)->p.pad;
	int mode = SYNERGY_PAD_CONSTANT, given = 1;

	if (synergy_onnx_word(n, "mode", modes, synergy_onnx_opset(n) < 19 ? 3 : 4, &mode) < 0)
		return -1;
	p->mode = (enum synergy_pad_mode)mode;
	if (synergy_onnx_opset(n) < 11) {
		given = synergy_onnx_attribute_to_input(n, synergy_onnx_opset(n) < 2 ? "paddings" : "pads", 1,
					   2 * SYNERGY_MAX_RANK);
		if (given < 0 || synergy_onnx_float(n, "value", &p->value) < 0)
			return -1;
	} else {
		given = synergy_node_input(n->onnx->graph, synergy_onnx_node_of(n), 1) != NULL;
	}
	return given ? 0 : synergy_onnx_error(n, EINVAL, "pads are missing");
}

int synergy_onnx_transpose(node_t *n)
{
	int *perm = synergy_onnx_node_of(n)->p.transpose.perm;
	int64_t values[SYNERGY_MAX_RANK];
	int count = 0, given, d;

	given = synergy_onnx_ints(n, "perm", values, SYNERGY_MAX_RANK, &count);
	if (given < 0)
		return -1;
	/* Entries that the file leaves out are out of range, which the shape function says. */
	for (d = 0; d < SYNERGY_MAX_RANK; d++)
		perm[d] = d < count && values[d] >= 0 && values[d] < SYNERGY_MAX_RANK ?
				  (int)values[d] :
				  SYNERGY_MAX_RANK;
	if (!given)
		perm[0] = -1;
	return 0;
}

int synergy_onnx_reduce(node_t *n)
{
	static const struct {
		const char *name;
		enum synergy_reduce_mode mode;
		int axes_input; /* the opset from which axes are an input */
	} modes[] = {
		{ "ReduceMean", SYNERGY_REDUCE_MEAN, 18 },
		{ "ReduceSum", SYNERGY_REDUCE_SUM, 13 },
		{ "ReduceMax", SYNERGY_REDUCE_MAX, 18 },
		{ "ReduceMin", SYNERGY_REDUCE_MIN, 18 },
		{ "ReduceProd", SYNERGY_REDUCE_PROD, 18 },
		{ "ReduceSumSquare", SYNERGY_REDUCE_SUM_SQUARE, 18 },
		{ "ReduceL1", SYNERGY_REDUCE_ABS_SUM, 18 },
		{ "ReduceL2", SYNERGY_REDUCE_L2, 18 },
		{ "ReduceLogSum", SYNERGY_REDUCE_LOG_SUM, 18 },
		{ "ReduceLogSumExp", SYNERGY_REDUCE_LOG_SUM_EXP, 18 },
	};
	struct synergy_reduce_params *p = &synergy_onnx_node_of(n)->p.reduce;
	bool noop = false, keep = true;
	size_t i;
	int d;

	for (i = 0; strcmp(n->proto->op_type, modes[i].name); i++)
		;
	if (synergy_onnx_opset(n) < modes[i].axes_input) {
		if (synergy_onnx_attribute_to_input(n, "axes", 1, SYNERGY_MAX_RANK) < 0)
			return -1;
	} else if (synergy_onnx_flag(n, "noop_with_empty_axes", &noop) < 0) {
		return -1;
	}
	if (synergy_onnx_flag(n, "keepdims", &keep) < 0)
		return -1;
	p = &synergy_onnx_node_of(n)->p.reduce;
	*p = (struct synergy_reduce_params){ .mode = modes[i].mode,
					     .keep_dims = keep,
					     .scale = 1.0f };
	/* Without axes all dimensions are reduced, unless that shall mean none. */
	for (d = 0; d < SYNERGY_MAX_RANK; d++)
		p->axis[d] = !noop;
	return 0;
}

int synergy_onnx_flatten(node_t *n)
{
	return synergy_onnx_axis(n, 1, &synergy_onnx_node_of(n)->p.axis.axis);
}

int synergy_onnx_reshape(node_t *n)
{
	bool allow_zero = false;

	if (synergy_onnx_opset(n) < 5) {
		synergy_onnx_ignore(n, "consumed_inputs");
		return synergy_onnx_attribute_to_input(n, "shape", 1, SYNERGY_MAX_RANK) < 0 ? -1 : 0;
	}
	if (synergy_onnx_opset(n) >= 14 && synergy_onnx_flag(n, "allowzero", &allow_zero) < 0)
		return -1;
	synergy_onnx_node_of(n)->p.axis.axis = allow_zero;
	return 0;
}

int synergy_onnx_squeeze(node_t *n)
{
	if (synergy_onnx_opset(n) < 13 && synergy_onnx_attribute_to_input(n, "axes", 1, SYNERGY_MAX_RANK) < 0)
		return -1;
	return 0;
}

int synergy_onnx_gather(node_t *n)
{
	return synergy_onnx_axis(n, 0, &synergy_onnx_node_of(n)->p.axis.axis);
}

int synergy_onnx_cast(node_t *n)
{
	int64_t to = 0;
	int given;

	if (synergy_onnx_opset(n) < 6)
		return synergy_onnx_error(n, ENOTSUP, "is supported from opset 6 on");
	synergy_onnx_ignore(n, "saturate"); /* of 8-bit floats only */
	given = synergy_onnx_int(n, "to", 1, INT_MAX, &to);
	if (given < 0)
		return -1;
	if (!given || !synergy_dtype_size((enum synergy_dtype)to))
		return synergy_onnx_error(n, ENOTSUP,
					  "attribute 'to' is %lld, which is not supported",
					  (long long)to);
	synergy_onnx_node_of(n)->p.cast_to = (int)synergy_onnx_dtype(n->onnx, (int)to);
	return 0;
}

/* --- constants ---------------------------------------------------------------------------- */

static int constant_values(node_t *n, enum synergy_dtype dtype, const void *values, int64_t count,
			   bool scalar)
{
	struct synergy_graph *graph = n->onnx->graph;
	int t = synergy_onnx_node_of(n)->outputs[0];

	if (count > 1 << 24)
		return synergy_onnx_error(n, EFBIG, "has %lld values", (long long)count);
	if (synergy_tensor_set_shape(graph, &graph->tensors[t], dtype, scalar ? 0 : 1, &count,
				     n->onnx->err) ||
	    synergy_tensor_set_const(graph, t, NULL, n->onnx->err))
		return -1;
	if (count)
		memcpy(graph->tensors[t].data, values, graph->tensors[t].bytes);
	return 0;
}

int synergy_onnx_translate_constant(node_t *n)
{
	const Onnx__AttributeProto *a;
	Onnx__TensorProto *value;
	int64_t i;
	int given;
	float f;

	if (synergy_onnx_node_of(n)->n_outputs != 1 || synergy_onnx_node_of(n)->outputs[0] < 0)
		return synergy_onnx_error(n, EINVAL, "must have one output");
	given = synergy_onnx_tensor(n, "value", &value);
	if (given)
		return given < 0 ? -1 :
				   synergy_onnx_constant(n->onnx, value,
							 synergy_onnx_node_of(n)->outputs[0]);
	given = synergy_onnx_float(n, "value_float", &f);
	if (given)
		return given < 0 ? -1 : constant_values(n, SYNERGY_F32, &f, 1, true);
	given = synergy_onnx_int(n, "value_int", INT64_MIN, INT64_MAX, &i);
	if (given)
		return given < 0 ? -1 : constant_values(n, SYNERGY_I64, &i, 1, true);
	a = synergy_onnx_attribute(n, "value_floats");
	if (a)
		return constant_values(n, SYNERGY_F32, a->floats, (int64_t)a->n_floats, false);
	a = synergy_onnx_attribute(n, "value_ints");
	if (a)
		return constant_values(n, SYNERGY_I64, a->ints, (int64_t)a->n_ints, false);
	return synergy_onnx_error(n, ENOTSUP, "has no value of a supported kind");
}

/* The fill value is kept as an additional constant input. */
int synergy_onnx_constant_of_shape(node_t *n)
{
	struct synergy_graph *graph = n->onnx->graph;
	struct synergy_node *node = synergy_onnx_node_of(n);
	char name[SYNERGY_MAX_NAME + 1];
	Onnx__TensorProto *value = NULL;
	const int64_t one = 1;
	int t, *inputs;

	if (node->n_inputs != 1 || node->n_outputs != 1 || node->outputs[0] < 0)
		return synergy_onnx_error(n, EINVAL, "must have one input and one output");
	if (synergy_onnx_tensor(n, "value", &value) < 0)
		return -1;
	snprintf(name, sizeof(name), "%.500s.value.%d", node->name, n->index);
	t = synergy_graph_add_tensor(graph, name, n->onnx->err);
	inputs = synergy_graph_alloc(graph, 2 * sizeof(int));
	if (t < 0)
		return -1;
	if (!inputs)
		return synergy_graph_no_memory(graph, n->onnx->err);
	if (value) {
		if (synergy_onnx_constant(n->onnx, value, t))
			return -1;
		if (graph->tensors[t].count != 1)
			return synergy_onnx_error(n, EINVAL, "value has %lld elements, must be 1",
						  (long long)graph->tensors[t].count);
	} else {
		if (synergy_tensor_set_shape(graph, &graph->tensors[t], SYNERGY_F32, 1, &one,
					     n->onnx->err) ||
		    synergy_tensor_set_const(graph, t, NULL, n->onnx->err))
			return -1;
		memset(graph->tensors[t].data, 0, sizeof(float));
	}
	inputs[0] = node->inputs[0];
	inputs[1] = t;
	node->inputs = inputs;
	node->n_inputs = 2;
	graph->tensors[node->outputs[0]].dtype = graph->tensors[t].dtype;
	return 0;
}

int synergy_onnx_translate_shape(node_t *n)
{
	struct synergy_slice_params *p = &synergy_onnx_node_of(n)->p.slice;

	p->start[0] = 0;
	p->step[0] = INT32_MAX;
	if (synergy_onnx_opset(n) < 15)
		return 0;
	return synergy_onnx_int(n, "start", INT32_MIN, INT32_MAX, &p->start[0]) < 0 ||
			       synergy_onnx_int(n, "end", INT32_MIN, INT32_MAX, &p->step[0]) < 0 ?
		       -1 :
		       0;
}
