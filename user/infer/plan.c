// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes a plan: one kernel for each node, its weights packed, its memory
 * placed (plan_memory.c). What a plan is: plan.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "infer/plan_internal.h"

static const char *const conv_words[] = {
	[SYNERGY_CONV_AUTO] = "auto",
	[SYNERGY_CONV_IM2COL] = "im2col",
	[SYNERGY_CONV_IM2COL_ALL] = "im2col-all",
	[SYNERGY_CONV_DIRECT] = "direct",
	[SYNERGY_CONV_WINOGRAD] = "winograd",
};

int synergy_conv_choice_parse(const char *word, enum synergy_conv_choice *choice)
{
	size_t i;

	for (i = 0; i < sizeof(conv_words) / sizeof(conv_words[0]); i++) {
		if (strcmp(word, conv_words[i]))
			continue;
		*choice = (enum synergy_conv_choice)i;
		return 0;
	}
	errno = EINVAL;
	return -1;
}

const char *synergy_conv_choice_name(enum synergy_conv_choice choice)
{
	return (size_t)choice < sizeof(conv_words) / sizeof(conv_words[0]) ? conv_words[choice] : NULL;
}

static int open_env(struct synergy_plan *plan, const struct synergy_plan_options *o,
		    struct synergy_error *err)
{
	const char *backend = o->backend ? o->backend : "openblas";
	const int threads = o->threads ? o->threads : 1;
	size_t i;

	plan->env.gemm = synergy_gemm_find(backend);
	if (!plan->env.gemm)
		return synergy_error_set(err, ENOENT, "backend: unknown name '%s'", backend);
	if (plan->env.gemm->open())
		return synergy_error_set(err, errno, "backend: '%s' cannot be used here: %s",
					 backend, strerror(errno));
	if (plan->env.gemm->set_threads(threads))
		return synergy_error_set(err, errno, "threads: backend '%s' cannot use %d: %s",
					 backend, threads, strerror(errno));
	plan->env.simd = synergy_simd_best();
	if (o->simd) {
		for (i = 0; (plan->env.simd = synergy_simd_at(i)); i++)
			if (!strcmp(plan->env.simd->name, o->simd))
				break;
		if (!plan->env.simd)
			return synergy_error_set(err, EINVAL,
						 "simd: '%s' is not for this processor", o->simd);
	}
	if (threads == 1)
		return 0;
	plan->env.threads = synergy_threads_create(threads);
	if (!plan->env.threads)
		return synergy_error_set(err, errno, "threads: cannot start %d: %s", threads,
					 strerror(errno));
	return 0;
}

/* The node's tensors as its kernel is to see them. */
static int open_step(struct synergy_plan *plan, int i, struct synergy_error *err)
{
	const struct synergy_graph *graph = plan->graph;
	const struct synergy_node *node = &graph->nodes[i];
	struct synergy_step *step = &plan->steps[i];
	struct synergy_call *call = &step->call;
	/* A convolution may gain a bias when BatchNorm is folded into it. */
	const int room = node->n_inputs + 3;
	int t;

	call->node = node;
	call->env = &plan->env;
	call->n_in = node->n_inputs;
	call->n_out = node->n_outputs;
	step->in_tensor = calloc(room, sizeof(int));
	step->out_tensor = calloc(node->n_outputs + 1, sizeof(int));
	step->owned = calloc(room, sizeof(void *));
	call->in = calloc(room, sizeof(*call->in));
	call->src = calloc(room, sizeof(*call->src));
	call->out = calloc(node->n_outputs + 1, sizeof(*call->out));
	call->dst = calloc(node->n_outputs + 1, sizeof(*call->dst));
	if (!step->in_tensor || !step->out_tensor || !step->owned || !call->in || !call->src ||
	    !call->out || !call->dst)
		return synergy_error_set(err, ENOMEM, "%s: node '%s': out of memory", graph->path,
					 node->name);
	for (t = 0; t < node->n_inputs; t++) {
		const int index = node->inputs[t];

		step->in_tensor[t] = index;
		if (index < 0)
			continue;
		call->in[t] = &graph->tensors[index];
		call->src[t] = graph->tensors[index].is_const ? graph->tensors[index].data : NULL;
	}
	for (t = 0; t < node->n_outputs; t++) {
		step->out_tensor[t] = node->outputs[t];
		if (node->outputs[t] >= 0)
			call->out[t] = &graph->tensors[node->outputs[t]];
	}
	return 0;
}

static bool takes(const struct synergy_kernel *kernel, const struct synergy_call *call)
{
	return !kernel->supports || kernel->supports(call);
}

static unsigned int family_of(enum synergy_conv_choice conv)
{
	switch (conv) {
	case SYNERGY_CONV_DIRECT:
		return SYNERGY_KERNEL_DIRECT;
	case SYNERGY_CONV_WINOGRAD:
		return SYNERGY_KERNEL_WINOGRAD;
	default:
		return SYNERGY_KERNEL_IM2COL;
	}
}

/* The cheapest kernel of a family (0: any) and not of another that takes the call. */
static const struct synergy_kernel *cheapest(const struct synergy_kernel *const *list,
					     const struct synergy_call *call, unsigned int family,
					     unsigned int but)
{
	const struct synergy_kernel *best = NULL;
	double best_cost = 0;

	for (; *list; list++) {
		double cost;

		if ((family && !((*list)->flags & family)) || ((*list)->flags & but) ||
		    !takes(*list, call))
			continue;
		if (!(*list)->cost) {
			if (!best)
				best = *list;
			continue;
		}
		cost = (*list)->cost(call);
		if (best && best->cost && cost >= best_cost)
			continue;
		best = *list;
		best_cost = cost;
	}
	return best;
}

static const struct synergy_kernel *choose(const struct synergy_kernel *const *list,
					   const struct synergy_call *call,
					   const struct synergy_plan_options *o)
{
	const struct synergy_kernel *kernel = NULL;

	if (o->reference) {
		for (; *list; list++)
			if (takes(*list, call))
				kernel = *list;
		return kernel;
	}
	if (o->conv == SYNERGY_CONV_AUTO)
		return cheapest(list, call, 0, 0);
	if (call->node->kind != SYNERGY_OP_CONV)
		return cheapest(list, call, 0, o->conv == SYNERGY_CONV_IM2COL ||
				o->conv == SYNERGY_CONV_IM2COL_ALL ? SYNERGY_KERNEL_DIRECT : 0);
	if (o->conv != SYNERGY_CONV_IM2COL_ALL)
		kernel = cheapest(list, call, SYNERGY_KERNEL_DEPTHWISE, 0);
	if (!kernel)
		kernel = cheapest(list, call, family_of(o->conv), 0);
	if (!kernel)
		kernel = cheapest(list, call, SYNERGY_KERNEL_IM2COL, 0);
	return kernel ? kernel : cheapest(list, call, 0, 0);
}

static int choose_kernel(struct synergy_plan *plan, int i, const struct synergy_plan_options *o,
			 struct synergy_error *err)
{
	struct synergy_step *step = &plan->steps[i];
	const struct synergy_node *node = step->call.node;
	const struct synergy_kernel *const *list = synergy_kernels_of(node->kind);
	int t;

	if (step->fused)
		return 0;
	for (t = 0; t < step->call.n_in; t++)
		if (step->call.in[t] && step->call.in[t]->is_const && !step->call.src[t] &&
		    step->call.in[t]->count)
			return synergy_error_set(err, EINVAL,
						 "%s: node '%s': weights '%s' were not loaded",
						 plan->graph->path, node->name,
						 step->call.in[t]->name);
	step->kernel = list ? choose(list, &step->call, o) : NULL;
	if (!step->kernel)
		return synergy_error_set(err, ENOTSUP,
					 "%s: node '%s': operator %s (opset %d): no kernel for %s "
					 "with these parameters",
					 plan->graph->path, node->name, node->op_type, node->opset,
					 step->call.n_in && step->call.in[0] ?
						 synergy_dtype_name(step->call.in[0]->dtype) :
						 "no input");
	return 0;
}

static int prepare_step(struct synergy_plan *plan, int i, struct synergy_error *err)
{
	struct synergy_step *step = &plan->steps[i];

	if (!step->kernel || !step->kernel->prepare)
		return 0;
	if (step->kernel->prepare(&step->call, &step->packed_bytes))
		return synergy_error_set(err, errno, "%s: node '%s': packing weights for %s: %s",
					 plan->graph->path, step->call.node->name,
					 step->kernel->method, strerror(errno));
	step->prepared = true;
	plan->packed_bytes += step->packed_bytes;
	return 0;
}

int synergy_plan_create(const struct synergy_graph *graph,
			const struct synergy_plan_options *options, struct synergy_plan **out,
			struct synergy_error *err)
{
	static const struct synergy_plan_options defaults;
	const struct synergy_plan_options *o = options ? options : &defaults;
	struct synergy_plan *plan;
	int i;

	*out = NULL;
	if (o->threads < 0 || o->threads > 1024)
		return synergy_error_set(err, EINVAL, "threads: %d is not in 1..1024", o->threads);
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return synergy_error_set(err, ENOMEM, "%s: out of memory", graph->path);
	plan->graph = graph;
	plan->steps = calloc(graph->n_nodes + 1, sizeof(*plan->steps));
	plan->data = calloc(graph->n_tensors + 1, sizeof(*plan->data));
	if (!plan->steps || !plan->data) {
		synergy_error_set(err, ENOMEM, "%s: out of memory", graph->path);
		goto free_plan;
	}
	if (open_env(plan, o, err))
		goto free_plan;
	for (i = 0; i < graph->n_nodes; i++)
		if (open_step(plan, i, err))
			goto free_plan;
	if ((o->fuse || o->fold_bn) && synergy_plan_fuse(plan, o->fuse)) {
		synergy_error_set(err, ENOMEM, "%s: folding weights: out of memory", graph->path);
		goto free_plan;
	}
	for (i = 0; i < graph->n_nodes; i++)
		if (choose_kernel(plan, i, o, err) || prepare_step(plan, i, err))
			goto free_plan;
	if (synergy_plan_memory(plan, err))
		goto free_plan;
	*out = plan;
	return 0;

free_plan:
	i = errno;
	synergy_plan_free(plan);
	errno = i;
	return -1;
}

static void close_step(struct synergy_step *step)
{
	int t;

	if (step->prepared && step->kernel->release)
		step->kernel->release(step->call.state);
	for (t = 0; step->owned && t < step->call.n_in; t++)
		free(step->owned[t]);
	free(step->owned);
	free(step->in_tensor);
	free(step->out_tensor);
	free(step->call.in);
	free(step->call.src);
	free(step->call.out);
	free(step->call.dst);
}

void synergy_plan_free(struct synergy_plan *plan)
{
	int i;

	if (!plan)
		return;
	for (i = 0; plan->steps && i < plan->graph->n_nodes; i++)
		close_step(&plan->steps[i]);
	synergy_threads_destroy(plan->env.threads);
	synergy_plan_release(plan->arena, plan->arena_bytes + SYNERGY_PLAN_ALIGN);
	free(plan->steps);
	free(plan->data);
	free(plan);
}

void *synergy_plan_tensor(const struct synergy_plan *plan, int tensor)
{
	return tensor < 0 || tensor >= plan->graph->n_tensors ? NULL : plan->data[tensor];
}

void synergy_plan_describe(const struct synergy_plan *plan, int node,
			   struct synergy_plan_node *info)
{
	const struct synergy_step *step = &plan->steps[node];

	*info = (struct synergy_plan_node){
		.method = !step->kernel ? "fused" : step->no_copy ? "no-copy" : step->kernel->method,
		.runs = step->kernel,
		.workspace_bytes = step->workspace_bytes,
		.packed_bytes = step->packed_bytes,
	};
}

size_t synergy_plan_peak_bytes(const struct synergy_plan *plan)
{
	return plan->arena_bytes;
}

size_t synergy_plan_unshared_bytes(const struct synergy_plan *plan)
{
	return plan->unshared_bytes;
}

size_t synergy_plan_packed_bytes(const struct synergy_plan *plan)
{
	return plan->packed_bytes;
}

const char *synergy_plan_backend(const struct synergy_plan *plan)
{
	return plan->env.gemm->name;
}

const char *synergy_plan_simd(const struct synergy_plan *plan)
{
	return plan->env.simd->name;
}
