/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What firmware would say of a simulated chip: its node and those of its three
 * channels, as software nodes, or on kernels that have none as device tree.
 */
#ifndef SYNERGY_SIM_NODES_H
#define SYNERGY_SIM_NODES_H

#include <linux/of.h>
#include <linux/property.h>
#include "../compat.h"

#define SYNERGY_SIM_CHANNELS	3
#define SYNERGY_SIM_NODES	4	/* the chip, and its channels */

/**
 * struct synergy_sim_nodes - a chip and its channels as firmware would describe them
 * @node: the chip's, then the channels'
 * @property: of the channels; an empty one ends them
 * @name: of the channels
 * @group: @node as they are registered, and an end
 * @cells: what the properties of numbers hold
 */
struct synergy_sim_nodes {
#ifdef SYNERGY_SOFTWARE_NODES
	struct software_node node[SYNERGY_SIM_NODES];
	struct property_entry property[SYNERGY_SIM_CHANNELS][4];
	char name[SYNERGY_SIM_CHANNELS][16];
	const struct software_node *group[5];
#else
	struct device_node node[SYNERGY_SIM_NODES];
	struct property property[SYNERGY_SIM_CHANNELS][3];
	char name[SYNERGY_SIM_CHANNELS][16];
	__be32 cells[SYNERGY_SIM_CHANNELS][2];
#endif
};

struct i2c_board_info;

/* Channel 0, 1 or 2; before it is declared. */
void synergy_sim_nodes_channel(struct synergy_sim_nodes *nodes, u32 channel, const char *label,
			       u32 shunt_uohm);
/* The device to be is what the nodes say. 0 or a negative errno. */
int synergy_sim_nodes_declare(struct synergy_sim_nodes *nodes, struct i2c_board_info *info);
/* No device is of these nodes any more. */
void synergy_sim_nodes_release(struct synergy_sim_nodes *nodes);

#endif /* SYNERGY_SIM_NODES_H */
