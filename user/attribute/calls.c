// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * See calls.h. Marks are sorted by time first: those of a mapped page reach the stream
 * up to a period late. Then one mark after another moves its thread from one piece of
 * time to the next.
 */
#include "attribute/calls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/counts.h"
#include "lib/array.h"

struct synergy_call_open {
	uint64_t begin_ns, cookie;
	uint32_t row, node, after, cpu;
	bool uncountable;		/* an interval overlapped it without being inside */
	uint32_t n_counts;
	struct synergy_count *counts;	/* at its begin */
	double *inner;			/* counts of the calls inside; NaN: some are not known */
};

/* ---- a thread's rows, nodes and elements ---- */

static int add_node(struct synergy_call_thread *t, uint32_t base, uint32_t up, uint32_t row,
		    uint32_t *node)
{
	if (synergy_array_grow(&t->nodes, t->n_nodes, sizeof(*t->nodes)))
		return -1;
	*node = (uint32_t)t->n_nodes;
	t->nodes[t->n_nodes++] = (struct synergy_call_node){
		.base = base == SYNERGY_INDEX_NONE ? *node : base, .up = up, .row = row,
	};
	return 0;
}

bool synergy_calls_encloses(const struct synergy_call_thread *t, uint32_t row, uint32_t node)
{
	uint32_t base = t->nodes[node].base;

	while (base && t->nodes[base].row != row)
		base = t->nodes[base].up;
	return base != 0;
}

/*
 * From a node into a call of row. A name that encloses the node already makes no new
 * surroundings: else recursion would have as many as it is deep.
 */
static int enter_node(struct synergy_call_thread *t, uint32_t from, uint32_t row, uint32_t *node)
{
	uint32_t base = t->nodes[from].base;
	bool within = synergy_calls_encloses(t, row, from);
	uint64_t key = synergy_index_key(base, row);

	*node = synergy_index_find(&t->node_of, key);
	if (*node != SYNERGY_INDEX_NONE)
		return 0;
	if (t->n_nodes >= SYNERGY_CALLS_NODES) {
		/* Its surroundings are then not distinguished from the outermost. */
		key = synergy_index_key(0, row);
		*node = synergy_index_find(&t->node_of, key);
		if (*node != SYNERGY_INDEX_NONE)
			return 0;
		within = false;
		base = 0;
	}
	/* Innermost in its own base: the base itself. */
	if (within && t->nodes[base].row == row) {
		*node = base;
		return synergy_index_add(&t->node_of, key, base);
	}
	if (add_node(t, within ? base : SYNERGY_INDEX_NONE, base, row, node))
		return -1;
	return synergy_index_add(&t->node_of, key, *node);
}

static int find_row(struct synergy_call_thread *t, uint32_t id, uint32_t *row)
{
	struct synergy_call_row *r;

	*row = synergy_index_find(&t->row_of, id);
	if (*row != SYNERGY_INDEX_NONE)
		return 0;
	if (t->n_rows >= SYNERGY_CALLS_ROWS) {
		*row = SYNERGY_CALLS_ROWS - 1;
		t->rows[*row].others = true;
		return 0;
	}
	if (synergy_array_grow(&t->rows, t->n_rows, sizeof(*t->rows)))
		return -1;
	*row = (uint32_t)t->n_rows;
	r = &t->rows[t->n_rows++];
	*r = (struct synergy_call_row){ .id = id, .depth = UINT32_MAX, .parent = SYNERGY_CALLS_ROOT };
	return synergy_index_add(&t->row_of, id, *row);
}

int synergy_calls_element(struct synergy_call_thread *t, uint32_t *element)
{
	const struct synergy_call_open *top = t->n_open ? &t->open[t->n_open - 1] : NULL;
	uint32_t node = top ? top->node : 0, after = top ? top->after : t->root_after;
	uint64_t key = synergy_index_key(node, after);

	*element = synergy_index_find(&t->element_of, key);
	if (*element != SYNERGY_INDEX_NONE)
		return 0;
	if (synergy_array_grow(&t->elements, t->n_elements, sizeof(*t->elements)))
		return -1;
	*element = (uint32_t)t->n_elements;
	t->elements[t->n_elements++] = (struct synergy_element){ .node = node, .after = after };
	return synergy_index_add(&t->element_of, key, *element);
}

/* ---- time passes ---- */

/* Up to a time the thread is where it is. */
static int pass(struct synergy_calls *c, struct synergy_call_thread *t, uint64_t time_ns)
{
	uint64_t ns = time_ns - t->since_ns;
	uint32_t element, row;

	if (!ns)
		return 0;
	if (synergy_calls_element(t, &element) ||
	    synergy_array_grow(&t->pieces, t->n_pieces, sizeof(*t->pieces)))
		return -1;
	t->pieces[t->n_pieces++] = (struct synergy_call_piece){
		t->since_ns, time_ns, element, t->starts,
	};
	c->n_pieces++;
	t->starts = false;
	t->since_ns = time_ns;
	t->elements[element].pieces++;
	t->elements[element].ns += ns;
	row = t->nodes[t->elements[element].node].row;
	if (row != SYNERGY_CALLS_ROOT) {
		t->rows[row].self_ns += ns;
		t->marked_ns += ns;
	}
	return 0;
}

/* What happens at once on several threads is shared time of all of them. */
static void advance(struct synergy_calls *c, uint64_t time_ns)
{
	uint64_t ns = time_ns - c->now_ns;
	size_t i;

	for (i = 0; c->n_active > 1 && ns && i < c->n_active; i++) {
		struct synergy_call_thread *t = &c->threads[c->active[i]];

		t->rows[t->open[t->n_open - 1].row].shared_ns += ns;
	}
	c->now_ns = time_ns;
}

static int set_active(struct synergy_calls *c, uint32_t thread, bool active)
{
	size_t i;

	if (active) {
		if (synergy_array_grow(&c->active, c->n_active, sizeof(*c->active)))
			return -1;
		c->active[c->n_active++] = thread;
		return 0;
	}
	for (i = 0; i < c->n_active && c->active[i] != thread; i++)
		;
	if (i < c->n_active)
		c->active[i] = c->active[--c->n_active];
	return 0;
}

static int find_thread(struct synergy_calls *c, uint32_t tgid, uint32_t tid, uint64_t time_ns,
		       uint32_t *thread)
{
	uint64_t key = synergy_index_key(tgid, tid);
	struct synergy_call_thread *t;
	uint32_t node;

	*thread = synergy_index_find(&c->thread_of, key);
	if (*thread != SYNERGY_INDEX_NONE || c->n_threads >= SYNERGY_CALLS_THREADS)
		return 0;
	if (synergy_array_grow(&c->threads, c->n_threads, sizeof(*c->threads)))
		return -1;
	*thread = (uint32_t)c->n_threads;
	t = &c->threads[c->n_threads++];
	*t = (struct synergy_call_thread){
		.tgid = tgid, .tid = tid, .since_ns = time_ns, .root_after = SYNERGY_CALLS_ROOT,
	};
	if (add_node(t, SYNERGY_INDEX_NONE, 0, SYNERGY_CALLS_ROOT, &node))
		return -1;
	return synergy_index_add(&c->thread_of, key, *thread);
}

/* ---- counts ---- */

static void clear_open(struct synergy_call_open *o)
{
	free(o->counts);
	free(o->inner);
}

static void differences(struct synergy_calls *c, const struct synergy_call_open *o,
			const struct synergy_call_mark *m, double *counts)
{
	bool same = m->cpu == o->cpu;

	c->migrated += !same && o->n_counts && m->n_counts;
	c->multiplexed += synergy_counts_between(o->counts, same ? o->n_counts : 0,
						 m->counts, m->n_counts, counts);
}

static int add_counts(struct synergy_call_counts **to, const double *counts, const double *less)
{
	uint32_t i;

	if (!*to)
		*to = calloc(1, sizeof(**to));
	if (!*to)
		return -1;
	for (i = 0; i < SYNERGY_MAX_EVENTS; i++) {
		double v = counts[i] - (less ? less[i] : 0);

		if (isnan(v))
			continue;
		(*to)->sum[i] += v;
		(*to)->n[i]++;
	}
	return 0;
}

/* The counts of a call that ends go to its row, and to the call around it. */
static int end_counts(struct synergy_calls *c, struct synergy_call_thread *t, size_t at,
		      const struct synergy_call_mark *m)
{
	struct synergy_call_open *o = &t->open[at], *outer = at ? &t->open[at - 1] : NULL;
	struct synergy_call_row *row = &t->rows[o->row];
	double counts[SYNERGY_MAX_EVENTS];
	uint32_t i;

	differences(c, o, m, counts);
	if (outer && outer->n_counts) {
		if (!outer->inner)
			outer->inner = calloc(SYNERGY_MAX_EVENTS, sizeof(*outer->inner));
		if (!outer->inner)
			return -1;
		for (i = 0; i < SYNERGY_MAX_EVENTS; i++)
			outer->inner[i] += counts[i];
	}
	if (!o->n_counts)
		return 0;
	/* Within an open call of its own name it is counted there already. */
	if (row->open == 1 && add_counts(&row->inclusive, counts, NULL))
		return -1;
	return o->uncountable ? 0 : add_counts(&row->self, counts, o->inner);
}

/* ---- begin and end ---- */

static int begin_call(struct synergy_calls *c, uint32_t thread, const struct synergy_call_mark *m)
{
	struct synergy_call_thread *t = &c->threads[thread];
	struct synergy_call_open o = {
		.begin_ns = m->time_ns, .cookie = m->cookie, .after = SYNERGY_CALLS_ROOT,
		.cpu = m->cpu, .n_counts = m->n_counts,
	};
	struct synergy_call_row *row;

	if (t->n_open >= SYNERGY_CALLS_DEPTH) {
		c->dropped++;
		return 0;
	}
	if (find_row(t, m->id, &o.row) ||
	    enter_node(t, t->n_open ? t->open[t->n_open - 1].node : 0, o.row, &o.node) ||
	    synergy_array_grow(&t->open, t->n_open, sizeof(*t->open)))
		return -1;
	if (!t->n_open && set_active(c, thread, true))
		return -1;
	if (m->n_counts) {
		o.counts = malloc(m->n_counts * sizeof(*o.counts));
		if (!o.counts)
			return -1;
		memcpy(o.counts, m->counts, m->n_counts * sizeof(*o.counts));
	}
	row = &t->rows[o.row];
	if (t->n_open < row->depth) {
		row->depth = (uint32_t)t->n_open;
		row->parent = t->n_open ? t->open[t->n_open - 1].row : SYNERGY_CALLS_ROOT;
	}
	row->calls++;
	row->open++;
	t->open[t->n_open++] = o;
	t->starts = true;
	return 0;
}

/* The open call that a mark ends: the innermost of its id and cookie; n_open: none. */
static size_t find_open(const struct synergy_call_thread *t, const struct synergy_call_mark *m)
{
	uint32_t row = synergy_index_find(&t->row_of, m->id);
	size_t i = t->n_open;

	if (row == SYNERGY_INDEX_NONE && t->n_rows == SYNERGY_CALLS_ROWS)
		row = SYNERGY_CALLS_ROWS - 1;
	while (i && !(t->open[i - 1].row == row && t->open[i - 1].cookie == m->cookie))
		i--;
	return i ? i - 1 : t->n_open;
}

/* One that began on another thread of the same process may end here. */
static bool find_elsewhere(const struct synergy_calls *c, const struct synergy_call_mark *m,
			   uint32_t *thread, size_t *at)
{
	size_t i;

	for (i = 0; i < c->n_active; i++) {
		const struct synergy_call_thread *t = &c->threads[c->active[i]];

		*thread = c->active[i];
		*at = find_open(t, m);
		if (t->tgid == m->tgid && *at < t->n_open)
			return true;
	}
	return false;
}

/* The calls above one that ended before them are now elsewhere. */
static int place_again(struct synergy_call_thread *t, size_t from)
{
	size_t i;

	for (i = from; i < t->n_open; i++) {
		t->open[i].uncountable = true;
		if (enter_node(t, i ? t->open[i - 1].node : 0, t->open[i].row, &t->open[i].node))
			return -1;
	}
	return 0;
}

static int end_call(struct synergy_calls *c, uint32_t thread, size_t at,
		    const struct synergy_call_mark *m)
{
	struct synergy_call_thread *t = &c->threads[thread];
	struct synergy_call_row *row = &t->rows[t->open[at].row];
	bool innermost = at + 1 == t->n_open;
	uint32_t ended = t->open[at].row;

	if (!innermost)
		t->open[at].uncountable = true;
	if (end_counts(c, t, at, m))
		return -1;
	if (row->open == 1)
		row->inclusive_ns += m->time_ns - t->open[at].begin_ns;
	row->open--;
	clear_open(&t->open[at]);
	memmove(&t->open[at], &t->open[at + 1], (t->n_open - at - 1) * sizeof(*t->open));
	t->n_open--;
	c->abandoned += m->abandoned;
	if (!innermost)
		return place_again(t, at);
	t->starts = false;
	if (t->n_open) {
		t->open[t->n_open - 1].after = ended;
		return 0;
	}
	t->root_after = ended;
	return set_active(c, thread, false);
}

static int take(struct synergy_calls *c, struct synergy_call_mark *m)
{
	uint32_t thread;
	size_t at;

	/* Late after all: it counts from now. */
	if (m->time_ns < c->now_ns)
		m->time_ns = c->now_ns;
	if (find_thread(c, m->tgid, m->tid, m->time_ns, &thread))
		return -1;
	advance(c, m->time_ns);
	if (m->begin) {
		if (thread == SYNERGY_INDEX_NONE) {
			c->dropped++;
			return 0;
		}
		return pass(c, &c->threads[thread], m->time_ns) || begin_call(c, thread, m) ? -1 : 0;
	}
	at = thread == SYNERGY_INDEX_NONE ? 0 : find_open(&c->threads[thread], m);
	if ((thread == SYNERGY_INDEX_NONE || at == c->threads[thread].n_open) &&
	    !find_elsewhere(c, m, &thread, &at)) {
		c->unmatched++;
		return 0;
	}
	return pass(c, &c->threads[thread], m->time_ns) || end_call(c, thread, at, m) ? -1 : 0;
}

/* ---- the queue ---- */

int synergy_calls_mark(struct synergy_calls *c, const struct synergy_call_mark *m)
{
	struct synergy_count *counts = NULL;
	size_t i;

	if (c->first && c->first == c->n_pending)
		c->first = c->n_pending = 0;
	if (synergy_array_grow(&c->pending, c->n_pending, sizeof(*c->pending)))
		return -1;
	if (m->n_counts) {
		counts = malloc(m->n_counts * sizeof(*counts));
		if (!counts)
			return -1;
		memcpy(counts, m->counts, m->n_counts * sizeof(*counts));
	}
	for (i = c->n_pending++; i > c->first && c->pending[i - 1].time_ns > m->time_ns; i--)
		c->pending[i] = c->pending[i - 1];
	c->pending[i] = *m;
	c->pending[i].counts = counts;
	return 0;
}

int synergy_calls_until(struct synergy_calls *c, uint64_t time_ns)
{
	int result = 0;

	while (!result && c->first < c->n_pending && c->pending[c->first].time_ns <= time_ns) {
		struct synergy_call_mark *m = &c->pending[c->first++];

		result = take(c, m);
		free((void *)m->counts);
	}
	/* What was taken goes once it is most of the queue. */
	if (c->first > 1024 && c->first > c->n_pending / 2) {
		c->n_pending -= c->first;
		memmove(c->pending, c->pending + c->first, c->n_pending * sizeof(*c->pending));
		c->first = 0;
	}
	return result;
}

void synergy_calls_thin(struct synergy_calls *c, const uint64_t (*kept)[2], size_t n)
{
	size_t i, k, to, zone;

	c->n_pieces = 0;
	for (i = 0; i < c->n_threads; i++) {
		struct synergy_call_thread *t = &c->threads[i];

		for (k = to = zone = 0; k < t->n_pieces; k++) {
			while (zone < n && kept[zone][1] <= t->pieces[k].begin_ns)
				zone++;
			if (zone < n && t->pieces[k].end_ns > kept[zone][0])
				t->pieces[to++] = t->pieces[k];
		}
		t->n_pieces = to;
		c->n_pieces += to;
	}
}

static void free_thread(struct synergy_call_thread *t)
{
	size_t i;

	for (i = 0; i < t->n_open; i++)
		clear_open(&t->open[i]);
	for (i = 0; i < t->n_rows; i++) {
		free(t->rows[i].self);
		free(t->rows[i].inclusive);
	}
	free(t->open);
	free(t->rows);
	free(t->nodes);
	free(t->elements);
	free(t->pieces);
	synergy_index_clear(&t->row_of);
	synergy_index_clear(&t->node_of);
	synergy_index_clear(&t->element_of);
}

void synergy_calls_free(struct synergy_calls *c)
{
	size_t i;

	for (i = 0; i < c->n_threads; i++)
		free_thread(&c->threads[i]);
	for (i = c->first; i < c->n_pending; i++)
		free((void *)c->pending[i].counts);
	free(c->threads);
	free(c->active);
	free(c->pending);
	synergy_index_clear(&c->thread_of);
	memset(c, 0, sizeof(*c));
}
