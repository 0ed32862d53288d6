/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One graph form for every model file: tensors, nodes in the order they run,
 * inputs and outputs. The readers fill it; the planner, the executor, the work
 * counts and the predictor read it. A graph that synergy_graph_load() returned
 * is checked: indices are in range, nodes are in topological order, every
 * shape is known and every element and byte count fits. Single assignment:
 * a Caffe layer that works in place writes a tensor of its own here, and the
 * planner may let both share memory.
 *
 * Nothing here prints or exits. Errors: -1, errno and a line in *err naming
 * file, node, field and value. errno is ENOENT, EACCES, EISDIR... from
 * opening, EINVAL for a bad file, ENOTSUP for an operator or feature that is
 * not supported, EFBIG for a limit, ENOMEM, EIO.
 */
#ifndef SYNERGY_MODEL_GRAPH_H
#define SYNERGY_MODEL_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"
#include "model/op.h"

/* The numbers are ONNX's TensorProto.DataType. */
enum synergy_dtype {
	SYNERGY_F32 = 1,
	SYNERGY_U8 = 2,
	SYNERGY_I8 = 3,
	SYNERGY_U16 = 4,
	SYNERGY_I16 = 5,
	SYNERGY_I32 = 6,
	SYNERGY_I64 = 7,
	SYNERGY_BOOL = 9,		/* one byte, 0 or 1 */
	SYNERGY_F16 = 10,
	SYNERGY_F64 = 11,
	SYNERGY_U32 = 12,
	SYNERGY_U64 = 13,
};

/* Limits on what a file may ask for; beyond them: EFBIG. */
#define SYNERGY_MAX_NODES	65536
#define SYNERGY_MAX_TENSORS	262144
#define SYNERGY_MAX_NODE_IO	4096		/* inputs, or outputs, of one node */
#define SYNERGY_MAX_NAME	1024		/* bytes of a name */
#define SYNERGY_MAX_FILE_BYTES	(2147483648ULL)
#define SYNERGY_MAX_ELEMENTS	(1LL << 40)	/* of one tensor */

struct synergy_tensor {
	const char *name;		/* unique in the graph; the graph's memory */
	enum synergy_dtype dtype;
	int rank;			/* 0: a scalar; -1 while unknown (never after load) */
	int64_t dims[SYNERGY_MAX_RANK];
	int64_t count;			/* elements: the product of dims; may be 0 */
	size_t bytes;			/* count times the size of dtype */
	/*
	 * Constant data, 64-byte aligned, native byte order; NULL for what is
	 * computed or given at run time. Owned by the graph. A constant that
	 * no node reads, and with options.skip_weights any constant, has
	 * is_const but no data.
	 */
	void *data;
	bool is_const;
	int producer;			/* node index, or -1: constant or graph input */
};

struct synergy_node {
	const char *name;		/* the file's, or "<op>_<index>" */
	enum synergy_op_kind kind;
	const char *op_type;		/* the file's word: "Conv", "Convolution" */
	int opset;			/* ONNX: of the node's domain; Caffe: 0 */
	int line;			/* prototxt line, or 0 */
	int n_inputs, n_outputs;
	int *inputs;			/* tensor indices; -1: omitted */
	int *outputs;			/* the same */
	union synergy_op_params p;
};

enum synergy_format {
	SYNERGY_FORMAT_ONNX,
	SYNERGY_FORMAT_CAFFE,
};

struct synergy_graph_memory;		/* what owns names, arrays and data */

struct synergy_graph {
	const char *path;		/* as given */
	const char *name;		/* the network's name in the file, or the file's base name */
	enum synergy_format format;
	int opset;			/* ONNX default domain; 0 in Caffe */
	char sha256[65];		/* of the model file, lower-case hexadecimal */
	char weights_sha256[65];	/* of the .caffemodel, or "" */
	bool partial;			/* has what is not supported: options.keep_unsupported */
	bool random_weights;		/* weights were made from .seed */
	uint64_t seed;

	struct synergy_tensor *tensors;
	int n_tensors;
	struct synergy_node *nodes;	/* in execution order; the index is the layer's id */
	int n_nodes;
	int *inputs;			/* tensor indices of run-time inputs, in the file's order */
	int n_inputs;
	int *outputs;			/* tensor indices, in the file's order; may be constant */
	int n_outputs;

	/* What its reader should know though it is no error, a line each, for people. */
	const char **notes;
	int n_notes;

	struct synergy_graph_memory *memory;
};

/* A fixed shape for a graph input. */
struct synergy_input_shape {
	const char *name;		/* NULL: the graph's only input */
	int rank;
	int64_t dims[SYNERGY_MAX_RANK];
};

#define SYNERGY_OPEN_DIM	(-1)

/* A graph input as the file declares it. */
struct synergy_input_question {
	const char *name;
	int place;			/* among the run-time inputs, from 0 */
	enum synergy_dtype dtype;
	int rank;			/* -1: not declared */
	int64_t dims[SYNERGY_MAX_RANK];	/* SYNERGY_OPEN_DIM: any */
};

/* A graph input whose value is known now; it becomes a constant (copied). */
struct synergy_input_value {
	const char *name;
	enum synergy_dtype dtype;
	int rank;
	int64_t dims[SYNERGY_MAX_RANK];
	const void *data;
};

/*
 * Asked while a graph is loaded. shape: for each run-time input that no shape was given
 * for, in the file's order. value: for inputs that decide shapes by their value (a
 * Reshape's second), once the nodes are known; data need only live until it returns.
 * Both return 1 (filled in), 0 (not known) or -1 with *err and errno.
 */
struct synergy_input_asker {
	int (*shape)(void *arg, const struct synergy_input_question *question,
		     struct synergy_input_shape *shape, struct synergy_error *err);
	int (*value)(void *arg, const struct synergy_input_question *question,
		     struct synergy_input_value *value, struct synergy_error *err);
	void *arg;
};

struct synergy_graph_options {
	const char *weights_path;	/* .caffemodel; NULL: random weights. EINVAL with ONNX */
	uint64_t seed;			/* of random weights; see random.h */
	int64_t batch;			/* 0: as the file says, 1 where it is symbolic */
	const struct synergy_input_shape *shapes;
	int n_shapes;
	const struct synergy_input_value *values;
	int n_values;
	const struct synergy_input_asker *ask;	/* NULL: nobody to ask */
	bool skip_weights;		/* shapes and work only: leave large constants without data */
	/*
	 * For what only describes: ONNX operators that are not supported stay as
	 * SYNERGY_OP_UNSUPPORTED, noted. Shapes behind them are those that the file states,
	 * or unknown (rank -1, the only case of it). Such a graph cannot be run.
	 */
	bool keep_unsupported;
	/* Memory for weights; 0: three quarters of what is available, at most 8 GiB. */
	uint64_t max_bytes;
};

/*
 * Read a model file, settle every shape and fold what is constant: shape
 * arithmetic always, and any reshaping or arithmetic on constants alone. So
 * input shapes are chosen here (options.shapes, .ask, .batch) and nowhere else, and
 * CONSTANT and SHAPE nodes are never left. Folding is bounded (fold.c): what would take
 * more stays a node, with a note. The format is known by the
 * content, not from the name. options may be NULL (all zero). On success *out
 * is to be freed with synergy_graph_free().
 */
int synergy_graph_load(const char *path, const struct synergy_graph_options *options,
		       struct synergy_graph **out, struct synergy_error *err);

/* The same from memory: base_path names it and is where external data is looked for. */
int synergy_graph_load_memory(const void *data, size_t size, const char *base_path,
			      const struct synergy_graph_options *options,
			      struct synergy_graph **out, struct synergy_error *err);

void synergy_graph_free(struct synergy_graph *graph);	/* NULL is fine */

/* Index of the tensor or node of that name, or -1. */
int synergy_graph_find_tensor(const struct synergy_graph *graph, const char *name);
int synergy_graph_find_node(const struct synergy_graph *graph, const char *name);

/* Its operator is supported and its shapes are known: false only with keep_unsupported. */
bool synergy_node_is_known(const struct synergy_graph *graph, int node);

/* Work of node i; synergy_work_total() adds all nodes, each shared weight once. */
void synergy_work_of(const struct synergy_graph *graph, int node, struct synergy_work *work);
void synergy_work_total(const struct synergy_graph *graph, struct synergy_work *work);

/*
 * "kernel=11x11 stride=4x4 pad=0 group=1": the parameters that matter to work,
 * space-separated key=value without commas; truncated to size. Returns buf.
 */
char *synergy_node_attributes(const struct synergy_graph *graph, int node, char *buf, size_t size);

/* "1x3x227x227"; "scalar" for rank 0, "?" where it is unknown. Returns buf. */
char *synergy_tensor_shape(const struct synergy_tensor *tensor, char *buf, size_t size);

size_t synergy_dtype_size(enum synergy_dtype dtype);	/* bytes; 0: not a dtype */
const char *synergy_dtype_name(enum synergy_dtype dtype);	/* "f32" */

/* Every ONNX operator and Caffe layer type that is read, a line each. -1: write failed. */
int synergy_operators_print(FILE *out);

/* The table of --describe: a line per node with shapes, MACs, parameters, bytes, and totals. */
int synergy_graph_describe(const struct synergy_graph *graph, FILE *out);

/*
 * Set tensor's dtype and shape, checked: rank, dims >= 0, element and byte
 * counts. EINVAL or EFBIG with a line naming the tensor. For readers and shape
 * functions.
 */
int synergy_tensor_set_shape(const struct synergy_graph *graph, struct synergy_tensor *tensor,
			     enum synergy_dtype dtype, int rank, const int64_t *dims,
			     struct synergy_error *err);

#endif
