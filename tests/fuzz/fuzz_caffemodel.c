// SPDX-License-Identifier: GPL-2.0-only
/* Fuzz target of the .caffemodel reader, with the corpus's network of each kind of weight. */
#include <string.h>

#include "model/graph.h"
#include "tests/fuzz/fuzz.h"

/* The network that tests/fuzz/corpus.py writes weights for. */
static const char net[] =
	"name: 'n' input: 'data' input_shape { dim: 1 dim: 2 dim: 6 dim: 6 }\n"
	"layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c'\n"
	"  convolution_param { num_output: 4 kernel_size: 3 group: 2 } }\n"
	"layer { name: 'b' type: 'BatchNorm' bottom: 'c' top: 'c' }\n"
	"layer { name: 's' type: 'Scale' bottom: 'c' top: 'c' scale_param { bias_term: true } }\n"
	"layer { name: 'p' type: 'PReLU' bottom: 'c' top: 'c' }\n"
	"layer { name: 'f' type: 'InnerProduct' bottom: 'c' top: 'f'\n"
	"  inner_product_param { num_output: 3 } }\n";

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct synergy_graph_options options = { .max_bytes = 8 << 20 };
	struct synergy_error err = { "" };
	struct synergy_graph *graph;
	char path[64];
	int fd;

	fd = fuzz_file(data, size, path);
	options.weights_path = path;
	if (!synergy_graph_load_memory(net, strlen(net), "net", &options, &graph, &err))
		synergy_graph_free(graph);
	else if (!err.message[0])
		abort();
	close(fd);
	return 0;
}
