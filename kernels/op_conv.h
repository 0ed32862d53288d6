/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to the convolution kernels: a node's geometry.
 */
#ifndef SYNERGY_KERNELS_OP_CONV_H
#define SYNERGY_KERNELS_OP_CONV_H

#include "kernels/kernel.h"
#include "kernels/window.h"

void synergy_conv_geometry(const struct synergy_call *call, struct synergy_conv *c);

#endif
