// SPDX-License-Identifier: GPL-2.0-only
/*
 * The triggered way of sampling: writing the configuration starts a single-shot
 * series at a known time; the tick reads what the one before has left, while the
 * chip converts again. The other way is in continuous.c.
 */
#include "ina3221/converter.h"
#include "ina3221/regs.h"

/*
 * Series between polls of the conversion-ready flag, where a tick has the time: each
 * costs a transfer, an eighth of a tick at a thousand a second.
 */
#define FLAG_EVERY		64

int synergy_triggered_start(struct synergy_converter *c, bool mixed, bool *lost)
{
	int err;

	c->single = false;
	err = synergy_converter_start(c, mixed, false, lost);
	if (err)
		return err;
	c->single = true;
	c->ready_ns = synergy_series_end_ns(&c->clock, &c->clock.running);
	c->triggers++;
	return 0;
}

/* Registers of this tick, in an order that stays ahead of the converter */
static __u32 choose_regs(struct synergy_converter *c, bool every, __u32 bus_reads, __u8 *regs)
{
	__u32 n = 0, channel;

	for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS; channel++) {
		if (!(c->read_mask & (1U << channel)))
			continue;
		regs[n++] = INA3221_REG_SHUNT(channel);
		if (every)
			regs[n++] = INA3221_REG_BUS(channel);
	}
	if (every) {
		c->bus_pending = 0;
		return n;
	}
	return n + synergy_converter_bus_regs(c, bus_reads, &regs[n]);
}

/* Is every value of the sample known for what it is? */
static bool all_known(const struct synergy_converter *c, const struct synergy_sample *sample)
{
	__u32 channel;

	for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS; channel++)
		if ((c->read_mask & (1U << channel)) &&
		    (sample->channel[channel].shunt < SYNERGY_VALUE_REPEAT ||
		     sample->channel[channel].bus == SYNERGY_VALUE_UNKNOWN))
			return false;
	return true;
}

int synergy_triggered_read(struct synergy_converter *c, const struct synergy_series *series,
			   bool every, __u32 bus_reads, bool give)
{
	struct synergy_reading reading;
	struct synergy_sample sample;
	__u8 regs[SYNERGY_READING_WORDS];
	__u32 pending = c->bus_pending, n;
	bool reset;
	int err;

	if (series->mixed) {
		pending = c->read_mask;
		c->bus_pending = pending;
	}
	n = choose_regs(c, every, bus_reads, regs);
	err = synergy_converter_read(c, regs, n, &reading);
	if (!err)
		err = synergy_converter_check_reset(c, &reading, &reset);
	if (err || reset)
		return err;
	synergy_resolve(&c->clock, &reading, &sample);
	if (!all_known(c, &sample)) {
		c->bus_pending = pending;
		synergy_converter_no_sample(c);
		return 0;
	}
	synergy_converter_store(c, &sample);
	synergy_sample_taken(&c->clock, &sample);
	if (give)
		synergy_converter_give(c, 0);
	return 0;
}

int synergy_triggered_once(struct synergy_converter *c)
{
	bool first = !c->triggers, lost;
	int err = synergy_triggered_start(c, true, &lost);

	if (!err)
		err = c->io->wait_until(c->io, c->ready_ns);
	if (err)
		return err;
	c->single = false;
	/* The first makes no sample: it is not on the grid of deadlines. */
	return synergy_triggered_read(c, &c->clock.running, true, 0, !first);
}

/* From a trigger's begin until it takes effect, at the least */
static __u64 lead_ns(const struct synergy_converter *c)
{
	return (INA3221_EXCHANGE_CLOCKS - 1ULL) * c->io->timing.clock_ns;
}

/* The series should be over; is it, says the chip? Only where the tick has time for that. */
static int check_ready(struct synergy_converter *c)
{
	__u64 bus_ns = c->req.exchange_ns + (hweight32(c->read_mask) + 3ULL) * c->req.read_ns;
	struct synergy_bounds latched;
	__u16 mask;
	int err;

	if (c->req.guarded || c->triggers % FLAG_EVERY != FLAG_EVERY / 2 ||
	    c->ready_ns + bus_ns > c->tick_ns + c->period_ns)
		return 0;
	err = c->io->wait_until(c->io, c->ready_ns);
	if (!err)
		err = synergy_converter_read_flag(c, &mask, &latched);
	c->repeat = !err && !(mask & INA3221_MASK_CVRF);
	return err;
}

int synergy_triggered_tick(struct synergy_converter *c)
{
	bool every = c->clock.plan.bus_every == 1, overlap = c->clock.plan.overlap;
	bool done = c->single, mixed, lost;
	__u64 since_mixed;
	int err = 0;

	div64_u64_rem(c->triggers, c->clock.plan.bus_every, &since_mixed);
	mixed = !since_mixed;
	if (!c->triggers) {
		err = synergy_triggered_once(c);
		return err ? err : synergy_triggered_start(c, every, &lost);
	}
	/* What is written takes effect at the end of its transfer: not before this one's end. */
	if (done)
		err = c->io->wait_until(c->io, c->ready_ns - (overlap ? lead_ns(c) : 0));
	if (!err && done)
		err = check_ready(c);
	if (err)
		return err;
	if (done && !overlap) {
		c->single = false;
		err = synergy_triggered_read(c, &c->clock.running, every,
					     c->clock.plan.bus_reads, true);
		if (err)
			c->io->failed(c->io, c->attempt_reg, c->attempt_ns, err);
	}
	err = synergy_triggered_start(c, mixed, &lost);
	/* While a mixed series converts, the bus voltages' registers are not to be trusted. */
	if (!err && done && overlap && !lost)
		err = synergy_triggered_read(c, &c->clock.before, every,
					     mixed ? 0 : c->clock.plan.bus_reads, true);
	return err;
}
