/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The register-blocked inner loop of our own GEMM: MR rows of C by up to NV
 * vectors of columns. A is packed in slivers of MR rows ([k][MR]), B is read
 * in rows of ldb floats. Private to kernels/simd/.
 */
#ifndef SYNERGY_SIMD_MICRO_H
#define SYNERGY_SIMD_MICRO_H

#include "kernels/simd/vec.h"

/* As many accumulators as the register file holds beside B's row and one of A. */
#if VLEN == 16
#define MR 8
#define NV 3
#elif VLEN == 8
#define MR 6
#define NV 2
#elif defined(__aarch64__)
#define MR 8
#define NV 3
#else
#define MR 4
#define NV 2
#endif

#define NR (NV * VLEN)

/* What the accumulators start from and how they are stored. */
struct micro_out {
	float *c;
	int64_t ldc;
	int rows; /* of MR that exist */
	int64_t cols; /* of nv * VLEN that exist */
	const float *bias; /* rows' start where add is false; NULL: 0 */
	bool add; /* start from C */
	bool relu;
};

VEC_INLINE void micro_start(vec acc[MR][NV], int nv, const struct micro_out *o)
{
	int i, j;

	for (i = 0; i < MR; i++) {
		vec start = vec_splat(o->bias && !o->add && i < o->rows ? o->bias[i] : 0);

#pragma GCC unroll 4
		for (j = 0; j < nv; j++) {
			int64_t left = o->cols - j * VLEN;

			if (!o->add || i >= o->rows)
				acc[i][j] = start;
			else if (left >= VLEN)
				acc[i][j] = vec_load(o->c + i * o->ldc + j * VLEN);
			else
				acc[i][j] = vec_load_part(o->c + i * o->ldc + j * VLEN, left);
		}
	}
}

VEC_INLINE void micro_store(vec acc[MR][NV], int nv, const struct micro_out *o)
{
	const vec zero = {};
	int i, j;

	for (i = 0; i < MR && i < o->rows; i++) {
#pragma GCC unroll 4
		for (j = 0; j < nv; j++) {
			vec v = o->relu ? vec_max(acc[i][j], zero) : acc[i][j];
			int64_t left = o->cols - j * VLEN;

			if (left >= VLEN)
				vec_store(o->c + i * o->ldc + j * VLEN, v);
			else
				vec_store_part(o->c + i * o->ldc + j * VLEN, v, left);
		}
	}
}

/* The k loop; nv is a constant where this is inlined, so acc lives in registers. */
VEC_INLINE void micro_loop(vec acc[MR][NV], int nv, int64_t k, const float *a, const float *b,
			   int64_t ldb)
{
	vec r[MR][NV];
	int i, j;

#pragma GCC unroll 16
	for (i = 0; i < MR; i++)
#pragma GCC unroll 4
		for (j = 0; j < nv; j++)
			r[i][j] = acc[i][j];
	for (; k > 0; k--, a += MR, b += ldb) {
		vec row[NV];

#pragma GCC unroll 4
		for (j = 0; j < nv; j++)
			row[j] = vec_load(b + j * VLEN);
#if defined(__aarch64__)
#pragma GCC unroll 16
		for (i = 0; i < MR; i += VLEN) {
			const vec col = vec_load(a + i);

#pragma GCC unroll 4
			for (int l = 0; l < VLEN; l++)
#pragma GCC unroll 4
				for (j = 0; j < nv; j++)
					r[i + l][j] += row[j] * vec_splat(col[l]);
		}
#else
#pragma GCC unroll 16
		for (i = 0; i < MR; i++) {
			const vec one = vec_splat(a[i]);

#pragma GCC unroll 4
			for (j = 0; j < nv; j++)
				r[i][j] += row[j] * one;
		}
#endif
	}
#pragma GCC unroll 16
	for (i = 0; i < MR; i++)
#pragma GCC unroll 4
		for (j = 0; j < nv; j++)
			acc[i][j] = r[i][j];
}

#define MICRO_KERNEL(n)                                                                            \
	static __attribute__((noinline, unused)) void micro_##n(int64_t k, const float *a,        \
								const float *b, int64_t ldb,      \
								const struct micro_out *o)        \
	{                                                                                          \
		vec acc[MR][NV];                                                                   \
                                                                                                   \
		micro_start(acc, n, o);                                                            \
		micro_loop(acc, n, k, a, b, ldb);                                                  \
		micro_store(acc, n, o);                                                            \
	}

MICRO_KERNEL(1)
MICRO_KERNEL(2)
#if NV >= 3
MICRO_KERNEL(3)
#endif

/* cols of B, at most NR; B's rows are readable up to the next whole vector. */
VEC_INLINE void micro(int64_t k, const float *a, const float *b, int64_t ldb,
		      const struct micro_out *o)
{
#if NV >= 3
	if (o->cols > 2 * VLEN) {
		micro_3(k, a, b, ldb, o);
		return;
	}
#endif
	if (o->cols > VLEN)
		micro_2(k, a, b, ldb, o);
	else
		micro_1(k, a, b, ldb, o);
}

#endif
