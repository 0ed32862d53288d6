// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random weights are the same bits everywhere: these were made by
 * scripts/zoo/weights.py, which is another implementation of random.h.
 */
#include <stdint.h>
#include <stdlib.h>

#include "model/random.h"
#include "tests/framework/test.h"

static uint32_t bits(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof(u));
	return u;
}

TEST(known_bits)
{
	static float values[100001];
	double sum = 0, squares = 0;
	int i;

	synergy_random_fill(values, 34848, 0, "conv1.weight", 0, synergy_random_he_width(363));
	CHECK_EQ(bits(values[0]), 0xbc52092b);
	CHECK_EQ(bits(values[1]), 0xbdb4dc36);
	CHECK_EQ(bits(values[2]), 0x3a85da23);
	CHECK_EQ(bits(values[34847]), 0xbda94c74);
	synergy_random_fill(values, 100001, 12345, "x", 1, 1);
	CHECK_EQ(bits(values[0]), 0x3fad7a8e);
	CHECK_EQ(bits(values[7]), 0x3f0c5350);
	CHECK_EQ(bits(values[100000]), 0x3f93c609);
	/* Uniform on [0.5, 1.5): mean 1, variance 1/12; six standard errors. */
	for (i = 0; i < 100000; i++) {
		CHECK_GE(values[i], 0.5f);
		CHECK_LT(values[i], 1.5f);
		sum += (double)values[i];
		squares += ((double)values[i] - 1) * ((double)values[i] - 1);
	}
	CHECK_NEAR(sum / 100000, 1, 6 * 0.000913);
	CHECK_NEAR(squares / 100000, 1.0 / 12, 6 * 0.000236);
}
