// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators that change no data: Reshape and its kin share memory with their
 * input where the planner can arrange it and copy where it cannot. Dropout at
 * inference is one of them; its mask is all true.
 */
#include <string.h>

#include "kernels/op.h"

static void view_run(const struct synergy_call *call)
{
	if (call->dst[0] != call->src[0])
		memcpy(call->dst[0], call->src[0], call->out[0]->bytes);
}

static const struct synergy_kernel view = {
	.method = "view",
	.flags = SYNERGY_KERNEL_IN_PLACE | SYNERGY_KERNEL_VIEW,
	.run = view_run,
};

synergy_kernel_list synergy_view_kernels = { &view, NULL };

/* Training mode with ratio 0 keeps everything too; other ratios are random. */
static bool dropout_supports(const struct synergy_call *call)
{
	const struct synergy_dropout_params *p = &call->node->p.dropout;

	return !p->training || p->ratio == 0;
}

/* The mask before opset 12 has the data's type, later it is boolean. */
static void dropout_run(const struct synergy_call *call)
{
	int64_t i;

	view_run(call);
	if (call->n_out < 2 || !call->out[1])
		return;
	if (call->out[1]->dtype == SYNERGY_F32)
		for (i = 0; i < call->out[1]->count; i++)
			((float *)call->dst[1])[i] = 1;
	else
		memset(call->dst[1], 1, call->out[1]->bytes);
}

static const struct synergy_kernel dropout = {
	.method = "view",
	.flags = SYNERGY_KERNEL_IN_PLACE | SYNERGY_KERNEL_VIEW,
	.supports = dropout_supports,
	.run = dropout_run,
};

synergy_kernel_list synergy_dropout_kernels = { &dropout, NULL };
