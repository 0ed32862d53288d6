// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ONNX operators, one function each, in a table: attributes to parameters for
 * every opset from 1 to 23. Where an older opset has attributes for what a
 * newer one takes as input (axes, shape, pads...), the attribute becomes a
 * constant input here, so that the shape functions know one form only.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "model/onnx.h"

typedef struct synergy_onnx_node node_t;

static const char *const auto_pad_names[] = {
	[SYNERGY_PAD_NOTSET] = "NOTSET",
	[SYNERGY_PAD_VALID] = "VALID",
	[SYNERGY_PAD_SAME_UPPER] = "SAME_UPPER",
	[SYNERGY_PAD_SAME_LOWER] = "SAME_LOWER",
};

/* --- windows ------------------------------------------------------------------ */

/* What convolution and pooling have in common. Zero spatial: no attribute said it. */
struct window {
	int *spatial;
	int64_t *kernel, *stride, *dilation, *pad_begin, *pad_end;
};

static int per_dimension(node_t *n, const char *name, int64_t unset, const struct window *w,
			 int64_t *out)
{
	int count = 0, d;

	for (d = 0; d < SYNERGY_MAX_SPATIAL; d++)
		out[d] = unset;
	if (synergy_onnx_ints(n, name, out, SYNERGY_MAX_SPATIAL, &count) < 0)
		return -1;
	if (count && *w->spatial && count != *w->spatial)
		return synergy_onnx_error(n, EINVAL, "attribute '%s' has %d values, others %d",
					  name, count, *w->spatial);
	if (count)
		*w->spatial = count;
	return 0;
}

static int window(node_t *n, const struct window *w, enum synergy_auto_pad *auto_pad)
{
	int64_t pads[2 * SYNERGY_MAX_SPATIAL] = { 0 };
	int count = 0, d, pad = SYNERGY_PAD_NOTSET, given;

	*w->spatial = 0;
	if (per_dimension(n, "kernel_shape", 0, w, w->kernel) ||
	    per_dimension(n, "strides", 1, w, w->stride) ||
	    per_dimension(n, "dilations", 1, w, w->dilation))
		return -1;
	given = synergy_onnx_ints(n, "pads", pads, 2 * SYNERGY_MAX_SPATIAL, &count);
	if (given < 0 || synergy_onnx_word(n, "auto_pad", auto_pad_names, 4, &pad) < 0)
		return -1;
	if (count & 1 || (count && *w->spatial && count != 2 * *w->spatial))
		return synergy_onnx_error(n, EINVAL,
					  "attribute 'pads' has %d values for %d dimensions", count,
					  *w->spatial);
	if (count)
		*w->spatial = count / 2;
	for (d = 0; d < SYNERGY_MAX_SPATIAL; d++) {
		w->pad_begin[d] = d < count / 2 ? pads[d] : 0;
		w->pad_end[d] = d < count / 2 ? pads[count / 2 + d] : 0;
		if (pad != SYNERGY_PAD_NOTSET && (w->pad_begin[d] || w->pad_end[d]))
			return synergy_onnx_error(n, EINVAL, "has both auto_pad %s and pads",
						  auto_pad_names[pad]);
	}
	*auto_pad = (enum synergy_auto_pad)pad;
	return 0;
}

static int conv(node_t *n)
{
	struct synergy_conv_params *p = &synergy_onnx_node_of(n)->p.conv;
	const struct window w = { &p->spatial, p->kernel,    p->stride,
				  p->dilation, p->pad_begin, p->pad_end };

	p->group = 1;
	if (window(n, &w, &p->auto_pad) ||
	    synergy_onnx_int(n, "group", 1, INT32_MAX, &p->group) < 0)
		return -1;
	return 0;
}

static int conv_transpose(node_t *n)
{
	struct synergy_conv_transpose_params *p = &synergy_onnx_node_of(n)->p.conv_transpose;
	int count = 0;

	if (conv(n) ||
	    synergy_onnx_ints(n, "output_padding", p->output_pad, SYNERGY_MAX_SPATIAL, &count) < 0 ||
	    synergy_onnx_ints(n, "output_shape", p->output_shape, SYNERGY_MAX_SPATIAL, &count) < 0)
		return -1;
	return 0;
}

static int pool(node_t *n)
{
	struct synergy_pool_params *p = &synergy_onnx_node_of(n)->p.pool;
	const struct window w = { &p->spatial, p->kernel,    p->stride,
				  p->dilation, p->pad_begin, p->pad_end };

	if (window(n, &w, &p->auto_pad) || synergy_onnx_flag(n, "ceil_mode", &p->ceil_mode) < 0)
		return -1;
	if (!p->kernel[0])
		return synergy_onnx_error(n, EINVAL, "attribute 'kernel_shape' is missing");
	if (synergy_onnx_node_of(n)->kind == SYNERGY_OP_AVG_POOL)
		return synergy_onnx_flag(n, "count_include_pad", &p->count_include_pad) < 0 ? -1 :
											      0;
	return synergy_onnx_flag(n, "storage_order", &p->storage_column_major) < 0 ? -1 : 0;
}

/* --- normalisation --------------------------------------------------------------- */

static int lrn(node_t *n)
{
	struct synergy_lrn_params *p = &synergy_onnx_node_of(n)->p.lrn;
	int given;

	*p = (struct synergy_lrn_params){ .alpha = 1e-4f, .beta = 0.75f, .bias = 1.0f };
	given = synergy_onnx_int(n, "size", 1, INT32_MAX, &p->size);
	if (given < 0 || synergy_onnx_float(n, "alpha", &p->alpha) < 0 ||
	    synergy_onnx_float(n, "beta", &p->beta) < 0 ||
	    synergy_onnx_float(n, "bias", &p->bias) < 0)
		return -1;
	return given ? 0 : synergy_onnx_error(n, EINVAL, "attribute 'size' is missing");
}

static int batch_norm(node_t *n)
{
	struct synergy_batch_norm_params *p = &synergy_onnx_node_of(n)->p.batch_norm;
	int64_t spatial = 1;

	*p = (struct synergy_batch_norm_params){ .epsilon = 1e-5f, .momentum = 0.9f };
	if (synergy_onnx_float(n, "epsilon", &p->epsilon) < 0 ||
	    synergy_onnx_float(n, "momentum", &p->momentum) < 0)
		return -1;
	if (synergy_onnx_opset(n) >= 14)
		return synergy_onnx_flag(n, "training_mode", &p->training) < 0 ? -1 : 0;
	/* Older opsets train when the further outputs are there. */
	p->training = synergy_onnx_node_of(n)->n_outputs > 1;
	if (synergy_onnx_opset(n) < 7)
		synergy_onnx_ignore(n, "is_test");
	if (synergy_onnx_opset(n) < 9 && synergy_onnx_int(n, "spatial", 0, 1, &spatial) < 0)
		return -1;
	if (!spatial)
		return synergy_onnx_error(n, ENOTSUP, "attribute 'spatial' 0 is not supported");
	return 0;
}

/* --- products and element-wise ------------------------------------------------------ */

static int gemm(node_t *n)
{
	struct synergy_gemm_params *p = &synergy_onnx_node_of(n)->p.gemm;
	int64_t broadcast = 0;

	*p = (struct synergy_gemm_params){ .alpha = 1.0f, .beta = 1.0f, .flatten_axis = -1 };
	if (synergy_onnx_float(n, "alpha", &p->alpha) < 0 ||
	    synergy_onnx_float(n, "beta", &p->beta) < 0 ||
	    synergy_onnx_flag(n, "transA", &p->trans_a) < 0 ||
	    synergy_onnx_flag(n, "transB", &p->trans_b) < 0)
		return -1;
	/* Before opset 7 the broadcast had to be asked for; the shapes say it anyway. */
	if (synergy_onnx_opset(n) < 7 && synergy_onnx_int(n, "broadcast", 0, 1, &broadcast) < 0)
		return -1;
	return 0;
}

static int no_parameters(node_t *n)
{
	(void)n;
	return 0;
}

/*
 * Before opset 7, `axis` says where B's dimensions lie in A's. B is given ones
 * behind for that, which needs its shape now: a constant or an input.
 */
static int legacy_axis(node_t *n, int at)
{
	struct synergy_graph *graph = n->onnx->graph;
	const struct synergy_tensor *b = synergy_node_input(graph, synergy_onnx_node_of(n), 1);
	const struct synergy_tensor *a = synergy_node_input(graph, synergy_onnx_node_of(n), 0);
	int64_t dims[SYNERGY_MAX_RANK];
	char name[SYNERGY_MAX_NAME + 1];
	int t, d;

	if (!a || !b || b->rank < 0)
		return synergy_onnx_error(
			n, ENOTSUP,
			"attribute 'axis' with a computed second input is not supported");
	/* The first input's rank may not be known yet; networks of that time have 4. */
	d = a->rank >= 0 ? a->rank : 4;
	if (at < 0)
		at += d;
	if (at < 0 || at + b->rank > d)
		return synergy_onnx_error(n, EINVAL, "attribute 'axis' is %d for rank %d and %d",
					  at, d, b->rank);
	if (at + b->rank == d)
		return 0;
	if (!b->is_const)
		return synergy_onnx_error(
			n, ENOTSUP,
			"attribute 'axis' with a computed second input is not supported");
	memcpy(dims, b->dims, sizeof(dims));
	for (t = b->rank; t < d - at; t++)
		dims[t] = 1;
	snprintf(name, sizeof(name), "%.500s.%d", b->name, n->index);
	t = synergy_graph_add_tensor(graph, name, n->onnx->err);
	if (t < 0)
		return -1;
	/* add_tensor may have moved the array. */
	b = synergy_node_input(graph, synergy_onnx_node_of(n), 1);
	if (synergy_tensor_set_shape(graph, &graph->tensors[t], b->dtype, d - at, dims,
				     n->onnx->err))
		return -1;
	graph->tensors[t].data = b->data;
	graph->tensors[t].is_const = true;
	synergy_onnx_node_of(n)->inputs[1] = t;
	return 0;
}

static int binary(node_t *n)
{
	int64_t broadcast = 0, at = 0;
	int given;

	if (synergy_onnx_opset(n) >= 7)
		return 0;
	synergy_onnx_ignore(n, "consumed_inputs");
	given = synergy_onnx_int(n, "axis", -SYNERGY_MAX_RANK, SYNERGY_MAX_RANK, &at);
	if (given < 0 || synergy_onnx_int(n, "broadcast", 0, 1, &broadcast) < 0)
		return -1;
	return given && broadcast ? legacy_axis(n, (int)at) : 0;
}

static int eltwise(node_t *n)
{
	static const struct {
		const char *name;
		enum synergy_eltwise_mode mode;
	} modes[] = {
		{ "Sum", SYNERGY_ELTWISE_SUM },
		{ "Max", SYNERGY_ELTWISE_MAX },
		{ "Min", SYNERGY_ELTWISE_MIN },
		{ "Mean", SYNERGY_ELTWISE_MEAN },
	};
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(n->proto->op_type, modes[i].name))
			synergy_onnx_node_of(n)->p.eltwise.mode = modes[i].mode;
	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	return 0;
}

/* Functions without parameters, of any kind that takes them. */
static int unary(node_t *n)
{
	static const struct {
		const char *name;
		enum synergy_function function;
	} functions[] = {
		{ "Abs", SYNERGY_FN_ABS },
		{ "Acos", SYNERGY_FN_ACOS },
		{ "Acosh", SYNERGY_FN_ACOSH },
		{ "Asin", SYNERGY_FN_ASIN },
		{ "Asinh", SYNERGY_FN_ASINH },
		{ "Atan", SYNERGY_FN_ATAN },
		{ "Atanh", SYNERGY_FN_ATANH },
		{ "Ceil", SYNERGY_FN_CEIL },
		{ "Cos", SYNERGY_FN_COS },
		{ "Cosh", SYNERGY_FN_COSH },
		{ "Erf", SYNERGY_FN_ERF },
		{ "Exp", SYNERGY_FN_EXP },
		{ "Floor", SYNERGY_FN_FLOOR },
		{ "Log", SYNERGY_FN_LOG },
		{ "Mish", SYNERGY_FN_MISH },
		{ "Neg", SYNERGY_FN_NEG },
		{ "Reciprocal", SYNERGY_FN_RECIPROCAL },
		{ "Round", SYNERGY_FN_ROUND },
		{ "Sign", SYNERGY_FN_SIGN },
		{ "Sin", SYNERGY_FN_SIN },
		{ "Sinh", SYNERGY_FN_SINH },
		{ "Softplus", SYNERGY_FN_SOFTPLUS },
		{ "Softsign", SYNERGY_FN_SOFTSIGN },
		{ "Sqrt", SYNERGY_FN_SQRT },
		{ "Tan", SYNERGY_FN_TAN },
	};
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(n->proto->op_type, functions[i].name))
			synergy_onnx_node_of(n)->p.map.function = functions[i].function;
	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	return 0;
}

/* Activations with up to two parameters, alpha and gamma or whatever they are called. */
static int parametric(node_t *n)
{
	static const struct {
		const char *name;
		struct synergy_map map;
		const char *a, *b;
	} functions[] = {
		{ "Celu", { SYNERGY_FN_CELU, 1, 0, 0 }, "alpha", NULL },
		{ "Selu", { SYNERGY_FN_SELU, 1.67326319217681884765625f,
			    1.05070102214813232421875f, 0 }, "alpha", "gamma" },
		{ "Shrink", { SYNERGY_FN_SHRINK, 0.5f, 0, 0 }, "lambd", "bias" },
		{ "Swish", { SYNERGY_FN_SWISH, 1, 0, 0 }, "alpha", NULL },
		{ "ThresholdedRelu", { SYNERGY_FN_THRESHOLDED_RELU, 1, 0, 0 }, "alpha", NULL },
	};
	struct synergy_map *map = &synergy_onnx_node_of(n)->p.map;
	size_t i;

	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	for (i = 0; strcmp(n->proto->op_type, functions[i].name); i++)
		;
	*map = functions[i].map;
	if (synergy_onnx_float(n, functions[i].a, &map->a) < 0 ||
	    (functions[i].b && synergy_onnx_float(n, functions[i].b, &map->b) < 0))
		return -1;
	return 0;
}

static int gelu(node_t *n)
{
	static const char *const words[] = { "none", "tanh" };
	int approximate = 0;

	if (synergy_onnx_word(n, "approximate", words, 2, &approximate) < 0)
		return -1;
	synergy_onnx_node_of(n)->p.map.function = approximate ? SYNERGY_FN_GELU_TANH :
								SYNERGY_FN_GELU;
	return 0;
}

static int activation(node_t *n)
{
	static const struct {
		enum synergy_op_kind kind;
		float alpha, beta;
	} defaults[] = {
		{ SYNERGY_OP_LEAKY_RELU, 0.01f, 0.0f },
		{ SYNERGY_OP_ELU, 1.0f, 0.0f },
		{ SYNERGY_OP_HARD_SIGMOID, 0.2f, 0.5f },
	};
	struct synergy_activation_params *p = &synergy_onnx_node_of(n)->p.activation;
	size_t i;

	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (synergy_onnx_node_of(n)->kind != defaults[i].kind)
			continue;
		p->alpha = defaults[i].alpha;
		p->beta = defaults[i].beta;
		if (synergy_onnx_float(n, "alpha", &p->alpha) < 0)
			return -1;
		if (defaults[i].kind == SYNERGY_OP_HARD_SIGMOID &&
		    synergy_onnx_float(n, "beta", &p->beta) < 0)
			return -1;
	}
	return 0;
}

/* Before opset 7 the slope is per channel, from then on it broadcasts. */
static int prelu(node_t *n)
{
	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	synergy_onnx_node_of(n)->p.prelu.channel_axis = synergy_onnx_opset(n) < 7 ? 1 : -1;
	return 0;
}

static int clip(node_t *n)
{
	struct synergy_clip_params *p = &synergy_onnx_node_of(n)->p.clip;

	*p = (struct synergy_clip_params){ -INFINITY, INFINITY };
	if (synergy_onnx_opset(n) >= 11)
		return 0;
	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	return synergy_onnx_float(n, "min", &p->min) < 0 ||
			       synergy_onnx_float(n, "max", &p->max) < 0 ?
		       -1 :
		       0;
}

static int softmax(node_t *n)
{
	struct synergy_softmax_params *p = &synergy_onnx_node_of(n)->p.softmax;

	p->flattened = synergy_onnx_opset(n) < 13;
	return synergy_onnx_axis(n, p->flattened ? 1 : -1, &p->axis);
}

static int dropout(node_t *n)
{
	struct synergy_dropout_params *p = &synergy_onnx_node_of(n)->p.dropout;

	p->ratio = 0.5f;
	if (synergy_onnx_opset(n) >= 12) {
		synergy_onnx_ignore(n, "seed");
		return 0;
	}
	if (synergy_onnx_opset(n) < 7)
		synergy_onnx_ignore(n, "is_test");
	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	return synergy_onnx_float(n, "ratio", &p->ratio) < 0 ? -1 : 0;
}

static const struct operator
{
	const char *type;
	enum synergy_op_kind kind;
	int since; /* the first opset that has it */
	int (*translate)(node_t * n);
}
operators[] = {
	{ "Abs", SYNERGY_OP_UNARY, 1, unary },
	{ "Acos", SYNERGY_OP_UNARY, 7, unary },
	{ "Acosh", SYNERGY_OP_UNARY, 9, unary },
	{ "Add", SYNERGY_OP_ADD, 1, binary },
	{ "And", SYNERGY_OP_AND, 1, binary },
	{ "ArgMax", SYNERGY_OP_ARG_REDUCE, 1, synergy_onnx_arg },
	{ "ArgMin", SYNERGY_OP_ARG_REDUCE, 1, synergy_onnx_arg },
	{ "Asin", SYNERGY_OP_UNARY, 7, unary },
	{ "Asinh", SYNERGY_OP_UNARY, 9, unary },
	{ "Atan", SYNERGY_OP_UNARY, 7, unary },
	{ "Atanh", SYNERGY_OP_UNARY, 9, unary },
	{ "AveragePool", SYNERGY_OP_AVG_POOL, 1, pool },
	{ "BatchNormalization", SYNERGY_OP_BATCH_NORM, 1, batch_norm },
	{ "Cast", SYNERGY_OP_CAST, 1, synergy_onnx_cast },
	{ "CastLike", SYNERGY_OP_CAST, 15, synergy_onnx_cast_like },
	{ "Ceil", SYNERGY_OP_UNARY, 1, unary },
	{ "Celu", SYNERGY_OP_ACTIVATION, 12, parametric },
	{ "Clip", SYNERGY_OP_CLIP, 1, clip },
	{ "Concat", SYNERGY_OP_CONCAT, 1, synergy_onnx_concat },
	{ "Constant", SYNERGY_OP_CONSTANT, 1, synergy_onnx_translate_constant },
	{ "ConstantOfShape", SYNERGY_OP_CONSTANT_OF_SHAPE, 9, synergy_onnx_constant_of_shape },
	{ "Conv", SYNERGY_OP_CONV, 1, conv },
	{ "ConvTranspose", SYNERGY_OP_CONV_TRANSPOSE, 1, conv_transpose },
	{ "Cos", SYNERGY_OP_UNARY, 7, unary },
	{ "Cosh", SYNERGY_OP_UNARY, 9, unary },
	{ "CumSum", SYNERGY_OP_CUM_SUM, 11, synergy_onnx_cum_sum },
	{ "DepthToSpace", SYNERGY_OP_DEPTH_TO_SPACE, 1, synergy_onnx_depth_space },
	{ "DequantizeLinear", SYNERGY_OP_DEQUANTIZE, 10, synergy_onnx_quantize },
	{ "Div", SYNERGY_OP_DIV, 1, binary },
	{ "Dropout", SYNERGY_OP_DROPOUT, 1, dropout },
	{ "Elu", SYNERGY_OP_ELU, 1, activation },
	{ "Equal", SYNERGY_OP_EQUAL, 1, binary },
	{ "Erf", SYNERGY_OP_UNARY, 9, unary },
	{ "Exp", SYNERGY_OP_UNARY, 1, unary },
	{ "Expand", SYNERGY_OP_EXPAND, 8, no_parameters },
	{ "Flatten", SYNERGY_OP_FLATTEN, 1, synergy_onnx_flatten },
	{ "Floor", SYNERGY_OP_UNARY, 1, unary },
	{ "Gather", SYNERGY_OP_GATHER, 1, synergy_onnx_gather },
	{ "GatherElements", SYNERGY_OP_GATHER_ELEMENTS, 11, synergy_onnx_gather },
	{ "GatherND", SYNERGY_OP_GATHER_ND, 11, synergy_onnx_gather_nd },
	{ "Gelu", SYNERGY_OP_ACTIVATION, 20, gelu },
	{ "Gemm", SYNERGY_OP_GEMM, 1, gemm },
	{ "GlobalAveragePool", SYNERGY_OP_GLOBAL_AVG_POOL, 1, no_parameters },
	{ "GlobalMaxPool", SYNERGY_OP_GLOBAL_MAX_POOL, 1, no_parameters },
	{ "Greater", SYNERGY_OP_GREATER, 1, binary },
	{ "GreaterOrEqual", SYNERGY_OP_GREATER_EQUAL, 12, no_parameters },
	{ "GroupNormalization", SYNERGY_OP_GROUP_NORM, 18, synergy_onnx_group_norm },
	{ "HardSigmoid", SYNERGY_OP_HARD_SIGMOID, 1, activation },
	{ "HardSwish", SYNERGY_OP_HARD_SWISH, 14, no_parameters },
	{ "Identity", SYNERGY_OP_IDENTITY, 1, no_parameters },
	{ "InstanceNormalization", SYNERGY_OP_GROUP_NORM, 1, synergy_onnx_group_norm },
	{ "LRN", SYNERGY_OP_LRN, 1, lrn },
	{ "LayerNormalization", SYNERGY_OP_LAYER_NORM, 17, synergy_onnx_layer_norm },
	{ "LeakyRelu", SYNERGY_OP_LEAKY_RELU, 1, activation },
	{ "Less", SYNERGY_OP_LESS, 1, binary },
	{ "LessOrEqual", SYNERGY_OP_LESS_EQUAL, 12, no_parameters },
	{ "Log", SYNERGY_OP_UNARY, 1, unary },
	{ "LogSoftmax", SYNERGY_OP_LOG_SOFTMAX, 1, softmax },
	{ "MatMul", SYNERGY_OP_MATMUL, 1, no_parameters },
	{ "Max", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "MaxPool", SYNERGY_OP_MAX_POOL, 1, pool },
	{ "Mean", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "Min", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "Mish", SYNERGY_OP_ACTIVATION, 18, unary },
	{ "Mod", SYNERGY_OP_MOD, 10, synergy_onnx_mod },
	{ "Mul", SYNERGY_OP_MUL, 1, binary },
	{ "Neg", SYNERGY_OP_UNARY, 1, unary },
	{ "Not", SYNERGY_OP_NOT, 1, no_parameters },
	{ "OneHot", SYNERGY_OP_ONE_HOT, 9, synergy_onnx_one_hot },
	{ "Or", SYNERGY_OP_OR, 1, binary },
	{ "PRelu", SYNERGY_OP_PRELU, 1, prelu },
	{ "Pad", SYNERGY_OP_PAD, 1, synergy_onnx_pad },
	{ "Pow", SYNERGY_OP_POW, 1, binary },
	{ "QuantizeLinear", SYNERGY_OP_QUANTIZE, 10, synergy_onnx_quantize },
	{ "Range", SYNERGY_OP_RANGE, 11, no_parameters },
	{ "Reciprocal", SYNERGY_OP_UNARY, 1, unary },
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
	{ "Relu", SYNERGY_OP_RELU, 1, activation },
	{ "Reshape", SYNERGY_OP_RESHAPE, 1, synergy_onnx_reshape },
	{ "Resize", SYNERGY_OP_RESIZE, 10, synergy_onnx_resize },
	{ "Round", SYNERGY_OP_UNARY, 11, unary },
	{ "Scatter", SYNERGY_OP_SCATTER_ELEMENTS, 9, synergy_onnx_gather },
	{ "ScatterElements", SYNERGY_OP_SCATTER_ELEMENTS, 11, synergy_onnx_scatter },
	{ "ScatterND", SYNERGY_OP_SCATTER_ND, 11, synergy_onnx_scatter_nd },
	{ "Selu", SYNERGY_OP_ACTIVATION, 1, parametric },
	{ "Shape", SYNERGY_OP_SHAPE, 1, synergy_onnx_translate_shape },
	{ "Shrink", SYNERGY_OP_ACTIVATION, 9, parametric },
	{ "Sigmoid", SYNERGY_OP_SIGMOID, 1, activation },
	{ "Sign", SYNERGY_OP_UNARY, 9, unary },
	{ "Sin", SYNERGY_OP_UNARY, 7, unary },
	{ "Sinh", SYNERGY_OP_UNARY, 9, unary },
	{ "Size", SYNERGY_OP_SIZE, 1, no_parameters },
	{ "Slice", SYNERGY_OP_SLICE, 1, synergy_onnx_slice },
	{ "Softmax", SYNERGY_OP_SOFTMAX, 1, softmax },
	{ "Softplus", SYNERGY_OP_ACTIVATION, 1, unary },
	{ "Softsign", SYNERGY_OP_ACTIVATION, 1, unary },
	{ "SpaceToDepth", SYNERGY_OP_SPACE_TO_DEPTH, 1, synergy_onnx_depth_space },
	{ "Split", SYNERGY_OP_SPLIT, 1, synergy_onnx_split },
	{ "Sqrt", SYNERGY_OP_UNARY, 1, unary },
	{ "Squeeze", SYNERGY_OP_SQUEEZE, 1, synergy_onnx_squeeze },
	{ "Sub", SYNERGY_OP_SUB, 1, binary },
	{ "Sum", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "Swish", SYNERGY_OP_ACTIVATION, 24, parametric },
	{ "Tan", SYNERGY_OP_UNARY, 7, unary },
	{ "Tanh", SYNERGY_OP_TANH, 1, activation },
	{ "ThresholdedRelu", SYNERGY_OP_ACTIVATION, 10, parametric },
	{ "Tile", SYNERGY_OP_TILE, 6, no_parameters },
	{ "TopK", SYNERGY_OP_TOP_K, 1, synergy_onnx_top_k },
	{ "Transpose", SYNERGY_OP_TRANSPOSE, 1, synergy_onnx_transpose },
	{ "Trilu", SYNERGY_OP_TRILU, 14, synergy_onnx_trilu },
	{ "Unsqueeze", SYNERGY_OP_UNSQUEEZE, 1, synergy_onnx_squeeze },
	{ "Upsample", SYNERGY_OP_RESIZE, 7, synergy_onnx_resize },
	{ "Where", SYNERGY_OP_WHERE, 9, no_parameters },
	{ "Xor", SYNERGY_OP_XOR, 1, binary },
};

static const struct operator* find_operator(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strcmp(operators[i].type, type))
			return &operators[i];
	return NULL;
}

enum synergy_op_kind synergy_onnx_kind(const char *op_type)
{
	const struct operator* op = find_operator(op_type);

	return op ? op->kind : SYNERGY_OP_COUNT;
}

int synergy_onnx_translate(struct synergy_onnx_node *n)
{
	const struct operator* op = find_operator(n->proto->op_type);

	if (synergy_onnx_opset(n) < op->since)
		return synergy_onnx_error(n, EINVAL, "is defined from opset %d on", op->since);
	if (op->translate(n))
		return -1;
	return synergy_onnx_no_others(n);
}
