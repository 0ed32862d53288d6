// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The comparison in a terminal; see compare.h.
 */
#include <math.h>
#include <string.h>

#include "report/compare.h"
#include "report/units.h"

struct printer {
	const struct synergy_comparison *c;
	const struct synergy_terminal *terminal;
	FILE *out;
	bool power;
	const char *pm;
};

static void cell_energy(struct synergy_grid *grid, const struct synergy_estimate *e)
{
	char buf[96];

	synergy_grid_cell(grid, synergy_format_energy(e->value, buf, sizeof(buf)));
}

/* "+12.3 +-0.4 mJ": a difference has its sign. */
static void cell_difference(const struct printer *pr, struct synergy_grid *grid,
			    const struct synergy_compare_row *r)
{
	char text[96], buf[sizeof(text) + 1];

	if (isnan(r->difference_uj)) {
		synergy_grid_cell(grid, "-");
		return;
	}
	synergy_format_interval(r->difference_uj, r->ci95_uj, pr->pm, text, sizeof(text));
	snprintf(buf, sizeof(buf), "%s%s", *text == '-' ? "" : "+", text);
	synergy_grid_cell(grid, buf);
}

static void cell_share(struct synergy_grid *grid, double change, double whole)
{
	char buf[32] = "-";

	if (!isnan(change) && whole > 0)
		snprintf(buf, sizeof(buf), "%+.1f", 100 * change / whole);
	synergy_grid_cell(grid, buf);
}

static double time_of(const struct synergy_layers_row *row)
{
	return row ? row->time_us : NAN;
}

/* What the row's difference is: * significant, . only if it were looked at alone. */
static const char *mark(const struct synergy_compare_row *r)
{
	return r->differs ? "*" : r->differs_alone ? "." : "";
}

static void add_row(const struct printer *pr, struct synergy_grid *grid,
		    const struct synergy_compare_row *r)
{
	const struct synergy_layers_row *row = r->a ? r->a : r->b;
	double change = time_of(r->b) - time_of(r->a);
	char buf[192];

	synergy_grid_row(grid, r->differs ? "1" : r->a && r->b ? NULL : "2");
	snprintf(buf, sizeof(buf), "%u", row->index);
	synergy_grid_cell(grid, buf);
	if (r->a && r->b && strcmp(r->a->layer, r->b->layer))
		snprintf(buf, sizeof(buf), "%.90s = %.90s", r->a->layer, r->b->layer);
	else
		snprintf(buf, sizeof(buf), "%.180s", row->layer);
	synergy_grid_cell(grid, buf);
	synergy_grid_cell(grid, row->op);
	synergy_grid_cell(grid, synergy_format_time(time_of(r->a), buf, sizeof(buf)));
	synergy_grid_cell(grid, synergy_format_time(time_of(r->b), buf, sizeof(buf)));
	cell_share(grid, change, time_of(r->a));
	if (!pr->power)
		return;
	cell_energy(grid, &r->a_uj);
	cell_energy(grid, &r->b_uj);
	if (!r->a || !r->b) {
		synergy_grid_cell(grid, r->a ? "only in A" : "only in B");
		return;
	}
	cell_difference(pr, grid, r);
	cell_share(grid, r->difference_uj, r->a_uj.value);
	synergy_grid_cell(grid, mark(r));
}

static void add_whole(const struct printer *pr, struct synergy_grid *grid, const char *name,
		      const struct synergy_compare_row *r, bool time)
{
	const struct synergy_comparison *c = pr->c;
	char buf[96];

	synergy_grid_row(grid, "1");
	synergy_grid_cell(grid, "");
	synergy_grid_cell(grid, name);
	synergy_grid_cell(grid, "");
	synergy_grid_cell(grid, time ? synergy_format_time(c->a.run_us.value, buf, sizeof(buf)) : "");
	synergy_grid_cell(grid, time ? synergy_format_time(c->b.run_us.value, buf, sizeof(buf)) : "");
	if (time)
		cell_share(grid, c->b.run_us.value - c->a.run_us.value, c->a.run_us.value);
	else
		synergy_grid_cell(grid, "");
	if (!pr->power)
		return;
	cell_energy(grid, &r->a_uj);
	cell_energy(grid, &r->b_uj);
	cell_difference(pr, grid, r);
	cell_share(grid, r->difference_uj, r->a_uj.value);
	synergy_grid_cell(grid, mark(r));
}

static int print_rows(const struct printer *pr)
{
	struct synergy_grid *grid = synergy_grid_new();
	size_t i;
	int result;

	if (!grid)
		return -1;
	synergy_grid_column(grid, "#", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "layer", SYNERGY_GRID_LEFT, 12, false);
	synergy_grid_column(grid, "op", SYNERGY_GRID_LEFT, 7, true);
	synergy_grid_column(grid, "time A", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "time B", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
	if (pr->power) {
		synergy_grid_column(grid, "energy A", SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "energy B", SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, pr->terminal->utf8 ? "B - A \u00b195%" : "B - A +-95%",
				    SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "", SYNERGY_GRID_LEFT, 0, false);
	}
	for (i = 0; i < pr->c->n_rows; i++)
		add_row(pr, grid, &pr->c->rows[i]);
	synergy_grid_rule(grid);
	add_whole(pr, grid, "total", &pr->c->total, true);
	if (pr->power && !isnan(pr->c->net.difference_uj))
		add_whole(pr, grid, "above idle", &pr->c->net, false);
	result = synergy_grid_print(grid, pr->terminal, NULL, pr->out);
	synergy_grid_free(grid);
	return result;
}

static void print_side(const struct printer *pr, char letter, const struct synergy_compare_side *s)
{
	const char *network = s->layers->n_rows ? s->layers->rows[0].network : "?";

	fprintf(pr->out, "%c  ", letter);
	synergy_text_put(network, pr->out);
	if (s->rail) {
		fputs(", ", pr->out);
		synergy_text_put(s->rail, pr->out);
	}
	if (s->n_runs)
		fprintf(pr->out, ", %zu run%s", s->n_runs, s->n_runs == 1 ? "" : "s");
	fputs(": ", pr->out);
	synergy_text_put(s->name, pr->out);
	fputc('\n', pr->out);
}

static void print_set_up(const struct printer *pr)
{
	const char *key, *a, *b;
	size_t i;

	for (i = 0; synergy_comparison_set_up(pr->c, i, &key, &a, &b); i++) {
		fputs("   ", pr->out);
		synergy_text_put(key, pr->out);
		fputs(": ", pr->out);
		synergy_text_put(a ? a : "(none)", pr->out);
		fputs(pr->terminal->utf8 ? " \u2192 " : " -> ", pr->out);
		synergy_text_put(b ? b : "(none)", pr->out);
		fputc('\n', pr->out);
	}
}

static void print_summary(const struct printer *pr)
{
	const struct synergy_comparison *c = pr->c;
	char buf[96];

	fputc('\n', pr->out);
	if (!pr->power) {
		fputs("no power was measured in both: times only\n", pr->out);
		return;
	}
	fprintf(pr->out, "* %zu of %zu layers differ (false discovery rate 5 %%)",
		c->n_differ, c->n_tested);
	if (c->n_differ_alone > c->n_differ)
		fprintf(pr->out, "; . %zu more would, each looked at alone at the 95 %% level",
			c->n_differ_alone - c->n_differ);
	fputc('\n', pr->out);
	fputs(c->same_sensor ? "one board, one sensor: its offset and gain cancel" :
	      "note: not measured by one sensor of one board as far as is recorded: offset and gain do not cancel, and are not in the intervals",
	      pr->out);
	if (isnan(c->sensor_u95_uj))
		fputc('\n', pr->out);
	else
		fprintf(pr->out, c->same_sensor ? ", but for %s%s of the total's difference\n" :
			": %s%s of the total's difference\n", pr->pm,
			synergy_format_energy(c->sensor_u95_uj, buf, sizeof(buf)));
	if (c->n_by_place)
		fprintf(pr->out, "note: %zu layers have other names in B and were matched by operator and place\n",
			c->n_by_place);
	if (c->n_only_a + c->n_only_b)
		fprintf(pr->out, "note: %zu layers are only in A, %zu only in B\n", c->n_only_a,
			c->n_only_b);
}

int synergy_comparison_print(const struct synergy_comparison *c,
			     const struct synergy_terminal *terminal, FILE *out)
{
	const struct printer pr = {
		.c = c, .terminal = terminal, .out = out,
		.power = c->a.rail && c->b.rail,
		.pm = terminal->utf8 ? "\u00b1" : "+-",
	};

	print_side(&pr, 'A', &c->a);
	print_side(&pr, 'B', &c->b);
	print_set_up(&pr);
	fputc('\n', out);
	if (print_rows(&pr))
		return -1;
	print_summary(&pr);
	return ferror(out) ? -1 : 0;
}
