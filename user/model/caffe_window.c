// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Caffe's layers that have weights or slide a window: convolution, pooling,
 * LRN, batch normalisation, scale, bias, inner product.
 */
#include <errno.h>
#include <string.h>

#include "model/caffe.h"
#include "model/random.h"

typedef struct synergy_caffe caffe;
typedef struct synergy_caffe_layer layer;

/* --- convolution and pooling ----------------------------------------------- */

/* kernel_size, stride, pad, dilation: none, one for all, or one per dimension. */
static int spread(caffe *c, const layer *l, const char *name, const uint32_t *values, size_t n,
		  bool has_hw, int64_t h, int64_t w, int spatial, int64_t unset, int64_t *out)
{
	int d;

	if (has_hw) {
		if (n || spatial != 2)
			return synergy_caffe_error(
				c, l, EINVAL,
				"%s is given in two ways, or _h and _w for %d dimensions", name,
				spatial);
		out[0] = h;
		out[1] = w;
		return 0;
	}
	if (n > 1 && n != (size_t)spatial)
		return synergy_caffe_error(c, l, EINVAL, "%s has %zu values for %d dimensions",
					   name, n, spatial);
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
	return synergy_caffe_error(c, l, EINVAL, "%s_h and %s_w belong together, and one is missing", name,
				   name);
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

/* Blob 0, and blob 1 where there is a bias, as the node's inputs 1 and 2. */
static int weight_and_bias(caffe *c, const layer *l, struct synergy_node *node, int rank,
			   const int64_t *dims, int64_t fan_in, bool bias, int64_t outputs)
{
	node->inputs[1] = synergy_caffe_weight(c, l, 0, "weight", rank, dims, 0.0f,
					       synergy_random_he_width(fan_in));
	if (node->inputs[1] < 0)
		return -1;
	if (bias)
		node->inputs[2] = synergy_caffe_weight(c, l, 1, "bias", 1, &outputs, 0.0f, 0.2f);
	return bias && node->inputs[2] < 0 ? -1 : 0;
}

int synergy_caffe_convolution(caffe *c, layer *l)
{
	const Caffe__ConvolutionParameter *q = l->p->convolution_param;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_CONV, 2);
	int64_t dims[SYNERGY_MAX_RANK], fan_in;
	const struct synergy_tensor *x;
	struct synergy_conv_params *p;
	bool depthwise = !strcmp(l->p->type, "DepthwiseConvolution") ||
			 !strcmp(l->p->type, "ConvolutionDepthwise");
	int d;

	if (!node)
		return -1;
	x = synergy_caffe_input(c, node);
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
	if (p->group < 1 || x->dims[1] % p->group || q->num_output < 1 || q->num_output % p->group)
		return synergy_caffe_error(
			c, l, EINVAL, "group %lld does not divide %lld channels and num_output %u",
			(long long)p->group, (long long)x->dims[1], q->num_output);
	dims[0] = q->num_output;
	dims[1] = x->dims[1] / p->group;
	fan_in = dims[1];
	for (d = 0; d < p->spatial; d++) {
		dims[2 + d] = p->kernel[d];
		if (!synergy_mul_s64(fan_in, p->kernel[d], &fan_in))
			return synergy_caffe_error(c, l, EFBIG, "kernel is too large");
	}
	if (weight_and_bias(c, l, node, 2 + p->spatial, dims, fan_in, q->bias_term, q->num_output))
		return -1;
	return synergy_caffe_finish(c, node);
}

static int pooling_window(caffe *c, const layer *l, const Caffe__PoolingParameter *q,
			  struct synergy_pool_params *p)
{
	bool kernel_hw = q->has_kernel_h || q->has_kernel_w;

	if (both_or_none(c, l, "kernel", q->has_kernel_h, q->has_kernel_w) ||
	    both_or_none(c, l, "stride", q->has_stride_h, q->has_stride_w) ||
	    spread(c, l, "kernel_size", &q->kernel_size, q->has_kernel_size, kernel_hw, q->kernel_h,
		   q->kernel_w, 2, -1, p->kernel) ||
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
int synergy_caffe_pooling(caffe *c, layer *l)
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
		     (q->has_round_mode &&
		      q->round_mode == CAFFE__POOLING_PARAMETER__ROUND_MODE__FLOOR);
	if (l->p->n_top > 1)
		return synergy_caffe_error(c, l, ENOTSUP,
					   "a second top (the mask) is not supported");
	if (q->global_pooling) {
		if (q->has_kernel_size || q->has_kernel_h || q->has_kernel_w)
			return synergy_caffe_error(
				c, l, EINVAL, "global_pooling and a kernel size are both given");
		node = synergy_caffe_add_node(
			c, l, max ? SYNERGY_OP_GLOBAL_MAX_POOL : SYNERGY_OP_GLOBAL_AVG_POOL, 0);
		return node ? synergy_caffe_finish(c, node) : -1;
	}
	node = synergy_caffe_add_node(c, l, max ? SYNERGY_OP_MAX_POOL : SYNERGY_OP_AVG_POOL, 0);
	if (!node)
		return -1;
	p = &node->p.pool;
	p->spatial = 2;
	p->ceil_mode = !floor_mode;
	p->caffe_rounding = true;
	p->count_include_pad = true;
	return pooling_window(c, l, q, p) ? -1 : synergy_caffe_finish(c, node);
}

/* --- normalisation ----------------------------------------------------------- */

int synergy_caffe_lrn(caffe *c, layer *l)
{
	static const Caffe__LRNParameter none = CAFFE__LRNPARAMETER__INIT;
	const Caffe__LRNParameter *q = l->p->lrn_param ? l->p->lrn_param : &none;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_LRN, 0);

	if (!node)
		return -1;
	if (!(q->local_size & 1))
		return synergy_caffe_error(c, l, EINVAL, "local_size is %u, must be odd",
					   q->local_size);
	node->p.lrn = (struct synergy_lrn_params){
		.size = q->local_size,
		.alpha = q->alpha,
		.beta = q->beta,
		.bias = q->k,
		.within_channel = q->norm_region ==
				  CAFFE__LRNPARAMETER__NORM_REGION__WITHIN_CHANNEL,
	};
	if (node->p.lrn.within_channel)
		node->p.lrn.bias = 1.0f;
	return synergy_caffe_finish(c, node);
}

static void multiply(struct synergy_tensor *t, float factor)
{
	float *f = t->data;
	int64_t i;

	for (i = 0; i < t->count; i++)
		f[i] *= factor;
}

/*
 * Caffe keeps sums and the factor to divide them by. Statistics that another layer
 * shares (tensors before number first_new) were divided when that layer was made.
 */
static int divide_by_factor(caffe *c, const layer *l, int mean, int variance, int first_new)
{
	struct synergy_tensor *tensors;
	const int64_t one = 1;
	float factor;
	int t;

	t = synergy_caffe_weight(c, l, 2, "factor", 1, &one, 1.0f, 0.0f);
	if (t < 0)
		return -1;
	tensors = c->graph->tensors;
	if (!tensors[t].data || !tensors[mean].data)
		return 0;
	factor = *(const float *)tensors[t].data;
	factor = factor == 0.0f ? 0.0f : 1.0f / factor;
	if (mean >= first_new)
		multiply(&tensors[mean], factor);
	if (variance >= first_new && variance != mean)
		multiply(&tensors[variance], factor);
	return 0;
}

int synergy_caffe_batch_norm(caffe *c, layer *l)
{
	static const Caffe__BatchNormParameter none = CAFFE__BATCH_NORM_PARAMETER__INIT;
	const Caffe__BatchNormParameter *q = l->p->batch_norm_param ? l->p->batch_norm_param :
								      &none;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_BATCH_NORM, 4);
	int mean, variance, first_new = c->graph->n_tensors;
	int64_t channels;

	if (!node)
		return -1;
	if (q->has_use_global_stats && !q->use_global_stats)
		return synergy_caffe_error(c, l, ENOTSUP,
					   "use_global_stats: false is for training only");
	channels = synergy_caffe_input(c, node)->rank > 1 ? synergy_caffe_input(c, node)->dims[1] :
							    1;
	mean = synergy_caffe_weight(c, l, 0, "mean", 1, &channels, 0.0f, 0.2f);
	variance = mean < 0 ? -1 :
			      synergy_caffe_weight(c, l, 1, "variance", 1, &channels, 1.0f, 1.0f);
	if (variance < 0 || divide_by_factor(c, l, mean, variance, first_new))
		return -1;
	node->inputs[3] = mean;
	node->inputs[4] = variance;
	node->p.batch_norm = (struct synergy_batch_norm_params){ .epsilon = q->eps };
	return synergy_caffe_finish(c, node);
}

/* The dimensions that a learned scale or bias has: num_axes of the input's from axis on. */
static int covered(caffe *c, const layer *l, const struct synergy_tensor *x, int axis, int num_axes,
		   int *first, int64_t *dims, int *rank)
{
	if (synergy_caffe_axis(c, l, axis, x->rank, first))
		return -1;
	if (num_axes < -1 || num_axes > x->rank - *first)
		return synergy_caffe_error(c, l, EINVAL, "num_axes is %d, from axis %d of rank %d",
					   num_axes, *first, x->rank);
	*rank = num_axes < 0 ? x->rank - *first : num_axes;
	memcpy(dims, x->dims + *first, sizeof(*dims) * (size_t)*rank);
	return 0;
}

int synergy_caffe_scale(caffe *c, layer *l)
{
	static const Caffe__ScaleParameter none = CAFFE__SCALE_PARAMETER__INIT;
	const Caffe__ScaleParameter *q = l->p->scale_param ? l->p->scale_param : &none;
	bool learned = l->p->n_bottom == 1;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_SCALE, learned ? 2 : 1);
	int64_t dims[SYNERGY_MAX_RANK];
	int rank, t;

	if (!node)
		return -1;
	if (covered(c, l, synergy_caffe_input(c, node), q->axis, learned ? q->num_axes : 0,
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
	return synergy_caffe_finish(c, node);
}

/* Y = X + bias: a Scale without a factor. */
int synergy_caffe_bias(caffe *c, layer *l)
{
	static const Caffe__BiasParameter none = CAFFE__BIAS_PARAMETER__INIT;
	const Caffe__BiasParameter *q = l->p->bias_param ? l->p->bias_param : &none;
	bool learned = l->p->n_bottom == 1;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_SCALE, learned ? 2 : 1);
	int64_t dims[SYNERGY_MAX_RANK];
	int rank;

	if (!node)
		return -1;
	if (covered(c, l, synergy_caffe_input(c, node), q->axis, learned ? q->num_axes : 0,
		    &node->p.scale.axis, dims, &rank))
		return -1;
	node->inputs[2] = learned ? synergy_caffe_weight(c, l, 0, "bias", rank, dims, 0.0f, 0.2f) :
				    node->inputs[1];
	node->inputs[1] = -1;
	return node->inputs[2] < 0 ? -1 : synergy_caffe_finish(c, node);
}

int synergy_caffe_inner_product(caffe *c, layer *l)
{
	const Caffe__InnerProductParameter *q = l->p->inner_product_param;
	struct synergy_node *node = synergy_caffe_add_node(c, l, SYNERGY_OP_GEMM, 2);
	const struct synergy_tensor *x;
	int64_t depth = 1, dims[2];
	int axis, d;

	if (!node)
		return -1;
	x = synergy_caffe_input(c, node);
	if (!q || !q->has_num_output || !q->num_output)
		return synergy_caffe_error(c, l, EINVAL, "num_output is missing or 0");
	if (synergy_caffe_axis(c, l, q->axis, x->rank, &axis))
		return -1;
	for (d = axis; d < x->rank; d++)
		depth *= x->dims[d];
	dims[q->transpose ? 1 : 0] = q->num_output;
	dims[q->transpose ? 0 : 1] = depth;
	node->p.gemm = (struct synergy_gemm_params){
		.alpha = 1.0f,
		.beta = 1.0f,
		.trans_b = !q->transpose,
		.flatten_axis = axis,
	};
	if (weight_and_bias(c, l, node, 2, dims, depth, q->bias_term, q->num_output))
		return -1;
	return synergy_caffe_finish(c, node);
}
