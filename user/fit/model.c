// SPDX-License-Identifier: GPL-3.0-or-later
/* model.json: writer and strict reader; see model.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "layers/json.h"
#include "fit/model.h"

#define MAX_MODEL_BYTES	(4U << 20)

const enum synergy_feature synergy_volts_columns[SYNERGY_VOLTS_COLUMNS] = {
	SYNERGY_F_SIMD_V2, SYNERGY_F_BUS_V2, SYNERGY_F_INST_V2, SYNERGY_F_BUS, SYNERGY_F_TIME_V,
	SYNERGY_F_TIME,
};

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

#define DIGITS	17	/* reads back as the same number */

static json_t *list_of(struct synergy_json_writer *w, const double *v, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		synergy_json_append(w, list, synergy_json_number(v[i]));
	return list;
}

static json_t *columns_of(struct synergy_json_writer *w, const struct synergy_model_part *p)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < p->p; i++)
		synergy_json_append(w, list, json_string(synergy_feature_name(p->column[i])));
	return list;
}

static void put_number(struct synergy_json_writer *w, const char *key, double v)
{
	synergy_json_put(w, key, synergy_json_number(v));
}

static void put_part(struct synergy_json_writer *w, const struct synergy_model_part *p)
{
	synergy_json_open(w, NULL, '{');
	synergy_json_put(w, "name", synergy_json_string(p->name));
	synergy_json_put(w, "scope", synergy_json_string(p->scope));
	synergy_json_put(w, "target", synergy_json_string(p->target));
	synergy_json_put(w, "columns", columns_of(w, p));
	synergy_json_put(w, "coefficients", list_of(w, p->coef, p->p));
	synergy_json_put(w, "standard_errors", list_of(w, p->se, p->p));
	synergy_json_put(w, "covariance", list_of(w, p->cov, p->p * p->p));
	synergy_json_put(w, "range_low", list_of(w, p->low, p->p));
	synergy_json_put(w, "range_high", list_of(w, p->high, p->p));
	put_number(w, "observations", (double)p->n);
	put_number(w, "networks", (double)p->networks);
	put_number(w, "weight_exponent", p->weighted);
	if (!strcmp(p->scope, "type") || strchr(p->name, '/'))
		put_number(w, "ops_per_byte", p->intensity);
	put_number(w, "residual_sd", p->sigma);
	put_number(w, "residual_relative", p->sigma_relative);
	put_number(w, "r2", p->r2);
	put_number(w, "condition", p->condition);
	put_number(w, "unseen_error_mean", p->loo_mean);
	put_number(w, "unseen_error_sd", p->loo_sd);
	put_number(w, "unseen_networks", (double)p->loo_n);
	synergy_json_close(w, '}');
}

static void put_points(struct synergy_json_writer *w, const struct synergy_model *m)
{
	size_t i;

	if (!m->n_points)
		return;
	synergy_json_open(w, "operating_points", '[');
	for (i = 0; i < m->n_points; i++) {
		json_t *point = json_object();

		synergy_json_set(w, point, "khz", synergy_json_number(m->points[i].khz));
		synergy_json_set(w, point, "volts", synergy_json_number(m->points[i].volts));
		synergy_json_put(w, NULL, point);
	}
	synergy_json_close(w, ']');
}

int synergy_model_write(const struct synergy_model *m, FILE *out)
{
	struct synergy_json_writer w;
	size_t i;

	synergy_json_begin(&w, out, DIGITS);
	synergy_json_put(&w, "format", json_string(SYNERGY_MODEL_FORMAT));
	synergy_json_open(&w, "provenance", '{');
	for (i = 0; i < m->n_notes; i++)
		synergy_json_put(&w, m->notes[i].key, synergy_json_string(m->notes[i].value));
	synergy_json_close(&w, '}');
	synergy_json_open(&w, "layertype_unseen", '{');
	put_number(&w, "error_mean", m->layertype_loo_mean);
	put_number(&w, "error_sd", m->layertype_loo_sd);
	put_number(&w, "signed_sd", m->layertype_loo_rms);
	put_number(&w, "networks", (double)m->layertype_loo_n);
	synergy_json_close(&w, '}');
	put_number(&w, "between_share", m->between_share);
	put_points(&w, m);
	synergy_json_open(&w, "parts", '[');
	for (i = 0; i < m->n_parts; i++)
		put_part(&w, &m->parts[i]);
	synergy_json_close(&w, ']');
	return synergy_json_end(&w);
}

/* ---- reading ---- */

/* path: of the object that is read, for messages: "model.json: parts[3]" */
struct reader {
	const char *name;
	char path[48];
	struct synergy_error *err;
};

static int bad(const struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int bad(const struct reader *r, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return synergy_error_set(r->err, EINVAL, "%s: %s%s%s", r->name, r->path,
				 *r->path ? ": " : "", text);
}

/* A number, or NaN for null. */
static int get_number(const struct reader *r, const json_t *o, const char *key, double *v)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_null(j) && !json_is_number(j))
		return bad(r, "member '%s' must be a number", key);
	*v = json_is_null(j) ? NAN : json_number_value(j);
	return 0;
}

static int get_size(const struct reader *r, const json_t *o, const char *key, size_t *v)
{
	double d = 0;

	if (get_number(r, o, key, &d))
		return -1;
	if (!(d >= 0 && d <= 1e9 && d == floor(d)))
		return bad(r, "member '%s': %g is not a count", key, d);
	*v = (size_t)d;
	return 0;
}

static int get_string(const struct reader *r, const json_t *o, const char *key, char *to,
		      size_t size)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s)
		return bad(r, "member '%s' must be a string", key);
	if (strlen(s) >= size)
		return bad(r, "member '%s': longer than %zu characters", key, size - 1);
	strcpy(to, s);
	return 0;
}

static int get_list(const struct reader *r, const json_t *o, const char *key, double *v, size_t n)
{
	const json_t *j = json_object_get(o, key);
	size_t i;

	if (!json_is_array(j) || json_array_size(j) != n)
		return bad(r, "member '%s' must be a list of %zu numbers", key, n);
	for (i = 0; i < n; i++) {
		if (!json_is_number(json_array_get(j, i)))
			return bad(r, "member '%s': element %zu is no number", key, i);
		v[i] = json_number_value(json_array_get(j, i));
	}
	return 0;
}

static int get_columns(const struct reader *r, const json_t *o, struct synergy_model_part *p)
{
	const json_t *j = json_object_get(o, "columns");
	size_t i, n = json_array_size(j);

	if (!n || n > SYNERGY_PART_COLUMNS)
		return bad(r, "member 'columns' must be a list of 1 to %d names",
			   SYNERGY_PART_COLUMNS);
	p->p = n;
	for (i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(j, i));
		int f = name ? synergy_feature_find(name) : -1;

		if (f < 0)
			return bad(r, "column %zu ('%.40s') is not known", i, name ? name : "");
		p->column[i] = (enum synergy_feature)f;
	}
	return 0;
}

/* What a prediction at a clock takes for granted. */
static int check_clock_part(const struct reader *r, const struct synergy_model_part *p)
{
	const char *slash = strchr(p->name, '/');
	size_t k;

	if (!(p->sigma_relative >= 0))
		return bad(r, "part '%s': member 'residual_relative' must be 0 or more", p->name);
	if (slash)
		return synergy_type_find(slash + 1) < 0 ?
			bad(r, "part '%s': no such layer type", p->name) : 0;
	if (strcmp(p->name, "volts"))
		return bad(r, "part '%s': not known in scope 'clock'", p->name);
	for (k = 0; k < p->p || k < SYNERGY_VOLTS_COLUMNS; k++)
		if (k == p->p || k >= SYNERGY_VOLTS_COLUMNS ||
		    p->column[k] != synergy_volts_columns[k])
			return bad(r, "part 'volts': column %zu is '%s', not '%s'", k,
				   k < p->p ? synergy_feature_name(p->column[k]) : "",
				   k < SYNERGY_VOLTS_COLUMNS ?
				   synergy_feature_name(synergy_volts_columns[k]) : "");
	return 0;
}

static int read_part(const struct reader *r, const json_t *o, struct synergy_model_part *p)
{
	double weighted = 0;

	if (!json_is_object(o))
		return bad(r, "a part must be an object");
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
	if (json_object_get(o, "ops_per_byte") && get_number(r, o, "ops_per_byte", &p->intensity))
		return -1;
	p->weighted = weighted >= 0 && weighted <= 2 ? (int)weighted : 0;
	if (!strcmp(p->scope, "clock"))
		return check_clock_part(r, p);
	if (strcmp(p->scope, "conv") && strcmp(p->scope, "all") && strcmp(p->scope, "layer") &&
	    strcmp(p->scope, "type"))
		return bad(r, "part '%s': scope '%s' is not known", p->name, p->scope);
	if (strcmp(p->scope, "type"))
		return 0;
	if (synergy_type_find(p->name) < 0)
		return bad(r, "part '%s': no such layer type", p->name);
	if (!(p->sigma_relative >= 0))
		return bad(r, "part '%s': member 'residual_relative' must be 0 or more", p->name);
	return 0;
}

static int read_parts(struct reader *r, const json_t *j, struct synergy_model *m)
{
	const json_t *parts = json_object_get(j, "parts");
	size_t i;

	if (!json_is_array(parts) || json_array_size(parts) > SYNERGY_MODEL_PARTS)
		return bad(r, "member 'parts' must be a list of at most %d", SYNERGY_MODEL_PARTS);
	for (i = 0; i < json_array_size(parts); i++) {
		snprintf(r->path, sizeof(r->path), "parts[%zu]", i);
		if (read_part(r, json_array_get(parts, i), &m->parts[i]))
			return -1;
		if (synergy_model_find(m, m->parts[i].scope, m->parts[i].name))
			return bad(r, "part '%s' is there twice", m->parts[i].name);
		m->n_parts++;
	}
	return 0;
}

/* Files of before this member have none. */
static int read_points(struct reader *r, const json_t *j, struct synergy_model *m)
{
	const json_t *points = json_object_get(j, "operating_points");
	size_t i;

	if (!points)
		return 0;
	if (!json_is_array(points) || json_array_size(points) > SYNERGY_OPERATING_POINTS)
		return bad(r, "member 'operating_points' must be a list of at most %d",
			   SYNERGY_OPERATING_POINTS);
	for (i = 0; i < json_array_size(points); i++) {
		struct synergy_operating_point *p = &m->points[i];

		snprintf(r->path, sizeof(r->path), "operating_points[%zu]", i);
		if (get_number(r, json_array_get(points, i), "khz", &p->khz) ||
		    get_number(r, json_array_get(points, i), "volts", &p->volts))
			return -1;
		if (!(p->khz > (i ? p[-1].khz : 0)))
			return bad(r, "member 'khz': %g is not above the one before", p->khz);
		if (!(p->volts > 0))
			return bad(r, "member 'volts': %g is not above 0", p->volts);
	}
	m->n_points = i;
	*r->path = '\0';
	return 0;
}

static int read_model(struct reader *r, json_t *j, struct synergy_model *m)
{
	const json_t *left_out = json_object_get(j, "layertype_unseen");
	char format[64];
	const char *key;
	json_t *note;

	if (get_string(r, j, "format", format, sizeof(format)))
		return -1;
	if (strcmp(format, SYNERGY_MODEL_FORMAT))
		return bad(r, "format '%s': this reader knows '%s'", format, SYNERGY_MODEL_FORMAT);
	if (!json_is_object(left_out))
		return bad(r, "member 'layertype_unseen' must be an object");
	if (get_number(r, left_out, "error_mean", &m->layertype_loo_mean) ||
	    get_number(r, left_out, "error_sd", &m->layertype_loo_sd) ||
	    get_number(r, left_out, "signed_sd", &m->layertype_loo_rms) ||
	    get_size(r, left_out, "networks", &m->layertype_loo_n) ||
	    get_number(r, j, "between_share", &m->between_share) || read_points(r, j, m) ||
	    read_parts(r, j, m))
		return -1;
	json_object_foreach(json_object_get(j, "provenance"), key, note)
		if (json_is_string(note))
			synergy_model_note(m, key, "%s", json_string_value(note));
	return 0;
}

int synergy_model_read(const char *path, struct synergy_model **out, struct synergy_error *err)
{
	struct reader r = { .name = path, .err = err };
	struct synergy_model *m;
	json_t *j;
	int saved;

	*out = NULL;
	j = synergy_json_read(path, MAX_MODEL_BYTES, err);
	if (!j)
		return -1;
	m = calloc(1, sizeof(*m));
	if (!m)
		synergy_error_set(err, ENOMEM, "%s: out of memory", path);
	else if (!read_model(&r, j, m))
		*out = m;
	saved = errno;
	json_decref(j);
	if (!*out)
		free(m);
	errno = saved;
	return *out ? 0 : -1;
}
