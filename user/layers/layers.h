/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layers table: one row a layer, what is known of it from the model file
 * and what was measured. It is what attribution gives, what synergy-run writes
 * as layers.csv and layers.json, and what synergy-fit learns from. Reading and
 * writing are here; the figures are made elsewhere (attribute.h).
 *
 * The CSV file
 *
 *	# key: value
 *	network,index,layer,op,mac,time_us,energy_uj,energy_ci95_uj,power_mw,samples,
 *	resolved,<rail>_uj...,<event>...,params,bytes_in,bytes_out,kernel_h,kernel_w,
 *	stride_h,stride_w,group,channels_in,channels_out,method,sensor_u95_uj
 *
 * (one line). First come lines of provenance, then the header, then the rows.
 * energy_ci95_uj is the half-width of the statistical 95 % interval, for the layer's own
 * mean in runs like these; sensor_u95_uj what the sensor's constants (offset, gain, shunt)
 * add to it, common to all rows and never smaller with more runs. Eleven columns are fixed; then come the rails, each label followed by "_uj"
 * (at least none: a table without power has no rail); then the events, up to the
 * column "params"; then the features, which are known from the model file alone.
 * The features may be missing altogether ("params" absent: every column after
 * the rails is an event), but not in part; so may sensor_u95_uj. Time, counts and energies are means
 * per inference. An empty field means not known or not measured and reads as
 * NaN; it is never a zero. A layer that no sample met has samples 0, resolved 0
 * and no energy. A field with comma, quote or line break is quoted as RFC 4180
 * has it. Several networks may share one table.
 *
 * Recordings of any program's marks have a row for each name that it marked: time and
 * energy are then those in which it was the innermost interval, so rows add up as
 * layers do; the last row, op "Command" or "Recording", is the rest. Such a table has
 * columns behind the sensor's:
 *	calls,parent,inclusive_time_us,inclusive_uj,inclusive_ci95_uj,shared_time_us
 * calls per run of the command, the index of the row that encloses it first (the last
 * row's: none does), time and energy with the calls inside, and the part of time_us in
 * which other threads had an interval open, too. Each thread's rows have a network of
 * their own, NAME and then NAME/TID, and each network's rows add up to the whole.
 *
 * Rows that are no layers: op "(between)" is the time inside an inference that
 * no layer's marks enclose, mac 0 and index one past the last layer's. Behind it
 * "(unattributed)", only where there are layers that no sample met: what of the
 * inference's energy they have together, so that the rows add up to it. Their
 * time and counts are in their own rows.
 *
 * The JSON file (format "synergy-layers 2") says the same with numbers as numbers, and
 * every rail's interval: an object of format, provenance, rails, events, total (of an
 * inference), between, unattributed and layers, the last an array with a row a line.
 * What is no layer is a member of its own there and not among the layers; total and
 * unattributed are null where there are none. What is not known is null, never 0. A
 * provenance line of a value with its interval is two members: total_uj is
 * followed by total_ci95_uj.
 *
 * LAYERS text in recordings (lib/recording.h) is the short form: index, layer,
 * op, mac, params, bytes_in, bytes_out, then features by name in any order.
 *
 * Errors: -1 with errno EINVAL (a bad file; the message names file, line, column
 * and value), ENOMEM, EFBIG (a limit below), or what opening gave.
 */
#ifndef SYNERGY_LAYERS_LAYERS_H
#define SYNERGY_LAYERS_LAYERS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"

#define SYNERGY_LAYERS_FORMAT		"synergy-layers 1"	/* "# format:" */
#define SYNERGY_LAYERS_JSON_FORMAT	"synergy-layers 2"
#define SYNERGY_LAYERS_BETWEEN		"(between)"		/* op of that row */
#define SYNERGY_LAYERS_UNATTRIBUTED	"(unattributed)"
#define SYNERGY_LAYERS_TOTAL		"(total)"

/* Limits on what is read. */
#define SYNERGY_LAYERS_MAX_ROWS		1000000
#define SYNERGY_LAYERS_MAX_COLUMNS	256
#define SYNERGY_LAYERS_MAX_BYTES	(256U << 20)

/* What the model file alone says; -1 (or an empty method) where it says nothing. */
struct synergy_layer_features {
	int64_t params;			/* weights and biases, elements */
	int64_t bytes_in;		/* activations read, bytes; weights not included */
	int64_t bytes_out;
	int64_t kernel_h, kernel_w;	/* convolution, pooling; 1 elsewhere */
	int64_t stride_h, stride_w;
	int64_t group;			/* of a convolution; 1 elsewhere */
	int64_t channels_in, channels_out;
	char method[24];		/* how the runner computed it: "im2col", "gemm", ... */
};

/* Feature columns in file order; the last (method) is text, the others integers. */
enum {
	SYNERGY_FEATURE_PARAMS, SYNERGY_FEATURE_BYTES_IN, SYNERGY_FEATURE_BYTES_OUT,
	SYNERGY_FEATURE_KERNEL_H, SYNERGY_FEATURE_KERNEL_W, SYNERGY_FEATURE_STRIDE_H,
	SYNERGY_FEATURE_STRIDE_W, SYNERGY_FEATURE_GROUP, SYNERGY_FEATURE_CHANNELS_IN,
	SYNERGY_FEATURE_CHANNELS_OUT, SYNERGY_FEATURE_METHOD, SYNERGY_FEATURES
};
extern const char *const synergy_feature_names[SYNERGY_FEATURES];

/* Of a row that stands for a name in a program's marks. NaN: not known. */
struct synergy_layers_calls {
	double calls;
	uint32_t parent;
	double inclusive_us, inclusive_uj, inclusive_ci95_uj, shared_us;
};

struct synergy_layers_row {
	char *network, *layer, *op;	/* the table's */
	uint32_t index;			/* in execution order; the id of the marks */
	uint64_t mac;
	double time_us;			/* NaN: not known, here and below */
	double energy_uj;		/* of the chosen rail */
	double energy_ci95_uj;		/* half-width of the 95 % interval: statistical */
	double sensor_u95_uj;		/* the sensor's part, 95 %: common to all rows */
	double power_mw;
	double samples;			/* power windows' worth of samples in this layer, all runs */
	int resolved;			/* 1, 0, or -1: nothing was measured */
	double *rail_uj;		/* n_rails */
	double *rail_ci95_uj;		/* n_rails; JSON only, NaN after reading a CSV file */
	double *events;			/* n_events, counts per inference */
	struct synergy_layer_features features;
	struct synergy_layers_calls calls;	/* where the table has_calls */
};

struct synergy_layers_meta {
	char *key, *value;
	double number, ci95;		/* what value says, where it is a number; else NaN */
};

struct synergy_layers {
	size_t n_rows, n_rails, n_events, n_meta;
	struct synergy_layers_row *rows;
	char **rails;			/* labels: VDD_CPU */
	char **events;
	struct synergy_layers_meta *meta;	/* provenance in order; keys are unique */
	int has_calls;			/* rows are names of a program's marks */
	struct synergy_layers_row *total;	/* of one inference, no row; NULL: not known */
};

/* An empty table with these columns. NULL with errno ENOMEM, or EINVAL for names
 * that are empty, double, reserved or hold control characters.
 */
struct synergy_layers *synergy_layers_new(size_t n_rails, const char *const *rails,
					  size_t n_events, const char *const *events,
					  struct synergy_error *err);
void synergy_layers_free(struct synergy_layers *t);	/* NULL is fine */

/* Add a row with everything unknown (NaN, -1); strings are copied. NULL: ENOMEM, EFBIG. */
struct synergy_layers_row *synergy_layers_add(struct synergy_layers *t, const char *network,
					      uint32_t index, const char *layer, const char *op,
					      uint64_t mac);

/* The row of the whole inference, made with everything unknown. NULL: ENOMEM. */
struct synergy_layers_row *synergy_layers_make_total(struct synergy_layers *t);

/* Provenance: add or replace; control characters in value become spaces. -1: ENOMEM. */
int synergy_layers_set_meta(struct synergy_layers *t, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same of a number, with so many significant digits; nothing for NaN. */
int synergy_layers_set_number(struct synergy_layers *t, const char *key, int digits, double v);
/* The same of a value and its half-width of 95 %, "V +- W" as text. key ends in its unit: _uj. */
int synergy_layers_set_figure(struct synergy_layers *t, const char *key, double v, double ci95);
const char *synergy_layers_meta(const struct synergy_layers *t, const char *key);

/* Column number by name (rails without "_uj", exact); -1 when there is none. */
int synergy_layers_find_rail(const struct synergy_layers *t, const char *name);
int synergy_layers_find_event(const struct synergy_layers *t, const char *name);

/* Is this row a layer? (0: "(between)" or "(unattributed)") */
int synergy_layers_is_layer(const struct synergy_layers_row *row);

/* Feature number i < SYNERGY_FEATURE_METHOD; -1 unknown. */
int64_t synergy_layers_feature(const struct synergy_layer_features *f, int i);
int64_t *synergy_layers_feature_slot(struct synergy_layer_features *f, int i);	/* its place */
/* All of them as fields of a CSV row, each behind a comma. */
void synergy_layers_put_features(const struct synergy_layer_features *f, FILE *out);

/* Writers: the whole table; -1 with errno when the stream took an error. Numbers
 * are printed so that they read back with nine significant digits.
 */
int synergy_layers_write_csv(const struct synergy_layers *t, FILE *out);
int synergy_layers_write_json(const struct synergy_layers *t, FILE *out);
/* Several tables of the same columns in one file, whose provenance and total are the first's. */
int synergy_layers_write_csv_all(const struct synergy_layers *const *t, size_t n, FILE *out);
int synergy_layers_write_json_all(const struct synergy_layers *const *t, size_t n, FILE *out);
/* The short form for a recording's LAYERS record: no network, no measurement. */
int synergy_layers_write_static(const struct synergy_layers *t, FILE *out);

/* Readers. name is used in messages only. */
int synergy_layers_read_csv(const char *path, struct synergy_layers **out,
			    struct synergy_error *err);
int synergy_layers_parse_csv(const char *text, size_t length, const char *name,
			     struct synergy_layers **out, struct synergy_error *err);
/* The short form; n_rails and n_events columns are made for what will be measured. */
int synergy_layers_parse_static(const char *text, size_t length, const char *name,
				const char *network, size_t n_rails, const char *const *rails,
				size_t n_events, const char *const *events,
				struct synergy_layers **out, struct synergy_error *err);

/* Append b's rows to a; rails and events of b must be among a's (by name) or the
 * other way round: the union is made, what a file lacks is NaN. b is unchanged.
 */
int synergy_layers_append(struct synergy_layers *a, const struct synergy_layers *b,
			  struct synergy_error *err);

struct synergy_graph;
/* Rows with the static columns and features of each node of a model file; the
 * caller sets features.method when it knows it.
 */
int synergy_layers_from_graph(const struct synergy_graph *graph, const char *network,
			      size_t n_rails, const char *const *rails, size_t n_events,
			      const char *const *events, struct synergy_layers **out,
			      struct synergy_error *err);

#endif
