// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deadlines: see tick.h. Deadline n lies at start + n * period + u(n) with
 * u(n) even over 0..dither, so dither never adds up to a drift.
 */
#include "tick.h"

void synergy_tick_init(struct synergy_tick *tick, __u64 start_ns, __u64 period_ns,
		       __u32 dither_ns, __u64 seed)
{
	memset(tick, 0, sizeof(*tick));
	tick->start_ns = start_ns;
	tick->period_ns = period_ns;
	tick->dither_ns = dither_ns;
	tick->seed = seed;
}

/* splitmix64: a function of the number alone, so that all buses draw alike. */
static __u64 mix(__u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static __u64 deadline(const struct synergy_tick *tick, __u64 number)
{
	__u64 at = tick->start_ns + number * tick->period_ns;

	if (tick->dither_ns)
		at += ((mix(tick->seed ^ number) >> 32) * ((__u64)tick->dither_ns + 1)) >> 32;
	return at;
}

__u64 synergy_tick_next(struct synergy_tick *tick, __u64 now_ns, __u64 *missed)
{
	__u64 number = tick->number + 1;

	/* Far behind (a suspended machine): jump, do not count one by one. */
	if (now_ns > tick->start_ns + (number + 1) * tick->period_ns + tick->dither_ns) {
		__u64 reached = div64_u64(now_ns - tick->start_ns - tick->dither_ns,
					  tick->period_ns);

		*missed += reached - number;
		number = reached;
	}
	while (deadline(tick, number) < now_ns) {
		number++;
		(*missed)++;
	}
	tick->number = number;
	return deadline(tick, number);
}

__u32 synergy_tick_bucket(__u64 late_ns, __u32 buckets)
{
	__u32 bucket = 0;

	while (late_ns && bucket < buckets - 1) {
		late_ns >>= 1;
		bucket++;
	}
	return bucket;
}
