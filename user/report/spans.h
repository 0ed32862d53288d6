/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the program was doing when, from its marks, in bounded memory: phases (one
 * inference, a warm-up, idle time) over the whole recording, and the intervals in
 * them (layers, or a program's own marks) one by one at its beginning and its end.
 * For drawing only: energy is attributed from the collector's intervals.
 */
#ifndef SYNERGY_REPORT_SPANS_H
#define SYNERGY_REPORT_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/synergy.h"

#define SYNERGY_SPANS_PHASES	4096	/* beyond, two neighbours of a kind become one */
#define SYNERGY_SPANS_HEAD	12288
#define SYNERGY_SPANS_TAIL	2048
#define SYNERGY_SPANS_OPEN	256	/* begun and not ended, all threads together */

enum synergy_phase_kind {
	SYNERGY_PHASE_RUN, SYNERGY_PHASE_WARMUP, SYNERGY_PHASE_IDLE,
	SYNERGY_PHASE_COMMAND,		/* a command that is recorded */
	SYNERGY_PHASE_CHECK,		/* steps by which a tool checks its times */
	SYNERGY_PHASE_KINDS
};

struct synergy_phase {
	uint64_t begin_ns, end_ns;
	uint32_t kind;			/* enum synergy_phase_kind */
	uint32_t first;			/* the first one's number (an inference's cookie) */
	uint32_t n;			/* how many lie between begin and end */
};

struct synergy_span {
	uint64_t begin_ns, end_ns;
	uint32_t id;			/* of the mark: a layer's index, or the program's own */
	uint32_t tid, tgid;
	uint32_t run;			/* of the inference that it began in; UINT32_MAX none */
	uint16_t depth;			/* marks of the same thread that it lies in, 0 none */
	bool point;			/* a mark without a length: end is begin */
};

struct synergy_spans {
	size_t n_phases;
	struct synergy_phase *phases;	/* sorted by their end */
	uint64_t n_spans;		/* met, also those no longer kept */
	size_t n_head;
	struct synergy_span *head;
	struct synergy_span *tail;	/* a ring; see synergy_spans_tail() */
	/* private to spans.c */
	size_t n_open;
	struct synergy_open_span *open;
};

void synergy_spans_begin(struct synergy_spans *spans);

/**
 * synergy_spans_record - take a record; other types than MARKER are passed over
 * @spans: begun
 * @record: checked
 *
 * Marks without their other half, and intervals that the program never ended, are
 * left out: the collector counts them.
 *
 * Return: 0, or -1 with errno ENOMEM.
 */
int synergy_spans_record(struct synergy_spans *spans, const struct synergy_record *record);

/* Number i of those that are kept and not in the head; NULL beyond the last. */
const struct synergy_span *synergy_spans_tail(const struct synergy_spans *spans, uint64_t i);

void synergy_spans_end(struct synergy_spans *spans);	/* frees */

#endif /* SYNERGY_REPORT_SPANS_H */
