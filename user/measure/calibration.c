// SPDX-License-Identifier: LGPL-2.1-or-later
/* Readings to offset and scale, and the calibration's file; see calibration.h. */
#include "measure/calibration.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT		"synergy-calibration 1"
#define BOARD_FILE	"/etc/synergy/calibration.json"
#define DRIFT_UV	2.0	/* INA3221: 0.1 uV a degree typical, over 20 degrees */
#define DIGITS		JSON_REAL_PRECISION(9)

void synergy_calibration_path(bool to_read, char *path, size_t size)
{
	const char *said = getenv("SYNERGY_CALIBRATION"), *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (said && *said) {
		snprintf(path, size, "%s", said);
		return;
	}
	snprintf(path, size, "%s", BOARD_FILE);
	if (!to_read && !geteuid())
		return;
	if (config && *config)
		snprintf(path, size, "%s/synergy/calibration.json", config);
	else if (home && *home)
		snprintf(path, size, "%s/.config/synergy/calibration.json", home);
	if (to_read && access(path, F_OK))
		snprintf(path, size, "%s", BOARD_FILE);
}

struct synergy_calibrated_rail *synergy_calibration_find(struct synergy_calibration *c,
							 const struct synergy_chip *chip,
							 const struct synergy_rail *rail)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct synergy_calibrated_rail *r = &c->rails[i];

		if (r->i2c_bus == chip->i2c_bus && r->address == chip->address &&
		    r->channel == rail->channel && r->shunt_uohm == rail->shunt_uohm &&
		    !strncmp(r->label, rail->label, sizeof(rail->label)))
			return r;
	}
	return NULL;
}

struct synergy_calibrated_rail *synergy_calibration_entry(struct synergy_calibration *c,
							  const struct synergy_chip *chip,
							  const struct synergy_rail *rail)
{
	struct synergy_calibrated_rail *r = synergy_calibration_find(c, chip, rail);

	if (r || c->n == SYNERGY_CALIBRATION_RAILS)
		return r;
	r = &c->rails[c->n++];
	*r = (struct synergy_calibrated_rail){
		.i2c_bus = chip->i2c_bus, .address = chip->address, .channel = rail->channel,
		.shunt_uohm = rail->shunt_uohm,
	};
	snprintf(r->label, sizeof(r->label), "%.*s", (int)sizeof(rail->label), rail->label);
	return r;
}

void synergy_calibration_add(struct synergy_calibrated_rail *r, const struct synergy_reading *reading)
{
	if (r->n == SYNERGY_CALIBRATION_READINGS) {
		memmove(&r->readings[0], &r->readings[1], (r->n - 1) * sizeof(r->readings[0]));
		r->n--;
	}
	r->readings[r->n++] = *reading;
}

/*
 * Gauss and Bayes in two unknowns, the offset and the scale beside the meter's. What the
 * meter itself is off by is common to all its readings, and no number of them says it from
 * the sensor's scale: of their sum each has the share of its variance.
 */
void synergy_calibration_solve(struct synergy_calibrated_rail *r)
{
	double own = r->prior_u_scale * r->prior_u_scale, meter = 0, oo, os = 0, ss, o = 0, s = 0, det;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->readings[i].metered)
			meter = fmax(meter, r->readings[i].meter_u * r->readings[i].meter_u);
	oo = 1 / (r->prior_u_offset_uv * r->prior_u_offset_uv);
	ss = 1 / (own + meter);
	for (i = 0; i < r->n; i++) {
		const struct synergy_reading *v = &r->readings[i];
		double uw_per_uv = v->bus_mv * 1e3 / r->shunt_uohm;
		double row[2] = { 1, 0 }, y = v->shunt_uv, u = v->u_shunt_uv;

		if (v->metered) {
			row[0] = uw_per_uv;
			row[1] = v->meter_uw;
			y = v->power_uw - v->meter_uw;
			u *= uw_per_uv;
		}
		oo += row[0] * row[0] / (u * u);
		os += row[0] * row[1] / (u * u);
		ss += row[1] * row[1] / (u * u);
		o += row[0] * y / (u * u);
		s += row[1] * y / (u * u);
	}
	det = oo * ss - os * os;
	r->offset_uv = (o * ss - s * os) / det;
	r->u_offset_uv = hypot(sqrt(ss / det), DRIFT_UV);
	r->scale = own / (own + meter) * (s * oo - o * os) / det;
	r->u_scale = sqrt(pow(own / (own + meter), 2) * oo / det + own * meter / (own + meter));
}

/* ---- the file ---- */

static json_t *make_readings(const struct synergy_calibrated_rail *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct synergy_reading *v = &r->readings[i];
		json_t *o = json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "date", v->date, "against",
				      v->metered ? "meter" : "no current", "shunt_uv", v->shunt_uv,
				      "u_shunt_uv", v->u_shunt_uv, "bus_mv", v->bus_mv, "power_uw", v->power_uw);

		if (v->metered) {
			json_object_set_new(o, "meter_uw", json_real(v->meter_uw));
			json_object_set_new(o, "meter_u", json_real(v->meter_u));
		}
		json_array_append_new(list, o);
	}
	return list;
}

static char *dump(const struct synergy_calibration *c, bool readings, size_t flags)
{
	json_t *all = json_object(), *list = json_array();
	char *text;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct synergy_calibrated_rail *r = &c->rails[i];
		json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:f, s:f, s:f, s:f}",
				      "rail", r->label, "i2c_bus", (json_int_t)r->i2c_bus,
				      "address", (json_int_t)r->address, "channel", (json_int_t)r->channel,
				      "shunt_uohm", (json_int_t)r->shunt_uohm,
				      "date", r->n ? r->readings[r->n - 1].date : "",
				      "offset_uv", r->offset_uv, "u_offset_uv", r->u_offset_uv,
				      "scale", r->scale, "u_scale", r->u_scale);

		if (readings) {
			json_object_set_new(o, "prior_u_offset_uv", json_real(r->prior_u_offset_uv));
			json_object_set_new(o, "prior_u_scale", json_real(r->prior_u_scale));
			json_object_set_new(o, "readings", make_readings(r));
		}
		json_array_append_new(list, o);
	}
	json_object_set_new(all, "format", json_string(FORMAT));
	json_object_set_new(all, "rails", list);
	text = json_dumps(all, flags | DIGITS);
	json_decref(all);
	return text;
}

char *synergy_calibration_note(const struct synergy_calibration *c)
{
	return dump(c, false, JSON_COMPACT);
}

static int make_directory(const char *path)
{
	char part[4096];
	char *slash;

	snprintf(part, sizeof(part), "%s", path);
	for (slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return 0;
}

int synergy_calibration_write(const char *path, const struct synergy_calibration *c,
			      struct synergy_error *error)
{
	char *text = dump(c, true, JSON_INDENT(1)), next[4096];
	FILE *f;
	int bad;

	if (!text)
		return synergy_error_set(error, ENOMEM, "%s: no memory", path);
	snprintf(next, sizeof(next), "%s.new", path);
	f = make_directory(path) ? NULL : fopen(next, "w");
	bad = !f || fprintf(f, "%s\n", text) < 0;
	bad |= f && fclose(f);
	bad = bad || rename(next, path);
	free(text);
	return bad ? synergy_error_set(error, errno, "%s: %s", path, strerror(errno)) : 0;
}

struct reader {
	const char *name;
	size_t at;			/* the rail's number */
	struct synergy_error *error;
};

static int bad(const struct reader *r, const char *key, const char *what)
{
	return synergy_error_set(r->error, EINVAL, "%s: rail %zu: %s: %s", r->name, r->at, key, what);
}

static int get_number(const struct reader *r, const json_t *o, const char *key, double least,
		      double most, double *v)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_number(j))
		return bad(r, key, "no number");
	*v = json_number_value(j);
	return *v >= least && *v <= most ? 0 : bad(r, key, "out of range");
}

static int get_count(const struct reader *r, const json_t *o, const char *key, uint32_t *v)
{
	double d;

	if (get_number(r, o, key, 0, UINT32_MAX, &d))
		return -1;
	*v = (uint32_t)d;
	return (double)*v == d ? 0 : bad(r, key, "not whole");
}

static int get_text(const struct reader *r, const json_t *o, const char *key, char *to, size_t size)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s || strlen(s) >= size)
		return bad(r, key, s ? "too long" : "no text");
	strcpy(to, s);
	return 0;
}

static int read_reading(const struct reader *r, const json_t *o, struct synergy_reading *v)
{
	char against[16];

	if (get_text(r, o, "date", v->date, sizeof(v->date)) ||
	    get_text(r, o, "against", against, sizeof(against)) ||
	    get_number(r, o, "shunt_uv", -2e5, 2e5, &v->shunt_uv) ||
	    get_number(r, o, "u_shunt_uv", 1e-6, 1e5, &v->u_shunt_uv) ||
	    get_number(r, o, "bus_mv", -1e5, 1e5, &v->bus_mv) ||
	    get_number(r, o, "power_uw", -1e10, 1e10, &v->power_uw))
		return -1;
	v->metered = !strcmp(against, "meter");
	return v->metered && (get_number(r, o, "meter_uw", 1, 1e10, &v->meter_uw) ||
			      get_number(r, o, "meter_u", 0, 1, &v->meter_u)) ? -1 : 0;
}

static int read_rail(const struct reader *r, const json_t *o, struct synergy_calibrated_rail *v)
{
	const json_t *readings = json_object_get(o, "readings");
	char date[12];

	if (get_text(r, o, "rail", v->label, sizeof(v->label)) ||
	    get_count(r, o, "i2c_bus", &v->i2c_bus) || get_count(r, o, "address", &v->address) ||
	    get_count(r, o, "channel", &v->channel) || get_count(r, o, "shunt_uohm", &v->shunt_uohm) ||
	    get_text(r, o, "date", date, sizeof(date)) ||
	    get_number(r, o, "offset_uv", -1e4, 1e4, &v->offset_uv) ||
	    get_number(r, o, "u_offset_uv", 0, 1e4, &v->u_offset_uv) ||
	    get_number(r, o, "scale", -0.9, 100, &v->scale) ||
	    get_number(r, o, "u_scale", 0, 10, &v->u_scale))
		return -1;
	if (!readings) {		/* of a note: the date is all there is */
		strcpy(v->readings[0].date, date);
		v->n = 1;
		return 0;
	}
	if (json_array_size(readings) > SYNERGY_CALIBRATION_READINGS)
		return bad(r, "readings", "too many");
	for (v->n = 0; v->n < json_array_size(readings); v->n++)
		if (read_reading(r, json_array_get(readings, v->n), &v->readings[v->n]))
			return -1;
	return get_number(r, o, "prior_u_offset_uv", 1e-3, 1e4, &v->prior_u_offset_uv) ||
	       get_number(r, o, "prior_u_scale", 1e-6, 10, &v->prior_u_scale) ? -1 : 0;
}

static int read_all(json_t *all, const char *name, struct synergy_calibration *c,
		    struct synergy_error *error)
{
	const char *format = json_string_value(json_object_get(all, "format"));
	const json_t *rails = json_object_get(all, "rails");
	struct reader r = { .name = name, .error = error };

	if (!format || strcmp(format, FORMAT))
		return synergy_error_set(error, EINVAL, "%s: format is '%s', not '%s'", name,
					 format ? format : "", FORMAT);
	if (!json_is_array(rails) || json_array_size(rails) > SYNERGY_CALIBRATION_RAILS)
		return synergy_error_set(error, EINVAL, "%s: rails: no list of %d at most", name,
					 SYNERGY_CALIBRATION_RAILS);
	for (c->n = 0; c->n < json_array_size(rails); c->n++) {
		r.at = c->n;
		if (read_rail(&r, json_array_get(rails, c->n), &c->rails[c->n]))
			return -1;
	}
	return 0;
}

static int finish(json_t *all, const json_error_t *why, const char *name,
		  struct synergy_calibration *c, struct synergy_error *error)
{
	int result;

	if (!all)
		return synergy_error_set(error, EINVAL, "%s:%d: %s", name, why->line, why->text);
	result = read_all(all, name, c, error);
	json_decref(all);
	return result;
}

int synergy_calibration_parse(const char *text, const char *name, struct synergy_calibration *c,
			      struct synergy_error *error)
{
	json_error_t why;

	memset(c, 0, sizeof(*c));
	return finish(json_loads(text, JSON_REJECT_DUPLICATES, &why), &why, name, c, error);
}

int synergy_calibration_read(const char *path, struct synergy_calibration *c,
			     struct synergy_error *error)
{
	json_error_t why;

	memset(c, 0, sizeof(*c));
	if (access(path, F_OK) && errno == ENOENT)
		return 0;
	return finish(json_load_file(path, JSON_REJECT_DUPLICATES, &why), &why, path, c, error);
}
