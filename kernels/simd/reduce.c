// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sums, extremes and softmax rows.
 */
#include "kernels/simd/math.h"
#include "kernels/simd/simd_list.h"

/* NaN only if the first is one, as a loop of comparisons gives it. */
float SIMD(max)(const float *x, int64_t count)
{
	vec m = vec_splat(x[0]);
	float most = x[0];
	int64_t i = 0;
	int l;

	for (; i + VLEN <= count; i += VLEN)
		m = vec_max(vec_load(x + i), m);
	for (; i < count; i++)
		most = x[i] > most ? x[i] : most;
	for (l = 0; l < VLEN; l++)
		most = m[l] > most ? m[l] : most;
	return most;
}

/* In four times VLEN running sums: long rows lose little, and none waits for the other. */
float SIMD(sum)(const float *x, int64_t count)
{
	vec s[4] = { 0 };
	int64_t i = 0;
	float rest = 0;

	for (; i + 4 * VLEN <= count; i += 4 * VLEN) {
		s[0] += vec_load(x + i);
		s[1] += vec_load(x + i + VLEN);
		s[2] += vec_load(x + i + 2 * VLEN);
		s[3] += vec_load(x + i + 3 * VLEN);
	}
	for (; i + VLEN <= count; i += VLEN)
		s[0] += vec_load(x + i);
	for (; i < count; i++)
		rest += x[i];
	return rest + vec_sum((s[0] + s[1]) + (s[2] + s[3]));
}

float SIMD(dot)(const float *a, const float *b, int64_t count)
{
	vec s[4] = { 0 };
	int64_t i = 0;
	float rest = 0;

	for (; i + 4 * VLEN <= count; i += 4 * VLEN) {
		s[0] += vec_load(a + i) * vec_load(b + i);
		s[1] += vec_load(a + i + VLEN) * vec_load(b + i + VLEN);
		s[2] += vec_load(a + i + 2 * VLEN) * vec_load(b + i + 2 * VLEN);
		s[3] += vec_load(a + i + 3 * VLEN) * vec_load(b + i + 3 * VLEN);
	}
	for (; i + VLEN <= count; i += VLEN)
		s[0] += vec_load(a + i) * vec_load(b + i);
	for (; i < count; i++)
		rest += a[i] * b[i];
	return rest + vec_sum((s[0] + s[1]) + (s[2] + s[3]));
}

/* A row's softmax before it is divided: e^(x - max), of which none is more than 1. */
float SIMD(exp_sum)(const float *x, float *y, int64_t count, float max)
{
	vec s = {};
	int64_t i;

	for (i = 0; i + VLEN <= count; i += VLEN) {
		const vec e = vec_exp(vec_load(x + i) - max);

		vec_store(y + i, e);
		s += e;
	}
	if (i < count) {
		const vec e = vec_exp(vec_load_part(x + i, count - i) - max);
		float rest[VLEN] = { 0 };

		vec_store_part(y + i, e, count - i);
		vec_store_part(rest, e, count - i);
		s += vec_load(rest);
	}
	return vec_sum(s);
}
