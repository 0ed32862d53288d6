// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of `synergy-run --describe`: what a model file holds, without
 * running it. Figures come from work.c; nothing is computed here.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "model/build.h"

static int name_width(const struct synergy_graph *graph)
{
	int i, width = 5, n;

	for (i = 0; i < graph->n_nodes; i++) {
		n = (int)strlen(graph->nodes[i].name);
		if (n > width)
			width = n;
	}
	return width < 40 ? width : 40;
}

static void describe_header(const struct synergy_graph *graph, FILE *out)
{
	char shape[160];
	int i;

	fprintf(out, "%s: %s, ", graph->name,
		graph->format == SYNERGY_FORMAT_ONNX ? "ONNX" : "Caffe");
	if (graph->opset)
		fprintf(out, "opset %d, ", graph->opset);
	fprintf(out, "%d layers, sha256 %.16s\n", graph->n_nodes, graph->sha256);
	for (i = 0; i < graph->n_inputs; i++) {
		const struct synergy_tensor *t = &graph->tensors[graph->inputs[i]];

		fprintf(out, "input  %s %s %s\n", t->name, synergy_dtype_name(t->dtype),
			synergy_tensor_shape(t, shape, sizeof(shape)));
	}
	for (i = 0; i < graph->n_outputs; i++) {
		const struct synergy_tensor *t = &graph->tensors[graph->outputs[i]];

		fprintf(out, "output %s %s %s\n", t->name, synergy_dtype_name(t->dtype),
			synergy_tensor_shape(t, shape, sizeof(shape)));
	}
	if (graph->random_weights)
		fprintf(out, "weights: random, seed %" PRIu64 "\n", graph->seed);
}

int synergy_graph_describe(const struct synergy_graph *graph, FILE *out)
{
	int width = name_width(graph), i;
	char shape[160], attributes[160];
	struct synergy_work work;

	describe_header(graph, out);
	fprintf(out, "\n%5s  %-*s  %-18s %-18s %15s %12s %12s %12s  %s\n", "index", width, "layer",
		"op", "output", "mac", "params", "bytes_in", "bytes_out", "attributes");
	for (i = 0; i < graph->n_nodes; i++) {
		const struct synergy_node *node = &graph->nodes[i];
		const struct synergy_tensor *y = synergy_node_output(graph, node, 0);

		synergy_work_of(graph, i, &work);
		fprintf(out, "%5d  %-*.*s  %-18.18s %-18s %15" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "  %s\n",
			i, width, width, node->name, synergy_op_info(node->kind)->name,
			synergy_tensor_shape(y, shape, sizeof(shape)), work.mac, work.params,
			work.bytes_in, work.bytes_out,
			synergy_node_attributes(graph, i, attributes, sizeof(attributes)));
	}
	synergy_work_total(graph, &work);
	fprintf(out, "%5s  %-*s  %-18s %-18s %15" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n",
		"", width, "total", "", "", work.mac, work.params, work.bytes_in, work.bytes_out);
	for (i = 0, memset(&work, 0, sizeof(work)); i < graph->n_nodes; i++) {
		struct synergy_work one;

		synergy_work_of(graph, i, &one);
		if (graph->nodes[i].kind == SYNERGY_OP_CONV)
			work.mac += one.mac;
	}
	fprintf(out, "%5s  %-*s  %-18s %-18s %15" PRIu64 "\n", "", width, "convolutions", "", "",
		work.mac);
	return ferror(out) ? synergy_error_set(NULL, EIO, "write failed") : 0;
}
