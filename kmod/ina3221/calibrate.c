// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a chip's transfers take and how fast its clock is, measured at probe.
 */
#include <linux/ktime.h>
#include <linux/timekeeping.h>

#include "ina3221/chip.h"
#include "ina3221/latency.h"
#include "ina3221/regs.h"

#define UNCALIBRATED_PPM	100000U	/* the data sheet's +-10 % */
#define DRIFT_PPM		100U	/* how far it may have moved since it was measured */

/*
 * So many that milliseconds in which the probe is preempted spoil some, not most.
 * What a read takes beyond its latency is no matter of the plan: the sampling
 * threads are of another priority than whoever probes, and a tick that is delayed
 * nonetheless is counted.
 */
#define MEASURED_READS	33

int synergy_ina3221_measure(struct synergy_ina3221 *chip)
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
	chip->info.transfer_ns = synergy_latency_ns(took, ARRAY_SIZE(took));
	chip->write_ns = div_u64(chip->info.transfer_ns * INA3221_WRITE_CLOCKS,
				 INA3221_READ_CLOCKS);
	return 0;
}

/*
 * How fast is this chip's clock? Single-shot cycles of two lengths are started, and
 * the time found at which the conversion-ready flag comes. What it takes to start
 * and to poll is in both, and so not in their difference.
 */
#define CALIBRATION_HALVINGS	3
#define CALIBRATION_TRIES	3

/**
 * struct calibration - a single-shot cycle of three conversions of 8.244 ms
 * @config: that asks for it
 * @nominal_ns: how long it nominally lasts
 * @low_ns: after so long it was not yet over
 * @high_ns: after so long it was
 * @delay_ns: the running one may have begun so much earlier
 */
struct calibration {
	u16 config;
	u64 nominal_ns;
	u64 low_ns;
	u64 high_ns;
	u64 delay_ns;
};

static void calibration_init(struct calibration *c, u32 averages)
{
	c->config = INA3221_CONFIG_CHANNELS | 7 << INA3221_CONFIG_SHUNT_SHIFT |
		    INA3221_MODE_SHUNT |
		    synergy_ina3221_average_code(averages) << INA3221_CONFIG_AVERAGE_SHIFT;
	c->nominal_ns = 3ULL * averages * synergy_ina3221_conversion_ns[INA3221_CODES - 1];
	c->low_ns = 0;
	c->high_ns = 0;
	c->delay_ns = 0;
}

/* Again where it was delayed, since then nobody knows when it took effect. */
static int calibration_start(struct synergy_ina3221 *chip, struct calibration *c, u64 *begin_ns)
{
	u64 latency = div_u64(chip->info.transfer_ns * INA3221_WRITE_CLOCKS, INA3221_READ_CLOCKS);
	u64 before, took;
	u32 tries = 0;
	int err;

	do {
		before = ktime_get_ns();
		err = synergy_ina3221_write(chip, INA3221_REG_CONFIG, c->config);
		*begin_ns = ktime_get_ns();
		took = *begin_ns - before;
	} while (!err && took > latency + latency / 16 && ++tries < CALIBRATION_TRIES);
	c->delay_ns = took > latency ? took - latency : 0;
	if (took <= latency + latency / 4)
		chip->write_ns = max_t(u64, chip->write_ns, took);
	return err;
}

/* Is the cycle over, and up to when is that known? The flag is latched within the read. */
static int calibration_poll(struct synergy_ina3221 *chip, u64 begin_ns, bool *over, u64 *at_ns)
{
	u64 before = ktime_get_ns();
	u64 latency = chip->info.transfer_ns;
	u64 after, delay;
	u16 mask;
	int err = synergy_ina3221_read(chip, INA3221_REG_MASK_ENABLE, &mask);

	after = ktime_get_ns();
	delay = after - before > latency ? after - before - latency : 0;
	*over = !err && (mask & INA3221_MASK_CVRF);
	*at_ns = after - div_u64(latency * INA3221_WORD_CLOCKS, INA3221_READ_CLOCKS) - begin_ns;
	if (!*over)
		*at_ns -= delay;
	return err;
}

/* Poll without pause from @from_ns on, which is to be before the end. */
static int calibration_search(struct synergy_ina3221 *chip, struct calibration *c, u64 from_ns)
{
	u64 begin, at = 0;
	bool over;
	int err = calibration_start(chip, c, &begin);

	synergy_ina3221_wait_until(begin + from_ns);
	while (!err && at < div_u64(c->nominal_ns * 13, 10)) {
		err = calibration_poll(chip, begin, &over, &at);
		if (!err && over) {
			c->high_ns = at + c->delay_ns;
			return c->low_ns ? 0 : -ERANGE;
		}
		c->low_ns = at;
	}
	return err ? err : -ERANGE;
}

/* One poll in the middle of what is known: half of it remains. */
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
	err = calibration_poll(chip, begin, &over, &at);
	if (err)
		return err;
	if (over)
		c->high_ns = min(c->high_ns, max(at + c->delay_ns, c->low_ns));
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

void synergy_ina3221_report_speed(struct synergy_ina3221 *chip)
{
	const struct synergy_speed *speed = &chip->converter.clock.speed;
	bool known = speed->margin_ppm < UNCALIBRATED_PPM;

	WRITE_ONCE(chip->info.conversion_ppm, known ? speed->scale_ppm : 0);
	WRITE_ONCE(chip->info.conversion_margin_ppm, known ? speed->margin_ppm : 0);
}

/* Where no flag comes (a register model without a converter) the datasheet's tolerance stands. */
int synergy_ina3221_calibrate(struct synergy_ina3221 *chip)
{
	struct synergy_speed *speed = &chip->converter.clock.speed;
	struct calibration one, four;
	u64 nominal, twice, width, scale_ppm;
	int err;

	speed->scale_ppm = 1000000;
	speed->margin_ppm = UNCALIBRATED_PPM;
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
	speed->scale_ppm = scale_ppm;
	speed->margin_ppm = div64_u64(width * 500000, nominal) + DRIFT_PPM;
	return 0;
}

