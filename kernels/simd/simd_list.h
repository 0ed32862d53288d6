/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What kernels/simd/ offers, by the names that the including file's instruction
 * set gives them. Private to kernels/simd/.
 */
#ifndef SYNERGY_SIMD_LIST_H
#define SYNERGY_SIMD_LIST_H

#include "kernels/simd.h"
#include "kernels/simd/vec.h"

bool SIMD(map)(const struct synergy_map *map, const float *x, float *y, int64_t count);
void SIMD(transpose)(const float *x, int64_t ldx, float *y, int64_t ldy, int64_t rows,
		     int64_t columns);
void SIMD(zip)(enum synergy_zip op, const float *a, int a_step, const float *b, int b_step,
	       float *y, int64_t count);
float SIMD(exp_sum)(const float *x, float *y, int64_t count, float max);
float SIMD(max)(const float *x, int64_t count);
float SIMD(sum)(const float *x, int64_t count);
float SIMD(dot)(const float *a, const float *b, int64_t count);
void SIMD(lrn_across)(const struct synergy_lrn *p, const float *x, float *y, int64_t begin,
		      int64_t end);

size_t SIMD(direct_packed_floats)(const struct synergy_conv *c);
void SIMD(direct_pack)(const struct synergy_conv *c, const float *w, float *packed);
size_t SIMD(direct_workspace_floats)(const struct synergy_conv *c, int threads);
void SIMD(direct_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
		       const float *x, const float *packed, const float *bias, float *workspace,
		       float *y);

size_t SIMD(depthwise_workspace_floats)(const struct synergy_conv *c, int threads);
void SIMD(depthwise_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
		const float *x, const float *w, const float *bias, float *workspace, float *y);
size_t SIMD(winograd_packed_floats)(const struct synergy_conv *c, int tile);
void SIMD(winograd_pack)(const struct synergy_conv *c, int tile, const float *weights,
		float *packed);
size_t SIMD(winograd_workspace_floats)(const struct synergy_conv *c, int tile, int threads);
void SIMD(winograd_conv)(struct synergy_threads *threads, const struct synergy_conv *c, int tile,
		const float *x, const float *packed, const float *bias, float *workspace,
		float *y);
size_t SIMD(product_packed_floats)(int64_t n, int64_t k);
void SIMD(product_pack)(int64_t n, int64_t k, const float *b, int64_t ldb, bool trans,
			float *packed);
size_t SIMD(product_workspace_floats)(const struct synergy_product *p, int threads);
void SIMD(product)(struct synergy_threads *threads, const struct synergy_product *p,
		   float *workspace);
void SIMD(integer_product)(const int16_t *a, int64_t m, const int16_t *b, int64_t n, int64_t k,
			   int32_t *c, int64_t ldc);
void SIMD(integer_store)(const int32_t *sums, int64_t count, double factor, const float *scale,
			 int scale_step, int32_t zero, bool is_signed, void *y);
void SIMD(integer_taps)(const int16_t *x, int64_t step, int32_t w, int32_t *sums, int64_t count);
size_t SIMD(pool_workspace_floats)(const struct synergy_pool *p, int threads);
void SIMD(pool)(const struct synergy_pool *p, const float *x, float *workspace, float *y,
		int64_t begin, int64_t end);

#endif
