// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware says of a chip's rails: labels, shunts, what is switched off. Device
 * tree, software nodes, or nothing at all (new_device).
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/property.h>
#include <linux/string.h>

#include "internal.h"

#define SHUNT_DEFAULT_UOHM	10000	/* the ti,ina3221 binding's default */
#define OFFSET_MOST_UV		2000	/* a chip's own is 80 at most; routing adds to it */

static uint shunt_uohm[SYNERGY_CHANNELS];
module_param_array(shunt_uohm, uint, NULL, 0644);
MODULE_PARM_DESC(shunt_uohm,
		 "Shunt resistances of channels 1..3 in microohms, for chips without properties (default 0: 10000 is assumed)");

static bool label_taken(const struct synergy_rail *rail, const char *label)
{
	u32 i;

	for (i = 0; i < SYNERGY_MAX_RAILS; i++)
		if (i != rail->index && !strcmp(synergy_board.rails[i].label, label))
			return true;
	return false;
}

/* As it fits; then with the chip, then with the channel, too, until it is the only one. */
static void set_label(struct synergy_rail *rail, const char *label)
{
	char text[SYNERGY_LABEL_LEN];

	snprintf(text, sizeof(text), "%s", label);
	if (label_taken(rail, text))
		snprintf(text, sizeof(text), "%.*s@%u", SYNERGY_LABEL_LEN - 6, label, rail->chip);
	if (label_taken(rail, text))
		snprintf(text, sizeof(text), "%.*s@%u.%u", SYNERGY_LABEL_LEN - 6, label,
			 rail->chip, rail->channel);
	strscpy(rail->label, text, sizeof(rail->label));
}

/* ti,ina3221x, of NVIDIA's Linux 4.9, has the shunt in milliohms. */
static int read_shunt(struct device *dev, struct fwnode_handle *node, u32 reg,
		      struct synergy_rail *rail)
{
	u32 uohm, mohm;

	if (fwnode_property_read_u32(node, "shunt-resistor-micro-ohms", &uohm)) {
		if (fwnode_property_read_u32(node, "ti,shunt-resistor-mohm", &mohm))
			return 0;
		if (mohm > U32_MAX / 1000) {
			dev_err(dev, "input@%u: ti,shunt-resistor-mohm is %u\n", reg, mohm);
			return -EINVAL;
		}
		uohm = mohm * 1000;
	}
	if (!uohm) {
		dev_err(dev, "input@%u: its shunt resistance is 0\n", reg);
		return -EINVAL;
	}
	rail->shunt_uohm = uohm;
	rail->flags &= ~SYNERGY_RAIL_F_ASSUMED_SHUNT;
	return 0;
}

/* A node with the offset of the shunt's voltage and those of ranges, by phandle. */
static int read_offset_table(struct device *dev, struct device_node *table, u32 reg,
			     struct synergy_offset *offset)
{
	struct device_node *np;

	if (of_property_read_s32(table, "offset", &offset->uv)) {
		dev_err(dev, "input@%u: shunt-volt-offset-uv: no number in its node\n", reg);
		return -EINVAL;
	}
	for_each_child_of_node(table, np) {
		struct synergy_offset_range *range = &offset->range[offset->n];

		if (offset->n == SYNERGY_OFFSET_RANGES ||
		    of_property_read_s32(np, "shunt_volt_start", &range->first_uv) ||
		    of_property_read_s32(np, "shunt_volt_end", &range->last_uv) ||
		    of_property_read_s32(np, "offset", &range->offset_uv)) {
			dev_err(dev, "input@%u: shunt-volt-offset-uv: range %u, of %u, is bad\n",
				reg, offset->n, SYNERGY_OFFSET_RANGES);
			of_node_put(np);
			return -EINVAL;
		}
		offset->n++;
	}
	return 0;
}

/* Not by abs(), of which the least number has none. */
static bool plausible_uv(s32 uv)
{
	return uv >= -OFFSET_MOST_UV && uv <= OFFSET_MOST_UV;
}

static bool plausible(const struct synergy_offset *offset)
{
	u32 i;

	for (i = 0; i < offset->n; i++)
		if (!plausible_uv(offset->range[i].offset_uv))
			return false;
	return plausible_uv(offset->uv);
}

static int read_offset(struct device *dev, struct device_node *np, u32 reg,
		       struct synergy_rail *rail, struct synergy_offset *offset)
{
	struct device_node *table;
	int err;

	if (!np || !of_find_property(np, "shunt-volt-offset-uv", NULL))
		return 0;
	/* A plain number may be some other node's phandle: a table has an offset. */
	table = of_parse_phandle(np, "shunt-volt-offset-uv", 0);
	if (table && of_find_property(table, "offset", NULL))
		err = read_offset_table(dev, table, reg, offset);
	else
		err = of_property_read_s32(np, "shunt-volt-offset-uv", &offset->uv);
	of_node_put(table);
	if (err)
		return err;
	if (!plausible(offset)) {
		dev_err(dev, "input@%u: shunt-volt-offset-uv: more than %d uV\n", reg,
			OFFSET_MOST_UV);
		return -EINVAL;
	}
	rail->offset_uv = offset->uv;
	rail->flags |= SYNERGY_RAIL_F_OFFSET_CORRECTED;
	return 0;
}

/*
 * One child: input@N of ti,ina3221 and synergy,ina3221, channel@N of NVIDIA's 5.10 and of
 * ti,ina3221x. @np: the same in a device tree; else NULL.
 */
static int read_input(struct device *dev, struct synergy_ina3221 *chip,
		      struct fwnode_handle *node, struct device_node *np)
{
	struct synergy_rail *rail;
	const char *text;
	int err;
	u32 reg;

	if (fwnode_property_read_u32(node, "reg", &reg) || reg >= SYNERGY_CHANNELS) {
		dev_err(dev, "input node without a reg of 0..2\n");
		return -EINVAL;
	}
	rail = &synergy_board.rails[chip->rails[reg]];
	if (!fwnode_property_read_string(node, "status", &text) &&
	    strcmp(text, "okay") && strcmp(text, "ok")) {
		rail->flags |= SYNERGY_RAIL_F_DISABLED;
		chip->enabled_mask &= ~(1U << reg);
	}
	err = read_shunt(dev, node, reg, rail);
	if (!err)
		err = read_offset(dev, np, reg, rail, &chip->offset[reg]);
	if (err)
		return err;
	if ((!fwnode_property_read_string(node, "label", &text) ||
	     !fwnode_property_read_string(node, "ti,rail-name", &text)) && *text)
		set_label(rail, text);
	return 0;
}

/* Device trees skip disabled children in the fwnode view, so they are walked as such. */
static int read_inputs(struct device *dev, struct synergy_ina3221 *chip)
{
	struct fwnode_handle *child;
	struct device_node *np;
	int err;

	if (dev->of_node) {
		for_each_child_of_node(dev->of_node, np) {
			err = read_input(dev, chip, of_fwnode_handle(np), np);
			if (err) {
				of_node_put(np);
				return err;
			}
		}
		return 0;
	}
	synergy_compat_for_each_child(dev, child) {
		err = read_input(dev, chip, child, NULL);
		if (err) {
			fwnode_handle_put(child);
			return err;
		}
	}
	return 0;
}

int synergy_ina3221_describe_rails(struct synergy_ina3221 *chip, struct device *dev)
{
	bool assumed = false;
	u32 channel;
	int err;

	chip->enabled_mask = (1U << SYNERGY_CHANNELS) - 1;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		struct synergy_rail *rail = &synergy_board.rails[chip->rails[channel]];
		u32 uohm = READ_ONCE(shunt_uohm[channel]);

		memset(rail, 0, sizeof(*rail));
		memset(&chip->offset[channel], 0, sizeof(chip->offset[channel]));
		rail->size = sizeof(*rail);
		rail->index = chip->rails[channel];
		rail->chip = chip->index;
		rail->channel = channel + 1;
		rail->shunt_uohm = uohm ? uohm : SHUNT_DEFAULT_UOHM;
		if (!uohm)
			rail->flags |= SYNERGY_RAIL_F_ASSUMED_SHUNT;
	}
	err = read_inputs(dev, chip);
	if (err)
		return err;
	for (channel = 0; channel < SYNERGY_CHANNELS; channel++) {
		struct synergy_rail *rail = &synergy_board.rails[chip->rails[channel]];
		char name[8];

		assumed |= (rail->flags & SYNERGY_RAIL_F_ASSUMED_SHUNT) &&
			   !(rail->flags & SYNERGY_RAIL_F_DISABLED);
		snprintf(name, sizeof(name), "ch%u", channel + 1);
		if (!rail->label[0])
			set_label(rail, name);
	}
	if (assumed)
		dev_warn(dev, "nobody stated all of its shunts: %u uOhm are assumed, and power may be wrong by any factor (parameter shunt_uohm)\n",
			 SHUNT_DEFAULT_UOHM);
	return 0;
}
