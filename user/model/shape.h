/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operators' shape and work functions, and what they share; private to user/model. */
#ifndef SYNERGY_MODEL_SHAPE_H
#define SYNERGY_MODEL_SHAPE_H

#include "model/build.h"

typedef int synergy_shape_fn(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err);
typedef void synergy_work_fn(const struct synergy_graph *graph, const struct synergy_node *node,
			     struct synergy_work *work);

synergy_shape_fn synergy_shape_conv, synergy_shape_pool, synergy_shape_global_pool,
	synergy_shape_channelwise, synergy_shape_batch_norm, synergy_shape_scale;
synergy_shape_fn synergy_shape_gemm, synergy_shape_matmul, synergy_shape_broadcast,
	synergy_shape_same, synergy_shape_prelu, synergy_shape_softmax, synergy_shape_clip,
	synergy_shape_dropout, synergy_shape_cast;
synergy_shape_fn synergy_shape_concat, synergy_shape_split, synergy_shape_slice,
	synergy_shape_pad, synergy_shape_transpose, synergy_shape_reduce, synergy_shape_gather,
	synergy_shape_expand;
synergy_shape_fn synergy_shape_flatten, synergy_shape_reshape, synergy_shape_squeeze,
	synergy_shape_unsqueeze, synergy_shape_constant, synergy_shape_constant_of_shape,
	synergy_shape_shape;

synergy_shape_fn synergy_shape_compare, synergy_shape_not, synergy_shape_where, synergy_shape_arg,
	synergy_shape_top_k, synergy_shape_cum_sum, synergy_shape_tile, synergy_shape_range,
	synergy_shape_one_hot, synergy_shape_trilu, synergy_shape_gather_elements,
	synergy_shape_gather_nd, synergy_shape_scatter_nd, synergy_shape_scatter_elements,
	synergy_shape_depth_space;

synergy_shape_fn synergy_shape_conv_transpose, synergy_shape_resize, synergy_shape_layer_norm,
	synergy_shape_group_norm, synergy_shape_quantize, synergy_shape_dequantize,
	synergy_shape_einsum, synergy_shape_dynamic_quantize, synergy_shape_conv_integer, synergy_shape_matmul_integer;

synergy_work_fn synergy_work_conv_transpose, synergy_work_einsum, synergy_work_resize, synergy_work_normalise;
synergy_work_fn synergy_work_conv, synergy_work_pool, synergy_work_global_pool, synergy_work_lrn,
	synergy_work_gemm, synergy_work_matmul, synergy_work_two_each, synergy_work_eltwise,
	synergy_work_one_each, synergy_work_softmax, synergy_work_one_per_input;

/* Output i gets this dtype and shape; an omitted output is nothing to do. */
int synergy_set_output(struct synergy_graph *graph, const struct synergy_node *node, int i,
		       enum synergy_dtype dtype, int rank, const int64_t *dims,
		       struct synergy_error *err);
int synergy_set_output_like(struct synergy_graph *graph, const struct synergy_node *node, int i,
			    const struct synergy_tensor *like, struct synergy_error *err);

/* A negative axis counts from the end; range checked: 0..rank-1, or ..rank with end_too. */
int synergy_resolve_axis(const struct synergy_graph *graph, const struct synergy_node *node,
			 int *axis, int rank, bool end_too, struct synergy_error *err);

/* f32 or f64, all inputs alike, else ENOTSUP: what the kernels compute in. */
int synergy_require_float(const struct synergy_graph *graph, const struct synergy_node *node,
			  struct synergy_error *err);

/*
 * The constant integers of input i (i64 or i32, rank 0 or 1, at most max):
 * their number, or -1 with an error that names the input when it is not
 * constant. 0 and *given = false when it is omitted.
 */
int synergy_constant_ints(const struct synergy_graph *graph, const struct synergy_node *node,
			  int i, int64_t *values, int max, bool *given,
			  struct synergy_error *err);

/* The error of an input whose value must be known before shapes are. */
int synergy_deciding_error(const struct synergy_graph *graph, const struct synergy_node *node,
			   int tensor, struct synergy_error *err);

int synergy_broadcast_dims(const struct synergy_graph *graph, const struct synergy_node *node,
			   int *rank, int64_t *dims, const struct synergy_tensor *with,
			   struct synergy_error *err);

/* A convolution's output and what its parameters leave out; types are the caller's matter. */
int synergy_conv_dims(const struct synergy_graph *graph, struct synergy_node *node,
		      const struct synergy_tensor *x, const struct synergy_tensor *weight,
		      const struct synergy_tensor *bias, int64_t *dims, struct synergy_error *err);

/* The product of two matrices, or of stacks of them, as numpy has it: its rank, or -1. */
int synergy_matmul_dims(const struct synergy_graph *graph, const struct synergy_node *node,
			const struct synergy_tensor *a, const struct synergy_tensor *b,
			int64_t *dims, struct synergy_error *err);

/* Counts of work saturate here; a node that reaches it is refused. */
#define SYNERGY_MAX_WORK	(1ULL << 60)

static inline uint64_t synergy_mul_work(uint64_t a, uint64_t b)
{
	uint64_t p;

	return __builtin_mul_overflow(a, b, &p) || p > SYNERGY_MAX_WORK ? SYNERGY_MAX_WORK : p;
}

#endif
