/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one small interface behind which every matrix multiplication library
 * sits: OpenBLAS (the papers' first), Eigen (their second), BLIS, and a plain
 * reference. Chosen by name at run time. A back end never changes its number of
 * threads unless set_threads() asked for it.
 */
#ifndef SYNERGY_KERNELS_GEMM_H
#define SYNERGY_KERNELS_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct synergy_gemm_backend {
	const char *name;
	/*
	 * Makes the library ready: 0, or -1 with errno (ENOSYS: not built in,
	 * ENOENT: its shared library is not installed). Call it once, outside
	 * any measurement; it may load a library and allocate.
	 */
	int (*open)(void);
	/* Number of threads the library may use; 1 is what open() sets. */
	int (*set_threads)(int threads);
	/*
	 * Row-major C[m][n] = alpha * op(A)[m][k] * op(B)[k][n] + beta * C.
	 * With beta 0, C is written and never read. Leading dimensions are in
	 * elements, of A and B as stored. Nothing fails: sizes fit int.
	 */
	void (*sgemm)(bool trans_a, bool trans_b, int m, int n, int k, float alpha,
		      const float *a, int lda, const float *b, int ldb, float beta, float *c,
		      int ldc);
	/* y[m] = op(A) * x + beta * y; A is rows x cols as stored. */
	void (*sgemv)(bool trans_a, int rows, int cols, float alpha, const float *a, int lda,
		      const float *x, float beta, float *y);
};

/* The back end of that name, or NULL with errno ENOENT. Not opened yet. */
const struct synergy_gemm_backend *synergy_gemm_find(const char *name);
/* The i-th back end's name in order of preference, NULL past the last. */
const char *synergy_gemm_name(size_t i);

extern const struct synergy_gemm_backend synergy_gemm_openblas;
extern const struct synergy_gemm_backend synergy_gemm_blis;
extern const struct synergy_gemm_backend synergy_gemm_eigen;
extern const struct synergy_gemm_backend synergy_gemm_ref;

#ifdef __cplusplus
}
#endif

#endif
