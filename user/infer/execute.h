/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a plan node by node. Between before() and after() there is the node's
 * kernel and nothing else, so a marker set in each measures that kernel.
 */
#ifndef SYNERGY_INFER_EXECUTE_H
#define SYNERGY_INFER_EXECUTE_H

#include "infer/plan.h"

/*
 * Either function may be NULL; a non-zero return stops the run. Outputs of the
 * node can be read with synergy_plan_tensor() in after().
 */
struct synergy_run_hooks {
	int (*before)(void *arg, int node);
	int (*after)(void *arg, int node);
	void *arg;
};

/* One inference; hooks may be NULL. 0, or what the hook returned that was not 0. */
int synergy_plan_run(struct synergy_plan *plan, const struct synergy_run_hooks *hooks);

#endif
