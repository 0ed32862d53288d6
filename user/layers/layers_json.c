// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * layers.json: the same table as layers.csv, with every rail's interval. What is
 * not known is null, never 0.
 */
#include <string.h>

#include "layers/json.h"
#include "layers/layers.h"

static void put_member(FILE *out, const char *key, double v)
{
	fprintf(out, ", \"%s\": ", key);
	synergy_json_put_number(out, v, 9);
}

static void put_rails(FILE *out, const struct synergy_layers *t,
		      const struct synergy_layers_row *r)
{
	size_t i;

	fputs(", \"rails\": {", out);
	for (i = 0; i < t->n_rails; i++) {
		fputs(i ? ", " : "", out);
		synergy_json_put_string(out, t->rails[i]);
		fputs(": {\"energy_uj\": ", out);
		synergy_json_put_number(out, r->rail_uj[i], 9);
		put_member(out, "ci95_uj", r->rail_ci95_uj[i]);
		fputc('}', out);
	}
	fputs("}, \"events\": {", out);
	for (i = 0; i < t->n_events; i++) {
		fputs(i ? ", " : "", out);
		synergy_json_put_string(out, t->events[i]);
		fputs(": ", out);
		synergy_json_put_number(out, r->events[i], 9);
	}
	fputc('}', out);
}

static void put_features(FILE *out, const struct synergy_layer_features *f)
{
	int i;

	fputs(", \"features\": {", out);
	for (i = 0; i < SYNERGY_FEATURE_METHOD; i++) {
		int64_t v = synergy_layers_feature(f, i);

		fprintf(out, "%s\"%s\": ", i ? ", " : "", synergy_feature_names[i]);
		if (v < 0)
			fputs("null", out);
		else
			fprintf(out, "%lld", (long long)v);
	}
	fputs(", \"method\": ", out);
	if (*f->method)
		synergy_json_put_string(out, f->method);
	else
		fputs("null", out);
	fputc('}', out);
}

static void put_row(FILE *out, const struct synergy_layers *t, const struct synergy_layers_row *r)
{
	fputs("    {\"network\": ", out);
	synergy_json_put_string(out, r->network);
	fprintf(out, ", \"index\": %u, \"layer\": ", r->index);
	synergy_json_put_string(out, r->layer);
	fputs(", \"op\": ", out);
	synergy_json_put_string(out, r->op);
	fprintf(out, ", \"mac\": %llu", (unsigned long long)r->mac);
	put_member(out, "time_us", r->time_us);
	put_member(out, "energy_uj", r->energy_uj);
	put_member(out, "energy_ci95_uj", r->energy_ci95_uj);
	put_member(out, "power_mw", r->power_mw);
	put_member(out, "samples", r->samples);
	fprintf(out, ", \"resolved\": %s",
		r->resolved < 0 ? "null" : r->resolved ? "true" : "false");
	put_rails(out, t, r);
	put_features(out, &r->features);
	fputc('}', out);
}

static void put_names(FILE *out, const char *key, size_t n, char **names)
{
	size_t i;

	fprintf(out, "  \"%s\": [", key);
	for (i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		synergy_json_put_string(out, names[i]);
	}
	fputs("],\n", out);
}

int synergy_layers_write_json(const struct synergy_layers *t, FILE *out)
{
	size_t i, written = 0;

	fputs("{\n  \"format\": ", out);
	synergy_json_put_string(out, SYNERGY_LAYERS_FORMAT);
	fputs(",\n  \"provenance\": {", out);
	for (i = 0; i < t->n_meta; i++) {
		if (!strcmp(t->meta[i].key, "format"))
			continue;
		fputs(written++ ? ",\n    " : "\n    ", out);
		synergy_json_put_string(out, t->meta[i].key);
		fputs(": ", out);
		synergy_json_put_string(out, t->meta[i].value);
	}
	fputs("\n  },\n", out);
	put_names(out, "rails", t->n_rails, t->rails);
	put_names(out, "events", t->n_events, t->events);
	fputs("  \"layers\": [\n", out);
	for (i = 0; i < t->n_rows; i++) {
		put_row(out, t, &t->rows[i]);
		fputs(i + 1 < t->n_rows ? ",\n" : "\n", out);
	}
	fputs("  ]\n}\n", out);
	return ferror(out) ? -1 : 0;
}
