// SPDX-License-Identifier: GPL-3.0-or-later
/* What choice.h found, as CSV and for people. */
#include "sweep/choice.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "layers/csv.h"
#include "report/grid.h"
#include "report/units.h"

/* ---- CSV ---- */

static void put_number(FILE *out, double v)
{
	fputc(',', out);
	if (!isnan(v))
		fprintf(out, "%.9g", v);
}

static void put_choice(FILE *out, const struct synergy_choice_group *g, const struct synergy_choice *c)
{
	int i;

	synergy_csv_put(out, g->board);
	fputc(',', out);
	synergy_csv_put(out, g->model);
	put_number(out, g->index < 0 ? NAN : (double)g->index);
	fputc(',', out);
	synergy_csv_put(out, g->layer);
	fputc(',', out);
	synergy_csv_put(out, g->op);
	for (i = 0; i < SYNERGY_SETTINGS; i++) {
		fputc(',', out);
		synergy_csv_put(out, c->settings[i]);
	}
	put_number(out, (double)c->repeats);
	put_number(out, c->time_us);
	put_number(out, c->energy_uj);
	put_number(out, c->energy_ci95_uj);
	put_number(out, c->edp_ujs);
	put_number(out, c->edp_ci95_ujs);
	put_number(out, c->period_uj);
	fprintf(out, ",%d,%d,%d,%d,%d\n", c->best_energy, c->like_best_energy, c->best_edp,
		c->like_best_edp, c->pareto);
}

int synergy_choices_write(const struct synergy_choices *choices, FILE *out)
{
	const struct synergy_choice_group *g;
	size_t k;
	int i;

	fputs("board,model,index,layer,op", out);
	for (i = 0; i < SYNERGY_SETTINGS; i++)
		fprintf(out, ",%s", synergy_setting_columns[i]);
	fputs(",repeats,time_us,energy_uj,energy_ci95_uj,edp_ujs,edp_ci95_ujs,period_uj,best_energy,"
	      "like_best_energy,best_edp,like_best_edp,pareto\n", out);
	for (g = choices->groups; g < choices->groups + choices->n; g++)
		for (k = 0; k < g->n; k++)
			put_choice(out, g, &g->choices[k]);
	return ferror(out) ? -1 : 0;
}

/* ---- a table ---- */

/* Settings that differ within the group: the others are not worth a column. */
static void find_varied(const struct synergy_choice_group *g, bool *varied)
{
	size_t k;
	int i;

	for (i = 0; i < SYNERGY_SETTINGS; i++) {
		varied[i] = false;
		for (k = 1; k < g->n; k++)
			varied[i] |= !!strcmp(g->choices[k].settings[i], g->choices[0].settings[i]);
	}
}

void synergy_choice_name(const struct synergy_choice_group *g, const struct synergy_choice *c,
			 char *text, size_t size)
{
	bool varied[SYNERGY_SETTINGS], first = true;
	size_t at = 0;
	int i;

	find_varied(g, varied);
	snprintf(text, size, "the only configuration");
	for (i = 0; i < SYNERGY_SETTINGS && at < size; i++) {
		if (!varied[i])
			continue;
		at += (size_t)snprintf(text + at, size - at, "%s%s %s", first ? "" : ", ",
				       synergy_setting_columns[i], c->settings[i]);
		first = false;
	}
}

static void add_row(struct synergy_grid *grid,
		    const struct synergy_choice *c, const bool *varied)
{
	char text[64], marks[32];
	int i;

	synergy_grid_row(grid, c->best_energy ? "1" : NULL);
	for (i = 0; i < SYNERGY_SETTINGS; i++)
		if (varied[i])
			synergy_grid_cell(grid, c->settings[i]);
	synergy_grid_cell(grid, synergy_format_time(c->time_us, text, sizeof(text)));
	synergy_grid_cell(grid, synergy_format_interval(c->energy_uj, c->energy_ci95_uj, "+-", text,
							sizeof(text)));
	snprintf(text, sizeof(text), isnan(c->edp_ujs) ? "-" : "%.4g", c->edp_ujs / 1e3);
	synergy_grid_cell(grid, text);
	synergy_grid_cell(grid, synergy_format_energy(c->period_uj, text, sizeof(text)));
	snprintf(marks, sizeof(marks), "%s%s%s", c->best_energy ? "E " : c->like_best_energy ? "e " : "",
		 c->best_edp ? "P " : c->like_best_edp ? "p " : "", c->pareto ? "front" : "");
	synergy_grid_cell(grid, marks);
}

static int print_table(const struct synergy_choice_group *g, FILE *out)
{
	static const struct synergy_terminal plain = { .utf8 = false };
	struct synergy_grid *grid = synergy_grid_new();
	bool varied[SYNERGY_SETTINGS];
	int i, hidden, result;
	size_t k;

	if (!grid)
		return -1;
	find_varied(g, varied);
	for (i = 0; i < SYNERGY_SETTINGS; i++)
		if (varied[i])
			synergy_grid_column(grid, synergy_setting_columns[i], SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(grid, "time", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "energy +-95%", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "mJ s", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "with idle", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "", SYNERGY_GRID_LEFT, 0, false);
	for (k = 0; k < g->n; k++)
		add_row(grid, &g->choices[k], varied);
	result = synergy_grid_print(grid, &plain, &hidden, out);
	synergy_grid_free(grid);
	return result;
}

/* ---- what follows ---- */

static size_t count_like(const struct synergy_choice_group *g, bool edp)
{
	size_t n = 0, k;

	for (k = 0; k < g->n; k++)
		n += edp ? g->choices[k].like_best_edp : g->choices[k].like_best_energy;
	return n;
}

static void print_best(const struct synergy_choice_group *g, const struct synergy_choice *c,
		       const char *what, bool edp, FILE *out)
{
	size_t others = count_like(g, edp) - 1;
	char name[256];

	synergy_choice_name(g, c, name, sizeof(name));
	fprintf(out, "%s: %s", what, name);
	if (others)
		fprintf(out, "; %zu other%s cannot be distinguished from it (95 %%)", others,
			others == 1 ? "" : "s");
	fputc('\n', out);
}

/* Where being done early and idling costs less than a slower clock, or more. */
static void print_period(const struct synergy_choice_group *g, FILE *out)
{
	const struct synergy_choice *best = NULL, *c;
	char name[256], period[32], energy[32];

	for (c = g->choices; c < g->choices + g->n; c++)
		if (!isnan(c->period_uj) && (!best || c->period_uj < best->period_uj))
			best = c;
	if (!best || g->n < 2)
		return;
	synergy_choice_name(g, best, name, sizeof(name));
	fprintf(out, "least for an image each %s, idle between: %s, %s\n",
		synergy_format_time(g->period_us, period, sizeof(period)), name,
		synergy_format_energy(best->period_uj, energy, sizeof(energy)));
}

static void print_governors(const struct synergy_choice_group *g, FILE *out)
{
	const struct synergy_choice *c, *fixed;
	char name[256];
	double more, ci95;

	for (c = g->choices; c < g->choices + g->n; c++) {
		fixed = isnan(c->khz) && !isnan(c->energy_uj) ? synergy_choice_fixed(g, c) : NULL;
		if (!fixed)
			continue;
		synergy_choice_name(g, c, name, sizeof(name));
		more = 100 * (c->energy_uj / fixed->energy_uj - 1);
		ci95 = 100 * c->energy_uj / fixed->energy_uj *
			gsl_cdf_tdist_Pinv(0.975, fmin(c->energy_dof, fixed->energy_dof)) *
			hypot(c->energy_se_uj / c->energy_uj, fixed->energy_se_uj / fixed->energy_uj);
		fprintf(out, "%s: %+.1f +-%.1f %% beside the best fixed clock (%s)\n", name, more, ci95,
			fixed->settings[SYNERGY_SETTING_CLOCK]);
	}
}

/* The layers behind @whole, each at its own best. */
static void print_layers(const struct synergy_choices *choices, const struct synergy_choice_group *whole,
			 FILE *out)
{
	const struct synergy_choice_group *end = choices->groups + choices->n, *g;
	const struct synergy_choice *best = synergy_choice_best_energy(whole), *layer;
	size_t layers = 0, others = 0, k;
	double sum = 0, at_best = 0;

	for (g = whole + 1; g < end && g->index >= 0 && !strcmp(g->board, whole->board) &&
	     !strcmp(g->model, whole->model); g++) {
		layer = synergy_choice_best_energy(g);
		for (k = 0; layer && k < g->n; k++) {
			bool same = true;
			int i;

			for (i = 0; i < SYNERGY_SETTINGS; i++)
				same &= !strcmp(g->choices[k].settings[i], best->settings[i]);
			if (!same || isnan(g->choices[k].energy_uj))
				continue;
			layers++;
			others += !g->choices[k].like_best_energy;
			sum += layer->energy_uj;
			at_best += g->choices[k].energy_uj;
		}
	}
	if (layers && whole->n > 1)
		fprintf(out, "layers: %zu of %zu have another best configuration (95 %%); each at its own would take %.1f %% less at most, without what changing costs\n",
			others, layers, at_best > 0 ? 100 * (1 - sum / at_best) : 0);
}

static int print_whole(const struct synergy_choices *choices, const struct synergy_choice_group *g,
		       FILE *out)
{
	const struct synergy_choice *energy = synergy_choice_best_energy(g);

	synergy_text_put(g->model, out);
	fputs(" on ", out);
	synergy_text_put(g->board, out);
	fprintf(out, ", %zu configuration%s\n\n", g->n, g->n == 1 ? "" : "s");
	if (print_table(g, out))
		return -1;
	fputc('\n', out);
	if (!energy) {
		fputs("no energy was measured\n\n", out);
		return 0;
	}
	print_best(g, energy, "least energy (E)", false, out);
	print_best(g, synergy_choice_best_edp(g), "least energy by time (P)", true, out);
	print_period(g, out);
	print_governors(g, out);
	print_layers(choices, g, out);
	fputc('\n', out);
	return 0;
}

int synergy_choices_print(const struct synergy_choices *choices, FILE *out)
{
	const struct synergy_choice_group *g;

	for (g = choices->groups; g < choices->groups + choices->n; g++)
		if (g->index < 0 && print_whole(choices, g, out))
			return -1;
	fputs("e, p: not distinguishable from the least; front: nothing takes less of both, energy and time\n",
	      out);
	return ferror(out) ? -1 : 0;
}
