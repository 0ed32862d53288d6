/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the collector and the solver, for recordings of any program: a thread's
 * pieces of time become the solver's layers and runs, and what the solver says of them
 * becomes one row a name. What the solver calls a run is here a block: a stretch of
 * the recording from one call of the name that repeats most to another, or, where none
 * does, of equal time. Blocks tile the recording, so their sum is the whole, and the
 * scatter from block to block is what the intervals are made of.
 */
#ifndef SYNERGY_ATTRIBUTE_PHASES_H
#define SYNERGY_ATTRIBUTE_PHASES_H

#include "attribute/attribute.h"
#include "attribute/calls.h"

/* A time that is attributed: part of a recorded command's (or of the recording), kept. */
struct synergy_phase_window {
	uint64_t begin_ns, end_ns;
	uint32_t command;
};

struct synergy_phase_session {
	size_t n_windows;
	struct synergy_phase_window *windows;	/* by time, none overlap */
	size_t n_commands;		/* whole sessions: at least 1 */
	uint64_t *begin_ns, *end_ns;	/* n_commands */
	bool thinned;			/* the windows are not all of it */
	double window_ns;		/* a power sample's, mean; 0: there is none */
	size_t n_samples;		/* of the rail with most */
	const double *command_counts;	/* n_events: of all commands together; NaN unknown; or NULL */
};

/*
 * Fill in the input's intervals, runs and phases; its rails and events are there. t:
 * NULL where no program marked anything. ENOMEM.
 */
int synergy_phases_make(struct synergy_call_thread *t, const struct synergy_phase_session *session,
			struct synergy_attribute_input *in);
void synergy_phases_free(struct synergy_phases *phases);

/* What the solver is given in in's place; arrays are phases' and in's own. */
void synergy_phases_solver(const struct synergy_attribute_input *in,
			   struct synergy_attribute_input *solver);
/* The solver's result of blocks into one of rows, which is allocated. ENOMEM. */
int synergy_phases_result(const struct synergy_attribute_input *in,
			  const struct synergy_attribute_result *blocks,
			  struct synergy_attribute_result *rows);

#endif
