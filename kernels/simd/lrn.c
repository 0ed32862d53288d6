// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Response normalisation across channels. The sum of squares slides from
 * channel to channel; x^-beta for the betas that networks use is made of square
 * roots and one division.
 */
#include <math.h>

#include "kernels/simd/simd_list.h"

/* Pixels at a time: sums and squares stay in the first-level cache. */
#define CHUNK SYNERGY_LRN_CHUNK

static void add_squares(const float *x, float *sum, int64_t count)
{
	int64_t i;

	for (i = 0; i < count; i++)
		sum[i] += x[i] * x[i];
}

static void normalise(const float *x, const float *sum, float *y, int64_t count, float alpha,
		      float k, float beta)
{
	int64_t i;

	if (beta == 0.75f) {
#pragma GCC ivdep
		for (i = 0; i < count; i++) {
			float root = sqrtf(k + alpha * sum[i]);

			y[i] = x[i] / (root * sqrtf(root));
		}
	} else if (beta == 0.5f) {
#pragma GCC ivdep
		for (i = 0; i < count; i++)
			y[i] = x[i] / sqrtf(k + alpha * sum[i]);
	} else {
#pragma GCC ivdep
		for (i = 0; i < count; i++)
			y[i] = x[i] / (k + alpha * sum[i]);
	}
}

/*
 * The window is summed again for each channel: five additions cost less than
 * what a running sum loses by cancellation.
 */
static void lrn_pixels(const struct synergy_lrn *p, const float *x, float *y, int64_t count)
{
	const int64_t plane = p->height * p->width;
	const int64_t before = (p->size - 1) / 2, after = p->size / 2;
	float sum[CHUNK] __attribute__((aligned(64)));
	int64_t c, i;

	for (c = 0; c < p->channels; c++) {
		int64_t first = c < before ? 0 : c - before;
		int64_t last = c + after < p->channels ? c + after : p->channels - 1;

		memset(sum, 0, sizeof(sum));
		for (i = first; i <= last; i++)
			add_squares(x + i * plane, sum, count);
		normalise(x + c * plane, sum, y + c * plane, count, p->alpha / (float)p->size, p->k,
			  p->beta);
	}
}

/* Chunks begin..end-1 of all images, ceil(plane / CHUNK) to an image. */
void SIMD(lrn_across)(const struct synergy_lrn *p, const float *x, float *y, int64_t begin,
		      int64_t end)
{
	const int64_t plane = p->height * p->width;
	const int64_t chunks = (plane + CHUNK - 1) / CHUNK;

	for (; begin < end; begin++) {
		const int64_t at = begin / chunks * p->channels * plane + begin % chunks * CHUNK;
		const int64_t left = plane - begin % chunks * CHUNK;

		lrn_pixels(p, x + at, y + at, left < CHUNK ? left : CHUNK);
	}
}
