// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-run: execute a ConvNet from its model file with a mark around each layer,
 * and print energy, time and counts per layer. The work is done by the libraries;
 * here is the order of things. Options: run_options.h; parts: run_*.c.
 */
#include <errno.h>
#include <gsl/gsl_errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/files.h"
#include "tools/core_choice.h"
#include "tools/run.h"

/* --output DIR also keeps the recording there, unless --record says where. */
static int choose_record(struct synergy_run *r, char *path, size_t size)
{
	if (!r->o.output)
		return 0;
	if (synergy_files_directory(r->o.output, &r->error))
		return -1;
	if (r->o.record)
		return 0;
	if (snprintf(path, size, "%s/capture.syn", r->o.output) >= (int)size)
		return synergy_error_set(&r->error, ENAMETOOLONG, "%s: name is too long",
					 r->o.output);
	r->o.record = path;
	return 0;
}

/* Nothing is left to run where all depends on constants: the outputs are there already. */
static int run_constant(struct synergy_run *r)
{
	if (synergy_run_prepare(r))
		return synergy_run_failed(r);
	if (r->o.format == SYNERGY_FORMAT_TABLE)
		printf("%s: all outputs are constant: there is no layer to measure\n", r->network);
	else if (!r->o.quiet)
		synergy_say("%s: all outputs are constant: there is no layer to measure", r->network);
	synergy_run_print_output_remarks(r);
	return synergy_run_write_outputs(r) || fflush(stdout) ? synergy_run_failed(r) : 0;
}

static int run(struct synergy_run *r)
{
	char record[1024];
	int status;

	if (synergy_run_load(r))
		return synergy_run_failed(r);
	if (r->o.describe)
		return synergy_graph_describe(r->graph, stdout) || fflush(stdout) ||
		       r->graph->partial ? SYNERGY_EXIT_FAILED : 0;
	if (synergy_choose_cores(&r->o, &r->cpu, &r->error) || choose_record(r, record, sizeof(record)) ||
	    (r->o.predict && synergy_model_read(r->o.predict, &r->model, &r->error)))
		return synergy_run_failed(r);
	if (!r->graph->n_nodes)
		return run_constant(r);
	if (r->o.duration_s > 0 && synergy_run_estimate(r))
		return synergy_run_failed(r);
	status = synergy_run_open(r);
	if (status >= 0)
		return status;
	if (!r->plan && synergy_run_prepare(r))
		return synergy_run_failed(r);
	synergy_run_catch_signals();
	if (synergy_run_measure(r) || synergy_run_report(r) || synergy_run_write_outputs(r))
		return synergy_run_failed(r);
	if (fflush(stdout)) {
		synergy_say("standard output: %s", strerror(errno));
		return SYNERGY_EXIT_FAILED;
	}
	return 0;
}

static void clean(struct synergy_run *r)
{
	synergy_prediction_free(&r->prediction);
	free(r->predicted);
	free(r->model);
	synergy_profile_free(r->profile);
	synergy_stream_close(r->replay);
	synergy_measurement_close(r->measurement);
	synergy_events_free(&r->events);
	synergy_measure_free(&r->measure);
	synergy_plan_free(r->plan);
	synergy_graph_free(r->graph);
	synergy_inputs_close(r->inputs);
}

/*
 * OpenBLAS starts a thread per core when it is loaded, and these spin for a while on
 * the very board that is to be measured. Only the environment, before the program
 * begins, keeps it from that: so begin again, once.
 */
static void tame_blas(const struct synergy_run *r)
{
	char threads[32];

	if (getenv("OPENBLAS_NUM_THREADS"))
		return;
	snprintf(threads, sizeof(threads), "%llu", (unsigned long long)r->o.threads);
	if (!setenv("OPENBLAS_NUM_THREADS", threads, 1))
		execv("/proc/self/exe", r->argv);
}

int main(int argc, char **argv)
{
	struct synergy_run r = { .argc = argc, .argv = argv, .cpu = -1 };
	int status;

	setlocale(LC_CTYPE, "");
	gsl_set_error_handler_off();
	status = synergy_run_parse(&r.o, argc, argv);
	if (status >= 0)
		return status;
	if (!r.o.describe)
		tame_blas(&r);
	status = run(&r);
	clean(&r);
	return status;
}
