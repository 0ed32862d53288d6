// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a path to a checked graph: read the file, tell the format, read it, sort
 * the nodes, settle the shapes, check the constants.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/hash.h"
#include "model/shape.h"

/*
 * A prototxt is text; an ONNX file begins with a protobuf tag of ModelProto,
 * and holds bytes that no text has. Only the beginning is looked at.
 */
static enum synergy_format find_format(const unsigned char *data, size_t size)
{
	size_t n = size < 512 ? size : 512, i;

	for (i = 0; i < n; i++)
		if (data[i] < 0x20 && data[i] != '\n' && data[i] != '\t' && data[i] != '\r' &&
		    data[i] != '\f')
			return SYNERGY_FORMAT_ONNX;
	return SYNERGY_FORMAT_CAFFE;
}

static bool has_nan(const struct synergy_tensor *t)
{
	const float *f = t->data;
	const double *d = t->data;
	int64_t i;
	int bad = 0;

	/* No early exit, so that the loops vectorise: weights are large and rarely bad. */
	if (t->dtype == SYNERGY_F32)
		for (i = 0; i < t->count; i++)
			bad |= f[i] != f[i];
	else if (t->dtype == SYNERGY_F64)
		for (i = 0; i < t->count; i++)
			bad |= d[i] != d[i];
	return bad;
}

static int64_t first_nan(const struct synergy_tensor *t)
{
	int64_t i = 0;

	while (t->dtype == SYNERGY_F32 ? !isnan(((const float *)t->data)[i]) :
					 !isnan(((const double *)t->data)[i]))
		i++;
	return i;
}

static int check_constants(const struct synergy_graph *graph,
			   const struct synergy_graph_options *options, struct synergy_error *err)
{
	const char *from = options->weights_path;
	const struct synergy_tensor *t;
	int i;

	for (i = 0; i < graph->n_tensors; i++) {
		t = &graph->tensors[i];
		if (t->is_const && t->data && has_nan(t))
			return synergy_graph_error(graph, err, EINVAL,
						   "tensor '%.100s'%s%.150s: value %lld of %lld is not a number",
						   t->name, from ? " of " : "", from ? from : "",
						   (long long)first_nan(t), (long long)t->count);
	}
	return 0;
}

static int check_work(const struct synergy_graph *graph, struct synergy_error *err)
{
	struct synergy_work work;
	uint64_t most, total = 0;
	int i;

	for (i = 0; i < graph->n_nodes; i++) {
		synergy_work_of(graph, i, &work);
		most = work.mac > work.flops ? work.mac : work.flops;
		/* Neither term reaches 2^61, so the sum is exact. */
		total += most < SYNERGY_MAX_WORK ? most : SYNERGY_MAX_WORK;
		if (total >= SYNERGY_MAX_WORK)
			return synergy_node_error(graph, &graph->nodes[i], err, EFBIG,
						  "work exceeds 2^60 operations%s",
						  most < SYNERGY_MAX_WORK ? " with the nodes before" : "");
	}
	for (i = 0; i < graph->n_outputs; i++)
		if (graph->tensors[graph->outputs[i]].rank < 0 && !graph->memory->keep_unsupported)
			return synergy_graph_error(graph, err, EINVAL,
						   "output '%.100s' is made by no node",
						   graph->tensors[graph->outputs[i]].name);
	return 0;
}

static int read_graph(struct synergy_graph *graph, const void *data, size_t size,
		      const struct synergy_graph_options *options, struct synergy_error *err)
{
	const char *hint = synergy_file_hint(data, size);

	if (hint)
		return synergy_graph_error(graph, err, EINVAL, "%s", hint);
	if (synergy_hash_hex(data, size, graph->path, graph->sha256, err))
		return -1;
	graph->format = find_format(data, size);
	if (graph->format == SYNERGY_FORMAT_ONNX) {
		if (options->weights_path)
			return synergy_graph_error(graph, err, EINVAL,
						   "an ONNX file has its own weights, '%.100s' is not used",
						   options->weights_path);
		if (synergy_read_onnx(graph, data, size, options, err))
			return -1;
	} else if (synergy_read_caffe(graph, data, size, options, err)) {
		return -1;
	}
	if (synergy_graph_sort(graph, err) || synergy_graph_bind_values(graph, options, err) ||
	    synergy_graph_infer_shapes(graph, err) ||
	    check_constants(graph, options, err) || check_work(graph, err))
		return -1;
	return synergy_graph_drop_unused_data(graph) ? synergy_graph_no_memory(graph, err) : 0;
}

int synergy_graph_load_memory(const void *data, size_t size, const char *base_path,
			      const struct synergy_graph_options *options,
			      struct synergy_graph **out, struct synergy_error *err)
{
	static const struct synergy_graph_options none;
	struct synergy_graph *graph;
	int saved;

	if (!options)
		options = &none;
	if (!size)
		return synergy_error_set(err, EINVAL, "%s: is empty", base_path);
	graph = synergy_graph_new(base_path, options->max_bytes);
	if (!graph)
		return synergy_error_set(err, ENOMEM, "%s: out of memory", base_path);
	graph->memory->keep_unsupported = options->keep_unsupported;
	if (read_graph(graph, data, size, options, err)) {
		saved = errno;
		synergy_graph_free(graph);
		errno = saved;
		return -1;
	}
	*out = graph;
	return 0;
}

int synergy_graph_load(const char *path, const struct synergy_graph_options *options,
		       struct synergy_graph **out, struct synergy_error *err)
{
	void *data;
	size_t size;
	int ret, saved;

	if (synergy_read_file(path, SYNERGY_MAX_FILE_BYTES, &data, &size, err))
		return -1;
	ret = synergy_graph_load_memory(data, size, path, options, out, err);
	saved = errno;
	free(data);
	errno = saved;
	return ret;
}
