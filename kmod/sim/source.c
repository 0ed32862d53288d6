// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the cores have done, now and at any moment of the near past. On the
 * virtual board QEMU's plugin tells, through memory shared by an ivshmem device
 * (layout.h): exact counts, with a log of moments some microseconds apart.
 * Elsewhere the time that the cores were not idle stands in, looked at once a
 * jiffy and at each access.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpufreq.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#ifdef CONFIG_ARM64
#include <asm/sysreg.h>
#endif

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
static const struct synergy_sim_shared *shared;

/* ------------------------------------------------------------------------
 * Without shared memory: time spent not idle, in a short log of our own
 */

#define ACTIVITY_ENTRIES	1024	/* a power of two */

struct activity {
	u64 time_ns;
	u64 busy_ns;
};

static DEFINE_SPINLOCK(activity_lock);	/* protects the log */
static struct activity activity_log[ACTIVITY_ENTRIES];
static u32 activity_head;
static struct delayed_work activity_work;

static struct activity activity_now(void)
{
	struct activity now = { .time_ns = ktime_get_ns() };
	unsigned int i;
	u64 idle_us, wall_us;

	for_each_online_cpu(i) {
		idle_us = get_cpu_idle_time(i, &wall_us, 0);
		if (now.time_ns > idle_us * NSEC_PER_USEC)
			now.busy_ns += now.time_ns - idle_us * NSEC_PER_USEC;
	}
	return now;
}

/* Newest entry; the log takes @now in unless it is too close to the last. */
static void activity_note(struct activity *now)
{
	struct activity *last = &activity_log[(activity_head - 1) % ACTIVITY_ENTRIES];

	*now = activity_now();
	/* The idle clock moves in whole microseconds, cores come and go. */
	now->busy_ns = clamp(now->busy_ns, last->busy_ns, last->busy_ns +
			     (now->time_ns - last->time_ns) * num_possible_cpus());
	if (activity_head && now->time_ns - last->time_ns < 100 * NSEC_PER_USEC)
		return;
	activity_log[activity_head++ % ACTIVITY_ENTRIES] = *now;
}

static u64 activity_between(const struct activity *a, const struct activity *b, u64 time_ns)
{
	if (time_ns <= a->time_ns || b->time_ns <= a->time_ns)
		return a->busy_ns;
	return a->busy_ns + mul_u64_u64_div_u64(b->busy_ns - a->busy_ns, time_ns - a->time_ns,
						b->time_ns - a->time_ns);
}

static u64 activity_at(u64 time_ns)
{
	struct activity newer;
	u32 i, n;

	activity_note(&newer);
	if (time_ns >= newer.time_ns)
		return newer.busy_ns;
	n = min_t(u32, activity_head, ACTIVITY_ENTRIES);
	for (i = 1; i <= n; i++) {
		const struct activity *entry =
			&activity_log[(activity_head - i) % ACTIVITY_ENTRIES];

		if (entry->time_ns <= time_ns)
			return activity_between(entry, &newer, time_ns);
		newer = *entry;
	}
	return newer.busy_ns;
}

static void activity_tick(struct work_struct *work)
{
	struct activity now;

	spin_lock(&activity_lock);
	activity_note(&now);
	spin_unlock(&activity_lock);
	schedule_delayed_work_on(cpu, &activity_work, 1);
}

/* ------------------------------------------------------------------------
 * With shared memory
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

static bool logged(void)
{
	return IS_ENABLED(CONFIG_ARM64) && shared->flags & SYNERGY_SIM_F_LOG;
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

static const struct synergy_sim_entry *entry_at(u64 index)
{
	return &shared->log[index % SYNERGY_SIM_LOG_ENTRIES];
}

/* The last entry at or before a time, or the oldest. Most times are recent. */
static u64 find_entry(u64 time_ns, u64 head)
{
	u64 oldest = head > SYNERGY_SIM_LOG_ENTRIES - 64 ? head - (SYNERGY_SIM_LOG_ENTRIES - 64) : 0;
	u64 low = head - 1, high, middle, step = 16;

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

static u64 between(u64 a, u64 b, u64 part, u64 whole)
{
	return a + div64_u64((b - a) * part, whole);
}

static void shared_at(u64 time_ns, struct synergy_sim_sums *sums)
{
	struct synergy_sim_sums now;
	struct synergy_sim_entry newer;
	const struct synergy_sim_entry *entry;
	u64 head, index, now_ns, part, whole;

	now_ns = virtual_clock_ns();
	time_ns = now_ns - (ktime_get_ns() - time_ns);
	shared_sums(&now);
	head = READ_ONCE(shared->log_head);
	if (!head || time_ns >= now_ns) {
		*sums = now;
		return;
	}
	index = find_entry(time_ns, head);
	entry = entry_at(index);
	if (index + 1 < head)
		newer = *entry_at(index + 1);
	else
		newer = (struct synergy_sim_entry){ now_ns, now.simd, now.bus, now.inst };
	part = time_ns > entry->time_ns ? time_ns - entry->time_ns : 0;
	whole = newer.time_ns - entry->time_ns;
	if (newer.time_ns <= entry->time_ns || part > whole)
		part = whole = 1;
	sums->simd = between(entry->simd, newer.simd, part, whole);
	sums->bus = between(entry->bus, newer.bus, part, whole);
	sums->inst = between(entry->inst, newer.inst, part, whole);
	sums->busy_ns = 0;
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
 * synergy_sim_now() - the cores' work up to now; any context
 * @sums: the work
 *
 * Return: the time that it holds for
 */
u64 synergy_sim_now(struct synergy_sim_sums *sums)
{
	struct activity now;
	unsigned long flags;

	if (shared) {
		shared_sums(sums);
		return ktime_get_ns();
	}
	memset(sums, 0, sizeof(*sums));
	spin_lock_irqsave(&activity_lock, flags);
	activity_note(&now);
	spin_unlock_irqrestore(&activity_lock, flags);
	sums->busy_ns = now.busy_ns;
	return now.time_ns;
}

/**
 * synergy_sim_at() - the cores' work up to a moment in the past
 * @time_ns: the moment, at most 100 ms ago; the present is used for the future
 * @sums: the work
 */
void synergy_sim_at(u64 time_ns, struct synergy_sim_sums *sums)
{
	unsigned long flags;

	if (shared && logged()) {
		shared_at(time_ns, sums);
		return;
	}
	if (shared) {
		shared_sums(sums);
		return;
	}
	memset(sums, 0, sizeof(*sums));
	spin_lock_irqsave(&activity_lock, flags);
	sums->busy_ns = activity_at(time_ns);
	spin_unlock_irqrestore(&activity_lock, flags);
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
	if (shared)
		return 0;
	INIT_DELAYED_WORK(&activity_work, activity_tick);
	schedule_delayed_work_on(cpu, &activity_work, 1);
	return 0;
}

/**
 * synergy_sim_source_exit() - undo synergy_sim_source_init()
 */
void synergy_sim_source_exit(void)
{
	if (!shared) {
		cancel_delayed_work_sync(&activity_work);
		return;
	}
	memunmap((void *)shared);
	shared = NULL;
	pci_release_region(pdev, IVSHMEM_BAR);
	pci_disable_device(pdev);
	pci_dev_put(pdev);
}
