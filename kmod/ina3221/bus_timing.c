// SPDX-License-Identifier: GPL-2.0-only
#include "ina3221/bus_timing.h"

__u64 synergy_bounds_middle(const struct synergy_bounds *stamp)
{
	return stamp->early_ns + (stamp->late_ns - stamp->early_ns) / 2;
}

__u64 synergy_bounds_error_ns(const struct synergy_bounds *stamp)
{
	return (stamp->late_ns - stamp->early_ns + 1) / 2;
}

__u32 synergy_bus_step_clocks(const struct synergy_bus_timing *timing)
{
	/* A repeated start in place of a stop and a start */
	return INA3221_READ_CLOCKS - (timing->combined ? 1 : 0);
}

/* @before and @after it there are so many clocks. */
static struct synergy_bounds between(const struct synergy_bus_timing *timing, __u64 begin_ns,
				     __u64 end_ns, __u32 before, __u32 after)
{
	__u64 one = begin_ns + (__u64)before * timing->clock_ns;
	__u64 two = end_ns - (__u64)after * timing->clock_ns;

	return (struct synergy_bounds) { .early_ns = min(one, two), .late_ns = max(one, two) };
}

struct synergy_bounds synergy_bus_latched(const struct synergy_bus_timing *timing, __u64 begin_ns,
					  __u64 end_ns, bool pointed, __u32 i, __u32 n)
{
	__u32 lead = pointed ? INA3221_POINTED_CLOCKS : INA3221_LATCH_CLOCKS;
	__u32 step = synergy_bus_step_clocks(timing);

	return between(timing, begin_ns, end_ns, lead + i * step,
		       (n - 1 - i) * step + INA3221_WORD_CLOCKS);
}

struct synergy_bounds synergy_bus_written(const struct synergy_bus_timing *timing, __u64 begin_ns,
					  __u64 end_ns)
{
	/* At the last byte's acknowledge, or at the stop that follows */
	return between(timing, begin_ns, end_ns, INA3221_WRITE_CLOCKS - 1, 0);
}

struct synergy_bounds synergy_bus_exchanged(const struct synergy_bus_timing *timing,
					    __u64 begin_ns, __u64 end_ns,
					    struct synergy_bounds *latched)
{
	*latched = between(timing, begin_ns, end_ns, INA3221_LATCH_CLOCKS,
			   INA3221_EXCHANGE_CLOCKS - INA3221_LATCH_CLOCKS);
	return between(timing, begin_ns, end_ns, INA3221_EXCHANGE_CLOCKS - 1, 0);
}
