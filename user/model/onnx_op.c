// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ONNX operators, one function each, in a table: attributes to parameters for
 * every opset from 1 to 20. Where an older opset has attributes for what a
 * newer one takes as input (axes, shape, pads...), the attribute becomes a
 * constant input here, so that the shape functions know one form only.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "model/onnx.h"

typedef struct synergy_onnx_node node_t;

static struct synergy_node *graph_node(const node_t *n)
{
	return &n->onnx->graph->nodes[n->index];
}

static int opset(const node_t *n)
{
	return n->onnx->opset;
}

static const char *const auto_pad_names[] = {
	[SYNERGY_PAD_NOTSET] = "NOTSET",
	[SYNERGY_PAD_VALID] = "VALID",
	[SYNERGY_PAD_SAME_UPPER] = "SAME_UPPER",
	[SYNERGY_PAD_SAME_LOWER] = "SAME_LOWER",
};

static int word(node_t *n, const char *name, const char *const *words, int count, int *out)
{
	char text[32];
	int i, ret = synergy_onnx_string(n, name, text, sizeof(text));

	if (ret <= 0)
		return ret;
	for (i = 0; i < count; i++)
		if (!strcmp(text, words[i])) {
			*out = i;
			return 1;
		}
	return synergy_onnx_error(n, ENOTSUP, "attribute '%s' is '%s', which is not supported", name,
				  text);
}

static int flag(node_t *n, const char *name, bool *out)
{
	int64_t v;
	int ret = synergy_onnx_int(n, name, 0, 1, &v);

	if (ret > 0)
		*out = v != 0;
	return ret;
}

static int axis(node_t *n, int64_t unset, int *out)
{
	int64_t v = unset;

	if (synergy_onnx_int(n, "axis", -SYNERGY_MAX_RANK, SYNERGY_MAX_RANK, &v) < 0)
		return -1;
	*out = (int)v;
	return 0;
}

/* --- windows ------------------------------------------------------------------ */

/* What convolution and pooling have in common. Zero spatial: no attribute told it. */
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
		return synergy_onnx_error(n, EINVAL, "attribute '%s' has %d values, others %d", name,
					  count, *w->spatial);
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
	if (given < 0 || word(n, "auto_pad", auto_pad_names, 4, &pad) < 0)
		return -1;
	if (count & 1 || (count && *w->spatial && count != 2 * *w->spatial))
		return synergy_onnx_error(n, EINVAL, "attribute 'pads' has %d values for %d dimensions",
					  count, *w->spatial);
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
	struct synergy_conv_params *p = &graph_node(n)->p.conv;
	const struct window w = { &p->spatial, p->kernel, p->stride, p->dilation, p->pad_begin,
				  p->pad_end };

	p->group = 1;
	if (window(n, &w, &p->auto_pad) ||
	    synergy_onnx_int(n, "group", 1, INT32_MAX, &p->group) < 0)
		return -1;
	return 0;
}

static int pool(node_t *n)
{
	struct synergy_pool_params *p = &graph_node(n)->p.pool;
	const struct window w = { &p->spatial, p->kernel, p->stride, p->dilation, p->pad_begin,
				  p->pad_end };

	if (window(n, &w, &p->auto_pad) || flag(n, "ceil_mode", &p->ceil_mode) < 0)
		return -1;
	if (!p->kernel[0])
		return synergy_onnx_error(n, EINVAL, "attribute 'kernel_shape' is missing");
	if (graph_node(n)->kind == SYNERGY_OP_AVG_POOL)
		return flag(n, "count_include_pad", &p->count_include_pad) < 0 ? -1 : 0;
	return flag(n, "storage_order", &p->storage_column_major) < 0 ? -1 : 0;
}

/* --- normalisation --------------------------------------------------------------- */

static int lrn(node_t *n)
{
	struct synergy_lrn_params *p = &graph_node(n)->p.lrn;
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
	struct synergy_batch_norm_params *p = &graph_node(n)->p.batch_norm;
	int64_t spatial = 1;

	*p = (struct synergy_batch_norm_params){ .epsilon = 1e-5f, .momentum = 0.9f };
	if (synergy_onnx_float(n, "epsilon", &p->epsilon) < 0 ||
	    synergy_onnx_float(n, "momentum", &p->momentum) < 0)
		return -1;
	if (opset(n) >= 14)
		return flag(n, "training_mode", &p->training) < 0 ? -1 : 0;
	/* Older opsets train when the further outputs are there. */
	p->training = graph_node(n)->n_outputs > 1;
	if (opset(n) < 7)
		synergy_onnx_ignore(n, "is_test");
	if (opset(n) < 9 && synergy_onnx_int(n, "spatial", 0, 1, &spatial) < 0)
		return -1;
	if (!spatial)
		return synergy_onnx_error(n, ENOTSUP, "attribute 'spatial' 0 is not supported");
	return 0;
}

/* --- products and element-wise ------------------------------------------------------ */

static int gemm(node_t *n)
{
	struct synergy_gemm_params *p = &graph_node(n)->p.gemm;
	int64_t broadcast = 0;

	*p = (struct synergy_gemm_params){ .alpha = 1.0f, .beta = 1.0f, .flatten_axis = -1 };
	if (synergy_onnx_float(n, "alpha", &p->alpha) < 0 ||
	    synergy_onnx_float(n, "beta", &p->beta) < 0 || flag(n, "transA", &p->trans_a) < 0 ||
	    flag(n, "transB", &p->trans_b) < 0)
		return -1;
	/* Before opset 7 the broadcast had to be asked for; the shapes say it anyway. */
	if (opset(n) < 7 && synergy_onnx_int(n, "broadcast", 0, 1, &broadcast) < 0)
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
	const struct synergy_tensor *b = synergy_node_input(graph, graph_node(n), 1);
	const struct synergy_tensor *a = synergy_node_input(graph, graph_node(n), 0);
	int64_t dims[SYNERGY_MAX_RANK];
	char name[SYNERGY_MAX_NAME + 1];
	int t, d;

	if (!a || !b || b->rank < 0)
		return synergy_onnx_error(n, ENOTSUP,
					  "attribute 'axis' with a computed second input is not supported");
	/* The first input's rank may not be known yet; networks of that time have 4. */
	d = a->rank >= 0 ? a->rank : 4;
	if (at < 0)
		at += d;
	if (at < 0 || at + b->rank > d)
		return synergy_onnx_error(n, EINVAL, "attribute 'axis' is %d for rank %d and %d", at,
					  d, b->rank);
	if (at + b->rank == d)
		return 0;
	if (!b->is_const)
		return synergy_onnx_error(n, ENOTSUP,
					  "attribute 'axis' with a computed second input is not supported");
	memcpy(dims, b->dims, sizeof(dims));
	for (t = b->rank; t < d - at; t++)
		dims[t] = 1;
	snprintf(name, sizeof(name), "%.500s.%d", b->name, n->index);
	t = synergy_graph_add_tensor(graph, name, n->onnx->err);
	if (t < 0)
		return -1;
	/* add_tensor may have moved the array. */
	b = synergy_node_input(graph, graph_node(n), 1);
	if (synergy_tensor_set_shape(graph, &graph->tensors[t], b->dtype, d - at, dims,
				     n->onnx->err))
		return -1;
	graph->tensors[t].data = b->data;
	graph->tensors[t].is_const = true;
	graph_node(n)->inputs[1] = t;
	return 0;
}

static int binary(node_t *n)
{
	int64_t broadcast = 0, at = 0;
	int given;

	if (opset(n) >= 7)
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
			graph_node(n)->p.eltwise.mode = modes[i].mode;
	if (opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	return 0;
}

static int unary(node_t *n)
{
	static const struct {
		const char *name;
		enum synergy_unary_function function;
	} functions[] = {
		{ "Abs", SYNERGY_UNARY_ABS },		{ "Neg", SYNERGY_UNARY_NEG },
		{ "Sqrt", SYNERGY_UNARY_SQRT },		{ "Exp", SYNERGY_UNARY_EXP },
		{ "Log", SYNERGY_UNARY_LOG },		{ "Reciprocal", SYNERGY_UNARY_RECIPROCAL },
		{ "Floor", SYNERGY_UNARY_FLOOR },	{ "Ceil", SYNERGY_UNARY_CEIL },
		{ "Softplus", SYNERGY_UNARY_SOFTPLUS }, { "Softsign", SYNERGY_UNARY_SOFTSIGN },
		{ "Erf", SYNERGY_UNARY_ERF },
	};
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(n->proto->op_type, functions[i].name))
			graph_node(n)->p.unary.function = functions[i].function;
	if (opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
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
	struct synergy_activation_params *p = &graph_node(n)->p.activation;
	size_t i;

	if (opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (graph_node(n)->kind != defaults[i].kind)
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
	if (opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	graph_node(n)->p.prelu.channel_axis = opset(n) < 7 ? 1 : -1;
	return 0;
}

static int clip(node_t *n)
{
	struct synergy_clip_params *p = &graph_node(n)->p.clip;

	*p = (struct synergy_clip_params){ -INFINITY, INFINITY };
	if (opset(n) >= 11)
		return 0;
	if (opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	return synergy_onnx_float(n, "min", &p->min) < 0 ||
	       synergy_onnx_float(n, "max", &p->max) < 0 ? -1 : 0;
}

static int softmax(node_t *n)
{
	struct synergy_softmax_params *p = &graph_node(n)->p.softmax;

	p->flattened = opset(n) < 13;
	return axis(n, p->flattened ? 1 : -1, &p->axis);
}

static int dropout(node_t *n)
{
	struct synergy_dropout_params *p = &graph_node(n)->p.dropout;

	p->ratio = 0.5f;
	if (opset(n) >= 12) {
		synergy_onnx_ignore(n, "seed");
		return 0;
	}
	if (opset(n) < 7)
		synergy_onnx_ignore(n, "is_test");
	if (opset(n) < 6)
		synergy_onnx_ignore(n, "consumed_inputs");
	return synergy_onnx_float(n, "ratio", &p->ratio) < 0 ? -1 : 0;
}

/* --- data movement -------------------------------------------------------------------- */

/* Attribute `name`, if it is there, as constant input i; 1 when it was. */
static int attribute_to_input(node_t *n, const char *name, int i, int max)
{
	struct synergy_graph *graph = n->onnx->graph;
	struct synergy_node *node = graph_node(n);
	int64_t values[SYNERGY_MAX_NODE_IO];
	char tensor_name[SYNERGY_MAX_NAME + 1];
	int64_t count64;
	int count, t, given, k, *inputs;

	given = synergy_onnx_ints(n, name, values, max, &count);
	if (given <= 0)
		return given;
	if (i < node->n_inputs && node->inputs[i] >= 0)
		return synergy_onnx_error(n, EINVAL, "has both attribute and input '%s'", name);
	snprintf(tensor_name, sizeof(tensor_name), "%.500s.%s.%d", node->name, name, n->index);
	t = synergy_graph_add_tensor(graph, tensor_name, n->onnx->err);
	count64 = count;
	if (t < 0 || synergy_tensor_set_shape(graph, &graph->tensors[t], SYNERGY_I64, 1, &count64,
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
	return 1;
}

static int concat(node_t *n)
{
	int given = synergy_onnx_attribute(n, "axis") != NULL;

	if (!given && opset(n) >= 4)
		return synergy_onnx_error(n, EINVAL, "attribute 'axis' is missing");
	return axis(n, 1, &graph_node(n)->p.axis.axis);
}

static int split(node_t *n)
{
	int64_t outputs;
	int given;

	if (opset(n) < 13 && attribute_to_input(n, "split", 1, SYNERGY_MAX_NODE_IO) < 0)
		return -1;
	if (opset(n) >= 18) {
		given = synergy_onnx_int(n, "num_outputs", 1, SYNERGY_MAX_NODE_IO, &outputs);
		if (given < 0)
			return -1;
		if (given && outputs != graph_node(n)->n_outputs)
			return synergy_onnx_error(n, EINVAL, "num_outputs is %lld, node has %d",
						  (long long)outputs, graph_node(n)->n_outputs);
	}
	return axis(n, 0, &graph_node(n)->p.axis.axis);
}

static int slice(node_t *n)
{
	if (opset(n) >= 10)
		return 0;
	if (attribute_to_input(n, "starts", 1, SYNERGY_MAX_RANK) < 0 ||
	    attribute_to_input(n, "ends", 2, SYNERGY_MAX_RANK) < 0 ||
	    attribute_to_input(n, "axes", 3, SYNERGY_MAX_RANK) < 0)
		return -1;
	return 0;
}

static int pad(node_t *n)
{
	static const char *const modes[] = {
		[SYNERGY_PAD_CONSTANT] = "constant",
		[SYNERGY_PAD_REFLECT] = "reflect",
		[SYNERGY_PAD_EDGE] = "edge",
	};
	struct synergy_pad_params *p = &graph_node(n)->p.pad;
	int mode = SYNERGY_PAD_CONSTANT, given = 1;

	if (word(n, "mode", modes, 3, &mode) < 0)
		return -1;
	p->mode = (enum synergy_pad_mode)mode;
	if (opset(n) < 11) {
		given = attribute_to_input(n, opset(n) < 2 ? "paddings" : "pads", 1,
					   2 * SYNERGY_MAX_RANK);
		if (given < 0 || synergy_onnx_float(n, "value", &p->value) < 0)
			return -1;
	} else {
		given = synergy_node_input(n->onnx->graph, graph_node(n), 1) != NULL;
	}
	return given ? 0 : synergy_onnx_error(n, EINVAL, "pads are missing");
}

static int transpose(node_t *n)
{
	int *perm = graph_node(n)->p.transpose.perm;
	int64_t values[SYNERGY_MAX_RANK];
	int count = 0, given, d;

	given = synergy_onnx_ints(n, "perm", values, SYNERGY_MAX_RANK, &count);
	if (given < 0)
		return -1;
	/* Entries that the file leaves out are out of range, which the shape function tells. */
	for (d = 0; d < SYNERGY_MAX_RANK; d++)
		perm[d] = d < count && values[d] >= 0 && values[d] < SYNERGY_MAX_RANK ?
			  (int)values[d] : SYNERGY_MAX_RANK;
	if (!given)
		perm[0] = -1;
	return 0;
}

static int reduce(node_t *n)
{
	static const struct {
		const char *name;
		enum synergy_reduce_mode mode;
		int axes_input;		/* the opset from which axes are an input */
	} modes[] = {
		{ "ReduceMean", SYNERGY_REDUCE_MEAN, 18 },
		{ "ReduceSum", SYNERGY_REDUCE_SUM, 13 },
		{ "ReduceMax", SYNERGY_REDUCE_MAX, 18 },
		{ "ReduceMin", SYNERGY_REDUCE_MIN, 18 },
		{ "ReduceProd", SYNERGY_REDUCE_PROD, 18 },
		{ "ReduceSumSquare", SYNERGY_REDUCE_SUM_SQUARE, 18 },
		{ "ReduceL1", SYNERGY_REDUCE_ABS_SUM, 18 },
		{ "ReduceL2", SYNERGY_REDUCE_L2, 18 },
	};
	struct synergy_reduce_params *p = &graph_node(n)->p.reduce;
	bool noop = false, keep = true;
	size_t i;
	int d;

	for (i = 0; strcmp(n->proto->op_type, modes[i].name); i++)
		;
	if (opset(n) < modes[i].axes_input) {
		if (attribute_to_input(n, "axes", 1, SYNERGY_MAX_RANK) < 0)
			return -1;
	} else if (flag(n, "noop_with_empty_axes", &noop) < 0) {
		return -1;
	}
	if (flag(n, "keepdims", &keep) < 0)
		return -1;
	p = &graph_node(n)->p.reduce;
	*p = (struct synergy_reduce_params){ .mode = modes[i].mode, .keep_dims = keep,
					     .scale = 1.0f };
	/* Without axes all dimensions are reduced, unless that shall mean none. */
	for (d = 0; d < SYNERGY_MAX_RANK; d++)
		p->axis[d] = !noop;
	return 0;
}

static int flatten(node_t *n)
{
	return axis(n, 1, &graph_node(n)->p.axis.axis);
}

static int reshape(node_t *n)
{
	bool allow_zero = false;

	if (opset(n) < 5) {
		synergy_onnx_ignore(n, "consumed_inputs");
		return attribute_to_input(n, "shape", 1, SYNERGY_MAX_RANK) < 0 ? -1 : 0;
	}
	if (opset(n) >= 14 && flag(n, "allowzero", &allow_zero) < 0)
		return -1;
	graph_node(n)->p.axis.axis = allow_zero;
	return 0;
}

static int squeeze(node_t *n)
{
	if (opset(n) < 13 && attribute_to_input(n, "axes", 1, SYNERGY_MAX_RANK) < 0)
		return -1;
	return 0;
}

static int gather(node_t *n)
{
	return axis(n, 0, &graph_node(n)->p.axis.axis);
}

static int cast(node_t *n)
{
	int64_t to = 0;
	int given;

	if (opset(n) < 6)
		return synergy_onnx_error(n, ENOTSUP, "is supported from opset 6 on");
	synergy_onnx_ignore(n, "saturate");	/* of 8-bit floats only */
	given = synergy_onnx_int(n, "to", 1, INT_MAX, &to);
	if (given < 0)
		return -1;
	if (!given || !synergy_dtype_size((enum synergy_dtype)to))
		return synergy_onnx_error(n, ENOTSUP, "attribute 'to' is %lld, which is not supported",
					  (long long)to);
	graph_node(n)->p.cast_to = (int)to;
	return 0;
}

/* --- constants ---------------------------------------------------------------------------- */

static int constant_values(node_t *n, enum synergy_dtype dtype, const void *values, int64_t count,
			   bool scalar)
{
	struct synergy_graph *graph = n->onnx->graph;
	int t = graph_node(n)->outputs[0];

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

static int constant(node_t *n)
{
	const Onnx__AttributeProto *a;
	Onnx__TensorProto *value;
	int64_t i;
	int given;
	float f;

	if (graph_node(n)->n_outputs != 1 || graph_node(n)->outputs[0] < 0)
		return synergy_onnx_error(n, EINVAL, "must have one output");
	given = synergy_onnx_tensor(n, "value", &value);
	if (given)
		return given < 0 ? -1 : synergy_onnx_constant(n->onnx, value,
							      graph_node(n)->outputs[0]);
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
static int constant_of_shape(node_t *n)
{
	struct synergy_graph *graph = n->onnx->graph;
	struct synergy_node *node = graph_node(n);
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

static int shape(node_t *n)
{
	struct synergy_slice_params *p = &graph_node(n)->p.slice;

	p->start[0] = 0;
	p->step[0] = INT32_MAX;
	if (opset(n) < 15)
		return 0;
	return synergy_onnx_int(n, "start", INT32_MIN, INT32_MAX, &p->start[0]) < 0 ||
	       synergy_onnx_int(n, "end", INT32_MIN, INT32_MAX, &p->step[0]) < 0 ? -1 : 0;
}

static const struct operator {
	const char *type;
	enum synergy_op_kind kind;
	int since;			/* the first opset that has it */
	int (*translate)(node_t *n);
} operators[] = {
	{ "Abs", SYNERGY_OP_UNARY, 1, unary },
	{ "Add", SYNERGY_OP_ADD, 1, binary },
	{ "AveragePool", SYNERGY_OP_AVG_POOL, 1, pool },
	{ "BatchNormalization", SYNERGY_OP_BATCH_NORM, 1, batch_norm },
	{ "Cast", SYNERGY_OP_CAST, 1, cast },
	{ "Ceil", SYNERGY_OP_UNARY, 1, unary },
	{ "Clip", SYNERGY_OP_CLIP, 1, clip },
	{ "Concat", SYNERGY_OP_CONCAT, 1, concat },
	{ "Constant", SYNERGY_OP_CONSTANT, 1, constant },
	{ "ConstantOfShape", SYNERGY_OP_CONSTANT_OF_SHAPE, 9, constant_of_shape },
	{ "Conv", SYNERGY_OP_CONV, 1, conv },
	{ "Div", SYNERGY_OP_DIV, 1, binary },
	{ "Dropout", SYNERGY_OP_DROPOUT, 1, dropout },
	{ "Elu", SYNERGY_OP_ELU, 1, activation },
	{ "Erf", SYNERGY_OP_UNARY, 9, unary },
	{ "Exp", SYNERGY_OP_UNARY, 1, unary },
	{ "Expand", SYNERGY_OP_EXPAND, 8, no_parameters },
	{ "Flatten", SYNERGY_OP_FLATTEN, 1, flatten },
	{ "Floor", SYNERGY_OP_UNARY, 1, unary },
	{ "Gather", SYNERGY_OP_GATHER, 1, gather },
	{ "Gemm", SYNERGY_OP_GEMM, 1, gemm },
	{ "GlobalAveragePool", SYNERGY_OP_GLOBAL_AVG_POOL, 1, no_parameters },
	{ "GlobalMaxPool", SYNERGY_OP_GLOBAL_MAX_POOL, 1, no_parameters },
	{ "HardSigmoid", SYNERGY_OP_HARD_SIGMOID, 1, activation },
	{ "HardSwish", SYNERGY_OP_HARD_SWISH, 14, no_parameters },
	{ "Identity", SYNERGY_OP_IDENTITY, 1, no_parameters },
	{ "LRN", SYNERGY_OP_LRN, 1, lrn },
	{ "LeakyRelu", SYNERGY_OP_LEAKY_RELU, 1, activation },
	{ "Log", SYNERGY_OP_UNARY, 1, unary },
	{ "LogSoftmax", SYNERGY_OP_LOG_SOFTMAX, 1, softmax },
	{ "MatMul", SYNERGY_OP_MATMUL, 1, no_parameters },
	{ "Max", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "MaxPool", SYNERGY_OP_MAX_POOL, 1, pool },
	{ "Mean", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "Min", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "Mul", SYNERGY_OP_MUL, 1, binary },
	{ "Neg", SYNERGY_OP_UNARY, 1, unary },
	{ "PRelu", SYNERGY_OP_PRELU, 1, prelu },
	{ "Pad", SYNERGY_OP_PAD, 1, pad },
	{ "Pow", SYNERGY_OP_POW, 1, binary },
	{ "Reciprocal", SYNERGY_OP_UNARY, 1, unary },
	{ "ReduceL1", SYNERGY_OP_REDUCE, 1, reduce },
	{ "ReduceL2", SYNERGY_OP_REDUCE, 1, reduce },
	{ "ReduceMax", SYNERGY_OP_REDUCE, 1, reduce },
	{ "ReduceMean", SYNERGY_OP_REDUCE, 1, reduce },
	{ "ReduceMin", SYNERGY_OP_REDUCE, 1, reduce },
	{ "ReduceProd", SYNERGY_OP_REDUCE, 1, reduce },
	{ "ReduceSum", SYNERGY_OP_REDUCE, 1, reduce },
	{ "ReduceSumSquare", SYNERGY_OP_REDUCE, 1, reduce },
	{ "Relu", SYNERGY_OP_RELU, 1, activation },
	{ "Reshape", SYNERGY_OP_RESHAPE, 1, reshape },
	{ "Shape", SYNERGY_OP_SHAPE, 1, shape },
	{ "Sigmoid", SYNERGY_OP_SIGMOID, 1, activation },
	{ "Slice", SYNERGY_OP_SLICE, 1, slice },
	{ "Softmax", SYNERGY_OP_SOFTMAX, 1, softmax },
	{ "Softplus", SYNERGY_OP_UNARY, 1, unary },
	{ "Softsign", SYNERGY_OP_UNARY, 1, unary },
	{ "Split", SYNERGY_OP_SPLIT, 1, split },
	{ "Sqrt", SYNERGY_OP_UNARY, 1, unary },
	{ "Squeeze", SYNERGY_OP_SQUEEZE, 1, squeeze },
	{ "Sub", SYNERGY_OP_SUB, 1, binary },
	{ "Sum", SYNERGY_OP_ELTWISE, 1, eltwise },
	{ "Tanh", SYNERGY_OP_TANH, 1, activation },
	{ "Transpose", SYNERGY_OP_TRANSPOSE, 1, transpose },
	{ "Unsqueeze", SYNERGY_OP_UNSQUEEZE, 1, squeeze },
};

static const struct operator *find_operator(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
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

	if (opset(n) < op->since)
		return synergy_onnx_error(n, EINVAL, "is defined from opset %d on", op->since);
	if (op->translate(n))
		return -1;
	return synergy_onnx_no_others(n);
}
