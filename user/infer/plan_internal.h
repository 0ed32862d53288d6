/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to user/infer/plan*.c and execute.c.
 */
#ifndef SYNERGY_INFER_PLAN_INTERNAL_H
#define SYNERGY_INFER_PLAN_INTERNAL_H

#include "kernels/kernel.h"
#include "infer/plan.h"

#define SYNERGY_PLAN_ALIGN 64

struct synergy_step {
	const struct synergy_kernel *kernel; /* NULL: fused into another */
	struct synergy_call call;
	int *in_tensor, *out_tensor; /* indices in the graph; -1: omitted */
	void **owned; /* folded weights: data that replaces src[i] */
	size_t workspace_bytes;
	size_t workspace_offset;
	size_t packed_bytes;
	struct synergy_tensor folded_bias; /* describes owned[2] */
	bool fused; /* into an earlier step */
	bool prepared;
	bool no_copy; /* Concat whose inputs all lie in place */
};

struct synergy_plan {
	const struct synergy_graph *graph;
	struct synergy_kernel_env env;
	struct synergy_step *steps; /* one a node */
	void **data; /* by tensor */
	char *arena;
	size_t arena_bytes; /* the peak */
	size_t unshared_bytes;
	size_t packed_bytes;
};

/* Memory touched and ready, 64-byte aligned; NULL with errno ENOMEM. */
void *synergy_plan_alloc(size_t bytes);
void synergy_plan_release(void *memory, size_t bytes);

/* Folds and fuses (plan_fuse.c), before kernels are chosen. 0, or -1 with ENOMEM. */
int synergy_plan_fuse(struct synergy_plan *plan, bool functions);

/*
 * Settles where every tensor and workspace lies, allocates, and fills in
 * plan->data and the steps' addresses. Steps must have their kernels.
 */
int synergy_plan_memory(struct synergy_plan *plan, struct synergy_error *err);

#endif
