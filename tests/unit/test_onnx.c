// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ONNX reader: opset differences, folding, shapes, and what it refuses.
 * Models are made here with the generated protobuf code.
 */
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "model.h"
#include "model/onnx.pb-c.h"

#define MAX 8

/* A model under construction; everything lives until the next begin(). */
static struct {
	Onnx__ModelProto model;
	Onnx__GraphProto graph;
	Onnx__OperatorSetIdProto opset, *opsets[1];
	Onnx__NodeProto nodes[MAX], *node_list[MAX];
	Onnx__AttributeProto attributes[MAX][4], *attribute_list[MAX][4];
	Onnx__TensorProto tensors[MAX], *tensor_list[MAX];
	Onnx__ValueInfoProto inputs[2 * MAX], *input_list[MAX], *output_list[MAX];
	Onnx__TypeProto types[2 * MAX];
	Onnx__TypeProto__Tensor tensor_types[2 * MAX];
	Onnx__TensorShapeProto shapes[2 * MAX];
	Onnx__TensorShapeProto__Dimension dims[2 * MAX][6], *dim_list[2 * MAX][6];
	Onnx__StringStringEntryProto entries[2], *entry_list[2];
	char *names[MAX][2][6];
	int n_values;
	uint8_t *bytes;
	size_t size;
} m;

static void begin(int opset)
{
	free(m.bytes);
	memset(&m, 0, sizeof(m));
	onnx__model_proto__init(&m.model);
	onnx__graph_proto__init(&m.graph);
	onnx__operator_set_id_proto__init(&m.opset);
	m.model.graph = &m.graph;
	m.model.has_ir_version = 1;
	m.model.ir_version = 7;
	m.opset.has_version = 1;
	m.opset.version = opset;
	m.opsets[0] = &m.opset;
	m.model.opset_import = m.opsets;
	m.model.n_opset_import = 1;
	m.graph.node = m.node_list;
	m.graph.initializer = m.tensor_list;
	m.graph.input = m.input_list;
	m.graph.output = m.output_list;
}

/* A graph input or output; a dimension of -2 is symbolic. */
static Onnx__ValueInfoProto *value(const char *name, int dtype, int rank, const int64_t *dims)
{
	int v = m.n_values++, d;

	onnx__value_info_proto__init(&m.inputs[v]);
	onnx__type_proto__init(&m.types[v]);
	onnx__type_proto__tensor__init(&m.tensor_types[v]);
	onnx__tensor_shape_proto__init(&m.shapes[v]);
	m.inputs[v].name = (char *)name;
	m.inputs[v].type = &m.types[v];
	m.types[v].value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
	m.types[v].tensor_type = &m.tensor_types[v];
	m.tensor_types[v].has_elem_type = 1;
	m.tensor_types[v].elem_type = dtype;
	m.tensor_types[v].shape = &m.shapes[v];
	m.shapes[v].n_dim = (size_t)rank;
	m.shapes[v].dim = m.dim_list[v];
	for (d = 0; d < rank; d++) {
		onnx__tensor_shape_proto__dimension__init(&m.dims[v][d]);
		m.dim_list[v][d] = &m.dims[v][d];
		if (dims[d] == -2) {
			m.dims[v][d].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
			m.dims[v][d].dim_param = (char *)"n";
		} else {
			m.dims[v][d].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
			m.dims[v][d].dim_value = dims[d];
		}
	}
	return &m.inputs[v];
}

static void input(const char *name, int rank, const int64_t *dims)
{
	m.input_list[m.graph.n_input++] = value(name, SYNERGY_F32, rank, dims);
}

static void output(const char *name)
{
	m.output_list[m.graph.n_output++] = value(name, SYNERGY_F32, 0, NULL);
}

static Onnx__TensorProto *tensor(const char *name, int dtype, int rank, int64_t *dims)
{
	Onnx__TensorProto *t = &m.tensors[m.graph.n_initializer];

	onnx__tensor_proto__init(t);
	m.tensor_list[m.graph.n_initializer++] = t;
	t->name = (char *)name;
	t->has_data_type = 1;
	t->data_type = dtype;
	t->n_dims = (size_t)rank;
	t->dims = dims;
	return t;
}

static void ints(const char *name, int64_t *values, int64_t n)
{
	static int64_t lengths[MAX];
	Onnx__TensorProto *t;

	lengths[m.graph.n_initializer] = n;
	t = tensor(name, SYNERGY_I64, 1, &lengths[m.graph.n_initializer]);
	t->int64_data = values;
	t->n_int64_data = (size_t)n;
}

static void floats(const char *name, int rank, int64_t *dims, float *values, size_t n)
{
	Onnx__TensorProto *t = tensor(name, SYNERGY_F32, rank, dims);

	t->float_data = values;
	t->n_float_data = n;
}

/* Inputs and outputs as words: node("Conv", "x w", "y"). */
static Onnx__NodeProto *node(const char *op, const char *in, const char *out)
{
	static char words[MAX][2][64];
	size_t i = m.graph.n_node++, k;
	char *save, *word;

	onnx__node_proto__init(&m.nodes[i]);
	m.node_list[i] = &m.nodes[i];
	m.nodes[i].op_type = (char *)op;
	for (k = 0; k < 2; k++) {
		size_t n = 0;

		snprintf(words[i][k], sizeof(words[i][k]), "%s", k ? out : in);
		for (word = strtok_r(words[i][k], " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			m.names[i][k][n++] = strcmp(word, "-") ? word : (char *)"";
		if (k) {
			m.nodes[i].n_output = n;
			m.nodes[i].output = m.names[i][k];
		} else {
			m.nodes[i].n_input = n;
			m.nodes[i].input = m.names[i][k];
		}
	}
	m.nodes[i].attribute = m.attribute_list[i];
	return &m.nodes[i];
}

static Onnx__AttributeProto *attribute(Onnx__NodeProto *n, const char *name, int type)
{
	size_t i = (size_t)(n - m.nodes);
	Onnx__AttributeProto *a = &m.attributes[i][n->n_attribute];

	onnx__attribute_proto__init(a);
	m.attribute_list[i][n->n_attribute++] = a;
	a->name = (char *)name;
	a->has_type = 1;
	a->type = (Onnx__AttributeProto__AttributeType)type;
	return a;
}

static void attribute_int(Onnx__NodeProto *n, const char *name, int64_t v)
{
	Onnx__AttributeProto *a = attribute(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);

	a->has_i = 1;
	a->i = v;
}

static void attribute_ints(Onnx__NodeProto *n, const char *name, int64_t *v, size_t count)
{
	Onnx__AttributeProto *a = attribute(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);

	a->ints = v;
	a->n_ints = count;
}

static void attribute_text(Onnx__NodeProto *n, const char *name, const char *v)
{
	Onnx__AttributeProto *a = attribute(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);

	a->has_s = 1;
	a->s.data = (uint8_t *)v;
	a->s.len = strlen(v);
}

static void pack(void)
{
	m.size = onnx__model_proto__get_packed_size(&m.model);
	m.bytes = malloc(m.size);
	onnx__model_proto__pack(&m.model, m.bytes);
}

static struct synergy_graph *load(void)
{
	pack();
	return load_bytes(m.bytes, m.size, NULL);
}

static void refused(int errno_value, const char *words)
{
	pack();
	expect_error(m.bytes, m.size, NULL, errno_value, words);
}

static int64_t image[] = { 1, 3, 8, 8 };

/* Weights by ConstantOfShape, symbolic batch, auto_pad, kernel taken from the weight. */
TEST(conv)
{
	int64_t shape[] = { 4, 3, 3, 2 }, dims[] = { -2, 3, 9, 8 }, strides[] = { 2, 1 };
	struct synergy_graph *graph;
	struct synergy_work work;
	Onnx__NodeProto *conv;

	begin(13);
	input("x", 4, dims);
	output("y");
	ints("shape", shape, 4);
	node("ConstantOfShape", "shape", "w");
	conv = node("Conv", "x w", "y");
	attribute_ints(conv, "strides", strides, 2);
	attribute_text(conv, "auto_pad", "SAME_LOWER");
	graph = load();
	if (!graph)
		return;
	CHECK_EQ(graph->n_nodes, 1);
	CHECK_EQ(graph->opset, 13);
	CHECK_STR(shape_of(graph, "w"), "4x3x3x2");
	CHECK_STR(shape_of(graph, "y"), "1x4x5x8");
	CHECK_EQ(graph->nodes[0].p.conv.pad_begin[0], 1);
	CHECK_EQ(graph->nodes[0].p.conv.pad_end[0], 1);
	CHECK_EQ(graph->nodes[0].p.conv.pad_begin[1], 1);
	CHECK_EQ(graph->nodes[0].p.conv.pad_end[1], 0);
	synergy_work_of(graph, 0, &work);
	CHECK_EQ(work.mac, 4 * 5 * 8 * 18);
	CHECK_EQ(work.kernel, 6);
	synergy_graph_free(graph);
}

/* Shape -> Slice -> Concat -> Reshape, as exporters write it, folds away. */
TEST(shape_arithmetic)
{
	int64_t zero[] = { 0 }, one[] = { 1 }, rest[] = { -1 };
	struct synergy_graph *graph;

	begin(13);
	input("x", 4, image);
	output("y");
	ints("zero", zero, 1);
	ints("one", one, 1);
	ints("rest", rest, 1);
	node("Shape", "x", "s");
	node("Slice", "s zero one", "n");
	attribute_int(node("Concat", "n rest", "t"), "axis", 0);
	node("Reshape", "x t", "y");
	graph = load();
	if (!graph)
		return;
	CHECK_EQ(graph->n_nodes, 1);
	CHECK_STR(shape_of(graph, "y"), "1x192");
	synergy_graph_free(graph);
}

/* What is an attribute in one opset is an input in another, with the same result. */
TEST(opsets)
{
	int64_t axes[] = { 0, 3 }, pads[] = { 0, 0, 1, 2, 0, 0, 3, -4 }, starts[] = { -3 },
		ends[] = { INT64_MAX }, axis[] = { 2 }, steps[] = { 2 };
	struct synergy_graph *graph;
	int old;

	for (old = 0; old < 2; old++) {
		begin(old ? 9 : 13);
		input("x", 4, image);
		output("y");
		if (old) {
			Onnx__NodeProto *n = node("Pad", "x", "p");

			attribute_ints(n, "pads", pads, 8);
			n = node("Slice", "p", "q");
			attribute_ints(n, "starts", starts, 1);
			attribute_ints(n, "ends", ends, 1);
			attribute_ints(n, "axes", axis, 1);
			n = node("Unsqueeze", "q", "y");
			attribute_ints(n, "axes", axes, 2);
		} else {
			ints("pads", pads, 8);
			ints("starts", starts, 1);
			ints("ends", ends, 1);
			ints("axis", axis, 1);
			ints("axes", axes, 2);
			node("Pad", "x pads", "p");
			node("Slice", "p starts ends axis", "q");
			node("Unsqueeze", "q axes", "y");
		}
		graph = load();
		if (!graph)
			continue;
		CHECK_STR(shape_of(graph, "p"), "1x3x12x6");
		CHECK_STR(shape_of(graph, "q"), "1x3x3x6");
		CHECK_STR(shape_of(graph, "y"), "1x1x3x1x3x6");
		synergy_graph_free(graph);
	}
	/* Steps, and a softmax that is flattened before opset 13. */
	begin(12);
	input("x", 4, image);
	output("y");
	ints("starts", starts, 1);
	ints("ends", ends, 1);
	ints("axis", axis, 1);
	ints("steps", steps, 1);
	node("Slice", "x starts ends axis steps", "s");
	node("Softmax", "s", "y");
	graph = load();
	if (!graph)
		return;
	CHECK_STR(shape_of(graph, "s"), "1x3x2x8");
	CHECK(graph->nodes[1].p.softmax.flattened && graph->nodes[1].p.softmax.axis == 1);
	synergy_graph_free(graph);
}

/* Transpose, Mul and Gather of constants: values, not only shapes. */
TEST(folded_values)
{
	int64_t two_three[] = { 2, 3 }, scalar[] = { 1 }, pick[] = { -1, 0 };
	float values[] = { 1, 2, 3, 4, 5, 6 }, ten[] = { 10 };
	struct synergy_graph *graph;
	const float *f;

	begin(13);
	output("y");
	floats("w", 2, two_three, values, 6);
	floats("ten", 1, scalar, ten, 1);
	ints("pick", pick, 2);
	node("Transpose", "w", "t");
	node("Mul", "t ten", "u");
	node("Gather", "u pick", "y");
	graph = load();
	if (!graph)
		return;
	CHECK_EQ(graph->n_nodes, 0);
	CHECK_STR(shape_of(graph, "y"), "2x2");
	f = graph->tensors[graph->outputs[0]].data;
	if (CHECK(f != NULL))
		CHECK(f[0] == 30 && f[1] == 60 && f[2] == 10 && f[3] == 40);
	synergy_graph_free(graph);
}

/* A shape given at run time is refused, and taken when the caller binds it. */
TEST(bound_values)
{
	int64_t four[] = { 2 }, target[] = { 3, 64 };
	const struct synergy_input_value value_of = { .name = "t", .dtype = SYNERGY_I64, .rank = 1,
						      .dims = { 2 }, .data = target };
	const struct synergy_graph_options options = { .values = &value_of, .n_values = 1 };
	struct synergy_graph *graph;

	begin(13);
	input("x", 4, image);
	m.input_list[m.graph.n_input++] = value("t", SYNERGY_I64, 1, four);
	output("y");
	node("Reshape", "x t", "y");
	refused(ENOTSUP, "input 't' decides shapes and must be known before");
	graph = load_bytes(m.bytes, m.size, &options);
	if (!graph)
		return;
	CHECK_EQ(graph->n_inputs, 1);
	CHECK_STR(shape_of(graph, "y"), "3x64");
	synergy_graph_free(graph);
}

/* Nodes in any order are sorted; a cycle is refused. */
TEST(order)
{
	struct synergy_graph *graph;

	begin(13);
	input("x", 4, image);
	output("c");
	node("Relu", "b", "c");
	node("Tanh", "a", "b");
	node("Sigmoid", "x", "a");
	graph = load();
	if (graph) {
		CHECK_EQ(graph->nodes[0].kind, SYNERGY_OP_SIGMOID);
		CHECK_EQ(graph->nodes[2].kind, SYNERGY_OP_RELU);
	}
	synergy_graph_free(graph);
	begin(13);
	input("x", 4, image);
	output("b");
	node("Relu", "c", "a");
	node("Add", "a x", "b");
	node("Tanh", "b", "c");
	refused(EINVAL, "cycle");
}

TEST(errors)
{
	int64_t bad[] = { 1, -3, 8, 8 }, huge[] = { 1LL << 39, 1LL << 39 }, three[] = { 3 },
		one[] = { 1 }, pads[] = { 1, 1, 1 };
	float nan_value[] = { NAN }, numbers[] = { 1, 2, 3 };
	Onnx__NodeProto *n;
	Onnx__TensorProto *t;

	begin(24);
	refused(ENOTSUP, "opset 24 is not supported");
	begin(13);
	input("x", 4, image);
	output("y");
	node("Frobnicate", "x", "y");
	refused(ENOTSUP, "operator 'Frobnicate' (opset 13) is not supported");
	m.nodes[0].op_type = (char *)"Relu";
	m.nodes[0].domain = (char *)"com.example";
	free(m.bytes);
	refused(ENOTSUP, "domain 'com.example'");
	begin(13);
	input("x", 4, image);
	output("y");
	attribute_int(node("Relu", "x", "y"), "slope", 1);
	refused(ENOTSUP, "attribute 'slope' is not supported");
	begin(13);
	input("x", 4, image);
	output("y");
	node("Relu", "z", "y");
	refused(EINVAL, "input 'z' is nowhere defined");
	begin(13);
	input("x", 4, image);
	output("nothing");
	node("Relu", "x", "y");
	refused(EINVAL, "output 'nothing' is nowhere defined");
	begin(13);
	input("x", 4, image);
	output("y");
	node("Relu", "x", "y");
	node("Relu", "x", "y");
	refused(EINVAL, "'y' is defined twice");
	begin(13);
	input("x", 4, bad);
	output("y");
	node("Relu", "x", "y");
	refused(EINVAL, "input 'x': dimension 1 is -3");
	begin(13);
	input("x", 2, huge);
	output("y");
	node("Relu", "x", "y");
	refused(EFBIG, "elements");
	begin(13);
	input("x", 4, image);
	output("y");
	node("Relu", "x x", "y");
	refused(EINVAL, "(Relu, opset 13): has 2 inputs");
	begin(13);
	input("x", 4, image);
	output("y");
	floats("w", 1, one, nan_value, 1);
	node("Add", "x w", "y");
	refused(EINVAL, "tensor 'w': value 0 of 1 is not a number");
	begin(13);
	input("x", 4, image);
	output("y");
	floats("w", 1, one, numbers, 3);
	node("Add", "x w", "y");
	refused(EINVAL, "tensor 'w': number of values is 3, its shape and type need 1");
	begin(13);
	input("x", 4, image);
	output("y");
	floats("w", 1, three, numbers, 3);
	node("Add", "x w", "y");
	refused(EINVAL, "does not broadcast");
	begin(13);
	input("x", 4, image);
	output("y");
	ints("w", three, 1);
	node("Add", "x w", "y");
	refused(EINVAL, "input 'w' has type i64 but 'x' has f32");
	begin(13);
	input("x", 4, image);
	output("y");
	n = node("MaxPool", "x", "y");
	attribute_ints(n, "kernel_shape", pads, 2);
	attribute_ints(n, "pads", pads, 3);
	refused(EINVAL, "attribute 'pads' has 3 values");
	begin(13);
	input("x", 4, image);
	output("y");
	attribute_text(node("Pad", "x x", "y"), "mode", "wrap");
	refused(ENOTSUP, "attribute 'mode' is 'wrap'");
	begin(13);
	input("x", 4, image);
	output("y");
	t = tensor("w", 8, 1, one);
	node("Add", "x w", "y");
	refused(ENOTSUP, "tensor 'w': data type 8 is not supported");
	t->data_type = SYNERGY_F32;
	t->has_raw_data = 1;
	t->raw_data.data = (uint8_t *)numbers;
	t->raw_data.len = 3;
	free(m.bytes);
	refused(EINVAL, "tensor 'w': raw data's length is 3");
	expect_error("\x08\x07\x12", 3, NULL, EINVAL, "cannot be read as ONNX");
	expect_error("\x08\x07", 2, NULL, EINVAL, "it has no graph");
}

/* Weights in a file beside the model, and paths that must not be followed. */
TEST(external)
{
	static const char *const escapes[] = { "/etc/hostname", "../w.bin", "a/../../w.bin", "" };
	int64_t four[] = { 1, 1, 1, 4 };
	const float weights[] = { 9, 1, 2, 3, 4 };
	char dir[] = "/tmp/test_onnx.XXXXXX", path[64];
	struct synergy_graph *graph = NULL;
	struct synergy_error err;
	Onnx__TensorProto *t;
	int fd, i;

	if (!CHECK(mkdtemp(dir) != NULL))
		return;
	snprintf(path, sizeof(path), "%s/w.bin", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	CHECK_EQ(write(fd, weights, sizeof(weights)), sizeof(weights));
	close(fd);
	begin(13);
	image[3] = 4;
	input("x", 4, image);
	image[3] = 8;
	output("y");
	t = tensor("w", SYNERGY_F32, 4, four);
	t->has_data_location = 1;
	t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	for (i = 0; i < 2; i++) {
		onnx__string_string_entry_proto__init(&m.entries[i]);
		m.entry_list[i] = &m.entries[i];
	}
	m.entries[0].key = (char *)"location";
	m.entries[0].value = (char *)"w.bin";
	m.entries[1].key = (char *)"offset";
	m.entries[1].value = (char *)"4";
	t->external_data = m.entry_list;
	t->n_external_data = 2;
	node("Add", "x w", "y");
	snprintf(path, sizeof(path), "%s/m.onnx", dir);
	pack();
	if (CHECK(synergy_graph_load_memory(m.bytes, m.size, path, NULL, &graph, &err) == 0)) {
		i = synergy_graph_find_tensor(graph, "w");
		CHECK_EQ(((const float *)graph->tensors[i].data)[0], 1);
		CHECK_EQ(((const float *)graph->tensors[i].data)[3], 4);
		synergy_graph_free(graph);
	}
	m.entries[1].value = (char *)"8";
	free(m.bytes);
	pack();
	CHECK_EQ(synergy_graph_load_memory(m.bytes, m.size, path, NULL, &graph, &err), -1);
	CHECK(strstr(err.message, "bytes 8 to 24 of 'w.bin', which has 20") != NULL);
	for (i = 0; i < ITEMS(escapes); i++) {
		m.entries[0].value = (char *)escapes[i];
		free(m.bytes);
		refused(EINVAL, "must be a path below the model's directory");
	}
	snprintf(path, sizeof(path), "%s/w.bin", dir);
	unlink(path);
	rmdir(dir);
}

/* Every prefix, and every bit turned over: loads or is refused, and nothing else. */
TEST(damage)
{
	const struct synergy_graph_options options = { .max_bytes = 1 << 22 };
	int64_t shape[] = { 4, 3, 3, 2 }, rest[] = { 0, -1 };
	struct synergy_graph *graph;
	struct synergy_error err;
	int loaded = 0, refusals = 0;
	size_t i;

	begin(13);
	input("x", 4, image);
	output("y");
	ints("shape", shape, 4);
	ints("rest", rest, 2);
	node("ConstantOfShape", "shape", "w");
	attribute_text(node("Conv", "x w", "c"), "auto_pad", "SAME_UPPER");
	node("Relu", "c", "r");
	node("Reshape", "r rest", "y");
	pack();
	for (i = 0; i < m.size * 9; i++) {
		size_t at = i % m.size, size = i < m.size ? at : m.size;

		if (i >= m.size)
			m.bytes[at] ^= 1u << (i / m.size - 1);
		err.message[0] = '\0';
		if (synergy_graph_load_memory(m.bytes, size, "test", &options, &graph, &err)) {
			refusals++;
			CHECK_NE(err.message[0], '\0');
		} else {
			loaded++;
			synergy_graph_free(graph);
		}
		if (i >= m.size)
			m.bytes[at] ^= 1u << (i / m.size - 1);
	}
	CHECK_GT(loaded, 0);
	CHECK_GT(refusals, 0);
}

/* Messages inside messages: refused before anything recursive sees them. */
TEST(nesting)
{
	static const uint8_t tags[] = { 1 << 3 | 2, 5 << 3 | 2, 6 << 3 | 2 };
	uint8_t bytes[4096];
	size_t at = sizeof(bytes), length, i;

	/* From the inside out: graph, node, attribute, graph, ... in ModelProto's graph. */
	for (i = 0; i < 600; i++) {
		length = sizeof(bytes) - at;
		if (length >= 128)
			bytes[--at] = (uint8_t)(length >> 7);
		bytes[--at] = (uint8_t)((length & 0x7f) | (length >= 128 ? 0x80 : 0));
		bytes[--at] = tags[2 - i % 3];
	}
	length = sizeof(bytes) - at;
	bytes[--at] = (uint8_t)(length >> 7);
	bytes[--at] = (uint8_t)((length & 0x7f) | 0x80);
	bytes[--at] = 7 << 3 | 2;
	expect_error(bytes + at, sizeof(bytes) - at, NULL, EINVAL, "nested deeper than 64");
}

TEARDOWN
{
	free(m.bytes);
}
