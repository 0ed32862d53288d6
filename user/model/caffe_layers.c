// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Caffe's layer types, one function each, in a table. A layer's shapes are
 * settled as soon as its node is made, since the sizes of weights follow from
 * them. A type or a setting that is not supported is refused by name.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/caffe.h"
#include "model/shape.h"

typedef struct synergy_caffe caffe;
typedef struct synergy_caffe_layer layer;

/* The tensor of bottom i; -1 with an error when no such blob is there. */
int synergy_caffe_bottom(caffe *c, const layer *l, size_t i)
{
	int t = synergy_graph_find_tensor(c->graph, l->p->bottom[i]);

	if (t < 0 || c->graph->tensors[t].is_const)
		return synergy_caffe_error(c, l, EINVAL,
					   "bottom '%.100s' is made by no layer before",
					   l->p->bottom[i]);
	return t;
}

/* A new tensor for top i; one of the bottoms may have that name (in place). */
static int top(caffe *c, const layer *l, size_t i)
{
	char old[SYNERGY_MAX_NAME + 1];
	const char *name = l->p->top[i], *maker = "input";
	int t = synergy_graph_find_tensor(c->graph, name);
	size_t k;

	if (t < 0)
		return synergy_graph_add_tensor(c->graph, name, c->err);
	for (k = 0; k < l->p->n_bottom; k++)
		if (!strcmp(l->p->bottom[k], name))
			break;
	if (k == l->p->n_bottom || i >= 1)
		return synergy_caffe_error(c, l, EINVAL, "top '%.100s' is made by a layer before",
					   name);
	if (c->graph->tensors[t].producer >= 0)
		maker = c->graph->nodes[c->graph->tensors[t].producer].name;
	snprintf(old, sizeof(old), "%.500s@%.500s", name, maker);
	if (synergy_graph_rename_tensor(c->graph, t, old, c->err))
		return -1;
	return synergy_graph_add_tensor(c->graph, name, c->err);
}

/* The layer's node with its bottoms as first inputs; extra more inputs are left omitted. */
struct synergy_node *synergy_caffe_add_node(caffe *c, layer *l, enum synergy_op_kind kind,
					    int extra)
{
	int index, t;
	size_t i;

	index = synergy_graph_add_node(c->graph, l->p->name, kind, l->p->type,
				       (int)l->p->n_bottom + extra, (int)l->p->n_top, c->err);
	if (index < 0)
		return NULL;
	l->node = index;
	c->graph->nodes[index].line = l->line;
	for (i = 0; i < l->p->n_bottom; i++) {
		t = synergy_caffe_bottom(c, l, i);
		if (t < 0)
			return NULL;
		c->graph->nodes[index].inputs[i] = t;
	}
	for (i = 0; i < l->p->n_top; i++) {
		t = top(c, l, i);
		if (t < 0)
			return NULL;
		c->graph->nodes[index].outputs[i] = t;
		c->graph->tensors[t].producer = index;
	}
	return &c->graph->nodes[index];
}

int synergy_caffe_finish(caffe *c, struct synergy_node *node)
{
	return synergy_node_infer_shape(c->graph, node, c->err);
}

const struct synergy_tensor *synergy_caffe_input(const caffe *c, const struct synergy_node *node)
{
	return &c->graph->tensors[node->inputs[0]];
}

/* A negative axis counts from the end. */
int synergy_caffe_axis(caffe *c, const layer *l, int axis, int rank, int *out)
{
	*out = axis < 0 && axis >= -rank ? axis + rank : axis;
	if (axis < -rank || axis >= rank)
		return synergy_caffe_error(c, l, EINVAL, "axis %d is out of range for rank %d",
					   axis, rank);
	return 0;
}

/* --- the rest ---------------------------------------------------------------- */

static int relu(caffe *c, layer *l)
{
	const Caffe__ReLUParameter *q = l->p->relu_param;
	float slope = q ? q->negative_slope : 0.0f;
	struct synergy_node *node = synergy_caffe_add_node(
		c, l, slope != 0.0f ? SYNERGY_OP_LEAKY_RELU : SYNERGY_OP_RELU, 0);

	if (!node)
		return -1;
	node->p.activation.alpha = slope;
	return synergy_caffe_finish(c, node);
}

static int prelu(caffe *c, layer *l)
{
	const Caffe__PReLUParameter *q = l->p->prelu_param;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_PRELU, 1);
	bool shared = q && q->channel_shared;
	int64_t n;
	int t;

	if (!node)
		return -1;
	if (synergy_caffe_input(c, node)->rank < 2)
		return synergy_caffe_error(c, l, EINVAL, "input has no channels");
	n = shared ? 1 : synergy_caffe_input(c, node)->dims[1];
	t = synergy_caffe_weight(c, l, 0, "slope", shared ? 0 : 1, &n, 0.25f, 0.5f);
	if (t < 0)
		return -1;
	node->inputs[1] = t;
	node->p.prelu.channel_axis = 1;
	return synergy_caffe_finish(c, node);
}

static int elu(caffe *c, layer *l)
{
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_ELU, 0);

	if (!node)
		return -1;
	node->p.activation.alpha = l->p->elu_param ? l->p->elu_param->alpha : 1.0f;
	return synergy_caffe_finish(c, node);
}

static int clip(caffe *c, layer *l)
{
	const Caffe__ClipParameter *q = l->p->clip_param;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_CLIP, 0);

	if (!node)
		return -1;
	if (!q || !q->has_min || !q->has_max)
		return synergy_caffe_error(c, l, EINVAL, "min or max is missing");
	node->p.clip = (struct synergy_clip_params){ q->min, q->max };
	return synergy_caffe_finish(c, node);
}

static int power(caffe *c, layer *l)
{
	static const Caffe__PowerParameter none = CAFFE__POWER_PARAMETER__INIT;
	const Caffe__PowerParameter *q = l->p->power_param ? l->p->power_param : &none;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_POWER, 0);

	if (!node)
		return -1;
	node->p.power = (struct synergy_power_params){ q->power, q->scale, q->shift };
	return synergy_caffe_finish(c, node);
}

static int unary(caffe *c, layer *l, enum synergy_op_kind kind,
		 enum synergy_function function)
{
	struct synergy_node *node = synergy_caffe_add_node(c, l, kind, 0);

	if (!node)
		return -1;
	node->p.map.function = function;
	return synergy_caffe_finish(c, node);
}

static int plain_base(caffe *c, layer *l, float base, float factor, float shift)
{
	if (base == -1.0f && factor == 1.0f && shift == 0.0f)
		return 0;
	return synergy_caffe_error(
		c, l, ENOTSUP, "base %g, scale %g, shift %g; supported: base e, scale 1, shift 0",
		(double)base, (double)factor, (double)shift);
}

static int exponential(caffe *c, layer *l)
{
	const Caffe__ExpParameter *q = l->p->exp_param;

	if (q && plain_base(c, l, q->base_, q->scale, q->shift))
		return -1;
	return unary(c, l, SYNERGY_OP_UNARY, SYNERGY_FN_EXP);
}

static int logarithm(caffe *c, layer *l)
{
	const Caffe__LogParameter *q = l->p->log_param;

	if (q && plain_base(c, l, q->base_, q->scale, q->shift))
		return -1;
	return unary(c, l, SYNERGY_OP_UNARY, SYNERGY_FN_LOG);
}

static int absolute(caffe *c, layer *l)
{
	return unary(c, l, SYNERGY_OP_UNARY, SYNERGY_FN_ABS);
}

static int bnll(caffe *c, layer *l)
{
	return unary(c, l, SYNERGY_OP_ACTIVATION, SYNERGY_FN_SOFTPLUS);
}

static int plain(caffe *c, layer *l, enum synergy_op_kind kind)
{
	struct synergy_node *node = synergy_caffe_add_node(c, l, kind, 0);

	return node ? synergy_caffe_finish(c, node) : -1;
}

static int sigmoid(caffe *c, layer *l)
{
	return plain(c, l, SYNERGY_OP_SIGMOID);
}

static int tanh_layer(caffe *c, layer *l)
{
	return plain(c, l, SYNERGY_OP_TANH);
}

static int dropout(caffe *c, layer *l)
{
	return plain(c, l, SYNERGY_OP_DROPOUT);
}

static int split(caffe *c, layer *l)
{
	return plain(c, l, SYNERGY_OP_IDENTITY);
}

static int softmax(caffe *c, layer *l)
{
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_SOFTMAX, 0);

	if (!node)
		return -1;
	node->p.softmax.axis = l->p->softmax_param ? l->p->softmax_param->axis : 1;
	return synergy_caffe_finish(c, node);
}

static int concat(caffe *c, layer *l)
{
	const Caffe__ConcatParameter *q = l->p->concat_param;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_CONCAT, 0);

	if (!node)
		return -1;
	if (q && q->has_axis && q->has_concat_dim)
		return synergy_caffe_error(c, l, EINVAL, "both axis and concat_dim are given");
	node->p.axis.axis = !q ? 1 : q->has_concat_dim ? (int)q->concat_dim : q->axis;
	return synergy_caffe_finish(c, node);
}

static int eltwise(caffe *c, layer *l)
{
	static const Caffe__EltwiseParameter none = CAFFE__ELTWISE_PARAMETER__INIT;
	static const enum synergy_eltwise_mode modes[] = {
		[CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__PROD] = SYNERGY_ELTWISE_PROD,
		[CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__SUM] = SYNERGY_ELTWISE_SUM,
		[CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__MAX] = SYNERGY_ELTWISE_MAX,
	};
	const Caffe__EltwiseParameter *q = l->p->eltwise_param ? l->p->eltwise_param : &none;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_ELTWISE, 0);
	float *coefficients;
	size_t i;

	if (!node)
		return -1;
	node->p.eltwise.mode = modes[q->operation];
	if (q->n_coeff) {
		if (q->n_coeff != l->p->n_bottom ||
		    q->operation != CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__SUM)
			return synergy_caffe_error(
				c, l, EINVAL,
				"%zu coeff for %zu bottoms; a coeff for each, and only for SUM",
				q->n_coeff, l->p->n_bottom);
		coefficients = synergy_graph_alloc(c->graph, q->n_coeff * sizeof(float));
		if (!coefficients)
			return synergy_graph_no_memory(c->graph, c->err);
		memcpy(coefficients, q->coeff, q->n_coeff * sizeof(float));
		node->p.eltwise.coefficients = coefficients;
	}
	for (i = 1; i < l->p->n_bottom; i++) {
		const struct synergy_tensor *a = synergy_node_input(c->graph, node, 0);
		const struct synergy_tensor *b = synergy_node_input(c->graph, node, (int)i);

		/* Caffe does not broadcast. */
		if (a->rank != b->rank ||
		    memcmp(a->dims, b->dims, sizeof(*a->dims) * (size_t)a->rank))
			return synergy_caffe_error(c, l, EINVAL,
						   "bottoms '%.80s' and '%.80s' differ in shape",
						   a->name, b->name);
	}
	return synergy_caffe_finish(c, node);
}

/* A constant i64 vector as the layer's last input. */
static int constant_ints(caffe *c, const layer *l, const char *what, const int64_t *values,
			 int64_t n)
{
	char name[SYNERGY_MAX_NAME + 1];
	int t;

	snprintf(name, sizeof(name), "%s.%s", l->p->name, what);
	t = synergy_graph_add_tensor(c->graph, name, c->err);
	if (t < 0 ||
	    synergy_tensor_set_shape(c->graph, &c->graph->tensors[t], SYNERGY_I64, 1, &n, c->err) ||
	    synergy_tensor_set_const(c->graph, t, NULL, c->err))
		return -1;
	if (n)
		memcpy(c->graph->tensors[t].data, values, sizeof(*values) * (size_t)n);
	return t;
}

static int slice(caffe *c, layer *l)
{
	const Caffe__SliceParameter *q = l->p->slice_param;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_SPLIT, 1);
	int64_t sizes[SYNERGY_MAX_NODE_IO], before = 0;
	size_t n = l->p->n_top, i;
	int axis, t;

	if (!node)
		return -1;
	if (q && q->has_axis && q->has_slice_dim)
		return synergy_caffe_error(c, l, EINVAL, "both axis and slice_dim are given");
	if (synergy_caffe_axis(c, l,
			       !q		? 1 :
			       q->has_slice_dim ? (int)q->slice_dim :
						  q->axis,
			       synergy_caffe_input(c, node)->rank, &axis))
		return -1;
	node->p.axis.axis = axis;
	if (q && q->n_slice_point && q->n_slice_point != n - 1)
		return synergy_caffe_error(c, l, EINVAL, "%zu slice_point for %zu tops",
					   q->n_slice_point, n);
	if (!q || !q->n_slice_point)
		return synergy_caffe_finish(c, node);
	for (i = 0; i < n; i++) {
		int64_t point = i + 1 < n ? q->slice_point[i] :
					    synergy_caffe_input(c, node)->dims[axis];

		sizes[i] = point - before;
		before = point;
		if (sizes[i] <= 0)
			return synergy_caffe_error(c, l, EINVAL,
						   "slice_point must rise within axis %d", axis);
	}
	t = constant_ints(c, l, "sizes", sizes, (int64_t)n);
	if (t < 0)
		return -1;
	node->inputs[1] = t;
	return synergy_caffe_finish(c, node);
}

static int reshape_to(caffe *c, layer *l, const int64_t *dims, int rank)
{
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_RESHAPE, 1);
	int t;

	if (!node)
		return -1;
	t = constant_ints(c, l, "shape", dims, rank);
	if (t < 0)
		return -1;
	node->inputs[1] = t;
	node->p.axis.axis = 1; /* sizes are final: a 0 is a 0 */
	return synergy_caffe_finish(c, node);
}

static int flatten(caffe *c, layer *l)
{
	const Caffe__FlattenParameter *q = l->p->flatten_param;
	const struct synergy_tensor *x;
	int64_t dims[SYNERGY_MAX_RANK];
	struct synergy_node *node;
	int axis, end, d, rank = 0, t = synergy_caffe_bottom(c, l, 0);

	if (t < 0)
		return -1;
	x = &c->graph->tensors[t];
	if (synergy_caffe_axis(c, l, q ? q->axis : 1, x->rank, &axis) ||
	    synergy_caffe_axis(c, l, q ? q->end_axis : -1, x->rank, &end))
		return -1;
	if (end < axis)
		return synergy_caffe_error(c, l, EINVAL, "end_axis %d is before axis %d", end,
					   axis);
	if (axis == 1 && end == x->rank - 1) {
		node = synergy_caffe_add_node(c, l, SYNERGY_OP_FLATTEN, 0);
		if (!node)
			return -1;
		node->p.axis.axis = 1;
		return synergy_caffe_finish(c, node);
	}
	for (d = 0; d < x->rank; d++) {
		if (d <= axis || d > end)
			dims[rank++] = x->dims[d];
		else
			dims[rank - 1] *= x->dims[d];
	}
	return reshape_to(c, l, dims, rank);
}

static int reshape(caffe *c, layer *l)
{
	const Caffe__ReshapeParameter *q = l->p->reshape_param;
	int64_t dims[SYNERGY_MAX_RANK], known = 1;
	const struct synergy_tensor *x;
	int axis, end, d, rank = 0, open = -1, t = synergy_caffe_bottom(c, l, 0);
	size_t i;

	if (t < 0)
		return -1;
	x = &c->graph->tensors[t];
	if (!q || !q->shape)
		return synergy_caffe_error(c, l, EINVAL, "shape is missing");
	/* An axis one past the end is allowed: dimensions are added there. */
	axis = q->axis < 0 ? q->axis + x->rank + 1 : q->axis;
	if (axis < 0 || axis > x->rank || q->num_axes < -1 || q->num_axes > x->rank - axis)
		return synergy_caffe_error(c, l, EINVAL, "axis %d and num_axes %d for rank %d",
					   q->axis, q->num_axes, x->rank);
	end = q->num_axes < 0 ? x->rank : axis + q->num_axes;
	if (axis + (x->rank - end) + (int64_t)q->shape->n_dim > SYNERGY_MAX_RANK)
		return synergy_caffe_error(c, l, EFBIG, "the new rank exceeds %d",
					   SYNERGY_MAX_RANK);
	for (d = 0; d < axis; d++)
		dims[rank++] = x->dims[d];
	for (i = 0; i < q->shape->n_dim; i++) {
		int64_t size = q->shape->dim[i];

		if (size == 0 && axis + (int)i < x->rank)
			size = x->dims[axis + (int)i];
		if (size < -1 || (size == -1 && open >= 0))
			return synergy_caffe_error(c, l, EINVAL, "dim %zu of shape is %lld", i,
						   (long long)size);
		if (size == -1)
			open = rank;
		dims[rank++] = size;
	}
	for (d = end; d < x->rank; d++)
		dims[rank++] = x->dims[d];
	for (d = 0; d < rank; d++)
		if (d != open && !synergy_mul_s64(known, dims[d], &known))
			return synergy_caffe_error(c, l, EFBIG, "shape overflows");
	if (open >= 0)
		dims[open] = known ? x->count / known : 0;
	return reshape_to(c, l, dims, rank);
}

static int reduction(caffe *c, layer *l)
{
	static const Caffe__ReductionParameter none = CAFFE__REDUCTION_PARAMETER__INIT;
	static const enum synergy_reduce_mode modes[] = {
		[CAFFE__REDUCTION_PARAMETER__REDUCTION_OP__SUM] = SYNERGY_REDUCE_SUM,
		[CAFFE__REDUCTION_PARAMETER__REDUCTION_OP__ASUM] = SYNERGY_REDUCE_ABS_SUM,
		[CAFFE__REDUCTION_PARAMETER__REDUCTION_OP__SUMSQ] = SYNERGY_REDUCE_SUM_SQUARE,
		[CAFFE__REDUCTION_PARAMETER__REDUCTION_OP__MEAN] = SYNERGY_REDUCE_MEAN,
	};
	const Caffe__ReductionParameter *q = l->p->reduction_param ? l->p->reduction_param : &none;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_REDUCE, 0);
	int axis, d;

	if (!node || synergy_caffe_axis(c, l, q->axis, synergy_caffe_input(c, node)->rank, &axis))
		return -1;
	node->p.reduce = (struct synergy_reduce_params){
		.mode = modes[q->operation],
		.scale = q->coeff,
	};
	for (d = axis; d < synergy_caffe_input(c, node)->rank; d++)
		node->p.reduce.axis[d] = true;
	return synergy_caffe_finish(c, node);
}

static int permute(caffe *c, layer *l)
{
	const Caffe__PermuteParameter *q = l->p->permute_param;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_TRANSPOSE, 0);
	size_t i;

	if (!node)
		return -1;
	if (!q || q->n_order != (size_t)synergy_caffe_input(c, node)->rank)
		return synergy_caffe_error(c, l, EINVAL, "order needs %d values",
					   synergy_caffe_input(c, node)->rank);
	for (i = 0; i < q->n_order; i++)
		node->p.transpose.perm[i] = q->order[i] < SYNERGY_MAX_RANK ? (int)q->order[i] :
									     SYNERGY_MAX_RANK;
	return synergy_caffe_finish(c, node);
}

#define MANY SYNERGY_MAX_NODE_IO

static const struct {
	const char *type;
	size_t min_bottom, max_bottom, max_top;
	int (*add)(caffe *c, layer *l);
} types[] = {
	{ "AbsVal", 1, 1, 1, absolute },
	{ "BNLL", 1, 1, 1, bnll },
	{ "BatchNorm", 1, 1, 1, synergy_caffe_batch_norm },
	{ "Bias", 1, 2, 1, synergy_caffe_bias },
	{ "Clip", 1, 1, 1, clip },
	{ "Concat", 1, MANY, 1, concat },
	{ "Convolution", 1, 1, 1, synergy_caffe_convolution },
	{ "ConvolutionDepthwise", 1, 1, 1, synergy_caffe_convolution },
	{ "DepthwiseConvolution", 1, 1, 1, synergy_caffe_convolution },
	{ "Dropout", 1, 1, 1, dropout },
	{ "ELU", 1, 1, 1, elu },
	{ "Eltwise", 2, MANY, 1, eltwise },
	{ "Exp", 1, 1, 1, exponential },
	{ "Flatten", 1, 1, 1, flatten },
	{ "InnerProduct", 1, 1, 1, synergy_caffe_inner_product },
	{ "LRN", 1, 1, 1, synergy_caffe_lrn },
	{ "Log", 1, 1, 1, logarithm },
	{ "PReLU", 1, 1, 1, prelu },
	{ "Permute", 1, 1, 1, permute },
	{ "Pooling", 1, 1, 2, synergy_caffe_pooling },
	{ "Power", 1, 1, 1, power },
	{ "ReLU", 1, 1, 1, relu },
	{ "Reduction", 1, 1, 1, reduction },
	{ "Reshape", 1, 1, 1, reshape },
	{ "Scale", 1, 2, 1, synergy_caffe_scale },
	{ "Sigmoid", 1, 1, 1, sigmoid },
	{ "Slice", 1, 1, MANY, slice },
	{ "Softmax", 1, 1, 1, softmax },
	{ "Split", 1, 1, MANY, split },
	{ "TanH", 1, 1, 1, tanh_layer },
};

/* Types of training files: what to use instead is worth saying. */
static const char *const training_types[] = {
	"Accuracy",
	"ContrastiveLoss",
	"Data",
	"DummyData",
	"EuclideanLoss",
	"HDF5Data",
	"HDF5Output",
	"HingeLoss",
	"ImageData",
	"InfogainLoss",
	"MemoryData",
	"MultinomialLogisticLoss",
	"SigmoidCrossEntropyLoss",
	"SoftmaxWithLoss",
	"WindowData",
};

const char *synergy_caffe_layer_type(size_t i)
{
	return i < sizeof(types) / sizeof(types[0]) ? types[i].type : NULL;
}

static const char *const *find_training_type(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(training_types) / sizeof(training_types[0]); i++)
		if (!strcmp(type, training_types[i]))
			return &training_types[i];
	return NULL;
}

bool synergy_caffe_has_type(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i].type))
			return true;
	return !strcmp(type, "Silence") || !strcmp(type, "Input") || find_training_type(type);
}

int synergy_caffe_add_layer(caffe *c, layer *l)
{
	const Caffe__LayerParameter *p = l->p;
	size_t i;

	if (!strcmp(p->type, "Silence"))
		return 0;		/* it only says that a blob is not wanted */
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(p->type, types[i].type))
			continue;
		if (p->n_bottom < types[i].min_bottom || p->n_bottom > types[i].max_bottom ||
		    p->n_top < 1 || p->n_top > types[i].max_top)
			return synergy_caffe_error(
				c, l, EINVAL,
				"has %zu bottoms and %zu tops, needs %zu to %zu and 1 to %zu",
				p->n_bottom, p->n_top, types[i].min_bottom, types[i].max_bottom,
				types[i].max_top);
		return types[i].add(c, l);
	}
	if (find_training_type(p->type))
		return synergy_caffe_error(c, l, ENOTSUP,
					   "is for training: use the network's deploy form");
	return synergy_caffe_error(c, l, ENOTSUP, "layer type is not supported");
}
