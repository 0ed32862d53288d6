// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Folding; see fold.h. Samples and marks wait until the inference after theirs has
 * ended: by then every record that belongs to it has come, also marks from a mapped
 * page, which the module takes a tick later.
 */
#include "report/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/recording.h"

struct waiting_sample {
	uint64_t middle_ns;
	uint32_t rail;
	float mw;
};

struct waiting_span {
	uint64_t begin_ns, end_ns;
	uint32_t id;
};

struct waiting_run {
	uint64_t begin_ns, end_ns;
	uint32_t number;
	int ended;
};

struct open_layer {
	uint64_t begin_ns, cookie;
	uint32_t id, tid;
};

#define OPEN_LAYERS	64

struct synergy_fold_state {
	size_t n_samples;
	struct waiting_sample *samples;
	size_t n_spans;
	struct waiting_span *spans;
	size_t n_runs;			/* in runs[]: the one before, and the present one */
	struct waiting_run runs[2];
	size_t n_open;
	struct open_layer open[OPEN_LAYERS];
	int overfull;			/* something had to be dropped since the last run began */
	double *ref_begin, *ref_length;	/* of the first inference, 0 .. 1 */
	uint64_t *at;			/* borders of the run being folded: n_segments + 1 */
};

int synergy_fold_begin(struct synergy_fold *fold)
{
	memset(fold, 0, sizeof(*fold));
	fold->state = calloc(1, sizeof(*fold->state));
	return fold->state ? 0 : -1;
}

void synergy_fold_end(struct synergy_fold *fold)
{
	struct synergy_fold_state *s = fold->state;
	uint32_t r;

	for (r = 0; r < fold->n_rails; r++) {
		free(fold->rails[r].bins);
		free(fold->rails[r].points);
	}
	free(fold->rails);
	free(fold->segments);
	if (s) {
		free(s->samples);
		free(s->spans);
		free(s->ref_begin);
		free(s->ref_length);
		free(s->at);
		free(s);
	}
	memset(fold, 0, sizeof(*fold));
}

/* ---- one inference's segments ---- */

static int by_begin(const void *a, const void *b)
{
	const struct waiting_span *x = a, *y = b;

	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	return x->end_ns < y->end_ns ? 1 : x->end_ns > y->end_ns ? -1 : 0;
}

/*
 * The run's outermost intervals, in order, without overlap: those of a layer's own
 * parts and of other threads are left out. Gives their number; they come to lie at
 * *first on.
 */
static size_t run_spans(struct synergy_fold_state *s, const struct waiting_run *run,
			const struct waiting_span **first)
{
	size_t i = 0, kept, from;
	uint64_t end = run->begin_ns;

	qsort(s->spans, s->n_spans, sizeof(*s->spans), by_begin);
	while (i < s->n_spans && s->spans[i].begin_ns < run->begin_ns)
		i++;
	from = kept = i;
	for (; i < s->n_spans && s->spans[i].begin_ns < run->end_ns; i++) {
		if (s->spans[i].begin_ns < end || s->spans[i].end_ns > run->end_ns)
			continue;
		end = s->spans[i].end_ns;
		s->spans[kept++] = s->spans[i];
	}
	/* The rest moves up, so that nothing between is met again. */
	memmove(&s->spans[kept], &s->spans[i], (s->n_spans - i) * sizeof(*s->spans));
	s->n_spans -= i - kept;
	*first = s->spans + from;
	return kept - from;
}

/* The first inference decides on the segments: gap, layer, gap, ..., layer, gap. */
static int set_reference(struct synergy_fold *fold, const struct waiting_run *run,
			 const struct waiting_span *spans, size_t n)
{
	struct synergy_fold_state *s = fold->state;
	double length = (double)(run->end_ns - run->begin_ns);
	size_t i, n_segments = 2 * n + 1;

	fold->segments = calloc(n_segments, sizeof(*fold->segments));
	s->ref_begin = calloc(n_segments, sizeof(*s->ref_begin));
	s->ref_length = calloc(n_segments, sizeof(*s->ref_length));
	s->at = calloc(n_segments + 1, sizeof(*s->at));
	if (!fold->segments || !s->ref_begin || !s->ref_length || !s->at)
		return -1;
	fold->n_segments = n_segments;
	for (i = 0; i < n_segments; i++) {
		uint64_t begin = i & 1 ? spans[i / 2].begin_ns :
			i ? spans[i / 2 - 1].end_ns : run->begin_ns;
		uint64_t end = i & 1 ? spans[i / 2].end_ns :
			i / 2 < n ? spans[i / 2].begin_ns : run->end_ns;

		fold->segments[i].id = i & 1 ? spans[i / 2].id : SYNERGY_FOLD_GAP;
		s->ref_begin[i] = (double)(begin - run->begin_ns) / length;
		s->ref_length[i] = (double)(end - begin) / length;
	}
	return 0;
}

static int same_layers(const struct synergy_fold *fold, const struct waiting_span *spans, size_t n)
{
	size_t i;

	if (fold->n_segments != 2 * n + 1)
		return 0;
	for (i = 0; i < n; i++)
		if (fold->segments[2 * i + 1].id != spans[i].id)
			return 0;
	return 1;
}

static void take_borders(struct synergy_fold *fold, const struct waiting_run *run,
			 const struct waiting_span *spans)
{
	uint64_t *at = fold->state->at;
	size_t i;

	at[0] = run->begin_ns;
	for (i = 0; i < fold->n_segments / 2; i++) {
		at[2 * i + 1] = spans[i].begin_ns;
		at[2 * i + 2] = spans[i].end_ns;
	}
	at[fold->n_segments] = run->end_ns;
	fold->run_us += (double)(run->end_ns - run->begin_ns) / 1e3;
}

/* ---- its samples ---- */

static struct synergy_fold_rail *get_rail(struct synergy_fold *fold, uint32_t rail)
{
	struct synergy_fold_rail *r;

	if (rail >= fold->n_rails) {
		r = reallocarray(fold->rails, rail + 1, sizeof(*r));
		if (!r)
			return NULL;
		fold->rails = r;
		memset(r + fold->n_rails, 0, (rail + 1 - fold->n_rails) * sizeof(*r));
		fold->n_rails = rail + 1;
	}
	r = &fold->rails[rail];
	if (!r->bins)
		r->bins = calloc(SYNERGY_FOLD_BINS, sizeof(*r->bins));
	if (!r->points)
		r->points = calloc(SYNERGY_FOLD_POINTS, sizeof(*r->points));
	return r->bins && r->points ? r : NULL;
}

/* Where in the inference, 0 .. 1 on the reference's axis. */
static double place_of(const struct synergy_fold *fold, uint64_t time_ns)
{
	const struct synergy_fold_state *s = fold->state;
	size_t low = 0, high = fold->n_segments;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->at[middle] <= time_ns)
			low = middle;
		else
			high = middle;
	}
	if (s->at[low + 1] == s->at[low])
		return s->ref_begin[low];
	return s->ref_begin[low] + s->ref_length[low] * (double)(time_ns - s->at[low]) /
		(double)(s->at[low + 1] - s->at[low]);
}

static int add_sample(struct synergy_fold *fold, const struct waiting_sample *w, uint32_t run)
{
	struct synergy_fold_rail *r = get_rail(fold, w->rail);
	double at = place_of(fold, w->middle_ns);
	struct synergy_fold_bin *b;
	int bin = (int)(at * SYNERGY_FOLD_BINS);

	if (!r)
		return -1;
	b = &r->bins[bin < SYNERGY_FOLD_BINS ? bin : SYNERGY_FOLD_BINS - 1];
	b->min_mw = b->n ? fminf(b->min_mw, w->mw) : w->mw;
	b->max_mw = b->n ? fmaxf(b->max_mw, w->mw) : w->mw;
	b->n++;
	b->sum_mw += w->mw;
	b->sum_mw2 += (double)w->mw * w->mw;
	r->samples++;
	if (r->n_points < SYNERGY_FOLD_POINTS)
		r->points[r->n_points++] = (struct synergy_fold_point){
			.at = (float)at, .mw = w->mw, .run = run,
		};
	return 0;
}

static int fold_run(struct synergy_fold *fold, const struct waiting_run *run)
{
	struct synergy_fold_state *s = fold->state;
	const struct waiting_span *spans;
	size_t n, i;

	if (!run->ended || run->end_ns <= run->begin_ns)
		return 0;
	if (s->overfull) {
		fold->n_long++;
		return 0;
	}
	n = run_spans(s, run, &spans);
	if (!n)
		return 0;
	if (!fold->n_segments && set_reference(fold, run, spans, n))
		return -1;
	if (!same_layers(fold, spans, n)) {
		fold->n_odd++;
		return 0;
	}
	take_borders(fold, run, spans);
	fold->n_runs++;
	for (i = 0; i < s->n_samples; i++)
		if (s->samples[i].middle_ns >= run->begin_ns &&
		    s->samples[i].middle_ns < run->end_ns &&
		    add_sample(fold, &s->samples[i], run->number))
			return -1;
	return 0;
}

/* ---- waiting ---- */

/* What began before the oldest run that still waits belongs to none. */
static void forget(struct synergy_fold_state *s)
{
	uint64_t from = s->n_runs ? s->runs[0].begin_ns : UINT64_MAX;
	size_t i, kept = 0;

	for (i = 0; i < s->n_samples; i++)
		if (s->samples[i].middle_ns >= from)
			s->samples[kept++] = s->samples[i];
	s->n_samples = kept;
	for (i = kept = 0; i < s->n_spans; i++)
		if (s->spans[i].begin_ns >= from)
			s->spans[kept++] = s->spans[i];
	s->n_spans = kept;
}

static int fold_oldest(struct synergy_fold *fold)
{
	struct synergy_fold_state *s = fold->state;

	if (fold_run(fold, &s->runs[0]))
		return -1;
	s->runs[0] = s->runs[1];
	s->n_runs--;
	s->overfull = 0;
	forget(s);
	return 0;
}

static int take_run(struct synergy_fold *fold, const struct synergy_marker_record *m)
{
	struct synergy_fold_state *s = fold->state;

	if (m->cookie & SYNERGY_MARK_COOKIE_WARMUP)
		return 0;
	if (m->kind == SYNERGY_MARK_BEGIN) {
		if (s->n_runs == 2 && fold_oldest(fold))
			return -1;
		s->runs[s->n_runs++] = (struct waiting_run){
			.begin_ns = m->done_ns, .number = (uint32_t)m->cookie,
		};
		if (s->n_runs == 1)
			forget(s);
		return 0;
	}
	if (m->kind != SYNERGY_MARK_END || !s->n_runs || s->runs[s->n_runs - 1].ended ||
	    s->runs[s->n_runs - 1].number != (uint32_t)m->cookie ||
	    (m->hdr.flags & SYNERGY_MARKER_F_ABANDONED))
		return 0;
	s->runs[s->n_runs - 1].end_ns = m->hdr.time_ns;
	s->runs[s->n_runs - 1].ended = 1;
	return s->n_runs == 2 ? fold_oldest(fold) : 0;
}

static int wait_span(struct synergy_fold_state *s, const struct waiting_span *span)
{
	if (s->n_spans == SYNERGY_FOLD_SPANS) {
		s->overfull = 1;
		return 0;
	}
	if (synergy_array_grow(&s->spans, s->n_spans, sizeof(*s->spans)))
		return -1;
	s->spans[s->n_spans++] = *span;
	return 0;
}

static int take_layer(struct synergy_fold_state *s, const struct synergy_marker_record *m)
{
	size_t i = s->n_open;
	struct waiting_span span;

	if (m->kind == SYNERGY_MARK_BEGIN) {
		if (s->n_open == OPEN_LAYERS)
			memmove(s->open, s->open + 1, --s->n_open * sizeof(*s->open));
		s->open[s->n_open++] = (struct open_layer){
			.begin_ns = m->done_ns, .cookie = m->cookie, .id = m->id, .tid = m->tid,
		};
		return 0;
	}
	if (m->kind != SYNERGY_MARK_END)
		return 0;
	while (i && !(s->open[i - 1].id == m->id && s->open[i - 1].tid == m->tid &&
		      s->open[i - 1].cookie == m->cookie))
		i--;
	if (!i)
		return 0;
	span = (struct waiting_span){ s->open[i - 1].begin_ns, m->hdr.time_ns, m->id };
	memmove(&s->open[i - 1], &s->open[i], (s->n_open - i) * sizeof(*s->open));
	s->n_open--;
	if ((m->hdr.flags & SYNERGY_MARKER_F_ABANDONED) || span.end_ns < span.begin_ns)
		return 0;
	return wait_span(s, &span);
}

static int take_power(struct synergy_fold_state *s, const struct synergy_power_record *p)
{
	uint32_t i;

	if (!s->n_runs || (p->hdr.flags & SYNERGY_POWER_F_REPEAT))
		return 0;
	for (i = 0; i < p->n_channels; i++) {
		const struct synergy_power_channel *c =
			SYNERGY_ENTRY(p, struct synergy_power_channel, channel_size, i);

		if ((c->flags & (SYNERGY_CHANNEL_F_NO_BUS | SYNERGY_CHANNEL_F_REPEAT)) ||
		    c->rail >= SYNERGY_MAX_RAILS)
			continue;
		if (s->n_samples == SYNERGY_FOLD_SAMPLES) {
			s->overfull = 1;
			return 0;
		}
		if (synergy_array_grow(&s->samples, s->n_samples, sizeof(*s->samples)))
			return -1;
		s->samples[s->n_samples++] = (struct waiting_sample){
			.middle_ns = c->window_begin_ns / 2 + c->window_end_ns / 2,
			.rail = c->rail, .mw = (float)((double)c->power_uw / 1e3),
		};
	}
	return 0;
}

int synergy_fold_record(struct synergy_fold *fold, const struct synergy_record *record)
{
	const struct synergy_marker_record *m = (const void *)record;

	if (record->type == SYNERGY_RECORD_POWER)
		return take_power(fold->state, (const void *)record);
	if (record->type != SYNERGY_RECORD_MARKER)
		return 0;
	if (synergy_mark_is(m, SYNERGY_MARK_ID_RUN))
		return take_run(fold, m);
	return m->hdr.flags & SYNERGY_MARKER_F_TOOL ? 0 : take_layer(fold->state, m);
}

int synergy_fold_finish(struct synergy_fold *fold)
{
	const struct synergy_fold_state *s = fold->state;
	size_t i;

	while (s->n_runs)
		if (fold_oldest(fold))
			return -1;
	if (!fold->n_runs)
		return 0;
	fold->run_us /= (double)fold->n_runs;
	for (i = 0; i < fold->n_segments; i++) {
		fold->segments[i].begin_us = s->ref_begin[i] * fold->run_us;
		fold->segments[i].length_us = s->ref_length[i] * fold->run_us;
	}
	return 0;
}
