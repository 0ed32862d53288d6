// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The loop over a plan's steps. Kept this small on purpose: what is here runs
 * between layers and is paid by every measurement.
 */
#include "infer/execute.h"
#include "infer/plan_internal.h"

static int run_with_hooks(struct synergy_plan *plan, const struct synergy_run_hooks *hooks)
{
	int i, result;

	for (i = 0; i < plan->graph->n_nodes; i++) {
		const struct synergy_step *step = &plan->steps[i];

		if (!step->kernel)
			continue;
		if (hooks->before) {
			result = hooks->before(hooks->arg, i);
			if (result)
				return result;
		}
		step->kernel->run(&step->call);
		if (hooks->after) {
			result = hooks->after(hooks->arg, i);
			if (result)
				return result;
		}
	}
	return 0;
}

int synergy_plan_run(struct synergy_plan *plan, const struct synergy_run_hooks *hooks)
{
	static const struct synergy_run_hooks none;

	return run_with_hooks(plan, hooks ? hooks : &none);
}
