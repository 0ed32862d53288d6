// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Depthwise convolution (one input channel per group). Each channel is copied once, with
 * its padding, into planes that stay in the first-level cache: one for a stride of 1, four
 * by the parities of row and column for 2, so that every tap of every output is one of
 * neighbouring elements. Kernels of 3, 5 and 7 keep their taps in registers and make two
 * rows of outputs at once, which share most of what they read.
 */
#include "kernels/simd/phase.h"
#include "kernels/simd/simd_list.h"

#define MAX_TAPS 49 /* 7 x 7 */

/* Where a channel's padded columns and rows lie. */
struct planes {
	int64_t step_y, step_x; /* planes in each direction: the strides */
	int64_t pitch; /* floats between rows of a plane */
	int64_t rows;
	int64_t floats; /* of one plane */
};

struct depthwise {
	const struct synergy_conv *c;
	struct planes p;
	const float *x, *w, *bias;
	float *buffers, *y;
	int parts;
};

static struct planes planes_of(const struct synergy_conv *c)
{
	const struct synergy_window *w = &c->w;
	const int64_t reach_y = (w->kernel[1] - 1) * w->dilation[1];
	const int64_t reach_x = (w->kernel[2] - 1) * w->dilation[2];
	struct planes p = {
		.step_y = w->stride[1], .step_x = w->stride[2],
		.pitch = w->out[2] + reach_x / w->stride[2],
		.rows = w->out[1] + reach_y / w->stride[1],
	};

	p.floats = p.pitch * p.rows;
	return p;
}

/* Vectors are read past the last row, by a whole one in each of two rows. */
static int64_t buffer_floats(const struct planes *p)
{
	return (p->step_y * p->step_x * p->floats + 2 * p->pitch + 2 * VLEN + 15) / 16 * 16;
}

size_t SIMD(depthwise_workspace_floats)(const struct synergy_conv *c, int threads)
{
	const struct planes p = planes_of(c);

	return (size_t)threads * (size_t)buffer_floats(&p);
}

/* --- the copy --------------------------------------------------------------------------------- */

/* First and last + 1 index of a dimension of one plane that lie inside the image. */
static void inside(int64_t parity, int64_t step, int64_t pad, int64_t in, int64_t size,
		   int64_t *first, int64_t *end)
{
	*first = pad > parity ? (pad - parity + step - 1) / step : 0;
	*end = in + pad > parity ? (in + pad - parity + step - 1) / step : 0;
	*end = *end < size ? *end : size;
	*first = *first < *end ? *first : *end;
}

static void copy_strided(const float *from, int64_t step, float *to, int64_t count)
{
	int64_t i;

	if (step == 1) {
		phased_copy(from, to, count);
		return;
	}
	for (i = 0; i < count; i++)
		to[i] = from[i * step];
}

/* One image row into the planes of its column parities. */
static void copy_row(const struct depthwise *d, const float *from, float *to)
{
	const struct planes *p = &d->p;
	const int64_t pad = d->c->w.pad_begin[2], in = d->c->w.in[2];
	int64_t first[2], end[2], f;

	if (p->step_x == 2) {
		inside(0, 2, pad, in, p->pitch, &first[0], &end[0]);
		inside(1, 2, pad, in, p->pitch, &first[1], &end[1]);
		phased_pairs(from + first[0] * 2 - pad, to + first[0], end[0] - first[0],
			     from + first[1] * 2 + 1 - pad, to + p->floats + first[1],
			     end[1] - first[1]);
		return;
	}
	for (f = 0; f < p->step_x; f++) {
		inside(f, p->step_x, pad, in, p->pitch, &first[0], &end[0]);
		copy_strided(from + first[0] * p->step_x + f - pad, p->step_x,
			     to + f * p->floats + first[0], end[0] - first[0]);
	}
}

/* The padding is zero from the beginning and stays so. */
static void copy_channel(const struct depthwise *d, const float *x, float *to)
{
	const struct synergy_window *w = &d->c->w;
	const struct planes *p = &d->p;
	int64_t top, bottom, f, y;

	for (f = 0; f < p->step_y; f++, to += p->step_x * p->floats) {
		inside(f, p->step_y, w->pad_begin[1], w->in[1], p->rows, &top, &bottom);
		for (y = top; y < bottom; y++)
			copy_row(d, x + (y * p->step_y + f - w->pad_begin[1]) * w->in[2],
				 to + y * p->pitch);
	}
}

/* --- kernels of 3, 5 and 7 ---------------------------------------------------------------------- */

/*
 * AArch64 multiplies by one lane of a register: four taps to a register. Elsewhere a
 * register has one tap, or memory has it where there are more than registers.
 */
#if defined(__aarch64__)
#define TAP_VECS ((MAX_TAPS + 3) / 4)
#define TAP(t, k) vec_splat((t)[(k) / 4][(k) % 4])
#else
#define TAP_VECS MAX_TAPS
#define TAP(t, k) ((t)[k])
#endif

VEC_INLINE void load_taps(vec *tap, const float *w, int n)
{
#if defined(__aarch64__)
	int k;

	for (k = 0; k + 4 <= n; k += 4)
		tap[k / 4] = vec_load(w + k);
	if (k < n)
		tap[k / 4] = vec_load_part(w + k, n - k);
#else
	int k;

#pragma GCC unroll 49
	for (k = 0; k < n; k++)
		tap[k] = vec_splat(w[k]);
#endif
}

/*
 * A vector of each of two rows of outputs, the second one `pitch` further on. Even and odd
 * kernel rows have sums of their own, so that fewer products wait for each other.
 */
VEC_INLINE void two_rows(const float *at, int64_t pitch, int64_t plane, const vec *tap, vec out[2],
			 int kernel, int step)
{
	vec sum[2][2] = { { out[0], {} }, { out[1], {} } };
	int py, r, kx;

#pragma GCC unroll 2
	for (py = 0; py < step; py++) {
		const int rows = (kernel - 1 - py) / step + 2;

#pragma GCC unroll 8
		for (r = 0; r < rows; r++)
#pragma GCC unroll 8
			for (kx = 0; kx < kernel; kx++) {
				const vec v = vec_load(at + (py * step + kx % step) * plane + r * pitch +
						       kx / step);
				const int ky0 = r * step + py, ky1 = ky0 - step;

				if (ky0 < kernel)
					sum[0][ky0 & 1] += v * TAP(tap, ky0 * kernel + kx);
				if (ky1 >= 0)
					sum[1][ky1 & 1] += v * TAP(tap, ky1 * kernel + kx);
			}
	}
	out[0] = sum[0][0] + sum[0][1];
	out[1] = sum[1][0] + sum[1][1];
}

VEC_INLINE vec one_row(const float *at, int64_t pitch, int64_t plane, const vec *tap, vec start,
		       int kernel, int step)
{
	vec sum[2] = { start, {} };
	int ky, kx;

#pragma GCC unroll 8
	for (ky = 0; ky < kernel; ky++)
#pragma GCC unroll 8
		for (kx = 0; kx < kernel; kx++)
			sum[ky & 1] += vec_load(at + (ky % step * step + kx % step) * plane +
						ky / step * pitch + kx / step) *
				       TAP(tap, ky * kernel + kx);
	return sum[0] + sum[1];
}

/* How outputs are stored: where, and what is done to them. */
struct store {
	float *y;
	const float *residual;
	const struct synergy_post *post;
	int64_t width;
};

VEC_INLINE void store(const struct store *s, int64_t at, vec v, int64_t left)
{
	if (s->residual)
		v += left >= VLEN ? vec_load(s->residual + at) : vec_load_part(s->residual + at, left);
	if (s->post->has_min)
		v = vec_max(v, vec_splat(s->post->min));
	if (s->post->has_max)
		v = vec_at_most(v, vec_splat(s->post->max));
	if (left >= VLEN)
		vec_store(s->y + at, v);
	else
		vec_store_part(s->y + at, v, left);
}

/* Rows of outputs y0..y1-1: two at a time, and the last vector of a row as a part of one. */
VEC_INLINE void plane_rows(const struct depthwise *d, const float *planes, const vec *tap, float bias,
			   const struct store *s, int kernel, int step)
{
	const int64_t width = d->c->w.out[2], height = d->c->w.out[1];
	const int64_t pitch = d->p.pitch, plane = d->p.floats;
	const vec start = vec_splat(bias);
	int64_t y, i;

	for (y = 0; y + 2 <= height; y += 2)
		for (i = 0; i < width; i += VLEN) {
			vec out[2] = { start, start };

			two_rows(planes + y * pitch + i, pitch, plane, tap, out, kernel, step);
			store(s, y * width + i, out[0], width - i);
			store(s, (y + 1) * width + i, out[1], width - i);
		}
	for (; y < height; y++)
		for (i = 0; i < width; i += VLEN)
			store(s, y * width + i,
			      one_row(planes + y * pitch + i, pitch, plane, tap, start, kernel, step),
			      width - i);
}

/* The same for every kernel size, each with its own code. */
#define PLANE_KERNEL(kernel, step)                                                                \
	static __attribute__((noinline)) void plane_##kernel##_##step(                            \
		const struct depthwise *d, const float *planes, const float *w, float bias,       \
		const struct store *s)                                                            \
	{                                                                                         \
		vec tap[TAP_VECS];                                                                \
                                                                                                  \
		load_taps(tap, w, (kernel) * (kernel));                                           \
		plane_rows(d, planes, tap, bias, s, kernel, step);                                \
	}

PLANE_KERNEL(3, 1)
PLANE_KERNEL(3, 2)
PLANE_KERNEL(5, 1)
PLANE_KERNEL(5, 2)
PLANE_KERNEL(7, 1)
PLANE_KERNEL(7, 2)

typedef void plane_fn(const struct depthwise *d, const float *planes, const float *w, float bias,
		      const struct store *s);

/* Any kernel, stride and dilation: offsets of the taps are made once for a channel. */
static void plane_any(const struct depthwise *d, const float *planes, const float *w, float bias,
		      const struct store *s)
{
	const struct synergy_window *win = &d->c->w;
	const struct planes *p = &d->p;
	int64_t y, i, ky, kx;

	for (y = 0; y < win->out[1]; y++)
		for (i = 0; i < win->out[2]; i += VLEN) {
			vec v = vec_splat(bias);

			for (ky = 0; ky < win->kernel[1]; ky++) {
				const int64_t down = ky * win->dilation[1];
				const float *row = planes + down % p->step_y * p->step_x * p->floats +
						   (y + down / p->step_y) * p->pitch + i;
				int64_t parity = 0, column = 0;

				for (kx = 0; kx < win->kernel[2]; kx++) {
					v += vec_load(row + parity * p->floats + column) *
					     vec_splat(w[ky * win->kernel[2] + kx]);
					parity += win->dilation[2];
					for (; parity >= p->step_x; parity -= p->step_x)
						column++;
				}
			}
			store(s, y * win->out[2] + i, v, win->out[2] - i);
		}
}

static plane_fn *plane_of(const struct synergy_window *w)
{
	static plane_fn *const fns[3][2] = {
		{ plane_3_1, plane_3_2 }, { plane_5_1, plane_5_2 }, { plane_7_1, plane_7_2 },
	};

	if (w->kernel[1] != w->kernel[2] || w->stride[1] != w->stride[2] || w->stride[1] > 2 ||
	    w->dilation[1] != 1 || w->dilation[2] != 1 || w->kernel[1] < 3 || w->kernel[1] > 7 ||
	    w->kernel[1] % 2 == 0)
		return plane_any;
	return fns[(w->kernel[1] - 3) / 2][w->stride[1] - 1];
}

/* --- 3x3 as the image lies, with masked loads ---------------------------------------------------- */

#if VLEN == 16
/* One vector of outputs from top to bottom: where its taps' columns are inside the image. */
struct strip {
	__mmask16 load[4];
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
			     const struct store *to, int stride)
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
		struct strip s;

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
			store(to, oy * width + i, v + u, width - i);
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
			     const struct store *s)
{
	const struct synergy_window *win = &d->c->w;

	if (win->stride[1] != win->stride[2] || win->kernel[1] != 3 || win->kernel[2] != 3 ||
	    win->dilation[1] != 1 || win->dilation[2] != 1)
		return false;
	if (win->stride[2] == 1)
		plane_strips(d, x, w, bias, s, 1);
	else if (win->stride[2] == 2)
		plane_strips(d, x, w, bias, s, 2);
	else
		return false;
	return true;
}
#else
static bool plane_as_it_lies(const struct depthwise *d, const float *x, const float *w, float bias,
			     const struct store *s)
{
	(void)d, (void)x, (void)w, (void)bias, (void)s;
	return false;
}
#endif

static void channels_part(void *job, int part)
{
	const struct depthwise *d = job;
	const struct synergy_window *w = &d->c->w;
	const struct synergy_post *post = &d->c->post;
	const int64_t planes = d->c->batch * d->c->out_channels, out = synergy_window_out(w);
	const int64_t many = d->c->out_channels / d->c->groups;
	float *image = d->buffers + part * buffer_floats(&d->p);
	plane_fn *plane = plane_of(w);
	int64_t i, loaded = -1;

	for (i = planes * part / d->parts; i < planes * (part + 1) / d->parts; i++) {
		const int64_t m = i % d->c->out_channels;
		const float *x = d->x + i / many * synergy_window_in(w);
		const float *taps = d->w + m * w->kernel[1] * w->kernel[2];
		const float bias = d->bias ? d->bias[m] : 0;
		const struct store s = { d->y + i * out, post->residual ? post->residual + i * out : NULL,
					 post, w->out[2] };

		if (!plane_as_it_lies(d, x, taps, bias, &s)) {
			if (loaded < 0)
				memset(image, 0, (size_t)buffer_floats(&d->p) * sizeof(*image));
			if (i / many != loaded)
				copy_channel(d, x, image);
			loaded = i / many;
			plane(d, image, taps, bias, &s);
		}
		if (post->map.function != SYNERGY_FN_IDENTITY)
			SIMD(map)(&post->map, s.y, s.y, out);
	}
}

void SIMD(depthwise_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
			  const float *x, const float *w, const float *bias, float *workspace,
			  float *y)
{
	struct depthwise d = {
		.c = c, .p = planes_of(c), .x = x, .w = w, .bias = bias, .buffers = workspace, .y = y,
		.parts = synergy_threads_count(threads),
	};

	synergy_threads_run(threads, d.parts, channels_part, &d);
}
