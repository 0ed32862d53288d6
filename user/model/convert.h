/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion of numbers as Cast means it, the same while folding constants and at run time. */
#ifndef SYNERGY_MODEL_CONVERT_H
#define SYNERGY_MODEL_CONVERT_H

#include <math.h>
#include <stdint.h>

/* Outside the range of int64 the C conversion is undefined: clamp, NaN is 0. */
static inline int64_t synergy_real_to_s64(double v)
{
	if (isnan(v))
		return 0;
	if (v >= 0x1p63)
		return INT64_MAX;
	return v <= -0x1p63 ? INT64_MIN : (int64_t)v;
}

#endif
