// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both ways of sampling are made of: transfers with their times, the
 * windows in which a round's values were converted, a round started by hand
 * and read, and the record of it.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/timekeeping.h>

#include "ina3221/ina3221.h"

/* Four steps: more than the offset of a shunt that carries nothing. */
#define SURELY_DRAWING	(4 << 3)

/* A long wait looks so often whether it is to end. */
#define WAIT_SLICE_NS	100000000U

/* ---- transfers with their times ---- */

static u64 clock_ns(const struct synergy_ina3221 *chip)
{
	return chip->info.bus_hz ? NSEC_PER_SEC / chip->info.bus_hz :
				   div_u64(chip->info.transfer_ns, INA3221_READ_CLOCKS);
}

u64 synergy_ina3221_moment(const struct synergy_ina3221 *chip, u64 begin_ns, u64 end_ns,
			   u32 before, u32 after, u64 *slack_ns)
{
	u64 early = begin_ns + before * clock_ns(chip);
	u64 late = end_ns - after * clock_ns(chip);

	*slack_ns = (max(early, late) - min(early, late)) / 2;
	return min(early, late) + *slack_ns;
}

int synergy_ina3221_configure(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
			      u16 config, u64 *end_ns, u32 *slack_ns)
{
	u64 end, slack;
	int err;

	tick->reg = INA3221_REG_CONFIG;
	tick->time_ns = ktime_get_ns();
	chip->touched = true;
	err = synergy_ina3221_write(chip, INA3221_REG_CONFIG, config);
	end = ktime_get_ns();
	chip->stats.busy_ns += end - tick->time_ns;
	/* At the last byte's acknowledge, or at the stop that follows */
	*end_ns = synergy_ina3221_moment(chip, tick->time_ns, end, INA3221_WRITE_CLOCKS - 1, 0,
					 &slack);
	*slack_ns = min_t(u64, slack, U32_MAX);
	return err;
}

int synergy_ina3221_tick_read(struct synergy_ina3221 *chip, struct synergy_scratch *tick, u8 reg,
			      u16 *value)
{
	int err;

	tick->reg = reg;
	tick->lead_clocks = INA3221_LATCH_CLOCKS;
	tick->time_ns = ktime_get_ns();
	err = synergy_ina3221_read(chip, reg, value);
	chip->stats.busy_ns += ktime_get_ns() - tick->time_ns;
	return err;
}

/* @end_ns - tick->time_ns is then what the transfer took. */
int synergy_ina3221_tick_read_many(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
				   const u8 *regs, u16 *values, u32 n, u64 *end_ns)
{
	bool pointed = n == 1 && chip->combined && chip->pointer == regs[0];
	int err;

	tick->lead_clocks = pointed ? INA3221_POINTED_CLOCKS : INA3221_LATCH_CLOCKS;
	tick->time_ns = ktime_get_ns();
	err = synergy_ina3221_read_many(chip, regs, values, n, &tick->reg);
	*end_ns = ktime_get_ns();
	chip->stats.busy_ns += *end_ns - tick->time_ns;
	return err;
}

void synergy_ina3221_wait_until(u64 when_ns)
{
	u64 now = ktime_get_ns();
	u64 us = when_ns > now ? div_u64(when_ns - now, 1000) + 1 : 0;

	if (us)
		usleep_range(us, us + 10);
}

bool synergy_ina3221_ending(const struct synergy_ina3221 *chip)
{
	return READ_ONCE(chip->leaving) || kthread_should_stop();
}

int synergy_ina3221_tick_wait(const struct synergy_ina3221 *chip, u64 when_ns)
{
	u64 slice_ns;

	while ((slice_ns = ktime_get_ns() + WAIT_SLICE_NS) < when_ns) {
		if (synergy_ina3221_ending(chip))
			return -EINTR;
		synergy_ina3221_wait_until(slice_ns);
	}
	synergy_ina3221_wait_until(when_ns);
	return 0;
}

/* ---- windows ---- */

static u32 channel_position(u32 mask, u32 channel)
{
	return hweight32(mask & ((1U << channel) - 1));
}

u32 synergy_ina3221_shunt_ns(const struct synergy_ina3221 *chip, bool mixed)
{
	return mixed ? chip->plan.mixed_shunt_ns : chip->plan.shunt_ns;
}

u64 synergy_ina3221_lap_ns(const struct synergy_ina3221 *chip, bool mixed)
{
	return (u64)hweight32(chip->convert_mask) *
		(synergy_ina3221_shunt_ns(chip, mixed) + (mixed ? chip->plan.bus_ns : 0));
}

/*
 * Nominal times of a channel within a round, from its start: the shunt's
 * conversion is the @shunt long one that begins at the returned offset (in the
 * last lap, when the chip averages), the bus voltage's follows it.
 */
u64 synergy_ina3221_channel_offset(const struct synergy_ina3221 *chip, bool mixed, u32 channel)
{
	u32 position = channel_position(chip->convert_mask, channel);
	u64 step = synergy_ina3221_shunt_ns(chip, mixed) + (mixed ? chip->plan.bus_ns : 0);

	return (chip->plan.averages - 1) * synergy_ina3221_lap_ns(chip, mixed) + position * step;
}

void synergy_ina3221_window(const struct synergy_ina3221 *chip, u64 begin_ns, bool mixed,
			    u32 channel, struct synergy_windows *w)
{
	u64 offset = synergy_ina3221_channel_offset(chip, mixed, channel);
	u64 end = offset + synergy_ina3221_shunt_ns(chip, mixed);

	w->begin_ns[channel] = begin_ns + synergy_plan_scaled(offset, chip->speed.scale_ppm);
	w->end_ns[channel] = begin_ns + synergy_plan_scaled(end, chip->speed.scale_ppm);
}

void synergy_ina3221_round_windows(const struct synergy_ina3221 *chip,
				   const struct synergy_round *round, struct synergy_windows *w)
{
	u32 channel;

	memset(w->repeat, 0, sizeof(w->repeat));
	w->slack_ns = round->slack_ns;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		synergy_ina3221_window(chip, round->begin_ns, round->mixed, channel, w);
}

static u64 bus_middle(const struct synergy_ina3221 *chip, u64 begin_ns, u32 channel)
{
	u64 offset = synergy_ina3221_channel_offset(chip, true, channel) +
		     chip->plan.mixed_shunt_ns + chip->plan.bus_ns / 2;

	return begin_ns + synergy_plan_scaled(offset, chip->speed.scale_ppm);
}

/* ---- records ---- */

void synergy_ina3221_emit(struct synergy_ina3221 *chip, const struct synergy_windows *w,
			  const struct synergy_scratch *tick)
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
	s.rec.channel_size = sizeof(s.channel[0]);
	s.rec.missed = min_t(u64, chip->ticks_missed + chip->stats.missed - chip->missed_reported,
			     U32_MAX);
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
		out->window_error_ns = w->slack_ns;
		if (chip->plan.averages > 1)
			out->flags |= SYNERGY_CHANNEL_F_FILTERED;
		if (w->repeat[channel])
			out->flags |= SYNERGY_CHANNEL_F_REPEAT;
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
	chip->ticks_missed = 0;
	chip->missed_reported = chip->stats.missed;
	chip->reconfigured = false;
	chip->samples++;
	s.rec.n_channels = out - s.channel;
	s.rec.hdr.size = struct_size(&s.rec, channel, s.rec.n_channels);
	synergy_stream_emit(&s.rec.hdr);
}

/* The chip is not as we left it: told, and set up anew. */
void synergy_ina3221_setup_lost(struct synergy_ina3221 *chip, const struct synergy_scratch *tick,
				u16 found)
{
	u64 unseen_ns = tick->time_ns - chip->trusted.tick_ns;
	struct synergy_error_record rec = {
		.hdr.time_ns = tick->time_ns,
		.source = SYNERGY_ERROR_SETUP,
		.index = chip->index,
		.error = EIO,
		.reg = tick->reg,
		.value = found,
		.since_us = min_t(u64, div_u64(unseen_ns, 1000) + 1, U32_MAX),
		.count = ++chip->errors,
	};

	synergy_stream_emit_error(&rec);
	chip->stats.missed += chip->round.valid;
	chip->round.valid = false;
	chip->free.running = false;
	chip->reconfigured = true;
	/* Bus voltages outlive their samples. What was read since may be anything. */
	chip->trusted.tick_ns = tick->begin_ns;
	memcpy(chip->bus_raw, chip->trusted.bus_raw, sizeof(chip->bus_raw));
	memcpy(chip->bus_time_ns, chip->trusted.bus_time_ns, sizeof(chip->bus_time_ns));
	chip->bus_left = 0;
}

static void trust(struct synergy_ina3221 *chip, const struct synergy_scratch *tick)
{
	chip->trusted.tick_ns = tick->begin_ns;
	memcpy(chip->trusted.bus_raw, chip->bus_raw, sizeof(chip->bus_raw));
	memcpy(chip->trusted.bus_time_ns, chip->bus_time_ns, sizeof(chip->bus_time_ns));
}

/* Is the configuration still ours? A reset or another master shows here. */
int synergy_ina3221_check_setup(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
				u16 expect)
{
	u16 found;
	int err = synergy_ina3221_tick_read(chip, tick, INA3221_REG_CONFIG, &found);

	if (err)
		return err;
	if (found != expect) {
		synergy_ina3221_setup_lost(chip, tick, found);
		return 0;
	}
	trust(chip, tick);
	return 0;
}

/* Of a duration on the chip's clock, the least that it can be. */
static u64 soonest_ns(const struct synergy_ina3221 *chip, u64 nominal_ns)
{
	u64 least_ppm = div_u64((u64)chip->speed.scale_ppm * (1000000 - chip->speed.margin_ppm),
				1000000);

	return synergy_plan_scaled(nominal_ns, least_ppm);
}

/* May the running round have converted this channel's bus voltage by now? */
static bool bus_converted(const struct synergy_ina3221 *chip, u32 channel)
{
	u64 after = synergy_ina3221_channel_offset(chip, true, channel) +
		    chip->plan.mixed_shunt_ns + chip->plan.bus_ns;

	return chip->round.mixed &&
	       ktime_get_ns() - chip->round.begin_ns >= soonest_ns(chip, after);
}

/*
 * A reset empties the results, and where the set-up is written anew before it
 * was looked at nothing else is left of it. Two registers must agree on it, for
 * a rail may have been switched off just then: a shunt that is 0 all of a sudden,
 * and the channel's bus voltage, which stands still until a round converts it.
 * Where one may have, the other rails must be at 0, too; and where the running
 * round has been faster than this look, nobody can say any more. A current
 * without a voltage is such an agreement by itself.
 */
int synergy_ina3221_look_emptied(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
				 const u8 *regs, const u16 *values, u32 n, bool *emptied)
{
	u32 channel, i, witness = SYNERGY_CHANNELS, moving = chip->bus_left, drawing = 0;
	bool others = false;
	u16 value;
	int err;

	*emptied = false;
	for (i = 0; i < n; i++) {
		channel = (regs[i] - 1) / 2;
		if (regs[i] != INA3221_REG_SHUNT(channel)) {
			moving |= 1U << channel;
			continue;
		}
		others |= values[i];
		if ((s16)values[i] >= SURELY_DRAWING)
			drawing |= 1U << channel;
		else if (!values[i] && chip->shunt_raw[channel] && chip->bus_raw[channel])
			witness = channel;
	}
	for (i = 0; i < n; i++) {
		channel = (regs[i] - 1) / 2;
		if (regs[i] == INA3221_REG_SHUNT(channel) || values[i] ||
		    !chip->bus_raw[channel] || !(drawing & (1U << channel)))
			continue;
		tick->reg = regs[i];
		*emptied = true;
		chip->stats.missed++;
		synergy_ina3221_setup_lost(chip, tick, 0);
		return 0;
	}
	if (witness == SYNERGY_CHANNELS)
		return 0;
	if (chip->round.mixed)
		moving |= chip->convert_mask;
	if (others && (moving & (1U << witness)))
		return 0;
	err = synergy_ina3221_tick_read(chip, tick, INA3221_REG_BUS(witness), &value);
	if (err)
		return err;
	*emptied = moving & (1U << witness) ? !value || bus_converted(chip, witness) :
					      (s16)value != chip->bus_raw[witness];
	if (!*emptied)
		return 0;
	chip->stats.missed++;
	if (value)
		chip->late = true;
	else
		synergy_ina3221_setup_lost(chip, tick, value);
	return 0;
}

/* ---- a round started by hand ---- */

int synergy_ina3221_trigger(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
			    bool mixed)
{
	u16 config = mixed ? chip->config_mixed : chip->config_shunt;
	struct synergy_round *round = &chip->round;
	u64 length;
	int err;

	round->valid = false;
	err = synergy_ina3221_configure(chip, tick, config & ~INA3221_MODE_CONTINUOUS,
					&round->begin_ns, &round->slack_ns);
	if (err)
		return err;
	length = synergy_plan_scaled(chip->plan.averages * synergy_ina3221_lap_ns(chip, mixed),
				     chip->speed.scale_ppm);
	round->valid = true;
	round->mixed = mixed;
	round->ready_ns = round->begin_ns + round->slack_ns +
		synergy_plan_scaled(length, 1000000 + chip->speed.margin_ppm);
	chip->rounds++;
	return 0;
}

/* Which registers this tick reads, in an order that stays ahead of the converter. */
u32 synergy_ina3221_choose_regs(struct synergy_ina3221 *chip, bool every, u32 bus_reads, u8 *regs)
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

void synergy_ina3221_store(struct synergy_ina3221 *chip, const u8 *regs, const u16 *values, u32 n)
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

/*
 * How late the reads ended, but for what is sure: each value was latched a word
 * before its read was over. All of it may have been lost before the first.
 */
static s64 held_up_ns(const struct synergy_ina3221 *chip, const struct synergy_round *running,
		      u64 end_ns, u32 n_regs)
{
	return (s64)(end_ns - running->begin_ns) + running->slack_ns -
	       (s64)n_regs * chip->req.read_ns - (s64)(INA3221_WORD_CLOCKS * clock_ns(chip));
}

static bool overtaken(const struct synergy_ina3221 *chip, const struct synergy_round *running,
		      u64 end_ns, u32 n_regs)
{
	return held_up_ns(chip, running, end_ns, n_regs) >
	       synergy_plan_spare_ns(&chip->req, &chip->plan, running->mixed);
}

bool synergy_ina3221_shunt_overtaken(const struct synergy_ina3221 *chip, u64 end_ns, u32 n_regs,
				     u32 i, u32 channel)
{
	u32 shunt_ns = synergy_ina3221_shunt_ns(chip, chip->round.mixed);
	u32 step = shunt_ns + (chip->round.mixed ? chip->plan.bus_ns : 0);
	u64 update = soonest_ns(chip, channel_position(chip->convert_mask, channel) * (u64)step +
				      shunt_ns);

	return held_up_ns(chip, &chip->round, end_ns, n_regs) >
	       (s64)update - (s64)(i + 1) * chip->req.read_ns;
}

/* What converts while @round is read; not valid where nothing does. */
static struct synergy_round running_round(const struct synergy_ina3221 *chip,
					  const struct synergy_round *round)
{
	struct synergy_round running = chip->round;

	if (round == &chip->round)
		running.valid = false;
	if (chip->free.running) {
		running.valid = true;
		running.mixed = chip->plan.mixed;
		running.begin_ns = chip->free.begin_ns;
		running.slack_ns = chip->free.slack_ns;
	}
	return running;
}

/* Read what @round has left behind; @every: all bus voltages, too. */
int synergy_ina3221_read_round(struct synergy_ina3221 *chip, const struct synergy_round *round,
			       bool every, u32 bus_reads, struct synergy_scratch *tick,
			       u32 *n_regs)
{
	struct synergy_round running = running_round(chip, round);
	u8 regs[2 * SYNERGY_CHANNELS];
	u16 values[2 * SYNERGY_CHANNELS];
	u32 bus_left = chip->bus_left;
	bool nothing = false;
	u64 end_ns;
	int err;

	if (round->mixed) {
		bus_left = chip->read_mask;
		chip->bus_left = bus_left;
		chip->bus_begin_ns = round->begin_ns;
	}
	*n_regs = synergy_ina3221_choose_regs(chip, every, bus_reads, regs);
	err = synergy_ina3221_tick_read_many(chip, tick, regs, values, *n_regs, &end_ns);
	if (!err)
		err = synergy_ina3221_look_emptied(chip, tick, regs, values, *n_regs, &nothing);
	if (err)
		return err;
	if (!nothing && running.valid &&
	    overtaken(chip, &running, end_ns, *n_regs)) {
		nothing = true;
		chip->bus_left = bus_left;
		chip->stats.missed++;
		chip->late = true;
	}
	if (nothing)
		*n_regs = 0;
	synergy_ina3221_store(chip, regs, values, *n_regs);
	return 0;
}

/*
 * A whole sample by itself, bus voltages included: how every session begins.
 * The first makes no record: it is not on the grid of deadlines.
 */
int synergy_ina3221_sample_once(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	bool first = !chip->rounds;
	struct synergy_windows w;
	u32 n_regs;
	int err;

	err = synergy_ina3221_trigger(chip, tick, true);
	if (err)
		return err;
	err = synergy_ina3221_tick_wait(chip, chip->round.ready_ns);
	if (err)
		return err;
	err = synergy_ina3221_read_round(chip, &chip->round, true, 0, tick, &n_regs);
	if (err)
		return err;
	if (n_regs)
		trust(chip, tick);
	if (!first && n_regs) {
		synergy_ina3221_round_windows(chip, &chip->round, &w);
		synergy_ina3221_emit(chip, &w, tick);
	}
	chip->round.valid = false;
	return 0;
}
