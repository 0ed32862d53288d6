// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Evaluation of QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear; see eval.h. Arithmetic is in float, as
 * ONNX has it.
 */
#include <math.h>

#include "model/eval.h"
#include "model/number.h"

struct range {
	int64_t low, high;
};

static struct range range_of(enum synergy_dtype type)
{
	switch (type) {
	case SYNERGY_I8:
		return (struct range){ INT8_MIN, INT8_MAX };
	case SYNERGY_U16:
		return (struct range){ 0, UINT16_MAX };
	case SYNERGY_I16:
		return (struct range){ INT16_MIN, INT16_MAX };
	default:
		return (struct range){ 0, UINT8_MAX };
	}
}

/* To nearest, ties to even; a NaN is the zero point. */
static int64_t quantised(float x, float scale, int64_t zero, struct range r)
{
	const float v = rintf(x / scale);
	const double sum = isnan(v) ? (double)zero : (double)v + (double)zero;

	return sum < (double)r.low ? r.low : sum > (double)r.high ? r.high : (int64_t)sum;
}

/* `count` elements from begin on, of one scale and zero point. */
static void quantise_run(const struct synergy_eval *e, int64_t begin, int64_t count, float scale,
			 int64_t zero)
{
	const struct range r = range_of(e->out[0]->dtype);
	const float *x = (const float *)e->src[0] + begin;
	int64_t i;

	for (i = 0; i < count; i++)
		synergy_store_int(e->dst[0], e->out[0]->dtype, begin + i,
				  quantised(x[i], scale, zero, r));
}

static void dequantise_run(const struct synergy_eval *e, int64_t begin, int64_t count, float scale,
			   int64_t zero)
{
	float *y = (float *)e->dst[0] + begin;
	int64_t i;

	for (i = 0; i < count; i++)
		y[i] = (float)(synergy_load_int(e->src[0], e->in[0]->dtype, begin + i) - zero) *
		       scale;
}

/* X's range, with 0 in it, in 255 steps; where there is none, a step is 1. */
static bool eval_dynamic(const struct synergy_eval *e)
{
	const struct range r = range_of(SYNERGY_U8);
	const float *x = e->src[0];
	float low = 0, high = 0, scale;
	int64_t i, zero;

	for (i = 0; i < e->in[0]->count; i++) {
		low = x[i] < low ? x[i] : low;
		high = x[i] > high ? x[i] : high;
	}
	scale = high > low ? (high - low) / 255.0f : 1.0f;
	zero = quantised(-low, scale, 0, r);
	for (i = 0; i < e->in[0]->count; i++)
		((uint8_t *)e->dst[0])[i] = (uint8_t)quantised(x[i], scale, zero, r);
	if (e->n_out > 1 && e->dst[1])
		*(float *)e->dst[1] = scale;
	if (e->n_out > 2 && e->dst[2])
		*(uint8_t *)e->dst[2] = (uint8_t)zero;
	return true;
}

bool synergy_eval_quantise(const struct synergy_eval *e)
{
	const bool down = e->node->kind == SYNERGY_OP_QUANTIZE;
	const struct synergy_tensor *x = e->in[0], *scale, *zero;
	int64_t run = 1, at, i;
	int d;

	if (e->node->kind == SYNERGY_OP_DYNAMIC_QUANTIZE)
		return eval_dynamic(e);
	if (!down && e->node->kind != SYNERGY_OP_DEQUANTIZE)
		return false;
	scale = e->in[1];
	zero = e->n_in > 2 ? e->in[2] : NULL;
	if (scale->count == 1)
		run = x->count;
	else
		for (d = e->node->p.axis.axis + 1; d < x->rank; d++)
			run *= x->dims[d];
	for (at = 0, i = 0; run > 0 && at < x->count; at += run, i = (i + 1) % scale->count)
		(down ? quantise_run : dequantise_run)(
			e, at, run, ((const float *)e->src[1])[i],
			zero ? synergy_load_int(e->src[2], zero->dtype, i) : 0);
	return true;
}
