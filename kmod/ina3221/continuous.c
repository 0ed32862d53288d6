// SPDX-License-Identifier: GPL-2.0-only
/*
 * The continuous way of sampling: the chip runs freely from a known moment at a
 * measured speed, so that the time of a read tells the round it came from. The
 * longer that reckoning goes on the less it is worth (window_error_ns), and it
 * is started afresh before it is worth nothing.
 *
 * Where a round is about as long as a period its windows leave out nothing, not
 * even the sampler's own work. For that, their place relative to the ticks must
 * not stand still: either it drifts by itself, and is left to, or each start is
 * laid somewhere else (LAYS).
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>

#include "ina3221/ina3221.h"

/* Bus voltages where refreshing them costs samples, and where that can be waited out. */
#define BUS_REFRESH_NS		250000000ULL
#define BUS_WAIT_NS		1000000000ULL
/* With averages a round is longer than that: some free ones follow one by hand. */
#define BUS_REFRESH_ROUNDS	16
/* Kept between a round's end and what is to come after it. */
#define ROUND_GUARD_NS		10000U
/* Ticks after which a drift ought to show. */
#define DRIFT_TICKS		64
/* Places tried for a start; by the golden ratio, so that they spread evenly. */
#define LAYS			16
#define GOLDEN_PPM		618034
/* How far the chip's speed may have moved from one start to the next. */
#define WANDER_PPM		4

u64 synergy_ina3221_free_round_ns(const struct synergy_ina3221 *chip)
{
	u64 lap = synergy_ina3221_lap_ns(chip, chip->plan.mixed);

	return synergy_plan_scaled(chip->plan.averages * lap, chip->speed.scale_ppm);
}

static u16 free_config(const struct synergy_ina3221 *chip)
{
	return chip->plan.mixed ? chip->config_mixed : chip->config_shunt;
}

/* Uncertainty of the reckoning after @elapsed_ns. */
static u64 drift_ns(const struct synergy_ina3221 *chip, u64 elapsed_ns)
{
	return div_u64(elapsed_ns * chip->speed.margin_ppm, 1000000);
}

u64 synergy_ina3221_unsure_ns(const struct synergy_ina3221 *chip, u64 when_ns)
{
	return chip->free.slack_ns + drift_ns(chip, when_ns - chip->free.begin_ns);
}

/* Is the reckoning worth too little to go on with? */
static bool stale(const struct synergy_ina3221 *chip, u64 now_ns)
{
	return drift_ns(chip, now_ns - chip->free.begin_ns) >
	       synergy_ina3221_free_round_ns(chip) / 8;
}

/* From a round's start to the update of a channel's shunt register. */
static u64 update_ns(const struct synergy_ina3221 *chip, u32 channel)
{
	bool mixed = chip->plan.mixed;
	u64 nominal = synergy_ina3221_channel_offset(chip, mixed, channel) +
		      synergy_ina3221_shunt_ns(chip, mixed);

	return synergy_plan_scaled(nominal, chip->speed.scale_ppm);
}

/* Does the rounds' place relative to the ticks move on by itself? */
static bool drifts(const struct synergy_ina3221 *chip)
{
	u64 round_ns = synergy_ina3221_free_round_ns(chip);
	u64 step;

	div64_u64_rem(chip->period_ns, round_ns, &step);
	return min(step, round_ns - step) * DRIFT_TICKS >= round_ns / 8;
}

/* A tick that makes no record: counted, and told with the next one. */
static void no_sample(struct synergy_ina3221 *chip)
{
	chip->stats.missed++;
	chip->late = true;
}

/* ---- where a start is laid ---- */

static u32 reads_per_tick(const struct synergy_ina3221 *chip)
{
	return hweight32(chip->read_mask) + chip->plan.bus_reads;
}

/* From a word to the next; within a transfer they follow without a stop. */
static u32 step_clocks(const struct synergy_ina3221 *chip)
{
	return INA3221_READ_CLOCKS - (chip->combined ? 1 : 0);
}

/* When the @i-th read of a tick that begins at @tick_ns will be latched. */
static u64 latch_ns(const struct synergy_ina3221 *chip, u64 tick_ns, u32 i)
{
	/* Of one rail, most ticks read the same register, and nothing else. */
	bool pointed = chip->combined && hweight32(chip->read_mask) == 1 &&
		       chip->plan.bus_every != 1;
	u32 lead = pointed ? INA3221_POINTED_CLOCKS : INA3221_LATCH_CLOCKS;

	return tick_ns + div_u64((u64)chip->req.read_ns * (lead + i * step_clocks(chip)),
				 INA3221_READ_CLOCKS);
}

/* The channels in every order in which they can be read. */
static const u8 orders[][SYNERGY_CHANNELS] = {
	{ 0, 1, 2 }, { 2, 0, 1 }, { 1, 2, 0 }, { 1, 0, 2 }, { 2, 1, 0 }, { 0, 2, 1 },
};

/*
 * How near reads in this order, in a tick at @tick_ns, come to updates by rounds
 * from @begin_ns on. 0 also where one comes before the first update.
 */
static u64 clearance_ns(const struct synergy_ina3221 *chip, const u8 *order, u64 begin_ns,
			u64 tick_ns)
{
	u64 round_ns = synergy_ina3221_free_round_ns(chip);
	u64 nearest = round_ns;
	u32 i, place = 0;

	for (i = 0; i < SYNERGY_CHANNELS; i++) {
		u64 latch, update, after;

		if (!(chip->read_mask & (1U << order[i])))
			continue;
		latch = latch_ns(chip, tick_ns, place++);
		update = begin_ns + update_ns(chip, order[i]);
		if (latch < update)
			return 0;
		div64_u64_rem(latch - update, round_ns, &after);
		nearest = min3(nearest, after, round_ns - after);
	}
	return nearest;
}

/* The order that keeps clear of updates by @enough_ns, or else by most. */
static const u8 *choose_order(const struct synergy_ina3221 *chip, u64 begin_ns, u64 tick_ns,
			      u64 enough_ns, u64 *clear_ns)
{
	const u8 *best = orders[0];
	u32 i;

	*clear_ns = 0;
	for (i = 0; i < ARRAY_SIZE(orders) && *clear_ns < enough_ns; i++) {
		u64 clear = clearance_ns(chip, orders[i], begin_ns, tick_ns);

		if (clear > *clear_ns) {
			best = orders[i];
			*clear_ns = clear;
		}
	}
	return best;
}

/*
 * A place for the next start, as nanoseconds from @begin_ns. Where it stands
 * still each read would meet an update again and again: then a place that is
 * clear of them, and for a chip with one rail, whose windows leave no gap,
 * always the one in the middle.
 */
static u64 lay(struct synergy_ina3221 *chip, u64 begin_ns)
{
	u64 round_ns = synergy_ina3221_free_round_ns(chip);
	bool one = hweight32(chip->convert_mask) == 1;
	u64 tick_ns = chip->grid_ns;
	u64 best = 0, clearest = 0;
	u32 i;

	/* A tick with rounds behind it wherever they start */
	if (begin_ns + 3 * round_ns > tick_ns)
		tick_ns += (div64_u64(begin_ns + 3 * round_ns - tick_ns, chip->period_ns) + 1) *
			   chip->period_ns;
	for (i = 0; i < LAYS; i++) {
		u64 place, clear;

		div64_u64_rem((chip->free.lays + i) * GOLDEN_PPM, 1000000, &place);
		place = div_u64(place * round_ns, 1000000);
		choose_order(chip, begin_ns + place, tick_ns, round_ns / 8, &clear);
		if (clear > clearest) {
			best = place;
			clearest = clear;
		}
		if (!one && (drifts(chip) || clear > round_ns / 8))
			break;
	}
	chip->free.lays += one ? 0 : i + 1;
	return best;
}

/* ---- starting ---- */

/* Rounds upon rounds have ended since the last look, unless the converter stands still. */
int synergy_ina3221_check_converting(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	u16 mask;
	int err = synergy_ina3221_tick_read(chip, tick, INA3221_REG_MASK_ENABLE, &mask);

	if (!err && !(mask & INA3221_MASK_CVRF))
		synergy_ina3221_setup_lost(chip, tick, mask);
	return err;
}

static int check_running(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	int err = synergy_ina3221_check_setup(chip, tick, free_config(chip));

	if (!err && chip->free.running)
		err = synergy_ina3221_check_converting(chip, tick);
	return err;
}

static int run_freely(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	int err;

	chip->free.running = false;
	err = synergy_ina3221_configure(chip, tick, free_config(chip), &chip->free.begin_ns,
					&chip->free.slack_ns);
	if (err)
		return err;
	chip->free.running = true;
	chip->free.checked = false;
	memset(chip->free.last_index, 0, sizeof(chip->free.last_index));
	chip->free.ticks = 0;
	chip->free.looked = 0;
	/* Where nobody looks at the speed, it is worth what it was at START, no less. */
	if (chip->speed.margin_ppm < chip->req.margin_ppm)
		chip->speed.margin_ppm = min(chip->speed.margin_ppm + WANDER_PPM,
					     chip->req.margin_ppm);
	synergy_ina3221_tell_speed(chip);
	return 0;
}

/* Start the reckoning afresh; shunts alone first take the bus voltages by hand. */
static int free_start(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	u64 least_ns, now = tick->begin_ns;
	bool by_hand = !chip->rounds || (!chip->plan.mixed && now >= chip->free.bus_due_ns);
	int err;

	if (chip->free.running) {
		err = check_running(chip, tick);
		if (err)
			return err;
	}
	chip->free.running = false;
	chip->round.valid = false;
	if (by_hand) {
		err = synergy_ina3221_sample_once(chip, tick);
		if (err)
			return err;
		least_ns = BUS_REFRESH_ROUNDS * synergy_ina3221_free_round_ns(chip);
		chip->free.bus_due_ns = ktime_get_ns() +
			max_t(u64, chip->plan.refresh_latest_ns ? BUS_WAIT_NS : BUS_REFRESH_NS,
			      least_ns);
	}
	now = ktime_get_ns();
	err = synergy_ina3221_tick_wait(chip, now + lay(chip, now + chip->write_ns));
	if (!err)
		err = run_freely(chip, tick);
	if (!err && !by_hand)
		no_sample(chip);
	return err;
}

/* ---- reading ---- */

/*
 * The round, from 1, whose value a channel's register held at @when_ns, 0 none.
 * Near the moment of update it may be the next or the one before: then the
 * slack is a whole round.
 */
static u64 round_at(const struct synergy_ina3221 *chip, u32 channel, u64 when_ns, u64 *slack_ns,
		    u64 read_slack_ns)
{
	u64 round_ns = synergy_ina3221_free_round_ns(chip);
	u64 first = chip->free.begin_ns + update_ns(chip, channel);
	u64 index, into;

	*slack_ns = synergy_ina3221_unsure_ns(chip, when_ns);
	if (when_ns < first)
		return 0;
	index = div64_u64(when_ns - first, round_ns);
	into = when_ns - first - index * round_ns;
	if (into < *slack_ns + read_slack_ns || into + *slack_ns + read_slack_ns > round_ns)
		*slack_ns += round_ns;
	return index + 1;
}

/* When the @i-th of @n words was latched. */
static u64 latched_ns(const struct synergy_ina3221 *chip, const struct synergy_scratch *tick,
		      u64 end_ns, u32 i, u32 n, u64 *slack_ns)
{
	u32 each = step_clocks(chip);

	return synergy_ina3221_moment(chip, tick->time_ns, end_ns, tick->lead_clocks + i * each,
				      (n - 1 - i) * each + INA3221_WORD_CLOCKS, slack_ns);
}

/* A bus voltage of the free rounds belongs to one of them; else to the mixed one before. */
static void place_bus_value(struct synergy_ina3221 *chip, u64 index)
{
	if (chip->plan.mixed)
		chip->bus_begin_ns = chip->free.begin_ns +
				     (index - 1) * synergy_ina3221_free_round_ns(chip);
}

/* No read is to meet the update of its register: nobody could say which round's it has. */
static void order_shunts(const struct synergy_ina3221 *chip, u8 *regs)
{
	u64 now = ktime_get_ns();
	u64 slack = synergy_ina3221_unsure_ns(chip, now);
	u64 clear;
	const u8 *order;
	u32 i;

	order = choose_order(chip, chip->free.begin_ns, now, 2 * slack, &clear);
	for (i = 0; i < SYNERGY_CHANNELS; i++)
		if (chip->read_mask & (1U << order[i]))
			*regs++ = INA3221_REG_SHUNT(order[i]);
}

/*
 * @stopped_ns not 0: the free rounds ended then, and the registers stand still.
 */
static int free_read(struct synergy_ina3221 *chip, struct synergy_scratch *tick, u64 stopped_ns)
{
	u8 regs[2 * SYNERGY_CHANNELS];
	u16 values[2 * SYNERGY_CHANNELS];
	struct synergy_windows w = { };
	u64 end_ns, index, slack;
	bool emptied = false, fresh = false;
	u32 i, n, nth;
	int err;

	div_u64_rem(chip->samples, max(chip->plan.bus_every, 1U), &nth);
	if (chip->plan.mixed && !nth)
		chip->bus_left = chip->read_mask;
	n = synergy_ina3221_choose_regs(chip, false, stopped_ns ? 0 : chip->plan.bus_reads, regs);
	if (!stopped_ns)
		order_shunts(chip, regs);
	err = synergy_ina3221_tick_read_many(chip, tick, regs, values, n, &end_ns);
	if (!err && stopped_ns)
		err = synergy_ina3221_look_emptied(chip, tick, regs, values, n, &emptied);
	if (err || emptied)
		return err;
	for (i = 0; i < n; i++) {
		u32 channel = (regs[i] - 1) / 2;
		u64 read_slack = 0;
		bool again;
		u64 when = stopped_ns ? stopped_ns :
			   latched_ns(chip, tick, end_ns, i, n, &read_slack);

		index = round_at(chip, channel, when, &slack, read_slack);
		again = stopped_ns && synergy_ina3221_shunt_overtaken(chip, end_ns, n, i, channel);
		if (again)	/* nobody's value: the rail is told as it was */
			index = chip->free.last_index[channel];
		if (!index) {
			/* Not converted since the start, which was laid so late. */
			no_sample(chip);
			return 0;
		}
		place_bus_value(chip, index);
		if (!again)
			synergy_ina3221_store(chip, &regs[i], &values[i], 1);
		if (regs[i] != INA3221_REG_SHUNT(channel))
			continue;
		synergy_ina3221_window(chip, chip->free.begin_ns +
				       (index - 1) * synergy_ina3221_free_round_ns(chip),
				       chip->plan.mixed, channel, &w);
		w.slack_ns = max_t(u64, w.slack_ns, min_t(u64, slack, U32_MAX));
		w.repeat[channel] = index == chip->free.last_index[channel];
		chip->free.last_index[channel] = index;
		fresh |= !w.repeat[channel];
	}
	if (!fresh)
		tick->flags |= SYNERGY_POWER_F_REPEAT;
	synergy_ina3221_emit(chip, &w, tick);
	return 0;
}

/* ---- refreshing the bus voltages without missing a tick ---- */

/*
 * One tick looks whether all is as it was set up, the next starts a round of
 * shunts and bus voltages by hand and reads what the free rounds have left, the
 * third starts them again and reads that round. They go on where they would have
 * been without the break, if that is early enough in the tick for all of them to
 * have ended a first time by the next one.
 */
static u64 next_begin(const struct synergy_ina3221 *chip, u64 earliest_ns)
{
	u64 round_ns = synergy_ina3221_free_round_ns(chip);
	u64 into;

	div64_u64_rem(earliest_ns - chip->free.begin_ns, round_ns, &into);
	return earliest_ns + (into ? round_ns - into : 0);
}

static bool refresh_due(struct synergy_ina3221 *chip, const struct synergy_scratch *tick)
{
	u64 third = tick->begin_ns + 2 * chip->period_ns;

	if (!chip->plan.refresh_latest_ns || chip->free.ticks < chip->plan.bus_every)
		return false;
	/* A look for the speed has cleared the flag that is looked at before. */
	if (chip->free.looked && chip->free.ticks < chip->free.looked + 2)
		return false;
	if (!drifts(chip) || stale(chip, tick->begin_ns) || tick->begin_ns >= chip->free.bus_due_ns)
		return true;
	return next_begin(chip, third + chip->write_ns) - third <= chip->plan.refresh_latest_ns;
}

/* Let the running round end where there is time for that: its last rail is then not lost. */
static int wait_for_round(const struct synergy_ina3221 *chip, const struct synergy_scratch *tick)
{
	u64 now = ktime_get_ns();
	u64 slack = synergy_ina3221_unsure_ns(chip, now);
	u64 mixed = synergy_plan_scaled(chip->plan.averages * synergy_ina3221_lap_ns(chip, true),
					chip->speed.scale_ppm);
	u64 reads_ns = (hweight32(chip->read_mask) + 2ULL) * chip->req.read_ns;
	u64 effect = next_begin(chip, now + chip->write_ns) + slack + ROUND_GUARD_NS;

	if (!drifts(chip) ||
	    slack + mixed + chip->write_ns + 3 * ROUND_GUARD_NS >
		synergy_ina3221_free_round_ns(chip) ||
	    effect + reads_ns + ROUND_GUARD_NS > tick->begin_ns + chip->period_ns)
		return 0;
	return synergy_ina3221_tick_wait(chip, effect - chip->write_ns);
}

static int refresh_begin(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	int err = wait_for_round(chip, tick);

	if (!err)
		err = synergy_ina3221_trigger(chip, tick, true);
	if (err)
		return err;
	chip->free.slack_ns += chip->round.slack_ns;
	return free_read(chip, tick, chip->round.begin_ns);
}

/*
 * When to write. Where the rounds' place stands still, anywhere that leaves time
 * to read in this tick, though it may cost the next its sample.
 */
static u64 refresh_write_ns(struct synergy_ina3221 *chip, const struct synergy_scratch *tick)
{
	u64 now = ktime_get_ns();
	u64 reads_ns = (u64)(reads_per_tick(chip) + 1) * chip->req.read_ns;
	u64 end_ns = tick->begin_ns + chip->period_ns;
	u64 begin_ns, wait;

	if (drifts(chip)) {
		begin_ns = next_begin(chip, now + chip->write_ns);
		return begin_ns <= tick->begin_ns + chip->plan.refresh_latest_ns ?
			begin_ns - chip->write_ns : now;
	}
	if (now + chip->write_ns + reads_ns >= end_ns)
		return now;
	div64_u64_rem(lay(chip, now + chip->write_ns), end_ns - now - chip->write_ns - reads_ns,
		      &wait);
	return now + wait;
}

static int refresh_end(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	struct synergy_round done = chip->round;
	struct synergy_windows w;
	u32 n_regs;
	int err;

	chip->round.valid = false;
	err = synergy_ina3221_tick_wait(chip, done.ready_ns);
	if (!err)
		err = synergy_ina3221_tick_wait(chip, refresh_write_ns(chip, tick));
	if (!err)
		err = run_freely(chip, tick);
	if (err)
		return err;
	chip->free.bus_due_ns = tick->begin_ns + BUS_WAIT_NS;
	err = synergy_ina3221_read_round(chip, &done, false, 0, tick, &n_regs);
	if (err || !n_regs)
		return err;
	synergy_ina3221_round_windows(chip, &done, &w);
	synergy_ina3221_emit(chip, &w, tick);
	return 0;
}

int synergy_ina3221_free_tick(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	bool bus_due = !chip->plan.mixed && tick->begin_ns >= chip->free.bus_due_ns;
	bool anew = stale(chip, tick->begin_ns) || bus_due;
	int err;

	if (!chip->free.running || (!chip->plan.refresh_latest_ns && anew))
		return free_start(chip, tick);
	if (chip->round.valid)
		return refresh_end(chip, tick);
	if (chip->free.checked)
		return refresh_begin(chip, tick);
	chip->free.ticks++;
	err = free_read(chip, tick, 0);
	if (!err && refresh_due(chip, tick)) {
		err = check_running(chip, tick);
		chip->free.checked = chip->free.running;
	} else if (!err && chip->plan.refresh_latest_ns) {
		err = synergy_ina3221_learn_speed(chip, tick);
	}
	return err;
}
