// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two arrays into one, element by element; either may be one number that is repeated.
 */
#include "kernels/simd/simd_list.h"

#define ZIP_LOOP(A, B, f)                                                                         \
	for (; i + 4 * VLEN <= count; i += 4 * VLEN) {                                            \
		const vec r0 = f(A(i), B(i)), r1 = f(A(i + VLEN), B(i + VLEN));                    \
		const vec r2 = f(A(i + 2 * VLEN), B(i + 2 * VLEN));                                \
		const vec r3 = f(A(i + 3 * VLEN), B(i + 3 * VLEN));                                \
                                                                                                  \
		vec_store(y + i, r0);                                                             \
		vec_store(y + i + VLEN, r1);                                                      \
		vec_store(y + i + 2 * VLEN, r2);                                                  \
		vec_store(y + i + 3 * VLEN, r3);                                                  \
	}                                                                                         \
	for (; i + VLEN <= count; i += VLEN)                                                      \
		vec_store(y + i, f(A(i), B(i)))

#define A_MANY(i) vec_load(a + (i))
#define B_MANY(i) vec_load(b + (i))
#define A_ONE(i) va
#define B_ONE(i) vb

/* The rest, fewer than a vector. */
#define ZIP_REST(f)                                                                               \
	do {                                                                                      \
		const int64_t n = count - i;                                                      \
                                                                                                  \
		if (n > 0)                                                                        \
			vec_store_part(y + i, f(a_step ? vec_load_part(a + i, n) : va,            \
						b_step ? vec_load_part(b + i, n) : vb), n);       \
	} while (0)

#define ZIP(name)                                                                                 \
	static void zip_##name(const float *a, int a_step, const float *b, int b_step, float *y,  \
			       int64_t count)                                                     \
	{                                                                                         \
		const vec va = vec_splat(a_step ? 0 : *a), vb = vec_splat(b_step ? 0 : *b);       \
		int64_t i = 0;                                                                    \
                                                                                                  \
		if (a_step && b_step) {                                                           \
			ZIP_LOOP(A_MANY, B_MANY, ZIP_##name);                                     \
		} else if (a_step) {                                                              \
			ZIP_LOOP(A_MANY, B_ONE, ZIP_##name);                                      \
		} else if (b_step) {                                                              \
			ZIP_LOOP(A_ONE, B_MANY, ZIP_##name);                                      \
		} else {                                                                          \
			ZIP_LOOP(A_ONE, B_ONE, ZIP_##name);                                       \
		}                                                                                 \
		ZIP_REST(ZIP_##name);                                                             \
	}

#define ZIP_add(u, v) ((u) + (v))
#define ZIP_sub(u, v) ((u) - (v))
#define ZIP_mul(u, v) ((u) * (v))
#define ZIP_div(u, v) ((u) / (v))
/* A NaN in either is the result. */
#define ZIP_max(u, v) nan_of_first(u, vec_at_least(v, u))
#define ZIP_min(u, v) nan_of_first(u, vec_at_most(v, u))
#define ZIP_prelu(u, v) vec_select((u) < 0.0f, (u) * (v), u)

/* vec_at_least() keeps its first operand's NaN; here the other's is put in, too. */
VEC_INLINE vec nan_of_first(vec u, vec r)
{
#if defined(__aarch64__)
	(void)u;
	return r;
#else
	return vec_select(u == u, r, u);
#endif
}

ZIP(add)
ZIP(sub)
ZIP(mul)
ZIP(div)
ZIP(max)
ZIP(min)
ZIP(prelu)

void SIMD(zip)(enum synergy_zip op, const float *a, int a_step, const float *b, int b_step,
	       float *y, int64_t count)
{
	static void (*const loops[])(const float *, int, const float *, int, float *, int64_t) = {
		[SYNERGY_ZIP_ADD] = zip_add, [SYNERGY_ZIP_SUB] = zip_sub,
		[SYNERGY_ZIP_MUL] = zip_mul, [SYNERGY_ZIP_DIV] = zip_div,
		[SYNERGY_ZIP_MAX] = zip_max, [SYNERGY_ZIP_MIN] = zip_min,
		[SYNERGY_ZIP_PRELU] = zip_prelu,
	};

	loops[op](a, a_step, b, b_step, y, count);
}
