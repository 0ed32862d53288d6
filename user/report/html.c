// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The HTML report; see html.h. Every text from a recording is escaped.
 */
#include "report/html.h"

#include <math.h>
#include <string.h>

#include "report/types.h"
#include "report/units.h"

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#667;--line:#d8dde3;"
	"--soft:#f4f6f8;--c0:#2f6fb2;--c1:#d9822b;--c2:#3a9b6b;--c3:#b5485d;--c4:#7a5cae;"
	"--c5:#8a7a3d;--c6:#3d8f9b;--c7:#a05a8c;--cx:#98a2ad}"
	"@media(prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#e4e7eb;--dim:#9aa4af;"
	"--line:#31373f;--soft:#1d2127;--c0:#6aa5e3;--c1:#eda55f;--c2:#6cc498;--c3:#e07f91;"
	"--c4:#ab90da;--c5:#c4b370;--c6:#71c0cb;--c7:#d08fbd;--cx:#7d8793}}"
	"*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);"
	"font:15px/1.5 system-ui,sans-serif}main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}"
	"h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 10px}"
	".sub{color:var(--dim);margin:0 0 20px}.cards{display:flex;flex-wrap:wrap;gap:12px}"
	".card{background:var(--soft);border-radius:8px;padding:9px 14px;flex:1 0 auto}"
	".card b{display:block;font-size:18px;font-weight:600}.card span{color:var(--dim);font-size:13px}"
	"table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}"
	"th{text-align:right;color:var(--dim);font-weight:500;border-bottom:1px solid var(--line);"
	"padding:4px 8px;white-space:nowrap}td{text-align:right;padding:3px 8px;"
	"border-bottom:1px solid var(--line);white-space:nowrap}.l{text-align:left}"
	"td.bar{width:24%;min-width:150px;position:relative}.bar i{display:block;height:13px;"
	"border-radius:2px}.bar u{position:absolute;top:50%;border-top:1.5px solid var(--fg);opacity:.7}"
	".bar span{display:block;position:relative}"
	".wrap{overflow-x:auto}.dim{color:var(--dim)}svg{display:block;width:100%;height:auto}"
	"svg text{fill:var(--dim);font:12px system-ui,sans-serif}.grid{stroke:var(--line);fill:none}"
	".note{border-left:3px solid var(--c1);background:var(--soft);padding:6px 12px;margin:6px 0}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;font-size:13px}"
	"dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}"
	".key{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px}";

static void escape(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			if ((unsigned char)*text >= 0x20)
				fputc(*text, out);
		}
	}
}

/* The colour of a type: by its place among the totals, so that it is the same all over. */
static const char *colour(const struct synergy_type_total *totals, size_t n, const char *type)
{
	static const char *const colours[] = {
		"var(--c0)", "var(--c1)", "var(--c2)", "var(--c3)",
		"var(--c4)", "var(--c5)", "var(--c6)", "var(--c7)",
	};
	size_t i, at = 0;

	for (i = 0; i < n; i++) {
		if (!strcmp(totals[i].type, "between"))
			continue;
		if (!strcmp(totals[i].type, type))
			return at < 8 ? colours[at] : "var(--cx)";
		at++;
	}
	return "var(--cx)";
}

static void card(FILE *out, const char *figure, const char *label)
{
	fputs("<div class=card><b>", out);
	escape(figure, out);
	fputs("</b><span>", out);
	escape(label, out);
	fputs("</span></div>", out);
}

static void write_cards(const struct synergy_profile *p, const struct synergy_type_total *total,
			bool power, FILE *out)
{
	const struct synergy_rail_result *rail;
	char a[96], b[96];

	fputs("<div class=cards>", out);
	if (power) {
		rail = &p->result->rails[p->rail];
		card(out, synergy_format_interval(rail->total_uj.value, rail->total_uj.ci95,
						  "\u00b1", a, sizeof(a)), "energy of an inference");
		if (!isnan(rail->net_uj.value))
			card(out, synergy_format_interval(rail->net_uj.value, rail->net_uj.ci95,
							  "\u00b1", a, sizeof(a)), "above idle");
		card(out, synergy_format_power(total->energy_uj / total->time_us * 1e3, a,
					       sizeof(a)), "mean power");
		snprintf(b, sizeof(b), "%.3f %%", 100 * rail->closure);
		card(out, b, "sum against integral");
	}
	snprintf(b, sizeof(b), "time, mean of %zu", p->result->n_runs);
	card(out, synergy_format_time(p->result->run_us, a, sizeof(a)), b);
	card(out, synergy_format_count(total->mac, a, sizeof(a)), "MACs");
	fputs("</div>\n", out);
}

/* A bar of share of the cell, and a line from share - error to share + error. */
static void bar_cell(FILE *out, double share, double error, const char *fill)
{
	double from = share - error > 0 ? share - error : 0;
	double to = share + error < 1 ? share + error : 1;

	fprintf(out, "<td class=bar><span><i style=\"width:%.2f%%;background:%s\"></i>",
		share > 0 ? 100 * share : 0, fill);
	if (error > 0 && to > from)
		fprintf(out, "<u style=\"left:%.2f%%;width:%.2f%%\"></u>", 100 * from,
			100 * (to - from));
	fputs("</span>", out);
}

static void share_cell(FILE *out, double part, double whole)
{
	if (isnan(part) || !(whole > 0))
		fputs("<td>-", out);
	else
		fprintf(out, "<td>%.1f", 100 * part / whole);
}

static void write_types(const struct synergy_type_total *totals, size_t n,
			const struct synergy_type_total *total, bool power, FILE *out)
{
	double whole = power ? total->energy_uj : total->time_us, part;
	char a[96];
	size_t i;

	fprintf(out, "<h2>By type of layer</h2><div class=wrap><table><tr><th class=l>type"
		"<th>layers<th>MACs<th>time%s<th>%%<th class=l></tr>\n",
		power ? "<th>energy" : "");
	for (i = 0; i < n; i++) {
		if (isnan(totals[i].time_us) && isnan(totals[i].energy_uj))
			continue;
		part = power ? totals[i].energy_uj : totals[i].time_us;
		fprintf(out, "<tr><td class=l><span class=key style=\"background:%s\"></span>",
			colour(totals, n, totals[i].type));
		escape(totals[i].type, out);
		fprintf(out, "<td>%zu<td>%s", totals[i].layers,
			totals[i].mac ? synergy_format_count(totals[i].mac, a, sizeof(a)) : "");
		fprintf(out, "<td>%s", synergy_format_time(totals[i].time_us, a, sizeof(a)));
		if (power)
			fprintf(out, "<td>%s", synergy_format_layer(totals[i].energy_uj,
				totals[i].ci95_uj, totals[i].energy_uj > totals[i].ci95_uj,
				"\u00b1", a, sizeof(a)));
		share_cell(out, power && part <= totals[i].ci95_uj ? NAN : part, whole);
		bar_cell(out, part / whole, power ? totals[i].ci95_uj / whole : 0,
			 colour(totals, n, totals[i].type));
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
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

static void write_row(const struct synergy_layers *t, const struct synergy_layers_row *row,
		      const char *fill, double most, bool power, FILE *out)
{
	bool layer = synergy_layers_is_layer(row);
	double value = power ? row->energy_uj : row->time_us;
	char a[96];
	size_t e;

	fprintf(out, "<tr%s><td>", layer ? "" : " class=dim");
	if (layer)
		fprintf(out, "%u", row->index);
	fputs("<td class=l>", out);
	escape(row->layer, out);
	fputs("<td class=l>", out);
	escape(layer ? row->op : "", out);
	bar_cell(out, value / most, power ? row->energy_ci95_uj / most : 0, fill);
	fputs("<td class=l>", out);
	escape(row->features.method, out);
	fprintf(out, "<td>%s", row->mac ? synergy_format_count(row->mac, a, sizeof(a)) : "");
	fprintf(out, "<td>%s", synergy_format_time(row->time_us, a, sizeof(a)));
	if (power) {
		fprintf(out, "<td%s>%s", row->resolved == 0 ? " class=dim title=\"not resolved\"" : "",
			synergy_format_layer(row->energy_uj, row->energy_ci95_uj, row->resolved,
					     "\u00b1", a, sizeof(a)));
		fprintf(out, "<td>%s", synergy_format_power(
			synergy_only_bounded(row->energy_uj, row->energy_ci95_uj, row->resolved) ?
			NAN : row->power_mw, a, sizeof(a)));
	}
	for (e = 0; e < t->n_events; e++)
		fprintf(out, "<td>%s", synergy_format_count(row->events[e], a, sizeof(a)));
	fputs("</tr>\n", out);
}

static void write_layers(const struct synergy_layers *t, const struct synergy_type_total *totals,
			 size_t n, bool power, FILE *out)
{
	double most = greatest(t, power);
	size_t i, e;

	fprintf(out, "<h2>%s per layer</h2><div class=wrap><table><tr><th>#<th class=l>layer"
		"<th class=l>op<th class=l><th class=l>method<th>MACs<th>time%s", power ? "Energy" : "Time",
		power ? "<th>energy \u00b1 95 %<th>power" : "");
	for (e = 0; e < t->n_events; e++) {
		fputs("<th>", out);
		escape(t->events[e], out);
	}
	fputs("</tr>\n", out);
	for (i = 0; i < t->n_rows; i++)
		if (synergy_layers_is_layer(&t->rows[i]) || !isnan(t->rows[i].time_us) ||
		    !isnan(t->rows[i].energy_uj))
			write_row(t, &t->rows[i], colour(totals, n, synergy_layer_type(&t->rows[i])), most,
				  power, out);
	fputs("</table></div>\n", out);
}

#define PLOT_W	1040.0
#define PLOT_H	260.0
#define PLOT_L	64.0
#define PLOT_B	28.0
#define PLOT_T	10.0

struct axes {
	double x_max_s, y_max_mw;
};

static double px(const struct axes *a, double s)
{
	return PLOT_L + (PLOT_W - PLOT_L - 8) * s / a->x_max_s;
}

static double py(const struct axes *a, double mw)
{
	return PLOT_H - PLOT_B - (PLOT_H - PLOT_B - PLOT_T) * mw / a->y_max_mw;
}

/* 1, 2 or 5 times a power of ten, at least the range's n-th part. */
static double nice_step(double range, int n)
{
	double raw = range / n, base = pow(10, floor(log10(raw)));

	return raw <= base ? base : raw <= 2 * base ? 2 * base : raw <= 5 * base ? 5 * base :
		10 * base;
}

static struct axes find_axes(const struct synergy_trace *trace)
{
	struct axes a = { 1e-6, 1e-6 };
	double end;
	uint32_t r;

	for (r = 0; r < trace->n_rails; r++) {
		const struct synergy_trace_rail *rail = &trace->rails[r];

		if (!rail->samples)
			continue;
		end = ((double)rail->last_ns - (double)trace->start_ns) / 1e9;
		a.x_max_s = fmax(a.x_max_s, end);
		a.y_max_mw = fmax(a.y_max_mw, rail->max_mw);
	}
	a.y_max_mw *= 1.05;
	return a;
}

static void write_axes(const struct axes *a, FILE *out)
{
	double step = nice_step(a->y_max_mw, 5), v;
	char text[64];

	for (v = 0; v <= a->y_max_mw; v += step)
		fprintf(out, "<path class=grid d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=end>%s</text>\n", PLOT_L, py(a, v), PLOT_W - 8, PLOT_L - 6,
			py(a, v) + 4, v ? synergy_format_power(v, text, sizeof(text)) : "0");
	step = nice_step(a->x_max_s, 8);
	for (v = 0; v <= a->x_max_s; v += step)
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=middle>%s</text>\n", px(a, v),
			PLOT_H - 8, v ? synergy_format_time(v * 1e6, text, sizeof(text)) : "0");
}

/* The inferences' spans as bands behind the curves. */
static void write_bands(const struct synergy_profile *p, const struct axes *a, FILE *out)
{
	const struct synergy_intervals *in;
	double begin, end;
	size_t i;

	if (!p->input)
		return;
	in = &p->input->intervals;
	for (i = 0; i < in->n; i++) {
		if (in->kind[i] != SYNERGY_INTERVAL_RUN)
			continue;
		begin = ((double)in->begin_ns[i] - (double)p->trace.start_ns) / 1e9;
		end = ((double)in->end_ns[i] - (double)p->trace.start_ns) / 1e9;
		if (begin < 0 || end > a->x_max_s * 1.001)
			continue;
		fprintf(out, "<path d=\"M%.1f %.1fH%.1fV%.1fH%.1fZ\" fill=\"var(--cx)\" "
			"opacity=\".13\"/>\n", px(a, begin), PLOT_T, px(a, end), PLOT_H - PLOT_B,
			px(a, begin));
	}
}

/* Mean as a line, least to most as a band. */
static void write_curve(const struct synergy_trace *trace, uint32_t r, const struct axes *a,
			FILE *out)
{
	const struct synergy_trace_bucket *b = trace->rails[r].buckets;
	double x;
	bool drawn = false;
	int i;

	fprintf(out, "<path fill=\"var(--c%u)\" opacity=\".22\" d=\"", r % 8);
	for (i = 0; i < SYNERGY_TRACE_BUCKETS; i++) {
		if (!b[i].n)
			continue;
		x = px(a, (i + .5) * trace->bucket_ns / 1e9);
		fprintf(out, "%c%.1f %.1f", drawn ? 'L' : 'M', x, py(a, fmax(0, b[i].max_mw)));
		drawn = true;
	}
	for (i = SYNERGY_TRACE_BUCKETS - 1; i >= 0; i--)
		if (b[i].n)
			fprintf(out, "L%.1f %.1f", px(a, (i + .5) * trace->bucket_ns / 1e9),
				py(a, fmax(0, b[i].min_mw)));
	fprintf(out, "Z\"/><path fill=none stroke=\"var(--c%u)\" stroke-width=\"1.3\" d=\"", r % 8);
	drawn = false;
	for (i = 0; i < SYNERGY_TRACE_BUCKETS; i++) {
		if (!b[i].n)
			continue;
		fprintf(out, "%c%.1f %.1f", drawn ? 'L' : 'M',
			px(a, (i + .5) * trace->bucket_ns / 1e9),
			py(a, fmax(0, b[i].sum_mw / b[i].n)));
		drawn = true;
	}
	fputs("\"/>\n", out);
}

static void write_trace(const struct synergy_profile *p, FILE *out)
{
	const struct synergy_stream_info *info = synergy_stream_info(p->stream);
	const struct synergy_trace *trace = &p->trace;
	struct axes axes = find_axes(trace);
	char a[64], b[64], c[64];
	uint32_t r;

	if (!trace->n_rails)
		return;
	fprintf(out, "<h2>Power</h2><svg viewBox=\"0 0 %g %g\" role=img>\n", PLOT_W, PLOT_H);
	write_axes(&axes, out);
	write_bands(p, &axes, out);
	for (r = 0; r < trace->n_rails; r++)
		if (trace->rails[r].samples)
			write_curve(trace, r, &axes, out);
	fputs("</svg><p class=sub>", out);
	for (r = 0; r < trace->n_rails; r++) {
		const struct synergy_trace_rail *rail = &trace->rails[r];

		if (!rail->samples)
			continue;
		fprintf(out, "<span class=key style=\"background:var(--c%u)\"></span>", r % 8);
		escape(r < info->n_rails ? info->rails[r].label : "?", out);
		fprintf(out, " %s (%s to %s) &ensp; ",
			synergy_format_power(rail->sum_mw / rail->samples, a, sizeof(a)),
			synergy_format_power(rail->min_mw, b, sizeof(b)),
			synergy_format_power(rail->max_mw, c, sizeof(c)));
	}
	fprintf(out, "<br>Line: mean of %s; band: least to most; grey: inferences.</p>\n",
		synergy_format_time(trace->bucket_ns / 1e3, a, sizeof(a)));
}

static void write_provenance(const struct synergy_profile *p, FILE *out)
{
	const char *key, *value;
	uint32_t n;
	size_t i;

	fputs("<h2>Where this comes from</h2><dl>\n", out);
	for (i = 0; p->layers && i < p->layers->n_meta; i++) {
		fputs("<dt>", out);
		escape(p->layers->meta[i].key, out);
		fputs("<dd>", out);
		escape(p->layers->meta[i].value, out);
		fputc('\n', out);
	}
	for (n = 0; !p->layers && (value = synergy_stream_note_at(p->stream, n, &key)); n++) {
		fputs("<dt>", out);
		escape(key, out);
		fputs("<dd>", out);
		escape(value, out);
		fputc('\n', out);
	}
	fputs("</dl>\n", out);
}

static void write_notes(const struct synergy_profile *p, FILE *out)
{
	char text[512];
	size_t i;

	for (i = 0; synergy_profile_remark(p, i, text, sizeof(text)); i++) {
		fputs("<p class=note>", out);
		escape(text, out);
		fputs("</p>\n", out);
	}
}

int synergy_html_write(const struct synergy_profile *p, FILE *out)
{
	struct synergy_type_total totals[SYNERGY_TYPES_MAX], total;
	bool power = p->result && p->rail >= 0;
	const char *name = synergy_stream_note(p->stream, "network");
	const char *host = synergy_stream_note(p->stream, "host");
	const char *cpu = synergy_stream_note(p->stream, "cpu");
	size_t n;

	fputs("<!doctype html><html lang=en><meta charset=utf-8>"
	      "<meta name=viewport content=\"width=device-width\"><title>", out);
	escape(name ? name : "recording", out);
	fprintf(out, " \u00b7 SyNERGY</title><style>%s</style><main><h1>", style);
	escape(name ? name : "Recording", out);
	fputs("</h1><p class=sub>", out);
	if (power) {
		escape(synergy_profile_rail(p), out);
		fputs(" \u00b7 ", out);
	}
	escape(host ? host : "", out);
	if (cpu) {
		fputs(" \u00b7 ", out);
		escape(cpu, out);
	}
	fputs("</p>\n", out);
	if (p->layers) {
		n = synergy_type_totals(p->layers, totals);
		synergy_table_total(p->layers, &total);
		write_cards(p, &total, power, out);
		write_notes(p, out);
		write_types(totals, n, &total, power, out);
		write_layers(p->layers, totals, n, power, out);
	} else {
		write_notes(p, out);
	}
	write_trace(p, out);
	write_provenance(p, out);
	fputs("</main></html>\n", out);
	return ferror(out) ? -1 : 0;
}
