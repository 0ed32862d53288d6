// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A trace for ui.perfetto.dev and chrome://tracing (the Trace Event Format's JSON
 * object): marks as slices of their threads, each rail's power and each event's rate as
 * counters; see export.h. Times are microseconds with three places: ns.
 *
 * Slices of a thread must nest. Intervals that overlap without nesting are asynchronous
 * ones, which need not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layers/json.h"
#include "lib/array.h"
#include "report/export.h"
#include "report/mark_names.h"

/* Counters have no thread; Perfetto shows them under the process with this number. */
#define BOARD_PID	0

struct open_slice {
	uint64_t begin_ns, cookie;
	uint32_t id, tid, tool;		/* tool: SYNERGY_MARKER_F_TOOL, or 0 */
	uint64_t counts[SYNERGY_MAX_EVENTS];
	uint32_t n_counts;
};

struct last_counts {
	uint32_t cpu;
	uint64_t time_ns;
	uint64_t value[SYNERGY_MAX_EVENTS];
};

struct writer {
	struct synergy_stream *stream;
	struct synergy_mark_names *names;
	FILE *out;
	size_t n_events, n_async;
	size_t n_open;
	struct open_slice *open;
	size_t n_threads;
	uint32_t *threads;		/* tids that have been named */
	size_t n_cpus;
	struct last_counts *cpus;
	int failed;			/* no memory */
};

static double us(uint64_t ns)
{
	return (double)ns / 1e3;
}

/* A JSON string, quotes included; "?" when there is no memory for it. */
static void put_string(struct writer *w, const char *text)
{
	json_t *value = synergy_json_string(text);

	if (!value || json_dumpf(value, w->out, JSON_ENCODE_ANY))
		w->failed = 1;
	json_decref(value);
}

static void begin_event(struct writer *w, const char *phase, const char *name, uint32_t pid,
			uint32_t tid)
{
	fprintf(w->out, "%s\n{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u,\"name\":",
		w->n_events++ ? "," : "", phase, pid, tid);
	put_string(w, name);
}

static void name_it(struct writer *w, const char *what, uint32_t pid, uint32_t tid,
		    const char *name)
{
	begin_event(w, "M", what, pid, tid);
	fputs(",\"args\":{\"name\":", w->out);
	put_string(w, name);
	fputs("}}", w->out);
}

static void counter(struct writer *w, uint64_t time_ns, const char *name, const char *unit,
		    double value)
{
	begin_event(w, "C", name, BOARD_PID, 0);
	fprintf(w->out, ",\"ts\":%.3f,\"args\":{\"%s\":%.9g}}", us(time_ns), unit, value);
}

/* ---- power and counters ---- */

static void put_power(struct writer *w, const struct synergy_power_record *p)
{
	char label[64];
	uint32_t i;

	if (p->hdr.flags & SYNERGY_POWER_F_REPEAT)
		return;
	for (i = 0; i < p->n_channels; i++) {
		const struct synergy_power_channel *c =
			SYNERGY_ENTRY(p, struct synergy_power_channel, channel_size, i);

		if (c->flags & (SYNERGY_CHANNEL_F_NO_BUS | SYNERGY_CHANNEL_F_REPEAT))
			continue;
		synergy_export_rail(w->stream, c->rail, label, sizeof(label));
		counter(w, c->window_begin_ns, label, "W", (double)c->power_uw / 1e6);
	}
}

static struct last_counts *find_cpu(struct writer *w, uint32_t cpu)
{
	size_t i;

	for (i = 0; i < w->n_cpus; i++)
		if (w->cpus[i].cpu == cpu)
			return &w->cpus[i];
	if (synergy_array_grow(&w->cpus, w->n_cpus, sizeof(*w->cpus))) {
		w->failed = 1;
		return NULL;
	}
	w->cpus[w->n_cpus] = (struct last_counts){ .cpu = cpu };
	return &w->cpus[w->n_cpus++];
}

/* Per second since the tick before; at the begin of that time, as a counter holds on. */
static void put_pmu(struct writer *w, const struct synergy_pmu_record *p)
{
	struct last_counts *last = find_cpu(w, p->cpu);
	const char *column;
	char name[SYNERGY_NAME_LEN + 32];
	uint64_t value;
	uint32_t i;

	if (!last)
		return;
	for (i = 0; i < p->n_counts && i < SYNERGY_MAX_EVENTS; i++) {
		value = SYNERGY_ENTRY(p, struct synergy_count, count_size, i)->value;
		column = synergy_stream_column_name(w->stream, i);
		if (column && last->time_ns && p->hdr.time_ns > last->time_ns &&
		    value >= last->value[i]) {
			snprintf(name, sizeof(name), "%.*s cpu%u", SYNERGY_NAME_LEN, column, p->cpu);
			counter(w, last->time_ns, name, "per second",
				(double)(value - last->value[i]) /
				(double)(p->hdr.time_ns - last->time_ns) * 1e9);
		}
		last->value[i] = value;
	}
	last->time_ns = p->hdr.time_ns;
}

/* ---- frequencies and temperatures ---- */

static void put_freq(struct writer *w, const struct synergy_freq_record *f)
{
	char name[32];

	snprintf(name, sizeof(name), "cpu%u frequency", f->cpu);
	if (f->khz)
		counter(w, f->hdr.time_ns, name, "MHz", f->khz / 1e3);
}

static void put_temp(struct writer *w, const struct synergy_temp_record *t)
{
	char name[SYNERGY_LABEL_LEN + 32];

	snprintf(name, sizeof(name), "%.*s (%s %u)", SYNERGY_LABEL_LEN, t->name,
		 t->kind == SYNERGY_TEMP_COOLING ? "cooling" : "zone", t->index);
	if (t->kind == SYNERGY_TEMP_COOLING)
		counter(w, t->hdr.time_ns, name, "state", t->value);
	else
		counter(w, t->hdr.time_ns, name, "degrees", t->value / 1e3);
}

/* ---- marks ---- */

static void know_thread(struct writer *w, const struct synergy_marker_record *m)
{
	char name[32];
	size_t i;

	for (i = 0; i < w->n_threads; i++)
		if (w->threads[i] == m->tid)
			return;
	if (synergy_array_grow(&w->threads, w->n_threads, sizeof(*w->threads))) {
		w->failed = 1;
		return;
	}
	w->threads[w->n_threads++] = m->tid;
	snprintf(name, sizeof(name), "thread %u", m->tid);
	name_it(w, "thread_name", m->tgid, m->tid, name);
}

static void begin_slice(struct writer *w, const struct synergy_marker_record *m)
{
	struct open_slice *o;
	uint32_t i;

	if (synergy_array_grow(&w->open, w->n_open, sizeof(*w->open))) {
		w->failed = 1;
		return;
	}
	o = &w->open[w->n_open++];
	*o = (struct open_slice){ .begin_ns = m->done_ns, .cookie = m->cookie, .id = m->id,
		.tid = m->tid, .tool = m->hdr.flags & SYNERGY_MARKER_F_TOOL };
	for (i = 0; i < m->n_counts && i < SYNERGY_MAX_EVENTS; i++)
		o->counts[o->n_counts++] =
			SYNERGY_ENTRY(m, struct synergy_count, count_size, i)->value;
}

static void put_args(struct writer *w, const struct open_slice *o,
		     const struct synergy_marker_record *m)
{
	const struct synergy_count *c;
	const char *column;
	uint32_t i, n = 0;

	fputs(",\"args\":{", w->out);
	for (i = 0; i < o->n_counts && i < m->n_counts; i++) {
		c = SYNERGY_ENTRY(m, struct synergy_count, count_size, i);
		column = synergy_stream_column_name(w->stream, i);
		if (!column || !c->enabled_ns || c->value < o->counts[i])
			continue;
		fputs(n++ ? "," : "", w->out);
		put_string(w, column);
		fprintf(w->out, ":%llu", (unsigned long long)(c->value - o->counts[i]));
	}
	fputs("}}", w->out);
}

/* Is something of the same thread open that began later? Then this does not nest. */
static int overlaps(const struct writer *w, size_t at)
{
	size_t i;

	for (i = at + 1; i < w->n_open; i++)
		if (w->open[i].tid == w->open[at].tid)
			return 1;
	return 0;
}

static void end_slice(struct writer *w, const struct synergy_marker_record *m)
{
	struct open_slice o;
	size_t i = w->n_open;
	char name[256];
	int async;

	while (i && !(w->open[i - 1].id == m->id && w->open[i - 1].tid == m->tid &&
		      w->open[i - 1].cookie == m->cookie &&
		      w->open[i - 1].tool == (m->hdr.flags & SYNERGY_MARKER_F_TOOL)))
		i--;
	if (!i || m->hdr.time_ns < w->open[i - 1].begin_ns)
		return;
	o = w->open[--i];
	async = overlaps(w, i);
	memmove(&w->open[i], &w->open[i + 1], (w->n_open - i - 1) * sizeof(*w->open));
	w->n_open--;
	synergy_mark_names_get(w->names, w->stream, m, name, sizeof(name));
	if (!async) {
		begin_event(w, "X", name, m->tgid, m->tid);
		fprintf(w->out, ",\"ts\":%.3f,\"dur\":%.3f", us(o.begin_ns),
			us(m->hdr.time_ns - o.begin_ns));
		put_args(w, &o, m);
		return;
	}
	begin_event(w, "b", name, m->tgid, m->tid);
	fprintf(w->out, ",\"cat\":\"mark\",\"id\":%zu,\"ts\":%.3f", ++w->n_async, us(o.begin_ns));
	put_args(w, &o, m);
	begin_event(w, "e", name, m->tgid, m->tid);
	fprintf(w->out, ",\"cat\":\"mark\",\"id\":%zu,\"ts\":%.3f}", w->n_async, us(m->hdr.time_ns));
}

static void put_mark(struct writer *w, const struct synergy_marker_record *m)
{
	char name[256];

	know_thread(w, m);
	switch (m->kind) {
	case SYNERGY_MARK_BEGIN:
		begin_slice(w, m);
		break;
	case SYNERGY_MARK_END:
		end_slice(w, m);
		break;
	case SYNERGY_MARK_POINT:
		begin_event(w, "i", synergy_mark_names_get(w->names, w->stream, m, name, sizeof(name)),
			    m->tgid, m->tid);
		fprintf(w->out, ",\"ts\":%.3f,\"s\":\"t\"}", us(m->hdr.time_ns));
		break;
	}
}

static int put_all(struct writer *w, struct synergy_error *error)
{
	const struct synergy_record *record;
	int result;

	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", w->out);
	name_it(w, "process_name", BOARD_PID, 0, "board");
	while ((result = synergy_stream_next(w->stream, &record, 0, error)) == 1) {
		switch (record->type) {
		case SYNERGY_RECORD_POWER:
			put_power(w, (const void *)record);
			break;
		case SYNERGY_RECORD_PMU:
			put_pmu(w, (const void *)record);
			break;
		case SYNERGY_RECORD_FREQ:
			put_freq(w, (const void *)record);
			break;
		case SYNERGY_RECORD_TEMP:
			put_temp(w, (const void *)record);
			break;
		case SYNERGY_RECORD_MARKER:
			put_mark(w, (const void *)record);
			break;
		}
		if (w->failed)
			return synergy_error_set(error, ENOMEM, "trace: no memory");
		if (ferror(w->out))
			break;
	}
	/* What a damaged recording gave up to there is a trace, too. */
	fputs("\n]}\n", w->out);
	if (ferror(w->out))
		return synergy_error_set(error, EIO, "standard output: cannot be written");
	return result;
}

int synergy_export_trace(struct synergy_stream *stream, FILE *out, struct synergy_error *error)
{
	struct writer w = { .stream = stream, .out = out, .names = synergy_mark_names_new() };
	int result = w.names ? put_all(&w, error) :
		synergy_error_set(error, ENOMEM, "trace: no memory");

	synergy_mark_names_free(w.names);
	free(w.open);
	free(w.threads);
	free(w.cpus);
	return result;
}
