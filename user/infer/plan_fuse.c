// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What --fuse and --fold-bn ask for, and nothing unasked: BatchNorm and Scale
 * with constant parameters disappear into the weights of the convolution before
 * them; with --fuse the sum with another layer's output and a function of one number
 * after that are done while its outputs are in cache. The graph itself stays as it is; the
 * steps of absorbed nodes run nothing.
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

/* The step writes what `next` would have written, which runs no more. */
static void take_place(struct synergy_step *step, struct synergy_step *next)
{
	next->fused = true;
	step->out_tensor[0] = next->out_tensor[0];
	step->call.out[0] = next->call.out[0];
}

/* Nothing has been put after the weights' own sums yet. */
static bool is_bare(const struct synergy_step *step)
{
	return step->call.post.function == SYNERGY_FN_IDENTITY && !step->call.residual;
}

/* 1: absorbed, 0: it cannot be, -1: out of memory. */
static int absorb_affine(struct synergy_step *step, struct synergy_step *next)
{
	const int64_t channels = step->call.in[1]->dims[0];
	double *a;
	int result = 0;

	if (!is_bare(step))
		return 0;
	a = calloc(2 * channels + 1, sizeof(*a));
	if (!a)
		return -1;
	if (as_affine(&next->call, channels, a, a + channels)) {
		result = own_weights(step, channels) ? -1 : 1;
		if (result == 1)
			scale_weights(step, channels, a, a + channels);
	}
	free(a);
	if (result == 1)
		take_place(step, next);
	return result;
}

static bool is_f32(const struct synergy_call *call)
{
	int t;

	for (t = 0; t < call->n_in; t++)
		if (call->in[t] && call->in[t]->dtype != SYNERGY_F32)
			return false;
	return true;
}

/* A function that there is a fast loop for. */
static int absorb_function(struct synergy_step *step, struct synergy_step *next)
{
	struct synergy_map map;

	if (step->call.post.function != SYNERGY_FN_IDENTITY ||
	    !synergy_map_from_node(next->call.node, &map) || !is_f32(&next->call) ||
	    !step->call.env->simd->map(&map, NULL, NULL, 0))
		return 0;
	step->call.post = map;
	take_place(step, next);
	return 1;
}

static bool same_shape(const struct synergy_tensor *a, const struct synergy_tensor *b)
{
	return a->rank == b->rank && !memcmp(a->dims, b->dims, sizeof(*a->dims) * (size_t)a->rank);
}

/* Whether the tensor is written before step i runs. */
static bool is_ready(const struct synergy_plan *plan, int tensor, int i)
{
	const int producer = plan->graph->tensors[tensor].producer;

	/* What was absorbed is written by an earlier convolution. */
	return producer < i || plan->steps[producer].fused;
}

static bool is_sum(const struct synergy_node *node)
{
	return node->kind == SYNERGY_OP_ADD ||
	       (node->kind == SYNERGY_OP_ELTWISE && node->p.eltwise.mode == SYNERGY_ELTWISE_SUM &&
		!node->p.eltwise.coefficients);
}

static bool is_product(const struct synergy_node *node)
{
	return node->kind == SYNERGY_OP_MUL ||
	       (node->kind == SYNERGY_OP_ELTWISE && node->p.eltwise.mode == SYNERGY_ELTWISE_PROD);
}

/* The sum with a tensor that is there already: it becomes one more input. */
static int absorb_sum(struct synergy_plan *plan, int i, struct synergy_step *next)
{
	struct synergy_step *step = &plan->steps[i];
	struct synergy_call *call = &step->call;
	const int ours = next->in_tensor[0] == step->out_tensor[0] ? 0 : 1, other = 1 - ours;

	if (!is_bare(step) || !is_sum(next->call.node) || next->call.n_in != 2 ||
	    !is_f32(&next->call) || next->in_tensor[other] == step->out_tensor[0] ||
	    !same_shape(next->call.in[other], call->out[0]) ||
	    !same_shape(next->call.out[0], call->out[0]) ||
	    !is_ready(plan, next->in_tensor[other], i))
		return 0;
	if (call->n_in == 2) {
		call->in[2] = NULL;
		call->src[2] = NULL;
		step->in_tensor[2] = -1;
		call->n_in = 3;
	}
	call->in[3] = next->call.in[other];
	call->src[3] = next->call.src[other];
	step->in_tensor[3] = next->in_tensor[other];
	call->residual = 3;
	call->n_in = 4;
	take_place(step, next);
	return 1;
}

/* x times a gate of x: SiLU as Sigmoid and Mul, HardSwish as HardSigmoid and Mul. */
static bool gated(const struct synergy_call *gate, struct synergy_map *map)
{
	const struct synergy_activation_params *p = &gate->node->p.activation;

	if (gate->node->kind == SYNERGY_OP_SIGMOID) {
		*map = (struct synergy_map){ SYNERGY_FN_SWISH, 1, 0, 0 };
		return true;
	}
	*map = (struct synergy_map){ .function = SYNERGY_FN_HARD_SWISH };
	return gate->node->kind == SYNERGY_OP_HARD_SIGMOID && p->alpha == 1.0f / 6 &&
	       p->beta == 0.5f;
}

/* The last of two readers multiplies with what the other one made. */
static int absorb_gate(struct synergy_plan *plan, struct synergy_step *step,
		       const struct readers *r)
{
	struct synergy_step *mul = &plan->steps[r->reader[step->out_tensor[0]]], *gate;
	const int x = step->out_tensor[0];
	struct synergy_map map;
	int other, producer;

	if (!is_product(mul->call.node) || mul->call.n_in != 2 ||
	    step->call.post.function != SYNERGY_FN_IDENTITY || !is_f32(&mul->call))
		return 0;
	other = mul->in_tensor[mul->in_tensor[0] == x ? 1 : 0];
	producer = other < 0 ? -1 : plan->graph->tensors[other].producer;
	if (other == x || producer < 0 || r->count[other] != 1)
		return 0;
	gate = &plan->steps[producer];
	if (gate->in_tensor[0] != x || !gated(&gate->call, &map))
		return 0;
	step->call.post = map;
	gate->fused = true;
	take_place(step, mul);
	return 1;
}

/*
 * 1: one more node was absorbed into step i, 0: there is none that can be, -1: out of memory.
 * A node is taken only if nothing else reads what the step has made so far.
 */
static int absorb(struct synergy_plan *plan, int i, const struct readers *r, bool functions)
{
	struct synergy_step *step = &plan->steps[i], *next;
	const int x = step->out_tensor[0];
	int result;

	if (functions && r->count[x] == 2 && r->reader[x] > i)
		return absorb_gate(plan, step, r);
	if (r->count[x] != 1)
		return 0;
	next = &plan->steps[r->reader[x]];
	if (next->call.n_out != 1)
		return 0;
	if (functions && absorb_sum(plan, i, next))
		return 1;
	/* Only as its data. */
	if (next->in_tensor[0] != x)
		return 0;
	result = absorb_affine(step, next);
	return result || !functions ? result : absorb_function(step, next);
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

int synergy_plan_fuse(struct synergy_plan *plan, bool functions)
{
	const struct synergy_graph *graph = plan->graph;
	struct readers r = { 0 };
	int i, result = -1;

	if (find_readers(graph, &r))
		goto free_readers;
	for (i = 0; i < graph->n_nodes; i++) {
		int more = 1;

		if (graph->nodes[i].kind != SYNERGY_OP_CONV ||
		    !has_constant_weights(&plan->steps[i].call))
			continue;
		while (more == 1)
			more = absorb(plan, i, &r, functions);
		if (more < 0)
			goto free_readers;
	}
	result = 0;
free_readers:
	free(r.count);
	free(r.reader);
	return result;
}
