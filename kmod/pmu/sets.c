// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of perf events, one per core: made, taken away, released. How they live and
 * die is described in pmu.h; nothing here runs in a hotplug callback.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
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

void synergy_pmu_release_set(struct pmu_set *set)
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
	synergy_pmu_release_set(set);
	return ERR_PTR(err);
}

struct pmu_set *synergy_pmu_take_set(struct pmu_core *core)
{
	return synergy_unrcu(xchg(&core->set, NULL));
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
	synergy_compat_wait_for_readers();
	list_for_each_entry_safe(set, next, &list, node)
		synergy_pmu_release_set(set);
}

void synergy_pmu_condemn(struct pmu_set *set)
{
	spin_lock(&condemned_lock);
	list_add_tail(&set->node, &condemned);
	spin_unlock(&condemned_lock);
}
