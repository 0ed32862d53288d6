// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pooling of images: the rows of a window are combined first, whole vectors at
 * a time, then the columns, from a padded row that stays in the first-level
 * cache.
 */
#include <math.h>

#include "kernels/simd/simd_list.h"

struct rows {
	const struct synergy_pool *p;
	bool max;
	float empty; /* what padding holds: -infinity or 0 */
	int64_t width; /* of the padded row */
	float *row;
	float *counts; /* elements across, of the windows of each output column */
};

static int64_t padded_width(const struct synergy_pool *p)
{
	const struct synergy_window *w = &p->w;
	const int64_t reach = (w->out[2] - 1) * w->stride[2] + w->kernel[2];
	const int64_t image = w->pad_begin[2] + w->in[2];

	return reach > image ? reach : image;
}

size_t SIMD(pool_workspace_floats)(const struct synergy_pool *p, int threads)
{
	return threads * ((padded_width(p) + p->w.out[2] + 15) / 16 * 16);
}

/* The window's rows y0..y1-1 of the image, combined into the padded row. */
static void combine_rows(const struct rows *r, const float *x, int64_t y0, int64_t y1)
{
	const int64_t width = r->p->w.in[2];
	float *to = r->row + r->p->w.pad_begin[2];
	int64_t y, i;

	x += y0 * width;
	memcpy(to, x, width * sizeof(*to));
	for (y = y0 + 1; y < y1; y++) {
		x += width;
		if (r->max)
			for (i = 0; i < width; i++)
				to[i] = x[i] > to[i] ? x[i] : to[i];
		else
			for (i = 0; i < width; i++)
				to[i] += x[i];
	}
}

/* kernel and stride are constants where this is inlined. */
VEC_INLINE void combine_columns(const struct rows *r, float *y, int64_t kernel, int64_t stride)
{
	const int64_t out = r->p->w.out[2];
	const float *restrict row = r->row;
	float *restrict to = y;
	int64_t i, k;

	if (r->max) {
		for (i = 0; i < out; i++) {
			float v = row[i * stride];

			for (k = 1; k < kernel; k++)
				v = row[i * stride + k] > v ? row[i * stride + k] : v;
			to[i] = v;
		}
		return;
	}
	for (i = 0; i < out; i++) {
		float v = row[i * stride];

		for (k = 1; k < kernel; k++)
			v += row[i * stride + k];
		to[i] = v;
	}
}

static void columns_of(const struct rows *r, float *y)
{
	const int64_t kernel = r->p->w.kernel[2], stride = r->p->w.stride[2];

	if (kernel == 3 && stride == 2)
		combine_columns(r, y, 3, 2);
	else if (kernel == 3 && stride == 1)
		combine_columns(r, y, 3, 1);
	else if (kernel == 2 && stride == 2)
		combine_columns(r, y, 2, 2);
	else
		combine_columns(r, y, kernel, stride);
}

static int64_t clip(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* Elements along one axis that the average divides by. */
static int64_t taps(const struct synergy_pool *p, int axis, int64_t o)
{
	const struct synergy_window *w = &p->w;
	const int64_t begin = o * w->stride[axis] - w->pad_begin[axis];
	const int64_t end = begin + w->kernel[axis];

	switch (p->kind) {
	case SYNERGY_POOL_AVG_KERNEL:
		return w->kernel[axis];
	case SYNERGY_POOL_AVG_PADDED:
		return clip(end, 0, w->in[axis] + w->pad_end[axis]) - begin;
	default:
		return clip(end, 0, w->in[axis]) - clip(begin, 0, w->in[axis]);
	}
}

static void divide(const struct rows *r, int64_t oy, float *y)
{
	const float rows = (float)taps(r->p, 1, oy);
	int64_t i;

	for (i = 0; i < r->p->w.out[2]; i++) {
		const float count = rows * r->counts[i];

		y[i] = count > 0 ? y[i] / count : 0;
	}
}

/* Planes begin..end-1. */
void SIMD(pool)(const struct synergy_pool *p, const float *x, float *workspace, float *y,
		int64_t begin, int64_t end)
{
	const struct synergy_window *w = &p->w;
	const bool max = p->kind == SYNERGY_POOL_MAX;
	const struct rows r = { p, max, max ? -INFINITY : 0, padded_width(p), workspace,
				workspace + padded_width(p) };
	int64_t n, oy, i;

	for (i = 0; i < r.width; i++)
		r.row[i] = r.empty;
	for (i = 0; i < w->out[2]; i++)
		r.counts[i] = (float)taps(p, 2, i);
	for (n = begin; n < end; n++)
		for (oy = 0; oy < w->out[1]; oy++) {
			const int64_t top = oy * w->stride[1] - w->pad_begin[1];
			const int64_t y0 = clip(top, 0, w->in[1]);
			const int64_t y1 = clip(top + w->kernel[1], 0, w->in[1]);
			float *to = y + (n * w->out[1] + oy) * w->out[2];

			if (y0 >= y1) {
				for (i = 0; i < w->out[2]; i++)
					to[i] = r.empty;
				continue;
			}
			combine_rows(&r, x + n * synergy_window_in(w), y0, y1);
			columns_of(&r, to);
			if (!max)
				divide(&r, oy, to);
		}
}
