// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From a thread's pieces to what is solved; see phases.h. First the lane: all pieces
 * within the session, the gaps being the root's. Then elements become layers, the lane
 * is cut into blocks, and rows are sums of layers.
 */
#include "attribute/phases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/collect.h"
#include "attribute/internal.h"
#include "lib/array.h"

/* Blocks that are aimed for: more say no more of the scatter, and cost time. */
#define MOST_BLOCKS	40
#define LEAST_CALLS	3	/* of the name whose calls blocks begin with */
#define UNMARKED_BLOCKS	20
#define LEAST_SAMPLES	8	/* in a block, where they can be chosen */
/* Pieces shorter than this share of a window are one layer for each innermost interval. */
#define POOLED_WINDOWS	1.0
#define MOST_LAYERS	4000
/* A piece that thinning cut counts as a piece where it was longer than so many windows. */
#define CUT_WINDOWS	50.0

struct lane_piece {
	uint64_t begin_ns, end_ns;
	uint32_t element, command;
	bool starts, cut;
};

struct lane {
	size_t n;
	struct lane_piece *pieces;
	uint32_t first_root;		/* element of what comes before any mark */
};

/* ---- the lane ---- */

static int put(struct lane *lane, const struct synergy_phase_session *s, size_t *window,
	       const struct lane_piece *p)
{
	size_t w;

	while (*window < s->n_windows && s->windows[*window].end_ns <= p->begin_ns)
		++*window;
	for (w = *window; w < s->n_windows && s->windows[w].begin_ns < p->end_ns; w++) {
		const struct synergy_phase_window *v = &s->windows[w];
		struct lane_piece *q;

		if (synergy_array_grow(&lane->pieces, lane->n, sizeof(*lane->pieces)))
			return -1;
		q = &lane->pieces[lane->n++];
		*q = *p;
		q->command = v->command;
		if (q->begin_ns < v->begin_ns) {
			q->begin_ns = v->begin_ns;
			q->starts = false;
			q->cut = true;
		}
		if (q->end_ns > v->end_ns) {
			q->end_ns = v->end_ns;
			q->cut = true;
		}
	}
	return 0;
}

/* t may be NULL: then all is the first root. */
static int make_lane(struct synergy_call_thread *t, const struct synergy_phase_session *s,
		     struct lane *lane)
{
	struct lane_piece p = { 0 };
	size_t window = 0, i;
	uint32_t element;

	if (t && synergy_calls_element(t, &element))
		return -1;
	lane->first_root = t ? (uint32_t)t->n_elements : 0;
	/* Before the first piece, and after the last, until the end of time. */
	p.element = lane->first_root;
	p.end_ns = !t ? UINT64_MAX : t->n_pieces ? t->pieces[0].begin_ns : t->since_ns;
	if (put(lane, s, &window, &p))
		return -1;
	for (i = 0; t && i < t->n_pieces; i++) {
		p = (struct lane_piece){ t->pieces[i].begin_ns, t->pieces[i].end_ns,
					 t->pieces[i].element, 0, t->pieces[i].starts, false };
		if (put(lane, s, &window, &p))
			return -1;
	}
	if (!t)
		return 0;
	p = (struct lane_piece){ t->since_ns, UINT64_MAX, element, 0, t->starts, true };
	return put(lane, s, &window, &p);
}

static uint32_t row_of(const struct synergy_call_thread *t, const struct lane *lane,
		       uint32_t element)
{
	return !t || element == lane->first_root ? SYNERGY_CALLS_ROOT :
		t->nodes[t->elements[element].node].row;
}

/* ---- elements become layers ---- */

struct layering {
	size_t n;			/* layers */
	uint32_t *layer;		/* by element, the first root's included */
	uint32_t *node;			/* by layer */
	double *all_ns;			/* by layer: in the whole recording */
	double *kept_ns;		/* by layer: in blocks */
};

static void free_layering(struct layering *l)
{
	free(l->layer);
	free(l->node);
	free(l->all_ns);
	free(l->kept_ns);
}

static int make_layers(const struct synergy_call_thread *t, const struct lane *lane,
		       double window_ns, struct layering *l)
{
	size_t elements = (t ? t->n_elements : 0) + 1, nodes = t ? t->n_nodes : 1, i;
	double *ns = calloc(elements, sizeof(*ns)), *pieces = calloc(elements, sizeof(*pieces));
	uint32_t *pooled = malloc(nodes * sizeof(*pooled));
	size_t own = 0;
	int result = -1;

	l->layer = malloc(elements * sizeof(*l->layer));
	l->node = calloc(elements + nodes, sizeof(*l->node));
	l->all_ns = calloc(elements + nodes, sizeof(*l->all_ns));
	l->kept_ns = calloc(elements + nodes, sizeof(*l->kept_ns));
	if (!ns || !pieces || !pooled || !l->layer || !l->node || !l->all_ns || !l->kept_ns)
		goto out;
	memset(pooled, 0xff, nodes * sizeof(*pooled));
	memset(l->layer, 0xff, elements * sizeof(*l->layer));
	for (i = 0; i < lane->n; i++) {
		ns[lane->pieces[i].element] += (double)(lane->pieces[i].end_ns -
							lane->pieces[i].begin_ns);
		pieces[lane->pieces[i].element]++;
	}
	for (i = 0; i < elements; i++)
		own += pieces[i] && ns[i] / pieces[i] > POOLED_WINDOWS * window_ns;
	for (i = 0; i < elements; i++) {
		uint32_t node = i == lane->first_root || !t ? 0 : t->elements[i].node;
		bool alone = own <= MOST_LAYERS && ns[i] / pieces[i] > POOLED_WINDOWS * window_ns;

		if (!pieces[i])
			continue;
		if (!alone && pooled[node] != UINT32_MAX) {
			l->layer[i] = pooled[node];
		} else {
			l->layer[i] = (uint32_t)l->n;
			l->node[l->n++] = node;
			if (!alone)
				pooled[node] = l->layer[i];
		}
		/* Before any mark nothing was counted: there all is kept, or little is missed. */
		l->all_ns[l->layer[i]] += i == lane->first_root || !t ? ns[i] :
			(double)t->elements[i].ns;
	}
	result = 0;
out:
	free(ns);
	free(pieces);
	free(pooled);
	return result;
}

/* ---- blocks ---- */

/* The row whose calls blocks begin with: it repeats and has most of the time; ROOT: none. */
static uint32_t repeating_row(const struct synergy_call_thread *t)
{
	uint32_t best = SYNERGY_CALLS_ROOT;
	size_t i;

	for (i = 0; t && i < t->n_rows; i++) {
		const struct synergy_call_row *r = &t->rows[i];

		if (r->calls < LEAST_CALLS || r->others)
			continue;
		if (best == SYNERGY_CALLS_ROOT || r->inclusive_ns > t->rows[best].inclusive_ns ||
		    (r->inclusive_ns == t->rows[best].inclusive_ns &&
		     r->depth < t->rows[best].depth))
			best = (uint32_t)i;
	}
	return best;
}

struct blocks {
	const struct synergy_call_thread *t;
	const struct lane *lane;
	uint32_t row;			/* blocks begin with its calls */
	uint64_t calls, every;		/* met so far; so many make a block */
	uint64_t equal_ns;		/* or after so much time; 0: not */
	double cut_ns;			/* a cut piece as long as this is one */
	size_t n;			/* made */
	uint64_t begin_ns, end_ns;	/* of the one being made; begin 0: none */
	size_t run_at;			/* its interval */
	double *kept_ns;		/* by layer */
};

static void put_interval(struct synergy_intervals *v, uint64_t begin, uint64_t end, uint32_t kind,
			 uint32_t layer, uint32_t run)
{
	v->begin_ns[v->n] = begin;
	v->end_ns[v->n] = end;
	v->kind[v->n] = kind;
	v->layer[v->n] = layer;
	v->run[v->n++] = run;
}

static void end_block(struct blocks *b, struct synergy_intervals *v)
{
	if (b->begin_ns)
		v->end_ns[b->run_at] = b->end_ns;
	b->begin_ns = 0;
}

static void block_piece(struct blocks *b, uint64_t begin, uint64_t end, uint32_t layer,
			struct synergy_intervals *v)
{
	b->kept_ns[layer] += (double)(end - begin);
	if (!b->begin_ns) {
		b->run_at = v->n;
		b->begin_ns = begin;
		put_interval(v, begin, end, SYNERGY_INTERVAL_RUN, 0, (uint32_t)b->n++);
	}
	put_interval(v, begin, end, SYNERGY_INTERVAL_LAYER, layer, (uint32_t)b->n - 1);
	b->end_ns = end;
}

/* One piece of the lane: where a block ends before it, or (of the root) within it. */
static void block_lane_piece(struct blocks *b, const struct lane_piece *p,
			     const struct layering *l, struct synergy_intervals *v)
{
	uint32_t row = row_of(b->t, b->lane, p->element), layer = l->layer[p->element];
	uint64_t at = p->begin_ns;

	if (b->begin_ns && at != b->end_ns)
		end_block(b, v);
	/* A piece that thinning cut is not like the others. */
	if (p->cut && row != SYNERGY_CALLS_ROOT && (double)(p->end_ns - at) < b->cut_ns) {
		end_block(b, v);
		return;
	}
	if (p->starts && row == b->row && row != SYNERGY_CALLS_ROOT && b->calls++ % b->every == 0)
		end_block(b, v);
	while (b->equal_ns && row == SYNERGY_CALLS_ROOT) {
		uint64_t begin = b->begin_ns ? b->begin_ns : at, left = p->end_ns - begin;

		if (left <= b->equal_ns || left - b->equal_ns <= b->equal_ns / 2)
			break;
		/* The piece before this one made the block longer than others already. */
		if (begin + b->equal_ns <= at) {
			end_block(b, v);
			continue;
		}
		block_piece(b, at, begin + b->equal_ns, layer, v);
		at = b->end_ns;
		end_block(b, v);
	}
	block_piece(b, at, p->end_ns, layer, v);
}

static int make_blocks(const struct synergy_call_thread *t, const struct lane *lane,
		       const struct synergy_phase_session *s, const struct layering *l,
		       struct synergy_phases *ph)
{
	struct blocks b = { .t = t, .lane = lane, .row = repeating_row(t), .every = 1,
			    .cut_ns = s->thinned ? CUT_WINDOWS * s->window_ns : 0,
			    .kept_ns = l->kept_ns };
	uint64_t total_ns = 0, calls = 0;
	size_t i;

	for (i = 0; i < lane->n; i++) {
		total_ns += lane->pieces[i].end_ns - lane->pieces[i].begin_ns;
		calls += lane->pieces[i].starts &&
			row_of(t, lane, lane->pieces[i].element) == b.row;
	}
	if (b.row != SYNERGY_CALLS_ROOT && calls)
		b.every = (calls + MOST_BLOCKS - 1) / MOST_BLOCKS;
	if ((!t || !t->n_rows) && s->n_samples)
		/* Rounded up: no more blocks than there is room for below. */
		b.equal_ns = 1 + total_ns / (s->n_samples < UNMARKED_BLOCKS * LEAST_SAMPLES ?
					     s->n_samples / LEAST_SAMPLES + 1 : UNMARKED_BLOCKS);
	if (synergy_alloc_intervals(&ph->solved, 2 * lane->n + 2 * UNMARKED_BLOCKS + 2 * s->n_windows + 4, 0))
		return -1;
	for (i = 0; i < lane->n; i++)
		block_lane_piece(&b, &lane->pieces[i], l, &ph->solved);
	end_block(&b, &ph->solved);
	ph->n_blocks = b.n;
	return 0;
}

/* ---- rows ---- */

/* A row's sums: of the layers whose innermost it is, and of those that it encloses. */
static int make_sums(const struct synergy_call_thread *t, const struct layering *l, bool thinned,
		     struct synergy_phases *ph)
{
	size_t i, k, root = ph->n - 1;

	ph->n_sums = 2 * ph->n;
	ph->sums = calloc(ph->n_sums, sizeof(*ph->sums));
	ph->kept_us = calloc(ph->n_sums, sizeof(*ph->kept_us));
	if (!ph->sums || !ph->kept_us)
		return -1;
	for (i = 0; i < l->n; i++)
		for (k = 0; k < ph->n; k++) {
			uint32_t row = !t || !l->node[i] ? SYNERGY_CALLS_ROOT :
				t->nodes[l->node[i]].row;
			bool self = k == root ? row == SYNERGY_CALLS_ROOT : row == k;
			bool within = k == root || (row != SYNERGY_CALLS_ROOT &&
				synergy_calls_encloses(t, (uint32_t)k, l->node[i]));
			struct synergy_sum *sum;
			size_t which;

			for (which = 0; which < 2; which++) {
				if (!(which ? within : self))
					continue;
				sum = &ph->sums[which * ph->n + k];
				if (!(l->kept_ns[i] > 0))
					continue;
				if (synergy_array_grow(&sum->layers, sum->n, sizeof(*sum->layers)) ||
				    synergy_array_grow(&sum->weights, sum->n, sizeof(*sum->weights)))
					return -1;
				sum->layers[sum->n] = (uint32_t)i;
				sum->weights[sum->n++] = thinned ? l->all_ns[i] / l->kept_ns[i] : 1;
				ph->kept_us[which * ph->n + k] += l->kept_ns[i] / 1e3;
			}
		}
	return 0;
}

static double mean_counts(const struct synergy_call_counts *c, size_t k, double calls)
{
	return c && c->n[k] ? c->sum[k] / (double)c->n[k] * calls : NAN;
}

static int make_rows(const struct synergy_call_thread *t, const struct synergy_phase_session *s,
		     const struct synergy_attribute_input *in, struct synergy_phases *ph)
{
	double commands = (double)s->n_commands, session_us = 0, marked_us = 0;
	size_t events = in->n_events, i, k, root = ph->n - 1;

	ph->rows = calloc(ph->n, sizeof(*ph->rows));
	ph->counts = calloc(2 * ph->n * (events + 1), sizeof(*ph->counts));
	if (!ph->rows || !ph->counts)
		return -1;
	for (i = 0; i < s->n_commands; i++)
		session_us += (double)(s->end_ns[i] - s->begin_ns[i]) / 1e3;
	for (i = 0; i < root; i++) {
		const struct synergy_call_row *r = &t->rows[i];

		ph->rows[i] = (struct synergy_marked_name){
			.id = r->id, .others = r->others, .depth = r->depth,
			.parent = r->parent == SYNERGY_CALLS_ROOT ? (uint32_t)root : r->parent,
			.calls = r->calls, .self_us = (double)r->self_ns / 1e3 / commands,
			.inclusive_us = (double)r->inclusive_ns / 1e3 / commands,
			.shared_us = (double)r->shared_ns / 1e3 / commands,
		};
		marked_us += (double)r->self_ns / 1e3;
		for (k = 0; k < events; k++) {
			ph->counts[i * events + k] =
				mean_counts(r->self, k, (double)r->calls / commands);
			ph->counts[(ph->n + i) * events + k] =
				mean_counts(r->inclusive, k, (double)r->calls / commands);
		}
	}
	ph->rows[root] = (struct synergy_marked_name){
		.parent = (uint32_t)root, .calls = s->n_commands,
		.self_us = fmax(session_us - marked_us, 0) / commands,
		.inclusive_us = session_us / commands,
	};
	for (k = 0; k < events; k++) {
		double all = s->command_counts ? s->command_counts[k] / commands : NAN, rest = all;

		for (i = 0; i < root; i++)
			if (!isnan(ph->counts[i * events + k]))
				rest -= ph->counts[i * events + k];
		ph->counts[root * events + k] = rest;
		ph->counts[(ph->n + root) * events + k] = all;
	}
	return 0;
}

/* Where all of the lane is kept its times are exact, also at the session's ends. */
static void exact_times(const struct synergy_phase_session *s, struct synergy_phases *ph)
{
	size_t i;

	if (s->thinned)
		return;
	for (i = 0; i < ph->n; i++) {
		ph->rows[i].self_us = ph->kept_us[i] / (double)s->n_commands;
		ph->rows[i].inclusive_us = ph->kept_us[ph->n + i] / (double)s->n_commands;
	}
}

/* What is drawn and listed: commands as runs, pieces by row. */
static int make_shown(const struct synergy_call_thread *t, const struct lane *lane,
		      const struct synergy_phase_session *s, struct synergy_attribute_input *in)
{
	struct synergy_intervals *v = &in->intervals;
	size_t i, k = 0, root = in->phases->n - 1, e;

	if (synergy_alloc_intervals(v, lane->n + s->n_commands, in->n_events))
		return -1;
	for (i = 0; i < s->n_commands; i++) {
		put_interval(v, s->begin_ns[i], s->end_ns[i], SYNERGY_INTERVAL_RUN, 0, (uint32_t)i);
		for (; k < lane->n && lane->pieces[k].command <= i; k++) {
			const struct lane_piece *p = &lane->pieces[k];
			uint32_t row = row_of(t, lane, p->element);

			put_interval(v, p->begin_ns, p->end_ns, SYNERGY_INTERVAL_LAYER,
				     row == SYNERGY_CALLS_ROOT ? (uint32_t)root : row, (uint32_t)i);
		}
	}
	for (e = 0; e < v->n * in->n_events; e++)
		v->counts[e] = NAN;
	in->n_layers = in->phases->n;
	in->n_runs = s->n_commands;
	return 0;
}

int synergy_phases_make(struct synergy_call_thread *t, const struct synergy_phase_session *session,
			struct synergy_attribute_input *in)
{
	struct synergy_phases *ph = calloc(1, sizeof(*ph));
	struct layering layers = { 0 };
	struct lane lane = { 0 };
	int result = -1;

	in->phases = ph;
	if (!ph || make_lane(t, session, &lane) ||
	    make_layers(t, &lane, session->window_ns, &layers))
		goto out;
	ph->tgid = t ? t->tgid : 0;
	ph->tid = t ? t->tid : 0;
	ph->n = (t ? t->n_rows : 0) + 1;
	ph->n_layers = layers.n;
	if (make_rows(t, session, in, ph) || make_blocks(t, &lane, session, &layers, ph) ||
	    make_sums(t, &layers, session->thinned, ph) || make_shown(t, &lane, session, in))
		goto out;
	exact_times(session, ph);
	result = 0;
out:
	free_layering(&layers);
	free(lane.pieces);
	return result;
}

void synergy_phases_free(struct synergy_phases *ph)
{
	size_t i;

	if (!ph)
		return;
	for (i = 0; ph->sums && i < ph->n_sums; i++) {
		free(ph->sums[i].layers);
		free(ph->sums[i].weights);
	}
	free(ph->sums);
	free(ph->kept_us);
	free(ph->rows);
	free(ph->counts);
	synergy_free_intervals(&ph->solved);
	free(ph);
}

/* ---- from the solver's result ---- */

void synergy_phases_solver(const struct synergy_attribute_input *in,
			   struct synergy_attribute_input *solver)
{
	const struct synergy_phases *ph = in->phases;

	*solver = *in;
	solver->phases = NULL;
	solver->n_events = 0;
	solver->n_layers = ph->n_layers;
	solver->n_runs = ph->n_blocks;
	solver->intervals = ph->solved;
	solver->n_sums = ph->n_sums;
	solver->sums = ph->sums;
	solver->fixed_times = 1;
}

static void scale(struct synergy_figure *f, double by)
{
	f->value *= by;
	f->se *= by;
	f->se_runs *= by;
	f->ci95 *= by;
}

/* What the solver says of a block, as of so much time of a command. */
static void row_figures(const struct synergy_phases *ph, double us, double commands,
			struct synergy_layer_figures *f)
{
	double blocks = (double)ph->n_blocks;

	if (!(us > 0)) {
		*f = (struct synergy_layer_figures){ .resolved = 1, .power_uw = NAN };
		return;
	}
	scale(&f->energy_uj, blocks / commands);
	f->parts.runs_uj *= blocks / commands;
	f->parts.shape_uj *= blocks / commands;
	f->parts.time_uj *= blocks / commands;
	f->parts.supply_uj *= blocks / commands;
	f->parts.step_uj *= blocks / commands;
	f->power_uw = f->energy_uj.value / us * 1e6;
	f->runs_needed = ceil(f->runs_needed * commands / blocks);
}

static int rail_rows(const struct synergy_attribute_input *in, const struct synergy_rail_result *b,
		     struct synergy_rail_result *r)
{
	const struct synergy_phases *ph = in->phases;
	double commands = (double)in->n_runs;
	size_t i, root = ph->n - 1;
	double sum = 0;

	*r = *b;
	r->layers = calloc(ph->n, sizeof(*r->layers));
	r->inclusive = calloc(ph->n, sizeof(*r->inclusive));
	r->sums = NULL;
	if (!r->layers || !r->inclusive)
		return -1;
	r->between = (struct synergy_layer_figures){ .energy_uj = { 0 }, .power_uw = NAN,
						     .resolved = 1 };
	r->unattributed_uj = (struct synergy_figure){ 0 };
	r->n_unattributed = 0;
	for (i = 0; i < ph->n; i++) {
		r->layers[i] = b->sums[i];
		row_figures(ph, ph->rows[i].self_us, commands, &r->layers[i]);
		r->inclusive[i] = b->sums[ph->n + i];
		row_figures(ph, ph->rows[i].inclusive_us, commands, &r->inclusive[i]);
		if (!isnan(r->layers[i].energy_uj.value))
			sum += r->layers[i].energy_uj.value;
	}
	/* Of a thinned recording each row has its own share of time; rows add up all the same. */
	r->inclusive[root].energy_uj.value += sum - r->inclusive[root].energy_uj.value;
	r->total_uj = r->inclusive[root].energy_uj;
	r->outlier_uj *= (double)ph->n_blocks / commands;
	r->trapezoid_uj *= (double)ph->n_blocks / commands;
	r->net_uj = (struct synergy_figure){ .value = NAN, .se = NAN, .ci95 = NAN };
	/* Of blocks, which are not alike, and say nothing to the reader. */
	r->run_check.state = SYNERGY_CHECK_NONE;
	r->drift_share = r->drift_p = r->warmup_share = r->warmup_p = NAN;
	return 0;
}

int synergy_phases_result(const struct synergy_attribute_input *in,
			  const struct synergy_attribute_result *blocks,
			  struct synergy_attribute_result *rows)
{
	const struct synergy_phases *ph = in->phases;
	const struct synergy_intervals *v = &in->intervals;
	size_t i, k, root = ph->n - 1, events = in->n_events;
	double squares = 0, n = (double)in->n_runs;

	rows->n_blocks = ph->n_blocks;
	rows->run_us = ph->rows[root].inclusive_us;
	rows->run_sd_us = rows->time_drift_share = rows->time_drift_p = NAN;
	for (i = 0; i < v->n; i++)
		if (v->kind[i] == SYNERGY_INTERVAL_RUN)
			squares += pow((double)(v->end_ns[i] - v->begin_ns[i]) / 1e3 - rows->run_us, 2);
	if (in->n_runs > 1)
		rows->run_sd_us = sqrt(squares / (n - 1));
	for (i = 0; i < ph->n; i++) {
		rows->time_us[i] = ph->rows[i].self_us;
		rows->time_sd_us[i] = NAN;
		rows->times[i] = (double)ph->rows[i].calls / n;
		for (k = 0; k < events; k++)
			rows->counts[i * events + k] = ph->counts[i * events + k];
	}
	for (k = 0; k < events; k++) {
		rows->run_counts[k] = ph->counts[(ph->n + root) * events + k];
		rows->between_counts[k] = 0;
	}
	rows->between_us = 0;
	for (i = 0; i < in->n_rails; i++)
		if (rail_rows(in, &blocks->rails[i], &rows->rails[i]) ||
		    synergy_counted_rows(in, &in->rails[i], &rows->rails[i]))
			return -1;
	return 0;
}
