// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Intervals as JSON, see intervals.h. Trace events are the format that Chromium's
 * about:tracing describes ("Trace Event Format"): an array, or an object with the member
 * traceEvents; ts and dur are microseconds, ph X is a whole interval, B and E its ends.
 * ONNX Runtime writes the array, PyTorch the object; its newer releases count ts from
 * baseTimeNanoseconds. TensorRT's profile is an array of averageMs by name.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/json.h"
#include "lib/array.h"
#include "report/intervals.h"

#define MOST_US		9.2e15		/* as nanoseconds still an int64_t */

struct trace {
	const char *path;
	struct synergy_interval_list *list;
	double base_us;
	struct synergy_interval *open;	/* begun and not ended */
	size_t n_open;
	struct synergy_error *error;
};

static int no_memory(const struct trace *t)
{
	return synergy_error_set(t->error, ENOMEM, "%s: no memory", t->path);
}

static int get_us(const struct trace *t, const json_t *event, size_t at, const char *key, double *us)
{
	const json_t *v = json_object_get(event, key);
	char *end;

	*us = NAN;
	if (json_is_number(v)) {
		*us = json_number_value(v);
	} else if (json_is_string(v)) {		/* some writers quote their numbers */
		*us = strtod(json_string_value(v), &end);
		if (*end || end == json_string_value(v))
			*us = NAN;
	}
	if (isfinite(*us) && fabs(*us) < MOST_US)
		return 0;
	return synergy_error_set(t->error, EINVAL, "%s: event %zu: %s is no time in microseconds",
				 t->path, at, key);
}

static uint32_t task(const json_t *event, const char *key)
{
	const json_t *v = json_object_get(event, key);
	char text[32];

	if (json_is_string(v))
		return synergy_intervals_task(json_string_value(v));
	snprintf(text, sizeof(text), "%.0f", json_is_number(v) ? json_number_value(v) : 0);
	return synergy_intervals_task(text);
}

static int64_t to_ns(const struct trace *t, double us)
{
	/* Each part by itself: their sum as a double would be off by a quarter microsecond. */
	return (int64_t)llrint(us * 1e3) + (int64_t)llrint(t->base_us) * 1000;
}

/* ONNX Runtime: a node is met thrice; what its kernel did is the node itself. */
static int name_of(const struct trace *t, const json_t *event, uint32_t *name)
{
	static const char kernel[] = "_kernel_time";
	const char *text = json_string_value(json_object_get(event, "name"));
	const char *category = json_string_value(json_object_get(event, "cat"));
	size_t n = text ? strlen(text) : 0, k = sizeof(kernel) - 1;
	char *copy;
	int result;

	if (!n)
		return synergy_intervals_name(t->list, "(unnamed)", name);
	if (!category || strcmp(category, "Node") || n <= k || strcmp(text + n - k, kernel))
		return synergy_intervals_name(t->list, text, name);
	copy = strndup(text, n - k);
	result = copy ? synergy_intervals_name(t->list, copy, name) : -1;
	free(copy);
	return result;
}

static bool is_fence(const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "name"));
	const char *category = json_string_value(json_object_get(event, "cat"));

	return name && category && !strcmp(category, "Node") &&
	       (strstr(name, "_fence_before") || strstr(name, "_fence_after"));
}

static int add_complete(struct trace *t, const json_t *event, size_t at)
{
	struct synergy_interval v = { .tgid = task(event, "pid"), .tid = task(event, "tid") };
	double ts, dur;

	if (get_us(t, event, at, "ts", &ts) || get_us(t, event, at, "dur", &dur))
		return -1;
	if (dur < 0)
		return synergy_error_set(t->error, EINVAL, "%s: event %zu: dur is negative: %g",
					 t->path, at, dur);
	v.begin_ns = to_ns(t, ts);
	v.end_ns = v.begin_ns + (int64_t)llrint(dur * 1e3);
	return name_of(t, event, &v.name) || synergy_intervals_add(t->list, &v) ? no_memory(t) : 0;
}

static int add_begin(struct trace *t, const json_t *event, size_t at)
{
	struct synergy_interval v = { .tgid = task(event, "pid"), .tid = task(event, "tid") };
	double ts;

	if (get_us(t, event, at, "ts", &ts))
		return -1;
	v.begin_ns = to_ns(t, ts);
	if (name_of(t, event, &v.name) ||
	    synergy_array_grow(&t->open, t->n_open, sizeof(*t->open)))
		return no_memory(t);
	t->open[t->n_open++] = v;
	return 0;
}

/* Ends the thread's innermost. */
static int add_end(struct trace *t, const json_t *event, size_t at)
{
	uint32_t tgid = task(event, "pid"), tid = task(event, "tid");
	struct synergy_interval v;
	size_t i = t->n_open;
	double ts;

	if (get_us(t, event, at, "ts", &ts))
		return -1;
	while (i && (t->open[i - 1].tgid != tgid || t->open[i - 1].tid != tid))
		i--;
	if (!i) {
		t->list->unended++;
		return 0;
	}
	v = t->open[--i];
	memmove(&t->open[i], &t->open[i + 1], (t->n_open - i - 1) * sizeof(*t->open));
	t->n_open--;
	v.end_ns = to_ns(t, ts);
	if (v.end_ns < v.begin_ns)
		return synergy_error_set(t->error, EINVAL, "%s: event %zu: ts is before its begin's",
					 t->path, at);
	return synergy_intervals_add(t->list, &v) ? no_memory(t) : 0;
}

static int read_events(struct trace *t, const json_t *events)
{
	const json_t *event;
	size_t i;

	json_array_foreach(events, i, event) {
		const char *ph = json_string_value(json_object_get(event, "ph"));

		if (!json_is_object(event))
			return synergy_error_set(t->error, EINVAL, "%s: event %zu: no object",
						 t->path, i);
		if (!ph || is_fence(event))
			continue;
		if ((!strcmp(ph, "X") && add_complete(t, event, i)) ||
		    (!strcmp(ph, "B") && add_begin(t, event, i)) ||
		    (!strcmp(ph, "E") && add_end(t, event, i)))
			return -1;
	}
	t->list->unended += t->n_open;
	return 0;
}

/* One after another, from 0, by their mean times. */
static int read_durations(struct trace *t, const json_t *rows)
{
	int64_t at = 0;
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *name = json_string_value(json_object_get(row, "name"));
		double ms = json_number_value(json_object_get(row, "averageMs"));
		struct synergy_interval v = { .begin_ns = at };

		if (!name)
			continue;	/* the count of inferences */
		if (!json_is_number(json_object_get(row, "averageMs")) || !(ms >= 0) || ms > 1e9)
			return synergy_error_set(t->error, EINVAL,
				"%s: layer '%s': averageMs is no time", t->path, name);
		at += (int64_t)llrint(ms * 1e6);
		v.end_ns = at;
		if (synergy_intervals_name(t->list, name, &v.name) ||
		    synergy_intervals_add(t->list, &v))
			return no_memory(t);
	}
	t->list->durations_only = true;
	return 0;
}

static bool is_profile(const json_t *array)
{
	const json_t *row;
	size_t i;

	json_array_foreach(array, i, row)
		if (json_object_get(row, "averageMs"))
			return true;
	return false;
}

int synergy_intervals_trace(const char *text, size_t length, const char *path,
			    struct synergy_interval_list *list, struct synergy_error *error)
{
	json_t *root = synergy_json_parse(text, length, path, error);
	struct trace t = { .path = path, .list = list, .error = error };
	const json_t *events, *base;
	int result;

	if (!root)
		return -1;
	events = json_is_array(root) ? root : json_object_get(root, "traceEvents");
	base = json_object_get(root, "baseTimeNanoseconds");
	if (json_is_number(base))
		t.base_us = json_number_value(base) / 1e3;
	if (!json_is_array(events))
		result = synergy_error_set(error, EINVAL,
			"%s: neither an array of events nor an object with traceEvents", path);
	else
		result = is_profile(events) ? read_durations(&t, events) : read_events(&t, events);
	free(t.open);
	json_decref(root);
	return result;
}
