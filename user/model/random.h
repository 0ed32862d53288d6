/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random weights: the same bits on every machine and in scripts/zoo/weights.py.
 * Energy does not depend on trained values, but the sizes of activations
 * should stay in a normal range, so weights are He-scaled.
 *
 * Element i of a tensor is base + (u - 1.5) * width in IEEE single precision,
 * each operation rounded once, with u in [1, 2) made of the upper 23 bits of
 * a 32-bit hash of i:
 *
 *	x = i + k0;  x ^= x >> 16;  x *= 0x85ebca6b;
 *	x ^= x >> 13;  x += k1;  x *= 0xc2b2ae35;  x ^= x >> 16
 *
 * k0 and k1 are the halves of splitmix64(seed ^ FNV-1a-64(tensor's name)).
 * So a value depends on seed, name and index only.
 */
#ifndef SYNERGY_MODEL_RANDOM_H
#define SYNERGY_MODEL_RANDOM_H

#include <stdint.h>

void synergy_random_fill(float *out, int64_t count, uint64_t seed, const char *name, float base,
			 float width);

/* Width for weights with that many inputs per output: 2 * sqrt(6 / fan_in). */
float synergy_random_he_width(int64_t fan_in);

#endif
