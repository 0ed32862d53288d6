/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan is a graph made ready to run: a kernel chosen for every node, weights
 * packed, every byte of memory allocated and touched. After that running is
 * nothing but kernels (execute.h). Nothing here prints or exits.
 *
 * The graph must outlive the plan: constants are read where they lie. A plan is
 * used by one thread at a time.
 */
#ifndef SYNERGY_INFER_PLAN_H
#define SYNERGY_INFER_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "model/graph.h"

struct synergy_plan;

enum synergy_conv_choice {
	SYNERGY_CONV_AUTO, /* the cheapest of all methods, layer by layer */
	/*
	 * The papers' configuration: im2col and the back end's GEMM, for fully connected
	 * layers too; one channel at a time (depthwise) by its own loops all the same, since
	 * a column matrix of a channel's few taps is nobody's method.
	 */
	SYNERGY_CONV_IM2COL,
	SYNERGY_CONV_IM2COL_ALL, /* im2col, depthwise layers as well */
	SYNERGY_CONV_DIRECT, /* our own loops without a column matrix, else im2col */
	SYNERGY_CONV_WINOGRAD, /* Winograd where the shape allows it, else im2col */
};

struct synergy_plan_options {
	const char *backend; /* of kernels/gemm.h; NULL: "openblas" */
	const char *simd; /* of kernels/simd.h; NULL: the processor's best */
	enum synergy_conv_choice conv;
	int threads; /* 0 and 1: the caller's thread alone */
	bool fuse; /* activations and additions into convolutions; implies fold_bn */
	bool fold_bn; /* BatchNorm and Scale into the convolution before them */
	bool reference; /* every node by its reference kernel */
};

/*
 * options may be NULL (all zero). On failure -1, errno and one line in *err:
 * ENOENT or ENOSYS for a back end that is not there, EINVAL for a bad option,
 * ENOTSUP for a node that no kernel takes, ENOMEM.
 */
int synergy_plan_create(const struct synergy_graph *graph,
			const struct synergy_plan_options *options, struct synergy_plan **plan,
			struct synergy_error *err);
void synergy_plan_free(struct synergy_plan *plan); /* NULL is fine */

/* "auto", "im2col", "im2col-all", "direct" or "winograd"; -1 with errno EINVAL for another word. */
int synergy_conv_choice_parse(const char *word, enum synergy_conv_choice *choice);
/* NULL after the last one */
const char *synergy_conv_choice_name(enum synergy_conv_choice choice);

/*
 * Data of a tensor, by its index in the graph; NULL if it has none. A graph
 * input may be written between runs and keeps its data; a graph output is valid
 * after a run; any other only from its node's end to the end of its last reader,
 * since memory is reused.
 */
void *synergy_plan_tensor(const struct synergy_plan *plan, int tensor);

struct synergy_plan_node {
	const char *method; /* "im2col", "winograd-f4", "view", "fused", ... */
	bool runs; /* false: fused into another node; hooks are not called for it */
	size_t workspace_bytes;
	size_t packed_bytes; /* weights kept in another form */
};

void synergy_plan_describe(const struct synergy_plan *plan, int node,
			   struct synergy_plan_node *info);

/* Activations and workspace at their most, with reuse; without the weights. */
size_t synergy_plan_peak_bytes(const struct synergy_plan *plan);
/* What activations and workspaces would take if nothing were reused. */
size_t synergy_plan_unshared_bytes(const struct synergy_plan *plan);
/* All weights kept in another form. */
size_t synergy_plan_packed_bytes(const struct synergy_plan *plan);
const char *synergy_plan_backend(const struct synergy_plan *plan);
const char *synergy_plan_simd(const struct synergy_plan *plan);

#endif
