/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels from 5.10 on that the simulator is built
 * for. The only file of kmod/sim that asks for the kernel's version.
 */
#ifndef SYNERGY_SIM_COMPAT_H
#define SYNERGY_SIM_COMPAT_H

#include <linux/i2c.h>
#include <linux/property.h>
#include <linux/version.h>

/* Give a new I2C device its software node. */
static inline void synergy_sim_set_node(struct i2c_board_info *info,
					const struct software_node *node)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0)
	info->swnode = node;
#else
	info->fwnode = software_node_fwnode(node);
#endif
}

#endif /* SYNERGY_SIM_COMPAT_H */
