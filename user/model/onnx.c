// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An ONNX model into a graph: initializers, inputs, nodes, outputs. Values of
 * constants are in onnx_tensor.c, attributes in onnx_attribute.c, operators in
 * onnx_op.c, the model's own functions in onnx_function.c. Subgraphs and other
 * domains' operators are refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/onnx.h"

/* The default domain's version; files before IR 3 have none and mean 1. */
static int find_opset(struct synergy_onnx *onnx, const Onnx__ModelProto *model)
{
	int64_t version = model->n_opset_import ? 0 : 1;
	size_t i;

	for (i = 0; i < model->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *set = model->opset_import[i];

		if (!set->domain || !*set->domain || !strcmp(set->domain, "ai.onnx"))
			version = set->version;
	}
	if (version < SYNERGY_ONNX_MIN_OPSET || version > SYNERGY_ONNX_MAX_OPSET)
		return synergy_graph_error(onnx->graph, onnx->err, ENOTSUP,
					   "opset %lld is not supported (%d to %d are)",
					   (long long)version, SYNERGY_ONNX_MIN_OPSET,
					   SYNERGY_ONNX_MAX_OPSET);
	onnx->opset = (int)version;
	onnx->graph->opset = onnx->opset;
	return 0;
}

static int add_initializers(struct synergy_onnx *onnx, const Onnx__GraphProto *proto)
{
	size_t i;
	int t;

	if (proto->n_sparse_initializer)
		return synergy_graph_error(onnx->graph, onnx->err, ENOTSUP,
					   "sparse initializers are not supported");
	for (i = 0; i < proto->n_initializer; i++) {
		Onnx__TensorProto *tensor = proto->initializer[i];

		if (!tensor->name || !*tensor->name)
			return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
						   "initializer %zu has no name", i);
		/* A value from the caller comes first: the file's is only a default then. */
		if (synergy_graph_has_value(onnx->options, tensor->name))
			continue;
		t = synergy_graph_add_tensor(onnx->graph, tensor->name, onnx->err);
		if (t < 0 || synergy_onnx_constant(onnx, tensor, t))
			return -1;
	}
	return 0;
}

static const char *word_of(const Onnx__TensorShapeProto__Dimension *d)
{
	return d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM ?
		       d->dim_param : NULL;
}

/* What the file says of an input's shape: open dimensions have their words are in symbols. */
static int input_dims(struct synergy_onnx *onnx, const char *name,
		      const Onnx__TensorShapeProto *shape, int64_t *dims, const char **symbols)
{
	size_t i;

	if (shape->n_dim > SYNERGY_MAX_RANK)
		return synergy_graph_error(onnx->graph, onnx->err, EFBIG,
					   "input '%.100s': rank %zu, limit %d", name, shape->n_dim,
					   SYNERGY_MAX_RANK);
	for (i = 0; i < shape->n_dim; i++) {
		const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];

		dims[i] = SYNERGY_OPEN_DIM;
		symbols[i] = word_of(d);
		if (d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
			continue;
		/* Some exporters write -1 for the open batch. */
		if (d->dim_value < 0 && (d->dim_value != -1 || i > 0))
			return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
						   "input '%.100s': dimension %zu is %lld", name, i,
						   (long long)d->dim_value);
		dims[i] = d->dim_value;
	}
	return (int)shape->n_dim;
}

static int add_input(struct synergy_onnx *onnx, const Onnx__ValueInfoProto *info)
{
	const char *symbols[SYNERGY_MAX_RANK] = { NULL };
	const Onnx__TypeProto__Tensor *type;
	int64_t dims[SYNERGY_MAX_RANK] = { 0 };
	int rank = -1;

	if (!info->name || !*info->name)
		return synergy_graph_error(onnx->graph, onnx->err, EINVAL, "an input has no name");
	/* Before IR 4 every initializer is listed as an input, too. */
	if (synergy_graph_find_tensor(onnx->graph, info->name) >= 0)
		return 0;
	if (!info->type || info->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
		return synergy_graph_error(onnx->graph, onnx->err, ENOTSUP,
					   "input '%.100s' is not a tensor", info->name);
	type = info->type->tensor_type;
	if (type->shape) {
		rank = input_dims(onnx, info->name, type->shape, dims, symbols);
		if (rank < 0)
			return -1;
	}
	return synergy_graph_add_input(onnx->graph, info->name,
				       synergy_onnx_dtype(onnx, type->elem_type), rank, dims, symbols,
				       onnx->options, onnx->err) < 0 ? -1 : 0;
}

static const char *text(const char *s)
{
	return s ? s : "";
}

static const char *more_of(const struct synergy_unsupported *u, char *buf, size_t size)
{
	snprintf(buf, size, " (%d nodes of it)", u->kinds[0].count);
	return buf;
}

static bool is_default_domain(const Onnx__NodeProto *proto)
{
	return !*text(proto->domain) || !strcmp(proto->domain, "ai.onnx");
}

static enum synergy_op_kind kind_of(const Onnx__NodeProto *proto)
{
	const enum synergy_op_kind kind = synergy_onnx_kind(text(proto->op_type));

	return kind == SYNERGY_OP_COUNT || !is_default_domain(proto) ? SYNERGY_OP_UNSUPPORTED :
								       kind;
}

bool synergy_onnx_is_known(const Onnx__NodeProto *node)
{
	return kind_of(node) != SYNERGY_OP_UNSUPPORTED;
}

/* All that is not supported at once, before anything is made of it. */
static int find_unsupported(struct synergy_onnx *onnx)
{
	struct synergy_unsupported *u = &onnx->unsupported;
	const Onnx__NodeProto *proto, *first = NULL;
	char name[160], node[160];
	int opset = 0;
	size_t i;

	for (i = 0; i < onnx->n_nodes; i++) {
		proto = onnx->nodes[i].proto;
		if (synergy_onnx_is_known(proto))
			continue;
		opset = first ? opset : onnx->nodes[i].opset;
		first = first ? first : proto;
		snprintf(name, sizeof(name), "%.60s%s%.60s",
			 is_default_domain(proto) ? "" : proto->domain,
			 is_default_domain(proto) ? "" : ":", text(proto->op_type));
		snprintf(node, sizeof(node), "%.150s",
			 *text(proto->name) || !proto->n_output ? text(proto->name) :
								  text(proto->output[0]));
		synergy_unsupported_add(u, name, node);
	}
	if (!first)
		return 0;
	if (onnx->options->keep_unsupported)
		return synergy_unsupported_note(u, onnx->graph, onnx->err);
	if (u->n_kinds + u->n_others > 1)
		return synergy_unsupported_error(u, onnx->graph, "operators", onnx->err);
	if (!is_default_domain(first))
		return synergy_graph_error(onnx->graph, onnx->err, ENOTSUP,
					   "node '%.80s' (%.60s): operators of domain '%.60s' are not supported",
					   text(first->name), text(first->op_type), first->domain);
	return synergy_graph_error(onnx->graph, onnx->err, ENOTSUP,
				   "node '%.80s': operator '%.60s' (opset %d) is not supported%s",
				   text(first->name), text(first->op_type), opset,
				   u->kinds[0].count > 1 ? more_of(u, node, sizeof(node)) : "");
}

/* The node and its outputs; inputs follow once every output is known. */
static int add_node(struct synergy_onnx *onnx, const struct synergy_onnx_item *item)
{
	const Onnx__NodeProto *proto = item->proto;
	struct synergy_graph *graph = onnx->graph;
	const enum synergy_op_kind kind = kind_of(proto);
	int index, t;
	size_t i;

	if (!*text(proto->op_type))
		return synergy_graph_error(graph, onnx->err, EINVAL, "node '%.80s' has no operator",
					   text(proto->name));
	if (proto->n_input > SYNERGY_MAX_NODE_IO || proto->n_output > SYNERGY_MAX_NODE_IO)
		return synergy_graph_error(graph, onnx->err, EFBIG,
					   "node '%.80s' has %zu inputs and %zu outputs, limit %d",
					   text(proto->name), proto->n_input, proto->n_output,
					   SYNERGY_MAX_NODE_IO);
	index = synergy_graph_add_node(graph, proto->name, kind, proto->op_type,
				       (int)proto->n_input, (int)proto->n_output, onnx->err);
	if (index < 0)
		return -1;
	graph->nodes[index].opset = item->opset;
	for (i = 0; i < proto->n_output; i++) {
		if (!*text(proto->output[i]))
			continue;
		t = synergy_graph_add_tensor(graph, proto->output[i], onnx->err);
		if (t < 0)
			return -1;
		graph->nodes[index].outputs[i] = t;
		graph->tensors[t].producer = index;
	}
	return index;
}

static int connect_inputs(struct synergy_onnx *onnx, const Onnx__NodeProto *proto, int index)
{
	struct synergy_graph *graph = onnx->graph;
	size_t i;
	int t;

	for (i = 0; i < proto->n_input; i++) {
		if (!*text(proto->input[i]))
			continue;
		t = synergy_graph_find_tensor(graph, proto->input[i]);
		if (t < 0)
			return synergy_node_error(graph, &graph->nodes[index], onnx->err, EINVAL,
						  "input '%.100s' is nowhere defined",
						  proto->input[i]);
		graph->nodes[index].inputs[i] = t;
	}
	return 0;
}

/* A setting that is not supported is one of an operator that is not, for who only describes. */
static int translate(struct synergy_onnx_node *n)
{
	struct synergy_onnx *onnx = n->onnx;
	struct synergy_error why, *err = onnx->err;
	int ret;

	if (!onnx->options->keep_unsupported)
		return synergy_onnx_translate(n);
	onnx->err = &why;
	ret = synergy_onnx_translate(n);
	onnx->err = err;
	if (!ret)
		return 0;
	if (errno != ENOTSUP)
		return synergy_error_set(err, errno, "%s", why.message);
	synergy_onnx_node_of(n)->kind = SYNERGY_OP_UNSUPPORTED;
	return synergy_graph_note_error(onnx->graph, &why, err);
}

static int add_nodes(struct synergy_onnx *onnx)
{
	size_t i;
	int first = onnx->graph->n_nodes;

	if (find_unsupported(onnx))
		return -1;
	for (i = 0; i < onnx->n_nodes; i++)
		if (add_node(onnx, &onnx->nodes[i]) < 0)
			return -1;
	for (i = 0; i < onnx->n_nodes; i++) {
		struct synergy_onnx_node n = { .onnx = onnx, .proto = onnx->nodes[i].proto,
					       .index = first + (int)i };

		onnx->shared = onnx->nodes[i].shared;
		if (connect_inputs(onnx, n.proto, n.index) ||
		    (synergy_onnx_is_known(n.proto) && translate(&n)))
			return -1;
	}
	return 0;
}

static int add_outputs(struct synergy_onnx *onnx, const Onnx__GraphProto *proto)
{
	struct synergy_graph *graph = onnx->graph;
	size_t i;
	int t;

	for (i = 0; i < proto->n_output; i++) {
		t = synergy_graph_find_tensor(graph, text(proto->output[i]->name));
		if (t < 0)
			return synergy_graph_error(graph, onnx->err, EINVAL,
						   "output '%.100s' is nowhere defined",
						   text(proto->output[i]->name));
		if (synergy_graph_append(graph, &graph->outputs, &graph->n_outputs, t, onnx->err))
			return -1;
	}
	if (!graph->n_outputs)
		return synergy_graph_error(graph, onnx->err, EINVAL, "has no output");
	return 0;
}

static const Onnx__TensorShapeProto *shape_of(const Onnx__ValueInfoProto *info)
{
	return info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ?
		       info->type->tensor_type->shape : NULL;
}

/* The dimension that the inputs have where they say the same word; -1: none does. */
static int64_t meaning_of(const struct synergy_onnx *onnx, const Onnx__GraphProto *proto,
			  const char *word)
{
	const Onnx__TensorShapeProto *shape;
	const struct synergy_tensor *tensor;
	size_t i, d;
	int t;

	for (i = 0; i < proto->n_input; i++) {
		t = synergy_graph_find_tensor(onnx->graph, text(proto->input[i]->name));
		shape = shape_of(proto->input[i]);
		tensor = t >= 0 ? &onnx->graph->tensors[t] : NULL;
		for (d = 0; tensor && shape && d < shape->n_dim; d++)
			if ((int)d < tensor->rank && word_of(shape->dim[d]) &&
			    !strcmp(word_of(shape->dim[d]), word))
				return tensor->dims[d];
	}
	return -1;
}

static int state_shape(struct synergy_onnx *onnx, const Onnx__GraphProto *proto,
		       const Onnx__ValueInfoProto *info)
{
	const int t = synergy_graph_find_tensor(onnx->graph, text(info->name));
	const Onnx__TensorShapeProto *shape = shape_of(info);
	struct synergy_declared stated = { .rank = -1 };
	size_t i;

	if (t < 0 || !shape || shape->n_dim > SYNERGY_MAX_RANK)
		return 0;
	for (i = 0; i < shape->n_dim; i++) {
		const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];

		stated.dims[i] = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ?
			d->dim_value : word_of(d) ? meaning_of(onnx, proto, word_of(d)) : -1;
		if (stated.dims[i] < 0)
			return 0;
	}
	stated.dtype = synergy_onnx_dtype(onnx, info->type->tensor_type->elem_type);
	stated.rank = (int)shape->n_dim;
	return synergy_unsupported_state(onnx->graph, t, &stated, onnx->err);
}

/* For who only describes: shapes that stand in the file, where nothing better is known. */
static int state_shapes(struct synergy_onnx *onnx, const Onnx__GraphProto *proto)
{
	size_t i;

	for (i = 0; onnx->options->keep_unsupported && i < proto->n_value_info; i++)
		if (state_shape(onnx, proto, proto->value_info[i]))
			return -1;
	for (i = 0; onnx->options->keep_unsupported && i < proto->n_output; i++)
		if (state_shape(onnx, proto, proto->output[i]))
			return -1;
	return 0;
}

static int read_model(struct synergy_onnx *onnx, const Onnx__ModelProto *model)
{
	const Onnx__GraphProto *proto = model->graph;
	size_t i;

	if (!proto)
		return synergy_graph_error(onnx->graph, onnx->err, EINVAL,
					   "is not an ONNX model: it has no graph");
	if (find_opset(onnx, model))
		return -1;
	if (proto->name && *proto->name) {
		onnx->graph->name = synergy_graph_strdup(onnx->graph, proto->name);
		if (!onnx->graph->name)
			return synergy_graph_no_memory(onnx->graph, onnx->err);
	}
	if (synergy_onnx_inline(onnx, model) || synergy_onnx_find_half(onnx, proto) ||
	    add_initializers(onnx, proto))
		return -1;
	for (i = 0; i < proto->n_input; i++)
		if (add_input(onnx, proto->input[i]))
			return -1;
	if (add_nodes(onnx) || add_outputs(onnx, proto))
		return -1;
	return state_shapes(onnx, proto);
}

int synergy_onnx_keep(struct synergy_onnx *onnx, ProtobufCMessage *message)
{
	ProtobufCMessage **more = realloc(onnx->kept, (onnx->n_kept + 1) * sizeof(*more));

	if (!more)
		return -1;
	onnx->kept = more;
	onnx->kept[onnx->n_kept++] = message;
	return 0;
}

int synergy_read_onnx(struct synergy_graph *graph, const void *data, size_t size,
		      const struct synergy_graph_options *options, struct synergy_error *err)
{
	struct synergy_protobuf_memory memory;
	struct synergy_onnx onnx = { .graph = graph, .options = options, .err = err,
				     .protobuf = &memory };
	ProtobufCMessage *model;
	const char *why;
	int ret, saved;

	synergy_protobuf_memory_init(&memory, graph->memory->max_bytes);
	model = synergy_protobuf_unpack(&onnx__model_proto__descriptor, &memory, data, size, &why);
	if (!model)
		return synergy_graph_error(graph, err, memory.limit_hit ? EFBIG : EINVAL,
					   "cannot be read as ONNX: %s", why);
	ret = read_model(&onnx, (Onnx__ModelProto *)model);
	saved = errno;
	while (onnx.n_kept)
		protobuf_c_message_free_unpacked(onnx.kept[--onnx.n_kept], &memory.allocator);
	free(onnx.kept);
	protobuf_c_message_free_unpacked(model, &memory.allocator);
	if (onnx.external_path)
		synergy_file_close(&onnx.external);
	free(onnx.external_path);
	errno = saved;
	return ret;
}
