// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A matrix of 4-byte elements transposed, in blocks of four by four.
 */
#include "kernels/simd/simd_list.h"

typedef float vec4 __attribute__((vector_size(16)));
typedef int32_t ivec4 __attribute__((vector_size(16)));
typedef float vec4_mem __attribute__((vector_size(16), aligned(4), may_alias));

VEC_INLINE vec4 load4(const float *p)
{
	return *(const vec4_mem *)p;
}

VEC_INLINE void store4(float *p, vec4 v)
{
	*(vec4_mem *)p = v;
}

/* Four columns of X, ldx apart, become four rows of Y. */
VEC_INLINE void block_4x4(const float *x, int64_t ldx, float *y, int64_t ldy)
{
	const vec4 a = load4(x), b = load4(x + ldx), c = load4(x + 2 * ldx), d = load4(x + 3 * ldx);
	const ivec4 low = { 0, 4, 1, 5 }, high = { 2, 6, 3, 7 };
	const ivec4 first = { 0, 1, 4, 5 }, second = { 2, 3, 6, 7 };
	const vec4 ab0 = __builtin_shuffle(a, b, low), ab1 = __builtin_shuffle(a, b, high);
	const vec4 cd0 = __builtin_shuffle(c, d, low), cd1 = __builtin_shuffle(c, d, high);

	store4(y, __builtin_shuffle(ab0, cd0, first));
	store4(y + ldy, __builtin_shuffle(ab0, cd0, second));
	store4(y + 2 * ldy, __builtin_shuffle(ab1, cd1, first));
	store4(y + 3 * ldy, __builtin_shuffle(ab1, cd1, second));
}

static void any(const float *x, int64_t ldx, float *y, int64_t ldy, int64_t rows, int64_t columns)
{
	int64_t r, c;

	for (r = 0; r < rows; r++)
		for (c = 0; c < columns; c++)
			memcpy(y + r * ldy + c, x + c * ldx + r, sizeof(*y));
}

/* Rows of Y in groups of 16, which are whole cache lines of X. */
void SIMD(transpose)(const float *x, int64_t ldx, float *y, int64_t ldy, int64_t rows,
		     int64_t columns)
{
	const int64_t whole_rows = rows & ~(int64_t)3, whole_columns = columns & ~(int64_t)3;
	int64_t r, c, g;

	for (g = 0; g < whole_rows; g += 16)
		for (c = 0; c < whole_columns; c += 4)
			for (r = g; r < g + 16 && r < whole_rows; r += 4)
				block_4x4(x + c * ldx + r, ldx, y + r * ldy + c, ldy);
	any(x + whole_columns * ldx, ldx, y + whole_columns, ldy, whole_rows,
	    columns - whole_columns);
	any(x + whole_rows, ldx, y + whole_rows * ldy, ldy, rows - whole_rows, columns);
}
