// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the chip's clock is, learned while it converts continuously. Its sweeps'
 * times are as good as that is known: a hundred millionths off are 25 us after a
 * quarter of a second, a good part of a short layer. The chip reports the end of a
 * sweep by a flag. So now and then, where a tick has time left about a sweep's end,
 * the flag is cleared, and polled when it is expected to come.
 */
#include "ina3221/converter.h"
#include "ina3221/regs.h"

#define PROBE_TICKS	4	/* between probes: a read of the flag is a tenth of a tick */
#define PROBE_GUARD_NS	100000U	/* left of a tick after a probe: no tick is to be late for it */
#define SPIN_NS		20000U	/* how late a sleep may end */

/* From a read's begin to its latch */
static __u64 flag_latch_ns(const struct synergy_converter *c)
{
	return div_u64((__u64)c->req.read_ns * INA3221_LATCH_CLOCKS, INA3221_READ_CLOCKS);
}

/*
 * The end of a cycle, in nominal nanoseconds from the series' begin, that this tick
 * has time to poll, and that would teach something; 0 none. It does where the
 * speed leaves more open than the begin does, by an eighth, since a poll halves what
 * is above that. There must be no other
 * sweep's end between clearing and polling: some chips raise the flag at each.
 */
static __u64 end_to_probe(const struct synergy_converter *c)
{
	const struct synergy_series *series = &c->clock.running;
	__u64 sweep = synergy_clock_sweep_ns(&c->clock, series->mixed);
	__u64 cycle = c->clock.plan.averages * sweep;
	__u64 begin = synergy_bounds_middle(&series->begin);
	__u64 start_error = synergy_bounds_error_ns(&series->begin);
	__u64 now = c->io->now_ns(c->io);
	__u64 error = start_error + synergy_clock_error_ns(&c->clock, now - begin);
	__u64 earliest = now + c->req.read_ns + flag_latch_ns(c) + 2 * SPIN_NS;
	__u64 latest = c->tick_ns + c->period_ns - PROBE_GUARD_NS - c->req.read_ns;
	__u64 nominal, end;

	if (c->req.guarded || c->req.others_ns ||
	    c->continuous.ticks < c->continuous.probed + PROBE_TICKS ||
	    error < 2 * start_error + start_error / 8)
		return 0;
	nominal = synergy_clock_nominal(&c->clock, earliest - begin);
	nominal = (div64_u64(nominal, cycle) + 1) * cycle;
	end = begin + synergy_clock_scaled(&c->clock, nominal);
	if (end > latest || end - synergy_clock_scaled(&c->clock, sweep) + error > now)
		return 0;
	return nominal;
}

static int poll_at(struct synergy_converter *c, __u64 nominal, __u64 end)
{
	const struct synergy_bounds *begin = &c->clock.running.begin;
	__u64 cleared = c->io->now_ns(c->io);
	struct synergy_bounds latched;
	struct synergy_speed_probe probe;
	bool sure;
	__u16 mask;
	int err;

	/* Has the end surely not been cleared away? Else a missing flag says nothing. */
	sure = cleared + synergy_bounds_error_ns(begin) +
	       synergy_clock_error_ns(&c->clock, end - synergy_bounds_middle(begin)) <= end;
	end -= flag_latch_ns(c);
	if (cleared > end)
		return 0;
	err = c->io->wait_until(c->io, end - SPIN_NS);
	if (err)
		return err;
	c->io->spin_until(c->io, end);
	err = synergy_converter_read_flag(c, &mask, &latched);
	if (err || (!sure && !(mask & INA3221_MASK_CVRF)))
		return err;
	probe.nominal_ns = nominal;
	probe.at_ns = synergy_bounds_middle(&latched) - synergy_bounds_middle(begin);
	probe.error_ns = synergy_bounds_error_ns(&latched) + synergy_bounds_error_ns(begin);
	probe.over = mask & INA3221_MASK_CVRF;
	synergy_speed_learn(&c->clock.speed, &probe);
	return 0;
}

int synergy_converter_probe_speed(struct synergy_converter *c)
{
	__u64 nominal = end_to_probe(c);
	bool lost;
	int err;

	if (!nominal)
		return 0;
	c->continuous.probed = c->continuous.ticks;
	err = synergy_converter_check_converting(c, &lost);
	if (err || lost)
		return err;
	return poll_at(c, nominal, synergy_bounds_middle(&c->clock.running.begin) +
		    synergy_clock_scaled(&c->clock, nominal));
}
