/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * synergy-run's command line: what can be asked for, the defaults, and the text of
 * --help. Nothing here prints or looks at files.
 */
#ifndef SYNERGY_TOOLS_RUN_OPTIONS_H
#define SYNERGY_TOOLS_RUN_OPTIONS_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "infer/inputs.h"
#include "infer/plan.h"
#include "measure/session.h"

#define SYNERGY_RUN_UNSAID	UINT64_MAX

struct synergy_run_options {
	const char *model, *name;
	uint64_t runs, warmup, threads, seed, batch;
	uint64_t max_runs;		/* 0: not said */
	uint64_t control;		/* SYNERGY_RUN_UNSAID: by what there is */
	double until_pct;		/* 0: not asked for */
	double idle_s;			/* NaN: by what there is */
	double duration_s;		/* of counted inferences; 0: --runs says */
	double cool_down_s;
	const char *times;		/* a file for each inference's time */
	bool describe, quiet;
	const char *rail, *events, *output, *record, *labels, *dump, *predict, *weights;
	const char *format;		/* table, csv, json, html */
	struct synergy_input_options input;
	struct synergy_plan_options plan;
	struct synergy_measurement_options measurement;
	bool pinned;			/* --cpu was given */
	cpu_set_t cpus;
};

enum synergy_run_wish {
	SYNERGY_RUN_GO,
	SYNERGY_RUN_HELP,
	SYNERGY_RUN_VERSION,
	SYNERGY_RUN_WRONG,		/* the error tells why */
};

extern const char synergy_run_usage[];

enum synergy_run_wish synergy_run_parse(struct synergy_run_options *o, int argc, char **argv,
					struct synergy_error *error);

#endif /* SYNERGY_TOOLS_RUN_OPTIONS_H */
