// SPDX-License-Identifier: GPL-2.0-only
/* Which core the sampling thread is given, on boards that switch some of theirs off. */
#include "measure/host.h"
#include "tests/framework/test.h"

TEST(sampler_core)
{
	static const struct {
		const char *online;
		int measured, sampler;
	} cases[] = {
		{ "0-3", 1, 3 },
		{ "0-3", 3, 2 },
		{ "0,3-5", 5, 4 },
		{ "0,3-5", 3, 5 },
		{ "0,3", 3, 0 },
		{ "0-1,4", 4, 1 },
		{ "0,4,5", 5, 4 },
		{ "0", 0, -1 },
		{ "2", 0, 2 },
		{ "", 0, -1 },
		{ "none", 0, -1 },
		{ "0-", 1, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PARAMS("online %s, measured %d", cases[i].online, cases[i].measured);
		CHECK_EQ(synergy_host_last_cpu(cases[i].online, cases[i].measured),
			 cases[i].sampler);
	}
}
