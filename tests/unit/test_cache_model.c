// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin's cache model against what the Cortex-A57's geometry implies:
 * capacity, associativity, replacement, write-back, sharing and inclusion.
 */
#include <stdlib.h>

#include "tests/framework/test.h"
#include "../../scripts/board/plugin/cache.h"

#define CORES	2
#define L1_LINES (CACHE_L1_SETS * CACHE_L1_WAYS)
#define L2_LINES (CACHE_L2_SETS * CACHE_L2_WAYS)

static struct cache_l1 l1[CORES];
static struct cache_l2 l2;
static struct cache_events sum;

static void clear(void)
{
	memset(l1, 0, sizeof(l1));
	memset(&l2, 0, sizeof(l2));
	memset(&sum, 0, sizeof(sum));
}

/* Return: it was in the first level */
static bool touch(int core, uint64_t line, bool store)
{
	if (cache_hit(&l1[core], line, store))
		return true;
	cache_miss(l1, CORES, core, &l2, line, store, &sum);
	return false;
}

static void sweep(int core, uint64_t first, int n, int step, bool store)
{
	int i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < n; i++)
		touch(core, first + (uint64_t)i * step, store);
}

TEST(geometry)
{
	CHECK_EQ(L1_LINES << CACHE_LINE_SHIFT, 32 << 10);
	CHECK_EQ(L2_LINES << CACHE_LINE_SHIFT, 2 << 20);
	CHECK_EQ(CACHE_BEATS * 16, 1 << CACHE_LINE_SHIFT);
}

TEST(capacity)
{
	clear();
	/* 32 KiB fit into L1: a second sweep hits everywhere. */
	sweep(0, 1000, L1_LINES, 1, false);
	CHECK_EQ(sum.l1_refill, L1_LINES);
	CHECK_EQ(sum.l2_refill, L1_LINES);
	sweep(0, 1000, L1_LINES, 1, false);
	CHECK_EQ(sum.l1_refill, 0);
	/* One line more than that in a set, in order: that set always misses. */
	sweep(0, 1000, L1_LINES + CACHE_L1_SETS, 1, false);
	sweep(0, 1000, L1_LINES + CACHE_L1_SETS, 1, false);
	CHECK_EQ(sum.l1_refill, L1_LINES + CACHE_L1_SETS);
	CHECK_EQ(sum.l2_refill, 0);
	/* 2 MiB fit into L2; nothing written, nothing written back. */
	sweep(0, 1 << 20, L2_LINES, 1, false);
	CHECK_EQ(sum.l2_refill, L2_LINES);
	CHECK_EQ(sum.l2_writeback, 0);
	sweep(0, 1 << 20, L2_LINES, 1, false);
	CHECK_EQ(sum.l2_refill, 0);
	CHECK_EQ(sum.l1_refill, L2_LINES);
	/* Twice as much never finds anything. */
	sweep(0, 1 << 20, 2 * L2_LINES, 1, false);
	sweep(0, 1 << 20, 2 * L2_LINES, 1, false);
	CHECK_EQ(sum.l2_refill, 2 * L2_LINES);
}

TEST(replacement)
{
	clear();
	/* Two ways, the least recently used goes. */
	touch(0, 7, false);
	touch(0, 7 + CACHE_L1_SETS, false);
	CHECK(touch(0, 7, false));
	CHECK(!touch(0, 7 + 2 * CACHE_L1_SETS, false));
	CHECK(touch(0, 7, false));
	CHECK(!touch(0, 7 + CACHE_L1_SETS, false));
	/* 16 ways of one L2 set; the 17th takes the oldest's place. */
	clear();
	sweep(0, 5, CACHE_L2_WAYS, CACHE_L2_SETS, false);
	sweep(0, 5, CACHE_L2_WAYS, CACHE_L2_SETS, false);
	CHECK_EQ(sum.l2_refill, 0);
	touch(0, 5 + (uint64_t)CACHE_L2_WAYS * CACHE_L2_SETS, false);
	CHECK_EQ(sum.l2_refill, 1);
	touch(0, 5 + (uint64_t)CACHE_L2_SETS, false);
	CHECK_EQ(sum.l2_refill, 1);
	touch(0, 5, false);
	CHECK_EQ(sum.l2_refill, 2);
}

TEST(write_back)
{
	clear();
	sweep(0, 1 << 20, L2_LINES, 1, true);
	CHECK_EQ(sum.l1_writeback, L2_LINES - L1_LINES);
	CHECK_EQ(sum.l2_writeback, 0);
	/* Reading as much again drives every written line out, once. */
	sweep(0, 1 << 24, L2_LINES, 1, false);
	CHECK_EQ(sum.l2_refill, L2_LINES);
	CHECK_EQ(sum.l2_writeback, L2_LINES);
	sweep(0, 1 << 25, L2_LINES, 1, false);
	CHECK_EQ(sum.l2_writeback, 0);
	/* A line written again while it is in L1 alone is not lost. */
	clear();
	touch(0, 99, true);
	sweep(1, 99 + CACHE_L2_SETS, CACHE_L2_WAYS, CACHE_L2_SETS, false);
	CHECK_EQ(sum.l2_writeback, 1);
}

TEST(sharing)
{
	clear();
	sweep(0, 4096, 256, 1, false);
	sweep(1, 4096, 256, 1, false);
	CHECK_EQ(sum.l1_refill, 256);
	CHECK_EQ(sum.l2_refill, 0);
	/* Inclusive: what leaves L2 leaves each L1. */
	clear();
	touch(0, 99, false);
	sweep(1, 99 + CACHE_L2_SETS, CACHE_L2_WAYS, CACHE_L2_SETS, false);
	CHECK(!cache_hit(&l1[0], 99, false));
}

/* Against a slow model of the same rules: ordered lists, searched. */
struct slow_set {
	uint64_t line[CACHE_L2_WAYS];
	bool dirty[CACHE_L2_WAYS];
	int n;
};

static struct slow_set slow_l1[CACHE_L1_SETS], slow_l2[CACHE_L2_SETS];
static uint32_t slow_refill, slow_writeback;

static int slow_find(const struct slow_set *set, uint64_t line)
{
	int i;

	for (i = 0; i < set->n; i++)
		if (set->line[i] == line)
			return i;
	return -1;
}

static bool slow_take(struct slow_set *set, int i)
{
	bool dirty = set->dirty[i];

	set->n--;
	for (; i < set->n; i++) {
		set->line[i] = set->line[i + 1];
		set->dirty[i] = set->dirty[i + 1];
	}
	return dirty;
}

static void slow_append(struct slow_set *set, uint64_t line, bool dirty)
{
	set->line[set->n] = line;
	set->dirty[set->n++] = dirty;
}

static void slow_l2_access(uint64_t line, bool dirty)
{
	struct slow_set *set = &slow_l2[line % CACHE_L2_SETS];
	int i = slow_find(set, line);
	uint64_t victim;
	bool written;

	if (i >= 0) {
		dirty |= slow_take(set, i);
	} else {
		slow_refill += !dirty;
		if (set->n == CACHE_L2_WAYS) {
			struct slow_set *above;

			victim = set->line[0];
			written = slow_take(set, 0);
			above = &slow_l1[victim % CACHE_L1_SETS];
			i = slow_find(above, victim);
			if (i >= 0)
				written |= slow_take(above, i);
			slow_writeback += written;
		}
	}
	slow_append(set, line, dirty);
}

static void slow_touch(uint64_t line, bool store)
{
	struct slow_set *set = &slow_l1[line % CACHE_L1_SETS];
	int i = slow_find(set, line);
	uint64_t victim;
	bool dirty;

	if (i >= 0) {
		dirty = slow_take(set, i);
		slow_append(set, line, dirty | store);
		return;
	}
	if (set->n == CACHE_L1_WAYS) {
		victim = set->line[0];
		if (slow_take(set, 0))
			slow_l2_access(victim, true);
	}
	slow_l2_access(line, false);
	slow_append(set, line, store);
}

TEST(random_accesses)
{
	uint64_t line = 1 << 16;
	int i;

	clear();
	srand(1);
	for (i = 0; i < 2000000; i++) {
		bool store = rand() % 3 == 0;

		/* Runs, with jumps within 4 MiB: all levels take part. */
		line = rand() % 8 ? line + 1 : (1U << 16) + rand() % (1U << 16);
		touch(0, line, store);
		slow_touch(line, store);
	}
	/* An emptied way is kept as a place in one and closed up in the other. */
	CHECK_NEAR((double)sum.l2_refill / slow_refill, 1, 0.001);
	CHECK_NEAR((double)sum.l2_writeback / slow_writeback, 1, 0.001);
	CHECK_GT(sum.l2_refill, 100000);
	CHECK_GT(sum.l2_writeback, 50000);
}
