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
	SYNERGY_OP_CONV_TRANSPOSE,	/* X[N,C,spatial] W[C,M/group,kernel] [B[M]]: .conv_transpose */
	SYNERGY_OP_MAX_POOL,		/* X -> Y [, indices (i64)] */
	SYNERGY_OP_AVG_POOL,		/* X */
	SYNERGY_OP_GLOBAL_MAX_POOL,	/* X -> Y with spatial dimensions 1 */
	SYNERGY_OP_GLOBAL_AVG_POOL,	/* X */
	SYNERGY_OP_LRN,			/* X */
	SYNERGY_OP_BATCH_NORM,		/* X [scale[C]] [bias[C]] mean[C] var[C] -> Y [, mean, var, ...] */
	SYNERGY_OP_LAYER_NORM,		/* X scale [bias] -> Y [, mean, 1/deviation]: over the dimensions from .axis on */
	SYNERGY_OP_GROUP_NORM,		/* X scale bias: each image's channels in .groups, by channel or by group */
	SYNERGY_OP_SCALE,		/* X [scale] [bias]: Y = X * scale + bias along .axis */
	SYNERGY_OP_GEMM,		/* A B [C]: fully connected; see synergy_gemm_params */
	SYNERGY_OP_MATMUL,		/* A B: numpy semantics, rank 1 and up */
	SYNERGY_OP_EINSUM,		/* one to four: .einsum */
	SYNERGY_OP_ADD,			/* A B: the four broadcast as numpy does */
	SYNERGY_OP_SUB,
	SYNERGY_OP_MUL,
	SYNERGY_OP_DIV,
	SYNERGY_OP_POW,			/* A B */
	SYNERGY_OP_MOD,			/* A B: .mod */
	SYNERGY_OP_EQUAL,		/* A B -> bool, and the four after it */
	SYNERGY_OP_GREATER,
	SYNERGY_OP_GREATER_EQUAL,
	SYNERGY_OP_LESS,
	SYNERGY_OP_LESS_EQUAL,
	SYNERGY_OP_AND,			/* A B: bool, and the three after it */
	SYNERGY_OP_OR,
	SYNERGY_OP_XOR,
	SYNERGY_OP_NOT,			/* X */
	SYNERGY_OP_WHERE,		/* condition (bool) X Y: the three broadcast */
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
	SYNERGY_OP_ACTIVATION,		/* X: the other activations, .map */
	SYNERGY_OP_UNARY,		/* X: the rest of the element-wise ones, .map */
	SYNERGY_OP_POWER,		/* Caffe: (shift + scale * x) ^ power */
	SYNERGY_OP_SOFTMAX,		/* X */
	SYNERGY_OP_LOG_SOFTMAX,		/* X */
	SYNERGY_OP_DROPOUT,		/* X [ratio] [training] -> Y [, mask (bool)] */
	SYNERGY_OP_CONCAT,		/* one or more */
	SYNERGY_OP_SPLIT,		/* X [sizes] -> several */
	SYNERGY_OP_SLICE,		/* X [starts ends axes steps]: use the parameters */
	SYNERGY_OP_PAD,			/* X [pads] [value]: use the parameters, .value too */
	SYNERGY_OP_TRANSPOSE,		/* X */
	SYNERGY_OP_RESIZE,		/* X [roi] [scales] [sizes]: use .resize */
	SYNERGY_OP_QUANTIZE,		/* X scale [zero] -> u8, i8, u16 or i16: .axis where scale is a vector */
	SYNERGY_OP_DEQUANTIZE,		/* X scale [zero] -> f32: the same */
	SYNERGY_OP_DYNAMIC_QUANTIZE,	/* X -> Y (u8), scale, zero (u8): from X's range */
	SYNERGY_OP_CONV_INTEGER,	/* X W [zero of X] [zero of W] -> i32: .conv; of 8-bit integers */
	SYNERGY_OP_MATMUL_INTEGER,	/* A B [zero of A] [zero of B] -> i32 */
	SYNERGY_OP_QLINEAR_CONV,	/* X, scale, zero, W, scale, zero, Y's scale, zero [B (i32)]: .conv */
	SYNERGY_OP_QLINEAR_MATMUL,	/* A, scale, zero, B, scale, zero, Y's scale, zero */
	SYNERGY_OP_REDUCE,		/* X [axes]: use the parameters */
	SYNERGY_OP_ARG_REDUCE,		/* X -> i64: .arg */
	SYNERGY_OP_TOP_K,		/* X k -> values, indices (i64): .top_k */
	SYNERGY_OP_CUM_SUM,		/* X axis: .cum_sum */
	SYNERGY_OP_TILE,		/* X repeats */
	SYNERGY_OP_RANGE,		/* start limit delta */
	SYNERGY_OP_ONE_HOT,		/* indices depth values[2]: .axis */
	SYNERGY_OP_TRILU,		/* X [k]: .trilu */
	SYNERGY_OP_GATHER_ELEMENTS,	/* X indices: .axis */
	SYNERGY_OP_GATHER_ND,		/* X indices: .axis.axis is batch_dims */
	SYNERGY_OP_SCATTER_ND,		/* X indices updates */
	SYNERGY_OP_SCATTER_ELEMENTS,	/* X indices updates: .axis */
	SYNERGY_OP_DEPTH_TO_SPACE,	/* X: .depth_space; both are a permutation of X in six dimensions */
	SYNERGY_OP_SPACE_TO_DEPTH,
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
	SYNERGY_OP_SIZE,		/* X: the same */
	SYNERGY_OP_UNSUPPORTED,		/* any: kept with options.keep_unsupported, never run */
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

/* Y is what a convolution of these parameters makes X from. */
struct synergy_conv_transpose_params {
	struct synergy_conv_params conv;	/* the first member: .conv serves both */
	int64_t output_pad[SYNERGY_MAX_SPATIAL];
	int64_t output_shape[SYNERGY_MAX_SPATIAL];	/* 0: from the pads; resolved into them */
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

/* Functions of one number, with parameters a, b and c; each line is the definition. */
enum synergy_function {
	SYNERGY_FN_IDENTITY,		/* x */
	SYNERGY_FN_RELU,		/* max(x, 0), NaN stays */
	SYNERGY_FN_LEAKY_RELU,		/* x < 0 ? a x : x */
	SYNERGY_FN_CLIP,		/* min(max(x, a), b), NaN stays */
	SYNERGY_FN_AFFINE,		/* a x + b */
	SYNERGY_FN_ELU,			/* x < 0 ? a (e^x - 1) : x */
	SYNERGY_FN_SELU,		/* b (x < 0 ? a (e^x - 1) : x) */
	SYNERGY_FN_CELU,		/* x < 0 ? a (e^(x / a) - 1) : x */
	SYNERGY_FN_SIGMOID,		/* 1 / (1 + e^-x) */
	SYNERGY_FN_TANH,
	SYNERGY_FN_HARD_SIGMOID,	/* min(max(a x + b, 0), 1) */
	SYNERGY_FN_HARD_SWISH,		/* x min(max(x / 6 + 1/2, 0), 1) */
	SYNERGY_FN_SWISH,		/* x / (1 + e^(-a x)) */
	SYNERGY_FN_GELU,		/* x (1 + erf(x / sqrt 2)) / 2 */
	SYNERGY_FN_GELU_TANH,		/* x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
	SYNERGY_FN_MISH,		/* x tanh(log(1 + e^x)) */
	SYNERGY_FN_SOFTPLUS,		/* log(1 + e^x) */
	SYNERGY_FN_SOFTSIGN,		/* x / (1 + |x|) */
	SYNERGY_FN_THRESHOLDED_RELU,	/* x > a ? x : 0 */
	SYNERGY_FN_SHRINK,		/* x < -a ? x + b : x > a ? x - b : 0 */
	SYNERGY_FN_EXP,
	SYNERGY_FN_LOG,
	SYNERGY_FN_ERF,
	SYNERGY_FN_SQRT,
	SYNERGY_FN_RECIPROCAL,
	SYNERGY_FN_SQUARE,
	SYNERGY_FN_CUBE,
	SYNERGY_FN_RECIPROCAL_SQRT,
	SYNERGY_FN_POWER,		/* x^a */
	SYNERGY_FN_SCALED_POWER,	/* of Caffe: (b + c x)^a */
	SYNERGY_FN_ABS,
	SYNERGY_FN_NEG,
	SYNERGY_FN_SIGN,
	SYNERGY_FN_FLOOR,
	SYNERGY_FN_CEIL,
	SYNERGY_FN_ROUND,		/* to nearest, ties to even */
	SYNERGY_FN_SIN,
	SYNERGY_FN_COS,
	SYNERGY_FN_TAN,
	SYNERGY_FN_ASIN,
	SYNERGY_FN_ACOS,
	SYNERGY_FN_ATAN,
	SYNERGY_FN_SINH,
	SYNERGY_FN_COSH,
	SYNERGY_FN_ASINH,
	SYNERGY_FN_ACOSH,
	SYNERGY_FN_ATANH,
	SYNERGY_FN_COUNT
};

struct synergy_map {
	enum synergy_function function;
	float a, b, c;
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
	SYNERGY_PAD_WRAP,
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
	SYNERGY_REDUCE_LOG_SUM,
	SYNERGY_REDUCE_LOG_SUM_EXP,
};

struct synergy_reduce_params {
	enum synergy_reduce_mode mode;
	bool axis[SYNERGY_MAX_RANK];	/* true: this dimension of X is reduced */
	bool keep_dims;
	float scale;			/* the result is multiplied by it (Caffe's coeff); 1 in ONNX */
};

struct synergy_layer_norm_params {
	int axis;			/* LAYER_NORM */
	int64_t groups;			/* GROUP_NORM; 0: each channel is one (InstanceNormalization) */
	float epsilon;
};

enum synergy_resize_mode {
	SYNERGY_RESIZE_NEAREST,
	SYNERGY_RESIZE_LINEAR,
	SYNERGY_RESIZE_CUBIC,
};

/* Which coordinate of X a coordinate of Y stands for; ONNX's names. */
enum synergy_resize_coordinates {
	SYNERGY_RESIZE_HALF_PIXEL,
	SYNERGY_RESIZE_PYTORCH_HALF_PIXEL,
	SYNERGY_RESIZE_ALIGN_CORNERS,
	SYNERGY_RESIZE_ASYMMETRIC,
	SYNERGY_RESIZE_TF_CROP_AND_RESIZE,
	SYNERGY_RESIZE_HALF_PIXEL_SYMMETRIC,
	SYNERGY_RESIZE_TF_HALF_PIXEL_FOR_NN,
};

enum synergy_resize_nearest {
	SYNERGY_RESIZE_ROUND_PREFER_FLOOR,
	SYNERGY_RESIZE_ROUND_PREFER_CEIL,
	SYNERGY_RESIZE_FLOOR,
	SYNERGY_RESIZE_CEIL,
};

enum synergy_resize_aspect {
	SYNERGY_RESIZE_STRETCH,
	SYNERGY_RESIZE_NOT_LARGER,
	SYNERGY_RESIZE_NOT_SMALLER,
};

struct synergy_resize_params {
	enum synergy_resize_mode mode;
	enum synergy_resize_coordinates coordinates;
	enum synergy_resize_nearest nearest;
	enum synergy_resize_aspect aspect;
	bool antialias, exclude_outside;
	float cubic_a, extrapolation;
	int n_axes;			/* 0: scales, sizes and roi are for all dimensions */
	int8_t axes[SYNERGY_MAX_RANK];
	/* For every dimension of X, resolved: */
	double scale[SYNERGY_MAX_RANK];
	double roi_begin[SYNERGY_MAX_RANK], roi_end[SYNERGY_MAX_RANK];
};

struct synergy_mod_params {
	bool fmod;			/* C's remainder, in place of Python's */
};

struct synergy_arg_params {
	int axis;
	bool keep_dims;
	bool min;			/* ArgMin */
	bool last;			/* of several extremes the last one */
};

struct synergy_top_k_params {
	int axis;
	bool smallest;
};

struct synergy_cum_sum_params {
	int axis;
	bool exclusive, reverse;
};

struct synergy_trilu_params {
	bool upper;
	int64_t k;			/* the diagonal kept: 0 the main one */
};

struct synergy_depth_space_params {
	int64_t block;
	bool column_row_depth;		/* DepthToSpace: CRD, else DCR */
};

#define SYNERGY_EINSUM_OPERANDS	4
#define SYNERGY_EINSUM_LABELS	16

/* Resolved from the equation: each letter, and each dimension of "...", is a label. */
struct synergy_einsum_params {
	const char *equation;		/* "bij,bjk->bik"; the graph's */
	int n_labels, n_out;		/* the output's come first, in its order; the others are summed */
	int8_t labels[SYNERGY_EINSUM_OPERANDS][SYNERGY_MAX_RANK];
	int64_t size[SYNERGY_EINSUM_LABELS];
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
	struct synergy_map map;
	struct synergy_power_params power;
	struct synergy_softmax_params softmax;
	struct synergy_dropout_params dropout;
	struct synergy_axis_params axis;
	struct synergy_slice_params slice;
	struct synergy_pad_params pad;
	struct synergy_transpose_params transpose;
	struct synergy_reduce_params reduce;
	struct synergy_conv_transpose_params conv_transpose;
	struct synergy_layer_norm_params layer_norm;
	struct synergy_resize_params resize;
	struct synergy_mod_params mod;
	struct synergy_arg_params arg;
	struct synergy_top_k_params top_k;
	struct synergy_cum_sum_params cum_sum;
	struct synergy_trilu_params trilu;
	struct synergy_depth_space_params depth_space;
	struct synergy_einsum_params einsum;
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

/* The name for tables: the kind's, or the file's own word where it is not supported. */
const char *synergy_node_op_name(const struct synergy_node *node);

/* Never NULL for a kind below SYNERGY_OP_COUNT. */
const struct synergy_op_info *synergy_op_info(enum synergy_op_kind kind);

#endif
