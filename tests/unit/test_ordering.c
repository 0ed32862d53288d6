// SPDX-License-Identifier: GPL-2.0-only
/* The order of unknowns: graphs whose narrowest band is known. */
#include <stdlib.h>

#include "attribute/internal.h"
#include "tests/framework/test.h"

static void link_pair(struct synergy_index *edges, uint32_t a, uint32_t b)
{
	uint64_t key = a < b ? synergy_index_key(a, b) : synergy_index_key(b, a);

	if (a != b && synergy_index_find(edges, key) == SYNERGY_INDEX_NONE)
		CHECK(!synergy_index_add(edges, key, 1));
}

/* Frees the edges; the greatest distance of two that are linked, and that all have a place. */
static size_t width(size_t n, struct synergy_index *edges)
{
	size_t *place = calloc(n, sizeof(*place)), *met = calloc(n, sizeof(*met)), most = 0, i;

	CHECK(!synergy_ordering(n, edges, place));
	for (i = 0; i < n; i++) {
		CHECK_LE(place[i], n - 1);
		met[place[i]]++;
	}
	for (i = 0; i < n; i++)
		CHECK_EQ(met[i], 1);
	for (i = 0; i < edges->room; i++) {
		size_t a, b;

		if (edges->slots[i].value == SYNERGY_INDEX_NONE)
			continue;
		a = place[edges->slots[i].key >> 32];
		b = place[(uint32_t)edges->slots[i].key];
		most = a > b && a - b > most ? a - b : b > a && b - a > most ? b - a : most;
	}
	synergy_index_clear(edges);
	free(place);
	free(met);
	return most;
}

TEST(chain)
{
	struct synergy_index edges = { 0 };
	uint32_t i;

	for (i = 0; i < 999; i++)
		link_pair(&edges, i, i + 1);
	CHECK_EQ(width(1000, &edges), 1);
}

/* Calls that follow each other again and again: the last is beside the first. */
TEST(ring)
{
	struct synergy_index edges = { 0 };
	uint32_t i;

	for (i = 0; i < 1000; i++)
		link_pair(&edges, i, (i + 1) % 1000);
	CHECK_EQ(width(1000, &edges), 2);
}

/* Three long calls that one and the same short pause parts. */
TEST(star_of_chains)
{
	struct synergy_index edges = { 0 };
	uint32_t i, k;

	for (k = 0; k < 3; k++) {
		for (i = 0; i < 299; i++)
			link_pair(&edges, 1 + 300 * k + i, 2 + 300 * k + i);
		link_pair(&edges, 0, 1 + 300 * k);
		link_pair(&edges, 0, 300 + 300 * k);
	}
	CHECK_LE(width(901, &edges), 12);
}

TEST(pieces_and_none)
{
	struct synergy_index edges = { 0 };

	CHECK_EQ(width(1, &edges), 0);
	link_pair(&edges, 0, 4);
	link_pair(&edges, 2, 3);
	CHECK_EQ(width(6, &edges), 1);
}

TEST(random_graphs)
{
	uint32_t n, i, seed = 7;

	for (n = 2; n < 200; n += 13) {
		struct synergy_index edges = { 0 };

		for (i = 0; i < 2 * n; i++) {
			seed = seed * 1664525 + 1013904223;
			link_pair(&edges, seed % n, (seed >> 16) % n);
		}
		width(n, &edges);
	}
}
