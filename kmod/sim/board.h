/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boards that the simulator can be, by name: what their rails draw, and through
 * which shunts, and how good their sensors are. Parameters of the module override
 * single figures.
 */
#ifndef SYNERGY_SIM_BOARD_H
#define SYNERGY_SIM_BOARD_H

#include <linux/types.h>
#include "layout.h"
#include "sim.h"

#define SYNERGY_SIM_BOARD_RAILS	24	/* of eight chips */

/**
 * struct synergy_sim_board - one board
 * @name: as it is asked for
 * @rails: of its chips, in the order of chips and channels
 * @supply_mv: voltage at the shunts of the processor's rails
 * @source_mohm: resistance of the supply
 * @noise_uv: standard deviation of a shunt conversion
 * @noise_bus_uv: standard deviation of a bus voltage conversion
 * @offset_uv: standard deviation of a channel's offset, where boards are drawn
 * @gain_ppm: standard deviation of a channel's gain, the same
 * @shunt_ppm: standard deviation of a shunt's resistance, the same
 * @constant_mw: power of further rails
 * @run_ppm: standard deviation of a layer's power from run to run
 * @model: what draws power
 */
struct synergy_sim_board {
	const char *name;
	struct {
		const char *label;
		u32 rail;		/* enum synergy_sim_rail */
		u32 shunt_uohm;
	} rails[SYNERGY_SIM_BOARD_RAILS];
	u32 supply_mv;
	u32 source_mohm;
	u32 noise_uv;
	u32 noise_bus_uv;
	u32 offset_uv;
	u32 gain_ppm;
	u32 shunt_ppm;
	u32 constant_mw;
	u32 run_ppm;
	struct synergy_sim_power_model model;
};

/* The one that was asked for; after synergy_sim_power_init(). */
const struct synergy_sim_board *synergy_sim_board(void);
/* What that board calls a rail of the model. */
const char *synergy_sim_rail_name(u32 rail);

#endif /* SYNERGY_SIM_BOARD_H */
