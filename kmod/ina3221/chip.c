// SPDX-License-Identifier: GPL-2.0-only
/*
 * One INA3221 on its bus: found, measured (how long a transfer and how long a
 * conversion really take), set up for a session, and put back as it was found.
 * What fits into a period is decided in plan.c, a tick's work is in
 * triggered.c, bits and formulas are in regs.c.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "ina3221/ina3221.h"
#include "ina3221/latency.h"

#define UNCALIBRATED_PPM	100000U	/* the datasheet's +-10 % */
#define DRIFT_PPM		100U	/* how far it may have moved since it was measured */
#define MAX_MESSAGES		(2 * 2 * SYNERGY_CHANNELS)

/* ---- transfers ---- */

int synergy_ina3221_read(struct synergy_ina3221 *chip, u8 reg, u16 *value)
{
	s32 ret = i2c_smbus_read_word_swapped(chip->client, reg);

	chip->pointer = reg;
	if (ret < 0)
		return ret;
	*value = ret;
	return 0;
}

int synergy_ina3221_write(struct synergy_ina3221 *chip, u8 reg, u16 value)
{
	chip->pointer = reg;
	return i2c_smbus_write_word_swapped(chip->client, reg, value);
}

/* The chip keeps its register pointer: the same register again needs no address. */
static int read_pointed(struct synergy_ina3221 *chip, u16 *value)
{
	__be16 word;
	int ret = i2c_master_recv(chip->client, (char *)&word, sizeof(word));

	if (ret < 0)
		return ret;
	if (ret != sizeof(word))
		return -EIO;
	*value = be16_to_cpu(word);
	return 0;
}

/* All registers in one transfer where the adapter can, else one by one. */
int synergy_ina3221_read_many(struct synergy_ina3221 *chip, const u8 *regs, u16 *values, u32 n,
			      u8 *failed)
{
	struct i2c_msg msgs[MAX_MESSAGES];
	u8 pointers[2 * SYNERGY_CHANNELS];
	__be16 words[2 * SYNERGY_CHANNELS];
	u32 i;
	int ret;

	*failed = regs[0];
	if (n == 1 && chip->combined && chip->pointer == regs[0])
		return read_pointed(chip, values);
	if (!chip->combined) {
		for (i = 0; i < n; i++) {
			*failed = regs[i];
			ret = synergy_ina3221_read(chip, regs[i], &values[i]);
			if (ret)
				return ret;
		}
		return 0;
	}
	for (i = 0; i < n; i++) {
		pointers[i] = regs[i];
		msgs[2 * i] = (struct i2c_msg) {
			.addr = chip->client->addr, .len = 1, .buf = &pointers[i],
		};
		msgs[2 * i + 1] = (struct i2c_msg) {
			.addr = chip->client->addr, .flags = I2C_M_RD, .len = 2,
			.buf = (u8 *)&words[i],
		};
	}
	chip->pointer = regs[n - 1];
	ret = i2c_transfer(chip->client->adapter, msgs, 2 * n);
	if (ret < 0)
		return ret;
	if (ret != 2 * n)
		return -EIO;
	for (i = 0; i < n; i++)
		values[i] = be16_to_cpu(words[i]);
	return 0;
}

static bool can_combine(struct i2c_client *client)
{
	const struct i2c_adapter_quirks *quirks = client->adapter->quirks;

	if (!i2c_check_functionality(client->adapter, I2C_FUNC_I2C))
		return false;
	return !quirks || (!quirks->max_num_msgs && !(quirks->flags & I2C_AQ_COMB));
}

/* ---- finding out what is there ---- */

/*
 * So many that milliseconds in which the probe is held up spoil some, not most.
 * What a read takes beyond its usual time is no matter of the plan: the sampling
 * threads are of another priority than whoever probes, and a tick that is held up
 * nonetheless is counted.
 */
#define MEASURED_READS	33

static int measure_read(struct synergy_ina3221 *chip)
{
	u64 took[MEASURED_READS];
	u16 value;
	u32 i;
	int err;

	for (i = 0; i < ARRAY_SIZE(took); i++) {
		u64 begin = ktime_get_ns();

		err = synergy_ina3221_read(chip, INA3221_REG_MANUFACTURER, &value);
		if (err)
			return err;
		took[i] = ktime_get_ns() - begin;
	}
	chip->info.transfer_ns = synergy_usual_ns(took, ARRAY_SIZE(took));
	chip->write_ns = div_u64(chip->info.transfer_ns * INA3221_WRITE_CLOCKS,
				 INA3221_READ_CLOCKS);
	return 0;
}

/*
 * How fast is this chip's clock? Rounds of two lengths are started by hand, and
 * the moment found at which the conversion-ready flag comes. What it takes to
 * start and to look is in both, and so not in their difference.
 */
#define CALIBRATION_HALVINGS	3
#define CALIBRATION_TRIES	3

/* Three conversions of 8.244 ms, so often averaged. */
struct calibration {
	u16 config;
	u64 nominal_ns;
	u64 low_ns;		/* not yet over */
	u64 high_ns;		/* over */
	u64 held_up_ns;		/* the running round may have begun so much earlier */
};

static void calibration_init(struct calibration *c, u32 averages)
{
	c->config = INA3221_CONFIG_CHANNELS | 7 << INA3221_CONFIG_SHUNT_SHIFT |
		    INA3221_MODE_SHUNT |
		    synergy_ina3221_average_code(averages) << INA3221_CONFIG_AVERAGE_SHIFT;
	c->nominal_ns = 3ULL * averages * synergy_ina3221_conversion_ns[INA3221_CODES - 1];
	c->low_ns = 0;
	c->high_ns = 0;
	c->held_up_ns = 0;
}

/* Again where it was held up, since then nobody knows when it took effect. */
static int calibration_start(struct synergy_ina3221 *chip, struct calibration *c, u64 *begin_ns)
{
	u64 usual = div_u64(chip->info.transfer_ns * INA3221_WRITE_CLOCKS, INA3221_READ_CLOCKS);
	u64 before, took;
	u32 tries = 0;
	int err;

	do {
		before = ktime_get_ns();
		err = synergy_ina3221_write(chip, INA3221_REG_CONFIG, c->config);
		*begin_ns = ktime_get_ns();
		took = *begin_ns - before;
	} while (!err && took > usual + usual / 16 && ++tries < CALIBRATION_TRIES);
	c->held_up_ns = took > usual ? took - usual : 0;
	if (took <= usual + usual / 4)
		chip->write_ns = max_t(u64, chip->write_ns, took);
	return err;
}

/* Is the round over, and up to when is that known? The flag is latched within the read. */
static int calibration_look(struct synergy_ina3221 *chip, u64 begin_ns, bool *over, u64 *at_ns)
{
	u64 before = ktime_get_ns();
	u64 usual = chip->info.transfer_ns;
	u64 after, held_up;
	u16 mask;
	int err = synergy_ina3221_read(chip, INA3221_REG_MASK_ENABLE, &mask);

	after = ktime_get_ns();
	held_up = after - before > usual ? after - before - usual : 0;
	*over = !err && (mask & INA3221_MASK_CVRF);
	*at_ns = after - div_u64(usual * INA3221_WORD_CLOCKS, INA3221_READ_CLOCKS) - begin_ns;
	if (!*over)
		*at_ns -= held_up;
	return err;
}

/* Look without pause from @from_ns on, which is to be before the end. */
static int calibration_search(struct synergy_ina3221 *chip, struct calibration *c, u64 from_ns)
{
	u64 begin, at = 0;
	bool over;
	int err = calibration_start(chip, c, &begin);

	synergy_ina3221_wait_until(begin + from_ns);
	while (!err && at < div_u64(c->nominal_ns * 13, 10)) {
		err = calibration_look(chip, begin, &over, &at);
		if (!err && over) {
			c->high_ns = at + c->held_up_ns;
			return c->low_ns ? 0 : -ERANGE;
		}
		c->low_ns = at;
	}
	return err ? err : -ERANGE;
}

/* One look in the middle of what is known: half of it remains. */
static int calibration_halve(struct synergy_ina3221 *chip, struct calibration *c)
{
	u64 to_latch = div_u64(chip->info.transfer_ns * INA3221_LATCH_CLOCKS,
			       INA3221_READ_CLOCKS);
	u64 middle = c->low_ns + (c->high_ns - c->low_ns) / 2;
	u64 begin, at, look;
	bool over;
	int err = calibration_start(chip, c, &begin);

	if (err)
		return err;
	look = begin + middle - to_latch;
	synergy_ina3221_wait_until(look - NSEC_PER_MSEC);
	while (ktime_get_ns() < look)
		cpu_relax();
	err = calibration_look(chip, begin, &over, &at);
	if (err)
		return err;
	if (over)
		c->high_ns = min(c->high_ns, max(at + c->held_up_ns, c->low_ns));
	else
		c->low_ns = max(c->low_ns, min(at, c->high_ns));
	return 0;
}

static int calibration_measure(struct synergy_ina3221 *chip, struct calibration *c, u64 from_ns)
{
	int err = calibration_search(chip, c, from_ns);
	u32 i;

	for (i = 0; !err && i < CALIBRATION_HALVINGS; i++)
		err = calibration_halve(chip, c);
	return err;
}

void synergy_ina3221_tell_speed(struct synergy_ina3221 *chip)
{
	bool known = chip->speed.margin_ppm < UNCALIBRATED_PPM;

	WRITE_ONCE(chip->info.conversion_ppm, known ? chip->speed.scale_ppm : 0);
	WRITE_ONCE(chip->info.conversion_margin_ppm, known ? chip->speed.margin_ppm : 0);
}

/* Where no flag comes (a register model without a converter) the datasheet's tolerance stands. */
static int calibrate(struct synergy_ina3221 *chip)
{
	struct calibration one, four;
	u64 nominal, twice, width, scale_ppm;
	int err;

	chip->speed.scale_ppm = 1000000;
	chip->speed.margin_ppm = UNCALIBRATED_PPM;
	calibration_init(&one, 1);
	calibration_init(&four, 4);
	err = calibration_measure(chip, &one, div_u64(one.nominal_ns * 87, 100));
	/* From now on the end is known but for what looking takes. */
	if (!err)
		err = calibration_measure(chip, &four, 4 * one.low_ns -
					  8 * chip->info.transfer_ns - NSEC_PER_MSEC / 2);
	if (err)
		return err == -ERANGE ? 0 : err;
	nominal = four.nominal_ns - one.nominal_ns;
	twice = four.low_ns + four.high_ns - one.low_ns - one.high_ns;
	width = four.high_ns - four.low_ns + one.high_ns - one.low_ns;
	scale_ppm = div64_u64(twice * 500000, nominal);
	if (scale_ppm < 800000 || scale_ppm > 1200000)
		return 0;
	chip->speed.scale_ppm = scale_ppm;
	chip->speed.margin_ppm = div64_u64(width * 500000, nominal) + DRIFT_PPM;
	return 0;
}

/* Channels with armed limits protect the board: they are converted on. */
static int find_guarded(struct synergy_ina3221 *chip)
{
	u32 channel;
	u16 critical, warning;
	int err;

	chip->guarded_mask = 0;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		if (!(chip->info.config_found & INA3221_CONFIG_CHANNEL(channel)))
			continue;
		err = synergy_ina3221_read(chip, INA3221_REG_CRITICAL(channel), &critical);
		if (!err)
			err = synergy_ina3221_read(chip, INA3221_REG_WARNING(channel), &warning);
		if (err)
			return err;
		if ((critical & 0xfff8) != INA3221_LIMIT_DEFAULT ||
		    (warning & 0xfff8) != INA3221_LIMIT_DEFAULT)
			chip->guarded_mask |= 1U << channel;
	}
	return 0;
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
	chip->combined = can_combine(client);
	chip->info.bus_hz = bus_hz;
	err = synergy_ina3221_read(chip, INA3221_REG_MANUFACTURER, &chip->info.manufacturer_id);
	if (!err)
		err = synergy_ina3221_read(chip, INA3221_REG_DIE, &chip->info.die_id);
	if (!err && (chip->info.manufacturer_id != INA3221_MANUFACTURER_ID ||
		     chip->info.die_id != INA3221_DIE_ID)) {
		dev_err(&client->dev, "no INA3221 here: manufacturer 0x%04x, die 0x%04x\n",
			chip->info.manufacturer_id, chip->info.die_id);
		err = -ENODEV;
	}
	if (!err)
		err = synergy_ina3221_read(chip, INA3221_REG_CONFIG, &chip->info.config_found);
	if (!err)
		err = find_guarded(chip);
	if (!err)
		err = measure_read(chip);
	if (!err) {
		int restored;

		err = calibrate(chip);
		synergy_ina3221_tell_speed(chip);
		restored = synergy_ina3221_write(chip, INA3221_REG_CONFIG, chip->info.config_found);
		err = err ? err : restored;
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

void synergy_ina3221_request(const struct synergy_ina3221 *chip,
			     const struct synergy_configure *cfg, u32 read_mask, u32 others_ns,
			     struct synergy_plan_request *req)
{
	memset(req, 0, sizeof(*req));
	req->read_mask = read_mask;
	req->convert_mask = read_mask | chip->guarded_mask;
	req->read_ns = min_t(u64, chip->info.transfer_ns, U32_MAX);
	req->write_ns = chip->write_ns;
	if (chip->info.bus_hz) {
		u64 clock_ns = NSEC_PER_SEC / chip->info.bus_hz;

		req->read_ns = max_t(u64, req->read_ns, INA3221_READ_CLOCKS * clock_ns);
		req->write_ns = max_t(u64, req->write_ns, INA3221_WRITE_CLOCKS * clock_ns);
	}
	req->others_ns = others_ns;
	req->pointed = chip->combined;
	req->scale_ppm = chip->speed.scale_ppm;
	req->margin_ppm = chip->speed.margin_ppm;
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
}

static u16 config_word(const struct synergy_ina3221 *chip, u32 shunt_ns, u16 mode)
{
	u16 word = mode;
	u32 channel;

	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		if (chip->convert_mask & (1U << channel))
			word |= INA3221_CONFIG_CHANNEL(channel);
	word |= synergy_ina3221_average_code(chip->plan.averages) << INA3221_CONFIG_AVERAGE_SHIFT;
	word |= synergy_ina3221_conversion_code(shunt_ns) << INA3221_CONFIG_SHUNT_SHIFT;
	if (chip->plan.bus_ns)
		word |= synergy_ina3221_conversion_code(chip->plan.bus_ns) <<
			INA3221_CONFIG_BUS_SHIFT;
	return word;
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
	u16 continuous = plan->continuous ? INA3221_MODE_CONTINUOUS : 0;

	chip->req = *req;
	chip->plan = *plan;
	chip->read_mask = req->read_mask;
	chip->convert_mask = req->convert_mask;
	memset(&chip->stats, 0, sizeof(chip->stats));
	chip->ticks_missed = 0;
	chip->missed_reported = 0;
	chip->late = false;
	chip->reconfigured = false;
	chip->config_shunt = config_word(chip, plan->shunt_ns, INA3221_MODE_SHUNT | continuous);
	chip->config_mixed = config_word(chip, plan->mixed_shunt_ns,
					 INA3221_MODE_SHUNT | INA3221_MODE_BUS | continuous);
	memset(&chip->round, 0, sizeof(chip->round));
	memset(&chip->free, 0, sizeof(chip->free));
	chip->rounds = 0;
	chip->samples = 0;
	chip->bus_left = 0;
	memset(chip->bus_raw, 0, sizeof(chip->bus_raw));
	memset(chip->bus_time_ns, 0, sizeof(chip->bus_time_ns));
	memset(&chip->trusted, 0, sizeof(chip->trusted));
	chip->errors = 0;
	chip->failed = false;
	chip->session_config = (plan->continuous ? plan->mixed : plan->bus_every == 1) ?
		chip->config_mixed : chip->config_shunt;
	chip->info.config_set = chip->session_config;
	synergy_ina3221_describe(chip, req, plan);
}

void synergy_ina3221_stop(struct synergy_ina3221 *chip)
{
	mutex_lock(&chip->io_lock);
	if (chip->client && chip->touched) {
		int err = synergy_ina3221_write(chip, INA3221_REG_CONFIG, chip->info.config_found);

		if (err)
			dev_err(&chip->client->dev, "configuration not restored: %d\n", err);
	}
	chip->touched = false;
	chip->info.config_set = 0;
	/* Whoever goes on (after a sleep of the machine) starts anew. */
	chip->round.valid = false;
	chip->free.running = false;
	chip->rounds = 0;
	chip->trusted.tick_ns = 0;
	/* With what was learned, but for the time till then. */
	chip->speed.margin_ppm = max_t(u32, chip->speed.margin_ppm, DRIFT_PPM);
	mutex_unlock(&chip->io_lock);
}
