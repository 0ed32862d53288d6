// SPDX-License-Identifier: GPL-2.0-only
#include "ina3221/regs.h"
#include "ina3221/resolve.h"

/**
 * struct candidates - the sweeps that a register's value may be of
 * @series: of this one; NULL: of none, or nobody can say of which
 * @first: from 1
 * @likely: the likeliest
 * @last: not after this one
 * @unknown: it may be the running series' already, or still that of the one before
 */
struct candidates {
	const struct synergy_series *series;
	__u64 first;
	__u64 likely;
	__u64 last;
	bool unknown;
};

static struct candidates of_series(const struct synergy_chip_clock *clock,
				   const struct synergy_series *series, __u64 offset_ns,
				   const struct synergy_bounds *when)
{
	struct candidates c = {
		.first = synergy_series_surely(clock, series, offset_ns, when->early_ns),
		.last = synergy_series_possibly(clock, series, offset_ns, when->late_ns),
	};

	c.unknown = !c.first && c.last;
	if (!c.first)
		return c;
	c.series = series;
	c.likely = synergy_series_likely(clock, series, offset_ns, synergy_bounds_middle(when));
	c.likely = max(c.first, min(c.likely, c.last));
	return c;
}

static struct candidates whose(const struct synergy_chip_clock *clock, __u32 channel, bool bus,
			       const struct synergy_bounds *latched)
{
	struct candidates c = { };
	__u64 offset;

	if (clock->running.valid && (!bus || clock->running.mixed)) {
		offset = synergy_clock_update_ns(clock, clock->running.mixed, channel, bus);
		c = of_series(clock, &clock->running, offset, latched);
	}
	if (c.series || c.unknown || !clock->before.valid || (bus && !clock->before.mixed))
		return c;
	offset = synergy_clock_update_ns(clock, clock->before.mixed, channel, bus);
	return of_series(clock, &clock->before, offset, &clock->stopped);
}

/* How far the end that is stated may be off, whichever candidate it is */
static __u64 window_error_ns(const struct synergy_chip_clock *clock, const struct candidates *c,
			     __u64 first_end, __u64 last_end, __u64 stated_ns)
{
	struct synergy_bounds first = synergy_series_after(clock, c->series, first_end);
	struct synergy_bounds last = synergy_series_after(clock, c->series, last_end);

	return max(stated_ns - min(first.early_ns, stated_ns),
		   last.late_ns - min(last.late_ns, stated_ns));
}

static struct synergy_window window_of(const struct synergy_chip_clock *clock,
				       const struct candidates *c, __u32 channel)
{
	bool mixed = c->series->mixed;
	__u64 sweep = synergy_clock_sweep_ns(clock, mixed);
	__u64 begin = synergy_clock_offset_ns(clock, mixed, channel);
	__u64 end = begin + synergy_clock_shunt_ns(clock, mixed);
	__u64 before = (c->likely - 1) * sweep;
	__u64 origin = synergy_bounds_middle(&c->series->begin);
	struct synergy_window window = {
		.begin_ns = origin + synergy_clock_scaled(clock, before + begin),
		.end_ns = origin + synergy_clock_scaled(clock, before + end),
	};

	window.error_ns = window_error_ns(clock, c, (c->first - 1) * sweep + end,
					  (c->last - 1) * sweep + end, window.end_ns);
	return window;
}

static void resolve_shunt(const struct synergy_chip_clock *clock, __u32 channel, __u16 word,
			  const struct synergy_bounds *latched, struct synergy_resolved *r)
{
	struct candidates c = whose(clock, channel, false, latched);

	r->shunt_word = word;
	r->shunt = c.unknown ? SYNERGY_VALUE_UNKNOWN : SYNERGY_VALUE_ABSENT;
	if (!c.series)
		return;
	r->shunt = c.first > c.series->reported[channel] ? SYNERGY_VALUE_NEW :
							   SYNERGY_VALUE_REPEAT;
	r->of_running = c.series == &clock->running;
	r->sweep = c.last;
	r->window = window_of(clock, &c, channel);
}

static void resolve_bus(const struct synergy_chip_clock *clock, __u32 channel, __u16 word,
			const struct synergy_bounds *latched, struct synergy_resolved *r)
{
	__u64 middle = synergy_clock_update_ns(clock, true, channel, true) - clock->plan.bus_ns / 2;
	struct candidates c = whose(clock, channel, true, latched);

	r->bus_word = word;
	r->bus = c.unknown ? SYNERGY_VALUE_UNKNOWN : SYNERGY_VALUE_ABSENT;
	if (c.unknown)
		return;
	if (c.series)
		r->bus_time_ns = synergy_bounds_middle(&c.series->begin) +
			synergy_clock_scaled(clock, (c.likely - 1) *
					     synergy_clock_sweep_ns(clock, true) + middle);
	else if (clock->bus_begin_ns)
		r->bus_time_ns = clock->bus_begin_ns + synergy_clock_scaled(clock, middle);
	else
		return;
	r->bus = SYNERGY_VALUE_NEW;
}

void synergy_resolve(const struct synergy_chip_clock *clock, const struct synergy_reading *reading,
		     struct synergy_sample *sample)
{
	__u32 i;

	memset(sample, 0, sizeof(*sample));
	for (i = 0; i < reading->n; i++) {
		__u32 channel = INA3221_CHANNEL(reading->reg[i]);
		struct synergy_resolved *r = &sample->channel[channel];

		if (INA3221_IS_BUS(reading->reg[i]))
			resolve_bus(clock, channel, reading->word[i], &reading->latched[i], r);
		else
			resolve_shunt(clock, channel, reading->word[i], &reading->latched[i], r);
	}
}

void synergy_sample_taken(struct synergy_chip_clock *clock, const struct synergy_sample *sample)
{
	__u32 channel;

	for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS; channel++) {
		const struct synergy_resolved *r = &sample->channel[channel];
		struct synergy_series *series = r->of_running ? &clock->running : &clock->before;

		/* A value that only may have been reported is called new by the next reading. */
		if (r->shunt == SYNERGY_VALUE_NEW)
			series->reported[channel] = max(series->reported[channel], r->sweep);
	}
}
