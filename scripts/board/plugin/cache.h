/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the Cortex-A57's data caches: L1D of 32 KiB, two ways, per core;
 * L2 of 2 MiB, 16 ways, shared and inclusive; lines of 64 bytes, write-back,
 * write-allocate, least recently used goes first. No prefetch, no coherence
 * traffic between first levels, no instruction side. Addresses are virtual: on
 * the virtual board physical pages depend on the host's timing, and counts must
 * not. Pure; tests/unit/test_cache_model.c.
 *
 * An entry is line number << 1 | dirty; 0 is empty (line 0 is never used: it
 * is the page that NULL points to).
 */
#ifndef SYNERGY_PLUGIN_CACHE_H
#define SYNERGY_PLUGIN_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CACHE_LINE_SHIFT	6
#define CACHE_L1_SETS		256
#define CACHE_L1_WAYS		2
#define CACHE_L2_SETS		2048
#define CACHE_L2_WAYS		16
#define CACHE_BEATS		4	/* 16-byte beats to a line, on the bus */
#define CACHE_DIRTY		1ULL

struct cache_l1 {
	uint64_t entry[CACHE_L1_SETS][CACHE_L1_WAYS];	/* most recent first */
};

struct cache_l2 {
	uint64_t entry[CACHE_L2_SETS][CACHE_L2_WAYS];	/* most recent first */
};

/* What one access caused. */
struct cache_events {
	uint32_t l1_refill;
	uint32_t l1_writeback;
	uint32_t l2_access;
	uint32_t l2_refill;
	uint32_t l2_writeback;
};

/* Take a line out of a first-level cache. Return: it was there and dirty */
static inline bool cache_l1_drop(struct cache_l1 *l1, uint64_t line)
{
	uint64_t *set = l1->entry[line % CACHE_L1_SETS];
	bool dirty;
	int way;

	for (way = 0; way < CACHE_L1_WAYS; way++) {
		if (set[way] >> 1 != line)
			continue;
		dirty = set[way] & CACHE_DIRTY;
		set[way] = 0;
		return dirty;
	}
	return false;
}

/* Bring a line into L2, or touch it. @dirty: it comes from above, written */
static inline void cache_l2_access(struct cache_l2 *l2, struct cache_l1 *l1, int n_l1,
				   uint64_t line, bool dirty, struct cache_events *events)
{
	uint64_t *set = l2->entry[line % CACHE_L2_SETS];
	uint64_t entry = line << 1, victim;
	int way, i;

	events->l2_access++;
	for (way = 0; way < CACHE_L2_WAYS - 1; way++)
		if (set[way] >> 1 == line)
			break;
	if (set[way] >> 1 == line) {
		entry = set[way];
	} else {
		victim = set[way];
		if (victim)
			for (i = 0; i < n_l1; i++)
				victim |= cache_l1_drop(&l1[i], victim >> 1);
		events->l2_writeback += victim & CACHE_DIRTY;
		/* A line written back whole needs no reading from the bus. */
		events->l2_refill += !dirty;
	}
	memmove(&set[1], &set[0], way * sizeof(set[0]));
	set[0] = entry | dirty;
}

/* Not in the first two places looked at: fill the line. */
static inline void cache_miss(struct cache_l1 *l1, int n_l1, int self, struct cache_l2 *l2,
			      uint64_t line, bool store, struct cache_events *events)
{
	uint64_t *set = l1[self].entry[line % CACHE_L1_SETS];
	uint64_t victim = set[CACHE_L1_WAYS - 1];

	set[1] = set[0];
	set[0] = 0;
	if (victim & CACHE_DIRTY) {
		events->l1_writeback++;
		cache_l2_access(l2, l1, n_l1, victim >> 1, true, events);
	}
	events->l1_refill++;
	cache_l2_access(l2, l1, n_l1, line, false, events);
	set[0] = line << 1 | store;
}

/**
 * cache_hit() - is the line in the first level? Touches it
 * @l1: one core's
 * @line: address >> CACHE_LINE_SHIFT
 * @store: it is written
 *
 * Return: true if it is there; else cache_miss() has to be called
 */
static inline bool cache_hit(struct cache_l1 *l1, uint64_t line, bool store)
{
	uint64_t *set = l1->entry[line % CACHE_L1_SETS];
	uint64_t entry = set[0];

	if (entry >> 1 == line) {
		set[0] = entry | store;
		return true;
	}
	entry = set[1];
	if (entry >> 1 != line)
		return false;
	set[1] = set[0];
	set[0] = entry | store;
	return true;
}

#endif /* SYNERGY_PLUGIN_CACHE_H */
