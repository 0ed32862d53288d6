// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boards by name, as hard as real ones, and what their sensors may be off by. The
 * sources of the values are in each entry; limits of offset, gain and shunt are the
 * INA3221's data sheet's (SBOS576) and those of 1 % resistors.
 */
#include <math.h>
#include <string.h>

#include "lab.h"

#define OFFSET_UV	80.0	/* at most; 40 typical */
#define GAIN		0.0025	/* at most */
#define SHUNT		0.01	/* tolerance of a board's shunt */

const struct lab_board lab_boards[LAB_BOARDS] = {
	{
		.name = "classic",
		.source = "the virtual board's first law: 5 V, an even supply, noise of 15 mW",
		.mv = { 5000, 5000 }, .shunt_uohm = { 20000, 10000 },
		.white_uw = { 10e3, 15e3 }, .program_tau_ns = 5e5,
		.run_time_sd = 0.0005, .run_power_sd = 0, .clock = 0.001,
		.offset_uv = OFFSET_UV, .gain = GAIN, .shunt = SHUNT,	/* where they are drawn */
	}, {
		.name = "tx1",
		.source = "public recordings of a TX1: noise of successive conversions 0.28 W at 1.2 GHz",
		.mv = { 19260, 19260 }, .shunt_uohm = { 20000, 10000 },
		.white_uw = { 130e3, 180e3 }, .program_uw = { 180e3, 200e3 }, .program_tau_ns = 5e5,
		.run_power_sd = 0.01, .run_time_sd = 0.003, .all_power_sd = 0.003, .drift = 0.01,
		.lag_ns = 10e3, .clock = 0.03,
		.offset_uv = OFFSET_UV, .gain = GAIN, .shunt = SHUNT, .watts = 2.0,
	}, {
		.name = "tx1-loud",
		.source = "the same at 1.7 GHz: 0.40 to 0.67 W",
		.mv = { 19260, 19260 }, .shunt_uohm = { 20000, 10000 },
		.white_uw = { 250e3, 400e3 }, .program_uw = { 350e3, 400e3 }, .program_tau_ns = 2e6,
		.run_power_sd = 0.01, .run_time_sd = 0.003, .all_power_sd = 0.003, .drift = 0.01,
		.lag_ns = 50e3, .clock = 0.05,
		.offset_uv = OFFSET_UV, .gain = GAIN, .shunt = SHUNT, .watts = 2.5,
	}, {
		.name = "orin-nano",
		.source = "a public trace of an Orin Nano: 73 and 30 mW, steps of 40 mW",
		.mv = { 5000, 5000 }, .shunt_uohm = { 5000, 5000 },
		.white_uw = { 60e3, 25e3 }, .program_uw = { 100e3, 100e3 }, .program_tau_ns = 5e5,
		.run_power_sd = 0.01, .run_time_sd = 0.003, .all_power_sd = 0.002, .drift = 0.005,
		.lag_ns = 20e3, .clock = 0.03,
		.offset_uv = OFFSET_UV, .gain = GAIN, .shunt = SHUNT, .watts = 3.5,
	}, {
		.name = "agx-orin",
		.source = "public traces of an AGX Orin: steps of 400 mW, 73 to 96 % of values repeat",
		.mv = { 20000, 20000 }, .shunt_uohm = { 2000, 2000 },
		.white_uw = { 100e3, 100e3 }, .program_uw = { 150e3, 150e3 }, .program_tau_ns = 5e5,
		.run_power_sd = 0.01, .run_time_sd = 0.003, .all_power_sd = 0.002, .drift = 0.005,
		.lag_ns = 100e3, .clock = 0.05,
		.offset_uv = OFFSET_UV, .gain = GAIN, .shunt = SHUNT, .watts = 6.0,
	}, {
		.name = "coarse",
		.source = "an AGX Orin quieter than any seen: a tenth of a step of noise",
		.mv = { 20000, 20000 }, .shunt_uohm = { 2000, 2000 },
		.white_uw = { 40e3, 40e3 }, .program_uw = { 40e3, 40e3 }, .program_tau_ns = 5e5,
		.run_power_sd = 0.01, .run_time_sd = 0.003, .all_power_sd = 0.002, .drift = 0.005,
		.lag_ns = 1e3, .clock = 0.01,
		.offset_uv = OFFSET_UV, .gain = GAIN, .shunt = SHUNT, .watts = 4.5,
	},
};

const struct lab_board *lab_board_find(const char *name)
{
	size_t i;

	for (i = 0; i < LAB_BOARDS; i++)
		if (!strcmp(lab_boards[i].name, name))
			return &lab_boards[i];
	return NULL;
}

struct lab_sensor lab_board_draw(const struct lab_board *b, struct lab_random *r)
{
	struct lab_sensor s;

	do {
		s.offset_uv = b->offset_uv / 2 * lab_normal(r);
	} while (fabs(s.offset_uv) > b->offset_uv);
	s.gain = lab_between(r, -b->gain, b->gain);
	s.shunt = lab_between(r, -b->shunt, b->shunt);
	return s;
}
