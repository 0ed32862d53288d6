/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that QEMU's plugin (scripts/board/plugin) and the simulator module
 * share: what each virtual core has executed, and what energy that took by the model
 * that the module sets. Both include this file; nothing else may define the layout.
 * It travels as an ivshmem device's BAR 2 (PCI 1af4:1110), in the machine's own byte
 * order.
 *
 * The plugin writes all but struct synergy_sim_power_model. It runs in the one thread that
 * executes all cores, and the reader is code executed by that same thread, so what a
 * reader sees is complete up to the translation block it is in.
 */
#ifndef SYNERGY_SIM_LAYOUT_H
#define SYNERGY_SIM_LAYOUT_H

#include <linux/types.h>

#define SYNERGY_SIM_MAGIC	0x4d53594eU	/* "NYSM" */
#define SYNERGY_SIM_VERSION	2
#define SYNERGY_SIM_MAX_CPUS	8
#define SYNERGY_SIM_LOG_ENTRIES	65536		/* a power of two */
#define SYNERGY_SIM_RAILS	3		/* VDD_IN, VDD_GPU, VDD_CPU */

/**
 * enum synergy_sim_counter - what is counted, per core and privilege
 * @SYNERGY_SIM_INST: instructions
 * @SYNERGY_SIM_SIMD: advanced-SIMD data processing (as ASE_SPEC: neither loads
 *	nor stores, nor scalar floating point)
 * @SYNERGY_SIM_VFP: scalar floating-point data processing (as VFP_SPEC)
 * @SYNERGY_SIM_LOAD: memory reads
 * @SYNERGY_SIM_STORE: memory writes
 * @SYNERGY_SIM_L1D_REFILL: lines filled into a first-level data cache
 * @SYNERGY_SIM_L1D_WB: lines written back from it
 * @SYNERGY_SIM_L2D_ACCESS: accesses of the second-level cache
 * @SYNERGY_SIM_L2D_REFILL: lines filled into it, from the bus
 * @SYNERGY_SIM_L2D_WB: lines written back from it, to the bus
 * @SYNERGY_SIM_BUS: bus accesses: 16-byte beats, four to a line
 * @SYNERGY_SIM_COUNTERS: how many
 */
enum synergy_sim_counter {
	SYNERGY_SIM_INST,
	SYNERGY_SIM_SIMD,
	SYNERGY_SIM_VFP,
	SYNERGY_SIM_LOAD,
	SYNERGY_SIM_STORE,
	SYNERGY_SIM_L1D_REFILL,
	SYNERGY_SIM_L1D_WB,
	SYNERGY_SIM_L2D_ACCESS,
	SYNERGY_SIM_L2D_REFILL,
	SYNERGY_SIM_L2D_WB,
	SYNERGY_SIM_BUS,
	SYNERGY_SIM_COUNTERS,
};

#define SYNERGY_SIM_USER	0
#define SYNERGY_SIM_KERNEL	1

/**
 * struct synergy_sim_cpu - one core's counters
 * @count: by privilege (the half of the address space that the code lies in)
 *	and by enum synergy_sim_counter
 * @reserved: 0
 */
struct synergy_sim_cpu {
	__u64 count[2][SYNERGY_SIM_COUNTERS];
	__u64 reserved[10];
};

/**
 * struct synergy_sim_power_model - what draws power; the module writes it
 * @changes: one more after each change; 0: nothing draws any yet
 * @simd_pj: of an advanced-SIMD instruction, on the CPU's rail
 * @bus_pj: of a bus access, on the CPU's rail
 * @inst_pj: of any instruction, on the CPU's rail
 * @dram_pj: of a bus access in the memory, on the memory's own regulator
 * @bus_limit: bus accesses in a microsecond that the memory can do; what is beyond
 *	takes no energy (a real core would wait); 0 no limit
 * @idle_mw: static power of the CPU's rail
 * @gpu_mw: power of the GPU's rail
 * @board_mw: what else the input feeds
 * @feeds_permille: share of the CPU's and GPU's power that the input rail carries
 * @efficiency_permille: of the converters between the input rail and the rest
 * @dram_permille: of the memory's regulator
 * @tau_ns: time constant of each rail: so much later its shunt sees what is drawn
 * @variation_permille: standard deviation of the program's own variation, as a share
 *	of what its work draws
 * @variation_ns: its correlation time
 * @leak_ppm: static power of the CPU's rail rises so much with each degree
 * @ambient_mc: thousandths of a degree at which @idle_mw holds
 * @heat_mk: thousandths of a degree for each watt of the CPU's and the memory's
 * @heat_ms: time constant of the temperature
 * @seed: of the variation
 * @gain_ppm: what the work draws, to what it does by the figures above: the layer's
 *	and run's own, set at each mark
 * @volt_permille: voltage to the nominal one: dynamic power goes with its square
 * @reserved: 0
 */
struct synergy_sim_power_model {
	__u32 changes;
	__u32 simd_pj;
	__u32 bus_pj;
	__u32 inst_pj;
	__u32 dram_pj;
	__u32 bus_limit;
	__u32 idle_mw;
	__u32 gpu_mw;
	__u32 board_mw;
	__u32 feeds_permille;
	__u32 efficiency_permille;
	__u32 dram_permille;
	__u32 tau_ns[SYNERGY_SIM_RAILS];
	__u32 variation_permille;
	__u32 variation_ns;
	__u32 leak_ppm;
	__s32 ambient_mc;
	__u32 heat_mk;
	__u32 heat_ms;
	__u32 seed;
	__u32 gain_ppm;
	__u32 volt_permille;
	__u32 reserved[8];
};

/**
 * struct synergy_sim_entry - the state at one time; straight lines between
 * @time_ns: QEMU's virtual clock (the guest's CNTVCT times its period)
 * @drawn_pj: energy drawn from each rail
 * @seen_pj: what has passed its shunt
 * @reserved: 0
 */
struct synergy_sim_entry {
	__u64 time_ns;
	__u64 drawn_pj[SYNERGY_SIM_RAILS];
	__u64 seen_pj[SYNERGY_SIM_RAILS];
	__u64 reserved;
};

/**
 * struct synergy_sim_slope - how a rail's energy grows after the newest entry
 * @simd: with each advanced-SIMD instruction, in 1/65536 pJ
 * @bus: with each bus access
 * @inst: with each instruction
 * @uw: with time, in uW
 */
struct synergy_sim_slope {
	__u64 simd;
	__u64 bus;
	__u64 inst;
	__u64 uw;
};

/**
 * struct synergy_sim_present - the newest entry, and the way on from it
 * @entry: the newest entry
 * @simd: advanced-SIMD instructions until then, all cores and privileges
 * @bus: bus accesses, the same
 * @inst: instructions, the same
 * @slope: of each rail
 * @millicelsius: temperature
 * @reserved: 0
 */
struct synergy_sim_present {
	struct synergy_sim_entry entry;
	__u64 simd;
	__u64 bus;
	__u64 inst;
	struct synergy_sim_slope slope[SYNERGY_SIM_RAILS];
	__s32 millicelsius;
	__u32 reserved;
};

/**
 * struct synergy_sim_shared - the whole
 * @magic: %SYNERGY_SIM_MAGIC, written last
 * @version: %SYNERGY_SIM_VERSION
 * @size: sizeof(struct synergy_sim_shared)
 * @n_cpus: cores of the virtual machine
 * @flags: %SYNERGY_SIM_F_...
 * @log_step_ns: at most this much executed time lies between two log entries
 * @log_head: entries ever written; the newest is log[(log_head - 1) % entries]
 * @ns_shift: under -icount an instruction takes 1 << @ns_shift nanoseconds
 * @reserved: 0
 * @clock_offset_ns: the guest's CLOCK_MONOTONIC is the virtual clock less this; the
 *	module writes it
 * @rails: names of the rails, comma separated, NUL-terminated; the module writes it
 * @reserved2: 0
 * @model: the module writes it
 * @present: the newest state
 * @cpu: per core, by QEMU's index
 * @log: the last %SYNERGY_SIM_LOG_ENTRIES states
 */
struct synergy_sim_shared {
	__u32 magic;
	__u32 version;
	__u32 size;
	__u32 n_cpus;
	__u32 flags;
	__u32 log_step_ns;
	__u64 log_head;
	__u32 ns_shift;
	__u32 reserved;
	__s64 clock_offset_ns;
	char rails[48];
	__u64 reserved2[4];
	struct synergy_sim_power_model model;
	struct synergy_sim_present present;
	struct synergy_sim_cpu cpu[SYNERGY_SIM_MAX_CPUS];
	struct synergy_sim_entry log[SYNERGY_SIM_LOG_ENTRIES];
};

/* The log is kept: QEMU runs with -icount and its clock could be read. */
#define SYNERGY_SIM_F_LOG	(1U << 0)

#endif /* SYNERGY_SIM_LAYOUT_H */
