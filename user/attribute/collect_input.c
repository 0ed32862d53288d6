// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From what the collector kept to what is solved: it is decided here whether a
 * recording is of inferences that a tool marked, or of any program: then the session is
 * the recorded command, or the whole recording.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "lib/array.h"
#include "lib/recording.h"

/* ---- what is recorded ---- */

/* The thread of the recorder's marks around its command; NULL there are none. */
static const struct synergy_runner *find_recorder(const struct synergy_collect *c)
{
	size_t i;

	for (i = 0; i < c->n_runners; i++)
		if (c->runners[i].commands || (c->command_row && !i && c->runners[i].runs))
			return &c->runners[i];
	return NULL;
}

/* The thread that inferences were marked on; NULL: it is a program's recording. */
static const struct synergy_runner *find_runner(const struct synergy_collect *c)
{
	const struct synergy_runner *best = NULL;
	size_t i;

	if (find_recorder(c))
		return NULL;
	for (i = 0; i < c->n_runners; i++)
		if (c->runners[i].runs && (!best || c->runners[i].runs > best->runs))
			best = &c->runners[i];
	return best;
}

static int by_marked(const void *a, const void *b)
{
	const struct synergy_marking_thread *x = a, *y = b;

	if (x->marked_ns != y->marked_ns)
		return x->marked_ns > y->marked_ns ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* Programs' threads with at least one interval, the recorder's own left out. */
static int find_threads(struct synergy_collect *c)
{
	const struct synergy_runner *recorder = find_recorder(c);
	size_t i, k;

	free(c->threads);
	free(c->thread_at);
	c->n_threads = 0;
	c->threads = calloc(c->calls.n_threads + 1, sizeof(*c->threads));
	c->thread_at = calloc(c->calls.n_threads + 1, sizeof(*c->thread_at));
	if (!c->threads || !c->thread_at)
		return -1;
	for (i = 0; i < c->calls.n_threads; i++) {
		const struct synergy_call_thread *t = &c->calls.threads[i];

		if (!t->n_rows || (recorder && t->tgid == recorder->tgid && t->tid == recorder->tid))
			continue;
		c->threads[c->n_threads++] = (struct synergy_marking_thread){
			t->tgid, t->tid, t->marked_ns,
		};
	}
	qsort(c->threads, c->n_threads, sizeof(*c->threads), by_marked);
	for (i = 0; i < c->n_threads; i++)
		for (k = 0; k < c->calls.n_threads; k++)
			if (c->calls.threads[k].tgid == c->threads[i].tgid &&
			    c->calls.threads[k].tid == c->threads[i].tid)
				c->thread_at[i] = k;
	return 0;
}

/* ---- the session ---- */

static void free_session(struct synergy_phase_session *s)
{
	free(s->windows);
	free(s->begin_ns);
	free(s->end_ns);
}

static bool is_command(const struct synergy_collect *c, const struct synergy_runner *recorder,
		       const struct synergy_raw_interval *v)
{
	return v->tool && v->tgid == recorder->tgid && v->tid == recorder->tid &&
	       v->id == (recorder->commands ? SYNERGY_MARK_ID_COMMAND : SYNERGY_MARK_ID_RUN) &&
	       v->end_ns > v->begin_ns && (recorder->commands || c->command_row);
}

/* The commands' times and counts; or one command that is the whole recording. */
static int find_commands(const struct synergy_collect *c, struct synergy_phase_session *s, double *counts)
{
	const struct synergy_runner *recorder = find_recorder(c);
	size_t i, k;

	s->begin_ns = calloc(c->n_intervals + 1, sizeof(*s->begin_ns));
	s->end_ns = calloc(c->n_intervals + 1, sizeof(*s->end_ns));
	if (!s->begin_ns || !s->end_ns)
		return -1;
	memset(counts, 0, SYNERGY_MAX_EVENTS * sizeof(*counts));
	for (i = 0; recorder && i < c->n_intervals; i++) {
		const struct synergy_raw_interval *v = &c->intervals[i];

		if (!is_command(c, recorder, v))
			continue;
		s->begin_ns[s->n_commands] = v->begin_ns;
		s->end_ns[s->n_commands++] = v->end_ns;
		for (k = 0; k < SYNERGY_MAX_EVENTS; k++)
			counts[k] += v->counts[k];
	}
	if (s->n_commands) {
		s->command_counts = counts;
		return 0;
	}
	s->n_commands = 1;
	s->begin_ns[0] = c->first_ns;
	s->end_ns[0] = c->last_ns;
	return 0;
}

/* Commands' times within the zones that are kept. */
static int make_windows(const struct synergy_collect *c, struct synergy_phase_session *s)
{
	uint64_t all[1][2] = { { 0, UINT64_MAX } }, (*kept)[2] = all;
	size_t n = 1, i, k;
	int result = 0;

	s->thinned = c->zones.stride;
	if (s->thinned && synergy_zones_list(&c->zones, c->last_ns, &kept, &n))
		return -1;
	for (i = 0; i < s->n_commands; i++)
		for (k = 0; k < n && !result; k++) {
			uint64_t begin = kept[k][0] > s->begin_ns[i] ? kept[k][0] : s->begin_ns[i];
			uint64_t end = kept[k][1] < s->end_ns[i] ? kept[k][1] : s->end_ns[i];

			if (begin >= end)
				continue;
			result = synergy_array_grow(&s->windows, s->n_windows, sizeof(*s->windows));
			if (!result)
				s->windows[s->n_windows++] =
					(struct synergy_phase_window){ begin, end, (uint32_t)i };
		}
	if (s->thinned)
		free(kept);
	return result;
}

static void find_sampling(const struct synergy_attribute_input *in, struct synergy_phase_session *s)
{
	double sum = 0;
	size_t i, k;

	for (i = 0; i < in->n_rails; i++) {
		const struct synergy_rail_samples *r = &in->rails[i];

		if (r->n <= s->n_samples)
			continue;
		s->n_samples = r->n;
		for (k = 0, sum = 0; k < r->n; k++)
			sum += (double)(r->end_ns[k] - r->begin_ns[k]);
	}
	s->window_ns = s->n_samples ? sum / (double)s->n_samples : 0;
}

static int make_phases(struct synergy_collect *c, size_t thread, struct synergy_attribute_input *in)
{
	struct synergy_phase_session s = { 0 };
	struct synergy_call_thread *t;
	double counts[SYNERGY_MAX_EVENTS];
	int result = -1;

	t = thread < c->n_threads ? &c->calls.threads[c->thread_at[thread]] : NULL;
	in->notes.open += t ? t->n_open : 0;
	if (!find_commands(c, &s, counts) && !make_windows(c, &s)) {
		find_sampling(in, &s);
		result = synergy_phases_make(t, &s, in);
	}
	free_session(&s);
	return result;
}

/* ---- the input ---- */

/* Notes, events, rails: the same for all threads. */
static int fill_common(struct synergy_collect *c, struct synergy_attribute_input *in)
{
	size_t i;

	if (synergy_calls_until(&c->calls, UINT64_MAX))
		return -1;
	in->notes = c->notes;
	in->n_events = c->n_events;
	in->events = calloc(c->n_events ? c->n_events : 1, sizeof(*in->events));
	if (!in->events)
		return -1;
	memcpy(in->events, c->events, c->n_events * sizeof(*in->events));
	for (i = 0; i < c->n_events; i++)
		if (!*in->events[i])
			snprintf(in->events[i], sizeof(in->events[i]), "event%zu", i);
	return synergy_collect_copy_rails(c, in);
}

static void fill_call_notes(const struct synergy_collect *c, struct synergy_collect_notes *n)
{
	n->unmatched += c->calls.unmatched;
	n->abandoned += c->calls.abandoned;
	n->migrated += c->calls.migrated;
	n->multiplexed += c->calls.multiplexed;
	n->dropped += c->calls.dropped;
}

static int fill(struct synergy_collect *c, size_t thread, bool any, struct synergy_attribute_input *in)
{
	const struct synergy_runner *runner = find_runner(c);
	int result = 1;

	if (fill_common(c, in))
		return -1;
	if (any && runner)
		result = synergy_collect_runs(c, runner, in);
	if (result <= 0) {
		in->notes.unmatched += c->n_open;
		return result;
	}
	fill_call_notes(c, &in->notes);
	return find_threads(c) ? -1 : make_phases(c, thread, in);
}

static int no_data(const struct synergy_attribute_input *in, struct synergy_error *err)
{
	if (in->notes.warmup_runs || in->notes.incomplete_runs)
		return synergy_error_set(err, ENODATA,
			"no inference to attribute energy to: %llu warm-up, %llu incomplete",
			(unsigned long long)in->notes.warmup_runs,
			(unsigned long long)in->notes.incomplete_runs);
	return synergy_error_set(err, ENODATA, "neither power samples nor marks are in the stream");
}

static struct synergy_attribute_input *finish(struct synergy_collect *c, size_t thread, bool any,
					      struct synergy_error *err)
{
	struct synergy_attribute_input *in = calloc(1, sizeof(*in));

	if (!in || fill(c, thread, any, in)) {
		synergy_attribute_input_free(in);
		synergy_error_set(err, ENOMEM, "attribution: out of memory");
		return NULL;
	}
	if (in->n_runs && (!in->phases || c->last_ns > c->first_ns))
		return in;
	no_data(in, err);
	synergy_attribute_input_free(in);
	errno = ENODATA;
	return NULL;
}

struct synergy_attribute_input *synergy_collect_finish(struct synergy_collect *c,
						       struct synergy_error *err)
{
	return finish(c, 0, true, err);
}

struct synergy_attribute_input *synergy_collect_finish_thread(struct synergy_collect *c,
							      size_t thread,
							      struct synergy_error *err)
{
	return finish(c, thread, false, err);
}

int synergy_collect_threads(struct synergy_collect *c,
			    const struct synergy_marking_thread **threads, size_t *n,
			    struct synergy_error *err)
{
	if (synergy_calls_until(&c->calls, UINT64_MAX) || find_threads(c))
		return synergy_error_set(err, ENOMEM, "marks: out of memory");
	*threads = c->threads;
	*n = find_runner(c) ? 0 : c->n_threads;
	return 0;
}

void synergy_attribute_input_free(struct synergy_attribute_input *in)
{
	size_t i;

	if (!in)
		return;
	for (i = 0; in->rails && i < in->n_rails; i++)
		synergy_free_samples(&in->rails[i]);
	free(in->rails);
	free(in->events);
	synergy_free_intervals(&in->intervals);
	synergy_phases_free(in->phases);
	free(in);
}
