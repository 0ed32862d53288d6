// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pooling as it is defined, of any of three spatial axes, with the three ways
 * of dividing that Caffe and ONNX have between them.
 */
#include <math.h>

#include "kernels/raw.h"

struct span {
	int64_t begin; /* first tap inside the image */
	int64_t end; /* past the last tap, in image coordinates */
	int64_t step;
	int64_t padded; /* taps inside the padded image */
};

static struct span span_of(const struct synergy_window *w, int axis, int64_t o)
{
	const int64_t start = o * w->stride[axis] - w->pad_begin[axis];
	const int64_t step = w->dilation[axis];
	const int64_t stop = start + w->kernel[axis] * step;
	const int64_t limit = w->in[axis] + w->pad_end[axis];
	struct span s = { .begin = start, .end = stop < w->in[axis] ? stop : w->in[axis],
			  .step = step };
	const int64_t reach = stop < limit ? stop : limit;

	if (start < 0)
		s.begin = start + (-start + step - 1) / step * step;
	s.padded = reach > start ? (reach - start + step - 1) / step : 0;
	return s;
}

static double divisor(const struct synergy_pool *p, const struct span s[SYNERGY_SPATIAL],
		      int64_t valid)
{
	switch (p->kind) {
	case SYNERGY_POOL_AVG_PADDED:
		return (double)(s[0].padded * s[1].padded * s[2].padded);
	case SYNERGY_POOL_AVG_KERNEL:
		return (double)synergy_window_kernel(&p->w);
	default:
		return (double)valid;
	}
}

/* Value of one output; *at is the offset of the maximum inside the plane. */
static float pool_element(const struct synergy_pool *p, const float *x,
			  const int64_t o[SYNERGY_SPATIAL], int64_t *at)
{
	const struct synergy_window *w = &p->w;
	struct span s[SYNERGY_SPATIAL];
	int64_t d, h, v, valid = 0;
	float max = -INFINITY;
	double sum = 0, by;
	int axis;

	for (axis = 0; axis < SYNERGY_SPATIAL; axis++)
		s[axis] = span_of(w, axis, o[axis]);
	*at = 0;
	for (d = s[0].begin; d < s[0].end; d += s[0].step)
		for (h = s[1].begin; h < s[1].end; h += s[1].step)
			for (v = s[2].begin; v < s[2].end; v += s[2].step) {
				int64_t i = (d * w->in[1] + h) * w->in[2] + v;

				if (!valid++ || x[i] > max || isnan(x[i])) {
					max = x[i];
					*at = i;
				}
				sum += x[i];
			}
	if (p->kind == SYNERGY_POOL_MAX)
		return max;
	by = divisor(p, s, valid);
	return by > 0 ? (float)(sum / by) : 0;
}

static int64_t column_major(const struct synergy_window *w, int64_t at)
{
	const int64_t v = at % w->in[2], h = at / w->in[2] % w->in[1];
	const int64_t d = at / (w->in[1] * w->in[2]);

	return (v * w->in[1] + h) * w->in[0] + d;
}

void synergy_pool_ref(const struct synergy_pool *p, const float *x, float *y, int64_t *indices)
{
	const int64_t plane = synergy_window_in(&p->w);
	int64_t o[SYNERGY_SPATIAL], n, at;

	for (n = 0; n < p->planes; n++)
		for (o[0] = 0; o[0] < p->w.out[0]; o[0]++)
			for (o[1] = 0; o[1] < p->w.out[1]; o[1]++)
				for (o[2] = 0; o[2] < p->w.out[2]; o[2]++) {
					*y++ = pool_element(p, x + n * plane, o, &at);
					if (!indices)
						continue;
					if (p->column_major)
						at = column_major(&p->w, at);
					*indices++ = n * plane + at;
				}
}
