// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of kernels by operator kind.
 */
#include "kernels/op.h"

static const struct synergy_kernel *const *const kernels[SYNERGY_OP_COUNT] = {
	[SYNERGY_OP_CONV] = synergy_conv_kernels,
	[SYNERGY_OP_MAX_POOL] = synergy_max_pool_kernels,
	[SYNERGY_OP_AVG_POOL] = synergy_avg_pool_kernels,
	[SYNERGY_OP_GLOBAL_MAX_POOL] = synergy_global_pool_kernels,
	[SYNERGY_OP_GLOBAL_AVG_POOL] = synergy_global_pool_kernels,
	[SYNERGY_OP_LRN] = synergy_lrn_kernels,
	[SYNERGY_OP_BATCH_NORM] = synergy_batch_norm_kernels,
	[SYNERGY_OP_SCALE] = synergy_scale_kernels,
	[SYNERGY_OP_GEMM] = synergy_gemm_kernels,
	[SYNERGY_OP_MATMUL] = synergy_matmul_kernels,
	[SYNERGY_OP_ADD] = synergy_binary_kernels,
	[SYNERGY_OP_SUB] = synergy_binary_kernels,
	[SYNERGY_OP_MUL] = synergy_binary_kernels,
	[SYNERGY_OP_DIV] = synergy_binary_kernels,
	[SYNERGY_OP_POW] = synergy_binary_kernels,
	[SYNERGY_OP_ELTWISE] = synergy_eltwise_kernels,
	[SYNERGY_OP_RELU] = synergy_relu_kernels,
	[SYNERGY_OP_LEAKY_RELU] = synergy_relu_kernels,
	[SYNERGY_OP_PRELU] = synergy_prelu_kernels,
	[SYNERGY_OP_ELU] = synergy_activation_kernels,
	[SYNERGY_OP_SIGMOID] = synergy_activation_kernels,
	[SYNERGY_OP_TANH] = synergy_activation_kernels,
	[SYNERGY_OP_HARD_SIGMOID] = synergy_activation_kernels,
	[SYNERGY_OP_HARD_SWISH] = synergy_activation_kernels,
	[SYNERGY_OP_CLIP] = synergy_clip_kernels,
	[SYNERGY_OP_UNARY] = synergy_activation_kernels,
	[SYNERGY_OP_POWER] = synergy_activation_kernels,
	[SYNERGY_OP_SOFTMAX] = synergy_softmax_kernels,
	[SYNERGY_OP_LOG_SOFTMAX] = synergy_softmax_kernels,
	[SYNERGY_OP_DROPOUT] = synergy_dropout_kernels,
	[SYNERGY_OP_CONCAT] = synergy_concat_kernels,
	[SYNERGY_OP_SPLIT] = synergy_split_kernels,
	[SYNERGY_OP_SLICE] = synergy_slice_kernels,
	[SYNERGY_OP_PAD] = synergy_pad_kernels,
	[SYNERGY_OP_TRANSPOSE] = synergy_transpose_kernels,
	[SYNERGY_OP_REDUCE] = synergy_reduce_kernels,
	[SYNERGY_OP_FLATTEN] = synergy_view_kernels,
	[SYNERGY_OP_RESHAPE] = synergy_view_kernels,
	[SYNERGY_OP_SQUEEZE] = synergy_view_kernels,
	[SYNERGY_OP_UNSQUEEZE] = synergy_view_kernels,
	[SYNERGY_OP_IDENTITY] = synergy_view_kernels,
	[SYNERGY_OP_CAST] = synergy_cast_kernels,
	[SYNERGY_OP_GATHER] = synergy_gather_kernels,
	[SYNERGY_OP_EXPAND] = synergy_expand_kernels,
	[SYNERGY_OP_CONSTANT_OF_SHAPE] = synergy_constant_of_shape_kernels,
};

const struct synergy_kernel *const *synergy_kernels_of(enum synergy_op_kind kind)
{
	return (unsigned int)kind < SYNERGY_OP_COUNT ? kernels[kind] : NULL;
}
