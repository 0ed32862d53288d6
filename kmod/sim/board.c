// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boards' figures. Those of real boards are from data sheets, the kernel's device
 * trees and public recordings; where nobody has measured, a figure says "chosen".
 *
 * What one INA3221 may be off (SBOS576): offset 80 uV at most, so 40 is its standard
 * deviation; gain 0.25 % at most, 0.14 % the standard deviation of an even spread; shunts
 * of boards are of 1 %: 0.58 % likewise.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "board.h"

#define SENSOR	.offset_uv = 40, .gain_ppm = 1400, .shunt_ppm = 5800

/* The carrier board's, as in tegra210-p2597.dtsi (0x42, 0x43). */
#define TX1_CARRIER								\
	{ "VDD_MUX", SYNERGY_SIM_CONSTANT, 20000 },				\
	{ "VDD_5V_IO_SYS", SYNERGY_SIM_CONSTANT, 5000 },			\
	{ "VDD_3V3_SYS", SYNERGY_SIM_CONSTANT, 10000 },				\
	{ "VDD_3V3_IO_SLP", SYNERGY_SIM_CONSTANT, 10000 },			\
	{ "VDD_1V8_IO", SYNERGY_SIM_CONSTANT, 10000 },				\
	{ "VDD_M2_IN", SYNERGY_SIM_CONSTANT, 10000 }

/* tegra210-p2180.dtsi (0x40) */
#define TX1_MODULE								\
	{ "VDD_IN", SYNERGY_SIM_VDD_IN, 20000 },				\
	{ "VDD_GPU", SYNERGY_SIM_VDD_GPU, 10000 },				\
	{ "VDD_CPU", SYNERGY_SIM_VDD_CPU, 10000 }

/*
 * A TX1 as a network meets it, from recordings at 1734 MHz: program means of 1.1 to
 * 2.9 W on VDD_CPU, layers two to one apart. A core that does anything takes some
 * 0.7 W, SIMD at full rate 1.4 W, the caches and the bus up to 0.65 W; the memory is
 * on a regulator of its own: 8 nJ for 16 bytes (62 pJ a bit, of LPDDR4 and its
 * controller; chosen) make 4 W at 8 GB/s, which is what one core gets. The supply:
 * V = 19.264 - 0.013 I, with a standard deviation of 11 to 20 mV. A shunt follows within
 * tens of microseconds (converter and capacitors; chosen). Power rises by some per mille
 * with each degree, 5 degrees for each watt within some ten seconds (chosen).
 */
#define TX1_MODEL									\
	.changes = 1, .simd_pj = 2400, .bus_pj = 1500, .inst_pj = 700,		\
	.dram_pj = 8000, .bus_limit = 500, .idle_mw = 360, .gpu_mw = 120,	\
	.board_mw = 1700,							\
	.feeds_permille = 1000, .efficiency_permille = 900, .dram_permille = 850,	\
	.tau_ns = { 100000, 20000, 20000 }, .leak_ppm = 3000, .ambient_mc = 35000,	\
	.heat_mk = 5000, .heat_ms = 10000, .seed = 1, .gain_ppm = 1000000,	\
	.volt_permille = 1000

static const struct synergy_sim_board boards[] = {
	{
		/*
		 * The board that this project began with: the papers' coefficients (3.2 nJ
		 * for a SIMD instruction, 33 nJ for a bus access) all on the CPU's rail, a
		 * supply at the low end of what a TX1 module takes (5.5 to 19.6 V), and a
		 * sensor without faults.
		 */
		.name = "classic",
		.rails = { TX1_MODULE, TX1_CARRIER },
		.supply_mv = 5504, .source_mohm = 50,
		.noise_uv = 20, .noise_bus_uv = 4000, .constant_mw = 300,
		.model = {
			.changes = 1, .simd_pj = 3200, .bus_pj = 33000, .inst_pj = 60,
			.idle_mw = 190, .gpu_mw = 120, .board_mw = 1700,
			.feeds_permille = 1000, .efficiency_permille = 900,
			.dram_permille = 1000, .seed = 1, .gain_ppm = 1000000,
			.volt_permille = 1000,
		},
	},
	{
		/*
		 * Noise of successive conversions 0.28 W on VDD_CPU: 0.2 W of it white (104 uV
		 * at 19.26 V and 10 mOhm), 0.2 W the program's own, a ninth of what its work
		 * draws, correlated over half a millisecond (the parts: chosen).
		 */
		.name = "tx1",
		.rails = { TX1_MODULE, TX1_CARRIER },
		.supply_mv = 19264, .source_mohm = 13,
		.noise_uv = 104, .noise_bus_uv = 15000, .constant_mw = 300, SENSOR,
		.run_ppm = 10000,
		.model = { TX1_MODEL, .variation_permille = 110, .variation_ns = 500000 },
	},
	{
		/* 0.6 W: 0.42 W white, 0.42 W the program's, over two milliseconds. */
		.name = "tx1-loud",
		.rails = { TX1_MODULE, TX1_CARRIER },
		.supply_mv = 19264, .source_mohm = 13,
		.noise_uv = 218, .noise_bus_uv = 20000, .constant_mw = 300, SENSOR,
		.run_ppm = 10000,
		.model = { TX1_MODEL, .variation_permille = 230, .variation_ns = 2000000 },
	},
	{
		/*
		 * Orin Nano (tegra234-p3767.dtsi: 5 mOhm each; 5 V at the shunts): idle 6146,
		 * 1621 and 2310 mW, noise 73, 30 and 9 mW (25 mW are 25 uV there). What work
		 * draws: chosen.
		 */
		.name = "orin-nano",
		.rails = {
			{ "VDD_IN", SYNERGY_SIM_VDD_IN, 5000 },
			{ "VDD_CPU_GPU_CV", SYNERGY_SIM_VDD_CPU, 5000 },
			{ "VDD_SOC", SYNERGY_SIM_VDD_GPU, 5000 },
		},
		.supply_mv = 5000, .source_mohm = 20,
		.noise_uv = 25, .noise_bus_uv = 4000, .constant_mw = 300, SENSOR,
		.run_ppm = 10000,
		.model = {
			.changes = 1, .simd_pj = 2600, .bus_pj = 1500, .inst_pj = 900,
			.dram_pj = 5000, .bus_limit = 900,
			.idle_mw = 1621, .gpu_mw = 2310, .board_mw = 1600,
			.feeds_permille = 1000, .efficiency_permille = 900,
			.dram_permille = 850, .tau_ns = { 200000, 50000, 50000 },
			.variation_permille = 50, .variation_ns = 500000, .leak_ppm = 3000,
			.ambient_mc = 40000, .heat_mk = 2500, .heat_ms = 15000, .seed = 1,
			.gain_ppm = 1000000, .volt_permille = 1000,
		},
	},
	{
		/*
		 * AGX Orin (tegra234-p3701.dtsi, 0x40: 2 mOhm each; 20 V): 3.5 to 4.1 W idle,
		 * 4.4 to 7 W busy on VDD_GPU_SOC and VDD_CPU_CV, noise 0.5 to 0.84 W (0.6 W
		 * are 60 uV there). No rail carries all: VIN_SYS_5V0 has what they do not.
		 */
		.name = "agx-orin",
		.rails = {
			{ "VDD_GPU_SOC", SYNERGY_SIM_VDD_GPU, 2000 },
			{ "VDD_CPU_CV", SYNERGY_SIM_VDD_CPU, 2000 },
			{ "VIN_SYS_5V0", SYNERGY_SIM_VDD_IN, 2000 },
		},
		.supply_mv = 20000, .source_mohm = 10,
		.noise_uv = 60, .noise_bus_uv = 8000, .constant_mw = 300, SENSOR,
		.run_ppm = 10000,
		.model = {
			.changes = 1, .simd_pj = 2400, .bus_pj = 1500, .inst_pj = 900,
			.dram_pj = 5000, .bus_limit = 900,
			.idle_mw = 3600, .gpu_mw = 3900, .board_mw = 3000,
			.feeds_permille = 0, .efficiency_permille = 900,
			.dram_permille = 850, .tau_ns = { 300000, 50000, 50000 },
			.variation_permille = 50, .variation_ns = 500000, .leak_ppm = 3000,
			.ambient_mc = 40000, .heat_mk = 1000, .heat_ms = 20000, .seed = 1,
			.gain_ppm = 1000000, .volt_permille = 1000,
		},
	},
};

static char *board = "classic";
module_param(board, charp, 0444);
MODULE_PARM_DESC(board, "which board this is: classic (default), tx1, tx1-loud, orin-nano, agx-orin");

static const struct synergy_sim_board *chosen = boards;

const struct synergy_sim_board *synergy_sim_board(void)
{
	return chosen;
}

const char *synergy_sim_rail_name(u32 rail)
{
	u32 i;

	for (i = 0; i < SYNERGY_SIM_BOARD_RAILS && chosen->rails[i].label; i++)
		if (chosen->rails[i].rail == rail)
			return chosen->rails[i].label;
	return "none";
}

/**
 * synergy_sim_board_init() - find the board that is asked for
 *
 * Return: 0, or -EINVAL after a line in the log
 */
int synergy_sim_board_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(boards); i++) {
		if (strcmp(board, boards[i].name))
			continue;
		chosen = &boards[i];
		return 0;
	}
	pr_err("parameter board=%s is none of classic, tx1, tx1-loud, orin-nano, agx-orin\n",
	       board);
	return -EINVAL;
}
