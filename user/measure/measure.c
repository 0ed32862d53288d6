// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The measuring loop; see measure.h. Nothing is allocated, printed or computed
 * here while an inference runs.
 */
#include "measure/measure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/recording.h"
#include "infer/execute.h"

#define STEP_LEAST_US	2000.0	/* of the time check: longer than any window */
#define STEP_MOST_US	6000.0
#define MOST_WARMUP_US	40000.0	/* of an inference that is repeated for warmth; see pause */

struct layer_hooks {
	const struct synergy_marker *marker;
	uint64_t cookie;
};

static int mark_begin(void *arg, int node)
{
	struct layer_hooks *h = arg;

	return h->marker->mark(h->marker->arg, SYNERGY_MARK_BEGIN, node, h->cookie);
}

static int mark_end(void *arg, int node)
{
	struct layer_hooks *h = arg;

	return h->marker->mark(h->marker->arg, SYNERGY_MARK_END, node, h->cookie);
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int run_marked(struct synergy_measure *m, uint64_t cookie)
{
	struct layer_hooks layer = { &m->marker, cookie };
	struct synergy_run_hooks hooks = { mark_begin, mark_end, &layer };
	struct synergy_marker *marker = &m->marker;
	int result;

	if (marker->mark(marker->arg, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, cookie))
		return -1;
	result = synergy_plan_run(m->plan, &hooks);
	if (marker->mark(marker->arg, SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, cookie))
		return -1;
	return result;
}

static void add_time(struct synergy_measure *m, double us)
{
	m->min_us = m->timed && m->min_us < us ? m->min_us : us;
	m->sum_us += us;
	m->times_us[m->timed++] = us;
}

/* Room for one more time, before the inference that takes it. */
static int make_room(struct synergy_measure *m)
{
	double *more;

	if (m->timed < m->room)
		return 0;
	more = realloc(m->times_us, (2 * (size_t)m->room + 64) * sizeof(*more));
	if (!more)
		return -1;
	m->times_us = more;
	m->room = 2 * m->room + 64;
	return 0;
}

void synergy_measure_free(struct synergy_measure *m)
{
	free(m->times_us);
	m->times_us = NULL;
	m->room = 0;
}

static int by_time(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double synergy_measure_percentile(const struct synergy_measure *m, double share)
{
	double *sorted, at;
	uint32_t rank;

	if (!m->timed || !(sorted = malloc(m->timed * sizeof(*sorted))))
		return NAN;
	memcpy(sorted, m->times_us, m->timed * sizeof(*sorted));
	qsort(sorted, m->timed, sizeof(*sorted), by_time);
	rank = (uint32_t)ceil(share * m->timed);
	at = sorted[rank > 0 ? rank - 1 : 0];
	free(sorted);
	return at;
}

static void cool_down(const struct synergy_measure *m)
{
	struct timespec left = { .tv_sec = (time_t)(m->cool_down_us / 1e6) };

	left.tv_nsec = (long)((m->cool_down_us - 1e6 * (double)left.tv_sec) * 1e3);
	/* A signal ends it: whoever sent one wants the end. */
	if (m->cool_down_us > 0)
		nanosleep(&left, NULL);
}

/*
 * Parts of the golden ratio's multiples: whatever number of them there is, they lie
 * evenly over the period. Busy, because a core that sleeps wakes slower and colder.
 */
static void spread(const struct synergy_measure *m)
{
	double part = m->next_run * 0.6180339887498949, end;

	if (!(m->spread_us > 0))
		return;
	end = now_us() + (part - (uint32_t)part) * m->spread_us;
	while (now_us() < end)
		;
}

/* Return: 0, or -1 with errno */
static int one_run(struct synergy_measure *m, bool warmup)
{
	uint64_t cookie = m->next_run++ | (warmup ? SYNERGY_MARK_COOKIE_WARMUP : 0);
	double begin, us;

	if (make_room(m))
		return -1;
	cool_down(m);
	spread(m);
	begin = now_us();
	if (run_marked(m, cookie))
		return -1;
	us = now_us() - begin;
	m->last_us = us;
	if (!warmup)
		add_time(m, us);
	return 0;
}

/* The caller's own work, and what has to follow it. */
static int pause_runs(struct synergy_measure *m)
{
	if (!m->pause || !m->pause(m->pause_arg) || !(m->last_us < MOST_WARMUP_US))
		return 0;
	return one_run(m, true);
}

int synergy_measure_runs(struct synergy_measure *m, uint32_t n, bool warmup,
			 struct synergy_error *error)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (pause_runs(m) || one_run(m, warmup))
			return synergy_error_set(error, errno, "run %u: %s", m->next_run - 1,
						 strerror(errno));
		if (m->progress && m->progress(m->progress_arg, i + 1, warmup ? 0 : n))
			return synergy_error_set(error, ECANCELED, "interrupted after run %u",
						 m->next_run - 1);
	}
	return 0;
}

int synergy_measure_idle(struct synergy_measure *m, uint64_t ns, uint32_t number,
			 struct synergy_error *error)
{
	struct timespec left = { ns / 1000000000, ns % 1000000000 };
	struct synergy_marker *marker = &m->marker;

	if (!ns)
		return 0;
	if (marker->mark(marker->arg, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_IDLE, number))
		goto failed;
	while (nanosleep(&left, &left) && errno == EINTR)
		if (m->progress && m->progress(m->progress_arg, 0, 0))
			break;
	if (!marker->mark(marker->arg, SYNERGY_MARK_END, SYNERGY_MARK_ID_IDLE, number))
		return 0;
failed:
	return synergy_error_set(error, errno, "idle %u: mark: %s", number, strerror(errno));
}

/* Lengths that no sampling period has in common; the same ones every time. */
static double step_us(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return STEP_LEAST_US + (STEP_MOST_US - STEP_LEAST_US) * (*state >> 8) / (1 << 24);
}

int synergy_measure_train(struct synergy_measure *m, uint32_t steps, struct synergy_error *error)
{
	struct synergy_marker *marker = &m->marker;
	uint32_t state = 1, i;

	for (i = 0; i + 1 < steps; i += 2) {
		struct timespec left = { .tv_nsec = (long)(1e3 * step_us(&state)) };
		double end;

		nanosleep(&left, NULL);
		if (marker->mark(marker->arg, SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_BUSY, i / 2))
			goto failed;
		end = now_us() + step_us(&state);
		while (now_us() < end)
			m->work(m->work_arg);
		if (marker->mark(marker->arg, SYNERGY_MARK_END, SYNERGY_MARK_ID_BUSY, i / 2))
			goto failed;
		if (m->progress && m->progress(m->progress_arg, 0, 0))
			return synergy_error_set(error, ECANCELED, "interrupted in the time check");
	}
	return 0;
failed:
	return synergy_error_set(error, errno, "time check: mark: %s", strerror(errno));
}

double synergy_measure_unmarked(struct synergy_measure *m, uint32_t n)
{
	double begin = now_us();
	uint32_t i;

	for (i = 0; i < n; i++)
		synergy_plan_run(m->plan, NULL);
	return n ? (now_us() - begin) / n : NAN;
}

uint64_t synergy_measure_marks(const struct synergy_graph *graph, uint64_t inferences,
			       uint64_t idles)
{
	return 2 * (inferences * ((uint64_t)graph->n_nodes + 1) + idles);
}
