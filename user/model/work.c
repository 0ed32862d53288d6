// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Work counts per node and in all, and the texts that name shapes, attributes
 * and the whole graph. Definitions are with struct synergy_work in op.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/quantised.h"
#include "model/shape.h"

/*
 * Constant integers are axes, shapes and pads: no parameters, and hardly read. Those of
 * quantised products are weights.
 */
static bool is_parameter(const struct synergy_node *node, int i, const struct synergy_tensor *t)
{
	const struct synergy_quantised_inputs q = synergy_quantised_inputs(node->kind);

	if (q.integer && (i == q.b || i == q.bias))
		return true;
	return t->dtype == SYNERGY_F32 || t->dtype == SYNERGY_F64 || t->dtype == SYNERGY_F16;
}

static bool shapes_known(const struct synergy_graph *graph, const struct synergy_node *node)
{
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);

	return y && y->rank >= 0 && synergy_unsupported_inputs_known(graph, node);
}

bool synergy_node_is_known(const struct synergy_graph *graph, int node)
{
	return graph->nodes[node].kind != SYNERGY_OP_UNSUPPORTED &&
	       shapes_known(graph, &graph->nodes[node]);
}

void synergy_work_of(const struct synergy_graph *graph, int index, struct synergy_work *work)
{
	const struct synergy_node *node = &graph->nodes[index];
	const struct synergy_op_info *info = synergy_op_info(node->kind);
	const struct synergy_tensor *t;
	int i;

	*work = (struct synergy_work){ 0 };
	if (info->work && shapes_known(graph, node))
		info->work(graph, node, work);
	for (i = 0; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (!t)
			continue;
		if (t->is_const && !is_parameter(node, i, t))
			continue;
		if (t->is_const) {
			work->params += (uint64_t)t->count;
			work->param_bytes += t->bytes;
		} else {
			work->bytes_in += t->bytes;
		}
	}
	for (i = 0; i < node->n_outputs; i++) {
		t = synergy_node_output(graph, node, i);
		if (t)
			work->bytes_out += t->bytes;
	}
}

void synergy_work_total(const struct synergy_graph *graph, struct synergy_work *total)
{
	bool *seen = calloc((size_t)graph->n_tensors + 1, 1);
	const struct synergy_node *node;
	struct synergy_work work;
	int i, k, t;

	*total = (struct synergy_work){ 0 };
	for (i = 0; i < graph->n_nodes; i++) {
		node = &graph->nodes[i];
		synergy_work_of(graph, i, &work);
		total->mac += work.mac;
		total->flops += work.flops;
		total->bytes_in += work.bytes_in;
		total->bytes_out += work.bytes_out;
		for (k = 0; k < node->n_inputs; k++) {
			t = node->inputs[k];
			if (t < 0 || !graph->tensors[t].is_const ||
			    !is_parameter(node, k, &graph->tensors[t]) || (seen && seen[t]))
				continue;
			if (seen)
				seen[t] = true;
			total->params += (uint64_t)graph->tensors[t].count;
			total->param_bytes += graph->tensors[t].bytes;
		}
	}
	free(seen);
}

/* Append to buf at *used, never past size; what does not fit is cut. */
static void put(char *buf, size_t size, size_t *used, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void put(char *buf, size_t size, size_t *used, const char *fmt, ...)
{
	va_list args;
	int n;

	if (*used >= size)
		return;
	va_start(args, fmt);
	n = vsnprintf(buf + *used, size - *used, fmt, args);
	va_end(args);
	if (n > 0)
		*used += (size_t)n;
	if (*used > size)
		*used = size;
}

static void put_dims(char *buf, size_t size, size_t *used, const int64_t *dims, int n)
{
	int i;

	for (i = 0; i < n; i++)
		put(buf, size, used, "%s%" PRId64, i ? "x" : "", dims[i]);
}

char *synergy_tensor_shape(const struct synergy_tensor *tensor, char *buf, size_t size)
{
	size_t used = 0;

	if (size)
		buf[0] = '\0';
	if (tensor->rank < 0)
		put(buf, size, &used, "?");
	else if (tensor->rank == 0)
		put(buf, size, &used, "scalar");
	else
		put_dims(buf, size, &used, tensor->dims, tensor->rank);
	return buf;
}

static bool all_are(const int64_t *values, int n, int64_t value)
{
	while (n-- > 0)
		if (values[n] != value)
			return false;
	return true;
}

static void put_window(char *buf, size_t size, size_t *used, int n, const int64_t *kernel,
		       const int64_t *stride, const int64_t *dilation, const int64_t *begin,
		       const int64_t *end)
{
	put(buf, size, used, "kernel=");
	put_dims(buf, size, used, kernel, n);
	put(buf, size, used, " stride=");
	put_dims(buf, size, used, stride, n);
	put(buf, size, used, " pad=");
	put_dims(buf, size, used, begin, n);
	if (memcmp(begin, end, sizeof(*begin) * (size_t)n)) {
		put(buf, size, used, ":");
		put_dims(buf, size, used, end, n);
	}
	if (!all_are(dilation, n, 1)) {
		put(buf, size, used, " dilation=");
		put_dims(buf, size, used, dilation, n);
	}
}

static const char *const eltwise_names[] = { "sum", "prod", "max", "min", "mean" };
static const char *const reduce_names[] = {
	"mean", "sum", "max", "min", "prod", "sumsquare", "l1", "l2", "logsum", "logsumexp",
};

char *synergy_node_attributes(const struct synergy_graph *graph, int index, char *buf,
			      size_t size)
{
	const struct synergy_node *node = &graph->nodes[index];
	const union synergy_op_params *p = &node->p;
	size_t used = 0;

	if (size)
		buf[0] = '\0';
	if (!shapes_known(graph, node))
		return buf;		/* windows are resolved with the shapes */
	switch (node->kind) {
	case SYNERGY_OP_CONV:
	case SYNERGY_OP_CONV_TRANSPOSE:
	case SYNERGY_OP_CONV_INTEGER:
	case SYNERGY_OP_QLINEAR_CONV:
		put_window(buf, size, &used, p->conv.spatial, p->conv.kernel, p->conv.stride,
			   p->conv.dilation, p->conv.pad_begin, p->conv.pad_end);
		put(buf, size, &used, " group=%" PRId64, p->conv.group);
		break;
	case SYNERGY_OP_MAX_POOL:
	case SYNERGY_OP_AVG_POOL:
		put_window(buf, size, &used, p->pool.spatial, p->pool.kernel, p->pool.stride,
			   p->pool.dilation, p->pool.pad_begin, p->pool.pad_end);
		break;
	case SYNERGY_OP_LRN:
		put(buf, size, &used, "size=%" PRId64 " region=%s", p->lrn.size,
		    p->lrn.within_channel ? "within" : "across");
		break;
	case SYNERGY_OP_ELTWISE:
		put(buf, size, &used, "mode=%s", eltwise_names[p->eltwise.mode]);
		break;
	case SYNERGY_OP_REDUCE:
		put(buf, size, &used, "mode=%s", reduce_names[p->reduce.mode]);
		break;
	case SYNERGY_OP_EINSUM:
		put(buf, size, &used, "equation=%s", p->einsum.equation);
		break;
	case SYNERGY_OP_CONCAT:
	case SYNERGY_OP_SPLIT:
	case SYNERGY_OP_GATHER:
		put(buf, size, &used, "axis=%d", p->axis.axis);
		break;
	case SYNERGY_OP_SOFTMAX:
	case SYNERGY_OP_LOG_SOFTMAX:
		put(buf, size, &used, "axis=%d", p->softmax.axis);
		break;
	default:
		break;
	}
	return buf;
}
