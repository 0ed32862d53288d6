// SPDX-License-Identifier: GPL-2.0-only
/*
 * One tick of one INA3221: at most one POWER record, with the window in which
 * each of its values was converted, or an ERROR record.
 *
 * Triggered: writing the configuration starts a round at a known moment; the
 * tick reads what the round before has left, while the chip converts anew.
 * Continuous: the chip runs freely from a known moment at a measured speed, so
 * that the time of a read tells the round it came from. The longer that
 * reckoning goes on the less it is worth (window_slack_ns), and it is started
 * afresh before it is worth nothing.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/timekeeping.h>

#include "ina3221.h"

#define CHECK_EVERY		64	/* rounds between looks at CVRF, and two at the set-up */
/* From this period on the bus has time to look at the set-up in every tick. */
#define CHECK_PERIOD_NS		2000000U
#define BUS_REFRESH_NS		1000000000ULL	/* continuous, shunts alone */

struct tick_scratch {
	u64 begin_ns;
	u64 time_ns;		/* of the transfer in hand */
	u16 flags;
	u8 reg;
};

/* The windows of one record, per channel. */
struct windows {
	u32 slack_ns;
	u64 begin_ns[SYNERGY_CHANNELS];
	u64 end_ns[SYNERGY_CHANNELS];
};

static void tick_failed(struct synergy_ina3221 *chip, struct tick_scratch *tick, int err)
{
	chip->errors++;
	if (!chip->failed)
		dev_warn_ratelimited(&chip->client->dev, "register 0x%02x: error %d\n",
				     tick->reg, err);
	chip->failed = true;
	chip->free.running = false;
	synergy_stream_emit_error(SYNERGY_ERROR_CHIP, chip->index, err, tick->reg, 0,
				  chip->errors, tick->time_ns);
}

/* ---- transfers with their times ---- */

static int write_config(struct synergy_ina3221 *chip, struct tick_scratch *tick, u16 config,
			u64 *end_ns, u32 *slack_ns)
{
	u64 wire_ns = chip->info.bus_hz ?
		INA3221_WRITE_CLOCKS * (NSEC_PER_SEC / chip->info.bus_hz) : chip->write_ns;
	u64 end, took, spare;
	int err;

	tick->reg = INA3221_REG_CONFIG;
	tick->time_ns = ktime_get_ns();
	chip->touched = true;
	err = synergy_ina3221_write(chip, INA3221_REG_CONFIG, config);
	end = ktime_get_ns();
	took = end - tick->time_ns;
	chip->stats.busy_ns += took;
	/* It took effect within the call's spare time, nobody knows where. */
	spare = took > wire_ns ? took - wire_ns : 0;
	*end_ns = end - spare / 2;
	*slack_ns = min_t(u64, spare / 2, U32_MAX);
	return err;
}

static int read_reg(struct synergy_ina3221 *chip, struct tick_scratch *tick, u8 reg, u16 *value)
{
	int err;

	tick->reg = reg;
	tick->time_ns = ktime_get_ns();
	err = synergy_ina3221_read(chip, reg, value);
	chip->stats.busy_ns += ktime_get_ns() - tick->time_ns;
	return err;
}

/* @end_ns - tick->time_ns is then what the transfer took. */
static int read_regs(struct synergy_ina3221 *chip, struct tick_scratch *tick, const u8 *regs,
		     u16 *values, u32 n, u64 *end_ns)
{
	int err;

	tick->time_ns = ktime_get_ns();
	err = synergy_ina3221_read_many(chip, regs, values, n, &tick->reg);
	*end_ns = ktime_get_ns();
	chip->stats.busy_ns += *end_ns - tick->time_ns;
	return err;
}

static void wait_until(u64 when_ns)
{
	u64 now = ktime_get_ns();
	u64 us = when_ns > now ? div_u64(when_ns - now, 1000) + 1 : 0;

	if (us)
		usleep_range(us, us + 10);
}

/* ---- windows ---- */

static u32 channel_position(u32 mask, u32 channel)
{
	return hweight32(mask & ((1U << channel) - 1));
}

static u32 shunt_ns_of(const struct synergy_ina3221 *chip, bool mixed)
{
	return mixed ? chip->plan.mixed_shunt_ns : chip->plan.shunt_ns;
}

static u64 lap_ns(const struct synergy_ina3221 *chip, bool mixed)
{
	return (u64)hweight32(chip->convert_mask) *
		(shunt_ns_of(chip, mixed) + (mixed ? chip->plan.bus_ns : 0));
}

/*
 * Nominal times of a channel within a round, from its start: the shunt's
 * conversion is the @shunt long one that begins at the returned offset (in the
 * last lap, when the chip averages), the bus voltage's follows it.
 */
static u64 channel_offset(const struct synergy_ina3221 *chip, bool mixed, u32 channel)
{
	u32 position = channel_position(chip->convert_mask, channel);
	u64 step = shunt_ns_of(chip, mixed) + (mixed ? chip->plan.bus_ns : 0);

	return (chip->plan.averages - 1) * lap_ns(chip, mixed) + position * step;
}

static void window(const struct synergy_ina3221 *chip, u64 begin_ns, bool mixed, u32 channel,
		   struct windows *w)
{
	u64 offset = channel_offset(chip, mixed, channel);

	w->begin_ns[channel] = begin_ns + synergy_plan_scaled(offset, chip->scale_ppm);
	w->end_ns[channel] = begin_ns +
		synergy_plan_scaled(offset + shunt_ns_of(chip, mixed), chip->scale_ppm);
}

static void windows_of_round(const struct synergy_ina3221 *chip, const struct synergy_round *round,
			     struct windows *w)
{
	u32 channel;

	w->slack_ns = round->slack_ns;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		window(chip, round->begin_ns, round->mixed, channel, w);
}

static u64 bus_middle(const struct synergy_ina3221 *chip, u64 begin_ns, u32 channel)
{
	u64 offset = channel_offset(chip, true, channel) + chip->plan.mixed_shunt_ns +
		     chip->plan.bus_ns / 2;

	return begin_ns + synergy_plan_scaled(offset, chip->scale_ppm);
}

/* ---- records ---- */

static void emit_power(struct synergy_ina3221 *chip, const struct windows *w,
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
	s.rec.window_slack_ns = w->slack_ns;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		const struct synergy_rail *rail = &synergy_board.rails[chip->rails[channel]];

		if (!(chip->read_mask & (1U << channel)))
			continue;
		out->rail = chip->rails[channel];
		out->shunt_raw = chip->shunt_raw[channel];
		out->bus_raw = chip->bus_raw[channel];
		out->shunt_uv = synergy_ina3221_shunt_uv(out->shunt_raw);
		out->current_ua = synergy_ina3221_current_ua(out->shunt_uv, rail->shunt_uohm);
		out->bus_time_ns = chip->bus_time_ns[channel];
		out->window_begin_ns = w->begin_ns[channel];
		out->window_end_ns = w->end_ns[channel];
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

/* The chip is not as we left it: told, and set up anew. */
static void setup_lost(struct synergy_ina3221 *chip, const struct tick_scratch *tick, u16 found)
{
	chip->errors++;
	synergy_stream_emit_error(SYNERGY_ERROR_SETUP, chip->index, EIO, tick->reg, found,
				  chip->errors, tick->time_ns);
	chip->stats.missed += chip->round.valid;
	chip->round.valid = false;
	chip->free.running = false;
	chip->reconfigured = true;
}

/* Is the configuration still ours? A reset or another master shows here. */
static int check_setup(struct synergy_ina3221 *chip, struct tick_scratch *tick, u16 expect)
{
	u16 found;
	int err = read_reg(chip, tick, INA3221_REG_CONFIG, &found);

	if (!err && found != expect)
		setup_lost(chip, tick, found);
	return err;
}

/* ---- triggered ---- */

static int trigger(struct synergy_ina3221 *chip, struct tick_scratch *tick, bool mixed)
{
	u16 config = mixed ? chip->config_mixed : chip->config_shunt;
	struct synergy_round *round = &chip->round;
	u64 length;
	int err;

	round->valid = false;
	err = write_config(chip, tick, config & ~INA3221_MODE_CONTINUOUS, &round->begin_ns,
			   &round->slack_ns);
	if (err)
		return err;
	length = synergy_plan_scaled(chip->plan.averages * lap_ns(chip, mixed), chip->scale_ppm);
	round->valid = true;
	round->mixed = mixed;
	round->ready_ns = round->begin_ns + round->slack_ns +
		synergy_plan_scaled(length, 1000000 + chip->margin_ppm);
	chip->rounds++;
	return 0;
}

/* Which registers this tick reads, in an order that stays ahead of the converter. */
static u32 choose_regs(struct synergy_ina3221 *chip, bool every, u32 bus_reads, u8 *regs)
{
	u32 n = 0, channel;

	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		if (!(chip->read_mask & (1U << channel)))
			continue;
		regs[n++] = INA3221_REG_SHUNT(channel);
		if (every)
			regs[n++] = INA3221_REG_BUS(channel);
	}
	if (every) {
		chip->bus_left = 0;
		return n;
	}
	for (; bus_reads && chip->bus_left; bus_reads--) {
		regs[n++] = INA3221_REG_BUS(__ffs(chip->bus_left));
		chip->bus_left &= chip->bus_left - 1;
	}
	return n;
}

static void store(struct synergy_ina3221 *chip, const u8 *regs, const u16 *values, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		u32 channel = (regs[i] - 1) / 2;

		if (regs[i] == INA3221_REG_SHUNT(channel)) {
			chip->shunt_raw[channel] = values[i];
		} else {
			chip->bus_raw[channel] = values[i];
			chip->bus_time_ns[channel] = bus_middle(chip, chip->bus_begin_ns, channel);
		}
	}
}

/* Read what @round has left behind; @every: all bus voltages, too. */
static int read_round(struct synergy_ina3221 *chip, const struct synergy_round *round, bool every,
		      u32 bus_reads, struct tick_scratch *tick, u32 *n_regs)
{
	u8 regs[2 * SYNERGY_CHANNELS];
	u16 values[2 * SYNERGY_CHANNELS];
	u64 end_ns;
	int err;

	if (round->mixed) {
		chip->bus_left = chip->read_mask;
		chip->bus_begin_ns = round->begin_ns;
	}
	*n_regs = choose_regs(chip, every, bus_reads, regs);
	err = read_regs(chip, tick, regs, values, *n_regs, &end_ns);
	if (!err)
		store(chip, regs, values, *n_regs);
	return err;
}

/*
 * A whole sample by itself, bus voltages included: how every session begins.
 * The first makes no record: it is not on the grid of deadlines.
 */
static int sample_once(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	bool first = !chip->rounds;
	struct windows w;
	u32 n_regs;
	int err;

	err = trigger(chip, tick, true);
	if (err)
		return err;
	wait_until(chip->round.ready_ns);
	err = read_round(chip, &chip->round, true, 0, tick, &n_regs);
	if (err)
		return err;
	if (!first) {
		windows_of_round(chip, &chip->round, &w);
		emit_power(chip, &w, tick);
	}
	chip->round.valid = false;
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

static int finish_round(struct synergy_ina3221 *chip, const struct synergy_round *done,
			u32 bus_reads, struct tick_scratch *tick)
{
	bool every = chip->plan.bus_every == 1;
	struct windows w;
	u32 n_regs;
	int err;

	err = read_round(chip, done, every, bus_reads, tick, &n_regs);
	if (err)
		return err;
	if (chip->round.valid && overtaken(chip, n_regs)) {
		chip->stats.missed++;
		chip->late = true;
		return 0;
	}
	windows_of_round(chip, done, &w);
	emit_power(chip, &w, tick);
	return 0;
}

/* The round should be over; is it, says the chip? */
static int check_ready(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	u16 mask;
	int err = read_reg(chip, tick, INA3221_REG_MASK_ENABLE, &mask);

	if (!err && !(mask & INA3221_MASK_CVRF))
		tick->flags |= SYNERGY_POWER_F_REPEAT;
	return err;
}

/* Before the next trigger writes it anew: was the round done as we had set it? */
static bool setup_due(const struct synergy_ina3221 *chip)
{
	return chip->period_ns >= CHECK_PERIOD_NS || chip->rounds % (CHECK_EVERY / 2) == 0;
}

static int tick_triggered(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	struct synergy_round done;
	u64 check = chip->rounds % CHECK_EVERY;
	bool mixed = chip->rounds % chip->plan.bus_every == 0;
	int err = 0, read_err = 0;

	if (!chip->rounds) {
		err = sample_once(chip, tick);
		return err ? err : trigger(chip, tick, chip->plan.bus_every == 1);
	}
	if (chip->round.valid && setup_due(chip))
		err = check_setup(chip, tick, chip->round.mixed ? chip->config_mixed :
								  chip->config_shunt);
	if (err)
		return err;
	done = chip->round;
	if (done.valid) {
		wait_until(done.ready_ns);
		if (check == CHECK_EVERY / 2)
			err = check_ready(chip, tick);
	}
	if (err)
		return err;
	chip->round.valid = false;
	if (done.valid && !chip->plan.overlap)
		read_err = finish_round(chip, &done, chip->plan.bus_reads, tick);
	if (read_err)
		tick_failed(chip, tick, read_err);
	err = trigger(chip, tick, mixed);
	if (err)
		return err;
	/* While a mixed round converts, the bus registers are not to be trusted. */
	if (done.valid && chip->plan.overlap)
		err = finish_round(chip, &done, mixed ? 0 : chip->plan.bus_reads, tick);
	return err;
}

/* ---- continuous ---- */

static bool free_mixed(const struct synergy_ina3221 *chip)
{
	return chip->plan.bus_ns;
}

static u64 free_round_ns(const struct synergy_ina3221 *chip)
{
	return synergy_plan_scaled(chip->plan.averages * lap_ns(chip, free_mixed(chip)),
				   chip->scale_ppm);
}

/* Uncertainty of the reckoning after @elapsed_ns. */
static u64 drift_ns(const struct synergy_ina3221 *chip, u64 elapsed_ns)
{
	return div_u64(elapsed_ns * chip->margin_ppm, 1000000);
}

/*
 * Where a tick and a round take equally long, each read meets the converter at
 * the same place in its round, as the start has laid it. Put it in the middle,
 * as far from the update as can be.
 */
static void free_align(const struct synergy_ina3221 *chip)
{
	bool mixed = free_mixed(chip);
	u32 n = hweight32(chip->read_mask) + chip->plan.bus_reads;
	u64 read_ns = n == 1 ? chip->req.read_ns * 30 / INA3221_READ_CLOCKS : chip->req.read_ns;
	u64 round_ns = free_round_ns(chip);
	u64 ready = synergy_plan_scaled(shunt_ns_of(chip, mixed), chip->scale_ppm);
	u64 begin = ktime_get_ns() + chip->write_ns;
	u64 latch, off;

	/* The first latch after the start, with room for the subtraction below ... */
	latch = chip->grid_ns + read_ns - read_ns * 19 / INA3221_READ_CLOCKS;
	if (begin > latch)
		latch += (div64_u64(begin - latch, chip->period_ns) + 1) * chip->period_ns;
	/* ... is to come half a round after an update, modulo rounds. */
	div64_u64_rem(latch + 2 * round_ns - begin - ready % round_ns - round_ns / 2, round_ns,
		      &off);
	wait_until(ktime_get_ns() + off);
}

/* Rounds upon rounds have ended since the last look, unless the converter stands still. */
static int check_converting(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	u16 mask;
	int err = read_reg(chip, tick, INA3221_REG_MASK_ENABLE, &mask);

	if (!err && !(mask & INA3221_MASK_CVRF))
		setup_lost(chip, tick, mask);
	return err;
}

/* Start the reckoning afresh; shunts alone first take the bus voltages by hand. */
static int free_start(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	u16 config = free_mixed(chip) ? chip->config_mixed : chip->config_shunt;
	u64 now = tick->begin_ns;
	int err;

	if (chip->free.running) {
		err = check_setup(chip, tick, config);
		if (!err && chip->free.running)
			err = check_converting(chip, tick);
		if (err)
			return err;
	}
	chip->free.running = false;
	if (!chip->rounds || (!free_mixed(chip) && now >= chip->free.bus_due_ns)) {
		err = sample_once(chip, tick);
		if (err)
			return err;
		chip->free.bus_due_ns = now + BUS_REFRESH_NS;
	}
	free_align(chip);
	err = write_config(chip, tick, config, &chip->free.begin_ns, &chip->free.slack_ns);
	if (err)
		return err;
	chip->free.running = true;
	chip->free.last_index = 0;
	return 0;
}

/*
 * The round, from 1, whose value a channel's register held at @when_ns, 0 none.
 * Near the moment of update it may be the next or the one before: then the
 * slack is a whole round.
 */
static u64 round_at(const struct synergy_ina3221 *chip, u32 channel, u64 when_ns, u64 *slack_ns)
{
	bool mixed = free_mixed(chip);
	u64 ready = channel_offset(chip, mixed, channel) + shunt_ns_of(chip, mixed);
	u64 round_ns = free_round_ns(chip);
	u64 first = chip->free.begin_ns + synergy_plan_scaled(ready, chip->scale_ppm);
	u64 index, into;

	*slack_ns = chip->free.slack_ns + drift_ns(chip, when_ns - chip->free.begin_ns);
	if (when_ns < first)
		return 0;
	index = div64_u64(when_ns - first, round_ns);
	into = when_ns - first - index * round_ns;
	if (into < *slack_ns || into + *slack_ns > round_ns)
		*slack_ns += round_ns;
	return index + 1;
}

/* When a register's word was latched: before its two bytes went over the wire. */
static u64 latched_ns(const struct tick_scratch *tick, u64 end_ns, u32 i, u32 n)
{
	u64 each = div_u64(end_ns - tick->time_ns, n);

	return tick->time_ns + (i + 1) * each - each * 19 / INA3221_READ_CLOCKS;
}

static int free_read(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	u8 regs[2 * SYNERGY_CHANNELS];
	u16 values[2 * SYNERGY_CHANNELS];
	struct windows w = { };
	u64 round_ns = free_round_ns(chip);
	u64 end_ns, index, slack, first = 0;
	u32 i, n;
	int err;

	if (free_mixed(chip) && chip->samples % chip->plan.bus_every == 0)
		chip->bus_left = chip->read_mask;
	n = choose_regs(chip, false, chip->plan.bus_reads, regs);
	err = read_regs(chip, tick, regs, values, n, &end_ns);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		u32 channel = (regs[i] - 1) / 2;

		index = round_at(chip, channel, latched_ns(tick, end_ns, i, n), &slack);
		if (!index)
			return 0;	/* nothing converted yet since the start */
		chip->bus_begin_ns = chip->free.begin_ns + (index - 1) * round_ns;
		store(chip, &regs[i], &values[i], 1);
		if (regs[i] != INA3221_REG_SHUNT(channel))
			continue;
		window(chip, chip->bus_begin_ns, free_mixed(chip), channel, &w);
		w.slack_ns = max_t(u64, w.slack_ns, min_t(u64, slack, U32_MAX));
		first = first ? first : index;
	}
	if (first == chip->free.last_index)
		tick->flags |= SYNERGY_POWER_F_REPEAT;
	chip->free.last_index = first;
	emit_power(chip, &w, tick);
	return 0;
}

static int tick_continuous(struct synergy_ina3221 *chip, struct tick_scratch *tick)
{
	u64 elapsed = tick->begin_ns - chip->free.begin_ns;
	bool stale = drift_ns(chip, elapsed) > free_round_ns(chip) / 4;
	bool bus_due = !free_mixed(chip) && tick->begin_ns >= chip->free.bus_due_ns;

	if (!chip->free.running || stale || bus_due)
		return free_start(chip, tick);
	return free_read(chip, tick);
}

void synergy_ina3221_tick(struct synergy_ina3221 *chip, bool late)
{
	struct tick_scratch tick = { };
	int err;

	mutex_lock(&chip->io_lock);
	tick.begin_ns = ktime_get_ns();
	if (chip->client) {
		chip->late |= late;
		err = chip->plan.continuous ? tick_continuous(chip, &tick) :
					      tick_triggered(chip, &tick);
		if (err)
			tick_failed(chip, &tick, err);
		else
			chip->failed = false;
	}
	mutex_unlock(&chip->io_lock);
}
