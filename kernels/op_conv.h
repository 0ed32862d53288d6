/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to the convolution kernels: a node's geometry.
 */
#ifndef SYNERGY_KERNELS_OP_CONV_H
#define SYNERGY_KERNELS_OP_CONV_H

#include "kernels/kernel.h"
#include "kernels/window.h"

void synergy_conv_geometry(const struct synergy_call *call, struct synergy_conv *c);

/* NULL: no bias. */
const float *synergy_conv_bias(const struct synergy_call *call);

/* Our own methods; they need constant weights, which they pack. */
extern const struct synergy_kernel synergy_conv_direct, synergy_conv_depthwise,
	synergy_conv_winograd4, synergy_conv_winograd2;

#endif
