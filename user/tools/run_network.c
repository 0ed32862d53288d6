// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What synergy-run runs: the network of the model file, its inputs, and what of both
 * goes into the recording.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/notes.h"
#include "tools/run.h"

static void name_network(struct synergy_run *r)
{
	const char *base = strrchr(r->o.model, '/');
	char *dot;

	snprintf(r->network, sizeof(r->network), "%s",
		 r->o.name ? r->o.name : base ? base + 1 : r->o.model);
	dot = strrchr(r->network, '.');
	if (!r->o.name && dot && dot != r->network)
		*dot = '\0';
}

int synergy_run_load(struct synergy_run *r)
{
	struct synergy_graph_options options = {
		.weights_path = r->o.weights,
		.seed = r->o.seed,
		.batch = (int64_t)r->o.batch,
		.skip_weights = r->o.describe,
		.keep_unsupported = r->o.describe,
	};
	int i;

	if (synergy_inputs_open(&r->o.input, &r->inputs, &r->error))
		return -1;
	options.ask = synergy_inputs_ask(r->inputs);
	if (synergy_graph_load(r->o.model, &options, &r->graph, &r->error) ||
	    synergy_inputs_check(r->inputs, r->graph, &r->error))
		return -1;
	for (i = 0; i < r->graph->n_notes && (!r->o.quiet || r->graph->partial); i++)
		synergy_say("%s: %s", r->o.model, r->graph->notes[i]);
	name_network(r);
	return 0;
}

int synergy_run_prepare(struct synergy_run *r)
{
	r->o.plan.threads = (int)r->o.threads;
	if (synergy_plan_create(r->graph, &r->o.plan, &r->plan, &r->error))
		return -1;
	return synergy_inputs_fill(r->inputs, r->o.seed, r->graph, r->plan, &r->error);
}

char *synergy_run_layers_text(struct synergy_run *r)
{
	struct synergy_layers *table = NULL;
	struct synergy_plan_node node;
	char *text = NULL;
	size_t bytes, i;
	FILE *f;

	if (synergy_layers_from_graph(r->graph, r->network, 0, NULL, 0, NULL, &table, &r->error))
		return NULL;
	for (i = 0; i < table->n_rows; i++) {
		synergy_plan_describe(r->plan, (int)table->rows[i].index, &node);
		if (node.method)
			snprintf(table->rows[i].features.method,
				 sizeof(table->rows[i].features.method), "%s", node.method);
	}
	f = open_memstream(&text, &bytes);
	if (!f || synergy_layers_write_static(table, f) || fclose(f)) {
		synergy_error_set(&r->error, ENOMEM, "layers table: no memory");
		text = NULL;
	}
	synergy_layers_free(table);
	return text;
}

void synergy_run_write_notes(struct synergy_run *r, struct synergy_notes *notes)
{
	const struct synergy_graph *g = r->graph;
	char cpus[16] = "not pinned";

	if (r->cpu >= 0)
		snprintf(cpus, sizeof(cpus), "%d", r->cpu);
	synergy_notes_add(notes, "network", "%s", r->network);
	synergy_notes_add(notes, "model", "%s", r->o.model);
	synergy_notes_add(notes, "model_hash", "sha256:%s", g->sha256);
	if (*g->weights_sha256)
		synergy_notes_add(notes, "weights_hash", "sha256:%s", g->weights_sha256);
	if (g->random_weights)
		synergy_notes_add(notes, "weights", "random, seed %llu",
				  (unsigned long long)g->seed);
	synergy_notes_add_host(notes, "synergy-run", r->cpu);
	synergy_notes_add_command(notes, r->argc, r->argv);
	if (synergy_measurement_capture(r->measurement))
		synergy_notes_add_source(notes, synergy_capture_sampler(
			synergy_measurement_capture(r->measurement)));
	synergy_notes_add(notes, "backend", "%s", synergy_plan_backend(r->plan));
	synergy_notes_add(notes, "simd", "%s", synergy_plan_simd(r->plan));
	synergy_notes_add(notes, "conv", "%s", synergy_conv_choice_name(r->o.plan.conv));
	synergy_notes_add(notes, "fuse", "%s", r->o.plan.fuse ? "yes" : "no");
	synergy_notes_add(notes, "threads", "%llu", (unsigned long long)r->o.threads);
	synergy_notes_add(notes, "core", "%s", cpus);
	synergy_notes_add(notes, "peak_bytes", "%zu", synergy_plan_peak_bytes(r->plan));
	synergy_notes_add(notes, "warmup", "%llu", (unsigned long long)r->o.warmup);
}
