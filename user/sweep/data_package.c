// SPDX-License-Identifier: GPL-3.0-or-later
/* See data_package.h. */
#include "sweep/data_package.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "layers/json.h"
#include "layers/layers.h"
#include "lib/synergy.h"

static const struct {
	const char *name, *type, *unit, *description;
} fields[] = {
	{ "board", "string", NULL, "the board, as the sweep was given it, or the host's name" },
	{ "config", "integer", NULL, "number of the configuration in the plan" },
	{ "repeat", "integer", NULL, "block that the run belongs to, from 0" },
	{ "order", "integer", NULL, "the how-manieth run of the sweep it was, from 0" },
	{ "model", "string", NULL, "model file" },
	{ "clock", "string", NULL, "frequency or governor of the plan; found: as it was" },
	{ "khz", "number", "kHz", "frequency that was set; empty under a governor" },
	{ "cpus", "string", NULL, "cores that it ran on" },
	{ "threads", "string", NULL, "threads" },
	{ "backend", "string", NULL, "matrix multiplication" },
	{ "conv", "string", NULL, "convolution method" },
	{ "batch", "string", NULL, "images at once" },
	{ "temperature_c", "number", "degree Celsius", "hottest thermal zone before the run" },
	{ "network", "string", NULL, "network" },
	{ "runs", "number", NULL, "inferences that were measured" },
	{ "idle_mw", "number", "mW", "idle power of the rail before and after" },
	{ "idle_ci95_mw", "number", "mW", "half-width of its 95 % interval" },
	{ "rail", "string", NULL, "rail of energy_uj" },
	{ "index", "integer", NULL, "layer, in execution order; empty where the row is none" },
	{ "layer", "string", NULL, "the layer's name" },
	{ "op", "string", NULL, "operator; (total) is the whole inference, (between) what no layer encloses" },
	{ "type", "string", NULL, "type of layer" },
	{ "mac", "number", "multiply-accumulate", "work of an inference" },
	{ "time_us", "number", "us", "mean time an inference" },
	{ "energy_uj", "number", "uJ", "mean energy an inference, on the rail" },
	{ "energy_ci95_uj", "number", "uJ", "half-width of the 95 % interval of the layer's own mean" },
	{ "sensor_u95_uj", "number", "uJ", "the sensor's part, 95 %: common to all rows of a board" },
	{ "resolved", "integer", NULL, "1: the interval is at most 10 % of the energy" },
};

/* What the model file says of a layer: the last columns. */
static const struct {
	const char *unit, *description;
} features[SYNERGY_FEATURES] = {
	[SYNERGY_FEATURE_PARAMS] = { "element", "weights and biases" },
	[SYNERGY_FEATURE_BYTES_IN] = { "byte", "activations read" },
	[SYNERGY_FEATURE_BYTES_OUT] = { "byte", "activations written" },
	[SYNERGY_FEATURE_KERNEL_H] = { "pixel", "height of the kernel or window" },
	[SYNERGY_FEATURE_KERNEL_W] = { "pixel", "its width" },
	[SYNERGY_FEATURE_STRIDE_H] = { "pixel", "stride, down" },
	[SYNERGY_FEATURE_STRIDE_W] = { "pixel", "stride, across" },
	[SYNERGY_FEATURE_GROUP] = { "count", "groups of a convolution" },
	[SYNERGY_FEATURE_CHANNELS_IN] = { "count", "channels read" },
	[SYNERGY_FEATURE_CHANNELS_OUT] = { "count", "channels written" },
	[SYNERGY_FEATURE_METHOD] = { NULL, "how the runner computed the layer" },
};

static json_t *make_field(struct synergy_json_writer *w, const char *name, const char *type,
			  const char *unit, const char *description)
{
	json_t *field = json_object();

	synergy_json_set(w, field, "name", synergy_json_string(name));
	synergy_json_set(w, field, "type", synergy_json_string(type));
	synergy_json_set(w, field, "description", synergy_json_string(description));
	if (unit)
		synergy_json_set(w, field, "unit", synergy_json_string(unit));
	return field;
}

static json_t *make_fields(struct synergy_json_writer *w, size_t n_rails, char *const *rails,
			   size_t n_events, char *const *events)
{
	json_t *list = json_array();
	char name[128];
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		synergy_json_append(w, list, make_field(w, fields[i].name, fields[i].type,
							fields[i].unit, fields[i].description));
	for (i = 0; i < n_rails; i++) {
		snprintf(name, sizeof(name), "%s_uj", rails[i]);
		synergy_json_append(w, list, make_field(w, name, "number", "uJ",
							"mean energy an inference on this rail"));
	}
	for (i = 0; i < n_events; i++)
		synergy_json_append(w, list, make_field(w, events[i], "number", "count",
							"counted an inference"));
	for (i = 0; i < SYNERGY_FEATURES; i++)
		synergy_json_append(w, list, make_field(w, synergy_feature_names[i],
							i == SYNERGY_FEATURE_METHOD ? "string" : "integer",
							features[i].unit, features[i].description));
	return list;
}

static json_t *make_package(struct synergy_json_writer *w, size_t n_rails, char *const *rails,
			    size_t n_events, char *const *events)
{
	json_t *package = json_object(), *resources = json_array(), *resource = json_object();
	json_t *schema = json_object(), *missing = json_array();

	synergy_json_append(w, missing, synergy_json_string(""));
	synergy_json_set(w, schema, "fields", make_fields(w, n_rails, rails, n_events, events));
	synergy_json_set(w, schema, "missingValues", missing);
	synergy_json_set(w, resource, "name", synergy_json_string("results"));
	synergy_json_set(w, resource, "path", synergy_json_string("results.csv"));
	synergy_json_set(w, resource, "profile", synergy_json_string("tabular-data-resource"));
	synergy_json_set(w, resource, "format", synergy_json_string("csv"));
	synergy_json_set(w, resource, "mediatype", synergy_json_string("text/csv"));
	synergy_json_set(w, resource, "encoding", synergy_json_string("utf-8"));
	synergy_json_set(w, resource, "schema", schema);
	synergy_json_append(w, resources, resource);
	synergy_json_set(w, package, "profile", synergy_json_string("tabular-data-package"));
	synergy_json_set(w, package, "name", synergy_json_string("synergy-sweep"));
	synergy_json_set(w, package, "title", synergy_json_string(
		"Energy and time of neural networks per layer, over configurations of a board"));
	synergy_json_set(w, package, "description", synergy_json_string(
		"Made by synergy-sweep " SYNERGY_LIB_VERSION
		". Provenance of each run: runs/*/layers.csv, lines that begin with #"));
	synergy_json_set(w, package, "resources", resources);
	return package;
}

int synergy_data_package_write(const char *output, size_t n_rails, char *const *rails,
			       size_t n_events, char *const *events, struct synergy_error *error)
{
	struct synergy_json_writer w = { .digits = 9 };
	json_t *package = make_package(&w, n_rails, rails, n_events, events);
	char path[1024];
	int bad;

	snprintf(path, sizeof(path), "%s/datapackage.json", output);
	errno = ENOMEM;
	bad = w.failed || json_dump_file(package, path, JSON_INDENT(2));
	json_decref(package);
	return bad ? synergy_error_set(error, errno, "%s: %s", path, strerror(errno)) : 0;
}
