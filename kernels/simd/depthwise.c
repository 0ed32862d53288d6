// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Depthwise convolution (one input channel per group): each channel is copied
 * once, padded and by phase, into a buffer that stays in cache, and every
 * output row is a sum of shifted rows.
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
