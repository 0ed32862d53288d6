// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Outputs; see outputs.h.
 */
#include "infer/outputs.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/array.h"
#include "infer/execute.h"
#include "model/number.h"

#define BEST	5

/* Data of a tensor after a run: a constant's own, or the plan's. */
static const void *data_of(const struct synergy_graph *graph, const struct synergy_plan *plan,
			   int tensor)
{
	const void *data = graph->tensors[tensor].data;

	return data ? data : synergy_plan_tensor(plan, tensor);
}

int synergy_outputs_write(const struct synergy_graph *graph, const struct synergy_plan *plan,
			  const char *directory, struct synergy_error *error)
{
	char path[1024];
	int i, n;

	for (i = 0; i < graph->n_outputs; i++) {
		const struct synergy_tensor *t = &graph->tensors[graph->outputs[i]];
		const void *data = data_of(graph, plan, graph->outputs[i]);

		if (!data)
			continue;
		if (graph->n_outputs == 1)
			n = snprintf(path, sizeof(path), "%s/output.npy", directory);
		else
			n = snprintf(path, sizeof(path), "%s/output_%d.npy", directory, i);
		if (n >= (int)sizeof(path))
			return synergy_error_set(error, ENAMETOOLONG, "%s: name is too long",
						 directory);
		if (synergy_npy_write(path, t, data, error))
			return -1;
	}
	return 0;
}

bool synergy_outputs_remark(const struct synergy_graph *graph, const struct synergy_plan *plan,
			    int i, char *buf, size_t size)
{
	const struct synergy_tensor *t = &graph->tensors[graph->outputs[i]];
	const void *data = data_of(graph, plan, graph->outputs[i]);
	int64_t nans = 0, infinite = 0, first = -1, k;

	if (!data || !synergy_dtype_is_real(t->dtype))
		return false;
	for (k = 0; k < t->count; k++) {
		const double v = synergy_load_real(data, t->dtype, k);

		nans += isnan(v) != 0;
		infinite += isinf(v) != 0;
		if (first < 0 && !isfinite(v))
			first = k;
	}
	if (first < 0)
		return false;
	snprintf(buf, size, "output '%.200s': of %lld values %lld are not a number and %lld infinite, the first is element %lld",
		 t->name, (long long)t->count, (long long)nans, (long long)infinite,
		 (long long)first);
	return true;
}

struct dump {
	const struct synergy_graph *graph;
	const struct synergy_plan *plan;
	const char *directory;
	struct synergy_error *error;
};

/* A node's name as part of a file's: nothing that a path or a shell takes amiss. */
static void file_name(const char *name, char *buf, size_t size)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++)
		buf[i] = isalnum((unsigned char)name[i]) || strchr("._-", name[i]) ? name[i] : '_';
	buf[i] = '\0';
}

static int dump_node(void *arg, int node)
{
	const struct dump *d = arg;
	const struct synergy_node *n = &d->graph->nodes[node];
	char path[1024], name[200], suffix[16];
	const void *data;
	int i;

	file_name(n->name, name, sizeof(name));
	for (i = 0; i < n->n_outputs; i++) {
		if (n->outputs[i] < 0)
			continue;
		data = synergy_plan_tensor(d->plan, n->outputs[i]);
		if (!data)
			continue;
		snprintf(suffix, sizeof(suffix), i ? "_%d" : "", i);
		if (snprintf(path, sizeof(path), "%s/%03d-%s%s.npy", d->directory, node, name,
			     suffix) >= (int)sizeof(path))
			return synergy_error_set(d->error, ENAMETOOLONG, "%s: name is too long",
						 d->directory);
		if (synergy_npy_write(path, &d->graph->tensors[n->outputs[i]], data, d->error))
			return -1;
	}
	return 0;
}

int synergy_outputs_dump(const struct synergy_graph *graph, struct synergy_plan *plan,
			 const char *directory, struct synergy_error *error)
{
	struct dump dump = { graph, plan, directory, error };
	struct synergy_run_hooks hooks = { .after = dump_node, .arg = &dump };

	return synergy_plan_run(plan, &hooks) ? -1 : 0;
}

/* Indices of the greatest values, best first; gives how many. */
static int find_best(const float *values, int64_t count, int64_t best[BEST])
{
	int n = 0, at;
	int64_t i;

	for (i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		for (at = n; at > 0 && values[best[at - 1]] < values[i]; at--)
			if (at < BEST)
				best[at] = best[at - 1];
		if (at < BEST)
			best[at] = i;
		if (n < BEST)
			n++;
	}
	return n;
}

static char *read_line(FILE *f, int64_t number, char *line, int size)
{
	int64_t i;

	rewind(f);
	for (i = 0; i <= number; i++)
		if (!fgets(line, size, f))
			return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

int synergy_outputs_best(const struct synergy_graph *graph, const struct synergy_plan *plan,
			 const char *labels, FILE *out, struct synergy_error *error)
{
	const struct synergy_tensor *t;
	const float *values;
	char line[512], *c;
	int64_t best[BEST];
	int i, n;
	FILE *f;

	if (graph->n_outputs < 1)
		return synergy_error_set(error, ENODATA, "%s: the network has no output",
					 graph->path);
	t = &graph->tensors[graph->outputs[0]];
	values = data_of(graph, plan, graph->outputs[0]);
	if (!values || t->dtype != SYNERGY_F32)
		return synergy_error_set(error, ENODATA, "%s: output %s is not of floats",
					 graph->path, t->name);
	f = fopen(labels, "re");
	if (!f)
		return synergy_error_set(error, errno, "%s: %s", labels, strerror(errno));
	n = find_best(values, t->count, best);
	for (i = 0; i < n; i++) {
		if (!read_line(f, best[i], line, sizeof(line))) {
			fclose(f);
			return synergy_error_set(error, EINVAL, "%s: no line %lld for class %lld",
				labels, (long long)best[i] + 1, (long long)best[i]);
		}
		for (c = line; *c; c++)
			if ((unsigned char)*c < 0x20)
				*c = ' ';
		fprintf(out, "%9.5f  %5lld  %s\n", values[best[i]], (long long)best[i], line);
	}
	fclose(f);
	return 0;
}
