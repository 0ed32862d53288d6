// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An order of unknowns that keeps those which meet in an equation near each other: Cuthill
 * and McKee's, reversed (George, 1971). A network's layers follow each other once an
 * inference, and their own order is best; a program's calls come again after others,
 * which closes circles, and in the order of time the band is as wide as the system.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attribute/internal.h"

struct graph {
	size_t n;
	size_t *first;			/* n + 1: where an unknown's neighbours begin */
	uint32_t *neighbour;
};

static int make_graph(size_t n, const struct synergy_index *edges, struct graph *g)
{
	size_t i;

	g->n = n;
	g->first = calloc(n + 2, sizeof(*g->first));
	g->neighbour = calloc(2 * edges->n + 1, sizeof(*g->neighbour));
	if (!g->first || !g->neighbour)
		return -1;
	/* Counted two places on, so that filling leaves each begin in its place. */
	for (i = 0; i < edges->room; i++) {
		uint64_t key = edges->slots[i].key;

		if (edges->slots[i].value == SYNERGY_INDEX_NONE)
			continue;
		g->first[(key >> 32) + 2]++;
		g->first[(uint32_t)key + 2]++;
	}
	for (i = 2; i < n + 2; i++)
		g->first[i] += g->first[i - 1];
	for (i = 0; i < edges->room; i++) {
		uint32_t a = edges->slots[i].key >> 32, b = (uint32_t)edges->slots[i].key;

		if (edges->slots[i].value == SYNERGY_INDEX_NONE)
			continue;
		g->neighbour[g->first[a + 1]++] = b;
		g->neighbour[g->first[b + 1]++] = a;
	}
	return 0;
}

static size_t degree(const struct graph *g, size_t i)
{
	return g->first[i + 1] - g->first[i];
}

/* Breadth first from one, the neighbours of few before those of many; returns their number. */
static size_t spread(const struct graph *g, uint32_t from, uint32_t *queue, unsigned char *seen)
{
	size_t n = 0, at, i, k;

	queue[n++] = from;
	seen[from] = 1;
	for (at = 0; at < n; at++) {
		size_t begin = n;

		for (i = g->first[queue[at]]; i < g->first[queue[at] + 1]; i++) {
			uint32_t u = g->neighbour[i];

			if (seen[u])
				continue;
			seen[u] = 1;
			for (k = n++; k > begin && degree(g, queue[k - 1]) > degree(g, u); k--)
				queue[k] = queue[k - 1];
			queue[k] = u;
		}
	}
	return n;
}

int synergy_ordering(size_t n, const struct synergy_index *edges, size_t *place)
{
	struct graph g = { 0 };
	uint32_t *queue = calloc(n + 1, sizeof(*queue));
	unsigned char *seen = calloc(n + 1, 1);
	size_t done = 0, i, k, part;
	int result = -1;

	if (!queue || !seen || make_graph(n, edges, &g))
		goto out;
	for (i = 0; i < n; i++) {
		uint32_t from = (uint32_t)i;

		if (seen[i])
			continue;
		/* The last that is reached lies at an end: twice, as one may begin in the middle. */
		for (k = 0; k < 2; k++) {
			part = spread(&g, from, queue + done, seen);
			from = queue[done + part - 1];
			while (part)
				seen[queue[done + --part]] = 0;
		}
		done += spread(&g, from, queue + done, seen);
	}
	for (i = 0; i < n; i++)
		place[queue[i]] = n - 1 - i;
	result = 0;
out:
	free(g.first);
	free(g.neighbour);
	free(queue);
	free(seen);
	if (result)
		errno = ENOMEM;
	return result;
}
