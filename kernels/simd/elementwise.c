// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Element-by-element loops. Plain C: the compiler vectorises them for the
 * instruction set that this file is compiled for.
 */
#include "kernels/simd/simd_list.h"

void SIMD(relu)(const float *x, float *y, int64_t count, float slope)
{
	int64_t i;

	if (slope == 0) {
#pragma GCC ivdep
		for (i = 0; i < count; i++)
			y[i] = x[i] < 0 ? 0 : x[i];
		return;
	}
#pragma GCC ivdep
	for (i = 0; i < count; i++)
		y[i] = x[i] < 0 ? x[i] * slope : x[i];
}

void SIMD(clip)(const float *x, float *y, int64_t count, float min, float max)
{
	int64_t i;

#pragma GCC ivdep
	for (i = 0; i < count; i++) {
		float v = x[i] < min ? min : x[i];

		y[i] = v > max ? max : v;
	}
}

void SIMD(affine)(const float *x, float *y, int64_t count, float scale, float shift)
{
	int64_t i;

#pragma GCC ivdep
	for (i = 0; i < count; i++)
		y[i] = x[i] * scale + shift;
}

void SIMD(add)(const float *a, const float *b, float *y, int64_t count)
{
	int64_t i;

#pragma GCC ivdep
	for (i = 0; i < count; i++)
		y[i] = a[i] + b[i];
}

void SIMD(mul)(const float *a, const float *b, float *y, int64_t count)
{
	int64_t i;

#pragma GCC ivdep
	for (i = 0; i < count; i++)
		y[i] = a[i] * b[i];
}

float SIMD(max)(const float *x, int64_t count)
{
	float m = x[0];
	int64_t i;

	for (i = 1; i < count; i++)
		m = x[i] > m ? x[i] : m;
	return m;
}

/* In VLEN running sums, so that long rows lose little. */
float SIMD(sum)(const float *x, int64_t count)
{
	vec s = {};
	float rest = 0;
	int64_t i;

	for (i = 0; i + VLEN <= count; i += VLEN)
		s += vec_load(x + i);
	for (; i < count; i++)
		rest += x[i];
	return rest + vec_sum(s);
}

/*
 * e^x for x <= 0 (NaN gives NaN), good to 2 units in the last place: 2^n * p(f), with the
 * classic polynomial of degree six on |f| <= ln(2)/2. Below -87 it is 0.
 */
VEC_INLINE float exp_of(float x)
{
	float n, f, p, nan;
	int32_t bits;

	/* Written so that a NaN is clamped, too: no integer has its value. */
	f = x > -87.0f ? x : -87.0f;
	nan = x != x ? x : 0.0f;
	x = f;
	n = (float)(int32_t)(x * 1.44269504f - 0.5f);
	f = x - n * 0.693359375f + n * 2.12194440e-4f;
	p = 1.9875691500e-4f;
	p = p * f + 1.3981999507e-3f;
	p = p * f + 8.3334519073e-3f;
	p = p * f + 4.1665795894e-2f;
	p = p * f + 1.6666665459e-1f;
	p = p * f + 5.0000001201e-1f;
	p = p * f * f + f + 1.0f;
	bits = ((int32_t)n + 127) << 23;
	memcpy(&f, &bits, sizeof(f));
	return p * f + nan;
}

float SIMD(exp_sum)(const float *x, float *y, int64_t count, float max)
{
	int64_t i;

#pragma GCC ivdep
	for (i = 0; i < count; i++)
		y[i] = exp_of(x[i] - max);
	return SIMD(sum)(y, count);
}
