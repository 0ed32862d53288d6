/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One INA3221 on its bus: what the kernel's side of the chip driver shares (chip.c,
 * transfer.c, calibrate.c, record.c), and what the rest of the module calls. How a
 * chip is sampled is in converter.h, which knows nothing of the kernel.
 */
#ifndef SYNERGY_CHIP_H
#define SYNERGY_CHIP_H

#include <linux/i2c.h>
#include <linux/mutex.h>
#include <linux/synergy.h>

#include "ina3221/converter.h"
#include "ina3221/regs.h"

/**
 * struct synergy_ina3221 - a place of the board's table of chips
 * @io_lock: serialises the chip's registers, @client and the tick
 * @client: the bound device; NULL after unbind. io_lock
 * @leaving: it is being unbound: nobody is to start a long wait under @io_lock. No
 *	lock; cleared by the next probe
 * @adapter: identity of its wire; never dereferenced after unbind
 * @info: its description. board.lock, and what a tick learns: WRITE_ONCE
 * @index: its place. Constant
 * @rails: rail index of each channel. Constant
 * @offset: of each channel's shunt voltage, as firmware says. Constant
 * @enabled_mask: channels that firmware has not disabled
 * @guarded_mask: channels whose limits are armed: they stay converted
 * @write_ns: what a register write takes
 * @pointer: the register that the chip points to, -1 unknown. io_lock
 * @touched: our configuration may be in the chip. io_lock
 * @failed: the last tick's transfer failed. io_lock
 * @errors: ERROR records since START. io_lock
 * @busy_ns: time spent in transfers since START; written by the sampler thread
 * @session_config: what @info.config_set is while a session runs
 * @io: transfers and records, as @converter sees them
 * @converter: the session; prepared before the threads start, then the sampler
 *	thread's own, under io_lock
 */
struct synergy_ina3221 {
	struct mutex io_lock;	/* registers, client and tick */
	struct i2c_client *client;
	bool leaving;
	struct i2c_adapter *adapter;
	struct synergy_chip info;
	u32 index;
	u32 rails[SYNERGY_CHANNELS];
	struct synergy_offset offset[SYNERGY_CHANNELS];
	u32 enabled_mask;
	u32 guarded_mask;
	u32 write_ns;
	int pointer;
	bool touched;
	bool failed;
	u64 errors;
	u64 busy_ns;
	u16 session_config;
	struct synergy_io io;
	struct synergy_converter converter;
};

/* ---- chip.c ---- */

int synergy_ina3221_attach(struct synergy_ina3221 *chip, struct i2c_client *client);
void synergy_ina3221_detach(struct synergy_ina3221 *chip);
void synergy_ina3221_request(const struct synergy_ina3221 *chip,
			     const struct synergy_configure *cfg, u32 read_mask, u32 others_ns,
			     struct synergy_plan_request *req);
bool synergy_ina3221_refuses(const struct synergy_ina3221 *chip,
			     const struct synergy_configure *cfg);
/* Into chip->info: how it will be sampled. */
void synergy_ina3221_describe(struct synergy_ina3221 *chip,
			      const struct synergy_plan_request *req,
			      const struct synergy_plan *plan);
void synergy_ina3221_prepare(struct synergy_ina3221 *chip,
			     const struct synergy_plan_request *req,
			     const struct synergy_plan *plan);
/* The session's deadlines: one of them, and how far the others are apart. */
void synergy_ina3221_grid(struct synergy_ina3221 *chip, u64 deadline_ns, u64 period_ns);
/* One tick, @missed ones before it: at most one POWER record, or an ERROR record. */
void synergy_ina3221_tick(struct synergy_ina3221 *chip, u64 missed);
void synergy_ina3221_stop(struct synergy_ina3221 *chip);
/* Added to the totals of a session. */
void synergy_ina3221_stats(const struct synergy_ina3221 *chip, struct synergy_stats *stats);

/* ---- transfer.c ---- */

bool synergy_ina3221_can_combine(struct i2c_client *client);
int synergy_ina3221_read(struct synergy_ina3221 *chip, u8 reg, u16 *value);
int synergy_ina3221_write(struct synergy_ina3221 *chip, u8 reg, u16 value);
/*
 * The same where nobody waits for it to the microsecond: one that fails is tried
 * again. 0, or -errno after a line in the log that has the register.
 */
int synergy_ina3221_read_surely(struct synergy_ina3221 *chip, u8 reg, u16 *value);
int synergy_ina3221_write_surely(struct synergy_ina3221 *chip, u8 reg, u16 value);
/* That line. Return: @err */
int synergy_ina3221_probe_failed(const struct synergy_ina3221 *chip, u8 reg, int err);
void synergy_ina3221_wait_until(u64 when_ns);
/* Does somebody wait for the sampling thread or the chip? Of sampling threads alone. */
bool synergy_ina3221_ending(const struct synergy_ina3221 *chip);
/* The bus and the clock of chip->io */
void synergy_ina3221_transfer_init(struct synergy_ina3221 *chip);

/* ---- calibrate.c ---- */

/* What a transfer takes: chip->info.transfer_ns and chip->write_ns. 0, or -errno after a line. */
int synergy_ina3221_measure(struct synergy_ina3221 *chip);
/*
 * How fast its clock is, and how long it takes out of power-down: the converter's
 * clock. Where that fails, or limits are armed, the data sheet's tolerances stand, and
 * the log says so. Its configuration is another then.
 */
void synergy_ina3221_calibrate(struct synergy_ina3221 *chip);
/* Into chip->info: what is known of the speed. */
void synergy_ina3221_report_speed(struct synergy_ina3221 *chip);

/* ---- rails.c ---- */

/*
 * The board's rails of this chip, and chip->enabled_mask, from firmware; 0, or -EINVAL
 * after a line in the log. board.lock held.
 */
int synergy_ina3221_describe_rails(struct synergy_ina3221 *chip, struct device *dev);

/* ---- record.c ---- */

/* Where chip->io's samples and errors go: the stream */
void synergy_ina3221_record_init(struct synergy_ina3221 *chip);

#endif /* SYNERGY_CHIP_H */
