// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shapes and work of what makes images larger: Resize (and Upsample) and transposed
 * convolution.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/number.h"
#include "model/shape.h"

/* A coordinate beyond this is no picture's; sums of them stay far from overflow. */
#define MAX_EXTENT	(1LL << 31)

/* --- Resize ----------------------------------------------------------------------------- */

/* Constant reals of input i; their number, 0 where it is omitted or empty, -1 with an error. */
static int constant_reals(const struct synergy_graph *graph, const struct synergy_node *node, int i,
			  double *values, int max, struct synergy_error *err)
{
	const struct synergy_tensor *t = synergy_node_input(graph, node, i);
	int k;

	if (!t || !t->count)
		return 0;
	if (!t->is_const || !t->data)
		return synergy_deciding_error(graph, node, node->inputs[i], err);
	if (t->rank != 1 || t->count > max)
		return synergy_node_error(graph, node, err, EINVAL,
					  "input '%.100s' must be a vector of at most %d", t->name,
					  max);
	for (k = 0; k < t->count; k++)
		values[k] = synergy_load_real(t->data, t->dtype, k);
	return (int)t->count;
}

/* The dimension that value k of scales, sizes or roi is for. */
static int dimension_of(const struct synergy_resize_params *p, int k, int rank)
{
	const int d = p->n_axes ? p->axes[k] : k;

	return d < 0 ? d + rank : d;
}

static int check_axes(const struct synergy_graph *graph, const struct synergy_node *node, int rank,
		      struct synergy_error *err)
{
	const struct synergy_resize_params *p = &node->p.resize;
	unsigned int seen = 0;
	int k, d;

	for (k = 0; k < p->n_axes; k++) {
		d = dimension_of(p, k, rank);
		if (d < 0 || d >= rank || seen & 1u << d)
			return synergy_node_error(graph, node, err, EINVAL,
						  "attribute 'axes': %d is out of range for rank %d, or there twice",
						  p->axes[k], rank);
		seen |= 1u << d;
	}
	return 0;
}

/* Sizes that keep the aspect: all dimensions by the smallest, or largest, of their scales. */
static void keep_aspect(const struct synergy_resize_params *p, const struct synergy_tensor *x,
			int n, const double *sizes, int64_t *dims)
{
	double scale = NAN, s;
	int k, d;

	for (k = 0; k < n; k++) {
		d = dimension_of(p, k, x->rank);
		s = sizes[k] / (double)x->dims[d];
		if (isnan(scale) || (p->aspect == SYNERGY_RESIZE_NOT_LARGER ? s < scale : s > scale))
			scale = s;
	}
	for (k = 0; k < n; k++) {
		d = dimension_of(p, k, x->rank);
		dims[d] = synergy_real_to_s64(floor(scale * (double)x->dims[d] + 0.5));
	}
}

static int set_roi(const struct synergy_graph *graph, struct synergy_node *node, int rank,
		   struct synergy_error *err)
{
	struct synergy_resize_params *p = &node->p.resize;
	const int n = p->n_axes ? p->n_axes : rank;
	double roi[2 * SYNERGY_MAX_RANK];
	int count, k, d;

	for (d = 0; d < rank; d++) {
		p->roi_begin[d] = 0;
		p->roi_end[d] = 1;
	}
	if (p->coordinates != SYNERGY_RESIZE_TF_CROP_AND_RESIZE)
		return 0;
	count = constant_reals(graph, node, 1, roi, 2 * SYNERGY_MAX_RANK, err);
	if (count < 0)
		return -1;
	if (count != 2 * n)
		return synergy_node_error(graph, node, err, EINVAL, "roi has %d values, needs %d",
					  count, 2 * n);
	for (k = 0; k < n; k++) {
		d = dimension_of(p, k, rank);
		p->roi_begin[d] = roi[k];
		p->roi_end[d] = roi[n + k];
		if (!(fabs(roi[k]) < 1e6) || !(fabs(roi[n + k]) < 1e6))
			return synergy_node_error(graph, node, err, EINVAL,
						  "roi of dimension %d is %g to %g", d, roi[k],
						  roi[n + k]);
	}
	return 0;
}

/* Output sizes from either input, and the scale of every dimension. */
static int set_sizes(const struct synergy_graph *graph, struct synergy_node *node,
		     const struct synergy_tensor *x, int64_t *dims, struct synergy_error *err)
{
	struct synergy_resize_params *p = &node->p.resize;
	const int n = p->n_axes ? p->n_axes : x->rank;
	double scales[SYNERGY_MAX_RANK], sizes[SYNERGY_MAX_RANK];
	int n_scales, n_sizes, k, d;

	n_scales = constant_reals(graph, node, 2, scales, SYNERGY_MAX_RANK, err);
	n_sizes = constant_reals(graph, node, 3, sizes, SYNERGY_MAX_RANK, err);
	if (n_scales < 0 || n_sizes < 0)
		return -1;
	if (!n_scales == !n_sizes || n_scales + n_sizes != n)
		return synergy_node_error(graph, node, err, EINVAL,
					  "has %d scales and %d sizes, needs %d of one of them",
					  n_scales, n_sizes, n);
	for (k = 0; k < n; k++) {
		const double v = n_scales ? scales[k] : sizes[k];
		double span;

		d = dimension_of(p, k, x->rank);
		span = (double)x->dims[d] * (p->roi_end[d] - p->roi_begin[d]);
		if (!(v > 0) || !(v < (double)MAX_EXTENT) || !(v * span < (double)MAX_EXTENT))
			return synergy_node_error(graph, node, err, EINVAL,
						  "%s of dimension %d is %g", n_scales ? "scale" : "size",
						  d, v);
		dims[d] = synergy_real_to_s64(n_scales ? floor(span * v) : v);
		if (dims[d] < 0)
			dims[d] = 0;
	}
	if (n_sizes && p->aspect != SYNERGY_RESIZE_STRETCH)
		keep_aspect(p, x, n, sizes, dims);
	for (d = 0; d < x->rank; d++)
		p->scale[d] = x->dims[d] ? (double)dims[d] / (double)x->dims[d] : 1;
	for (k = 0; k < n_scales; k++)
		p->scale[dimension_of(p, k, x->rank)] = scales[k];
	return 0;
}

int synergy_shape_resize(struct synergy_graph *graph, struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t dims[SYNERGY_MAX_RANK];
	int d;

	memcpy(dims, x->dims, sizeof(dims));
	if (check_axes(graph, node, x->rank, err) || set_roi(graph, node, x->rank, err) ||
	    set_sizes(graph, node, x, dims, err))
		return -1;
	for (d = 0; d < x->rank; d++)
		if (!x->dims[d] && dims[d])
			return synergy_node_error(graph, node, err, EINVAL,
						  "dimension %d has size 0 and cannot become %lld", d,
						  (long long)dims[d]);
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

/* The taps of all dimensions whose size changes, multiplied and added. */
void synergy_work_resize(const struct synergy_graph *graph, const struct synergy_node *node,
			 struct synergy_work *work)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);
	const uint64_t taps = node->p.resize.mode == SYNERGY_RESIZE_CUBIC ? 4 : 2;
	int d;

	if (node->p.resize.mode == SYNERGY_RESIZE_NEAREST)
		return;
	for (d = 0; d < x->rank; d++)
		if (x->dims[d] != y->dims[d])
			work->flops += synergy_mul_work(2 * taps, (uint64_t)y->count);
}

/* --- transposed convolution ------------------------------------------------------------ */

static int check_field(const struct synergy_graph *graph, const struct synergy_node *node,
		       const char *name, int64_t value, int64_t min, int d,
		       struct synergy_error *err)
{
	if (value >= min && value <= INT32_MAX)
		return 0;
	return synergy_node_error(graph, node, err, EINVAL,
				  "%s of dimension %d is %lld, must be %lld to %d", name, d,
				  (long long)value, (long long)min, INT32_MAX);
}

/* Size of Y along dimension d; auto_pad and output_shape become pads. */
static int transposed_output(const struct synergy_graph *graph, struct synergy_node *node, int d,
			     int64_t in, int64_t *out, struct synergy_error *err)
{
	struct synergy_conv_transpose_params *t = &node->p.conv_transpose;
	struct synergy_conv_params *p = &t->conv;
	int64_t full, total, want = t->output_shape[d];

	if (check_field(graph, node, "kernel", p->kernel[d], 1, d, err) ||
	    check_field(graph, node, "stride", p->stride[d], 1, d, err) ||
	    check_field(graph, node, "dilation", p->dilation[d], 1, d, err) ||
	    check_field(graph, node, "pad", p->pad_begin[d], 0, d, err) ||
	    check_field(graph, node, "end pad", p->pad_end[d], 0, d, err) ||
	    check_field(graph, node, "output padding", t->output_pad[d], 0, d, err) ||
	    check_field(graph, node, "output shape", want, 0, d, err))
		return -1;
	if (in < 1 || in > MAX_EXTENT)
		return synergy_node_error(graph, node, err, EINVAL, "spatial size %lld", (long long)in);
	full = p->stride[d] * (in - 1) + t->output_pad[d] + (p->kernel[d] - 1) * p->dilation[d] + 1;
	if (!want && (p->auto_pad == SYNERGY_PAD_SAME_UPPER || p->auto_pad == SYNERGY_PAD_SAME_LOWER))
		want = in * p->stride[d];
	if (want) {
		total = full > want ? full - want : 0;
		p->pad_begin[d] = p->auto_pad == SYNERGY_PAD_SAME_UPPER ? total / 2 :
									   total - total / 2;
		p->pad_end[d] = total - p->pad_begin[d];
		*out = want;
		return 0;
	}
	*out = full - p->pad_begin[d] - p->pad_end[d];
	if (*out < 1)
		return synergy_node_error(graph, node, err, EINVAL,
					  "pads %lld and %lld leave nothing of %lld (dimension %d)",
					  (long long)p->pad_begin[d], (long long)p->pad_end[d],
					  (long long)full, d);
	return 0;
}

int synergy_shape_conv_transpose(struct synergy_graph *graph, struct synergy_node *node,
				 struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *weight = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *bias = synergy_node_input(graph, node, 2);
	struct synergy_conv_params *p = &node->p.conv_transpose.conv;
	int64_t dims[SYNERGY_MAX_RANK], columns;
	int d;

	if (synergy_require_float(graph, node, err))
		return -1;
	if (x->rank < 3 || x->rank > 2 + SYNERGY_MAX_SPATIAL || weight->rank != x->rank)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "input has rank %d and weight %d; supported: both 3 to %d",
					  x->rank, weight->rank, 2 + SYNERGY_MAX_SPATIAL);
	if (!p->spatial)
		p->spatial = x->rank - 2;
	if (p->spatial != x->rank - 2 || p->group < 1 || weight->dims[0] != x->dims[1] ||
	    x->dims[1] % p->group ||
	    !synergy_mul_s64(weight->dims[1], p->group, &dims[1]) || dims[1] < 1)
		return synergy_node_error(graph, node, err, EINVAL,
					  "group %lld, %lld input channels, weight %lldx%lldx... and %d spatial dimensions do not match",
					  (long long)p->group, (long long)x->dims[1],
					  (long long)weight->dims[0], (long long)weight->dims[1],
					  p->spatial);
	if (bias && (bias->rank != 1 || bias->dims[0] != dims[1]))
		return synergy_node_error(graph, node, err, EINVAL, "bias must be a vector of %lld",
					  (long long)dims[1]);
	dims[0] = x->dims[0];
	columns = weight->dims[1];
	for (d = 0; d < p->spatial; d++) {
		if (!p->kernel[d])
			p->kernel[d] = weight->dims[2 + d];
		if (p->kernel[d] != weight->dims[2 + d])
			return synergy_node_error(graph, node, err, EINVAL,
						  "kernel of dimension %d is %lld, weight has %lld",
						  d, (long long)p->kernel[d],
						  (long long)weight->dims[2 + d]);
		if (transposed_output(graph, node, d, x->dims[2 + d], &dims[2 + d], err))
			return -1;
		if (!synergy_mul_s64(columns, p->kernel[d], &columns) ||
		    !synergy_mul_s64(columns, x->dims[2 + d], &columns) ||
		    columns > SYNERGY_MAX_ELEMENTS)
			return synergy_node_error(graph, node, err, EFBIG,
						  "its products need more than %lld elements",
						  (long long)SYNERGY_MAX_ELEMENTS);
	}
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

/* Every input element meets every weight of its channel. */
void synergy_work_conv_transpose(const struct synergy_graph *graph, const struct synergy_node *node,
				 struct synergy_work *work)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *w = synergy_node_input(graph, node, 1);
	int d;

	work->kernel = 1;
	for (d = 0; d < node->p.conv.spatial; d++)
		work->kernel *= (uint64_t)node->p.conv.kernel[d];
	work->mac = synergy_mul_work(synergy_mul_work((uint64_t)x->count, work->kernel),
				     (uint64_t)w->dims[1]);
	work->flops = synergy_mul_work(2, work->mac) +
		      (synergy_node_input(graph, node, 2) ?
			       (uint64_t)synergy_node_output(graph, node, 0)->count : 0);
}
