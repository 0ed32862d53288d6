// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Local response normalisation as defined by ONNX and by Caffe
 * (ACROSS_CHANNELS and WITHIN_CHANNEL), one element at a time.
 */
#include <math.h>

#include "kernels/raw.h"

static double channel_sum(const struct synergy_lrn *p, const float *x, int64_t c, int64_t plane)
{
	int64_t i = c - (p->size - 1) / 2, end = c + p->size / 2;
	double sum = 0;

	if (i < 0)
		i = 0;
	if (end > p->channels - 1)
		end = p->channels - 1;
	for (; i <= end; i++)
		sum += (double)x[i * plane] * x[i * plane];
	return sum / (double)p->size;
}

static double spatial_sum(const struct synergy_lrn *p, const float *x, int64_t h, int64_t w)
{
	const int64_t r = (p->size - 1) / 2;
	double sum = 0;
	int64_t i, j;

	for (i = h - r; i < h - r + p->size; i++)
		for (j = w - r; j < w - r + p->size; j++)
			if (i >= 0 && i < p->height && j >= 0 && j < p->width)
				sum += (double)x[i * p->width + j] * x[i * p->width + j];
	return sum / (double)(p->size * p->size);
}

void synergy_lrn_ref(const struct synergy_lrn *p, const float *x, float *y)
{
	const int64_t plane = p->height * p->width;
	int64_t n, c, i;

	for (n = 0; n < p->batch; n++, x += p->channels * plane)
		for (c = 0; c < p->channels; c++)
			for (i = 0; i < plane; i++) {
				double sum = p->within_channel ?
						     spatial_sum(p, x + c * plane, i / p->width,
								 i % p->width) :
						     channel_sum(p, x + i, c, plane);

				*y++ = (float)(x[c * plane + i] *
					       pow(p->k + p->alpha * sum, -(double)p->beta));
			}
}
