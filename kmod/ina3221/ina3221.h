/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the chip driver share: ina3221.c (the chip and its
 * transfers), cycle.c (what sampling is made of), triggered.c and
 * continuous.c (the two ways of it), speed_probe.c (the chip's clock).
 * Callers hold chip->io_lock and have seen chip->client set.
 */
#ifndef SYNERGY_INA3221_H
#define SYNERGY_INA3221_H

#include "ina3221/regs.h"
#include "internal.h"

#define INA3221_READ_CLOCKS	48	/* address, register, address, two bytes */
#define INA3221_WRITE_CLOCKS	38
/* A register's word is latched when its address is acknowledged, and then sent. */
#define INA3221_LATCH_CLOCKS	29
#define INA3221_POINTED_CLOCKS	10	/* the same, no register being sent */
#define INA3221_WORD_CLOCKS	19

int synergy_ina3221_read(struct synergy_ina3221 *chip, u8 reg, u16 *value);
int synergy_ina3221_write(struct synergy_ina3221 *chip, u8 reg, u16 value);
void synergy_ina3221_tell_speed(struct synergy_ina3221 *chip);
/* Several at once; on error *@failed is the register, as far as it is known. */
int synergy_ina3221_read_many(struct synergy_ina3221 *chip, const u8 *regs, u16 *values, u32 n,
			      u8 *failed);

/* ---- cycle.c ---- */

/* One tick's own. */
struct synergy_scratch {
	u64 begin_ns;
	u64 time_ns;		/* of the transfer in hand */
	u32 lead_clocks;	/* from there to the first word's latch */
	u16 flags;
	u8 reg;
};

/* The windows of one record, per channel. */
struct synergy_windows {
	u32 slack_ns;
	u64 begin_ns[SYNERGY_CHANNELS];
	u64 end_ns[SYNERGY_CHANNELS];
	bool repeat[SYNERGY_CHANNELS];	/* the same conversion as in the record before */
};

/*
 * When something happened in a transfer that had so many clocks of the bus
 * @before it and @after it: what the call took beyond its clocks was lost nobody
 * knows where. So it is the middle of what is possible, give or take *@slack_ns.
 */
u64 synergy_ina3221_moment(const struct synergy_ina3221 *chip, u64 begin_ns, u64 end_ns,
			   u32 before, u32 after, u64 *slack_ns);
/* Write the configuration; it took effect at *@end_ns, give or take *@slack_ns. */
int synergy_ina3221_configure(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
			      u16 config, u64 *end_ns, u32 *slack_ns);
int synergy_ina3221_tick_read(struct synergy_ina3221 *chip, struct synergy_scratch *tick, u8 reg,
			      u16 *value);
/* *@end_ns - tick->time_ns is then what the transfer took. */
int synergy_ina3221_tick_read_many(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
				   const u8 *regs, u16 *values, u32 n, u64 *end_ns);
void synergy_ina3221_wait_until(u64 when_ns);
/*
 * The same in a tick, where a round with averages may take a minute: -EINTR when
 * somebody waits for the sampling thread or the chip. Then the tick is given up.
 */
int synergy_ina3221_tick_wait(const struct synergy_ina3221 *chip, u64 when_ns);
/* Does somebody? Of the sampling threads alone. */
bool synergy_ina3221_ending(const struct synergy_ina3221 *chip);

/* Nominal: a shunt's conversion, and all channels once. */
u32 synergy_ina3221_shunt_ns(const struct synergy_ina3221 *chip, bool mixed);
u64 synergy_ina3221_lap_ns(const struct synergy_ina3221 *chip, bool mixed);
/* Nominal: from a round's begin to that of the channel's shunt conversion. */
u64 synergy_ina3221_channel_offset(const struct synergy_ina3221 *chip, bool mixed, u32 channel);
void synergy_ina3221_window(const struct synergy_ina3221 *chip, u64 begin_ns, bool mixed,
			    u32 channel, struct synergy_windows *w);
void synergy_ina3221_round_windows(const struct synergy_ina3221 *chip,
				   const struct synergy_round *round, struct synergy_windows *w);

void synergy_ina3221_emit(struct synergy_ina3221 *chip, const struct synergy_windows *w,
			  const struct synergy_scratch *tick);
/* The chip is not as we left it: told, and to be set up anew. */
void synergy_ina3221_setup_lost(struct synergy_ina3221 *chip, const struct synergy_scratch *tick,
				u16 found);
int synergy_ina3221_check_setup(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
				u16 expect);

/* Start a round by hand: chip->round. */
int synergy_ina3221_trigger(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
			    bool mixed);
u32 synergy_ina3221_choose_regs(struct synergy_ina3221 *chip, bool every, u32 bus_reads, u8 *regs);
void synergy_ina3221_store(struct synergy_ina3221 *chip, const u8 *regs, const u16 *values, u32 n);
/*
 * Do these values say that the chip was reset, though its set-up has been
 * written anew since? Then it is told, and they are nothing; they are nothing,
 * too, if it is too late to say.
 */
int synergy_ina3221_look_emptied(struct synergy_ina3221 *chip, struct synergy_scratch *tick,
				 const u8 *regs, const u16 *values, u32 n, bool *emptied);
/*
 * Read what @round has left behind; @every: all bus voltages, too. *@n_regs is 0
 * if there is nothing to tell of it, since the chip was reset or the running round
 * has overtaken the reading.
 */
int synergy_ina3221_read_round(struct synergy_ina3221 *chip, const struct synergy_round *round,
			       bool every, u32 bus_reads, struct synergy_scratch *tick,
			       u32 *n_regs);
int synergy_ina3221_sample_once(struct synergy_ina3221 *chip, struct synergy_scratch *tick);
/*
 * Did reads of @n_regs shunts end so late that the @i-th value may be the round's
 * that was started by hand before them? Nobody can say then whose it is.
 */
bool synergy_ina3221_shunt_overtaken(const struct synergy_ina3221 *chip, u64 end_ns, u32 n_regs,
				     u32 i, u32 channel);

/* ---- continuous.c ---- */

int synergy_ina3221_free_tick(struct synergy_ina3221 *chip, struct synergy_scratch *tick);
u64 synergy_ina3221_free_round_ns(const struct synergy_ina3221 *chip);
/* How far the reckoning of the free rounds may be off at @when_ns. */
u64 synergy_ina3221_unsure_ns(const struct synergy_ina3221 *chip, u64 when_ns);
/* Has a round ended since the last look at its flag? Else the set-up is lost. Clears the flag. */
int synergy_ina3221_check_converting(struct synergy_ina3221 *chip, struct synergy_scratch *tick);

/* ---- speed_probe.c ---- */

/* Where this tick has the time for it: chip->speed. */
int synergy_ina3221_learn_speed(struct synergy_ina3221 *chip, struct synergy_scratch *tick);

#endif /* SYNERGY_INA3221_H */
