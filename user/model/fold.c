// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Constant folding: what depends on constants alone is computed while loading. It serves
 * shape arithmetic and rearranged weights. What is computed and how, eval.h says; what it
 * does not know, or what would take too much, stays a node and is left to the kernels.
 */
#include <errno.h>
#include <string.h>

#include "model/eval.h"
#include "model/shape.h"

/*
 * What folding may take: a file of some bytes can ask for any amount. Rearranging what the
 * file holds takes no more than that does, whatever its size.
 */
#define MAX_TENSOR_BYTES	(16ULL << 20)
#define MAX_FOLDED_BYTES	(64ULL << 20)
/* Read and written, or multiplied, which bounds the time: some seconds. */
#define MAX_FOLDED_ELEMENTS	(256ULL << 20)

/* Inputs of one node, and outputs, that are folded; all that a network's shapes need. */
#define MAX_FOLDED_IO		64
/* Sorting by insertion is quadratic. */
#define MAX_FOLDED_TOP_K	1024

static bool is_view(enum synergy_op_kind kind)
{
	switch (kind) {
	case SYNERGY_OP_FLATTEN:
	case SYNERGY_OP_RESHAPE:
	case SYNERGY_OP_SQUEEZE:
	case SYNERGY_OP_UNSQUEEZE:
	case SYNERGY_OP_IDENTITY:
		return true;
	default:
		return false;
	}
}

/* The shape of a tensor, and so its size, is known even when its value is not. */
static int fold_shape(struct synergy_graph *graph, const struct synergy_node *node,
		      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int t = node->outputs[0];

	if (synergy_tensor_set_const(graph, t, NULL, err))
		return -1;
	if (node->kind == SYNERGY_OP_SIZE)
		*(int64_t *)graph->tensors[t].data = x->count;
	else if (graph->tensors[t].bytes)
		memcpy(graph->tensors[t].data, x->dims + node->p.slice.start[0],
		       graph->tensors[t].bytes);
	return 1;
}

/* Of all operators that are folded Einsum alone works more than it reads and writes. */
static uint64_t numbers_taken(const struct synergy_graph *graph, const struct synergy_node *node)
{
	struct synergy_work work = { 0 };
	const struct synergy_tensor *t;
	uint64_t numbers = 0;
	int i;

	for (i = 0; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		numbers += t ? (uint64_t)t->count : 0;
	}
	for (i = 0; i < node->n_outputs; i++) {
		t = synergy_node_output(graph, node, i);
		numbers += t ? (uint64_t)t->count : 0;
	}
	if (node->kind == SYNERGY_OP_EINSUM)
		synergy_work_einsum(graph, node, &work);
	return work.flops > numbers ? work.flops : numbers;
}

/* Whether the node's result may be made now; if not, it is left to run, with a note. */
static int within_limits(struct synergy_graph *graph, const struct synergy_node *node,
			 struct synergy_error *err)
{
	struct synergy_graph_memory *memory = graph->memory;
	uint64_t sources = 0, bytes = 0, elements = numbers_taken(graph, node);
	const struct synergy_tensor *t;
	int i;

	for (i = 0; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		sources = t && t->bytes > sources ? t->bytes : sources;
	}
	for (i = 0; i < node->n_outputs; i++) {
		t = synergy_node_output(graph, node, i);
		bytes += t ? t->bytes : 0;
	}
	if ((bytes <= MAX_TENSOR_BYTES || bytes <= sources) &&
	    bytes <= MAX_FOLDED_BYTES + memory->file_bytes - memory->folded_bytes &&
	    elements <= MAX_FOLDED_ELEMENTS + memory->file_bytes - memory->folded_elements) {
		memory->folded_bytes += bytes;
		memory->folded_elements += elements;
		return 1;
	}
	return synergy_graph_note(graph, err,
				  "node '%.100s' (%.60s): its result is constant, but takes %llu bytes from %llu numbers and is left to be computed in each run (constants are folded up to %llu MiB a tensor, %llu MiB and %llu M numbers in all)",
				  node->name, node->op_type, (unsigned long long)bytes,
				  (unsigned long long)elements, MAX_TENSOR_BYTES >> 20,
				  MAX_FOLDED_BYTES >> 20, MAX_FOLDED_ELEMENTS >> 20) ? -1 : 0;
}

/* A node with its tensors, for evaluation. */
struct arguments {
	const struct synergy_tensor *in[MAX_FOLDED_IO], *out[MAX_FOLDED_IO];
	const void *src[MAX_FOLDED_IO];
	void *dst[MAX_FOLDED_IO];
	struct synergy_eval eval;
};

static void collect(const struct synergy_graph *graph, const struct synergy_node *node,
		    struct arguments *a)
{
	int i;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < node->n_inputs; i++) {
		a->in[i] = synergy_node_input(graph, node, i);
		a->src[i] = a->in[i] ? a->in[i]->data : NULL;
	}
	for (i = 0; i < node->n_outputs; i++) {
		a->out[i] = synergy_node_output(graph, node, i);
		a->dst[i] = a->out[i] ? a->out[i]->data : NULL;
	}
	a->eval = (struct synergy_eval){
		.node = node, .n_in = node->n_inputs, .n_out = node->n_outputs,
		.in = a->in, .out = a->out, .src = a->src, .dst = a->dst,
	};
}

static bool can_evaluate(const struct synergy_graph *graph, const struct synergy_node *node)
{
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);
	struct arguments a;

	if (node->n_inputs > MAX_FOLDED_IO || node->n_outputs > MAX_FOLDED_IO)
		return false;
	if (node->kind == SYNERGY_OP_TOP_K && y->rank &&
	    y->dims[node->p.top_k.axis] > MAX_FOLDED_TOP_K)
		return false;
	collect(graph, node, &a);
	return synergy_eval_supports(&a.eval);
}

static int evaluate(struct synergy_graph *graph, const struct synergy_node *node,
		    struct synergy_error *err)
{
	struct arguments a;
	const char *why;
	int i;

	collect(graph, node, &a);
	why = synergy_eval_refusal(&a.eval);
	if (why)
		return synergy_node_error(graph, node, err, EINVAL, "%s", why);
	for (i = 0; i < node->n_outputs; i++)
		if (node->outputs[i] >= 0 &&
		    synergy_tensor_set_const(graph, node->outputs[i], NULL, err))
			return -1;
	collect(graph, node, &a);
	synergy_eval(&a.eval);
	return 1;
}

int synergy_fold_node(struct synergy_graph *graph, struct synergy_node *node,
		      struct synergy_error *err)
{
	const struct synergy_tensor *t;
	int i;

	if (node->kind == SYNERGY_OP_CONSTANT)
		return 1;
	if (node->kind == SYNERGY_OP_SHAPE || node->kind == SYNERGY_OP_SIZE)
		return fold_shape(graph, node, err);
	for (i = 0; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (t && (!t->is_const || !t->data))
			return 0;
	}
	if (is_view(node->kind)) {
		t = synergy_node_input(graph, node, 0);
		for (i = 0; i < node->n_outputs; i++)
			if (node->outputs[i] >= 0 &&
			    synergy_tensor_set_const(graph, node->outputs[i], t->data, err))
				return -1;
		return 1;
	}
	if (!can_evaluate(graph, node))
		return 0;
	i = within_limits(graph, node, err);
	return i <= 0 ? i : evaluate(graph, node, err);
}
