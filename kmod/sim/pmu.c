// SPDX-License-Identifier: GPL-2.0-only
/*
 * A perf PMU over the counts of QEMU's plugin, for every core: the events of a
 * Cortex-A57 by their architectural numbers, six counters and one for cycles.
 * More events than that do not run at once, as on the real one.
 *
 * Whole cores only, in kernel or from perf_event_open(pid -1, cpu N): perf's
 * per-task contexts may outlive a PMU that is a module. No sampling.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sysfs.h>

#include "../compat.h"
#include "sim.h"

#define EVENT_CYCLES	0x11
#define COUNTER_CYCLES	31
#define MAX_COUNTERS	31

static unsigned int counters = 6;
module_param(counters, uint, 0444);
MODULE_PARM_DESC(counters, "counters of a core's PMU beside the cycle counter (default 6)");

/**
 * struct sim_event - an event: a sum of the plugin's counts, times a factor
 * @number: of the event in ARMv8's PMUv3
 * @n: counts that are added
 * @factor: of the sum
 * @counter: their indices, SYNERGY_SIM_...
 */
struct sim_event {
	u16 number;
	u8 n;
	u8 factor;
	u8 counter[2];
};

static const struct sim_event sim_events[] = {
	{ 0x03, 1, 1, { SYNERGY_SIM_L1D_REFILL } },
	{ 0x04, 2, 1, { SYNERGY_SIM_LOAD, SYNERGY_SIM_STORE } },
	{ 0x06, 1, 1, { SYNERGY_SIM_LOAD } },
	{ 0x07, 1, 1, { SYNERGY_SIM_STORE } },
	{ 0x08, 1, 1, { SYNERGY_SIM_INST } },
	/* Under -icount an instruction is a nanosecond, and called a cycle. */
	{ EVENT_CYCLES, 1, 1, { SYNERGY_SIM_INST } },
	{ 0x13, 2, 1, { SYNERGY_SIM_LOAD, SYNERGY_SIM_STORE } },
	{ 0x15, 1, 1, { SYNERGY_SIM_L1D_WB } },
	{ 0x16, 1, 1, { SYNERGY_SIM_L2D_ACCESS } },
	{ 0x17, 1, 1, { SYNERGY_SIM_L2D_REFILL } },
	{ 0x18, 1, 1, { SYNERGY_SIM_L2D_WB } },
	{ 0x19, 1, 1, { SYNERGY_SIM_BUS } },
	{ 0x1b, 1, 1, { SYNERGY_SIM_INST } },
	{ 0x60, 1, 4, { SYNERGY_SIM_L2D_REFILL } },
	{ 0x61, 1, 4, { SYNERGY_SIM_L2D_WB } },
	{ 0x70, 1, 1, { SYNERGY_SIM_LOAD } },
	{ 0x71, 1, 1, { SYNERGY_SIM_STORE } },
	{ 0x74, 1, 1, { SYNERGY_SIM_SIMD } },
	{ 0x75, 1, 1, { SYNERGY_SIM_VFP } },
};

static DEFINE_PER_CPU(unsigned long, counters_taken);

static const struct sim_event *find_event(u64 config)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sim_events); i++)
		if (sim_events[i].number == config)
			return &sim_events[i];
	return NULL;
}

static u64 raw_count(const struct perf_event *event)
{
	const struct sim_event *kind = &sim_events[event->hw.config_base];
	const struct synergy_sim_cpu *core = &synergy_sim_shared()->cpu[event->cpu];
	u64 sum = 0;
	u8 i;

	for (i = 0; i < kind->n; i++) {
		if (!event->attr.exclude_user)
			sum += READ_ONCE(core->count[SYNERGY_SIM_USER][kind->counter[i]]);
		if (!event->attr.exclude_kernel)
			sum += READ_ONCE(core->count[SYNERGY_SIM_KERNEL][kind->counter[i]]);
	}
	return sum * kind->factor;
}

static void pmu_read(struct perf_event *event)
{
	u64 before, now;

	do {
		before = local64_read(&event->hw.prev_count);
		now = raw_count(event);
	} while (local64_cmpxchg(&event->hw.prev_count, before, now) != before);
	local64_add(now - before, &event->count);
}

static void pmu_start(struct perf_event *event, int flags)
{
	event->hw.state = 0;
	local64_set(&event->hw.prev_count, raw_count(event));
}

static void pmu_stop(struct perf_event *event, int flags)
{
	if (event->hw.state & PERF_HES_STOPPED)
		return;
	pmu_read(event);
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
}

static int pmu_add(struct perf_event *event, int flags)
{
	unsigned long *taken = this_cpu_ptr(&counters_taken);
	int index = COUNTER_CYCLES;

	if (event->attr.config != EVENT_CYCLES || test_bit(COUNTER_CYCLES, taken)) {
		index = find_first_zero_bit(taken, counters);
		if (index >= counters)
			return -EAGAIN;
	}
	__set_bit(index, taken);
	event->hw.idx = index;
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	if (flags & PERF_EF_START)
		pmu_start(event, PERF_EF_RELOAD);
	perf_event_update_userpage(event);
	return 0;
}

static void pmu_del(struct perf_event *event, int flags)
{
	pmu_stop(event, PERF_EF_UPDATE);
	__clear_bit(event->hw.idx, this_cpu_ptr(&counters_taken));
	event->hw.idx = -1;
	perf_event_update_userpage(event);
}

/* Counters beside the cycle counter that a group would take with @event. */
static bool group_fits(struct perf_event *event)
{
	struct perf_event *leader = event->group_leader;
	struct perf_event *sibling;
	unsigned int needed = 0, cycles = 0;

	if (leader == event)
		return true;
	if (leader->pmu == event->pmu)
		leader->attr.config == EVENT_CYCLES ? cycles++ : needed++;
	for_each_sibling_event(sibling, leader) {
		if (sibling->pmu != event->pmu || sibling->state <= PERF_EVENT_STATE_OFF)
			continue;
		sibling->attr.config == EVENT_CYCLES ? cycles++ : needed++;
	}
	event->attr.config == EVENT_CYCLES ? cycles++ : needed++;
	if (cycles > 1)
		needed += cycles - 1;
	return needed <= counters;
}

static int pmu_event_init(struct perf_event *event)
{
	const struct sim_event *kind;

	if (event->attr.type != event->pmu->type)
		return -ENOENT;
	if (is_sampling_event(event) || has_branch_stack(event))
		return -EOPNOTSUPP;
	if (event->cpu < 0 || event->cpu >= synergy_sim_shared()->n_cpus)
		return -EINVAL;
	if (event->attr.config1 || event->attr.config2)
		return -EINVAL;
	kind = find_event(event->attr.config);
	if (!kind)
		return -ENOENT;
	if (!group_fits(event))
		return -EINVAL;
	event->hw.config_base = kind - sim_events;
	event->hw.idx = -1;
	return 0;
}

/* ------------------------------------------------------------------------
 * sysfs: as real PMUs have it
 */

PMU_FORMAT_ATTR(event, "config:0-15");

static struct attribute *format_attrs[] = {
	&format_attr_event.attr,
	NULL
};

#define EVENT(name, number) \
	PMU_EVENT_ATTR_STRING(name, event_##name, "event=" #number)

EVENT(l1d_cache_refill, 0x03);
EVENT(l1d_cache, 0x04);
EVENT(ld_retired, 0x06);
EVENT(st_retired, 0x07);
EVENT(inst_retired, 0x08);
EVENT(cpu_cycles, 0x11);
EVENT(mem_access, 0x13);
EVENT(l1d_cache_wb, 0x15);
EVENT(l2d_cache, 0x16);
EVENT(l2d_cache_refill, 0x17);
EVENT(l2d_cache_wb, 0x18);
EVENT(bus_access, 0x19);
EVENT(inst_spec, 0x1b);
EVENT(bus_access_rd, 0x60);
EVENT(bus_access_wr, 0x61);
EVENT(ld_spec, 0x70);
EVENT(st_spec, 0x71);
EVENT(ase_spec, 0x74);
EVENT(vfp_spec, 0x75);

static struct attribute *event_attrs[] = {
	&event_l1d_cache_refill.attr.attr,
	&event_l1d_cache.attr.attr,
	&event_ld_retired.attr.attr,
	&event_st_retired.attr.attr,
	&event_inst_retired.attr.attr,
	&event_cpu_cycles.attr.attr,
	&event_mem_access.attr.attr,
	&event_l1d_cache_wb.attr.attr,
	&event_l2d_cache.attr.attr,
	&event_l2d_cache_refill.attr.attr,
	&event_l2d_cache_wb.attr.attr,
	&event_bus_access.attr.attr,
	&event_inst_spec.attr.attr,
	&event_bus_access_rd.attr.attr,
	&event_bus_access_wr.attr.attr,
	&event_ld_spec.attr.attr,
	&event_st_spec.attr.attr,
	&event_ase_spec.attr.attr,
	&event_vfp_spec.attr.attr,
	NULL
};

static ssize_t cpus_show(struct device *dev, struct device_attribute *attr, char *page)
{
	return cpumap_print_to_pagebuf(true, page, cpu_possible_mask);
}
static DEVICE_ATTR_RO(cpus);

static struct attribute *core_attrs[] = {
	&dev_attr_cpus.attr,
	NULL
};

static const struct attribute_group format_group = { .name = "format", .attrs = format_attrs };
static const struct attribute_group events_group = { .name = "events", .attrs = event_attrs };
static const struct attribute_group core_group = { .attrs = core_attrs };

static const struct attribute_group *attr_groups[] = {
	&format_group,
	&events_group,
	&core_group,
	NULL
};

static struct pmu sim_pmu = {
	.module		= THIS_MODULE,
	.task_ctx_nr	= perf_invalid_context,
	.capabilities	= PERF_PMU_CAP_NO_INTERRUPT,
	.attr_groups	= attr_groups,
	.event_init	= pmu_event_init,
	.add		= pmu_add,
	.del		= pmu_del,
	.start		= pmu_start,
	.stop		= pmu_stop,
	.read		= pmu_read,
};

/**
 * synergy_sim_pmu_init() - register the PMU where there is something to count
 *
 * Return: 0, also without shared memory; or a negative errno
 */
int synergy_sim_pmu_init(void)
{
	if (!counters || counters >= MAX_COUNTERS) {
		pr_err("parameter counters=%u is not within 1..%u\n", counters, MAX_COUNTERS - 1);
		return -EINVAL;
	}
	if (!synergy_sim_shared())
		return 0;
	return perf_pmu_register(&sim_pmu, "synergy_sim_pmu", -1);
}

/**
 * synergy_sim_pmu_exit() - undo synergy_sim_pmu_init()
 */
void synergy_sim_pmu_exit(void)
{
	if (synergy_sim_shared())
		perf_pmu_unregister(&sim_pmu);
}
