/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A vector of floats as wide as the instruction set this file is compiled for.
 * Included by kernels/simd/ only, whose files are compiled once per set with
 * SYNERGY_ISA naming it; static names alone, so that no two sets ever meet.
 */
#ifndef SYNERGY_SIMD_VEC_H
#define SYNERGY_SIMD_VEC_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define VLEN 16
#elif defined(__AVX__)
#define VLEN 8
#else
#define VLEN 4
#endif

typedef float vec __attribute__((vector_size(VLEN * 4)));
typedef int32_t ivec __attribute__((vector_size(VLEN * 4)));
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

VEC_INLINE vec vec_select(ivec mask, vec a, vec b)
{
	return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

/* NaN in either gives b, as the plain comparison does. */
VEC_INLINE vec vec_max(vec a, vec b)
{
	vec r;
	int i;

	for (i = 0; i < VLEN; i++)
		r[i] = a[i] > b[i] ? a[i] : b[i];
	return r;
}

/* The first n (fewer than VLEN) floats; the rest is zero. */
VEC_INLINE vec vec_load_part(const float *p, int64_t n)
{
	float t[VLEN] __attribute__((aligned(VLEN * 4))) = { 0 };

	memcpy(t, p, n * sizeof(*p));
	return *(vec *)t;
}

VEC_INLINE void vec_store_part(float *p, vec v, int64_t n)
{
	memcpy(p, &v, n * sizeof(*p));
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
