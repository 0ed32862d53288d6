// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ONNX operators that select, order or reorder: attributes to parameters.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "model/onnx.h"

typedef struct synergy_onnx_node node_t;

int synergy_onnx_arg(node_t *n)
{
	struct synergy_arg_params *p = &synergy_onnx_node_of(n)->p.arg;

	*p = (struct synergy_arg_params){ .keep_dims = true,
					  .min = !strcmp(n->proto->op_type, "ArgMin") };
	if (synergy_onnx_axis(n, 0, &p->axis) ||
	    synergy_onnx_flag(n, "keepdims", &p->keep_dims) < 0)
		return -1;
	return synergy_onnx_opset(n) >= 12 &&
	       synergy_onnx_flag(n, "select_last_index", &p->last) < 0 ? -1 : 0;
}

/* The second input gives its type only. */
int synergy_onnx_cast_like(node_t *n)
{
	struct synergy_node *node = synergy_onnx_node_of(n);

	synergy_onnx_ignore(n, "saturate"); /* of 8-bit floats only */
	node->p.cast_to = 0;
	return 0;
}

int synergy_onnx_cum_sum(node_t *n)
{
	struct synergy_cum_sum_params *p = &synergy_onnx_node_of(n)->p.cum_sum;

	return synergy_onnx_flag(n, "exclusive", &p->exclusive) < 0 ||
	       synergy_onnx_flag(n, "reverse", &p->reverse) < 0 ? -1 : 0;
}

int synergy_onnx_depth_space(node_t *n)
{
	static const char *const modes[] = { "DCR", "CRD" };
	struct synergy_depth_space_params *p = &synergy_onnx_node_of(n)->p.depth_space;
	int mode = 0, given;

	given = synergy_onnx_int(n, "blocksize", 1, INT32_MAX, &p->block);
	if (given < 0)
		return -1;
	if (!given)
		return synergy_onnx_error(n, EINVAL, "attribute 'blocksize' is missing");
	if (synergy_onnx_node_of(n)->kind == SYNERGY_OP_DEPTH_TO_SPACE &&
	    synergy_onnx_opset(n) >= 11 && synergy_onnx_word(n, "mode", modes, 2, &mode) < 0)
		return -1;
	p->column_row_depth = mode == 1;
	return 0;
}

int synergy_onnx_gather_nd(node_t *n)
{
	int64_t batch = 0;

	if (synergy_onnx_opset(n) >= 12 &&
	    synergy_onnx_int(n, "batch_dims", 0, SYNERGY_MAX_RANK, &batch) < 0)
		return -1;
	synergy_onnx_node_of(n)->p.axis.axis = (int)batch;
	return 0;
}

int synergy_onnx_mod(node_t *n)
{
	return synergy_onnx_flag(n, "fmod", &synergy_onnx_node_of(n)->p.mod.fmod) < 0 ? -1 : 0;
}

int synergy_onnx_one_hot(node_t *n)
{
	return synergy_onnx_axis(n, -1, &synergy_onnx_node_of(n)->p.axis.axis);
}

/* Adding up what meets at one place is for training. */
static int no_reduction(node_t *n, int since)
{
	static const char *const words[] = { "none" };
	int which;

	return synergy_onnx_opset(n) >= since &&
	       synergy_onnx_word(n, "reduction", words, 1, &which) < 0 ? -1 : 0;
}

int synergy_onnx_scatter(node_t *n)
{
	return no_reduction(n, 16) ? -1 :
	       synergy_onnx_axis(n, 0, &synergy_onnx_node_of(n)->p.axis.axis);
}

int synergy_onnx_scatter_nd(node_t *n)
{
	return no_reduction(n, 16);
}

/* Before opset 10 k is an attribute; the result is sorted whatever `sorted` asks for. */
int synergy_onnx_top_k(node_t *n)
{
	struct synergy_top_k_params *p = &synergy_onnx_node_of(n)->p.top_k;
	bool largest = true, sorted = true;
	int64_t axis = -1, k = 0;

	if (synergy_onnx_int(n, "axis", -SYNERGY_MAX_RANK, SYNERGY_MAX_RANK, &axis) < 0)
		return -1;
	if (synergy_onnx_opset(n) < 10) {
		int given = synergy_onnx_int(n, "k", 1, INT32_MAX, &k);

		if (given <= 0)
			return given ? -1 : synergy_onnx_error(n, EINVAL, "attribute 'k' is missing");
		if (synergy_onnx_ints_to_input(n, "k", 1, &k, 1))
			return -1;
	} else if (synergy_onnx_opset(n) >= 11 &&
		   (synergy_onnx_flag(n, "largest", &largest) < 0 ||
		    synergy_onnx_flag(n, "sorted", &sorted) < 0)) {
		return -1;
	}
	p = &synergy_onnx_node_of(n)->p.top_k;
	p->axis = (int)axis;
	p->smallest = !largest;
	return 0;
}

int synergy_onnx_trilu(node_t *n)
{
	struct synergy_trilu_params *p = &synergy_onnx_node_of(n)->p.trilu;

	*p = (struct synergy_trilu_params){ .upper = true };
	return synergy_onnx_flag(n, "upper", &p->upper) < 0 ? -1 : 0;
}
