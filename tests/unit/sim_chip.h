/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated INA3221 on a simulated bus, in virtual time, behind the module's struct
 * synergy_io: the module's own sampling code runs against it, a thousand times faster
 * than on the virtual board. Each conversion gives a value of its own, so that of
 * each sample it is known which conversions it really has. One translation unit a test.
 */
#ifndef SYNERGY_TESTS_SIM_CHIP_H
#define SYNERGY_TESTS_SIM_CHIP_H

#include <errno.h>
#include <stdbool.h>
#include <linux/types.h>

#include "random.h"

#define SIM_SLOTS	6		/* shunt and bus voltage of three channels */
#define SIM_IDS		16384		/* distinct values; a power of two */
#define SIM_NEVER	(~0ULL)

/* What the simulated world is like; 0 is the ideal. */
struct sim_world {
	double scale;			/* conversions last so many times the nominal time */
	double drift;			/* ... and that changes so much in a second */
	__u32 recovery_ns;		/* out of power-down */
	bool ready_each_sweep;		/* the flag comes after each sweep, else after all averages */
	__u32 clock_ns;		/* of the bus */
	__u32 before_ns, after_ns;	/* driver's overhead, around the clocks */
	__u32 jitter_ns;		/* each of these varies by up to this */
	__u32 late_ns;		/* sleeps end up to so late */
	__u32 delay_every;		/* one transfer or sleep of so many is delayed ... */
	__u32 delay_ns;		/* ... by up to this */
	__u32 fail_every;		/* one transfer of so many fails */
	__u64 reset_every_ns;	/* mean time between resets; 0 none */
	__u64 master_every_ns;	/* between writes of the configuration by another master */
};

struct sim_conversion {
	__u64 begin_ns, end_ns;
};

struct sim_chip {
	struct synergy_io io;
	struct sim_world world;
	bool combined;
	__u64 now_ns;
	/* The chip */
	__u16 config;
	__u16 mask;
	__u64 start_ns;		/* of the series' first conversion */
	double scale;			/* of the running series */
	bool endless;
	__u64 sweeps;		/* of a series that ends */
	__u64 idle_from_ns;		/* powered down from then on */
	__u64 begin_ns[SIM_SLOTS], end_ns[SIM_SLOTS], sweep_ns;	/* nominal; end 0: none */
	__u64 done[SIM_SLOTS];	/* sweeps that the register has seen */
	__u64 ready;			/* sweeps, or groups of them, that the flag has seen */
	__u64 frozen_ns;		/* the converter stands still from then on; 0 it does not */
	__u16 reg[SIM_SLOTS];
	__u8 pointer;
	struct sim_conversion log[SIM_SLOTS][SIM_IDS];
	__u32 id[SIM_SLOTS];
	__u64 reset_ns, master_ns;	/* the next ones */
	bool busy;			/* a transfer has the bus */
	__u64 resets, masters, transfers;
};

static const __u32 sim_times_ns[8] = {
	140000, 204000, 332000, 588000, 1100000, 2116000, 4156000, 8244000
};
static const __u32 sim_averages[8] = { 1, 4, 16, 64, 128, 256, 512, 1024 };

/* ---- the chip ---- */

/* From a register's contents to the conversion that they are of; 0 is no conversion's. */
static inline const struct sim_conversion *sim_conversion(const struct sim_chip *chip, int slot,
							  __u16 word)
{
	return word ? &chip->log[slot][(word >> 1) % SIM_IDS] : NULL;
}

/* When so many nominal nanoseconds of the running series have passed */
static inline __u64 sim_at(const struct sim_chip *chip, __u64 nominal)
{
	return chip->start_ns + (__u64)((double)nominal * chip->scale + 0.5);
}

/* Sweeps whose update at nominal @offset has happened */
static inline __u64 sim_sweeps_done(const struct sim_chip *chip, __u64 offset, __u64 at)
{
	__u64 n;

	if (chip->frozen_ns && at > chip->frozen_ns)
		at = chip->frozen_ns;
	if (!chip->sweep_ns || at < sim_at(chip, offset))
		return 0;
	n = (__u64)(((double)(at - chip->start_ns) / chip->scale - (double)offset) /
		    (double)chip->sweep_ns);
	n += at >= sim_at(chip, n * chip->sweep_ns + offset);
	return chip->endless || n < chip->sweeps ? n : chip->sweeps;
}

/* Registers as they are at a time */
static inline void sim_convert(struct sim_chip *chip, __u64 at)
{
	__u64 done, before;
	int slot;

	for (slot = 0; slot < SIM_SLOTS; slot++) {
		if (!chip->end_ns[slot])
			continue;
		done = sim_sweeps_done(chip, chip->end_ns[slot], at);
		if (done <= chip->done[slot])
			continue;
		chip->done[slot] = done;
		/* Large enough for a current that is surely drawn */
		chip->id[slot] = chip->id[slot] < 32 || chip->id[slot] == SIM_IDS - 1 ?
			32 : chip->id[slot] + 1;
		chip->reg[slot] = (__u16)(chip->id[slot] << 1);
		before = (done - 1) * chip->sweep_ns;
		chip->log[slot][chip->id[slot]] = (struct sim_conversion) {
			.begin_ns = sim_at(chip, before + chip->begin_ns[slot]),
			.end_ns = sim_at(chip, before + chip->end_ns[slot]),
		};
	}
}

static inline __u64 sim_groups(const struct sim_chip *chip, __u64 at)
{
	__u64 n = sim_sweeps_done(chip, chip->sweep_ns, at);

	return chip->world.ready_each_sweep ? n : n / sim_averages[(chip->config >> 9) & 7];
}

/* A write of the configuration takes effect. */
static inline void sim_configure(struct sim_chip *chip, __u16 config, __u64 at)
{
	bool idle = chip->sweep_ns == 0 || at >= chip->idle_from_ns;
	__u64 nominal = 0;
	int slot;

	sim_convert(chip, at);
	chip->config = config;
	chip->mask &= (__u16)~1;
	chip->scale = chip->world.scale + chip->world.drift * (double)at / 1e9;
	for (slot = 0; slot < SIM_SLOTS; slot++) {
		bool bus = slot & 1;

		chip->done[slot] = 0;
		chip->end_ns[slot] = 0;
		if (!(config & (0x4000 >> slot / 2)) || !(config & (bus ? 2 : 1)))
			continue;
		chip->begin_ns[slot] = nominal;
		nominal += sim_times_ns[config >> (bus ? 6 : 3) & 7];
		chip->end_ns[slot] = nominal;
	}
	chip->sweep_ns = nominal;
	chip->endless = config & 4;
	chip->sweeps = sim_averages[config >> 9 & 7];
	chip->start_ns = at + (idle ? chip->world.recovery_ns : 0);
	chip->idle_from_ns = chip->endless ? SIM_NEVER :
		sim_at(chip, chip->sweeps * chip->sweep_ns);
	chip->ready = 0;
}

static inline __u64 sim_later(__u64 now, __u64 mean_ns)
{
	return mean_ns ? now + mean_ns / 2 + (__u64)random_int(0, (__s64)mean_ns) : SIM_NEVER;
}

/* What befalls the chip up to a time */
static inline void sim_advance(struct sim_chip *chip, __u64 at)
{
	int slot;

	while (chip->reset_ns <= at || (chip->master_ns <= at && !chip->busy)) {
		if (chip->reset_ns < chip->master_ns || chip->busy) {
			sim_configure(chip, 0x7127, chip->reset_ns);
			for (slot = 0; slot < SIM_SLOTS; slot++)
				chip->reg[slot] = 0;
			chip->reset_ns = sim_later(chip->reset_ns, chip->world.reset_every_ns);
			chip->resets++;
		} else {
			/* 128 averages: never what the test's sessions ask for */
			sim_configure(chip, (__u16)(0x7807 | random_int(0, 7) << 3),
				      chip->master_ns);
			chip->master_ns = sim_later(chip->master_ns, chip->world.master_every_ns);
			chip->masters++;
		}
	}
	sim_convert(chip, at);
}

/* The bus is ours from now on: another master has been before, or waits. */
static inline void sim_busy(struct sim_chip *chip, __u64 from)
{
	sim_advance(chip, from);
	chip->busy = true;
}

static inline __u16 sim_register(struct sim_chip *chip, __u8 reg, __u64 at)
{
	__u64 groups;
	__u16 value;

	sim_advance(chip, at);
	if (reg >= 1 && reg <= SIM_SLOTS)
		return chip->reg[reg - 1];
	if (reg == 0x00)
		return chip->config;
	if (reg != 0x0f)
		return reg == 0xfe ? 0x5449 : reg == 0xff ? 0x3220 : 0;
	groups = sim_groups(chip, at);
	if (groups > chip->ready)
		chip->mask |= 1;
	chip->ready = groups;
	value = chip->mask;
	chip->mask &= (__u16)~1;
	return value;
}

/* ---- the bus and the clock ---- */

static inline __u64 sim_varied(const struct sim_chip *chip, __u32 ns)
{
	return ns + (chip->world.jitter_ns ? (__u64)random_int(0, chip->world.jitter_ns) : 0);
}

static inline __u64 sim_delay(const struct sim_chip *chip)
{
	if (!chip->world.delay_every || random_int(1, chip->world.delay_every) > 1)
		return 0;
	return (__u64)random_int(0, chip->world.delay_ns);
}

static inline struct sim_chip *sim_of(struct synergy_io *io)
{
	return (struct sim_chip *)io;	/* its first member */
}

static inline __u64 sim_now(struct synergy_io *io)
{
	/* Looking at the clock takes a moment. */
	return sim_of(io)->now_ns += 40;
}

static inline int sim_wait_until(struct synergy_io *io, __u64 when_ns)
{
	struct sim_chip *chip = sim_of(io);

	if (when_ns > chip->now_ns)
		chip->now_ns = when_ns + (chip->world.late_ns ?
			(__u64)random_int(0, chip->world.late_ns) : 0) + sim_delay(chip);
	return 0;
}

static inline __u32 sim_random(struct synergy_io *io)
{
	(void)io;
	return (__u32)random_int(0, 0xffffffffLL);
}

static inline void sim_spin_until(struct synergy_io *io, __u64 when_ns)
{
	struct sim_chip *chip = sim_of(io);

	if (when_ns > chip->now_ns)
		chip->now_ns = when_ns;
}

/* A transfer begins: its overhead passes. Return: when its clocks start */
static inline __u64 sim_begin(struct sim_chip *chip)
{
	chip->transfers++;
	return chip->now_ns + sim_varied(chip, chip->world.before_ns) + sim_delay(chip);
}

static inline int sim_end(struct sim_chip *chip, __u64 from_ns, __u32 clocks)
{
	__u64 end = from_ns + (__u64)clocks * chip->world.clock_ns;

	/* Who had to wait writes as soon as the bus is free. */
	sim_advance(chip, end);
	if (chip->master_ns < end)
		chip->master_ns = end;
	chip->busy = false;
	chip->now_ns = end + sim_varied(chip, chip->world.after_ns) + sim_delay(chip);
	return chip->world.fail_every && random_int(1, chip->world.fail_every) == 1 ? -ENXIO : 0;
}

/* Words that follow each other in one transfer, the first without its address if pointed to */
static inline int sim_words(struct sim_chip *chip, const __u8 *regs, __u32 n,
			    struct synergy_reading *reading, __u32 at)
{
	bool pointed = chip->combined && n == 1 && chip->pointer == regs[0] && regs[0] <= SIM_SLOTS;
	__u32 lead = pointed ? 10 : 29;
	__u64 begin = chip->now_ns, from = sim_begin(chip);
	__u32 i;
	int err;

	sim_busy(chip, from);

	for (i = 0; i < n; i++)
		reading->word[at + i] = sim_register(chip, regs[i], from +
						     (lead + i * 47) * chip->world.clock_ns);
	err = sim_end(chip, from, lead + (n - 1) * 47 + 19);
	chip->pointer = err ? 0xfd : regs[n - 1];
	for (i = 0; i < n; i++)
		reading->latched[at + i] = synergy_bus_latched(&chip->io.timing, begin, chip->now_ns,
							       pointed, i, n);
	return err;
}

static inline int sim_read(struct synergy_io *io, const __u8 *regs, __u32 n,
			   struct synergy_reading *reading)
{
	struct sim_chip *chip = sim_of(io);
	__u32 i;
	int err = 0;

	reading->n = n;
	memcpy(reading->reg, regs, n);
	if (chip->combined)
		return sim_words(chip, regs, n, reading, 0);
	for (i = 0; i < n && !err; i++)
		err = sim_words(chip, &regs[i], 1, reading, i);
	return err;
}

static inline int sim_exchange(struct synergy_io *io, __u8 reg, __u16 value,
			       struct synergy_exchange *exchange)
{
	struct sim_chip *chip = sim_of(io);
	__u64 begin = chip->now_ns, from = sim_begin(chip), at;
	__u32 clocks = chip->combined ? 47 : 48;
	__u64 resets;
	int err;

	sim_busy(chip, from);
	exchange->found = sim_register(chip, reg, from + 29ULL * chip->world.clock_ns);
	if (!chip->combined) {
		err = sim_end(chip, from, clocks);
		if (err)
			return err;
		exchange->latched = synergy_bus_latched(&chip->io.timing, begin, chip->now_ns,
							false, 0, 1);
		begin = chip->now_ns;
		from = sim_begin(chip);
		clocks = 0;
		sim_busy(chip, from);
	}
	at = from + (clocks + 38ULL) * chip->world.clock_ns;
	resets = chip->resets;
	sim_advance(chip, at);
	err = sim_end(chip, from, clocks + 38);
	/* A chip that is reset within a transfer does not acknowledge the rest of it. */
	if (chip->resets != resets)
		err = -EREMOTEIO;
	/* One that fails is not acknowledged, and takes no effect. */
	if (!err && reg == 0x00)
		sim_configure(chip, value, at);
	chip->pointer = err ? 0xfd : reg;
	if (chip->combined)
		exchange->effect = synergy_bus_exchanged(&chip->io.timing, begin, chip->now_ns,
							 &exchange->latched);
	else
		exchange->effect = synergy_bus_written(&chip->io.timing, begin, chip->now_ns);
	return err;
}

/* A chip after power-on; its samples and errors are the test's. */
static inline void sim_init(struct sim_chip *chip, const struct sim_world *world, bool combined)
{
	memset(chip, 0, sizeof(*chip));
	chip->world = *world;
	chip->combined = combined;
	chip->now_ns = 1000000000;
	chip->io.now_ns = sim_now;
	chip->io.read = sim_read;
	chip->io.exchange = sim_exchange;
	chip->io.random = sim_random;
	chip->io.wait_until = sim_wait_until;
	chip->io.spin_until = sim_spin_until;
	sim_configure(chip, 0x7127, chip->now_ns);
	chip->reset_ns = sim_later(chip->now_ns, world->reset_every_ns);
	chip->master_ns = sim_later(chip->now_ns, world->master_every_ns);
}

#endif /* SYNERGY_TESTS_SIM_CHIP_H */
