// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Networks of float16: stored so in the file, computed in float32. Where anything is
 * computed with float16, all of it becomes float32 as it is read: constants, inputs, what
 * Cast makes. Where float16 is only converted and moved, it stays what it is.
 */
#include "model/number.h"
#include "model/onnx.h"

/* The same element by element, whatever the type. */
static bool only_moves(enum synergy_op_kind kind)
{
	switch (kind) {
	case SYNERGY_OP_CONCAT:
	case SYNERGY_OP_SPLIT:
	case SYNERGY_OP_SLICE:
	case SYNERGY_OP_PAD:
	case SYNERGY_OP_TRANSPOSE:
	case SYNERGY_OP_TILE:
	case SYNERGY_OP_EXPAND:
	case SYNERGY_OP_WHERE:
	case SYNERGY_OP_GATHER:
	case SYNERGY_OP_GATHER_ELEMENTS:
	case SYNERGY_OP_GATHER_ND:
	case SYNERGY_OP_SCATTER_ND:
	case SYNERGY_OP_SCATTER_ELEMENTS:
	case SYNERGY_OP_DEPTH_TO_SPACE:
	case SYNERGY_OP_SPACE_TO_DEPTH:
	case SYNERGY_OP_FLATTEN:
	case SYNERGY_OP_RESHAPE:
	case SYNERGY_OP_SQUEEZE:
	case SYNERGY_OP_UNSQUEEZE:
	case SYNERGY_OP_IDENTITY:
	case SYNERGY_OP_CAST:
	case SYNERGY_OP_CONSTANT:
	case SYNERGY_OP_CONSTANT_OF_SHAPE:
	case SYNERGY_OP_SHAPE:
	case SYNERGY_OP_SIZE:
		return true;
	default:
		return false;
	}
}

/* A Cast to float16, or a Constant of it. */
static bool makes_half(const Onnx__NodeProto *node)
{
	const Onnx__AttributeProto *a;
	size_t i;

	for (i = 0; i < node->n_attribute; i++) {
		a = node->attribute[i];
		if ((a->t && a->t->data_type == SYNERGY_F16) ||
		    (a->name && !strcmp(a->name, "to") && a->has_i && a->i == SYNERGY_F16))
			return true;
	}
	return false;
}

static bool has_half(const struct synergy_onnx *onnx, const Onnx__GraphProto *graph)
{
	const Onnx__TypeProto *type;
	size_t i;

	for (i = 0; i < graph->n_initializer; i++)
		if (graph->initializer[i]->data_type == SYNERGY_F16)
			return true;
	for (i = 0; i < graph->n_input; i++) {
		type = graph->input[i]->type;
		if (type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
		    type->tensor_type->elem_type == SYNERGY_F16)
			return true;
	}
	for (i = 0; i < onnx->n_nodes; i++)
		if (makes_half(onnx->nodes[i].proto))
			return true;
	return false;
}

int synergy_onnx_find_half(struct synergy_onnx *onnx, const Onnx__GraphProto *graph)
{
	size_t i;

	if (!has_half(onnx, graph))
		return 0;
	for (i = 0; i < onnx->n_nodes && !onnx->widen; i++)
		onnx->widen = synergy_onnx_is_known(onnx->nodes[i].proto) &&
			      !only_moves(synergy_onnx_kind(onnx->nodes[i].proto->op_type));
	return onnx->widen ? synergy_graph_note(onnx->graph, onnx->err,
						"float16 is read as float32, inputs and outputs, too, and computed in it") : 0;
}

enum synergy_dtype synergy_onnx_dtype(const struct synergy_onnx *onnx, int type)
{
	return onnx->widen && type == SYNERGY_F16 ? SYNERGY_F32 : (enum synergy_dtype)type;
}

int synergy_onnx_widen(struct synergy_onnx *onnx, int tensor)
{
	struct synergy_tensor *t = &onnx->graph->tensors[tensor];
	const uint16_t *half = t->data;
	int64_t i;

	if (synergy_onnx_dtype(onnx, (int)t->dtype) == t->dtype)
		return 0;
	if (synergy_tensor_set_shape(onnx->graph, t, SYNERGY_F32, t->rank, t->dims, onnx->err) ||
	    synergy_tensor_set_const(onnx->graph, tensor, NULL, onnx->err))
		return -1;
	for (i = 0; i < t->count; i++)
		((float *)t->data)[i] = synergy_half_to_float(half[i]);
	return 0;
}
