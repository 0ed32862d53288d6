// SPDX-License-Identifier: GPL-2.0-only
/*
 * One INA3221 at register level. It is evaluated when somebody reads: the
 * converter's timetable follows from the configuration and from when that was
 * written, so each result is worked out for its own conversion's window from
 * the energy that the rail took in it. No timer runs, and nothing is computed
 * that nobody reads.
 *
 * The caller serialises accesses to a chip and gives them in order of time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "board.h"
#include "sim.h"

#define REG_CONFIG		0x00
#define REG_RESULTS		0x01	/* shunt and bus voltage by turns */
#define REG_RESULTS_END		0x07
#define REG_CRITICAL(ch)	(0x07 + 2 * (ch))
#define REG_WARNING(ch)		(0x08 + 2 * (ch))
#define REG_SHUNT_SUM		0x0d
#define REG_SUM_LIMIT		0x0e
#define REG_MASK_ENABLE		0x0f
#define REG_VALID_UPPER		0x10
#define REG_VALID_LOWER		0x11
#define REG_MANUFACTURER	0xfe
#define REG_DIE			0xff

#define CONFIG_RESET		0x7127
#define CONFIG_RST		BIT(15)
#define CONFIG_CHANNEL(ch)	BIT(14 - (ch))
#define CONFIG_AVERAGES(c)	(((c) >> 9) & 7)
#define CONFIG_BUS_TIME(c)	(((c) >> 6) & 7)
#define CONFIG_SHUNT_TIME(c)	(((c) >> 3) & 7)
#define CONFIG_CONTINUOUS	BIT(2)
#define CONFIG_BUS		BIT(1)
#define CONFIG_SHUNT		BIT(0)

#define MASK_CVRF		BIT(0)
#define MASK_TCF		BIT(1)
#define MASK_PVF		BIT(2)
#define MASK_WARNING(ch)	BIT(5 - (ch))
#define MASK_SUM		BIT(6)
#define MASK_CRITICAL(ch)	BIT(9 - (ch))
#define MASK_SUMMED(ch)		BIT(14 - (ch))
#define MASK_WRITABLE		0x7c00	/* summed channels and latch enables */
#define MASK_CLEARED_BY_READ	(MASK_CVRF | MASK_SUM | 0x0038 | 0x0380)

#define LIMIT_NEVER		0x7ff8
#define FULL_SCALE		4095	/* steps, either way */
#define SHUNT_STEP_NV		40000
#define BUS_STEP_NV		8000000
#define NS_PER_US		1000

/* Cycles that averages and limits are followed through one by one. */
#define CYCLES_FOLLOWED		256

static const u16 conversion_us[8] = { 140, 204, 332, 588, 1100, 2116, 4156, 8244 };
static const u16 averages[8] = { 1, 4, 16, 64, 128, 256, 512, 1024 };

static unsigned int noise_uv = UINT_MAX;
module_param(noise_uv, uint, 0444);
MODULE_PARM_DESC(noise_uv, "standard deviation of a shunt conversion in uV (default: the board's)");

static unsigned int noise_bus_uv = UINT_MAX;
module_param(noise_bus_uv, uint, 0444);
MODULE_PARM_DESC(noise_bus_uv, "standard deviation of a bus voltage conversion in uV (default: the board's)");

static int clock_ppm;
module_param(clock_ppm, int, 0444);
MODULE_PARM_DESC(clock_ppm, "conversions last so much longer than nominal, in parts per million (default 0)");

static unsigned int clock_wander_ppm;
module_param(clock_wander_ppm, uint, 0444);
MODULE_PARM_DESC(clock_wander_ppm, "and up to so much more or less, by turns (default 0)");

static unsigned int clock_wander_ms = 60000;
module_param(clock_wander_ms, uint, 0444);
MODULE_PARM_DESC(clock_wander_ms, "how long such a turn takes, there and back (default 60000)");

static unsigned int recovery_us;
module_param(recovery_us, uint, 0444);
MODULE_PARM_DESC(recovery_us, "out of power-down the first conversion begins so much later (default 0; a real chip: up to 40)");

static bool ready_each;
module_param(ready_each, bool, 0444);
MODULE_PARM_DESC(ready_each, "conversion-ready comes after each set of conversions, not after all averages (default no)");

static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "seed of the noise (default 1)");

/**
 * synergy_sim_in_limits() - judge a parameter
 * @name: of it
 * @value: of it
 * @low: the least that it may be
 * @high: the most
 *
 * Return: it is within; else the log says so
 */
bool synergy_sim_in_limits(const char *name, s64 value, s64 low, s64 high)
{
	if (value >= low && value <= high)
		return true;
	pr_err("parameter %s=%lld is not within %lld..%lld\n", name, value, low, high);
	return false;
}

/**
 * synergy_sim_chip_check() - judge the chips' parameters
 *
 * Return: 0, or -EINVAL after a line in the log that names the bad one
 */
int synergy_sim_chip_check(void)
{
	if (noise_uv == UINT_MAX)
		noise_uv = synergy_sim_board()->noise_uv;
	if (noise_bus_uv == UINT_MAX)
		noise_bus_uv = synergy_sim_board()->noise_bus_uv;
	/* A clock that a chip may have */
	return synergy_sim_in_limits("clock_ppm", clock_ppm, -200000, 200000) &&
	       synergy_sim_in_limits("clock_wander_ppm", clock_wander_ppm, 0, 50000) &&
	       synergy_sim_in_limits("clock_wander_ms", clock_wander_ms, 10, 3600000) &&
	       synergy_sim_in_limits("recovery_us", recovery_us, 0, 1000) &&
	       synergy_sim_in_limits("noise_uv", noise_uv, 0, 1000000) &&
	       synergy_sim_in_limits("noise_bus_uv", noise_bus_uv, 0, 1000000) ?
		synergy_sim_sensor_check() : -EINVAL;
}

/**
 * synergy_sim_mix() - scatter
 * @x: any number
 *
 * Return: another one, as good as random
 */
u64 synergy_sim_mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/*
 * Noise of one conversion: four evenly spread numbers added make a bell that is
 * as good as a normal one here, and depends on nothing but the conversion.
 */
static s64 noise_nv(const struct synergy_sim_chip *chip, u32 slot, u64 cycle)
{
	u32 sigma_uv = slot & 1 ? noise_bus_uv : noise_uv;
	u64 bits;
	s64 sum;

	if (!sigma_uv)
		return 0;
	bits = synergy_sim_mix(chip->key ^ (u64)seed << 32);
	bits = synergy_sim_mix(synergy_sim_mix(bits + chip->restarts) + cycle * 8 + slot);
	sum = (s64)(bits & 0xffff) + (s64)(bits >> 16 & 0xffff) +
	      (s64)(bits >> 32 & 0xffff) + (s64)(bits >> 48) - 2 * 0xffff;
	/* sigma of the sum is 65536 / sqrt(3) = 37837 */
	return div_s64(sum * sigma_uv * 1000, 37837);
}

static bool averaging(const struct synergy_sim_chip *chip)
{
	return CONFIG_AVERAGES(chip->reg[REG_CONFIG]);
}

/* What the pins carry on average between two moments, in nV. */
static s64 input_nv(const struct synergy_sim_chip *chip, u32 slot, u64 begin_ns, u64 end_ns)
{
	u32 ch = slot / 2;
	u32 supply_mv = synergy_sim_supply_mv(chip->rail[ch]);
	s64 power_uw = synergy_sim_mean_uw(chip->rail[ch], begin_ns, end_ns);
	s64 drop_uv, current_na;

	/* One step is enough: the source resistance drops some per mille. */
	current_na = div_s64(power_uw * 1000000, supply_mv);
	drop_uv = div_s64(current_na * synergy_sim_source_mohm(), 1000000);
	if (slot & 1)
		return ((s64)supply_mv * 1000 - drop_uv) * 1000;
	current_na = div64_s64(power_uw * 1000000000, (s64)supply_mv * 1000 - drop_uv);
	return synergy_sim_sensor_nv(chip, ch,
				     div_s64(current_na * chip->shunt_uohm[ch], 1000000));
}

static u16 quantise(u32 slot, s64 nv)
{
	s32 step = slot & 1 ? BUS_STEP_NV : SHUNT_STEP_NV;
	s64 steps = div_s64(nv + (nv < 0 ? -step : step) / 2, step);

	return (u16)(clamp_t(s64, steps, slot & 1 ? 0 : -FULL_SCALE - 1, FULL_SCALE) << 3);
}

static u64 slot_end_ns(const struct synergy_sim_chip *chip, u32 slot, u64 cycle)
{
	return chip->started_ns + cycle * chip->cycle_ns +
	       chip->begin_ns[slot] + chip->length_ns[slot];
}

/* Cycles whose conversion of this slot was complete at that time. */
static u64 cycles_done(const struct synergy_sim_chip *chip, u32 slot, u64 time_ns)
{
	u64 first;

	if (!chip->cycle_ns || !chip->length_ns[slot])
		return 0;
	first = slot_end_ns(chip, slot, 0);
	if (time_ns < first)
		return 0;
	return min(div_u64(time_ns - first, chip->cycle_ns) + 1, chip->cycles_max);
}

static bool limits_set(const struct synergy_sim_chip *chip)
{
	u32 ch;

	for (ch = 0; ch < 3; ch++)
		if (chip->reg[REG_CRITICAL(ch)] != LIMIT_NEVER ||
		    chip->reg[REG_WARNING(ch)] != LIMIT_NEVER)
			return true;
	return false;
}

static void compare(struct synergy_sim_chip *chip, u32 slot, u16 single)
{
	u32 ch = slot / 2;

	if (slot & 1)
		return;
	if ((s16)single > (s16)chip->reg[REG_CRITICAL(ch)])
		chip->reg[REG_MASK_ENABLE] |= MASK_CRITICAL(ch);
	if ((s16)chip->result[slot] > (s16)chip->reg[REG_WARNING(ch)])
		chip->reg[REG_MASK_ENABLE] |= MASK_WARNING(ch);
}

/* One conversion more. The average is the chip's: old + (new - old) / N. */
static void convert(struct synergy_sim_chip *chip, u32 slot, u64 begin_ns, u64 end_ns, u64 cycle)
{
	s64 nv;

	if (!(slot & 1) && synergy_sim_numbered()) {
		chip->result[slot] = synergy_sim_number(chip, slot / 2, begin_ns, end_ns);
		return;
	}
	nv = input_nv(chip, slot, begin_ns, end_ns) + noise_nv(chip, slot, cycle);
	if (cycle && averaging(chip))
		chip->filter_nv[slot] += div_s64(nv - chip->filter_nv[slot],
				averages[CONFIG_AVERAGES(chip->reg[REG_CONFIG])]);
	else
		chip->filter_nv[slot] = nv;
	chip->result[slot] = quantise(slot, chip->filter_nv[slot]);
	compare(chip, slot, quantise(slot, nv));
}

/*
 * Bring a slot's result up to a moment. Without averages and limits only the
 * last conversion can be seen. With them each is gone through, but after a long
 * time without a read only the last cycles.
 */
static void catch_up(struct synergy_sim_chip *chip, u32 slot, u64 time_ns)
{
	u64 done = cycles_done(chip, slot, time_ns);
	u64 cycle = chip->taken[slot];
	u64 end_ns;

	if (done <= cycle || chip->frozen)
		return;
	if (!averaging(chip) && !limits_set(chip))
		cycle = done - 1;
	else if (done - cycle > CYCLES_FOLLOWED)
		cycle = done - CYCLES_FOLLOWED;
	for (; cycle < done; cycle++) {
		end_ns = slot_end_ns(chip, slot, cycle);
		convert(chip, slot, end_ns - chip->length_ns[slot], end_ns, cycle);
	}
	chip->taken[slot] = done;
}

/* The clock's speed, which wanders up and down in a straight line */
static s32 clock_at(u64 time_ns)
{
	u64 turn_ns = clock_wander_ms * (u64)NSEC_PER_MSEC, into;
	s64 quarters;

	if (!clock_wander_ppm)
		return clock_ppm;
	div64_u64_rem(time_ns, turn_ns, &into);
	quarters = div64_u64(into * 4000, turn_ns);	/* in thousandths */
	if (quarters > 1000)
		quarters = quarters < 3000 ? 2000 - quarters : quarters - 4000;
	return clock_ppm + (s32)div_s64(quarters * clock_wander_ppm, 1000);
}

/* Has it been powered down, its last single-shot series being over? */
static bool is_idle(const struct synergy_sim_chip *chip, u64 time_ns)
{
	return !chip->cycle_ns ||
	       (chip->cycles_max != U64_MAX &&
		time_ns >= chip->started_ns + chip->cycles_max * chip->cycle_ns);
}

/* Lay out the timetable that a configuration asks for, from @time_ns on. */
static void start(struct synergy_sim_chip *chip, u64 time_ns)
{
	u64 recovery_ns = is_idle(chip, time_ns) ? recovery_us * (u64)NS_PER_US : 0;
	u16 config = chip->reg[REG_CONFIG];
	s32 ppm = clock_at(time_ns);
	u32 slot, length_us, at_ns = 0;

	for (slot = 0; slot < SYNERGY_SIM_SLOTS; slot++) {
		chip->begin_ns[slot] = at_ns;
		chip->length_ns[slot] = 0;
		chip->taken[slot] = 0;
		if (!(config & CONFIG_CHANNEL(slot / 2)) ||
		    !(config & (slot & 1 ? CONFIG_BUS : CONFIG_SHUNT)))
			continue;
		length_us = conversion_us[slot & 1 ? CONFIG_BUS_TIME(config) :
						     CONFIG_SHUNT_TIME(config)];
		chip->length_ns[slot] = length_us * NS_PER_US + (s32)length_us * ppm / 1000;
		at_ns += chip->length_ns[slot];
	}
	chip->cycle_ns = at_ns;
	chip->cycles_max = config & CONFIG_CONTINUOUS ? U64_MAX :
			   averages[CONFIG_AVERAGES(config)];
	chip->started_ns = time_ns + recovery_ns;
	chip->ready_groups = 0;
	chip->restarts++;
}

/* Value groups completed: a group is as many cycles as are averaged, or each cycle. */
static u64 groups_done(const struct synergy_sim_chip *chip, u64 time_ns)
{
	u64 cycles;

	if (!chip->cycle_ns || time_ns < chip->started_ns)
		return 0;
	cycles = min(div_u64(time_ns - chip->started_ns, chip->cycle_ns), chip->cycles_max);
	if (ready_each)
		return cycles;
	return div_u64(cycles, averages[CONFIG_AVERAGES(chip->reg[REG_CONFIG])]);
}

static void raise_ready(struct synergy_sim_chip *chip, u64 time_ns)
{
	u64 groups = groups_done(chip, time_ns);

	if (groups > chip->ready_groups && !chip->frozen)
		chip->reg[REG_MASK_ENABLE] |= MASK_CVRF;
	chip->ready_groups = groups;
}

static s32 shunt_sum(struct synergy_sim_chip *chip, u64 time_ns)
{
	s32 sum = 0;
	u32 ch;

	for (ch = 0; ch < 3; ch++) {
		if (!(chip->reg[REG_MASK_ENABLE] & MASK_SUMMED(ch)))
			continue;
		catch_up(chip, 2 * ch, time_ns);
		sum += (s16)chip->result[2 * ch] >> 3;
	}
	return clamp(sum, -16384, 16383) * 2;
}

static u16 read_mask(struct synergy_sim_chip *chip, u64 time_ns)
{
	u16 value;
	u32 ch;

	raise_ready(chip, time_ns);
	if (limits_set(chip))
		for (ch = 0; ch < 3; ch++)
			catch_up(chip, 2 * ch, time_ns);
	if (chip->reg[REG_MASK_ENABLE] & (MASK_SUMMED(0) | MASK_SUMMED(1) | MASK_SUMMED(2)) &&
	    shunt_sum(chip, time_ns) > (s16)chip->reg[REG_SUM_LIMIT])
		chip->reg[REG_MASK_ENABLE] |= MASK_SUM;
	value = chip->reg[REG_MASK_ENABLE];
	chip->reg[REG_MASK_ENABLE] &= ~MASK_CLEARED_BY_READ;
	return value;
}

static u16 read_result(struct synergy_sim_chip *chip, u32 slot, u64 time_ns)
{
	s32 steps;

	catch_up(chip, slot, time_ns);
	if (!(slot & 1) && synergy_sim_numbered())
		synergy_sim_number_read(chip, slot / 2);
	if (slot & 1 || !chip->spike_uv)
		return chip->result[slot];
	steps = ((s16)chip->result[slot] >> 3) + chip->spike_uv / (SHUNT_STEP_NV / 1000);
	chip->spike_uv = 0;
	return (u16)(clamp(steps, -FULL_SCALE - 1, FULL_SCALE) * 8);
}

/**
 * synergy_sim_chip_reset() - everything as after power-on, results included
 * @chip: the chip
 * @time_ns: when
 */
void synergy_sim_chip_reset(struct synergy_sim_chip *chip, u64 time_ns)
{
	u32 ch;

	memset(chip->result, 0, sizeof(chip->result));
	memset(chip->reg, 0, sizeof(chip->reg));
	for (ch = 0; ch < 3; ch++) {
		chip->reg[REG_CRITICAL(ch)] = LIMIT_NEVER;
		chip->reg[REG_WARNING(ch)] = LIMIT_NEVER;
	}
	chip->reg[REG_SUM_LIMIT] = 0x7ffe;
	chip->reg[REG_MASK_ENABLE] = MASK_TCF;
	chip->reg[REG_VALID_UPPER] = 0x2710;
	chip->reg[REG_VALID_LOWER] = 0x2328;
	chip->reg[REG_CONFIG] = CONFIG_RESET;
	start(chip, time_ns);
}

/**
 * synergy_sim_chip_init() - power a chip up
 * @chip: with its address, bus, rails and shunts filled in
 * @time_ns: when
 */
void synergy_sim_chip_init(struct synergy_sim_chip *chip, u64 time_ns)
{
	chip->key = chip->bus << 8 | chip->address;
	chip->plugged = true;
	chip->frozen = false;
	chip->pointer = 0;
	synergy_sim_chip_reset(chip, time_ns);
}

/**
 * synergy_sim_chip_read() - the register that the pointer points to
 * @chip: the chip
 * @time_ns: when
 *
 * Return: its value; 0 where the chip has none
 */
u16 synergy_sim_chip_read(struct synergy_sim_chip *chip, u64 time_ns)
{
	switch (chip->pointer) {
	case REG_RESULTS ... REG_RESULTS_END - 1:
		return read_result(chip, chip->pointer - REG_RESULTS, time_ns);
	case REG_SHUNT_SUM:
		return (u16)shunt_sum(chip, time_ns);
	case REG_MASK_ENABLE:
		return read_mask(chip, time_ns);
	case REG_MANUFACTURER:
		return 0x5449;
	case REG_DIE:
		return 0x3220;
	default:
		return chip->pointer < ARRAY_SIZE(chip->reg) ? chip->reg[chip->pointer] : 0;
	}
}

static void write_config(struct synergy_sim_chip *chip, u16 value, u64 time_ns)
{
	u32 slot;

	if (value & CONFIG_RST) {
		synergy_sim_chip_reset(chip, time_ns);
		return;
	}
	/* Finished conversions stay readable until the new ones replace them. */
	for (slot = 0; slot < SYNERGY_SIM_SLOTS; slot++)
		catch_up(chip, slot, time_ns);
	chip->reg[REG_CONFIG] = value;
	chip->reg[REG_MASK_ENABLE] &= ~MASK_CVRF;
	start(chip, time_ns);
}

/**
 * synergy_sim_chip_write() - write a register
 * @chip: the chip
 * @reg: its address; read-only and missing ones are left alone
 * @value: new value
 * @time_ns: when
 */
void synergy_sim_chip_write(struct synergy_sim_chip *chip, u8 reg, u16 value, u64 time_ns)
{
	switch (reg) {
	case REG_CONFIG:
		write_config(chip, value, time_ns);
		break;
	case REG_MASK_ENABLE:
		raise_ready(chip, time_ns);
		chip->reg[reg] = (chip->reg[reg] & ~MASK_WRITABLE) | (value & MASK_WRITABLE);
		break;
	case REG_CRITICAL(0) ... REG_WARNING(2):
	case REG_VALID_UPPER:
	case REG_VALID_LOWER:
		chip->reg[reg] = value & 0xfff8;
		break;
	case REG_SUM_LIMIT:
		chip->reg[reg] = value & 0xfffe;
		break;
	}
}
