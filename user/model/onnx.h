/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the ONNX reader share; private to them. */
#ifndef SYNERGY_MODEL_ONNX_H
#define SYNERGY_MODEL_ONNX_H

#include "model/build.h"
#include "model/onnx.pb-c.h"
#include "model/protobuf.h"

#define SYNERGY_ONNX_MIN_OPSET	1
#define SYNERGY_ONNX_MAX_OPSET	23

/* A node of the file, or of a function of it that is called. */
struct synergy_onnx_item {
	Onnx__NodeProto *proto;
	int opset;			/* of the default domain */
	bool shared;			/* its attributes may be read again: nothing is taken over */
};

struct synergy_onnx {
	struct synergy_graph *graph;
	const struct synergy_graph_options *options;
	struct synergy_error *err;
	int opset;			/* of the default domain */
	/* All nodes, calls of functions replaced (onnx_function.c); the graph's memory. */
	struct synergy_onnx_item *nodes;
	size_t n_nodes;
	bool shared;			/* of the node being made */
	bool widen;			/* float16 is read as float32 (onnx_half.c) */
	struct synergy_unsupported unsupported;
	struct synergy_protobuf_memory *protobuf;
	ProtobufCMessage **kept;	/* unpacked besides the model; freed at the end */
	size_t n_kept;
	/* The external data file opened last; NULL: none. */
	char *external_path;
	struct synergy_file external;
};

/*
 * A node being made. Attributes are marked as they are asked for; what is left
 * at the end is unknown, and refused by name.
 */
struct synergy_onnx_node {
	struct synergy_onnx *onnx;
	const Onnx__NodeProto *proto;
	int index;			/* of the graph's node */
	uint64_t asked;			/* bit i: attribute i was asked for */
};

/* The TensorProto's value as constant data of a tensor; large blocks are taken over. */
int synergy_onnx_constant(struct synergy_onnx *onnx, Onnx__TensorProto *proto, int tensor);

/* The nodes to read, from the graph's and its functions'; EINVAL, EFBIG, ENOTSUP. */
int synergy_onnx_inline(struct synergy_onnx *onnx, const Onnx__ModelProto *model);

/* Sets widen if the nodes compute with float16; noted. */
int synergy_onnx_find_half(struct synergy_onnx *onnx, const Onnx__GraphProto *graph);

/* What a type of the file is read as; a constant of the file as that. */
enum synergy_dtype synergy_onnx_dtype(const struct synergy_onnx *onnx, int type);
int synergy_onnx_widen(struct synergy_onnx *onnx, int tensor);

/* Free this message when all is read; 0, or -1 with ENOMEM. */
int synergy_onnx_keep(struct synergy_onnx *onnx, ProtobufCMessage *message);

/* An operator of the default domain that we have. */
bool synergy_onnx_is_known(const Onnx__NodeProto *node);

/* Set kind and parameters of a node that is already in the graph with inputs and outputs. */
int synergy_onnx_translate(struct synergy_onnx_node *n);

/* Operator i of the table and the first opset that has it; NULL behind the last. */
const char *synergy_onnx_operator(size_t i, int *since);

/* Kind of an operator, before its node is made: SYNERGY_OP_COUNT when it is not known. */
enum synergy_op_kind synergy_onnx_kind(const char *op_type);

/*
 * Attributes by name. Each returns 1 given, 0 not given (*out untouched), -1
 * error: wrong type, out of range, too many values.
 */
int synergy_onnx_int(struct synergy_onnx_node *n, const char *name, int64_t min, int64_t max,
		     int64_t *out);
int synergy_onnx_float(struct synergy_onnx_node *n, const char *name, float *out);
int synergy_onnx_ints(struct synergy_onnx_node *n, const char *name, int64_t *out, int max,
		      int *count);
int synergy_onnx_string(struct synergy_onnx_node *n, const char *name, char *out, size_t size);
int synergy_onnx_tensor(struct synergy_onnx_node *n, const char *name, Onnx__TensorProto **out);
const Onnx__AttributeProto *synergy_onnx_attribute(struct synergy_onnx_node *n, const char *name);
void synergy_onnx_ignore(struct synergy_onnx_node *n, const char *name);
int synergy_onnx_no_others(struct synergy_onnx_node *n);

/* The graph's node and the opset; a flag (0 or 1); an axis; one of several words. */
struct synergy_node *synergy_onnx_node_of(const struct synergy_onnx_node *n);
int synergy_onnx_opset(const struct synergy_onnx_node *n);
int synergy_onnx_flag(struct synergy_onnx_node *n, const char *name, bool *out);
int synergy_onnx_axis(struct synergy_onnx_node *n, int64_t unset, int *out);
int synergy_onnx_word(struct synergy_onnx_node *n, const char *name, const char *const *words,
		      int count, int *out);

/* Operators of onnx_op.c, for the table in onnx_operators.c. */
int synergy_onnx_activation(struct synergy_onnx_node *n);
int synergy_onnx_batch_norm(struct synergy_onnx_node *n);
int synergy_onnx_binary(struct synergy_onnx_node *n);
int synergy_onnx_clip(struct synergy_onnx_node *n);
int synergy_onnx_conv(struct synergy_onnx_node *n);
int synergy_onnx_conv_transpose(struct synergy_onnx_node *n);
int synergy_onnx_einsum(struct synergy_onnx_node *n);
int synergy_onnx_dropout(struct synergy_onnx_node *n);
int synergy_onnx_eltwise(struct synergy_onnx_node *n);
int synergy_onnx_gelu(struct synergy_onnx_node *n);
int synergy_onnx_gemm(struct synergy_onnx_node *n);
int synergy_onnx_lrn(struct synergy_onnx_node *n);
int synergy_onnx_no_parameters(struct synergy_onnx_node *n);
int synergy_onnx_parametric(struct synergy_onnx_node *n);
int synergy_onnx_pool(struct synergy_onnx_node *n);
int synergy_onnx_prelu(struct synergy_onnx_node *n);
int synergy_onnx_softmax(struct synergy_onnx_node *n);
int synergy_onnx_unary(struct synergy_onnx_node *n);

/* Operators of onnx_move.c. */
int synergy_onnx_concat(struct synergy_onnx_node *n);
int synergy_onnx_split(struct synergy_onnx_node *n);
int synergy_onnx_slice(struct synergy_onnx_node *n);
int synergy_onnx_pad(struct synergy_onnx_node *n);
int synergy_onnx_transpose(struct synergy_onnx_node *n);
int synergy_onnx_reduce(struct synergy_onnx_node *n);
int synergy_onnx_flatten(struct synergy_onnx_node *n);
int synergy_onnx_reshape(struct synergy_onnx_node *n);
int synergy_onnx_squeeze(struct synergy_onnx_node *n);
int synergy_onnx_gather(struct synergy_onnx_node *n);
int synergy_onnx_cast(struct synergy_onnx_node *n);
int synergy_onnx_translate_constant(struct synergy_onnx_node *n);
int synergy_onnx_constant_of_shape(struct synergy_onnx_node *n);
int synergy_onnx_translate_shape(struct synergy_onnx_node *n);

/* Operators of onnx_index.c. */
int synergy_onnx_arg(struct synergy_onnx_node *n);
int synergy_onnx_cast_like(struct synergy_onnx_node *n);
int synergy_onnx_cum_sum(struct synergy_onnx_node *n);
int synergy_onnx_depth_space(struct synergy_onnx_node *n);
int synergy_onnx_gather_nd(struct synergy_onnx_node *n);
int synergy_onnx_mod(struct synergy_onnx_node *n);
int synergy_onnx_one_hot(struct synergy_onnx_node *n);
int synergy_onnx_scatter(struct synergy_onnx_node *n);
int synergy_onnx_scatter_nd(struct synergy_onnx_node *n);
int synergy_onnx_top_k(struct synergy_onnx_node *n);
int synergy_onnx_trilu(struct synergy_onnx_node *n);

/* Operators of onnx_image.c. */
int synergy_onnx_resize(struct synergy_onnx_node *n);
int synergy_onnx_layer_norm(struct synergy_onnx_node *n);
int synergy_onnx_group_norm(struct synergy_onnx_node *n);
int synergy_onnx_quantize(struct synergy_onnx_node *n);

/* Attribute `name`, if it is there, as constant input i (at most max integers): 1, 0 or -1. */
int synergy_onnx_attribute_to_input(struct synergy_onnx_node *n, const char *name, int i, int max);
/* The same for values that are at hand: 0 or -1. */
int synergy_onnx_ints_to_input(struct synergy_onnx_node *n, const char *name, int i,
			       const int64_t *values, int count);

#define synergy_onnx_error(n, errno_value, ...)                                                  \
	synergy_node_error((n)->onnx->graph, &(n)->onnx->graph->nodes[(n)->index], (n)->onnx->err, \
			   errno_value, __VA_ARGS__)

#endif
