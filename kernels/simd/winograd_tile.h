/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transforms of Winograd's minimal filtering for 3x3 kernels, F(4x4, 3x3)
 * (points 0, 1, -1, 2, -2, infinity) and F(2x2, 3x3), on vectors of tiles.
 * Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016.
 * Private to kernels/simd/.
 */
#ifndef SYNERGY_SIMD_WINOGRAD_TILE_H
#define SYNERGY_SIMD_WINOGRAD_TILE_H

#include "kernels/simd/vec.h"

/* out = B^T d: six of six */
VEC_INLINE void input_4(vec out[6], const vec d[6])
{
	const vec a = d[4] - 4 * d[2], b = d[3] - 4 * d[1];
	const vec c = d[4] - d[2], e = 2 * (d[3] - d[1]);

	out[0] = 4 * d[0] - 5 * d[2] + d[4];
	out[1] = a + b;
	out[2] = a - b;
	out[3] = c + e;
	out[4] = c - e;
	out[5] = 4 * d[1] - 5 * d[3] + d[5];
}

/* out = A^T m: four of six */
VEC_INLINE void output_4(vec out[4], const vec m[6])
{
	const vec a = m[1] + m[2], b = m[1] - m[2];
	const vec c = m[3] + m[4], e = m[3] - m[4];

	out[0] = m[0] + a + c;
	out[1] = b + 2 * e;
	out[2] = a + 4 * c;
	out[3] = b + 8 * e + m[5];
}

VEC_INLINE void input_2(vec out[4], const vec d[4])
{
	out[0] = d[0] - d[2];
	out[1] = d[1] + d[2];
	out[2] = d[2] - d[1];
	out[3] = d[1] - d[3];
}

VEC_INLINE void output_2(vec out[2], const vec m[4])
{
	out[0] = m[0] + m[1] + m[2];
	out[1] = m[1] - m[2] - m[3];
}

/* G: the kernel's transform, done once, in double. */
static const double filter_4[6][3] = {
	{ 1.0 / 4, 0, 0 },
	{ -1.0 / 6, -1.0 / 6, -1.0 / 6 },
	{ -1.0 / 6, 1.0 / 6, -1.0 / 6 },
	{ 1.0 / 24, 1.0 / 12, 1.0 / 6 },
	{ 1.0 / 24, -1.0 / 12, 1.0 / 6 },
	{ 0, 0, 1 },
};

static const double filter_2[4][3] = {
	{ 1, 0, 0 },
	{ 0.5, 0.5, 0.5 },
	{ 0.5, -0.5, 0.5 },
	{ 0, 0, 1 },
};

/* a[0] b[0] a[1] b[1] ... in lo and hi */
VEC_INLINE void vec_zip(vec a, vec b, vec *lo, vec *hi)
{
#if VLEN == 16
	const ivec l = { 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23 };
	const ivec h = { 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31 };
#elif VLEN == 8
	const ivec l = { 0, 8, 1, 9, 2, 10, 3, 11 };
	const ivec h = { 4, 12, 5, 13, 6, 14, 7, 15 };
#else
	const ivec l = { 0, 4, 1, 5 };
	const ivec h = { 2, 6, 3, 7 };
#endif
	*lo = __builtin_shuffle(a, b, l);
	*hi = __builtin_shuffle(a, b, h);
}

#endif
