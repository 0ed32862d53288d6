// SPDX-License-Identifier: GPL-3.0-or-later
/* See results.h. Tables are read twice: for the columns, and for the rows. */
#include "sweep/results.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layers/csv.h"
#include "layers/json.h"
#include "layers/layers.h"
#include "lib/array.h"
#include "report/types.h"
#include "sweep/data_package.h"
#include "sweep/plan.h"

#define MOST_RUN_BYTES	(1U << 20)

struct run {
	char *path;			/* of its directory */
	json_t *record;			/* run.json */
};

struct names {
	size_t n;
	char **list;
};

struct work {
	size_t n_runs;
	struct run *runs;
	struct names rails, events;
	FILE *out;
};

/* ---- finding the runs ---- */

static const char *text_of(const struct run *r, const char *key)
{
	const char *text = json_string_value(json_object_get(r->record, key));

	return text ? text : "";
}

static double number_of(const struct run *r, const char *key)
{
	const json_t *v = json_object_get(r->record, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static int check_record(const struct run *r, struct synergy_error *error)
{
	static const char *const numbers[] = { "config", "repeat", "order" };
	size_t i;

	if (strcmp(text_of(r, "format"), "synergy-sweep-run 1"))
		return synergy_error_set(error, EINVAL, "%s/run.json: format: not 'synergy-sweep-run 1'",
					 r->path);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!(number_of(r, numbers[i]) >= 0))
			return synergy_error_set(error, EINVAL, "%s/run.json: %s: not a number of 0 or more",
						 r->path, numbers[i]);
	return 0;
}

static int add_run(struct work *w, const char *directory, const char *name,
		   struct synergy_error *error)
{
	struct run r = { 0 };
	char path[1200];

	snprintf(path, sizeof(path), "%s/runs/%s/run.json", directory, name);
	if (access(path, F_OK))
		return 0;	/* not done */
	r.record = synergy_json_read(path, MOST_RUN_BYTES, error);
	if (!r.record)
		return -1;
	path[strlen(path) - strlen("/run.json")] = '\0';
	r.path = strdup(path);
	if (!r.path || synergy_array_grow(&w->runs, w->n_runs, sizeof(*w->runs))) {
		free(r.path);
		json_decref(r.record);
		return synergy_error_set(error, ENOMEM, "results: no memory");
	}
	w->runs[w->n_runs++] = r;
	return check_record(&r, error);
}

static int find_runs(struct work *w, const char *directory, struct synergy_error *error)
{
	struct dirent *entry;
	char path[1024];
	int result = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/runs", directory);
	dir = opendir(path);
	if (!dir)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	while (!result && (entry = readdir(dir)))
		if (entry->d_name[0] == 'c' && !strchr(entry->d_name, '.'))
			result = add_run(w, directory, entry->d_name, error);
	closedir(dir);
	return result;
}

static int by_order(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	int order = strcmp(text_of(x, "board"), text_of(y, "board"));
	double p = number_of(x, "order"), q = number_of(y, "order");

	return order ? order : p < q ? -1 : p > q;
}

/* ---- columns ---- */

static int add_names(struct names *names, size_t n, char *const *list)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < names->n && strcmp(names->list[k], list[i]); k++)
			;
		if (k < names->n)
			continue;
		if (synergy_array_grow(&names->list, names->n, sizeof(*names->list)))
			return -1;
		names->list[names->n] = strdup(list[i]);
		if (!names->list[names->n++])
			return -1;
	}
	return 0;
}

static int read_table(const struct run *r, struct synergy_layers **table,
		      struct synergy_error *error)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s/layers.csv", r->path);
	return synergy_layers_read_csv(path, table, error);
}

static int find_columns(struct work *w, struct synergy_error *error)
{
	struct synergy_layers *t;
	size_t i;
	int bad;

	for (i = 0; i < w->n_runs; i++) {
		if (read_table(&w->runs[i], &t, error))
			return -1;
		bad = add_names(&w->rails, t->n_rails, t->rails) ||
			add_names(&w->events, t->n_events, t->events);
		synergy_layers_free(t);
		if (bad)
			return synergy_error_set(error, ENOMEM, "results: no memory");
	}
	return 0;
}

/* ---- rows ---- */

static void put_text(FILE *out, const char *text)
{
	synergy_csv_put(out, text);
	fputc(',', out);
}

static void put_number(FILE *out, double v)
{
	if (!isnan(v))
		fprintf(out, "%.9g", v);
	fputc(',', out);
}

/* What the plan named, or what synergy-run took and says so. */
static void put_axis(const struct work *w, const struct run *r, const struct synergy_layers *t,
		     const char *key, const char *meta)
{
	const char *text = text_of(r, key);

	if (!*text && synergy_layers_meta(t, meta))
		text = synergy_layers_meta(t, meta);
	put_text(w->out, text);
}

/* "V +- W" */
static void put_figure(FILE *out, const struct synergy_layers *t, const char *key)
{
	const char *text = synergy_layers_meta(t, key), *width = text ? strstr(text, "+-") : NULL;

	put_number(out, text ? strtod(text, NULL) : NAN);
	put_number(out, width ? strtod(width + 2, NULL) : NAN);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_run(const struct work *w, const struct run *r, const struct synergy_layers *t)
{
	const char *runs = synergy_layers_meta(t, "runs_measured");

	put_text(w->out, text_of(r, "board"));
	put_number(w->out, number_of(r, "config"));
	put_number(w->out, number_of(r, "repeat"));
	put_number(w->out, number_of(r, "order"));
	put_text(w->out, base_name(text_of(r, "models")));
	put_text(w->out, *text_of(r, "clocks") ? text_of(r, "clocks") : "found");
	put_number(w->out, number_of(r, "khz"));
	put_axis(w, r, t, "cpus", "core");
	put_axis(w, r, t, "threads", "threads");
	put_axis(w, r, t, "backends", "backend");
	put_axis(w, r, t, "convs", "conv");
	put_axis(w, r, t, "batches", "batch");
	put_number(w->out, number_of(r, "temperature_mc") / 1e3);
	put_text(w->out, t->n_rows ? t->rows[0].network : "");
	put_number(w->out, runs ? strtod(runs, NULL) : NAN);
	put_figure(w->out, t, "idle_mw");
	put_text(w->out, synergy_layers_meta(t, "rail") ? synergy_layers_meta(t, "rail") : "");
}

static void put_last(FILE *out, const double *values, int at)
{
	fputc(',', out);
	if (at >= 0 && !isnan(values[at]))
		fprintf(out, "%.9g", values[at]);
}

/* The rest of a row, from the column before on. */
static void put_values(const struct work *w, const struct synergy_layers *t, const double *rails,
		       const double *events, const struct synergy_layer_features *features)
{
	size_t i;

	for (i = 0; i < w->rails.n; i++)
		put_last(w->out, rails, synergy_layers_find_rail(t, w->rails.list[i]));
	for (i = 0; i < w->events.n; i++)
		put_last(w->out, events, synergy_layers_find_event(t, w->events.list[i]));
	synergy_layers_put_features(features, w->out);
	fputc('\n', w->out);
}

static void put_layer(const struct work *w, const struct run *r, const struct synergy_layers *t,
		      const struct synergy_layers_row *row)
{
	put_run(w, r, t);
	put_number(w->out, synergy_layers_is_layer(row) ? row->index : NAN);
	put_text(w->out, row->layer);
	put_text(w->out, row->op);
	put_text(w->out, synergy_layer_type(row));
	put_number(w->out, (double)row->mac);
	put_number(w->out, row->time_us);
	put_number(w->out, row->energy_uj);
	put_number(w->out, row->energy_ci95_uj);
	put_number(w->out, row->sensor_u95_uj);
	if (row->resolved >= 0)
		fprintf(w->out, "%d", row->resolved);
	put_values(w, t, row->rail_uj, row->events, &row->features);
}

static void add_to(double *sum, double v)
{
	if (!isnan(v))
		*sum = isnan(*sum) ? v : *sum + v;
}

/* The whole inference: times, counts and rails are sums, the energy's interval its own. */
static int put_total(const struct work *w, const struct run *r, const struct synergy_layers *t)
{
	double *rails = calloc(t->n_rails + 1, sizeof(*rails));
	double *events = calloc(t->n_events + 1, sizeof(*events));
	double mac = 0, sensor = NAN;
	const struct synergy_layer_features none = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, "" };
	const char *run_us = synergy_layers_meta(t, "run_us");
	size_t i, k;
	int bad = !rails || !events;

	for (k = 0; !bad && k < t->n_rails; k++)
		rails[k] = NAN;
	for (k = 0; !bad && k < t->n_events; k++)
		events[k] = NAN;
	for (i = 0; !bad && i < t->n_rows; i++) {
		mac += (double)t->rows[i].mac;
		/* common to all rows: it adds up, and not by squares */
		add_to(&sensor, t->rows[i].sensor_u95_uj);
		for (k = 0; k < t->n_rails; k++)
			add_to(&rails[k], t->rows[i].rail_uj[k]);
		for (k = 0; k < t->n_events; k++)
			add_to(&events[k], t->rows[i].events[k]);
	}
	if (!bad) {
		put_run(w, r, t);
		fputs(",," SYNERGY_RESULTS_TOTAL ",total,", w->out);
		put_number(w->out, mac);
		put_number(w->out, run_us ? strtod(run_us, NULL) : NAN);
		put_figure(w->out, t, "total_uj");
		put_number(w->out, sensor);
		put_values(w, t, rails, events, &none);
	}
	free(rails);
	free(events);
	return bad;
}

static int put_rows(struct work *w, struct synergy_error *error)
{
	struct synergy_layers *t;
	size_t i, k;
	int bad;

	for (i = 0; i < w->n_runs; i++) {
		if (read_table(&w->runs[i], &t, error))
			return -1;
		for (k = 0; k < t->n_rows; k++)
			put_layer(w, &w->runs[i], t, &t->rows[k]);
		bad = put_total(w, &w->runs[i], t);
		synergy_layers_free(t);
		if (bad)
			return synergy_error_set(error, ENOMEM, "results: no memory");
	}
	return 0;
}

static void put_header(const struct work *w)
{
	size_t i;

	fputs("board,config,repeat,order,model,clock,khz,cpus,threads,backend,conv,batch,temperature_c,"
	      "network,runs,idle_mw,idle_ci95_mw,rail,index,layer,op,type,mac,time_us,energy_uj,"
	      "energy_ci95_uj,sensor_u95_uj,resolved", w->out);
	for (i = 0; i < w->rails.n; i++)
		fprintf(w->out, ",%s_uj", w->rails.list[i]);
	for (i = 0; i < w->events.n; i++) {
		fputc(',', w->out);
		synergy_csv_put(w->out, w->events.list[i]);
	}
	for (i = 0; i < SYNERGY_FEATURES; i++)
		fprintf(w->out, ",%s", synergy_feature_names[i]);
	fputc('\n', w->out);
}

static int write_all(struct work *w, const char *output, struct synergy_error *error)
{
	char path[1024], part[1100];
	int result;

	if (mkdir(output, 0777) && errno != EEXIST)
		return synergy_error_set(error, errno, "%s: %s", output, strerror(errno));
	snprintf(path, sizeof(path), "%s/results.csv", output);
	snprintf(part, sizeof(part), "%s.part", path);
	w->out = fopen(part, "we");
	if (!w->out)
		return synergy_error_set(error, errno, "%s: %s", part, strerror(errno));
	put_header(w);
	result = put_rows(w, error);
	if (fclose(w->out) && !result)
		result = synergy_error_set(error, errno, "%s: %s", part, strerror(errno));
	if (!result && rename(part, path))
		result = synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	return result ? result : synergy_data_package_write(output, w->rails.n, w->rails.list,
							    w->events.n, w->events.list, error);
}

static void clear(struct work *w)
{
	while (w->n_runs) {
		w->n_runs--;
		free(w->runs[w->n_runs].path);
		json_decref(w->runs[w->n_runs].record);
	}
	while (w->rails.n)
		free(w->rails.list[--w->rails.n]);
	while (w->events.n)
		free(w->events.list[--w->events.n]);
	free(w->runs);
	free(w->rails.list);
	free(w->events.list);
}

int synergy_results_write(char *const *directories, size_t n, const char *output, size_t *n_runs,
			  struct synergy_error *error)
{
	struct work w = { 0 };
	int result = 0;
	size_t i;

	for (i = 0; i < n && !result; i++)
		result = find_runs(&w, directories[i], error);
	if (!result && !w.n_runs)
		result = synergy_error_set(error, ENODATA, "%s: no run is done", directories[0]);
	if (!result) {
		qsort(w.runs, w.n_runs, sizeof(*w.runs), by_order);
		result = find_columns(&w, error) || write_all(&w, output, error) ? -1 : 0;
	}
	if (n_runs)
		*n_runs = w.n_runs;
	clear(&w);
	return result;
}
