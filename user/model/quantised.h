/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Products of 8-bit integers (ConvInteger, QLinearConv and their kin): which input is
 * what, and the one rounding of their sums, which is their definition.
 */
#ifndef SYNERGY_MODEL_QUANTISED_H
#define SYNERGY_MODEL_QUANTISED_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/graph.h"

/* Positions among the inputs; -1: the kind has none. A is a convolution's X, B its weights. */
struct synergy_quantised_inputs {
	bool integer;		/* one of these kinds; else only b and bias are meant */
	int a_zero, b_zero, b, bias;
	int a_scale, b_scale, y_scale, y_zero;
};

static inline struct synergy_quantised_inputs synergy_quantised_inputs(enum synergy_op_kind kind)
{
	switch (kind) {
	case SYNERGY_OP_CONV_INTEGER:
	case SYNERGY_OP_MATMUL_INTEGER:
		return (struct synergy_quantised_inputs){ true, 2, 3, 1, -1, -1, -1, -1, -1 };
	case SYNERGY_OP_QLINEAR_CONV:
		return (struct synergy_quantised_inputs){ true, 2, 5, 3, 8, 1, 4, 6, 7 };
	case SYNERGY_OP_QLINEAR_MATMUL:
		return (struct synergy_quantised_inputs){ true, 2, 5, 3, -1, 1, 4, 6, 7 };
	default:
		return (struct synergy_quantised_inputs){ false, -1, -1, 1, 2, -1, -1, -1, -1 };
	}
}

static inline bool synergy_op_is_convolution(enum synergy_op_kind kind)
{
	return kind == SYNERGY_OP_CONV || kind == SYNERGY_OP_CONV_INTEGER ||
	       kind == SYNERGY_OP_QLINEAR_CONV;
}

/*
 * A sum of products by what it is worth in steps of Y: to nearest, ties to even, then the
 * zero point, then the limits of Y's type. In double, so that only this rounds.
 */
static inline int32_t synergy_requantise(int32_t sum, double factor, int32_t zero, int32_t low,
					 int32_t high)
{
	const double v = rint((double)sum * factor);
	const double y = (isnan(v) ? 0 : v) + (double)zero;

	return y < (double)low ? low : y > (double)high ? high : (int32_t)y;
}

#endif
