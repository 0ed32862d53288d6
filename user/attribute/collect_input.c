// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From what the collector kept to the arrays that are solved: intervals sorted
 * and given to inferences; warm-ups, and inferences that lost a mark, left out.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "attribute/internal.h"
#include "lib/recording.h"

static int by_begin(const void *a, const void *b)
{
	const struct synergy_raw_interval *const *x = a, *const *y = b;

	if ((*x)->begin_ns != (*y)->begin_ns)
		return (*x)->begin_ns < (*y)->begin_ns ? -1 : 1;
	return (*x)->end_ns < (*y)->end_ns ? -1 : (*x)->end_ns > (*y)->end_ns;
}

struct sorted {
	const struct synergy_raw_interval **layers, **runs, **idles, **busy;
	size_t n_layers, n_runs, n_idles, n_busy;
	struct synergy_raw_interval *made;	/* runs made from layers alone */
};

static void free_sorted(struct sorted *s)
{
	free(s->layers);
	free(s->runs);
	free(s->idles);
	free(s->busy);
	free(s->made);
}

static int sort_intervals(const struct synergy_collect *c, struct sorted *s)
{
	size_t n = c->n_intervals + 1, i;

	s->layers = calloc(n, sizeof(*s->layers));
	s->runs = calloc(n, sizeof(*s->runs));
	s->idles = calloc(n, sizeof(*s->idles));
	s->busy = calloc(n, sizeof(*s->busy));
	if (!s->layers || !s->runs || !s->idles || !s->busy)
		return -1;
	for (i = 0; i < c->n_intervals; i++) {
		const struct synergy_raw_interval *v = &c->intervals[i];

		if (v->tool && v->id == SYNERGY_MARK_ID_RUN)
			s->runs[s->n_runs++] = v;
		else if (v->tool && v->id == SYNERGY_MARK_ID_BUSY)
			s->busy[s->n_busy++] = v;
		else if (v->tool)
			s->idles[s->n_idles++] = v;
		else
			s->layers[s->n_layers++] = v;
	}
	qsort(s->layers, s->n_layers, sizeof(*s->layers), by_begin);
	qsort(s->runs, s->n_runs, sizeof(*s->runs), by_begin);
	qsort(s->idles, s->n_idles, sizeof(*s->idles), by_begin);
	qsort(s->busy, s->n_busy, sizeof(*s->busy), by_begin);
	return 0;
}

/*
 * A program that marks layers and no inferences: a new one begins where the
 * cookie changes, or where a layer comes that this one had already.
 */
static int make_runs(struct sorted *s, size_t n_ids)
{
	uint32_t *seen = calloc(n_ids + 1, sizeof(*seen));
	uint32_t run = 0;
	size_t i;

	s->made = calloc(s->n_layers + 1, sizeof(*s->made));
	if (!seen || !s->made) {
		free(seen);
		return -1;
	}
	for (i = 0; i < s->n_layers; i++) {
		const struct synergy_raw_interval *v = s->layers[i];

		if (!run || v->cookie != s->layers[i - 1]->cookie || seen[v->id] == run) {
			struct synergy_raw_interval *m = &s->made[run];
			size_t k;

			*m = *v;
			for (k = 0; k < SYNERGY_MAX_EVENTS; k++)
				m->counts[k] = NAN;
			s->runs[run++] = m;
		}
		seen[v->id] = run;
		if (v->end_ns > s->made[run - 1].end_ns)
			s->made[run - 1].end_ns = v->end_ns;
	}
	s->n_runs = run;
	free(seen);
	return 0;
}

static void put_interval(struct synergy_attribute_input *in, const struct synergy_raw_interval *v,
			 uint32_t kind, uint32_t run)
{
	struct synergy_intervals *t = &in->intervals;
	size_t i = t->n++, k;

	t->begin_ns[i] = v->begin_ns;
	t->end_ns[i] = v->end_ns;
	t->kind[i] = kind;
	t->layer[i] = kind == SYNERGY_INTERVAL_LAYER ? v->id : 0;
	t->run[i] = run;
	for (k = 0; k < in->n_events; k++)
		t->counts[i * in->n_events + k] = v->counts[k];
}

/* Layers [first, end) of the sorted ones lie within this run. */
static void layers_of(const struct sorted *s, const struct synergy_raw_interval *run, size_t *first,
		      size_t *end)
{
	size_t i = *end;

	while (i < s->n_layers && s->layers[i]->begin_ns < run->begin_ns)
		i++;
	*first = i;
	while (i < s->n_layers && s->layers[i]->end_ns <= run->end_ns)
		i++;
	*end = i;
}

/*
 * Keep the runs that are no warm-up and have as many layers as the fullest one:
 * a run that lost a mark has fewer, and would shift the means.
 */
static void put_runs(struct synergy_attribute_input *in, const struct sorted *s)
{
	size_t i, k, first, end, most = 0;

	for (i = 0, end = 0; i < s->n_runs; i++) {
		layers_of(s, s->runs[i], &first, &end);
		if (end - first > most)
			most = end - first;
	}
	for (i = 0, end = 0; i < s->n_runs; i++) {
		layers_of(s, s->runs[i], &first, &end);
		if (s->runs[i]->cookie & SYNERGY_MARK_COOKIE_WARMUP) {
			in->notes.warmup_runs++;
			continue;
		}
		if (end - first < most) {
			in->notes.incomplete_runs++;
			continue;
		}
		put_interval(in, s->runs[i], SYNERGY_INTERVAL_RUN, (uint32_t)in->n_runs);
		for (k = first; k < end; k++)
			put_interval(in, s->layers[k], SYNERGY_INTERVAL_LAYER,
				     (uint32_t)in->n_runs);
		in->n_runs++;
	}
	for (i = 0; i < s->n_idles; i++)
		put_interval(in, s->idles[i], SYNERGY_INTERVAL_IDLE, (uint32_t)i);
	for (i = 0; i < s->n_busy; i++)
		put_interval(in, s->busy[i], SYNERGY_INTERVAL_BUSY, (uint32_t)i);
}

static void *copy_array(const void *from, size_t n, size_t size)
{
	void *to = malloc(n ? n * size : 1);

	if (to && n)
		memcpy(to, from, n * size);
	return to;
}

static int copy_rails(const struct synergy_collect *c, struct synergy_attribute_input *in)
{
	size_t i;

	in->rails = calloc(c->n_rails ? c->n_rails : 1, sizeof(*in->rails));
	if (!in->rails)
		return -1;
	for (i = 0; i < c->n_rails; i++) {
		const struct synergy_rail_samples *a = &c->rails[i].s;
		struct synergy_rail_samples *b = &in->rails[in->n_rails];

		if (!a->n)
			continue;	/* not sampled in this session */
		in->n_rails++;
		*b = *a;
		b->bus_step_share = c->rails[i].bus_step_sum / (double)a->n;
		b->begin_ns = copy_array(a->begin_ns, a->n, sizeof(*a->begin_ns));
		b->end_ns = copy_array(a->end_ns, a->n, sizeof(*a->end_ns));
		b->power_uw = copy_array(a->power_uw, a->n, sizeof(*a->power_uw));
		b->current_ma = copy_array(a->current_ma, a->n, sizeof(*a->current_ma));
		b->bus_mv = copy_array(a->bus_mv, a->n, sizeof(*a->bus_mv));
		b->bus_time_ns = copy_array(a->bus_time_ns, a->n, sizeof(*a->bus_time_ns));
		b->step_uw = copy_array(a->step_uw, a->n, sizeof(*a->step_uw));
		b->slack_ns = copy_array(a->slack_ns, a->n, sizeof(*a->slack_ns));
		b->tick_ns = copy_array(a->tick_ns, a->n, sizeof(*a->tick_ns));
		if (!b->begin_ns || !b->end_ns || !b->power_uw || !b->current_ma || !b->bus_mv ||
		    !b->bus_time_ns || !b->step_uw || !b->slack_ns || !b->tick_ns ||
		    synergy_voltage_between(b))
			return -1;
	}
	return 0;
}

static int allocate_intervals(struct synergy_attribute_input *in, size_t n)
{
	struct synergy_intervals *t = &in->intervals;
	size_t events = in->n_events ? in->n_events : 1;

	n = n ? n : 1;
	t->begin_ns = calloc(n, sizeof(*t->begin_ns));
	t->end_ns = calloc(n, sizeof(*t->end_ns));
	t->kind = calloc(n, sizeof(*t->kind));
	t->layer = calloc(n, sizeof(*t->layer));
	t->run = calloc(n, sizeof(*t->run));
	t->counts = calloc(n * events, sizeof(*t->counts));
	return t->begin_ns && t->end_ns && t->kind && t->layer && t->run && t->counts ? 0 : -1;
}

static int fill_input(const struct synergy_collect *c, struct sorted *s,
		      struct synergy_attribute_input *in)
{
	size_t i;

	in->notes = c->notes;
	in->notes.unmatched += c->n_open;
	in->n_events = c->n_events;
	in->events = calloc(c->n_events ? c->n_events : 1, sizeof(*in->events));
	if (!in->events)
		return -1;
	memcpy(in->events, c->events, c->n_events * sizeof(*in->events));
	for (i = 0; i < c->n_events; i++)
		if (!*in->events[i])
			snprintf(in->events[i], sizeof(in->events[i]), "event%zu", i);
	if (sort_intervals(c, s))
		return -1;
	for (i = 0; i < s->n_layers; i++)
		if (s->layers[i]->id >= in->n_layers)
			in->n_layers = s->layers[i]->id + 1;
	if (!s->n_runs && s->n_layers && make_runs(s, in->n_layers))
		return -1;
	if (allocate_intervals(in, s->n_layers + s->n_runs + s->n_idles + s->n_busy) || copy_rails(c, in))
		return -1;
	put_runs(in, s);
	return 0;
}

struct synergy_attribute_input *synergy_collect_finish(struct synergy_collect *c,
						       struct synergy_error *err)
{
	struct synergy_attribute_input *in = calloc(1, sizeof(*in));
	struct sorted s = { 0 };

	if (!in || fill_input(c, &s, in)) {
		free_sorted(&s);
		synergy_attribute_input_free(in);
		synergy_error_set(err, ENOMEM, "attribution: out of memory");
		return NULL;
	}
	free_sorted(&s);
	if (in->n_runs)
		return in;
	if (in->notes.warmup_runs || in->notes.incomplete_runs)
		synergy_error_set(err, ENODATA,
				  "no inference to attribute energy to: %llu warm-up, %llu incomplete",
				  (unsigned long long)in->notes.warmup_runs,
				  (unsigned long long)in->notes.incomplete_runs);
	else
		synergy_error_set(err, ENODATA, "no inference was marked in the stream");
	synergy_attribute_input_free(in);
	errno = ENODATA;
	return NULL;
}

void synergy_attribute_input_free(struct synergy_attribute_input *in)
{
	size_t i;

	if (!in)
		return;
	for (i = 0; i < in->n_rails; i++)
		synergy_free_samples(&in->rails[i]);
	free(in->rails);
	free(in->events);
	free(in->intervals.begin_ns);
	free(in->intervals.end_ns);
	free(in->intervals.kind);
	free(in->intervals.layer);
	free(in->intervals.run);
	free(in->intervals.counts);
	free(in);
}
