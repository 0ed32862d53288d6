// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * See phases_table.h. Rows stand below the name that encloses them; their own time and
 * energy add up to the whole, those with the calls inside stand beside them.
 */
#include "report/phases_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/budget.h"
#include "report/table.h"
#include "report/units.h"

struct printer {
	const struct synergy_profile *p;
	const struct synergy_attribute_input *in;
	const struct synergy_attribute_result *r;
	const struct synergy_layers *t;
	const struct synergy_terminal *terminal;
	FILE *out;
	bool power, nested, shared;
	const char *pm;
};

static void add_columns(const struct printer *pr, struct synergy_grid *grid)
{
	const char *energy = pr->terminal->utf8 ? "energy \u00b195%" : "energy +-95%";
	size_t e;

	synergy_grid_column(grid, "name", SYNERGY_GRID_LEFT, 16, false);
	synergy_grid_column(grid, "calls", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "time", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
	if (pr->power) {
		synergy_grid_column(grid, energy, SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "power", SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "a call", SYNERGY_GRID_RIGHT, 0, false);
	}
	if (pr->nested) {
		synergy_grid_column(grid, "with inner", SYNERGY_GRID_RIGHT, 0, false);
		if (pr->power)
			synergy_grid_column(grid, energy, SYNERGY_GRID_RIGHT, 0, false);
	}
	if (pr->shared)
		synergy_grid_column(grid, "shared", SYNERGY_GRID_RIGHT, 0, true);
	for (e = 0; e < pr->t->n_events; e++)
		synergy_grid_column(grid, pr->t->events[e], SYNERGY_GRID_RIGHT, 8, true);
}

static char *format_calls(double calls, char *buf, size_t size)
{
	if (calls == rint(calls) && calls < 100000)
		snprintf(buf, size, "%.0f", calls);
	else
		synergy_format_count(calls, buf, size);
	return buf;
}

static void add_row(const struct printer *pr, struct synergy_grid *grid, size_t i, uint32_t level)
{
	const struct synergy_layers_row *row = &pr->t->rows[i];
	const struct synergy_layers_calls *c = &row->calls;
	bool rest = i + 1 == pr->in->phases->n;
	bool bounded = synergy_only_bounded(row->energy_uj, row->energy_ci95_uj, row->resolved);
	double inner = pr->power && row->energy_uj > 0 ? c->inclusive_uj : NAN;
	char buf[160];
	size_t e;

	synergy_grid_row(grid, rest ? "2" : NULL);
	snprintf(buf, sizeof(buf), "%*s%s", (int)(2 * (level < 12 ? level : 12)), "",
		 rest && pr->in->phases->n > 1 ? "(outside of marks)" : row->layer);
	synergy_grid_cell(grid, buf);
	synergy_grid_cell(grid, rest ? "" : format_calls(c->calls, buf, sizeof(buf)));
	synergy_grid_cell(grid, synergy_format_time(row->time_us, buf, sizeof(buf)));
	synergy_grid_cell_share(grid, row->time_us, pr->r->run_us);
	if (pr->power) {
		double total = pr->r->rails[pr->p->rail].total_uj.value;

		synergy_grid_cell(grid, synergy_format_layer(row->energy_uj, row->energy_ci95_uj,
							     row->resolved, pr->pm, buf,
							     sizeof(buf)));
		synergy_grid_cell_share(grid, bounded ? NAN : row->energy_uj, total);
		synergy_grid_cell(grid, synergy_format_power(bounded ? NAN : row->power_mw, buf,
							     sizeof(buf)));
		synergy_grid_cell(grid, rest || bounded ? "" :
			synergy_format_interval(c->inclusive_uj / c->calls,
				c->inclusive_ci95_uj / c->calls, pr->pm, buf, sizeof(buf)));
	}
	if (pr->nested) {
		bool says = !rest && c->inclusive_us > row->time_us * 1.000001;

		synergy_grid_cell(grid, says ? synergy_format_time(c->inclusive_us, buf,
								   sizeof(buf)) : "");
		if (pr->power)
			synergy_grid_cell(grid, says && !isnan(inner) ?
				synergy_format_interval(inner, c->inclusive_ci95_uj, pr->pm, buf,
							sizeof(buf)) : "");
	}
	if (pr->shared)
		synergy_grid_cell(grid, c->shared_us > 0 ?
				  synergy_format_time(c->shared_us, buf, sizeof(buf)) : "");
	for (e = 0; e < pr->t->n_events; e++)
		synergy_grid_cell(grid, synergy_format_count(row->events[e], buf, sizeof(buf)));
}

/* The rows that a row encloses, each followed by its own. */
static void add_tree(const struct printer *pr, struct synergy_grid *grid, uint32_t parent,
		     uint32_t level)
{
	const struct synergy_phases *ph = pr->in->phases;
	size_t i;

	for (i = 0; i + 1 < ph->n; i++) {
		/* A row that was least deep within itself would never be reached. */
		if (ph->rows[i].parent != parent || ph->rows[i].depth != level)
			continue;
		add_row(pr, grid, i, level);
		add_tree(pr, grid, (uint32_t)i, level + 1);
	}
}

static void add_total(const struct printer *pr, struct synergy_grid *grid)
{
	const struct synergy_rail_result *rail;
	char buf[96];
	size_t e;

	synergy_grid_rule(grid);
	synergy_grid_row(grid, "1");
	synergy_grid_cell(grid, "total");
	synergy_grid_cell(grid, "");
	synergy_grid_cell(grid, synergy_format_time(pr->r->run_us, buf, sizeof(buf)));
	synergy_grid_cell(grid, "100.0");
	if (pr->power) {
		rail = &pr->r->rails[pr->p->rail];
		synergy_grid_cell(grid, synergy_format_interval(rail->total_uj.value,
			rail->total_uj.ci95, pr->pm, buf, sizeof(buf)));
		synergy_grid_cell(grid, "100.0");
		synergy_grid_cell(grid, synergy_format_power(rail->total_uj.value / pr->r->run_us *
							     1e3, buf, sizeof(buf)));
		synergy_grid_cell(grid, "");
	}
	if (pr->nested) {
		synergy_grid_cell(grid, "");
		if (pr->power)
			synergy_grid_cell(grid, "");
	}
	if (pr->shared)
		synergy_grid_cell(grid, "");
	for (e = 0; e < pr->t->n_events; e++)
		synergy_grid_cell(grid, synergy_format_count(pr->r->run_counts[e], buf, sizeof(buf)));
}

static int print_rows(struct printer *pr)
{
	struct synergy_grid *grid = synergy_grid_new();
	const struct synergy_phases *ph = pr->in->phases;
	bool unresolved = false;
	int hidden = 0, result;
	size_t i;

	if (!grid)
		return -1;
	pr->nested = pr->shared = false;
	for (i = 0; i < ph->n; i++) {
		pr->nested |= i + 1 < ph->n && ph->rows[i].depth > 0;
		pr->shared |= ph->rows[i].shared_us > 0;
		unresolved |= pr->t->rows[i].resolved == 0 && !isnan(pr->t->rows[i].energy_uj);
	}
	add_columns(pr, grid);
	add_tree(pr, grid, (uint32_t)ph->n - 1, 0);
	add_row(pr, grid, ph->n - 1, 0);
	add_total(pr, grid);
	result = synergy_grid_print(grid, pr->terminal, &hidden, pr->out);
	if (unresolved && pr->power)
		fputs("(~ not resolved; < with 95 % confidence below)\n", pr->out);
	if (hidden)
		fprintf(pr->out, "(%d column%s left out for want of width; --format csv has all)\n",
			hidden, hidden == 1 ? "" : "s");
	synergy_grid_free(grid);
	return result;
}

static void print_title(const struct printer *pr)
{
	const char *host = synergy_stream_note(pr->p->stream, "host");
	const char *dot = pr->terminal->utf8 ? "\u00b7" : "|";
	size_t names = pr->in->phases->n - 1;

	fputs(pr->terminal->colour ? "\033[1m" : "", pr->out);
	synergy_text_put(pr->t->rows[pr->in->phases->n - 1].layer, pr->out);
	fputs(pr->terminal->colour ? "\033[0m" : "", pr->out);
	if (names)
		fprintf(pr->out, " %s %zu name%s marked by thread %u", dot, names,
			names == 1 ? "" : "s", pr->in->phases->tid);
	else
		fprintf(pr->out, " %s nothing was marked in it", dot);
	if (pr->power)
		fprintf(pr->out, " %s %s", dot, synergy_profile_rail(pr->p));
	if (host) {
		fprintf(pr->out, " %s ", dot);
		synergy_text_put(host, pr->out);
	}
	fputs("\n\n", pr->out);
}

/* Every rail that was sampled, whatever was marked. */
static int print_rails(const struct printer *pr)
{
	struct synergy_grid *grid = synergy_grid_new();
	char buf[96];
	int result;
	size_t i;

	if (!grid)
		return -1;
	synergy_grid_column(grid, "rail", SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(grid, "energy", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "mean", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "samples", SYNERGY_GRID_RIGHT, 0, true);
	for (i = 0; i < pr->r->n_rails; i++) {
		const struct synergy_rail_result *v = &pr->r->rails[i];

		synergy_grid_row(grid, NULL);
		synergy_grid_cell(grid, v->label);
		synergy_grid_cell(grid, synergy_format_interval(v->total_uj.value, v->total_uj.ci95,
								pr->pm, buf, sizeof(buf)));
		synergy_grid_cell(grid, synergy_format_power(v->total_uj.value / pr->r->run_us * 1e3,
							     buf, sizeof(buf)));
		snprintf(buf, sizeof(buf), "%zu", v->n_samples);
		synergy_grid_cell(grid, buf);
	}
	fputc('\n', pr->out);
	result = synergy_grid_print(grid, pr->terminal, NULL, pr->out);
	synergy_grid_free(grid);
	return result;
}

static void print_summary(const struct printer *pr)
{
	const struct synergy_stream_info *info = synergy_stream_info(pr->p->stream);
	const struct synergy_stream_tally *t = &pr->p->tally;
	char buf[128];

	fputc('\n', pr->out);
	if (pr->power) {
		synergy_sensor_print(pr->p, pr->pm, pr->out);
		fprintf(pr->out,
			"%llu samples, one each %.4g us; %llu lost, %llu repeats, %llu late, %llu failed reads\n",
			(unsigned long long)t->by_type[SYNERGY_RECORD_POWER],
			info->session.period_ns / 1e3, (unsigned long long)t->lost,
			(unsigned long long)t->power_repeats, (unsigned long long)t->power_late,
			(unsigned long long)t->by_type[SYNERGY_RECORD_ERROR]);
	} else {
		fputs("no power was measured: time and counts only\n", pr->out);
	}
	if (pr->r->n_runs > 1)
		fprintf(pr->out, "%zu runs of %s (standard deviation %s); figures are means of a run\n",
			pr->r->n_runs, synergy_format_time(pr->r->run_us, buf, 64),
			synergy_format_time(pr->r->run_sd_us, buf + 64, 64));
	synergy_remarks_print(pr->p, pr->terminal, pr->out);
}

int synergy_phases_print(const struct synergy_profile *p, const struct synergy_terminal *terminal,
			 FILE *out)
{
	struct printer pr = {
		.p = p, .in = p->input, .r = p->result, .t = p->layers, .terminal = terminal,
		.out = out, .power = p->rail >= 0, .pm = terminal->utf8 ? "\u00b1" : "+-",
	};
	size_t i;

	print_title(&pr);
	if (print_rows(&pr))
		return -1;
	for (i = 0; i < p->n_threads; i++) {
		const struct synergy_profile_thread *t = &p->threads[i];

		fprintf(out, "\nthread %u%s: the same time by its marks\n\n", t->tid,
			t->tgid != p->input->phases->tgid ? " of another process" : "");
		pr.in = t->input;
		pr.r = t->result;
		pr.t = t->layers;
		if (print_rows(&pr))
			return -1;
	}
	pr.in = p->input;
	pr.r = p->result;
	pr.t = p->layers;
	if (pr.power && print_rails(&pr))
		return -1;
	print_summary(&pr);
	return ferror(out) ? -1 : 0;
}
