/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A zero-padded copy of an image whose columns are dealt out by phase, so that
 * every `phases`-th column lies side by side: a window that strides over the
 * image then reads contiguous vectors. Private to kernels/simd/.
 */
#ifndef SYNERGY_SIMD_PHASE_H
#define SYNERGY_SIMD_PHASE_H

#include "kernels/simd/vec.h"

/* Column x of row y of channel c is at ((c * rows + y) * phases + x % phases) * width + x / phases. */
struct phased {
	int64_t rows; /* padded height */
	int64_t phases;
	int64_t width; /* of one phase of a row, with room for a vector past its end */
	int64_t pad_top, pad_left;
	int64_t in_height, in_width;
};

VEC_INLINE int64_t phased_row(const struct phased *p)
{
	return p->phases * p->width;
}

VEC_INLINE int64_t phased_plane(const struct phased *p)
{
	return p->rows * p->phases * p->width;
}

VEC_INLINE void phased_copy(const float *from, float *to, int64_t count)
{
	int64_t i;

	for (i = 0; i + VLEN <= count; i += VLEN)
		vec_store(to + i, vec_load(from + i));
	if (i < count)
		vec_store_part(to + i, vec_load_part(from + i, count - i), count - i);
}

/* Two vectors' elements with even and with odd index. */
VEC_INLINE void vec_unzip(const float *p, vec *even, vec *odd)
{
#if defined(__aarch64__)
	const float32x4x2_t v = vld2q_f32(p);

	*even = (vec)v.val[0];
	*odd = (vec)v.val[1];
#else
	const vec a = vec_load(p), b = vec_load(p + VLEN);
#if VLEN == 16
	const ivec e = { 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30 };
#elif VLEN == 8
	const ivec e = { 0, 2, 4, 6, 8, 10, 12, 14 };
#else
	const ivec e = { 0, 2, 4, 6 };
#endif

	*even = __builtin_shuffle(a, b, e);
	*odd = __builtin_shuffle(a, b, e + 1);
#endif
}

/*
 * Every second element from a on into to_a, and from b on, which is beside a, into to_b:
 * each pair is read once.
 */
VEC_INLINE void phased_pairs(const float *a, float *to_a, int64_t count_a, const float *b,
			     float *to_b, int64_t count_b)
{
	const bool a_first = a < b;
	const float *from = a_first ? a : b;
	const int64_t both = count_a < count_b ? count_a : count_b;
	float *first = a_first ? to_a : to_b, *second = a_first ? to_b : to_a;
	int64_t i = 0, k;
	vec even, odd;

	for (; i + VLEN <= both && (a - b == 1 || b - a == 1); i += VLEN) {
		vec_unzip(from + 2 * i, &even, &odd);
		vec_store(first + i, even);
		vec_store(second + i, odd);
	}
	for (k = i; k < count_a; k++)
		to_a[k] = a[2 * k];
	for (k = i; k < count_b; k++)
		to_b[k] = b[2 * k];
}

/*
 * One row's columns, stride `phases`, into its phases. Not fresh: the padding is
 * there already, from an image of the same geometry.
 */
VEC_INLINE void phased_deal(const struct phased *p, const float *x, float *to, int64_t phases,
			    bool fresh)
{
	const float *from[2] = { x, x };
	float *into[2] = { to, to };
	int64_t counts[2] = { 0 }, f, i;

	for (f = 0; f < phases; f++) {
		/* First padded column of this phase at or after pad_left. */
		const int64_t skip = (p->pad_left - f + phases - 1) / phases;
		const int64_t first = skip > 0 ? skip : 0;
		const float *at = x + first * phases + f - p->pad_left;
		int64_t count = (p->in_width + p->pad_left - f + phases - 1) / phases - first;
		float *row = to + f * p->width;

		if (count > p->width - first)
			count = p->width - first;
		if (count < 0)
			count = 0;
		if (phases == 1) {
			phased_copy(at, row + first, count);
		} else if (phases == 2) {
			from[f] = at;
			into[f] = row + first;
			counts[f] = count;
		} else {
#pragma GCC ivdep
			for (i = 0; i < count; i++)
				row[first + i] = at[i * phases];
		}
		if (!fresh)
			continue;
		for (i = 0; i < first && i < p->width; i++)
			row[i] = 0;
		for (i = first + count; i < p->width; i++)
			row[i] = 0;
	}
	if (phases == 2)
		phased_pairs(from[0], into[0], counts[0], from[1], into[1], counts[1]);
}

VEC_INLINE void phased_channel(const struct phased *p, const float *x, float *to, bool fresh)
{
	int64_t y;

	for (y = 0; y < p->rows; y++, to += phased_row(p)) {
		const int64_t from = y - p->pad_top;

		if (from < 0 || from >= p->in_height) {
			if (fresh)
				memset(to, 0, phased_row(p) * sizeof(*to));
			continue;
		}
		switch (p->phases) {
		case 1:
			phased_deal(p, x + from * p->in_width, to, 1, fresh);
			break;
		case 2:
			phased_deal(p, x + from * p->in_width, to, 2, fresh);
			break;
		case 4:
			phased_deal(p, x + from * p->in_width, to, 4, fresh);
			break;
		default:
			phased_deal(p, x + from * p->in_width, to, p->phases, fresh);
			break;
		}
	}
}

#endif
