/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What readers use to fill a graph, private to user/model. All memory belongs
 * to the graph and is counted against options.max_bytes; nothing is freed by a
 * reader on its error path but the graph as a whole.
 */
#ifndef SYNERGY_MODEL_BUILD_H
#define SYNERGY_MODEL_BUILD_H

#include <stdarg.h>

#include "model/graph.h"

struct synergy_arena_block;

struct synergy_data_block {
	void *data;
	size_t bytes;
};

/* Open addressing, indices into tensors or nodes by name; size a power of two. */
struct synergy_name_map {
	int *slots;			/* index + 1; 0: empty */
	int size, used;
};

struct synergy_graph_memory {
	struct synergy_arena_block *arena;
	struct synergy_data_block *blocks;
	int n_blocks;
	uint64_t bytes, max_bytes;	/* arena and data; the limit */
	uint64_t folded_bytes, folded_elements;	/* constants made by folding, and its work */
	uint64_t file_bytes;		/* constants of the file */
	/* What is not supported stays, described as far as shapes are known (unsupported.c). */
	bool keep_unsupported;
	struct synergy_declared *declared;	/* one for each tensor, or NULL: shapes the file states */
	int n_declared;
	struct synergy_name_map tensor_names, node_names;
};

struct synergy_graph *synergy_graph_new(const char *path, uint64_t max_bytes);

/* Zeroed memory that lives as long as the graph; NULL with errno ENOMEM or EFBIG. */
void *synergy_graph_alloc(struct synergy_graph *graph, size_t size);
char *synergy_graph_strdup(struct synergy_graph *graph, const char *s);

/*
 * Data of a tensor: 64-byte aligned, not zeroed; adopt takes over memory that
 * free() can free.
 */
void *synergy_graph_alloc_data(struct synergy_graph *graph, size_t bytes);
int synergy_graph_adopt_data(struct synergy_graph *graph, void *data, size_t bytes);

/* Free the data that no node and no output reads any more, after folding. */
int synergy_graph_drop_unused_data(struct synergy_graph *graph);

/*
 * A new tensor of unknown shape; its name must be new, at most SYNERGY_MAX_NAME
 * bytes and without control characters. Returns the index, or -1 with *err.
 * Pointers into graph->tensors and ->nodes do not outlive the next add.
 */
int synergy_graph_add_tensor(struct synergy_graph *graph, const char *name,
			     struct synergy_error *err);
int synergy_graph_rename_tensor(struct synergy_graph *graph, int tensor, const char *name,
				struct synergy_error *err);

/* A new node with room for inputs and outputs, all -1; name NULL or "": one is made. */
int synergy_graph_add_node(struct synergy_graph *graph, const char *name,
			   enum synergy_op_kind kind, const char *op_type, int n_inputs,
			   int n_outputs, struct synergy_error *err);

/* Give a tensor of known shape constant data: allocated when data is NULL. */
int synergy_tensor_set_const(struct synergy_graph *graph, int tensor, void *data,
			     struct synergy_error *err);

/* Put nodes into topological order, stable; a cycle is EINVAL. Sets producers. */
int synergy_graph_sort(struct synergy_graph *graph, struct synergy_error *err);

/* Check one node's arguments and settle its outputs' shapes; may be repeated. */
int synergy_node_infer_shape(struct synergy_graph *graph, struct synergy_node *node,
			     struct synergy_error *err);

/* Settle shapes in node order, folding constants as they appear. */
int synergy_graph_infer_shapes(struct synergy_graph *graph, struct synergy_error *err);

/*
 * Compute a node whose inputs are all constant, if it is one that can be:
 * 1 done (outputs are constant now), 0 left alone, -1 error.
 */
int synergy_fold_node(struct synergy_graph *graph, struct synergy_node *node,
		      struct synergy_error *err);

/*
 * A run-time input: its shape from options (the list, whom there is to ask, the batch) or
 * as declared, or bound to options' value. rank -1: none is declared. Of open dimensions,
 * symbols (NULL, or a word for each dimension) has what the file calls them.
 */
int synergy_graph_add_input(struct synergy_graph *graph, const char *name,
			    enum synergy_dtype dtype, int rank, const int64_t *dims,
			    const char *const *symbols,
			    const struct synergy_graph_options *options,
			    struct synergy_error *err);

/* Ask for the values of inputs that decide shapes; those become constants. Nodes are sorted. */
int synergy_graph_bind_values(struct synergy_graph *graph,
			      const struct synergy_graph_options *options,
			      struct synergy_error *err);

/* options.values has this name. */
bool synergy_graph_has_value(const struct synergy_graph_options *options, const char *name);

/* The run-time input that a tensor is computed from, for messages; NULL: none is found. */
const char *synergy_graph_source_input(const struct synergy_graph *graph, int tensor);

/*
 * Whether the value (not only the shape) of input i decides the node's outputs' shapes,
 * or what the node does at all.
 */
bool synergy_op_decided_by(const struct synergy_node *node, int i);

/*
 * Operators that are not supported, counted by name. add: one node more; error: all of
 * them in one line, -1; note: the same as a note.
 */
struct synergy_unsupported {
	struct {
		char name[64], first[64];	/* the operator; its first node or layer */
		int count;
	} kinds[32];
	int n_kinds, n_others;		/* of still other kinds */
};

void synergy_unsupported_add(struct synergy_unsupported *u, const char *name, const char *first);
int synergy_unsupported_error(const struct synergy_unsupported *u,
			      const struct synergy_graph *graph, const char *nodes,
			      struct synergy_error *err);
int synergy_unsupported_note(const struct synergy_unsupported *u, struct synergy_graph *graph,
			     struct synergy_error *err);

/*
 * With keep_unsupported: a shape that the file states for a tensor, for where it cannot be
 * found; whether a node's inputs have shapes; its outputs as stated (0, or -1).
 */
struct synergy_declared {
	enum synergy_dtype dtype;
	int rank;			/* -1: not stated, or not whole */
	int64_t dims[SYNERGY_MAX_RANK];
};

int synergy_unsupported_state(struct synergy_graph *graph, int tensor,
			      const struct synergy_declared *shape, struct synergy_error *err);
bool synergy_unsupported_inputs_known(const struct synergy_graph *graph,
				      const struct synergy_node *node);
int synergy_unsupported_declare(struct synergy_graph *graph, const struct synergy_node *node,
				struct synergy_error *err);

/* What *why says, as a note. */
int synergy_graph_note_error(struct synergy_graph *graph, const struct synergy_error *why,
			     struct synergy_error *err);

/* Add a line to graph->notes; the same line only once. */
int synergy_graph_note(struct synergy_graph *graph, struct synergy_error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Append to graph->outputs or ->inputs; the index is of a tensor. */
int synergy_graph_append(struct synergy_graph *graph, int **list, int *n, int tensor,
			 struct synergy_error *err);

/* "out of memory" or "more than the limit", by errno. Returns -1. */
int synergy_graph_no_memory(const struct synergy_graph *graph, struct synergy_error *err);

/* The readers fill the graph from the file's bytes; the final pass over shapes comes afterwards. */
int synergy_read_onnx(struct synergy_graph *graph, const void *data, size_t size,
		      const struct synergy_graph_options *options, struct synergy_error *err);
int synergy_read_caffe(struct synergy_graph *graph, const void *data, size_t size,
		       const struct synergy_graph_options *options, struct synergy_error *err);

/*
 * A regular file, open for reading; it is never mapped. Opening refuses what is
 * empty (EINVAL), a directory (EISDIR) or larger than max_bytes (EFBIG); reading
 * what is not there any more is EIO.
 */
struct synergy_file {
	int fd;			/* -1: none */
	uint64_t size;		/* when it was opened */
};

int synergy_file_open(struct synergy_file *file, const char *path, uint64_t max_bytes,
		      struct synergy_error *err);
int synergy_file_read(const struct synergy_file *file, const char *path, uint64_t offset,
		      void *data, size_t size, struct synergy_error *err);
void synergy_file_close(struct synergy_file *file);

/*
 * The same for a path whose first `folder` bytes are a directory's: what is below that is
 * opened without following symbolic links (ELOOP, ENOTDIR). No ".." may be in it.
 */
int synergy_file_open_below(struct synergy_file *file, const char *path, size_t folder,
			    uint64_t max_bytes, struct synergy_error *err);

/* All of a file at once, in memory that the caller frees; ENOMEM if there is too little. */
int synergy_read_file(const char *path, uint64_t max_bytes, void **data, size_t *size,
		      struct synergy_error *err);

/*
 * What a file is that is no model, and what to do about it, by its first bytes; NULL:
 * nothing is known. To be put behind "PATH: ".
 */
const char *synergy_file_hint(const void *bytes, size_t size);

/* Bytes that one graph may take where the caller sets no limit. */
uint64_t synergy_memory_limit(void);

/* "PATH: node 'NAME' (OP[, opset N][, line N]): message"; returns -1. */
int synergy_node_error(const struct synergy_graph *graph, const struct synergy_node *node,
		       struct synergy_error *err, int errno_value, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* "PATH: message"; returns -1. */
int synergy_graph_error(const struct synergy_graph *graph, struct synergy_error *err,
			int errno_value, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Input or output i of a node; NULL when it is omitted or not there. */
struct synergy_tensor *synergy_node_input(const struct synergy_graph *graph,
					  const struct synergy_node *node, int i);
struct synergy_tensor *synergy_node_output(const struct synergy_graph *graph,
					   const struct synergy_node *node, int i);

/* Products that tell when they do not fit: false on overflow. */
static inline bool synergy_mul_s64(int64_t a, int64_t b, int64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

#endif
