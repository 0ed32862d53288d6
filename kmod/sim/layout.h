/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that QEMU's plugin (scripts/board/plugin) writes and the simulator
 * module reads: what each virtual core has executed, and when. Both include
 * this file; nothing else may define the layout. It travels as an ivshmem
 * device's BAR 2 (PCI 1af4:1110), in the machine's own byte order.
 *
 * The plugin is the only writer. It runs in the one thread that executes all
 * cores, and the reader is code executed by that same thread, so what a reader
 * sees is complete up to the translation block it is in.
 */
#ifndef SYNERGY_SIM_LAYOUT_H
#define SYNERGY_SIM_LAYOUT_H

#include <linux/types.h>

#define SYNERGY_SIM_MAGIC	0x4d53594eU	/* "NYSM" */
#define SYNERGY_SIM_VERSION	1
#define SYNERGY_SIM_MAX_CPUS	8
#define SYNERGY_SIM_LOG_ENTRIES	65536		/* a power of two */

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
 * struct synergy_sim_entry - the state at one moment; straight lines between
 * @time_ns: QEMU's virtual clock (the guest's CNTVCT times its period)
 * @simd: advanced-SIMD instructions, all cores and privileges
 * @bus: bus accesses, the same
 * @inst: instructions, the same
 */
struct synergy_sim_entry {
	__u64 time_ns;
	__u64 simd;
	__u64 bus;
	__u64 inst;
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
 * @reserved: 0
 * @cpu: per core, by QEMU's index
 * @log: the last %SYNERGY_SIM_LOG_ENTRIES moments
 */
struct synergy_sim_shared {
	__u32 magic;
	__u32 version;
	__u32 size;
	__u32 n_cpus;
	__u32 flags;
	__u32 log_step_ns;
	__u64 log_head;
	__u64 reserved[12];
	struct synergy_sim_cpu cpu[SYNERGY_SIM_MAX_CPUS];
	struct synergy_sim_entry log[SYNERGY_SIM_LOG_ENTRIES];
};

/* The log is kept: QEMU runs with -icount and its clock could be read. */
#define SYNERGY_SIM_F_LOG	(1U << 0)

#endif /* SYNERGY_SIM_LAYOUT_H */
