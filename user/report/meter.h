/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An external meter's trace (CSV) as a recording, alone or with the marks of a run that it
 * measured. The meter has a clock of its own: where the run lies in its trace, and how much
 * faster it goes, is found by the marks (meter_align.c).
 *
 * Columns: time_UNIT (its own clock; t_UNIT, too), or monotonic_UNIT or realtime_UNIT (the
 * marked machine's clocks), UNIT one of s, ms, us, ns; and a rail for each NAME_w, NAME_mw,
 * NAME_uw (power), NAME_uj, NAME_mj, NAME_j (energy since the row before), or NAME_v with NAME_a
 * (NAME_mv, NAME_ma). Other columns are left out. A row's values are means since the row before.
 */
#ifndef SYNERGY_REPORT_METER_H
#define SYNERGY_REPORT_METER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/synergy.h"

#define SYNERGY_METER_RAILS	32

enum synergy_meter_clock {
	SYNERGY_METER_OWN,
	SYNERGY_METER_MONOTONIC,
	SYNERGY_METER_REALTIME,
};

struct synergy_meter_rail {
	char label[SYNERGY_LABEL_LEN];
	double *power_uw;		/* by row */
	int counted;			/* the file has energies */
	double lsb_uw;			/* as the values show; 0: they are no multiples of one */
};

/**
 * struct synergy_meter - a trace
 * @clock: whose times they are
 * @n: rows
 * @begin_ns: of what a row is the mean, from 0 at the trace's first time, ...
 * @end_ns: ... and the row's own time
 * @first_ns: what the clock showed then
 * @period_ns: median of the rows' distances
 * @n_rails: how many
 * @rails: their values
 */
struct synergy_meter {
	enum synergy_meter_clock clock;
	size_t n;
	double *begin_ns, *end_ns;
	long double first_ns;
	double period_ns;
	size_t n_rails;
	struct synergy_meter_rail rails[SYNERGY_METER_RAILS];
};

/**
 * synergy_meter_read - a trace from a file
 * @path: CSV as above
 * @meter: filled in; synergy_meter_free() in any case
 * @error: said on failure: EINVAL with file, line and column
 */
int synergy_meter_read(const char *path, struct synergy_meter *meter, struct synergy_error *error);
void synergy_meter_free(struct synergy_meter *meter);

/**
 * struct synergy_meter_fit - the recording's clock by the meter's
 * @offset_ns: the recording's time where the meter's is @middle_ns
 * @middle_ns: of the meter
 * @ppm: so much faster than the recording's clock the meter's goes
 * @u_offset_ns: standard uncertainty of @offset_ns
 * @u_ppm: of @ppm
 * @rail: by which it was found; its label
 */
struct synergy_meter_fit {
	double offset_ns, middle_ns, ppm, u_offset_ns, u_ppm;
	char rail[SYNERGY_LABEL_LEN];
};

/* Piecewise work of the marked thread: what it was doing from a time on. */
struct synergy_meter_piece {
	double begin_ns;		/* since the first mark */
	uint32_t kind;			/* 0: nothing was marked; else a number for each mark's id */
};

/**
 * synergy_meter_align - find a run in a trace
 * @meter: the trace
 * @pieces: of the run, in order of time; the last one is of kind 0 and has no end
 * @n: how many
 * @kinds: highest kind + 1
 * @fit: what was found; offset_ns counts from the first mark
 * @error: said on failure: ENODATA nothing was marked, EDOM power does not follow the marks
 */
int synergy_meter_align(const struct synergy_meter *meter, const struct synergy_meter_piece *pieces,
			size_t n, uint32_t kinds, struct synergy_meter_fit *fit,
			struct synergy_error *error);

/**
 * synergy_meter_record - write a recording of a trace
 * @path: of the trace
 * @onto: a recording whose marks the meter measured; NULL: the trace alone
 * @output: the recording to write
 * @notes: `key: value` lines of it, or NULL
 * @text: takes what was done about the clock, for the user
 * @size: of @text
 * @error: said on failure
 */
int synergy_meter_record(const char *path, const char *onto, const char *output, const char *notes,
			 char *text, size_t size, struct synergy_error *error);

#endif /* SYNERGY_REPORT_METER_H */
