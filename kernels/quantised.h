/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the products of 8-bit integers share: zero points and scales as they are at run
 * time, and the sums' way into the output. Sums wrap in 32 bits, as ONNX allows.
 */
#ifndef SYNERGY_KERNELS_QUANTISED_H
#define SYNERGY_KERNELS_QUANTISED_H

#include "kernels/kernel.h"
#include "model/number.h"
#include "model/quantised.h"

/*
 * A row of sums' way into Y. The factor of element i is scale_a * scale_b[i * b_step] /
 * scale_y, and not there where the sums themselves are the result.
 */
struct synergy_sums_out {
	bool sums;		/* Y is i32, the sums */
	bool is_signed;		/* else u8 */
	double a_by_y;		/* scale of A by that of Y */
	const float *b_scale;
	int b_step;
	int32_t y_zero;
};

/* The number at `i` of input `input`, which may be one for all; 0 where there is none. */
static inline int32_t synergy_zero_point(const struct synergy_call *call, int input, int64_t i)
{
	if (input < 0 || input >= call->n_in || !call->in[input])
		return 0;
	return (int32_t)synergy_load_int(call->src[input], call->in[input]->dtype,
					 call->in[input]->count == 1 ? 0 : i);
}

/* Before it runs: a constant, or not there. */
static inline bool synergy_zero_point_is_known(const struct synergy_call *call, int input)
{
	return input >= call->n_in || !call->in[input] ||
	       (call->in[input]->is_const && call->src[input]);
}

static inline float synergy_scale_at(const struct synergy_call *call, int input, int64_t i)
{
	return ((const float *)call->src[input])[call->in[input]->count == 1 ? 0 : i];
}

static inline struct synergy_sums_out synergy_sums_out_of(const struct synergy_call *call)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(call->node->kind);
	struct synergy_sums_out o = { .sums = q.y_zero < 0 };

	if (o.sums)
		return o;
	o.is_signed = call->out[0]->dtype == SYNERGY_I8;
	o.b_scale = call->src[q.b_scale];
	o.b_step = call->in[q.b_scale]->count > 1;
	o.y_zero = synergy_zero_point(call, q.y_zero, 0);
	return o;
}

/* Sets the row (a channel of a convolution is a column: A has one scale there). */
static inline void synergy_sums_row(const struct synergy_call *call, struct synergy_sums_out *o,
				    int64_t row)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(call->node->kind);

	if (!o->sums)
		o->a_by_y = (double)synergy_scale_at(call, q.a_scale, row) /
			    (double)synergy_scale_at(call, q.y_scale, 0);
}

/* One sum, whose scale of B is the i-th. */
static inline int32_t synergy_sums_one(const struct synergy_sums_out *o, int32_t sum, int64_t i)
{
	if (o->sums)
		return sum;
	return synergy_requantise(sum, o->a_by_y * (double)o->b_scale[i * o->b_step], o->y_zero,
				  o->is_signed ? INT8_MIN : 0, o->is_signed ? INT8_MAX : UINT8_MAX);
}

static inline int32_t synergy_sums_add(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

/*
 * `count` sums to element `at` of Y and on. Scales of B are those from `first` on for each,
 * or the one at `first` for all.
 */
void synergy_sums_store(const struct synergy_simd *simd, const struct synergy_sums_out *o,
			const int32_t *sums, int64_t count, int64_t first, bool each, void *y,
			int64_t at);

/* The differences of 8-bit integers and their zero point, `count` of them. */
void synergy_differences(const void *x, bool is_signed, int64_t count, int32_t zero, int16_t *y);

/* Sums of so many products of differences fit in 32 bits. */
#define SYNERGY_MAX_PRODUCTS	32768
/* Rows of packed operands are whole multiples of this. */
#define SYNERGY_INTEGER_STEP	16

static inline int64_t synergy_integer_padded(int64_t k)
{
	return (k + SYNERGY_INTEGER_STEP - 1) / SYNERGY_INTEGER_STEP * SYNERGY_INTEGER_STEP;
}

/* Memory for packed operands, 64-byte aligned, for free(); *bytes grows by it. NULL: ENOMEM. */
int16_t *synergy_integer_memory(int64_t count, size_t *bytes);

#endif
