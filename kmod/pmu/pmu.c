// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters of a session: tried before it, begun and ended with it; and the module's
 * part of them.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "pmu/pmu.h"

/* Every column must be known to one core at least. */
static int check_known(const struct synergy_event *want, u32 n, const bool *known, u32 *bad)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (!known[want[i].column]) {
			*bad = i;
			return -ENOENT;
		}
	return 0;
}

int synergy_pmu_check(const struct synergy_event *want, u32 n, bool mux, u32 *bad)
{
	bool known[SYNERGY_MAX_EVENTS] = { };
	int cpu;
	u32 i;

	for_each_online_cpu(cpu) {
		struct pmu_set *set = synergy_pmu_make_set(want, n, mux, cpu, bad);

		if (IS_ERR(set)) {
			if (PTR_ERR(set) == -ENODEV)
				continue;	/* went offline under us */
			return PTR_ERR(set);
		}
		for (i = 0; i < set->n; i++)
			known[i] |= !!set->column[i].event;
		synergy_pmu_release_set(set);
	}
	*bad = 0;
	return check_known(want, n, known, bad);
}

static void forget_counts(struct pmu_core *core)
{
	memset(core->base, 0, sizeof(core->base));
	core->errors = 0;
	core->lost_counter = false;
	core->announced = false;
	core->missed = 0;
	core->missed_all = 0;
}

int synergy_pmu_start(const struct synergy_event *want, u32 n, u32 columns, bool mux)
{
	u32 bad;
	int cpu, err = 0;

	mutex_lock(&synergy_pmu.lock);
	for_each_possible_cpu(cpu)
		forget_counts(synergy_pmu.cores[cpu]);
	for_each_online_cpu(cpu) {
		struct pmu_set *set = synergy_pmu_make_set(want, n, mux, cpu, &bad);

		if (IS_ERR(set)) {
			err = PTR_ERR(set);
			if (err == -ENODEV) {
				err = 0;
				continue;
			}
			break;
		}
		synergy_pmu.cores[cpu]->announced = true;
		rcu_assign_pointer(synergy_pmu.cores[cpu]->set, set);
	}
	synergy_pmu.events = want;
	synergy_pmu.n_events = n;
	synergy_pmu.multiplex = mux;
	WRITE_ONCE(synergy_pmu.n_columns, columns);
	mutex_unlock(&synergy_pmu.lock);
	if (err)
		synergy_pmu_stop();
	else
		synergy_pmu_reconcile();	/* cores that came or went meanwhile */
	return err;
}

static void wait_answers(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pmu_core *core = synergy_pmu.cores[cpu];

		/* Pairs with the release in sample_here(). */
		while (core->asked && !smp_load_acquire(&core->done))
			usleep_range(50, 100);
		core->asked = false;
	}
}

void synergy_pmu_stop(void)
{
	int cpu;

	mutex_lock(&synergy_pmu.lock);
	WRITE_ONCE(synergy_pmu.n_columns, 0);
	synergy_pmu.n_events = 0;
	synergy_pmu.events = NULL;
	for_each_possible_cpu(cpu) {
		struct pmu_set *set = synergy_pmu_take_set(synergy_pmu.cores[cpu]);

		if (set)
			synergy_pmu_condemn(set);
	}
	wait_answers();
	synergy_pmu_release_condemned();
	mutex_unlock(&synergy_pmu.lock);
}

/* ---- module ---- */

static void free_cores(void)
{
	int cpu;

	for (cpu = 0; synergy_pmu.cores && cpu < nr_cpu_ids; cpu++)
		kfree(synergy_pmu.cores[cpu]);
	kfree(synergy_pmu.cores);
	synergy_pmu.cores = NULL;
}

int synergy_pmu_init(void)
{
	int cpu, ret;

	synergy_pmu.cores = kcalloc(nr_cpu_ids, sizeof(*synergy_pmu.cores), GFP_KERNEL);
	if (!synergy_pmu.cores)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct pmu_core *core = kzalloc_node(sizeof(*core), GFP_KERNEL, cpu_to_node(cpu));

		synergy_pmu.cores[cpu] = core;
		if (!core) {
			free_cores();
			return -ENOMEM;
		}
		synergy_pmu_init_core(core);
	}
	ret = synergy_pmu_hotplug_init();
	if (ret)
		free_cores();
	return ret;
}

void synergy_pmu_exit(void)
{
	synergy_pmu_hotplug_exit();
	free_cores();
}
