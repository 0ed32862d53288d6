// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both ways of sampling are made of: transfers, a series' start, checks of the
 * set-up, values that are kept, and the sample.
 */
#include "ina3221/converter.h"
#include "ina3221/regs.h"

/* ---- transfers ---- */

int synergy_converter_read(struct synergy_converter *c, const __u8 *regs, __u32 n,
			   struct synergy_reading *reading)
{
	c->attempt_reg = regs[0];
	c->attempt_ns = c->io->now_ns(c->io);
	return c->io->read(c->io, regs, n, reading);
}

int synergy_converter_read_one(struct synergy_converter *c, __u8 reg, __u16 *value,
			       struct synergy_bounds *latched)
{
	struct synergy_reading reading;
	int err = synergy_converter_read(c, &reg, 1, &reading);

	if (err)
		return err;
	*value = reading.word[0];
	if (latched)
		*latched = reading.latched[0];
	return 0;
}

/* ---- is the chip as it was left? ---- */

void synergy_converter_setup_lost(struct synergy_converter *c, __u16 found)
{
	struct synergy_setup_lost lost = {
		.time_ns = c->attempt_ns,
		.trusted_ns = c->trusted_ns,
		.reg = c->attempt_reg,
		.found = found,
	};

	c->io->setup_lost(c->io, &lost);
	if (c->single)
		synergy_converter_no_sample(c);
	c->single = false;
	c->continuous.running = false;
	c->reconfigured = true;
	synergy_clock_lost(&c->clock);
	/* What is found next says nothing new. */
	c->config = 0;
	/* What was read since may be anything, and so may what was learned. */
	c->clock.speed = c->trusted_speed;
	c->trusted_ns = c->tick_ns;
	memcpy(c->values.bus_raw, c->trusted.bus_raw, sizeof(c->values.bus_raw));
	memcpy(c->values.bus_time_ns, c->trusted.bus_time_ns, sizeof(c->values.bus_time_ns));
	c->bus_pending = 0;
	c->known = 0;
}

/* A configuration was found: as it should be? */
static bool judge_setup(struct synergy_converter *c, __u16 found)
{
	if (c->config && found != c->config) {
		synergy_converter_setup_lost(c, found);
		return false;
	}
	c->trusted_ns = c->tick_ns;
	c->trusted = c->values;
	c->trusted_speed = c->clock.speed;
	return true;
}

int synergy_converter_check_setup(struct synergy_converter *c)
{
	__u16 found;
	int err = synergy_converter_read_one(c, INA3221_REG_CONFIG, &found, NULL);

	if (!err)
		judge_setup(c, found);
	return err;
}

int synergy_converter_start(struct synergy_converter *c, bool mixed, bool endless, bool *lost)
{
	__u16 config = mixed ? c->config_mixed : c->config_shunt;
	struct synergy_exchange exchange;
	int err;

	if (!endless)
		config &= ~INA3221_MODE_CONTINUOUS;
	*lost = false;
	c->attempt_reg = INA3221_REG_CONFIG;
	c->attempt_ns = c->io->now_ns(c->io);
	err = c->io->exchange(c->io, INA3221_REG_CONFIG, config, &exchange);
	/* Where it took effect nonetheless, what it has overwritten nobody has seen. */
	if (err) {
		synergy_clock_lost(&c->clock);
		return err;
	}
	*lost = !judge_setup(c, exchange.found);
	c->config = config;
	/* In two transfers another master may have come between. */
	synergy_clock_start(&c->clock, mixed, endless, &exchange.effect,
			    c->io->timing.combined ? exchange.effect.early_ns :
						     exchange.latched.early_ns);
	c->cleared_ns = exchange.effect.late_ns;
	return 0;
}

int synergy_converter_read_flag(struct synergy_converter *c, __u16 *mask,
				struct synergy_bounds *latched)
{
	int err = synergy_converter_read_one(c, INA3221_REG_MASK_ENABLE, mask, latched);

	/* A read that failed may have cleared it, too. */
	c->cleared_ns = err ? c->io->now_ns(c->io) : latched->late_ns;
	return err;
}

int synergy_converter_check_converting(struct synergy_converter *c, bool *lost)
{
	const struct synergy_series *running = &c->clock.running;
	__u64 sweep = synergy_clock_sweep_ns(&c->clock, running->mixed);
	__u64 before = synergy_series_possibly(&c->clock, running, sweep, c->cleared_ns);
	__u64 after, cleared_ns = c->cleared_ns;
	struct synergy_bounds latched;
	__u16 mask, found;
	int err;

	*lost = false;
	if (c->req.guarded) {
		err = synergy_converter_check_setup(c);
		*lost = !err && !c->config;
		return err;
	}
	err = synergy_converter_read_flag(c, &mask, &latched);
	if (!err && (mask & INA3221_MASK_CVRF))
		c->converted_ns = cleared_ns;
	if (err || (mask & INA3221_MASK_CVRF))
		return err;
	/* Some chips raise it after each sweep, some after as many as are averaged. */
	after = synergy_series_surely(&c->clock, running, sweep, latched.early_ns);
	*lost = div_u64(after, c->clock.plan.averages) > div_u64(before, c->clock.plan.averages);
	if (!*lost)
		return 0;
	/* What else was changed says more. */
	err = synergy_converter_read_one(c, INA3221_REG_CONFIG, &found, NULL);
	if (!err && found != c->config) {
		mask = found;
	} else {
		c->attempt_reg = INA3221_REG_MASK_ENABLE;
		/* It stands still, though set up: since when, only the flag has said. */
		c->trusted_ns = min(c->trusted_ns, c->converted_ns);
	}
	synergy_converter_setup_lost(c, mask);
	return err;
}

int synergy_converter_check_reset(struct synergy_converter *c,
				  const struct synergy_reading *reading, bool *reset)
{
	struct synergy_reading bus = { };
	enum synergy_reset verdict;
	__u32 witness;
	__u8 reg;
	int err;

	verdict = synergy_reset_suspect(&c->clock, &c->values, c->bus_pending, reading, &witness);
	reg = INA3221_REG_BUS(witness);
	if (verdict == SYNERGY_RESET_SUSPECTED) {
		err = synergy_converter_read(c, &reg, 1, &bus);
		if (err)
			return err;
		verdict = synergy_reset_confirm(&c->clock, &c->values, c->bus_pending, reading,
						witness, &bus);
	}
	*reset = verdict != SYNERGY_RESET_NONE;
	if (verdict == SYNERGY_RESET_FOUND) {
		c->attempt_reg = reg;
		synergy_converter_no_sample(c);
		synergy_converter_setup_lost(c, 0);
	} else if (verdict == SYNERGY_RESET_UNDECIDABLE) {
		/* A rail that stays at 0 costs this one sample. */
		c->values.shunt_raw[witness] = 0;
		synergy_converter_no_sample(c);
	}
	return 0;
}

/* ---- values and samples ---- */

__u32 synergy_converter_bus_regs(struct synergy_converter *c, __u32 most, __u8 *regs)
{
	__u32 channel, n = 0;

	for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS && n < most; channel++) {
		if (!(c->bus_pending & (1U << channel)))
			continue;
		regs[n++] = INA3221_REG_BUS(channel);
		c->bus_pending &= ~(1U << channel);
	}
	return n;
}

void synergy_converter_store(struct synergy_converter *c, const struct synergy_sample *sample)
{
	__u32 channel;

	for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS; channel++) {
		const struct synergy_resolved *r = &sample->channel[channel];

		if (r->shunt >= SYNERGY_VALUE_REPEAT) {
			c->values.shunt_raw[channel] = r->shunt_word;
			c->window[channel] = r->window;
			c->known |= 1U << channel;
		}
		if (r->bus == SYNERGY_VALUE_NEW) {
			c->values.bus_raw[channel] = r->bus_word;
			c->values.bus_time_ns[channel] = r->bus_time_ns;
		}
	}
}

void synergy_converter_no_sample(struct synergy_converter *c)
{
	c->missed++;
	c->missed_before++;
}

void synergy_converter_give(struct synergy_converter *c, __u32 repeats)
{
	struct synergy_output output = {
		.begin_ns = c->tick_ns,
		.channels = c->read_mask,
		.repeats = repeats,
		.repeat = c->repeat || repeats == c->read_mask,
		.reconfigured = c->reconfigured,
		.missed = c->missed_before,
		.values = c->values,
	};

	memcpy(output.window, c->window, sizeof(output.window));
	c->io->sample(c->io, &output);
	c->repeats += output.repeat;
	c->samples++;
	c->missed_before = 0;
	c->reconfigured = false;
}
