// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a model without measuring energy: times it, whole and by layer, or
 * writes its inputs' and outputs' data for comparison with other programs.
 * For tests and benchmarks; users have synergy-run.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "infer/execute.h"

static const char usage[] =
	"usage: model_run [options] MODEL\n"
	"  --weights FILE       .caffemodel\n"
	"  --backend NAME       openblas, blis, eigen or reference\n"
	"  --simd NAME          instead of the processor's best\n"
	"  --conv METHOD        auto (default), im2col, im2col-all, direct, winograd\n"
	"  --threads N          1\n"
	"  --fuse               fuse activations, fold batch normalisation\n"
	"  --reference          every node by its reference kernel\n"
	"  --runs N             timed runs (default 1) after one to warm up\n"
	"  --layers             mean time of every node\n"
	"  --input FILE         raw float32 data of the inputs, one after another\n"
	"  --output FILE        raw float32 data of the outputs, the same\n"
	"  --cpu-time           time of the thread on its processor, not of the clock\n"
	"  --serve              run once for every line read, printing its milliseconds\n";

struct settings {
	struct synergy_graph_options graph;
	struct synergy_plan_options plan;
	const char *model, *input, *output;
	int runs;
	bool layers, serve;
};

static clockid_t clock_id = CLOCK_MONOTONIC;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(clock_id, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int parse(int argc, char **argv, struct settings *s)
{
	static const struct option options[] = {
		{ "weights", 1, NULL, 'w' }, { "backend", 1, NULL, 'b' },
		{ "simd", 1, NULL, 's' },    { "conv", 1, NULL, 'c' },
		{ "threads", 1, NULL, 't' }, { "fuse", 0, NULL, 'f' },
		{ "reference", 0, NULL, 'r' }, { "runs", 1, NULL, 'n' },
		{ "layers", 0, NULL, 'l' },  { "input", 1, NULL, 'i' },
		{ "output", 1, NULL, 'o' },  { "serve", 0, NULL, 'S' },
		{ "cpu-time", 0, NULL, 'C' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'w':
			s->graph.weights_path = optarg;
			break;
		case 'b':
			s->plan.backend = optarg;
			break;
		case 's':
			s->plan.simd = optarg;
			break;
		case 'c':
			if (synergy_conv_choice_parse(optarg, &s->plan.conv))
				return -1;
			break;
		case 't':
			s->plan.threads = atoi(optarg);
			break;
		case 'f':
			s->plan.fuse = true;
			break;
		case 'r':
			s->plan.reference = true;
			break;
		case 'n':
			s->runs = atoi(optarg);
			break;
		case 'l':
			s->layers = true;
			break;
		case 'i':
			s->input = optarg;
			break;
		case 'o':
			s->output = optarg;
			break;
		case 'C':
			clock_id = CLOCK_THREAD_CPUTIME_ID;
			break;
		case 'S':
			s->serve = true;
			break;
		default:
			return -1;
		}
	}
	if (optind + 1 != argc)
		return -1;
	s->model = argv[optind];
	return 0;
}

/* The same numbers on every machine, in [-1, 1). */
static void fill(float *x, int64_t count)
{
	uint64_t state = 1;
	int64_t i;

	for (i = 0; i < count; i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		x[i] = (float)(state >> 40) / (1 << 23) - 1;
	}
}

static int read_inputs(const struct synergy_graph *graph, struct synergy_plan *plan,
		       const char *path)
{
	FILE *f = path ? fopen(path, "rb") : NULL;
	int i;

	if (path && !f) {
		perror(path);
		return -1;
	}
	for (i = 0; i < graph->n_inputs; i++) {
		const struct synergy_tensor *t = &graph->tensors[graph->inputs[i]];
		void *data = synergy_plan_tensor(plan, graph->inputs[i]);

		if (!f) {
			fill(data, t->count);
		} else if (fread(data, 1, t->bytes, f) != t->bytes) {
			fprintf(stderr, "%s: too short for input '%s'\n", path, t->name);
			fclose(f);
			return -1;
		}
	}
	if (f)
		fclose(f);
	return 0;
}

static int write_outputs(const struct synergy_graph *graph, const struct synergy_plan *plan,
			 const char *path)
{
	FILE *f = fopen(path, "wb");
	int i;

	if (!f) {
		perror(path);
		return -1;
	}
	for (i = 0; i < graph->n_outputs; i++)
		fwrite(synergy_plan_tensor(plan, graph->outputs[i]), 1,
		       graph->tensors[graph->outputs[i]].bytes, f);
	return fclose(f);
}

struct layer_times {
	double *best, begin;
};

static int time_begin(void *arg, int node)
{
	(void)node;
	((struct layer_times *)arg)->begin = now_ms();
	return 0;
}

static int time_end(void *arg, int node)
{
	struct layer_times *t = arg;
	double ms = now_ms() - t->begin;

	if (ms < t->best[node])
		t->best[node] = ms;
	return 0;
}

static void print_layers(const struct synergy_graph *graph, const struct synergy_plan *plan,
			 const double *ms)
{
	int i;

	for (i = 0; i < graph->n_nodes; i++) {
		struct synergy_plan_node info;
		struct synergy_work work;
		char attributes[256];

		synergy_plan_describe(plan, i, &info);
		synergy_work_of(graph, i, &work);
		if (info.runs)
			printf("layer %3d %-34s %-16s %-12s %8.3f ms %6.1f GMAC/s %s\n", i,
			       graph->nodes[i].name, graph->nodes[i].op_type, info.method, ms[i],
			       (double)work.mac / ms[i] * 1e-6,
			       synergy_node_attributes(graph, i, attributes, sizeof(attributes)));
	}
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int time_runs(const struct synergy_graph *graph, struct synergy_plan *plan,
		     const struct settings *s)
{
	double *ms = calloc(s->runs + 1, sizeof(*ms));
	struct layer_times layers = { .best = calloc(graph->n_nodes + 1, sizeof(double)) };
	const struct synergy_run_hooks hooks = { time_begin, time_end, &layers };
	int i;

	if (!ms || !layers.best)
		return -1;
	for (i = 0; i < graph->n_nodes; i++)
		layers.best[i] = 1e30;
	synergy_plan_run(plan, NULL);
	for (i = 0; i < s->runs; i++) {
		ms[i] = now_ms();
		synergy_plan_run(plan, s->layers ? &hooks : NULL);
		ms[i] = now_ms() - ms[i];
	}
	qsort(ms, s->runs, sizeof(*ms), by_value);
	if (s->layers)
		print_layers(graph, plan, layers.best);
	printf("best %.3f ms median %.3f ms runs %d backend %s simd %s peak %zu unshared %zu "
	       "packed %zu bytes\n",
	       ms[0], ms[s->runs / 2], s->runs, synergy_plan_backend(plan), synergy_plan_simd(plan),
	       synergy_plan_peak_bytes(plan), synergy_plan_unshared_bytes(plan),
	       synergy_plan_packed_bytes(plan));
	free(ms);
	free(layers.best);
	return 0;
}

static void serve(struct synergy_plan *plan)
{
	char line[64];

	synergy_plan_run(plan, NULL);
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		double ms = now_ms();

		synergy_plan_run(plan, NULL);
		printf("%.6f\n", now_ms() - ms);
		fflush(stdout);
	}
}

static int run(struct synergy_graph *graph, const struct settings *s)
{
	struct synergy_error err;
	struct synergy_plan *plan;
	int result = 0;

	if (synergy_plan_create(graph, &s->plan, &plan, &err)) {
		fprintf(stderr, "model_run: %s\n", err.message);
		return -1;
	}
	if (read_inputs(graph, plan, s->input))
		result = -1;
	else if (s->serve)
		serve(plan);
	else
		result = time_runs(graph, plan, s);
	if (!result && s->output)
		result = write_outputs(graph, plan, s->output);
	synergy_plan_free(plan);
	return result;
}

int main(int argc, char **argv)
{
	struct settings s = { .runs = 1 };
	struct synergy_graph *graph;
	struct synergy_error err;
	int result;

	if (parse(argc, argv, &s) || s.runs < 1) {
		fputs(usage, stderr);
		return 2;
	}
	if (synergy_graph_load(s.model, &s.graph, &graph, &err)) {
		fprintf(stderr, "model_run: %s\n", err.message);
		return 1;
	}
	result = run(graph, &s);
	synergy_graph_free(graph);
	return result ? 1 : 0;
}
