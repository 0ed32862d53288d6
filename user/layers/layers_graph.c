// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The static half of the layers table from a model file: name, operator, MACs
 * and the features that predictions from the file alone rest on. What user/model
 * counts is taken as it is; nothing is counted here.
 */
#include <errno.h>

#include "layers/layers.h"
#include "model/graph.h"

/* Dimension 1 is the channels of an activation [N,C,...]; a matrix's columns. */
static int64_t channels(const struct synergy_graph *g, int n, const int *tensors)
{
	const struct synergy_tensor *t;

	if (n < 1 || tensors[0] < 0)
		return -1;
	t = &g->tensors[tensors[0]];
	return t->rank >= 2 ? t->dims[1] : t->count;
}

static void window_features(const struct synergy_node *node, struct synergy_layer_features *f)
{
	const int64_t *kernel, *stride;
	int spatial;

	f->kernel_h = f->kernel_w = f->stride_h = f->stride_w = f->group = 1;
	switch (node->kind) {
	case SYNERGY_OP_CONV:
	case SYNERGY_OP_CONV_INTEGER:
	case SYNERGY_OP_QLINEAR_CONV:
		spatial = node->p.conv.spatial;
		kernel = node->p.conv.kernel;
		stride = node->p.conv.stride;
		f->group = node->p.conv.group;
		break;
	case SYNERGY_OP_MAX_POOL:
	case SYNERGY_OP_AVG_POOL:
		spatial = node->p.pool.spatial;
		kernel = node->p.pool.kernel;
		stride = node->p.pool.stride;
		break;
	default:
		return;
	}
	f->kernel_w = kernel[spatial - 1];
	f->stride_w = stride[spatial - 1];
	if (spatial >= 2) {
		f->kernel_h = kernel[spatial - 2];
		f->stride_h = stride[spatial - 2];
	}
}

static void features_of(const struct synergy_graph *g, int i, const struct synergy_work *w,
			struct synergy_layer_features *f)
{
	const struct synergy_node *node = &g->nodes[i];

	window_features(node, f);
	if (node->kind == SYNERGY_OP_GLOBAL_AVG_POOL || node->kind == SYNERGY_OP_GLOBAL_MAX_POOL) {
		const struct synergy_tensor *x = &g->tensors[node->inputs[0]];

		f->kernel_w = x->rank >= 3 ? x->dims[x->rank - 1] : 1;
		f->kernel_h = x->rank >= 4 ? x->dims[x->rank - 2] : 1;
	}
	f->params = (int64_t)w->params;
	f->bytes_in = (int64_t)w->bytes_in;
	f->bytes_out = (int64_t)w->bytes_out;
	f->channels_in = channels(g, node->n_inputs, node->inputs);
	f->channels_out = channels(g, node->n_outputs, node->outputs);
}

int synergy_layers_from_graph(const struct synergy_graph *graph, const char *network,
			      size_t n_rails, const char *const *rails, size_t n_events,
			      const char *const *events, struct synergy_layers **out,
			      struct synergy_error *err)
{
	struct synergy_layers *t;
	int i;

	*out = NULL;
	t = synergy_layers_new(n_rails, rails, n_events, events, err);
	if (!t)
		return -1;
	for (i = 0; i < graph->n_nodes; i++) {
		const struct synergy_node *node = &graph->nodes[i];
		struct synergy_layers_row *row;
		struct synergy_work work;

		if (!synergy_node_is_known(graph, i))
			continue;
		synergy_work_of(graph, i, &work);
		row = synergy_layers_add(t, network, (uint32_t)i, node->name,
					 synergy_op_info(node->kind)->name, work.mac);
		if (!row) {
			synergy_layers_free(t);
			return synergy_error_set(err, errno, "%s: layers table: out of memory",
						 graph->path);
		}
		features_of(graph, i, &work, &row->features);
	}
	*out = t;
	return 0;
}
