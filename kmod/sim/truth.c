// SPDX-License-Identifier: GPL-2.0-only
/*
 * The truth: what the rails have really taken. In debugfs,
 *
 *	synergy-sim/energy	time and energy now, CSV with a header
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>

#include "sim.h"

static int energy_show(struct seq_file *file, void *unused)
{
	struct synergy_sim_sums sums;
	u64 time_ns = synergy_sim_now(&sums);

	seq_puts(file, "time_ns,VDD_IN_pj,VDD_GPU_pj,VDD_CPU_pj\n");
	seq_printf(file, "%llu,%llu,%llu,%llu\n", time_ns,
		   synergy_sim_energy_pj(SYNERGY_SIM_VDD_IN, time_ns, &sums),
		   synergy_sim_energy_pj(SYNERGY_SIM_VDD_GPU, time_ns, &sums),
		   synergy_sim_energy_pj(SYNERGY_SIM_VDD_CPU, time_ns, &sums));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(energy);

/**
 * synergy_sim_truth_init() - make the files
 * @root: the simulator's directory
 *
 * Return: 0 or a negative errno
 */
int synergy_sim_truth_init(struct dentry *root)
{
	debugfs_create_file("energy", 0400, root, NULL, &energy_fops);
	return 0;
}

/**
 * synergy_sim_truth_exit() - stop watching marks
 */
void synergy_sim_truth_exit(void)
{
}
