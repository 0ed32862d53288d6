// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The table on the terminal; see table.h. It shows what the layers table and the
 * attribution say and computes shares only.
 */
#include "report/table.h"
#include "report/budget.h"
#include "report/remarks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/phases_table.h"
#include "report/types.h"
#include "report/units.h"

struct printer {
	const struct synergy_profile *p;
	const struct synergy_table_extras *extras;
	const struct synergy_terminal *terminal;
	FILE *out;
	struct synergy_type_total total;
	bool power;		/* there is a rail */
	bool methods;		/* some layer says how it was computed */
	const char *pm;
};

static void add_columns(const struct printer *pr, struct synergy_grid *grid)
{
	const struct synergy_layers *t = pr->p->layers;
	size_t e;

	synergy_grid_column(grid, "#", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "layer", SYNERGY_GRID_LEFT, 12, false);
	synergy_grid_column(grid, "op", SYNERGY_GRID_LEFT, 7, false);
	if (pr->methods)
		synergy_grid_column(grid, "method", SYNERGY_GRID_LEFT, 6, true);
	synergy_grid_column(grid, "MACs", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "time", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
	if (pr->power) {
		synergy_grid_column(grid, pr->terminal->utf8 ? "energy \u00b195%" : "energy +-95%",
				    SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
		synergy_grid_column(grid, "power", SYNERGY_GRID_RIGHT, 0, false);
	}
	if (pr->extras && pr->extras->predicted) {
		synergy_grid_column(grid, "predicted", SYNERGY_GRID_RIGHT, 0, false);
		if (pr->power)
			synergy_grid_column(grid, "off %", SYNERGY_GRID_RIGHT, 0, true);
	}
	for (e = 0; e < t->n_events; e++)
		synergy_grid_column(grid, t->events[e], SYNERGY_GRID_RIGHT, 8, true);
}

static void add_prediction(const struct printer *pr, struct synergy_grid *grid, size_t i)
{
	const struct synergy_layers_row *row = &pr->p->layers->rows[i];
	double uj = pr->extras->predicted[i].energy_uj;
	char buf[64];

	synergy_grid_cell(grid, synergy_format_energy(uj, buf, sizeof(buf)));
	if (!pr->power)
		return;
	snprintf(buf, sizeof(buf), "-");
	if (!isnan(uj) && row->energy_uj > 0 &&
	    !synergy_only_bounded(row->energy_uj, row->energy_ci95_uj, row->resolved))
		snprintf(buf, sizeof(buf), "%+.1f", 100 * (uj - row->energy_uj) / row->energy_uj);
	synergy_grid_cell(grid, buf);
}

static void add_row(const struct printer *pr, struct synergy_grid *grid, size_t i)
{
	const struct synergy_layers *t = pr->p->layers;
	const struct synergy_layers_row *row = &t->rows[i];
	bool layer = synergy_layers_is_layer(row);
	char buf[96];
	size_t e;

	synergy_grid_row(grid, layer ? NULL : "2");
	snprintf(buf, sizeof(buf), "%u", row->index);
	synergy_grid_cell(grid, layer ? buf : "");
	synergy_grid_cell(grid, row->layer);
	synergy_grid_cell(grid, layer ? row->op : "");
	if (pr->methods)
		synergy_grid_cell(grid, row->features.method);
	synergy_grid_cell(grid, row->mac ? synergy_format_count(row->mac, buf, sizeof(buf)) : "");
	synergy_grid_cell(grid, synergy_format_time(row->time_us, buf, sizeof(buf)));
	synergy_grid_cell_share(grid, row->time_us, pr->total.time_us);
	if (pr->power) {
		bool bounded = synergy_only_bounded(row->energy_uj, row->energy_ci95_uj,
						    row->resolved);

		synergy_grid_cell(grid, synergy_format_layer(row->energy_uj, row->energy_ci95_uj,
							     row->resolved, pr->pm, buf,
							     sizeof(buf)));
		synergy_grid_cell_share(grid, bounded ? NAN : row->energy_uj, pr->total.energy_uj);
		synergy_grid_cell(grid, synergy_format_power(bounded ? NAN : row->power_mw, buf,
							     sizeof(buf)));
	}
	if (pr->extras && pr->extras->predicted)
		add_prediction(pr, grid, i);
	for (e = 0; e < t->n_events; e++)
		synergy_grid_cell(grid, synergy_format_count(row->events[e], buf, sizeof(buf)));
}

static double sum_events(const struct synergy_layers *t, size_t event)
{
	double sum = NAN, v;
	size_t i;

	for (i = 0; i < t->n_rows; i++) {
		v = t->rows[i].events[event];
		if (!isnan(v))
			sum = isnan(sum) ? v : sum + v;
	}
	return sum;
}

static void add_total(const struct printer *pr, struct synergy_grid *grid)
{
	const struct synergy_layers *t = pr->p->layers;
	const struct synergy_rail_result *rail;
	double sum = NAN;
	char buf[96];
	size_t e, i;

	synergy_grid_rule(grid);
	synergy_grid_row(grid, "1");
	synergy_grid_cell(grid, "");
	synergy_grid_cell(grid, "total");
	synergy_grid_cell(grid, "");
	if (pr->methods)
		synergy_grid_cell(grid, "");
	synergy_grid_cell(grid, synergy_format_count(pr->total.mac, buf, sizeof(buf)));
	synergy_grid_cell(grid, synergy_format_time(pr->total.time_us, buf, sizeof(buf)));
	synergy_grid_cell(grid, "100.0");
	if (pr->power) {
		rail = &pr->p->result->rails[pr->p->rail];
		synergy_grid_cell(grid, synergy_format_interval(pr->total.energy_uj,
			rail->total_uj.ci95, pr->pm, buf, sizeof(buf)));
		synergy_grid_cell(grid, "100.0");
		synergy_grid_cell(grid, synergy_format_power(pr->total.energy_uj /
			pr->total.time_us * 1e3, buf, sizeof(buf)));
	}
	if (pr->extras && pr->extras->predicted) {
		for (i = 0; i < t->n_rows; i++)
			if (!isnan(pr->extras->predicted[i].energy_uj))
				sum = (isnan(sum) ? 0 : sum) + pr->extras->predicted[i].energy_uj;
		synergy_grid_cell(grid, synergy_format_energy(sum, buf, sizeof(buf)));
		if (pr->power) {
			snprintf(buf, sizeof(buf), "%+.1f",
				 100 * (sum - pr->total.energy_uj) / pr->total.energy_uj);
			synergy_grid_cell(grid, isnan(sum) ? "-" : buf);
		}
	}
	for (e = 0; e < t->n_events; e++)
		synergy_grid_cell(grid, synergy_format_count(sum_events(t, e), buf, sizeof(buf)));
}

static bool unresolved(const struct synergy_layers *t)
{
	size_t i;

	for (i = 0; i < t->n_rows; i++)
		if (t->rows[i].resolved == 0 && !isnan(t->rows[i].energy_uj))
			return true;
	return false;
}

static int print_layers(const struct printer *pr)
{
	struct synergy_grid *grid = synergy_grid_new();
	int hidden = 0, result;
	size_t i;

	if (!grid)
		return -1;
	add_columns(pr, grid);
	for (i = 0; i < pr->p->layers->n_rows; i++)
		if (synergy_layers_is_layer(&pr->p->layers->rows[i]) ||
		    !isnan(pr->p->layers->rows[i].time_us) ||
		    !isnan(pr->p->layers->rows[i].energy_uj))
			add_row(pr, grid, i);
	add_total(pr, grid);
	result = synergy_grid_print(grid, pr->terminal, &hidden, pr->out);
	if (unresolved(pr->p->layers))
		fputs("(~ not resolved; < with 95 % confidence below)\n", pr->out);
	if (hidden)
		fprintf(pr->out, "(%d column%s left out for want of width; --format csv has all)\n",
			hidden, hidden == 1 ? "" : "s");
	synergy_grid_free(grid);
	return result;
}

static int print_types(const struct printer *pr)
{
	struct synergy_type_total totals[SYNERGY_TYPES_MAX];
	size_t n = synergy_type_totals(pr->p->layers, totals), i;
	struct synergy_grid *grid = synergy_grid_new();
	double part, whole;
	char buf[96];
	int result;

	if (!grid)
		return -1;
	synergy_grid_column(grid, "by type", SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(grid, "layers", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "MACs", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "time", SYNERGY_GRID_RIGHT, 0, false);
	if (pr->power)
		synergy_grid_column(grid, "energy", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "", SYNERGY_GRID_LEFT, 0, true);
	for (i = 0; i < n; i++) {
		if (isnan(totals[i].time_us) && isnan(totals[i].energy_uj))
			continue;
		part = pr->power ? totals[i].energy_uj : totals[i].time_us;
		whole = pr->power ? pr->total.energy_uj : pr->total.time_us;
		synergy_grid_row(grid, NULL);
		synergy_grid_cell(grid, totals[i].type);
		snprintf(buf, sizeof(buf), "%zu", totals[i].layers);
		synergy_grid_cell(grid, totals[i].layers ? buf : "");
		synergy_grid_cell(grid, totals[i].mac ?
				  synergy_format_count(totals[i].mac, buf, sizeof(buf)) : "");
		synergy_grid_cell(grid, synergy_format_time(totals[i].time_us, buf, sizeof(buf)));
		if (pr->power)
			synergy_grid_cell(grid, synergy_format_layer(totals[i].energy_uj,
				totals[i].ci95_uj, totals[i].energy_uj > totals[i].ci95_uj,
				pr->pm, buf, sizeof(buf)));
		synergy_grid_cell_share(grid, pr->power && totals[i].energy_uj <= totals[i].ci95_uj ? NAN : part,
			   whole);
		synergy_grid_cell(grid, synergy_text_bar(part / whole, 30, pr->terminal->utf8, buf,
							 sizeof(buf)));
	}
	fputc('\n', pr->out);
	result = synergy_grid_print(grid, pr->terminal, NULL, pr->out);
	synergy_grid_free(grid);
	return result;
}

static void print_energy(const struct printer *pr)
{
	const struct synergy_rail_result *rail = &pr->p->result->rails[pr->p->rail];
	bool before = !isnan(rail->idle_before_uw.value), after = !isnan(rail->idle_after_uw.value);
	char a[64], c[64];
	double net = rail->net_uj.value;

	fprintf(pr->out, "%s: %s an inference", rail->label,
		synergy_format_interval(rail->total_uj.value, rail->total_uj.ci95, pr->pm, a,
					sizeof(a)));
	if (!isnan(net))
		fprintf(pr->out, ", %s of it above idle (idle %s %s)",
			synergy_format_interval(net, rail->net_uj.ci95, pr->pm, c, sizeof(c)),
			synergy_format_power(rail->idle_uw.value / 1e3, a, sizeof(a)),
			before && after ? "before and after" : before ? "before" :
			after ? "after" : "between the runs");
	fputc('\n', pr->out);
	synergy_sensor_print(pr->p, pr->pm, pr->out);
}

/* What was checked, in one line; what failed is among the notes. */
static void print_checks(const struct printer *pr)
{
	static const char *const states[] = { "not made", "passed", "FAILED" };
	struct synergy_check_line line;
	size_t i;

	for (i = 0; synergy_check_line(pr->p->result, (size_t)pr->p->rail, i, &line); i++)
		fprintf(pr->out, "%s %s %s", i ? "," : "self-checks:", line.name,
			states[line.state]);
	fputc('\n', pr->out);
}

static void print_other_rails(const struct printer *pr)
{
	const struct synergy_attribute_result *r = pr->p->result;
	char a[64];
	size_t i;

	if (r->n_rails < 2)
		return;
	fputs("other rails:", pr->out);
	for (i = 0; i < r->n_rails; i++)
		if ((int)i != pr->p->rail)
			fprintf(pr->out, " %s %s", r->rails[i].label,
				synergy_format_interval(r->rails[i].total_uj.value,
					r->rails[i].total_uj.ci95, pr->pm, a, sizeof(a)));
	fputc('\n', pr->out);
}

void synergy_remarks_print(const struct synergy_profile *p, const struct synergy_terminal *terminal,
			   FILE *out)
{
	static const struct {
		const char *word, *colour;
	} levels[] = {
		[SYNERGY_REMARK_NOTE] = { "note", "\033[36m" },
		[SYNERGY_REMARK_WARNING] = { "warning", "\033[33m" },
		[SYNERGY_REMARK_SERIOUS] = { "serious", "\033[1;31m" },
	};
	bool colour = terminal->colour;
	struct synergy_remark r;
	size_t i;

	for (i = 0; synergy_profile_remark(p, i, &r); i++)
		fprintf(out, "%s%s:%s %s%s%s\n", colour ? levels[r.level].colour : "",
			levels[r.level].word, colour ? "\033[0m" : "", r.what, *r.advice ? "; " : "",
			r.advice);
}

static void print_summary(const struct printer *pr)
{
	const struct synergy_profile *p = pr->p;
	const struct synergy_stream_info *info = synergy_stream_info(p->stream);
	const struct synergy_stream_tally *t = &p->tally;
	char buf[800];

	fputc('\n', pr->out);
	if (pr->power) {
		print_energy(pr);
		print_other_rails(pr);
		print_checks(pr);
		fprintf(pr->out,
			"%llu samples, one each %.4g us; %llu lost, %llu repeats, %llu late, %llu failed reads\n",
			(unsigned long long)t->by_type[SYNERGY_RECORD_POWER],
			info->session.period_ns / 1e3, (unsigned long long)t->lost,
			(unsigned long long)t->power_repeats, (unsigned long long)t->power_late,
			(unsigned long long)t->by_type[SYNERGY_RECORD_ERROR]);
	} else {
		fputs("no power was measured: time and counts only\n", pr->out);
	}
	fprintf(pr->out, "%zu inference%s of %s (standard deviation %s)\n", p->result->n_runs,
		p->result->n_runs == 1 ? "" : "s",
		synergy_format_time(p->result->run_us, buf, 64),
		synergy_format_time(p->result->run_sd_us, buf + 64, 64));
	if (pr->extras && !isnan(pr->extras->unmarked_us))
		fprintf(pr->out, "without marks and sampling: %s (measuring costs %+.2f %%)\n",
			synergy_format_time(pr->extras->unmarked_us, buf, 64),
			100 * (pr->extras->marked_us / pr->extras->unmarked_us - 1));
	synergy_remarks_print(pr->p, pr->terminal, pr->out);
}

/* A recording without an inference: rails and nothing else. */
static int print_rails(const struct printer *pr)
{
	const struct synergy_stream_info *info = synergy_stream_info(pr->p->stream);
	const struct synergy_trace *trace = &pr->p->trace;
	struct synergy_grid *grid = synergy_grid_new();
	char buf[800];
	uint32_t i;
	int result;

	if (!grid)
		return -1;
	synergy_grid_column(grid, "rail", SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(grid, "samples", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "seconds", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "mean", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "least", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "most", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "energy", SYNERGY_GRID_RIGHT, 0, false);
	for (i = 0; i < trace->n_rails; i++) {
		const struct synergy_trace_rail *r = &trace->rails[i];

		if (!r->samples)
			continue;
		synergy_grid_row(grid, NULL);
		snprintf(buf, sizeof(buf), "rail %u", i);
		synergy_grid_cell(grid, i < info->n_rails && *info->rails[i].label ?
				  info->rails[i].label : buf);
		snprintf(buf, sizeof(buf), "%llu", (unsigned long long)r->samples);
		synergy_grid_cell(grid, buf);
		snprintf(buf, sizeof(buf), "%.3f", (r->last_ns - r->first_ns) / 1e9);
		synergy_grid_cell(grid, buf);
		synergy_grid_cell(grid, synergy_format_power(r->sum_mw / r->samples, buf, 64));
		synergy_grid_cell(grid, synergy_format_power(r->min_mw, buf, 64));
		synergy_grid_cell(grid, synergy_format_power(r->max_mw, buf, 64));
		synergy_grid_cell(grid, synergy_format_energy(r->energy_uj, buf, 64));
	}
	result = synergy_grid_print(grid, pr->terminal, NULL, pr->out);
	synergy_grid_free(grid);
	fprintf(pr->out, "no inference with layers is whole in it: power over the whole recording\n");
	synergy_remarks_print(pr->p, pr->terminal, pr->out);
	return result;
}

static void print_title(const struct printer *pr)
{
	const struct synergy_layers *t = pr->p->layers;
	const char *backend = synergy_layers_meta(t, "backend");
	const char *host = synergy_layers_meta(t, "host");
	const char *dot = pr->terminal->utf8 ? "\u00b7" : "|";
	size_t layers = 0, i;
	char mac[32];

	for (i = 0; i < t->n_rows; i++)
		layers += !!synergy_layers_is_layer(&t->rows[i]);
	fputs(pr->terminal->colour ? "\033[1m" : "", pr->out);
	synergy_text_put(t->n_rows ? t->rows[0].network : "?", pr->out);
	fprintf(pr->out, "%s %s %zu layers %s %s MAC", pr->terminal->colour ? "\033[0m" : "", dot,
		layers, dot, synergy_format_count(pr->total.mac, mac, sizeof(mac)));
	if (backend)
		fprintf(pr->out, " %s %s", dot, backend);
	if (pr->power)
		fprintf(pr->out, " %s %s", dot, synergy_profile_rail(pr->p));
	if (host)
		fprintf(pr->out, " %s %s", dot, host);
	fputs("\n\n", pr->out);
}

int synergy_table_print(const struct synergy_profile *profile,
			const struct synergy_table_extras *extras,
			const struct synergy_terminal *terminal, FILE *out)
{
	struct printer pr = {
		.p = profile,
		.extras = extras,
		.terminal = terminal,
		.out = out,
		.power = profile->result && profile->rail >= 0,
		.pm = terminal->utf8 ? "\u00b1" : "+-",
	};
	size_t i;

	if (!profile->layers)
		return print_rails(&pr);
	if (profile->input->phases)
		return synergy_phases_print(profile, terminal, out);
	synergy_table_total(profile->layers, &pr.total);
	for (i = 0; i < profile->layers->n_rows; i++)
		pr.methods |= *profile->layers->rows[i].features.method != '\0';
	print_title(&pr);
	if (print_layers(&pr) || print_types(&pr))
		return -1;
	print_summary(&pr);
	return ferror(out) ? -1 : 0;
}
