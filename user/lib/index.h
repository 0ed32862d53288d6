/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hash table from 64-bit keys to 32-bit numbers, for whoever keeps things in arrays
 * and has to find them again; not installed. Keys are only ever added.
 */
#ifndef SYNERGY_LIB_INDEX_H
#define SYNERGY_LIB_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define SYNERGY_INDEX_NONE	UINT32_MAX

struct synergy_index_slot {
	uint64_t key;
	uint32_t value;		/* SYNERGY_INDEX_NONE: the slot is free */
};

/* All zero: an empty one. */
struct synergy_index {
	struct synergy_index_slot *slots;
	size_t n, room;		/* room is a power of two */
};

/** synergy_index_key - one key of two numbers */
static inline uint64_t synergy_index_key(uint32_t a, uint32_t b)
{
	return (uint64_t)a << 32 | b;
}

/** synergy_index_find - the number of a key, SYNERGY_INDEX_NONE where there is none */
uint32_t synergy_index_find(const struct synergy_index *index, uint64_t key);

/**
 * synergy_index_add - give a number to a key that has none yet
 *
 * Return: 0, or -1 with errno ENOMEM.
 */
int synergy_index_add(struct synergy_index *index, uint64_t key, uint32_t value);

/** synergy_index_clear - free what it holds; it is then empty */
void synergy_index_clear(struct synergy_index *index);

#endif /* SYNERGY_LIB_INDEX_H */
