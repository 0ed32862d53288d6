// SPDX-License-Identifier: GPL-2.0-only
#include "ina3221/phase.h"
#include "ina3221/regs.h"

/* Ticks after which a drift ought to show: it is to reach an eighth of a sweep by then. */
#define DRIFT_TICKS		64
/* Phases tried for a start; by the golden ratio, so that they spread evenly. */
#define PHASES			16
#define GOLDEN_PPM		618034
/* A read this part of a sweep away from an update is clear of it. */
#define CLEAR_PART		8

/* The channels in every order in which they can be read. */
static const __u8 orders[][SYNERGY_CONVERTER_CHANNELS] = {
	{ 0, 1, 2 }, { 2, 0, 1 }, { 1, 2, 0 }, { 1, 0, 2 }, { 2, 1, 0 }, { 0, 2, 1 },
};

bool synergy_phase_drifts(const struct synergy_converter *c)
{
	__u64 sweep = synergy_clock_continuous_ns(&c->clock), step;

	div64_u64_rem(c->period_ns, sweep, &step);
	return min(step, sweep - step) * DRIFT_TICKS >= sweep / 8;
}

/* When the @i-th read of a tick that begins at @tick_ns will be latched. */
static __u64 latch_ns(const struct synergy_converter *c, __u64 tick_ns, __u32 i)
{
	/* Of one rail, most ticks read the same register, and nothing else. */
	bool pointed = c->io->timing.combined && hweight32(c->read_mask) == 1 &&
		       c->clock.plan.bus_every != 1;
	__u32 lead = pointed ? INA3221_POINTED_CLOCKS : INA3221_LATCH_CLOCKS;

	return tick_ns + div_u64((__u64)c->req.read_ns *
				 (lead + i * synergy_bus_step_clocks(&c->io->timing)),
				 INA3221_READ_CLOCKS);
}

/*
 * How near reads in this order, in a tick at @tick_ns, come to updates by sweeps
 * from @begin_ns on. 0 also where one comes before the first update.
 */
static __u64 clearance_ns(const struct synergy_converter *c, const __u8 *order, __u64 begin_ns,
			  __u64 tick_ns)
{
	__u64 sweep = synergy_clock_continuous_ns(&c->clock), nearest = sweep;
	__u32 i, n = 0;

	for (i = 0; i < SYNERGY_CONVERTER_CHANNELS; i++) {
		__u64 latch, update, after;

		if (!(c->read_mask & (1U << order[i])))
			continue;
		latch = latch_ns(c, tick_ns, n++);
		update = begin_ns +
			 synergy_clock_scaled(&c->clock,
					      synergy_clock_update_ns(&c->clock,
								      c->clock.plan.mixed,
								      order[i], false));
		if (latch < update)
			return 0;
		div64_u64_rem(latch - update, sweep, &after);
		nearest = min(nearest, min(after, sweep - after));
	}
	return nearest;
}

/* The order that keeps clear of updates by @enough_ns, or else by most. */
static const __u8 *choose_order(const struct synergy_converter *c, __u64 begin_ns, __u64 tick_ns,
				__u64 enough_ns, __u64 *clear_ns)
{
	const __u8 *best = orders[0];
	__u32 i;

	*clear_ns = 0;
	for (i = 0; i < ARRAY_SIZE(orders) && *clear_ns < enough_ns; i++) {
		__u64 clear = clearance_ns(c, orders[i], begin_ns, tick_ns);

		if (clear > *clear_ns) {
			best = orders[i];
			*clear_ns = clear;
		}
	}
	return best;
}

/*
 * Where the phase stands still each read would meet an update again and again: then
 * one that is clear of them, and for a chip with one rail, whose windows leave no
 * gap, always the one in the middle.
 */
__u64 synergy_phase_choose(struct synergy_converter *c, __u64 earliest_ns)
{
	bool one = hweight32(c->clock.convert_mask) == 1;
	__u64 sweep = synergy_clock_continuous_ns(&c->clock);
	__u64 tick_ns = c->grid_ns;
	__u64 best = 0, clearest = 0;
	__u32 i;

	/* A tick with sweeps behind it wherever they start */
	if (earliest_ns + 3 * sweep > tick_ns)
		tick_ns += (div64_u64(earliest_ns + 3 * sweep - tick_ns, c->period_ns) + 1) *
			   c->period_ns;
	for (i = 0; i < PHASES; i++) {
		__u64 phase, clear;

		div64_u64_rem((__u64)(c->continuous.phases + i) * GOLDEN_PPM, 1000000, &phase);
		phase = div_u64(phase * sweep, 1000000);
		choose_order(c, earliest_ns + phase, tick_ns, sweep / CLEAR_PART, &clear);
		if (clear > clearest) {
			best = phase;
			clearest = clear;
		}
		if (!one && (synergy_phase_drifts(c) || clear > sweep / CLEAR_PART))
			break;
	}
	c->continuous.phases += one ? 0 : i + 1;
	return best;
}

void synergy_phase_order(const struct synergy_converter *c, __u64 now_ns, __u8 *regs)
{
	const struct synergy_series *series = &c->clock.running;
	__u64 begin = synergy_bounds_middle(&series->begin);
	__u64 error = synergy_bounds_error_ns(&series->begin) +
		      synergy_clock_error_ns(&c->clock, now_ns - begin);
	const __u8 *order;
	__u64 clear;
	__u32 i;

	order = choose_order(c, begin, now_ns, 2 * error, &clear);
	for (i = 0; i < SYNERGY_CONVERTER_CHANNELS; i++)
		if (c->read_mask & (1U << order[i]))
			*regs++ = INA3221_REG_SHUNT(order[i]);
}

__u64 synergy_phase_next(const struct synergy_converter *c, const struct synergy_series *series,
			 __u64 earliest_ns)
{
	__u64 sweep = synergy_clock_continuous_ns(&c->clock), into;

	div64_u64_rem(earliest_ns - synergy_bounds_middle(&series->begin), sweep, &into);
	return earliest_ns + (into ? sweep - into : 0);
}
