/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sampling one chip: a tick decides what to ask of the bus (triggered.c and
 * continuous.c, the two ways of it), resolves what it got (resolve.h, reset.h), and
 * gives it away as a sample. Bus, clock and records are behind struct synergy_io, so
 * that all of this is pure: it is compiled into unit tests, which sample a simulated
 * converter in virtual time.
 */
#ifndef SYNERGY_CONVERTER_H
#define SYNERGY_CONVERTER_H

#include "ina3221/reset.h"

/**
 * struct synergy_output - a sample as it leaves the driver
 * @begin_ns: begin of the tick that took it
 * @channels: bit per channel that it has
 * @repeats: of these, those whose conversion a sample has had before
 * @repeat: none of it is new, or the chip says that it has not converted
 * @missed: ticks before it that made none
 * @reconfigured: the chip was set up again before it
 * @values: registers, by channel
 * @window: of the shunt's conversion, by channel
 */
struct synergy_output {
	__u64 begin_ns;
	__u32 channels;
	__u32 repeats;
	bool repeat;
	bool reconfigured;
	__u64 missed;
	struct synergy_values values;
	struct synergy_window window[SYNERGY_CONVERTER_CHANNELS];
};

/**
 * struct synergy_setup_lost - the chip's set-up was not as it had been left
 * @time_ns: when that was found
 * @trusted_ns: begin of the last tick that had found it as it should be
 * @reg: the register that says so
 * @found: what is in it
 */
struct synergy_setup_lost {
	__u64 time_ns;
	__u64 trusted_ns;
	__u8 reg;
	__u16 found;
};

/**
 * struct synergy_exchange - a register was read and written
 * @found: what was in it
 * @latched: when that was read
 * @effect: when what was written took effect
 */
struct synergy_exchange {
	__u16 found;
	struct synergy_bounds latched;
	struct synergy_bounds effect;
};

/**
 * struct synergy_io - a chip's bus, the clock, and where samples go
 * @timing: what its transfers take
 * @now_ns: the clock that all times are of
 * @read: read registers of results into @reading; 0 or -errno
 * @exchange: read a register into @found and write it again, on adapters that can
 *	in one transfer, so that no other master comes between; 0 or -errno
 * @random: any number, each as likely
 * @wait_until: sleep; -EINTR: the tick is to be given up
 * @spin_until: the same to the point, for some microseconds
 * @sample: take a sample
 * @setup_lost: the chip is not as it was set up
 * @failed: a transfer failed, of this register, begun at that time
 */
struct synergy_io {
	struct synergy_bus_timing timing;
	__u64 (*now_ns)(struct synergy_io *io);
	int (*read)(struct synergy_io *io, const __u8 *regs, __u32 n,
		    struct synergy_reading *reading);
	int (*exchange)(struct synergy_io *io, __u8 reg, __u16 value,
			struct synergy_exchange *exchange);
	__u32 (*random)(struct synergy_io *io);
	int (*wait_until)(struct synergy_io *io, __u64 when_ns);
	void (*spin_until)(struct synergy_io *io, __u64 when_ns);
	void (*sample)(struct synergy_io *io, const struct synergy_output *output);
	void (*setup_lost)(struct synergy_io *io, const struct synergy_setup_lost *lost);
	void (*failed)(struct synergy_io *io, __u8 reg, __u64 time_ns, int err);
};

/**
 * struct synergy_converter - one chip in a session
 * @io: its bus
 * @clock: what is known of its conversions
 * @req: what its plan was made for
 * @read_mask: channels that are sampled
 * @config_shunt: configuration of sweeps of shunts alone
 * @config_mixed: configuration of sweeps with bus voltages
 * @config: what the chip's configuration should be; 0 nothing was written since START
 * @grid_ns: a deadline of the session's ticks, and ...
 * @period_ns: ... how far the others are apart
 * @tick_ns: begin of the tick in hand
 * @attempt_ns: begin of the transfer in hand
 * @attempt_reg: its first register
 * @repeat: the chip says that what is read next is no new conversion
 * @triggers: single-shot series started since START
 * @ready_ns: the single-shot series that was started last has surely ended then
 * @single: it has not been read yet
 * @samples: samples given away since START
 * @bus_pending: channels whose bus voltage the last mixed sweep has converted, still
 *	to be read
 * @values: registers as they were last read
 * @window: of the shunts among them
 * @known: channels whose shunt has been read since the set-up was known last
 * @trusted: values as of the last tick that found the set-up as it should be
 * @trusted_speed: the speed as of then
 * @trusted_ns: begin of that tick; 0 none since START
 * @converted_ns: a conversion has ended after that, as the flag has said
 * @cleared_ns: the conversion-ready flag was cleared then, or may have been
 * @continuous: of continuous.c
 * @reconfigured: the set-up was lost since the last sample
 * @missed: ticks whose values could not be had, or were no sample's, since START
 * @missed_before: ticks without a sample since the last one
 * @repeats: samples without anything new, since START
 */
struct synergy_converter {
	struct synergy_io *io;
	struct synergy_chip_clock clock;
	struct synergy_plan_request req;
	__u32 read_mask;
	__u16 config_shunt;
	__u16 config_mixed;
	__u16 config;
	__u64 grid_ns;
	__u64 period_ns;

	__u64 tick_ns;
	__u64 attempt_ns;
	__u8 attempt_reg;
	bool repeat;

	__u64 triggers;
	__u64 ready_ns;
	bool single;
	__u64 samples;
	__u32 bus_pending;
	struct synergy_values values;
	struct synergy_window window[SYNERGY_CONVERTER_CHANNELS];
	__u32 known;
	struct synergy_values trusted;
	struct synergy_speed trusted_speed;
	__u64 trusted_ns;
	__u64 converted_ns;
	__u64 cleared_ns;

	/**
	 * @continuous.running: the chip converts continuously since a known time
	 * @continuous.bus_due_ns: bus voltages are due to be taken again
	 * @continuous.ticks: ticks since the series' start
	 * @continuous.probed: value of @ticks at the last probe of the chip's speed
	 * @continuous.checked: value of @ticks at the last check whether it converts
	 * @continuous.phases: phases of starts tried since START
	 * @continuous.refresh: the next tick refreshes the bus voltages
	 * @continuous.wandered_ns: up to then it is counted how far the speed may have moved
	 * @continuous.restart_ns: the series is to be begun again at a random phase then
	 */
	struct {
		bool running;
		__u64 bus_due_ns;
		__u64 ticks;
		__u64 probed;
		__u64 checked;
		__u32 phases;
		bool refresh;
		__u64 wandered_ns;
		__u64 restart_ns;
	} continuous;

	bool reconfigured;
	__u64 missed;
	__u64 missed_before;
	__u64 repeats;
};

/* A session is about to begin: @converter has io, speed and nothing else. */
void synergy_converter_prepare(struct synergy_converter *converter,
			       const struct synergy_plan_request *req,
			       const struct synergy_plan *plan);
/* Sampling stops, or pauses: a last check, and whoever goes on starts again. */
void synergy_converter_stop(struct synergy_converter *converter);
/*
 * One tick, @missed ones before it: at most one sample. 0, or -errno where the tick
 * came to nothing.
 */
int synergy_converter_tick(struct synergy_converter *converter, __u64 missed);

/* ---- converter.c: what both ways are made of ---- */

/* The same as io's, and the attempt is noted. */
int synergy_converter_read(struct synergy_converter *converter, const __u8 *regs, __u32 n,
			   struct synergy_reading *reading);
int synergy_converter_read_one(struct synergy_converter *converter, __u8 reg, __u16 *value,
			       struct synergy_bounds *latched);
/*
 * Write the configuration: a new series runs. *@lost: the one before was not as it had
 * been set up, which is reported. 0, or -errno and nobody knows what runs.
 */
int synergy_converter_start(struct synergy_converter *converter, bool mixed, bool endless,
			    bool *lost);
/* The chip is not as it was left: reported, and to be set up again. */
void synergy_converter_setup_lost(struct synergy_converter *converter, __u16 found);
/* Is the configuration still as it was written? Else the set-up is lost. */
int synergy_converter_check_setup(struct synergy_converter *converter);
/* The mask/enable register, whose conversion-ready flag is thereby cleared */
int synergy_converter_read_flag(struct synergy_converter *converter, __u16 *mask,
				struct synergy_bounds *latched);
/*
 * Has a cycle ended since the last poll of the flag? Where one should have, and the
 * flag is not there, the set-up is lost.
 */
int synergy_converter_check_converting(struct synergy_converter *converter, bool *lost);
/* Was the chip reset, though its set-up was rewritten since? Then *@reset, and the tick is lost. */
int synergy_converter_check_reset(struct synergy_converter *converter,
				  const struct synergy_reading *reading, bool *reset);
/* A tick that makes no sample: counted, and reported with the next one. */
void synergy_converter_no_sample(struct synergy_converter *converter);
void synergy_converter_store(struct synergy_converter *converter,
			     const struct synergy_sample *sample);
void synergy_converter_give(struct synergy_converter *converter, __u32 repeats);
/* Bus voltages to be read in this tick, appended to @regs; how many. */
__u32 synergy_converter_bus_regs(struct synergy_converter *converter, __u32 most, __u8 *regs);

/* ---- triggered.c ---- */

int synergy_triggered_tick(struct synergy_converter *converter);
/* Start a single-shot series; *@lost as synergy_converter_start()'s. */
int synergy_triggered_start(struct synergy_converter *converter, bool mixed, bool *lost);
/*
 * Read what the single-shot series @series has left, and @bus_reads bus voltages;
 * @every: of all channels. @give: a sample of it.
 */
int synergy_triggered_read(struct synergy_converter *converter,
			   const struct synergy_series *series, bool every, __u32 bus_reads,
			   bool give);
/* A whole sample by itself, bus voltages included: how every session begins. */
int synergy_triggered_once(struct synergy_converter *converter);

/* ---- continuous.c ---- */

int synergy_continuous_tick(struct synergy_converter *converter);

/* ---- speed_probe.c ---- */

/* Where this tick has the time for it: how fast is the chip's clock? */
int synergy_converter_probe_speed(struct synergy_converter *converter);

#endif /* SYNERGY_CONVERTER_H */
