// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the ONNX backend test cases named in a list: loads each model, gives it
 * the case's inputs, and compares every output's type, shape and values as the
 * official runner does (rtol 1e-3, atol 1e-7). The last line is
 * "conformance: P of N". Usage: conformance [--conv METHOD] [--reference]
 * [--verbose] LIST DATA
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/onnx.pb-c.h"
#include "infer/execute.h"

#define MAX_IO 16
#define RTOL 1e-3
#define ATOL 1e-7

enum verdict { PASSED, FAILED, RANDOM };

struct values {
	int n;
	Onnx__TensorProto *proto[MAX_IO];
};

/* One test case on its way. */
struct run_case {
	char dir[768];
	const struct synergy_plan_options *plan;
	Onnx__ModelProto *model;
	const char *input_names[MAX_IO]; /* without those that are initializers */
	int n_inputs;
	char why[1024];
};

static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	long end;

	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (end = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET)) {
		data = malloc(end + 1);
		if (data && fread(data, 1, end, f) != (size_t)end) {
			free(data);
			data = NULL;
		}
		*size = end;
	}
	fclose(f);
	return data;
}

/* DIR/test_data_set_S/KIND_0.pb, KIND_1.pb, ... */
static void read_values(const char *dir, int set, const char *kind, struct values *v)
{
	for (v->n = 0; v->n < MAX_IO; v->n++) {
		char path[1024];
		size_t size = 0;
		void *data;

		snprintf(path, sizeof(path), "%s/test_data_set_%d/%s_%d.pb", dir, set, kind, v->n);
		data = read_file(path, &size);
		if (!data)
			return;
		v->proto[v->n] = onnx__tensor_proto__unpack(NULL, size, data);
		free(data);
		if (!v->proto[v->n])
			return;
	}
}

static void free_values(struct values *v)
{
	while (v->n)
		onnx__tensor_proto__free_unpacked(v->proto[--v->n], NULL);
}

static int64_t count_of(const Onnx__TensorProto *t)
{
	int64_t count = 1;
	size_t i;

	for (i = 0; i < t->n_dims; i++)
		count *= t->dims[i];
	return count;
}

/* Native data of the tensor, from raw_data or the typed field; NULL: not of this suite. */
static const void *data_of(const Onnx__TensorProto *t, uint8_t *bytes, size_t room)
{
	size_t i;

	if (t->raw_data.len)
		return t->raw_data.data;
	switch (t->data_type) {
	case SYNERGY_F32:
		return t->float_data ? (const void *)t->float_data : bytes;
	case SYNERGY_I64:
		return t->int64_data ? (const void *)t->int64_data : bytes;
	case SYNERGY_BOOL:
		for (i = 0; i < t->n_int32_data && i < room; i++)
			bytes[i] = t->int32_data[i] != 0;
		return bytes;
	default:
		return count_of(t) ? NULL : bytes;
	}
}

static void list_inputs(struct run_case *c)
{
	const Onnx__GraphProto *g = c->model->graph;
	size_t i, k;

	for (i = 0; i < g->n_input && c->n_inputs < MAX_IO; i++) {
		for (k = 0; k < g->n_initializer; k++)
			if (!strcmp(g->initializer[k]->name, g->input[i]->name))
				break;
		if (k == g->n_initializer)
			c->input_names[c->n_inputs++] = g->input[i]->name;
	}
}

/*
 * Shapes and axes given as inputs are told to the reader as constants, and so
 * are single numbers (a Dropout's ratio, a Pad's value).
 */
static int load_graph(struct run_case *c, const struct values *in, struct synergy_graph **graph,
		      struct synergy_error *err)
{
	static uint8_t bytes[MAX_IO][4096];
	struct synergy_input_value values[MAX_IO];
	struct synergy_graph_options options = { .values = values };
	char path[1024];
	int i;

	for (i = 0; i < in->n && i < c->n_inputs; i++) {
		const Onnx__TensorProto *t = in->proto[i];
		struct synergy_input_value *v = &values[options.n_values];

		if (t->data_type == SYNERGY_F32 && (i == 0 || count_of(t) > 1))
			continue;
		*v = (struct synergy_input_value){
			.name = c->input_names[i],
			.dtype = (enum synergy_dtype)t->data_type,
			.rank = (int)t->n_dims,
			.data = data_of(t, bytes[i], sizeof(bytes[i])),
		};
		memcpy(v->dims, t->dims, t->n_dims * sizeof(*t->dims));
		options.n_values++;
	}
	snprintf(path, sizeof(path), "%s/model.onnx", c->dir);
	return synergy_graph_load(path, &options, graph, err);
}

static bool has_random_mask(const struct synergy_graph *graph)
{
	int i;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct synergy_node *n = &graph->nodes[i];

		if (n->kind == SYNERGY_OP_DROPOUT && n->p.dropout.training &&
		    n->p.dropout.ratio != 0)
			return true;
	}
	return false;
}

static int give_inputs(struct run_case *c, const struct synergy_graph *graph,
		       const struct synergy_plan *plan, const struct values *in)
{
	uint8_t bytes[4096] = { 0 };
	int i;

	for (i = 0; i < in->n && i < c->n_inputs; i++) {
		const int index = synergy_graph_find_tensor(graph, c->input_names[i]);
		const struct synergy_tensor *t;
		const void *data = data_of(in->proto[i], bytes, sizeof(bytes));

		if (index < 0 || graph->tensors[index].is_const)
			continue;
		t = &graph->tensors[index];
		if (t->count != count_of(in->proto[i]) || !data ||
		    (int)t->dtype != in->proto[i]->data_type) {
			snprintf(c->why, sizeof(c->why), "input '%s' is not as the model says",
				 t->name);
			return -1;
		}
		memcpy(synergy_plan_tensor(plan, index), data, t->bytes);
	}
	return 0;
}

static int compare_floats(struct run_case *c, const char *name, const float *want, const float *got,
			  int64_t count)
{
	int64_t i;

	for (i = 0; i < count; i++) {
		const double limit = ATOL + RTOL * fabs((double)want[i]);

		if (want[i] == got[i] || (isnan(want[i]) && isnan(got[i])) ||
		    fabs((double)want[i] - got[i]) <= limit)
			continue;
		snprintf(c->why, sizeof(c->why), "output '%s' element %lld: %.9g, expected %.9g",
			 name, (long long)i, (double)got[i], (double)want[i]);
		return -1;
	}
	return 0;
}

static int compare_output(struct run_case *c, const struct synergy_tensor *t, const void *got,
			  const Onnx__TensorProto *want)
{
	static uint8_t bytes[1 << 20];
	const void *data = data_of(want, bytes, sizeof(bytes));
	bool same = (int)t->dtype == want->data_type && t->rank == (int)want->n_dims;
	int i;

	for (i = 0; same && i < t->rank; i++)
		same = t->dims[i] == want->dims[i];
	if (!same || !data || !got) {
		snprintf(c->why, sizeof(c->why), "output '%s': wrong type or shape", t->name);
		return -1;
	}
	if (t->dtype == SYNERGY_F32)
		return compare_floats(c, t->name, data, got, t->count);
	if (memcmp(data, got, t->bytes)) {
		snprintf(c->why, sizeof(c->why), "output '%s': values differ", t->name);
		return -1;
	}
	return 0;
}

static enum verdict run_graph(struct run_case *c, struct synergy_graph *graph,
			      const struct values *in, const struct values *want)
{
	enum verdict verdict = FAILED;
	struct synergy_error err;
	struct synergy_plan *plan;
	int i;

	if (has_random_mask(graph))
		return RANDOM;
	if (synergy_plan_create(graph, c->plan, &plan, &err)) {
		snprintf(c->why, sizeof(c->why), "%s", err.message);
		return FAILED;
	}
	if (!want->n || want->n > graph->n_outputs) {
		snprintf(c->why, sizeof(c->why), "%d outputs, expected %d", graph->n_outputs,
			 want->n);
		goto free_plan;
	}
	if (give_inputs(c, graph, plan, in))
		goto free_plan;
	/* Twice: a second run must not depend on what the first one left. */
	synergy_plan_run(plan, NULL);
	synergy_plan_run(plan, NULL);
	for (i = 0; i < want->n; i++)
		if (compare_output(c, &graph->tensors[graph->outputs[i]],
				   synergy_plan_tensor(plan, graph->outputs[i]), want->proto[i]))
			goto free_plan;
	verdict = PASSED;
free_plan:
	synergy_plan_free(plan);
	return verdict;
}

static enum verdict run_set(struct run_case *c, int set, bool *there)
{
	enum verdict verdict = FAILED;
	struct synergy_graph *graph;
	struct synergy_error err;
	struct values in, want;

	read_values(c->dir, set, "input", &in);
	read_values(c->dir, set, "output", &want);
	*there = in.n || want.n;
	if (*there) {
		if (load_graph(c, &in, &graph, &err)) {
			snprintf(c->why, sizeof(c->why), "%s", err.message);
		} else {
			verdict = run_graph(c, graph, &in, &want);
			synergy_graph_free(graph);
		}
	}
	free_values(&in);
	free_values(&want);
	return verdict;
}

static enum verdict run_case(struct run_case *c)
{
	enum verdict verdict = FAILED;
	char path[1024];
	bool there = true;
	size_t size = 0;
	void *data;
	int set;

	snprintf(path, sizeof(path), "%s/model.onnx", c->dir);
	data = read_file(path, &size);
	c->model = data ? onnx__model_proto__unpack(NULL, size, data) : NULL;
	free(data);
	if (!c->model || !c->model->graph) {
		snprintf(c->why, sizeof(c->why), "model.onnx cannot be read");
		return FAILED;
	}
	list_inputs(c);
	for (set = 0; there; set++) {
		enum verdict v = run_set(c, set, &there);

		if (!there)
			break;
		verdict = v;
		if (v != PASSED)
			break;
	}
	if (!there && !set)
		snprintf(c->why, sizeof(c->why), "no data sets");
	onnx__model_proto__free_unpacked(c->model, NULL);
	return verdict;
}

static int run_list(FILE *list, const char *data, const struct synergy_plan_options *plan,
		    bool verbose)
{
	int counts[3] = { 0 };
	char line[512];

	while (fgets(line, sizeof(line), list)) {
		struct run_case c = { .plan = plan };
		enum verdict v;

		line[strcspn(line, "\n")] = 0;
		if (!line[0] || line[0] == '#')
			continue;
		snprintf(c.dir, sizeof(c.dir), "%s/%s", data, line);
		v = run_case(&c);
		counts[v]++;
		if (v == FAILED)
			printf("FAILED %s: %s\n", line, c.why);
		else if (v == RANDOM)
			printf("not comparable (random mask, not counted as passed) %s\n", line);
		else if (verbose)
			printf("passed %s\n", line);
	}
	printf("conformance: %d of %d\n", counts[PASSED],
	       counts[PASSED] + counts[FAILED] + counts[RANDOM]);
	return counts[FAILED] || !counts[PASSED] ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct synergy_plan_options plan = { 0 };
	bool verbose = false;
	FILE *list;
	int i, result;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--reference"))
			plan.reference = true;
		else if (!strcmp(argv[i], "--verbose"))
			verbose = true;
		else if (strcmp(argv[i], "--conv") || i + 1 >= argc ||
			 synergy_conv_choice_parse(argv[++i], &plan.conv))
			break;
	}
	if (i + 2 != argc) {
		fprintf(stderr, "usage: conformance [--conv METHOD] [--reference] [--verbose] "
				"LIST DATA\n");
		return 2;
	}
	list = fopen(argv[i], "r");
	if (!list) {
		fprintf(stderr, "conformance: %s: %s\n", argv[i], strerror(errno));
		return 1;
	}
	result = run_list(list, argv[i + 1], &plan, verbose);
	fclose(list);
	return result;
}
