// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Depthwise convolution (one input channel per group). With masked loads (AVX-512)
 * 3x3 kernels read the image as it lies, a strip of columns at a time, each input
 * row once. Otherwise each channel is copied once, padded and by phase, into a
 * buffer that stays in cache, and every output row is a sum of shifted rows.
 */
#include "kernels/simd/phase.h"
#include "kernels/simd/simd_list.h"

static struct phased phased_of(const struct synergy_conv *c)
{
	const struct synergy_window *w = &c->w;
	const int64_t right = (w->out[2] - 1) * w->stride[2] + (w->kernel[2] - 1) * w->dilation[2] + 1;
	struct phased p = {
		.rows = (w->out[1] - 1) * w->stride[1] + (w->kernel[1] - 1) * w->dilation[1] + 1,
		.phases = w->stride[2],
		.pad_top = w->pad_begin[1],
		.pad_left = w->pad_begin[2],
		.in_height = w->in[1],
		.in_width = w->in[2],
	};

	p.width = (right + p.phases - 1) / p.phases;
	return p;
}

/* A vector is read past the last row. */
static int64_t buffer_floats(const struct phased *p)
{
	return (phased_plane(p) + VLEN + 15) / 16 * 16;
}

size_t SIMD(depthwise_workspace_floats)(const struct synergy_conv *c, int threads)
{
	const struct phased p = phased_of(c);

	return threads * buffer_floats(&p);
}

struct depthwise {
	const struct synergy_conv *c;
	struct phased p;
	const float *x, *w, *bias;
	float *buffers, *y;
	int parts;
};

VEC_INLINE void finish(float *y, vec v, int64_t left, bool relu)
{
	if (relu)
		v = vec_max(v, (vec){});
	if (left >= VLEN)
		vec_store(y, v);
	else
		vec_store_part(y, v, left);
}

/* 3x3 without dilation, whose nine taps stay in registers; phases is a constant here. */
VEC_INLINE void plane_3x3(const struct depthwise *d, const float *image, const float *w, float bias,
			  float *y, int64_t phases)
{
	const int64_t width = d->c->w.out[2], row = phases * d->p.width;
	const int64_t off1 = phases == 1 ? 1 : d->p.width, off2 = phases == 1 ? 2 : 1;
	vec tap[9];
	int64_t oy, i;
	int k;

	for (k = 0; k < 9; k++)
		tap[k] = vec_splat(w[k]);
	for (oy = 0; oy < d->c->w.out[1]; oy++, y += width) {
		const float *from = image + oy * d->c->w.stride[1] * row;

		for (i = 0; i < width; i += VLEN) {
			const float *at = from + i;
			vec v = vec_splat(bias), u = vec_load(at + row) * tap[3];

			v += vec_load(at) * tap[0];
			v += vec_load(at + off1) * tap[1];
			v += vec_load(at + off2) * tap[2];
			u += vec_load(at + row + off1) * tap[4];
			u += vec_load(at + row + off2) * tap[5];
			v += vec_load(at + 2 * row) * tap[6];
			u += vec_load(at + 2 * row + off1) * tap[7];
			v += vec_load(at + 2 * row + off2) * tap[8];
			finish(y + i, u + v, width - i, d->c->relu);
		}
	}
}

#if VLEN == 16
/* One vector of outputs from top to bottom: where its taps' columns are inside the image. */
struct strip {
	__mmask16 load[4];
	__mmask16 store;
};

/* Lanes of a vector that begins at column `at` which are inside 0..width-1. */
static __mmask16 lanes_inside(int64_t at, int64_t width)
{
	const int64_t low = at < 0 ? -at : 0, high = width - at;

	if (high <= 0 || low >= VLEN)
		return 0;
	return (__mmask16)((high >= VLEN ? 0xffffu : (1u << high) - 1) & 0xffffu << low);
}

/* Input row y, as the three taps of a strip see it that begins at column `at`. */
VEC_INLINE void strip_row(const struct synergy_window *w, const struct strip *s, const float *x,
			  int64_t y, int64_t at, int stride, vec taps[3])
{
	const ivec even = { 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30 };
	const float *row = x + y * w->in[2] + at;
	vec v[4];
	int i;

	if (y < 0 || y >= w->in[1]) {
		taps[0] = taps[1] = taps[2] = (vec){};
		return;
	}
	if (stride == 1) {
#pragma GCC unroll 4
		for (i = 0; i < 3; i++)
			taps[i] = (vec)_mm512_maskz_loadu_ps(s->load[i], row + i);
		return;
	}
#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		v[i] = (vec)_mm512_maskz_loadu_ps(s->load[i], row + (i & 1) * VLEN + (i & 2));
	taps[0] = __builtin_shuffle(v[0], v[1], even);
	taps[1] = __builtin_shuffle(v[0], v[1], even + 1);
	taps[2] = __builtin_shuffle(v[2], v[3], even);
}

VEC_INLINE void plane_strips(const struct depthwise *d, const float *x, const float *w, float bias,
			     float *y, int stride)
{
	const struct synergy_window *win = &d->c->w;
	const int64_t width = win->out[2];
	vec tap[9], top[3], middle[3], bottom[3];
	int64_t i, oy;
	int k;

	for (k = 0; k < 9; k++)
		tap[k] = vec_splat(w[k]);
	for (i = 0; i < width; i += VLEN) {
		const int64_t at = i * stride - win->pad_begin[2];
		int64_t row = -win->pad_begin[1];
		struct strip s = { .store = lanes_inside(0, width - i) };

		for (k = 0; k < 4; k++)
			s.load[k] = lanes_inside(
				stride == 1 ? at + k : at + (k & 1) * VLEN + (k & 2), win->in[2]);
		strip_row(win, &s, x, row, at, stride, top);
		if (stride == 1)
			strip_row(win, &s, x, row + 1, at, stride, middle);
		for (oy = 0; oy < win->out[1]; oy++, row += stride) {
			vec v, u;

			if (stride == 2)
				strip_row(win, &s, x, row + 1, at, stride, middle);
			strip_row(win, &s, x, row + 2, at, stride, bottom);
			v = vec_splat(bias) + top[0] * tap[0];
			u = middle[0] * tap[3];
			v += top[1] * tap[1];
			u += middle[1] * tap[4];
			v += top[2] * tap[2];
			u += middle[2] * tap[5];
			v += bottom[0] * tap[6];
			u += bottom[1] * tap[7];
			v += bottom[2] * tap[8];
			v += u;
			if (d->c->relu)
				v = vec_max(v, (vec){});
			_mm512_mask_storeu_ps(y + oy * width + i, s.store, (__m512)v);
#pragma GCC unroll 4
			for (k = 0; k < 3; k++) {
				top[k] = stride == 1 ? middle[k] : bottom[k];
				middle[k] = bottom[k];
			}
		}
	}
}

/* True if this plane was done. */
static bool plane_as_it_lies(const struct depthwise *d, const float *x, const float *w, float bias,
			     float *y)
{
	const struct synergy_window *win = &d->c->w;

	if (win->stride[1] != win->stride[2])
		return false;
	if (win->stride[2] == 1)
		plane_strips(d, x, w, bias, y, 1);
	else if (win->stride[2] == 2)
		plane_strips(d, x, w, bias, y, 2);
	else
		return false;
	return true;
}
#else
static bool plane_as_it_lies(const struct depthwise *d, const float *x, const float *w, float bias,
			     float *y)
{
	(void)d, (void)x, (void)w, (void)bias, (void)y;
	return false;
}
#endif

static void plane_any(const struct depthwise *d, const float *image, const float *w, float bias,
		      float *y)
{
	const struct synergy_window *win = &d->c->w;
	const int64_t width = win->out[2], row = phased_row(&d->p);
	int64_t oy, i, ky, kx;

	for (oy = 0; oy < win->out[1]; oy++, y += width) {
		const float *from = image + oy * win->stride[1] * row;

		for (i = 0; i < width; i += VLEN) {
			vec v = vec_splat(bias);

			for (ky = 0; ky < win->kernel[1]; ky++)
				for (kx = 0; kx < win->kernel[2]; kx++) {
					const int64_t right = kx * win->dilation[2];
					const float *at = from + ky * win->dilation[1] * row +
							  right % d->p.phases * d->p.width +
							  right / d->p.phases + i;

					v += vec_load(at) * vec_splat(w[ky * win->kernel[2] + kx]);
				}
			finish(y + i, v, width - i, d->c->relu);
		}
	}
}

static void channels_part(void *job, int part)
{
	const struct depthwise *d = job;
	const struct synergy_window *w = &d->c->w;
	const int64_t planes = d->c->batch * d->c->out_channels;
	const int64_t many = d->c->out_channels / d->c->groups;
	const bool small = w->kernel[1] == 3 && w->kernel[2] == 3 && w->dilation[1] == 1 &&
			   w->dilation[2] == 1;
	float *image = d->buffers + part * buffer_floats(&d->p);
	int64_t i, loaded = -1;

	for (i = planes * part / d->parts; i < planes * (part + 1) / d->parts; i++) {
		const int64_t m = i % d->c->out_channels;
		const float *taps = d->w + m * w->kernel[1] * w->kernel[2];
		float *y = d->y + i * synergy_window_out(w);
		const float bias = d->bias ? d->bias[m] : 0;

		if (small && plane_as_it_lies(d, d->x + i / many * synergy_window_in(w), taps, bias,
					      y))
			continue;
		if (i / many != loaded)
			phased_channel(&d->p, d->x + i / many * synergy_window_in(w), image,
				       loaded < 0);
		loaded = i / many;
		if (small && w->stride[2] == 1)
			plane_3x3(d, image, taps, bias, y, 1);
		else if (small && w->stride[2] == 2)
			plane_3x3(d, image, taps, bias, y, 2);
		else
			plane_any(d, image, taps, bias, y);
	}
}

void SIMD(depthwise_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
			  const float *x, const float *w, const float *bias, float *workspace,
			  float *y)
{
	struct depthwise d = {
		.c = c, .p = phased_of(c), .x = x, .w = w, .bias = bias, .buffers = workspace, .y = y,
		.parts = synergy_threads_count(threads),
	};

	synergy_threads_run(threads, d.parts, channels_part, &d);
}
