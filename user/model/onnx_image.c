// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ONNX operators of networks since 2018: Resize and Upsample, normalisation over a layer's
 * own elements, quantisation. Attributes to parameters.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "model/onnx.h"

typedef struct synergy_onnx_node node_t;

/* --- Resize, Upsample -------------------------------------------------------------------- */

static const char *const mode_names[] = { "nearest", "linear", "cubic" };

static const char *const coordinate_names[] = {
	[SYNERGY_RESIZE_HALF_PIXEL] = "half_pixel",
	[SYNERGY_RESIZE_PYTORCH_HALF_PIXEL] = "pytorch_half_pixel",
	[SYNERGY_RESIZE_ALIGN_CORNERS] = "align_corners",
	[SYNERGY_RESIZE_ASYMMETRIC] = "asymmetric",
	[SYNERGY_RESIZE_TF_CROP_AND_RESIZE] = "tf_crop_and_resize",
	[SYNERGY_RESIZE_HALF_PIXEL_SYMMETRIC] = "half_pixel_symmetric",
	[SYNERGY_RESIZE_TF_HALF_PIXEL_FOR_NN] = "tf_half_pixel_for_nn",
};

static const char *const nearest_names[] = {
	[SYNERGY_RESIZE_ROUND_PREFER_FLOOR] = "round_prefer_floor",
	[SYNERGY_RESIZE_ROUND_PREFER_CEIL] = "round_prefer_ceil",
	[SYNERGY_RESIZE_FLOOR] = "floor",
	[SYNERGY_RESIZE_CEIL] = "ceil",
};

static const char *const aspect_names[] = {
	[SYNERGY_RESIZE_STRETCH] = "stretch",
	[SYNERGY_RESIZE_NOT_LARGER] = "not_larger",
	[SYNERGY_RESIZE_NOT_SMALLER] = "not_smaller",
};

/* Inputs X, roi, scales, sizes, of which `scales` is at hand. */
static int set_scales(node_t *n, int scales)
{
	struct synergy_node *node = synergy_onnx_node_of(n);
	int *inputs = synergy_graph_alloc(n->onnx->graph, 3 * sizeof(int));

	if (!inputs)
		return synergy_graph_no_memory(n->onnx->graph, n->onnx->err);
	inputs[0] = node->n_inputs ? node->inputs[0] : -1;
	inputs[1] = -1;
	inputs[2] = scales;
	node->inputs = inputs;
	node->n_inputs = 3;
	return 0;
}

/* Opset 7 and 8: an attribute. */
static int scales_from_attribute(node_t *n)
{
	const Onnx__AttributeProto *a = synergy_onnx_attribute(n, "scales");
	struct synergy_graph *graph = n->onnx->graph;
	char name[SYNERGY_MAX_NAME + 1];
	int64_t count;
	int t;

	if (!a || !a->n_floats || a->n_floats > SYNERGY_MAX_RANK)
		return synergy_onnx_error(n, EINVAL, "attribute 'scales' must have 1 to %d numbers",
					  SYNERGY_MAX_RANK);
	count = (int64_t)a->n_floats;
	snprintf(name, sizeof(name), "%.500s.scales.%d", synergy_onnx_node_of(n)->name, n->index);
	t = synergy_graph_add_tensor(graph, name, n->onnx->err);
	if (t < 0 ||
	    synergy_tensor_set_shape(graph, &graph->tensors[t], SYNERGY_F32, 1, &count,
				     n->onnx->err) ||
	    synergy_tensor_set_const(graph, t, NULL, n->onnx->err))
		return -1;
	memcpy(graph->tensors[t].data, a->floats, graph->tensors[t].bytes);
	return set_scales(n, t);
}

/* Upsample, and Resize as it was in opset 10: pixels begin at 0, the nearest is the floor's. */
static int old_resize(node_t *n)
{
	static const char *const modes[] = { "nearest", "linear", "bilinear" };
	struct synergy_resize_params *p = &synergy_onnx_node_of(n)->p.resize;
	struct synergy_node *node = synergy_onnx_node_of(n);
	int mode = 0;

	if (synergy_onnx_opset(n) < 7)
		return synergy_onnx_error(n, ENOTSUP, "is supported from opset 7 on");
	if (synergy_onnx_word(n, "mode", modes, 3, &mode) < 0)
		return -1;
	p->mode = mode ? SYNERGY_RESIZE_LINEAR : SYNERGY_RESIZE_NEAREST;
	p->coordinates = SYNERGY_RESIZE_ASYMMETRIC;
	p->nearest = SYNERGY_RESIZE_FLOOR;
	if (synergy_onnx_opset(n) < 9)
		return scales_from_attribute(n);
	if (node->n_inputs != 2)
		return synergy_onnx_error(n, EINVAL, "has %d inputs, needs 2", node->n_inputs);
	return set_scales(n, node->inputs[1]);
}

static int resize_axes(node_t *n)
{
	struct synergy_resize_params *p = &synergy_onnx_node_of(n)->p.resize;
	int64_t axes[SYNERGY_MAX_RANK];
	int k, count = 0;

	if (synergy_onnx_ints(n, "axes", axes, SYNERGY_MAX_RANK, &count) < 0)
		return -1;
	for (k = 0; k < count; k++) {
		if (axes[k] < -SYNERGY_MAX_RANK || axes[k] >= SYNERGY_MAX_RANK)
			return synergy_onnx_error(n, EINVAL, "attribute 'axes': %lld is out of range",
						  (long long)axes[k]);
		p->axes[k] = (int8_t)axes[k];
	}
	p->n_axes = count;
	return 0;
}

int synergy_onnx_resize(node_t *n)
{
	struct synergy_resize_params *p = &synergy_onnx_node_of(n)->p.resize;
	int mode = 0, coordinates = 0, nearest = 0, aspect = 0;

	if (synergy_onnx_opset(n) < 11 || !strcmp(n->proto->op_type, "Upsample"))
		return old_resize(n);
	p->cubic_a = -0.75f;
	if (synergy_onnx_word(n, "mode", mode_names, 3, &mode) < 0 ||
	    synergy_onnx_word(n, "coordinate_transformation_mode", coordinate_names, 7,
			      &coordinates) < 0 ||
	    synergy_onnx_word(n, "nearest_mode", nearest_names, 4, &nearest) < 0 ||
	    synergy_onnx_float(n, "cubic_coeff_a", &p->cubic_a) < 0 ||
	    synergy_onnx_float(n, "extrapolation_value", &p->extrapolation) < 0 ||
	    synergy_onnx_flag(n, "exclude_outside", &p->exclude_outside) < 0)
		return -1;
	p->mode = (enum synergy_resize_mode)mode;
	p->coordinates = (enum synergy_resize_coordinates)coordinates;
	p->nearest = (enum synergy_resize_nearest)nearest;
	if (synergy_onnx_opset(n) < 18)
		return 0;
	if (synergy_onnx_flag(n, "antialias", &p->antialias) < 0 ||
	    synergy_onnx_word(n, "keep_aspect_ratio_policy", aspect_names, 3, &aspect) < 0)
		return -1;
	p->aspect = (enum synergy_resize_aspect)aspect;
	return resize_axes(n);
}

/* --- normalisation ------------------------------------------------------------------------ */

int synergy_onnx_layer_norm(node_t *n)
{
	struct synergy_layer_norm_params *p = &synergy_onnx_node_of(n)->p.layer_norm;
	int64_t stash = 1;

	p->epsilon = 1e-5f;
	if (synergy_onnx_float(n, "epsilon", &p->epsilon) < 0 ||
	    synergy_onnx_int(n, "stash_type", 0, INT32_MAX, &stash) < 0)
		return -1;
	if (stash != 1)
		return synergy_onnx_error(n, ENOTSUP, "attribute 'stash_type' is %lld; supported: 1",
					  (long long)stash);
	return synergy_onnx_axis(n, -1, &p->axis);
}

int synergy_onnx_group_norm(node_t *n)
{
	struct synergy_layer_norm_params *p = &synergy_onnx_node_of(n)->p.layer_norm;
	int64_t stash = 1;
	int given;

	p->epsilon = 1e-5f;
	if (synergy_onnx_float(n, "epsilon", &p->epsilon) < 0)
		return -1;
	if (!strcmp(n->proto->op_type, "InstanceNormalization")) {
		if (synergy_onnx_opset(n) < 6)
			synergy_onnx_ignore(n, "consumed_inputs");
		return 0;
	}
	given = synergy_onnx_int(n, "num_groups", 1, INT32_MAX, &p->groups);
	if (given < 0 || synergy_onnx_int(n, "stash_type", 0, INT32_MAX, &stash) < 0)
		return -1;
	if (!given)
		return synergy_onnx_error(n, EINVAL, "attribute 'num_groups' is missing");
	return stash == 1 ? 0 :
	       synergy_onnx_error(n, ENOTSUP, "attribute 'stash_type' is %lld; supported: 1",
				  (long long)stash);
}

/* --- quantisation -------------------------------------------------------------------------- */

int synergy_onnx_quantize(node_t *n)
{
	struct synergy_node *node = synergy_onnx_node_of(n);
	int64_t block = 0, type = 0, precision = 0;

	node->p.axis.axis = 1;
	if (synergy_onnx_opset(n) >= 13 && synergy_onnx_axis(n, 1, &node->p.axis.axis))
		return -1;
	if (node->kind == SYNERGY_OP_QUANTIZE)
		synergy_onnx_ignore(n, "saturate"); /* of 8-bit floats only */
	if (synergy_onnx_opset(n) < 21)
		return 0;
	if (synergy_onnx_int(n, "block_size", 0, INT32_MAX, &block) < 0 ||
	    synergy_onnx_int(n, "output_dtype", 0, INT32_MAX, &type) < 0 ||
	    synergy_onnx_int(n, "precision", 0, INT32_MAX, &precision) < 0)
		return -1;
	if (block || precision)
		return synergy_onnx_error(n, ENOTSUP,
					  "attributes 'block_size' and 'precision' are not supported");
	if (!type || (node->kind == SYNERGY_OP_DEQUANTIZE && type == SYNERGY_F32) ||
	    (node->n_inputs < 3 && type == SYNERGY_U8))
		return 0;
	if (node->n_inputs > 2 && node->inputs[2] >= 0)	/* the zero point's own type */
		return 0;
	return synergy_onnx_error(n, ENOTSUP, "attribute 'output_dtype' is %lld without a zero point",
				  (long long)type);
}
