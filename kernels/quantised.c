// SPDX-License-Identifier: LGPL-2.1-or-later
/* Into products of 8-bit integers and out of them; see quantised.h. */
#include "kernels/quantised.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void synergy_sums_store(const struct synergy_simd *simd, const struct synergy_sums_out *o,
			const int32_t *sums, int64_t count, int64_t first, bool each, void *y,
			int64_t at)
{
	if (o->sums)
		memcpy((int32_t *)y + at, sums, (size_t)count * sizeof(*sums));
	else
		simd->integer_store(sums, count, o->a_by_y, o->b_scale + first * o->b_step,
				    each ? o->b_step : 0, o->y_zero, o->is_signed,
				    (uint8_t *)y + at);
}

void synergy_differences(const void *x, bool is_signed, int64_t count, int32_t zero, int16_t *y)
{
	const uint8_t *u = x;
	const int8_t *s = x;
	int64_t i;

	if (is_signed)
		for (i = 0; i < count; i++)
			y[i] = (int16_t)(s[i] - zero);
	else
		for (i = 0; i < count; i++)
			y[i] = (int16_t)(u[i] - zero);
}

int16_t *synergy_integer_memory(int64_t count, size_t *bytes)
{
	const size_t size = ((size_t)count * sizeof(int16_t) + 63) & ~(size_t)63;
	void *memory;
	int error = posix_memalign(&memory, 64, size ? size : 64);

	if (error) {
		errno = error;
		return NULL;
	}
	memset(memory, 0, size);
	*bytes += size;
	return memory;
}
