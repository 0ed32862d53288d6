// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The HTML report; see html.h. What stands in `static` is for readers without script
 * and for paper; the script makes the rest from the data behind it. Every text from
 * a recording is escaped.
 */
#include "report/html.h"

#include <math.h>
#include <string.h>

#include "report/html_parts.h"
#include "report/page_data.h"
#include "report/page_files.h"
#include "report/provenance.h"
#include "report/types.h"
#include "report/units.h"

void synergy_html_put(const char *text, FILE *out)
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

void synergy_html_put_figure(const char *text, FILE *out)
{
	const char *u = strrchr(text, ' ');

	if (!u || u[1] != 'u' || !u[2]) {
		synergy_html_put(text, out);
		return;
	}
	for (; text <= u; text++)
		fputs(*text == '<' ? "&lt;" : (char[]){ *text, '\0' }, out);
	fputs("\u00b5", out);
	synergy_html_put(u + 2, out);
}

/* As TYPE_ORDER in html/dom.js has them; others are grey. */
const char *synergy_html_type_class(const char *type)
{
	static const char *const types[] = {
		"conv", "fc", "depthwise", "norm", "pool", "activation", "softmax", "eltwise",
	};
	static const char *const classes[] = {
		"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8",
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]) && strcmp(types[i], type); i++)
		;
	return classes[i];
}

static void write_figure(FILE *out, const char *figure, const char *label)
{
	fputs("<div class=figure><b>", out);
	synergy_html_put_figure(figure, out);
	fputs("</b><span>", out);
	synergy_html_put(label, out);
	fputs("</span></div>", out);
}

static void write_figures(const struct synergy_profile *p, const struct synergy_type_total *total,
			  bool power, FILE *out)
{
	const char *unit = synergy_profile_unit(p);
	const struct synergy_rail_result *rail;
	char a[96], b[96];

	fputs("<div class=figures>", out);
	if (power) {
		rail = &p->result->rails[p->rail];
		snprintf(b, sizeof(b), "energy of %s %s, %s", !strcmp(unit, "recording") ? "the" :
			 !strcmp(unit, "run") ? "a" : "an", unit, rail->label);
		write_figure(out, synergy_format_interval(rail->total_uj.value, rail->total_uj.ci95,
							  "\u00b1 ", a, sizeof(a)), b);
		if (!isnan(rail->net_uj.value))
			write_figure(out, synergy_format_interval(rail->net_uj.value,
				rail->net_uj.ci95, "\u00b1 ", a, sizeof(a)), "of it above idle");
		write_figure(out, synergy_format_power(total->energy_uj / total->time_us * 1e3, a,
						       sizeof(a)), "mean power");
	}
	snprintf(b, sizeof(b), "time, mean of %zu", p->result->n_runs);
	write_figure(out, synergy_format_time(p->result->run_us, a, sizeof(a)), b);
	write_figure(out, synergy_format_count(total->mac, a, sizeof(a)), "MACs");
	fputs("</div>\n", out);
}

static void write_notes(const struct synergy_profile *p, FILE *out)
{
	struct synergy_remark r;
	size_t i;

	for (i = 0; synergy_profile_remark(p, i, &r); i++) {
		fputs("<p class=plain-note>", out);
		synergy_html_put(r.what, out);
		if (*r.advice) {
			fputs(". <span class=dim>", out);
			synergy_html_put(r.advice, out);
			fputs("</span>", out);
		}
		fputs("</p>\n", out);
	}
}

static void write_entry(const char *key, const char *value, FILE *out)
{
	fputs("<dt>", out);
	synergy_html_put(key, out);
	fputs("<dd>", out);
	synergy_html_put(value, out);
	fputc('\n', out);
}

static void write_provenance(const struct synergy_profile *p, FILE *out)
{
	const char *key, *value;
	uint32_t n;
	size_t i;
	int g;

	fputs("<h2>Where these figures come from</h2>\n", out);
	for (g = 0; g < SYNERGY_PROVENANCE_GROUPS; g++) {
		fprintf(out, "<h3>%s</h3><dl>\n", synergy_provenance_groups[g]);
		for (i = 0; p->layers && i < p->layers->n_meta; i++)
			if (synergy_provenance_group(p->layers->meta[i].key) == g)
				write_entry(p->layers->meta[i].key, p->layers->meta[i].value, out);
		for (n = 0; !p->layers && (value = synergy_stream_note_at(p->stream, n, &key)); n++)
			if (synergy_provenance_group(key) == g)
				write_entry(key, value, out);
		fputs("</dl>\n", out);
	}
}

void synergy_html_write_head(const char *title, FILE *out)
{
	/* Nothing may be loaded, whatever a recording's text might make of the page. */
	fputs("<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
	      "<meta name=viewport content=\"width=device-width, initial-scale=1\">"
	      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:\">"
	      "<title>", out);
	synergy_html_put(title, out);
	fputs(" \u00b7 SyNERGY</title>\n<style>", out);
	synergy_page_put_style(out);
	fputs("</style></head>\n<body>\n", out);
}

static void write_static(const struct synergy_profile *p, const char *name, FILE *out)
{
	struct synergy_type_total totals[SYNERGY_TYPES_MAX], total;
	bool power = p->result && p->rail >= 0;
	const char *host = synergy_stream_note(p->stream, "host");
	const char *cpu = synergy_stream_note(p->stream, "cpu");
	size_t n;

	fputs("<main id=static><h1>", out);
	synergy_html_put(name, out);
	fputs("</h1><p class=sub>", out);
	synergy_html_put(host ? host : "", out);
	if (cpu) {
		fputs(" \u00b7 ", out);
		synergy_html_put(cpu, out);
	}
	fputs("</p>\n", out);
	if (p->layers) {
		n = synergy_type_totals(p->layers, totals);
		synergy_table_total(p->layers, &total);
		write_figures(p, &total, power, out);
		write_notes(p, out);
		synergy_html_write_types(totals, n, &total, power, out);
		synergy_html_write_trace(p, out);
		synergy_html_write_layers(p->layers, power, out);
	} else {
		write_notes(p, out);
		synergy_html_write_trace(p, out);
	}
	write_provenance(p, out);
	fputs("</main>\n", out);
}

int synergy_html_write(const struct synergy_profile *p, FILE *out)
{
	const char *name = synergy_stream_note(p->stream, "network");
	const char *rail = synergy_profile_rail(p);
	char title[256];

	if (!name)
		name = "Recording";
	snprintf(title, sizeof(title), "%s%s%s", name, rail ? " \u00b7 " : "", rail ? rail : "");
	synergy_html_write_head(title, out);
	write_static(p, name, out);
	fputs("<script type=application/json id=data>", out);
	if (synergy_page_data_write(p, out))
		return -1;
	fputs("</script>\n<script>", out);
	synergy_page_put_script(out);
	fputs("</script>\n</body></html>\n", out);
	return ferror(out) ? -1 : 0;
}
