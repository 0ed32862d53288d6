/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random test cases: a seed that is printed and may be given (--seed), small integers,
 * and data in [-1, 1).
 */
#ifndef SYNERGY_TESTS_RANDOM_H
#define SYNERGY_TESTS_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/framework/test.h"

static uint64_t random_state;

static inline uint64_t random_next(void)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* The case's choices start from here: another seed each time, or --seed N. */
static inline void random_begin(void)
{
	random_state = test_seed(0);
	printf("seed %llu\n", (unsigned long long)random_state);
}

/* low..high, both included */
static inline int64_t random_int(int64_t low, int64_t high)
{
	return low + (int64_t)(random_next() % (uint64_t)(high - low + 1));
}

static inline void random_fill(float *x, int64_t count)
{
	int64_t i;

	for (i = 0; i < count; i++)
		x[i] = (float)((double)(random_next() >> 40) / (1 << 23) - 1);
}

/* Exactly count floats, so that a sanitizer sees any access beyond them. */
static inline float *random_floats(int64_t count)
{
	float *x = malloc((count ? count : 1) * sizeof(*x));

	if (!x)
		abort();
	random_fill(x, count);
	return x;
}

#endif
