/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What programs do by their marks: per thread, calls that nest, recur or overlap, as
 * rows (one a name) and as pieces of time that follow each other without a hole. Each
 * moment belongs to the interval that was begun last and is still open (the innermost);
 * to the thread's root where none is. Fed mark by mark; nothing is ever refused.
 *
 * Pieces of one kind are an element: the same innermost interval in the same
 * surroundings (intervals that enclose it) after the same event (its begin, or the end
 * of the same inner call). So pieces of one element are alike, which the solver
 * needs, and sums of elements are what rows need: a row's own (exclusive) energy is
 * that of elements whose innermost interval it is, its inclusive one that of all
 * elements that it encloses.
 */
#ifndef SYNERGY_ATTRIBUTE_CALLS_H
#define SYNERGY_ATTRIBUTE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/synergy.h>

#include "attribute/attribute.h"
#include "lib/index.h"

#define SYNERGY_CALLS_THREADS	SYNERGY_MARKING_THREADS
#define SYNERGY_CALLS_ROWS	4096	/* of a thread; further names share the last */
#define SYNERGY_CALLS_DEPTH	SYNERGY_MARKING_DEPTH
#define SYNERGY_CALLS_NODES	65536	/* surroundings that are kept apart */

#define SYNERGY_CALLS_ROOT	UINT32_MAX	/* the row of what no interval encloses */

struct synergy_call_mark {
	uint64_t time_ns, cookie;
	uint32_t tgid, tid, id;
	uint32_t cpu;			/* UINT32_MAX: the counts are of all */
	bool begin, abandoned;
	uint32_t n_counts;
	const struct synergy_count *counts;
};

/* Sums of what was counted, and in how many calls it was. */
struct synergy_call_counts {
	double sum[SYNERGY_MAX_EVENTS];
	uint64_t n[SYNERGY_MAX_EVENTS];
};

struct synergy_call_row {
	uint32_t id;			/* of its marks */
	bool others;			/* the row of names past the limit */
	uint32_t depth;			/* least that it was met at, 0 outermost */
	uint32_t parent;		/* row that enclosed it first, or ROOT */
	uint64_t calls;
	uint64_t self_ns;		/* it was the innermost */
	uint64_t inclusive_ns;		/* it was open, however often at once */
	uint64_t shared_ns;		/* it was the innermost while other threads had one open */
	uint32_t open;			/* calls that are open now */
	struct synergy_call_counts *self, *inclusive;	/* NULL: nothing was counted */
};

/* Where a thread can be: an innermost interval and what encloses it. */
struct synergy_call_node {
	uint32_t base;			/* node that met the last new name; its own number if itself */
	uint32_t up;			/* of a base: the base that it was met in */
	uint32_t row;			/* the innermost, or ROOT */
};

struct synergy_element {
	uint32_t node;
	uint32_t after;			/* row whose call ended before it, or ROOT: none */
	uint64_t pieces, ns;		/* all, also those that were thinned out */
};

struct synergy_call_piece {
	uint64_t begin_ns, end_ns;
	uint32_t element;
	bool starts;			/* a call begins with it */
};

struct synergy_call_open;

struct synergy_call_thread {
	uint32_t tgid, tid;
	size_t n_rows, n_nodes, n_elements, n_pieces, n_open;
	struct synergy_call_row *rows;
	struct synergy_call_node *nodes;	/* 0 is the root */
	struct synergy_element *elements;
	struct synergy_call_piece *pieces;	/* by time, without holes unless thinned */
	struct synergy_call_open *open;		/* innermost last */
	uint64_t since_ns;		/* end of the last piece */
	uint64_t marked_ns;		/* time with an interval open */
	uint32_t root_after;
	bool starts;			/* the next piece is a call's first */
	struct synergy_index row_of, node_of, element_of;
};

struct synergy_calls {
	size_t n_threads;
	struct synergy_call_thread *threads;
	uint32_t *active;		/* threads with an open interval */
	size_t n_active;
	uint64_t now_ns;
	size_t n_pieces;		/* of all threads */
	struct synergy_index thread_of;
	struct synergy_call_mark *pending;	/* [first, n_pending) by time */
	size_t n_pending, first;
	uint64_t unmatched;		/* ENDs without their BEGIN */
	uint64_t abandoned;		/* ended by the module, the program was gone */
	uint64_t migrated, multiplexed;	/* calls whose counts say nothing; are scaled */
	uint64_t dropped;		/* marks of threads, or of depths, past the limits */
};

/* A mark, in about the order of time. -1: ENOMEM. */
int synergy_calls_mark(struct synergy_calls *c, const struct synergy_call_mark *m);
/* Work up to a time: no mark before it will come any more. -1: ENOMEM. */
int synergy_calls_until(struct synergy_calls *c, uint64_t time_ns);
/* Drop the pieces that do not touch [begin, end) of any of these, which are by time. */
void synergy_calls_thin(struct synergy_calls *c, const uint64_t (*kept)[2], size_t n);
void synergy_calls_free(struct synergy_calls *c);

/* Where the thread is now, as an element. -1: ENOMEM. */
int synergy_calls_element(struct synergy_call_thread *t, uint32_t *element);
/* Is this row among those that enclose the node, itself included? */
bool synergy_calls_encloses(const struct synergy_call_thread *t, uint32_t row, uint32_t node);

#endif
