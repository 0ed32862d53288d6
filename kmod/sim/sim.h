/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the simulator module tell each other. Nothing here is seen
 * by synergy.ko: that meets an I2C adapter and a perf PMU like any other.
 *
 * Times are CLOCK_MONOTONIC nanoseconds unless a name says otherwise.
 */
#ifndef SYNERGY_SIM_H
#define SYNERGY_SIM_H

#include <linux/types.h>
#include "../compat.h"
#include "layout.h"

struct dentry;
struct device;

/* ---- source.c: what the cores have done, now and in the near past */

/**
 * struct synergy_sim_sums - work of all cores since some moment in the past
 * @simd: advanced-SIMD instructions
 * @bus: bus accesses
 * @inst: instructions
 * @busy_ns: time not idle; counted only where there is no shared memory
 */
struct synergy_sim_sums {
	u64 simd;
	u64 bus;
	u64 inst;
	u64 busy_ns;
};

int synergy_sim_source_init(void);
void synergy_sim_source_exit(void);
/* NULL without shared memory */
const struct synergy_sim_shared *synergy_sim_shared(void);
struct synergy_sim_power_model *synergy_sim_shared_model(void);
u64 synergy_sim_now(struct synergy_sim_sums *sums);
void synergy_sim_at(u64 time_ns, struct synergy_sim_sums *sums);
/* Does shared memory have a log of energies? Then the two below are it. */
bool synergy_sim_logged(void);
void synergy_sim_log_present(const struct synergy_sim_sums *sums, u64 *pj);
u64 synergy_sim_log_seen(u32 rail, u64 time_ns);

/* ---- board.c: which board this is */

int synergy_sim_board_init(void);

/* ---- power.c: the model */

enum synergy_sim_rail {
	SYNERGY_SIM_VDD_IN,
	SYNERGY_SIM_VDD_GPU,
	SYNERGY_SIM_VDD_CPU,
	SYNERGY_SIM_CONSTANT,		/* from here on: not the processor's */
};

#define SYNERGY_SIM_MODEL_RAILS	SYNERGY_SIM_CONSTANT

int synergy_sim_power_init(void);
void synergy_sim_power_begin(void);
void synergy_sim_power_end(void);
void synergy_sim_power_layer(bool begins, u32 id, u64 cookie);
void synergy_sim_drawn(const struct synergy_sim_sums *sums, u64 *pj);
u64 synergy_sim_mean_uw(u32 rail, u64 begin_ns, u64 end_ns);
u32 synergy_sim_supply_mv(u32 rail);
u32 synergy_sim_source_mohm(void);

/* ---- frequency.c: the clock of this boot, and its voltage */

u32 synergy_sim_volts_permille(void);
int synergy_sim_frequency_init(void);
void synergy_sim_frequency_files(struct dentry *root);
void synergy_sim_frequency_exit(void);

/* ---- chip.c: one INA3221 */

#define SYNERGY_SIM_SLOTS	6	/* shunt and bus of three channels */

/**
 * struct synergy_sim_chip - one INA3221
 * @address: on its bus
 * @bus: number of its bus
 * @key: distinguishes its noise from other chips'
 * @plugged: answers at all
 * @rail: which rail each channel measures
 * @shunt_uohm: its shunts
 * @pointer: register to be read next
 * @reg: the registers that are memory only, by address
 * @result: conversion results by slot (2 * channel, plus 1 for the bus voltage)
 * @filter_nv: the recursive average, by slot, before quantisation
 * @taken: cycles that went into @result since @started_ns, by slot
 * @begin_ns: a slot's conversion begins so long after its cycle
 * @length_ns: a slot's conversion lasts so long; 0 not converted
 * @cycle_ns: length of a cycle; 0 powered down
 * @cycles_max: cycles until it stops by itself
 * @started_ns: when the first cycle began
 * @restarts: configuration writes, so that noise does not repeat
 * @ready_groups: value groups completed at the last read
 * @spike_uv: added to the next shunt result that is read
 * @frozen: results stay as they are
 * @number: of each channel's last numbered conversion
 * @number_begin_ns: when that began
 * @number_end_ns: and ended
 */
struct synergy_sim_chip {
	u16 address;
	u16 bus;
	u32 key;
	bool plugged;
	u32 rail[3];
	u32 shunt_uohm[3];
	u8 pointer;
	u16 reg[0x12];
	u16 result[SYNERGY_SIM_SLOTS];
	s64 filter_nv[SYNERGY_SIM_SLOTS];
	u64 taken[SYNERGY_SIM_SLOTS];
	u32 begin_ns[SYNERGY_SIM_SLOTS];
	u32 length_ns[SYNERGY_SIM_SLOTS];
	u32 cycle_ns;
	u64 cycles_max;
	u64 started_ns;
	u64 restarts;
	u64 ready_groups;
	s32 spike_uv;
	bool frozen;
	u16 number[3];
	u64 number_begin_ns[3];
	u64 number_end_ns[3];
};

int synergy_sim_chip_check(void);
void synergy_sim_chip_init(struct synergy_sim_chip *chip, u64 time_ns);
void synergy_sim_chip_reset(struct synergy_sim_chip *chip, u64 time_ns);
u16 synergy_sim_chip_read(struct synergy_sim_chip *chip, u64 time_ns);
void synergy_sim_chip_write(struct synergy_sim_chip *chip, u8 reg, u16 value, u64 time_ns);

bool synergy_sim_in_limits(const char *name, s64 value, s64 low, s64 high);
u64 synergy_sim_mix(u64 x);

/* ---- sensor.c: what a channel makes of the shunt's voltage */

int synergy_sim_sensor_check(void);
s64 synergy_sim_sensor_nv(const struct synergy_sim_chip *chip, u32 channel, s64 nv);

/* ---- numbered.c: results that say which conversion they are of */

bool synergy_sim_numbered(void);
u16 synergy_sim_number(struct synergy_sim_chip *chip, u32 channel, u64 begin_ns, u64 end_ns);
void synergy_sim_number_read(const struct synergy_sim_chip *chip, u32 channel);
int synergy_sim_numbered_init(void);
void synergy_sim_numbered_files(struct dentry *root);
void synergy_sim_numbered_exit(void);

/* ---- bus.c: the adapters */

int synergy_sim_bus_init(void);
void synergy_sim_bus_exit(void);

/* ---- ina3221x.c: the driver of JetPack 4 */

int synergy_sim_ina3221x_init(void);
void synergy_sim_ina3221x_exit(void);

/* ---- fault.c: what goes wrong when asked to */

enum synergy_sim_fault {
	SYNERGY_SIM_FAULT_NACK,
	SYNERGY_SIM_FAULT_ARBITRATION,
	SYNERGY_SIM_FAULT_REMOTEIO,
	SYNERGY_SIM_FAULT_TIMEOUT,
	SYNERGY_SIM_FAULT_STUCK,
	SYNERGY_SIM_FAULT_RESET,
	SYNERGY_SIM_FAULT_SLOW,
	SYNERGY_SIM_FAULT_LATE,
	SYNERGY_SIM_FAULT_SPIKE,
	SYNERGY_SIM_FAULT_UNPLUG,
	SYNERGY_SIM_FAULT_MASTER,
	SYNERGY_SIM_FAULTS,
};

void synergy_sim_fault_files(struct dentry *root);
bool synergy_sim_fault(enum synergy_sim_fault fault, const struct synergy_sim_chip *chip,
		       u32 *value);

/* ---- truth.c, pmu.c */

int synergy_sim_truth_init(void);
void synergy_sim_truth_files(struct dentry *root);
void synergy_sim_truth_exit(void);
int synergy_sim_pmu_init(void);
void synergy_sim_pmu_exit(void);

#endif /* SYNERGY_SIM_H */
