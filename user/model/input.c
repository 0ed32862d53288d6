// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Graph inputs, the same for both readers: the caller's shapes, batch and
 * values are applied here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/build.h"

int synergy_graph_append(struct synergy_graph *graph, int **list, int *n, int tensor,
			 struct synergy_error *err)
{
	int *bigger;

	/* Room doubles; the old arrays stay in the arena, at most as much again. */
	if (*n == 0 || !(*n & (*n - 1))) {
		bigger = synergy_graph_alloc(graph, (*n ? 2 * (size_t)*n : 1) * sizeof(int));
		if (!bigger)
			return synergy_graph_no_memory(graph, err);
		if (*n)
			memcpy(bigger, *list, (size_t)*n * sizeof(int));
		*list = bigger;
	}
	(*list)[(*n)++] = tensor;
	return 0;
}

static const struct synergy_input_shape *
find_shape(const struct synergy_graph_options *options, const char *name)
{
	int i;

	for (i = 0; i < options->n_shapes; i++)
		if (!options->shapes[i].name || !strcmp(options->shapes[i].name, name))
			return &options->shapes[i];
	return NULL;
}

static int bind_value(struct synergy_graph *graph, int tensor,
		      const struct synergy_input_value *value, struct synergy_error *err)
{
	if (synergy_tensor_set_shape(graph, &graph->tensors[tensor], value->dtype, value->rank,
				     value->dims, err) ||
	    synergy_tensor_set_const(graph, tensor, NULL, err))
		return -1;
	if (graph->tensors[tensor].bytes)
		memcpy(graph->tensors[tensor].data, value->data, graph->tensors[tensor].bytes);
	return 0;
}

static const struct synergy_input_value *
find_value(const struct synergy_graph_options *options, const char *name)
{
	int i;

	for (i = 0; i < options->n_values; i++)
		if (!strcmp(options->values[i].name, name))
			return &options->values[i];
	return NULL;
}

bool synergy_graph_has_value(const struct synergy_graph_options *options, const char *name)
{
	return find_value(options, name) != NULL;
}

/* "1x3xHxW": what is known of a shape, for a message. */
static void declared_shape(const struct synergy_input_question *q, const char *const *symbols,
			   char *buf, size_t size)
{
	size_t used = 0;
	int i, n;

	buf[0] = '\0';
	for (i = 0; i < q->rank && used < size; i++) {
		if (q->dims[i] != SYNERGY_OPEN_DIM)
			n = snprintf(buf + used, size - used, "%s%lld", i ? "x" : "",
				     (long long)q->dims[i]);
		else
			n = snprintf(buf + used, size - used, "%s%.20s", i ? "x" : "",
				     symbols && symbols[i] && *symbols[i] ? symbols[i] : "?");
		used += n > 0 ? (size_t)n : 0;
	}
}

/* An open first dimension is the batch, 1 unless the caller says otherwise; others must be known. */
static int close_dims(const struct synergy_graph *graph, struct synergy_input_question *q,
		      const char *const *symbols, struct synergy_error *err)
{
	char shape[256];
	int i;

	if (q->rank < 0)
		return synergy_graph_error(graph, err, EINVAL,
					   "input '%.100s' has no shape in the file: it must be given with --shape %.40s=1x3x224x224, or by the file of --input",
					   q->name, q->name);
	declared_shape(q, symbols, shape, sizeof(shape));
	for (i = 0; i < q->rank; i++) {
		if (q->dims[i] != SYNERGY_OPEN_DIM)
			continue;
		if (i > 0)
			return synergy_graph_error(graph, err, EINVAL,
						   "input '%.100s' is %s: its dimension %d must be given with --shape %.40s=1x3x224x224 (or as it is), or by the file of --input",
						   q->name, shape, i, q->name);
		q->dims[i] = 1;
	}
	return 0;
}

/* The shape to use: the caller's list, then whom there is to ask, then the file. */
static int settle_shape(const struct synergy_graph *graph, struct synergy_input_question *q,
			const char *const *symbols, const struct synergy_graph_options *options,
			struct synergy_error *err)
{
	const struct synergy_input_shape *shape = find_shape(options, q->name);
	struct synergy_input_shape asked = { 0 };
	int given;

	if (!shape && options->ask && options->ask->shape) {
		given = options->ask->shape(options->ask->arg, q, &asked, err);
		if (given < 0)
			return -1;
		shape = given ? &asked : NULL;
	}
	if (shape) {
		q->rank = shape->rank;
		memcpy(q->dims, shape->dims, sizeof(q->dims));
	} else if (options->batch && q->rank > 0) {
		q->dims[0] = options->batch;
	}
	if (q->rank > SYNERGY_MAX_RANK)
		return synergy_graph_error(graph, err, EFBIG, "input '%.100s': rank %d, limit %d",
					   q->name, q->rank, SYNERGY_MAX_RANK);
	/* A negative size from the caller's list is no open one. */
	return shape ? 0 : close_dims(graph, q, symbols, err);
}

int synergy_graph_add_input(struct synergy_graph *graph, const char *name,
			    enum synergy_dtype dtype, int rank, const int64_t *dims,
			    const char *const *symbols,
			    const struct synergy_graph_options *options,
			    struct synergy_error *err)
{
	struct synergy_input_question q = {
		.name = name, .place = graph->n_inputs, .dtype = dtype, .rank = rank,
	};
	const struct synergy_input_value *value = find_value(options, name);
	int tensor = synergy_graph_add_tensor(graph, name, err);

	if (tensor < 0)
		return -1;
	if (value)
		return bind_value(graph, tensor, value, err) ? -1 : tensor;
	if (rank > 0)
		memcpy(q.dims, dims, sizeof(*dims) * (size_t)rank);
	if (settle_shape(graph, &q, symbols, options, err) ||
	    synergy_tensor_set_shape(graph, &graph->tensors[tensor], dtype, q.rank, q.dims, err) ||
	    synergy_graph_append(graph, &graph->inputs, &graph->n_inputs, tensor, err))
		return -1;
	return tensor;
}

/* --- inputs that decide shapes by their value ------------------------------------- */

/* Marks the tensors that a shape depends on by value, from their readers backwards. */
static void mark_deciding(const struct synergy_graph *graph, bool *deciding)
{
	const struct synergy_node *node;
	int i, k;
	bool wanted;

	for (i = graph->n_nodes - 1; i >= 0; i--) {
		node = &graph->nodes[i];
		for (wanted = false, k = 0; k < node->n_outputs; k++)
			wanted = wanted || (node->outputs[k] >= 0 && deciding[node->outputs[k]]);
		/* A shape is known without the value of what has it. */
		if (node->kind == SYNERGY_OP_SHAPE || node->kind == SYNERGY_OP_SIZE)
			wanted = false;
		for (k = 0; k < node->n_inputs; k++)
			if (node->inputs[k] >= 0 && (wanted || synergy_op_decided_by(node, k)))
				deciding[node->inputs[k]] = true;
	}
}

static int ask_value(struct synergy_graph *graph, int place, int tensor,
		     const struct synergy_graph_options *options, struct synergy_error *err)
{
	const struct synergy_tensor *t = &graph->tensors[tensor];
	struct synergy_input_question q = {
		.name = t->name, .place = place, .dtype = t->dtype, .rank = t->rank,
	};
	struct synergy_input_value value = { 0 };
	int given;

	memcpy(q.dims, t->dims, sizeof(q.dims));
	given = options->ask->value(options->ask->arg, &q, &value, err);
	if (given <= 0)
		return given;
	return bind_value(graph, tensor, &value, err) ? -1 : 1;
}

int synergy_graph_bind_values(struct synergy_graph *graph,
			      const struct synergy_graph_options *options,
			      struct synergy_error *err)
{
	bool *deciding;
	int i, given, kept = 0, result = -1;

	if (!options->ask || !options->ask->value || !graph->n_inputs)
		return 0;
	deciding = calloc((size_t)graph->n_tensors + 1, 1);
	if (!deciding)
		return synergy_graph_error(graph, err, ENOMEM, "out of memory");
	mark_deciding(graph, deciding);
	for (i = 0; i < graph->n_inputs; i++) {
		given = deciding[graph->inputs[i]] ?
			ask_value(graph, i, graph->inputs[i], options, err) : 0;
		if (given < 0)
			goto free_deciding;
		if (!given)
			graph->inputs[kept++] = graph->inputs[i];
	}
	graph->n_inputs = kept;
	result = 0;
free_deciding:
	free(deciding);
	return result;
}

const char *synergy_graph_source_input(const struct synergy_graph *graph, int tensor)
{
	const struct synergy_node *node;
	int i, depth;

	/* Along first inputs that are computed; a graph is no deeper than its nodes. */
	for (depth = 0; depth <= graph->n_nodes; depth++) {
		if (graph->tensors[tensor].is_const)
			return NULL;
		if (graph->tensors[tensor].producer < 0)
			return graph->tensors[tensor].name;
		node = &graph->nodes[graph->tensors[tensor].producer];
		for (i = 0; i < node->n_inputs; i++)
			if (node->inputs[i] >= 0 && !graph->tensors[node->inputs[i]].is_const)
				break;
		if (i == node->n_inputs)
			return NULL;
		tensor = node->inputs[i];
	}
	return NULL;
}
