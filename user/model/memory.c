// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A graph's memory: an arena for names and arrays, tracked blocks for tensor
 * data, one limit on both. See build.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/build.h"
#include "lib/array.h"

#define ARENA_BLOCK_BYTES	65536
#define DATA_ALIGN		64

struct synergy_arena_block {
	struct synergy_arena_block *next;
	size_t used, size;
	_Alignas(16) unsigned char bytes[];
};

/*
 * What a file may use when the caller sets no limit: three quarters of the
 * memory that is available now, so that a model that does not fit is refused
 * with a message, where overcommitted memory would get the process killed.
 */
uint64_t synergy_memory_limit(void)
{
	const uint64_t most = 8ULL << 30;
	unsigned long long kib = 0;
	uint64_t limit;
	char line[128];
	FILE *f;

	f = fopen("/proc/meminfo", "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	limit = kib ? kib * 1024 :
		      (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	limit = limit / 4 * 3;
	return limit < most ? limit : most;
}

struct synergy_graph *synergy_graph_new(const char *path, uint64_t max_bytes)
{
	struct synergy_graph *graph = calloc(1, sizeof(*graph));

	if (!graph)
		return NULL;
	graph->memory = calloc(1, sizeof(*graph->memory));
	if (!graph->memory)
		goto free_graph;
	graph->memory->max_bytes = max_bytes ? max_bytes : synergy_memory_limit();
	graph->path = synergy_graph_strdup(graph, path);
	if (!graph->path)
		goto free_memory;
	graph->name = graph->path;
	return graph;

free_memory:
	free(graph->memory);
free_graph:
	free(graph);
	return NULL;
}

static bool account(struct synergy_graph_memory *memory, size_t bytes)
{
	if (bytes > memory->max_bytes - memory->bytes) {
		errno = EFBIG;
		return false;
	}
	memory->bytes += bytes;
	return true;
}

void *synergy_graph_alloc(struct synergy_graph *graph, size_t size)
{
	struct synergy_graph_memory *memory = graph->memory;
	struct synergy_arena_block *block = memory->arena;
	size_t need, room;
	void *p;

	if (size > memory->max_bytes) {
		errno = EFBIG;
		return NULL;
	}
	need = (size + 15) & ~(size_t)15;
	if (!block || block->size - block->used < need) {
		room = need > ARENA_BLOCK_BYTES ? need : ARENA_BLOCK_BYTES;
		if (!account(memory, room))
			return NULL;
		block = calloc(1, sizeof(*block) + room);
		if (!block) {
			memory->bytes -= room;
			return NULL;
		}
		block->size = room;
		block->next = memory->arena;
		memory->arena = block;
	}
	p = block->bytes + block->used;
	block->used += need;
	return p;
}

char *synergy_graph_strdup(struct synergy_graph *graph, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = synergy_graph_alloc(graph, n);

	if (p)
		memcpy(p, s, n);
	return p;
}

int synergy_graph_adopt_data(struct synergy_graph *graph, void *data, size_t bytes)
{
	struct synergy_graph_memory *memory = graph->memory;

	if (synergy_array_grow(&memory->blocks, (size_t)memory->n_blocks, sizeof(*memory->blocks)))
		return -1;
	if (!account(memory, bytes))
		return -1;
	memory->blocks[memory->n_blocks++] = (struct synergy_data_block){ data, bytes };
	return 0;
}

void *synergy_graph_alloc_data(struct synergy_graph *graph, size_t bytes)
{
	size_t room = ((bytes ? bytes : 1) + DATA_ALIGN - 1) & ~(size_t)(DATA_ALIGN - 1);
	void *data;

	if (bytes > graph->memory->max_bytes - graph->memory->bytes) {
		errno = EFBIG;
		return NULL;
	}
	data = aligned_alloc(DATA_ALIGN, room);
	if (!data)
		return NULL;
	if (synergy_graph_adopt_data(graph, data, room)) {
		free(data);
		return NULL;
	}
	return data;
}

static int compare_pointers(const void *a, const void *b)
{
	const void *x = *(void *const *)a, *y = *(void *const *)b;

	return x < y ? -1 : x > y;
}

int synergy_graph_drop_unused_data(struct synergy_graph *graph)
{
	struct synergy_graph_memory *memory = graph->memory;
	size_t n = 0, room = (size_t)graph->n_outputs + 1;
	void **used;
	int i, k, kept = 0;

	for (i = 0; i < graph->n_nodes; i++)
		room += (size_t)graph->nodes[i].n_inputs;
	used = malloc(room * sizeof(*used));
	if (!used)
		return -1;
	for (i = 0; i < graph->n_outputs; i++)
		used[n++] = graph->tensors[graph->outputs[i]].data;
	for (i = 0; i < graph->n_nodes; i++)
		for (k = 0; k < graph->nodes[i].n_inputs; k++)
			if (graph->nodes[i].inputs[k] >= 0)
				used[n++] = graph->tensors[graph->nodes[i].inputs[k]].data;
	qsort(used, n, sizeof(*used), compare_pointers);
	for (i = 0; i < graph->n_tensors; i++)
		if (!bsearch(&graph->tensors[i].data, used, n, sizeof(*used), compare_pointers))
			graph->tensors[i].data = NULL;
	for (i = 0; i < memory->n_blocks; i++) {
		if (bsearch(&memory->blocks[i].data, used, n, sizeof(*used), compare_pointers)) {
			memory->blocks[kept++] = memory->blocks[i];
		} else {
			memory->bytes -= memory->blocks[i].bytes;
			free(memory->blocks[i].data);
		}
	}
	memory->n_blocks = kept;
	free(used);
	return 0;
}

void synergy_graph_free(struct synergy_graph *graph)
{
	struct synergy_graph_memory *memory;
	struct synergy_arena_block *block, *next;
	int i;

	if (!graph)
		return;
	memory = graph->memory;
	for (i = 0; i < memory->n_blocks; i++)
		free(memory->blocks[i].data);
	free(memory->blocks);
	for (block = memory->arena; block; block = next) {
		next = block->next;
		free(block);
	}
	free(memory->tensor_names.slots);
	free(memory->node_names.slots);
	free(memory);
	free(graph->tensors);
	free(graph->nodes);
	free(graph);
}
