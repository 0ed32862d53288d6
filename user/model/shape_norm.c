// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shapes and work of normalisation over a layer's or a group's own elements, and of the
 * two ends of quantisation.
 */
#include <errno.h>
#include <string.h>

#include "model/shape.h"

int synergy_shape_layer_norm(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0), *t;
	struct synergy_layer_norm_params *p = &node->p.layer_norm;
	int64_t dims[SYNERGY_MAX_RANK], size = 1;
	int d, i;

	if (synergy_require_float(graph, node, err) ||
	    synergy_resolve_axis(graph, node, &p->axis, x->rank, false, err))
		return -1;
	for (d = p->axis; d < x->rank; d++)
		size *= x->dims[d];
	for (i = 1; i < 3; i++) {
		t = synergy_node_input(graph, node, i);
		if (t && t->count != size)
			return synergy_node_error(graph, node, err, ENOTSUP,
						  "'%.100s' has %lld elements, the dimensions from axis %d on %lld: others are not supported",
						  t->name, (long long)t->count, p->axis,
						  (long long)size);
	}
	for (d = 0; d < x->rank; d++)
		dims[d] = d < p->axis ? x->dims[d] : 1;
	if (synergy_set_output_like(graph, node, 0, x, err) ||
	    synergy_set_output(graph, node, 1, SYNERGY_F32, x->rank, dims, err))
		return -1;
	return synergy_set_output(graph, node, 2, SYNERGY_F32, x->rank, dims, err);
}

/* Opset 18 has a scale for each group, opset 21 and InstanceNormalization for each channel. */
int synergy_shape_group_norm(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0), *t;
	struct synergy_layer_norm_params *p = &node->p.layer_norm;
	int i;

	if (synergy_require_float(graph, node, err))
		return -1;
	if (x->rank < 2)
		return synergy_node_error(graph, node, err, EINVAL, "input has rank %d, needs 2",
					  x->rank);
	if (!p->groups)
		p->groups = x->dims[1];
	if (!p->groups || x->dims[1] % p->groups)
		return synergy_node_error(graph, node, err, EINVAL,
					  "%lld channels cannot be dealt to %lld groups",
					  (long long)x->dims[1], (long long)p->groups);
	for (i = 1; i < 3; i++) {
		t = synergy_node_input(graph, node, i);
		if (t->rank != 1 || (t->dims[0] != x->dims[1] && t->dims[0] != p->groups))
			return synergy_node_error(graph, node, err, EINVAL,
						  "'%.100s' must be a vector of %lld (channels) or %lld (groups)",
						  t->name, (long long)x->dims[1],
						  (long long)p->groups);
	}
	return synergy_set_output_like(graph, node, 0, x, err);
}

/* Mean, difference, square, sum, and the result's two. */
void synergy_work_normalise(const struct synergy_graph *graph, const struct synergy_node *node,
			    struct synergy_work *work)
{
	work->flops = synergy_mul_work(6, (uint64_t)synergy_node_output(graph, node, 0)->count);
}

/* One scale, or one for each index of an axis. */
static int check_scale(const struct synergy_graph *graph, struct synergy_node *node,
		       struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *scale = synergy_node_input(graph, node, 1);
	const struct synergy_tensor *zero = synergy_node_input(graph, node, 2);

	if (scale->dtype != SYNERGY_F32)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "scale '%.100s' has type %s; supported: f32", scale->name,
					  synergy_dtype_name(scale->dtype));
	if (zero && zero->count != scale->count)
		return synergy_node_error(graph, node, err, EINVAL,
					  "zero point '%.100s' has %lld elements, the scale %lld",
					  zero->name, (long long)zero->count,
					  (long long)scale->count);
	if (scale->count == 1)
		return 0;
	if (synergy_resolve_axis(graph, node, &node->p.axis.axis, x->rank, false, err))
		return -1;
	if (scale->rank != 1 || scale->count != x->dims[node->p.axis.axis])
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "scale '%.100s' must have one element or %lld, those of axis %d",
					  scale->name, (long long)x->dims[node->p.axis.axis],
					  node->p.axis.axis);
	return 0;
}

static bool is_quantised(enum synergy_dtype t)
{
	return t == SYNERGY_U8 || t == SYNERGY_I8 || t == SYNERGY_U16 || t == SYNERGY_I16;
}

int synergy_shape_quantize(struct synergy_graph *graph, struct synergy_node *node,
			   struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *zero = synergy_node_input(graph, node, 2);
	const enum synergy_dtype type = zero ? zero->dtype : SYNERGY_U8;

	if (x->dtype != SYNERGY_F32)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "input '%.100s' has type %s; supported: f32", x->name,
					  synergy_dtype_name(x->dtype));
	if (!is_quantised(type))
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "zero point '%.100s' has type %s; supported: u8, i8, u16, i16",
					  zero->name, synergy_dtype_name(type));
	if (check_scale(graph, node, err))
		return -1;
	return synergy_set_output(graph, node, 0, type, x->rank, x->dims, err);
}

int synergy_shape_dequantize(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *zero = synergy_node_input(graph, node, 2);

	if (!is_quantised(x->dtype) && x->dtype != SYNERGY_I32)
		return synergy_node_error(graph, node, err, ENOTSUP,
					  "input '%.100s' has type %s; supported: u8, i8, u16, i16, i32",
					  x->name, synergy_dtype_name(x->dtype));
	if (zero && zero->dtype != x->dtype)
		return synergy_node_error(graph, node, err, EINVAL,
					  "zero point '%.100s' has type %s, the input %s", zero->name,
					  synergy_dtype_name(zero->dtype),
					  synergy_dtype_name(x->dtype));
	if (check_scale(graph, node, err))
		return -1;
	return synergy_set_output(graph, node, 0, SYNERGY_F32, x->rank, x->dims, err);
}
