// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware would say of a simulated chip: see nodes.h.
 */
#include <linux/i2c.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "nodes.h"

#ifdef SYNERGY_SOFTWARE_NODES

void synergy_sim_nodes_channel(struct synergy_sim_nodes *nodes, u32 channel, const char *label,
			       u32 shunt_uohm)
{
	struct software_node *node = &nodes->node[1 + channel];
	struct property_entry *property = nodes->property[channel];
	char *name = nodes->name[channel];

	snprintf(name, sizeof(nodes->name[channel]), "input@%u", channel);
	property[0] = PROPERTY_ENTRY_U32("reg", channel);
	property[1] = PROPERTY_ENTRY_STRING("label", label);
	property[2] = PROPERTY_ENTRY_U32("shunt-resistor-micro-ohms", shunt_uohm);
	node->name = name;
	node->parent = &nodes->node[0];
	node->properties = property;
	nodes->group[0] = &nodes->node[0];
	nodes->group[1 + channel] = node;
}

int synergy_sim_nodes_declare(struct synergy_sim_nodes *nodes, struct i2c_board_info *info)
{
	int err = software_node_register_node_group(nodes->group);

	if (!err)
		synergy_compat_set_node(info, &nodes->node[0]);
	return err;
}

void synergy_sim_nodes_release(struct synergy_sim_nodes *nodes)
{
	software_node_unregister_node_group(nodes->group);
}

#else /* !SYNERGY_SOFTWARE_NODES */

/*
 * A property set could not have children, so these are nodes of a device tree, of which
 * the tree knows nothing: sysfs has no of_node for the device, and says so in the log.
 */
static void node_release(struct kobject *kobj)
{
	/* It is part of the simulated chip. */
}

static struct kobj_type node_type = {
	.release	= node_release,
};

static void make_node(struct device_node *node, const char *name)
{
	node->name = name;
	node->full_name = name;
	node->type = "<NULL>";
	node->fwnode.type = FWNODE_OF;
	kobject_init(&node->kobj, &node_type);
}

static void set_property(struct property *property, char *name, void *value, int bytes)
{
	property[0].name = name;
	property[0].value = value;
	property[0].length = bytes;
}

void synergy_sim_nodes_channel(struct synergy_sim_nodes *nodes, u32 channel, const char *label,
			       u32 shunt_uohm)
{
	struct device_node *node = &nodes->node[1 + channel];
	struct property *property = nodes->property[channel];
	char *name = nodes->name[channel];
	__be32 *cells = nodes->cells[channel];

	if (!nodes->node[0].name)
		make_node(&nodes->node[0], "ina3221");
	snprintf(name, sizeof(nodes->name[channel]), "input@%u", channel);
	make_node(node, name);
	cells[0] = cpu_to_be32(channel);
	cells[1] = cpu_to_be32(shunt_uohm);
	set_property(&property[0], "reg", &cells[0], sizeof(cells[0]));
	set_property(&property[1], "label", (char *)label, strlen(label) + 1);
	set_property(&property[2], "shunt-resistor-micro-ohms", &cells[1], sizeof(cells[1]));
	property[0].next = &property[1];
	property[1].next = &property[2];
	node->properties = property;
	node->parent = &nodes->node[0];
	node->sibling = nodes->node[0].child;
	nodes->node[0].child = node;
}

int synergy_sim_nodes_declare(struct synergy_sim_nodes *nodes, struct i2c_board_info *info)
{
	info->of_node = &nodes->node[0];
	return 0;
}

void synergy_sim_nodes_release(struct synergy_sim_nodes *nodes)
{
}

#endif /* !SYNERGY_SOFTWARE_NODES */
