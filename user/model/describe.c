// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of `synergy-run --describe`: what a model file holds, without
 * running it. Figures come from work.c; nothing is computed here.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "model/build.h"
#include "model/quantised.h"

#define SHAPE_TEXT	(21 * SYNERGY_MAX_RANK)	/* any dimensions, with the signs between */
#define ATTRIBUTES_TEXT	1024

static int widest(int width, const char *text)
{
	int n = (int)strlen(text);

	return n > width ? n : width;
}

/* A node that is not supported may do without an output. */
static const char *output_shape(const struct synergy_graph *graph, const struct synergy_node *node,
				char *buf, size_t size)
{
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);

	return y ? synergy_tensor_shape(y, buf, size) : "?";
}

/* Columns are as wide as their longest text: a name that is cut is no name. */
static void column_widths(const struct synergy_graph *graph, int *name, int *op, int *shape)
{
	char buf[SHAPE_TEXT];
	int i;

	*name = 12;
	*op = 10;
	*shape = 12;
	for (i = 0; i < graph->n_nodes; i++) {
		const struct synergy_node *node = &graph->nodes[i];

		*name = widest(*name, node->name);
		*op = widest(*op, synergy_node_op_name(node));
		*shape = widest(*shape, output_shape(graph, node, buf, sizeof(buf)));
	}
}

static void describe_header(const struct synergy_graph *graph, FILE *out)
{
	char shape[SHAPE_TEXT];
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

static uint64_t convolutions_mac(const struct synergy_graph *graph)
{
	struct synergy_work work;
	uint64_t mac = 0;
	int i;

	for (i = 0; i < graph->n_nodes; i++) {
		synergy_work_of(graph, i, &work);
		if (synergy_op_is_convolution(graph->nodes[i].kind))
			mac += work.mac;
	}
	return mac;
}

int synergy_graph_describe(const struct synergy_graph *graph, FILE *out)
{
	char shape[SHAPE_TEXT], attributes[ATTRIBUTES_TEXT];
	int name, op, wide, i;
	struct synergy_work work;

	column_widths(graph, &name, &op, &wide);
	describe_header(graph, out);
	fprintf(out, "\n%5s  %-*s  %-*s %-*s %15s %12s %12s %12s  %s\n", "index", name, "layer",
		op, "op", wide, "output", "mac", "params", "bytes_in", "bytes_out", "attributes");
	for (i = 0; i < graph->n_nodes; i++) {
		const struct synergy_node *node = &graph->nodes[i];

		synergy_work_of(graph, i, &work);
		fprintf(out, "%5d  %-*s  %-*s %-*s %15" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "  %s\n",
			i, name, node->name, op, synergy_node_op_name(node), wide,
			output_shape(graph, node, shape, sizeof(shape)), work.mac, work.params,
			work.bytes_in, work.bytes_out,
			synergy_node_attributes(graph, i, attributes, sizeof(attributes)));
	}
	synergy_work_total(graph, &work);
	fprintf(out, "%5s  %-*s  %-*s %-*s %15" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n",
		"", name, "total", op, "", wide, "", work.mac, work.params, work.bytes_in,
		work.bytes_out);
	fprintf(out, "%5s  %-*s  %-*s %-*s %15" PRIu64 "\n", "", name, "convolutions", op, "", wide,
		"", convolutions_mac(graph));
	return ferror(out) ? synergy_error_set(NULL, EIO, "write failed") : 0;
}
