// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-predict: the energy of a network that was never run, from its model file
 * and a model fitted by synergy-fit: per layer and in total, with intervals.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "attribute/csv.h"
#include "attribute/json.h"
#include "attribute/layers.h"
#include "fit/model.h"
#include "fit/predict.h"
#include "lib/synergy.h"
#include "model/graph.h"

static const char usage[] =
"usage: synergy-predict --model MODEL.json [OPTION...] NETWORK\n"
"\n"
"Predicts the energy of one inference of NETWORK (.onnx or .prototxt) per layer and\n"
"in total, with 95 % intervals, from its file alone. MODEL.json comes from\n"
"synergy-fit and holds for the board, back end and rail that were measured for it.\n"
"\n"
"  -m, --model FILE     the fitted model\n"
"  -f, --format FORMAT  table (default), csv or json\n"
"  -b, --batch N        where the file leaves the batch open (1)\n"
"  -h, --help           this text\n"
"  -V, --version        the version\n"
"\n"
"Layers beyond what was fitted are told on standard error. Exit status: 0 done,\n"
"1 failed, 2 wrong usage.\n";

static const struct option options[] = {
	{ "model", required_argument, NULL, 'm' },
	{ "format", required_argument, NULL, 'f' },
	{ "batch", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static void print_by_type(const struct synergy_prediction *p)
{
	double sum[SYNERGY_TYPES] = { 0 };
	size_t i;
	int t;

	for (i = 0; i < p->n; i++)
		if (!isnan(p->layers[i].energy_uj))
			sum[p->layers[i].type] += p->layers[i].energy_uj;
	printf("\n%-14s %12s %7s\n", "type", "energy uJ", "share");
	for (t = 0; t < SYNERGY_TYPES; t++)
		if (sum[t] > 0)
			printf("%-14s %12.1f %6.1f%%\n", synergy_type_name(t), sum[t],
			       100 * sum[t] / p->total_uj);
	if (p->between_uj > 0)
		printf("%-14s %12.1f %6.1f%%\n", "(between)", p->between_uj,
		       100 * p->between_uj / p->total_uj);
}

static void print_table(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	size_t i;

	printf("%5s %-28s %-12s %14s %13s %11s\n", "index", "layer", "type", "MACs", "energy uJ",
	       "+- 95%");
	for (i = 0; i < p->n; i++) {
		const struct synergy_predicted_layer *l = &p->layers[i];

		printf("%5u %-28.28s %-12s %14llu ", t->rows[i].index, t->rows[i].layer,
		       synergy_type_name(l->type), (unsigned long long)t->rows[i].mac);
		if (isnan(l->energy_uj))
			printf("%13s %11s\n", "-", "-");
		else
			printf("%13.1f %11.1f%s\n", l->energy_uj, l->ci95_uj,
			       l->outside ? " outside the fit" : "");
	}
	print_by_type(p);
	printf("\ntotal %.1f uJ +- %.1f (95 %%)\n", p->total_uj, p->total_ci95_uj);
	printf("convolution layers %.1f uJ", p->conv_uj);
	if (!isnan(p->conv_mac_uj))
		printf("; from their MACs alone %.1f +- %.1f", p->conv_mac_uj, p->conv_mac_ci95_uj);
	if (!isnan(p->conv_chain_uj))
		printf("; through SIMD and bus accesses %.1f", p->conv_chain_uj);
	printf("\n");
}

static void put(double v)
{
	if (!isnan(v))
		printf("%.9g", v);
}

static void print_csv(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	size_t i;

	printf("network,index,layer,op,type,mac,predicted_uj,predicted_ci95_uj,outside\n");
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
		printf(",%d\n", l->outside);
	}
}

static void json_member(const char *key, double v, const char *end)
{
	printf("\"%s\": ", key);
	synergy_json_put_number(stdout, v, 9);
	fputs(end, stdout);
}

static void print_json(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	size_t i;

	printf("{\n  \"format\": \"synergy-prediction 1\",\n  \"network\": ");
	synergy_json_put_string(stdout, t->n_rows ? t->rows[0].network : "");
	printf(",\n  ");
	json_member("total_uj", p->total_uj, ", ");
	json_member("total_ci95_uj", p->total_ci95_uj, ", ");
	json_member("between_uj", p->between_uj, ",\n  ");
	json_member("conv_uj", p->conv_uj, ", ");
	json_member("conv_mac_uj", p->conv_mac_uj, ", ");
	json_member("conv_mac_ci95_uj", p->conv_mac_ci95_uj, ", ");
	json_member("conv_chain_uj", p->conv_chain_uj, ",\n  \"layers\": [\n");
	for (i = 0; i < p->n; i++) {
		const struct synergy_predicted_layer *l = &p->layers[i];

		printf("    {\"index\": %u, \"layer\": ", t->rows[i].index);
		synergy_json_put_string(stdout, t->rows[i].layer);
		printf(", \"op\": \"%s\", \"type\": \"%s\", \"mac\": %llu, ", t->rows[i].op,
		       synergy_type_name(l->type), (unsigned long long)t->rows[i].mac);
		json_member("predicted_uj", l->energy_uj, ", ");
		json_member("predicted_ci95_uj", l->ci95_uj, ", ");
		printf("\"outside\": %s}%s\n", l->outside ? "true" : "false",
		       i + 1 < p->n ? "," : "");
	}
	printf("  ]\n}\n");
}

static void print_remarks(const struct synergy_layers *t, const struct synergy_prediction *p)
{
	char text[512];
	size_t i;

	for (i = 0; i < 10 && synergy_prediction_remark(p, t, i, text, sizeof(text)); i++)
		fprintf(stderr, "synergy-predict: warning: %s\n", text);
	if (i == 10)
		fprintf(stderr, "synergy-predict: warning: ... %zu outside, %zu by another type's model, %zu without one, in all\n",
			p->n_outside, p->n_fallback, p->n_missing);
}

static int fail(const struct synergy_error *err)
{
	fprintf(stderr, "synergy-predict: %s\n", err->message);
	return 1;
}

static int run(const char *model_path, const char *network_path, int64_t batch,
	       void (*print)(const struct synergy_layers *, const struct synergy_prediction *))
{
	struct synergy_graph_options o = { .batch = batch, .skip_weights = true };
	struct synergy_graph *graph = NULL;
	struct synergy_layers *table = NULL;
	struct synergy_model *model = NULL;
	struct synergy_prediction p;
	struct synergy_error err;
	int status;

	if (synergy_model_read(model_path, &model, &err) ||
	    synergy_graph_load(network_path, &o, &graph, &err) ||
	    synergy_layers_from_graph(graph, graph->name, 0, NULL, 0, NULL, &table, &err) ||
	    synergy_predict(model, table, &p, &err)) {
		status = fail(&err);
	} else {
		print(table, &p);
		print_remarks(table, &p);
		synergy_prediction_free(&p);
		status = fflush(stdout) || ferror(stdout);
		if (status)
			fprintf(stderr, "synergy-predict: standard output could not be written\n");
	}
	synergy_layers_free(table);
	synergy_graph_free(graph);
	free(model);
	return status;
}

int main(int argc, char **argv)
{
	void (*print)(const struct synergy_layers *, const struct synergy_prediction *) = print_table;
	const char *model = NULL;
	int64_t batch = 0;
	char *end;
	int c;

	gsl_set_error_handler_off();
	while ((c = getopt_long(argc, argv, "m:f:b:hV", options, NULL)) != -1) {
		switch (c) {
		case 'm':
			model = optarg;
			break;
		case 'f':
			print = !strcmp(optarg, "table") ? print_table :
				!strcmp(optarg, "csv") ? print_csv :
				!strcmp(optarg, "json") ? print_json : NULL;
			if (!print) {
				fprintf(stderr, "synergy-predict: --format: '%s' is not table, csv or json\n",
					optarg);
				return 2;
			}
			break;
		case 'b':
			batch = strtoll(optarg, &end, 10);
			if (*end || batch < 1 || batch > 65536) {
				fprintf(stderr, "synergy-predict: --batch: '%s' is not 1 to 65536\n",
					optarg);
				return 2;
			}
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("synergy-predict %s\n", SYNERGY_LIB_VERSION);
			return 0;
		default:
			return 2;
		}
	}
	if (!model || optind + 1 != argc) {
		fprintf(stderr, "synergy-predict: %s (--help tells how)\n",
			model ? "one network must be given" : "--model must be given");
		return 2;
	}
	return run(model, argv[optind], batch, print);
}
