/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The operator kernels. For each kind of user/model/op.h there are one or more
 * kernels; the last one listed is always the reference, which takes every case
 * that shape inference lets through. The planner asks supports(), cost() and
 * workspace(), calls prepare() once, and from then on run() is all that
 * happens. run() never allocates, locks, prints, starts a thread or fails.
 */
#ifndef SYNERGY_KERNELS_KERNEL_H
#define SYNERGY_KERNELS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm.h"
#include "kernels/simd.h"
#include "kernels/threads.h"
#include "model/graph.h"

/* What all kernels of a plan share. */
struct synergy_kernel_env {
	const struct synergy_gemm_backend *gemm;
	const struct synergy_simd *simd; /* the fast loops of this processor */
	struct synergy_threads *threads; /* NULL: one thread */
};

/*
 * One node as a kernel sees it. Shapes are settled when the planner first shows
 * it; addresses of constants are there from the beginning, the others (and the
 * workspace) only when run() is called.
 */
struct synergy_call {
	const struct synergy_node *node;
	const struct synergy_kernel_env *env;
	int n_in, n_out;
	const struct synergy_tensor **in; /* shapes; NULL where omitted */
	const struct synergy_tensor **out;
	const void **src; /* data, in the same order */
	void **dst;
	/* convolution only, --fuse: what follows, and the input that is added (-1: none) */
	struct synergy_map post;
	int residual;
	void *workspace; /* 64-byte aligned, of workspace() bytes */
	void *state; /* what prepare() made */
};

struct synergy_kernel {
	const char *method; /* "im2col", "winograd-f4", "reference" */
	unsigned int flags; /* SYNERGY_KERNEL_* */
	/* NULL: any case. Looks at shapes and at which inputs are constant. */
	bool (*supports)(const struct synergy_call *call);
	/* Relative time, lower is better, for choosing; NULL: in the table's order. */
	double (*cost)(const struct synergy_call *call);
	/* Bytes of workspace; NULL: none. */
	size_t (*workspace)(const struct synergy_call *call);
	/*
	 * Makes call->state (packed weights). 0, or -1 with errno ENOMEM. The
	 * bytes allocated are added to *bytes.
	 */
	int (*prepare)(struct synergy_call *call, size_t *bytes);
	void (*release)(void *state);
	void (*run)(const struct synergy_call *call);
};

/* Output 0 may share memory with input 0; with input 1 (where that has its shape). */
#define SYNERGY_KERNEL_IN_PLACE 0x1u
#define SYNERGY_KERNEL_IN_PLACE_1 0x20u
/* The data does not change: output 0 is input 0 by another shape. */
#define SYNERGY_KERNEL_VIEW 0x2u
/* Convolution (and products with packed weights): the family that `--conv` chooses by. */
#define SYNERGY_KERNEL_IM2COL 0x4u
#define SYNERGY_KERNEL_DIRECT 0x8u
#define SYNERGY_KERNEL_WINOGRAD 0x10u
#define SYNERGY_KERNEL_DEPTHWISE 0x40u

/* The kernels of a kind, best first, ended by a NULL; NULL: nothing runs this kind. */
const struct synergy_kernel *const *synergy_kernels_of(enum synergy_op_kind kind);

#endif
