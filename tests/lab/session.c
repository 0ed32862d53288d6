// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens in a session: idle, the train of busy steps, the inferences one after
 * the other, each with its own times and powers, and the marks. The truth is an
 * integral over what happened (here) or what is expected of it (own).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "sample.h"

#define START_NS	2e9
#define STEP_LOW_NS	2e6	/* the train's steps */
#define STEP_HIGH_NS	6e6
#define PROGRAM_PARTS	8	/* of its correlation time: how often its variation moves */

struct making {
	const struct lab_session *s;
	struct lab_random r;
	struct lab_history h;
	struct synergy_attribute_input *in;
	struct lab_truth *truth;
	double scale;			/* of the network's power */
	double program, program_until_ns;	/* its variation, in standard deviations */
};

/* The program's own variation: exponentially correlated, in steps. */
static double program_now(struct making *m)
{
	const struct lab_board *b = m->s->board;
	double step = b->program_tau_ns / PROGRAM_PARTS, kept = exp(-1.0 / PROGRAM_PARTS);

	if (b->program_tau_ns <= 0)
		return 0;
	if (m->h.now_ns > m->program_until_ns + 10 * b->program_tau_ns)
		m->program_until_ns = m->h.now_ns - step;
	while (m->program_until_ns < m->h.now_ns) {
		m->program = kept * m->program + sqrt(1 - kept * kept) * lab_normal(&m->r);
		m->program_until_ns += step;
	}
	return m->program;
}

static void mark(struct making *m, double begin, uint32_t kind, uint32_t layer, uint32_t run)
{
	struct synergy_intervals *v = &m->in->intervals;
	size_t i = v->n++;

	v->begin_ns[i] = (uint64_t)begin;
	v->end_ns[i] = (uint64_t)m->h.now_ns;
	v->kind[i] = kind;
	v->layer[i] = layer;
	v->run[i] = run;
	v->counts[i] = kind == SYNERGY_INTERVAL_LAYER ? 1000.0 * (layer + 1) : NAN;
}

static void rest(struct making *m, double ns)
{
	double uw[LAB_RAILS];
	int rail;

	for (rail = 0; rail < LAB_RAILS; rail++)
		uw[rail] = m->scale * m->s->network->idle_uw[rail];
	lab_history_add(&m->h, floor(ns), uw);
}

static void train(struct making *m)
{
	double uw[LAB_RAILS];
	size_t i;
	int rail;

	for (rail = 0; rail < LAB_RAILS; rail++)
		uw[rail] = m->scale * m->s->network->busy_uw[rail];
	for (i = 0; i + 1 < m->s->train_steps; i += 2) {
		double begin, left;

		rest(m, lab_between(&m->r, STEP_LOW_NS, STEP_HIGH_NS));
		begin = m->h.now_ns;
		for (left = floor(lab_between(&m->r, STEP_LOW_NS, STEP_HIGH_NS)); left > 0;) {
			double ns = fmin(left, 50e3), now[LAB_RAILS], program = program_now(m);

			for (rail = 0; rail < LAB_RAILS; rail++)
				now[rail] = uw[rail] + m->s->board->program_uw[rail] * program;
			lab_history_add(&m->h, ns, now);
			left -= ns;
		}
		mark(m, begin, SYNERGY_INTERVAL_BUSY, 0, (uint32_t)(i / 2));
	}
	rest(m, STEP_HIGH_NS);
}

/* One stretch of the profile; its energy by rail, uW ns. */
static void play(struct making *m, const struct lab_profile *p, double ns, double factor,
		 double more_uw, double *energy)
{
	double cell = ns / (double)p->n;
	size_t i;
	int rail;

	for (i = 0; i < p->n; i++) {
		double program = program_now(m), uw[LAB_RAILS];

		for (rail = 0; rail < LAB_RAILS; rail++) {
			uw[rail] = factor * p->uw[rail][i] + more_uw +
				   m->s->board->program_uw[rail] * program;
			energy[rail] += uw[rail] * cell;
		}
		lab_history_add(&m->h, cell, uw);
	}
}

static double expected(const struct lab_profile *p, int rail)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		sum += p->uw[rail][i];
	return sum / (double)p->n * p->ns / 1e9;
}

/* A run's power and time, relative, as the session has them: known in advance. */
static void conditions(const struct lab_session *s, size_t run, double *power, double *time)
{
	double at = s->n_runs > 1 ? (double)run / (double)(s->n_runs - 1) : 0;

	*power = 1 + s->board->drift * (at - 0.5);
	*time = 1;
	if (s->slow > 0 && run >= s->slow_from) {
		*power *= (1 - s->slow) * (1 - s->slow);	/* the voltage falls, too */
		*time /= 1 - s->slow;
	}
}

static void add_energy(struct making *m, struct lab_energy *layer[LAB_RAILS],
		       const struct lab_profile *p, const double *energy, double power, double time)
{
	double runs = (double)m->s->n_runs;
	int rail;

	for (rail = 0; rail < LAB_RAILS; rail++) {
		struct lab_energy *e[2] = { layer[rail], &m->truth->total[rail] };
		double own = expected(p, rail) * m->scale * power * time;
		int k;

		for (k = 0; k < 2; k++) {
			if (!e[k])
				continue;
			e[k]->own += own / runs;
			e[k]->here += energy[rail] / 1e9 / runs;
			e[k]->ns += p->ns * time / runs;
		}
	}
}

static void play_piece(struct making *m, const struct lab_profile *p, uint32_t layer, size_t run,
		       double all)
{
	const struct lab_board *b = m->s->board;
	double more = m->s->load_uw > 0 && run == m->s->load_run ? m->s->load_uw : 0;
	double power, time, begin = m->h.now_ns, ns, energy[LAB_RAILS] = { 0 };
	struct lab_energy *e[LAB_RAILS] = { NULL };
	int rail;

	conditions(m->s, run, &power, &time);
	ns = floor(p->ns * time * (1 + b->run_time_sd * lab_normal(&m->r)));
	play(m, p, fmax(ns, 100), m->scale * power * all * (1 + b->run_power_sd * lab_normal(&m->r)),
	     more, energy);
	if (layer != UINT32_MAX) {
		mark(m, begin, SYNERGY_INTERVAL_LAYER, layer, (uint32_t)run);
		for (rail = 0; rail < LAB_RAILS; rail++)
			e[rail] = &m->truth->layers[rail][layer];
	}
	add_energy(m, e, p, energy, power, time);
}

static void run_once(struct making *m, size_t run)
{
	const struct lab_network *n = m->s->network;
	double all = 1 + m->s->board->all_power_sd * lab_normal(&m->r), begin;
	size_t at, i;

	rest(m, lab_between(&m->r, m->s->pause_low_ns, m->s->pause_high_ns));
	at = m->in->intervals.n;
	begin = m->h.now_ns;
	mark(m, begin, SYNERGY_INTERVAL_RUN, 0, (uint32_t)run);
	for (i = 0; i < n->n_layers; i++) {
		play_piece(m, &n->gaps[i], UINT32_MAX, run, all);
		play_piece(m, &n->layers[i], (uint32_t)i, run, all);
	}
	play_piece(m, &n->gaps[n->n_layers], UINT32_MAX, run, all);
	m->in->intervals.end_ns[at] = (uint64_t)m->h.now_ns;
}

static void rest_marked(struct making *m, uint32_t number)
{
	double begin = m->h.now_ns;

	if (!(m->s->idle_ns > 0))
		return;
	rest(m, m->s->idle_ns);
	mark(m, begin, SYNERGY_INTERVAL_IDLE, 0, number);
}

static int allocate(struct making *m)
{
	size_t n = m->s->n_runs * (m->s->network->n_layers + 1) + m->s->train_steps + 8;
	struct synergy_intervals *v;
	int rail;

	m->in = calloc(1, sizeof(*m->in));
	if (!m->in)
		return -1;
	v = &m->in->intervals;
	v->begin_ns = calloc(n, sizeof(*v->begin_ns));
	v->end_ns = calloc(n, sizeof(*v->end_ns));
	v->kind = calloc(n, sizeof(*v->kind));
	v->layer = calloc(n, sizeof(*v->layer));
	v->run = calloc(n, sizeof(*v->run));
	v->counts = calloc(n, sizeof(*v->counts));
	m->in->events = calloc(1, sizeof(*m->in->events));
	m->in->rails = calloc(LAB_RAILS, sizeof(*m->in->rails));
	memset(m->truth, 0, sizeof(*m->truth));
	m->truth->n_layers = m->s->network->n_layers;
	for (rail = 0; rail < LAB_RAILS; rail++) {
		m->truth->layers[rail] = calloc(m->truth->n_layers, sizeof(struct lab_energy));
		if (!m->truth->layers[rail])
			return -1;
	}
	return v->begin_ns && v->end_ns && v->kind && v->layer && v->run && v->counts &&
	       m->in->events && m->in->rails ? 0 : -1;
}

/* So that a program's mean on the processor's rail is the board's. */
static double scale_of(const struct lab_session *s)
{
	double uj = 0, ns = 0;
	size_t i;

	if (!(s->board->watts > 0))
		return 1;
	for (i = 0; i < s->network->n_layers; i++) {
		uj += expected(&s->network->layers[i], LAB_CPU);
		ns += s->network->layers[i].ns;
	}
	return s->board->watts / (1e3 * uj / ns);
}

static void happen(struct making *m)
{
	double uw[LAB_RAILS];
	size_t i;
	int rail;

	for (rail = 0; rail < LAB_RAILS; rail++) {
		uw[rail] = m->scale * m->s->network->idle_uw[rail];
		m->truth->idle_uw[rail] = uw[rail];
	}
	lab_history_begin(&m->h, START_NS, m->s->lag_ns > 0 ? m->s->lag_ns : m->s->board->lag_ns, uw);
	rest(m, 5e6);
	rest_marked(m, 0);
	train(m);
	for (i = 0; i < m->s->n_runs; i++)
		run_once(m, i);
	rest(m, 1e6);
	rest_marked(m, 1);
	rest(m, 5e6);
}

struct synergy_attribute_input *lab_run(const struct lab_session *s, struct lab_truth *truth)
{
	struct making m = { .s = s, .truth = truth };

	lab_seed(&m.r, lab_mix(s->seed, 1));
	m.scale = scale_of(s);
	if (allocate(&m))
		goto fail;
	m.in->n_layers = s->network->n_layers;
	m.in->n_runs = s->n_runs;
	m.in->n_events = 1;
	strcpy(m.in->events[0], "EVENT");
	happen(&m);
	if (m.h.failed || lab_sample(s, &m.h, m.in))
		goto fail;
	lab_history_free(&m.h);
	return m.in;
fail:
	lab_history_free(&m.h);
	synergy_attribute_input_free(m.in);
	lab_truth_free(truth);
	return NULL;
}

void lab_truth_free(struct lab_truth *t)
{
	int rail;

	for (rail = 0; rail < LAB_RAILS; rail++)
		free(t->layers[rail]);
	memset(t, 0, sizeof(*t));
}
