/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When within an I2C transfer its words were latched, or its configuration took
 * effect, from when the call began and ended. Pure: compiled into unit tests; the
 * clock is the caller's.
 */
#ifndef SYNERGY_BUS_TIMING_H
#define SYNERGY_BUS_TIMING_H

#include "pure.h"

/* Clocks of the bus, acknowledges included (data sheet SBOS576, section 8.5.2) */
#define INA3221_READ_CLOCKS	48	/* address, register, address, two bytes */
#define INA3221_WRITE_CLOCKS	38
/* A register's word is latched when its address is acknowledged, and then sent. */
#define INA3221_LATCH_CLOCKS	29
#define INA3221_POINTED_CLOCKS	10	/* the same, no register being sent */
#define INA3221_WORD_CLOCKS	19
/* A read and a write with a repeated start between them */
#define INA3221_EXCHANGE_CLOCKS	(INA3221_READ_CLOCKS - 1 + INA3221_WRITE_CLOCKS)
/* High-speed mode ends at 2.44 MHz (data sheet, section 7.6) */
#define INA3221_CLOCK_LEAST_NS	410

/**
 * struct synergy_bounds - a time stamp estimate
 * @early_ns: not before this
 * @late_ns: not after this
 */
struct synergy_bounds {
	__u64 early_ns;
	__u64 late_ns;
};

/**
 * struct synergy_bus_timing - what transfers of one chip take
 * @read_ns: one register read, measured: what it takes when nothing delays it
 * @clock_ns: one clock of the bus, at the least: where firmware does not say, that of
 *	the fastest bus the chip knows. What a transfer takes beyond its clocks may have
 *	passed before or after them: in the adapter's driver, or because they are slower
 * @combined: several registers are read in one transfer, without a stop
 *	between them, and the register that was read last again without its address
 */
struct synergy_bus_timing {
	__u32 read_ns;
	__u32 clock_ns;
	bool combined;
};

/* The middle of a stamp, and how far off that may be. */
__u64 synergy_bounds_middle(const struct synergy_bounds *stamp);
__u64 synergy_bounds_error_ns(const struct synergy_bounds *stamp);

/* From a word's latch to that of the next one in the same transfer, in clocks. */
__u32 synergy_bus_step_clocks(const struct synergy_bus_timing *timing);

/*
 * When the @i-th of @n words of a transfer was latched: what the call took beyond
 * its clocks was lost before or after it, nobody knows where. @pointed: the one
 * register was read without its address.
 */
struct synergy_bounds synergy_bus_latched(const struct synergy_bus_timing *timing, __u64 begin_ns,
					  __u64 end_ns, bool pointed, __u32 i, __u32 n);

/* When a register that was written took effect. */
struct synergy_bounds synergy_bus_written(const struct synergy_bus_timing *timing, __u64 begin_ns,
					  __u64 end_ns);

/* The same of a transfer that reads the register first; *@latched is when that was. */
struct synergy_bounds synergy_bus_exchanged(const struct synergy_bus_timing *timing,
					    __u64 begin_ns, __u64 end_ns,
					    struct synergy_bounds *latched);

#endif /* SYNERGY_BUS_TIMING_H */
