// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Chooses the table of fast loops for the processor it runs on. The sets are
 * those that scripts/make/kernels.mk compiles kernels/simd/ for.
 */
#include "kernels/simd.h"

#if defined(__x86_64__)
extern const struct synergy_simd synergy_simd_avx512, synergy_simd_avx2, synergy_simd_sse2;

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool always(void)
{
	return true;
}

static const struct {
	const struct synergy_simd *simd;
	bool (*usable)(void);
} tables[] = {
	{ &synergy_simd_avx512, has_avx512 },
	{ &synergy_simd_avx2, has_avx2 },
	{ &synergy_simd_sse2, always },
};
#else
extern const struct synergy_simd synergy_simd_neon;

static bool always(void)
{
	return true;
}

static const struct {
	const struct synergy_simd *simd;
	bool (*usable)(void);
} tables[] = {
	{ &synergy_simd_neon, always },
};
#endif

const struct synergy_simd *synergy_simd_at(size_t i)
{
	size_t t;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		if (tables[t].usable() && !i--)
			return tables[t].simd;
	return NULL;
}

const struct synergy_simd *synergy_simd_best(void)
{
	return synergy_simd_at(0);
}
