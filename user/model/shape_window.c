// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shapes and work of what slides a window or works per channel: convolution,
 * pooling, LRN, batch normalisation, Caffe's Scale.
 */
#include <errno.h>
#include <string.h>

#include "model/quantised.h"
#include "model/shape.h"

/* Sizes beyond this are no picture; it keeps the sums below far from overflow. */
#define MAX_EXTENT	(1LL << 40)

struct window {
	int spatial;
	int64_t *kernel, *stride, *dilation, *pad_begin, *pad_end;
	enum synergy_auto_pad auto_pad;
	bool ceil_mode;
};

static int check_window(const struct synergy_graph *graph, const struct synergy_node *node,
			const struct window *w, int d, struct synergy_error *err)
{
	const struct {
		const char *name;
		int64_t value, min;
	} fields[] = {
		{ "kernel", w->kernel[d], 1 },
		{ "stride", w->stride[d], 1 },
		{ "dilation", w->dilation[d], 1 },
		{ "pad", w->pad_begin[d], 0 },
		{ "end pad", w->pad_end[d], 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].value < fields[i].min || fields[i].value > INT32_MAX)
			return synergy_node_error(graph, node, err, EINVAL,
						  "%s of dimension %d is %lld, must be %lld to %d",
						  fields[i].name, d, (long long)fields[i].value,
						  (long long)fields[i].min, INT32_MAX);
	return 0;
}

/* Output size along dimension d, resolving auto_pad into the pads. */
static int window_output(const struct synergy_graph *graph, const struct synergy_node *node,
			 const struct window *w, int d, int64_t in, int64_t *out,
			 struct synergy_error *err)
{
	int64_t span, room, total;

	if (check_window(graph, node, w, d, err))
		return -1;
	if (in > MAX_EXTENT)
		return synergy_node_error(graph, node, err, EFBIG, "spatial size %lld is too large",
					  (long long)in);
	span = w->dilation[d] * (w->kernel[d] - 1) + 1;
	switch (w->auto_pad) {
	case SYNERGY_PAD_SAME_UPPER:
	case SYNERGY_PAD_SAME_LOWER:
		*out = (in + w->stride[d] - 1) / w->stride[d];
		total = (*out - 1) * w->stride[d] + span - in;
		if (total < 0)
			total = 0;
		w->pad_begin[d] = w->auto_pad == SYNERGY_PAD_SAME_UPPER ? total / 2 :
									  total - total / 2;
		w->pad_end[d] = total - w->pad_begin[d];
		return 0;
	case SYNERGY_PAD_VALID:
		w->pad_begin[d] = 0;
		w->pad_end[d] = 0;
		break;
	case SYNERGY_PAD_NOTSET:
		break;
	}
	room = in + w->pad_begin[d] + w->pad_end[d] - span;
	if (room < 0 && !(w->ceil_mode && room > -w->stride[d]))
		return synergy_node_error(graph, node, err, EINVAL,
					  "window of %lld does not fit into %lld (dimension %d, pads %lld and %lld)",
					  (long long)span, (long long)in, d,
					  (long long)w->pad_begin[d], (long long)w->pad_end[d]);
	if (!w->ceil_mode) {
		*out = room / w->stride[d] + 1;
		return 0;
	}
	/* Rounded up, but the last window must start inside the input or the leading pad. */
	*out = (room + w->stride[d] - 1) / w->stride[d] + 1;
	if ((*out - 1) * w->stride[d] >= in + w->pad_begin[d])
		--*out;
	if (*out < 1)
		*out = 1;
	return 0;
}

/*
 * Kernels make padded copies of an image, with rows of whole strides: these are held
 * to what a tensor may have, so that the copies' sizes cannot overflow either.
 */
static int check_padded(const struct synergy_graph *graph, const struct synergy_node *node,
			const struct window *w, const struct synergy_tensor *x,
			struct synergy_error *err)
{
	int64_t padded = x->dims[1] ? x->dims[1] : 1, extent;
	int d;

	for (d = 0; d < x->rank - 2; d++) {
		extent = x->dims[2 + d] + w->pad_begin[d] + w->pad_end[d] + w->stride[d] - 1;
		if (!synergy_mul_s64(padded, extent ? extent : 1, &padded) ||
		    padded > SYNERGY_MAX_ELEMENTS)
			return synergy_node_error(graph, node, err, EFBIG,
						  "pads %lld and %lld and stride %lld of dimension %d make an image of more than %lld elements",
						  (long long)w->pad_begin[d],
						  (long long)w->pad_end[d], (long long)w->stride[d],
						  d, (long long)SYNERGY_MAX_ELEMENTS);
	}
	return 0;
}

int synergy_conv_dims(const struct synergy_graph *graph, struct synergy_node *node,
		      const struct synergy_tensor *x, const struct synergy_tensor *weight,
		      const struct synergy_tensor *bias, int64_t *dims, struct synergy_error *err)
{
	struct synergy_conv_params *p = &node->p.conv;
	const struct window w = {
		.kernel = p->kernel, .stride = p->stride, .dilation = p->dilation,
		.pad_begin = p->pad_begin, .pad_end = p->pad_end, .auto_pad = p->auto_pad,
	};
	int d;

	if (x->rank < 3 || x->rank > 2 + SYNERGY_MAX_SPATIAL)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "input has rank %d; supported: 3 to %d", x->rank,
					  2 + SYNERGY_MAX_SPATIAL);
	if (weight->rank != x->rank)
		return synergy_node_error(graph, node, err, EINVAL,
					  "weight has rank %d, input %d", weight->rank, x->rank);
	/* What an ONNX file leaves out: the dimensions and the kernel are the weight's. */
	if (!p->spatial)
		p->spatial = x->rank - 2;
	if (p->spatial != x->rank - 2)
		return synergy_node_error(graph, node, err, EINVAL,
					  "parameters are for %d spatial dimensions, input has %d",
					  p->spatial, x->rank - 2);
	if (p->group < 1 || weight->dims[0] < 1 || weight->dims[0] % p->group ||
	    x->dims[1] % p->group || x->dims[1] / p->group != weight->dims[1])
		return synergy_node_error(graph, node, err, EINVAL,
					  "group %lld, %lld input channels and weight %lldx%lldx... do not match",
					  (long long)p->group, (long long)x->dims[1],
					  (long long)weight->dims[0], (long long)weight->dims[1]);
	if (bias && (bias->rank != 1 || bias->dims[0] != weight->dims[0]))
		return synergy_node_error(graph, node, err, EINVAL,
					  "bias must be a vector of %lld",
					  (long long)weight->dims[0]);
	dims[0] = x->dims[0];
	dims[1] = weight->dims[0];
	for (d = 0; d < p->spatial; d++) {
		if (!p->kernel[d])
			p->kernel[d] = weight->dims[2 + d];
		if (p->kernel[d] != weight->dims[2 + d])
			return synergy_node_error(graph, node, err, EINVAL,
						  "kernel of dimension %d is %lld, weight has %lld",
						  d, (long long)p->kernel[d],
						  (long long)weight->dims[2 + d]);
		if (window_output(graph, node, &w, d, x->dims[2 + d], &dims[2 + d], err))
			return -1;
	}
	return check_padded(graph, node, &w, x, err);
}

int synergy_shape_conv(struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t dims[SYNERGY_MAX_RANK];

	if (synergy_require_float(graph, node, err) ||
	    synergy_conv_dims(graph, node, x, synergy_node_input(graph, node, 1),
			      synergy_node_input(graph, node, 2), dims, err))
		return -1;
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

int synergy_shape_pool(struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_pool_params *p = &node->p.pool;
	const struct window w = {
		.kernel = p->kernel, .stride = p->stride, .dilation = p->dilation,
		.pad_begin = p->pad_begin, .pad_end = p->pad_end, .auto_pad = p->auto_pad,
		.ceil_mode = p->ceil_mode,
	};
	int64_t dims[SYNERGY_MAX_RANK];
	int d, spatial = x->rank - 2;

	if (x->dtype != SYNERGY_F32 && x->dtype != SYNERGY_F64 &&
	    !(node->kind == SYNERGY_OP_MAX_POOL &&
	      (x->dtype == SYNERGY_U8 || x->dtype == SYNERGY_I8)))
		return synergy_require_float(graph, node, err);
	if (spatial < 1 || spatial > SYNERGY_MAX_SPATIAL || p->spatial != spatial)
		return synergy_node_error(graph, node, err, EINVAL,
					  "window has %d dimensions, input has rank %d", p->spatial,
					  x->rank);
	dims[0] = x->dims[0];
	dims[1] = x->dims[1];
	for (d = 0; d < spatial; d++) {
		if (window_output(graph, node, &w, d, x->dims[2 + d], &dims[2 + d], err))
			return -1;
		if (p->auto_pad == SYNERGY_PAD_NOTSET &&
		    p->pad_begin[d] >= p->dilation[d] * (p->kernel[d] - 1) + 1)
			return synergy_node_error(graph, node, err, EINVAL,
						  "pad %lld is not smaller than the window",
						  (long long)p->pad_begin[d]);
	}
	if (check_padded(graph, node, &w, x, err) ||
	    synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err))
		return -1;
	return synergy_set_output(graph, node, 1, SYNERGY_I64, x->rank, dims, err);
}

int synergy_shape_global_pool(struct synergy_graph *graph, struct synergy_node *node,
			      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int64_t dims[SYNERGY_MAX_RANK];
	int d;

	if (synergy_require_float(graph, node, err))
		return -1;
	if (x->rank < 3)
		return synergy_node_error(graph, node, err, EINVAL,
					  "input has rank %d, needs 3 or more", x->rank);
	for (d = 0; d < x->rank; d++)
		dims[d] = d < 2 ? x->dims[d] : 1;
	return synergy_set_output(graph, node, 0, x->dtype, x->rank, dims, err);
}

int synergy_shape_channelwise(struct synergy_graph *graph, struct synergy_node *node,
			      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_lrn_params *p = &node->p.lrn;

	if (synergy_require_float(graph, node, err))
		return -1;
	if (x->rank < 3)
		return synergy_node_error(graph, node, err, EINVAL,
					  "input has rank %d, needs 3 or more", x->rank);
	if (p->size < 1 || p->size > INT32_MAX)
		return synergy_node_error(graph, node, err, EINVAL, "size is %lld, must be 1 to %d",
					  (long long)p->size, INT32_MAX);
	if (p->within_channel && (x->rank != 4 || !(p->size & 1)))
		return synergy_node_error(graph, node, err, EINVAL,
					  "within a channel needs an odd size and rank 4, has %lld and %d",
					  (long long)p->size, x->rank);
	return synergy_set_output_like(graph, node, 0, x, err);
}

int synergy_shape_batch_norm(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0), *t;
	int64_t channels;
	int i;

	if (synergy_require_float(graph, node, err))
		return -1;
	if (x->rank < 1)
		return synergy_node_error(graph, node, err, EINVAL, "input is a scalar");
	channels = x->rank > 1 ? x->dims[1] : 1;
	for (i = 1; i < 5; i++) {
		t = synergy_node_input(graph, node, i);
		if (t && (t->rank != 1 || t->dims[0] != channels))
			return synergy_node_error(graph, node, err, EINVAL,
						  "input '%.100s' must be a vector of %lld",
						  t->name, (long long)channels);
	}
	if (!(node->p.batch_norm.epsilon >= 0))
		return synergy_node_error(graph, node, err, EINVAL,
					  "epsilon is %g, must not be negative",
					  (double)node->p.batch_norm.epsilon);
	if (synergy_set_output_like(graph, node, 0, x, err))
		return -1;
	for (i = 1; i < node->n_outputs; i++)
		if (synergy_set_output(graph, node, i, x->dtype, 1, &channels, err))
			return -1;
	return 0;
}

/* Scale's factors cover some of the input's dimensions, from axis on. */
int synergy_shape_scale(struct synergy_graph *graph, struct synergy_node *node,
			struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0), *t;
	int *axis = &node->p.scale.axis;
	int i, d;

	if (synergy_require_float(graph, node, err) ||
	    synergy_resolve_axis(graph, node, axis, x->rank, true, err))
		return -1;
	for (i = 1; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (!t)
			continue;
		for (d = 0; d < t->rank; d++)
			if (*axis + d >= x->rank || t->dims[d] != x->dims[*axis + d])
				return synergy_node_error(graph, node, err, EINVAL,
							  "'%.100s' does not match the input's dimensions from axis %d",
							  t->name, *axis);
	}
	return synergy_set_output_like(graph, node, 0, x, err);
}

static uint64_t product(const int64_t *values, int n)
{
	uint64_t p = 1;
	int i;

	for (i = 0; i < n; i++)
		p = synergy_mul_work(p, (uint64_t)values[i]);
	return p;
}

void synergy_work_conv(const struct synergy_graph *graph, const struct synergy_node *node,
		       struct synergy_work *work)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(node->kind);
	const struct synergy_tensor *weight = synergy_node_input(graph, node, q.b);
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);

	work->kernel = product(node->p.conv.kernel, node->p.conv.spatial);
	work->mac = synergy_mul_work(synergy_mul_work((uint64_t)y->count, work->kernel),
				     (uint64_t)weight->dims[1]);
	work->flops = synergy_mul_work(2, work->mac) +
		      (q.bias >= 0 && synergy_node_input(graph, node, q.bias) ? (uint64_t)y->count : 0);
}

void synergy_work_pool(const struct synergy_graph *graph, const struct synergy_node *node,
		       struct synergy_work *work)
{
	work->kernel = product(node->p.pool.kernel, node->p.pool.spatial);
	work->flops = synergy_mul_work((uint64_t)synergy_node_output(graph, node, 0)->count,
				       work->kernel);
}

void synergy_work_global_pool(const struct synergy_graph *graph, const struct synergy_node *node,
			      struct synergy_work *work)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);

	work->kernel = product(x->dims + 2, x->rank - 2);
	work->flops = (uint64_t)x->count;
}

/* The window's squares and sum, the scaling, the power, the division. */
void synergy_work_lrn(const struct synergy_graph *graph, const struct synergy_node *node,
		      struct synergy_work *work)
{
	const struct synergy_lrn_params *p = &node->p.lrn;
	uint64_t n = synergy_mul_work((uint64_t)p->size,
				      p->within_channel ? (uint64_t)p->size : 1);

	work->kernel = n;
	work->flops = synergy_mul_work((uint64_t)synergy_node_input(graph, node, 0)->count, n + 5);
}
