/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plain evaluation of operators that compute element by element, move elements or reduce
 * them, for every element type: the definition of what these operators give. Constant
 * folding uses it, and the kernels fall back on it for types and cases that no fast loop
 * takes.
 */
#ifndef SYNERGY_MODEL_EVAL_H
#define SYNERGY_MODEL_EVAL_H

#include "model/graph.h"

/* A node with its tensors' shapes and data; NULL where an argument is omitted. */
struct synergy_eval {
	const struct synergy_node *node;
	int n_in, n_out;
	const struct synergy_tensor *const *in, *const *out;
	const void *const *src;
	void *const *dst;
};

/* Whether this kind is among them, with these element types. Data are not looked at. */
bool synergy_eval_supports(const struct synergy_eval *e);

/*
 * Shapes were checked by shape inference. Nothing fails: an index out of range reads zeros
 * and writes nothing, an integer divided by zero is 0 (folding refuses both before, see
 * synergy_eval_refusal). Outputs may not share memory with inputs, but for element-wise
 * kinds output 0 with an input of its own shape.
 */
void synergy_eval(const struct synergy_eval *e);

/* Why these data cannot be evaluated in earnest, as text; NULL: they can. */
const char *synergy_eval_refusal(const struct synergy_eval *e);

struct synergy_nest;

/*
 * Slice, Transpose, Expand, Tile, DepthToSpace, SpaceToDepth as what they are: Y in its
 * order, read from X with other strides from *offset on (elements). False: another kind.
 */
bool synergy_move_nest(const struct synergy_node *node, const struct synergy_tensor *x,
		       const struct synergy_tensor *y, struct synergy_nest *nest, int64_t *offset);

/* Where coordinate i of a padded dimension comes from; -1: it is the constant. */
int64_t synergy_pad_source(enum synergy_pad_mode mode, int64_t i, int64_t size);

/* Private to eval*.c: each evaluates its kinds; false: another one's. */
bool synergy_eval_move(const struct synergy_eval *e);
bool synergy_eval_index(const struct synergy_eval *e);
bool synergy_eval_reduce(const struct synergy_eval *e);
bool synergy_eval_quantise(const struct synergy_eval *e);
bool synergy_eval_einsum(const struct synergy_eval *e);

/* Strides with which operand i of an Einsum is read along each label. */
void synergy_einsum_strides(const struct synergy_einsum_params *p, const struct synergy_tensor *t,
			    int i, int64_t *stride);

#endif
