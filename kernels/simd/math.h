/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Elementary functions of vectors. Accuracy (tests/unit/test_function.c): within two
 * units in the last place or 1e-6, whichever is more. Polynomials are weighted minimax
 * fits, computed for this file with Lawson's iteration in double. Private to kernels/simd/.
 */
#ifndef SYNERGY_SIMD_MATH_H
#define SYNERGY_SIMD_MATH_H

#include "kernels/simd/vec.h"

/* Added and taken away again, it rounds to the nearest integer, which is in its low bits. */
#define ROUNDER		12582912.0f /* 1.5 * 2^23 */
#define LOG2_E		1.44269504f
#define LN2_HIGH	0.693359375f /* few bits: times a small integer it is exact */
#define LN2_LOW		-2.12194440e-4f

/* p = c[0] + c[1] x + ...; n is a constant where this is inlined. */
VEC_INLINE vec vec_poly(vec x, const float *c, int n)
{
	vec p = vec_splat(c[n - 1]);
	int i;

#pragma GCC unroll 16
	for (i = n - 2; i >= 0; i--)
		p = p * x + c[i];
	return p;
}

/* e^r for |r| <= ln(2) / 2 = 1 + r + r^2 P(r); relative error 3e-9. */
VEC_INLINE vec exp_core(vec r)
{
	static const float c[] = { 4.999999343e-1f, 1.666652039e-1f, 4.166839084e-2f,
				   8.368745541e-3f, 1.381453809e-3f };

	return vec_poly(r, c, 5) * (r * r) + r + 1.0f;
}

/* 2^n for a sum n + ROUNDER with n in -126..127: its bits shifted into the exponent. */
VEC_INLINE vec exp_scale(vec n_and_rounder)
{
	return (vec)(((uvec)n_and_rounder << 23) + 0x3f800000U);
}

/* e^x for x within -87.3..88.3, to which it is cut; NaN stays. */
VEC_INLINE vec vec_exp(vec x)
{
	vec n, r;

	x = vec_at_most(vec_at_least(x, vec_splat(-87.3f)), vec_splat(88.3f));
	n = x * LOG2_E + ROUNDER;
	r = n - ROUNDER;
	x = x - r * LN2_HIGH;
	x = x - r * LN2_LOW;
	return exp_core(x) * exp_scale(n);
}

/* e^x for any x: infinite and zero where it must be, by two factors of half the power. */
VEC_INLINE vec vec_exp_any(vec x)
{
	vec n, r, half;

	x = vec_at_most(vec_at_least(x, vec_splat(-104.0f)), vec_splat(89.0f));
	n = x * LOG2_E + ROUNDER;
	r = n - ROUNDER;
	half = vec_floor(r * 0.5f);
	x = x - r * LN2_HIGH;
	x = x - r * LN2_LOW;
	return exp_core(x) * exp_scale(half + ROUNDER) * exp_scale(r - half + ROUNDER);
}

/* e^x - 1 for x <= 0, exact near 0 too: there 1 is not added in the first place. */
VEC_INLINE vec vec_expm1_negative(vec x)
{
	static const float c[] = { 4.999999343e-1f, 1.666652039e-1f, 4.166839084e-2f,
				   8.368745541e-3f, 1.381453809e-3f };
	vec n, r, s;

	x = vec_at_least(x, vec_splat(-87.3f));
	n = x * LOG2_E + ROUNDER;
	r = n - ROUNDER;
	x = x - r * LN2_HIGH;
	x = x - r * LN2_LOW;
	s = exp_scale(n);
	return (vec_poly(x, c, 5) * (x * x) + x) * s + (s - 1.0f);
}

/* log(x): -infinity for 0, NaN below. Relative error 6e-9 before rounding. */
VEC_INLINE vec vec_log(vec x)
{
	static const float c[] = { 3.333333171e-1f, -2.500082107e-1f, 2.000122671e-1f,
				   -1.662335605e-1f, 1.420176100e-1f, -1.316019800e-1f,
				   1.276156291e-1f, -7.634437988e-2f };
	const ivec small = x < 1.17549435e-38f;
	/* Denormals are scaled into range: 2^23. */
	const vec scaled = vec_select(small, x * 8388608.0f, x);
	/* Mantissas from sqrt(1/2) to sqrt(2). */
	const ivec bits = (ivec)((uvec)scaled - 0x3f3504f3U);
	const ivec exponent = bits >> 23;
	const vec f = (vec)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
	const vec n = __builtin_convertvector(exponent, vec) - vec_select(small, vec_splat(23), (vec){});
	const vec f2 = f * f;
	vec y = vec_poly(f, c, 8) * f * f2;

	y = y + n * LN2_LOW;
	y = y - 0.5f * f2;
	y = y + f + n * LN2_HIGH;
	y = vec_select(x == 0.0f, vec_splat(-__builtin_inff()), y);
	y = vec_select(x < 0.0f, vec_splat(__builtin_nanf("")), y);
	/* Infinity and NaN give themselves. */
	return vec_select(~(ivec)(x < __builtin_inff()), x, y);
}

/* log(1 + u) for u >= 0: what adding 1 loses of u is given back as a factor. */
VEC_INLINE vec vec_log1p(vec u)
{
	const vec w = 1.0f + u, d = w - 1.0f;

	return vec_select(d == 0.0f, u, vec_log(w) * (u / vec_select(d == 0.0f, vec_splat(1), d)));
}

VEC_INLINE vec vec_sigmoid(vec x)
{
	return 1.0f / (1.0f + vec_exp(-x));
}

/* A polynomial near 0, (1 - e^-2|x|) / (1 + e^-2|x|) elsewhere. */
VEC_INLINE vec vec_tanh(vec x)
{
	static const float c[] = { -3.333328559e-1f, 1.333154821e-1f, -5.374911987e-2f,
				   2.067148509e-2f, -5.743008924e-3f };
	const vec a = vec_abs(x), x2 = x * x, e = vec_exp(-2.0f * a);
	const vec far = vec_copysign((1.0f - e) / (1.0f + e), x);

	return vec_select(a < 0.62f, vec_poly(x2, c, 5) * x2 * x + x, far);
}

/* erfc(a) for a >= 0: 2^(a R(a)); beyond 4 it is as good as its value there. */
VEC_INLINE vec vec_erfc_positive(vec a)
{
	static const float c[] = { -1.627907267f, -9.184429006e-1f, -1.483079105e-1f,
				   2.772447466e-2f, 8.480761087e-5f, -2.274787629e-3f,
				   8.482354543e-4f, -1.529646527e-4f, 1.160484218e-5f };
	vec n, r;

	a = vec_at_most(a, vec_splat(4.0f));
	a = vec_poly(a, c, 9) * a;
	n = a + ROUNDER;
	r = (a - (n - ROUNDER)) * 0.693147181f;
	return exp_core(r) * exp_scale(n);
}

/* Near 0 a series of few terms: there 1 - erfc has few bits. */
VEC_INLINE vec vec_erf(vec x)
{
	static const float c[] = { 1.128379167f, -3.761263890e-1f, 1.128379167e-1f,
				   -2.686617e-2f, 5.223978e-3f };
	const vec a = vec_abs(x), x2 = x * x;

	return vec_select(a < 0.35f, vec_poly(x2, c, 5) * x,
			  vec_copysign(1.0f - vec_erfc_positive(a), x));
}

/* x/2 erfc(-x / sqrt 2), without the cancellation of 1 + erf for x < 0. */
VEC_INLINE vec vec_gelu(vec x)
{
	const vec a = vec_abs(x) * 0.707106781f;
	/* Nothing is left beyond; an infinite x times nothing would be no number. */
	const vec e = vec_select(a < 4.0f, 0.5f * x * vec_erfc_positive(a), (vec){});

	return vec_select(x < 0.0f, e, x - e);
}

#endif
