// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The graph's tensors, nodes and names, their order and their checks.
 * Contracts are in graph.h and build.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/build.h"
#include "lib/array.h"

#define MAX_NOTES	64	/* more is not read by people, and a file could ask for it */

static const struct {
	const char *name;
	size_t size;
} dtypes[] = {
	[SYNERGY_F32] = { "f32", 4 },	[SYNERGY_U8] = { "u8", 1 },
	[SYNERGY_I8] = { "i8", 1 },	[SYNERGY_U16] = { "u16", 2 },
	[SYNERGY_I16] = { "i16", 2 },	[SYNERGY_I32] = { "i32", 4 },
	[SYNERGY_I64] = { "i64", 8 },	[SYNERGY_BOOL] = { "bool", 1 },
	[SYNERGY_F16] = { "f16", 2 },	[SYNERGY_F64] = { "f64", 8 },
	[SYNERGY_U32] = { "u32", 4 },	[SYNERGY_U64] = { "u64", 8 },
};

size_t synergy_dtype_size(enum synergy_dtype dtype)
{
	return (unsigned int)dtype < sizeof(dtypes) / sizeof(dtypes[0]) ? dtypes[dtype].size : 0;
}

const char *synergy_dtype_name(enum synergy_dtype dtype)
{
	return synergy_dtype_size(dtype) ? dtypes[dtype].name : "?";
}

int synergy_graph_error(const struct synergy_graph *graph, struct synergy_error *err,
			int errno_value, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return synergy_error_set(err, errno_value, "%s: %s", graph->path, text);
}

int synergy_node_error(const struct synergy_graph *graph, const struct synergy_node *node,
		       struct synergy_error *err, int errno_value, const char *fmt, ...)
{
	char text[300], where[32] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (node->line)
		snprintf(where, sizeof(where), ", line %d", node->line);
	else if (node->opset)
		snprintf(where, sizeof(where), ", opset %d", node->opset);
	return synergy_error_set(err, errno_value, "%s: node '%.100s' (%.60s%s): %s", graph->path,
				 node->name, node->op_type, where, text);
}

int synergy_graph_note(struct synergy_graph *graph, struct synergy_error *err, const char *fmt, ...)
{
	char text[400];
	const char **more;
	va_list args;
	int i;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (graph->n_notes >= MAX_NOTES)
		return 0;
	if (graph->n_notes == MAX_NOTES - 1)
		snprintf(text, sizeof(text), "more of the like is left out here");
	for (i = 0; i < graph->n_notes; i++)
		if (!strcmp(graph->notes[i], text))
			return 0;
	/* Room doubles, as that of the lists of tensors does (input.c). */
	if (!graph->n_notes || !(graph->n_notes & (graph->n_notes - 1))) {
		more = synergy_graph_alloc(graph, (graph->n_notes ? 2 * (size_t)graph->n_notes : 1) *
						  sizeof(*more));
		if (!more)
			return synergy_graph_no_memory(graph, err);
		if (graph->n_notes)
			memcpy(more, graph->notes, (size_t)graph->n_notes * sizeof(*more));
		graph->notes = more;
	}
	graph->notes[graph->n_notes] = synergy_graph_strdup(graph, text);
	if (!graph->notes[graph->n_notes])
		return synergy_graph_no_memory(graph, err);
	graph->n_notes++;
	return 0;
}

/* Seeded by an address, so that a file cannot be made whose names all collide. */
static uint32_t hash_name(const struct synergy_name_map *map, const char *name)
{
	uint32_t h = 2166136261u ^ (uint32_t)((uintptr_t)map >> 4);

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

/* The name of entry i: tensors and nodes share the map's code. */
static const char *entry_name(const struct synergy_graph *graph, bool node, int i)
{
	return node ? graph->nodes[i].name : graph->tensors[i].name;
}

static int map_find(const struct synergy_graph *graph, bool node, const char *name)
{
	const struct synergy_name_map *map = node ? &graph->memory->node_names :
						    &graph->memory->tensor_names;
	uint32_t i;

	if (!map->size)
		return -1;
	for (i = hash_name(map, name) & (map->size - 1); map->slots[i]; i = (i + 1) & (map->size - 1))
		if (map->slots[i] > 0 &&
		    !strcmp(entry_name(graph, node, map->slots[i] - 1), name))
			return map->slots[i] - 1;
	return -1;
}

static void map_put(struct synergy_name_map *map, const char *name, int index)
{
	uint32_t i = hash_name(map, name) & (map->size - 1);

	while (map->slots[i])
		i = (i + 1) & (map->size - 1);
	map->slots[i] = index + 1;
	map->used++;
}

static int map_rebuild(struct synergy_graph *graph, bool node, int count)
{
	struct synergy_name_map *map = node ? &graph->memory->node_names :
					      &graph->memory->tensor_names;
	int size = 256, i;
	int *slots;

	while (size < 2 * (count + 1))
		size *= 2;
	slots = calloc((size_t)size, sizeof(*slots));
	if (!slots)
		return -1;
	free(map->slots);
	*map = (struct synergy_name_map){ .slots = slots, .size = size };
	for (i = 0; i < count; i++)
		if (entry_name(graph, node, i))
			map_put(map, entry_name(graph, node, i), i);
	return 0;
}

static int map_add(struct synergy_graph *graph, bool node, const char *name, int index)
{
	struct synergy_name_map *map = node ? &graph->memory->node_names :
					      &graph->memory->tensor_names;

	if (2 * (map->used + 1) > map->size &&
	    map_rebuild(graph, node, node ? graph->n_nodes : graph->n_tensors))
		return -1;
	map_put(map, name, index);
	return 0;
}

int synergy_graph_find_tensor(const struct synergy_graph *graph, const char *name)
{
	return map_find(graph, false, name);
}

int synergy_graph_find_node(const struct synergy_graph *graph, const char *name)
{
	return map_find(graph, true, name);
}

static int check_name(const struct synergy_graph *graph, const char *what, const char *name,
		      struct synergy_error *err)
{
	const unsigned char *p;

	if (strlen(name) > SYNERGY_MAX_NAME)
		return synergy_graph_error(graph, err, EFBIG, "%s name '%.40s...' has %zu bytes, limit %d",
					   what, name, strlen(name), SYNERGY_MAX_NAME);
	for (p = (const unsigned char *)name; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return synergy_graph_error(graph, err, EINVAL,
						   "%s name has the control character 0x%02x at byte %td",
						   what, *p, p - (const unsigned char *)name);
	return 0;
}

int synergy_graph_no_memory(const struct synergy_graph *graph, struct synergy_error *err)
{
	if (errno == EFBIG)
		return synergy_graph_error(graph, err, EFBIG, "model needs more than the limit of %llu bytes",
					   (unsigned long long)graph->memory->max_bytes);
	return synergy_graph_error(graph, err, ENOMEM, "out of memory");
}

/* Room for one more entry, up to limit of them. */
static int grow(const struct synergy_graph *graph, void *array, int count, size_t size, int limit,
		const char *what, struct synergy_error *err)
{
	if (count >= limit)
		return synergy_graph_error(graph, err, EFBIG, "more than %d %s", limit, what);
	if (synergy_array_grow(array, (size_t)count, size))
		return synergy_graph_no_memory(graph, err);
	return 0;
}

int synergy_graph_add_tensor(struct synergy_graph *graph, const char *name,
			     struct synergy_error *err)
{
	struct synergy_tensor *tensor;
	const char *copy;

	if (check_name(graph, "tensor", name, err))
		return -1;
	if (synergy_graph_find_tensor(graph, name) >= 0)
		return synergy_graph_error(graph, err, EINVAL, "tensor '%.100s' is defined twice", name);
	if (grow(graph, &graph->tensors, graph->n_tensors, sizeof(*tensor), SYNERGY_MAX_TENSORS, "tensors", err))
		return -1;
	copy = synergy_graph_strdup(graph, name);
	if (!copy)
		return synergy_graph_no_memory(graph, err);
	tensor = &graph->tensors[graph->n_tensors];
	*tensor = (struct synergy_tensor){
		.name = copy, .dtype = SYNERGY_F32, .rank = -1, .producer = -1,
	};
	if (map_add(graph, false, copy, graph->n_tensors))
		return synergy_graph_no_memory(graph, err);
	return graph->n_tensors++;
}

/* Rare (Caffe's in-place layers), so the old name's slot is simply left dead. */
int synergy_graph_rename_tensor(struct synergy_graph *graph, int tensor, const char *name,
				struct synergy_error *err)
{
	struct synergy_name_map *map = &graph->memory->tensor_names;
	const char *copy;
	int i;

	if (check_name(graph, "tensor", name, err))
		return -1;
	if (synergy_graph_find_tensor(graph, name) >= 0)
		return synergy_graph_error(graph, err, EINVAL, "tensor '%.100s' is defined twice", name);
	copy = synergy_graph_strdup(graph, name);
	if (!copy)
		return synergy_graph_no_memory(graph, err);
	for (i = hash_name(map, graph->tensors[tensor].name) & (map->size - 1); map->slots[i];
	     i = (i + 1) & (map->size - 1))
		if (map->slots[i] == tensor + 1)
			map->slots[i] = -1;
	graph->tensors[tensor].name = copy;
	if (map_add(graph, false, copy, tensor))
		return synergy_graph_no_memory(graph, err);
	return 0;
}

int synergy_graph_add_node(struct synergy_graph *graph, const char *name,
			   enum synergy_op_kind kind, const char *op_type, int n_inputs,
			   int n_outputs, struct synergy_error *err)
{
	struct synergy_node *node;
	char made[128];
	int i;

	if (n_inputs > SYNERGY_MAX_NODE_IO || n_outputs > SYNERGY_MAX_NODE_IO)
		return synergy_graph_error(graph, err, EFBIG, "node '%.100s' has %d inputs and %d outputs, limit %d",
					   name ? name : "", n_inputs, n_outputs,
					   SYNERGY_MAX_NODE_IO);
	if (grow(graph, &graph->nodes, graph->n_nodes, sizeof(*node), SYNERGY_MAX_NODES, "nodes", err))
		return -1;
	/* Names serve people; a file may leave them out or repeat them. */
	if (!name || !*name || synergy_graph_find_node(graph, name) >= 0) {
		snprintf(made, sizeof(made), "%.100s_%d", name && *name ? name : op_type,
			 graph->n_nodes);
		name = made;
	}
	if (check_name(graph, "node", name, err) || check_name(graph, "operator", op_type, err))
		return -1;
	node = &graph->nodes[graph->n_nodes];
	*node = (struct synergy_node){ .kind = kind, .n_inputs = n_inputs, .n_outputs = n_outputs };
	node->name = synergy_graph_strdup(graph, name);
	node->op_type = synergy_graph_strdup(graph, op_type);
	node->inputs = synergy_graph_alloc(graph, (size_t)n_inputs * sizeof(int));
	node->outputs = synergy_graph_alloc(graph, (size_t)n_outputs * sizeof(int));
	if (!node->name || !node->op_type || !node->inputs || !node->outputs ||
	    map_add(graph, true, node->name, graph->n_nodes))
		return synergy_graph_no_memory(graph, err);
	for (i = 0; i < n_inputs; i++)
		node->inputs[i] = -1;
	for (i = 0; i < n_outputs; i++)
		node->outputs[i] = -1;
	return graph->n_nodes++;
}

struct synergy_tensor *synergy_node_input(const struct synergy_graph *graph,
					  const struct synergy_node *node, int i)
{
	return i < node->n_inputs && node->inputs[i] >= 0 ? &graph->tensors[node->inputs[i]] : NULL;
}

struct synergy_tensor *synergy_node_output(const struct synergy_graph *graph,
					   const struct synergy_node *node, int i)
{
	return i < node->n_outputs && node->outputs[i] >= 0 ? &graph->tensors[node->outputs[i]] :
							      NULL;
}

int synergy_tensor_set_shape(const struct synergy_graph *graph, struct synergy_tensor *tensor,
			     enum synergy_dtype dtype, int rank, const int64_t *dims,
			     struct synergy_error *err)
{
	size_t size = synergy_dtype_size(dtype);
	int64_t count = 1, others = 1;
	int i;

	if (!size)
		return synergy_graph_error(graph, err, ENOTSUP, "tensor '%.100s': data type %d is not supported",
					   tensor->name, (int)dtype);
	if (rank < 0 || rank > SYNERGY_MAX_RANK)
		return synergy_graph_error(graph, err, EFBIG, "tensor '%.100s': rank %d, limit %d",
					   tensor->name, rank, SYNERGY_MAX_RANK);
	for (i = 0; i < rank; i++)
		if (dims[i] < 0)
			return synergy_graph_error(graph, err, EINVAL,
						   "tensor '%.100s': dimension %d is %lld, must not be negative",
						   tensor->name, i, (long long)dims[i]);
	/*
	 * The limit is on the product without the zeros, too: strides and flattened sizes
	 * are products of some dimensions, and a zero among the others does not bound them.
	 */
	for (i = 0; i < rank; i++) {
		count *= dims[i] != 0;
		if (!synergy_mul_s64(others, dims[i] ? dims[i] : 1, &others) ||
		    others > SYNERGY_MAX_ELEMENTS)
			return synergy_graph_error(graph, err, EFBIG,
						   "tensor '%.100s': dimension %d = %lld makes more than %lld elements",
						   tensor->name, i, (long long)dims[i],
						   (long long)SYNERGY_MAX_ELEMENTS);
	}
	count *= others;
	tensor->dtype = dtype;
	tensor->rank = rank;
	for (i = 0; i < SYNERGY_MAX_RANK; i++)
		tensor->dims[i] = i < rank ? dims[i] : 0;
	tensor->count = count;
	tensor->bytes = (size_t)count * size;
	return 0;
}

int synergy_tensor_set_const(struct synergy_graph *graph, int index, void *data,
			     struct synergy_error *err)
{
	struct synergy_tensor *tensor = &graph->tensors[index];

	if (!data) {
		data = synergy_graph_alloc_data(graph, tensor->bytes);
		if (!data)
			return synergy_graph_no_memory(graph, err);
	}
	tensor->data = data;
	tensor->is_const = true;
	return 0;
}

/* Kahn's algorithm; a heap is not needed since files are nearly always in order already. */
static int order_nodes(struct synergy_graph *graph, int *order, int *waiting, int *first,
		       int *next)
{
	int n = graph->n_nodes, done = 0, head = 0, i, k, e;
	int *queue = order;

	/* first/next: for each tensor, the list of node inputs that read it. */
	for (i = 0; i < graph->n_tensors; i++)
		first[i] = -1;
	for (i = n - 1, e = 0; i >= 0; i--) {
		waiting[i] = 0;
		for (k = 0; k < graph->nodes[i].n_inputs; k++, e++) {
			int t = graph->nodes[i].inputs[k];

			next[2 * e] = -1;
			if (t < 0 || graph->tensors[t].producer < 0)
				continue;
			waiting[i]++;
			next[2 * e] = first[t];
			next[2 * e + 1] = i;
			first[t] = e;
		}
	}
	for (i = 0; i < n; i++)
		if (!waiting[i])
			queue[done++] = i;
	for (; head < done; head++) {
		const struct synergy_node *node = &graph->nodes[queue[head]];

		for (k = 0; k < node->n_outputs; k++) {
			if (node->outputs[k] < 0)
				continue;
			for (e = first[node->outputs[k]]; e >= 0; e = next[2 * e])
				if (!--waiting[next[2 * e + 1]])
					queue[done++] = next[2 * e + 1];
		}
	}
	return done;
}

static bool in_order(const struct synergy_graph *graph)
{
	int i, k, t;

	for (i = 0; i < graph->n_nodes; i++)
		for (k = 0; k < graph->nodes[i].n_inputs; k++) {
			t = graph->nodes[i].inputs[k];
			if (t >= 0 && graph->tensors[t].producer >= i)
				return false;
		}
	return true;
}

static void set_producers(struct synergy_graph *graph)
{
	int i, k;

	for (i = 0; i < graph->n_nodes; i++)
		for (k = 0; k < graph->nodes[i].n_outputs; k++)
			if (graph->nodes[i].outputs[k] >= 0)
				graph->tensors[graph->nodes[i].outputs[k]].producer = i;
}

int synergy_graph_sort(struct synergy_graph *graph, struct synergy_error *err)
{
	size_t edges = 1, n = (size_t)graph->n_nodes;
	struct synergy_node *nodes;
	int *work, *order;
	int i, done;

	set_producers(graph);
	if (in_order(graph))
		return 0;
	for (i = 0; i < graph->n_nodes; i++)
		edges += (size_t)graph->nodes[i].n_inputs;
	work = malloc((2 * n + (size_t)graph->n_tensors + 2 * edges) * sizeof(*work));
	nodes = malloc(n * sizeof(*nodes));
	if (!work || !nodes) {
		free(work);
		free(nodes);
		return synergy_graph_no_memory(graph, err);
	}
	order = work;
	done = order_nodes(graph, order, work + n, work + 2 * n,
			   work + 2 * n + graph->n_tensors);
	if (done < graph->n_nodes) {
		for (i = 0; work[n + (size_t)i] == 0; i++)
			;
		free(nodes);
		i = synergy_node_error(graph, &graph->nodes[i], err, EINVAL,
				       "is on, or depends on, a cycle of %d nodes", graph->n_nodes - done);
		free(work);
		return i;
	}
	for (i = 0; i < graph->n_nodes; i++)
		nodes[i] = graph->nodes[order[i]];
	memcpy(graph->nodes, nodes, n * sizeof(*nodes));
	free(nodes);
	free(work);
	set_producers(graph);
	return map_rebuild(graph, true, graph->n_nodes) ? synergy_graph_no_memory(graph, err) : 0;
}
