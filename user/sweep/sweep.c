// SPDX-License-Identifier: GPL-3.0-or-later
/* See sweep.h. */
#include "sweep/sweep.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "layers/csv.h"
#include "sweep/clock.h"
#include "sweep/guardian.h"
#include "sweep/job.h"

#define COOL_MARGIN_MC	3000	/* over the temperature at the begin: a zone's own noise and more */
#define LOOK_MS		200	/* between looks at the temperature */

struct work {
	struct synergy_sweep *s;
	struct synergy_policies policies;
	struct synergy_guardian *guardian;
	bool clocks;			/* the plan sets clocks */
	int32_t cool_mc;
	double seconds;			/* of runs that were made now */
	size_t made;
};

/* ---- the directory ---- */

static char *plan_text(const struct synergy_sweep_plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int bad;

	if (!out)
		return NULL;
	bad = synergy_sweep_plan_write(plan, out);
	if (!fclose(out) && !bad)
		return text;
	free(text);
	return NULL;
}

static int write_plan(const char *path, const char *text, struct synergy_error *error)
{
	FILE *f = fopen(path, "we");
	int bad;

	if (!f)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	bad = fputs(text, f) < 0 || fflush(f) || fsync(fileno(f));
	if (fclose(f) || bad)
		return synergy_error_set(error, errno, "%s: cannot be written", path);
	return 0;
}

/* A directory holds one plan: what it has of another would be taken for this one's. */
static int claim_directory(const struct synergy_sweep *s, struct synergy_error *error)
{
	char path[1024], *mine = plan_text(s->plan), *theirs = NULL;
	size_t length;
	int result;

	if (!mine)
		return synergy_error_set(error, ENOMEM, "plan: no memory");
	snprintf(path, sizeof(path), "%s/plan.txt", s->directory);
	if (mkdir(s->directory, 0777) && errno != EEXIST)
		result = synergy_error_set(error, errno, "%s: %s", s->directory, strerror(errno));
	else if (access(path, F_OK))
		result = write_plan(path, mine, error);
	else
		result = synergy_csv_slurp(path, 1U << 20, &theirs, &length, error);
	if (!result && theirs && strcmp(mine, theirs))
		result = synergy_error_set(error, EEXIST, "%s holds another plan (%s)", s->directory, path);
	free(mine);
	free(theirs);
	return result;
}

/* ---- clock and temperature ---- */

static int check_clocks(struct work *w, struct synergy_error *error)
{
	const struct synergy_axis *axis = &w->s->plan->axes[SYNERGY_AXIS_CLOCK];
	struct synergy_clock clock;
	size_t i;

	for (i = 0; i < axis->n; i++) {
		if (synergy_clock_parse(axis->words[i], &clock, error) ||
		    synergy_clock_check(&w->policies, &clock, error))
			return -1;
		w->clocks |= clock.kind != SYNERGY_CLOCK_FOUND;
	}
	return 0;
}

static int begin_clocks(struct work *w, struct synergy_error *error)
{
	int left = synergy_guardian_restore(w->s->state_directory, w->s->root, error);

	if (left < 0)
		return -1;
	if (left && w->s->progress)
		fprintf(w->s->progress, "the clock is back as an interrupted sweep had found it\n");
	if (synergy_policies_find(&w->policies, w->s->root, error) || check_clocks(w, error))
		return -1;
	if (!w->clocks)
		return 0;
	w->guardian = synergy_guardian_start(&w->policies, w->s->state_directory, error);
	return w->guardian ? 0 : -1;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Gives what it is then. */
static int32_t cool_down(const struct work *w)
{
	double waited = 0;
	int32_t now;

	for (;;) {
		now = synergy_hottest(w->s->root);
		if (now == INT32_MIN || now <= w->cool_mc || waited >= w->s->cool_s || *w->s->stop)
			return now;
		sleep_ms(LOOK_MS);
		waited += LOOK_MS / 1e3;
	}
}

/* ---- runs ---- */

static void report_job(const struct work *w, const struct synergy_job *job, double seconds,
		       const char *failure)
{
	size_t left = w->s->n_runs - w->s->n_skipped - w->made;
	FILE *out = w->s->progress;
	double rest;
	int a;

	if (!out)
		return;
	fprintf(out, "[%zu/%zu]", w->s->n_skipped + w->made + w->s->n_failed, w->s->n_runs);
	for (a = 0; a < SYNERGY_AXES; a++)
		if (*synergy_sweep_plan_word(job->plan, job->config, a))
			fprintf(out, " %s", synergy_sweep_plan_word(job->plan, job->config, a));
	if (failure) {
		fprintf(out, ": failed: %s\n", failure);
		return;
	}
	rest = w->seconds / (double)w->made * (double)left;
	if (rest < 120)
		fprintf(out, ": %.1f s; %.0f s left\n", seconds, rest);
	else
		fprintf(out, ": %.1f s; %.0f min left\n", seconds, rest / 60);
	fflush(out);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_one(struct work *w, size_t config, uint64_t repeat, size_t number,
		   struct synergy_error *error)
{
	struct synergy_sweep *s = w->s;
	struct synergy_job job = {
		.plan = s->plan, .config = config, .repeat = repeat, .order = number,
		.directory = s->directory, .board = s->board, .program = s->program,
	};
	double began = now_s();
	struct synergy_clock clock;
	struct synergy_error why;

	if (synergy_job_done(&job))
		return 0;
	if (synergy_clock_parse(synergy_sweep_plan_word(s->plan, config, SYNERGY_AXIS_CLOCK), &clock, error) ||
	    (w->clocks && synergy_clock_set(&w->policies, &clock, error)))
		return -1;
	job.khz = clock.khz;
	job.temperature = cool_down(w);
	if (*s->stop)
		return synergy_error_set(error, EINTR, "interrupted");
	if (!synergy_job_run(&job, s->stop, &why)) {
		s->n_done++;
		w->made++;
		w->seconds += now_s() - began;
		report_job(w, &job, now_s() - began, NULL);
		return 0;
	}
	if (errno == EINTR || errno != ECHILD)
		return synergy_error_set(error, errno, "%s", why.message);
	if (!s->n_failed++)
		synergy_error_set(error, ECHILD, "run %zu (%s): %.400s", number,
				  synergy_sweep_plan_word(s->plan, config, SYNERGY_AXIS_MODEL), why.message);
	report_job(w, &job, 0, why.message);
	return 0;
}

/* What an earlier sweep has done. */
static size_t count_done(const struct synergy_sweep *s)
{
	struct synergy_job job = { .plan = s->plan, .directory = s->directory };
	size_t n = synergy_sweep_plan_configs(s->plan), done = 0;

	for (job.repeat = 0; job.repeat < s->plan->repeats; job.repeat++)
		for (job.config = 0; job.config < n; job.config++)
			done += synergy_job_done(&job);
	return done;
}

static int run_all(struct work *w, struct synergy_error *error)
{
	size_t n = synergy_sweep_plan_configs(w->s->plan), i, number = 0, *order;
	uint64_t repeat;
	int result = 0;

	order = calloc(n, sizeof(*order));
	if (!order)
		return synergy_error_set(error, ENOMEM, "plan: no memory");
	w->s->n_runs = n * w->s->plan->repeats;
	w->s->n_skipped = count_done(w->s);
	for (repeat = 0; repeat < w->s->plan->repeats && !result; repeat++) {
		synergy_sweep_plan_order(w->s->plan, repeat, order);
		for (i = 0; i < n && !result; i++, number++)
			if (w->s->only < 0 || (size_t)w->s->only == number)
				result = run_one(w, order[i], repeat, number, error);
	}
	free(order);
	return result;
}

int synergy_sweep_run(struct synergy_sweep *s, struct synergy_error *error)
{
	struct work w = { .s = s };
	struct synergy_error other;
	int32_t start;
	int result, saved;

	s->n_runs = s->n_done = s->n_skipped = s->n_failed = 0;
	result = synergy_sweep_plan_check(s->plan, error) || claim_directory(s, error) ||
		begin_clocks(&w, error) ? -1 : 0;
	if (!result) {
		start = synergy_hottest(s->root);
		w.cool_mc = isnan(s->cool_c) ? start == INT32_MIN ? INT32_MAX : start + COOL_MARGIN_MC :
			(int32_t)(s->cool_c * 1000);
		result = run_all(&w, error);
		if (!result && s->n_failed) {
			errno = ECHILD;
			result = -1;
		}
	}
	saved = errno;
	if (w.guardian && synergy_guardian_end(w.guardian, result ? &other : error) && !result) {
		saved = errno;
		result = -1;
	}
	synergy_policies_clear(&w.policies);
	errno = saved;
	return result;
}
