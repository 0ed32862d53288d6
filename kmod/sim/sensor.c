// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes a channel's figures wrong by the same part for as long as it lives: the
 * amplifier's offset, its gain, and the shunt, whose resistance is not what is printed
 * on it. Figures of each channel, or drawn: another board each.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/module.h>

#include "board.h"
#include "sim.h"

static int offset_uv[3];
module_param_array(offset_uv, int, NULL, 0444);
MODULE_PARM_DESC(offset_uv, "shunt offset of each channel in uV (default 0; a real chip has up to 80)");

static int gain_error_ppm[3];
module_param_array(gain_error_ppm, int, NULL, 0444);
MODULE_PARM_DESC(gain_error_ppm, "gain error of each channel in parts per million (default 0; a real chip has up to 2500)");

static int shunt_error_ppm[3];
module_param_array(shunt_error_ppm, int, NULL, 0444);
MODULE_PARM_DESC(shunt_error_ppm, "each channel's shunt has so much more resistance than stated (default 0; shunts are good to 10000)");

static unsigned int sensor_seed;
module_param(sensor_seed, uint, 0444);
MODULE_PARM_DESC(sensor_seed, "draw offsets, gains and shunts of each channel as the board's vary, and add them (default 0: do not)");

enum drawn { DRAWN_OFFSET, DRAWN_GAIN, DRAWN_SHUNT };

/**
 * synergy_sim_sensor_check() - judge the parameters
 *
 * Return: 0, or -EINVAL after a line in the log that names the bad one
 */
int synergy_sim_sensor_check(void)
{
	u32 ch;

	for (ch = 0; ch < ARRAY_SIZE(offset_uv); ch++)
		if (!synergy_sim_in_limits("offset_uv", offset_uv[ch], -163840, 163840) ||
		    !synergy_sim_in_limits("gain_error_ppm", gain_error_ppm[ch], -500000, 500000) ||
		    !synergy_sim_in_limits("shunt_error_ppm", shunt_error_ppm[ch], -500000, 500000))
			return -EINVAL;
	return 0;
}

/* Four evenly spread numbers make a bell, as for noise (chip.c). */
static s64 draw(const struct synergy_sim_chip *chip, u32 channel, enum drawn what, u32 sigma)
{
	u64 bits = synergy_sim_mix(synergy_sim_mix((u64)sensor_seed << 32 | chip->key) +
				   channel * 4 + what);
	s64 sum = (s64)(bits & 0xffff) + (s64)(bits >> 16 & 0xffff) +
		  (s64)(bits >> 32 & 0xffff) + (s64)(bits >> 48) - 2 * 0xffff;

	return sensor_seed ? div_s64(sum * sigma, 37837) : 0;
}

/**
 * synergy_sim_sensor_nv() - what the converter sees
 * @chip: the chip
 * @channel: of it
 * @nv: voltage at a shunt as good as stated
 *
 * Return: in nV
 */
s64 synergy_sim_sensor_nv(const struct synergy_sim_chip *chip, u32 channel, s64 nv)
{
	const struct synergy_sim_board *board = synergy_sim_board();
	s64 ppm = gain_error_ppm[channel] + shunt_error_ppm[channel] +
		  draw(chip, channel, DRAWN_GAIN, board->gain_ppm) +
		  draw(chip, channel, DRAWN_SHUNT, board->shunt_ppm);
	s64 uv = offset_uv[channel] + draw(chip, channel, DRAWN_OFFSET, board->offset_uv);

	return nv + div_s64(nv * ppm, 1000000) + uv * 1000;
}
