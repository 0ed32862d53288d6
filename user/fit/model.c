// SPDX-License-Identifier: GPL-3.0-or-later
/* model.json: writer and strict reader; see model.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "layers/json.h"
#include "fit/model.h"

#define MAX_MODEL_BYTES	(4U << 20)

const struct synergy_model_part *synergy_model_find(const struct synergy_model *m,
						    const char *scope, const char *name)
{
	size_t i;

	for (i = 0; i < m->n_parts; i++)
		if (!strcmp(m->parts[i].scope, scope) && !strcmp(m->parts[i].name, name))
			return &m->parts[i];
	return NULL;
}

int synergy_model_note(struct synergy_model *m, const char *key, const char *fmt, ...)
{
	struct synergy_model_note *n = &m->notes[m->n_notes];
	va_list args;

	if (m->n_notes == sizeof(m->notes) / sizeof(m->notes[0]))
		return -1;
	snprintf(n->key, sizeof(n->key), "%s", key);
	va_start(args, fmt);
	vsnprintf(n->value, sizeof(n->value), fmt, args);
	va_end(args);
	m->n_notes++;
	return 0;
}

/* ---- writing ---- */

static void put(FILE *out, const char *key, double v)
{
	fprintf(out, "      \"%s\": ", key);
	synergy_json_put_number(out, v, 17);
	fputs(",\n", out);
}

static void put_list(FILE *out, const char *key, const double *v, size_t n, const char *end)
{
	size_t i;

	fprintf(out, "      \"%s\": [", key);
	for (i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		synergy_json_put_number(out, v[i], 17);
	}
	fprintf(out, "]%s\n", end);
}

static void put_string(FILE *out, const char *key, const char *value)
{
	fprintf(out, "      \"%s\": ", key);
	synergy_json_put_string(out, value);
	fputs(",\n", out);
}

static void put_part(FILE *out, const struct synergy_model_part *p)
{
	size_t i;

	fputs("    {\n", out);
	put_string(out, "name", p->name);
	put_string(out, "scope", p->scope);
	put_string(out, "target", p->target);
	fputs("      \"columns\": [", out);
	for (i = 0; i < p->p; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", synergy_feature_name(p->column[i]));
	fputs("],\n", out);
	put_list(out, "coefficients", p->coef, p->p, ",");
	put_list(out, "standard_errors", p->se, p->p, ",");
	put_list(out, "covariance", p->cov, p->p * p->p, ",");
	put_list(out, "range_low", p->low, p->p, ",");
	put_list(out, "range_high", p->high, p->p, ",");
	put(out, "observations", (double)p->n);
	put(out, "networks", (double)p->networks);
	put(out, "weight_exponent", p->weighted);
	if (!strcmp(p->scope, "type"))
		put(out, "ops_per_byte", p->intensity);
	put(out, "residual_sd", p->sigma);
	put(out, "residual_relative", p->sigma_relative);
	put(out, "r2", p->r2);
	put(out, "condition", p->condition);
	put(out, "unseen_error_mean", p->loo_mean);
	put(out, "unseen_error_sd", p->loo_sd);
	fprintf(out, "      \"unseen_networks\": %zu\n    }", p->loo_n);
}

int synergy_model_write(const struct synergy_model *m, FILE *out)
{
	size_t i;

	fprintf(out, "{\n  \"format\": \"%s\",\n  \"provenance\": {", SYNERGY_MODEL_FORMAT);
	for (i = 0; i < m->n_notes; i++) {
		fputs(i ? ",\n    " : "\n    ", out);
		synergy_json_put_string(out, m->notes[i].key);
		fputs(": ", out);
		synergy_json_put_string(out, m->notes[i].value);
	}
	fputs("\n  },\n  \"layertype_unseen\": {\"error_mean\": ", out);
	synergy_json_put_number(out, m->layertype_loo_mean, 17);
	fputs(", \"error_sd\": ", out);
	synergy_json_put_number(out, m->layertype_loo_sd, 17);
	fputs(", \"signed_sd\": ", out);
	synergy_json_put_number(out, m->layertype_loo_rms, 17);
	fprintf(out, ", \"networks\": %zu},\n  \"between_share\": ", m->layertype_loo_n);
	synergy_json_put_number(out, m->between_share, 17);
	fputs(",\n  \"parts\": [\n", out);
	for (i = 0; i < m->n_parts; i++) {
		put_part(out, &m->parts[i]);
		fputs(i + 1 < m->n_parts ? ",\n" : "\n", out);
	}
	fputs("  ]\n}\n", out);
	return ferror(out) ? -1 : 0;
}

/* ---- reading ---- */

struct reader {
	const char *name;
	struct synergy_error *err;
};

static int bad(const struct reader *r, const struct synergy_json *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int bad(const struct reader *r, const struct synergy_json *at, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return synergy_error_set(r->err, EINVAL, "%s:%zu: %s", r->name, at ? at->line : 1, text);
}

/* A number, or NaN for null. */
static int get_number(const struct reader *r, const struct synergy_json *o, const char *key,
		      double *v)
{
	const struct synergy_json *j = synergy_json_get(o, key);

	if (j && j->type == SYNERGY_JSON_NULL) {
		*v = NAN;
		return 0;
	}
	if (!j || j->type != SYNERGY_JSON_NUMBER)
		return bad(r, j ? j : o, "member '%s' must be a number", key);
	*v = j->number;
	return 0;
}

static int get_size(const struct reader *r, const struct synergy_json *o, const char *key,
		    size_t *v)
{
	double d = 0;

	if (get_number(r, o, key, &d))
		return -1;
	if (!(d >= 0 && d <= 1e9 && d == floor(d)))
		return bad(r, synergy_json_get(o, key), "member '%s': not a count", key);
	*v = (size_t)d;
	return 0;
}

static int get_string(const struct reader *r, const struct synergy_json *o, const char *key,
		      char *to, size_t size)
{
	const struct synergy_json *j = synergy_json_get(o, key);

	if (!j || j->type != SYNERGY_JSON_STRING)
		return bad(r, j ? j : o, "member '%s' must be a string", key);
	if (strlen(j->string) >= size)
		return bad(r, j, "member '%s': longer than %zu characters", key, size - 1);
	strcpy(to, j->string);
	return 0;
}

static int get_list(const struct reader *r, const struct synergy_json *o, const char *key,
		    double *v, size_t n)
{
	const struct synergy_json *j = synergy_json_get(o, key);
	size_t i;

	if (!j || j->type != SYNERGY_JSON_ARRAY || j->n != n)
		return bad(r, j ? j : o, "member '%s' must be a list of %zu numbers", key, n);
	for (i = 0; i < n; i++) {
		if (j->items[i].type != SYNERGY_JSON_NUMBER)
			return bad(r, &j->items[i], "member '%s': element %zu is no number", key, i);
		v[i] = j->items[i].number;
	}
	return 0;
}

static int get_columns(const struct reader *r, const struct synergy_json *o,
		       struct synergy_model_part *p)
{
	const struct synergy_json *j = synergy_json_get(o, "columns");
	size_t i;

	if (!j || j->type != SYNERGY_JSON_ARRAY || !j->n || j->n > SYNERGY_PART_COLUMNS)
		return bad(r, j ? j : o, "member 'columns' must be a list of 1 to %d names",
			   SYNERGY_PART_COLUMNS);
	p->p = j->n;
	for (i = 0; i < j->n; i++) {
		int f = j->items[i].type == SYNERGY_JSON_STRING ?
			synergy_feature_find(j->items[i].string) : -1;

		if (f < 0)
			return bad(r, &j->items[i], "column %zu ('%.40s') is not known", i,
				   j->items[i].string ? j->items[i].string : "");
		p->column[i] = (enum synergy_feature)f;
	}
	return 0;
}

static int read_part(const struct reader *r, const struct synergy_json *o,
		     struct synergy_model_part *p)
{
	double weighted = 0;

	if (o->type != SYNERGY_JSON_OBJECT)
		return bad(r, o, "a part must be an object");
	if (get_string(r, o, "name", p->name, sizeof(p->name)) ||
	    get_string(r, o, "scope", p->scope, sizeof(p->scope)) ||
	    get_string(r, o, "target", p->target, sizeof(p->target)) || get_columns(r, o, p) ||
	    get_list(r, o, "coefficients", p->coef, p->p) ||
	    get_list(r, o, "standard_errors", p->se, p->p) ||
	    get_list(r, o, "covariance", p->cov, p->p * p->p) ||
	    get_list(r, o, "range_low", p->low, p->p) ||
	    get_list(r, o, "range_high", p->high, p->p) ||
	    get_size(r, o, "observations", &p->n) || get_size(r, o, "networks", &p->networks) ||
	    get_number(r, o, "weight_exponent", &weighted) ||
	    get_number(r, o, "residual_sd", &p->sigma) ||
	    get_number(r, o, "residual_relative", &p->sigma_relative) ||
	    get_number(r, o, "r2", &p->r2) || get_number(r, o, "condition", &p->condition) ||
	    get_number(r, o, "unseen_error_mean", &p->loo_mean) ||
	    get_number(r, o, "unseen_error_sd", &p->loo_sd) ||
	    get_size(r, o, "unseen_networks", &p->loo_n))
		return -1;
	/* Files of before this member have none: then nothing stands in. */
	p->intensity = NAN;
	if (synergy_json_get(o, "ops_per_byte") && get_number(r, o, "ops_per_byte", &p->intensity))
		return -1;
	p->weighted = weighted >= 0 && weighted <= 2 ? (int)weighted : 0;
	if (strcmp(p->scope, "conv") && strcmp(p->scope, "all") && strcmp(p->scope, "layer") &&
	    strcmp(p->scope, "type"))
		return bad(r, o, "part '%s': scope '%s' is not known", p->name, p->scope);
	if (strcmp(p->scope, "type"))
		return 0;
	if (synergy_type_find(p->name) < 0)
		return bad(r, o, "part '%s': no such layer type", p->name);
	if (!(p->sigma_relative >= 0))
		return bad(r, o, "part '%s': member 'residual_relative' must be 0 or more", p->name);
	return 0;
}

static int read_model(const struct reader *r, const struct synergy_json *j,
		      struct synergy_model *m)
{
	const struct synergy_json *parts = synergy_json_get(j, "parts");
	const struct synergy_json *unseen = synergy_json_get(j, "layertype_unseen");
	const struct synergy_json *notes = synergy_json_get(j, "provenance");
	char format[64];
	size_t i;

	if (get_string(r, j, "format", format, sizeof(format)))
		return -1;
	if (strcmp(format, SYNERGY_MODEL_FORMAT))
		return bad(r, j, "format '%s': this reader knows '%s'", format,
			   SYNERGY_MODEL_FORMAT);
	if (!unseen || get_number(r, unseen, "error_mean", &m->layertype_loo_mean) ||
	    get_number(r, unseen, "error_sd", &m->layertype_loo_sd) ||
	    get_number(r, unseen, "signed_sd", &m->layertype_loo_rms) ||
	    get_size(r, unseen, "networks", &m->layertype_loo_n) ||
	    get_number(r, j, "between_share", &m->between_share))
		return unseen ? -1 : bad(r, j, "member 'layertype_unseen' is missing");
	if (!parts || parts->type != SYNERGY_JSON_ARRAY || parts->n > SYNERGY_MODEL_PARTS)
		return bad(r, parts ? parts : j, "member 'parts' must be a list of at most %d",
			   SYNERGY_MODEL_PARTS);
	for (i = 0; i < parts->n; i++) {
		if (read_part(r, &parts->items[i], &m->parts[i]))
			return -1;
		if (synergy_model_find(m, m->parts[i].scope, m->parts[i].name))
			return bad(r, &parts->items[i], "part '%s' is there twice",
				   m->parts[i].name);
		m->n_parts++;
	}
	for (i = 0; notes && notes->type == SYNERGY_JSON_OBJECT && i < notes->n; i++)
		if (notes->items[i].type == SYNERGY_JSON_STRING)
			synergy_model_note(m, notes->keys[i], "%s", notes->items[i].string);
	return 0;
}

int synergy_model_read(const char *path, struct synergy_model **out, struct synergy_error *err)
{
	struct reader r = { .name = path, .err = err };
	struct synergy_json *j = NULL;
	struct synergy_model *m;
	size_t length;
	char *text;
	int bad_json, saved;

	*out = NULL;
	if (synergy_csv_slurp(path, MAX_MODEL_BYTES, &text, &length, err))
		return -1;
	bad_json = synergy_json_parse(text, length, path, &j, err);
	free(text);
	if (bad_json)
		return -1;
	m = calloc(1, sizeof(*m));
	if (!m) {
		synergy_json_free(j);
		return synergy_error_set(err, ENOMEM, "%s: out of memory", path);
	}
	if (read_model(&r, j, m)) {
		saved = errno;
		free(m);
		synergy_json_free(j);
		errno = saved;
		return -1;
	}
	synergy_json_free(j);
	*out = m;
	return 0;
}
