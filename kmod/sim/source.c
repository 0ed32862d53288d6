// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the cores have done, now and in the near past. On the virtual board QEMU's
 * plugin says so, through memory shared by an ivshmem device (layout.h): exact
 * counts, and a log of the energy that they took, some microseconds apart.
 * Elsewhere the time that the cores were not idle stands in, sampled once a
 * jiffy and at each access.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpufreq.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kernel_stat.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#ifdef CONFIG_ARM64
#include <asm/sysreg.h>
#endif

#include "board.h"
#include "sim.h"

#define IVSHMEM_VENDOR	0x1af4
#define IVSHMEM_DEVICE	0x1110
#define IVSHMEM_BAR	2

static bool shared_memory = true;
module_param(shared_memory, bool, 0444);
MODULE_PARM_DESC(shared_memory, "use the virtual machine's counters where there are any (default yes)");

static int cpu = -1;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "core for the simulation's own periodic work (default -1, the last one)");

static struct pci_dev *pdev;
static struct synergy_sim_shared *shared;

/*
 * @part of the @whole way from @a to @b. An idle board's states are a second apart: a
 * joule in pJ times that in ns is more than 64 bits.
 */
static u64 between(u64 a, u64 b, u64 part, u64 whole)
{
	u32 shift = fls64(whole) > 32 ? fls64(whole) - 32 : 0;

	return a + mul_u64_u32_div(b - a, part >> shift, whole >> shift);
}

/* A straight line from @a to @b, @part of the @whole way along. */
static void sums_between(const struct synergy_sim_sums *a, const struct synergy_sim_sums *b,
			 u64 part, u64 whole, struct synergy_sim_sums *sums)
{
	sums->simd = between(a->simd, b->simd, part, whole);
	sums->bus = between(a->bus, b->bus, part, whole);
	sums->inst = between(a->inst, b->inst, part, whole);
	sums->busy_ns = between(a->busy_ns, b->busy_ns, part, whole);
}

static void shared_sums(struct synergy_sim_sums *sums)
{
	u32 i, mode;

	memset(sums, 0, sizeof(*sums));
	for (i = 0; i < shared->n_cpus; i++) {
		for (mode = 0; mode < 2; mode++) {
			const u64 *count = shared->cpu[i].count[mode];

			sums->simd += READ_ONCE(count[SYNERGY_SIM_SIMD]);
			sums->bus += READ_ONCE(count[SYNERGY_SIM_BUS]);
			sums->inst += READ_ONCE(count[SYNERGY_SIM_INST]);
		}
	}
}

/* ------------------------------------------------------------------------
 * Without shared memory, or without a log in it: a short log of our own
 */

#define SNAPSHOTS		1024	/* a power of two */
#define SNAPSHOT_STEP_NS	(100 * NSEC_PER_USEC)

/**
 * struct snapshot - what was executed until a time
 * @time_ns: CLOCK_MONOTONIC
 * @sums: over all cores
 */
struct snapshot {
	u64 time_ns;
	struct synergy_sim_sums sums;
};

/* Protects the log. Raw: the trace point's probe takes it, which may not sleep on RT. */
static DEFINE_RAW_SPINLOCK(snapshot_lock);
static struct snapshot snapshots[SNAPSHOTS];
static u32 snapshot_head;
static struct delayed_work snapshot_work;

#ifndef CONFIG_CPU_FREQ
/* As cpufreq's own, which a kernel without it lacks; moves tick by tick. */
static u64 get_cpu_idle_time(unsigned int cpu, u64 *wall_us, int io_busy)
{
	return div_u64(kcpustat_cpu(cpu).cpustat[CPUTIME_IDLE] +
		       kcpustat_cpu(cpu).cpustat[CPUTIME_IOWAIT], NSEC_PER_USEC);
}
#endif

static u64 busy_ns(u64 time_ns)
{
	u64 idle_us, wall_us, sum = 0;
	unsigned int i;

	for_each_online_cpu(i) {
		idle_us = get_cpu_idle_time(i, &wall_us, 0);
		if (time_ns > idle_us * NSEC_PER_USEC)
			sum += time_ns - idle_us * NSEC_PER_USEC;
	}
	return sum;
}

/* The present; the log takes it in unless it is too close to the last entry. */
static void note_snapshot(struct snapshot *now)
{
	struct snapshot *last = &snapshots[(snapshot_head - 1) % SNAPSHOTS];

	lockdep_assert_held(&snapshot_lock);
	memset(now, 0, sizeof(*now));
	now->time_ns = ktime_get_ns();
	if (shared)
		shared_sums(&now->sums);
	else
		/* The idle clock moves in whole microseconds, cores come and go. */
		now->sums.busy_ns = clamp(busy_ns(now->time_ns), last->sums.busy_ns,
					  last->sums.busy_ns + (now->time_ns - last->time_ns) *
					  num_possible_cpus());
	if (!snapshot_head || now->time_ns - last->time_ns >= SNAPSHOT_STEP_NS)
		snapshots[snapshot_head++ % SNAPSHOTS] = *now;
}

static void snapshot_at(u64 time_ns, struct synergy_sim_sums *sums)
{
	const struct snapshot *entry;
	struct snapshot newer;
	u32 i, n;

	note_snapshot(&newer);
	n = min_t(u32, snapshot_head, SNAPSHOTS);
	for (i = 1; i <= n && time_ns < newer.time_ns; i++) {
		entry = &snapshots[(snapshot_head - i) % SNAPSHOTS];
		if (entry->time_ns <= time_ns) {
			sums_between(&entry->sums, &newer.sums, time_ns - entry->time_ns,
				     newer.time_ns - entry->time_ns, sums);
			return;
		}
		newer = *entry;
	}
	*sums = newer.sums;
}

static void snapshot_tick(struct work_struct *work)
{
	unsigned long flags;
	struct snapshot now;

	raw_spin_lock_irqsave(&snapshot_lock, flags);
	note_snapshot(&now);
	raw_spin_unlock_irqrestore(&snapshot_lock, flags);
	schedule_delayed_work_on(cpu, &snapshot_work, 1);
}

/* ------------------------------------------------------------------------
 * With a log in shared memory
 */

#ifdef CONFIG_ARM64
/* QEMU's virtual clock, which the log's times are in, as the guest sees it. */
static u64 virtual_clock_ns(void)
{
	isb();
	return mul_u64_u32_div(read_sysreg(cntvct_el0), NSEC_PER_SEC,
			       (u32)read_sysreg(cntfrq_el0));
}
#else
static u64 virtual_clock_ns(void)
{
	return 0;
}
#endif

bool synergy_sim_logged(void)
{
	return IS_ENABLED(CONFIG_ARM64) && shared && shared->flags & SYNERGY_SIM_F_LOG;
}

static const struct synergy_sim_entry *entry_at(u64 index)
{
	return &shared->log[index % SYNERGY_SIM_LOG_ENTRIES];
}

/* The last entry at or before a time, or the oldest. Most times are recent. */
static u64 find_entry(u64 time_ns, u64 head)
{
	/* The oldest ones may be overwritten while we look. */
	u64 kept = min_t(u64, head, SYNERGY_SIM_LOG_ENTRIES - 64);
	u64 low = head - 1, oldest = head - kept, high, middle, step = 16;

	while (low > oldest && entry_at(low)->time_ns > time_ns) {
		low = low - oldest > step ? low - step : oldest;
		step *= 2;
	}
	high = min(head - 1, low + step);
	while (low < high) {
		middle = low + (high - low + 1) / 2;
		if (entry_at(middle)->time_ns <= time_ns)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/*
 * From the newest entry to @sums, by the slopes that the plugin will go by, too. That
 * entry may have been made since @sums were taken: then it is some way back.
 */
static s64 from_newest_pj(u32 rail, const struct synergy_sim_sums *sums, u64 time_ns)
{
	const struct synergy_sim_present *present = &shared->present;
	const struct synergy_sim_slope *slope = &present->slope[rail];
	s64 work = (s64)slope->simd * (s64)(sums->simd - present->simd) +
		   (s64)slope->bus * (s64)(sums->bus - present->bus) +
		   (s64)slope->inst * (s64)(sums->inst - present->inst);

	return (work >> 16) +
	       div_s64((s64)slope->uw * (s64)(time_ns - present->entry.time_ns), 1000);
}

/**
 * synergy_sim_log_present() - energy drawn from each rail up to now; any context
 * @sums: the cores' work up to now
 * @pj: the energies
 */
void synergy_sim_log_present(const struct synergy_sim_sums *sums, u64 *pj)
{
	u64 now_ns = virtual_clock_ns();
	u64 head;
	u32 rail;

	/* The plugin may come between any two of our blocks. */
	do {
		head = READ_ONCE(shared->log_head);
		barrier();
		for (rail = 0; rail < SYNERGY_SIM_RAILS; rail++)
			pj[rail] = shared->present.entry.drawn_pj[rail] +
				   from_newest_pj(rail, sums, now_ns);
		barrier();
	} while (READ_ONCE(shared->log_head) != head);
}

/* Nobody reads what has passed a shunt later than the newest entry but for some us. */
static u64 seen_after_newest_pj(u32 rail, u64 time_ns)
{
	struct synergy_sim_sums sums;
	u64 head, pj;

	shared_sums(&sums);
	do {
		head = READ_ONCE(shared->log_head);
		barrier();
		pj = shared->present.entry.seen_pj[rail] + from_newest_pj(rail, &sums, time_ns);
		barrier();
	} while (READ_ONCE(shared->log_head) != head);
	return pj;
}

/**
 * synergy_sim_log_seen() - energy that had passed a rail's shunt
 * @rail: enum synergy_sim_rail, one of the model's
 * @time_ns: at this time, at most 100 ms ago; the present is used for the future
 *
 * Return: energy in pJ
 */
u64 synergy_sim_log_seen(u32 rail, u64 time_ns)
{
	const struct synergy_sim_entry *older, *newer;
	u64 head, index, now_ns;

	now_ns = virtual_clock_ns();
	time_ns = min(now_ns - (ktime_get_ns() - time_ns), now_ns);
	head = READ_ONCE(shared->log_head);
	if (!head || time_ns >= shared->present.entry.time_ns)
		return seen_after_newest_pj(rail, time_ns);
	index = find_entry(time_ns, head);
	older = entry_at(index);
	newer = entry_at(index + 1);
	if (time_ns <= older->time_ns || newer->time_ns <= older->time_ns)
		return older->seen_pj[rail];
	return between(older->seen_pj[rail], newer->seen_pj[rail], time_ns - older->time_ns,
		       newer->time_ns - older->time_ns);
}

/* ------------------------------------------------------------------------ */

/**
 * synergy_sim_shared() - the shared memory
 *
 * Return: it, or NULL where there is none
 */
const struct synergy_sim_shared *synergy_sim_shared(void)
{
	return shared;
}

/**
 * synergy_sim_shared_model() - the model in the shared memory, for the plugin
 *
 * Return: it, to be written; NULL where there is none
 */
struct synergy_sim_power_model *synergy_sim_shared_model(void)
{
	return shared ? &shared->model : NULL;
}

/**
 * synergy_sim_now() - the cores' work up to now; any context
 * @sums: the work
 *
 * Return: the time that it holds for
 */
u64 synergy_sim_now(struct synergy_sim_sums *sums)
{
	struct snapshot now;
	unsigned long flags;

	if (shared) {
		shared_sums(sums);
		return ktime_get_ns();
	}
	raw_spin_lock_irqsave(&snapshot_lock, flags);
	note_snapshot(&now);
	raw_spin_unlock_irqrestore(&snapshot_lock, flags);
	*sums = now.sums;
	return now.time_ns;
}

/**
 * synergy_sim_at() - the cores' work up to an instant in the past
 * @time_ns: the instant, at most 100 ms ago; the present is used for the future
 * @sums: the work
 */
void synergy_sim_at(u64 time_ns, struct synergy_sim_sums *sums)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&snapshot_lock, flags);
	snapshot_at(time_ns, sums);
	raw_spin_unlock_irqrestore(&snapshot_lock, flags);
}

static bool layout_fits(const struct synergy_sim_shared *memory)
{
	if (memory->magic != SYNERGY_SIM_MAGIC)
		return false;
	if (memory->version == SYNERGY_SIM_VERSION && memory->size == sizeof(*memory) &&
	    memory->n_cpus && memory->n_cpus <= SYNERGY_SIM_MAX_CPUS &&
	    memory->n_cpus >= num_possible_cpus())
		return true;
	pr_warn("shared memory: version %u of %u bytes for %u cores does not fit version %u of %zu bytes for %u cores; not used\n",
		memory->version, memory->size, memory->n_cpus, SYNERGY_SIM_VERSION,
		sizeof(*memory), num_possible_cpus());
	return false;
}

/* The rails' names, for what the plugin writes on the host. */
static void name_rails(void)
{
	u32 rail, at = 0;

	for (rail = 0; rail < SYNERGY_SIM_MODEL_RAILS; rail++)
		at += scnprintf(shared->rails + at, sizeof(shared->rails) - at, "%s%s",
				rail ? "," : "", synergy_sim_rail_name(rail));
}

static int map_shared(struct pci_dev *candidate)
{
	void *memory;
	int ret;

	if (pci_resource_len(candidate, IVSHMEM_BAR) < sizeof(*shared))
		return -ENODEV;
	ret = pci_enable_device_mem(candidate);
	if (ret)
		return ret;
	ret = pci_request_region(candidate, IVSHMEM_BAR, "synergy-sim");
	if (ret)
		goto disable;
	memory = memremap(pci_resource_start(candidate, IVSHMEM_BAR), sizeof(*shared),
			  MEMREMAP_WB);
	if (!memory) {
		ret = -ENOMEM;
		goto release;
	}
	if (!layout_fits(memory)) {
		ret = -ENODEV;
		goto unmap;
	}
	shared = memory;
	pdev = candidate;
	shared->clock_offset_ns = virtual_clock_ns() - ktime_get_ns();
	name_rails();
	return 0;
unmap:
	memunmap(memory);
release:
	pci_release_region(candidate, IVSHMEM_BAR);
disable:
	pci_disable_device(candidate);
	return ret;
}

static void find_shared(void)
{
	struct pci_dev *candidate = NULL;

	while (!shared) {
		candidate = pci_get_device(IVSHMEM_VENDOR, IVSHMEM_DEVICE, candidate);
		if (!candidate)
			return;
		map_shared(candidate);
	}
	/* pci_get_device()'s reference is pdev's now. */
}

/**
 * synergy_sim_source_init() - look for shared memory, else watch idle time
 *
 * Return: 0, or -EINVAL for a core that there is not
 */
int synergy_sim_source_init(void)
{
	if (cpu >= (int)nr_cpu_ids || (cpu >= 0 && !cpu_online(cpu))) {
		pr_err("parameter cpu=%d: no such core online\n", cpu);
		return -EINVAL;
	}
	if (cpu < 0)
		cpu = cpumask_last(cpu_online_mask);
	if (shared_memory)
		find_shared();
	if (synergy_sim_logged())
		return 0;
	INIT_DELAYED_WORK(&snapshot_work, snapshot_tick);
	schedule_delayed_work_on(cpu, &snapshot_work, 1);
	return 0;
}

/**
 * synergy_sim_source_exit() - undo synergy_sim_source_init()
 */
void synergy_sim_source_exit(void)
{
	if (!synergy_sim_logged())
		cancel_delayed_work_sync(&snapshot_work);
	if (!shared)
		return;
	memunmap(shared);
	shared = NULL;
	pci_release_region(pdev, IVSHMEM_BAR);
	pci_disable_device(pdev);
	pci_dev_put(pdev);
}
