// SPDX-License-Identifier: GPL-2.0-only
/* Weights from a .caffemodel: both shape forms and both layer forms, and mismatches. */
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "model.h"
#include "model/caffe.pb-c.h"

static const char net[] =
	"input: 'data' input_shape { dim: 1 dim: 2 dim: 4 dim: 4 }\n"
	"layer { name: 'f' type: 'InnerProduct' bottom: 'data' top: 'f' inner_product_param { num_output: 2 } }\n"
	"layer { name: 'b' type: 'BatchNorm' bottom: 'f' top: 'f' }\n";

static char path[] = "/tmp/test_caffemodel.XXXXXX";
static float weight[64], bias[2] = { 5, 6 }, mean[2] = { 4, 8 }, variance[2] = { 2, 6 }, factor[1] = { 2 };

static struct {
	Caffe__NetParameter net;
	Caffe__LayerParameter layers[2], *layer_list[2];
	Caffe__V1LayerParameter v1[2], *v1_list[2];
	Caffe__BlobProto blobs[5], *blob_list[5];
	Caffe__BlobShape shapes[5];
	int64_t dims[5][2];
} m;

static void blob(int i, float *data, size_t n, int64_t d0, int64_t d1)
{
	caffe__blob_proto__init(&m.blobs[i]);
	caffe__blob_shape__init(&m.shapes[i]);
	m.blob_list[i] = &m.blobs[i];
	m.blobs[i].data = data;
	m.blobs[i].n_data = n;
	m.blobs[i].shape = &m.shapes[i];
	m.dims[i][0] = d0;
	m.dims[i][1] = d1;
	m.shapes[i].dim = m.dims[i];
	m.shapes[i].n_dim = d1 ? 2 : 1;
}

/* f has blobs 0 and 1, b the others; v1: in the older layer form, without shapes. */
static void build(int v1)
{
	int i;

	caffe__net_parameter__init(&m.net);
	blob(0, weight, 64, 2, 32);
	blob(1, bias, 2, 2, 0);
	blob(2, mean, 2, 2, 0);
	blob(3, variance, 2, 2, 0);
	blob(4, factor, 1, 1, 0);
	for (i = 0; i < 2; i++) {
		caffe__layer_parameter__init(&m.layers[i]);
		caffe__v1_layer_parameter__init(&m.v1[i]);
		m.layer_list[i] = &m.layers[i];
		m.v1_list[i] = &m.v1[i];
		m.layers[i].name = m.v1[i].name = (char *)(i ? "b" : "f");
		m.layers[i].blobs = m.v1[i].blobs = m.blob_list + (i ? 2 : 0);
		m.layers[i].n_blobs = m.v1[i].n_blobs = i ? 3 : 2;
	}
	if (v1) {
		m.net.layers = m.v1_list;
		m.net.n_layers = 2;
		for (i = 0; i < 5; i++) {
			m.blobs[i].shape = NULL;
			m.blobs[i].has_num = m.blobs[i].has_channels = 1;
			m.blobs[i].has_height = m.blobs[i].has_width = 1;
			m.blobs[i].num = m.blobs[i].channels = 1;
			m.blobs[i].height = m.dims[i][1] ? (int)m.dims[i][0] : 1;
			m.blobs[i].width = (int)(m.dims[i][1] ? m.dims[i][1] : m.dims[i][0]);
		}
	} else {
		m.net.layer = m.layer_list;
		m.net.n_layer = 2;
	}
}

static void write_model(size_t cut)
{
	size_t size = caffe__net_parameter__get_packed_size(&m.net);
	uint8_t *bytes = malloc(size);
	int fd = open(path, O_WRONLY | O_TRUNC);

	caffe__net_parameter__pack(&m.net, bytes);
	CHECK_EQ(write(fd, bytes, size - cut), (ssize_t)(size - cut));
	close(fd);
	free(bytes);
}

static const struct synergy_graph_options options = { .weights_path = path };

static const float *data_of(const struct synergy_graph *graph, const char *name)
{
	int t = synergy_graph_find_tensor(graph, name);

	return t < 0 ? NULL : graph->tensors[t].data;
}

static void test_values(int v1)
{
	struct synergy_graph *graph;
	const float *f;

	build(v1);
	write_model(0);
	graph = load_bytes(net, strlen(net), &options);
	if (!graph)
		return;
	CHECK(!graph->random_weights && strlen(graph->weights_sha256) == 64);
	f = data_of(graph, "f.weight");
	CHECK(f && f[0] == 0 && f[63] == 63);
	f = data_of(graph, "f.bias");
	CHECK(f && f[0] == 5 && f[1] == 6);
	/* Caffe keeps sums and their factor: mean 4 / 2, variance 2 / 2. */
	f = data_of(graph, "b.mean");
	CHECK(f && f[0] == 2 && f[1] == 4);
	f = data_of(graph, "b.variance");
	CHECK(f && f[0] == 1 && f[1] == 3);
	synergy_graph_free(graph);
}

/* The second layer has the first one's statistics, which are divided by the factor once. */
TEST(shared_statistics)
{
#define SHARED(name, bottom)								\
	"layer { name: '" name "' type: 'BatchNorm' bottom: '" bottom "' top: '" name "'\n"	\
	"  param { name: 'm' } param { name: 'v' } param { name: 'n' } }\n"
	static const char twice[] = "input: 'x' input_shape { dim: 1 dim: 2 dim: 4 dim: 4 }\n"
		SHARED("b", "x") SHARED("c", "b");
	struct synergy_graph *graph;
	const float *f;

	build(0);
	m.layers[0] = m.layers[1];
	m.layers[0].name = (char *)"c";
	write_model(0);
	graph = load_bytes(twice, strlen(twice), &options);
	if (!graph)
		return;
	f = data_of(graph, "param:m");
	CHECK(f && f[0] == 2 && f[1] == 4);
	f = data_of(graph, "param:v");
	CHECK(f && f[0] == 1 && f[1] == 3);
	synergy_graph_free(graph);
#undef SHARED
}

static void refused(int errno_value, const char *words)
{
	write_model(0);
	expect_error(net, strlen(net), &options, errno_value, words);
}

TEST(errors)
{
	const struct synergy_graph_options missing = { .weights_path = "/nonexistent.caffemodel" };

	build(0);
	m.layers[0].name = (char *)"other";
	refused(EINVAL, "layer 'f' (InnerProduct): has no weights in /tmp/test_caffemodel");
	build(0);
	m.layers[0].n_blobs = 1;
	refused(EINVAL, "needs blob 1 ('f.bias')");
	build(0);
	m.dims[0][1] = 31;
	refused(EINVAL, "'f.weight' is 2x31 in /tmp/test_caffemodel");
	build(0);
	m.blobs[0].n_data = 63;
	refused(EINVAL, "'f.weight' has 63 values in /tmp/test_caffemodel");
	build(0);
	weight[7] = NAN;
	refused(EINVAL, ": value 7 of 64 is not a number");
	weight[7] = 7;
	build(0);
	write_model(3);
	expect_error(net, strlen(net), &options, EINVAL, "is not a .caffemodel");
	expect_error(net, strlen(net), &missing, ENOENT, "/nonexistent.caffemodel: cannot open");
	expect_error("\x08\x07", 2, &options, EINVAL, "an ONNX file has its own weights");
}

TEST(values)
{
	test_values(0);
}

TEST(values_of_the_older_form)
{
	test_values(1);
}

SETUP
{
	int fd = mkstemp(path), i;

	CHECK_GE(fd, 0);
	close(fd);
	for (i = 0; i < 64; i++)
		weight[i] = (float)i;
}

TEARDOWN
{
	unlink(path);
}
