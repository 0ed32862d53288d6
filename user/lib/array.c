// SPDX-License-Identifier: LGPL-2.1-or-later
/* See array.h. Room doubles whenever the number of items is a power of two. */
#include "lib/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEAST	16

int synergy_array_grow(void *array, size_t n, size_t item_bytes)
{
	void *items;

	if (n && (n < LEAST || n & (n - 1)))
		return 0;
	if (item_bytes && n > SIZE_MAX / 2 / item_bytes) {
		errno = ENOMEM;
		return -1;
	}
	/* By bytes: the pointer's own type is not known here. */
	memcpy(&items, array, sizeof(items));
	items = reallocarray(items, n ? 2 * n : LEAST, item_bytes);
	if (!items)
		return -1;
	memcpy(array, &items, sizeof(items));
	return 0;
}
