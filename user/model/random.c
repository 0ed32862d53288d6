// SPDX-License-Identifier: LGPL-2.1-or-later
/* See random.h; the loop vectorises and calls nothing, since it also runs under emulation. */
#include <math.h>
#include <string.h>

#include "model/random.h"

static uint64_t key_of(uint64_t seed, const char *name)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3ULL;
	h = (h ^ seed) + 0x9e3779b97f4a7c15ULL;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9ULL;
	h = (h ^ h >> 27) * 0x94d049bb133111ebULL;
	return h ^ h >> 31;
}

void synergy_random_fill(float *out, int64_t count, uint64_t seed, const char *name, float base,
			 float width)
{
	uint64_t key = key_of(seed, name);
	uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
	int64_t i;

	for (i = 0; i < count; i++) {
		uint32_t x = (uint32_t)i + k0;
		float u, step;

		x ^= x >> 16;
		x *= 0x85ebca6bu;
		x ^= x >> 13;
		x += k1;
		x *= 0xc2b2ae35u;
		x ^= x >> 16;
		x = x >> 9 | 0x3f800000u;
		memcpy(&u, &x, sizeof(u));
		step = (u - 1.5f) * width;
		out[i] = base + step;
	}
}

/* Division and square root are exactly rounded everywhere. */
float synergy_random_he_width(int64_t fan_in)
{
	return 2.0f * sqrtf(6.0f / (float)(fan_in > 0 ? fan_in : 1));
}
