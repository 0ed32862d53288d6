/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between the kernels that this module builds on, 4.9 and
 * later. No other file may test LINUX_VERSION_CODE but compat_4_9.h, which has
 * what kernels before 5.10 lack altogether.
 */
#ifndef SYNERGY_COMPAT_H
#define SYNERGY_COMPAT_H

#include <linux/version.h>
#include <linux/hrtimer.h>
#include <linux/i2c.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/property.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timer.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 11, 0)
#include <linux/sched/clock.h>
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#include "compat_4_9.h"
#endif

/* For scratch space that is filled before it is used, where the kernel zeroes the stack. */
#if defined(__has_attribute)
#if __has_attribute(__uninitialized__)
#define SYNERGY_UNINITIALIZED	__attribute__((__uninitialized__))
#endif
#endif
#ifndef SYNERGY_UNINITIALIZED
#define SYNERGY_UNINITIALIZED
#endif

/* A page that is charged to its user's memory cgroup could not be mapped before 5.11. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define SYNERGY_GFP_MAPPED	GFP_KERNEL_ACCOUNT
#else
#define SYNERGY_GFP_MAPPED	GFP_KERNEL
#endif

/* A task's cores: a member until 5.2. */
static inline const struct cpumask *synergy_compat_cpus_ptr(struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 3, 0)
	return task->cpus_ptr;
#else
	return &task->cpus_allowed;
#endif
}

static inline unsigned long synergy_compat_totalram_pages(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 0, 0)
	return totalram_pages();
#else
	return totalram_pages;
#endif
}

/* An __rcu pointer that has been taken out of reach; unrcu_pointer() came in 5.14. */
static inline void *synergy_unrcu(void __rcu *p)
{
	return (__force void *)p;
}

/* A mapping's flags are private since 6.3. */
static inline void synergy_compat_vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

/* i2c_driver.probe lost its id argument in 6.3; probe_new came and went. */
static inline void synergy_i2c_set_probe(struct i2c_driver *driver,
					 int (*probe)(struct i2c_client *client))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	driver->probe = probe;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(4, 10, 0)
	driver->probe_new = probe;
#else
	/* The id that is passed as well is a second argument, which ours does not look at. */
	driver->probe = (int (*)(struct i2c_client *, const struct i2c_device_id *))probe;
#endif
}

/* i2c_driver.remove returned an int until 6.1: `return SYNERGY_I2C_REMOVED;` */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define synergy_i2c_removed_t	void
#define SYNERGY_I2C_REMOVED
#else
#define synergy_i2c_removed_t	int
#define SYNERGY_I2C_REMOVED	0
#endif

/* Software nodes that can have children came in 5.1. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 1, 0)
#define SYNERGY_SOFTWARE_NODES
/* A new I2C device's: its own field since 5.13. */
static inline void synergy_compat_set_node(struct i2c_board_info *info,
					   const struct software_node *node)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0)
	info->swnode = node;
#else
	info->fwnode = software_node_fwnode(node);
#endif
}
#endif

/*
 * Firmware's children of a device: not device_for_each_child_node(), which in 5.10 sees
 * device tree and ACPI only; older kernels have no other.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 15, 0)
#define synergy_compat_for_each_child(dev, child)				\
	fwnode_for_each_child_node(dev_fwnode(dev), child)
#else
#define synergy_compat_for_each_child(dev, child)	device_for_each_child_node(dev, child)
#endif

/*
 * Waits for whoever reads with interrupts off. That RCU does so itself came in 4.20; on a
 * preemptible kernel before it, it waits for rcu_read_lock() alone.
 */
static inline void synergy_compat_wait_for_readers(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 20, 0)
	synchronize_rcu();
#else
	synchronize_sched();
#endif
}

/*
 * For how long an event has had a counter, given for how long it was @enabled_ns. perf's
 * own times are as of the event's last change of state, and go on from there; before
 * 4.15 they were worked out only when somebody asked perf, from these stamps.
 */
static inline u64 synergy_compat_running_ns(const struct perf_event *event, bool active,
					    u64 enabled_ns)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 15, 0)
	u64 since = enabled_ns > event->total_time_enabled ?
		    enabled_ns - event->total_time_enabled : 0;

	return event->total_time_running + (active ? since : 0);
#else
	u64 waited = event->tstamp_running - event->tstamp_enabled;

	if (!active)
		return event->tstamp_stopped - event->tstamp_running;
	return enabled_ns > waited ? enabled_ns - waited : 0;
#endif
}

/* Two names for one function till 6.14, the first alone before 6.2. */
static inline void synergy_compat_timer_delete_sync(struct timer_list *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

/* Real-time as drivers' threads are, and back; functions of their own since 5.9. */
static inline void synergy_compat_sched_fifo(struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 9, 0)
	sched_set_fifo(task);
#else
	struct sched_param param = { .sched_priority = MAX_RT_PRIO / 2 };

	sched_setscheduler_nocheck(task, SCHED_FIFO, &param);
#endif
}

static inline void synergy_compat_sched_normal(struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 9, 0)
	sched_set_normal(task, 0);
#else
	struct sched_param param = { .sched_priority = 0 };

	sched_setscheduler_nocheck(task, SCHED_NORMAL, &param);
#endif
}

/* hrtimer_init() and a field before 6.13, one function since; both till 6.15. */
static inline void
synergy_compat_hrtimer_setup_on_stack(struct hrtimer *timer,
				      enum hrtimer_restart (*function)(struct hrtimer *),
				      clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup_on_stack(timer, function, clock, mode);
#else
	hrtimer_init_on_stack(timer, clock, mode);
	timer->function = function;
#endif
}

#endif /* SYNERGY_COMPAT_H */
