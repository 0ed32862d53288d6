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
	const float *bias; /* rows' start; NULL: 0 */
	const float *from; /* added (often C itself); NULL: nothing */
	int64_t ld_from; /* 0: every row gets the same */
	bool has_min, has_max;
	float min, max;
};

/* full: all MR rows and nv vectors exist; a constant where these are inlined. */
VEC_INLINE void micro_start(vec acc[MR][NV], int nv, const struct micro_out *o, bool full)
{
	int i, j;

#pragma GCC unroll 16
	for (i = 0; i < MR; i++) {
		const vec start = vec_splat(o->bias && (full || i < o->rows) ? o->bias[i] : 0);

#pragma GCC unroll 4
		for (j = 0; j < nv; j++)
			acc[i][j] = start;
	}
	if (!o->from)
		return;
#pragma GCC unroll 16
	for (i = 0; i < MR; i++)
#pragma GCC unroll 4
		for (j = 0; j < nv; j++) {
			const float *c = o->from + i * o->ld_from + j * VLEN;
			const int64_t left = o->cols - j * VLEN;

			if (full || (i < o->rows && left >= VLEN))
				acc[i][j] += vec_load(c);
			else if (i < o->rows)
				acc[i][j] += vec_load_part(c, left);
		}
}

VEC_INLINE void micro_store(vec acc[MR][NV], int nv, const struct micro_out *o, bool full)
{
	/* Read once: a store to C could change *o for all that the compiler knows. */
	const int64_t ldc = o->ldc, cols = o->cols;
	const int rows = o->rows;
	const vec min = vec_splat(o->min), max = vec_splat(o->max);
	float *c = o->c;
	int i, j;

	if (o->has_min) {
#pragma GCC unroll 16
		for (i = 0; i < MR; i++)
#pragma GCC unroll 4
			for (j = 0; j < nv; j++)
				acc[i][j] = vec_max(acc[i][j], min);
	}
	if (o->has_max) {
#pragma GCC unroll 16
		for (i = 0; i < MR; i++)
#pragma GCC unroll 4
			for (j = 0; j < nv; j++)
				acc[i][j] = vec_at_most(acc[i][j], max);
	}
#pragma GCC unroll 16
	for (i = 0; i < MR; i++, c += ldc) {
		if (!full && i >= rows)
			return;
#pragma GCC unroll 4
		for (j = 0; j < nv; j++) {
			const int64_t left = cols - j * VLEN;

			if (full || left >= VLEN)
				vec_store(c + j * VLEN, acc[i][j]);
			else
				vec_store_part(c + j * VLEN, acc[i][j], left);
		}
	}
}

/* A short k loop ends before C's lines come from memory if they are asked for by the stores. */
VEC_INLINE void micro_prefetch(int nv, const struct micro_out *o)
{
#if defined(__x86_64__)
	int i, j;

#pragma GCC unroll 16
	for (i = 0; i < MR; i++)
#pragma GCC unroll 4
		for (j = 0; j < nv; j++)
			__builtin_prefetch(o->c + i * o->ldc + j * VLEN, 1);
#else
	(void)nv;
	(void)o;
#endif
}

/* One k; nv is a constant where this is inlined, so r lives in registers. */
VEC_INLINE void micro_step(vec r[MR][NV], int nv, const float *a, const float *b)
{
	vec row[NV];
	int i, j;

#if defined(__x86_64__)
	/* Weights that were last used an inference ago are far away. */
	__builtin_prefetch(a + 64 * MR);
#endif
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

VEC_INLINE void micro_copy(vec to[MR][NV], vec from[MR][NV], int nv)
{
	int i, j;

#pragma GCC unroll 16
	for (i = 0; i < MR; i++)
#pragma GCC unroll 4
		for (j = 0; j < nv; j++)
			to[i][j] = from[i][j];
}

VEC_INLINE void micro_loop(vec acc[MR][NV], int nv, int64_t k, const float *a, const float *b,
			   int64_t ldb)
{
	vec r[MR][NV];

	micro_copy(r, acc, nv);
	for (; k > 0; k--, a += MR, b += ldb)
		micro_step(r, nv, a, b);
	micro_copy(acc, r, nv);
}

/*
 * B's rows lie side by side: four at a time without an address to compute, where
 * instructions count (AArch64 loads two vectors at once). Returns the k left over.
 */
VEC_INLINE int64_t micro_dense(vec acc[MR][NV], int nv, int64_t k, const float **a, const float **b)
{
#if defined(__aarch64__)
	vec r[MR][NV];

	micro_copy(r, acc, nv);
	for (; k >= 4; k -= 4, *a += 4 * MR, *b += 4 * nv * VLEN) {
		micro_step(r, nv, *a, *b);
		micro_step(r, nv, *a + MR, *b + nv * VLEN);
		micro_step(r, nv, *a + 2 * MR, *b + 2 * nv * VLEN);
		micro_step(r, nv, *a + 3 * MR, *b + 3 * nv * VLEN);
	}
	micro_copy(acc, r, nv);
#else
	(void)acc, (void)nv, (void)a, (void)b;
#endif
	return k;
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
			if (!o->from && k <= 64)                                                    \
				micro_prefetch(n, o);                                              \
			if (ldb == (n) * VLEN)                                                     \
				k = micro_dense(acc, n, k, &a, &b);                                \
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

/*
 * The last columns, fewer than a vector: the lanes hold rows of C instead, so
 * that nothing is computed for columns that are not there.
 */
#if VLEN == 16
#define ROW_LANES 8
#define TAIL_MAX 12
#elif VLEN == 8
#define ROW_LANES 8 /* of which MR are rows: A is read past its end, see A_SLACK */
#define TAIL_MAX 4
#else
#define ROW_LANES 4
#define TAIL_MAX 3
#endif
#define ROW_VECS ((MR + ROW_LANES - 1) / ROW_LANES)
/* Floats after packed weights that may be read (and are not used). */
#define A_SLACK (ROW_VECS * ROW_LANES - MR)

typedef float row_vec __attribute__((vector_size(ROW_LANES * 4)));
typedef float row_vec_mem __attribute__((vector_size(ROW_LANES * 4), aligned(4), may_alias));

static __attribute__((unused)) void tail_store(const row_vec *sums, int n,
					       const struct micro_out *o)
{
	float lanes[ROW_VECS * ROW_LANES];
	int i, j;

	for (j = 0; j < n; j++) {
		memcpy(lanes, sums + j * ROW_VECS, sizeof(lanes));
		for (i = 0; i < o->rows; i++) {
			float *c = o->c + i * o->ldc + j;
			float y = lanes[i] + (o->bias ? o->bias[i] : 0);

			y += o->from ? o->from[i * o->ld_from + j] : 0;
			if (o->has_min)
				y = y > o->min ? y : o->min;
			*c = o->has_max && y > o->max ? o->max : y;
		}
	}
}

/* n columns; `deep` rows of B at a time, so that enough sums are under way. */
VEC_INLINE void tail_loop(int n, int deep, int64_t k, const float *a, const float *b, int64_t ldb,
			  const struct micro_out *o)
{
	row_vec acc[8][TAIL_MAX * ROW_VECS] = { 0 };
	int i, j, d;

	for (; k >= deep; k -= deep, a += deep * MR, b += deep * ldb)
#pragma GCC unroll 8
		for (d = 0; d < deep; d++)
#pragma GCC unroll 16
			for (j = 0; j < n; j++)
#pragma GCC unroll 4
				for (i = 0; i < ROW_VECS; i++)
					acc[d][j * ROW_VECS + i] +=
						*(const row_vec_mem *)(a + d * MR + i * ROW_LANES) *
						(b[d * ldb + j] - (row_vec){});
	for (; k > 0; k--, a += MR, b += ldb)
#pragma GCC unroll 16
		for (j = 0; j < n; j++)
#pragma GCC unroll 4
			for (i = 0; i < ROW_VECS; i++)
				acc[0][j * ROW_VECS + i] +=
					*(const row_vec_mem *)(a + i * ROW_LANES) *
					(b[j] - (row_vec){});
#pragma GCC unroll 8
	for (d = 1; d < deep; d++)
#pragma GCC unroll 16
		for (j = 0; j < n * ROW_VECS; j++)
			acc[0][j] += acc[d][j];
	tail_store(acc[0], n, o);
}

#define TAIL_KERNEL(n, deep)                                                                       \
	static __attribute__((noinline, unused)) void tail_##n(int64_t k, const float *a,         \
							       const float *b, int64_t ldb,       \
							       const struct micro_out *o)         \
	{                                                                                          \
		tail_loop(n, deep, k, a, b, ldb, o);                                               \
	}

TAIL_KERNEL(1, 8)
TAIL_KERNEL(2, 4)
TAIL_KERNEL(3, 4)
#if TAIL_MAX >= 4
TAIL_KERNEL(4, 2)
#endif
#if TAIL_MAX >= 12
TAIL_KERNEL(5, 2)
TAIL_KERNEL(6, 2)
TAIL_KERNEL(7, 2)
TAIL_KERNEL(8, 1)
TAIL_KERNEL(9, 1)
TAIL_KERNEL(10, 1)
TAIL_KERNEL(11, 1)
TAIL_KERNEL(12, 1)
#endif

typedef void tail_kernel(int64_t k, const float *a, const float *b, int64_t ldb,
			 const struct micro_out *o);

static tail_kernel *const tails[TAIL_MAX + 1] __attribute__((unused)) = {
	NULL, tail_1, tail_2, tail_3,
#if TAIL_MAX >= 4
	tail_4,
#endif
#if TAIL_MAX >= 12
	tail_5, tail_6, tail_7, tail_8, tail_9, tail_10, tail_11, tail_12,
#endif
};

VEC_INLINE void micro_whole(int64_t k, const float *a, const float *b, int64_t ldb,
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

/* cols of B, at most NR; B's rows are readable up to the next whole vector. */
VEC_INLINE void micro(int64_t k, const float *a, const float *b, int64_t ldb,
		      const struct micro_out *o)
{
	const int64_t tail = o->cols % VLEN, whole = o->cols - tail;
	struct micro_out part = *o;

	if (!tail || tail > TAIL_MAX) {
		micro_whole(k, a, b, ldb, o);
		return;
	}
	if (whole) {
		part.cols = whole;
		micro_whole(k, a, b, ldb, &part);
	}
	part.c += whole;
	part.from = o->from ? o->from + whole : NULL;
	part.cols = tail;
	tails[tail](k, a, b + whole, ldb, &part);
}

#endif
