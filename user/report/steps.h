/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What changes in steps beside power: clock frequencies, temperatures, cooling. Values
 * with their times, in bounded memory, for drawing.
 */
#ifndef SYNERGY_REPORT_STEPS_H
#define SYNERGY_REPORT_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/synergy.h"

#define SYNERGY_STEPS_TRACKS	64	/* more are left out */
#define SYNERGY_STEPS_POINTS	1024	/* of a track: beyond, every other one goes */

enum synergy_step_kind { SYNERGY_STEP_FREQ, SYNERGY_STEP_TEMP, SYNERGY_STEP_COOLING };

struct synergy_step {
	uint64_t time_ns;
	double value;			/* kHz, thousandths of a degree, state; NaN unknown */
};

struct synergy_step_track {
	enum synergy_step_kind kind;
	uint32_t index;			/* the policy's lowest core, the zone, the device */
	char name[SYNERGY_LABEL_LEN + 1];	/* a zone's or device's type; empty */
	uint64_t changes;		/* times that the value became another */
	size_t n;
	struct synergy_step *points;
};

struct synergy_steps {
	size_t n;
	struct synergy_step_track *tracks;
};

void synergy_steps_begin(struct synergy_steps *steps);

/**
 * synergy_steps_record - take a record; other types than FREQ and TEMP are passed over
 * @steps: begun
 * @record: checked
 *
 * Return: 0, or -1 with errno ENOMEM.
 */
int synergy_steps_record(struct synergy_steps *steps, const struct synergy_record *record);

/**
 * synergy_steps_moved - did this value change in that time?
 * @track: one of them
 * @begin_ns: begin
 * @end_ns: end
 *
 * By the times of the records: where user space sampled, a change was some time before.
 */
bool synergy_steps_moved(const struct synergy_step_track *track, uint64_t begin_ns,
			 uint64_t end_ns);

/* The least and the greatest value; NaN: none is known. */
void synergy_steps_range(const struct synergy_step_track *track, double *least, double *greatest);

void synergy_steps_end(struct synergy_steps *steps);	/* frees */

#endif /* SYNERGY_REPORT_STEPS_H */
