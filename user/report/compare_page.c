// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The comparison as JSON and as a page; see compare.h.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "report/compare.h"
#include "report/html_parts.h"
#include "report/page_files.h"
#include "report/page_json.h"
#include "report/page_trace.h"
#include "report/types.h"
#include "report/units.h"

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static json_t *give(json_t *value, int bad)
{
	if (!bad)
		return value;
	json_decref(value);
	return NULL;
}

static const char *network_of(const struct synergy_compare_side *s)
{
	return s->layers->n_rows ? s->layers->rows[0].network : NULL;
}

static json_t *make_side(const struct synergy_compare_side *s, bool page)
{
	json_t *side = json_object();
	int bad = put(side, "file", synergy_json_string(s->name)) |
		put(side, "network", synergy_json_string(network_of(s))) |
		put(side, "rail", synergy_json_string(s->rail)) |
		put(side, "runs", s->n_runs ? json_integer((json_int_t)s->n_runs) : json_null());

	if (page && s->profile)
		bad |= synergy_page_fold_put(s->profile, side);
	return give(side, bad);
}

static json_t *make_set_up(const struct synergy_comparison *c)
{
	json_t *list = json_array(), *one;
	const char *key, *a, *b;
	size_t i;

	for (i = 0; synergy_comparison_set_up(c, i, &key, &a, &b); i++) {
		one = json_object();
		if (put(one, "key", synergy_json_string(key)) | put(one, "a", synergy_json_string(a)) |
		    put(one, "b", synergy_json_string(b)) | json_array_append_new(list, one))
			return give(list, 1);
	}
	return list;
}

/* What a row, or the whole, differs by. */
static int put_difference(json_t *o, const struct synergy_compare_row *r)
{
	return put(o, "difference_uj", synergy_json_number(r->difference_uj)) |
		put(o, "ci95_uj", synergy_json_number(r->ci95_uj)) |
		put(o, "p", synergy_json_number(r->p)) |
		put(o, "differs", json_boolean(r->differs));
}

static json_t *make_whole(const struct synergy_compare_row *r)
{
	json_t *o = json_object();

	return give(o, put(o, "a_uj", synergy_json_number(r->a_uj.value)) |
		    put(o, "b_uj", synergy_json_number(r->b_uj.value)) | put_difference(o, r));
}

static json_t *make_layer(const struct synergy_layers_row *row)
{
	json_t *o;

	if (!row)
		return json_null();
	o = json_object();
	return give(o, put(o, "index", json_integer(row->index)) |
		    put(o, "layer", synergy_json_string(row->layer)) |
		    put(o, "op", synergy_json_string(row->op)) |
		    put(o, "method", synergy_json_string(row->features.method)) |
		    put(o, "time_us", synergy_json_number(row->time_us)) |
		    put(o, "energy_uj", synergy_json_number(row->energy_uj)) |
		    put(o, "ci95_uj", synergy_json_number(row->energy_ci95_uj)));
}

static json_t *make_rows(const struct synergy_comparison *c)
{
	json_t *rows = json_array(), *one;
	size_t i;

	for (i = 0; i < c->n_rows; i++) {
		const struct synergy_compare_row *r = &c->rows[i];

		one = json_object();
		if (put(one, "type", json_string(synergy_layer_type(r->a ? r->a : r->b))) |
		    put(one, "a", make_layer(r->a)) | put(one, "b", make_layer(r->b)) |
		    put_difference(one, r) |
		    put(one, "differs_alone", json_boolean(r->differs_alone)) |
		    json_array_append_new(rows, one))
			return give(rows, 1);
	}
	return rows;
}

static json_t *make_time(const struct synergy_comparison *c)
{
	json_t *o = json_object();

	return give(o, put(o, "a_us", synergy_json_number(c->a.run_us.value)) |
		    put(o, "b_us", synergy_json_number(c->b.run_us.value)) |
		    put(o, "ci95_us", synergy_json_number(c->time_ci95_us)));
}

/* page: with what only drawing wants. */
static json_t *make_comparison(const struct synergy_comparison *c, bool page)
{
	json_t *o = json_object();

	return give(o, put(o, "format", json_string("synergy-comparison 1")) |
		    put(o, "a", make_side(&c->a, page)) | put(o, "b", make_side(&c->b, page)) |
		    put(o, "set_up", make_set_up(c)) |
		    put(o, "false_discovery_rate", json_real(SYNERGY_COMPARE_RATE)) |
		    put(o, "tested", json_integer((json_int_t)c->n_tested)) |
		    put(o, "differ", json_integer((json_int_t)c->n_differ)) |
		    put(o, "differ_alone", json_integer((json_int_t)c->n_differ_alone)) |
		    put(o, "same_sensor", json_boolean(c->same_sensor)) |
		    put(o, "sensor_u95_uj", synergy_json_number(c->sensor_u95_uj)) |
		    put(o, "total", make_whole(&c->total)) | put(o, "net", make_whole(&c->net)) |
		    put(o, "time", make_time(c)) | put(o, "layers", make_rows(c)));
}

int synergy_comparison_write_json(const struct synergy_comparison *c, FILE *out)
{
	json_t *o = make_comparison(c, false);
	int result;

	if (!o) {
		errno = ENOMEM;
		return -1;
	}
	result = json_dumpf(o, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	json_decref(o);
	fputc('\n', out);
	return result || ferror(out) ? -1 : 0;
}

/* ---- the page ---- */

static void put_energy(FILE *out, double uj)
{
	char a[96];

	fputs("<td>", out);
	synergy_html_put_figure(synergy_format_energy(uj, a, sizeof(a)), out);
}

static void write_row(const struct synergy_compare_row *r, const char *name, const char *op,
		      double time_a, double time_b, FILE *out)
{
	char a[96];

	fputs("<tr><td class=l>", out);
	synergy_html_put(name, out);
	fputs("<td class=l>", out);
	synergy_html_put(op, out);
	fputs("<td>", out);
	synergy_html_put_figure(synergy_format_time(time_a, a, sizeof(a)), out);
	fputs("<td>", out);
	synergy_html_put_figure(synergy_format_time(time_b, a, sizeof(a)), out);
	put_energy(out, r->a_uj.value);
	put_energy(out, r->b_uj.value);
	fprintf(out, "<td>%s", isnan(r->difference_uj) || r->difference_uj < 0 ? "" : "+");
	synergy_html_put_figure(synergy_format_interval(r->difference_uj, r->ci95_uj, "\u00b1 ", a,
							sizeof(a)), out);
	if (isnan(r->difference_uj) || !(r->a_uj.value > 0))
		fputs("<td>", out);
	else
		fprintf(out, "<td>%+.1f %%", 100 * r->difference_uj / r->a_uj.value);
	fprintf(out, "<td>%s</tr>\n", r->differs ? "\u25cf" : r->differs_alone ? "\u25cb" : "");
}

static void write_static(const struct synergy_comparison *c, const char *title, FILE *out)
{
	const char *key, *a, *b;
	size_t i;

	fputs("<main id=static><h1>", out);
	synergy_html_put(title, out);
	fputs("</h1><p class=sub>A: ", out);
	synergy_html_put(c->a.name, out);
	fputs("<br>B: ", out);
	synergy_html_put(c->b.name, out);
	fputs("</p>\n", out);
	for (i = 0; synergy_comparison_set_up(c, i, &key, &a, &b); i++) {
		fputs("<p>", out);
		synergy_html_put(key, out);
		fputs(": ", out);
		synergy_html_put(a ? a : "(none)", out);
		fputs(" \u2192 ", out);
		synergy_html_put(b ? b : "(none)", out);
		fputs("</p>\n", out);
	}
	fputs("<section><table><thead><tr><th class=l>layer<th class=l>operator<th>time A<th>time B"
	      "<th>energy A<th>energy B<th>B \u2212 A \u00b1 95 %<th>%<th></tr></thead>\n", out);
	for (i = 0; i < c->n_rows; i++) {
		const struct synergy_compare_row *r = &c->rows[i];
		const struct synergy_layers_row *row = r->a ? r->a : r->b;

		write_row(r, row->layer, row->op, r->a ? r->a->time_us : NAN,
			  r->b ? r->b->time_us : NAN, out);
	}
	write_row(&c->total, "one inference", "", c->a.run_us.value, c->b.run_us.value, out);
	fprintf(out, "</table><p>\u25cf differs: %zu of %zu layers, at a false discovery rate of 5 %%."
		"</p></section></main>\n", c->n_differ, c->n_tested);
}

int synergy_comparison_write_html(const struct synergy_comparison *c, FILE *out)
{
	const char *network = network_of(&c->a);
	json_t *data = make_comparison(c, true);
	char title[160];
	int result;

	if (!data) {
		errno = ENOMEM;
		return -1;
	}
	snprintf(title, sizeof(title), "%.100s, compared", network ? network : "Two measurements");
	synergy_html_write_head(title, out);
	write_static(c, title, out);
	fputs("<script type=application/json id=comparison>", out);
	result = synergy_json_write_inline(data, out);
	json_decref(data);
	fputs("</script>\n<script>", out);
	synergy_page_put_script(out);
	fputs("</script>\n</body></html>\n", out);
	return result || ferror(out) ? -1 : 0;
}
