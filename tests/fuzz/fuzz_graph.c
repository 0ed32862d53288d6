// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of the two graph readers: the format is known by the bytes, so
 * one program serves ONNX and .prototxt; the corpus decides which it explores.
 * A graph that loads is also walked as its users do: every index, shape and
 * count of work must be in range. Once more as for who only describes it: what is not
 * supported stays, and shapes may be unknown.
 */
#include "model/graph.h"
#include "tests/fuzz/fuzz.h"

static FILE *sink;	/* what --describe prints */

static void walk_tensors(const struct synergy_graph *graph)
{
	int i, d;

	for (i = 0; i < graph->n_tensors; i++) {
		const struct synergy_tensor *t = &graph->tensors[i];
		int64_t count = 1;

		must(synergy_graph_find_tensor(graph, t->name) == i);
		must(t->producer >= -1 && t->producer < graph->n_nodes);
		if (t->rank < 0)
			continue;
		for (d = 0; d < t->rank; d++) {
			must(t->dims[d] >= 0);
			count *= t->dims[d];
		}
		must(t->count == count && t->bytes == (size_t)count * synergy_dtype_size(t->dtype));
		/* Reading the last byte lets AddressSanitizer see a block that is too small. */
		if (t->data && t->bytes)
			must(((volatile const unsigned char *)t->data)[t->bytes - 1] <= 255);
	}
}

static void walk_nodes(const struct synergy_graph *graph)
{
	struct synergy_work work;
	char text[200];
	int i, k;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct synergy_node *node = &graph->nodes[i];
		const bool known = synergy_node_is_known(graph, i);

		must(known || graph->partial);

		for (k = 0; k < node->n_inputs; k++) {
			must(node->inputs[k] >= -1 && node->inputs[k] < graph->n_tensors);
			if (node->inputs[k] >= 0) {
				must(!known || graph->tensors[node->inputs[k]].rank >= 0);
				must(graph->tensors[node->inputs[k]].producer < i);
			}
		}
		for (k = 0; k < node->n_outputs; k++)
			if (node->outputs[k] >= 0)
				must(graph->tensors[node->outputs[k]].producer == i &&
				     (!known || graph->tensors[node->outputs[k]].rank >= 0));
		synergy_work_of(graph, i, &work);
		synergy_node_attributes(graph, i, text, sizeof(text));
	}
	synergy_work_total(graph, &work);
}

static void load(const unsigned char *data, size_t size, bool described)
{
	const struct synergy_graph_options options = { .max_bytes = 8 << 20,
						       .keep_unsupported = described,
						       .skip_weights = described };
	struct synergy_graph *graph;
	struct synergy_error err = { "" };

	if (synergy_graph_load_memory(data, size, "input", &options, &graph, &err)) {
		must(err.message[0] != '\0');
		return;
	}
	walk_tensors(graph);
	walk_nodes(graph);
	if (described)
		must(synergy_graph_describe(graph, sink) == 0);
	synergy_graph_free(graph);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	if (!sink)
		sink = fopen("/dev/null", "w");
	load(data, size, false);
	load(data, size, true);
	return 0;
}
