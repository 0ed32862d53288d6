// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of one instruction set's loops; kernels/simd.c chooses among them.
 */
#include "kernels/simd/simd_list.h"

#define SYNERGY_QUOTE2(x) #x
#define SYNERGY_QUOTE(x) SYNERGY_QUOTE2(x)

extern const struct synergy_simd SIMD(simd);

const struct synergy_simd SIMD(simd) = {
	.name = SYNERGY_QUOTE(SYNERGY_ISA),
	.width = VLEN,
	.map = SIMD(map),
	.transpose = SIMD(transpose),
	.zip = SIMD(zip),
	.exp_sum = SIMD(exp_sum),
	.max = SIMD(max),
	.sum = SIMD(sum),
	.dot = SIMD(dot),
	.lrn_across = SIMD(lrn_across),
	.direct_packed_floats = SIMD(direct_packed_floats),
	.direct_pack = SIMD(direct_pack),
	.direct_workspace_floats = SIMD(direct_workspace_floats),
	.direct_conv = SIMD(direct_conv),
	.depthwise_workspace_floats = SIMD(depthwise_workspace_floats),
	.depthwise_conv = SIMD(depthwise_conv),
	.winograd_packed_floats = SIMD(winograd_packed_floats),
	.winograd_pack = SIMD(winograd_pack),
	.winograd_workspace_floats = SIMD(winograd_workspace_floats),
	.winograd_conv = SIMD(winograd_conv),
	.product_packed_floats = SIMD(product_packed_floats),
	.product_pack = SIMD(product_pack),
	.product_workspace_floats = SIMD(product_workspace_floats),
	.product = SIMD(product),
	.integer_product = SIMD(integer_product),
	.integer_store = SIMD(integer_store),
	.integer_taps = SIMD(integer_taps),
	.pool_workspace_floats = SIMD(pool_workspace_floats),
	.pool = SIMD(pool),
};
