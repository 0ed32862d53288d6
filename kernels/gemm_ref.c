// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The definition of the GEMM interface: plain loops, products added up in
 * double precision. Not fast and not meant to be; the others are compared with it.
 */
#include "kernels/gemm.h"

static int ref_open(void)
{
	return 0;
}

static int ref_set_threads(int threads)
{
	(void)threads;
	return 0;
}

static void ref_sgemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a,
		      int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
	const int64_t a_row = trans_a ? 1 : lda, a_col = trans_a ? lda : 1;
	const int64_t b_row = trans_b ? 1 : ldb, b_col = trans_b ? ldb : 1;
	int64_t i, j, p;

	for (i = 0; i < m; i++) {
		for (j = 0; j < n; j++) {
			double sum = 0;

			for (p = 0; p < k; p++)
				sum += (double)a[i * a_row + p * a_col] * b[p * b_row + j * b_col];
			sum *= alpha;
			if (beta != 0)
				sum += (double)beta * c[i * ldc + j];
			c[i * ldc + j] = (float)sum;
		}
	}
}

static void ref_sgemv(bool trans_a, int rows, int cols, float alpha, const float *a, int lda,
		      const float *x, float beta, float *y)
{
	ref_sgemm(trans_a, false, trans_a ? cols : rows, 1, trans_a ? rows : cols, alpha, a, lda, x,
		  1, beta, y, 1);
}

const struct synergy_gemm_backend synergy_gemm_ref = {
	.name = "reference",
	.open = ref_open,
	.set_threads = ref_set_threads,
	.sgemm = ref_sgemm,
	.sgemv = ref_sgemv,
};
