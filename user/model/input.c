// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Graph inputs, the same for both readers: the caller's shapes, batch and
 * values are applied here.
 */
#include <errno.h>
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

int synergy_graph_add_input(struct synergy_graph *graph, const char *name,
			    enum synergy_dtype dtype, int rank, const int64_t *dims,
			    const struct synergy_graph_options *options,
			    struct synergy_error *err)
{
	const struct synergy_input_shape *shape = find_shape(options, name);
	int64_t use[SYNERGY_MAX_RANK];
	int tensor, i;

	tensor = synergy_graph_add_tensor(graph, name, err);
	if (tensor < 0)
		return -1;
	for (i = 0; i < options->n_values; i++)
		if (!strcmp(options->values[i].name, name))
			return bind_value(graph, tensor, &options->values[i], err) ? -1 : tensor;
	if (shape) {
		rank = shape->rank;
		dims = shape->dims;
	}
	if (rank < 0 || rank > SYNERGY_MAX_RANK)
		return synergy_graph_error(graph, err, EFBIG, "input '%.100s': rank %d, limit %d",
					   name, rank, SYNERGY_MAX_RANK);
	for (i = 0; i < rank; i++)
		use[i] = dims[i];
	if (options->batch && rank > 0 && !shape)
		use[0] = options->batch;
	if (synergy_tensor_set_shape(graph, &graph->tensors[tensor], dtype, rank, use, err) ||
	    synergy_graph_append(graph, &graph->inputs, &graph->n_inputs, tensor, err))
		return -1;
	return tensor;
}
