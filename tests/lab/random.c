// SPDX-License-Identifier: GPL-2.0-only
/* Random numbers of the laboratory: splitmix64, and normals by Box and Muller. */
#include <math.h>

#include "lab.h"

static uint64_t next(struct lab_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void lab_seed(struct lab_random *r, uint64_t seed)
{
	r->state = seed;
	r->spare = NAN;
}

uint64_t lab_mix(uint64_t a, uint64_t b)
{
	struct lab_random r = { .state = a };

	r.state = next(&r) ^ b;
	return next(&r);
}

double lab_uniform(struct lab_random *r)
{
	return (double)(next(r) >> 11) / 9007199254740992.0;
}

double lab_between(struct lab_random *r, double low, double high)
{
	return low + (high - low) * lab_uniform(r);
}

double lab_normal(struct lab_random *r)
{
	double radius, angle;

	if (!isnan(r->spare)) {
		double v = r->spare;

		r->spare = NAN;
		return v;
	}
	radius = sqrt(-2 * log(lab_uniform(r) + 1e-300));
	angle = 2 * M_PI * lab_uniform(r);
	r->spare = radius * sin(angle);
	return radius * cos(angle);
}
