// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The report's tables for readers without script and for paper; see html_parts.h.
 */
#include <math.h>
#include <string.h>

#include "report/html_parts.h"
#include "report/units.h"

/* A page of paper holds so many columns in its normal size, and so many in a smaller one. */
#define PAPER_COLUMNS	15
#define SMALL_COLUMNS	20

static void put_share(FILE *out, double part, double whole)
{
	if (isnan(part) || !(whole > 0))
		fputs("<td>\u2013", out);
	else
		fprintf(out, "<td>%.1f", 100 * part / whole);
}

static void put_bar(FILE *out, double share)
{
	fprintf(out, "<td class=share><span class=bar><i style=\"width:%.1f%%\"></i></span>",
		100 * fmin(1, fmax(0, isnan(share) ? 0 : share)));
}

static void put_figure(FILE *out, const char *text)
{
	fputs("<td>", out);
	synergy_html_put_figure(text, out);
}

void synergy_html_write_types(const struct synergy_type_total *totals, size_t n,
			      const struct synergy_type_total *total, bool power, FILE *out)
{
	double whole = power ? total->energy_uj : total->time_us, part;
	char a[96];
	size_t i;

	fprintf(out, "<section><h2>By type of layer</h2><table><thead><tr><th class=l>type"
		"<th>layers<th>MACs<th>time%s<th>%%<th class=l></tr></thead>\n",
		power ? "<th>energy \u00b1 95 %" : "");
	for (i = 0; i < n; i++) {
		if (isnan(totals[i].time_us) && isnan(totals[i].energy_uj))
			continue;
		part = power ? totals[i].energy_uj : totals[i].time_us;
		fprintf(out, "<tr class=%s><td class=l><i class=swatch></i>",
			synergy_html_type_class(totals[i].type));
		synergy_html_put(totals[i].type, out);
		fprintf(out, "<td>%zu", totals[i].layers);
		put_figure(out, totals[i].mac > 0 ? synergy_format_count(totals[i].mac, a, sizeof(a)) : "");
		put_figure(out, synergy_format_time(totals[i].time_us, a, sizeof(a)));
		if (power)
			put_figure(out, synergy_format_layer(totals[i].energy_uj, totals[i].ci95_uj,
				totals[i].energy_uj > totals[i].ci95_uj, "\u00b1 ", a, sizeof(a)));
		put_share(out, power && part <= totals[i].ci95_uj ? NAN : part, whole);
		put_bar(out, part / whole);
		fputs("</tr>\n", out);
	}
	fputs("</table></section>\n", out);
}

static double greatest(const struct synergy_layers *t, bool power)
{
	double most = 0, v;
	size_t i;

	for (i = 0; i < t->n_rows; i++) {
		v = power ? t->rows[i].energy_uj : t->rows[i].time_us;
		if (v > most)
			most = v;
	}
	return most > 0 ? most : 1;
}

static void write_energy(const struct synergy_layers_row *row, FILE *out)
{
	double power = synergy_only_bounded(row->energy_uj, row->energy_ci95_uj, row->resolved) ?
		NAN : row->power_mw;
	char a[96];

	put_figure(out, synergy_format_layer(row->energy_uj, row->energy_ci95_uj, row->resolved,
					     "\u00b1 ", a, sizeof(a)));
	put_figure(out, synergy_format_power(power, a, sizeof(a)));
	/* mW over MACs a us is pJ times 1e-3 */
	put_figure(out, row->mac && !isnan(power) ?
		   synergy_format_energy(power * row->time_us / 1e3 / (double)row->mac, a, sizeof(a)) :
		   "");
}

static void write_row(const struct synergy_layers *t, const struct synergy_layers_row *row,
		      double most, bool power, FILE *out)
{
	double value = power ? row->energy_uj : row->time_us;
	bool layer = synergy_layers_is_layer(row);
	char a[96];
	size_t e;

	fprintf(out, "<tr class=%s><td>", layer ?
		synergy_html_type_class(synergy_layer_type(row)) : "rest");
	if (layer)
		fprintf(out, "%u", row->index);
	fputs("<td class=l>", out);
	synergy_html_put(row->layer, out);
	fputs("<td class=l>", out);
	synergy_html_put(layer ? row->op : "", out);
	fputs("<td class=l>", out);
	synergy_html_put(row->features.method, out);
	put_bar(out, value / most);
	if (power)
		write_energy(row, out);
	put_figure(out, synergy_format_time(row->time_us, a, sizeof(a)));
	put_figure(out, row->mac ? synergy_format_count((double)row->mac, a, sizeof(a)) : "");
	fputs("<td>", out);
	if (row->mac && row->time_us > 0)
		fprintf(out, "%.3g", (double)row->mac / row->time_us / 1e3);
	for (e = 0; e < t->n_events; e++)
		put_figure(out, synergy_format_count(row->events[e], a, sizeof(a)));
	fputs("</tr>\n", out);
}

void synergy_html_write_layers(const struct synergy_layers *t, bool power, FILE *out)
{
	size_t columns = 8 + (power ? 3 : 0) + t->n_events, i, e;
	double most = greatest(t, power);

	fprintf(out, "<section><h2>Layers</h2><table class=\"%s\"><thead><tr><th>#<th class=l>layer"
		"<th class=l>operator<th class=l>method<th class=l>%s<th>time<th>MACs<th>GMAC/s",
		columns > SMALL_COLUMNS ? "wider" : columns > PAPER_COLUMNS ? "wide" : "",
		power ? "<th>energy \u00b1 95 %<th>power<th>a MAC" : "");
	for (e = 0; e < t->n_events; e++) {
		fputs("<th>", out);
		synergy_html_put(t->events[e], out);
	}
	fputs("</tr></thead>\n", out);
	for (i = 0; i < t->n_rows; i++)
		if (synergy_layers_is_layer(&t->rows[i]) || !isnan(t->rows[i].time_us) ||
		    !isnan(t->rows[i].energy_uj))
			write_row(t, &t->rows[i], most, power, out);
	fputs("</table>", out);
	if (power)
		fputs("<p class=dim>\u00b1 is a 95 % interval of the layer's own mean. "
		      "~ not resolved: worse than 10 %. &lt; at most, with 95 % confidence.</p>", out);
	fputs("</section>\n", out);
}
