/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loops themselves, on plain pointers and geometry: the references that
 * define each operator, and the portable fast ones. They know nothing of
 * graphs. Buffers never overlap unless it is said.
 */
#ifndef SYNERGY_KERNELS_RAW_H
#define SYNERGY_KERNELS_RAW_H

#include "kernels/gemm.h"
#include "kernels/simd.h"
#include "kernels/window.h"

/* Definitions (*_ref.c). bias may be NULL. */
void synergy_conv_ref(const struct synergy_conv *c, const float *x, const float *w,
		      const float *bias, float *y);
/* indices (into the whole of x) may be NULL. */
void synergy_pool_ref(const struct synergy_pool *p, const float *x, float *y, int64_t *indices);
void synergy_lrn_ref(const struct synergy_lrn *p, const float *x, float *y);

/*
 * Convolution by im2col and the back end's GEMM, as Caffe does it: the whole
 * column matrix of one group at a time. A 1x1 kernel with stride 1 and no
 * padding uses the image as it lies and needs no workspace.
 */
size_t synergy_conv_im2col_floats(const struct synergy_conv *c);
void synergy_conv_im2col(const struct synergy_gemm_backend *gemm, const struct synergy_simd *simd,
			 const struct synergy_conv *c,
			 const float *x, const float *w, const float *bias, float *columns,
			 float *y);
/* Columns of one group of one image: [channels * kernel][outputs]. */
void synergy_im2col(const struct synergy_window *w, int64_t channels, const float *x,
		    float *columns);

#endif
