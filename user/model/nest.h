/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking several tensors together in the order of one result: its dimensions, with each
 * operand's stride along them, collapsed to as few as there need be. What is left of a
 * broadcast, a slice or a transposition is rows with a constant stride for each operand.
 */
#ifndef SYNERGY_MODEL_NEST_H
#define SYNERGY_MODEL_NEST_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "model/graph.h"

#define SYNERGY_NEST_OPERANDS	3
#define SYNERGY_NEST_RANK	(2 * SYNERGY_MAX_RANK)	/* a tile is a dimension and its repeats */

struct synergy_nest {
	int rank;		/* at least 1; the last dimension is the row */
	int operands;
	int64_t dims[SYNERGY_NEST_RANK];
	int64_t stride[SYNERGY_NEST_OPERANDS][SYNERGY_NEST_RANK];	/* in elements; may be negative */
};

/* Where a walk is: the row's index and each operand's offset of its first element. */
struct synergy_nest_at {
	int64_t index[SYNERGY_NEST_RANK];
	int64_t offset[SYNERGY_NEST_OPERANDS];
};

/* Element strides of a dense tensor of these dimensions. */
static inline void synergy_strides(const int64_t *dims, int rank, int64_t *stride)
{
	int64_t s = 1;
	int i;

	for (i = rank - 1; i >= 0; i--) {
		stride[i] = s;
		s *= dims[i];
	}
}

/* Strides of t, broadcast as numpy does to the rank of `like`: 0 where it repeats. */
static inline void synergy_strides_broadcast(const struct synergy_tensor *t,
					     const struct synergy_tensor *like, int64_t *stride)
{
	const int shift = like->rank - t->rank;
	int64_t dense[SYNERGY_MAX_RANK];
	int i;

	synergy_strides(t->dims, t->rank, dense);
	for (i = 0; i < like->rank; i++)
		stride[i] = i < shift || t->dims[i - shift] == 1 ? 0 : dense[i - shift];
}

static inline bool synergy_nest_merges(const struct synergy_nest *n, int d)
{
	int k;

	for (k = 0; k < n->operands; k++)
		if (n->stride[k][d] != n->stride[k][d + 1] * n->dims[d + 1])
			return false;
	return true;
}

static inline void synergy_nest_remove(struct synergy_nest *n, int d)
{
	int k, i;

	for (i = d; i + 1 < n->rank; i++) {
		n->dims[i] = n->dims[i + 1];
		for (k = 0; k < n->operands; k++)
			n->stride[k][i] = n->stride[k][i + 1];
	}
	n->rank--;
}

/* dims and strides are set: dimensions of 1 go, neighbours that run on are joined. */
static inline void synergy_nest_collapse(struct synergy_nest *n)
{
	int d, k;

	for (d = n->rank - 1; d >= 0; d--)
		if (n->dims[d] == 1)
			synergy_nest_remove(n, d);
	for (d = n->rank - 2; d >= 0; d--)
		if (synergy_nest_merges(n, d)) {
			n->dims[d + 1] *= n->dims[d];
			synergy_nest_remove(n, d);
		}
	if (n->rank)
		return;
	n->rank = 1;
	n->dims[0] = 1;
	for (k = 0; k < n->operands; k++)
		n->stride[k][0] = 0;
}

/* A nest over `like` with n tensors that broadcast to it. */
static inline void synergy_nest_broadcast(struct synergy_nest *nest,
					  const struct synergy_tensor *like,
					  const struct synergy_tensor *const *t, int n)
{
	int k;

	*nest = (struct synergy_nest){ .rank = like->rank, .operands = n };
	memcpy(nest->dims, like->dims, sizeof(like->dims));
	for (k = 0; k < n; k++)
		synergy_strides_broadcast(t[k], like, nest->stride[k]);
	synergy_nest_collapse(nest);
}

/* The length of a row, and how many there are. */
static inline int64_t synergy_nest_row(const struct synergy_nest *n)
{
	return n->dims[n->rank - 1];
}

static inline int64_t synergy_nest_rows(const struct synergy_nest *n)
{
	int64_t rows = 1;
	int d;

	for (d = 0; d < n->rank - 1; d++)
		rows *= n->dims[d];
	return rows;
}

static inline void synergy_nest_seek(const struct synergy_nest *n, int64_t row,
				     struct synergy_nest_at *at)
{
	int d, k;

	memset(at, 0, sizeof(*at));
	for (d = n->rank - 2; d >= 0; d--) {
		if (!n->dims[d])	/* there are no rows */
			continue;
		at->index[d] = row % n->dims[d];
		row /= n->dims[d];
		for (k = 0; k < n->operands; k++)
			at->offset[k] += at->index[d] * n->stride[k][d];
	}
}

static inline void synergy_nest_next(const struct synergy_nest *n, struct synergy_nest_at *at)
{
	int d, k;

	for (d = n->rank - 2; d >= 0; d--) {
		for (k = 0; k < n->operands; k++)
			at->offset[k] += n->stride[k][d];
		if (++at->index[d] < n->dims[d])
			return;
		for (k = 0; k < n->operands; k++)
			at->offset[k] -= n->stride[k][d] * n->dims[d];
		at->index[d] = 0;
	}
}

#endif
