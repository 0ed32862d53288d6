// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Inferences as a tool marked them: intervals sorted and given to their inference;
 * warm-ups, and inferences that lost a mark, left out.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "lib/recording.h"

int synergy_alloc_intervals(struct synergy_intervals *t, size_t n, size_t n_events)
{
	size_t events = n_events ? n_events : 1;

	n = n ? n : 1;
	t->begin_ns = calloc(n, sizeof(*t->begin_ns));
	t->end_ns = calloc(n, sizeof(*t->end_ns));
	t->kind = calloc(n, sizeof(*t->kind));
	t->layer = calloc(n, sizeof(*t->layer));
	t->run = calloc(n, sizeof(*t->run));
	t->counts = calloc(n * events, sizeof(*t->counts));
	return t->begin_ns && t->end_ns && t->kind && t->layer && t->run && t->counts ? 0 : -1;
}

void synergy_free_intervals(struct synergy_intervals *t)
{
	free(t->begin_ns);
	free(t->end_ns);
	free(t->kind);
	free(t->layer);
	free(t->run);
	free(t->counts);
}

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
};

static void free_sorted(struct sorted *s)
{
	free(s->layers);
	free(s->runs);
	free(s->idles);
	free(s->busy);
}

static int sort_intervals(const struct synergy_collect *c,
			  const struct synergy_runner *runner, struct sorted *s)
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

		if (v->tgid != runner->tgid || v->tid != runner->tid ||
		    (!v->tool && v->id >= SYNERGY_ATTRIBUTE_MAX_LAYERS))
			continue;
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

/* One layer after another, and one run after another. */
static bool in_sequence(const struct synergy_raw_interval *const *v, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (v[i]->begin_ns < v[i - 1]->end_ns)
			return false;
	return true;
}

int synergy_collect_runs(const struct synergy_collect *c, const struct synergy_runner *runner,
			 struct synergy_attribute_input *in)
{
	struct sorted s = { 0 };
	int result = -1;
	size_t i;

	if (sort_intervals(c, runner, &s))
		goto out;
	result = 1;
	if (!in_sequence(s.layers, s.n_layers) || !in_sequence(s.runs, s.n_runs))
		goto out;
	result = -1;
	for (i = 0; i < s.n_layers; i++)
		if (s.layers[i]->id >= in->n_layers)
			in->n_layers = s.layers[i]->id + 1;
	if (synergy_alloc_intervals(&in->intervals, s.n_layers + s.n_runs + s.n_idles + s.n_busy,
				     in->n_events))
		goto out;
	put_runs(in, &s);
	result = 0;
out:
	free_sorted(&s);
	return result;
}
