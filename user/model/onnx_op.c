// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ONNX operators, one function each: attributes to parameters for
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

int synergy_onnx_conv(node_t *n)
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

int synergy_onnx_einsum(node_t *n)
{
	char equation[256];
	int given = synergy_onnx_string(n, "equation", equation, sizeof(equation));

	if (given <= 0)
		return given < 0 ? -1 : synergy_onnx_error(n, EINVAL, "attribute 'equation' is missing");
	synergy_onnx_node_of(n)->p.einsum.equation = synergy_graph_strdup(n->onnx->graph, equation);
	return synergy_onnx_node_of(n)->p.einsum.equation ? 0 :
			synergy_graph_no_memory(n->onnx->graph, n->onnx->err);
}

int synergy_onnx_conv_transpose(node_t *n)
{
	struct synergy_conv_transpose_params *p = &synergy_onnx_node_of(n)->p.conv_transpose;
	int count = 0;

	if (synergy_onnx_conv(n) ||
	    synergy_onnx_ints(n, "output_padding", p->output_pad, SYNERGY_MAX_SPATIAL, &count) < 0 ||
	    synergy_onnx_ints(n, "output_shape", p->output_shape, SYNERGY_MAX_SPATIAL, &count) < 0)
		return -1;
	return 0;
}

int synergy_onnx_pool(node_t *n)
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

int synergy_onnx_lrn(node_t *n)
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

int synergy_onnx_batch_norm(node_t *n)
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

int synergy_onnx_gemm(node_t *n)
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

int synergy_onnx_no_parameters(node_t *n)
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

int synergy_onnx_binary(node_t *n)
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

int synergy_onnx_eltwise(node_t *n)
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
int synergy_onnx_unary(node_t *n)
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
int synergy_onnx_parametric(node_t *n)
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

int synergy_onnx_gelu(node_t *n)
{
	static const char *const words[] = { "none", "tanh" };
	int approximate = 0;

	if (synergy_onnx_word(n, "approximate", words, 2, &approximate) < 0)
		return -1;
	synergy_onnx_node_of(n)->p.map.function = approximate ? SYNERGY_FN_GELU_TANH :
								SYNERGY_FN_GELU;
	return 0;
}

int synergy_onnx_activation(node_t *n)
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
int synergy_onnx_prelu(node_t *n)
{
	if (synergy_onnx_opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	synergy_onnx_node_of(n)->p.prelu.channel_axis = synergy_onnx_opset(n) < 7 ? 1 : -1;
	return 0;
}

int synergy_onnx_clip(node_t *n)
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

int synergy_onnx_softmax(node_t *n)
{
	struct synergy_softmax_params *p = &synergy_onnx_node_of(n)->p.softmax;

	p->flattened = synergy_onnx_opset(n) < 13;
	return synergy_onnx_axis(n, p->flattened ? 1 : -1, &p->axis);
}

int synergy_onnx_dropout(node_t *n)
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
