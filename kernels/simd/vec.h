/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A vector of floats as wide as the instruction set this file is compiled for.
 * Included by kernels/simd/ only, whose files are compiled once per set with
 * SYNERGY_ISA naming it; static names alone, so that no two sets ever meet.
 */
#ifndef SYNERGY_SIMD_VEC_H
#define SYNERGY_SIMD_VEC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h> /* masked loads and stores, max; all else is portable */
#elif defined(__aarch64__)
#include <arm_neon.h> /* max, square root, rounding */
#endif

#if defined(__AVX512F__)
#define VLEN 16
#elif defined(__AVX__)
#define VLEN 8
#else
#define VLEN 4
#endif

typedef float vec __attribute__((vector_size(VLEN * 4)));
typedef int32_t ivec __attribute__((vector_size(VLEN * 4)));
typedef uint32_t uvec __attribute__((vector_size(VLEN * 4)));	/* where bits wrap round */
typedef float vec_mem __attribute__((vector_size(VLEN * 4), aligned(4), may_alias));

#define VEC_INLINE static inline __attribute__((always_inline, unused))

#define SYNERGY_PASTE2(a, b) a##_##b
#define SYNERGY_PASTE(a, b) SYNERGY_PASTE2(a, b)
/* synergy_relu -> synergy_relu_avx2 */
#define SIMD(name) SYNERGY_PASTE(synergy_##name, SYNERGY_ISA)

VEC_INLINE vec vec_load(const float *p)
{
	return *(const vec_mem *)p;
}

VEC_INLINE void vec_store(float *p, vec v)
{
	*(vec_mem *)p = v;
}

VEC_INLINE vec vec_splat(float x)
{
	return x - (vec){};
}

#if defined(__AVX__) && !defined(__AVX512F__)
/* All ones in the first n lanes. */
VEC_INLINE ivec vec_first(int64_t n)
{
	const ivec lane = { 0, 1, 2, 3, 4, 5, 6, 7 };

	return lane < (int32_t)n - (ivec){};
}
#endif

VEC_INLINE vec vec_select(ivec mask, vec a, vec b)
{
	return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

/* A NaN in a gives b. */
VEC_INLINE vec vec_max(vec a, vec b)
{
#if defined(__AVX512F__)
	return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX__)
	return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
	return (vec)_mm_max_ps((__m128)a, (__m128)b);
#elif defined(__aarch64__)
	return (vec)vmaxnmq_f32((float32x4_t)a, (float32x4_t)b);
#else
	return vec_select(a > b, a, b);
#endif
}

/* The smaller and the larger of v and a limit; where v is NaN, it stays. */
VEC_INLINE vec vec_at_least(vec v, vec limit)
{
#if defined(__aarch64__)
	return (vec)vmaxq_f32((float32x4_t)v, (float32x4_t)limit);
#elif defined(__SSE2__)
	return vec_max(limit, v); /* x86 gives the second where one is NaN */
#else
	return vec_select(v < limit, limit, v);
#endif
}

VEC_INLINE vec vec_at_most(vec v, vec limit)
{
#if defined(__AVX512F__)
	return (vec)_mm512_min_ps((__m512)limit, (__m512)v);
#elif defined(__AVX__)
	return (vec)_mm256_min_ps((__m256)limit, (__m256)v);
#elif defined(__SSE2__)
	return (vec)_mm_min_ps((__m128)limit, (__m128)v);
#elif defined(__aarch64__)
	return (vec)vminq_f32((float32x4_t)v, (float32x4_t)limit);
#else
	return vec_select(v > limit, limit, v);
#endif
}

VEC_INLINE vec vec_sqrt(vec v)
{
#if defined(__AVX512F__)
	return (vec)_mm512_sqrt_ps((__m512)v);
#elif defined(__AVX__)
	return (vec)_mm256_sqrt_ps((__m256)v);
#elif defined(__SSE2__)
	return (vec)_mm_sqrt_ps((__m128)v);
#elif defined(__aarch64__)
	return (vec)vsqrtq_f32((float32x4_t)v);
#else
	int i;

	for (i = 0; i < VLEN; i++)
		v[i] = __builtin_sqrtf(v[i]);
	return v;
#endif
}

/* Towards minus infinity. */
VEC_INLINE vec vec_floor(vec v)
{
#if defined(__AVX512F__)
	return (vec)_mm512_roundscale_ps((__m512)v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
#elif defined(__AVX__)
	return (vec)_mm256_floor_ps((__m256)v);
#elif defined(__aarch64__)
	return (vec)vrndmq_f32((float32x4_t)v);
#else
	int i;

	for (i = 0; i < VLEN; i++)
		v[i] = __builtin_floorf(v[i]);
	return v;
#endif
}

VEC_INLINE vec vec_abs(vec v)
{
	return (vec)((ivec)v & 0x7fffffff);
}

/* The magnitude of v with the sign of s. */
VEC_INLINE vec vec_copysign(vec v, vec s)
{
	return (vec)(((ivec)v & 0x7fffffff) | ((ivec)s & (int32_t)0x80000000));
}

/* The first n (fewer than VLEN) floats; the rest is zero and is not touched. */
VEC_INLINE vec vec_load_part(const float *p, int64_t n)
{
#if defined(__AVX512F__)
	return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif defined(__AVX__)
	return (vec)_mm256_maskload_ps(p, (__m256i)vec_first(n));
#else
	vec t = {};

	if (n > 0)
		t[0] = p[0];
	if (n > 1)
		t[1] = p[1];
	if (n > 2)
		t[2] = p[2];
	return t;
#endif
}

VEC_INLINE void vec_store_part(float *p, vec v, int64_t n)
{
#if defined(__AVX512F__)
	_mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif defined(__AVX__)
	_mm256_maskstore_ps(p, (__m256i)vec_first(n), (__m256)v);
#else
	if (n > 0)
		p[0] = v[0];
	if (n > 1)
		p[1] = v[1];
	if (n > 2)
		p[2] = v[2];
#endif
}

VEC_INLINE float vec_sum(vec v)
{
	float s = 0;
	int i;

	for (i = 0; i < VLEN; i++)
		s += v[i];
	return s;
}

#endif
