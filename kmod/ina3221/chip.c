// SPDX-License-Identifier: GPL-2.0-only
/*
 * One INA3221 on its bus: found, measured (calibrate.c), set up for a session, ticked
 * by a sampler thread, and put back as it was found. What fits into a period is
 * decided in plan.c, what a tick does in triggered.c and continuous.c, bits and
 * formulas are in regs.c.
 */
#include <linux/device.h>
#include <linux/property.h>
#include <linux/timekeeping.h>

#include "ina3221/regs.h"
#include "internal.h"

/* How far a chip's speed may move while nobody samples: its temperature does. */
#define IDLE_DRIFT_PPM		100U
/* Half of what plans leave free of a period (GUARD_NS in plan.c) */
#define RECOVERY_UNSURE_NS	10000U

/* ---- finding out what is there ---- */

/* Is a register other than after a reset? */
static int is_armed(struct synergy_ina3221 *chip, u8 reg, u16 unarmed, bool *armed)
{
	u16 value;
	int err = synergy_ina3221_read_surely(chip, reg, &value);

	if (!err)
		*armed |= value != unarmed;
	return err;
}

/*
 * Channels whose conversions guard the board, as limits are armed: they are converted
 * on. The sum's and the power-valid limits take in all that are enabled; which of them,
 * the flags' register says, and that is not read: it would clear latched alerts.
 */
static int find_guarded(struct synergy_ina3221 *chip)
{
	u32 channel, enabled = 0;
	bool armed = false;
	int err = 0;

	chip->guarded_mask = 0;
	for (channel = 0; channel < SYNERGY_CHANNELS && !err; channel++) {
		bool own = false;

		if (!(chip->info.config_found & INA3221_CONFIG_CHANNEL(channel)))
			continue;
		enabled |= 1U << channel;
		err = is_armed(chip, INA3221_REG_CRITICAL(channel), INA3221_LIMIT_DEFAULT, &own);
		if (!err)
			err = is_armed(chip, INA3221_REG_WARNING(channel), INA3221_LIMIT_DEFAULT,
				       &own);
		if (own)
			chip->guarded_mask |= 1U << channel;
	}
	if (!err)
		err = is_armed(chip, INA3221_REG_SUM_LIMIT, INA3221_SUM_LIMIT_DEFAULT, &armed);
	if (!err)
		err = is_armed(chip, INA3221_REG_VALID_UPPER, INA3221_VALID_UPPER_DEFAULT, &armed);
	if (!err)
		err = is_armed(chip, INA3221_REG_VALID_LOWER, INA3221_VALID_LOWER_DEFAULT, &armed);
	if (armed)
		chip->guarded_mask |= enabled;
	return err;
}

static void set_timing(struct synergy_ina3221 *chip)
{
	struct synergy_bus_timing *timing = &chip->io.timing;

	timing->read_ns = min_t(u64, chip->info.transfer_ns, U32_MAX);
	timing->clock_ns = min_t(u32, timing->read_ns / INA3221_READ_CLOCKS,
				 chip->info.bus_hz ? NSEC_PER_SEC / chip->info.bus_hz :
						     INA3221_CLOCK_LEAST_NS);
}

int synergy_ina3221_attach(struct synergy_ina3221 *chip, struct i2c_client *client)
{
	struct device *bus = client->adapter->dev.parent;
	u32 bus_hz = 0;
	int err;

	if (device_property_read_u32(&client->adapter->dev, "clock-frequency", &bus_hz) && bus)
		device_property_read_u32(bus, "clock-frequency", &bus_hz);
	mutex_lock(&chip->io_lock);
	chip->client = client;
	WRITE_ONCE(chip->leaving, false);
	synergy_ina3221_transfer_init(chip);
	synergy_ina3221_record_init(chip);
	chip->converter.io = &chip->io;
	chip->io.timing.combined = synergy_ina3221_can_combine(client);
	chip->info.bus_hz = bus_hz;
	err = synergy_ina3221_read_surely(chip, INA3221_REG_MANUFACTURER,
					  &chip->info.manufacturer_id);
	if (!err)
		err = synergy_ina3221_read_surely(chip, INA3221_REG_DIE, &chip->info.die_id);
	if (!err && (chip->info.manufacturer_id != INA3221_MANUFACTURER_ID ||
		     chip->info.die_id != INA3221_DIE_ID)) {
		dev_err(&client->dev, "no INA3221 here: manufacturer 0x%04x, die 0x%04x\n",
			chip->info.manufacturer_id, chip->info.die_id);
		err = -ENODEV;
	}
	if (!err)
		err = synergy_ina3221_read_surely(chip, INA3221_REG_CONFIG,
						  &chip->info.config_found);
	if (!err)
		err = find_guarded(chip);
	if (!err)
		err = synergy_ina3221_measure(chip);
	if (!err) {
		set_timing(chip);
		synergy_ina3221_calibrate(chip);
		synergy_ina3221_report_speed(chip);
		if (!chip->guarded_mask)
			err = synergy_ina3221_write_surely(chip, INA3221_REG_CONFIG,
							   chip->info.config_found);
	}
	if (err)
		chip->client = NULL;
	if (chip->guarded_mask)
		chip->info.flags |= SYNERGY_CHIP_F_GUARDS;
	else
		chip->info.flags &= ~SYNERGY_CHIP_F_GUARDS;
	mutex_unlock(&chip->io_lock);
	return err;
}

void synergy_ina3221_detach(struct synergy_ina3221 *chip)
{
	/* The sampling thread does not wait any longer, nor set the chip up again behind stop(). */
	WRITE_ONCE(chip->leaving, true);
	synergy_ina3221_stop(chip);
	mutex_lock(&chip->io_lock);
	chip->client = NULL;
	mutex_unlock(&chip->io_lock);
}

/* ---- a session ---- */

/* What guards the board goes on: its channels and both voltages, without end, as averaged. */
static void keep_guarding(const struct synergy_ina3221 *chip, struct synergy_plan_request *req)
{
	req->guarded = chip->guarded_mask;
	if (!req->guarded)
		return;
	req->mode = SYNERGY_PLAN_CONTINUOUS;
	req->averages = max(req->averages,
			    synergy_ina3221_config_averages(chip->info.config_found));
}

void synergy_ina3221_request(const struct synergy_ina3221 *chip,
			     const struct synergy_configure *cfg, u32 read_mask, u32 others_ns,
			     struct synergy_plan_request *req)
{
	const struct synergy_recovery *recovery = &chip->converter.clock.recovery;
	u32 clocks_ns;

	memset(req, 0, sizeof(*req));
	req->read_mask = read_mask;
	req->convert_mask = read_mask | chip->guarded_mask;
	req->read_ns = min_t(u64, chip->info.transfer_ns, U32_MAX);
	req->exchange_ns = req->read_ns + chip->write_ns;
	if (chip->info.bus_hz) {
		u64 clock_ns = NSEC_PER_SEC / chip->info.bus_hz;

		req->read_ns = max_t(u64, req->read_ns, INA3221_READ_CLOCKS * clock_ns);
		req->exchange_ns = max_t(u64, req->exchange_ns,
					 (INA3221_READ_CLOCKS + INA3221_WRITE_CLOCKS) * clock_ns);
	}
	clocks_ns = (INA3221_EXCHANGE_CLOCKS - 1) * chip->io.timing.clock_ns;
	req->effect_error_ns = req->exchange_ns - min(req->exchange_ns, clocks_ns);
	/* A part of what is not known of it may be in what a plan leaves free. */
	req->recovery_ns = max(recovery->least_ns, recovery->most_ns -
			       min(recovery->most_ns, RECOVERY_UNSURE_NS));
	req->others_ns = others_ns;
	req->combined = chip->io.timing.combined;
	req->scale_ppm = chip->converter.clock.speed.scale_ppm;
	req->margin_ppm = chip->converter.clock.speed.margin_ppm;
	keep_guarding(chip, req);
	if (!cfg)
		return;
	if (cfg->flags & SYNERGY_CONFIGURE_F_CONTINUOUS)
		req->mode = SYNERGY_PLAN_CONTINUOUS;
	else if (cfg->flags & SYNERGY_CONFIGURE_F_TRIGGERED)
		req->mode = SYNERGY_PLAN_TRIGGERED;
	req->dither_ns = cfg->dither_ns;
	req->shunt_ns = cfg->conversion_shunt_ns;
	req->bus_ns = cfg->conversion_bus_ns;
	req->averages = cfg->averages;
	req->bus_every = cfg->bus_voltage_every;
	req->restarts = cfg->flags & SYNERGY_CONFIGURE_F_RESTARTS;
	if (req->restarts)
		req->mode = SYNERGY_PLAN_CONTINUOUS;
	keep_guarding(chip, req);
}

/*
 * Would the session as asked for stop, or make more nervous, what guards the board?
 * Then the log says so.
 */
bool synergy_ina3221_refuses(const struct synergy_ina3221 *chip,
			     const struct synergy_configure *cfg)
{
	u32 found = synergy_ina3221_config_averages(chip->info.config_found);

	if (!chip->guarded_mask)
		return false;
	if (cfg->flags & SYNERGY_CONFIGURE_F_TRIGGERED)
		dev_warn_ratelimited(&chip->client->dev,
				     "armed limits guard the board: no triggered conversions\n");
	else if (cfg->averages && cfg->averages < found)
		dev_warn_ratelimited(&chip->client->dev,
				     "armed limits guard the board: no less than %u averages\n",
				     found);
	else
		return false;
	return true;
}

void synergy_ina3221_describe(struct synergy_ina3221 *chip,
			      const struct synergy_plan_request *req,
			      const struct synergy_plan *plan)
{
	chip->info.conversion_shunt_ns = plan->shunt_ns;
	chip->info.conversion_bus_ns = plan->bus_ns;
	chip->info.averages = plan->averages;
	chip->info.bus_voltage_every = plan->bus_every;
	if (plan->continuous)
		chip->info.flags |= SYNERGY_CHIP_F_CONTINUOUS;
	else
		chip->info.flags &= ~SYNERGY_CHIP_F_CONTINUOUS;
}

void synergy_ina3221_prepare(struct synergy_ina3221 *chip,
			     const struct synergy_plan_request *req,
			     const struct synergy_plan *plan)
{
	struct synergy_converter *converter = &chip->converter;

	synergy_converter_prepare(converter, req, plan);
	chip->busy_ns = 0;
	chip->errors = 0;
	chip->failed = false;
	chip->session_config = (plan->continuous ? plan->mixed : plan->bus_every == 1) ?
		converter->config_mixed : converter->config_shunt;
	chip->info.config_set = chip->session_config;
	synergy_ina3221_describe(chip, req, plan);
}

void synergy_ina3221_grid(struct synergy_ina3221 *chip, u64 deadline_ns, u64 period_ns)
{
	chip->converter.grid_ns = deadline_ns;
	chip->converter.period_ns = period_ns;
}

void synergy_ina3221_tick(struct synergy_ina3221 *chip, u64 missed)
{
	struct synergy_converter *converter = &chip->converter;
	int err;

	mutex_lock(&chip->io_lock);
	if (chip->client && !READ_ONCE(chip->leaving)) {
		err = synergy_converter_tick(converter, missed);
		if (!err)
			chip->failed = false;
		else if (err != -EINTR || !synergy_ina3221_ending(chip))
			chip->io.failed(&chip->io, converter->attempt_reg, converter->attempt_ns,
					err);
		synergy_ina3221_report_speed(chip);
	}
	mutex_unlock(&chip->io_lock);
}

void synergy_ina3221_stats(const struct synergy_ina3221 *chip, struct synergy_stats *stats)
{
	stats->bus_busy_ns += READ_ONCE(chip->busy_ns);
	stats->ticks_missed += READ_ONCE(chip->converter.missed);
	stats->power_repeats += READ_ONCE(chip->converter.repeats);
}

void synergy_ina3221_stop(struct synergy_ina3221 *chip)
{
	struct synergy_speed *speed = &chip->converter.clock.speed;

	mutex_lock(&chip->io_lock);
	if (chip->client && chip->touched) {
		synergy_converter_stop(&chip->converter);
		if (synergy_ina3221_write_surely(chip, INA3221_REG_CONFIG, chip->info.config_found))
			dev_err(&chip->client->dev, "configuration not restored\n");
	}
	chip->touched = false;
	chip->info.config_set = 0;
	/* With what was learned, but for the time till then. */
	speed->margin_ppm = max_t(u32, speed->margin_ppm, IDLE_DRIFT_PPM);
	mutex_unlock(&chip->io_lock);
}
