/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of synergy-run: its parts share this.
 */
#ifndef SYNERGY_TOOLS_RUN_H
#define SYNERGY_TOOLS_RUN_H

#include "fit/model.h"
#include "fit/predict.h"
#include "infer/execute.h"
#include "layers/layers.h"
#include "lib/synergy.h"
#include "measure/events.h"
#include "measure/measure.h"
#include "measure/notes.h"
#include "measure/progress.h"
#include "measure/session.h"
#include "model/graph.h"
#include "report/profile.h"
#include "report/table.h"
#include "tools/run_options.h"

struct synergy_run {
	struct synergy_run_options o;
	int cpu;		/* that the measured thread is pinned to; -1 */
	int argc;
	char **argv;
	struct synergy_inputs *inputs;
	struct synergy_graph *graph;
	struct synergy_plan *plan;
	struct synergy_events events;
	struct synergy_measurement *measurement;
	struct synergy_measure measure;
	struct synergy_progress progress;
	struct synergy_capture_totals totals;
	struct synergy_stream *replay;
	struct synergy_profile *profile;
	struct synergy_error error;
	struct synergy_table_extras extras;
	struct synergy_model *model;	/* of --predict */
	struct synergy_prediction prediction;
	struct synergy_prediction_row *predicted;
	uint32_t idles;		/* times of doing nothing */
	uint64_t most_runs;	/* of --duration: what marks have room for */
	double widest;		/* interval, at the last look of --until; a share */
	size_t widest_layer;
	char network[256];
};

/*
 * Where a function gives int and nothing else is said: 0, or -1 with errno and
 * @r->error. All that is made is given back by main().
 */

/* ---- run_network.c ---- */

/* The model file, its inputs and the network's name */
int synergy_run_load(struct synergy_run *r);
/* Plan and input values: what is needed to execute the network */
int synergy_run_prepare(struct synergy_run *r);
/* The static table with the method of each layer, as CSV text; NULL: r->error. To be freed. */
char *synergy_run_layers_text(struct synergy_run *r);
/* Provenance of network, host and options; a lack of memory is in @notes. */
void synergy_run_write_notes(struct synergy_run *r, struct synergy_notes *notes);

/* ---- run_measure.c ---- */

/* SIGINT and SIGTERM end measuring: what there is by then is reported. */
void synergy_run_catch_signals(void);
bool synergy_run_interrupted(void);
/* How many inferences fit into --duration, from one that is not marked, generously */
int synergy_run_estimate(struct synergy_run *r);
/* Opens what measures. -1: go on, else the exit status, after a message. */
int synergy_run_open(struct synergy_run *r);
/* All of it: idle, time check, runs, control; fills r->measure and r->totals. */
int synergy_run_measure(struct synergy_run *r);

/* ---- run_report.c ---- */

/* Says r->error on standard error; gives the exit status. */
int synergy_run_failed(const struct synergy_run *r);
/* Attributes what was recorded, prints it in --format, and writes --output's files */
int synergy_run_report(struct synergy_run *r);
/* Values that no table shows: what is wrong with the outputs */
void synergy_run_print_output_remarks(const struct synergy_run *r);
/* The network's outputs for --output, --labels and --dump */
int synergy_run_write_outputs(struct synergy_run *r);

#endif /* SYNERGY_TOOLS_RUN_H */
