/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The operators: their kinds, their typed parameters and what user/model knows
 * of each (argument check, output shapes, work counts). What runs them is in
 * kernels/, in a table keyed by the same enum. Both readers (ONNX, Caffe) map
 * a file's operators onto these kinds; an operator that is not here is refused
 * by name. Parameters are resolved: no negative axis, no auto_pad left, no
 * opset-dependent meaning once a graph is loaded.
 */
#ifndef SYNERGY_MODEL_OP_H
#define SYNERGY_MODEL_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNERGY_MAX_RANK	8	/* dimensions of a tensor */
#define SYNERGY_MAX_SPATIAL	3	/* spatial dimensions of a convolution or pooling */

/*
 * Inputs of each kind, by position; [x] may be omitted (tensor index -1).
 * X is the activation, W a weight. N is the batch, C the channels.
 */
enum synergy_op_kind {
	SYNERGY_OP_CONV,		/* X[N,C,spatial] W[M,C/group,kernel] [B[M]] */
	SYNERGY_OP_MAX_POOL,		/* X -> Y [, indices (i64)] */
	SYNERGY_OP_AVG_POOL,		/* X */
	SYNERGY_OP_GLOBAL_MAX_POOL,	/* X -> Y with spatial dimensions 1 */
	SYNERGY_OP_GLOBAL_AVG_POOL,	/* X */
	SYNERGY_OP_LRN,			/* X */
	SYNERGY_OP_BATCH_NORM,		/* X [scale[C]] [bias[C]] mean[C] var[C] -> Y [, mean, var, ...] */
	SYNERGY_OP_SCALE,		/* X [scale] [bias]: Y = X * scale + bias along .axis */
	SYNERGY_OP_GEMM,		/* A B [C]: fully connected; see synergy_gemm_params */
	SYNERGY_OP_MATMUL,		/* A B: numpy semantics, rank 1 and up */
	SYNERGY_OP_ADD,			/* A B: the four broadcast as numpy does */
	SYNERGY_OP_SUB,
	SYNERGY_OP_MUL,
	SYNERGY_OP_DIV,
	SYNERGY_OP_POW,			/* A B */
	SYNERGY_OP_ELTWISE,		/* one or more inputs, broadcast; see synergy_eltwise_params */
	SYNERGY_OP_RELU,		/* X; these are element by element */
	SYNERGY_OP_LEAKY_RELU,		/* .alpha */
	SYNERGY_OP_PRELU,		/* X slope; .channel_axis: see synergy_prelu_params */
	SYNERGY_OP_ELU,			/* .alpha */
	SYNERGY_OP_SIGMOID,
	SYNERGY_OP_TANH,
	SYNERGY_OP_HARD_SIGMOID,	/* max(0, min(1, alpha * x + beta)) */
	SYNERGY_OP_HARD_SWISH,		/* x * max(0, min(1, x / 6 + 0.5)) */
	SYNERGY_OP_CLIP,		/* X [min] [max]: scalars; when omitted, the parameters */
	SYNERGY_OP_UNARY,		/* X: the rest of the element-wise ones, .function */
	SYNERGY_OP_POWER,		/* Caffe: (shift + scale * x) ^ power */
	SYNERGY_OP_SOFTMAX,		/* X */
	SYNERGY_OP_LOG_SOFTMAX,		/* X */
	SYNERGY_OP_DROPOUT,		/* X [ratio] [training] -> Y [, mask (bool)] */
	SYNERGY_OP_CONCAT,		/* one or more */
	SYNERGY_OP_SPLIT,		/* X [sizes] -> several */
	SYNERGY_OP_SLICE,		/* X [starts ends axes steps]: use the parameters */
	SYNERGY_OP_PAD,			/* X [pads] [value]: use the parameters, .value too */
	SYNERGY_OP_TRANSPOSE,		/* X */
	SYNERGY_OP_REDUCE,		/* X [axes]: use the parameters */
	SYNERGY_OP_FLATTEN,		/* X; from here on the data does not change, only the shape */
	SYNERGY_OP_RESHAPE,		/* X [shape] */
	SYNERGY_OP_SQUEEZE,		/* X [axes] */
	SYNERGY_OP_UNSQUEEZE,		/* X [axes] */
	SYNERGY_OP_IDENTITY,		/* X */
	SYNERGY_OP_CAST,		/* X: .to; the following serve shape arithmetic */
	SYNERGY_OP_GATHER,		/* X indices: .axis */
	SYNERGY_OP_EXPAND,		/* X shape */
	SYNERGY_OP_CONSTANT,		/* (none): folded away by the reader, always */
	SYNERGY_OP_CONSTANT_OF_SHAPE,	/* shape value: the same, unless too large for it */
	SYNERGY_OP_SHAPE,		/* X: the same */
	SYNERGY_OP_COUNT
};

/* What auto_pad said; after shape inference the pads are explicit whatever it is. */
enum synergy_auto_pad {
	SYNERGY_PAD_NOTSET,
	SYNERGY_PAD_VALID,
	SYNERGY_PAD_SAME_UPPER,
	SYNERGY_PAD_SAME_LOWER,
};

/* Index 0 is the slowest spatial dimension (depth or height), as in the tensor. */
struct synergy_conv_params {
	int spatial;			/* number of spatial dimensions, 1..3 */
	int64_t kernel[SYNERGY_MAX_SPATIAL];
	int64_t stride[SYNERGY_MAX_SPATIAL];
	int64_t dilation[SYNERGY_MAX_SPATIAL];
	int64_t pad_begin[SYNERGY_MAX_SPATIAL];
	int64_t pad_end[SYNERGY_MAX_SPATIAL];
	int64_t group;
	enum synergy_auto_pad auto_pad;
};

struct synergy_pool_params {
	int spatial;
	int64_t kernel[SYNERGY_MAX_SPATIAL];
	int64_t stride[SYNERGY_MAX_SPATIAL];
	int64_t dilation[SYNERGY_MAX_SPATIAL];
	int64_t pad_begin[SYNERGY_MAX_SPATIAL];
	int64_t pad_end[SYNERGY_MAX_SPATIAL];
	enum synergy_auto_pad auto_pad;
	bool ceil_mode;			/* the output size is rounded up */
	/*
	 * Caffe's average divides by the window clipped to the padded input
	 * (padding counted, what rounding up adds beyond it not).
	 */
	bool caffe_rounding;
	bool count_include_pad;		/* ONNX: zeros of the padding count in the average */
	bool storage_column_major;	/* MaxPool indices: storage_order = 1 */
};

struct synergy_lrn_params {
	int64_t size;
	float alpha, beta, bias;	/* y = x / (bias + alpha / n * sum x^2)^beta */
	/*
	 * Across channels: n = size. Within a channel (Caffe): a size x size
	 * window, zero padded, n = size * size, bias = 1.
	 */
	bool within_channel;
};

struct synergy_batch_norm_params {
	float epsilon;
	float momentum;			/* used in training mode only */
	bool training;			/* ONNX training_mode: statistics of this batch, more outputs */
};

struct synergy_scale_params {
	int axis;			/* first axis of X that scale and bias match */
};

/*
 * Y = alpha * op(A) * op(B) + beta * C. With flatten_axis >= 0 (Caffe's
 * InnerProduct), A of any rank is read as a matrix, dimensions before that
 * axis being rows; C is then a row of biases. C broadcasts to Y in ONNX.
 */
struct synergy_gemm_params {
	float alpha, beta;
	bool trans_a, trans_b;
	int flatten_axis;		/* -1: A has rank 2 */
};

enum synergy_eltwise_mode {
	SYNERGY_ELTWISE_SUM,
	SYNERGY_ELTWISE_PROD,
	SYNERGY_ELTWISE_MAX,
	SYNERGY_ELTWISE_MIN,
	SYNERGY_ELTWISE_MEAN,
};

struct synergy_eltwise_params {
	enum synergy_eltwise_mode mode;
	const float *coefficients;	/* SUM only: one per input, or NULL for all 1; the graph's */
};

/* The slope's channel axis (Caffe: 1); -1: numpy broadcast to X (ONNX). */
struct synergy_prelu_params {
	int channel_axis;
};

struct synergy_activation_params {
	float alpha, beta;		/* LEAKY_RELU, ELU, HARD_SIGMOID */
};

struct synergy_clip_params {
	float min, max;			/* -INFINITY and INFINITY where there is no limit */
};

enum synergy_unary_function {
	SYNERGY_UNARY_ABS,
	SYNERGY_UNARY_NEG,
	SYNERGY_UNARY_SQRT,
	SYNERGY_UNARY_EXP,
	SYNERGY_UNARY_LOG,
	SYNERGY_UNARY_RECIPROCAL,
	SYNERGY_UNARY_FLOOR,
	SYNERGY_UNARY_CEIL,
	SYNERGY_UNARY_SOFTPLUS,		/* log(1 + e^x); Caffe's BNLL */
	SYNERGY_UNARY_SOFTSIGN,
	SYNERGY_UNARY_ERF,
};

struct synergy_unary_params {
	enum synergy_unary_function function;
};

struct synergy_power_params {
	float power, scale, shift;
};

/*
 * With flattened (ONNX before opset 13) the maximum and the sum are over all
 * dimensions from axis on; else over axis alone.
 */
struct synergy_softmax_params {
	int axis;
	bool flattened;
};

struct synergy_dropout_params {
	float ratio;			/* used in training mode only */
	bool training;
};

struct synergy_axis_params {
	int axis;			/* CONCAT, SPLIT, FLATTEN, GATHER */
};

/* For every dimension of X, in its order (defaults filled in). */
struct synergy_slice_params {
	int64_t start[SYNERGY_MAX_RANK];
	int64_t step[SYNERGY_MAX_RANK];	/* may be negative; sizes are the output's */
};

enum synergy_pad_mode {
	SYNERGY_PAD_CONSTANT,
	SYNERGY_PAD_REFLECT,
	SYNERGY_PAD_EDGE,
};

struct synergy_pad_params {
	enum synergy_pad_mode mode;
	int64_t begin[SYNERGY_MAX_RANK], end[SYNERGY_MAX_RANK];	/* negative: cropped */
	float value;
};

struct synergy_transpose_params {
	int perm[SYNERGY_MAX_RANK];	/* output dimension i is input dimension perm[i] */
};

enum synergy_reduce_mode {
	SYNERGY_REDUCE_MEAN,
	SYNERGY_REDUCE_SUM,
	SYNERGY_REDUCE_MAX,
	SYNERGY_REDUCE_MIN,
	SYNERGY_REDUCE_PROD,
	SYNERGY_REDUCE_SUM_SQUARE,
	SYNERGY_REDUCE_ABS_SUM,		/* ONNX ReduceL1; Caffe ASUM */
	SYNERGY_REDUCE_L2,
};

struct synergy_reduce_params {
	enum synergy_reduce_mode mode;
	bool axis[SYNERGY_MAX_RANK];	/* true: this dimension of X is reduced */
	bool keep_dims;
	float scale;			/* the result is multiplied by it (Caffe's coeff); 1 in ONNX */
};

union synergy_op_params {
	struct synergy_conv_params conv;
	struct synergy_pool_params pool;
	struct synergy_lrn_params lrn;
	struct synergy_batch_norm_params batch_norm;
	struct synergy_scale_params scale;
	struct synergy_gemm_params gemm;
	struct synergy_eltwise_params eltwise;
	struct synergy_prelu_params prelu;
	struct synergy_activation_params activation;
	struct synergy_clip_params clip;
	struct synergy_unary_params unary;
	struct synergy_power_params power;
	struct synergy_softmax_params softmax;
	struct synergy_dropout_params dropout;
	struct synergy_axis_params axis;
	struct synergy_slice_params slice;
	struct synergy_pad_params pad;
	struct synergy_transpose_params transpose;
	struct synergy_reduce_params reduce;
	int cast_to;			/* enum synergy_dtype */
};

/*
 * The work of one node, counted from shapes alone; overflow is an error of
 * shape inference. MACs are the papers': output elements x kernel elements x
 * input channels of a group (convolution), M*N*K (fully connected); bias,
 * pooling and the rest count no MAC.
 */
struct synergy_work {
	uint64_t mac;
	uint64_t flops;			/* 2 * mac + one per other arithmetic operation on an element */
	uint64_t params;		/* elements of constant floating-point inputs */
	uint64_t param_bytes;
	uint64_t bytes_in;		/* activations read, each input once; weights are param_bytes */
	uint64_t bytes_out;		/* outputs written */
	uint64_t kernel;		/* kernel elements of a convolution or pooling window, else 0 */
};

struct synergy_graph;
struct synergy_node;
struct synergy_error;

struct synergy_op_info {
	const char *name;		/* "Conv": the name in tables and messages */
	const char *type;		/* layer type for totals: "conv", "fc", "pool", "norm", ... */
	int min_inputs, max_inputs;	/* -1: any number */
	int min_outputs, max_outputs;
	/* Check arguments, resolve parameters, set the outputs' dtype and shape. 0 or -1 (EINVAL). */
	int (*shape)(struct synergy_graph *graph, struct synergy_node *node,
		     struct synergy_error *err);
	/* Fill mac, flops and kernel; the rest is common to all. NULL: none. */
	void (*work)(const struct synergy_graph *graph, const struct synergy_node *node,
		     struct synergy_work *work);
};

/* Never NULL for a kind below SYNERGY_OP_COUNT. */
const struct synergy_op_info *synergy_op_info(enum synergy_op_kind kind);

#endif
