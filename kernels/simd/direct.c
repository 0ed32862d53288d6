// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolution without a column matrix: the columns that one block of outputs
 * needs are gathered, a cache's worth at a time, straight from the image (or
 * from its padded, phased copy) and multiplied at once with packed weights.
 */
#include "kernels/simd/micro.h"
#include "kernels/simd/phase.h"
#include "kernels/simd/simd_list.h"

/*
 * Depth of a block, at most. Measured: with AVX-512 columns from the second-level
 * cache cost less than adding to C more often.
 */
#if VLEN == 16
#define KC 512
#else
#define KC (4608 / NR)
#endif
/* Weights (floats) that stay in the second-level cache while columns go by. */
#define CHUNK_FLOATS 65536
/* Outputs (floats of C) that stay in the second-level cache between blocks of depth. */
#define BLOCK_FLOATS 98304

struct segment {
	int64_t to, from, count;
};

/* The stretches of a row of pixels that make up one sliver. */
struct sliver {
	struct segment segment[NR];
	int n;
	int64_t cols;
	int64_t width; /* cols rounded up to whole vectors, but for a mere tail */
	bool safe; /* whole vectors may be read past each stretch */
};

struct direct {
	const struct synergy_conv *c;
	struct phased p;
	bool plain; /* the image is used as it lies */
	bool sampled; /* 1x1 that strides: the copy holds only the pixels it meets */
	int64_t step_y; /* rows of the image (or copy) between rows of outputs */
	int64_t group_in, group_out, depth, outputs;
	int64_t step; /* of depth: even blocks of at most KC */
	int64_t m_slivers;
	int64_t block; /* outputs at a time */
	int64_t panel; /* slivers of columns at a time */
	int64_t chunk; /* rows of weights at a time */
	const float *x, *packed, *bias, *residual; /* of the image and group at hand */
	float *image, *columns, *y;
	int parts;
};

static int64_t round_up(int64_t n, int64_t to)
{
	return (n + to - 1) / to * to;
}

/*
 * Few weights stay in cache by themselves: columns are gathered a sliver at a
 * time and meet them all. Many come from memory, so a block's columns are gathered
 * together and each weight is read once for all of them.
 */
static void set_blocks(struct direct *d)
{
	int64_t target = BLOCK_FLOATS / d->group_out, blocks;

	d->panel = 1;
	d->chunk = d->m_slivers * MR;
	if (d->group_out * d->step > CHUNK_FLOATS && target > BLOCK_FLOATS / d->step)
		target = BLOCK_FLOATS / d->step;
	if (target < NR)
		target = NR;
	blocks = (d->outputs + target / 2) / target;
	if (blocks < 1)
		blocks = 1;
	d->block = round_up((d->outputs + blocks - 1) / blocks, NR);
	if (d->group_out * d->step <= CHUNK_FLOATS)
		return;
	d->panel = d->block / NR;
	d->chunk = CHUNK_FLOATS / d->step / MR * MR;
	if (d->chunk < MR)
		d->chunk = MR;
}

static struct direct direct_of(const struct synergy_conv *c)
{
	const struct synergy_window *w = &c->w;
	struct direct d = {
		.c = c,
		.group_in = c->in_channels / c->groups,
		.group_out = c->out_channels / c->groups,
		.outputs = synergy_window_out(w),
	};
	const int64_t right = (w->out[2] - 1) * w->stride[2] + (w->kernel[2] - 1) * w->dilation[2] + 1;

	d.depth = d.group_in * synergy_window_kernel(w);
	d.step = (d.depth + (d.depth + KC - 1) / KC - 1) / ((d.depth + KC - 1) / KC);
	d.m_slivers = (d.group_out + MR - 1) / MR;
	d.plain = w->stride[2] == 1 && !w->pad_begin[1] && !w->pad_begin[2] && !w->pad_end[1] &&
		  !w->pad_end[2];
	d.p = (struct phased){
		.rows = (w->out[1] - 1) * w->stride[1] + (w->kernel[1] - 1) * w->dilation[1] + 1,
		.phases = w->stride[2],
		.pad_top = w->pad_begin[1],
		.pad_left = w->pad_begin[2],
		.in_height = w->in[1],
		.in_width = w->in[2],
	};
	d.p.width = (right + d.p.phases - 1) / d.p.phases;
	if (d.plain) {
		d.p.rows = w->in[1];
		d.p.width = w->in[2];
	}
	d.step_y = w->stride[1];
	d.sampled = !d.plain && w->kernel[1] == 1 && w->kernel[2] == 1 && !w->pad_begin[1] &&
		    !w->pad_begin[2] && !w->pad_end[1] && !w->pad_end[2];
	if (d.sampled) {
		d.p = (struct phased){ .rows = w->out[1], .phases = 1, .width = w->out[2] };
		d.step_y = 1;
	}
	set_blocks(&d);
	return d;
}

/* Packed weights: [group][block of depth][sliver of MR rows][k][MR]. */
size_t SIMD(direct_packed_floats)(const struct synergy_conv *c)
{
	const struct direct d = direct_of(c);

	return c->groups * d.m_slivers * MR * d.depth + A_SLACK;
}

void SIMD(direct_pack)(const struct synergy_conv *c, const float *w, float *packed)
{
	const struct direct d = direct_of(c);
	int64_t g, k0, s, k, i;

	for (g = 0; g < c->groups; g++, w += d.group_out * d.depth)
		for (k0 = 0; k0 < d.depth; k0 += d.step)
			for (s = 0; s < d.m_slivers; s++)
				for (k = k0; k < k0 + d.step && k < d.depth; k++)
					for (i = s * MR; i < (s + 1) * MR; i++)
						*packed++ = i < d.group_out ? w[i * d.depth + k] : 0;
}

static int64_t image_floats(const struct direct *d)
{
	return d->plain ? 0 : round_up(d->group_in * phased_plane(&d->p) + NR, 16);
}

static int64_t column_floats(const struct direct *d)
{
	return round_up(d->panel * d->step * NR + NR, 16);
}

size_t SIMD(direct_workspace_floats)(const struct synergy_conv *c, int threads)
{
	const struct direct d = direct_of(c);

	return image_floats(&d) + threads * column_floats(&d);
}

static void size_sliver(struct sliver *s, int64_t n0, int64_t n1)
{
	s->cols = n1 - n0;
	s->width = s->cols <= TAIL_MAX ? s->cols : round_up(s->cols, VLEN);
}

static void find_sliver(const struct direct *d, int64_t n0, int64_t n1, struct sliver *s)
{
	const struct synergy_window *w = &d->c->w;
	const int64_t end = d->plain ? d->group_in * phased_plane(&d->p) : INT64_MAX;
	int64_t y = n0 / w->out[2], x = n0 % w->out[2], n, last;

	s->n = 0;
	size_sliver(s, n0, n1);
	for (n = n0; n < n1; y++, x = 0) {
		int64_t count = w->out[2] - x;
		const int64_t from = y * d->step_y * phased_row(&d->p) + x;
		struct segment *before = s->n ? &s->segment[s->n - 1] : NULL;

		if (count > n1 - n)
			count = n1 - n;
		if (before && before->from + before->count == from)
			before->count += count;
		else
			s->segment[s->n++] = (struct segment){ n - n0, from, count };
		n += count;
	}
	last = (d->group_in - 1) * phased_plane(&d->p) +
	       (w->kernel[1] - 1) * w->dilation[1] * phased_row(&d->p) +
	       (w->kernel[2] - 1) * w->dilation[2] + s->segment[s->n - 1].from +
	       s->segment[s->n - 1].count;
	s->safe = last + VLEN <= end;
}

/*
 * Whole vectors are written: what goes past a stretch is overwritten by the next
 * one, and past a row by the next row.
 */
VEC_INLINE void copy_row(const struct sliver *s, const float *from, float *to)
{
	int i;

	for (i = 0; i < s->n; i++) {
		const struct segment *g = &s->segment[i];
		int64_t at;

		for (at = 0; at < g->count; at += VLEN)
			vec_store(to + g->to + at, vec_load(from + g->from + at));
	}
}

static void copy_row_exactly(const struct sliver *s, const float *from, float *to)
{
	int i;

	for (i = 0; i < s->n; i++)
		memcpy(to + s->segment[i].to, from + s->segment[i].from,
		       s->segment[i].count * sizeof(*to));
	for (int64_t n = s->cols; n < s->width; n++)
		to[n] = 0;
}

/* Where the rows of columns begin in the image (or copy), without a division for each. */
struct walk {
	const float *line; /* of the image: channel and tap row */
	int64_t ky, kx, phase, column;
};

static struct walk walk_from(const struct direct *d, int64_t k)
{
	const struct synergy_window *w = &d->c->w;
	const int64_t c = k / (w->kernel[1] * w->kernel[2]);
	struct walk at = { .ky = k / w->kernel[2] % w->kernel[1], .kx = k % w->kernel[2] };

	at.line = (d->plain ? d->x : d->image) + c * phased_plane(&d->p) +
		  at.ky * w->dilation[1] * phased_row(&d->p);
	at.phase = at.kx * w->dilation[2] % d->p.phases;
	at.column = at.kx * w->dilation[2] / d->p.phases;
	return at;
}

VEC_INLINE void walk_on(const struct direct *d, struct walk *at)
{
	const struct synergy_window *w = &d->c->w;

	if (++at->kx < w->kernel[2]) {
		at->phase += w->dilation[2];
		for (; at->phase >= d->p.phases; at->phase -= d->p.phases)
			at->column++;
		return;
	}
	at->kx = at->phase = at->column = 0;
	at->line += w->dilation[1] * phased_row(&d->p);
	if (++at->ky < w->kernel[1])
		return;
	at->ky = 0;
	at->line += phased_plane(&d->p) - w->kernel[1] * w->dilation[1] * phased_row(&d->p);
}

VEC_INLINE void copy_whole(const float *from, float *to)
{
	vec v[NV];
	int i;

#pragma GCC unroll 4
	for (i = 0; i < NV; i++)
		v[i] = vec_load(from + i * VLEN);
#pragma GCC unroll 4
	for (i = 0; i < NV; i++)
		vec_store(to + i * VLEN, v[i]);
}

/* Rows k0..k1-1 of the columns of one sliver. */
static void gather(const struct direct *d, const struct sliver *s, int64_t k0, int64_t k1, float *to)
{
	const bool whole = s->safe && s->n == 1 && s->width == NR;
	const int64_t plane = phased_plane(&d->p);
	struct walk at = walk_from(d, k0);
	int64_t k;

	if (whole && d->c->w.kernel[1] * d->c->w.kernel[2] == 1) {
		const float *from = at.line + s->segment[0].from;

		for (k = k0; k < k1; k++, from += plane, to += NR)
			copy_whole(from, to);
		return;
	}
	for (k = k0; k < k1; k++, to += s->width, walk_on(d, &at)) {
		const float *from = at.line + at.phase * d->p.width + at.column;

		if (whole)
			copy_whole(from + s->segment[0].from, to);
		else if (s->safe)
			copy_row(s, from, to);
		else
			copy_row_exactly(s, from, to);
	}
}

/* Rows m0..m1-1 of the output, of one sliver. */
static void multiply_sliver(const struct direct *d, const struct sliver *s, int64_t n0, int64_t k0,
			    int64_t k1, int64_t m0, int64_t m1, const float *columns)
{
	const float *a = d->packed + k0 * d->m_slivers * MR + m0 * (k1 - k0);
	const struct synergy_post *post = &d->c->post;
	const bool last = k1 == d->depth;
	int64_t m;

	for (m = m0; m < m1; m += MR, a += (k1 - k0) * MR) {
		const struct micro_out o = {
			.c = d->y + m * d->outputs + n0,
			.ldc = d->outputs,
			.rows = d->group_out - m < MR ? (int)(d->group_out - m) : MR,
			.cols = s->cols,
			.bias = d->bias && k0 == 0 ? d->bias + m : NULL,
			.from = k0 > 0 ? d->y + m * d->outputs + n0 :
				d->residual ? d->residual + m * d->outputs + n0 : NULL,
			.ld_from = d->outputs,
			.has_min = post->has_min && last,
			.has_max = post->has_max && last,
			.min = post->min,
			.max = post->max,
		};

		micro(k1 - k0, a, columns, s->width, &o);
	}
}

/* Outputs begin..end-1, no more than a panel of them. */
static void multiply_panel(const struct direct *d, int64_t begin, int64_t end, int64_t k0,
			   int64_t k1, float *columns)
{
	const int64_t step = d->step * NR;
	struct sliver s;
	int64_t m0, n0;

	for (n0 = begin; n0 < end; n0 += NR) {
		find_sliver(d, n0, n0 + NR < end ? n0 + NR : end, &s);
		gather(d, &s, k0, k1, columns + (n0 - begin) / NR * step);
	}
	for (m0 = 0; m0 < d->group_out; m0 += d->chunk) {
		const int64_t m1 = m0 + d->chunk < d->group_out ? m0 + d->chunk : d->group_out;

		for (n0 = begin; n0 < end; n0 += NR) {
			size_sliver(&s, n0, n0 + NR < end ? n0 + NR : end);
			multiply_sliver(d, &s, n0, k0, k1, m0, m1,
					columns + (n0 - begin) / NR * step);
		}
	}
}

/* The function that follows, on a block of all channels' outputs. */
static void finish_block(const struct direct *d, int64_t begin, int64_t end)
{
	int64_t m;

	if (d->c->post.map.function == SYNERGY_FN_IDENTITY)
		return;
	for (m = 0; m < d->group_out; m++)
		SIMD(map)(&d->c->post.map, d->y + m * d->outputs + begin,
			  d->y + m * d->outputs + begin, end - begin);
}

/* Outputs begin..end-1, a block at a time. */
static void direct_outputs(const struct direct *d, int64_t begin, int64_t end, float *columns)
{
	int64_t b, k0, n0;

	for (b = begin; b < end; b += d->block) {
		const int64_t stop = b + d->block < end ? b + d->block : end;

		for (k0 = 0; k0 < d->depth; k0 += d->step) {
			const int64_t k1 = k0 + d->step < d->depth ? k0 + d->step : d->depth;

			for (n0 = b; n0 < stop; n0 += d->panel * NR)
				multiply_panel(d, n0,
					       n0 + d->panel * NR < stop ? n0 + d->panel * NR : stop,
					       k0, k1, columns);
		}
		finish_block(d, b, stop);
	}
}

static void sample_channel(const struct direct *d, const float *x, float *to)
{
	const struct synergy_window *w = &d->c->w;
	int64_t y, i;

	for (y = 0; y < w->out[1]; y++, x += w->stride[1] * w->in[2], to += w->out[2])
		for (i = 0; i < w->out[2]; i++)
			to[i] = x[i * w->stride[2]];
}

static void pad_part(void *job, int part)
{
	const struct direct *d = job;
	int64_t i = d->group_in * part / d->parts, end = d->group_in * (part + 1) / d->parts;

	for (; i < end; i++) {
		const float *x = d->x + i * synergy_window_in(&d->c->w);
		float *to = d->image + i * phased_plane(&d->p);

		if (d->sampled)
			sample_channel(d, x, to);
		else
			phased_channel(&d->p, x, to, true);
	}
}

static void output_part(void *job, int part)
{
	const struct direct *d = job;
	const int64_t slivers = (d->outputs + NR - 1) / NR;
	const int64_t begin = slivers * part / d->parts * NR;
	int64_t end = slivers * (part + 1) / d->parts * NR;

	if (end > d->outputs)
		end = d->outputs;
	direct_outputs(d, begin, end, d->columns + part * column_floats(d));
}

void SIMD(direct_conv)(struct synergy_threads *threads, const struct synergy_conv *c,
		       const float *x, const float *packed, const float *bias, float *workspace,
		       float *y)
{
	struct direct d = direct_of(c);
	int64_t n, g;

	d.parts = synergy_threads_count(threads);
	d.image = workspace;
	d.columns = workspace + image_floats(&d);
	for (n = 0; n < c->batch; n++)
		for (g = 0; g < c->groups; g++) {
			d.x = x + (n * c->groups + g) * d.group_in * synergy_window_in(&c->w);
			d.y = y + (n * c->groups + g) * d.group_out * d.outputs;
			d.packed = packed + g * d.m_slivers * MR * d.depth;
			d.bias = bias ? bias + g * d.group_out : NULL;
			d.residual = c->post.residual ? c->post.residual + (d.y - y) : NULL;
			if (!d.plain)
				synergy_threads_run(threads, d.parts, pad_part, &d);
			synergy_threads_run(threads, d.parts, output_part, &d);
		}
}
