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

/*
 * One row's columns, stride `phases`, into its phases. Not fresh: the padding is
 * there already, from an image of the same geometry.
 */
VEC_INLINE void phased_deal(const struct phased *p, const float *x, float *to, int64_t phases,
			    bool fresh)
{
	int64_t f, i;

	for (f = 0; f < phases; f++) {
		/* First padded column of this phase at or after pad_left. */
		const int64_t skip = (p->pad_left - f + phases - 1) / phases;
		const int64_t first = skip > 0 ? skip : 0;
		const float *from = x + first * phases + f - p->pad_left;
		int64_t count = (p->in_width + p->pad_left - f + phases - 1) / phases - first;
		float *row = to + f * p->width;

		if (count > p->width - first)
			count = p->width - first;
		if (count < 0)
			count = 0;
		if (phases == 1)
			phased_copy(from, row + first, count);
		else
#pragma GCC ivdep
			for (i = 0; i < count; i++)
				row[first + i] = from[i * phases];
		if (!fresh)
			continue;
		for (i = 0; i < first && i < p->width; i++)
			row[i] = 0;
		for (i = first + count; i < p->width; i++)
			row[i] = 0;
	}
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
