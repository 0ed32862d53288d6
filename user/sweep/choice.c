// SPDX-License-Identifier: GPL-3.0-or-later
/* See choice.h. Rows are sorted, so that groups and configurations are runs of them. */
#include "sweep/choice.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "lib/array.h"
#include "sweep/results.h"

#define MOST_RESULT_BYTES	(1UL << 30)
/* A run's own interval is a t's of about so many degrees of freedom (user/attribute). */
#define RUN_DOF			30

const char *const synergy_setting_columns[SYNERGY_SETTINGS] = {
	"clock", "cpus", "threads", "backend", "conv", "batch"
};

enum text_column { BOARD, MODEL, LAYER, OP, TEXTS };
enum number_column { KHZ, IDLE, TIME, ENERGY, CI95, NUMBERS };

static const char *const text_columns[TEXTS] = { "board", "model", "layer", "op" };
static const char *const number_columns[NUMBERS] = {
	"khz", "idle_mw", "time_us", "energy_uj", "energy_ci95_uj"
};

struct row {
	const char *texts[TEXTS], *settings[SYNERGY_SETTINGS];
	long index;			/* -1: the whole inference */
	double numbers[NUMBERS];
	size_t line;			/* keeps the order of the file */
};

struct work {
	struct synergy_csv csv;
	size_t text_at[TEXTS], setting_at[SYNERGY_SETTINGS], number_at[NUMBERS], index_at;
	size_t n;
	struct row *rows;
	struct synergy_choices *c;
};

/* ---- reading ---- */

static int find_column(struct work *w, const char *name, size_t *at, struct synergy_error *error)
{
	for (*at = 0; *at < w->csv.n; (*at)++)
		if (!strcmp(w->csv.fields[*at], name))
			return 0;
	return synergy_error_set(error, EINVAL, "%s: no column %s", w->csv.name, name);
}

static int find_columns(struct work *w, struct synergy_error *error)
{
	int bad = find_column(w, "index", &w->index_at, error), i;

	for (i = 0; i < TEXTS; i++)
		bad = bad || find_column(w, text_columns[i], &w->text_at[i], error);
	for (i = 0; i < SYNERGY_SETTINGS; i++)
		bad = bad || find_column(w, synergy_setting_columns[i], &w->setting_at[i], error);
	for (i = 0; i < NUMBERS; i++)
		bad = bad || find_column(w, number_columns[i], &w->number_at[i], error);
	if (!bad && synergy_csv_header(&w->csv))
		return synergy_error_set(error, ENOMEM, "%s: no memory", w->csv.name);
	return bad ? -1 : 0;
}

/* The same words come again and again, mostly those of the row before. */
static const char *keep(struct work *w, const char *text, const char *before)
{
	struct synergy_choices *c = w->c;

	if (before && !strcmp(text, before))
		return before;
	if (synergy_array_grow(&c->texts, c->n_texts, sizeof(*c->texts)))
		return NULL;
	c->texts[c->n_texts] = strdup(text);
	return c->texts[c->n_texts] ? c->texts[c->n_texts++] : NULL;
}

static int read_numbers(struct work *w, struct row *r, struct synergy_error *error)
{
	uint64_t index;
	int i;

	for (i = 0; i < NUMBERS; i++)
		if (synergy_csv_double(&w->csv, w->number_at[i],
				       i == ENERGY ? -INFINITY : 0, &r->numbers[i], error))
			return -1;
	r->index = -1;
	if (!*w->csv.fields[w->index_at])
		return 0;
	if (synergy_csv_u64(&w->csv, w->index_at, 1U << 30, &index, error))
		return -1;
	r->index = (long)index;
	return 0;
}

/* An image's share. */
static int by_batch(struct work *w, struct row *r, struct synergy_error *error)
{
	const char *text = r->settings[SYNERGY_SETTING_BATCH];
	char *end;
	double batch = *text ? strtod(text, &end) : 1;

	if (*text && (*end || !(batch >= 1 && batch <= 1e6)))
		return synergy_csv_error(&w->csv, w->setting_at[SYNERGY_SETTING_BATCH], error,
					 "not a number of 1 or more");
	r->numbers[TIME] /= batch;
	r->numbers[ENERGY] /= batch;
	r->numbers[CI95] /= batch;
	return 0;
}

/* 1 kept, 0 a row that is neither a layer nor the whole */
static int read_row(struct work *w, struct synergy_error *error)
{
	struct row r = { .line = w->csv.line }, *before = w->n ? &w->rows[w->n - 1] : NULL;
	bool bad = false;
	int i;

	if (w->csv.n != w->csv.n_header)
		return synergy_csv_error(&w->csv, 0, error, "%zu fields, the header has %zu", w->csv.n,
					 w->csv.n_header);
	if (read_numbers(w, &r, error))
		return -1;
	if (r.index < 0 && strcmp(w->csv.fields[w->text_at[OP]], SYNERGY_RESULTS_TOTAL))
		return 0;
	for (i = 0; i < TEXTS; i++) {
		r.texts[i] = keep(w, w->csv.fields[w->text_at[i]], before ? before->texts[i] : NULL);
		bad |= !r.texts[i];
	}
	for (i = 0; i < SYNERGY_SETTINGS; i++) {
		r.settings[i] = keep(w, w->csv.fields[w->setting_at[i]], before ? before->settings[i] : NULL);
		bad |= !r.settings[i];
	}
	if (bad || synergy_array_grow(&w->rows, w->n, sizeof(*w->rows)))
		return synergy_error_set(error, ENOMEM, "%s: no memory", w->csv.name);
	if (by_batch(w, &r, error))
		return -1;
	w->rows[w->n++] = r;
	return 1;
}

static int read_rows(struct work *w, struct synergy_error *error)
{
	int got;

	while ((got = synergy_csv_next(&w->csv, error)) == 1) {
		if (w->csv.comment)
			continue;
		if (w->csv.n_header ? read_row(w, error) < 0 : find_columns(w, error) < 0)
			return -1;
	}
	if (!got && !w->n)
		return synergy_error_set(error, EINVAL, "%s: no results", w->csv.name);
	return got;
}

/* ---- grouping ---- */

static int compare_groups(const struct row *a, const struct row *b)
{
	int order = strcmp(a->texts[BOARD], b->texts[BOARD]);

	order = order ? order : strcmp(a->texts[MODEL], b->texts[MODEL]);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_settings(const struct row *a, const struct row *b)
{
	int order = 0, i;

	for (i = 0; i < SYNERGY_SETTINGS && !order; i++)
		order = strcmp(a->settings[i], b->settings[i]);
	return order;
}

static int compare_rows(const void *p, const void *q)
{
	const struct row *a = p, *b = q;
	int order = compare_groups(a, b);

	order = order ? order : compare_settings(a, b);
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static double mean(const struct row *rows, size_t n, enum number_column column)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += rows[i].numbers[column];
	return sum / (double)n;
}

static double edp_of(const struct row *r)
{
	return r->numbers[ENERGY] * r->numbers[TIME] / 1e6;
}

/* The scatter of a value between the repeats of a group: relative squares. */
struct scatter {
	double between, within;
	size_t dof, n;
};

static void add_scatter(struct scatter *s, double value, double average, double ci95)
{
	double run_se = ci95 / gsl_cdf_tdist_Pinv(0.975, RUN_DOF);

	if (isnan(value) || average == 0)
		return;
	s->between += (value / average - 1) * (value / average - 1);
	s->within += run_se / average * (run_se / average);
	s->n++;
}

/* The value's standard error over @n repeats, and its degrees of freedom. */
static double standard_error(const struct scatter *s, double average, size_t n, double *dof)
{
	double within = s->n ? s->within / (double)s->n : NAN;
	double between = s->dof ? s->between / (double)s->dof : 0;

	*dof = between > within ? (double)s->dof : RUN_DOF;
	return fabs(average) * sqrt(fmax(between, within) / (double)n);
}

static struct synergy_choice make_choice(const struct row *rows, size_t n, struct scatter *energy,
					 struct scatter *edp)
{
	struct synergy_choice c = { .khz = rows->numbers[KHZ], .repeats = n,
		.energy_uj = mean(rows, n, ENERGY), .time_us = mean(rows, n, TIME),
		.idle_mw = mean(rows, n, IDLE), .period_uj = NAN };
	size_t i;

	memcpy(c.settings, rows->settings, sizeof(c.settings));
	for (i = 0; i < n; i++)
		c.edp_ujs += edp_of(&rows[i]) / (double)n;
	for (i = 0; i < n; i++) {
		add_scatter(energy, rows[i].numbers[ENERGY], c.energy_uj, rows[i].numbers[CI95]);
		add_scatter(edp, edp_of(&rows[i]), c.edp_ujs,
			    rows[i].numbers[CI95] * rows[i].numbers[TIME] / 1e6);
	}
	if (!isnan(c.energy_uj)) {
		energy->dof += n - 1;
		edp->dof += n - 1;
	}
	return c;
}

static int by_time(const void *p, const void *q)
{
	const struct synergy_choice *a = p, *b = q;

	return (a->time_us > b->time_us) - (a->time_us < b->time_us);
}

/* Does a lie no further over b than chance may put it? */
static bool alike(double a, double b, double se_a, double se_b, double dof)
{
	return a - b <= gsl_cdf_tdist_Pinv(0.975, dof) * hypot(se_a, se_b);
}

static void find_best(struct synergy_choice_group *g)
{
	struct synergy_choice *energy = NULL, *edp = NULL, *c;

	for (c = g->choices; c < g->choices + g->n; c++) {
		if (!isnan(c->energy_uj) && (!energy || c->energy_uj < energy->energy_uj))
			energy = c;
		if (!isnan(c->edp_ujs) && (!edp || c->edp_ujs < edp->edp_ujs))
			edp = c;
	}
	if (!energy || !edp)
		return;
	energy->best_energy = edp->best_edp = true;
	for (c = g->choices; c < g->choices + g->n; c++) {
		c->like_best_energy = alike(c->energy_uj, energy->energy_uj, c->energy_se_uj,
					    energy->energy_se_uj, fmin(c->energy_dof, energy->energy_dof));
		c->like_best_edp = alike(c->edp_ujs, edp->edp_ujs, c->edp_se_ujs, edp->edp_se_ujs,
					 fmin(c->edp_dof, edp->edp_dof));
	}
}

/* Sorted by time: whoever takes less energy than all that are faster. */
static void find_pareto(struct synergy_choice_group *g)
{
	double least = INFINITY;
	size_t i;

	for (i = 0; i < g->n; i++) {
		g->choices[i].pareto = g->choices[i].energy_uj < least;
		least = fmin(least, g->choices[i].energy_uj);
	}
}

static void finish_group(struct synergy_choice_group *g, const struct scatter *energy,
			 const struct scatter *edp, double period_us)
{
	struct synergy_choice *c;

	qsort(g->choices, g->n, sizeof(*g->choices), by_time);
	g->period_us = isnan(period_us) ? g->choices[g->n - 1].time_us : period_us;
	for (c = g->choices; c < g->choices + g->n; c++) {
		c->energy_se_uj = standard_error(energy, c->energy_uj, c->repeats, &c->energy_dof);
		c->energy_ci95_uj = c->energy_se_uj * gsl_cdf_tdist_Pinv(0.975, c->energy_dof);
		c->edp_se_ujs = standard_error(edp, c->edp_ujs, c->repeats, &c->edp_dof);
		c->edp_ci95_ujs = c->edp_se_ujs * gsl_cdf_tdist_Pinv(0.975, c->edp_dof);
		if (g->index < 0 && c->time_us <= g->period_us)
			c->period_uj = c->energy_uj + c->idle_mw * (g->period_us - c->time_us) / 1e3;
	}
	find_best(g);
	find_pareto(g);
}

static int add_group(struct work *w, const struct row *rows, size_t n, double period_us)
{
	struct synergy_choice_group g = { .board = rows->texts[BOARD], .model = rows->texts[MODEL],
		.layer = rows->texts[LAYER], .op = rows->texts[OP], .index = rows->index };
	struct scatter energy = { 0 }, edp = { 0 };
	size_t at, end;

	if (synergy_array_grow(&w->c->groups, w->c->n, sizeof(*w->c->groups)))
		return -1;
	for (at = 0; at < n; at = end) {
		for (end = at + 1; end < n && !compare_settings(&rows[at], &rows[end]); end++)
			;
		if (synergy_array_grow(&g.choices, g.n, sizeof(*g.choices))) {
			free(g.choices);
			return -1;
		}
		g.choices[g.n++] = make_choice(rows + at, end - at, &energy, &edp);
	}
	finish_group(&g, &energy, &edp, period_us);
	w->c->groups[w->c->n++] = g;
	return 0;
}

static int make_groups(struct work *w, double period_us, struct synergy_error *error)
{
	size_t at, end;

	qsort(w->rows, w->n, sizeof(*w->rows), compare_rows);
	for (at = 0; at < w->n; at = end) {
		for (end = at + 1; end < w->n && !compare_groups(&w->rows[at], &w->rows[end]); end++)
			;
		if (add_group(w, w->rows + at, end - at, period_us))
			return synergy_error_set(error, ENOMEM, "%s: no memory", w->csv.name);
	}
	return 0;
}

int synergy_choices_read(const char *path, double period_us, struct synergy_choices *choices,
			 struct synergy_error *error)
{
	struct work w = { .c = choices };
	size_t length;
	char *text;
	int result;

	memset(choices, 0, sizeof(*choices));
	if (synergy_csv_slurp(path, MOST_RESULT_BYTES, &text, &length, error))
		return -1;
	result = synergy_csv_open(&w.csv, text, length, path, error);
	if (!result) {
		result = read_rows(&w, error);
		if (!result)
			result = make_groups(&w, period_us, error);
		synergy_csv_close(&w.csv);
	}
	free(w.rows);
	free(text);
	return result;
}

void synergy_choices_clear(struct synergy_choices *c)
{
	while (c->n)
		free(c->groups[--c->n].choices);
	while (c->n_texts)
		free(c->texts[--c->n_texts]);
	free(c->groups);
	free(c->texts);
	memset(c, 0, sizeof(*c));
}

/* ---- asking ---- */

const struct synergy_choice *synergy_choice_best_energy(const struct synergy_choice_group *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->choices[i].best_energy)
			return &g->choices[i];
	return NULL;
}

const struct synergy_choice *synergy_choice_best_edp(const struct synergy_choice_group *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->choices[i].best_edp)
			return &g->choices[i];
	return NULL;
}

const struct synergy_choice *synergy_choice_fixed(const struct synergy_choice_group *g,
						  const struct synergy_choice *governor)
{
	const struct synergy_choice *best = NULL, *c;
	int i;

	for (c = g->choices; c < g->choices + g->n; c++) {
		for (i = SYNERGY_SETTING_CLOCK + 1; i < SYNERGY_SETTINGS; i++)
			if (strcmp(c->settings[i], governor->settings[i]))
				break;
		if (i == SYNERGY_SETTINGS && !isnan(c->khz) && !isnan(c->energy_uj) &&
		    (!best || c->energy_uj < best->energy_uj))
			best = c;
	}
	return best;
}
