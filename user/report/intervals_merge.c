// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A recording and a file of intervals as one recording, see intervals.h. The recording is
 * read twice: for its clocks and the marks to align by, then to be copied with the
 * intervals' marks at their times.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/recording.h"
#include "report/intervals.h"
#include "report/mark_names.h"

#define MOST_NAMES	60000	/* a recording's names are fewer than 65536 */
#define BUFFER_BYTES	(1U << 18)	/* a day has some hundred million records */

/* ---- the recording's clocks ---- */

struct look {
	struct synergy_interval_clock *clock;
	const char *mark;		/* to align by, or NULL */
	struct synergy_mark_names *names;
	struct synergy_interval *open;	/* begun; name is the id */
	size_t n_open;
	bool commands, runs;
	int64_t last_raw_ns;
};

static void look_at_time(struct look *l, const struct synergy_record *r)
{
	struct synergy_interval_clock *c = l->clock;

	if (r->type >= SYNERGY_RECORD_USER || (r->type != SYNERGY_RECORD_POWER &&
					       r->type != SYNERGY_RECORD_MARKER))
		return;
	if (!c->first_ns) {
		c->first_ns = r->time_ns;
		if (r->raw_ns)
			c->raw_ns = (int64_t)(r->raw_ns - r->time_ns);
	}
	if (r->time_ns > c->last_ns) {
		c->last_ns = r->time_ns;
		l->last_raw_ns = r->raw_ns ? (int64_t)(r->raw_ns - r->time_ns) : c->raw_ns;
	}
}

static int begin_mark(struct look *l, const struct synergy_marker_record *m)
{
	const struct synergy_interval v = { (int64_t)m->done_ns, 0, m->tgid, m->tid, m->id };

	if (synergy_array_grow(&l->open, l->n_open, sizeof(*l->open)))
		return -1;
	l->open[l->n_open++] = v;
	return 0;
}

static int end_mark(struct look *l, const struct synergy_marker_record *m)
{
	struct synergy_interval_clock *c = l->clock;
	size_t i = l->n_open;
	struct synergy_interval v;

	while (i && (l->open[i - 1].name != m->id || l->open[i - 1].tgid != m->tgid ||
		     l->open[i - 1].tid != m->tid))
		i--;
	if (!i)
		return 0;
	v = l->open[--i];
	memmove(&l->open[i], &l->open[i + 1], (l->n_open - i - 1) * sizeof(*l->open));
	l->n_open--;
	v.end_ns = (int64_t)m->hdr.time_ns;
	if (v.end_ns < v.begin_ns)
		return 0;
	if (synergy_array_grow(&c->marks, c->n_marks, sizeof(*c->marks)))
		return -1;
	c->marks[c->n_marks++] = v;
	return 0;
}

static int look_at_mark(struct look *l, const struct synergy_stream *stream,
			const struct synergy_marker_record *m)
{
	char name[256];

	l->commands |= synergy_mark_is(m, SYNERGY_MARK_ID_COMMAND);
	l->runs |= synergy_mark_is(m, SYNERGY_MARK_ID_RUN);
	if (!l->mark || (m->kind != SYNERGY_MARK_BEGIN && m->kind != SYNERGY_MARK_END))
		return 0;
	/* Inferences and warm-ups are numbered: to align by, they are all one name. */
	if (synergy_mark_is(m, SYNERGY_MARK_ID_RUN))
		snprintf(name, sizeof(name), "inference");
	else
		synergy_mark_names_get(l->names, stream, m, name, sizeof(name));
	if (strcmp(name, l->mark))
		return 0;
	return m->kind == SYNERGY_MARK_BEGIN ? begin_mark(l, m) : end_mark(l, m);
}

static int look_at_all(struct look *l, const char *recording, struct synergy_error *error)
{
	struct synergy_stream *stream = synergy_stream_open(recording, error);
	const struct synergy_record *r;
	struct synergy_error damage;
	const char *layers;
	int result;

	if (!stream)
		return -1;
	while ((result = synergy_stream_next(stream, &r, 0, &damage)) == 1) {
		look_at_time(l, r);
		if (r->type == SYNERGY_RECORD_MARKER &&
		    look_at_mark(l, stream, (const struct synergy_marker_record *)r)) {
			synergy_error_set(error, ENOMEM, "%s: no memory", recording);
			goto out;
		}
	}
	/* One that was cut is used up to there. */
	if (result && (errno != EBADMSG || !l->clock->first_ns)) {
		*error = damage;
		goto out;
	}
	result = 0;
	layers = synergy_stream_info(stream)->layers;
	l->clock->realtime_ns = synergy_stream_info(stream)->session.realtime_offset_ns;
	l->clock->inferences = l->runs && !l->commands &&
		!(layers && strstr(layers, "\",Command,"));
	if (l->clock->last_ns > l->clock->first_ns)
		l->clock->raw_rate = (double)(l->last_raw_ns - l->clock->raw_ns) /
			(double)(l->clock->last_ns - l->clock->first_ns);
out:
	synergy_stream_close(stream);
	return result ? -1 : 0;
}

static int find_clock(const char *recording, const char *how, struct synergy_interval_clock *clock,
		      struct synergy_error *error)
{
	struct look l = { .clock = clock, .names = synergy_mark_names_new() };
	int result;

	if (!l.names)
		return synergy_error_set(error, ENOMEM, "%s: no memory", recording);
	if (how && !strncmp(how, "mark:", 5))
		l.mark = how + 5;
	result = look_at_all(&l, recording, error);
	if (!result && !clock->first_ns)
		result = synergy_error_set(error, ENODATA,
			"%s: neither power samples nor marks are in it", recording);
	synergy_mark_names_free(l.names);
	free(l.open);
	return result;
}

/* ---- the copy ---- */

/* One end of an interval. */
struct edge {
	int64_t ns, other_ns;
	uint32_t interval;
	bool end;
};

/* By time; of one moment ends before begins, the inner ends and the outer begins first. */
static int by_time(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	bool xe = x->end && x->ns != x->other_ns, ye = y->end && y->ns != y->other_ns;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->interval == y->interval)
		return x->end - y->end;
	if (xe != ye)
		return xe ? -1 : 1;
	if (x->other_ns != y->other_ns)
		return x->other_ns > y->other_ns ? -1 : 1;
	if (x->interval != y->interval)
		return (x->interval < y->interval) != xe ? -1 : 1;
	return 0;
}

struct merge {
	const struct synergy_interval_list *list;
	const struct synergy_interval_clock *clock;
	struct edge *edges;
	size_t n, at;
	struct synergy_recording *out;
	struct synergy_error *error;
	char *buffer;
	size_t used;
	uint64_t left_out;		/* records: those after them close the gap in the sequence */
};

static int flush(struct merge *m)
{
	size_t used = m->used;

	m->used = 0;
	return used ? synergy_recording_write(m->out, m->buffer, used, m->error) : 0;
}

static int put(struct merge *m, const void *record, size_t bytes)
{
	if (m->used + bytes > BUFFER_BYTES && flush(m))
		return -1;
	if (bytes > BUFFER_BYTES)
		return synergy_recording_write(m->out, record, bytes, m->error);
	memcpy(m->buffer + m->used, record, bytes);
	m->used += bytes;
	return 0;
}

static int make_edges(struct merge *m)
{
	size_t i;

	m->edges = calloc(2 * m->list->n, sizeof(*m->edges));
	m->buffer = malloc(BUFFER_BYTES);
	if (!m->edges || !m->buffer)
		return synergy_error_set(m->error, ENOMEM, "intervals: no memory");
	for (i = 0; i < m->list->n; i++) {
		const struct synergy_interval *v = &m->list->intervals[i];

		if (v->end_ns <= (int64_t)m->clock->first_ns ||
		    v->begin_ns >= (int64_t)m->clock->last_ns)
			continue;
		m->edges[m->n++] = (struct edge){ v->begin_ns, v->end_ns, (uint32_t)i, false };
		m->edges[m->n++] = (struct edge){ v->end_ns, v->begin_ns, (uint32_t)i, true };
	}
	qsort(m->edges, m->n, sizeof(*m->edges), by_time);
	return 0;
}

/* As a program that names its marks does: before the first of them. */
static int put_names(struct merge *m)
{
	const struct synergy_interval_list *list = m->list;
	struct synergy_index done = { 0 };
	size_t i, n = 0;
	int result = 0;

	for (i = 0; i < list->n && !result && n < MOST_NAMES; i++) {
		const struct synergy_interval *v = &list->intervals[i];
		struct synergy_name_record r = {
			.hdr = { .size = sizeof(r), .type = SYNERGY_RECORD_NAME },
		};
		const char *text = list->names[v->name].text;
		size_t length = strlen(text);

		if (synergy_index_find(&done, synergy_index_key(v->tgid, v->name)) != SYNERGY_INDEX_NONE)
			continue;
		if (synergy_index_add(&done, synergy_index_key(v->tgid, v->name), 0)) {
			result = synergy_error_set(m->error, ENOMEM, "intervals: no memory");
			break;
		}
		r.hdr.time_ns = m->clock->first_ns;
		r.id = list->names[v->name].id;
		r.tgid = v->tgid;
		if (length >= sizeof(r.name))	/* not within a character */
			for (length = sizeof(r.name) - 1; length && (text[length] & 0xc0) == 0x80;)
				length--;
		memcpy(r.name, text, length);
		result = put(m, &r, sizeof(r));
		n++;
	}
	synergy_index_clear(&done);
	return result;
}

static int put_edge(struct merge *m, const struct edge *e)
{
	const struct synergy_interval *v = &m->list->intervals[e->interval];
	struct synergy_marker_record r = {
		.hdr = { .size = sizeof(r), .type = SYNERGY_RECORD_MARKER,
			 .time_ns = (uint64_t)e->ns },
		.done_ns = (uint64_t)e->ns,
		.cookie = e->interval,
		.kind = e->end ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN,
		.id = m->list->names[v->name].id,
		.tid = v->tid, .tgid = v->tgid,
		.count_size = sizeof(struct synergy_count),
	};

	return put(m, &r, sizeof(r));
}

static int put_until(struct merge *m, int64_t ns)
{
	for (; m->at < m->n && m->edges[m->at].ns <= ns; m->at++)
		if (put_edge(m, &m->edges[m->at]))
			return -1;
	return 0;
}

static int put_numbered(struct merge *m, const struct synergy_record *r)
{
	struct synergy_record *copy;

	if (put(m, r, r->size))
		return -1;
	if (r->size > BUFFER_BYTES || r->type >= SYNERGY_RECORD_USER || r->seq <= m->left_out)
		return 0;
	copy = (struct synergy_record *)(m->buffer + m->used - r->size);
	copy->seq -= m->left_out;
	return 0;
}

/* Of inferences with layers neither is wanted: the file's intervals stand in their place. */
static bool is_left_out(const struct merge *m, const struct synergy_record *r)
{
	return m->clock->inferences &&
		(r->type == SYNERGY_RECORD_MARKER || r->type == SYNERGY_RECORD_LAYERS);
}

static int copy_all(struct merge *m, const char *recording)
{
	struct synergy_stream *stream = synergy_stream_open(recording, m->error);
	const struct synergy_record *r;
	struct synergy_error damage;
	bool named = false;
	int result;

	if (!stream)
		return -1;
	while ((result = synergy_stream_next(stream, &r, 0, &damage)) == 1) {
		bool timed = r->type == SYNERGY_RECORD_POWER || r->type == SYNERGY_RECORD_MARKER;

		if (timed && !named && put_names(m))
			goto fail;
		named |= timed;
		if (is_left_out(m, r)) {
			m->left_out += r->type < SYNERGY_RECORD_USER;
			continue;
		}
		if ((timed && put_until(m, (int64_t)r->time_ns)) ||
		    put_numbered(m, r))
			goto fail;
	}
	if (result && errno != EBADMSG) {
		*m->error = damage;
		goto fail;
	}
	synergy_stream_close(stream);
	return put_until(m, INT64_MAX) || flush(m) ? -1 : 0;
fail:
	synergy_stream_close(stream);
	return -1;
}

/* A file without a name; -1 with the error set. */
static int open_temporary(struct synergy_error *error)
{
	const char *directory = getenv("TMPDIR");
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/synergy-report.XXXXXX",
		 directory && *directory ? directory : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	unlink(path);
	return fd;
}

static int write_merged(struct merge *m, int fd, const char *recording)
{
	int result;

	m->out = synergy_recording_create_fd(fd, recording, m->error);
	if (!m->out)
		return -1;
	result = copy_all(m, recording);
	if (synergy_recording_close(m->out, result ? NULL : m->error))
		result = -1;
	if (!result && lseek(fd, 0, SEEK_SET))
		result = synergy_error_set(m->error, errno, "temporary file: %s", strerror(errno));
	return result;
}

static struct synergy_stream *open_merged(struct merge *m, const char *recording)
{
	struct synergy_stream *stream = NULL;
	int fd = open_temporary(m->error);

	if (fd < 0)
		return NULL;
	if (!write_merged(m, fd, recording))
		stream = synergy_stream_open_fd(fd, recording, m->error);
	if (!stream)
		close(fd);
	return stream;
}

struct synergy_stream *synergy_intervals_merge(const char *recording, const char *path,
					       const char *how, struct synergy_interval_fit *fit,
					       struct synergy_error *error)
{
	struct synergy_interval_list list = { 0 };
	struct synergy_interval_clock clock = { 0 };
	struct merge m = { .list = &list, .clock = &clock, .error = error };
	struct synergy_stream *stream = NULL;

	memset(fit, 0, sizeof(*fit));
	if (!synergy_intervals_read(path, &list, error) &&
	    !find_clock(recording, how, &clock, error) &&
	    !synergy_intervals_align(&list, path, how, &clock, fit, error) && !make_edges(&m))
		stream = open_merged(&m, recording);
	free(m.edges);
	free(m.buffer);
	free(clock.marks);
	synergy_intervals_free(&list);
	return stream;
}
