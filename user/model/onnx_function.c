// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A model's own functions (ModelProto.functions): each call is replaced by the function's
 * nodes, whose values are named "<first output of the call>/<value>". How deep calls may
 * go and how many nodes may come of them is bounded; a function in itself is refused.
 * Operators of the default domain that we have come before functions of their name.
 */
#include <errno.h>
#include <string.h>

#include "model/onnx.h"

#define MAX_FUNCTIONS	4096
#define MAX_DEPTH	32
#define MAX_ATTRIBUTES	64	/* of a call */
#define MAX_COMPARED	(1ULL << 28)	/* names looked at: a second or so */

/* Since ONNX 1.13; 1.12's file of messages does not have it. */
#define FIELD_DEFAULTS	11

struct function {
	const Onnx__FunctionProto *proto;
	int opset;
	size_t n_defaults;
	Onnx__AttributeProto **defaults;	/* attributes that a call may leave out */
};

/* Where nodes come from: the graph itself, or a call of a function. */
struct scope {
	const struct scope *outer;		/* NULL: the graph's own nodes */
	const struct function *function;
	const Onnx__NodeProto *call;		/* with the graph's names */
	const char *prefix;
	int depth, opset;
};

struct inliner {
	struct synergy_onnx *onnx;
	struct function *functions;
	size_t n_functions;
	int visited;				/* nodes and calls */
	uint64_t compared;
	size_t room;
};

static const char *text(const char *s)
{
	return s ? s : "";
}

static const char *domain_of(const char *domain)
{
	return strcmp(text(domain), "ai.onnx") ? text(domain) : "";
}

static const struct function *find(const struct inliner *in, const Onnx__NodeProto *node)
{
	const char *domain = domain_of(node->domain);
	size_t i;

	for (i = 0; i < in->n_functions; i++)
		if (!strcmp(text(in->functions[i].proto->name), text(node->op_type)) &&
		    !strcmp(domain_of(in->functions[i].proto->domain), domain))
			return &in->functions[i];
	return NULL;
}

static int function_error(const struct inliner *in, const struct function *f, int errno_value,
			  const char *what)
{
	return synergy_graph_error(in->onnx->graph, in->onnx->err, errno_value,
				   "function '%.60s:%.60s' %s", text(f->proto->domain),
				   text(f->proto->name), what);
}

/* --- what the file has ---------------------------------------------------------------------- */

static int find_opset(const struct inliner *in, struct function *f)
{
	const Onnx__FunctionProto *proto = f->proto;
	char what[80];
	size_t i;

	f->opset = in->onnx->opset;
	for (i = 0; i < proto->n_opset_import; i++) {
		const int64_t version = proto->opset_import[i]->version;

		if (*domain_of(proto->opset_import[i]->domain))
			continue;
		if (version < SYNERGY_ONNX_MIN_OPSET || version > SYNERGY_ONNX_MAX_OPSET) {
			snprintf(what, sizeof(what), "is of opset %lld, which is not supported",
				 (long long)version);
			return function_error(in, f, ENOTSUP, what);
		}
		f->opset = (int)version;
	}
	return 0;
}

/* One more default; those of a message that protobuf-c does not know are ours to free. */
static int add_default(struct inliner *in, struct function *f, Onnx__AttributeProto *attribute)
{
	if (f->n_defaults == MAX_ATTRIBUTES)
		return function_error(in, f, EFBIG, "has more than 64 attributes");
	if (!f->defaults)
		f->defaults = synergy_graph_alloc(in->onnx->graph,
						  MAX_ATTRIBUTES * sizeof(*f->defaults));
	if (!f->defaults)
		return synergy_graph_no_memory(in->onnx->graph, in->onnx->err);
	f->defaults[f->n_defaults++] = attribute;
	return 0;
}

static int unpack_default(struct inliner *in, struct function *f,
			  const ProtobufCMessageUnknownField *field)
{
	struct synergy_onnx *onnx = in->onnx;
	ProtobufCMessage *message;
	const char *why;
	size_t skip = 0;

	/* Its length comes first, which is known to be whole. */
	while (skip < field->len && field->data[skip++] & 0x80)
		;
	message = synergy_protobuf_unpack(&onnx__attribute_proto__descriptor, onnx->protobuf,
					  field->data + skip, field->len - skip, &why);
	if (!message)
		return function_error(in, f, onnx->protobuf->limit_hit ? EFBIG : EINVAL, why);
	if (synergy_onnx_keep(onnx, message)) {
		protobuf_c_message_free_unpacked(message, &onnx->protobuf->allocator);
		return synergy_graph_no_memory(onnx->graph, onnx->err);
	}
	return add_default(in, f, (Onnx__AttributeProto *)message);
}

static int find_defaults(struct inliner *in, struct function *f)
{
	const ProtobufCMessage *message = &f->proto->base;
	const ProtobufCFieldDescriptor *known =
		protobuf_c_message_descriptor_get_field(message->descriptor, FIELD_DEFAULTS);
	unsigned int i;
	size_t k;

	for (k = 0; known && k < *(const size_t *)((const char *)message + known->quantifier_offset);
	     k++)
		if (add_default(in, f, (*(Onnx__AttributeProto **const *)((const char *)message +
									  known->offset))[k]))
			return -1;
	for (i = 0; !known && i < message->n_unknown_fields; i++)
		if (message->unknown_fields[i].tag == FIELD_DEFAULTS &&
		    message->unknown_fields[i].wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED &&
		    unpack_default(in, f, &message->unknown_fields[i]))
			return -1;
	return 0;
}

static int collect(struct inliner *in, const Onnx__ModelProto *model)
{
	const Onnx__NodeProto same = ONNX__NODE_PROTO__INIT;
	struct synergy_graph *graph = in->onnx->graph;
	struct function *f;
	size_t i;

	if (model->n_functions > MAX_FUNCTIONS)
		return synergy_graph_error(graph, in->onnx->err, EFBIG,
					   "has %zu functions, limit %d", model->n_functions,
					   MAX_FUNCTIONS);
	in->functions = synergy_graph_alloc(graph, (model->n_functions + 1) * sizeof(*f));
	if (!in->functions)
		return synergy_graph_no_memory(graph, in->onnx->err);
	for (i = 0; i < model->n_functions; i++) {
		Onnx__NodeProto node = same;

		f = &in->functions[i];
		f->proto = model->functions[i];
		node.op_type = f->proto->name;
		node.domain = f->proto->domain;
		/* Those that differ in their overload alone are not distinguished. */
		if (find(in, &node))
			return function_error(in, f, ENOTSUP, "is there more than once");
		in->n_functions++;
		if (find_opset(in, f) || find_defaults(in, f))
			return -1;
	}
	return 0;
}

/* --- calls ----------------------------------------------------------------------------------- */

static int append(struct inliner *in, Onnx__NodeProto *node, const struct scope *scope)
{
	struct synergy_onnx *onnx = in->onnx;
	struct synergy_onnx_item *items;

	if (onnx->n_nodes == in->room) {
		in->room = in->room ? 2 * in->room : 64;
		items = synergy_graph_alloc(onnx->graph, in->room * sizeof(*items));
		if (!items)
			return synergy_graph_no_memory(onnx->graph, onnx->err);
		if (onnx->n_nodes)
			memcpy(items, onnx->nodes, onnx->n_nodes * sizeof(*items));
		onnx->nodes = items;
	}
	onnx->nodes[onnx->n_nodes++] = (struct synergy_onnx_item){ node, scope->opset,
								   scope->outer != NULL };
	return 0;
}

/* "<prefix>/<name>"; NULL with an error. */
static char *inner_name(struct inliner *in, const struct scope *scope, const char *name)
{
	struct synergy_graph *graph = in->onnx->graph;
	const size_t before = strlen(scope->prefix), after = strlen(name);
	char *made;

	if (before + 1 + after > SYNERGY_MAX_NAME) {
		function_error(in, scope->function, EFBIG, "makes names that are too long");
		return NULL;
	}
	made = synergy_graph_alloc(graph, before + after + 2);
	if (!made) {
		synergy_graph_no_memory(graph, in->onnx->err);
		return NULL;
	}
	memcpy(made, scope->prefix, before);
	made[before] = '/';
	memcpy(made + before + 1, name, after + 1);
	return made;
}

/* Index of a name in a list; n: it is not there. */
static size_t index_of(char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n && strcmp(text(names[i]), name); i++)
		;
	return i;
}

/* What a function's value is called in the graph: the call's own, or a name made of both. */
static char *outer_name(struct inliner *in, const struct scope *scope, char *name)
{
	static char omitted[] = "";
	const Onnx__FunctionProto *f = scope->function->proto;
	size_t i;

	if (!*text(name))
		return omitted;
	i = index_of(f->input, f->n_input, name);
	if (i < f->n_input)
		return i < scope->call->n_input ? scope->call->input[i] : omitted;
	i = index_of(f->output, f->n_output, name);
	if (i < f->n_output && i < scope->call->n_output && *text(scope->call->output[i]))
		return scope->call->output[i];
	return inner_name(in, scope, name);
}

static char **outer_names(struct inliner *in, const struct scope *scope, char *const *names, size_t n)
{
	const Onnx__FunctionProto *f = scope->function->proto;
	char **made;
	size_t i;

	in->compared += (uint64_t)n * (f->n_input + f->n_output + 1);
	if (n > SYNERGY_MAX_NODE_IO || in->compared > MAX_COMPARED) {
		function_error(in, scope->function, EFBIG, "has too many inputs, outputs and nodes");
		return NULL;
	}
	made = synergy_graph_alloc(in->onnx->graph, (n + 1) * sizeof(*made));
	if (!made) {
		synergy_graph_no_memory(in->onnx->graph, in->onnx->err);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		made[i] = outer_name(in, scope, names[i]);
		if (!made[i])
			return NULL;
	}
	return made;
}

static Onnx__AttributeProto *attribute_named(Onnx__AttributeProto *const *list, size_t n,
					     const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(text(list[i]->name), name))
			return list[i];
	return NULL;
}

/* Attributes that stand for the call's have its value, or the default, or are not there. */
static int bind_attributes(struct inliner *in, const struct scope *scope, Onnx__NodeProto *node)
{
	struct synergy_graph *graph = in->onnx->graph;
	Onnx__AttributeProto **from = node->attribute, *a, *value;
	size_t i, n = node->n_attribute;

	if (n > MAX_ATTRIBUTES || scope->call->n_attribute > MAX_ATTRIBUTES)
		return function_error(in, scope->function, EFBIG, "has a node with more than 64 attributes");
	node->attribute = synergy_graph_alloc(graph, (n + 1) * sizeof(*from));
	node->n_attribute = 0;
	if (!node->attribute)
		return synergy_graph_no_memory(graph, in->onnx->err);
	for (i = 0; i < n; i++) {
		a = from[i];
		if (*text(a->ref_attr_name)) {
			value = attribute_named(scope->call->attribute, scope->call->n_attribute,
						a->ref_attr_name);
			if (!value)
				value = attribute_named(scope->function->defaults,
							scope->function->n_defaults,
							a->ref_attr_name);
			if (!value)
				continue;
			a = synergy_graph_alloc(graph, sizeof(*a));
			if (!a)
				return synergy_graph_no_memory(graph, in->onnx->err);
			*a = *value;
			a->name = from[i]->name;
		}
		node->attribute[node->n_attribute++] = a;
	}
	return 0;
}

/* A node of a function with the graph's names; NULL with an error. */
static Onnx__NodeProto *instance(struct inliner *in, const struct scope *scope,
				 const Onnx__NodeProto *proto)
{
	Onnx__NodeProto *node = synergy_graph_alloc(in->onnx->graph, sizeof(*node));
	const char *name = text(proto->name);

	if (!node) {
		synergy_graph_no_memory(in->onnx->graph, in->onnx->err);
		return NULL;
	}
	*node = *proto;
	node->input = outer_names(in, scope, proto->input, proto->n_input);
	node->output = node->input ? outer_names(in, scope, proto->output, proto->n_output) : NULL;
	node->name = node->output ? inner_name(in, scope, *name ? name : text(proto->op_type)) : NULL;
	return node->name && !bind_attributes(in, scope, node) ? node : NULL;
}

/* Outputs that are inputs as they come. */
static int pass_through(struct inliner *in, const struct scope *scope)
{
	static char identity[] = "Identity";
	const Onnx__NodeProto empty = ONNX__NODE_PROTO__INIT;
	const Onnx__FunctionProto *f = scope->function->proto;
	Onnx__NodeProto *node;
	size_t i, from;

	for (i = 0; i < f->n_output && i < scope->call->n_output; i++) {
		from = index_of(f->input, f->n_input, text(f->output[i]));
		if (from == f->n_input || !*text(scope->call->output[i]))
			continue;
		node = synergy_graph_alloc(in->onnx->graph, sizeof(*node));
		if (!node)
			return synergy_graph_no_memory(in->onnx->graph, in->onnx->err);
		*node = empty;
		node->op_type = identity;
		node->input = from < scope->call->n_input ? &scope->call->input[from] : NULL;
		node->n_input = node->input ? 1 : 0;
		node->output = &scope->call->output[i];
		node->n_output = 1;
		if (append(in, node, scope))
			return -1;
	}
	return 0;
}

static int expand(struct inliner *in, const struct scope *scope, Onnx__NodeProto *const *nodes,
		  size_t n);

static int call(struct inliner *in, const struct scope *outer, const struct function *f,
		const Onnx__NodeProto *node)
{
	struct scope scope = { outer, f, node, text(node->op_type), outer->depth + 1, f->opset };
	const struct scope *s;
	size_t i;

	for (s = outer; s->outer; s = s->outer)
		if (s->function == f)
			return function_error(in, f, EINVAL, "contains itself");
	if (scope.depth > MAX_DEPTH)
		return function_error(in, f, EFBIG, "is called more than 32 deep");
	if (node->n_input > f->proto->n_input || node->n_output > f->proto->n_output)
		return function_error(in, f, EINVAL, "is called with more arguments than it has");
	for (i = node->n_output; i-- > 0;)
		if (*text(node->output[i]))
			scope.prefix = node->output[i];
	return expand(in, &scope, f->proto->node, f->proto->n_node) || pass_through(in, &scope);
}

static int expand(struct inliner *in, const struct scope *scope, Onnx__NodeProto *const *nodes,
		  size_t n)
{
	const struct function *f;
	Onnx__NodeProto *node;
	size_t i;

	for (i = 0; i < n; i++) {
		if (++in->visited > SYNERGY_MAX_NODES)
			return synergy_graph_error(in->onnx->graph, in->onnx->err, EFBIG,
						   "has more than %d nodes with those of its functions",
						   SYNERGY_MAX_NODES);
		node = scope->outer ? instance(in, scope, nodes[i]) : nodes[i];
		if (!node)
			return -1;
		f = synergy_onnx_is_known(node) ? NULL : find(in, node);
		if (f ? call(in, scope, f, node) : append(in, node, scope))
			return -1;
	}
	return 0;
}

int synergy_onnx_inline(struct synergy_onnx *onnx, const Onnx__ModelProto *model)
{
	struct inliner in = { .onnx = onnx };
	const struct scope graph = { .opset = onnx->opset };

	return collect(&in, model) || expand(&in, &graph, model->graph->node, model->graph->n_node) ?
		       -1 : 0;
}
