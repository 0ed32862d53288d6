// SPDX-License-Identifier: GPL-2.0-only
/* The Caffe reader: shapes by Caffe's rules, hand-counted work, and what it refuses. */
#include "model.h"

#define DATA(c, h, w) "input: 'data' input_shape { dim: 1 dim: " #c " dim: " #h " dim: " #w " }\n"
#define LAYER(name, type, rest) \
	"layer { name: '" name "' type: '" type "' bottom: 'data' top: '" name "' " rest " }\n"

static struct synergy_graph *load(const char *text)
{
	return load_bytes(text, strlen(text), NULL);
}

TEST(shapes)
{
	static const struct {
		const char *text, *shape;
		uint64_t mac, params;
	} cases[] = {
		/* 4 x 5 x 3 outputs, 3 x 2 x 3 products each. */
		{ DATA(3, 9, 8) LAYER("y", "Convolution", "convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 stride: 2 pad_h: 1 }"),
		  "1x4x5x4", 4 * 5 * 4 * 18, 4 * 18 + 4 },
		{ DATA(4, 5, 5) LAYER("y", "Convolution", "convolution_param { num_output: 6 kernel_size: 3 group: 2 bias_term: false }"),
		  "1x6x3x3", 6 * 9 * 9 * 2, 6 * 9 * 2 },
		{ DATA(2, 9, 9) LAYER("y", "Convolution", "convolution_param { num_output: 2 kernel_size: 3 dilation: 2 pad: 2 }"),
		  "1x2x9x9", 2 * 81 * 18, 2 * 18 + 2 },
		{ DATA(8, 6, 6) LAYER("y", "DepthwiseConvolution", "convolution_param { num_output: 8 kernel_size: 3 bias_term: false }"),
		  "1x8x4x4", 8 * 16 * 9, 72 },
		/* Rounded up: (6 - 3) / 2 + 1 is 3 in Caffe, 2 with a fork's ceil_mode: false. */
		{ DATA(2, 6, 6) LAYER("y", "Pooling", "pooling_param { kernel_size: 3 stride: 2 }"), "1x2x3x3", 0, 0 },
		{ DATA(2, 6, 6) LAYER("y", "Pooling", "pooling_param { kernel_size: 3 stride: 2 ceil_mode: false }"), "1x2x2x2", 0, 0 },
		{ DATA(2, 6, 6) LAYER("y", "Pooling", "pooling_param { kernel_size: 3 stride: 2 round_mode: FLOOR }"), "1x2x2x2", 0, 0 },
		/* With a pad the last window must start inside: (4 + 2 - 2) / 3 rounded up + 1 is 3, less one. */
		{ DATA(2, 4, 4) LAYER("y", "Pooling", "pooling_param { kernel_size: 2 stride: 3 pad: 1 }"), "1x2x2x2", 0, 0 },
		{ DATA(2, 6, 7) LAYER("y", "Pooling", "pooling_param { pool: AVE global_pooling: true }"), "1x2x1x1", 0, 0 },
		{ DATA(2, 6, 7) LAYER("y", "InnerProduct", "inner_product_param { num_output: 5 }"), "1x5", 5 * 84, 5 * 84 + 5 },
		{ DATA(2, 6, 7) LAYER("y", "InnerProduct", "inner_product_param { num_output: 5 axis: 2 transpose: true bias_term: false }"),
		  "1x2x5", 2 * 5 * 42, 5 * 42 },
		{ DATA(2, 3, 4) LAYER("y", "Flatten", ""), "1x24", 0, 0 },
		{ DATA(2, 3, 4) LAYER("y", "Flatten", "flatten_param { axis: 1 end_axis: 2 }"), "1x6x4", 0, 0 },
		{ DATA(2, 3, 4) LAYER("y", "Reshape", "reshape_param { shape { dim: 0 dim: 0 dim: -1 } }"), "1x2x12", 0, 0 },
		{ DATA(2, 3, 4) LAYER("y", "Reshape", "reshape_param { axis: -1 num_axes: 0 shape { dim: 1 } }"), "1x2x3x4x1", 0, 0 },
		{ DATA(2, 3, 4) LAYER("y", "Reduction", "reduction_param { operation: MEAN axis: 2 }"), "1x2", 0, 0 },
		{ DATA(2, 3, 4) LAYER("y", "Permute", "permute_param { order: [0, 2, 3, 1] }"), "1x3x4x2", 0, 0 },
		{ DATA(2, 3, 4) LAYER("y", "Scale", "scale_param { axis: 1 num_axes: 2 bias_term: true }"), "1x2x3x4", 0, 12 },
		{ DATA(2, 3, 4) LAYER("y", "BatchNorm", ""), "1x2x3x4", 0, 4 },
		{ DATA(2, 3, 4) LAYER("y", "PReLU", ""), "1x2x3x4", 0, 2 },
		{ DATA(2, 3, 4) "layer { name: 'y' type: 'Concat' bottom: 'data' bottom: 'data' top: 'y' concat_param { axis: -1 } }",
		  "1x2x3x8", 0, 0 },
		{ DATA(5, 3, 4) "layer { name: 'l' type: 'Slice' bottom: 'data' top: 'x' top: 'y' top: 'z' slice_param { slice_point: 1 slice_point: 4 } }",
		  "1x3x3x4", 0, 0 },
	};
	struct synergy_graph *graph;
	struct synergy_work work;
	int i;

	for (i = 0; i < ITEMS(cases); i++) {
		graph = load(cases[i].text);
		if (!graph) {
			fprintf(stderr, "case %d\n", i);
			continue;
		}
		CHECK_STR(shape_of(graph, "y"), cases[i].shape);
		synergy_work_of(graph, 0, &work);
		if (!CHECK(work.mac == cases[i].mac) || !CHECK(work.params == cases[i].params))
			fprintf(stderr, "case %d: mac %llu, params %llu\n", i,
				(unsigned long long)work.mac, (unsigned long long)work.params);
		synergy_graph_free(graph);
	}
}

/* Each way to give an input makes the same network; `batch` and shapes override it. */
TEST(inputs)
{
	static const char *const heads[] = {
		"input: 'data' input_dim: 2 input_dim: 3 input_dim: 8 input_dim: 8\n",
		"input: \"data\" input_shape: { dim: [2, 3] dim: 0x8 dim: 010 }\n",
		"layer { name: 'in' type: 'Input' top: 'data' input_param < shape { dim: 2, dim: 3; dim: 8 dim: 8 } > }\n",
	};
	const struct synergy_input_shape shape = { .name = "data", .rank = 4, .dims = { 1, 3, 4, 4 } };
	struct synergy_graph_options options = { .batch = 5 };
	struct synergy_graph *graph;
	char text[512];
	int i;

	for (i = 0; i < ITEMS(heads); i++) {
		snprintf(text, sizeof(text), "# a comment\n%s%s", heads[i], LAYER("y", "ReLU", ""));
		graph = load(text);
		if (!graph)
			continue;
		CHECK_EQ(graph->n_inputs, 1);
		CHECK_EQ(graph->n_outputs, 1);
		CHECK_EQ(graph->n_nodes, 1);
		CHECK_STR(shape_of(graph, "y"), "2x3x8x8");
		synergy_graph_free(graph);
		graph = load_bytes(text, strlen(text), &options);
		if (graph)
			CHECK_STR(shape_of(graph, "y"), "5x3x8x8");
		synergy_graph_free(graph);
	}
	options = (struct synergy_graph_options){ .shapes = &shape, .n_shapes = 1 };
	graph = load_bytes(text, strlen(text), &options);
	if (graph)
		CHECK_STR(shape_of(graph, "y"), "1x3x4x4");
	synergy_graph_free(graph);
}

/* An in-place layer makes a new tensor; the newest version has the blob's name. */
TEST(in_place)
{
	struct synergy_graph *graph = load(DATA(1, 4, 4)
		"layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { num_output: 1 kernel_size: 1 } }\n"
		"layer { name: 'r' type: 'ReLU' bottom: 'c' top: 'c' }\n"
		"layer { name: 'd' type: 'Dropout' bottom: 'c' top: 'c' }\n");

	if (!graph)
		return;
	CHECK_EQ(graph->n_nodes, 3);
	CHECK_STR(graph->tensors[graph->nodes[0].outputs[0]].name, "c@c");
	CHECK_STR(graph->tensors[graph->nodes[1].outputs[0]].name, "c@r");
	CHECK_STR(graph->tensors[graph->nodes[2].outputs[0]].name, "c");
	CHECK_EQ(graph->nodes[2].inputs[0], graph->nodes[1].outputs[0]);
	CHECK_EQ(graph->n_outputs, 1);
	CHECK_EQ(graph->outputs[0], graph->nodes[2].outputs[0]);
	CHECK_EQ(graph->nodes[2].line, 4);
	synergy_graph_free(graph);
}

TEST(rules_and_v1)
{
	struct synergy_graph *graph = load(DATA(1, 4, 4)
		LAYER("a", "ReLU", "include { phase: TRAIN }")
		LAYER("b", "TanH", "include { phase: TEST }")
		LAYER("e", "Sigmoid", "exclude { phase: TEST }")
		LAYER("s", "ELU", "include { stage: 'no' }"));

	if (graph) {
		CHECK_EQ(graph->n_nodes, 1);
		CHECK_STR(graph->nodes[0].name, "b");
	}
	synergy_graph_free(graph);
	/* A training file: what belongs to TRAIN is skipped, a data layer of TEST refused. */
	graph = load(DATA(1, 4, 4) LAYER("a", "ReLU", "")
		"layer { name: 'd' type: 'Data' top: 'z' include { phase: TRAIN } transform_param { crop_size: 227 mean_value: 104 } data_param { source: 'x' backend: LMDB } }\n"
		"layer { name: 's' type: 'Silence' bottom: 'a' }\n");
	if (graph)
		CHECK_EQ(graph->n_nodes, 1);
	synergy_graph_free(graph);
	graph = load("input: 'data' input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4\n"
		     "layers { name: 'p' type: POOLING bottom: 'data' top: 'p' blobs_lr: 1 pooling_param { kernel_size: 2 stride: 2 pool: AVE } }\n"
		     "layers { name: 'f' type: INNER_PRODUCT bottom: 'p' top: 'f' inner_product_param { num_output: 2 } }\n");
	if (graph) {
		CHECK_EQ(graph->n_nodes, 2);
		CHECK_EQ(graph->nodes[0].kind, SYNERGY_OP_AVG_POOL);
		CHECK_EQ(graph->nodes[1].kind, SYNERGY_OP_GEMM);
	}
	synergy_graph_free(graph);
}

/* A weight shared by name is one tensor and counts once. */
TEST(shared)
{
	struct synergy_graph *graph = load(DATA(2, 4, 4)
		LAYER("a", "Convolution", "param { name: 'w' } convolution_param { num_output: 2 kernel_size: 1 bias_term: false }")
		LAYER("b", "Convolution", "param { name: 'w' } convolution_param { num_output: 2 kernel_size: 1 bias_term: false }"));
	struct synergy_work total;

	if (!graph)
		return;
	CHECK_EQ(graph->nodes[0].inputs[1], graph->nodes[1].inputs[1]);
	synergy_work_total(graph, &total);
	CHECK_EQ(total.params, 4);
	synergy_graph_free(graph);
}

TEST(errors)
{
	static const struct {
		const char *text;
		int errno_value;
		const char *words;
	} cases[] = {
		{ DATA(1, 4, 4) LAYER("y", "Deconvolution", ""), ENOTSUP, "'y' (Deconvolution): layer type is not supported" },
		{ DATA(1, 4, 4) LAYER("y", "SoftmaxWithLoss", ""), ENOTSUP, "deploy" },
		{ "layer { name: 'd' type: 'Data' top: 'z' data_param { source: 'x' } }", ENOTSUP, "'d' (Data): is for training" },
		{ DATA(1, 4, 4) LAYER("y", "ReLU", "relu_parm { }"), EINVAL, "test:2: unknown field 'relu_parm' in LayerParameter" },
		{ DATA(1, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: 1 kernel_size: 3 foo: 1 }"), EINVAL, "unknown field 'foo' in ConvolutionParameter" },
		{ DATA(1, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: 1 kernel_size: x }"), EINVAL, "kernel_size: 'x' is not an integer" },
		{ DATA(1, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: -1 kernel_size: 1 }"), EINVAL, "num_output: -1 is out of range" },
		{ DATA(1, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: 1 num_output: 2 kernel_size: 1 }"), EINVAL, "num_output: given twice" },
		{ DATA(1, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: 1 }"), EINVAL, "kernel_size is missing" },
		{ DATA(1, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: 1 kernel_size: 9 }"), EINVAL, "window of 9 does not fit into 4" },
		{ DATA(3, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: 2 kernel_size: 1 group: 2 }"), EINVAL, "group 2 does not divide 3" },
		{ DATA(1, 4, 4) LAYER("y", "Convolution", "convolution_param { num_output: 1 kernel_size: 1 stride: 0 }"), EINVAL, "stride of dimension 0 is 0" },
		{ DATA(1, 4, 4) LAYER("y", "Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"), ENOTSUP, "STOCHASTIC" },
		{ DATA(1, 4, 4) LAYER("y", "Pooling", "pooling_param { pool: MEDIAN kernel_size: 2 }"), EINVAL, "pool: 'MEDIAN' is not a known value" },
		{ DATA(1, 4, 4) LAYER("y", "Pooling", "pooling_param { kernel_size: 2 pad: 2 }"), EINVAL, "pad 2 is not smaller" },
		{ DATA(1, 4, 4) LAYER("y", "LRN", "lrn_param { local_size: 4 }"), EINVAL, "local_size is 4, must be odd" },
		{ DATA(1, 4, 4) LAYER("y", "ReLU", "relu_param { negative_slope: nan }"), EINVAL, "negative_slope" },
		{ DATA(1, 4, 4) LAYER("y", "BatchNorm", "batch_norm_param { use_global_stats: false }"), ENOTSUP, "use_global_stats" },
		{ DATA(1, 4, 4) LAYER("y", "Exp", "exp_param { base: 2 }"), ENOTSUP, "base 2" },
		{ DATA(1, 4, 4) "layer { name: 'y' type: 'ReLU' bottom: 'nowhere' top: 'y' }", EINVAL, "bottom 'nowhere'" },
		{ DATA(1, 4, 4) LAYER("y", "ReLU", "") "layer { name: 'z' type: 'TanH' bottom: 'data' top: 'y' }", EINVAL, "top 'y' is made by a layer before" },
		{ DATA(1, 4, 4) "layer { name: 'y' type: 'Eltwise' bottom: 'data' top: 'y' }", EINVAL, "has 1 bottoms" },
		{ DATA(1, 4, 4) "layer { name: 'y' bottom: 'data' top: 'y' }", EINVAL, "has no type" },
		{ DATA(1, 4, 4), EINVAL, "has no layers" },
		{ DATA(1, -4, 4) LAYER("y", "ReLU", ""), EINVAL, "dimension 2 is -4" },
		{ DATA(1, 4000000000, 4000000000) LAYER("y", "ReLU", ""), EFBIG, "elements" },
		/* One output, but a padded copy of 2^31 x 2^31: 2^64 bytes, which were 0 to malloc(). */
		{ DATA(2, 1, 1) LAYER("y", "Convolution", "convolution_param { num_output: 2 group: 2 kernel_size: 2 stride: 2 dilation: 2147483647 pad: 1073741824 }"), EFBIG, "pads 1073741824 and 1073741824 and stride 2 of dimension 1 make an image of more than" },
		{ DATA(2, 2, 1) LAYER("y", "Convolution", "convolution_param { num_output: 2 group: 2 kernel_h: 3 kernel_w: 1 stride_h: 1 stride_w: 1073741824 dilation: 2147483647 pad_h: 2147483647 }"), EFBIG, "stride 1073741824 of dimension 1 make an image" },
		/* A zero bounds no product of the others: strides, flattened sizes. */
		{ "input: 'data' input_shape { dim: 0 dim: 4000000000 dim: 4000000000 dim: 4000000000 }\n" LAYER("y", "InnerProduct", "inner_product_param { num_output: 1 }"), EFBIG, "elements" },
		{ DATA(1, 1048576, 1048576) LAYER("y", "LRN", "lrn_param { local_size: 1048577 }"), EFBIG, "'y' (LRN, line 2): work exceeds 2^60 operations" },
		{ DATA(1, 1048576, 1048576) LAYER("y", "LRN", "lrn_param { local_size: 524287 }") "layer { name: 'z' type: 'LRN' bottom: 'y' top: 'z' lrn_param { local_size: 524287 } }", EFBIG, "'z' (LRN, line 3): work exceeds 2^60 operations with the nodes before" },
		{ DATA(1, 9999999999999999999, 4) LAYER("y", "ReLU", ""), EINVAL, "dim: 9999999999999999999 is out of range" },
		{ DATA(1, 4, 4) LAYER("y", "InnerProduct", "inner_product_param { num_output: 4294967295 }"), EFBIG, "limit" },
		{ "input: 'a' input_dim: 1\n" LAYER("y", "ReLU", ""), EINVAL, "1 inputs, but 0 input_shape and 1 input_dim" },
		{ "input: 'a' input: 'a' input_shape { dim: 1 } input_shape { dim: 1 }\n" LAYER("y", "ReLU", ""), EINVAL, "'a' is defined twice" },
		{ "layer { name: 'x", EINVAL, "test:1: a string does not end" },
		{ "layer { name: 'x'", EINVAL, "the file ends inside LayerParameter" },
		{ "layer { name: 'x' }}", EINVAL, "expected a field name, found '}'" },
		{ "layer: 3", EINVAL, "layer: expected {" },
		{ "name 'x'", EINVAL, "name: expected :" },
		{ "name: x", EINVAL, "name: 'x' is not a string" },
		{ "name: [ 'x' ]", EINVAL, "name: a list" },
		{ "state { phase: TEST } state { phase: TEST }", EINVAL, "state: given twice" },
		{ "layer { param { name: 'a\\", EINVAL, "string does not end" },
		{ "@", EINVAL, "unexpected character 0x40" },
		{ "layers { name: 'a' type: NOTHING }", EINVAL, "type: 'NOTHING' is not a known value" },
	};
	int i;

	for (i = 0; i < ITEMS(cases); i++)
		expect_error(cases[i].text, strlen(cases[i].text), NULL, cases[i].errno_value,
			     cases[i].words);
	expect_error("", 0, NULL, EINVAL, "is empty");
}

/* Errors of the file itself, by path. */
TEST(paths)
{
	static const struct {
		const char *path;
		int errno_value;
		const char *words;
	} cases[] = {
		{ "/nonexistent/net.prototxt", ENOENT, "/nonexistent/net.prototxt: cannot open" },
		{ "/", EISDIR, "is a directory" },
		{ "/dev/null", EINVAL, "is not a regular file" },
	};
	struct synergy_graph *graph;
	struct synergy_error err;
	int i;

	for (i = 0; i < ITEMS(cases); i++) {
		CHECK_EQ(synergy_graph_load(cases[i].path, NULL, &graph, &err), -1);
		CHECK_EQ(errno, cases[i].errno_value);
		CHECK(strstr(err.message, cases[i].words) != NULL);
	}
}
