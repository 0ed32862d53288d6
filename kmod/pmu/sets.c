// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of perf events, one per core: made, tried, released. How they live and
 * die is described in pmu.h; nothing here runs in a hotplug callback.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>

#include "compat.h"
#include "pmu/pmu.h"

static LIST_HEAD(condemned);		/* sets of cores that went; condemned_lock */
static DEFINE_SPINLOCK(condemned_lock);

static struct perf_event *make_event(const struct synergy_event *want, int cpu, bool pinned)
{
	struct perf_event_attr attr = {
		.type = want->type,
		.size = sizeof(attr),
		.config = want->config,
		.config1 = want->config1,
		.config2 = want->config2,
		.pinned = pinned,
		.exclude_user = !!(want->flags & SYNERGY_EVENT_F_EXCLUDE_USER),
		.exclude_kernel = !!(want->flags & SYNERGY_EVENT_F_EXCLUDE_KERNEL),
	};
	struct perf_event *event;

	event = perf_event_create_kernel_counter(&attr, cpu, NULL, NULL, NULL);
	if (!IS_ERR(event) && event->cpu != cpu) {
		/* A PMU for the whole system counts on a core of its own choice. */
		perf_event_release_kernel(event);
		return ERR_PTR(-ENOENT);
	}
	return event;
}

static bool unknown_here(int err)
{
	return err == -ENOENT || err == -EOPNOTSUPP || err == -EINVAL || err == -ENXIO;
}

static void release_set(struct pmu_set *set)
{
	u32 i;

	for (i = 0; i < set->n; i++)
		if (set->column[i].event)
			perf_event_release_kernel(set->column[i].event);
	kfree(set);
}

static void note_birth(struct pmu_column *column)
{
	u64 enabled, running;

	perf_event_read_value(column->event, &enabled, &running);
	column->born_ns = local_clock() - enabled;
}

struct pmu_set *synergy_pmu_make_set(const struct synergy_event *want, u32 n, bool mux, int cpu,
				     u32 *bad)
{
	struct pmu_set *set = kzalloc(sizeof(*set), GFP_KERNEL);
	u32 i;
	int err = -ENOMEM;

	*bad = 0;
	if (!set)
		return ERR_PTR(-ENOMEM);
	set->pinned = !mux;
	for (i = 0; i < n; i++) {
		struct pmu_column *column = &set->column[want[i].column];
		struct perf_event *event;

		if (want[i].column >= set->n)
			set->n = want[i].column + 1;
		if (column->event)
			continue;
		*bad = i;
		event = make_event(&want[i], cpu, set->pinned);
		if (IS_ERR(event)) {
			err = PTR_ERR(event);
			if (unknown_here(err))
				continue;
			if (err == -EBUSY)
				err = -ENOSPC;
			goto err_release;
		}
		column->event = event;
		if (set->pinned && READ_ONCE(event->state) == PERF_EVENT_STATE_ERROR) {
			err = -ENOSPC;
			goto err_release;
		}
		note_birth(column);
	}
	return set;

err_release:
	release_set(set);
	return ERR_PTR(err);
}

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
		release_set(set);
	}
	*bad = 0;
	return check_known(want, n, known, bad);
}

struct pmu_set *synergy_pmu_take_set(struct pmu_core *core)
{
	return synergy_unrcu(xchg(&core->set, NULL));
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

void synergy_pmu_release_condemned(void)
{
	struct pmu_set *set, *next;
	LIST_HEAD(list);

	lockdep_assert_held(&synergy_pmu.lock);
	spin_lock(&condemned_lock);
	list_splice_init(&condemned, &list);
	spin_unlock(&condemned_lock);
	if (list_empty(&list))
		return;
	synchronize_rcu();
	list_for_each_entry_safe(set, next, &list, node)
		release_set(set);
}

void synergy_pmu_condemn(struct pmu_set *set)
{
	spin_lock(&condemned_lock);
	list_add_tail(&set->node, &condemned);
	spin_unlock(&condemned_lock);
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

