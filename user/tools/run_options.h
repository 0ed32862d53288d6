/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * synergy-run's command line: what can be asked for, and the defaults.
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
#include "report/files.h"
#include "tools/tool.h"

#define SYNERGY_RUN_UNSAID	UINT64_MAX

struct synergy_run_options {
	const char *model, *name;
	uint64_t runs, warmup, threads, seed, batch;
	uint64_t max_runs;		/* 0: not said */
	uint64_t control;		/* SYNERGY_RUN_UNSAID: by what there is */
	double until_pct;		/* 0: not asked for */
	double idle_s;			/* NaN: by what there is */
	uint64_t check_steps;		/* of the time check; SYNERGY_RUN_UNSAID: by what there is */
	double duration_s;		/* of counted inferences; 0: --runs says */
	double cool_down_s;
	const char *times;		/* a file for each inference's time */
	bool describe, operators, quiet;
	const char *rail, *events, *output, *record, *labels, *dump, *predict, *weights;
	enum synergy_format_kind format;
	struct synergy_input_options input;
	struct synergy_plan_options plan;
	struct synergy_measurement_options measurement;
	bool pinned;			/* --cpu was given */
	cpu_set_t cpus;
};

extern const struct synergy_tool synergy_run_tool;

/* Return: -1 go on; else the exit status, with all said (synergy_tool_parse()) */
int synergy_run_parse(struct synergy_run_options *o, int argc, char **argv);

#endif /* SYNERGY_TOOLS_RUN_OPTIONS_H */
