// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Winograd convolution for 3x3 kernels that move by one. Tiles are transformed
 * a block of tile rows at a time; the products are one GEMM for each element of
 * the transformed tile, with weights transformed and packed at plan time.
 */
#include "kernels/simd/micro.h"
#include "kernels/simd/phase.h"
#include "kernels/simd/simd_list.h"
#include "kernels/simd/winograd_tile.h"

#define KC (6144 / NR)
/* Floats of transformed tiles, in and out, that one block may take. */
#define BLOCK_FLOATS 200000
#define MAX_SIDE 6

struct winograd {
	const struct synergy_conv *c;
	int64_t group_in, group_out; /* channels of one group, which is one problem */
	int tile; /* outputs of a tile along one axis: 4 or 2 */
	int side; /* inputs of a tile along one axis */
	int points; /* side * side */
	struct phased p;
	int64_t tiles_x, tiles_y;
	int64_t rows; /* tile rows in a block */
	int64_t ld; /* floats between channels of transformed tiles */
	int64_t m_slivers;
	const float *x, *packed, *bias, *residual;
	float *image, *tiles, *y;
	int parts;
};

static int64_t round_up(int64_t n, int64_t to)
{
	return (n + to - 1) / to * to;
}

static struct winograd winograd_of(const struct synergy_conv *c, int tile)
{
	const struct synergy_window *win = &c->w;
	struct winograd w = {
		.c = c,
		.tile = tile,
		.side = tile + 2,
		.points = (tile + 2) * (tile + 2),
		.tiles_x = (win->out[2] + tile - 1) / tile,
		.tiles_y = (win->out[1] + tile - 1) / tile,
		.group_in = c->in_channels / c->groups,
		.group_out = c->out_channels / c->groups,
	};
	int64_t tiles = BLOCK_FLOATS / (w.points * (w.group_in + w.group_out));

	w.m_slivers = (w.group_out + MR - 1) / MR;
	if (tiles < 48)
		tiles = 48;
	w.rows = tiles / w.tiles_x;
	if (w.rows < 1)
		w.rows = 1;
	if (w.rows > w.tiles_y)
		w.rows = w.tiles_y;
	/* The last vector of a tile row may reach past it. */
	w.ld = round_up((w.rows - 1) * w.tiles_x + round_up(w.tiles_x, VLEN), VLEN);
	if (w.ld % 256 == 0)
		w.ld += VLEN;
	w.p = (struct phased){
		.rows = w.tiles_y * tile + 2,
		.phases = tile,
		.width = w.tiles_x + 1,
		.pad_top = win->pad_begin[1],
		.pad_left = win->pad_begin[2],
		.in_height = win->in[1],
		.in_width = win->in[2],
	};
	return w;
}

static int64_t packed_floats(const struct winograd *w)
{
	return w->points * w->m_slivers * MR * w->group_in;
}

size_t SIMD(winograd_packed_floats)(const struct synergy_conv *c, int tile)
{
	const struct winograd w = winograd_of(c, tile);

	return (size_t)(c->groups * packed_floats(&w) + A_SLACK);
}

/*
 * The transformed kernels G g G^T of MR outputs and one input channel, in two passes of
 * one dimension each; rows that are not there are zero.
 */
static void transform_filters(const float *weights, int64_t step, int rows, int tile,
			      float points[MAX_SIDE * MAX_SIDE][MR])
{
	const double (*const g)[3] = tile == 4 ? filter_4 : filter_2;
	const int side = tile + 2;
	double down[MAX_SIDE][3][MR];
	double taps[9][MR];
	int i, k, r, c;

	for (k = 0; k < 9; k++)
		for (i = 0; i < MR; i++)
			taps[k][i] = i < rows ? (double)weights[i * step + k] : 0;
	for (r = 0; r < side; r++)
		for (c = 0; c < 3; c++)
			for (i = 0; i < MR; i++)
				down[r][c][i] = g[r][0] * taps[c][i] + g[r][1] * taps[3 + c][i] +
						g[r][2] * taps[6 + c][i];
	for (r = 0; r < side; r++)
		for (c = 0; c < side; c++)
			for (i = 0; i < MR; i++)
				points[r * side + c][i] = (float)(g[c][0] * down[r][0][i] +
								  g[c][1] * down[r][1][i] +
								  g[c][2] * down[r][2][i]);
}

/* One group: [point][block of channels][sliver of MR outputs][channel][MR] */
static void pack_group(const struct winograd *w, const float *weights, float *packed)
{
	const int64_t depth = w->group_in, step = w->m_slivers * MR * depth;
	float points[MAX_SIDE * MAX_SIDE][MR];
	int64_t k0, s, k;
	int point;

	for (k0 = 0; k0 < depth; k0 += KC) {
		const int64_t k1 = k0 + KC < depth ? k0 + KC : depth;

		for (s = 0; s < w->m_slivers; s++)
			for (k = k0; k < k1; k++, packed += MR) {
				const int64_t left = w->group_out - s * MR;

				transform_filters(weights + (s * MR * depth + k) * 9, depth * 9,
						  left < MR ? (int)left : MR, w->tile, points);
				for (point = 0; point < w->points; point++)
					memcpy(packed + point * step, points[point],
					       sizeof(points[point]));
			}
	}
}

void SIMD(winograd_pack)(const struct synergy_conv *c, int tile, const float *weights,
			 float *packed)
{
	const struct winograd w = winograd_of(c, tile);
	int64_t g;

	for (g = 0; g < c->groups; g++)
		pack_group(&w, weights + g * w.group_out * w.group_in * 9,
			   packed + g * packed_floats(&w));
}

static int64_t image_floats(const struct winograd *w)
{
	return round_up(w->group_in * phased_plane(&w->p) + VLEN, 16);
}

/*
 * Floats between points of transformed tiles: a line more than the channels take, or
 * all points of a tile would lie a multiple of 4096 bytes apart and share a cache set.
 */
static int64_t point_step(const struct winograd *w, int64_t channels)
{
	return channels * w->ld + 16;
}

static int64_t tile_floats(const struct winograd *w)
{
	return round_up(w->points * (point_step(w, w->group_in) +
				     point_step(w, w->group_out)) + VLEN, 16);
}

size_t SIMD(winograd_workspace_floats)(const struct synergy_conv *c, int tile, int threads)
{
	const struct winograd w = winograd_of(c, tile);

	return image_floats(&w) + threads * tile_floats(&w);
}

/* A vector of tiles of one channel; step is the distance between points in `to`. */
VEC_INLINE void transform_in(const struct winograd *w, const float *from, float *to, int64_t step,
			     int tile)
{
	const int64_t row = tile * w->p.width;
	const int side = tile + 2;
	vec t[MAX_SIDE][MAX_SIDE];
	int r, c;

#pragma GCC unroll 6
	for (c = 0; c < side; c++) {
		const float *at = from + c % tile * w->p.width + c / tile;
		vec d[MAX_SIDE], o[MAX_SIDE];

#pragma GCC unroll 6
		for (r = 0; r < side; r++)
			d[r] = vec_load(at + r * row);
		if (tile == 4)
			input_4(o, d);
		else
			input_2(o, d);
#pragma GCC unroll 6
		for (r = 0; r < side; r++)
			t[r][c] = o[r];
	}
#pragma GCC unroll 6
	for (r = 0; r < side; r++) {
		vec o[MAX_SIDE];

		if (tile == 4)
			input_4(o, t[r]);
		else
			input_2(o, t[r]);
#pragma GCC unroll 6
		for (c = 0; c < side; c++)
			vec_store(to + (r * side + c) * step, o[c]);
	}
}

/*
 * Tile rows t0..t1-1 of all channels. A vector that reaches past its tile row
 * is overwritten by the next row, so the order matters.
 */
VEC_INLINE void transform_rows_in(const struct winograd *w, int64_t t0, int64_t t1, float *to,
				  int tile)
{
	const int64_t channels = w->group_in;
	int64_t c, t, j;

	for (c = 0; c < channels; c++, to += w->ld)
		for (t = t0; t < t1; t++) {
			const float *from = w->image + c * phased_plane(&w->p) +
					    t * tile * phased_row(&w->p);

			for (j = 0; j < w->tiles_x; j += VLEN)
				transform_in(w, from + j, to + (t - t0) * w->tiles_x + j,
					     point_step(w, channels), tile);
		}
}

/* Interleaves the columns of a tile row: VLEN tiles become tile * VLEN outputs. */
VEC_INLINE void store_outputs(const vec *columns, float *y, const float *residual, int64_t count,
			      const struct synergy_post *post, int tile)
{
	vec o[4];
	int i;

	if (tile == 4) {
		vec a, b, c, d;

		vec_zip(columns[0], columns[2], &a, &b);
		vec_zip(columns[1], columns[3], &c, &d);
		vec_zip(a, c, &o[0], &o[1]);
		vec_zip(b, d, &o[2], &o[3]);
	} else {
		vec_zip(columns[0], columns[1], &o[0], &o[1]);
	}
#pragma GCC unroll 4
	for (i = 0; i < tile; i++) {
		const int64_t left = count - i * VLEN;
		vec v = o[i];

		if (left <= 0)
			break;
		if (residual)
			v += left >= VLEN ? vec_load(residual + i * VLEN) :
					    vec_load_part(residual + i * VLEN, left);
		if (post->has_min)
			v = vec_max(v, vec_splat(post->min));
		if (post->has_max)
			v = vec_at_most(v, vec_splat(post->max));

		if (left >= VLEN)
			vec_store(y + i * VLEN, v);
		else
			vec_store_part(y + i * VLEN, v, left);
	}
}

/* A vector of products of one output channel into at most tile rows of y. */
VEC_INLINE void transform_out(const struct winograd *w, const float *from, int64_t step, float bias,
			      float *y, const float *residual, int64_t columns, int64_t rows,
			      int tile)
{
	const int side = tile + 2;
	vec t[4][MAX_SIDE];
	int r, c;

#pragma GCC unroll 6
	for (c = 0; c < side; c++) {
		vec m[MAX_SIDE], o[4];

#pragma GCC unroll 6
		for (r = 0; r < side; r++)
			m[r] = vec_load(from + (r * side + c) * step);
		if (tile == 4)
			output_4(o, m);
		else
			output_2(o, m);
#pragma GCC unroll 4
		for (r = 0; r < tile; r++)
			t[r][c] = o[r];
	}
#pragma GCC unroll 4
	for (r = 0; r < tile; r++) {
		vec o[4];

		if (r >= rows)
			return;
		if (tile == 4)
			output_4(o, t[r]);
		else
			output_2(o, t[r]);
#pragma GCC unroll 4
		for (c = 0; c < tile; c++)
			o[c] += bias;
		store_outputs(o, y + r * w->c->w.out[2],
			      residual ? residual + r * w->c->w.out[2] : NULL, columns, &w->c->post,
			      tile);
	}
}

VEC_INLINE void transform_rows_out(const struct winograd *w, int64_t t0, int64_t t1,
				   const float *from, int tile)
{
	const int64_t height = w->c->w.out[1], width = w->c->w.out[2];
	int64_t m, t, j;

	for (m = 0; m < w->group_out; m++, from += w->ld)
		for (t = t0; t < t1; t++) {
			const int64_t at = (m * height + t * tile) * width;
			const float *residual = w->residual ? w->residual + at : NULL;
			float *y = w->y + at;

			for (j = 0; j < w->tiles_x; j += VLEN)
				transform_out(w, from + (t - t0) * w->tiles_x + j,
					      point_step(w, w->group_out), w->bias ? w->bias[m] : 0,
					      y + j * tile, residual ? residual + j * tile : NULL,
					      width - j * tile, height - t * tile, tile);
		}
}

/* The function that follows, on tile rows t0..t1-1 of all channels. */
static void finish_rows(const struct winograd *w, int64_t t0, int64_t t1)
{
	const int64_t height = w->c->w.out[1], width = w->c->w.out[2];
	const int64_t top = t0 * w->tile;
	const int64_t bottom = t1 * w->tile < height ? t1 * w->tile : height;
	int64_t m;

	if (w->c->post.map.function == SYNERGY_FN_IDENTITY)
		return;
	for (m = 0; m < w->group_out; m++)
		SIMD(map)(&w->c->post.map, w->y + (m * height + top) * width,
			  w->y + (m * height + top) * width, (bottom - top) * width);
}

/* There is room for whole vectors, which are stored faster than parts of them. */
static int64_t whole_or_tail(int64_t cols)
{
	return cols % VLEN > TAIL_MAX ? round_up(cols, VLEN) : cols;
}

/* The GEMM of one point: `tiles` columns. */
static void multiply_point(const struct winograd *w, const float *packed, const float *in,
			   float *out, int64_t tiles)
{
	const int64_t depth = w->group_in, m_all = w->group_out;
	int64_t k0, n0, m;

	for (k0 = 0; k0 < depth; k0 += KC) {
		const int64_t k1 = k0 + KC < depth ? k0 + KC : depth;

		for (n0 = 0; n0 < tiles; n0 += NR) {
			const float *a = packed + k0 * w->m_slivers * MR;

			for (m = 0; m < m_all; m += MR, a += (k1 - k0) * MR) {
				const struct micro_out o = {
					.c = out + m * w->ld + n0,
					.ldc = w->ld,
					.rows = m_all - m < MR ? (int)(m_all - m) : MR,
					.cols = whole_or_tail(tiles - n0 < NR ? tiles - n0 : NR),
					.from = k0 > 0 ? out + m * w->ld + n0 : NULL,
					.ld_from = w->ld,
				};

				micro(k1 - k0, a, in + k0 * w->ld + n0, w->ld, &o);
			}
		}
	}
}

static void block(const struct winograd *w, int64_t t0, int64_t t1, float *in)
{
	const int64_t in_step = point_step(w, w->group_in);
	const int64_t out_step = point_step(w, w->group_out);
	float *out = in + w->points * in_step;
	int point;

	if (w->tile == 4)
		transform_rows_in(w, t0, t1, in, 4);
	else
		transform_rows_in(w, t0, t1, in, 2);
	for (point = 0; point < w->points; point++)
		multiply_point(w, w->packed + point * w->m_slivers * MR * w->group_in,
			       in + point * in_step, out + point * out_step,
			       (t1 - t0) * w->tiles_x);
	if (w->tile == 4)
		transform_rows_out(w, t0, t1, out, 4);
	else
		transform_rows_out(w, t0, t1, out, 2);
	finish_rows(w, t0, t1);
}

static void pad_part(void *job, int part)
{
	const struct winograd *w = job;
	int64_t c = w->group_in * part / w->parts;

	for (; c < w->group_in * (part + 1) / w->parts; c++)
		phased_channel(&w->p, w->x + c * synergy_window_in(&w->c->w),
			       w->image + c * phased_plane(&w->p), true);
}

static void tiles_part(void *job, int part)
{
	const struct winograd *w = job;
	const int64_t blocks = (w->tiles_y + w->rows - 1) / w->rows;
	int64_t b = blocks * part / w->parts;

	for (; b < blocks * (part + 1) / w->parts; b++) {
		const int64_t t0 = b * w->rows, t1 = t0 + w->rows;

		block(w, t0, t1 < w->tiles_y ? t1 : w->tiles_y, w->tiles + part * tile_floats(w));
	}
}

void SIMD(winograd_conv)(struct synergy_threads *threads, const struct synergy_conv *c, int tile,
			 const float *x, const float *packed, const float *bias, float *workspace,
			 float *y)
{
	struct winograd w = winograd_of(c, tile);
	int64_t i;

	w.parts = synergy_threads_count(threads);
	w.image = workspace;
	w.tiles = workspace + image_floats(&w);
	for (i = 0; i < c->batch * c->groups; i++) {
		const int64_t g = i % c->groups;

		w.x = x + i * w.group_in * synergy_window_in(&c->w);
		w.y = y + i * w.group_out * synergy_window_out(&c->w);
		w.packed = packed + g * packed_floats(&w);
		w.bias = bias ? bias + g * w.group_out : NULL;
		w.residual = c->post.residual ? c->post.residual + (w.y - y) : NULL;
		synergy_threads_run(threads, w.parts, pad_part, &w);
		synergy_threads_run(threads, w.parts, tiles_part, &w);
	}
}
