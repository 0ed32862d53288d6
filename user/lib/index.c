// SPDX-License-Identifier: LGPL-2.1-or-later
/* See index.h. Open addressing; at most half of the slots are in use. */
#include "lib/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM	16

/* The finaliser of splitmix64: keys are small numbers, or two of them side by side. */
static uint64_t mix(uint64_t key)
{
	key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9ULL;
	key = (key ^ key >> 27) * 0x94d049bb133111ebULL;
	return key ^ key >> 31;
}

static struct synergy_index_slot *slot_of(const struct synergy_index *index, uint64_t key)
{
	size_t i = mix(key) & (index->room - 1);

	while (index->slots[i].value != SYNERGY_INDEX_NONE && index->slots[i].key != key)
		i = (i + 1) & (index->room - 1);
	return &index->slots[i];
}

uint32_t synergy_index_find(const struct synergy_index *index, uint64_t key)
{
	return index->room ? slot_of(index, key)->value : SYNERGY_INDEX_NONE;
}

static int grow(struct synergy_index *index)
{
	struct synergy_index grown = { .room = index->room ? 2 * index->room : LEAST_ROOM };
	size_t i;

	grown.slots = reallocarray(NULL, grown.room, sizeof(*grown.slots));
	if (!grown.slots)
		return -1;
	memset(grown.slots, 0xff, grown.room * sizeof(*grown.slots));
	for (i = 0; i < index->room; i++)
		if (index->slots[i].value != SYNERGY_INDEX_NONE)
			*slot_of(&grown, index->slots[i].key) = index->slots[i];
	grown.n = index->n;
	free(index->slots);
	*index = grown;
	return 0;
}

int synergy_index_add(struct synergy_index *index, uint64_t key, uint32_t value)
{
	if (2 * index->n >= index->room && grow(index))
		return -1;
	*slot_of(index, key) = (struct synergy_index_slot){ key, value };
	index->n++;
	return 0;
}

void synergy_index_clear(struct synergy_index *index)
{
	free(index->slots);
	memset(index, 0, sizeof(*index));
}
