// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators by their plain definition (model/eval.h), for types and cases that no fast
 * loop takes: the last kernel of every kind that moves, compares or computes element by
 * element.
 */
#include "kernels/op.h"
#include "model/eval.h"

static struct synergy_eval eval_of(const struct synergy_call *call)
{
	return (struct synergy_eval){
		.node = call->node, .n_in = call->n_in, .n_out = call->n_out,
		.in = call->in, .out = call->out, .src = call->src, .dst = call->dst,
	};
}

static bool eval_supports(const struct synergy_call *call)
{
	const struct synergy_eval e = eval_of(call);

	return synergy_eval_supports(&e);
}

static void eval_run(const struct synergy_call *call)
{
	const struct synergy_eval e = eval_of(call);

	synergy_eval(&e);
}

/* Element i of the result depends on element i of the inputs alone. */
const struct synergy_kernel synergy_kernel_eval_elements = {
	.method = "reference",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = eval_supports,
	.run = eval_run,
};

const struct synergy_kernel synergy_kernel_eval = {
	.method = "reference",
	.supports = eval_supports,
	.run = eval_run,
};

/* Kinds that nothing faster is worth the while of. */
synergy_kernel_list synergy_eval_kernels = { &synergy_kernel_eval, NULL };
synergy_kernel_list synergy_eval_element_kernels = { &synergy_kernel_eval_elements, NULL };
