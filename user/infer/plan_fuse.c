// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What --fuse and --fold-bn ask for, and nothing unasked: BatchNorm and Scale
 * with constant parameters disappear into the weights of the convolution before
 * them, and a ReLU after that into its stores. The graph itself stays as it is;
 * the steps of absorbed nodes run nothing.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/plan_internal.h"

/* Who reads each tensor: the number of readers and one of them. */
struct readers {
	int *count;
	int *reader;
};

static int find_readers(const struct synergy_graph *graph, struct readers *r)
{
	int i, t;

	r->count = calloc(graph->n_tensors + 1, sizeof(int));
	r->reader = calloc(graph->n_tensors + 1, sizeof(int));
	if (!r->count || !r->reader)
		return -1;
	for (i = 0; i < graph->n_nodes; i++)
		for (t = 0; t < graph->nodes[i].n_inputs; t++)
			if (graph->nodes[i].inputs[t] >= 0) {
				r->count[graph->nodes[i].inputs[t]]++;
				r->reader[graph->nodes[i].inputs[t]] = i;
			}
	/* An output of the graph has a reader that nothing can absorb. */
	for (i = 0; i < graph->n_outputs; i++)
		r->count[graph->outputs[i]] += 2;
	return 0;
}

/* Input t as constant floats, one for each of `channels`; NULL if it is not. */
static const float *per_channel(const struct synergy_call *call, int t, int64_t channels)
{
	if (t >= call->n_in || !call->in[t] || !call->in[t]->is_const ||
	    call->in[t]->dtype != SYNERGY_F32 || call->in[t]->count != channels)
		return NULL;
	return call->src[t];
}

static bool omitted(const struct synergy_call *call, int t)
{
	return t >= call->n_in || !call->in[t];
}

/* The node as y = x * a[c] + b[c]; false: it is not that. */
static bool as_affine(const struct synergy_call *call, int64_t channels, double *a, double *b)
{
	const struct synergy_node *node = call->node;
	const float *scale = per_channel(call, 1, channels);
	const float *bias = per_channel(call, 2, channels);
	const float *mean = NULL, *var = NULL;
	int64_t c;

	if ((!scale && !omitted(call, 1)) || (!bias && !omitted(call, 2)))
		return false;
	if (node->kind == SYNERGY_OP_BATCH_NORM) {
		mean = per_channel(call, 3, channels);
		var = per_channel(call, 4, channels);
		if (!mean || !var || node->p.batch_norm.training)
			return false;
	} else if (node->kind != SYNERGY_OP_SCALE || node->p.scale.axis != 1) {
		return false;
	}
	for (c = 0; c < channels; c++) {
		a[c] = scale ? scale[c] : 1;
		if (var)
			a[c] /= sqrt((double)var[c] + node->p.batch_norm.epsilon);
		b[c] = (bias ? bias[c] : 0) - (mean ? mean[c] * a[c] : 0);
	}
	return true;
}

/* The step's weights and bias as memory of its own. */
static int own_weights(struct synergy_step *step, int64_t channels)
{
	struct synergy_call *call = &step->call;
	float *weights, *bias;

	if (step->owned[1])
		return 0;
	weights = malloc(call->in[1]->bytes);
	bias = calloc(channels, sizeof(*bias));
	if (!weights || !bias) {
		free(weights);
		free(bias);
		errno = ENOMEM;
		return -1;
	}
	memcpy(weights, call->src[1], call->in[1]->bytes);
	if (call->n_in > 2 && call->src[2])
		memcpy(bias, call->src[2], channels * sizeof(*bias));
	step->folded_bias = (struct synergy_tensor){
		.name = "folded bias", .dtype = SYNERGY_F32, .rank = 1, .dims = { channels },
		.count = channels, .bytes = channels * sizeof(*bias), .data = bias,
		.is_const = true, .producer = -1,
	};
	call->n_in = 3;
	step->in_tensor[2] = -1;
	call->in[2] = &step->folded_bias;
	call->src[1] = step->owned[1] = weights;
	call->src[2] = step->owned[2] = bias;
	return 0;
}

static void scale_weights(struct synergy_step *step, int64_t channels, const double *a,
			  const double *b)
{
	const int64_t filter = step->call.in[1]->count / channels;
	float *weights = step->owned[1], *bias = step->owned[2];
	int64_t c, i;

	for (c = 0; c < channels; c++) {
		for (i = 0; i < filter; i++)
			weights[c * filter + i] = (float)(weights[c * filter + i] * a[c]);
		bias[c] = (float)(bias[c] * a[c] + b[c]);
	}
}

/* 1: absorbed, 0: it cannot be, -1: out of memory. */
static int absorb(struct synergy_step *step, struct synergy_step *next, bool relu)
{
	const int64_t channels = step->call.in[1]->dims[0];
	double *a;
	int result = 0;

	if (next->call.node->kind == SYNERGY_OP_RELU) {
		if (!relu || step->call.post.function != SYNERGY_FN_IDENTITY)
			return 0;
		step->call.post.function = SYNERGY_FN_RELU;
		result = 1;
	} else if (step->call.post.function == SYNERGY_FN_IDENTITY) {
		a = calloc(2 * channels + 1, sizeof(*a));
		if (!a)
			return -1;
		if (as_affine(&next->call, channels, a, a + channels)) {
			result = own_weights(step, channels) ? -1 : 1;
			if (result == 1)
				scale_weights(step, channels, a, a + channels);
		}
		free(a);
	}
	if (result != 1)
		return result;
	next->fused = true;
	step->out_tensor[0] = next->out_tensor[0];
	step->call.out[0] = next->call.out[0];
	return 1;
}

static bool has_constant_weights(const struct synergy_call *call)
{
	int t;

	for (t = 1; t < call->n_in; t++)
		if (call->in[t] && (!call->in[t]->is_const || !call->src[t] ||
				    call->in[t]->dtype != SYNERGY_F32))
			return false;
	return call->in[1]->count > 0;
}

int synergy_plan_fuse(struct synergy_plan *plan, bool relu)
{
	const struct synergy_graph *graph = plan->graph;
	struct readers r = { 0 };
	int i, result = -1;

	if (find_readers(graph, &r))
		goto free_readers;
	for (i = 0; i < graph->n_nodes; i++) {
		struct synergy_step *step = &plan->steps[i];
		int more = 1;

		if (graph->nodes[i].kind != SYNERGY_OP_CONV || !has_constant_weights(&step->call))
			continue;
		while (more == 1 && r.count[step->out_tensor[0]] == 1) {
			struct synergy_step *next = &plan->steps[r.reader[step->out_tensor[0]]];

			/* Only as its data, and only if nothing else comes out of it. */
			if (next->in_tensor[0] != step->out_tensor[0] || next->call.n_out != 1)
				break;
			more = absorb(step, next, relu);
		}
		if (more < 0)
			goto free_readers;
	}
	result = 0;
free_readers:
	free(r.count);
	free(r.reader);
	return result;
}
