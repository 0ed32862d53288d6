// SPDX-License-Identifier: GPL-2.0-only
/*
 * The power model: what the virtual board's rails take, as sums that only grow,
 * so that the energy of any interval is a difference of two and exact.
 *
 *	CPU = idle + gain * (pj_simd * SIMD + pj_bus * bus + pj_inst * instructions)
 *	GPU = gpu_idle
 *	IN  = (feeds * (CPU + GPU) + board) / efficiency + pj_dram * bus / its efficiency
 *
 * Where QEMU's plugin shares its memory it is the plugin that works this out, step by
 * step, with what a board has beside it (variation, temperature, voltage, time
 * constants; scripts/board/plugin/power.h), and the log has the energies. Elsewhere
 * the sums of instructions are put into the model here; without shared memory a busy core
 * draws busy_mw above an idle one. The figures are the board's (board.c) unless a
 * parameter gives another.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "board.h"
#include "sim.h"

#define OF_BOARD	UINT_MAX	/* a parameter that was not given */

#define POWER_PARAM(name, what)						\
	static unsigned int name = OF_BOARD;				\
	module_param(name, uint, 0444);					\
	MODULE_PARM_DESC(name, what " (default: the board's)")

POWER_PARAM(pj_simd, "energy of an advanced-SIMD instruction in pJ, on the CPU's rail");
POWER_PARAM(pj_bus, "energy of a bus access in pJ, on the CPU's rail");
POWER_PARAM(pj_inst, "energy of any instruction in pJ, on the CPU's rail");
POWER_PARAM(pj_dram, "energy of a bus access in pJ, in the memory, which VDD_IN feeds");
POWER_PARAM(bus_limit, "bus accesses in a microsecond that the memory can do; 0 no limit");
POWER_PARAM(cpu_idle_mw, "idle power of VDD_CPU in mW");
POWER_PARAM(gpu_idle_mw, "power of VDD_GPU in mW");
POWER_PARAM(board_mw, "what else VDD_IN feeds, in mW");
POWER_PARAM(efficiency_permille, "of the converters between VDD_IN and the rest");
POWER_PARAM(dram_efficiency_permille, "of the memory's regulator");
POWER_PARAM(tau_in_ns, "time constant of VDD_IN in ns");
POWER_PARAM(tau_gpu_ns, "time constant of VDD_GPU in ns");
POWER_PARAM(tau_cpu_ns, "time constant of VDD_CPU in ns");
POWER_PARAM(variation_permille,
	    "the program's own variation, standard deviation of what its work draws");
POWER_PARAM(variation_ns, "its correlation time in ns");
POWER_PARAM(leak_ppm, "VDD_CPU's idle power rises by so many parts per million with each degree");
POWER_PARAM(heat_mk, "thousandths of a degree for each watt");
POWER_PARAM(heat_ms, "time constant of the temperature in ms");
POWER_PARAM(power_seed, "seed of the variation and of layers' runs");
POWER_PARAM(run_ppm, "standard deviation of a layer's power from run to run");
POWER_PARAM(constant_mw, "power of rails on further chips in mW");
POWER_PARAM(supply_mv, "voltage at the shunts in mV");
POWER_PARAM(source_mohm, "resistance of the supply in mOhm");

static unsigned int busy_mw = 1500;
module_param(busy_mw, uint, 0444);
MODULE_PARM_DESC(busy_mw, "without shared memory: what a busy core adds, in mW (default 1500)");

static struct synergy_sim_power_model model;

/* Parameters that are figures of the model; high ends keep sums within 64 bits for weeks. */
#define OF_MODEL(param, field, low, high)	{ #param, &(param), &model.field, low, high }
static const struct {
	const char *name;
	unsigned int *value;
	u32 *figure;		/* NULL: not one of the model's */
	unsigned int low, high;
} parameters[] = {
	OF_MODEL(pj_simd, simd_pj, 0, 1000000),
	OF_MODEL(pj_bus, bus_pj, 0, 10000000),
	OF_MODEL(pj_inst, inst_pj, 0, 100000),
	OF_MODEL(pj_dram, dram_pj, 0, 10000000),
	OF_MODEL(bus_limit, bus_limit, 0, 100000),
	OF_MODEL(cpu_idle_mw, idle_mw, 0, 100000),
	OF_MODEL(gpu_idle_mw, gpu_mw, 0, 100000),
	OF_MODEL(board_mw, board_mw, 0, 100000),
	OF_MODEL(efficiency_permille, efficiency_permille, 100, 1000),
	OF_MODEL(dram_efficiency_permille, dram_permille, 100, 1000),
	OF_MODEL(tau_in_ns, tau_ns[SYNERGY_SIM_VDD_IN], 0, 10000000),
	OF_MODEL(tau_gpu_ns, tau_ns[SYNERGY_SIM_VDD_GPU], 0, 10000000),
	OF_MODEL(tau_cpu_ns, tau_ns[SYNERGY_SIM_VDD_CPU], 0, 10000000),
	OF_MODEL(variation_permille, variation_permille, 0, 1000),
	OF_MODEL(variation_ns, variation_ns, 0, 1000000000),
	OF_MODEL(leak_ppm, leak_ppm, 0, 100000),
	OF_MODEL(heat_mk, heat_mk, 0, 100000),
	OF_MODEL(heat_ms, heat_ms, 0, 1000000),
	OF_MODEL(power_seed, seed, 0, OF_BOARD - 1),
	{ "run_ppm", &run_ppm, NULL, 0, 300000 },
	{ "constant_mw", &constant_mw, NULL, 0, 100000 },
	{ "supply_mv", &supply_mv, NULL, 500, 26000 },
	{ "source_mohm", &source_mohm, NULL, 0, 1000 },
	{ "busy_mw", &busy_mw, NULL, 0, 100000 },
};

static void of_board(unsigned int *param, u32 figure)
{
	if (*param == OF_BOARD)
		*param = figure;
}

/**
 * synergy_sim_power_init() - make the model of the board and the parameters
 *
 * Return: 0, or -EINVAL after a line in the log that names the bad one
 */
int synergy_sim_power_init(void)
{
	const struct synergy_sim_board *board;
	size_t i;

	if (synergy_sim_board_init())
		return -EINVAL;
	board = synergy_sim_board();
	model = board->model;
	of_board(&run_ppm, board->run_ppm);
	of_board(&constant_mw, board->constant_mw);
	of_board(&supply_mv, board->supply_mv);
	of_board(&source_mohm, board->source_mohm);
	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		if (parameters[i].figure)
			of_board(parameters[i].value, *parameters[i].figure);
		if (*parameters[i].value < parameters[i].low ||
		    *parameters[i].value > parameters[i].high) {
			pr_err("parameter %s=%u is not within %u..%u\n", parameters[i].name,
			       *parameters[i].value, parameters[i].low, parameters[i].high);
			return -EINVAL;
		}
		if (parameters[i].figure)
			*parameters[i].figure = *parameters[i].value;
	}
	return 0;
}

/**
 * synergy_sim_power_begin() - from now on the rails draw power
 *
 * After synergy_sim_frequency_init(). Where there is shared memory the plugin gets the
 * model, with the voltage of this boot's clock.
 */
void synergy_sim_power_begin(void)
{
	struct synergy_sim_power_model *shared = synergy_sim_shared_model();

	model.volt_permille = synergy_sim_volts_permille();
	if (shared)
		*shared = model;
}

/**
 * synergy_sim_power_end() - and from now on they do not
 */
void synergy_sim_power_end(void)
{
	struct synergy_sim_power_model *shared = synergy_sim_shared_model();

	if (shared)
		shared->changes = 0;
}

static u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/**
 * synergy_sim_power_layer() - a layer begins or ends: what its work draws in this run
 * @begins: it begins
 * @id: of its marks
 * @cookie: the same; distinguishes runs
 *
 * On the measured core, between the mark and the layer.
 */
void synergy_sim_power_layer(bool begins, u32 id, u64 cookie)
{
	struct synergy_sim_power_model *shared = run_ppm ? synergy_sim_shared_model() : NULL;
	s64 sum;
	u64 bits;

	if (!shared)
		return;
	if (!begins) {
		shared->gain_ppm = model.gain_ppm;
		return;
	}
	/* Four evenly spread numbers: sigma of the sum is 65536 / sqrt(3) = 37837. */
	bits = mix(mix((u64)model.seed << 32 | id) + cookie);
	sum = (s64)(bits & 0xffff) + (s64)(bits >> 16 & 0xffff) +
	      (s64)(bits >> 32 & 0xffff) + (s64)(bits >> 48) - 2 * 0xffff;
	shared->gain_ppm = model.gain_ppm + (s32)div_s64(sum * run_ppm, 37837);
}

static u64 cpu_pj(u64 time_ns, const struct synergy_sim_sums *sums)
{
	return model.idle_mw * time_ns + model.simd_pj * sums->simd + model.bus_pj * sums->bus +
	       model.inst_pj * sums->inst + busy_mw * sums->busy_ns;
}

static u64 input_pj(u64 time_ns, const struct synergy_sim_sums *sums)
{
	u64 fed = cpu_pj(time_ns, sums) + (u64)model.gpu_mw * time_ns;

	return mul_u64_u32_div(mul_u64_u32_div(fed, model.feeds_permille, 1000) +
			       (u64)model.board_mw * time_ns, 1000, model.efficiency_permille) +
	       mul_u64_u32_div(model.dram_pj * sums->bus, 1000, model.dram_permille);
}

/* What a rail has taken by the model, but for a constant. */
static u64 model_pj(u32 rail, u64 time_ns, const struct synergy_sim_sums *sums)
{
	switch (rail) {
	case SYNERGY_SIM_VDD_CPU:
		return cpu_pj(time_ns, sums);
	case SYNERGY_SIM_VDD_GPU:
		return (u64)model.gpu_mw * time_ns;
	case SYNERGY_SIM_VDD_IN:
		return input_pj(time_ns, sums);
	default:
		return (u64)constant_mw * time_ns;
	}
}

/**
 * synergy_sim_drawn() - what the rails of the model have taken up to now, but for a constant
 * @sums: the cores' work up to now
 * @pj: energy of each in pJ; only differences of two mean anything
 *
 * Any context.
 */
void synergy_sim_drawn(const struct synergy_sim_sums *sums, u64 *pj)
{
	u64 time_ns;
	u32 rail;

	if (synergy_sim_logged()) {
		synergy_sim_log_present(sums, pj);
		return;
	}
	time_ns = ktime_get_ns();
	for (rail = 0; rail < SYNERGY_SIM_MODEL_RAILS; rail++)
		pj[rail] = model_pj(rail, time_ns, sums);
}

/**
 * synergy_sim_mean_uw() - a rail's mean power between two times, as its shunt sees it
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

	if (rail < SYNERGY_SIM_MODEL_RAILS && synergy_sim_logged()) {
		pj = synergy_sim_log_seen(rail, end_ns) - synergy_sim_log_seen(rail, begin_ns);
		return div64_u64(pj * 1000, end_ns - begin_ns);
	}
	if (rail != SYNERGY_SIM_VDD_GPU && rail < SYNERGY_SIM_MODEL_RAILS) {
		synergy_sim_at(begin_ns, &begin);
		synergy_sim_at(end_ns, &end);
	}
	pj = model_pj(rail, end_ns, &end) - model_pj(rail, begin_ns, &begin);
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
