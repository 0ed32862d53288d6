// SPDX-License-Identifier: GPL-2.0-only
/*
 * One tick of one INA3221: at most one POWER record, with the window in which
 * each of its values was converted, or an ERROR record. Here the triggered way:
 * writing the configuration starts a round at a known moment; the tick reads
 * what the round before has left, while the chip converts anew. The other way
 * is in continuous.c.
 */
#include <linux/device.h>
#include <linux/timekeeping.h>

#include "ina3221/ina3221.h"

#define CHECK_EVERY		64	/* rounds between looks at CVRF, and two at the set-up */
/* From this period on the bus has time to look at the set-up in every tick. */
#define CHECK_PERIOD_NS		2000000U

static void tick_failed(struct synergy_ina3221 *chip, struct synergy_scratch *tick, int err)
{
	struct synergy_error_record rec = {
		.hdr.time_ns = tick->time_ns,
		.source = SYNERGY_ERROR_CHIP,
		.index = chip->index,
		.error = -err,
		.reg = tick->reg,
		.count = ++chip->errors,
	};

	if (!chip->failed)
		dev_warn_ratelimited(&chip->client->dev, "register 0x%02x: error %d\n",
				     tick->reg, err);
	chip->failed = true;
	chip->free.running = false;
	synergy_stream_emit_error(&rec);
}

static int finish_round(struct synergy_ina3221 *chip, const struct synergy_round *done,
			u32 bus_reads, struct synergy_scratch *tick)
{
	bool every = chip->plan.bus_every == 1;
	struct synergy_windows w;
	u32 n_regs;
	int err;

	err = synergy_ina3221_read_round(chip, done, every, bus_reads, tick, &n_regs);
	if (err || !n_regs)
		return err;
	synergy_ina3221_round_windows(chip, done, &w);
	synergy_ina3221_emit(chip, &w, tick);
	return 0;
}

/* The round should be over; is it, says the chip? */
static int check_ready(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	u16 mask;
	int err = synergy_ina3221_tick_read(chip, tick, INA3221_REG_MASK_ENABLE, &mask);

	if (!err && !(mask & INA3221_MASK_CVRF))
		tick->flags |= SYNERGY_POWER_F_REPEAT;
	return err;
}

/* Before the next trigger writes it anew: was the round done as we had set it? */
static bool setup_due(const struct synergy_ina3221 *chip)
{
	return chip->period_ns >= CHECK_PERIOD_NS || chip->rounds % (CHECK_EVERY / 2) == 0;
}

static int tick_triggered(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	struct synergy_round done;
	u64 check = chip->rounds % CHECK_EVERY;
	int err = 0, read_err = 0;
	u64 since_mixed;
	bool mixed;

	div64_u64_rem(chip->rounds, chip->plan.bus_every, &since_mixed);
	mixed = !since_mixed;
	if (!chip->rounds) {
		err = synergy_ina3221_sample_once(chip, tick);
		return err ? err : synergy_ina3221_trigger(chip, tick, chip->plan.bus_every == 1);
	}
	if (chip->round.valid && setup_due(chip))
		err = synergy_ina3221_check_setup(chip, tick, chip->round.mixed ?
						  chip->config_mixed : chip->config_shunt);
	if (err)
		return err;
	done = chip->round;
	if (done.valid) {
		err = synergy_ina3221_tick_wait(chip, done.ready_ns);
		if (!err && check == CHECK_EVERY / 2)
			err = check_ready(chip, tick);
	}
	if (err)
		return err;
	chip->round.valid = false;
	if (done.valid && !chip->plan.overlap)
		read_err = finish_round(chip, &done, chip->plan.bus_reads, tick);
	if (read_err)
		tick_failed(chip, tick, read_err);
	err = synergy_ina3221_trigger(chip, tick, mixed);
	if (err)
		return err;
	/* While a mixed round converts, the bus registers are not to be trusted. */
	if (done.valid && chip->plan.overlap)
		err = finish_round(chip, &done, mixed ? 0 : chip->plan.bus_reads, tick);
	return err;
}

void synergy_ina3221_tick(struct synergy_ina3221 *chip, u64 missed)
{
	struct synergy_scratch tick = { };
	int err;

	mutex_lock(&chip->io_lock);
	tick.begin_ns = ktime_get_ns();
	if (chip->client && !READ_ONCE(chip->leaving)) {
		if (!chip->trusted.tick_ns)
			chip->trusted.tick_ns = tick.begin_ns;
		chip->late |= !!missed;
		chip->ticks_missed += missed;
		err = chip->plan.continuous ? synergy_ina3221_free_tick(chip, &tick) :
					      tick_triggered(chip, &tick);
		if (!err)
			chip->failed = false;
		else if (err != -EINTR || !synergy_ina3221_ending(chip))
			tick_failed(chip, &tick, err);
	}
	mutex_unlock(&chip->io_lock);
}
