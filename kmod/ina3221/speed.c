// SPDX-License-Identifier: GPL-2.0-only
#include "ina3221/speed.h"

/* Twice the datasheet's tolerance */
#define SCALE_LEAST_PPM	800000
#define SCALE_MOST_PPM	1200000
/* Of the estimate in whole ppm and nanoseconds; nothing is known better. */
#define MARGIN_MIN_PPM	3
/* So many that say the same are no chance, once the margin is down to so little. */
#define ALIKE_WIDENS	6
#define ALIKE_MARGIN_PPM	16

void synergy_speed_learn(struct synergy_speed *speed, const struct synergy_speed_probe *probe)
{
	__u64 least_ns = probe->at_ns - min(probe->at_ns, probe->error_ns);
	__u64 most_ns = probe->at_ns + probe->error_ns;
	__s64 low, high, scale, margin = speed->margin_ppm;

	if (probe->over != speed->over || margin > ALIKE_MARGIN_PPM)
		speed->alike = 0;
	speed->alike++;
	speed->over = probe->over;
	if (speed->alike >= ALIKE_WIDENS)
		margin *= 4;
	low = (__s64)speed->scale_ppm - margin;
	high = (__s64)speed->scale_ppm + margin;
	/* At its end by then: no slower than this. */
	if (probe->over)
		high = min(high, (__s64)div64_u64(most_ns * 1000000, probe->nominal_ns) + 1);
	else
		low = max(low, (__s64)div64_u64(least_ns * 1000000, probe->nominal_ns));
	if (low <= high) {
		scale = low + (high - low) / 2;
		margin = (high - low + 1) / 2;
	} else {
		scale = probe->over ? high : low;
		margin = low - high;
	}
	if (scale < SCALE_LEAST_PPM || scale > SCALE_MOST_PPM)
		return;
	speed->scale_ppm = scale;
	speed->margin_ppm = max_t(__s64, margin, MARGIN_MIN_PPM);
}
