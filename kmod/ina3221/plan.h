/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a period to what the chip and the bus have to do in it: which
 * conversion times, which registers in which order, triggered or free-running,
 * or the shortest period that can be carried. Pure: compiled into unit tests.
 *
 * Triggered: every tick writes the configuration in a single-shot mode. That
 * starts a cycle at a known moment, and no value is ever read twice. While the
 * chip converts, the registers still hold the cycle before, and they are read
 * ahead of their update ("overlap") where the bus is fast enough; else the
 * registers are read first and the next cycle is triggered after.
 * Every bus_every-th cycle converts the bus voltages too; their registers then
 * stand still, so they are read a few a tick.
 *
 * Continuous: the chip converts freely. It reaches the chip's ceiling, its windows
 * can see all of a period, and they are only known as well as the chip's clock is.
 * Either every cycle holds the bus voltages, or shunts alone are converted and a
 * mixed cycle is put in now and then. Cycles a little longer than the period repeat
 * one sample in so many, which is less of a loss than conversions of two thirds.
 *
 * Chosen is by the share of time that a rail is seen, less the samples lost; of plans
 * that are near the best by that, one that loses nothing or least.
 */
#ifndef SYNERGY_PLAN_H
#define SYNERGY_PLAN_H

#include "pure.h"

#define SYNERGY_PLAN_AUTO		0
#define SYNERGY_PLAN_TRIGGERED		1
#define SYNERGY_PLAN_CONTINUOUS		2

#define SYNERGY_PLAN_PERIOD_MAX_NS	60000000000ULL

/*
 * Continuous, shunts alone: bus voltages move slowly (11 to 20 mV on a TX1). Where
 * refreshing them costs samples they are taken four times a second. With averages a
 * cycle is longer than that: some are left alone after a refresh.
 */
#define SYNERGY_PLAN_REFRESH_NS		250000000ULL
#define SYNERGY_PLAN_REFRESH_CYCLES	16

/**
 * struct synergy_plan_request - what a plan is made for
 * @convert_mask: bit per channel 0..2 that is converted
 * @read_mask: of these, read
 * @read_ns: one register read
 * @exchange_ns: the configuration, read and written again
 * @effect_error_ns: a trigger may have taken effect so long before its transfer's end
 * @recovery_ns: out of power-down a sweep begins so much later
 * @others_ns: bus time that other chips of the bus need per tick
 * @scale_ppm: this chip's conversion times to the nominal ones
 * @margin_ppm: how far @scale_ppm may be off
 * @mode: SYNERGY_PLAN_...
 * @dither_ns: ticks are up to so much off their grid
 * @shunt_ns: one shunt conversion; 0: chosen
 * @bus_ns: one bus voltage conversion; 0: chosen
 * @averages: conversions per value; 0: one
 * @bus_every: bus voltages in each so manieth sample; 0: chosen
 * @combined: see struct synergy_bus_timing
 * @restarts: continuous conversions are begun again at random phases now and then
 * @guarded: the chip's limits are armed: conversions are not to stop, all kinds of them
 *	go on, and the flags are not to be read, which clears them
 */
struct synergy_plan_request {
	__u32 convert_mask;
	__u32 read_mask;
	__u32 read_ns;
	__u32 exchange_ns;
	__u32 effect_error_ns;
	__u32 recovery_ns;
	__u32 others_ns;
	__u32 scale_ppm;
	__u32 margin_ppm;
	__u32 mode;
	__u32 dither_ns;
	__u32 shunt_ns;
	__u32 bus_ns;
	__u32 averages;
	__u32 bus_every;
	bool combined;
	bool restarts;
	bool guarded;
};

/**
 * struct synergy_plan - what the chip and the bus do in a period
 * @continuous: continuous mode, else triggered
 * @overlap: triggered: registers are read while the chip converts
 * @mixed: continuous: all sweeps hold the bus voltages, too
 * @averages: conversions per value
 * @shunt_ns: a shunt's conversion in a sweep of shunts alone; nominal
 * @mixed_shunt_ns: the same in a sweep with bus voltages
 * @bus_ns: a bus voltage's conversion
 * @bus_every: bus voltages in each so manieth sample; 0: by time, see continuous.c
 * @bus_reads: bus voltages' registers read per tick
 * @refresh_latest_ns: continuous, shunts alone: after a mixed sweep the continuous
 *	ones may start until so late after a tick; 0 that has no room, and costs samples
 */
struct synergy_plan {
	bool continuous;
	bool overlap;
	bool mixed;
	__u32 averages;
	__u32 shunt_ns;
	__u32 mixed_shunt_ns;
	__u32 bus_ns;
	__u32 bus_every;
	__u32 bus_reads;
	__u32 refresh_latest_ns;
};

/* Nominal duration -> this chip's. */
__u64 synergy_plan_scaled(__u64 nominal_ns, __u32 scale_ppm);

/* One cycle: all converted channels, shunt and (bus_ns not 0) bus voltage. */
__u64 synergy_plan_cycle_ns(const struct synergy_plan_request *req, __u32 averages,
			    __u32 shunt_ns, __u32 bus_ns);

/*
 * 0 and *@plan; -EINVAL a conversion time or average that the chip has not;
 * -ERANGE the period cannot be carried. @period_ns 0 asks for the shortest. In
 * all cases but -EINVAL *@period_ns is on return the one to use, that is with
 * -ERANGE the shortest possible.
 */
int synergy_plan_make(const struct synergy_plan_request *req, __u64 *period_ns,
		      struct synergy_plan *plan);

/* How late an overlapped tick's reads may end and still be ahead of the updates. */
__s64 synergy_plan_spare_ns(const struct synergy_plan_request *req,
			    const struct synergy_plan *plan, bool mixed);

#endif /* SYNERGY_PLAN_H */
