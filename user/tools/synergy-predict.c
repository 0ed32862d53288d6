// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-predict: the energy of a network that was never run, from its model file
 * and a model fitted by synergy-fit: per layer and in total, with intervals.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gsl/gsl_errno.h>

#include "layers/csv.h"
#include "layers/json.h"
#include "layers/layers.h"
#include "fit/frequency.h"
#include "fit/model.h"
#include "fit/predict.h"
#include "infer/inputs.h"
#include "lib/synergy.h"
#include "model/graph.h"
#include "report/grid.h"
#include "report/units.h"
#include "tools/shared_options.h"
#include "tools/tool.h"

enum predict_format { PREDICT_TABLE, PREDICT_CSV, PREDICT_JSON };

struct predict_options {
	const char *model, *frequency;
	double volts;		/* 0: by the model */
	enum predict_format format;
	uint64_t batch;		/* 0: as the file says */
	struct synergy_input_options inputs;
};

SYNERGY_WORDS(format_word, "table", "csv", "json")

#define O struct predict_options

static const struct synergy_option options[] = {
	SYNERGY_TEXT("model", 'm', "FILE", O, model, NULL, "the fitted model (must be given)"),
	SYNERGY_CHOICE("format", 'f', "FORMAT", O, format, format_word, "table",
		       "what comes on standard output"),
	SYNERGY_UNSIGNED("batch", 'b', "N", O, batch, 1, 65536, NULL,
			 "images at once (as the file says, else 1)"),
	SYNERGY_TEXT("frequency", 0, "F", O, frequency, NULL,
		     "at this clock, as 710MHz, by a model of synergy-fit --volts"),
	SYNERGY_REAL("volts", 0, "V", O, volts, 0.1, 10, NULL,
		     "the voltage at the clock (as the model has it)"),
	SYNERGY_ROW_SHAPE(O, inputs, 's'),
	SYNERGY_ROW_INPUT(O, inputs, 'i',
			  "an input's file, for its shape or where values decide shapes"),
	SYNERGY_END,
};

#undef O

static const struct synergy_tool tool = {
	.name = "synergy-predict",
	.operands = "NETWORK",
	.about = "Predicts the energy of one inference of NETWORK (.onnx or .prototxt) per layer and "
		 "in total, with 95 % intervals, from its file alone. The model comes from "
		 "synergy-fit and holds for the board, back end and rail that were measured for it.",
	.after =
"Layers beyond what was fitted, and layers of a type that was not in the fit, are\n"
"named on standard error. Exit status: 0 done, 1 failed, 2 wrong usage.\n",
	.files = "*.onnx *.prototxt",
	.options = options,
	.least_operands = 1,
	.most_operands = 1,
	.missing = "one network must be given",
};

static void cell_energy(struct synergy_grid *grid, double uj)
{
	char buf[64];

	synergy_grid_cell(grid, synergy_format_energy(uj, buf, sizeof(buf)));
}

static void cell_share(struct synergy_grid *grid, double uj, double whole)
{
	char buf[32] = "";

	if (!isnan(uj) && whole > 0)
		snprintf(buf, sizeof(buf), "%.1f", 100 * uj / whole);
	synergy_grid_cell(grid, buf);
}

static void row_of_type(struct synergy_grid *grid, const char *name, double uj, double whole,
			const struct synergy_terminal *terminal)
{
	char bar[128];

	if (!(uj > 0))
		return;
	synergy_grid_row(grid, NULL);
	synergy_grid_cell(grid, name);
	cell_energy(grid, uj);
	cell_share(grid, uj, whole);
	synergy_grid_cell(grid, synergy_text_bar(uj / whole, 30, terminal->utf8, bar, sizeof(bar)));
}

static int print_types(const struct synergy_prediction *p, const struct synergy_terminal *terminal)
{
	struct synergy_grid *grid = synergy_grid_new();
	double sum[SYNERGY_TYPES] = { 0 };
	int t, result;
	size_t i;

	if (!grid)
		return -1;
	for (i = 0; i < p->n; i++)
		if (!isnan(p->layers[i].energy_uj))
			sum[p->layers[i].type] += p->layers[i].energy_uj;
	synergy_grid_column(grid, "by type", SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(grid, "energy", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "", SYNERGY_GRID_LEFT, 0, true);
	for (t = 0; t < SYNERGY_TYPES; t++)
		row_of_type(grid, synergy_type_name((enum synergy_layer_type)t), sum[t],
			    p->total_uj, terminal);
	row_of_type(grid, "between", p->between_uj, p->total_uj, terminal);
	putchar('\n');
	result = synergy_grid_print(grid, terminal, NULL, stdout);
	synergy_grid_free(grid);
	return result;
}

static void add_layer(struct synergy_grid *grid, const struct synergy_layers_row *row,
		      const struct synergy_predicted_layer *l, double whole, const char *pm)
{
	char buf[96];

	synergy_grid_row(grid, NULL);
	snprintf(buf, sizeof(buf), "%u", row->index);
	synergy_grid_cell(grid, buf);
	synergy_grid_cell(grid, row->layer);
	synergy_grid_cell(grid, synergy_type_name(l->type));
	synergy_grid_cell(grid, row->mac ? synergy_format_count((double)row->mac, buf, sizeof(buf)) : "");
	synergy_grid_cell(grid, l->energy_uj || l->ci95_uj ?
			  synergy_format_interval(l->energy_uj, l->ci95_uj, pm, buf, sizeof(buf)) :
			  "0");
	cell_share(grid, l->energy_uj, whole);
	synergy_grid_cell(grid, l->outside ? "outside the fit" : "");
}

static int print_layers(const struct synergy_layers *t, const struct synergy_prediction *p,
			const struct synergy_terminal *terminal, const char *pm)
{
	struct synergy_grid *grid = synergy_grid_new();
	double mac = 0;
	char buf[96];
	int result;
	size_t i;

	if (!grid)
		return -1;
	synergy_grid_column(grid, "#", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "layer", SYNERGY_GRID_LEFT, 12, false);
	synergy_grid_column(grid, "type", SYNERGY_GRID_LEFT, 0, false);
	synergy_grid_column(grid, "MACs", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, terminal->utf8 ? "energy \u00b195%" : "energy +-95%",
			    SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "%", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "", SYNERGY_GRID_LEFT, 0, true);
	for (i = 0; i < p->n; i++) {
		add_layer(grid, &t->rows[i], &p->layers[i], p->total_uj, pm);
		mac += (double)t->rows[i].mac;
	}
	synergy_grid_rule(grid);
	synergy_grid_row(grid, "1");
	synergy_grid_cell(grid, "");
	synergy_grid_cell(grid, "total");
	synergy_grid_cell(grid, "");
	synergy_grid_cell(grid, synergy_format_count(mac, buf, sizeof(buf)));
	synergy_grid_cell(grid, synergy_format_interval(p->total_uj, p->total_ci95_uj, pm, buf,
							sizeof(buf)));
	synergy_grid_cell(grid, "100.0");
	result = synergy_grid_print(grid, terminal, NULL, stdout);
	synergy_grid_free(grid);
	return result;
}

static int print_table(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	struct synergy_terminal terminal;
	const char *pm;
	char buf[96];

	synergy_terminal_find(STDOUT_FILENO, &terminal);
	pm = terminal.utf8 ? "\u00b1" : "+-";
	if (print_layers(t, p, &terminal, pm) || print_types(p, &terminal))
		return -1;
	if (p->clock.khz > 0)
		printf("\nat %.4g MHz and %.4g V: %s\n", p->clock.khz / 1e3, p->clock.volts,
		       synergy_format_time(p->total_time_us, buf, sizeof(buf)));
	printf("\nconvolution layers: %s by type",
	       synergy_format_energy(p->conv_uj, buf, sizeof(buf)));
	if (!isnan(p->conv_mac_uj))
		printf("; %s from their MACs alone",
		       synergy_format_interval(p->conv_mac_uj, p->conv_mac_ci95_uj, pm, buf,
					       sizeof(buf)));
	if (!isnan(p->conv_chain_uj))
		printf("; %s from MACs by way of SIMD and bus accesses",
		       synergy_format_energy(p->conv_chain_uj, buf, sizeof(buf)));
	printf("\n");
	return 0;
}

static void put(double v)
{
	if (!isnan(v))
		printf("%.9g", v);
}

static int print_csv(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	size_t i;

	printf("network,index,layer,op,type,mac,predicted_uj,predicted_ci95_uj,outside%s\n",
	       p->clock.khz > 0 ? ",predicted_time_us" : "");
	for (i = 0; i < p->n; i++) {
		const struct synergy_predicted_layer *l = &p->layers[i];

		synergy_csv_put(stdout, t->rows[i].network);
		printf(",%u,", t->rows[i].index);
		synergy_csv_put(stdout, t->rows[i].layer);
		printf(",%s,%s,%llu,", t->rows[i].op, synergy_type_name(l->type),
		       (unsigned long long)t->rows[i].mac);
		put(l->energy_uj);
		putchar(',');
		put(l->ci95_uj);
		printf(",%d", l->outside);
		if (p->clock.khz > 0) {
			putchar(',');
			put(l->time_us);
		}
		putchar('\n');
	}
	return 0;
}

static json_t *layer_of(struct synergy_json_writer *w, const struct synergy_layers_row *row,
			const struct synergy_predicted_layer *l, int at_clock)
{
	json_t *o = json_object();

	synergy_json_set(w, o, "index", json_integer(row->index));
	synergy_json_set(w, o, "layer", synergy_json_string(row->layer));
	synergy_json_set(w, o, "op", synergy_json_string(row->op));
	synergy_json_set(w, o, "type", synergy_json_string(synergy_type_name(l->type)));
	synergy_json_set(w, o, "mac", json_integer((json_int_t)row->mac));
	synergy_json_set(w, o, "predicted_uj", synergy_json_number(l->energy_uj));
	synergy_json_set(w, o, "predicted_ci95_uj", synergy_json_number(l->ci95_uj));
	if (at_clock)
		synergy_json_set(w, o, "predicted_time_us", synergy_json_number(l->time_us));
	synergy_json_set(w, o, "outside", json_boolean(l->outside));
	return o;
}

static int print_json(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	struct synergy_json_writer w;
	size_t i;

	synergy_json_begin(&w, stdout, 9);
	synergy_json_put(&w, "format", json_string("synergy-prediction 1"));
	synergy_json_put(&w, "network", synergy_json_string(t->n_rows ? t->rows[0].network : ""));
	synergy_json_put(&w, "total_uj", synergy_json_number(p->total_uj));
	synergy_json_put(&w, "total_ci95_uj", synergy_json_number(p->total_ci95_uj));
	synergy_json_put(&w, "between_uj", synergy_json_number(p->between_uj));
	synergy_json_put(&w, "conv_uj", synergy_json_number(p->conv_uj));
	synergy_json_put(&w, "conv_mac_uj", synergy_json_number(p->conv_mac_uj));
	synergy_json_put(&w, "conv_mac_ci95_uj", synergy_json_number(p->conv_mac_ci95_uj));
	synergy_json_put(&w, "conv_chain_uj", synergy_json_number(p->conv_chain_uj));
	if (p->clock.khz > 0) {
		synergy_json_put(&w, "khz", synergy_json_number(p->clock.khz));
		synergy_json_put(&w, "volts", synergy_json_number(p->clock.volts));
		synergy_json_put(&w, "outside_clock",
				 json_boolean(p->clock.outside_khz || p->clock.outside_volts));
		synergy_json_put(&w, "total_time_us", synergy_json_number(p->total_time_us));
	}
	synergy_json_open(&w, "layers", '[');
	for (i = 0; i < p->n; i++)
		synergy_json_put(&w, NULL, layer_of(&w, &t->rows[i], &p->layers[i], p->clock.khz > 0));
	synergy_json_close(&w, ']');
	return synergy_json_end(&w);
}

static void print_remarks(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	char text[512];
	size_t i;

	for (i = 0; synergy_prediction_remark(p, t, i, text, sizeof(text)); i++)
		synergy_say("warning: %s", text);
}

static int fail(const struct synergy_error *err)
{
	synergy_say("%s", err->message);
	return 1;
}

static int load(const char *path, int64_t batch, const struct synergy_input_options *inputs,
		struct synergy_graph **graph, struct synergy_error *err)
{
	struct synergy_graph_options o = { .batch = batch, .skip_weights = true,
					   .keep_unsupported = true };
	struct synergy_inputs *in = NULL;
	int i, result;

	if (synergy_inputs_open(inputs, &in, err))
		return -1;
	o.ask = synergy_inputs_ask(in);
	result = synergy_graph_load(path, &o, graph, err);
	if (!result)
		result = synergy_inputs_check(in, *graph, err);
	for (i = 0; !result && i < (*graph)->n_notes; i++)
		synergy_say("%s: %s", path, (*graph)->notes[i]);
	synergy_inputs_close(in);
	return result;
}

/* At the clock that is asked for, or of none. The error names the model's file. */
static int predict(const struct predict_options *o, double khz, const struct synergy_model *model,
		   const struct synergy_layers *table, struct synergy_prediction *p,
		   struct synergy_error *err)
{
	struct synergy_clock at;
	char why[sizeof(err->message)];

	if (!(khz > 0 ? synergy_clock_at(model, khz, o->volts, &at, err) ||
			synergy_predict_at(model, table, &at, p, err) :
			synergy_predict(model, table, p, err)))
		return 0;
	snprintf(why, sizeof(why), "%s", err->message);
	return synergy_error_set(err, errno, "%s: %s", o->model, why);
}

static int run(const struct predict_options *o, double khz, const char *network_path,
	       int (*print)(const struct synergy_layers *, const struct synergy_prediction *))
{
	struct synergy_graph *graph = NULL;
	struct synergy_layers *table = NULL;
	struct synergy_model *model = NULL;
	struct synergy_prediction p;
	struct synergy_error err;
	int status;

	if (synergy_model_read(o->model, &model, &err) ||
	    load(network_path, (int64_t)o->batch, &o->inputs, &graph, &err) ||
	    synergy_layers_from_graph(graph, graph->name, 0, NULL, 0, NULL, &table, &err) ||
	    predict(o, khz, model, table, &p, &err)) {
		status = fail(&err);
	} else {
		status = print(table, &p) != 0;
		status |= fflush(stdout) || ferror(stdout);
		print_remarks(table, &p);
		if (graph->partial)
			synergy_say("warning: %s: without what is not supported, and without layers behind "
				    "it whose shapes the file does not state", network_path);
		synergy_prediction_free(&p);
		if (status)
			synergy_say("standard output could not be written");
	}
	synergy_layers_free(table);
	synergy_graph_free(graph);
	free(model);
	return status;
}

int main(int argc, char **argv)
{
	static int (*const print[])(const struct synergy_layers *,
				    const struct synergy_prediction *) = {
		[PREDICT_TABLE] = print_table,
		[PREDICT_CSV] = print_csv,
		[PREDICT_JSON] = print_json,
	};
	static struct predict_options o;
	const char *end = "";
	double khz = 0;
	int status;

	setlocale(LC_CTYPE, "");
	gsl_set_error_handler_off();
	status = synergy_tool_parse(&tool, &o, argc, argv);
	if (status >= 0)
		return status;
	if (!o.model)
		return synergy_usage_error("--model must be given");
	if (o.frequency)
		khz = synergy_frequency_parse(o.frequency, &end);
	if (isnan(khz) || *end)
		return synergy_usage_error("--frequency '%s': not a frequency with its unit, as 710MHz",
					   o.frequency);
	if (o.volts && !o.frequency)
		return synergy_usage_error("--volts is the voltage at a --frequency, which is missing");
	return run(&o, khz, argv[optind], print[o.format]);
}
