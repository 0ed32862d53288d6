// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of ONNX operators: kind, the first opset that has it, and the function that
 * makes parameters of its attributes. What is not here is refused by name.
 */
#include <errno.h>
#include <string.h>

#include "model/onnx.h"

static const struct operator {
	const char *type;
	enum synergy_op_kind kind;
	int since; /* the first opset that has it */
	int (*translate)(struct synergy_onnx_node *n);
} operators[] = {
	{ "Abs", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "Acos", SYNERGY_OP_UNARY, 7, synergy_onnx_unary },
	{ "Acosh", SYNERGY_OP_UNARY, 9, synergy_onnx_unary },
	{ "Add", SYNERGY_OP_ADD, 1, synergy_onnx_binary },
	{ "And", SYNERGY_OP_AND, 1, synergy_onnx_binary },
	{ "ArgMax", SYNERGY_OP_ARG_REDUCE, 1, synergy_onnx_arg },
	{ "ArgMin", SYNERGY_OP_ARG_REDUCE, 1, synergy_onnx_arg },
	{ "Asin", SYNERGY_OP_UNARY, 7, synergy_onnx_unary },
	{ "Asinh", SYNERGY_OP_UNARY, 9, synergy_onnx_unary },
	{ "Atan", SYNERGY_OP_UNARY, 7, synergy_onnx_unary },
	{ "Atanh", SYNERGY_OP_UNARY, 9, synergy_onnx_unary },
	{ "AveragePool", SYNERGY_OP_AVG_POOL, 1, synergy_onnx_pool },
	{ "BatchNormalization", SYNERGY_OP_BATCH_NORM, 1, synergy_onnx_batch_norm },
	{ "Cast", SYNERGY_OP_CAST, 1, synergy_onnx_cast },
	{ "CastLike", SYNERGY_OP_CAST, 15, synergy_onnx_cast_like },
	{ "Ceil", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "Celu", SYNERGY_OP_ACTIVATION, 12, synergy_onnx_parametric },
	{ "Clip", SYNERGY_OP_CLIP, 1, synergy_onnx_clip },
	{ "Concat", SYNERGY_OP_CONCAT, 1, synergy_onnx_concat },
	{ "Constant", SYNERGY_OP_CONSTANT, 1, synergy_onnx_translate_constant },
	{ "ConstantOfShape", SYNERGY_OP_CONSTANT_OF_SHAPE, 9, synergy_onnx_constant_of_shape },
	{ "Conv", SYNERGY_OP_CONV, 1, synergy_onnx_conv },
	{ "ConvInteger", SYNERGY_OP_CONV_INTEGER, 10, synergy_onnx_conv },
	{ "ConvTranspose", SYNERGY_OP_CONV_TRANSPOSE, 1, synergy_onnx_conv_transpose },
	{ "Cos", SYNERGY_OP_UNARY, 7, synergy_onnx_unary },
	{ "Cosh", SYNERGY_OP_UNARY, 9, synergy_onnx_unary },
	{ "CumSum", SYNERGY_OP_CUM_SUM, 11, synergy_onnx_cum_sum },
	{ "DepthToSpace", SYNERGY_OP_DEPTH_TO_SPACE, 1, synergy_onnx_depth_space },
	{ "DequantizeLinear", SYNERGY_OP_DEQUANTIZE, 10, synergy_onnx_quantize },
	{ "Div", SYNERGY_OP_DIV, 1, synergy_onnx_binary },
	{ "Dropout", SYNERGY_OP_DROPOUT, 1, synergy_onnx_dropout },
	{ "DynamicQuantizeLinear", SYNERGY_OP_DYNAMIC_QUANTIZE, 11, synergy_onnx_no_parameters },
	{ "Einsum", SYNERGY_OP_EINSUM, 12, synergy_onnx_einsum },
	{ "Elu", SYNERGY_OP_ELU, 1, synergy_onnx_activation },
	{ "Equal", SYNERGY_OP_EQUAL, 1, synergy_onnx_binary },
	{ "Erf", SYNERGY_OP_UNARY, 9, synergy_onnx_unary },
	{ "Exp", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "Expand", SYNERGY_OP_EXPAND, 8, synergy_onnx_no_parameters },
	{ "Flatten", SYNERGY_OP_FLATTEN, 1, synergy_onnx_flatten },
	{ "Floor", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "Gather", SYNERGY_OP_GATHER, 1, synergy_onnx_gather },
	{ "GatherElements", SYNERGY_OP_GATHER_ELEMENTS, 11, synergy_onnx_gather },
	{ "GatherND", SYNERGY_OP_GATHER_ND, 11, synergy_onnx_gather_nd },
	{ "Gelu", SYNERGY_OP_ACTIVATION, 20, synergy_onnx_gelu },
	{ "Gemm", SYNERGY_OP_GEMM, 1, synergy_onnx_gemm },
	{ "GlobalAveragePool", SYNERGY_OP_GLOBAL_AVG_POOL, 1, synergy_onnx_no_parameters },
	{ "GlobalMaxPool", SYNERGY_OP_GLOBAL_MAX_POOL, 1, synergy_onnx_no_parameters },
	{ "Greater", SYNERGY_OP_GREATER, 1, synergy_onnx_binary },
	{ "GreaterOrEqual", SYNERGY_OP_GREATER_EQUAL, 12, synergy_onnx_no_parameters },
	{ "GroupNormalization", SYNERGY_OP_GROUP_NORM, 18, synergy_onnx_group_norm },
	{ "HardSigmoid", SYNERGY_OP_HARD_SIGMOID, 1, synergy_onnx_activation },
	{ "HardSwish", SYNERGY_OP_HARD_SWISH, 14, synergy_onnx_no_parameters },
	{ "Identity", SYNERGY_OP_IDENTITY, 1, synergy_onnx_no_parameters },
	{ "InstanceNormalization", SYNERGY_OP_GROUP_NORM, 1, synergy_onnx_group_norm },
	{ "LRN", SYNERGY_OP_LRN, 1, synergy_onnx_lrn },
	{ "LayerNormalization", SYNERGY_OP_LAYER_NORM, 17, synergy_onnx_layer_norm },
	{ "LeakyRelu", SYNERGY_OP_LEAKY_RELU, 1, synergy_onnx_activation },
	{ "Less", SYNERGY_OP_LESS, 1, synergy_onnx_binary },
	{ "LessOrEqual", SYNERGY_OP_LESS_EQUAL, 12, synergy_onnx_no_parameters },
	{ "Log", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "LogSoftmax", SYNERGY_OP_LOG_SOFTMAX, 1, synergy_onnx_softmax },
	{ "MatMul", SYNERGY_OP_MATMUL, 1, synergy_onnx_no_parameters },
	{ "MatMulInteger", SYNERGY_OP_MATMUL_INTEGER, 10, synergy_onnx_no_parameters },
	{ "Max", SYNERGY_OP_ELTWISE, 1, synergy_onnx_eltwise },
	{ "MaxPool", SYNERGY_OP_MAX_POOL, 1, synergy_onnx_pool },
	{ "Mean", SYNERGY_OP_ELTWISE, 1, synergy_onnx_eltwise },
	{ "Min", SYNERGY_OP_ELTWISE, 1, synergy_onnx_eltwise },
	{ "Mish", SYNERGY_OP_ACTIVATION, 18, synergy_onnx_unary },
	{ "Mod", SYNERGY_OP_MOD, 10, synergy_onnx_mod },
	{ "Mul", SYNERGY_OP_MUL, 1, synergy_onnx_binary },
	{ "Neg", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "Not", SYNERGY_OP_NOT, 1, synergy_onnx_no_parameters },
	{ "OneHot", SYNERGY_OP_ONE_HOT, 9, synergy_onnx_one_hot },
	{ "Or", SYNERGY_OP_OR, 1, synergy_onnx_binary },
	{ "PRelu", SYNERGY_OP_PRELU, 1, synergy_onnx_prelu },
	{ "Pad", SYNERGY_OP_PAD, 1, synergy_onnx_pad },
	{ "Pow", SYNERGY_OP_POW, 1, synergy_onnx_binary },
	{ "QLinearConv", SYNERGY_OP_QLINEAR_CONV, 10, synergy_onnx_conv },
	{ "QLinearMatMul", SYNERGY_OP_QLINEAR_MATMUL, 10, synergy_onnx_no_parameters },
	{ "QuantizeLinear", SYNERGY_OP_QUANTIZE, 10, synergy_onnx_quantize },
	{ "Range", SYNERGY_OP_RANGE, 11, synergy_onnx_no_parameters },
	{ "Reciprocal", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "ReduceL1", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceL2", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceLogSum", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceLogSumExp", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceMax", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceMean", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceMin", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceProd", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceSum", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "ReduceSumSquare", SYNERGY_OP_REDUCE, 1, synergy_onnx_reduce },
	{ "Relu", SYNERGY_OP_RELU, 1, synergy_onnx_activation },
	{ "Reshape", SYNERGY_OP_RESHAPE, 1, synergy_onnx_reshape },
	{ "Resize", SYNERGY_OP_RESIZE, 10, synergy_onnx_resize },
	{ "Round", SYNERGY_OP_UNARY, 11, synergy_onnx_unary },
	{ "Scatter", SYNERGY_OP_SCATTER_ELEMENTS, 9, synergy_onnx_gather },
	{ "ScatterElements", SYNERGY_OP_SCATTER_ELEMENTS, 11, synergy_onnx_scatter },
	{ "ScatterND", SYNERGY_OP_SCATTER_ND, 11, synergy_onnx_scatter_nd },
	{ "Selu", SYNERGY_OP_ACTIVATION, 1, synergy_onnx_parametric },
	{ "Shape", SYNERGY_OP_SHAPE, 1, synergy_onnx_translate_shape },
	{ "Shrink", SYNERGY_OP_ACTIVATION, 9, synergy_onnx_parametric },
	{ "Sigmoid", SYNERGY_OP_SIGMOID, 1, synergy_onnx_activation },
	{ "Sign", SYNERGY_OP_UNARY, 9, synergy_onnx_unary },
	{ "Sin", SYNERGY_OP_UNARY, 7, synergy_onnx_unary },
	{ "Sinh", SYNERGY_OP_UNARY, 9, synergy_onnx_unary },
	{ "Size", SYNERGY_OP_SIZE, 1, synergy_onnx_no_parameters },
	{ "Slice", SYNERGY_OP_SLICE, 1, synergy_onnx_slice },
	{ "Softmax", SYNERGY_OP_SOFTMAX, 1, synergy_onnx_softmax },
	{ "Softplus", SYNERGY_OP_ACTIVATION, 1, synergy_onnx_unary },
	{ "Softsign", SYNERGY_OP_ACTIVATION, 1, synergy_onnx_unary },
	{ "SpaceToDepth", SYNERGY_OP_SPACE_TO_DEPTH, 1, synergy_onnx_depth_space },
	{ "Split", SYNERGY_OP_SPLIT, 1, synergy_onnx_split },
	{ "Sqrt", SYNERGY_OP_UNARY, 1, synergy_onnx_unary },
	{ "Squeeze", SYNERGY_OP_SQUEEZE, 1, synergy_onnx_squeeze },
	{ "Sub", SYNERGY_OP_SUB, 1, synergy_onnx_binary },
	{ "Sum", SYNERGY_OP_ELTWISE, 1, synergy_onnx_eltwise },
	{ "Swish", SYNERGY_OP_ACTIVATION, 24, synergy_onnx_parametric },
	{ "Tan", SYNERGY_OP_UNARY, 7, synergy_onnx_unary },
	{ "Tanh", SYNERGY_OP_TANH, 1, synergy_onnx_activation },
	{ "ThresholdedRelu", SYNERGY_OP_ACTIVATION, 10, synergy_onnx_parametric },
	{ "Tile", SYNERGY_OP_TILE, 6, synergy_onnx_no_parameters },
	{ "TopK", SYNERGY_OP_TOP_K, 1, synergy_onnx_top_k },
	{ "Transpose", SYNERGY_OP_TRANSPOSE, 1, synergy_onnx_transpose },
	{ "Trilu", SYNERGY_OP_TRILU, 14, synergy_onnx_trilu },
	{ "Unsqueeze", SYNERGY_OP_UNSQUEEZE, 1, synergy_onnx_squeeze },
	{ "Upsample", SYNERGY_OP_RESIZE, 7, synergy_onnx_resize },
	{ "Where", SYNERGY_OP_WHERE, 9, synergy_onnx_no_parameters },
	{ "Xor", SYNERGY_OP_XOR, 1, synergy_onnx_binary },
};

#define N_OPERATORS (sizeof(operators) / sizeof(operators[0]))

static const struct operator *find_operator(const char *type)
{
	size_t i;

	for (i = 0; i < N_OPERATORS; i++)
		if (!strcmp(operators[i].type, type))
			return &operators[i];
	return NULL;
}

enum synergy_op_kind synergy_onnx_kind(const char *op_type)
{
	const struct operator *op = find_operator(op_type);

	return op ? op->kind : SYNERGY_OP_COUNT;
}

int synergy_onnx_translate(struct synergy_onnx_node *n)
{
	const struct operator *op = find_operator(n->proto->op_type);

	if (synergy_onnx_opset(n) < op->since)
		return synergy_onnx_error(n, EINVAL, "is defined from opset %d on", op->since);
	if (op->translate(n))
		return -1;
	return synergy_onnx_no_others(n);
}

const char *synergy_onnx_operator(size_t i, int *since)
{
	if (i >= N_OPERATORS)
		return NULL;
	*since = operators[i].since;
	return operators[i].type;
}
