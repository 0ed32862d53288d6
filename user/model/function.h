/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions of one number: what activations and the other element-wise operators of one
 * input compute, and what --fuse lets a convolution do to its outputs. Their list is in op.h,
 * the definitions are in function.c; kernels/simd/map.c has the vector loops.
 */
#ifndef SYNERGY_MODEL_FUNCTION_H
#define SYNERGY_MODEL_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "model/op.h"

/* Of x in double: what a fast loop is compared with. */
double synergy_map_of(const struct synergy_map *map, double x);

/* The node as a function of its first input alone; false: it is none. */
bool synergy_map_from_node(const struct synergy_node *node, struct synergy_map *map);

/* The same whatever x is: min and max only. What a kernel can do while it stores. */
bool synergy_map_is_clip(const struct synergy_map *map, float *min, float *max);

#endif
