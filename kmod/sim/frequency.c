// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock of this boot. Under -icount an instruction takes 1, 2 or 4 ns on every
 * core, for as long as the virtual machine runs: an operating point is chosen by
 * booting at it (scripts/board/run --frequency). Its voltage goes into the power model;
 * what it is, a cpufreq policy over all cores says, as a board's does. That policy has
 * this one frequency: what QEMU's clock cannot change, no governor can.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpufreq.h>
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/seq_file.h>

#include "sim.h"

#define NOMINAL_KHZ	1000000		/* an instruction in a nanosecond */
#define POINTS		3		/* each at half the clock of the one before */

/*
 * Voltage by operating point, to the nominal one. Chosen: boards' tables go from 0.8 or
 * so to 1.1 V over a range of frequencies as wide as this, and are flat at their low end.
 */
static unsigned int volts_permille[POINTS] = { 1000, 880, 820 };
module_param_array(volts_permille, uint, NULL, 0444);
MODULE_PARM_DESC(volts_permille, "voltage at 1, 0.5 and 0.25 GHz to the nominal one (default 1000,880,820)");

static bool cpufreq = true;
module_param(cpufreq, bool, 0444);
MODULE_PARM_DESC(cpufreq, "have a cpufreq policy with the frequency of this boot (default yes)");

/* Beyond the table a slower clock has the last one's voltage. */
static u32 ns_shift(void)
{
	const struct synergy_sim_shared *shared = synergy_sim_shared();

	return shared ? shared->ns_shift : 0;
}

/**
 * synergy_sim_volts_permille() - the voltage that goes with this boot's clock
 *
 * Return: thousandths of the nominal one
 */
u32 synergy_sim_volts_permille(void)
{
	return volts_permille[min_t(u32, ns_shift(), POINTS - 1)];
}

#if IS_ENABLED(CONFIG_CPU_FREQ)
static bool registered;

static struct cpufreq_frequency_table table[] = {
	{ .frequency = NOMINAL_KHZ },
	{ .frequency = CPUFREQ_TABLE_END },
};

static int policy_init(struct cpufreq_policy *policy)
{
	/* It never changes, so how long that takes is never asked. */
	cpufreq_generic_init(policy, table, NSEC_PER_USEC);
	return 0;
}

static int policy_target(struct cpufreq_policy *policy, unsigned int index)
{
	return 0;
}

static unsigned int policy_get(unsigned int cpu)
{
	return table[0].frequency;
}

static struct cpufreq_driver driver = {
	.name		= "synergy-sim",
	.flags		= CPUFREQ_CONST_LOOPS,
	.init		= policy_init,
	.verify		= cpufreq_generic_frequency_table_verify,
	.target_index	= policy_target,
	.get		= policy_get,
};

static void policy_register(void)
{
	int ret;

	/* Without the virtual machine's word the clock is the machine's own affair. */
	if (!cpufreq || !synergy_sim_logged())
		return;
	table[0].frequency = NOMINAL_KHZ >> ns_shift();
	ret = cpufreq_register_driver(&driver);
	registered = !ret;
	/* Another driver is there, or the kernel was started with cpufreq.off=1. */
	if (ret && ret != -EEXIST && ret != -ENODEV)
		pr_warn("no cpufreq policy: error %d\n", ret);
}

static void policy_unregister(void)
{
	if (registered)
		cpufreq_unregister_driver(&driver);
}
#else
static void policy_register(void)
{
}

static void policy_unregister(void)
{
}
#endif

static int points_show(struct seq_file *file, void *v)
{
	u32 i;

	seq_puts(file, "khz,volts_permille,now\n");
	for (i = 0; i < POINTS; i++)
		seq_printf(file, "%u,%u,%u\n", NOMINAL_KHZ >> i, volts_permille[i],
			   i == ns_shift());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(points);

/**
 * synergy_sim_frequency_init() - check the table, and have a policy where there is cpufreq
 *
 * After synergy_sim_source_init().
 * Return: 0, or -EINVAL after a line in the log
 */
int synergy_sim_frequency_init(void)
{
	u32 i;

	for (i = 0; i < POINTS; i++) {
		if (volts_permille[i] >= 300 && volts_permille[i] <= 2000)
			continue;
		pr_err("parameter volts_permille: %u is not within 300..2000\n",
		       volts_permille[i]);
		return -EINVAL;
	}
	policy_register();
	return 0;
}

/**
 * synergy_sim_frequency_files() - make the table's file
 * @root: the simulator's directory
 */
void synergy_sim_frequency_files(struct dentry *root)
{
	debugfs_create_file("operating_points", 0444, root, NULL, &points_fops);
}

/**
 * synergy_sim_frequency_exit() - undo synergy_sim_frequency_init()
 */
void synergy_sim_frequency_exit(void)
{
	policy_unregister();
}
