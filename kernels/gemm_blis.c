// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * BLIS behind the GEMM interface, through its own typed API. BLIS exports
 * cblas_* like OpenBLAS does, so it is never linked: it is loaded with
 * RTLD_LOCAL when it is asked for, and stays loaded.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "kernels/gemm.h"

/* From BLIS's typed API (docs/BLISTypedAPI.md): dim_t and inc_t are 64-bit. */
typedef void (*bli_sgemm_fn)(int trans_a, int trans_b, int64_t m, int64_t n, int64_t k,
			     const float *alpha, const float *a, int64_t rsa, int64_t csa,
			     const float *b, int64_t rsb, int64_t csb, const float *beta, float *c,
			     int64_t rsc, int64_t csc);
typedef void (*bli_sgemv_fn)(int trans_a, int conj_x, int64_t m, int64_t n, const float *alpha,
			     const float *a, int64_t rsa, int64_t csa, const float *x, int64_t incx,
			     const float *beta, float *y, int64_t incy);
typedef void (*bli_threads_fn)(int64_t threads);

#define BLIS_NO_TRANSPOSE 0
#define BLIS_TRANSPOSE 0x08
#define BLIS_NO_CONJUGATE 0

static struct {
	void *library;
	bli_sgemm_fn sgemm;
	bli_sgemv_fn sgemv;
	bli_threads_fn set_threads;
} blis;

static int blis_open(void)
{
	static const char *const names[] = { "libblis.so.4", "libblis.so" };
	void *library = NULL;
	size_t i;

	if (blis.library) {
		blis.set_threads(1);
		return 0;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !library; i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		errno = ENOENT;
		return -1;
	}
	blis.sgemm = (bli_sgemm_fn)dlsym(library, "bli_sgemm");
	blis.sgemv = (bli_sgemv_fn)dlsym(library, "bli_sgemv");
	blis.set_threads = (bli_threads_fn)dlsym(library, "bli_thread_set_num_threads");
	if (!blis.sgemm || !blis.sgemv || !blis.set_threads) {
		dlclose(library);
		errno = ENOSYS;
		return -1;
	}
	blis.library = library;
	blis.set_threads(1);
	return 0;
}

static int blis_threads(int threads)
{
	blis.set_threads(threads);
	return 0;
}

static void blis_sgemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a,
		       int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
	blis.sgemm(trans_a ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE,
		   trans_b ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE, m, n, k, &alpha, a, lda, 1, b, ldb,
		   1, &beta, c, ldc, 1);
}

static void blis_sgemv(bool trans_a, int rows, int cols, float alpha, const float *a, int lda,
		       const float *x, float beta, float *y)
{
	blis.sgemv(trans_a ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE, BLIS_NO_CONJUGATE, rows, cols,
		   &alpha, a, lda, 1, x, 1, &beta, y, 1);
}

const struct synergy_gemm_backend synergy_gemm_blis = {
	.name = "blis",
	.open = blis_open,
	.set_threads = blis_threads,
	.sgemm = blis_sgemm,
	.sgemv = blis_sgemv,
};
