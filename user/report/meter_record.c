// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A meter's trace as a recording, see meter.h: alone, or between the records of a run that
 * it measured, at the run's times.
 */
#include "report/meter.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/array.h"
#include "lib/index.h"
#include "lib/recording.h"

#define MOST_DEPTH	256
#define SHIFT_NS	1e9		/* of a trace that begins before 0 */

/* ---- the run's marks ---- */

struct mark {
	double ns;			/* since the first */
	uint32_t tgid, tid, id;
	bool begin, tool;
};

struct run {
	struct mark *marks;
	size_t n;
	uint64_t first_ns;
	int64_t realtime_ns;
	uint32_t rails;			/* that it has already */
	struct synergy_meter_piece *pieces;
	size_t n_pieces;
	uint32_t kinds;
};

static int take_mark(struct run *r, const struct synergy_marker_record *m)
{
	bool begin = m->kind == SYNERGY_MARK_BEGIN;
	uint64_t ns = begin ? m->done_ns : m->hdr.time_ns;

	if (!begin && m->kind != SYNERGY_MARK_END)
		return 0;
	if (!r->n)
		r->first_ns = ns;
	if (synergy_array_grow(&r->marks, r->n, sizeof(*r->marks)))
		return -1;
	r->marks[r->n++] = (struct mark){
		(double)(int64_t)(ns - r->first_ns), m->tgid, m->tid, m->id, begin,
		m->hdr.flags & SYNERGY_MARKER_F_TOOL,
	};
	return 0;
}

static int read_run(struct run *r, const char *path, struct synergy_error *error)
{
	struct synergy_stream *stream = synergy_stream_open(path, error);
	const struct synergy_record *record;
	int result;

	if (!stream)
		return -1;
	while ((result = synergy_stream_next(stream, &record, 0, error)) == 1)
		if (record->type == SYNERGY_RECORD_MARKER &&
		    take_mark(r, (const struct synergy_marker_record *)record)) {
			result = synergy_error_set(error, ENOMEM, "%s: no memory", path);
			break;
		}
	r->rails = synergy_stream_info(stream)->n_rails;
	r->realtime_ns = synergy_stream_info(stream)->session.realtime_offset_ns;
	synergy_stream_close(stream);
	return result ? -1 : 0;
}

/* The thread with the most marks: the one that works. */
static uint64_t main_thread(const struct run *r)
{
	struct synergy_index count = { 0 };
	uint64_t best = 0;
	uint32_t most = 0, *n = calloc(r->n + 1, sizeof(*n)), used = 0;
	size_t i;

	for (i = 0; n && i < r->n; i++) {
		uint64_t key = synergy_index_key(r->marks[i].tgid, r->marks[i].tid);
		uint32_t at = synergy_index_find(&count, key);

		if (at == SYNERGY_INDEX_NONE) {
			at = used++;
			if (synergy_index_add(&count, key, at))
				break;
		}
		if (++n[at] > most) {
			most = n[at];
			best = key;
		}
	}
	synergy_index_clear(&count);
	free(n);
	return best;
}

/* A number for what an id stands for; doing nothing is 0. */
static uint32_t kind_of(struct run *r, struct synergy_index *kinds, const struct mark *m)
{
	uint64_t key = (uint64_t)m->tool << 32 | m->id;
	uint32_t kind;

	if (m->tool && m->id == SYNERGY_MARK_ID_IDLE)
		return 0;
	kind = synergy_index_find(kinds, key);
	if (kind != SYNERGY_INDEX_NONE)
		return kind;
	return synergy_index_add(kinds, key, r->kinds) ? 0 : r->kinds++;
}

static int put_piece(struct run *r, double ns, uint32_t kind)
{
	if (r->n_pieces && r->pieces[r->n_pieces - 1].kind == kind)
		return 0;
	if (synergy_array_grow(&r->pieces, r->n_pieces, sizeof(*r->pieces)))
		return -1;
	r->pieces[r->n_pieces++] = (struct synergy_meter_piece){ ns, kind };
	return 0;
}

static int make_pieces(struct run *r)
{
	uint64_t thread = main_thread(r);
	struct synergy_index kinds = { 0 };
	struct mark *open = calloc(MOST_DEPTH, sizeof(*open));
	size_t depth = 0, i, k;
	int result = open ? 0 : -1;

	r->kinds = 1;
	for (i = 0; i < r->n && !result; i++) {
		const struct mark *m = &r->marks[i];

		if (synergy_index_key(m->tgid, m->tid) != thread)
			continue;
		if (m->begin && depth < MOST_DEPTH) {
			open[depth++] = *m;
		} else if (!m->begin) {
			for (k = depth; k && (open[k - 1].id != m->id || open[k - 1].tool != m->tool);)
				k--;
			if (k)
				depth = k - 1;
		}
		result = put_piece(r, m->ns, depth ? kind_of(r, &kinds, &open[depth - 1]) : 0);
	}
	if (!result && r->n_pieces && r->pieces[r->n_pieces - 1].kind)
		result = put_piece(r, r->marks[r->n - 1].ns, 0);
	synergy_index_clear(&kinds);
	free(open);
	return result;
}

/* ---- the meter's rows as records ---- */

struct writer {
	struct synergy_meter meter;
	struct run run;
	struct synergy_meter_fit fit;
	bool fitted;
	double shift_ns;		/* meter's time from 0 + this is the recording's, ... */
	double from_ns, rate;		/* ... after from_ns + (ns - from_ns) * rate */
	size_t at;			/* rows written */
	const char *path;
	struct synergy_recording *out;
	struct synergy_error *error;
};

static double time_of(const struct writer *w, double ns)
{
	return w->shift_ns + w->from_ns + (ns - w->from_ns) * w->rate;
}

static int put(struct writer *w, const void *record, size_t bytes)
{
	return synergy_recording_write(w->out, record, bytes, w->error);
}

static int put_row(struct writer *w, size_t row)
{
	uint64_t room[(sizeof(struct synergy_power_record) + sizeof(struct synergy_power_channel)) / 8] = { 0 };
	struct synergy_power_record *p = (void *)room;
	double begin = time_of(w, w->meter.begin_ns[row]), end = time_of(w, w->meter.end_ns[row]);
	/* When within a row's time its value was taken is not known, where no marks show it. */
	double u_ns = w->fitted ? hypot(w->fit.u_offset_ns, w->fit.u_ppm / 1e6 *
					(w->meter.end_ns[row] - w->fit.middle_ns)) :
			  w->meter.period_ns / 4;
	size_t i;

	if (begin < 1)
		return 0;
	p->hdr.size = sizeof(room);
	p->hdr.type = SYNERGY_RECORD_POWER;
	p->n_channels = 1;
	p->channel_size = sizeof(p->channel[0]);
	p->hdr.time_ns = p->hdr.raw_ns = p->bus_begin_ns = p->bus_end_ns = (uint64_t)llround(end);
	for (i = 0; i < w->meter.n_rails; i++) {
		p->chip = p->channel[0].rail = w->run.rails + (uint32_t)i;
		p->channel[0].power_uw = llround(w->meter.rails[i].power_uw[row]);
		p->channel[0].window_begin_ns = (uint64_t)llround(begin);
		p->channel[0].window_end_ns = (uint64_t)llround(end);
		p->channel[0].window_error_ns = (uint32_t)fmin(ceil(2 * u_ns), UINT32_MAX);
		if (put(w, p, p->hdr.size))
			return -1;
	}
	return 0;
}

static int put_rows_until(struct writer *w, uint64_t ns)
{
	for (; w->at < w->meter.n; w->at++) {
		if (time_of(w, w->meter.end_ns[w->at]) > (double)ns)
			return 0;
		if (put_row(w, w->at))
			return -1;
	}
	return 0;
}

static int put_info(struct writer *w, uint32_t kind, const void *body, size_t bytes)
{
	uint64_t room[(sizeof(struct synergy_info_record) + sizeof(struct synergy_session) +
		       sizeof(struct synergy_rail)) / 8 + 1] = { 0 };
	struct synergy_info_record *info = (void *)room;

	info->hdr.size = (uint32_t)((sizeof(*info) + bytes + 7) & ~(size_t)7);
	info->hdr.type = SYNERGY_RECORD_INFO;
	info->hdr.time_ns = (uint64_t)fmax(time_of(w, 0), 1);
	info->kind = kind;
	memcpy(info->body, body, bytes);
	return put(w, info, info->hdr.size);
}

static void session_of(const struct writer *w, struct synergy_session *s)
{
	s->flags &= ~SYNERGY_CONFIGURE_F_NO_POWER;
	if (!s->period_ns)
		s->period_ns = (uint64_t)llround(w->meter.period_ns);
	s->rail_mask |= ((1ULL << w->meter.n_rails) - 1) << w->run.rails;
}

static int put_rails(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->meter.n_rails; i++) {
		const struct synergy_meter_rail *r = &w->meter.rails[i];
		struct synergy_rail rail = { .size = sizeof(rail), .index = w->run.rails + (uint32_t)i,
					     .chip = w->run.rails + (uint32_t)i, .channel = 1, .divisor = 1 };
		struct synergy_source_record source = {
			.hdr = { .size = sizeof(source), .type = SYNERGY_RECORD_SOURCE },
			.rail = rail.index, .step_nw = (uint64_t)llround(fmin(r->lsb_uw * 1e3, 1e15)),
			.name = "external meter", .flags = r->counted ? SYNERGY_SOURCE_F_COUNTED : 0,
		};

		memcpy(rail.label, r->label, sizeof(rail.label));
		if (put_info(w, SYNERGY_INFO_RAIL, &rail, sizeof(rail)) || put(w, &source, sizeof(source)))
			return -1;
	}
	return 0;
}

static int put_notes(struct writer *w, const char *text)
{
	char line[640];
	size_t i;

	snprintf(line, sizeof(line), "source: csv %.200s, %zu rows, one each %.6g us, %.300s\n", w->path,
		 w->meter.n, w->meter.period_ns / 1e3, text);
	if (synergy_recording_note(w->out, line, w->error))
		return -1;
	for (i = 0; i < w->meter.n_rails; i++) {
		const struct synergy_meter_rail *r = &w->meter.rails[i];

		if (r->lsb_uw > 0)
			snprintf(line, sizeof(line), "source %s: means since the row before, steps of %.4g mW\n",
				 r->label, r->lsb_uw / 1e3);
		else
			snprintf(line, sizeof(line), "source %s: means since the row before, no steps seen\n",
				 r->label);
		if (synergy_recording_note(w->out, line, w->error))
			return -1;
	}
	return 0;
}

/* The run's records, with the meter's between them; its session has power now. */
static int copy_run(struct writer *w, const char *path)
{
	struct synergy_stream *stream = synergy_stream_open(path, w->error);
	const struct synergy_record *r;
	int result = -1, got;

	if (!stream)
		return -1;
	while ((got = synergy_stream_next(stream, &r, 0, w->error)) == 1) {
		const struct synergy_info_record *info = (const void *)r;

		if ((r->type == SYNERGY_RECORD_MARKER || r->type == SYNERGY_RECORD_POWER) &&
		    put_rows_until(w, r->time_ns))
			goto out;
		if (r->type == SYNERGY_RECORD_INFO && info->kind == SYNERGY_INFO_SESSION &&
		    r->size == sizeof(*info) + sizeof(struct synergy_session)) {
			char copy[sizeof(*info) + sizeof(struct synergy_session)];
			struct synergy_session session;

			memcpy(&session, info->body, sizeof(session));
			session_of(w, &session);
			memcpy(copy, r, sizeof(*info));
			memcpy(copy + sizeof(*info), &session, sizeof(session));
			if (put(w, copy, sizeof(copy)))
				goto out;
		} else if (put(w, r, r->size)) {
			goto out;
		}
	}
	result = got;
out:
	synergy_stream_close(stream);
	return result;
}

static int write_all(struct writer *w, const char *onto, const char *notes, const char *text)
{
	struct synergy_session alone = {
		.size = sizeof(alone), .state = SYNERGY_SESSION_STARTED, .clock_id = CLOCK_MONOTONIC,
		.raw_clock_id = CLOCK_MONOTONIC,
	};

	if ((notes && *notes && synergy_recording_note(w->out, notes, w->error)) ||
	    put_rails(w))
		return -1;
	session_of(w, &alone);
	if (onto ? copy_run(w, onto) : put_info(w, SYNERGY_INFO_SESSION, &alone, sizeof(alone)))
		return -1;
	return put_rows_until(w, INT64_MAX) || put_notes(w, text) ? -1 : 0;
}

/* ---- whose times they are ---- */

static int find_times(struct writer *w, const char *onto, char *text, size_t size)
{
	const struct synergy_meter *m = &w->meter;

	w->rate = 1;
	w->shift_ns = (double)m->first_ns;
	if (m->clock == SYNERGY_METER_REALTIME && onto) {
		if (!w->run.realtime_ns)
			return synergy_error_set(w->error, EINVAL,
				"%s: it does not say what CLOCK_REALTIME was", onto);
		/* Near each other, and far from 0: long double until they are subtracted. */
		w->shift_ns = (double)(m->first_ns - (long double)w->run.realtime_ns);
	}
	snprintf(text, size, "its own clock");
	if (m->clock != SYNERGY_METER_OWN)
		snprintf(text, size, "%s clock", m->clock == SYNERGY_METER_MONOTONIC ? "monotonic" : "realtime");
	if (m->clock != SYNERGY_METER_OWN || !onto) {
		if (w->shift_ns < 0)
			w->shift_ns += SHIFT_NS * ceil(-w->shift_ns / SHIFT_NS);
		return 0;
	}
	if (make_pieces(&w->run))
		return synergy_error_set(w->error, ENOMEM, "%s: no memory", onto);
	if (synergy_meter_align(m, w->run.pieces, w->run.n_pieces, w->run.kinds, &w->fit, w->error)) {
		struct synergy_error why = *w->error;

		return synergy_error_set(w->error, errno, "%s on %s: %.400s", w->path, onto, why.message);
	}
	w->fitted = true;
	w->from_ns = w->fit.middle_ns;
	w->rate = 1 / (1 + w->fit.ppm / 1e6);
	w->shift_ns = (double)w->run.first_ns + w->fit.offset_ns - w->fit.middle_ns;
	snprintf(text, size, "its clock by the marks (%s): %+.2f +- %.2f ppm, the run's time to +- %.3g us",
		 w->fit.rail, w->fit.ppm, 2 * w->fit.u_ppm, 2 * w->fit.u_offset_ns / 1e3);
	return 0;
}

int synergy_meter_record(const char *path, const char *onto, const char *output, const char *notes,
			 char *text, size_t size, struct synergy_error *error)
{
	struct writer w = { .path = path, .error = error };
	int result = -1;

	if (synergy_meter_read(path, &w.meter, error) || (onto && read_run(&w.run, onto, error)) ||
	    find_times(&w, onto, text, size))
		goto out;
	if (w.run.rails + w.meter.n_rails > SYNERGY_MAX_RAILS) {
		synergy_error_set(error, E2BIG, "%s: more than %d rails", path, SYNERGY_MAX_RAILS);
		goto out;
	}
	w.out = synergy_recording_create(output, 0, error);
	if (!w.out)
		goto out;
	result = write_all(&w, onto, notes, text);
	if (synergy_recording_close(w.out, result ? NULL : error))
		result = -1;
out:
	synergy_meter_free(&w.meter);
	free(w.run.marks);
	free(w.run.pieces);
	return result;
}
