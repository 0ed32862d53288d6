// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Phases and intervals for drawing; see spans.h.
 */
#include "report/spans.h"

#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/recording.h"

struct synergy_open_span {
	uint64_t begin_ns, cookie;
	uint32_t id, tid, tgid, run;
	uint16_t depth;
	bool tool;		/* a tool's mark: a phase */
};

/* Steps of a check stand as close as that, and idle times in it are as short. */
#define CHECK_STEP_NS	20000000

void synergy_spans_begin(struct synergy_spans *spans)
{
	memset(spans, 0, sizeof(*spans));
}

void synergy_spans_end(struct synergy_spans *spans)
{
	free(spans->phases);
	free(spans->head);
	free(spans->tail);
	free(spans->open);
	memset(spans, 0, sizeof(*spans));
}

/* ---- phases ---- */

/* Neighbours of one kind become one, until half the room is free again if that can be. */
static void thin_phases(struct synergy_spans *s)
{
	size_t i, kept = 0;

	for (i = 0; i < s->n_phases; i++) {
		struct synergy_phase p = s->phases[i];

		if (i + 1 < s->n_phases && s->phases[i + 1].kind == p.kind &&
		    s->phases[i + 1].begin_ns >= p.end_ns) {
			p.end_ns = s->phases[i + 1].end_ns;
			p.n += s->phases[i + 1].n;
			i++;
		}
		s->phases[kept++] = p;
	}
	/* None of a kind beside another: drop every other, as a drawing would. */
	if (kept == SYNERGY_SPANS_PHASES) {
		for (i = 0; i < kept / 2; i++)
			s->phases[i] = s->phases[2 * i];
		kept /= 2;
	}
	s->n_phases = kept;
}

static uint32_t kind_of(const struct synergy_open_span *o)
{
	switch (o->id) {
	case SYNERGY_MARK_ID_RUN:
		return o->cookie & SYNERGY_MARK_COOKIE_WARMUP ? SYNERGY_PHASE_WARMUP :
			SYNERGY_PHASE_RUN;
	case SYNERGY_MARK_ID_IDLE:
		return SYNERGY_PHASE_IDLE;
	case SYNERGY_MARK_ID_COMMAND:
		return SYNERGY_PHASE_COMMAND;
	default:
		return SYNERGY_PHASE_CHECK;
	}
}

/* A step that goes on with the check before it, be it busy or idle. */
static bool goes_on(const struct synergy_spans *s, uint32_t kind, uint64_t begin_ns, uint64_t end_ns)
{
	const struct synergy_phase *last = s->n_phases ? &s->phases[s->n_phases - 1] : NULL;

	return last && last->kind == SYNERGY_PHASE_CHECK && begin_ns >= last->end_ns &&
		begin_ns - last->end_ns < CHECK_STEP_NS &&
		(kind == SYNERGY_PHASE_CHECK ||
		 (kind == SYNERGY_PHASE_IDLE && end_ns - begin_ns < CHECK_STEP_NS));
}

static int add_phase(struct synergy_spans *s, const struct synergy_open_span *o, uint64_t end_ns)
{
	uint32_t kind = kind_of(o);

	if (goes_on(s, kind, o->begin_ns, end_ns)) {
		s->phases[s->n_phases - 1].end_ns = end_ns;
		s->phases[s->n_phases - 1].n++;
		return 0;
	}
	if (s->n_phases == SYNERGY_SPANS_PHASES)
		thin_phases(s);
	if (synergy_array_grow(&s->phases, s->n_phases, sizeof(*s->phases)))
		return -1;
	s->phases[s->n_phases++] = (struct synergy_phase){
		.begin_ns = o->begin_ns, .end_ns = end_ns, .kind = kind,
		.first = (uint32_t)o->cookie, .n = 1,
	};
	return 0;
}

/* ---- intervals ---- */

static int add_span(struct synergy_spans *s, const struct synergy_open_span *o, uint64_t end_ns,
		    bool point)
{
	struct synergy_span span = {
		.begin_ns = o->begin_ns, .end_ns = end_ns, .id = o->id, .tid = o->tid,
		.tgid = o->tgid, .run = o->run, .depth = o->depth, .point = point,
	};

	if (s->n_spans < SYNERGY_SPANS_HEAD) {
		if (synergy_array_grow(&s->head, s->n_head, sizeof(*s->head)))
			return -1;
		s->head[s->n_head++] = span;
	} else {
		if (!s->tail)
			s->tail = calloc(SYNERGY_SPANS_TAIL, sizeof(*s->tail));
		if (!s->tail)
			return -1;
		s->tail[(s->n_spans - SYNERGY_SPANS_HEAD) % SYNERGY_SPANS_TAIL] = span;
	}
	s->n_spans++;
	return 0;
}

const struct synergy_span *synergy_spans_tail(const struct synergy_spans *s, uint64_t i)
{
	uint64_t after = s->n_spans - s->n_head;
	uint64_t first = after > SYNERGY_SPANS_TAIL ? after - SYNERGY_SPANS_TAIL : 0;

	if (!s->tail || i >= after - first)
		return NULL;
	return &s->tail[(first + i) % SYNERGY_SPANS_TAIL];
}

/* ---- marks ---- */

static struct synergy_open_span make(const struct synergy_spans *s,
				     const struct synergy_marker_record *m, uint64_t begin_ns)
{
	struct synergy_open_span o = {
		.begin_ns = begin_ns, .cookie = m->cookie, .id = m->id, .tid = m->tid,
		.tgid = m->tgid, .run = UINT32_MAX,
		.tool = m->hdr.flags & SYNERGY_MARKER_F_TOOL,
	};
	size_t i;

	for (i = 0; i < s->n_open; i++) {
		if (s->open[i].tool && s->open[i].id == SYNERGY_MARK_ID_RUN)
			o.run = (uint32_t)s->open[i].cookie;
		else if (s->open[i].tid == m->tid && !s->open[i].tool)
			o.depth++;
	}
	return o;
}

static int take_begin(struct synergy_spans *s, const struct synergy_marker_record *m)
{
	if (!s->open) {
		s->open = calloc(SYNERGY_SPANS_OPEN, sizeof(*s->open));
		if (!s->open)
			return -1;
	}
	/* Too many were never ended: the oldest is given up. */
	if (s->n_open == SYNERGY_SPANS_OPEN)
		memmove(s->open, s->open + 1, --s->n_open * sizeof(*s->open));
	s->open[s->n_open] = make(s, m, m->done_ns);
	s->n_open++;
	return 0;
}

static int take_end(struct synergy_spans *s, const struct synergy_marker_record *m)
{
	bool tool = m->hdr.flags & SYNERGY_MARKER_F_TOOL;
	struct synergy_open_span o;
	size_t i = s->n_open;

	while (i && !(s->open[i - 1].id == m->id && s->open[i - 1].tid == m->tid &&
		      s->open[i - 1].cookie == m->cookie && s->open[i - 1].tool == tool))
		i--;
	if (!i)
		return 0;
	o = s->open[--i];
	memmove(&s->open[i], &s->open[i + 1], (s->n_open - i - 1) * sizeof(*s->open));
	s->n_open--;
	if ((m->hdr.flags & SYNERGY_MARKER_F_ABANDONED) || m->hdr.time_ns < o.begin_ns)
		return 0;
	return tool ? add_phase(s, &o, m->hdr.time_ns) :
		add_span(s, &o, m->hdr.time_ns, false);
}

int synergy_spans_record(struct synergy_spans *s, const struct synergy_record *record)
{
	const struct synergy_marker_record *m = (const void *)record;
	struct synergy_open_span o;

	if (record->type != SYNERGY_RECORD_MARKER)
		return 0;
	switch (m->kind) {
	case SYNERGY_MARK_BEGIN:
		return take_begin(s, m);
	case SYNERGY_MARK_END:
		return take_end(s, m);
	case SYNERGY_MARK_POINT:
		o = make(s, m, m->hdr.time_ns);
		return add_span(s, &o, m->hdr.time_ns, true);
	default:
		return 0;
	}
}
