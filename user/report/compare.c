// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reads two measurements and makes the comparison; see compare.h.
 */
#include "report/compare.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/recording.h"
#include "report/provenance.h"

/*
 * A table has intervals and no degrees of freedom. So many are taken, few enough that
 * three runs' intervals are not made too much of.
 */
#define TABLE_DOF	6

/* ---- reading ---- */

/* A directory stands for what synergy-run puts there, the recording first. */
static char *find_file(const char *path, struct synergy_error *error)
{
	static const char *const files[] = { "capture.syn", "layers.csv" };
	struct stat st;
	char *file;
	size_t i;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		file = strdup(path);
		if (!file)
			synergy_error_set(error, ENOMEM, "%s: no memory", path);
		return file;
	}
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (asprintf(&file, "%s/%s", path, files[i]) < 0) {
			synergy_error_set(error, ENOMEM, "%s: no memory", path);
			return NULL;
		}
		if (!access(file, R_OK))
			return file;
		free(file);
	}
	synergy_error_set(error, ENOENT, "%s: neither capture.syn nor layers.csv is in it", path);
	return NULL;
}

static bool is_recording(const char *path)
{
	char magic[sizeof(SYNERGY_RECORDING_MAGIC)] = "";
	FILE *f = fopen(path, "re");
	bool is = f && fread(magic, 1, sizeof(magic), f) == sizeof(magic) &&
		!memcmp(magic, SYNERGY_RECORDING_MAGIC, sizeof(magic));

	if (f)
		fclose(f);
	return is;
}

/* Of a sum that has no parts: all of its error is taken as drawn again each time. */
static struct synergy_estimate of_figure(const struct synergy_figure *f)
{
	return (struct synergy_estimate){
		.value = f->value, .own = f->se, .dof = synergy_compare_dof(f->ci95, f->se),
	};
}

static struct synergy_estimate of_parts(double value, const struct synergy_parts *p)
{
	return (struct synergy_estimate){
		.value = value, .own = p->runs_uj, .dof = p->runs_dof,
		.repeated = hypot(hypot(p->shape_uj, p->time_uj), hypot(p->supply_uj, p->step_uj)),
	};
}

static int read_recording(struct synergy_compare_side *s, const char *rail,
			  struct synergy_error *error)
{
	const struct synergy_profile_options options = { .rail = rail };
	const struct synergy_rail_result *r;

	s->stream = synergy_stream_open(s->name, error);
	if (!s->stream || synergy_profile_read(s->stream, &options, &s->profile, error))
		return -1;
	if (!s->profile->layers)
		return synergy_error_set(error, ENODATA,
			"%s: no inference is marked in it, so there is nothing to compare", s->name);
	s->layers = s->profile->layers;
	s->rail = synergy_profile_rail(s->profile);
	s->n_runs = s->profile->result->n_runs;
	s->run_us = (struct synergy_estimate){
		.value = s->profile->result->run_us,
		.own = s->profile->result->run_sd_us / sqrt((double)s->n_runs),
	};
	if (s->rail) {
		r = &s->profile->result->rails[s->profile->rail];
		s->total_uj = of_parts(r->total_uj.value, &r->total_parts);
		s->sensor_offset_uw = r->sensor.offset_uw;
		s->sensor_scale = r->sensor.scale;
		s->net_uj = of_figure(&r->net_uj);
	}
	return 0;
}

static double meta_number(const struct synergy_layers *t, const char *key)
{
	const char *text = synergy_layers_meta(t, key);

	return text ? strtod(text, NULL) : NAN;
}

/* "V +- W" as synergy_layers_set_figure() writes it. */
static struct synergy_estimate meta_figure(const struct synergy_layers *t, const char *key)
{
	const char *text = synergy_layers_meta(t, key), *width;
	struct synergy_estimate e = { .value = NAN, .own = NAN, .dof = TABLE_DOF };

	if (!text)
		return e;
	e.value = strtod(text, NULL);
	width = strstr(text, "+-");
	if (width)
		e.own = strtod(width + 2, NULL) / gsl_cdf_tdist_Pinv(0.975, TABLE_DOF);
	return e;
}

static int read_table(struct synergy_compare_side *s, const char *rail,
		      struct synergy_error *error)
{
	int column;

	if (synergy_layers_read_csv(s->name, &s->layers, error))
		return -1;
	s->rail = synergy_layers_meta(s->layers, "rail");
	s->n_runs = (size_t)fmax(0, meta_number(s->layers, "runs_measured"));
	s->run_us = (struct synergy_estimate){
		.value = meta_number(s->layers, "run_us"),
		.own = meta_number(s->layers, "run_sd_us") / sqrt((double)s->n_runs),
	};
	s->sensor_offset_uw = meta_number(s->layers, "sensor_offset_uw");
	s->sensor_scale = meta_number(s->layers, "sensor_scale");
	s->total_uj = meta_figure(s->layers, "total_uj");
	s->net_uj = meta_figure(s->layers, "net_uj");
	if (!rail || (s->rail && !strcasecmp(rail, s->rail)))
		return 0;
	/* The other rails' intervals are in recordings and in layers.json only. */
	column = synergy_layers_find_rail(s->layers, rail);
	return synergy_error_set(error, ENOENT, column < 0 ? "%s: no rail %s" :
		"%s: has no intervals of rail %s: give the recording, or make the table with that rail",
		s->name, rail);
}

static int read_side(struct synergy_compare_side *s, const char *path, const char *rail,
		     struct synergy_error *error)
{
	size_t i;

	s->total_uj = s->net_uj = s->run_us = (struct synergy_estimate){ .value = NAN, .own = NAN };
	s->sensor_offset_uw = s->sensor_scale = NAN;
	s->name = find_file(path, error);
	if (!s->name || (is_recording(s->name) ? read_recording : read_table)(s, rail, error))
		return -1;
	for (i = 0; i < s->layers->n_rows; i++)
		if (synergy_layers_is_layer(&s->layers->rows[i]))
			return 0;
	return synergy_error_set(error, ENODATA, "%s: has no layers", s->name);
}

/* ---- estimates of the rows ---- */

static struct synergy_estimate row_estimate(const struct synergy_compare_side *s,
					    const struct synergy_layers_row *row)
{
	struct synergy_estimate e = { .value = NAN, .own = NAN, .dof = TABLE_DOF };
	const struct synergy_rail_result *r;

	if (!row)
		return e;
	if (!s->profile || s->profile->rail < 0) {
		e.value = row->energy_uj;
		e.own = row->energy_ci95_uj / gsl_cdf_tdist_Pinv(0.975, TABLE_DOF);
		return e;
	}
	r = &s->profile->result->rails[s->profile->rail];
	if (!synergy_layers_is_layer(row))
		return of_parts(r->between.energy_uj.value, &r->between.parts);
	if (row->index >= s->profile->result->n_layers)
		return e;
	return of_parts(r->layers[row->index].energy_uj.value, &r->layers[row->index].parts);
}

static bool same_meta(const struct synergy_comparison *c, const char *key)
{
	const char *a = synergy_layers_meta(c->a.layers, key);
	const char *b = synergy_layers_meta(c->b.layers, key);

	return a && b && !strcmp(a, b);
}

/* The same work, computed the same way and sampled the same way, takes the same course. */
static bool alike(const struct synergy_comparison *c, const struct synergy_compare_row *row)
{
	return row->a && row->b && same_meta(c, "interval_us") && same_meta(c, "backend") &&
		!strcmp(row->a->op, row->b->op) && row->a->mac == row->b->mac &&
		!strcmp(row->a->features.method, row->b->features.method);
}

static void set_estimates(struct synergy_comparison *c, struct synergy_compare_row *row)
{
	row->alike = alike(c, row);

	row->a_uj = row_estimate(&c->a, row->a);
	row->b_uj = row_estimate(&c->b, row->b);
}

/* One chip channel by one shunt, on one host and as it was calibrated, as far as the provenance says. */
static bool same_sensor(const struct synergy_comparison *c)
{
	const char *a, *b;
	char key[96];

	if (!c->a.rail || !c->b.rail || strcmp(c->a.rail, c->b.rail))
		return false;
	snprintf(key, sizeof(key), "rail %s", c->a.rail);
	a = synergy_layers_meta(c->a.layers, key);
	b = synergy_layers_meta(c->b.layers, key);
	if (!a || !b || strcmp(a, b))
		return false;
	a = synergy_layers_meta(c->a.layers, "sensor_source");	/* its calibration, too */
	b = synergy_layers_meta(c->b.layers, "sensor_source");
	if (strcmp(a ? a : "", b ? b : ""))
		return false;
	a = synergy_layers_meta(c->a.layers, "host");
	b = synergy_layers_meta(c->b.layers, "host");
	return a && b && !strcmp(a, b) && strcmp(a, "(none)");
}

/*
 * One sensor: what it is off by is the same in both, so its scale acts on the difference
 * and its offset on the difference in time. Two sensors: each is off by itself.
 */
static double sensor_u95(const struct synergy_comparison *c)
{
	const struct synergy_compare_side *a = &c->a, *b = &c->b;

	if (c->same_sensor)
		return 2 * hypot(a->sensor_scale * (b->total_uj.value - a->total_uj.value),
				 a->sensor_offset_uw * (b->run_us.value - a->run_us.value) / 1e6);
	return 2 * hypot(hypot(a->sensor_scale * a->total_uj.value,
			       a->sensor_offset_uw * a->run_us.value / 1e6),
			 hypot(b->sensor_scale * b->total_uj.value,
			       b->sensor_offset_uw * b->run_us.value / 1e6));
}

static int compare(struct synergy_comparison *c, struct synergy_error *error)
{
	size_t i;

	if (synergy_compare_match(c->a.layers, c->b.layers, c))
		return synergy_error_set(error, errno, "comparison: no memory");
	if (c->n_only_a + c->n_only_b == c->n_rows)
		return synergy_error_set(error, ENODATA, "%s and %s: no layer of one is in the other",
					 c->a.name, c->b.name);
	for (i = 0; i < c->n_rows; i++)
		set_estimates(c, &c->rows[i]);
	set_estimates(c, &c->between);
	/* The whole repeats what its layers repeat. */
	for (i = 0, c->total.alike = c->n_rows > 0; i < c->n_rows; i++)
		c->total.alike &= c->rows[i].alike;
	c->total.a_uj = c->a.total_uj;
	c->total.b_uj = c->b.total_uj;
	c->net.a_uj = c->a.net_uj;
	c->net.b_uj = c->b.net_uj;
	c->time_ci95_us = 1.96 * hypot(c->a.run_us.own, c->b.run_us.own);
	c->same_sensor = same_sensor(c);
	c->sensor_u95_uj = sensor_u95(c);
	if (synergy_compare_test(c))
		return synergy_error_set(error, errno, "comparison: no memory");
	return 0;
}

int synergy_compare(const char *a, const char *b, const char *rail,
		    struct synergy_comparison **out, struct synergy_error *error)
{
	struct synergy_comparison *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return synergy_error_set(error, ENOMEM, "comparison: no memory");
	if (read_side(&c->a, a, rail, error) ||
	    read_side(&c->b, b, rail ? rail : c->a.rail, error) || compare(c, error)) {
		synergy_comparison_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

static void close_side(struct synergy_compare_side *s)
{
	if (!s->profile)
		synergy_layers_free(s->layers);
	synergy_profile_free(s->profile);
	synergy_stream_close(s->stream);
	free(s->name);
}

void synergy_comparison_free(struct synergy_comparison *c)
{
	int saved = errno;

	if (!c)
		return;
	close_side(&c->a);
	close_side(&c->b);
	free(c->rows);
	free(c);
	errno = saved;
}

/* ---- what was made differently ---- */

/* These differ between any two measurements. */
static bool always_differs(const char *key)
{
	static const char *const keys[] = { "date", "command", "output", "peak_bytes" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i]))
			return true;
	/* Counts of what happened, and results. */
	return synergy_provenance_group(key) > 1 && strncmp(key, "chip ", 5) &&
		strncmp(key, "rail ", 5) && strcmp(key, "interval_us") && strcmp(key, "source");
}

/* What a chip was found to convert in is measured again each time: not how it was set up. */
static bool same_value(const char *key, const char *a, const char *b)
{
	const char *end = strncmp(key, "chip ", 5) ? NULL : strstr(a, ", conversion times");
	size_t n = end ? (size_t)(end - a) : strlen(a);

	return !strncmp(a, b, n) && (!b[n] || (end && b[n] == ','));
}

int synergy_comparison_set_up(const struct synergy_comparison *c, size_t wanted,
			      const char **key, const char **a, const char **b)
{
	size_t i, n = 0;

	for (i = 0; i < c->a.layers->n_meta; i++) {
		*key = c->a.layers->meta[i].key;
		*a = c->a.layers->meta[i].value;
		*b = synergy_layers_meta(c->b.layers, *key);
		if (!always_differs(*key) && (!*b || !same_value(*key, *a, *b)) && n++ == wanted)
			return 1;
	}
	*a = NULL;
	for (i = 0; i < c->b.layers->n_meta; i++) {
		*key = c->b.layers->meta[i].key;
		*b = c->b.layers->meta[i].value;
		if (!always_differs(*key) && !synergy_layers_meta(c->a.layers, *key) && n++ == wanted)
			return 1;
	}
	return 0;
}
