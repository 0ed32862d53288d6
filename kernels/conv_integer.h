/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Convolution of 8-bit integers with packed weights: [output channel][tap][channel of the
 * group], 16 bits, rows of synergy_integer_padded(taps * channels).
 */
#ifndef SYNERGY_KERNELS_CONV_INTEGER_H
#define SYNERGY_KERNELS_CONV_INTEGER_H

#include "kernels/quantised.h"

struct synergy_conv_integer {
	const struct synergy_simd *simd;
	struct synergy_threads *threads;
	struct synergy_conv c;
	const void *x;
	bool x_signed;
	int32_t x_zero;
	const int16_t *packed;
	const int32_t *bias;		/* NULL: none */
	struct synergy_sums_out out;
	void *y, *workspace;
};

/* Bytes, for that many threads. */
size_t synergy_conv_integer_workspace(const struct synergy_conv *c, int threads);

void synergy_conv_integer(struct synergy_conv_integer *job);

#endif
