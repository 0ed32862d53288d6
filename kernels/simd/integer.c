// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Products of 16-bit integers summed in 32 bits, as differences of 8-bit ones come: two
 * rows by four, so that each load serves several. Plain loops: each instruction set's
 * multiply-and-add of pairs is what the compiler makes of them.
 */
#include "kernels/simd/simd_list.h"

static void tile(const int16_t *restrict a, int64_t lda, const int16_t *restrict b, int64_t k,
		 int32_t *restrict c, int64_t ldc)
{
	const int16_t *a1 = a + lda, *b1 = b + k, *b2 = b1 + k, *b3 = b2 + k;
	int32_t s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
	int64_t i;

	for (i = 0; i < k; i++) {
		s00 += a[i] * b[i];
		s01 += a[i] * b1[i];
		s02 += a[i] * b2[i];
		s03 += a[i] * b3[i];
		s10 += a1[i] * b[i];
		s11 += a1[i] * b1[i];
		s12 += a1[i] * b2[i];
		s13 += a1[i] * b3[i];
	}
	c[0] = s00;
	c[1] = s01;
	c[2] = s02;
	c[3] = s03;
	c += ldc;
	c[0] = s10;
	c[1] = s11;
	c[2] = s12;
	c[3] = s13;
}

static int32_t one(const int16_t *restrict a, const int16_t *restrict b, int64_t k)
{
	int32_t sum = 0;
	int64_t i;

	for (i = 0; i < k; i++)
		sum += a[i] * b[i];
	return sum;
}

void SIMD(integer_product)(const int16_t *a, int64_t m, const int16_t *b, int64_t n, int64_t k,
			   int32_t *c, int64_t ldc)
{
	int64_t i, j, rows;

	k &= ~15LL;
	for (i = 0; i < m; i += rows, a += rows * k, c += rows * ldc) {
		rows = m - i > 1 ? 2 : 1;
		for (j = 0; rows == 2 && j + 4 <= n; j += 4)
			tile(a, k, b + j * k, k, c + j, ldc);
		for (; j < n; j++) {
			c[j] = one(a, b + j * k, k);
			if (rows == 2)
				c[ldc + j] = one(a + k, b + j * k, k);
		}
	}
}

/*
 * To nearest, ties to even, within low..high, which are whole. Adding this constant rounds:
 * no fraction is left beside it. The limits are between it and the product, so that the two
 * are not made one, which would round otherwise.
 */
static inline int32_t rounded(int32_t sum, double factor, double low, double high)
{
	const double whole = 0x1.8p52;
	double v = (double)sum * factor;

	v = v == v ? v : 0;
	v = v < low ? low : v;
	v = v > high ? high : v;
	return (int32_t)(v + whole - whole);
}

void SIMD(integer_store)(const int32_t *sums, int64_t count, double factor, const float *scale,
			 int scale_step, int32_t zero, bool is_signed, void *y)
{
	const double low = (is_signed ? INT8_MIN : 0) - zero;
	const double high = (is_signed ? INT8_MAX : UINT8_MAX) - zero;
	const double all = factor * (double)*scale;
	uint8_t *to = y;	/* a signed number has the same low bits */
	int64_t i;

	if (scale_step)
		for (i = 0; i < count; i++)
			to[i] = (uint8_t)(rounded(sums[i], factor * (double)scale[i], low, high) +
					  zero);
	else
		for (i = 0; i < count; i++)
			to[i] = (uint8_t)(rounded(sums[i], all, low, high) + zero);
}

void SIMD(integer_taps)(const int16_t *x, int64_t step, int32_t w, int32_t *sums, int64_t count)
{
	int64_t i;

	if (step == 1)
		for (i = 0; i < count; i++)
			sums[i] += w * x[i];
	else if (step == 2)
		for (i = 0; i < count; i++)
			sums[i] += w * x[2 * i];
	else
		for (i = 0; i < count; i++)
			sums[i] += w * x[step * i];
}
