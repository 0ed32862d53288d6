// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zoo's networks: convolution MACs against the papers' figures where these
 * state them exactly, and against our own counts elsewhere. Run from the top.
 */
#include <unistd.h>

#include "model.h"

static const struct {
	const char *name;
	uint64_t conv_mac, params;	/* 0: see published */
	double published_million;	/* 0: only read off a plot, or not given */
} zoo[] = {
	{ "alexnet", 665784864, 60965224, 665.8 },
	{ "squeezenet", 861339936, 1248424, 861.3 },
	{ "squeezenetres", 861339936, 1248424, 861.3 },
	{ "googlenet", 1581647872, 6998552, 1581.6 },
	{ "vgg_cnn_s", 2541337632, 102908520, 2541.3 },
	{ "resnet50", 3855925248, 25610152, 3855.9 },
	{ "all_cnn_c", 270798336, 1369738, 270.8 },
	{ "places_8conv3fc", 1957420224, 60407885, 0 },
	{ "inception_bn", 3400527872, 33630769, 0 },
	{ "mobilenet", 568740352, 4253864, 0 },
	{ "densenet121", 3063058432, 8062504, 0 },
	{ "wrn50_2", 11395973120, 68951464, 0 },
	{ "inception_v3", 5711168096, 23869000, 0 },
	{ "vgg16", 15346630656, 138357544, 0 },
};

static uint64_t conv_mac(const struct synergy_graph *graph)
{
	struct synergy_work work;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i].kind == SYNERGY_OP_CONV) {
			synergy_work_of(graph, i, &work);
			sum += work.mac;
		}
	return sum;
}

TEST(macs_and_parameters)
{
	const struct synergy_graph_options options = { .skip_weights = true };
	struct synergy_graph *graph;
	struct synergy_error err;
	struct synergy_work total;
	char path[128];
	int i;

	if (access("scripts/zoo/alexnet.prototxt", R_OK))
		SKIP("scripts/zoo is not here");
	for (i = 0; i < ITEMS(zoo); i++) {
		PARAMS("%s", zoo[i].name);
		snprintf(path, sizeof(path), "scripts/zoo/%s.prototxt", zoo[i].name);
		if (!CHECK(synergy_graph_load(path, &options, &graph, &err) == 0)) {
			fprintf(stderr, "%s\n", err.message);
			continue;
		}
		synergy_work_total(graph, &total);
		CHECK_EQ(conv_mac(graph), zoo[i].conv_mac);
		CHECK_EQ(total.params, zoo[i].params);
		if (zoo[i].published_million > 0)
			CHECK_NEAR((double)conv_mac(graph) / 1e6, zoo[i].published_million, 0.05);
		synergy_graph_free(graph);
	}
}
