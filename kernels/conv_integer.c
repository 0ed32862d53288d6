// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolution of 8-bit integers: a group's image as differences from its zero point, with
 * its channels innermost and its padding (zeros then), so that what a window covers is a few
 * runs that are copied; then products. A group of one channel is summed tap by tap.
 */
#include "kernels/conv_integer.h"

#include <string.h>

#include "kernels/parts.h"

/* Outputs at once: columns of the product. */
#define PIXELS	32

struct shape {
	int64_t group_in, group_out, k, padded;
	int64_t extent[SYNERGY_SPATIAL];	/* of the padded image */
	int64_t channels;	/* numbers of a pixel in it */
	bool pointwise;		/* a pixel is a column as it lies */
	bool depthwise;
	int64_t image, columns, sums;	/* bytes; the last two for each thread */
};

static int64_t whole_lines(int64_t bytes)
{
	return (bytes + 63) & ~63LL;
}

static struct shape shape_of(const struct synergy_conv *c)
{
	struct shape s = { .group_in = c->in_channels / c->groups,
			   .group_out = c->out_channels / c->groups, .pointwise = true };
	int d;

	s.k = s.group_in * synergy_window_kernel(&c->w);
	s.padded = synergy_integer_padded(s.k);
	s.depthwise = s.group_in == 1;
	for (d = 0; d < SYNERGY_SPATIAL; d++) {
		s.extent[d] = c->w.in[d] + c->w.pad_begin[d] + c->w.pad_end[d];
		s.pointwise = s.pointwise && c->w.kernel[d] == 1 && c->w.stride[d] == 1;
	}
	s.channels = s.pointwise && !s.depthwise ? s.padded : s.group_in;
	s.image = whole_lines(s.extent[0] * s.extent[1] * s.extent[2] * s.channels *
			      (int64_t)sizeof(int16_t));
	if (s.depthwise) {
		s.sums = whole_lines(c->w.out[2] * (int64_t)sizeof(int32_t));
		return s;
	}
	s.columns = s.pointwise ? 0 : whole_lines(PIXELS * s.padded * (int64_t)sizeof(int16_t));
	s.sums = whole_lines(s.group_out * PIXELS * (int64_t)sizeof(int32_t));
	return s;
}

size_t synergy_conv_integer_workspace(const struct synergy_conv *c, int threads)
{
	const struct shape s = shape_of(c);

	if (s.depthwise)
		return (size_t)(s.image + s.sums) * (size_t)threads;
	return (size_t)s.image + (size_t)(s.columns + s.sums) * (size_t)threads;
}

/* --- one image of one group ------------------------------------------------------------------ */

struct image_job {
	struct synergy_conv_integer *job;
	struct shape s;
	const char *x;		/* of this image and group */
	int16_t *image;
	int64_t n, group;
};

/* Row r (depth and height) of the padded image. */
static void fill_row(const struct image_job *j, int64_t r)
{
	const struct synergy_window *w = &j->job->c.w;
	const struct shape *s = &j->s;
	const int64_t d = r / s->extent[1] - w->pad_begin[0];
	const int64_t h = r % s->extent[1] - w->pad_begin[1];
	const int32_t zero = j->job->x_zero;
	int16_t *row = j->image + r * s->extent[2] * s->channels, *to;
	int64_t c, i;

	memset(row, 0, (size_t)(s->extent[2] * s->channels) * sizeof(*row));
	if (d < 0 || d >= w->in[0] || h < 0 || h >= w->in[1])
		return;
	row += w->pad_begin[2] * s->channels;
	for (c = 0; c < s->group_in; c++) {
		const int64_t at = (c * w->in[0] + d) * w->in[1] * w->in[2] + h * w->in[2];
		const uint8_t *u = (const uint8_t *)j->x + at;
		const int8_t *v = (const int8_t *)j->x + at;

		to = row + c;
		if (s->channels == 1)
			synergy_differences(u, j->job->x_signed, w->in[2], zero, to);
		else if (j->job->x_signed)
			for (i = 0; i < w->in[2]; i++, to += s->channels)
				*to = (int16_t)(v[i] - zero);
		else
			for (i = 0; i < w->in[2]; i++, to += s->channels)
				*to = (int16_t)(u[i] - zero);
	}
}

static void fill_part(void *arg, int part, int parts)
{
	const struct image_job *j = arg;
	const struct synergy_range rows = synergy_part_range(j->s.extent[0] * j->s.extent[1], part,
							     parts, 1);
	int64_t r;

	for (r = rows.begin; r < rows.end; r++)
		fill_row(j, r);
}

/* What output `pixel` covers, tap by tap. */
static void column(const struct image_job *j, int64_t pixel, int16_t *to)
{
	const struct synergy_window *w = &j->job->c.w;
	const struct shape *s = &j->s;
	const int64_t o[SYNERGY_SPATIAL] = { pixel / (w->out[1] * w->out[2]),
					     pixel / w->out[2] % w->out[1], pixel % w->out[2] };
	const int64_t run = w->dilation[2] == 1 ? w->kernel[2] : 1;
	int64_t kd, kh, kw, at;

	for (kd = 0; kd < w->kernel[0]; kd++)
		for (kh = 0; kh < w->kernel[1]; kh++) {
			at = (o[0] * w->stride[0] + kd * w->dilation[0]) * s->extent[1] +
			     o[1] * w->stride[1] + kh * w->dilation[1];
			at = at * s->extent[2] + o[2] * w->stride[2];
			for (kw = 0; kw < w->kernel[2]; kw += run, to += run * s->channels)
				memcpy(to, j->image + (at + kw * w->dilation[2]) * s->channels,
				       (size_t)(run * s->channels) * sizeof(*to));
		}
}

static void pixels(const struct image_job *j, int64_t first, int64_t count, int16_t *columns,
		   int32_t *sums)
{
	struct synergy_conv_integer *job = j->job;
	const struct shape *s = &j->s;
	const int64_t outputs = synergy_window_out(&job->c.w);
	const int16_t *b = s->pointwise ? j->image + first * s->channels : columns;
	int64_t m, i, p;

	for (i = 0; !s->pointwise && i < count; i++)
		column(j, first + i, columns + i * s->padded);
	job->simd->integer_product(job->packed + j->group * s->group_out * s->padded, s->group_out,
				   b, count, s->padded, sums, PIXELS);
	for (i = 0; i < s->group_out; i++, sums += PIXELS) {
		m = j->group * s->group_out + i;
		for (p = 0; job->bias && p < count; p++)
			sums[p] = synergy_sums_add(sums[p], job->bias[m]);
		synergy_sums_store(job->simd, &job->out, sums, count, m, false, job->y,
				   (j->n * job->c.out_channels + m) * outputs + first);
	}
}

static void pixels_part(void *arg, int part, int parts)
{
	const struct image_job *j = arg;
	const int64_t outputs = synergy_window_out(&j->job->c.w);
	const struct synergy_range range = synergy_part_range(outputs, part, parts, PIXELS);
	char *mine = (char *)j->job->workspace + j->s.image + part * (j->s.columns + j->s.sums);
	int64_t at;

	/* Behind a column's numbers up to the next whole step are zeros. */
	memset(mine, 0, (size_t)j->s.columns);
	for (at = range.begin; at < range.end; at += PIXELS)
		pixels(j, at, range.end - at < PIXELS ? range.end - at : PIXELS, (int16_t *)mine,
		       (int32_t *)(mine + j->s.columns));
}

/* --- groups of one channel ------------------------------------------------------------------- */

static void row_of_taps(const struct image_job *j, int64_t m, int64_t od, int64_t oh,
			int32_t *sums)
{
	const struct synergy_conv_integer *job = j->job;
	const struct synergy_window *w = &job->c.w;
	const int16_t *taps = job->packed + m * j->s.padded;
	int64_t kd, kh, kw, i, at;

	for (i = 0; i < w->out[2]; i++)
		sums[i] = 0;
	for (kd = 0; kd < w->kernel[0]; kd++)
		for (kh = 0; kh < w->kernel[1]; kh++) {
			at = (od * w->stride[0] + kd * w->dilation[0]) * j->s.extent[1] +
			     oh * w->stride[1] + kh * w->dilation[1];
			for (kw = 0; kw < w->kernel[2]; kw++)
				job->simd->integer_taps(j->image + at * j->s.extent[2] +
							kw * w->dilation[2], w->stride[2], *taps++,
							sums, w->out[2]);
		}
	for (i = 0; job->bias && i < w->out[2]; i++)
		sums[i] = synergy_sums_add(sums[i], job->bias[m]);
	synergy_sums_store(job->simd, &job->out, sums, w->out[2], m, false, job->y,
			   ((j->n * job->c.out_channels + m) * w->out[0] + od) * w->out[1] *
			   w->out[2] + oh * w->out[2]);
}

static void channels_part(void *arg, int part, int parts)
{
	struct synergy_conv_integer *job = arg;
	struct image_job j = { .job = job, .s = shape_of(&job->c) };
	const struct synergy_range range = synergy_part_range(job->c.batch * job->c.groups, part,
							      parts, 1);
	char *mine = (char *)job->workspace + part * (j.s.image + j.s.sums);
	int64_t at, m, od, oh;

	j.image = (int16_t *)mine;
	for (at = range.begin; at < range.end; at++) {
		j.n = at / job->c.groups;
		j.group = at % job->c.groups;
		j.x = (const char *)job->x + at * synergy_window_in(&job->c.w);
		fill_part(&j, 0, 1);
		for (m = j.group * j.s.group_out; m < (j.group + 1) * j.s.group_out; m++)
			for (od = 0; od < job->c.w.out[0]; od++)
				for (oh = 0; oh < job->c.w.out[1]; oh++)
					row_of_taps(&j, m, od, oh, (int32_t *)(mine + j.s.image));
	}
}

void synergy_conv_integer(struct synergy_conv_integer *job)
{
	struct image_job j = { .job = job, .s = shape_of(&job->c), .image = job->workspace };
	const int64_t outputs = synergy_window_out(&job->c.w);

	if (j.s.depthwise) {
		synergy_run_parts(job->threads, job->c.batch * job->c.out_channels * outputs * j.s.k,
				  8 * SYNERGY_PART_ELEMENTS, channels_part, job);
		return;
	}
	for (j.n = 0; j.n < job->c.batch; j.n++)
		for (j.group = 0; j.group < job->c.groups; j.group++) {
			j.x = (const char *)job->x + (j.n * job->c.groups + j.group) * j.s.group_in *
						     synergy_window_in(&job->c.w);
			synergy_run_parts(job->threads, j.s.image / 2, SYNERGY_PART_ELEMENTS,
					  fill_part, &j);
			synergy_run_parts(job->threads, outputs * j.s.group_out * j.s.k,
					  8 * SYNERGY_PART_ELEMENTS, pixels_part, &j);
		}
}
