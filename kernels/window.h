/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Geometry of everything that slides a window over an image: convolution and
 * pooling. Always three spatial axes (depth, height, width); an image has
 * depth 1 and a signal has depth and height 1. Shapes only, no data.
 */
#ifndef SYNERGY_KERNELS_WINDOW_H
#define SYNERGY_KERNELS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/post.h"

enum { SYNERGY_AXIS_D, SYNERGY_AXIS_H, SYNERGY_AXIS_W, SYNERGY_SPATIAL };

struct synergy_window {
	int64_t in[SYNERGY_SPATIAL];
	int64_t out[SYNERGY_SPATIAL];
	int64_t kernel[SYNERGY_SPATIAL];
	int64_t stride[SYNERGY_SPATIAL];
	int64_t dilation[SYNERGY_SPATIAL];
	int64_t pad_begin[SYNERGY_SPATIAL];
	int64_t pad_end[SYNERGY_SPATIAL];
};

/* Convolution; weights are [out_channels][in_channels / groups][kernel...]. */
struct synergy_conv {
	struct synergy_window w;
	int64_t batch;
	int64_t in_channels;
	int64_t out_channels;
	int64_t groups;
	struct synergy_post post; /* --fuse only */
};

enum synergy_pool_kind {
	SYNERGY_POOL_MAX,
	SYNERGY_POOL_AVG_VALID, /* mean of the elements inside the image */
	SYNERGY_POOL_AVG_PADDED, /* padding counts, as far as the padded image reaches */
	SYNERGY_POOL_AVG_KERNEL, /* always divided by the kernel's size */
};

struct synergy_pool {
	struct synergy_window w;
	enum synergy_pool_kind kind;
	int64_t planes; /* batch * channels */
	bool column_major; /* order of the indices that max pooling gives */
};

/* Response normalisation. Squares are summed over `size` channels or a
 * size x size window; y = x / (k + alpha / n * sum)^beta, n = size or size^2.
 */
struct synergy_lrn {
	int64_t batch, channels, height, width;
	int64_t size;
	float alpha, beta, k;
	bool within_channel;
};

static inline int64_t synergy_window_in(const struct synergy_window *w)
{
	return w->in[0] * w->in[1] * w->in[2];
}

static inline int64_t synergy_window_out(const struct synergy_window *w)
{
	return w->out[0] * w->out[1] * w->out[2];
}

static inline int64_t synergy_window_kernel(const struct synergy_window *w)
{
	return w->kernel[0] * w->kernel[1] * w->kernel[2];
}

/* Depth is trivial: a 2-D kernel may take it. */
static inline bool synergy_window_is_2d(const struct synergy_window *w)
{
	return w->in[0] == 1 && w->out[0] == 1 && w->kernel[0] == 1 && !w->pad_begin[0] &&
	       !w->pad_end[0];
}

#endif
