// SPDX-License-Identifier: GPL-2.0-only
/*
 * The power law: what the virtual board's rails take, as sums that only grow,
 * so that the energy of any interval is a difference of two and exact.
 *
 *	CPU = cpu_idle + pj_simd * SIMD + pj_bus * bus + pj_inst * instructions
 *	GPU = gpu_idle
 *	IN  = (CPU + GPU + board) / efficiency
 *
 * The defaults place a virtual Jetson TX1 where the papers' figures have the
 * real one: 3.2 nJ for a SIMD instruction, 33 nJ for a bus access. Without
 * shared memory a busy core draws busy_mw above an idle one. The supply is at the
 * low end of what a TX1 module takes (5.5 to 19.6 V): a step of current is then
 * the least power.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "sim.h"

static unsigned int pj_simd = 3200;
module_param(pj_simd, uint, 0444);
MODULE_PARM_DESC(pj_simd, "energy of an advanced-SIMD instruction in pJ (default 3200)");

static unsigned int pj_bus = 33000;
module_param(pj_bus, uint, 0444);
MODULE_PARM_DESC(pj_bus, "energy of a bus access in pJ (default 33000)");

static unsigned int pj_inst = 60;
module_param(pj_inst, uint, 0444);
MODULE_PARM_DESC(pj_inst, "energy of any instruction in pJ (default 60)");

static unsigned int cpu_idle_mw = 190;
module_param(cpu_idle_mw, uint, 0444);
MODULE_PARM_DESC(cpu_idle_mw, "idle power of VDD_CPU in mW (default 190)");

static unsigned int gpu_idle_mw = 120;
module_param(gpu_idle_mw, uint, 0444);
MODULE_PARM_DESC(gpu_idle_mw, "power of VDD_GPU in mW (default 120)");

static unsigned int board_mw = 1700;
module_param(board_mw, uint, 0444);
MODULE_PARM_DESC(board_mw, "what else VDD_IN feeds, in mW (default 1700)");

static unsigned int efficiency_permille = 900;
module_param(efficiency_permille, uint, 0444);
MODULE_PARM_DESC(efficiency_permille, "of the converters between VDD_IN and the rest (default 900)");

static unsigned int busy_mw = 1500;
module_param(busy_mw, uint, 0444);
MODULE_PARM_DESC(busy_mw, "without shared memory: what a busy core adds, in mW (default 1500)");

static unsigned int constant_mw = 300;
module_param(constant_mw, uint, 0444);
MODULE_PARM_DESC(constant_mw, "power of rails on further chips in mW (default 300)");

static unsigned int supply_mv = 5504;
module_param(supply_mv, uint, 0444);
MODULE_PARM_DESC(supply_mv, "voltage at the shunts in mV (default 5504)");

static unsigned int source_mohm = 50;
module_param(source_mohm, uint, 0444);
MODULE_PARM_DESC(source_mohm, "resistance of the supply in mOhm (default 50)");

/**
 * synergy_sim_power_init() - judge the law's parameters
 *
 * Return: 0, or -EINVAL after a line in the log that names the bad one
 */
int synergy_sim_power_init(void)
{
	static const struct {
		const char *name;
		const unsigned int *value;
		unsigned int low, high;
	} limits[] = {
		/* High ends keep sums within 64 bits for weeks. */
		{ "pj_simd", &pj_simd, 0, 1000000 },
		{ "pj_bus", &pj_bus, 0, 10000000 },
		{ "pj_inst", &pj_inst, 0, 100000 },
		{ "cpu_idle_mw", &cpu_idle_mw, 0, 100000 },
		{ "gpu_idle_mw", &gpu_idle_mw, 0, 100000 },
		{ "board_mw", &board_mw, 0, 100000 },
		{ "busy_mw", &busy_mw, 0, 100000 },
		{ "constant_mw", &constant_mw, 0, 100000 },
		{ "efficiency_permille", &efficiency_permille, 100, 1000 },
		{ "supply_mv", &supply_mv, 500, 26000 },
		{ "source_mohm", &source_mohm, 0, 1000 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		if (*limits[i].value >= limits[i].low && *limits[i].value <= limits[i].high)
			continue;
		pr_err("parameter %s=%u is not within %u..%u\n", limits[i].name,
		       *limits[i].value, limits[i].low, limits[i].high);
		return -EINVAL;
	}
	return 0;
}

static u64 cpu_pj(u64 time_ns, const struct synergy_sim_sums *sums)
{
	return cpu_idle_mw * time_ns + pj_simd * sums->simd + pj_bus * sums->bus +
	       pj_inst * sums->inst + busy_mw * sums->busy_ns;
}

/**
 * synergy_sim_energy_pj() - what a rail has taken, but for a constant
 * @rail: enum synergy_sim_rail
 * @time_ns: at this time
 * @sums: the cores' work at that time
 *
 * Return: energy in pJ. Only differences of two mean anything.
 */
u64 synergy_sim_energy_pj(u32 rail, u64 time_ns, const struct synergy_sim_sums *sums)
{
	switch (rail) {
	case SYNERGY_SIM_VDD_CPU:
		return cpu_pj(time_ns, sums);
	case SYNERGY_SIM_VDD_GPU:
		return gpu_idle_mw * time_ns;
	case SYNERGY_SIM_VDD_IN:
		return mul_u64_u32_div(cpu_pj(time_ns, sums) +
				       (u64)(gpu_idle_mw + board_mw) * time_ns,
				       1000, efficiency_permille);
	default:
		return constant_mw * time_ns;
	}
}

/**
 * synergy_sim_mean_uw() - a rail's mean power between two moments
 * @rail: enum synergy_sim_rail
 * @begin_ns: begin
 * @end_ns: end, later than @begin_ns and not in the future
 *
 * Return: power in uW
 */
u64 synergy_sim_mean_uw(u32 rail, u64 begin_ns, u64 end_ns)
{
	struct synergy_sim_sums begin = {}, end = {};
	u64 pj;

	if (rail != SYNERGY_SIM_VDD_GPU && rail < SYNERGY_SIM_LAW_RAILS) {
		synergy_sim_at(begin_ns, &begin);
		synergy_sim_at(end_ns, &end);
	}
	pj = synergy_sim_energy_pj(rail, end_ns, &end) -
	     synergy_sim_energy_pj(rail, begin_ns, &begin);
	return div64_u64(pj * 1000, end_ns - begin_ns);
}

/**
 * synergy_sim_supply_mv() - voltage of a rail before the source's resistance
 * @rail: enum synergy_sim_rail
 *
 * Return: in mV
 */
u32 synergy_sim_supply_mv(u32 rail)
{
	/* The processor's rails are measured before their converters. */
	return rail < SYNERGY_SIM_CONSTANT ? supply_mv : min(supply_mv, 5000U);
}

/**
 * synergy_sim_source_mohm() - resistance of the supply
 *
 * Return: in mOhm
 */
u32 synergy_sim_source_mohm(void)
{
	return source_mohm;
}
