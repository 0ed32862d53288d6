/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of a chip's clock and of its conversions: the timetable that
 * follows from its configuration, how fast its clock runs, and when its conversions
 * were started. Nothing else is needed to say whose conversion a register held at a
 * time (resolve.h). Pure: compiled into unit tests.
 *
 * A sweep converts each enabled channel once, in their order, the shunt first and
 * then, in a mixed sweep, the bus voltage. One write of the configuration starts a
 * series of sweeps: endless in continuous mode, as many as are averaged in
 * single-shot mode. Each conversion's end updates its register.
 */
#ifndef SYNERGY_CHIP_CLOCK_H
#define SYNERGY_CHIP_CLOCK_H

#include "ina3221/bus_timing.h"
#include "ina3221/plan.h"
#include "ina3221/speed.h"
#include "pure.h"

#define SYNERGY_CONVERTER_CHANNELS	3

/**
 * struct synergy_series - sweeps that one write of the configuration has started
 * @valid: there is such a series
 * @mixed: its sweeps convert bus voltages, too
 * @endless: continuous mode; else it ends after as many sweeps as are averaged
 * @begin: when its first conversion began
 * @reported: per channel the last sweep, from 1, that a sample has or may have
 *	reported the shunt of; 0 none
 */
struct synergy_series {
	bool valid;
	bool mixed;
	bool endless;
	struct synergy_bounds begin;
	__u64 reported[SYNERGY_CONVERTER_CHANNELS];
};

/* Data sheet, section 8.4.2: 40 us; on a clock that may be 10 % off */
#define INA3221_RECOVERY_MOST_NS	44000

/**
 * struct synergy_recovery - out of power-down a chip's first conversion begins later
 * @least_ns: by no less than this ...
 * @most_ns: ... and no more
 */
struct synergy_recovery {
	__u32 least_ns;
	__u32 most_ns;
};

/**
 * struct synergy_chip_clock - a chip's clock and its conversion cycle
 * @plan: conversion times and averages
 * @convert_mask: channels that are converted
 * @speed: of the chip's clock
 * @recovery: where a series is started after the end of a single-shot one
 * @running: the series that converts now, or that was started last
 * @before: the one before it, whose values stay in the registers until @running's
 *	replace them
 * @stopped: when @before ended, by the write that started @running, or by what had
 *	befallen the chip since its set-up was checked
 * @bus_begin_ns: begin of the sweep that the bus voltages' registers are of, where
 *	neither series has converted them; 0 there is none
 */
struct synergy_chip_clock {
	struct synergy_plan plan;
	__u32 convert_mask;
	struct synergy_speed speed;
	struct synergy_recovery recovery;
	struct synergy_series running;
	struct synergy_series before;
	struct synergy_bounds stopped;
	__u64 bus_begin_ns;
};

/* ---- the timetable, nominal ---- */

__u32 synergy_clock_shunt_ns(const struct synergy_chip_clock *clock, bool mixed);
/* All channels once */
__u64 synergy_clock_sweep_ns(const struct synergy_chip_clock *clock, bool mixed);
/* From a sweep's begin to that of a channel's shunt conversion */
__u64 synergy_clock_offset_ns(const struct synergy_chip_clock *clock, bool mixed, __u32 channel);
/* From there to the update of the channel's register, of the shunt or the bus voltage */
__u64 synergy_clock_update_ns(const struct synergy_chip_clock *clock, bool mixed, __u32 channel,
			      bool bus);

/* ---- on this chip's clock ---- */

/* A nominal duration as it is likeliest, and how far that may be off */
__u64 synergy_clock_scaled(const struct synergy_chip_clock *clock, __u64 nominal_ns);
__u64 synergy_clock_error_ns(const struct synergy_chip_clock *clock, __u64 nominal_ns);
/* A sweep in continuous mode as it is likeliest */
__u64 synergy_clock_continuous_ns(const struct synergy_chip_clock *clock);
/* The nominal duration that likely lasts @ns */
__u64 synergy_clock_nominal(const struct synergy_chip_clock *clock, __u64 ns);

/* When @nominal_ns have passed since the series' begin */
struct synergy_bounds synergy_series_after(const struct synergy_chip_clock *clock,
					   const struct synergy_series *series, __u64 nominal_ns);
/* How many sweeps' updates at nominal @offset_ns have surely (possibly) happened by @when_ns */
__u64 synergy_series_surely(const struct synergy_chip_clock *clock,
			    const struct synergy_series *series, __u64 offset_ns, __u64 when_ns);
__u64 synergy_series_possibly(const struct synergy_chip_clock *clock,
			      const struct synergy_series *series, __u64 offset_ns,
			      __u64 when_ns);
/* The same as it is likeliest */
__u64 synergy_series_likely(const struct synergy_chip_clock *clock,
			    const struct synergy_series *series, __u64 offset_ns, __u64 when_ns);
/* A single-shot series has surely ended by then. */
__u64 synergy_series_end_ns(const struct synergy_chip_clock *clock,
			    const struct synergy_series *series);

/* ---- changes ---- */

/*
 * A write of the configuration took effect at @effect: a new series runs. @checked_ns:
 * up to then the one before is known to have run as it had been set up.
 */
void synergy_clock_start(struct synergy_chip_clock *clock, bool mixed, bool endless,
			 const struct synergy_bounds *effect, __u64 checked_ns);
/* Nothing is known any more of what runs, nor of what the registers hold. */
void synergy_clock_lost(struct synergy_chip_clock *clock);

#endif /* SYNERGY_CHIP_CLOCK_H */
