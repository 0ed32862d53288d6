/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fast loops, written once in portable vector code (kernels/simd/) and
 * compiled once per instruction set; the table to use is chosen at run time, so
 * one binary runs on any processor of its architecture.
 */
#ifndef SYNERGY_KERNELS_SIMD_H
#define SYNERGY_KERNELS_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/threads.h"
#include "kernels/window.h"
#include "model/function.h"

#define SYNERGY_LRN_CHUNK 256

enum synergy_zip {
	SYNERGY_ZIP_ADD,
	SYNERGY_ZIP_SUB,
	SYNERGY_ZIP_MUL,
	SYNERGY_ZIP_DIV,
	SYNERGY_ZIP_MAX,
	SYNERGY_ZIP_MIN,
	SYNERGY_ZIP_PRELU,		/* a < 0 ? a b : a */
};

/* A matrix product whose right side is packed: m rows of a, n columns, k products each. */
struct synergy_product {
	int64_t m, n, k;
	const float *a, *packed;
	int64_t lda;
	const float *from; /* added; NULL: nothing */
	int64_t ld_from; /* 0: every row gets the same */
	float *c;
	int64_t ldc;
	struct synergy_post post; /* no residual: that is `from` */
};

struct synergy_simd {
	const char *name; /* "neon", "avx2", "avx512", "baseline" */
	int width; /* floats in a vector */

	/* Element by element; y may be x. False: there is no fast loop for this function. */
	bool (*map)(const struct synergy_map *map, const float *x, float *y, int64_t count);
	/* y = a op b; an operand whose step is 0 is one number. y may be a or b. */
	void (*zip)(enum synergy_zip op, const float *a, int a_step, const float *b, int b_step,
		    float *y, int64_t count);
	/* y[r * ldy + c] = x[c * ldx + r], any 4-byte elements */
	void (*transpose)(const float *x, int64_t ldx, float *y, int64_t ldy, int64_t rows,
			  int64_t columns);
	/* exp(x - max) into y; returns the sum. */
	float (*exp_sum)(const float *x, float *y, int64_t count, float max);
	float (*max)(const float *x, int64_t count);
	float (*sum)(const float *x, int64_t count);
	float (*dot)(const float *a, const float *b, int64_t count);
	/*
	 * Across channels, with beta 0.75, 0.5 or 1; pixels in chunks of
	 * SYNERGY_LRN_CHUNK of each image, of which begin..end-1 are done.
	 */
	void (*lrn_across)(const struct synergy_lrn *p, const float *x, float *y, int64_t begin,
			   int64_t end);

	/*
	 * Convolution of images (depth 1) without a column matrix, any groups.
	 * Weights are packed once into direct_packed_floats().
	 */
	size_t (*direct_packed_floats)(const struct synergy_conv *c);
	void (*direct_pack)(const struct synergy_conv *c, const float *w, float *packed);
	size_t (*direct_workspace_floats)(const struct synergy_conv *c, int threads);
	void (*direct_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
			    const float *x, const float *packed, const float *bias,
			    float *workspace, float *y);

	/* Images, one input channel per group, any number of outputs per group. */
	size_t (*depthwise_workspace_floats)(const struct synergy_conv *c, int threads);
	void (*depthwise_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
			       const float *x, const float *w, const float *bias, float *workspace,
			       float *y);

	/*
	 * Images, 3x3, stride 1, no dilation, one group; tile is 4 (faster) or 2
	 * (more exact, and better for small images).
	 */
	size_t (*winograd_packed_floats)(const struct synergy_conv *c, int tile);
	void (*winograd_pack)(const struct synergy_conv *c, int tile, const float *weights,
			      float *packed);
	size_t (*winograd_workspace_floats)(const struct synergy_conv *c, int tile, int threads);
	void (*winograd_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
			      int tile, const float *x, const float *packed, const float *bias,
			      float *workspace, float *y);

	/*
	 * C = from + A B, with B ([k][n], or with trans [n][k]) packed once. The workspace is
	 * for that many threads.
	 */
	size_t (*product_packed_floats)(int64_t n, int64_t k);
	void (*product_pack)(int64_t n, int64_t k, const float *b, int64_t ldb, bool trans,
			     float *packed);
	size_t (*product_workspace_floats)(const struct synergy_product *p, int threads);
	void (*product)(struct synergy_threads *threads, const struct synergy_product *p,
			float *workspace);

	/*
	 * c[i][j] = row i of a times row j of b, each of k numbers (a multiple of 16): sums in
	 * 32 bits, which must be enough.
	 */
	void (*integer_product)(const int16_t *a, int64_t m, const int16_t *b, int64_t n,
				int64_t k, int32_t *c, int64_t ldc);
	/*
	 * y[i] = synergy_requantise(sums[i], factor * scale[i * scale_step], zero, ...), as
	 * u8 or i8.
	 */
	void (*integer_store)(const int32_t *sums, int64_t count, double factor,
			      const float *scale, int scale_step, int32_t zero, bool is_signed,
			      void *y);
	/* sums[i] += w * x[i * step] */
	void (*integer_taps)(const int16_t *x, int64_t step, int32_t w, int32_t *sums,
			     int64_t count);

	/* Images, no dilation; planes begin..end-1. The workspace is one thread's. */
	size_t (*pool_workspace_floats)(const struct synergy_pool *p, int threads);
	void (*pool)(const struct synergy_pool *p, const float *x, float *workspace, float *y,
		     int64_t begin, int64_t end);
};

/* The best table for this processor. */
const struct synergy_simd *synergy_simd_best(void);
/* The i-th table that this processor can run, best first; NULL past the last. */
const struct synergy_simd *synergy_simd_at(size_t i);

#endif
