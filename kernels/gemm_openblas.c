// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * OpenBLAS behind the GEMM interface: the default, and the papers' library.
 * The only file that includes cblas.h.
 */
#include <cblas.h>

#include "kernels/gemm.h"

static int openblas_open(void)
{
	openblas_set_num_threads(1);
	return 0;
}

static int openblas_threads(int threads)
{
	openblas_set_num_threads(threads);
	return 0;
}

static void openblas_sgemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha,
			   const float *a, int lda, const float *b, int ldb, float beta, float *c,
			   int ldc)
{
	cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans,
		    trans_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c,
		    ldc);
}

static void openblas_sgemv(bool trans_a, int rows, int cols, float alpha, const float *a, int lda,
			   const float *x, float beta, float *y)
{
	cblas_sgemv(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, rows, cols, alpha, a, lda,
		    x, 1, beta, y, 1);
}

const struct synergy_gemm_backend synergy_gemm_openblas = {
	.name = "openblas",
	.open = openblas_open,
	.set_threads = openblas_threads,
	.sgemm = openblas_sgemm,
	.sgemv = openblas_sgemv,
};
