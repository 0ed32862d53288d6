/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two-operand arithmetic of ONNX on one pair of numbers: the one place that says what
 * Add, Div, Mod, Less and their kin compute, in floating point and in integers.
 */
#ifndef SYNERGY_MODEL_ARITH_H
#define SYNERGY_MODEL_ARITH_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/graph.h"

/* Kinds whose result is bool whatever the operands are. */
static inline bool synergy_op_is_comparison(enum synergy_op_kind kind)
{
	switch (kind) {
	case SYNERGY_OP_EQUAL:
	case SYNERGY_OP_GREATER:
	case SYNERGY_OP_GREATER_EQUAL:
	case SYNERGY_OP_LESS:
	case SYNERGY_OP_LESS_EQUAL:
		return true;
	default:
		return false;
	}
}

/* Kinds of two operands that broadcast: arithmetic, comparison, logic. */
static inline bool synergy_op_is_binary(enum synergy_op_kind kind)
{
	switch (kind) {
	case SYNERGY_OP_ADD:
	case SYNERGY_OP_SUB:
	case SYNERGY_OP_MUL:
	case SYNERGY_OP_DIV:
	case SYNERGY_OP_POW:
	case SYNERGY_OP_MOD:
	case SYNERGY_OP_AND:
	case SYNERGY_OP_OR:
	case SYNERGY_OP_XOR:
		return true;
	default:
		return synergy_op_is_comparison(kind);
	}
}

/* Python's for integers and fmod 0 (the divisor's sign), C's for fmod 1. */
static inline double synergy_mod_real(bool fmod_form, double a, double b)
{
	double r = fmod(a, b);

	return fmod_form || r == 0 || (r < 0) == (b < 0) ? r : r + b;
}

/* By zero there is no quotient; 0 is what a run gives, folding refuses it before. */
static inline int64_t synergy_div_int(int64_t a, int64_t b)
{
	if (!b)
		return 0;
	return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static inline int64_t synergy_mod_int(bool fmod_form, int64_t a, int64_t b)
{
	int64_t r = b && b != -1 ? a % b : 0;

	return fmod_form || !r || (r < 0) == (b < 0) ? r : r + b;
}

static inline int64_t synergy_pow_int(int64_t a, int64_t b)
{
	uint64_t r = 1, base = (uint64_t)a;

	if (b < 0)
		return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
	for (; b; b >>= 1, base *= base)
		if (b & 1)
			r *= base;
	return (int64_t)r;
}

static inline double synergy_compare(enum synergy_op_kind kind, double a, double b)
{
	switch (kind) {
	case SYNERGY_OP_EQUAL:
		return a == b;
	case SYNERGY_OP_GREATER:
		return a > b;
	case SYNERGY_OP_GREATER_EQUAL:
		return a >= b;
	case SYNERGY_OP_LESS:
		return a < b;
	default:
		return a <= b;
	}
}

/* The node's operation on a and b; what it has besides (Mod's form) is in its parameters. */
static inline double synergy_arith_real(const struct synergy_node *node, double a, double b)
{
	switch (node->kind) {
	case SYNERGY_OP_ADD:
		return a + b;
	case SYNERGY_OP_SUB:
		return a - b;
	case SYNERGY_OP_MUL:
		return a * b;
	case SYNERGY_OP_DIV:
		return a / b;
	case SYNERGY_OP_POW:
		return pow(a, b);
	case SYNERGY_OP_MOD:
		return synergy_mod_real(node->p.mod.fmod, a, b);
	case SYNERGY_OP_PRELU:
		return a < 0 ? a * b : a;
	default:
		return synergy_compare(node->kind, a, b);
	}
}

/* Sums and products wrap, as the hardware's do. */
static inline int64_t synergy_arith_int(const struct synergy_node *node, int64_t a, int64_t b)
{
	switch (node->kind) {
	case SYNERGY_OP_ADD:
		return (int64_t)((uint64_t)a + (uint64_t)b);
	case SYNERGY_OP_SUB:
		return (int64_t)((uint64_t)a - (uint64_t)b);
	case SYNERGY_OP_MUL:
		return (int64_t)((uint64_t)a * (uint64_t)b);
	case SYNERGY_OP_DIV:
		return synergy_div_int(a, b);
	case SYNERGY_OP_POW:
		return synergy_pow_int(a, b);
	case SYNERGY_OP_MOD:
		return synergy_mod_int(node->p.mod.fmod, a, b);
	case SYNERGY_OP_AND:
		return a && b;
	case SYNERGY_OP_OR:
		return a || b;
	case SYNERGY_OP_XOR:
		return !a != !b;
	case SYNERGY_OP_EQUAL:
		return a == b;
	case SYNERGY_OP_GREATER:
		return a > b;
	case SYNERGY_OP_GREATER_EQUAL:
		return a >= b;
	case SYNERGY_OP_LESS:
		return a < b;
	default:
		return a <= b;
	}
}

#endif
