// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The collector's marks. Those of tools pair into the intervals of inferences; those of
 * programs go to the calls of their threads, also where it is not known yet which of
 * the two a recording is of.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "attribute/counts.h"
#include "lib/array.h"
#include "lib/recording.h"

/* So late after marks of other threads a mark may come in the stream: a sampler's period
 * (at most a second is allowed) and some more.
 */
#define LATEST_NS	1500000000ULL

static bool is_tool(const struct synergy_marker_record *m)
{
	return m->hdr.flags & SYNERGY_MARKER_F_TOOL;
}

static uint32_t cpu_of(const struct synergy_marker_record *m)
{
	return m->hdr.flags & SYNERGY_MARKER_F_ALL_CPUS ? UINT32_MAX : m->cpu;
}

/* ---- tools' marks, and those of threads that they mark inferences on ---- */

static void take_begin(struct synergy_collect *c, const struct synergy_marker_record *m)
{
	struct synergy_open_mark *o;

	if (c->n_open == SYNERGY_MAX_OPEN) {	/* the oldest was never ended */
		memmove(c->open, c->open + 1, (SYNERGY_MAX_OPEN - 1) * sizeof(*c->open));
		c->n_open--;
		c->notes.unmatched++;
	}
	o = &c->open[c->n_open++];
	o->time_ns = m->done_ns;
	o->cookie = m->cookie;
	o->id = m->id;
	o->tool = is_tool(m);
	o->tgid = m->tgid;
	o->tid = m->tid;
	o->cpu = cpu_of(m);
	o->n_counts = m->n_counts < SYNERGY_MAX_EVENTS ? m->n_counts : SYNERGY_MAX_EVENTS;
	memcpy(o->counts, m->count, o->n_counts * sizeof(o->counts[0]));
}

static void differences(struct synergy_collect *c, const struct synergy_open_mark *o,
			const struct synergy_marker_record *m, double *counts)
{
	bool same = cpu_of(m) == o->cpu;

	c->notes.migrated += !same;
	c->notes.multiplexed += synergy_counts_between(o->counts, same ? o->n_counts : 0,
						       m->count, m->n_counts, counts);
}

static int take_end(struct synergy_collect *c, const struct synergy_marker_record *m,
		    struct synergy_error *err)
{
	struct synergy_raw_interval *v;
	size_t i = c->n_open;

	while (i && !(c->open[i - 1].id == m->id && c->open[i - 1].tool == is_tool(m) &&
		      c->open[i - 1].tgid == m->tgid && c->open[i - 1].tid == m->tid &&
		      c->open[i - 1].cookie == m->cookie))
		i--;
	if (!i) {
		c->notes.unmatched++;
		return 0;
	}
	i--;
	if (synergy_array_grow(&c->intervals, c->n_intervals, sizeof(*c->intervals)))
		return synergy_error_set(err, ENOMEM, "marks: out of memory");
	v = &c->intervals[c->n_intervals];
	v->begin_ns = c->open[i].time_ns;
	v->end_ns = m->hdr.time_ns;
	v->cookie = m->cookie;
	v->id = m->id;
	v->tool = is_tool(m);
	v->tgid = m->tgid;
	v->tid = m->tid;
	differences(c, &c->open[i], m, v->counts);
	memmove(&c->open[i], &c->open[i + 1], (c->n_open - i - 1) * sizeof(*c->open));
	c->n_open--;
	if (m->hdr.flags & SYNERGY_MARKER_F_ABANDONED)
		c->notes.abandoned++;
	else if (v->end_ns < v->begin_ns)
		return synergy_error_set(err, EINVAL,
					 "record %llu: mark %u ends at %llu ns, before its begin at %llu",
					 (unsigned long long)m->hdr.seq, m->id,
					 (unsigned long long)v->end_ns,
					 (unsigned long long)v->begin_ns);
	else
		c->n_intervals++;
	return 0;
}

/* The thread's place among those with a tool's marks; a tool's mark gives it one. */
static int find_runner(struct synergy_collect *c, const struct synergy_marker_record *m,
		       struct synergy_runner **runner)
{
	uint64_t key = synergy_index_key(m->tgid, m->tid);
	uint32_t at = synergy_index_find(&c->runner_of, key);

	*runner = NULL;
	if (at == SYNERGY_INDEX_NONE) {
		if (!is_tool(m))
			return 0;
		at = (uint32_t)c->n_runners;
		if (synergy_array_grow(&c->runners, c->n_runners, sizeof(*c->runners)) ||
		    synergy_index_add(&c->runner_of, key, at))
			return -1;
		c->runners[c->n_runners++] = (struct synergy_runner){ m->tgid, m->tid, 0, 0 };
	}
	*runner = &c->runners[at];
	return 0;
}

/* ---- marks of any program ---- */

static int take_call(struct synergy_collect *c, const struct synergy_marker_record *m)
{
	const struct synergy_call_mark mark = {
		.time_ns = m->kind == SYNERGY_MARK_BEGIN ? m->done_ns : m->hdr.time_ns,
		.cookie = m->cookie, .tgid = m->tgid, .tid = m->tid, .id = m->id,
		.cpu = cpu_of(m), .begin = m->kind == SYNERGY_MARK_BEGIN,
		.abandoned = m->hdr.flags & SYNERGY_MARKER_F_ABANDONED,
		.n_counts = m->n_counts < SYNERGY_MAX_EVENTS ? m->n_counts : SYNERGY_MAX_EVENTS,
		.counts = m->count,
	};

	return synergy_calls_mark(&c->calls, &mark);
}

int synergy_collect_marker(struct synergy_collect *c, const struct synergy_marker_record *m,
			   struct synergy_error *err)
{
	struct synergy_runner *runner;

	if (m->n_counts > (m->hdr.size - sizeof(*m)) / sizeof(m->count[0]))
		return synergy_error_set(err, EINVAL,
					 "record %llu: %u counts in a MARKER record of %u bytes",
					 (unsigned long long)m->hdr.seq, m->n_counts, m->hdr.size);
	if (m->kind != SYNERGY_MARK_BEGIN && m->kind != SYNERGY_MARK_END)
		return 0;
	if (!c->first_ns || m->hdr.time_ns < c->first_ns)
		c->first_ns = m->hdr.time_ns;
	if (m->done_ns > c->last_ns)
		c->last_ns = m->done_ns;
	if (find_runner(c, m, &runner))
		goto nomem;
	/* Version 1's recorder had a layer around its command: no program's mark either. */
	if (!is_tool(m) && !(c->command_row && runner == c->runners && runner) && take_call(c, m))
		goto nomem;
	if (runner && is_tool(m) && m->kind == SYNERGY_MARK_END) {
		runner->runs += m->id == SYNERGY_MARK_ID_RUN;
		runner->commands += m->id == SYNERGY_MARK_ID_COMMAND;
	}
	if (runner && m->kind == SYNERGY_MARK_BEGIN)
		take_begin(c, m);
	else if (runner && take_end(c, m, err))
		return -1;
	/* A mark in a page is up to a period late: by then it is there. */
	if (m->hdr.time_ns > LATEST_NS && synergy_calls_until(&c->calls, m->hdr.time_ns - LATEST_NS))
		goto nomem;
	if (synergy_collect_thin_marks(c))
		goto nomem;
	return 0;
nomem:
	return synergy_error_set(err, ENOMEM, "marks: out of memory");
}
