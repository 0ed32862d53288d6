// SPDX-License-Identifier: GPL-2.0-only
/*
 * synergy-sim: an INA3221 without a board. I2C adapters with chips at register
 * level, whose rails draw power by a known model from what the cores really do;
 * on the virtual board a perf PMU with the Cortex-A57's events beside them.
 * For tests, and for trying synergy.ko on any arm64 or x86 machine.
 *
 * It shares no symbol with synergy.ko.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/module.h>

#include "sim.h"

static struct dentry *root;

static int __init synergy_sim_init(void)
{
	int ret;

	ret = synergy_sim_power_init();
	if (ret)
		return ret;
	ret = synergy_sim_source_init();
	if (ret)
		return ret;
	ret = synergy_sim_frequency_init();
	if (ret)
		goto source;
	ret = synergy_sim_truth_init();
	if (ret)
		goto frequency;
	synergy_sim_power_begin();
	ret = synergy_sim_pmu_init();
	if (ret)
		goto truth;
	ret = synergy_sim_numbered_init();
	if (ret)
		goto pmu;
	ret = synergy_sim_ina3221x_init();
	if (ret)
		goto numbered;
	ret = synergy_sim_bus_init();
	if (ret)
		goto ina3221x;
	root = debugfs_create_dir("synergy-sim", NULL);
	synergy_sim_fault_files(root);
	synergy_sim_truth_files(root);
	synergy_sim_numbered_files(root);
	synergy_sim_frequency_files(root);
	return 0;
ina3221x:
	synergy_sim_ina3221x_exit();
numbered:
	synergy_sim_numbered_exit();
pmu:
	synergy_sim_pmu_exit();
truth:
	synergy_sim_power_end();
	synergy_sim_truth_exit();
frequency:
	synergy_sim_frequency_exit();
source:
	synergy_sim_source_exit();
	return ret;
}

static void __exit synergy_sim_exit(void)
{
	debugfs_remove_recursive(root);
	synergy_sim_bus_exit();
	synergy_sim_ina3221x_exit();
	synergy_sim_numbered_exit();
	synergy_sim_pmu_exit();
	synergy_sim_truth_exit();
	synergy_sim_power_end();
	synergy_sim_frequency_exit();
	synergy_sim_source_exit();
}

module_init(synergy_sim_init);
module_exit(synergy_sim_exit);

MODULE_DESCRIPTION("Simulated INA3221 power monitors and counters with known truth");
MODULE_AUTHOR("SyNERGY");
MODULE_LICENSE("GPL");
