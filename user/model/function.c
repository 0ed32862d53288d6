// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The definitions of function.h in double, and which node is which function.
 */
#include "model/function.h"

#include <math.h>

#include "model/graph.h"

static double clip(double x, double low, double high)
{
	x = x < low ? low : x;
	return x > high ? high : x;
}

/* 1 + e^-x, and beyond what e^-x can be. */
static double logistic(double x)
{
	return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
	return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

/* What has exponentials in it. */
static double activation_of(const struct synergy_map *m, double x)
{
	const double a = (double)m->a, b = (double)m->b;

	/* The limit, where the product would be infinity times nothing. */
	if (isinf(x) && x < 0 && (m->function == SYNERGY_FN_MISH || m->function == SYNERGY_FN_SWISH))
		return a < 0 && m->function == SYNERGY_FN_SWISH ? x : 0;
	switch (m->function) {
	case SYNERGY_FN_ELU:
		return x < 0 ? a * expm1(x) : x;
	case SYNERGY_FN_SELU:
		return b * (x < 0 ? a * expm1(x) : x);
	case SYNERGY_FN_CELU:
		return x < 0 ? a * expm1(x / a) : x;
	case SYNERGY_FN_SIGMOID:
		return logistic(x);
	case SYNERGY_FN_SWISH:
		return x * logistic(a * x);
	case SYNERGY_FN_GELU:
		return isinf(x) ? (x > 0 ? x : 0) : x / 2 * erfc(-x / M_SQRT2);
	case SYNERGY_FN_GELU_TANH:
		return x / 2 * (1 + tanh(M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x)));
	case SYNERGY_FN_MISH:
		return x * tanh(softplus(x));
	case SYNERGY_FN_SOFTPLUS:
		return softplus(x);
	default:
		return NAN;
	}
}

static double root_or_power(const struct synergy_map *m, double x)
{
	switch (m->function) {
	case SYNERGY_FN_SQRT:
		return sqrt(x);
	case SYNERGY_FN_RECIPROCAL:
		return 1 / x;
	case SYNERGY_FN_SQUARE:
		return x * x;
	case SYNERGY_FN_CUBE:
		return x * x * x;
	case SYNERGY_FN_RECIPROCAL_SQRT:
		return 1 / sqrt(x);
	case SYNERGY_FN_POWER:
		return pow(x, (double)m->a);
	case SYNERGY_FN_SCALED_POWER:
		return pow((double)m->b + (double)m->c * x, (double)m->a);
	default:
		return activation_of(m, x);
	}
}

static double mathematical(const struct synergy_map *m, double x)
{
	switch (m->function) {
	case SYNERGY_FN_EXP:
		return exp(x);
	case SYNERGY_FN_LOG:
		return log(x);
	case SYNERGY_FN_ERF:
		return erf(x);
	case SYNERGY_FN_TANH:
		return tanh(x);
	case SYNERGY_FN_SIN:
		return sin(x);
	case SYNERGY_FN_COS:
		return cos(x);
	case SYNERGY_FN_TAN:
		return tan(x);
	case SYNERGY_FN_ASIN:
		return asin(x);
	case SYNERGY_FN_ACOS:
		return acos(x);
	case SYNERGY_FN_ATAN:
		return atan(x);
	case SYNERGY_FN_SINH:
		return sinh(x);
	case SYNERGY_FN_COSH:
		return cosh(x);
	case SYNERGY_FN_ASINH:
		return asinh(x);
	case SYNERGY_FN_ACOSH:
		return acosh(x);
	case SYNERGY_FN_ATANH:
		return atanh(x);
	default:
		return root_or_power(m, x);
	}
}

double synergy_map_of(const struct synergy_map *m, double x)
{
	const double a = (double)m->a, b = (double)m->b;

	switch (m->function) {
	case SYNERGY_FN_IDENTITY:
		return x;
	case SYNERGY_FN_RELU:
		return x < 0 ? 0 : x;
	case SYNERGY_FN_LEAKY_RELU:
		return x < 0 ? a * x : x;
	case SYNERGY_FN_CLIP:
		return clip(x, a, b);
	case SYNERGY_FN_AFFINE:
		return a * x + b;
	case SYNERGY_FN_HARD_SIGMOID:
		return clip(a * x + b, 0, 1);
	case SYNERGY_FN_HARD_SWISH:
		return x * clip(x / 6 + 0.5, 0, 1);
	case SYNERGY_FN_SOFTSIGN:
		return x / (1 + fabs(x));
	case SYNERGY_FN_THRESHOLDED_RELU:
		return x > a ? x : 0;
	case SYNERGY_FN_SHRINK:
		return x < -a ? x + b : x > a ? x - b : 0;
	case SYNERGY_FN_ABS:
		return fabs(x);
	case SYNERGY_FN_NEG:
		return -x;
	case SYNERGY_FN_SIGN:
		return x > 0 ? 1 : x < 0 ? -1 : x;
	case SYNERGY_FN_FLOOR:
		return floor(x);
	case SYNERGY_FN_CEIL:
		return ceil(x);
	case SYNERGY_FN_ROUND:
		return nearbyint(x);
	default:
		return mathematical(m, x);
	}
}

bool synergy_map_is_clip(const struct synergy_map *m, float *min, float *max)
{
	*min = -INFINITY;
	*max = INFINITY;
	if (m->function == SYNERGY_FN_RELU) {
		*min = 0;
		return true;
	}
	if (m->function != SYNERGY_FN_CLIP)
		return m->function == SYNERGY_FN_IDENTITY;
	*min = m->a;
	*max = m->b;
	return true;
}

/* --- nodes ------------------------------------------------------------------------------ */

/* Caffe's Power by the exponents that need no pow(). */
static bool power_function(const struct synergy_power_params *p, struct synergy_map *map)
{
	*map = (struct synergy_map){ SYNERGY_FN_SCALED_POWER, p->power, p->shift, p->scale };
	if (p->power == 1)
		*map = (struct synergy_map){ SYNERGY_FN_AFFINE, p->scale, p->shift, 0 };
	else if (p->power == 2 && p->scale == 1 && p->shift == 0)
		map->function = SYNERGY_FN_SQUARE;
	return true;
}

bool synergy_map_from_node(const struct synergy_node *node, struct synergy_map *map)
{
	const struct synergy_activation_params *p = &node->p.activation;

	*map = (struct synergy_map){ .a = p->alpha, .b = p->beta };
	switch (node->kind) {
	case SYNERGY_OP_RELU:
		map->function = SYNERGY_FN_RELU;
		return true;
	case SYNERGY_OP_LEAKY_RELU:
		map->function = SYNERGY_FN_LEAKY_RELU;
		return true;
	case SYNERGY_OP_ELU:
		map->function = SYNERGY_FN_ELU;
		return true;
	case SYNERGY_OP_SIGMOID:
		map->function = SYNERGY_FN_SIGMOID;
		return true;
	case SYNERGY_OP_TANH:
		map->function = SYNERGY_FN_TANH;
		return true;
	case SYNERGY_OP_HARD_SIGMOID:
		map->function = SYNERGY_FN_HARD_SIGMOID;
		return true;
	case SYNERGY_OP_HARD_SWISH:
		map->function = SYNERGY_FN_HARD_SWISH;
		return true;
	case SYNERGY_OP_CLIP:
		*map = (struct synergy_map){ SYNERGY_FN_CLIP, node->p.clip.min, node->p.clip.max, 0 };
		/* Limits that are given at run time are no parameters. */
		return (node->n_inputs < 2 || node->inputs[1] < 0) &&
		       (node->n_inputs < 3 || node->inputs[2] < 0);
	case SYNERGY_OP_POWER:
		return power_function(&node->p.power, map);
	case SYNERGY_OP_ACTIVATION:
	case SYNERGY_OP_UNARY:
		*map = node->p.map;
		return true;
	default:
		return false;
	}
}
