// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session of one chip, and its tick.
 */
#include "ina3221/converter.h"
#include "ina3221/regs.h"

/* A transfer that is not acknowledged once is no reason to leave samples unchecked. */
#define STOP_TRIES	3

static __u16 config_word(const struct synergy_converter *c, __u32 shunt_ns, __u16 mode)
{
	const struct synergy_plan *plan = &c->clock.plan;
	__u16 word = mode;
	__u32 channel;

	for (channel = 0; channel < SYNERGY_CONVERTER_CHANNELS; channel++)
		if (c->clock.convert_mask & (1U << channel))
			word |= INA3221_CONFIG_CHANNEL(channel);
	word |= synergy_ina3221_average_code(plan->averages) << INA3221_CONFIG_AVERAGE_SHIFT;
	word |= synergy_ina3221_conversion_code(shunt_ns) << INA3221_CONFIG_SHUNT_SHIFT;
	if (plan->bus_ns)
		word |= synergy_ina3221_conversion_code(plan->bus_ns) << INA3221_CONFIG_BUS_SHIFT;
	return word;
}

void synergy_converter_prepare(struct synergy_converter *c, const struct synergy_plan_request *req,
			       const struct synergy_plan *plan)
{
	__u16 continuous = plan->continuous ? INA3221_MODE_CONTINUOUS : 0;
	struct synergy_converter fresh = {
		.io = c->io,
		.clock = {
			.plan = *plan,
			.convert_mask = req->convert_mask,
			.speed = c->clock.speed,
			.recovery = c->clock.recovery,
		},
		.trusted_speed = c->clock.speed,
		.req = *req,
		.read_mask = req->read_mask,
	};

	*c = fresh;
	c->config_shunt = config_word(c, plan->shunt_ns, INA3221_MODE_SHUNT | continuous);
	c->config_mixed = config_word(c, plan->mixed_shunt_ns,
				      INA3221_MODE_SHUNT | INA3221_MODE_BUS | continuous);
}

void synergy_converter_stop(struct synergy_converter *c)
{
	int tries = STOP_TRIES;

	/* What are the samples since the last check worth? */
	while (c->config && tries-- && synergy_converter_check_setup(c))
		;
	c->config = 0;
	synergy_clock_lost(&c->clock);
	c->single = false;
	c->continuous.running = false;
	c->triggers = 0;
	c->trusted_ns = 0;
	c->converted_ns = 0;
}

int synergy_converter_tick(struct synergy_converter *c, __u64 missed)
{
	int err;

	c->tick_ns = c->io->now_ns(c->io);
	if (!c->trusted_ns)
		c->trusted_ns = c->tick_ns;
	if (!c->converted_ns)
		c->converted_ns = c->tick_ns;
	c->missed_before += missed;
	c->repeat = false;
	err = c->clock.plan.continuous ? synergy_continuous_tick(c) : synergy_triggered_tick(c);
	if (err)
		c->continuous.running = false;
	return err;
}
