// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the chip's clock is, learned while it runs freely. The reckoning of
 * its rounds is as good as that is known: a hundred millionths off are 25 us
 * after a quarter of a second, a good part of a short layer. The chip tells the
 * end of a round by a flag. So now and then, where a tick has time left about a
 * round's end, the flag is cleared, and looked at when it is reckoned to come.
 */
#include <linux/ktime.h>
#include <linux/timekeeping.h>

#include "ina3221/ina3221.h"

#define LOOK_TICKS	4	/* between looks */
#define GUARD_NS	100000U	/* left of a tick after a look */
#define SPIN_NS		20000U	/* how late a sleep may end */

/* From a read's begin to the moment that it tells of. */
static u64 latch_ns(const struct synergy_ina3221 *chip)
{
	return div_u64((u64)chip->req.read_ns * INA3221_LATCH_CLOCKS, INA3221_READ_CLOCKS);
}

/*
 * The end of a round that this tick has time to look at, and that would teach
 * something; 0 none. There must be no other end between clearing and looking.
 */
static u64 end_to_look_at(const struct synergy_ina3221 *chip, const struct synergy_scratch *tick,
			  u64 *rounds)
{
	u64 round_ns = synergy_ina3221_free_round_ns(chip);
	u64 now = ktime_get_ns();
	u64 earliest = now + chip->req.read_ns + latch_ns(chip) + 2 * SPIN_NS;
	u64 latest = tick->begin_ns + chip->period_ns - GUARD_NS - chip->req.read_ns;
	u64 slack = chip->free.slack_ns;
	u64 unsure = synergy_ina3221_unsure_ns(chip, now);
	u64 end;

	if (chip->req.others_ns || chip->free.ticks < chip->free.looked + LOOK_TICKS ||
	    unsure < 2 * slack + slack / 2)
		return 0;
	*rounds = div64_u64(earliest - chip->free.begin_ns, round_ns) + 1;
	end = chip->free.begin_ns + *rounds * round_ns;
	if (end > latest || end - round_ns + unsure > now)
		return 0;
	return end;
}

int synergy_ina3221_learn_speed(struct synergy_ina3221 *chip, struct synergy_scratch *tick)
{
	struct synergy_speed_look look;
	u64 rounds, end, cleared, at, slack;
	bool sure;
	u16 mask;
	int err;

	end = end_to_look_at(chip, tick, &rounds);
	if (!end)
		return 0;
	chip->free.looked = chip->free.ticks;
	err = synergy_ina3221_check_converting(chip, tick);
	if (err || !chip->free.running)
		return err;
	cleared = ktime_get_ns();
	/* Has the end surely not been cleared away? Else a flag that is missing tells nothing. */
	sure = cleared + synergy_ina3221_unsure_ns(chip, end) <= end;
	end -= latch_ns(chip);
	if (cleared > end)
		return 0;
	err = synergy_ina3221_tick_wait(chip, end - SPIN_NS);
	if (err)
		return err;
	while (ktime_get_ns() < end)
		cpu_relax();
	err = synergy_ina3221_tick_read(chip, tick, INA3221_REG_MASK_ENABLE, &mask);
	if (err || (!sure && !(mask & INA3221_MASK_CVRF)))
		return err;
	at = synergy_ina3221_moment(chip, tick->time_ns, ktime_get_ns(), INA3221_LATCH_CLOCKS,
				    INA3221_WORD_CLOCKS, &slack);
	look.nominal_ns = rounds * chip->plan.averages *
			  synergy_ina3221_lap_ns(chip, chip->plan.mixed);
	look.at_ns = at - chip->free.begin_ns;
	look.slack_ns = slack + chip->free.slack_ns;
	look.over = mask & INA3221_MASK_CVRF;
	synergy_speed_learn(&chip->speed, &look);
	synergy_ina3221_tell_speed(chip);
	return 0;
}
