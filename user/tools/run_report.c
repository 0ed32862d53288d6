// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What synergy-run prints and writes of what it measured: the table, the prediction
 * beside it, the times of the runs, the outputs.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "infer/outputs.h"
#include "report/files.h"
#include "report/units.h"
#include "tools/run.h"

int synergy_run_failed(const struct synergy_run *r)
{
	synergy_say("%s", r->error.message);
	return SYNERGY_EXIT_FAILED;
}

/* The fitted model's figures beside the measured ones, and as provenance. */
static int predict(struct synergy_run *r)
{
	struct synergy_layers *table = r->profile->layers;
	size_t i;

	if (!r->model)
		return 0;
	if (synergy_predict(r->model, table, &r->prediction, &r->error))
		return -1;
	r->predicted = calloc(table->n_rows + 1, sizeof(*r->predicted));
	if (!r->predicted)
		return synergy_error_set(&r->error, ENOMEM, "prediction: no memory");
	for (i = 0; i < table->n_rows; i++) {
		bool layer = synergy_layers_is_layer(&table->rows[i]);

		r->predicted[i].energy_uj = layer ? r->prediction.layers[i].energy_uj :
			strcmp(table->rows[i].op, SYNERGY_LAYERS_BETWEEN) ? NAN :
			r->prediction.between_uj;
		r->predicted[i].ci95_uj = layer ? r->prediction.layers[i].ci95_uj : NAN;
	}
	r->extras.predicted = r->predicted;
	synergy_layers_set_meta(table, "predicted_by", "%s", r->o.predict);
	synergy_layers_set_figure(table, "predicted_total_uj", r->prediction.total_uj,
				  r->prediction.total_ci95_uj);
	return 0;
}

static void print_prediction(const struct synergy_run *r)
{
	char buf[512], figure[96];
	size_t i;

	if (!r->model || r->o.format != SYNERGY_FORMAT_TABLE)
		return;
	printf("predicted from the model file alone: %s\n",
	       synergy_format_interval(r->prediction.total_uj, r->prediction.total_ci95_uj, "+-",
				       figure, sizeof(figure)));
	for (i = 0; synergy_prediction_remark(&r->prediction, r->profile->layers, i, buf,
					      sizeof(buf)); i++)
		printf("note: %s\n", buf);
}

static void print_percentiles(const struct synergy_run *r)
{
	static const double shares[] = { .5, .9, .99, 1 };
	char figure[64];
	size_t i;

	if (r->o.format != SYNERGY_FORMAT_TABLE || r->measure.timed < 2)
		return;
	printf("inference:");
	for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		printf("%s %g %% within %s", i ? "," : "", 100 * shares[i],
		       synergy_format_time(synergy_measure_percentile(&r->measure, shares[i]), figure,
					   sizeof(figure)));
	putchar('\n');
}

static int write_times(struct synergy_run *r)
{
	FILE *f;
	uint32_t i;

	if (!r->o.times)
		return 0;
	f = fopen(r->o.times, "we");
	if (!f)
		return synergy_error_set(&r->error, errno, "%s: %s", r->o.times, strerror(errno));
	fprintf(f, "run,time_us\n");
	for (i = 0; i < r->measure.timed; i++)
		fprintf(f, "%u,%.3f\n", i, r->measure.times_us[i]);
	if (ferror(f) | fclose(f))
		return synergy_error_set(&r->error, EIO, "%s: write failed", r->o.times);
	return 0;
}

void synergy_run_print_output_remarks(const struct synergy_run *r)
{
	char text[400];
	int i;

	for (i = 0; i < r->graph->n_outputs; i++) {
		if (!synergy_outputs_remark(r->graph, r->plan, i, text, sizeof(text)))
			continue;
		if (r->o.format == SYNERGY_FORMAT_TABLE)
			printf("note: %s\n", text);
		else if (!r->o.quiet)
			synergy_say("%s", text);
	}
}

int synergy_run_report(struct synergy_run *r)
{
	struct synergy_terminal terminal;

	r->replay = synergy_measurement_replay(r->measurement, &r->error);
	if (!r->replay ||
	    synergy_profile_read(r->replay, &(struct synergy_profile_options){ .rail = r->o.rail },
				  &r->profile, &r->error))
		return -1;
	if (!r->profile->layers)
		return synergy_error_set(&r->error, ENODATA, "%s: no inference was recorded whole",
					 r->network);
	if (predict(r))
		return -1;
	if (r->o.output && synergy_files_write(r->profile, r->o.output, &r->error))
		return -1;
	synergy_terminal_find(STDOUT_FILENO, &terminal);
	if (r->o.format == SYNERGY_FORMAT_TABLE ?
	    synergy_table_print(r->profile, &r->extras, &terminal, stdout) :
	    synergy_profile_write(r->profile, r->o.format, stdout))
		return synergy_error_set(&r->error, errno, "standard output: %s", strerror(errno));
	print_percentiles(r);
	synergy_run_print_output_remarks(r);
	print_prediction(r);
	return write_times(r);
}

int synergy_run_write_outputs(struct synergy_run *r)
{
	if (r->o.output &&
	    synergy_outputs_write(r->graph, r->plan, r->o.output, &r->error))
		return -1;
	if (r->o.labels && !synergy_run_interrupted()) {
		if (r->o.format == SYNERGY_FORMAT_TABLE)
			putchar('\n');
		if (synergy_outputs_best(r->graph, r->plan, r->o.labels,
					 r->o.format == SYNERGY_FORMAT_TABLE ? stdout : stderr,
					 &r->error))
			return -1;
	}
	if (r->o.dump && (synergy_files_directory(r->o.dump, &r->error) ||
			  synergy_outputs_dump(r->graph, r->plan, r->o.dump, &r->error)))
		return -1;
	return 0;
}
