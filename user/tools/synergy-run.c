// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-run: execute a ConvNet from its model file with a mark around each layer,
 * and print energy, time and counts per layer. The work is done by the libraries;
 * here are the order of things and all that is printed. Options: run_options.h.
 */
#include <errno.h>
#include <gsl/gsl_errno.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attribute/attribute.h"
#include "kernels/gemm.h"
#include "layers/layers.h"
#include "fit/model.h"
#include "fit/predict.h"
#include "lib/synergy.h"
#include "model/graph.h"
#include "report/files.h"
#include "report/profile.h"
#include "report/table.h"
#include "report/units.h"
#include "measure/events.h"
#include "measure/measure.h"
#include "measure/notes.h"
#include "infer/execute.h"
#include "infer/outputs.h"
#include "tools/core_choice.h"
#include "measure/progress.h"
#include "tools/run_options.h"
#include "measure/session.h"

#define CHECK_STEPS	200	/* of the time check, 0.8 s: find 5 us on a TX1's rail at 1 kHz */
#define WORK_SIZE	128	/* of its matrices */
#define UNTIL_MIN_SHARE	0.01	/* --until looks at layers of this share of the time */

struct run {
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

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static int failed(const struct run *r)
{
	synergy_say("%s", r->error.message);
	return SYNERGY_EXIT_FAILED;
}

static void name_network(struct run *r)
{
	const char *base = strrchr(r->o.model, '/');
	char *dot;

	snprintf(r->network, sizeof(r->network), "%s",
		 r->o.name ? r->o.name : base ? base + 1 : r->o.model);
	dot = strrchr(r->network, '.');
	if (!r->o.name && dot && dot != r->network)
		*dot = '\0';
}

static int load(struct run *r)
{
	struct synergy_graph_options options = {
		.weights_path = r->o.weights,
		.seed = r->o.seed,
		.batch = (int64_t)r->o.batch,
		.skip_weights = r->o.describe,
	};
	int i;

	if (synergy_inputs_open(&r->o.input, &r->inputs, &r->error))
		return -1;
	options.ask = synergy_inputs_ask(r->inputs);
	if (synergy_graph_load(r->o.model, &options, &r->graph, &r->error) ||
	    synergy_inputs_check(r->inputs, r->graph, &r->error))
		return -1;
	for (i = 0; i < r->graph->n_notes && !r->o.quiet; i++)
		synergy_say("%s: %s", r->o.model, r->graph->notes[i]);
	name_network(r);
	return 0;
}

static int prepare(struct run *r)
{
	r->o.plan.threads = (int)r->o.threads;
	if (synergy_plan_create(r->graph, &r->o.plan, &r->plan, &r->error))
		return -1;
	return synergy_inputs_fill(r->inputs, r->o.seed, r->graph, r->plan, &r->error);
}

/* The static table with the method of each layer, as CSV text. */
static char *layers_text(struct run *r)
{
	struct synergy_layers *table = NULL;
	struct synergy_plan_node node;
	char *text = NULL;
	size_t bytes, i;
	FILE *f;

	if (synergy_layers_from_graph(r->graph, r->network, 0, NULL, 0, NULL, &table, &r->error))
		return NULL;
	for (i = 0; i < table->n_rows; i++) {
		synergy_plan_describe(r->plan, (int)table->rows[i].index, &node);
		if (node.method)
			snprintf(table->rows[i].features.method,
				 sizeof(table->rows[i].features.method), "%s", node.method);
	}
	f = open_memstream(&text, &bytes);
	if (!f || synergy_layers_write_static(table, f) || fclose(f)) {
		synergy_error_set(&r->error, ENOMEM, "layers table: no memory");
		text = NULL;
	}
	synergy_layers_free(table);
	return text;
}

static void write_notes(struct run *r, struct synergy_notes *notes)
{
	const struct synergy_graph *g = r->graph;
	char cpus[16] = "not pinned";

	if (r->cpu >= 0)
		snprintf(cpus, sizeof(cpus), "%d", r->cpu);
	synergy_notes_add(notes, "network", "%s", r->network);
	synergy_notes_add(notes, "model", "%s", r->o.model);
	synergy_notes_add(notes, "model_hash", "sha256:%s", g->sha256);
	if (*g->weights_sha256)
		synergy_notes_add(notes, "weights_hash", "sha256:%s", g->weights_sha256);
	if (g->random_weights)
		synergy_notes_add(notes, "weights", "random, seed %llu",
				  (unsigned long long)g->seed);
	synergy_notes_add_host(notes, "synergy-run", r->cpu);
	synergy_notes_add_command(notes, r->argc, r->argv);
	synergy_notes_add(notes, "backend", "%s", synergy_plan_backend(r->plan));
	synergy_notes_add(notes, "simd", "%s", synergy_plan_simd(r->plan));
	synergy_notes_add(notes, "conv", "%s", synergy_conv_choice_name(r->o.plan.conv));
	synergy_notes_add(notes, "fuse", "%s", r->o.plan.fuse ? "yes" : "no");
	synergy_notes_add(notes, "threads", "%llu", (unsigned long long)r->o.threads);
	synergy_notes_add(notes, "core", "%s", cpus);
	synergy_notes_add(notes, "peak_bytes", "%zu", synergy_plan_peak_bytes(r->plan));
	synergy_notes_add(notes, "warmup", "%llu", (unsigned long long)r->o.warmup);
}

static uint64_t max_runs(const struct run *r)
{
	if (r->o.duration_s > 0)
		return r->most_runs;
	if (r->o.until_pct <= 0)
		return r->o.runs;
	return r->o.max_runs ? r->o.max_runs : 20 * r->o.runs;
}

/* -1 go on, else the exit status */
static int open_trial(struct run *r)
{
	struct synergy_measurement_options *t = &r->o.measurement;
	struct synergy_error why;
	bool no_device;

	if (r->o.events && synergy_events_resolve(r->o.events, NULL, &r->events, &r->error))
		return failed(r);
	if (*r->events.note && !r->o.quiet)
		synergy_say("%s", r->events.note);
	t->capture.events = &r->events;
	t->capture.measured_cpu = r->cpu;
	t->capture.pauses = true;
	t->record = r->o.record;
	t->all_cpus = r->o.threads > 1;
	t->max_marks = synergy_measure_marks(r->graph, max_runs(r) + r->o.warmup, 2);
	r->measurement = synergy_measurement_open(t, &why, &no_device, &r->error);
	if (!r->measurement) {
		failed(r);
		return no_device && t->mode == SYNERGY_MEASUREMENT_REQUIRE ? SYNERGY_EXIT_NO_DEVICE :
			SYNERGY_EXIT_FAILED;
	}
	if (*why.message && !r->o.quiet)
		synergy_say("%s", why.message);
	if (synergy_measurement_has_power(r->measurement) && r->o.rail &&
	    synergy_capture_has_rail(synergy_measurement_capture(r->measurement), r->o.rail, &r->error))
		return failed(r);
	if (!synergy_measurement_has_power(r->measurement)) {
		if (r->o.until_pct > 0) {
			synergy_say("--until: no power is measured, so there is no interval to narrow");
			return SYNERGY_EXIT_FAILED;
		}
		if (t->mode == SYNERGY_MEASUREMENT_AUTO && !r->o.quiet)
			synergy_say("going on with time and counts; energy stays empty");
	}
	return -1;
}

static int show_progress(void *arg, uint32_t done, uint32_t of)
{
	struct run *r = arg;
	char note[64] = "";

	(void)done;
	if (r->o.until_pct > 0 && !isnan(r->widest))
		snprintf(note, sizeof(note), "widest interval %.1f %%", 100 * r->widest);
	if (of)
		synergy_progress_show(&r->progress, r->measure.timed, max_runs(r), note);
	return interrupted;
}

/*
 * For --until: what the recording gives so far, by the same way as the table, so that
 * the last look, at all of it, is what the table says.
 */
static int look(struct run *r)
{
	struct synergy_profile *profile = NULL;
	struct synergy_stream *stream = synergy_measurement_replay(r->measurement, &r->error);
	int result;

	r->widest = NAN;
	if (!stream)
		return -1;
	result = synergy_profile_read(stream, &(struct synergy_profile_options){ .rail = r->o.rail }, &profile, &r->error);
	if (!result && profile->result && profile->rail >= 0)
		r->widest = synergy_attribute_widest(profile->result, profile->rail,
						     UNTIL_MIN_SHARE, &r->widest_layer);
	synergy_profile_free(profile);
	synergy_stream_close(stream);
	return result;
}

static bool within(const struct run *r)
{
	return 100 * r->widest <= r->o.until_pct;
}

/* How --until ended: said, and kept in the recording. */
static void tell_until(struct run *r, struct synergy_notes *notes)
{
	char widest[160], text[320];

	if (isnan(r->widest))
		snprintf(widest, sizeof(widest), "no power was attributed");
	else if (isinf(r->widest))
		snprintf(widest, sizeof(widest), "layer %zu met by no sample", r->widest_layer);
	else
		snprintf(widest, sizeof(widest), "widest interval %.3g %% (layer %zu)",
			 100 * r->widest, r->widest_layer);
	snprintf(text, sizeof(text), "%g %% %s after %u runs: %s", r->o.until_pct,
		 within(r) ? "reached" :
		 interrupted ? "not reached, interrupted" :
		 r->measure.timed < max_runs(r) ? "no longer reached with the last samples" :
		 "not reached, stopped by --max-runs",
		 r->measure.timed, widest);
	synergy_notes_add(notes, "until", "%s", text);
	if (!r->o.quiet)
		synergy_say("--until: %s", text);
}

/* The windows that the last run ends in are converted and read some periods later. */
static void await_last_windows(struct run *r)
{
	uint64_t ns = 3 * synergy_capture_configured(synergy_measurement_capture(r->measurement))->period_ns;
	struct timespec left = { ns / 1000000000, ns % 1000000000 };

	while (nanosleep(&left, &left) && errno == EINTR && !interrupted)
		;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* n inferences that count, or --duration's time of them. */
static int counted_runs(struct run *r, uint32_t n)
{
	const double end = now_s() + r->o.duration_s;

	if (!(r->o.duration_s > 0))
		return synergy_measure_runs(&r->measure, n, false, &r->error);
	do {
		if (synergy_measure_runs(&r->measure, 1, false, &r->error))
			return -1;
	} while (now_s() < end && r->measure.timed < max_runs(r));
	return 0;
}

/*
 * One batch of runs, and idle after it when it may be the last one: the idle samples
 * tell of the bus voltage's step, too, so what is decided upon has them.
 */
static int run_batch(struct run *r, uint32_t n, bool last, uint64_t idle_ns)
{
	if (synergy_measure_runs(&r->measure, r->o.warmup, true, &r->error) ||
	    counted_runs(r, n))
		return -1;
	if (r->o.until_pct > 0) {
		await_last_windows(r);
		if (look(r))
			return -1;
		last = last || within(r);
	}
	if (!last || interrupted)
		return 0;
	if (synergy_measure_idle(&r->measure, idle_ns, r->idles++, &r->error))
		return -1;
	return r->o.until_pct > 0 ? look(r) : 0;
}

/*
 * Each batch has its own warm-up: a look at what was recorded leaves caches full of
 * other things, and the runs after it would not be like those before.
 */
static int measure_runs(struct run *r, uint64_t idle_ns)
{
	uint64_t left = max_runs(r);
	uint32_t n;
	int result, why;

	synergy_progress_begin(&r->progress, r->o.quiet ? NULL : stderr, r->network);
	do {
		n = left < r->o.runs || r->o.duration_s > 0 ? left : r->o.runs;
		left -= n;
		result = run_batch(r, n, !left, idle_ns);
	} while (!result && left && !within(r) && !interrupted);
	why = errno;
	synergy_progress_end(&r->progress);
	/* What was done before an interruption is still reported. */
	return result && why == ECANCELED && r->measure.timed ? 0 : result;
}

/* Runs begin anywhere in a sampling period, each elsewhere. */
static double spread_us(struct run *r)
{
	struct synergy_capture *capture = synergy_measurement_capture(r->measurement);

	if (!capture || !synergy_measurement_has_power(r->measurement) || r->o.measurement.capture.no_dither)
		return 0;
	return (double)synergy_capture_configured(capture)->period_ns / 1e3;
}

static bool fetch_now(void *capture)
{
	return synergy_capture_pause(capture);
}

/* What all threads do in the time check's busy steps: some 0.1 ms of what layers do most. */
static void multiply(void *arg)
{
	static float a[WORK_SIZE * WORK_SIZE], b[WORK_SIZE * WORK_SIZE], c[WORK_SIZE * WORK_SIZE];
	const struct synergy_gemm_backend *gemm = arg;

	gemm->sgemm(false, false, WORK_SIZE, WORK_SIZE, WORK_SIZE, 1, a, WORK_SIZE, b, WORK_SIZE, 0,
		    c, WORK_SIZE);
}

static int check_times(struct run *r)
{
	const struct synergy_gemm_backend *gemm = synergy_gemm_find(synergy_plan_backend(r->plan));
	uint64_t steps = r->o.check_steps;

	if (steps == SYNERGY_RUN_UNSAID)
		steps = synergy_measurement_has_power(r->measurement) ? CHECK_STEPS : 0;
	r->measure.work = multiply;
	r->measure.work_arg = (void *)gemm;
	return gemm ? synergy_measure_train(&r->measure, (uint32_t)steps, &r->error) : 0;
}

static int measure_all(struct run *r, uint64_t idle_ns)
{
	r->measure.spread_us = spread_us(r);
	r->measure.cool_down_us = 1e6 * r->o.cool_down_s;
	if (synergy_measurement_capture(r->measurement)) {
		r->measure.pause = fetch_now;
		r->measure.pause_arg = synergy_measurement_capture(r->measurement);
	}
	if (synergy_measure_idle(&r->measure, idle_ns, r->idles++, &r->error) || check_times(r))
		return -1;
	return measure_runs(r, idle_ns);
}

/* Sampling ends, and what is known at the end goes into the recording. */
static int finish(struct run *r, int result)
{
	struct synergy_notes notes = { 0 };

	if (synergy_measurement_stop(r->measurement, &r->totals, result ? NULL : &r->error))
		result = -1;
	synergy_notes_add(&notes, "runs", "%u", r->measure.timed);
	if (r->measure.timed)
		synergy_notes_add(&notes, "run_us_percentiles", "50 %% %.3f, 90 %% %.3f, 99 %% %.3f, 100 %% %.3f",
				  synergy_measure_percentile(&r->measure, .5),
				  synergy_measure_percentile(&r->measure, .9),
				  synergy_measure_percentile(&r->measure, .99),
				  synergy_measure_percentile(&r->measure, 1));
	if (!result && r->o.until_pct > 0) {
		result = look(r);
		if (!result)
			tell_until(r, &notes);
	}
	if (synergy_measurement_capture(r->measurement))
		synergy_notes_add(&notes, "capture", "%s", result ? "failed" :
				  interrupted ? "interrupted" : "complete");
	if (notes.failed && !result)
		result = synergy_error_set(&r->error, ENOMEM, "notes: no memory");
	if (synergy_measurement_finish(r->measurement, notes.text, result ? NULL : &r->error))
		result = -1;
	synergy_notes_free(&notes);
	return result;
}

/* The same work without marks and sampling: what did measuring cost? */
static void run_control(struct run *r)
{
	uint64_t n = r->o.control;

	if (n == SYNERGY_RUN_UNSAID)
		n = synergy_measurement_capture(r->measurement) ? 1 : 0;
	if (interrupted || !r->measure.timed)
		n = 0;
	r->measure.progress = NULL;
	r->extras.unmarked_us = synergy_measure_unmarked(&r->measure, n);
	r->extras.marked_us = r->measure.timed ? r->measure.sum_us / r->measure.timed : NAN;
}

static int measure(struct run *r)
{
	struct synergy_notes notes = { 0 };
	char *layers = layers_text(r);
	double idle_s = r->o.idle_s;
	int result = -1;

	write_notes(r, &notes);
	if (!layers || notes.failed)
		goto out;
	if (isnan(idle_s))
		idle_s = synergy_measurement_has_power(r->measurement) ? 0.5 : 0;
	r->measure.plan = r->plan;
	r->measure.graph = r->graph;
	r->measure.marker = synergy_measurement_marker(r->measurement);
	r->measure.progress = show_progress;
	r->measure.progress_arg = r;
	r->widest = NAN;
	if (synergy_measurement_start(r->measurement, notes.text, layers, &r->error))
		goto out;
	result = finish(r, measure_all(r, (uint64_t)(idle_s * 1e9)));
	if (!result)
		run_control(r);
out:
	if (notes.failed)
		synergy_error_set(&r->error, ENOMEM, "notes: no memory");
	synergy_notes_free(&notes);
	free(layers);
	return result;
}

/* The fitted model's figures beside the measured ones, and as provenance. */
static int predict(struct run *r)
{
	struct synergy_layers *table = r->profile->layers;
	size_t i;

	if (!r->model)
		return 0;
	if (synergy_predict(r->model, table, &r->prediction, &r->error))
		return -1;
	r->predicted = calloc(table->n_rows + 1, sizeof(*r->predicted));
	if (!r->predicted)
		return synergy_error_set(&r->error, ENOMEM, "prediction: no memory");
	for (i = 0; i < table->n_rows; i++) {
		bool layer = synergy_layers_is_layer(&table->rows[i]);

		r->predicted[i].energy_uj = layer ? r->prediction.layers[i].energy_uj :
			strcmp(table->rows[i].op, SYNERGY_LAYERS_BETWEEN) ? NAN :
			r->prediction.between_uj;
		r->predicted[i].ci95_uj = layer ? r->prediction.layers[i].ci95_uj : NAN;
	}
	r->extras.predicted = r->predicted;
	synergy_layers_set_meta(table, "predicted_by", "%s", r->o.predict);
	synergy_layers_set_figure(table, "predicted_total_uj", r->prediction.total_uj,
				  r->prediction.total_ci95_uj);
	return 0;
}

static void print_prediction(const struct run *r)
{
	char buf[512], figure[96];
	size_t i;

	if (!r->model || r->o.format != SYNERGY_FORMAT_TABLE)
		return;
	printf("predicted from the model file alone: %s\n",
	       synergy_format_interval(r->prediction.total_uj, r->prediction.total_ci95_uj, "+-",
				       figure, sizeof(figure)));
	for (i = 0; synergy_prediction_remark(&r->prediction, r->profile->layers, i, buf,
					      sizeof(buf)); i++)
		printf("note: %s\n", buf);
}

static void print_percentiles(const struct run *r)
{
	static const double shares[] = { .5, .9, .99, 1 };
	char figure[64];
	size_t i;

	if (r->o.format != SYNERGY_FORMAT_TABLE || r->measure.timed < 2)
		return;
	printf("inference:");
	for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		printf("%s %g %% within %s", i ? "," : "", 100 * shares[i],
		       synergy_format_time(synergy_measure_percentile(&r->measure, shares[i]), figure,
					   sizeof(figure)));
	putchar('\n');
}

static int write_times(struct run *r)
{
	FILE *f;
	uint32_t i;

	if (!r->o.times)
		return 0;
	f = fopen(r->o.times, "we");
	if (!f)
		return synergy_error_set(&r->error, errno, "%s: %s", r->o.times, strerror(errno));
	fprintf(f, "run,time_us\n");
	for (i = 0; i < r->measure.timed; i++)
		fprintf(f, "%u,%.3f\n", i, r->measure.times_us[i]);
	if (ferror(f) | fclose(f))
		return synergy_error_set(&r->error, EIO, "%s: write failed", r->o.times);
	return 0;
}

/* Values that no table shows: what is wrong with the outputs. */
static void print_output_remarks(const struct run *r)
{
	char text[400];
	int i;

	for (i = 0; i < r->graph->n_outputs; i++) {
		if (!synergy_outputs_remark(r->graph, r->plan, i, text, sizeof(text)))
			continue;
		if (r->o.format == SYNERGY_FORMAT_TABLE)
			printf("note: %s\n", text);
		else if (!r->o.quiet)
			synergy_say("%s", text);
	}
}

static int report(struct run *r)
{
	struct synergy_terminal terminal;

	r->replay = synergy_measurement_replay(r->measurement, &r->error);
	if (!r->replay ||
	    synergy_profile_read(r->replay, &(struct synergy_profile_options){ .rail = r->o.rail },
				  &r->profile, &r->error))
		return -1;
	if (!r->profile->layers)
		return synergy_error_set(&r->error, ENODATA, "%s: no inference was recorded whole",
					 r->network);
	if (predict(r))
		return -1;
	if (r->o.output && synergy_files_write(r->profile, r->o.output, &r->error))
		return -1;
	synergy_terminal_find(STDOUT_FILENO, &terminal);
	if (r->o.format == SYNERGY_FORMAT_TABLE ?
	    synergy_table_print(r->profile, &r->extras, &terminal, stdout) :
	    synergy_profile_write(r->profile, r->o.format, stdout))
		return synergy_error_set(&r->error, errno, "standard output: %s", strerror(errno));
	print_percentiles(r);
	print_output_remarks(r);
	print_prediction(r);
	return write_times(r);
}

static int write_outputs(struct run *r)
{
	if (r->o.output &&
	    synergy_outputs_write(r->graph, r->plan, r->o.output, &r->error))
		return -1;
	if (r->o.labels && !interrupted) {
		if (r->o.format == SYNERGY_FORMAT_TABLE)
			putchar('\n');
		if (synergy_outputs_best(r->graph, r->plan, r->o.labels,
					 r->o.format == SYNERGY_FORMAT_TABLE ? stdout : stderr,
					 &r->error))
			return -1;
	}
	if (r->o.dump && (synergy_files_directory(r->o.dump, &r->error) ||
			  synergy_outputs_dump(r->graph, r->plan, r->o.dump, &r->error)))
		return -1;
	return 0;
}

/* --output DIR also keeps the recording there, unless --record says where. */
static int choose_record(struct run *r, char *path, size_t size)
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

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	/* Once: a second one ends the program. */
	action.sa_flags = SA_RESETHAND;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* How many inferences fit into --duration, from one that is not marked, generously. */
static int estimate_runs(struct run *r)
{
	double began, us;

	if (prepare(r))
		return -1;
	began = now_s();
	synergy_plan_run(r->plan, NULL);
	us = 1e6 * (now_s() - began + r->o.cool_down_s);
	r->most_runs = (uint64_t)(4e6 * r->o.duration_s / (us > 1 ? us : 1)) + 16;
	if (r->o.max_runs && r->most_runs > r->o.max_runs)
		r->most_runs = r->o.max_runs;
	return 0;
}

/* Nothing is left to run where all depends on constants: the outputs are there already. */
static int run_constant(struct run *r)
{
	if (prepare(r))
		return failed(r);
	if (r->o.format == SYNERGY_FORMAT_TABLE)
		printf("%s: all outputs are constant: there is no layer to measure\n", r->network);
	else if (!r->o.quiet)
		synergy_say("%s: all outputs are constant: there is no layer to measure", r->network);
	print_output_remarks(r);
	return write_outputs(r) || fflush(stdout) ? failed(r) : 0;
}

static int run(struct run *r)
{
	char record[1024];
	int status;

	if (load(r))
		return failed(r);
	if (r->o.describe)
		return synergy_graph_describe(r->graph, stdout) || fflush(stdout) ? SYNERGY_EXIT_FAILED : 0;
	if (synergy_choose_cores(&r->o, &r->cpu, &r->error) || choose_record(r, record, sizeof(record)) ||
	    (r->o.predict && synergy_model_read(r->o.predict, &r->model, &r->error)))
		return failed(r);
	if (!r->graph->n_nodes)
		return run_constant(r);
	if (r->o.duration_s > 0 && estimate_runs(r))
		return failed(r);
	status = open_trial(r);
	if (status >= 0)
		return status;
	if (!r->plan && prepare(r))
		return failed(r);
	catch_signals();
	if (measure(r) || report(r) || write_outputs(r))
		return failed(r);
	if (fflush(stdout)) {
		synergy_say("standard output: %s", strerror(errno));
		return SYNERGY_EXIT_FAILED;
	}
	return 0;
}

static void clean(struct run *r)
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
static void tame_blas(const struct run *r)
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
	struct run r = { .argc = argc, .argv = argv, .cpu = -1 };
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
