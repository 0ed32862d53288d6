/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In words: what is doubtful in a result and what to do about it, and what the
 * self-checks found. No arithmetic beyond units; the figures are attribution's.
 */
#ifndef SYNERGY_REPORT_REMARKS_H
#define SYNERGY_REPORT_REMARKS_H

#include "attribute/attribute.h"
#include "layers/layers.h"

enum synergy_remark_level {
	SYNERGY_REMARK_NOTE,		/* worth knowing */
	SYNERGY_REMARK_WARNING,		/* the figures are less than they could be */
	SYNERGY_REMARK_SERIOUS,		/* they may be wrong */
};

struct synergy_remark {
	enum synergy_remark_level level;
	char what[512];			/* what is so */
	char advice[256];		/* what to do; empty: nothing */
};

/*
 * Remark i on a rail and on all, from 0; 0 when there are no more, else 1. The table has the
 * rows' names; NULL: they are called by their numbers.
 */
int synergy_remark(const struct synergy_attribute_result *r, const struct synergy_layers *layers,
		   size_t rail, size_t i, struct synergy_remark *out);

struct synergy_check_line {
	const char *name;		/* "time", "runs", "converter", "clock", "parts" */
	enum synergy_check_state state;
	char text[256];			/* what it found: "windows are 50.2 +- 6.1 us late" */
	double false_alarms;		/* share of good recordings in which it fails */
};

/* Self-check i of a rail; 0 when there are no more, else 1. */
int synergy_check_line(const struct synergy_attribute_result *r, size_t rail, size_t i,
		       struct synergy_check_line *out);

#endif
