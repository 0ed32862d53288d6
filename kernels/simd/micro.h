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

/* full: all MR rows and nv vectors exist; a constant where these are inlined. */
VEC_INLINE void micro_start(vec acc[MR][NV], int nv, const struct micro_out *o, bool full)
{
	int i, j;

	if (o->add) {
#pragma GCC unroll 16
		for (i = 0; i < MR; i++)
#pragma GCC unroll 4
			for (j = 0; j < nv; j++) {
				const float *c = o->c + i * o->ldc + j * VLEN;
				const int64_t left = o->cols - j * VLEN;

				if (full || (i < o->rows && left >= VLEN))
					acc[i][j] = vec_load(c);
				else
					acc[i][j] = i < o->rows ? vec_load_part(c, left) : (vec){};
			}
		return;
	}
#pragma GCC unroll 16
	for (i = 0; i < MR; i++) {
		const vec start = vec_splat(o->bias && (full || i < o->rows) ? o->bias[i] : 0);

#pragma GCC unroll 4
		for (j = 0; j < nv; j++)
			acc[i][j] = start;
	}
}

VEC_INLINE void micro_store(vec acc[MR][NV], int nv, const struct micro_out *o, bool full)
{
	const vec zero = {};
	int i, j;

	if (o->relu) {
#pragma GCC unroll 16
		for (i = 0; i < MR; i++)
#pragma GCC unroll 4
			for (j = 0; j < nv; j++)
				acc[i][j] = vec_max(acc[i][j], zero);
	}
#pragma GCC unroll 16
	for (i = 0; i < MR; i++) {
		if (!full && i >= o->rows)
			return;
#pragma GCC unroll 4
		for (j = 0; j < nv; j++) {
			float *c = o->c + i * o->ldc + j * VLEN;
			const int64_t left = o->cols - j * VLEN;

			if (full || left >= VLEN)
				vec_store(c, acc[i][j]);
			else
				vec_store_part(c, acc[i][j], left);
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
		if (o->rows == MR && o->cols == (n) * VLEN) {                                      \
			micro_start(acc, n, o, true);                                              \
			micro_loop(acc, n, k, a, b, ldb);                                          \
			micro_store(acc, n, o, true);                                              \
		} else {                                                                           \
			micro_start(acc, n, o, false);                                             \
			micro_loop(acc, n, k, a, b, ldb);                                          \
			micro_store(acc, n, o, false);                                             \
		}                                                                                  \
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
