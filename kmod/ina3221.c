// SPDX-License-Identifier: GPL-2.0-only
/*
 * One INA3221 on its bus: found, measured (how long a transfer and how long a
 * conversion really take), sampled tick by tick, and put back as it was found.
 * What fits into a period is decided in plan.c; bits and formulas are in
 * ina3221_regs.c.
 *
 * A tick in triggered mode writes the configuration, which starts a round of
 * conversions at a known moment, and reads what the round before has left.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>

#include "ina3221_regs.h"
#include "internal.h"

#define UNCALIBRATED_PPM	100000U	/* the datasheet's +-10 % */
#define CHECK_EVERY		64	/* samples between looks at CVRF and the set-up */
#define READ_CLOCKS		48	/* address, register, address, two bytes */
#define WRITE_CLOCKS		38
#define MAX_MESSAGES		(2 * 2 * SYNERGY_CHANNELS)

/* ---- transfers ---- */

static int reg_read(struct synergy_ina3221 *chip, u8 reg, u16 *value)
{
	s32 ret = i2c_smbus_read_word_swapped(chip->client, reg);

	if (ret < 0)
		return ret;
	*value = ret;
	return 0;
}

static int reg_write(struct synergy_ina3221 *chip, u8 reg, u16 value)
{
	return i2c_smbus_write_word_swapped(chip->client, reg, value);
}

/* All registers in one transfer where the adapter can, else one by one. */
static int regs_read(struct synergy_ina3221 *chip, const u8 *regs, u16 *values, u32 n, u8 *failed)
{
	struct i2c_msg msgs[MAX_MESSAGES];
	u8 pointers[2 * SYNERGY_CHANNELS];
	__be16 words[2 * SYNERGY_CHANNELS];
	u32 i;
	int ret;

	*failed = regs[0];
	if (!chip->combined) {
		for (i = 0; i < n; i++) {
			*failed = regs[i];
			ret = reg_read(chip, regs[i], &values[i]);
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

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static int measure_read(struct synergy_ina3221 *chip)
{
	u64 took[9];
	u16 value;
	u32 i;
	int err;

	for (i = 0; i < ARRAY_SIZE(took); i++) {
		u64 begin = ktime_get_ns();

		err = reg_read(chip, INA3221_REG_MANUFACTURER, &value);
		if (err)
			return err;
		took[i] = ktime_get_ns() - begin;
	}
	sort(took, ARRAY_SIZE(took), sizeof(took[0]), compare_u64, NULL);
	chip->info.transfer_ns = took[ARRAY_SIZE(took) / 2];
	chip->write_ns = div_u64(chip->info.transfer_ns * WRITE_CLOCKS, READ_CLOCKS);
	return 0;
}

/*
 * How fast is this chip's clock? Start the longest round by hand and see when
 * the conversion-ready flag comes. Where it does not come (a register model
 * without a converter) the datasheet's tolerance stands.
 */
static int calibrate(struct synergy_ina3221 *chip)
{
	const u16 config = INA3221_CONFIG_CHANNELS | 7 << INA3221_CONFIG_SHUNT_SHIFT |
			   INA3221_MODE_SHUNT;
	u64 nominal = 3ULL * synergy_ina3221_conversion_ns[7];
	u64 begin, before, after, took;
	u16 mask;
	int err;

	chip->scale_ppm = 1000000;
	chip->margin_ppm = UNCALIBRATED_PPM;
	before = ktime_get_ns();
	err = reg_write(chip, INA3221_REG_CONFIG, config);
	begin = ktime_get_ns();
	if (err)
		return err;
	chip->write_ns = max_t(u64, chip->write_ns, begin - before);
	usleep_range(nominal * 85 / 100 / 1000, nominal * 86 / 100 / 1000);
	after = ktime_get_ns();
	do {
		before = after;
		err = reg_read(chip, INA3221_REG_MASK_ENABLE, &mask);
		if (err)
			return err;
		after = ktime_get_ns();
		if (mask & INA3221_MASK_CVRF) {
			/* The flag rose between the latches of the last two reads. */
			took = before + (after - before) / 2 - chip->info.transfer_ns / 2 - begin;
			chip->scale_ppm = div64_u64(took * 1000000, nominal);
			chip->margin_ppm = div64_u64((after - before) * 1000000, nominal) + 1000;
			break;
		}
	} while (after - begin < nominal * 13 / 10);
	if (chip->scale_ppm < 800000 || chip->scale_ppm > 1200000) {
		chip->scale_ppm = 1000000;
		chip->margin_ppm = UNCALIBRATED_PPM;
	}
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
		err = reg_read(chip, INA3221_REG_CRITICAL(channel), &critical);
		if (!err)
			err = reg_read(chip, INA3221_REG_WARNING(channel), &warning);
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
	chip->combined = can_combine(client);
	chip->info.bus_hz = bus_hz;
	err = reg_read(chip, INA3221_REG_MANUFACTURER, &chip->info.manufacturer_id);
	if (!err)
		err = reg_read(chip, INA3221_REG_DIE, &chip->info.die_id);
	if (!err && (chip->info.manufacturer_id != INA3221_MANUFACTURER_ID ||
		     chip->info.die_id != INA3221_DIE_ID)) {
		dev_err(&client->dev, "no INA3221 here: manufacturer 0x%04x, die 0x%04x\n",
			chip->info.manufacturer_id, chip->info.die_id);
		err = -ENODEV;
	}
	if (!err)
		err = reg_read(chip, INA3221_REG_CONFIG, &chip->info.config_found);
	if (!err)
		err = find_guarded(chip);
	if (!err)
		err = measure_read(chip);
	if (!err) {
		int restored;

		err = calibrate(chip);
		restored = reg_write(chip, INA3221_REG_CONFIG, chip->info.config_found);
		err = err ? err : restored;
	}
	if (err)
		chip->client = NULL;
	mutex_unlock(&chip->io_lock);
	return err;
}

void synergy_ina3221_detach(struct synergy_ina3221 *chip)
{
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

		req->read_ns = max_t(u64, req->read_ns, READ_CLOCKS * clock_ns);
		req->write_ns = max_t(u64, req->write_ns, WRITE_CLOCKS * clock_ns);
	}
	req->others_ns = others_ns;
	req->scale_ppm = chip->scale_ppm;
	req->margin_ppm = chip->margin_ppm;
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
	chip->late = false;
	chip->reconfigured = false;
	chip->config_shunt = config_word(chip, plan->shunt_ns, INA3221_MODE_SHUNT | continuous);
	chip->config_mixed = config_word(chip, plan->mixed_shunt_ns,
					 INA3221_MODE_SHUNT | INA3221_MODE_BUS | continuous);
	memset(&chip->round, 0, sizeof(chip->round));
	chip->rounds = 0;
	chip->samples = 0;
	chip->bus_next = 0;
	chip->bus_left = 0;
	memset(chip->bus_raw, 0, sizeof(chip->bus_raw));
	memset(chip->bus_time_ns, 0, sizeof(chip->bus_time_ns));
	chip->errors = 0;
	chip->failed = false;
	chip->info.conversion_shunt_ns = plan->shunt_ns;
	chip->info.conversion_bus_ns = plan->bus_ns;
	chip->info.averages = plan->averages;
	chip->info.bus_voltage_every = plan->bus_every;
	chip->info.config_set = plan->bus_every == 1 ? chip->config_mixed : chip->config_shunt;
	if (plan->continuous)
		chip->info.flags |= SYNERGY_CHIP_F_CONTINUOUS;
	else
		chip->info.flags &= ~SYNERGY_CHIP_F_CONTINUOUS;
}

void synergy_ina3221_stop(struct synergy_ina3221 *chip)
{
	mutex_lock(&chip->io_lock);
	if (chip->client && chip->touched) {
		int err = reg_write(chip, INA3221_REG_CONFIG, chip->info.config_found);

		if (err)
			dev_err(&chip->client->dev, "configuration not restored: %d\n", err);
	}
	chip->touched = false;
	chip->info.config_set = 0;
	mutex_unlock(&chip->io_lock);
}

/* ---- a tick ---- */

struct tick_scratch {
	u64 begin_ns;
	u64 time_ns;		/* of the transfer in hand */
	u16 flags;
	u8 reg;
};

static void tick_failed(struct synergy_ina3221 *chip, struct tick_scratch *tick, int err)
{
	chip->errors++;
	if (!chip->failed)
		dev_warn_ratelimited(&chip->client->dev, "register 0x%02x: error %d\n",
				     tick->reg, err);
	chip->failed = true;
	synergy_stream_emit_error(SYNERGY_ERROR_CHIP, chip->index, err, tick->reg, 0,
				  chip->errors, tick->time_ns);
}

static u32 count_of(u32 mask)
{
	return hweight32(mask);
}

/* Start a round; the moment of its start is known to within half the spare time. */
static int trigger(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	bool mixed = chip->plan.bus_every == 1 || chip->rounds % chip->plan.bus_every == 0;
	u64 wire_ns, end, spare, length;
	int err;

	tick->reg = INA3221_REG_CONFIG;
	tick->time_ns = ktime_get_ns();
	chip->touched = true;
	chip->round.valid = false;
	err = reg_write(chip, INA3221_REG_CONFIG, mixed ? chip->config_mixed : chip->config_shunt);
	end = ktime_get_ns();
	chip->stats.busy_ns += end - tick->time_ns;
	if (err)
		return err;
	wire_ns = chip->info.bus_hz ? WRITE_CLOCKS * (NSEC_PER_SEC / chip->info.bus_hz) :
		chip->write_ns;
	spare = end - tick->time_ns > wire_ns ? end - tick->time_ns - wire_ns : 0;
	length = (u64)chip->plan.averages * count_of(chip->convert_mask) *
		(mixed ? chip->plan.mixed_shunt_ns + chip->plan.bus_ns : chip->plan.shunt_ns);
	length = synergy_plan_scaled(length, chip->scale_ppm);
	chip->round.valid = true;
	chip->round.mixed = mixed;
	chip->round.begin_ns = end - spare / 2;
	chip->round.slack_ns = spare / 2;
	chip->round.ready_ns = end + synergy_plan_scaled(length, 1000000 + chip->margin_ppm);
	chip->rounds++;
	return 0;
}

static u32 channel_position(u32 mask, u32 channel)
{
	return count_of(mask & ((1U << channel) - 1));
}

/* Windows of one channel in a round; *@bus_ns the middle of its bus conversion. */
static void window(const struct synergy_ina3221 *chip, const struct synergy_round *round,
		   u32 channel, u64 *begin, u64 *end, u64 *bus_ns)
{
	u32 shunt = round->mixed ? chip->plan.mixed_shunt_ns : chip->plan.shunt_ns;
	u32 bus = round->mixed ? chip->plan.bus_ns : 0;
	u32 position = channel_position(chip->convert_mask, channel);
	u32 lap = count_of(chip->convert_mask) * (shunt + bus);
	u64 offset = (u64)(chip->plan.averages - 1) * lap + (u64)position * (shunt + bus);

	*begin = round->begin_ns + synergy_plan_scaled(offset, chip->scale_ppm);
	*end = round->begin_ns + synergy_plan_scaled(offset + shunt, chip->scale_ppm);
	*bus_ns = round->begin_ns + synergy_plan_scaled(offset + shunt + bus / 2, chip->scale_ppm);
}

static void wait_until(u64 when_ns)
{
	u64 now = ktime_get_ns();

	if (when_ns > now)
		usleep_range(div_u64(when_ns - now, 1000) + 1, div_u64(when_ns - now, 1000) + 10);
}

/* Which registers this tick reads, in an order that stays ahead of the converter. */
static u32 choose_regs(struct synergy_ina3221 *chip, bool next_mixed, u8 *regs)
{
	bool every = chip->plan.bus_every == 1;
	u32 n = 0, channel, left;

	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		if (!(chip->read_mask & (1U << channel)))
			continue;
		regs[n++] = INA3221_REG_SHUNT(channel);
		if (every)
			regs[n++] = INA3221_REG_BUS(channel);
	}
	if (every || next_mixed)
		return n;
	for (left = chip->plan.bus_reads; left && chip->bus_left; left--) {
		channel = __ffs(chip->bus_left);
		chip->bus_left &= chip->bus_left - 1;
		regs[n++] = INA3221_REG_BUS(channel);
	}
	return n;
}

static void emit_power(struct synergy_ina3221 *chip, const struct synergy_round *round,
		       const struct tick_scratch *tick)
{
	struct {
		struct synergy_power_record rec;
		struct synergy_power_channel channel[SYNERGY_CHANNELS];
	} s;
	struct synergy_power_channel *out = s.channel;
	u32 channel;

	memset(&s, 0, sizeof(s));
	s.rec.hdr.type = SYNERGY_RECORD_POWER;
	s.rec.hdr.flags = tick->flags;
	s.rec.hdr.time_ns = tick->begin_ns;
	s.rec.chip = chip->index;
	s.rec.bus_begin_ns = tick->begin_ns;
	s.rec.bus_end_ns = ktime_get_ns();
	s.rec.window_slack_ns = round->slack_ns;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		const struct synergy_rail *rail = &synergy_board.rails[chip->rails[channel]];
		u64 unused;

		if (!(chip->read_mask & (1U << channel)))
			continue;
		out->rail = chip->rails[channel];
		out->shunt_raw = chip->shunt_raw[channel];
		out->bus_raw = chip->bus_raw[channel];
		out->shunt_uv = synergy_ina3221_shunt_uv(out->shunt_raw);
		out->current_ua = synergy_ina3221_current_ua(out->shunt_uv, rail->shunt_uohm);
		out->bus_time_ns = chip->bus_time_ns[channel];
		if (chip->plan.averages > 1)
			out->flags |= SYNERGY_CHANNEL_F_FILTERED;
		if (synergy_ina3221_saturated(out->shunt_raw, out->bus_raw))
			out->flags |= SYNERGY_CHANNEL_F_SATURATED;
		if (out->bus_time_ns) {
			out->bus_mv = synergy_ina3221_bus_mv(out->bus_raw);
			out->power_uw = synergy_ina3221_power_uw(out->current_ua, out->bus_mv);
		} else {
			out->flags |= SYNERGY_CHANNEL_F_NO_BUS;
		}
		window(chip, round, channel, &out->window_begin_ns, &out->window_end_ns, &unused);
		out++;
	}
	if (chip->late)
		s.rec.hdr.flags |= SYNERGY_POWER_F_LATE;
	if (chip->reconfigured)
		s.rec.hdr.flags |= SYNERGY_POWER_F_RECONFIGURED;
	if (s.rec.hdr.flags & SYNERGY_POWER_F_REPEAT)
		chip->stats.repeats++;
	chip->late = false;
	chip->reconfigured = false;
	chip->samples++;
	s.rec.n_channels = out - s.channel;
	s.rec.hdr.size = struct_size(&s.rec, channel, s.rec.n_channels);
	synergy_stream_emit(&s.rec.hdr);
}

/* Read what @round has left behind and make a record of it. */
static int read_round(struct synergy_ina3221 *chip, const struct synergy_round *round,
		      bool next_mixed, struct tick_scratch *tick, u32 *n_regs)
{
	u8 regs[2 * SYNERGY_CHANNELS];
	u16 values[2 * SYNERGY_CHANNELS];
	struct synergy_round bus_round = { .mixed = true };
	u32 n, i;
	int err;

	if (round->mixed) {
		chip->bus_left = chip->read_mask;
		chip->bus_begin_ns = round->begin_ns;
	}
	bus_round.begin_ns = chip->bus_begin_ns;
	n = choose_regs(chip, next_mixed, regs);
	*n_regs = n;
	tick->time_ns = ktime_get_ns();
	err = regs_read(chip, regs, values, n, &tick->reg);
	chip->stats.busy_ns += ktime_get_ns() - tick->time_ns;
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		u32 channel = (regs[i] - 1) / 2;
		u64 begin, end;

		if (regs[i] == INA3221_REG_SHUNT(channel)) {
			chip->shunt_raw[channel] = values[i];
			continue;
		}
		chip->bus_raw[channel] = values[i];
		window(chip, &bus_round, channel, &begin, &end, &chip->bus_time_ns[channel]);
	}
	return 0;
}

/* The round should be over; is it, says the chip? */
static int check_ready(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	u16 mask;
	int err;

	tick->reg = INA3221_REG_MASK_ENABLE;
	tick->time_ns = ktime_get_ns();
	err = reg_read(chip, INA3221_REG_MASK_ENABLE, &mask);
	chip->stats.busy_ns += ktime_get_ns() - tick->time_ns;
	if (!err && !(mask & INA3221_MASK_CVRF))
		tick->flags |= SYNERGY_POWER_F_REPEAT;
	return err;
}

/* Is the chip still set up as we left it? A reset or another master shows here. */
static int check_setup(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	u16 expect = chip->round.mixed ? chip->config_mixed : chip->config_shunt;
	u16 found;
	int err;

	tick->reg = INA3221_REG_CONFIG;
	tick->time_ns = ktime_get_ns();
	err = reg_read(chip, INA3221_REG_CONFIG, &found);
	chip->stats.busy_ns += ktime_get_ns() - tick->time_ns;
	if (err || found == expect)
		return err;
	chip->errors++;
	synergy_stream_emit_error(SYNERGY_ERROR_SETUP, chip->index, EIO, INA3221_REG_CONFIG,
				  found, chip->errors, tick->time_ns);
	chip->round.valid = false;
	chip->reconfigured = true;
	return 0;
}

/*
 * Overtaken by the converter: the reads ended so late that nobody can say
 * whose values these are, so they are nobody's.
 */
static bool overtaken(const struct synergy_ina3221 *chip, u32 n_regs)
{
	s64 spare = synergy_plan_spare_ns(&chip->req, &chip->plan, chip->round.mixed);
	s64 planned = (s64)n_regs * chip->req.read_ns;

	return (s64)(ktime_get_ns() - chip->round.begin_ns) > planned + spare;
}

static int tick_overlapped(struct synergy_ina3221 *chip, struct tick_scratch *tick,
			   const struct synergy_round *done)
{
	u32 n_regs;
	int err;

	err = trigger(chip, tick);
	if (err || !done->valid)
		return err;
	err = read_round(chip, done, chip->round.mixed, tick, &n_regs);
	if (err)
		return err;
	if (overtaken(chip, n_regs)) {
		chip->stats.missed++;
		chip->late = true;
		return 0;
	}
	emit_power(chip, done, tick);
	return 0;
}

static int tick_read_first(struct synergy_ina3221 *chip, struct tick_scratch *tick,
			   const struct synergy_round *done)
{
	u32 n_regs;
	int err = 0;

	if (done->valid) {
		err = read_round(chip, done, false, tick, &n_regs);
		if (!err)
			emit_power(chip, done, tick);
	}
	/* A failed read must not stop the rounds. */
	if (err)
		tick_failed(chip, tick, err);
	return trigger(chip, tick);
}

static int tick_triggered(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	struct synergy_round done = chip->round;
	u64 check = chip->rounds % CHECK_EVERY;
	int err;

	if (done.valid) {
		wait_until(done.ready_ns);
		if (check == CHECK_EVERY / 2) {
			err = check_ready(chip, tick);
			if (err)
				return err;
		}
	}
	err = chip->plan.overlap ? tick_overlapped(chip, tick, &done) :
				   tick_read_first(chip, tick, &done);
	if (err)
		return err;
	return check == 0 ? check_setup(chip, tick) : 0;
}

void synergy_ina3221_tick(struct synergy_ina3221 *chip, bool late)
{
	struct tick_scratch tick = { .begin_ns = ktime_get_ns() };
	int err;

	mutex_lock(&chip->io_lock);
	if (chip->client) {
		chip->late |= late;
		err = tick_triggered(chip, &tick);
		if (err)
			tick_failed(chip, &tick, err);
		else
			chip->failed = false;
	}
	mutex_unlock(&chip->io_lock);
}
