// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolution the papers' way: the image unrolled into columns, then one GEMM
 * per group by the chosen back end. Loads, stores and memcpy only, so that the
 * SIMD instructions that a profile counts are the back end's own.
 */
#include <string.h>

#include "kernels/raw.h"

static bool is_plain_1x1(const struct synergy_window *w)
{
	int axis;

	for (axis = 0; axis < SYNERGY_SPATIAL; axis++)
		if (w->kernel[axis] != 1 || w->stride[axis] != 1 || w->pad_begin[axis] ||
		    w->pad_end[axis])
			return false;
	return true;
}

/* One row of columns: input row `x` seen through tap `kw`. */
static void unroll_row(const struct synergy_window *w, int64_t kw, const float *x, float *to)
{
	const int64_t first = kw * w->dilation[2] - w->pad_begin[2];
	const int64_t stride = w->stride[2], in = w->in[2], out = w->out[2];
	int64_t begin = first >= 0 ? 0 : (-first + stride - 1) / stride;
	int64_t end = in > first ? (in - first + stride - 1) / stride : 0;
	int64_t i;

	if (begin > out)
		begin = out;
	if (end > out)
		end = out;
	if (end < begin)
		end = begin;
	for (i = 0; i < begin; i++)
		to[i] = 0;
	if (stride == 1 && end > begin)
		memcpy(to + begin, x + begin + first, (end - begin) * sizeof(*to));
	else
		for (i = begin; i < end; i++)
			to[i] = x[i * stride + first];
	for (i = end; i < out; i++)
		to[i] = 0;
}

static void unroll_tap(const struct synergy_window *w, const int64_t k[SYNERGY_SPATIAL],
		       const float *x, float *to)
{
	int64_t od, oh;

	for (od = 0; od < w->out[0]; od++) {
		int64_t d = od * w->stride[0] + k[0] * w->dilation[0] - w->pad_begin[0];

		for (oh = 0; oh < w->out[1]; oh++, to += w->out[2]) {
			int64_t h = oh * w->stride[1] + k[1] * w->dilation[1] - w->pad_begin[1];

			if (d < 0 || d >= w->in[0] || h < 0 || h >= w->in[1])
				memset(to, 0, w->out[2] * sizeof(*to));
			else
				unroll_row(w, k[2], x + (d * w->in[1] + h) * w->in[2], to);
		}
	}
}

void synergy_im2col(const struct synergy_window *w, int64_t channels, const float *x,
		    float *columns)
{
	const int64_t plane = synergy_window_in(w), outputs = synergy_window_out(w);
	int64_t c, k[SYNERGY_SPATIAL];

	for (c = 0; c < channels; c++, x += plane)
		for (k[0] = 0; k[0] < w->kernel[0]; k[0]++)
			for (k[1] = 0; k[1] < w->kernel[1]; k[1]++)
				for (k[2] = 0; k[2] < w->kernel[2]; k[2]++, columns += outputs)
					unroll_tap(w, k, x, columns);
}

size_t synergy_conv_im2col_floats(const struct synergy_conv *c)
{
	if (is_plain_1x1(&c->w))
		return 0;
	return c->in_channels / c->groups * synergy_window_kernel(&c->w) *
	       synergy_window_out(&c->w);
}

/* What is added is written first and GEMM adds to it, so y is passed over once less. */
static void fill_bias(const float *bias, const float *residual, int64_t channels, int64_t outputs,
		      float *y)
{
	int64_t m, i;

	for (m = 0; m < channels; m++, y += outputs) {
		const float b = bias ? bias[m] : 0;

		for (i = 0; i < outputs; i++)
			y[i] = b + (residual ? residual[m * outputs + i] : 0);
	}
}

static void finish(const struct synergy_simd *simd, const struct synergy_post *post, float *y,
		   int64_t count)
{
	const struct synergy_map limits = { SYNERGY_FN_CLIP, post->min, post->max, 0 };

	if (post->has_min || post->has_max)
		simd->map(&limits, y, y, count);
	if (post->map.function != SYNERGY_FN_IDENTITY)
		simd->map(&post->map, y, y, count);
}

void synergy_conv_im2col(const struct synergy_gemm_backend *gemm, const struct synergy_simd *simd,
			 const struct synergy_conv *c,
			 const float *x, const float *w, const float *bias, float *columns,
			 float *y)
{
	const int64_t group_in = c->in_channels / c->groups;
	const int64_t group_out = c->out_channels / c->groups;
	const int64_t plane = synergy_window_in(&c->w), outputs = synergy_window_out(&c->w);
	const int64_t filter = group_in * synergy_window_kernel(&c->w);
	const bool direct = is_plain_1x1(&c->w);
	const float *residual = c->post.residual;
	const bool add = bias || residual;
	int64_t n, g;

	for (n = 0; n < c->batch; n++)
		for (g = 0; g < c->groups; g++, x += group_in * plane, y += group_out * outputs) {
			if (!direct)
				synergy_im2col(&c->w, group_in, x, columns);
			if (add)
				fill_bias(bias ? bias + g * group_out : NULL, residual, group_out,
					  outputs, y);
			gemm->sgemm(false, false, group_out, outputs, filter, 1,
				    w + g * group_out * filter, filter, direct ? x : columns,
				    outputs, add ? 1 : 0, y, outputs);
			finish(simd, &c->post, y, group_out * outputs);
			if (residual)
				residual += group_out * outputs;
		}
}
