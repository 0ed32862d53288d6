// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The page's data; see page_data.h. What was sampled is page_trace.c's.
 */
#include "report/page_data.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page_json.h"
#include "report/page_trace.h"
#include "report/provenance.h"
#include "report/types.h"

static json_t *figure(const struct synergy_figure *f)
{
	json_t *pair = json_array();

	if (json_array_append_new(pair, synergy_json_number(f->value)) ||
	    json_array_append_new(pair, synergy_json_number(f->ci95))) {
		json_decref(pair);
		return NULL;
	}
	return pair;
}

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static const char *meta(const struct synergy_profile *p, const char *key)
{
	return p->layers ? synergy_layers_meta(p->layers, key) :
		synergy_stream_note(p->stream, key);
}

/* What the head of the page says of the recording. */
static json_t *make_subject(const struct synergy_profile *p)
{
	static const char *const keys[] = {
		"host", "cpu", "board", "governor", "frequency", "backend", "conv", "threads",
		"tool", "date", "command",
	};
	json_t *subject = json_object();
	int bad = 0;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (meta(p, keys[i]))
			bad |= put(subject, keys[i], synergy_json_string(meta(p, keys[i])));
	if (p->result) {
		bad |= put(subject, "unit", synergy_json_string(synergy_profile_unit(p)));
		bad |= put(subject, "runs", synergy_json_number((double)p->result->n_runs));
		bad |= put(subject, "run_us", synergy_json_number(p->result->run_us));
		bad |= put(subject, "run_sd_us", synergy_json_number(p->result->run_sd_us));
	}
	if (bad) {
		json_decref(subject);
		return NULL;
	}
	return subject;
}

/* ---- rails ---- */

static const struct synergy_rail_result *find_result(const struct synergy_profile *p,
						     const char *label)
{
	size_t i;

	for (i = 0; p->result && i < p->result->n_rails; i++)
		if (!strcmp(p->result->rails[i].label, label))
			return &p->result->rails[i];
	return NULL;
}

/* What the sensor's constants may be off; null where nothing is known of them. */
static json_t *make_sensor(const struct synergy_sensor_part *s)
{
	json_t *sensor;

	if (isnan(s->offset_uw))
		return json_null();
	sensor = json_object();
	if (put(sensor, "offset_uw", synergy_json_number(s->offset_uw)) |
	    put(sensor, "scale", synergy_json_number(s->scale)) |
	    put(sensor, "source", synergy_json_string(s->sensor.source))) {
		json_decref(sensor);
		return NULL;
	}
	return sensor;
}

static int put_attributed(json_t *rail, const struct synergy_rail_result *r)
{
	return put(rail, "total", figure(&r->total_uj)) | put(rail, "net", figure(&r->net_uj)) |
		put(rail, "idle_uw", figure(&r->idle_uw)) |
		put(rail, "coverage", synergy_json_number(r->coverage)) |
		put(rail, "sensor", make_sensor(&r->sensor));
}

static json_t *make_rail(const struct synergy_profile *p, const struct synergy_trace_rail *t,
			 const char *label)
{
	const struct synergy_rail_result *result = find_result(p, label);
	json_t *rail = json_object();

	if (put(rail, "label", synergy_json_string(label)) |
	    put(rail, "samples", synergy_json_number((double)t->samples)) |
	    put(rail, "mean_mw", synergy_json_number(t->sum_mw / (double)t->samples)) |
	    put(rail, "min_mw", synergy_json_number(t->min_mw)) |
	    put(rail, "max_mw", synergy_json_number(t->max_mw)) |
	    put(rail, "energy_uj", synergy_json_number(t->energy_uj)) |
	    put(rail, "seconds", synergy_json_number((double)(t->last_ns - t->first_ns) / 1e9)) |
	    put(rail, "gaps", synergy_json_number((double)t->gaps)) |
	    (result ? put_attributed(rail, result) : 0)) {
		json_decref(rail);
		return NULL;
	}
	return rail;
}

/* Those that were sampled, in the stream's order; *chosen is the place of energy's. */
static json_t *make_rails(const struct synergy_profile *p, int *chosen)
{
	json_t *rails = json_array();
	char label[64];
	uint32_t i;

	*chosen = -1;
	for (i = 0; i < p->trace.n_rails; i++) {
		if (!p->trace.rails[i].samples)
			continue;
		synergy_page_rail_label(p, i, label, sizeof(label));
		if (synergy_profile_rail(p) && !strcmp(synergy_profile_rail(p), label))
			*chosen = (int)json_array_size(rails);
		if (json_array_append_new(rails, make_rail(p, &p->trace.rails[i], label))) {
			json_decref(rails);
			return NULL;
		}
	}
	return rails;
}

/* ---- layers: an array a column ---- */

struct column {
	const struct synergy_layers *t;
	bool layers;		/* those that are, or those that are none */
};

static json_t *numbers(const struct column *c, double (*get)(const struct synergy_layers_row *row,
							     size_t i), size_t arg)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < c->t->n_rows; i++) {
		const struct synergy_layers_row *row = &c->t->rows[i];

		if (!!synergy_layers_is_layer(row) != c->layers)
			continue;
		if (json_array_append_new(array, synergy_json_number(get(row, arg)))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *texts(const struct column *c, const char *(*get)(const struct synergy_layers_row *))
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < c->t->n_rows; i++) {
		const struct synergy_layers_row *row = &c->t->rows[i];

		if (!!synergy_layers_is_layer(row) != c->layers)
			continue;
		if (json_array_append_new(array, synergy_json_string(get(row)))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static double get_index(const struct synergy_layers_row *r, size_t i)
{
	(void)i;
	return r->index;
}

static double get_mac(const struct synergy_layers_row *r, size_t i)
{
	(void)i;
	return (double)r->mac;
}

static double get_time(const struct synergy_layers_row *r, size_t i)
{
	(void)i;
	return r->time_us;
}

static double get_samples(const struct synergy_layers_row *r, size_t i)
{
	(void)i;
	return r->samples;
}

static double get_energy(const struct synergy_layers_row *r, size_t i)
{
	return r->rail_uj[i];
}

static double get_ci95(const struct synergy_layers_row *r, size_t i)
{
	return r->rail_ci95_uj[i];
}

static double get_event(const struct synergy_layers_row *r, size_t i)
{
	return r->events[i];
}

static double get_feature(const struct synergy_layers_row *r, size_t i)
{
	int64_t v = synergy_layers_feature(&r->features, (int)i);

	return v < 0 ? NAN : (double)v;
}

static const char *get_name(const struct synergy_layers_row *r)
{
	return r->layer;
}

static const char *get_op(const struct synergy_layers_row *r)
{
	return r->op;
}

static const char *get_method(const struct synergy_layers_row *r)
{
	return r->features.method;
}

static json_t *group(const struct column *c, size_t n,
		     double (*get)(const struct synergy_layers_row *, size_t))
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		if (json_array_append_new(array, numbers(c, get, i))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* A result's rails may be more or fewer than were sampled: the labels tell which is which. */
static json_t *label_list(size_t n, char **labels)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		if (json_array_append_new(array, synergy_json_string(labels[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *make_rows(const struct synergy_layers *t, bool layers)
{
	const struct column c = { t, layers };
	json_t *rows = json_object();
	int bad, i;

	bad = put(rows, "index", numbers(&c, get_index, 0)) | put(rows, "name", texts(&c, get_name)) |
		put(rows, "op", texts(&c, get_op)) | put(rows, "type", texts(&c, synergy_layer_type)) |
		put(rows, "method", texts(&c, get_method)) | put(rows, "mac", numbers(&c, get_mac, 0)) |
		put(rows, "time_us", numbers(&c, get_time, 0)) |
		put(rows, "samples", numbers(&c, get_samples, 0)) |
		put(rows, "rails", label_list(t->n_rails, t->rails)) |
		put(rows, "energy_uj", group(&c, t->n_rails, get_energy)) |
		put(rows, "ci95_uj", group(&c, t->n_rails, get_ci95)) |
		put(rows, "event_names", label_list(t->n_events, t->events)) |
		put(rows, "events", group(&c, t->n_events, get_event));
	for (i = 0; layers && i < SYNERGY_FEATURE_METHOD; i++)
		bad |= put(rows, synergy_feature_names[i], numbers(&c, get_feature, (size_t)i));
	if (bad) {
		json_decref(rows);
		return NULL;
	}
	return rows;
}

/* ---- findings and provenance ---- */

static json_t *make_findings(const struct synergy_profile *p)
{
	static const char *const levels[] = {
		[SYNERGY_REMARK_NOTE] = "note", [SYNERGY_REMARK_WARNING] = "warning",
		[SYNERGY_REMARK_SERIOUS] = "serious",
	};
	json_t *findings = json_array(), *finding;
	struct synergy_remark r;
	size_t i;

	for (i = 0; synergy_profile_remark(p, i, &r); i++) {
		finding = json_object();
		if (put(finding, "level", json_string(levels[r.level])) |
		    put(finding, "what", synergy_json_string(r.what)) |
		    put(finding, "do", synergy_json_string(*r.advice ? r.advice : NULL)) |
		    json_array_append_new(findings, finding)) {
			json_decref(findings);
			return NULL;
		}
	}
	return findings;
}

/* What the self-checks of the chosen rail found. */
static json_t *make_checks(const struct synergy_profile *p)
{
	static const char *const states[] = {
		[SYNERGY_CHECK_NONE] = "none", [SYNERGY_CHECK_PASSED] = "passed",
		[SYNERGY_CHECK_FAILED] = "failed",
	};
	json_t *checks = json_array(), *one;
	struct synergy_check_line line;
	size_t i;

	for (i = 0; p->result && p->rail >= 0 &&
	     synergy_check_line(p->result, (size_t)p->rail, i, &line); i++) {
		one = json_object();
		if (put(one, "name", json_string(line.name)) |
		    put(one, "state", json_string(states[line.state])) |
		    put(one, "text", synergy_json_string(line.text)) |
		    put(one, "false_alarms", synergy_json_number(line.false_alarms)) |
		    json_array_append_new(checks, one)) {
			json_decref(checks);
			return NULL;
		}
	}
	return checks;
}

static json_t *entries_of(const struct synergy_profile *p, int wanted)
{
	json_t *entries = json_array();
	const char *key, *value;
	uint32_t n;
	size_t i;
	int bad = 0;

	for (i = 0; p->layers && i < p->layers->n_meta; i++)
		if (synergy_provenance_group(p->layers->meta[i].key) == wanted)
			bad |= json_array_append_new(entries, synergy_json_pair(p->layers->meta[i].key,
							p->layers->meta[i].value));
	for (n = 0; !p->layers && (value = synergy_stream_note_at(p->stream, n, &key)); n++)
		if (synergy_provenance_group(key) == wanted)
			bad |= json_array_append_new(entries, synergy_json_pair(key, value));
	if (bad) {
		json_decref(entries);
		return NULL;
	}
	return entries;
}

static json_t *make_provenance(const struct synergy_profile *p)
{
	json_t *groups = json_array(), *one;
	int i;

	for (i = 0; i < SYNERGY_PROVENANCE_GROUPS; i++) {
		one = json_object();
		if (put(one, "group", synergy_json_string(synergy_provenance_groups[i])) |
		    put(one, "entries", entries_of(p, i)) | json_array_append_new(groups, one)) {
			json_decref(groups);
			return NULL;
		}
	}
	return groups;
}

int synergy_page_data_write(const struct synergy_profile *p, FILE *out)
{
	const char *title = meta(p, "network");
	json_t *data = json_object(), *rails;
	int chosen, bad, result;

	rails = make_rails(p, &chosen);
	bad = put(data, "format", json_string("synergy-report 1")) |
		put(data, "title", synergy_json_string(title ? title : "Recording")) |
		put(data, "subject", make_subject(p)) | put(data, "rails", rails) |
		put(data, "rail", json_integer(chosen)) |
		put(data, "findings", make_findings(p)) | put(data, "checks", make_checks(p)) |
		put(data, "provenance", make_provenance(p)) |
		synergy_page_trace_put(p, data);
	if (p->layers)
		bad |= put(data, "layers", make_rows(p->layers, true)) |
			put(data, "rest", make_rows(p->layers, false));
	if (bad) {
		json_decref(data);
		errno = ENOMEM;
		return -1;
	}
	result = synergy_json_write_inline(data, out);
	json_decref(data);
	return result;
}
