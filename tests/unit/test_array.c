// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays that grow by one: items stay, also where some are dropped in between, and what
 * does not fit into memory leaves the array as it was.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/array.h"
#include "tests/framework/test.h"

static int push(uint32_t **items, size_t *n, uint32_t item)
{
	if (synergy_array_grow(items, *n, sizeof(**items)))
		return -1;
	(*items)[(*n)++] = item;
	return 0;
}

static int wrong(const uint32_t *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (items[i] != i)
			return 1;
	return 0;
}

TEST(items_stay)
{
	uint32_t *items = NULL, *before;
	size_t n = 0, dropped;

	while (n < 5000)
		REQUIRE(!push(&items, &n, (uint32_t)n));
	CHECK(!wrong(items, n));
	/* Down across powers of two, and up again. */
	for (dropped = 1; dropped < 5000; dropped = dropped * 3 + 1) {
		PARAMS("%zu dropped", dropped);
		n -= dropped < n ? dropped : n;
		while (n < 5000)
			push(&items, &n, (uint32_t)n);
		CHECK(!wrong(items, n));
	}
	before = items;
	CHECK_FAILS(synergy_array_grow(&items, 4096, SIZE_MAX / 4), ENOMEM);
	CHECK(items == before && !wrong(items, n));
	free(items);
}
