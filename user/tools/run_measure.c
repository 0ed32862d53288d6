// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How synergy-run measures: idle, the time check's steps, batches of runs until there
 * are enough, idle again, and the same work without marks.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attribute/attribute.h"
#include "kernels/gemm.h"
#include "measure/notes.h"
#include "report/profile.h"
#include "tools/run.h"

#define CHECK_STEPS	200	/* of the time check, 0.8 s: find 5 us on a TX1's rail at 1 kHz */
#define WORK_SIZE	128	/* of its matrices */
#define UNTIL_MIN_SHARE	0.01	/* --until looks at layers of this share of the time */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

bool synergy_run_interrupted(void)
{
	return interrupted;
}

void synergy_run_catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	/* Once: a second one ends the program. */
	action.sa_flags = SA_RESETHAND;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static uint64_t max_runs(const struct synergy_run *r)
{
	if (r->o.duration_s > 0)
		return r->most_runs;
	if (r->o.until_pct <= 0)
		return r->o.runs;
	return r->o.max_runs ? r->o.max_runs : 20 * r->o.runs;
}

int synergy_run_open(struct synergy_run *r)
{
	struct synergy_measurement_options *t = &r->o.measurement;
	struct synergy_error why;
	bool no_device;

	if (r->o.events && synergy_events_resolve(r->o.events, NULL, &r->events, &r->error))
		return synergy_run_failed(r);
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
		synergy_run_failed(r);
		return no_device && t->mode == SYNERGY_MEASUREMENT_REQUIRE ? SYNERGY_EXIT_NO_DEVICE :
			SYNERGY_EXIT_FAILED;
	}
	if (*why.message && !r->o.quiet)
		synergy_say("%s", why.message);
	if (synergy_measurement_has_power(r->measurement) && r->o.rail &&
	    synergy_capture_has_rail(synergy_measurement_capture(r->measurement), r->o.rail, &r->error))
		return synergy_run_failed(r);
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
	struct synergy_run *r = arg;
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
static int look(struct synergy_run *r)
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

static bool within(const struct synergy_run *r)
{
	return 100 * r->widest <= r->o.until_pct;
}

/* How --until ended: said, and kept in the recording. */
static void report_until(struct synergy_run *r, struct synergy_notes *notes)
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
static void await_last_windows(struct synergy_run *r)
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
static int counted_runs(struct synergy_run *r, uint32_t n)
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
static int run_batch(struct synergy_run *r, uint32_t n, bool last, uint64_t idle_ns)
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
static int measure_runs(struct synergy_run *r, uint64_t idle_ns)
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

int synergy_run_estimate(struct synergy_run *r)
{
	double began, us;

	if (synergy_run_prepare(r))
		return -1;
	began = now_s();
	synergy_plan_run(r->plan, NULL);
	us = 1e6 * (now_s() - began + r->o.cool_down_s);
	r->most_runs = (uint64_t)(4e6 * r->o.duration_s / (us > 1 ? us : 1)) + 16;
	if (r->o.max_runs && r->most_runs > r->o.max_runs)
		r->most_runs = r->o.max_runs;
	return 0;
}

/* Runs begin anywhere in a sampling period, each elsewhere. */
static double spread_us(struct synergy_run *r)
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

static int check_times(struct synergy_run *r)
{
	const struct synergy_gemm_backend *gemm = synergy_gemm_find(synergy_plan_backend(r->plan));
	uint64_t steps = r->o.check_steps;

	if (steps == SYNERGY_RUN_UNSAID)
		steps = synergy_measurement_has_power(r->measurement) ? CHECK_STEPS : 0;
	r->measure.work = multiply;
	r->measure.work_arg = (void *)gemm;
	return gemm ? synergy_measure_train(&r->measure, (uint32_t)steps, &r->error) : 0;
}

static int measure_all(struct synergy_run *r, uint64_t idle_ns)
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
static int finish(struct synergy_run *r, int result)
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
			report_until(r, &notes);
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
static void run_control(struct synergy_run *r)
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

int synergy_run_measure(struct synergy_run *r)
{
	struct synergy_notes notes = { 0 };
	char *layers = synergy_run_layers_text(r);
	double idle_s = r->o.idle_s;
	int result = -1;

	synergy_run_write_notes(r, &notes);
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
