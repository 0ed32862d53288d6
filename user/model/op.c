// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of operators and the pass that settles shapes in node order. The
 * shape functions are in shape_*.c; they check what they use, since nodes come
 * from untrusted files.
 */
#include <errno.h>
#include <string.h>

#include "model/shape.h"

#define ANY -1

/*				   name type  inputs outputs shape work */
#define OP(k, n, t, i0, i1, o0, o1, s, w) [SYNERGY_OP_##k] = { n, t, i0, i1, o0, o1, s, w }

static const struct synergy_op_info ops[SYNERGY_OP_COUNT] = {
	OP(CONV, "Conv", "conv", 2, 3, 1, 1, synergy_shape_conv, synergy_work_conv),
	OP(CONV_TRANSPOSE, "ConvTranspose", "conv", 2, 3, 1, 1, synergy_shape_conv_transpose,
	   synergy_work_conv_transpose),
	OP(MAX_POOL, "MaxPool", "pool", 1, 1, 1, 2, synergy_shape_pool, synergy_work_pool),
	OP(AVG_POOL, "AveragePool", "pool", 1, 1, 1, 1, synergy_shape_pool, synergy_work_pool),
	OP(GLOBAL_MAX_POOL, "GlobalMaxPool", "pool", 1, 1, 1, 1, synergy_shape_global_pool,
	   synergy_work_global_pool),
	OP(GLOBAL_AVG_POOL, "GlobalAveragePool", "pool", 1, 1, 1, 1, synergy_shape_global_pool,
	   synergy_work_global_pool),
	OP(LRN, "LRN", "norm", 1, 1, 1, 1, synergy_shape_channelwise, synergy_work_lrn),
	OP(BATCH_NORM, "BatchNorm", "norm", 5, 5, 1, 5, synergy_shape_batch_norm,
	   synergy_work_two_each),
	OP(LAYER_NORM, "LayerNorm", "norm", 2, 3, 1, 3, synergy_shape_layer_norm,
	   synergy_work_normalise),
	OP(GROUP_NORM, "GroupNorm", "norm", 3, 3, 1, 1, synergy_shape_group_norm,
	   synergy_work_normalise),
	OP(SCALE, "Scale", "norm", 1, 3, 1, 1, synergy_shape_scale, synergy_work_two_each),
	OP(GEMM, "Gemm", "fc", 2, 3, 1, 1, synergy_shape_gemm, synergy_work_gemm),
	OP(MATMUL, "MatMul", "fc", 2, 2, 1, 1, synergy_shape_matmul, synergy_work_matmul),
	OP(EINSUM, "Einsum", "fc", 1, SYNERGY_EINSUM_OPERANDS, 1, 1, synergy_shape_einsum,
	   synergy_work_einsum),
	OP(ADD, "Add", "eltwise", 2, 2, 1, 1, synergy_shape_broadcast, synergy_work_one_each),
	OP(SUB, "Sub", "eltwise", 2, 2, 1, 1, synergy_shape_broadcast, synergy_work_one_each),
	OP(MUL, "Mul", "eltwise", 2, 2, 1, 1, synergy_shape_broadcast, synergy_work_one_each),
	OP(DIV, "Div", "eltwise", 2, 2, 1, 1, synergy_shape_broadcast, synergy_work_one_each),
	OP(POW, "Pow", "eltwise", 2, 2, 1, 1, synergy_shape_broadcast, synergy_work_one_each),
	OP(MOD, "Mod", "eltwise", 2, 2, 1, 1, synergy_shape_broadcast, synergy_work_one_each),
	OP(EQUAL, "Equal", "eltwise", 2, 2, 1, 1, synergy_shape_compare, synergy_work_one_each),
	OP(GREATER, "Greater", "eltwise", 2, 2, 1, 1, synergy_shape_compare, synergy_work_one_each),
	OP(GREATER_EQUAL, "GreaterOrEqual", "eltwise", 2, 2, 1, 1, synergy_shape_compare,
	   synergy_work_one_each),
	OP(LESS, "Less", "eltwise", 2, 2, 1, 1, synergy_shape_compare, synergy_work_one_each),
	OP(LESS_EQUAL, "LessOrEqual", "eltwise", 2, 2, 1, 1, synergy_shape_compare,
	   synergy_work_one_each),
	OP(AND, "And", "eltwise", 2, 2, 1, 1, synergy_shape_compare, synergy_work_one_each),
	OP(OR, "Or", "eltwise", 2, 2, 1, 1, synergy_shape_compare, synergy_work_one_each),
	OP(XOR, "Xor", "eltwise", 2, 2, 1, 1, synergy_shape_compare, synergy_work_one_each),
	OP(NOT, "Not", "eltwise", 1, 1, 1, 1, synergy_shape_not, synergy_work_one_each),
	OP(WHERE, "Where", "eltwise", 3, 3, 1, 1, synergy_shape_where, synergy_work_one_each),
	OP(ELTWISE, "Eltwise", "eltwise", 1, ANY, 1, 1, synergy_shape_broadcast,
	   synergy_work_eltwise),
	OP(RELU, "Relu", "activation", 1, 1, 1, 1, synergy_shape_same, synergy_work_one_each),
	OP(LEAKY_RELU, "LeakyRelu", "activation", 1, 1, 1, 1, synergy_shape_same,
	   synergy_work_one_each),
	OP(PRELU, "PRelu", "activation", 2, 2, 1, 1, synergy_shape_prelu, synergy_work_one_each),
	OP(ELU, "Elu", "activation", 1, 1, 1, 1, synergy_shape_same, synergy_work_one_each),
	OP(SIGMOID, "Sigmoid", "activation", 1, 1, 1, 1, synergy_shape_same,
	   synergy_work_one_each),
	OP(TANH, "Tanh", "activation", 1, 1, 1, 1, synergy_shape_same, synergy_work_one_each),
	OP(HARD_SIGMOID, "HardSigmoid", "activation", 1, 1, 1, 1, synergy_shape_same,
	   synergy_work_one_each),
	OP(HARD_SWISH, "HardSwish", "activation", 1, 1, 1, 1, synergy_shape_same,
	   synergy_work_one_each),
	OP(CLIP, "Clip", "activation", 1, 3, 1, 1, synergy_shape_clip, synergy_work_one_each),
	OP(ACTIVATION, "Activation", "activation", 1, 1, 1, 1, synergy_shape_same,
	   synergy_work_one_each),
	OP(UNARY, "Unary", "eltwise", 1, 1, 1, 1, synergy_shape_same, synergy_work_one_each),
	OP(POWER, "Power", "eltwise", 1, 1, 1, 1, synergy_shape_same, synergy_work_two_each),
	OP(SOFTMAX, "Softmax", "softmax", 1, 1, 1, 1, synergy_shape_softmax,
	   synergy_work_softmax),
	OP(LOG_SOFTMAX, "LogSoftmax", "softmax", 1, 1, 1, 1, synergy_shape_softmax,
	   synergy_work_softmax),
	OP(DROPOUT, "Dropout", "other", 1, 3, 1, 2, synergy_shape_dropout, NULL),
	OP(CONCAT, "Concat", "concat", 1, ANY, 1, 1, synergy_shape_concat, NULL),
	OP(SPLIT, "Split", "data", 1, 2, 1, ANY, synergy_shape_split, NULL),
	OP(SLICE, "Slice", "data", 3, 5, 1, 1, synergy_shape_slice, NULL),
	OP(PAD, "Pad", "data", 1, 4, 1, 1, synergy_shape_pad, NULL),
	OP(TRANSPOSE, "Transpose", "data", 1, 1, 1, 1, synergy_shape_transpose, NULL),
	OP(RESIZE, "Resize", "data", 1, 4, 1, 1, synergy_shape_resize, synergy_work_resize),
	OP(QUANTIZE, "QuantizeLinear", "data", 2, 3, 1, 1, synergy_shape_quantize,
	   synergy_work_two_each),
	OP(DEQUANTIZE, "DequantizeLinear", "data", 2, 3, 1, 1, synergy_shape_dequantize,
	   synergy_work_two_each),
	OP(DYNAMIC_QUANTIZE, "DynamicQuantizeLinear", "data", 1, 1, 1, 3,
	   synergy_shape_dynamic_quantize, synergy_work_two_each),
	OP(CONV_INTEGER, "ConvInteger", "conv", 2, 4, 1, 1, synergy_shape_conv_integer,
	   synergy_work_conv),
	OP(MATMUL_INTEGER, "MatMulInteger", "fc", 2, 4, 1, 1, synergy_shape_matmul_integer,
	   synergy_work_matmul),
	OP(QLINEAR_CONV, "QLinearConv", "conv", 8, 9, 1, 1, synergy_shape_conv_integer,
	   synergy_work_conv),
	OP(QLINEAR_MATMUL, "QLinearMatMul", "fc", 8, 8, 1, 1, synergy_shape_matmul_integer,
	   synergy_work_matmul),
	OP(REDUCE, "Reduce", "eltwise", 1, 2, 1, 1, synergy_shape_reduce,
	   synergy_work_one_per_input),
	OP(ARG_REDUCE, "ArgReduce", "eltwise", 1, 1, 1, 1, synergy_shape_arg,
	   synergy_work_one_per_input),
	OP(TOP_K, "TopK", "data", 2, 2, 1, 2, synergy_shape_top_k, synergy_work_one_per_input),
	OP(CUM_SUM, "CumSum", "eltwise", 2, 2, 1, 1, synergy_shape_cum_sum, synergy_work_one_each),
	OP(TILE, "Tile", "data", 2, 2, 1, 1, synergy_shape_tile, NULL),
	OP(RANGE, "Range", "data", 3, 3, 1, 1, synergy_shape_range, NULL),
	OP(ONE_HOT, "OneHot", "data", 3, 3, 1, 1, synergy_shape_one_hot, NULL),
	OP(TRILU, "Trilu", "data", 1, 2, 1, 1, synergy_shape_trilu, NULL),
	OP(GATHER_ELEMENTS, "GatherElements", "data", 2, 2, 1, 1, synergy_shape_gather_elements,
	   NULL),
	OP(GATHER_ND, "GatherND", "data", 2, 2, 1, 1, synergy_shape_gather_nd, NULL),
	OP(SCATTER_ND, "ScatterND", "data", 3, 3, 1, 1, synergy_shape_scatter_nd, NULL),
	OP(SCATTER_ELEMENTS, "ScatterElements", "data", 3, 3, 1, 1,
	   synergy_shape_scatter_elements, NULL),
	OP(DEPTH_TO_SPACE, "DepthToSpace", "data", 1, 1, 1, 1, synergy_shape_depth_space, NULL),
	OP(SPACE_TO_DEPTH, "SpaceToDepth", "data", 1, 1, 1, 1, synergy_shape_depth_space, NULL),
	OP(FLATTEN, "Flatten", "data", 1, 1, 1, 1, synergy_shape_flatten, NULL),
	OP(RESHAPE, "Reshape", "data", 2, 2, 1, 1, synergy_shape_reshape, NULL),
	OP(SQUEEZE, "Squeeze", "data", 1, 2, 1, 1, synergy_shape_squeeze, NULL),
	OP(UNSQUEEZE, "Unsqueeze", "data", 2, 2, 1, 1, synergy_shape_unsqueeze, NULL),
	OP(IDENTITY, "Identity", "data", 1, 1, 1, ANY, synergy_shape_same, NULL),
	OP(CAST, "Cast", "data", 1, 2, 1, 1, synergy_shape_cast, NULL),
	OP(GATHER, "Gather", "data", 2, 2, 1, 1, synergy_shape_gather, NULL),
	OP(EXPAND, "Expand", "data", 2, 2, 1, 1, synergy_shape_expand, NULL),
	OP(CONSTANT, "Constant", "data", 0, 0, 1, 1, synergy_shape_constant, NULL),
	OP(CONSTANT_OF_SHAPE, "ConstantOfShape", "data", 2, 2, 1, 1,
	   synergy_shape_constant_of_shape, NULL),
	OP(SHAPE, "Shape", "data", 1, 1, 1, 1, synergy_shape_shape, NULL),
	OP(SIZE, "Size", "data", 1, 1, 1, 1, synergy_shape_shape, NULL),
	OP(UNSUPPORTED, "unsupported", "other", 0, ANY, 0, ANY, NULL, NULL),
};

const struct synergy_op_info *synergy_op_info(enum synergy_op_kind kind)
{
	return &ops[kind];
}

const char *synergy_node_op_name(const struct synergy_node *node)
{
	return node->kind == SYNERGY_OP_UNSUPPORTED ? node->op_type : ops[node->kind].name;
}

static int check_count(const struct synergy_graph *graph, const struct synergy_node *node,
		       const char *what, int n, int min, int max, struct synergy_error *err)
{
	if (n >= min && (max == ANY || n <= max))
		return 0;
	if (max == ANY)
		return synergy_node_error(graph, node, err, EINVAL, "has %d %s, needs at least %d", n,
					  what, min);
	return synergy_node_error(graph, node, err, EINVAL, "has %d %s, needs %d to %d", n, what,
				  min, max);
}

/* Inputs that may be omitted though a later one is given. */
static bool may_be_omitted(enum synergy_op_kind kind, int i)
{
	switch (kind) {
	case SYNERGY_OP_BATCH_NORM:
		return i == 1 || i == 2;
	case SYNERGY_OP_SCALE:
	case SYNERGY_OP_CLIP:
	case SYNERGY_OP_DROPOUT:
	case SYNERGY_OP_SLICE:
	case SYNERGY_OP_PAD:
	case SYNERGY_OP_RESIZE:
		return i >= 1;
	case SYNERGY_OP_LAYER_NORM:
	case SYNERGY_OP_QUANTIZE:
	case SYNERGY_OP_DEQUANTIZE:
	case SYNERGY_OP_CONV_TRANSPOSE:
	case SYNERGY_OP_CONV:
	case SYNERGY_OP_GEMM:
		return i == 2;
	case SYNERGY_OP_CONV_INTEGER:
	case SYNERGY_OP_MATMUL_INTEGER:
		return i >= 2;
	case SYNERGY_OP_QLINEAR_CONV:
		return i == 8;
	case SYNERGY_OP_SPLIT:
	case SYNERGY_OP_REDUCE:
	case SYNERGY_OP_SQUEEZE:
	case SYNERGY_OP_TRILU:
		return i == 1;
	default:
		return false;
	}
}

bool synergy_op_decided_by(const struct synergy_node *node, int i)
{
	switch (node->kind) {
	case SYNERGY_OP_CONSTANT_OF_SHAPE:
	case SYNERGY_OP_RANGE:
		return true;
	case SYNERGY_OP_ONE_HOT:
		return i == 1;
	case SYNERGY_OP_TOP_K:
	case SYNERGY_OP_CUM_SUM:
	case SYNERGY_OP_TILE:
	case SYNERGY_OP_TRILU:
	case SYNERGY_OP_RESIZE:
	case SYNERGY_OP_DROPOUT:	/* ratio and mode: which kernel it takes */
	case SYNERGY_OP_SPLIT:
	case SYNERGY_OP_SLICE:
	case SYNERGY_OP_PAD:
	case SYNERGY_OP_REDUCE:
	case SYNERGY_OP_RESHAPE:
	case SYNERGY_OP_SQUEEZE:
	case SYNERGY_OP_UNSQUEEZE:
	case SYNERGY_OP_EXPAND:
		return i >= 1;
	default:
		return false;
	}
}

static int check_arguments(const struct synergy_graph *graph, const struct synergy_node *node,
			   struct synergy_error *err)
{
	const struct synergy_op_info *info = &ops[node->kind];
	int i;

	if (check_count(graph, node, "inputs", node->n_inputs, info->min_inputs,
			info->max_inputs, err) ||
	    check_count(graph, node, "outputs", node->n_outputs, info->min_outputs,
			info->max_outputs, err))
		return -1;
	for (i = 0; i < node->n_inputs; i++) {
		if (node->inputs[i] < 0) {
			if (!may_be_omitted(node->kind, i))
				return synergy_node_error(graph, node, err, EINVAL,
							  "input %d is omitted", i);
		} else if (graph->tensors[node->inputs[i]].rank < 0) {
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.100s' has no known shape",
						  graph->tensors[node->inputs[i]].name);
		}
	}
	if (node->outputs[0] < 0)
		return synergy_node_error(graph, node, err, EINVAL, "output 0 is omitted");
	return 0;
}

int synergy_node_infer_shape(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err)
{
	if (check_arguments(graph, node, err))
		return -1;
	return ops[node->kind].shape(graph, node, err);
}

/* 1: settled; 0: left as it is or as the file states it, for a graph that is only described. */
static int settle(struct synergy_graph *graph, struct synergy_node *node, struct synergy_error *err)
{
	struct synergy_error why;

	if (!graph->memory->keep_unsupported)
		return synergy_node_infer_shape(graph, node, err) ? -1 : 1;
	if (node->kind != SYNERGY_OP_UNSUPPORTED && synergy_unsupported_inputs_known(graph, node)) {
		if (!synergy_node_infer_shape(graph, node, &why))
			return 1;
		if (errno != ENOTSUP)
			return synergy_error_set(err, errno, "%s", why.message);
		/* Parameters and some outputs are not settled: nobody may count by them. */
		node->kind = SYNERGY_OP_UNSUPPORTED;
		if (synergy_graph_note_error(graph, &why, err))
			return -1;
	}
	return synergy_unsupported_declare(graph, node, err);
}

int synergy_graph_infer_shapes(struct synergy_graph *graph, struct synergy_error *err)
{
	struct synergy_node *node;
	int i, kept = 0, k, folded, settled;

	for (i = 0; i < graph->n_tensors; i++)
		if (graph->tensors[i].is_const && graph->tensors[i].data)
			graph->memory->file_bytes += graph->tensors[i].bytes;
	for (i = 0; i < graph->n_nodes; i++) {
		node = &graph->nodes[i];
		settled = settle(graph, node, err);
		if (settled < 0)
			return -1;
		folded = settled ? synergy_fold_node(graph, node, err) : 0;
		if (folded < 0)
			return -1;
		for (k = 0; k < node->n_outputs; k++)
			if (node->outputs[k] >= 0)
				graph->tensors[node->outputs[k]].producer = folded ? -1 : kept;
		if (!folded)
			graph->nodes[kept++] = *node;
	}
	graph->n_nodes = kept;
	return 0;
}

int synergy_set_output(struct synergy_graph *graph, const struct synergy_node *node, int i,
		       enum synergy_dtype dtype, int rank, const int64_t *dims,
		       struct synergy_error *err)
{
	struct synergy_tensor *tensor = synergy_node_output(graph, node, i);
	struct synergy_error why;

	if (!tensor)
		return 0;
	if (!synergy_tensor_set_shape(graph, tensor, dtype, rank, dims, &why))
		return 0;
	/* The tensor's message names the file already; say which node made it. */
	return synergy_node_error(graph, node, err, errno, "%.250s",
				  why.message + strlen(graph->path) + 2);
}

int synergy_set_output_like(struct synergy_graph *graph, const struct synergy_node *node, int i,
			    const struct synergy_tensor *like, struct synergy_error *err)
{
	return synergy_set_output(graph, node, i, like->dtype, like->rank, like->dims, err);
}

int synergy_resolve_axis(const struct synergy_graph *graph, const struct synergy_node *node,
			 int *axis, int rank, bool end_too, struct synergy_error *err)
{
	int n = rank + end_too;

	/* A negative axis means the same with end_too as without: counted from rank (n for insertion). */
	if (*axis < -rank || *axis >= n || n == 0)
		return synergy_node_error(graph, node, err, EINVAL,
					  "axis %d is out of range for rank %d", *axis, rank);
	if (*axis < 0)
		*axis += rank;
	return 0;
}

int synergy_require_float(const struct synergy_graph *graph, const struct synergy_node *node,
			  struct synergy_error *err)
{
	const struct synergy_tensor *first = synergy_node_input(graph, node, 0), *t;
	int i;

	if (first->dtype != SYNERGY_F32 && first->dtype != SYNERGY_F64)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "input '%.100s' has type %s; supported: f32, f64",
					  first->name, synergy_dtype_name(first->dtype));
	for (i = 1; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (t && t->dtype != first->dtype)
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.80s' has type %s but '%.80s' has %s",
						  t->name, synergy_dtype_name(t->dtype),
						  first->name, synergy_dtype_name(first->dtype));
	}
	return 0;
}

int synergy_deciding_error(const struct synergy_graph *graph, const struct synergy_node *node,
			   int tensor, struct synergy_error *err)
{
	const char *source = synergy_graph_source_input(graph, tensor);
	const char *name = graph->tensors[tensor].name;

	if (!source || graph->tensors[tensor].is_const)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "input '%.100s' decides shapes and must be constant", name);
	return synergy_node_error(graph, node, err, ENOTSUP,
				  "input '%.60s' decides shapes and must be known before: if it depends on values of '%.60s', that must be given with --input %.40s=FILE",
				  name, source, source);
}

int synergy_constant_ints(const struct synergy_graph *graph, const struct synergy_node *node,
			  int i, int64_t *values, int max, bool *given,
			  struct synergy_error *err)
{
	const struct synergy_tensor *t = synergy_node_input(graph, node, i);
	int k;

	*given = t != NULL;
	if (!t)
		return 0;
	if (!t->is_const || !t->data)
		return synergy_deciding_error(graph, node, node->inputs[i], err);
	if ((t->dtype != SYNERGY_I64 && t->dtype != SYNERGY_I32) || t->rank > 1)
		return synergy_node_error(graph, node, err, EINVAL,
					  "input '%.100s' must be a vector of i64 or i32, is %s of rank %d",
					  t->name, synergy_dtype_name(t->dtype), t->rank);
	if (t->count > max)
		return synergy_node_error(graph, node, err, EFBIG,
					  "input '%.100s' has %lld values, limit %d", t->name,
					  (long long)t->count, max);
	for (k = 0; k < t->count; k++)
		values[k] = t->dtype == SYNERGY_I64 ? ((const int64_t *)t->data)[k] :
						      ((const int32_t *)t->data)[k];
	return (int)t->count;
}
