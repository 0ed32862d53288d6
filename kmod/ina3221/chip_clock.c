// SPDX-License-Identifier: GPL-2.0-only
#include "ina3221/chip_clock.h"

/*
 * Nothing is asked about later times than this after a series' begin: products of
 * nanoseconds and ppm stay within 64 bits. A continuous series is begun again long
 * before (continuous.c).
 */
#define ELAPSED_MAX_NS	10000000000000ULL

#define PPM		1000000U

/* ---- the timetable, nominal ---- */

__u32 synergy_clock_shunt_ns(const struct synergy_chip_clock *clock, bool mixed)
{
	return mixed ? clock->plan.mixed_shunt_ns : clock->plan.shunt_ns;
}

static __u64 step_ns(const struct synergy_chip_clock *clock, bool mixed)
{
	return (__u64)synergy_clock_shunt_ns(clock, mixed) + (mixed ? clock->plan.bus_ns : 0);
}

__u64 synergy_clock_sweep_ns(const struct synergy_chip_clock *clock, bool mixed)
{
	return hweight32(clock->convert_mask) * step_ns(clock, mixed);
}

__u64 synergy_clock_offset_ns(const struct synergy_chip_clock *clock, bool mixed, __u32 channel)
{
	return hweight32(clock->convert_mask & ((1U << channel) - 1)) * step_ns(clock, mixed);
}

__u64 synergy_clock_update_ns(const struct synergy_chip_clock *clock, bool mixed, __u32 channel,
			      bool bus)
{
	return synergy_clock_offset_ns(clock, mixed, channel) +
	       (bus ? step_ns(clock, mixed) : synergy_clock_shunt_ns(clock, mixed));
}

/* ---- on this chip's clock ---- */

__u64 synergy_clock_scaled(const struct synergy_chip_clock *clock, __u64 nominal_ns)
{
	return synergy_plan_scaled(nominal_ns, clock->speed.scale_ppm);
}

__u64 synergy_clock_continuous_ns(const struct synergy_chip_clock *clock)
{
	return synergy_clock_scaled(clock, synergy_clock_sweep_ns(clock, clock->plan.mixed));
}

__u64 synergy_clock_error_ns(const struct synergy_chip_clock *clock, __u64 nominal_ns)
{
	return synergy_plan_scaled(nominal_ns, clock->speed.margin_ppm);
}

/* The nominal duration that lasts @ns at such a speed */
static __u64 nominal(__u64 ns, __u32 scale_ppm)
{
	return div64_u64(min_t(__u64, ns, ELAPSED_MAX_NS) * PPM, scale_ppm);
}

__u64 synergy_clock_nominal(const struct synergy_chip_clock *clock, __u64 ns)
{
	return nominal(ns, clock->speed.scale_ppm);
}

struct synergy_bounds synergy_series_after(const struct synergy_chip_clock *clock,
					   const struct synergy_series *series, __u64 nominal_ns)
{
	__u64 likely = synergy_clock_scaled(clock, nominal_ns);
	__u64 error = synergy_clock_error_ns(clock, nominal_ns);

	return (struct synergy_bounds) {
		.early_ns = series->begin.early_ns + likely - error,
		.late_ns = series->begin.late_ns + likely + error,
	};
}

/* Sweeps whose update at @offset_ns lies within @elapsed_ns of a clock that runs so. */
static __u64 updates(const struct synergy_chip_clock *clock, const struct synergy_series *series,
		     __u64 offset_ns, __u64 begin_ns, __u64 when_ns, __u32 scale_ppm)
{
	__u64 sweep = synergy_clock_sweep_ns(clock, series->mixed);
	__u64 passed, n;

	if (!series->valid || !sweep || when_ns < begin_ns)
		return 0;
	passed = nominal(when_ns - begin_ns, scale_ppm);
	if (passed < offset_ns)
		return 0;
	n = div64_u64(passed - offset_ns, sweep) + 1;
	return series->endless ? n : min_t(__u64, n, clock->plan.averages);
}

__u64 synergy_series_surely(const struct synergy_chip_clock *clock,
			    const struct synergy_series *series, __u64 offset_ns, __u64 when_ns)
{
	return updates(clock, series, offset_ns, series->begin.late_ns, when_ns,
		       clock->speed.scale_ppm + clock->speed.margin_ppm);
}

__u64 synergy_series_possibly(const struct synergy_chip_clock *clock,
			      const struct synergy_series *series, __u64 offset_ns, __u64 when_ns)
{
	return updates(clock, series, offset_ns, series->begin.early_ns, when_ns,
		       clock->speed.scale_ppm - clock->speed.margin_ppm);
}

__u64 synergy_series_likely(const struct synergy_chip_clock *clock,
			    const struct synergy_series *series, __u64 offset_ns, __u64 when_ns)
{
	return updates(clock, series, offset_ns, synergy_bounds_middle(&series->begin), when_ns,
		       clock->speed.scale_ppm);
}

__u64 synergy_series_end_ns(const struct synergy_chip_clock *clock,
			    const struct synergy_series *series)
{
	return synergy_series_after(clock, series, clock->plan.averages *
				    synergy_clock_sweep_ns(clock, series->mixed)).late_ns;
}

/* ---- changes ---- */

/* Where the registers of the bus voltages stand still from now on: whose are they? */
static void keep_bus_begin(struct synergy_chip_clock *clock)
{
	const struct synergy_series *series = &clock->before;
	__u64 last;

	if (!series->valid || !series->mixed)
		return;
	last = synergy_series_likely(clock, series, synergy_clock_sweep_ns(clock, true),
				     synergy_bounds_middle(&clock->stopped));
	if (last)
		clock->bus_begin_ns = synergy_bounds_middle(&series->begin) +
			synergy_clock_scaled(clock, (last - 1) *
					     synergy_clock_sweep_ns(clock, true));
}

/*
 * When the first conversion begins after a write that took effect at @effect: at once,
 * where another is stopped by it; after the recovery, where the chip was powered down.
 */
static struct synergy_bounds begins(const struct synergy_chip_clock *clock,
				    const struct synergy_bounds *effect, __u64 checked_ns)
{
	const struct synergy_series *series = &clock->running;
	struct synergy_bounds begin = *effect, end;

	if (!series->valid) {
		begin.late_ns += clock->recovery.most_ns;
		return begin;
	}
	if (series->endless)
		return begin;
	end = synergy_series_after(clock, series, clock->plan.averages *
				   synergy_clock_sweep_ns(clock, series->mixed));
	/* Whoever came between check and write may have set it converting. */
	if (end.late_ns <= effect->early_ns && checked_ns >= effect->early_ns)
		begin.early_ns += clock->recovery.least_ns;
	if (end.early_ns <= effect->late_ns)
		begin.late_ns += clock->recovery.most_ns;
	return begin;
}

void synergy_clock_start(struct synergy_chip_clock *clock, bool mixed, bool endless,
			 const struct synergy_bounds *effect, __u64 checked_ns)
{
	struct synergy_bounds begin = begins(clock, effect, checked_ns);

	keep_bus_begin(clock);
	clock->before = clock->running;
	clock->stopped = *effect;
	clock->stopped.early_ns = min(clock->stopped.early_ns, checked_ns);
	clock->running = (struct synergy_series) {
		.valid = true, .mixed = mixed, .endless = endless, .begin = begin,
	};
}

void synergy_clock_lost(struct synergy_chip_clock *clock)
{
	clock->running.valid = false;
	clock->before.valid = false;
}
