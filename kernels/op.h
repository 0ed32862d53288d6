/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to kernels/op_*.c and kernels/kernel.c: the lists of kernels and the
 * few helpers that operators share.
 */
#ifndef SYNERGY_KERNELS_OP_H
#define SYNERGY_KERNELS_OP_H

#include "kernels/kernel.h"

typedef const struct synergy_kernel *const synergy_kernel_list[];

extern synergy_kernel_list synergy_conv_kernels, synergy_max_pool_kernels,
	synergy_avg_pool_kernels, synergy_global_pool_kernels, synergy_lrn_kernels,
	synergy_batch_norm_kernels, synergy_scale_kernels, synergy_gemm_kernels,
	synergy_matmul_kernels, synergy_binary_kernels, synergy_eltwise_kernels,
	synergy_map_kernels, synergy_prelu_kernels, synergy_clip_kernels, synergy_softmax_kernels,
	synergy_dropout_kernels, synergy_concat_kernels, synergy_split_kernels,
	synergy_move_kernels, synergy_pad_kernels, synergy_reduce_kernels, synergy_view_kernels,
	synergy_conv_transpose_kernels, synergy_layer_norm_kernels, synergy_resize_kernels,
	synergy_eval_kernels, synergy_eval_element_kernels, synergy_conv_integer_kernels,
	synergy_einsum_kernels, synergy_matmul_integer_kernels;

/* Products with weights packed at plan time (op_product.c). */
extern const struct synergy_kernel synergy_gemm_packed, synergy_matmul_packed;

/* Memory for packed weights, 64-byte aligned, for free(); *bytes grows by it. NULL: ENOMEM. */
float *synergy_packed_memory(size_t floats, size_t *bytes);

/* By the plain definition (op_eval.c): the last of many lists. */
extern const struct synergy_kernel synergy_kernel_eval, synergy_kernel_eval_elements;

/* Product of dims[begin..end-1]. */
static inline int64_t synergy_dims_product(const struct synergy_tensor *t, int begin, int end)
{
	int64_t p = 1;

	for (; begin < end; begin++)
		p *= t->dims[begin];
	return p;
}

/* Element strides of a dense tensor. */
static inline void synergy_dense_strides(const struct synergy_tensor *t, int64_t *stride)
{
	int64_t s = 1;
	int i;

	for (i = t->rank - 1; i >= 0; i--) {
		stride[i] = s;
		s *= t->dims[i];
	}
}

/* Strides with which t, broadcast as numpy does, is read for a result like `like`. */
static inline void synergy_broadcast_strides(const struct synergy_tensor *t,
					     const struct synergy_tensor *like, int64_t *stride)
{
	const int shift = like->rank - t->rank;
	int64_t dense[SYNERGY_MAX_RANK];
	int i;

	synergy_dense_strides(t, dense);
	for (i = 0; i < like->rank; i++)
		stride[i] = i < shift || t->dims[i - shift] == 1 ? 0 : dense[i - shift];
}

/*
 * Advances an index through dims, last fastest, and with it an element offset
 * that has the given strides. Wraps to zero after the last.
 */
static inline void synergy_advance(const struct synergy_tensor *t, int64_t *index,
				   const int64_t *stride, int64_t *offset)
{
	int i;

	for (i = t->rank - 1; i >= 0; i--) {
		*offset += stride[i];
		if (++index[i] < t->dims[i])
			return;
		*offset -= stride[i] * t->dims[i];
		index[i] = 0;
	}
}

static inline bool synergy_is_f32(const struct synergy_tensor *t)
{
	return !t || t->dtype == SYNERGY_F32;
}

/* Every input and the first output are float32: what arithmetic kernels take. */
static inline bool synergy_call_is_f32(const struct synergy_call *call)
{
	int i;

	for (i = 0; i < call->n_in; i++)
		if (!synergy_is_f32(call->in[i]))
			return false;
	return synergy_is_f32(call->out[0]);
}

/* y = x * scale + shift; y may be x. */
static inline void synergy_affine(const struct synergy_simd *simd, const float *x, float *y,
				  int64_t count, float scale, float shift)
{
	const struct synergy_map map = { SYNERGY_FN_AFFINE, scale, shift, 0 };

	simd->map(&map, x, y, count);
}

#endif
