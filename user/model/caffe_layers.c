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
#include "model/random.h"
#include "model/shape.h"

typedef struct synergy_caffe caffe;
typedef struct synergy_caffe_layer layer;

/* The tensor of bottom i; -1 with an error when no such blob is there. */
static int bottom(caffe *c, const layer *l, size_t i)
{
	int t = synergy_graph_find_tensor(c->graph, l->p->bottom[i]);

	if (t < 0 || c->graph->tensors[t].is_const)
		return synergy_caffe_error(c, l, EINVAL, "bottom '%.100s' is made by no layer before",
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
static struct synergy_node *add_node(caffe *c, layer *l, enum synergy_op_kind kind, int extra)
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
		t = bottom(c, l, i);
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

static int finish(caffe *c, struct synergy_node *node)
{
	return synergy_node_infer_shape(c->graph, node, c->err);
}

static const struct synergy_tensor *input_of(const caffe *c, const struct synergy_node *node)
{
	return &c->graph->tensors[node->inputs[0]];
}

/* A negative axis counts from the end. */
static int resolve(caffe *c, const layer *l, int axis, int rank, int *out)
{
	*out = axis < 0 && axis >= -rank ? axis + rank : axis;
	if (axis < -rank || axis >= rank)
		return synergy_caffe_error(c, l, EINVAL, "axis %d is out of range for rank %d", axis,
					   rank);
	return 0;
}

/* --- convolution and pooling ----------------------------------------------- */

/* kernel_size, stride, pad, dilation: none, one for all, or one per dimension. */
static int spread(caffe *c, const layer *l, const char *name, const uint32_t *values, size_t n,
		  bool has_hw, int64_t h, int64_t w, int spatial, int64_t unset, int64_t *out)
{
	int d;

	if (has_hw) {
		if (n || spatial != 2)
			return synergy_caffe_error(c, l, EINVAL,
						   "%s is given in two ways, or _h and _w for %d dimensions",
						   name, spatial);
		out[0] = h;
		out[1] = w;
		return 0;
	}
	if (n > 1 && n != (size_t)spatial)
		return synergy_caffe_error(c, l, EINVAL, "%s has %zu values for %d dimensions", name,
					   n, spatial);
	if (n == 0 && unset < 0)
		return synergy_caffe_error(c, l, EINVAL, "%s is missing", name);
	for (d = 0; d < spatial; d++)
		out[d] = n == 0 ? unset : values[n == 1 ? 0 : d];
	return 0;
}

static int both_or_none(caffe *c, const layer *l, const char *name, bool h, bool w)
{
	if (h == w)
		return 0;
	return synergy_caffe_error(c, l, EINVAL, "%s_h and %s_w must be given together", name, name);
}

static int convolution_window(caffe *c, const layer *l, const Caffe__ConvolutionParameter *q,
			      struct synergy_conv_params *p)
{
	if (both_or_none(c, l, "kernel", q->has_kernel_h, q->has_kernel_w) ||
	    both_or_none(c, l, "stride", q->has_stride_h, q->has_stride_w) ||
	    spread(c, l, "kernel_size", q->kernel_size, q->n_kernel_size, q->has_kernel_h,
		   q->kernel_h, q->kernel_w, p->spatial, -1, p->kernel) ||
	    spread(c, l, "stride", q->stride, q->n_stride, q->has_stride_h, q->stride_h,
		   q->stride_w, p->spatial, 1, p->stride) ||
	    spread(c, l, "pad", q->pad, q->n_pad, q->has_pad_h || q->has_pad_w, q->pad_h, q->pad_w,
		   p->spatial, 0, p->pad_begin) ||
	    spread(c, l, "dilation", q->dilation, q->n_dilation, false, 0, 0, p->spatial, 1,
		   p->dilation))
		return -1;
	memcpy(p->pad_end, p->pad_begin, sizeof(p->pad_end));
	return 0;
}

static int bias_vector(caffe *c, const layer *l, size_t index, int64_t n)
{
	return synergy_caffe_weight(c, l, index, "bias", 1, &n, 0.0f, 0.2f);
}

static int convolution(caffe *c, layer *l)
{
	const Caffe__ConvolutionParameter *q = l->p->convolution_param;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_CONV, 2);
	int64_t dims[SYNERGY_MAX_RANK], fan_in;
	const struct synergy_tensor *x;
	struct synergy_conv_params *p;
	bool depthwise = !strcmp(l->p->type, "DepthwiseConvolution") ||
			 !strcmp(l->p->type, "ConvolutionDepthwise");
	int d;

	if (!node)
		return -1;
	x = input_of(c, node);
	if (!q || !q->has_num_output)
		return synergy_caffe_error(c, l, EINVAL, "num_output is missing");
	if (q->axis != 1)
		return synergy_caffe_error(c, l, ENOTSUP, "axis is %d; supported: 1", q->axis);
	if (x->rank < 3 || x->rank > 2 + SYNERGY_MAX_SPATIAL)
		return synergy_caffe_error(c, l, EINVAL, "input has rank %d", x->rank);
	p = &node->p.conv;
	p->spatial = x->rank - 2;
	/* The forks' depthwise layers mean one group per channel when none is given. */
	p->group = depthwise && !q->has_group ? x->dims[1] : q->group;
	if (convolution_window(c, l, q, p))
		return -1;
	if (p->group < 1 || x->dims[1] % p->group || q->num_output < 1 ||
	    q->num_output % p->group)
		return synergy_caffe_error(c, l, EINVAL,
					   "group %lld does not divide %lld channels and num_output %u",
					   (long long)p->group, (long long)x->dims[1],
					   q->num_output);
	dims[0] = q->num_output;
	dims[1] = x->dims[1] / p->group;
	fan_in = dims[1];
	for (d = 0; d < p->spatial; d++) {
		dims[2 + d] = p->kernel[d];
		if (!synergy_mul_s64(fan_in, p->kernel[d], &fan_in))
			return synergy_caffe_error(c, l, EFBIG, "kernel is too large");
	}
	d = synergy_caffe_weight(c, l, 0, "weight", 2 + p->spatial, dims, 0.0f,
				 synergy_random_he_width(fan_in));
	if (d < 0)
		return -1;
	node->inputs[1] = d;
	if (q->bias_term) {
		d = bias_vector(c, l, 1, q->num_output);
		if (d < 0)
			return -1;
		node->inputs[2] = d;
	}
	return finish(c, node);
}

static int pooling_window(caffe *c, const layer *l, const Caffe__PoolingParameter *q,
			  struct synergy_pool_params *p)
{
	bool kernel_hw = q->has_kernel_h || q->has_kernel_w;

	if (both_or_none(c, l, "kernel", q->has_kernel_h, q->has_kernel_w) ||
	    both_or_none(c, l, "stride", q->has_stride_h, q->has_stride_w) ||
	    spread(c, l, "kernel_size", &q->kernel_size, q->has_kernel_size, kernel_hw,
		   q->kernel_h, q->kernel_w, 2, -1, p->kernel) ||
	    spread(c, l, "stride", &q->stride, q->has_stride, q->has_stride_h, q->stride_h,
		   q->stride_w, 2, 1, p->stride) ||
	    spread(c, l, "pad", &q->pad, q->has_pad, q->has_pad_h || q->has_pad_w, q->pad_h,
		   q->pad_w, 2, 0, p->pad_begin))
		return -1;
	memcpy(p->pad_end, p->pad_begin, sizeof(p->pad_end));
	p->dilation[0] = 1;
	p->dilation[1] = 1;
	return 0;
}

/* Caffe rounds the output size up; a fork's ceil_mode, or round_mode, may say otherwise. */
static int pooling(caffe *c, layer *l)
{
	static const Caffe__PoolingParameter none = CAFFE__POOLING_PARAMETER__INIT;
	const Caffe__PoolingParameter *q = l->p->pooling_param ? l->p->pooling_param : &none;
	bool max = q->pool == CAFFE__POOLING_PARAMETER__POOL_METHOD__MAX;
	struct synergy_pool_params *p;
	struct synergy_node *node;
	bool floor_mode;

	if (q->pool == CAFFE__POOLING_PARAMETER__POOL_METHOD__STOCHASTIC)
		return synergy_caffe_error(c, l, ENOTSUP, "pool: STOCHASTIC is not supported");
	floor_mode = (q->has_ceil_mode && !q->ceil_mode) ||
		     (q->has_round_mode && q->round_mode == CAFFE__POOLING_PARAMETER__ROUND_MODE__FLOOR);
	if (l->p->n_top > 1)
		return synergy_caffe_error(c, l, ENOTSUP, "a second top (the mask) is not supported");
	if (q->global_pooling) {
		if (q->has_kernel_size || q->has_kernel_h || q->has_kernel_w)
			return synergy_caffe_error(c, l, EINVAL,
						   "global_pooling and a kernel size are both given");
		node = add_node(c, l, max ? SYNERGY_OP_GLOBAL_MAX_POOL : SYNERGY_OP_GLOBAL_AVG_POOL,
				0);
		return node ? finish(c, node) : -1;
	}
	node = add_node(c, l, max ? SYNERGY_OP_MAX_POOL : SYNERGY_OP_AVG_POOL, 0);
	if (!node)
		return -1;
	p = &node->p.pool;
	p->spatial = 2;
	p->ceil_mode = !floor_mode;
	p->caffe_rounding = true;
	p->count_include_pad = true;
	return pooling_window(c, l, q, p) ? -1 : finish(c, node);
}

/* --- normalisation ----------------------------------------------------------- */

static int lrn(caffe *c, layer *l)
{
	static const Caffe__LRNParameter none = CAFFE__LRNPARAMETER__INIT;
	const Caffe__LRNParameter *q = l->p->lrn_param ? l->p->lrn_param : &none;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_LRN, 0);

	if (!node)
		return -1;
	if (!(q->local_size & 1))
		return synergy_caffe_error(c, l, EINVAL, "local_size is %u, must be odd",
					   q->local_size);
	node->p.lrn = (struct synergy_lrn_params){
		.size = q->local_size, .alpha = q->alpha, .beta = q->beta, .bias = q->k,
		.within_channel = q->norm_region == CAFFE__LRNPARAMETER__NORM_REGION__WITHIN_CHANNEL,
	};
	if (node->p.lrn.within_channel)
		node->p.lrn.bias = 1.0f;
	return finish(c, node);
}

/* Caffe keeps sums and the factor to divide them by. */
static int divide_by_factor(caffe *c, const layer *l, int mean, int variance)
{
	const int64_t one = 1;
	float factor, *m, *v;
	int64_t i;
	int t;

	t = synergy_caffe_weight(c, l, 2, "factor", 1, &one, 1.0f, 0.0f);
	if (t < 0)
		return -1;
	if (!c->graph->tensors[t].data || !c->graph->tensors[mean].data)
		return 0;
	factor = *(float *)c->graph->tensors[t].data;
	factor = factor == 0.0f ? 0.0f : 1.0f / factor;
	if (factor == 1.0f)
		return 0;
	m = c->graph->tensors[mean].data;
	v = c->graph->tensors[variance].data;
	for (i = 0; i < c->graph->tensors[mean].count; i++) {
		m[i] *= factor;
		v[i] *= factor;
	}
	return 0;
}

static int batch_norm(caffe *c, layer *l)
{
	static const Caffe__BatchNormParameter none = CAFFE__BATCH_NORM_PARAMETER__INIT;
	const Caffe__BatchNormParameter *q = l->p->batch_norm_param ? l->p->batch_norm_param :
								      &none;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_BATCH_NORM, 4);
	int64_t channels;
	int mean, variance;

	if (!node)
		return -1;
	if (q->has_use_global_stats && !q->use_global_stats)
		return synergy_caffe_error(c, l, ENOTSUP,
					   "use_global_stats: false is for training only");
	channels = input_of(c, node)->rank > 1 ? input_of(c, node)->dims[1] : 1;
	mean = synergy_caffe_weight(c, l, 0, "mean", 1, &channels, 0.0f, 0.2f);
	variance = mean < 0 ? -1 : synergy_caffe_weight(c, l, 1, "variance", 1, &channels, 1.0f,
							1.0f);
	if (variance < 0 || divide_by_factor(c, l, mean, variance))
		return -1;
	node->inputs[3] = mean;
	node->inputs[4] = variance;
	node->p.batch_norm = (struct synergy_batch_norm_params){ .epsilon = q->eps };
	return finish(c, node);
}

/* The dimensions that a learned scale or bias has: num_axes of the input's from axis on. */
static int covered(caffe *c, const layer *l, const struct synergy_tensor *x, int axis,
		   int num_axes, int *first, int64_t *dims, int *rank)
{
	if (resolve(c, l, axis, x->rank, first))
		return -1;
	if (num_axes < -1 || num_axes > x->rank - *first)
		return synergy_caffe_error(c, l, EINVAL, "num_axes is %d, from axis %d of rank %d",
					   num_axes, *first, x->rank);
	*rank = num_axes < 0 ? x->rank - *first : num_axes;
	memcpy(dims, x->dims + *first, sizeof(*dims) * (size_t)*rank);
	return 0;
}

static int scale(caffe *c, layer *l)
{
	static const Caffe__ScaleParameter none = CAFFE__SCALE_PARAMETER__INIT;
	const Caffe__ScaleParameter *q = l->p->scale_param ? l->p->scale_param : &none;
	bool learned = l->p->n_bottom == 1;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_SCALE, learned ? 2 : 1);
	int64_t dims[SYNERGY_MAX_RANK];
	int rank, t;

	if (!node)
		return -1;
	if (covered(c, l, input_of(c, node), q->axis, learned ? q->num_axes : 0,
		    &node->p.scale.axis, dims, &rank))
		return -1;
	if (learned) {
		t = synergy_caffe_weight(c, l, 0, "scale", rank, dims, 1.0f, 1.0f);
		if (t < 0)
			return -1;
		node->inputs[1] = t;
	} else {
		const struct synergy_tensor *s = synergy_node_input(c->graph, node, 1);

		rank = s->rank;
		memcpy(dims, s->dims, sizeof(*dims) * (size_t)rank);
	}
	if (q->bias_term) {
		t = synergy_caffe_weight(c, l, learned, "bias", rank, dims, 0.0f, 0.2f);
		if (t < 0)
			return -1;
		node->inputs[2] = t;
	}
	return finish(c, node);
}

/* Y = X + bias: a Scale without a factor. */
static int bias(caffe *c, layer *l)
{
	static const Caffe__BiasParameter none = CAFFE__BIAS_PARAMETER__INIT;
	const Caffe__BiasParameter *q = l->p->bias_param ? l->p->bias_param : &none;
	bool learned = l->p->n_bottom == 1;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_SCALE, learned ? 2 : 1);
	int64_t dims[SYNERGY_MAX_RANK];
	int rank;

	if (!node)
		return -1;
	if (covered(c, l, input_of(c, node), q->axis, learned ? q->num_axes : 0,
		    &node->p.scale.axis, dims, &rank))
		return -1;
	node->inputs[2] = learned ? synergy_caffe_weight(c, l, 0, "bias", rank, dims, 0.0f, 0.2f) :
				    node->inputs[1];
	node->inputs[1] = -1;
	return node->inputs[2] < 0 ? -1 : finish(c, node);
}

/* --- the rest ---------------------------------------------------------------- */

static int inner_product(caffe *c, layer *l)
{
	const Caffe__InnerProductParameter *q = l->p->inner_product_param;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_GEMM, 2);
	const struct synergy_tensor *x;
	int64_t depth = 1, dims[2];
	int axis, d;

	if (!node)
		return -1;
	x = input_of(c, node);
	if (!q || !q->has_num_output || !q->num_output)
		return synergy_caffe_error(c, l, EINVAL, "num_output is missing or 0");
	if (resolve(c, l, q->axis, x->rank, &axis))
		return -1;
	for (d = axis; d < x->rank; d++)
		depth *= x->dims[d];
	dims[q->transpose ? 1 : 0] = q->num_output;
	dims[q->transpose ? 0 : 1] = depth;
	node->p.gemm = (struct synergy_gemm_params){
		.alpha = 1.0f, .beta = 1.0f, .trans_b = !q->transpose, .flatten_axis = axis,
	};
	d = synergy_caffe_weight(c, l, 0, "weight", 2, dims, 0.0f, synergy_random_he_width(depth));
	if (d < 0)
		return -1;
	node->inputs[1] = d;
	if (q->bias_term) {
		d = bias_vector(c, l, 1, q->num_output);
		if (d < 0)
			return -1;
		node->inputs[2] = d;
	}
	return finish(c, node);
}

static int relu(caffe *c, layer *l)
{
	const Caffe__ReLUParameter *q = l->p->relu_param;
	float slope = q ? q->negative_slope : 0.0f;
	struct synergy_node *node = add_node(c, l, slope != 0.0f ? SYNERGY_OP_LEAKY_RELU :
								   SYNERGY_OP_RELU, 0);

	if (!node)
		return -1;
	node->p.activation.alpha = slope;
	return finish(c, node);
}

static int prelu(caffe *c, layer *l)
{
	const Caffe__PReLUParameter *q = l->p->prelu_param;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_PRELU, 1);
	bool shared = q && q->channel_shared;
	int64_t n;
	int t;

	if (!node)
		return -1;
	if (input_of(c, node)->rank < 2)
		return synergy_caffe_error(c, l, EINVAL, "input has no channels");
	n = shared ? 1 : input_of(c, node)->dims[1];
	t = synergy_caffe_weight(c, l, 0, "slope", shared ? 0 : 1, &n, 0.25f, 0.5f);
	if (t < 0)
		return -1;
	node->inputs[1] = t;
	node->p.prelu.channel_axis = 1;
	return finish(c, node);
}

static int elu(caffe *c, layer *l)
{
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_ELU, 0);

	if (!node)
		return -1;
	node->p.activation.alpha = l->p->elu_param ? l->p->elu_param->alpha : 1.0f;
	return finish(c, node);
}

static int clip(caffe *c, layer *l)
{
	const Caffe__ClipParameter *q = l->p->clip_param;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_CLIP, 0);

	if (!node)
		return -1;
	if (!q || !q->has_min || !q->has_max)
		return synergy_caffe_error(c, l, EINVAL, "min or max is missing");
	node->p.clip = (struct synergy_clip_params){ q->min, q->max };
	return finish(c, node);
}

static int power(caffe *c, layer *l)
{
	static const Caffe__PowerParameter none = CAFFE__POWER_PARAMETER__INIT;
	const Caffe__PowerParameter *q = l->p->power_param ? l->p->power_param : &none;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_POWER, 0);

	if (!node)
		return -1;
	node->p.power = (struct synergy_power_params){ q->power, q->scale, q->shift };
	return finish(c, node);
}

static int unary(caffe *c, layer *l, enum synergy_unary_function function)
{
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_UNARY, 0);

	if (!node)
		return -1;
	node->p.unary.function = function;
	return finish(c, node);
}

static int plain_base(caffe *c, layer *l, float base, float factor, float shift)
{
	if (base == -1.0f && factor == 1.0f && shift == 0.0f)
		return 0;
	return synergy_caffe_error(c, l, ENOTSUP,
				   "base %g, scale %g, shift %g; supported: base e, scale 1, shift 0",
				   (double)base, (double)factor, (double)shift);
}

static int exponential(caffe *c, layer *l)
{
	const Caffe__ExpParameter *q = l->p->exp_param;

	if (q && plain_base(c, l, q->base_, q->scale, q->shift))
		return -1;
	return unary(c, l, SYNERGY_UNARY_EXP);
}

static int logarithm(caffe *c, layer *l)
{
	const Caffe__LogParameter *q = l->p->log_param;

	if (q && plain_base(c, l, q->base_, q->scale, q->shift))
		return -1;
	return unary(c, l, SYNERGY_UNARY_LOG);
}

static int absolute(caffe *c, layer *l)
{
	return unary(c, l, SYNERGY_UNARY_ABS);
}

static int bnll(caffe *c, layer *l)
{
	return unary(c, l, SYNERGY_UNARY_SOFTPLUS);
}

static int plain(caffe *c, layer *l, enum synergy_op_kind kind)
{
	struct synergy_node *node = add_node(c, l, kind, 0);

	return node ? finish(c, node) : -1;
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
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_SOFTMAX, 0);

	if (!node)
		return -1;
	node->p.softmax.axis = l->p->softmax_param ? l->p->softmax_param->axis : 1;
	return finish(c, node);
}

static int concat(caffe *c, layer *l)
{
	const Caffe__ConcatParameter *q = l->p->concat_param;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_CONCAT, 0);

	if (!node)
		return -1;
	if (q && q->has_axis && q->has_concat_dim)
		return synergy_caffe_error(c, l, EINVAL, "both axis and concat_dim are given");
	node->p.axis.axis = !q ? 1 : q->has_concat_dim ? (int)q->concat_dim : q->axis;
	return finish(c, node);
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
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_ELTWISE, 0);
	float *coefficients;
	size_t i;

	if (!node)
		return -1;
	node->p.eltwise.mode = modes[q->operation];
	if (q->n_coeff) {
		if (q->n_coeff != l->p->n_bottom ||
		    q->operation != CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__SUM)
			return synergy_caffe_error(c, l, EINVAL,
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
	return finish(c, node);
}

/* A constant i64 vector as the layer's last input. */
static int constant_ints(caffe *c, const layer *l, const char *what, const int64_t *values,
			 int64_t n)
{
	char name[SYNERGY_MAX_NAME + 1];
	int t;

	snprintf(name, sizeof(name), "%s.%s", l->p->name, what);
	t = synergy_graph_add_tensor(c->graph, name, c->err);
	if (t < 0 || synergy_tensor_set_shape(c->graph, &c->graph->tensors[t], SYNERGY_I64, 1, &n,
					      c->err) ||
	    synergy_tensor_set_const(c->graph, t, NULL, c->err))
		return -1;
	if (n)
		memcpy(c->graph->tensors[t].data, values, sizeof(*values) * (size_t)n);
	return t;
}

static int slice(caffe *c, layer *l)
{
	const Caffe__SliceParameter *q = l->p->slice_param;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_SPLIT, 1);
	int64_t sizes[SYNERGY_MAX_NODE_IO], before = 0;
	size_t n = l->p->n_top, i;
	int axis, t;

	if (!node)
		return -1;
	if (q && q->has_axis && q->has_slice_dim)
		return synergy_caffe_error(c, l, EINVAL, "both axis and slice_dim are given");
	if (resolve(c, l, !q ? 1 : q->has_slice_dim ? (int)q->slice_dim : q->axis,
		    input_of(c, node)->rank, &axis))
		return -1;
	node->p.axis.axis = axis;
	if (q && q->n_slice_point && q->n_slice_point != n - 1)
		return synergy_caffe_error(c, l, EINVAL, "%zu slice_point for %zu tops",
					   q->n_slice_point, n);
	if (!q || !q->n_slice_point)
		return finish(c, node);
	for (i = 0; i < n; i++) {
		int64_t point = i + 1 < n ? q->slice_point[i] : input_of(c, node)->dims[axis];

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
	return finish(c, node);
}

static int reshape_to(caffe *c, layer *l, const int64_t *dims, int rank)
{
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_RESHAPE, 1);
	int t;

	if (!node)
		return -1;
	t = constant_ints(c, l, "shape", dims, rank);
	if (t < 0)
		return -1;
	node->inputs[1] = t;
	node->p.axis.axis = 1;		/* sizes are final: a 0 is a 0 */
	return finish(c, node);
}

static int flatten(caffe *c, layer *l)
{
	const Caffe__FlattenParameter *q = l->p->flatten_param;
	const struct synergy_tensor *x;
	int64_t dims[SYNERGY_MAX_RANK];
	struct synergy_node *node;
	int axis, end, d, rank = 0, t = bottom(c, l, 0);

	if (t < 0)
		return -1;
	x = &c->graph->tensors[t];
	if (resolve(c, l, q ? q->axis : 1, x->rank, &axis) ||
	    resolve(c, l, q ? q->end_axis : -1, x->rank, &end))
		return -1;
	if (end < axis)
		return synergy_caffe_error(c, l, EINVAL, "end_axis %d is before axis %d", end, axis);
	if (axis == 1 && end == x->rank - 1) {
		node = add_node(c, l, SYNERGY_OP_FLATTEN, 0);
		if (!node)
			return -1;
		node->p.axis.axis = 1;
		return finish(c, node);
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
	int axis, end, d, rank = 0, open = -1, t = bottom(c, l, 0);
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
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_REDUCE, 0);
	int axis, d;

	if (!node || resolve(c, l, q->axis, input_of(c, node)->rank, &axis))
		return -1;
	node->p.reduce = (struct synergy_reduce_params){
		.mode = modes[q->operation], .scale = q->coeff,
	};
	for (d = axis; d < input_of(c, node)->rank; d++)
		node->p.reduce.axis[d] = true;
	return finish(c, node);
}

static int permute(caffe *c, layer *l)
{
	const Caffe__PermuteParameter *q = l->p->permute_param;
	struct synergy_node *node = add_node(c, l, SYNERGY_OP_TRANSPOSE, 0);
	size_t i;

	if (!node)
		return -1;
	if (!q || q->n_order != (size_t)input_of(c, node)->rank)
		return synergy_caffe_error(c, l, EINVAL, "order needs %d values",
					   input_of(c, node)->rank);
	for (i = 0; i < q->n_order; i++)
		node->p.transpose.perm[i] = q->order[i] < SYNERGY_MAX_RANK ? (int)q->order[i] :
									      SYNERGY_MAX_RANK;
	return finish(c, node);
}

#define MANY SYNERGY_MAX_NODE_IO

static const struct {
	const char *type;
	size_t min_bottom, max_bottom, max_top;
	int (*add)(caffe *c, layer *l);
} types[] = {
	{ "AbsVal", 1, 1, 1, absolute },
	{ "BNLL", 1, 1, 1, bnll },
	{ "BatchNorm", 1, 1, 1, batch_norm },
	{ "Bias", 1, 2, 1, bias },
	{ "Clip", 1, 1, 1, clip },
	{ "Concat", 1, MANY, 1, concat },
	{ "Convolution", 1, 1, 1, convolution },
	{ "ConvolutionDepthwise", 1, 1, 1, convolution },
	{ "DepthwiseConvolution", 1, 1, 1, convolution },
	{ "Dropout", 1, 1, 1, dropout },
	{ "ELU", 1, 1, 1, elu },
	{ "Eltwise", 2, MANY, 1, eltwise },
	{ "Exp", 1, 1, 1, exponential },
	{ "Flatten", 1, 1, 1, flatten },
	{ "InnerProduct", 1, 1, 1, inner_product },
	{ "LRN", 1, 1, 1, lrn },
	{ "Log", 1, 1, 1, logarithm },
	{ "PReLU", 1, 1, 1, prelu },
	{ "Permute", 1, 1, 1, permute },
	{ "Pooling", 1, 1, 2, pooling },
	{ "Power", 1, 1, 1, power },
	{ "ReLU", 1, 1, 1, relu },
	{ "Reduction", 1, 1, 1, reduction },
	{ "Reshape", 1, 1, 1, reshape },
	{ "Scale", 1, 2, 1, scale },
	{ "Sigmoid", 1, 1, 1, sigmoid },
	{ "Slice", 1, 1, MANY, slice },
	{ "Softmax", 1, 1, 1, softmax },
	{ "Split", 1, 1, MANY, split },
	{ "TanH", 1, 1, 1, tanh_layer },
};

/* Types of training files: what to use instead is worth saying. */
static const char *const training_types[] = {
	"Accuracy", "ContrastiveLoss", "Data", "DummyData", "EuclideanLoss", "HDF5Data",
	"HDF5Output", "HingeLoss", "ImageData", "InfogainLoss", "MemoryData",
	"MultinomialLogisticLoss", "SigmoidCrossEntropyLoss", "SoftmaxWithLoss", "WindowData",
};

int synergy_caffe_add_layer(caffe *c, layer *l)
{
	const Caffe__LayerParameter *p = l->p;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(p->type, types[i].type))
			continue;
		if (p->n_bottom < types[i].min_bottom || p->n_bottom > types[i].max_bottom ||
		    p->n_top < 1 || p->n_top > types[i].max_top)
			return synergy_caffe_error(c, l, EINVAL,
						   "has %zu bottoms and %zu tops, needs %zu to %zu and 1 to %zu",
						   p->n_bottom, p->n_top, types[i].min_bottom,
						   types[i].max_bottom, types[i].max_top);
		return types[i].add(c, l);
	}
	for (i = 0; i < sizeof(training_types) / sizeof(training_types[0]); i++)
		if (!strcmp(p->type, training_types[i]))
			return synergy_caffe_error(c, l, ENOTSUP,
						   "is for training: use the network's deploy form");
	return synergy_caffe_error(c, l, ENOTSUP, "layer type is not supported");
}
