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
#define MEASURED_READS		33
/* On a bus that another master or noise disturbs some fail; half of them is no bus. */
#define MEASURED_FAILURES	(MEASURED_READS / 2)

int synergy_ina3221_measure(struct synergy_ina3221 *chip)
{
	u64 took[MEASURED_READS];
	u32 n = 0, failures = 0;
	u16 value;

	while (n < ARRAY_SIZE(took)) {
		u64 begin = ktime_get_ns();
		int err = synergy_ina3221_read(chip, INA3221_REG_MANUFACTURER, &value);

		if (!err)
			took[n++] = ktime_get_ns() - begin;
		else if (++failures > MEASURED_FAILURES)
			return synergy_ina3221_probe_failed(chip, INA3221_REG_MANUFACTURER, err);
	}
	chip->info.transfer_ns = synergy_latency_ns(took, n);
	chip->write_ns = div_u64(chip->info.transfer_ns * INA3221_WRITE_CLOCKS,
				 INA3221_READ_CLOCKS);
	return 0;
}

/*
 * How fast is this chip's clock? Single-shot cycles of two lengths are started, and
 * the time found at which the conversion-ready flag comes. What it takes to start, to
 * recover from power-down and to poll is in both, and so not in their difference.
 * There are no averages in them: some chips raise the flag after each set of
 * conversions, some after as many as are averaged. A third cycle is started out of
 * another's conversion: that it needs no recovery makes it shorter.
 */
#define CALIBRATION_HALVINGS	5
#define CALIBRATION_TRIES	3
/* A flag that comes so much later than the slowest clock's will not come. */
#define CALIBRATION_LATEST_PERCENT	130

/**
 * struct calibration - a single-shot cycle
 * @config: that asks for it
 * @before: what is written before: that powers the chip down, or lets it convert
 * @nominal_ns: how long it nominally lasts
 * @low_ns: after so long it was not yet over
 * @high_ns: after so long it was
 * @delay_ns: the running one may have begun so much earlier
 */
struct calibration {
	u16 config;
	u16 before;
	u64 nominal_ns;
	u64 low_ns;
	u64 high_ns;
	u64 delay_ns;
};

#define LONGEST_NS	8244000ULL	/* conversion, code 7 */
#define LONGEST_CODES	(7 << INA3221_CONFIG_SHUNT_SHIFT | 7 << INA3221_CONFIG_BUS_SHIFT)

/* One conversion: long enough for a first poll before its end */
static const struct calibration short_cycle = {
	.config = INA3221_CONFIG_CHANNEL(0) | LONGEST_CODES | INA3221_MODE_SHUNT,
	.before = INA3221_CONFIG_CHANNEL(0) | LONGEST_CODES,
	.nominal_ns = LONGEST_NS,
};

static const struct calibration running_cycle = {
	.config = INA3221_CONFIG_CHANNEL(0) | LONGEST_CODES | INA3221_MODE_SHUNT,
	.before = INA3221_CONFIG_CHANNEL(0) | LONGEST_CODES | INA3221_MODE_SHUNT |
		  INA3221_MODE_CONTINUOUS,
	.nominal_ns = LONGEST_NS,
};

static const struct calibration long_cycle = {
	.config = INA3221_CONFIG_CHANNELS | LONGEST_CODES | INA3221_MODE_SHUNT | INA3221_MODE_BUS,
	.before = INA3221_CONFIG_CHANNELS | LONGEST_CODES,
	.nominal_ns = 6 * LONGEST_NS,
};

/* Again where it was delayed, since then nobody knows when it took effect. */
static int calibration_start(struct synergy_ina3221 *chip, struct calibration *c, u64 *begin_ns)
{
	u64 latency = chip->write_ns;
	u64 before, took;
	u32 tries = 0;
	int err;

	do {
		err = synergy_ina3221_write(chip, INA3221_REG_CONFIG, c->before);
		if (err)
			return err;
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
		*at_ns -= min(delay, *at_ns);
	return err;
}

/* Poll without pause from @from_ns on, which is to be before the end. */
static int calibration_search(struct synergy_ina3221 *chip, struct calibration *c, u64 from_ns)
{
	u64 begin, at = 0;
	bool over;
	int err = calibration_start(chip, c, &begin);

	c->low_ns = 0;
	synergy_ina3221_wait_until(begin + from_ns);
	while (!err && at < div_u64(c->nominal_ns * CALIBRATION_LATEST_PERCENT, 100)) {
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
	u64 begin, at, poll;
	bool over;
	int err = calibration_start(chip, c, &begin);

	if (err)
		return err;
	poll = begin + middle - to_latch;
	synergy_ina3221_wait_until(poll - NSEC_PER_MSEC);
	while (ktime_get_ns() < poll)
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

/* A poll at the least lies between the two that found the end. */
static bool is_narrow(const struct synergy_ina3221 *chip, const struct calibration *c)
{
	return c->high_ns - c->low_ns <= 4 * chip->info.transfer_ns;
}

/*
 * A transfer that fails spoils one try, as does one that is delayed: the first poll finds
 * the cycle over, or nobody knows when within milliseconds it ended.
 */
static int calibration_measure(struct synergy_ina3221 *chip, struct calibration *c,
			       const struct calibration *cycle, u64 from_ns)
{
	struct calibration next;
	int err = -ERANGE;
	u32 i, tries;

	for (tries = 0; tries < CALIBRATION_TRIES && (err || !is_narrow(chip, c)); tries++) {
		int failed;

		next = *cycle;
		failed = calibration_search(chip, &next, from_ns);
		if (failed && !err)
			continue;
		if (err || next.high_ns - next.low_ns < c->high_ns - c->low_ns)
			*c = next;
		err = failed;
	}
	for (i = 0, tries = 0; !err && i < CALIBRATION_HALVINGS; i++) {
		err = calibration_halve(chip, c);
		if (err && ++tries < CALIBRATION_TRIES)
			err = 0;
	}
	return err;
}

void synergy_ina3221_report_speed(struct synergy_ina3221 *chip)
{
	const struct synergy_speed *speed = &chip->converter.clock.speed;
	bool known = speed->margin_ppm < UNCALIBRATED_PPM;

	WRITE_ONCE(chip->info.conversion_ppm, known ? speed->scale_ppm : 0);
	WRITE_ONCE(chip->info.conversion_margin_ppm, known ? speed->margin_ppm : 0);
}

/* From where on to poll: before the fastest clock's end, and by a poll at the least */
static u64 first_poll_ns(const struct synergy_ina3221 *chip, u64 nominal_ns)
{
	u64 ns = div_u64(nominal_ns * 87, 100);

	return ns - min(ns, 2 * chip->info.transfer_ns);
}

static int calibrate(struct synergy_ina3221 *chip)
{
	struct synergy_recovery *recovery = &chip->converter.clock.recovery;
	struct synergy_speed *speed = &chip->converter.clock.speed;
	struct calibration one, running, six;
	u64 nominal, twice, width, scale_ppm, from_ns;
	int err;

	from_ns = first_poll_ns(chip, LONGEST_NS);
	err = calibration_measure(chip, &one, &short_cycle, from_ns);
	if (!err)
		err = calibration_measure(chip, &running, &running_cycle, from_ns);
	/* From now on the end is known but for what polling takes. */
	if (!err)
		err = calibration_measure(chip, &six, &long_cycle, 6 * one.low_ns -
					  min(6 * one.low_ns, 12 * chip->info.transfer_ns +
					      NSEC_PER_MSEC));
	if (err)
		return err;
	nominal = six.nominal_ns - one.nominal_ns;
	twice = six.low_ns + six.high_ns - one.low_ns - one.high_ns;
	width = six.high_ns - six.low_ns + one.high_ns - one.low_ns;
	scale_ppm = div64_u64(twice * 500000, nominal);
	if (scale_ppm < 800000 || scale_ppm > 1200000)
		return -ERANGE;
	speed->scale_ppm = scale_ppm;
	speed->margin_ppm = div64_u64(width * 500000, nominal) + DRIFT_PPM;
	recovery->least_ns = min_t(u64, one.low_ns - min(one.low_ns, running.high_ns),
				   recovery->most_ns);
	recovery->most_ns = clamp_t(u64, one.high_ns - min(one.high_ns, running.low_ns),
				    recovery->least_ns, recovery->most_ns);
	return 0;
}

/*
 * Not where limits guard the board: these conversions are not theirs, and a poll of
 * the flag clears the alerts that are latched beside it.
 */
void synergy_ina3221_calibrate(struct synergy_ina3221 *chip)
{
	struct synergy_chip_clock *clock = &chip->converter.clock;
	struct device *dev = &chip->client->dev;
	int err;

	clock->speed = (struct synergy_speed) {
		.scale_ppm = 1000000, .margin_ppm = UNCALIBRATED_PPM,
	};
	clock->recovery = (struct synergy_recovery) { .most_ns = INA3221_RECOVERY_MOST_NS };
	if (chip->guarded_mask) {
		dev_info(dev, "not calibrated: its limits guard the board; conversion times are known to 10 %%\n");
		return;
	}
	err = calibrate(chip);
	if (err == -ERANGE)
		dev_warn(dev, "not calibrated: no conversion-ready flag in time; conversion times are known to 10 %%\n");
	else if (err)
		dev_warn(dev, "not calibrated: register 0x%02x: error %d; conversion times are known to 10 %%\n",
			 INA3221_REG_MASK_ENABLE, err);
}
