/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the model readers share: load text, expect an error. */
#ifndef SYNERGY_TESTS_UNIT_MODEL_H
#define SYNERGY_TESTS_UNIT_MODEL_H

#include <errno.h>
#include <stdlib.h>

#include "model/graph.h"
#include "tests/framework/test.h"

#define ITEMS(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* The graph, or NULL after a failed check that prints the reader's message. */
static inline struct synergy_graph *load_bytes(const void *data, size_t size,
					       const struct synergy_graph_options *options)
{
	struct synergy_graph *graph = NULL;
	struct synergy_error err = { "" };

	if (!CHECK(synergy_graph_load_memory(data, size, "test", options, &graph, &err) == 0)) {
		fprintf(stderr, "%s\n", err.message);
		return NULL;
	}
	return graph;
}

/* Loading must fail with this errno, and the message must have these words. */
static inline void expect_error(const void *data, size_t size,
				const struct synergy_graph_options *options, int errno_value,
				const char *words)
{
	struct synergy_graph *graph = NULL;
	struct synergy_error err = { "" };

	errno = 0;
	if (!CHECK(synergy_graph_load_memory(data, size, "test", options, &graph, &err) == -1)) {
		fprintf(stderr, "loaded, though expected: %s\n", words);
		synergy_graph_free(graph);
		return;
	}
	if (!CHECK(errno == errno_value))
		fprintf(stderr, "errno %d, expected %d: %s\n", errno, errno_value, err.message);
	if (!CHECK(strstr(err.message, words) != NULL))
		fprintf(stderr, "\"%s\" lacks \"%s\"\n", err.message, words);
	CHECK(strchr(err.message, '\n') == NULL);
}

/* The shape of a tensor as text, in a static buffer. */
static inline const char *shape_of(const struct synergy_graph *graph, const char *name)
{
	static char text[4][160];
	static int next;
	int t = synergy_graph_find_tensor(graph, name);

	next = (next + 1) % 4;
	if (t < 0)
		return "(no such tensor)";
	return synergy_tensor_shape(&graph->tensors[t], text[next], sizeof(text[next]));
}

#endif
