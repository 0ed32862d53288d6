/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One element of a tensor of any type, read or written as a number: what folding
 * constants, Cast at run time and the conversion of input files have in common, so
 * that they agree.
 */
#ifndef SYNERGY_MODEL_NUMBER_H
#define SYNERGY_MODEL_NUMBER_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "model/graph.h"

/* f16, f32 and f64; the others are integers, bool among them. */
static inline bool synergy_dtype_is_real(enum synergy_dtype dtype)
{
	return dtype == SYNERGY_F32 || dtype == SYNERGY_F64 || dtype == SYNERGY_F16;
}

static inline float synergy_half_to_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 0x1f, mantissa = h & 0x3ff;
	uint32_t bits;
	float f;

	if (exponent == 0) {
		f = (float)mantissa * 0x1p-24f;
		return sign ? -f : f;
	}
	bits = sign | (exponent == 31 ? 0xffu : exponent + 112) << 23 | mantissa << 13;
	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* To nearest, ties to even; what is too large is infinite, a NaN stays one. */
static inline uint16_t synergy_float_to_half(float f)
{
	uint32_t bits, mantissa, sign, rest, half;
	int exponent;

	memcpy(&bits, &f, sizeof(bits));
	sign = bits >> 16 & 0x8000;
	exponent = (int)(bits >> 23 & 0xff) - 127;
	mantissa = bits & 0x7fffff;
	if (exponent == 128)
		return (uint16_t)(sign | 0x7c00 | (mantissa ? 0x200 | mantissa >> 13 : 0));
	if (exponent > 15)
		return (uint16_t)(sign | 0x7c00);
	if (exponent < -25)
		return (uint16_t)sign;
	/* Below 2^-14 the leading one is in the mantissa, shifted out by as much. */
	if (exponent < -14) {
		mantissa |= 0x800000;
		half = mantissa >> (-1 - exponent);
		rest = mantissa << (33 + exponent);
	} else {
		half = (uint32_t)(exponent + 15) << 10 | mantissa >> 13;
		rest = mantissa << 19;
	}
	if (rest > 0x80000000u || (rest == 0x80000000u && half & 1))
		half++;
	return (uint16_t)(sign | half);
}

/* Outside the range of int64 the C conversion is undefined: clamp, NaN is 0. */
static inline int64_t synergy_real_to_s64(double v)
{
	if (isnan(v))
		return 0;
	if (v >= 0x1p63)
		return INT64_MAX;
	return v <= -0x1p63 ? INT64_MIN : (int64_t)v;
}

/* Element i of integer data; a u64 beyond int64 wraps. */
static inline int64_t synergy_load_int(const void *data, enum synergy_dtype dtype, int64_t i)
{
	switch (dtype) {
	case SYNERGY_I64:
		return ((const int64_t *)data)[i];
	case SYNERGY_U64:
		return (int64_t)((const uint64_t *)data)[i];
	case SYNERGY_I32:
		return ((const int32_t *)data)[i];
	case SYNERGY_U32:
		return ((const uint32_t *)data)[i];
	case SYNERGY_I16:
		return ((const int16_t *)data)[i];
	case SYNERGY_U16:
		return ((const uint16_t *)data)[i];
	case SYNERGY_I8:
		return ((const int8_t *)data)[i];
	default:
		return ((const uint8_t *)data)[i];
	}
}

static inline double synergy_load_real(const void *data, enum synergy_dtype dtype, int64_t i)
{
	switch (dtype) {
	case SYNERGY_F32:
		return (double)((const float *)data)[i];
	case SYNERGY_F64:
		return ((const double *)data)[i];
	case SYNERGY_F16:
		return (double)synergy_half_to_float(((const uint16_t *)data)[i]);
	case SYNERGY_U64:
		return (double)((const uint64_t *)data)[i];
	default:
		return (double)synergy_load_int(data, dtype, i);
	}
}

/* What does not fit keeps its low bits, as between integers in C; a bool is 0 or 1. */
static inline void synergy_store_int(void *data, enum synergy_dtype dtype, int64_t i, int64_t v)
{
	switch (dtype) {
	case SYNERGY_I64:
	case SYNERGY_U64:
		((int64_t *)data)[i] = v;
		break;
	case SYNERGY_I32:
	case SYNERGY_U32:
		((int32_t *)data)[i] = (int32_t)v;
		break;
	case SYNERGY_I16:
	case SYNERGY_U16:
		((int16_t *)data)[i] = (int16_t)v;
		break;
	case SYNERGY_BOOL:
		((uint8_t *)data)[i] = v != 0;
		break;
	default:
		((int8_t *)data)[i] = (int8_t)v;
		break;
	}
}

static inline void synergy_store_real(void *data, enum synergy_dtype dtype, int64_t i, double v)
{
	switch (dtype) {
	case SYNERGY_F32:
		((float *)data)[i] = (float)v;
		break;
	case SYNERGY_F64:
		((double *)data)[i] = v;
		break;
	case SYNERGY_F16:
		((uint16_t *)data)[i] = synergy_float_to_half((float)v);
		break;
	case SYNERGY_BOOL:
		((uint8_t *)data)[i] = v != 0;
		break;
	default:
		synergy_store_int(data, dtype, i, synergy_real_to_s64(v));
		break;
	}
}

/* Cast: element i of x as y's type. */
static inline void synergy_convert(const void *x, enum synergy_dtype from, void *y,
				   enum synergy_dtype to, int64_t i)
{
	if (synergy_dtype_is_real(from) || synergy_dtype_is_real(to))
		synergy_store_real(y, to, i, synergy_load_real(x, from, i));
	else
		synergy_store_int(y, to, i, synergy_load_int(x, from, i));
}

#endif
