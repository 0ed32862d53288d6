// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolution as it is defined: one output element at a time, summed in double.
 * Every faster convolution is compared with this one.
 */
#include "kernels/raw.h"

static double conv_element(const struct synergy_conv *c, const float *x, const float *w,
			   const int64_t o[SYNERGY_SPATIAL])
{
	const struct synergy_window *win = &c->w;
	const int64_t group_in = c->in_channels / c->groups;
	int64_t i, kd, kh, kw;
	double sum = 0;

	for (i = 0; i < group_in; i++, x += synergy_window_in(win))
		for (kd = 0; kd < win->kernel[0]; kd++)
			for (kh = 0; kh < win->kernel[1]; kh++)
				for (kw = 0; kw < win->kernel[2]; kw++, w++) {
					int64_t d = o[0] * win->stride[0] + kd * win->dilation[0] -
						    win->pad_begin[0];
					int64_t h = o[1] * win->stride[1] + kh * win->dilation[1] -
						    win->pad_begin[1];
					int64_t v = o[2] * win->stride[2] + kw * win->dilation[2] -
						    win->pad_begin[2];

					if (d < 0 || d >= win->in[0] || h < 0 || h >= win->in[1] ||
					    v < 0 || v >= win->in[2])
						continue;
					sum += (double)*w *
					       x[(d * win->in[1] + h) * win->in[2] + v];
				}
	return sum;
}

void synergy_conv_ref(const struct synergy_conv *c, const float *x, const float *w,
		      const float *bias, float *y)
{
	const int64_t group_in = c->in_channels / c->groups;
	const int64_t group_out = c->out_channels / c->groups;
	const int64_t filter = group_in * synergy_window_kernel(&c->w);
	const int64_t plane = synergy_window_in(&c->w);
	int64_t o[SYNERGY_SPATIAL], n, m, at = 0;

	for (n = 0; n < c->batch; n++)
		for (m = 0; m < c->out_channels; m++) {
			const float *from = x + (n * c->in_channels + m / group_out * group_in) * plane;

			for (o[0] = 0; o[0] < c->w.out[0]; o[0]++)
				for (o[1] = 0; o[1] < c->w.out[1]; o[1]++)
					for (o[2] = 0; o[2] < c->w.out[2]; o[2]++) {
						double v = conv_element(c, from, w + m * filter, o);

						if (bias)
							v += bias[m];
						if (c->post.residual)
							v += c->post.residual[at];
						v = synergy_map_of(&c->post.map, v);
						y[at++] = synergy_post_limit(&c->post, (float)v);
					}
		}
}
