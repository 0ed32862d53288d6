// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Transposed convolution: a matrix product gives what every input pixel adds to the outputs
 * around it, which is then added up where it belongs. The window is that of the convolution
 * that would make X from Y: its input is our output.
 */
#include <limits.h>
#include <string.h>

#include "kernels/op.h"
#include "kernels/window.h"

struct transposed {
	struct synergy_window w;
	int64_t batch, groups, group_in, group_out;
};

static struct transposed transposed_of(const struct synergy_call *call)
{
	const struct synergy_conv_params *p = &call->node->p.conv_transpose.conv;
	const int shift = SYNERGY_SPATIAL - p->spatial;
	struct transposed t = {
		.batch = call->in[0]->dims[0],
		.groups = p->group,
		.group_in = call->in[0]->dims[1] / p->group,
		.group_out = call->in[1]->dims[1],
	};
	int i;

	for (i = 0; i < SYNERGY_SPATIAL; i++) {
		const bool real = i >= shift;

		t.w.in[i] = real ? call->out[0]->dims[2 + i - shift] : 1;
		t.w.out[i] = real ? call->in[0]->dims[2 + i - shift] : 1;
		t.w.kernel[i] = real ? p->kernel[i - shift] : 1;
		t.w.stride[i] = real ? p->stride[i - shift] : 1;
		t.w.dilation[i] = real ? p->dilation[i - shift] : 1;
		t.w.pad_begin[i] = real ? p->pad_begin[i - shift] : 0;
	}
	return t;
}

static int64_t column_rows(const struct transposed *t)
{
	return t->group_out * synergy_window_kernel(&t->w);
}

/* Where tap k of row `out` falls along an axis; -1: outside. */
static int64_t target(const struct synergy_window *w, int axis, int64_t out, int64_t k)
{
	const int64_t at = out * w->stride[axis] + k * w->dilation[axis] - w->pad_begin[axis];

	return at >= 0 && at < w->in[axis] ? at : -1;
}

/* One tap of one output channel: every input pixel's product goes to its place. */
static void add_tap(const struct synergy_window *w, const int64_t *k, const float *from, float *y)
{
	const int64_t stride = w->stride[2], first = k[2] * w->dilation[2] - w->pad_begin[2];
	int64_t begin = first >= 0 ? 0 : (-first + stride - 1) / stride;
	int64_t end = w->in[2] > first ? (w->in[2] - first + stride - 1) / stride : 0;
	int64_t d, h, i, od, oh;

	end = end < w->out[2] ? end : w->out[2];
	for (d = 0; d < w->out[0]; d++)
		for (h = 0; h < w->out[1]; h++, from += w->out[2]) {
			float *row;

			od = target(w, 0, d, k[0]);
			oh = target(w, 1, h, k[1]);
			if (od < 0 || oh < 0)
				continue;
			row = y + (od * w->in[1] + oh) * w->in[2];
			if (stride == 1)
				for (i = begin; i < end; i++)
					row[i + first] += from[i];
			else
				for (i = begin; i < end; i++)
					row[i * stride + first] += from[i];
		}
}

/* Rows of columns: [output channel of the group][taps]. */
static void add_columns(const struct transposed *t, const float *columns, float *y)
{
	const int64_t plane = synergy_window_in(&t->w), pixels = synergy_window_out(&t->w);
	int64_t m, k[SYNERGY_SPATIAL];

	for (m = 0; m < t->group_out; m++, y += plane)
		for (k[0] = 0; k[0] < t->w.kernel[0]; k[0]++)
			for (k[1] = 0; k[1] < t->w.kernel[1]; k[1]++)
				for (k[2] = 0; k[2] < t->w.kernel[2]; k[2]++, columns += pixels)
					add_tap(&t->w, k, columns, y);
}

static void start(const struct transposed *t, const float *bias, float *y)
{
	const int64_t plane = synergy_window_in(&t->w);
	int64_t m, i;

	for (m = 0; m < t->group_out; m++, y += plane)
		for (i = 0; i < plane; i++)
			y[i] = bias ? bias[m] : 0;
}

static void run(const struct synergy_call *call)
{
	const struct transposed t = transposed_of(call);
	const int64_t pixels = synergy_window_out(&t.w), rows = column_rows(&t);
	const float *bias = call->n_in > 2 ? call->src[2] : NULL, *x = call->src[0];
	float *y = call->dst[0];
	int64_t n, g;

	for (n = 0; n < t.batch; n++)
		for (g = 0; g < t.groups; g++) {
			const float *w = (const float *)call->src[1] + g * t.group_in * rows;

			call->env->gemm->sgemm(true, false, rows, pixels, t.group_in, 1, w, rows, x,
					       pixels, 0, call->workspace, pixels);
			start(&t, bias ? bias + g * t.group_out : NULL, y);
			add_columns(&t, call->workspace, y);
			x += t.group_in * pixels;
			y += t.group_out * synergy_window_in(&t.w);
		}
}

static size_t workspace(const struct synergy_call *call)
{
	const struct transposed t = transposed_of(call);

	return (size_t)(column_rows(&t) * synergy_window_out(&t.w)) * sizeof(float);
}

static bool supports(const struct synergy_call *call)
{
	struct transposed t;

	if (!synergy_call_is_f32(call) || !call->out[0]->count || !call->in[0]->count ||
	    !call->in[1]->count)
		return false;
	t = transposed_of(call);
	return column_rows(&t) <= INT_MAX && synergy_window_out(&t.w) <= INT_MAX &&
	       t.group_in <= INT_MAX;
}

static const struct synergy_kernel col2im = {
	.method = "col2im",
	.supports = supports,
	.workspace = workspace,
	.run = run,
};

/* --- reference: every output looks for what falls on it ------------------------------------ */

/* The input coordinate whose tap k falls on y along an axis; -1: none. */
static int64_t source(const struct synergy_window *w, int axis, int64_t y, int64_t k)
{
	const int64_t at = y + w->pad_begin[axis] - k * w->dilation[axis];

	if (at < 0 || at % w->stride[axis] || at / w->stride[axis] >= w->out[axis])
		return -1;
	return at / w->stride[axis];
}

static double ref_element(const struct transposed *t, const float *x, const float *w, const int64_t *y)
{
	const int64_t pixels = synergy_window_out(&t->w), taps = synergy_window_kernel(&t->w);
	int64_t k[SYNERGY_SPATIAL], from[SYNERGY_SPATIAL], c, tap = 0, at;
	double sum = 0;

	for (k[0] = 0; k[0] < t->w.kernel[0]; k[0]++)
		for (k[1] = 0; k[1] < t->w.kernel[1]; k[1]++)
			for (k[2] = 0; k[2] < t->w.kernel[2]; k[2]++, tap++) {
				from[0] = source(&t->w, 0, y[0], k[0]);
				from[1] = source(&t->w, 1, y[1], k[1]);
				from[2] = source(&t->w, 2, y[2], k[2]);
				if (from[0] < 0 || from[1] < 0 || from[2] < 0)
					continue;
				at = (from[0] * t->w.out[1] + from[1]) * t->w.out[2] + from[2];
				for (c = 0; c < t->group_in; c++)
					sum += (double)x[c * pixels + at] *
					       (double)w[c * t->group_out * taps + tap];
			}
	return sum;
}

static void ref_run(const struct synergy_call *call)
{
	const struct transposed t = transposed_of(call);
	const int64_t taps = synergy_window_kernel(&t.w), pixels = synergy_window_out(&t.w);
	const float *bias = call->n_in > 2 ? call->src[2] : NULL;
	float *y = call->dst[0];
	int64_t n, g, m, o[SYNERGY_SPATIAL];

	for (n = 0; n < t.batch; n++)
		for (g = 0; g < t.groups; g++)
			for (m = 0; m < t.group_out; m++) {
				const float *x = (const float *)call->src[0] +
						 (n * t.groups + g) * t.group_in * pixels;
				const float *w = (const float *)call->src[1] +
						 (g * t.group_in * t.group_out + m) * taps;

				for (o[0] = 0; o[0] < t.w.in[0]; o[0]++)
					for (o[1] = 0; o[1] < t.w.in[1]; o[1]++)
						for (o[2] = 0; o[2] < t.w.in[2]; o[2]++)
							*y++ = (float)(ref_element(&t, x, w, o) +
								(bias ? (double)bias[g * t.group_out + m] : 0));
			}
}

static const struct synergy_kernel transposed_ref = {
	.method = "reference",
	.supports = synergy_call_is_f32,
	.run = ref_run,
};

synergy_kernel_list synergy_conv_transpose_kernels = { &col2im, &transposed_ref, NULL };
