// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cores that go and come while they are counted. The one that goes is read a
 * last time, on itself; the one that comes gets a new set, with the counts of
 * the old one as its base, from a work item: no event is ever made or released
 * in a hotplug callback.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "pmu/pmu.h"

static void reconcile(struct work_struct *work);
static DECLARE_WORK(reconcile_work, reconcile);
static enum cpuhp_state hotplug_state;

void synergy_pmu_reconcile(void)
{
	schedule_work(&reconcile_work);
}

static void emit_reading(struct pmu_reading *s, int cpu, u32 n, u16 flags)
{
	struct pmu_core *core = synergy_pmu.cores[cpu];

	s->rec.hdr.size = struct_size(&s->rec, count, n);
	s->rec.hdr.type = SYNERGY_RECORD_PMU;
	s->rec.hdr.flags = flags;
	s->rec.cpu = cpu;
	s->rec.n_counts = n;
	s->rec.count_size = sizeof(s->count[0]);
	spin_lock(&core->order);
	WRITE_ONCE(core->stay, core->stay + 1);
	synergy_stream_emit(&s->rec.hdr);
	WRITE_ONCE(core->announced, flags & SYNERGY_PMU_F_ONLINE);
	spin_unlock(&core->order);
}

/* On the core that is going, in its hotplug thread, with its events still on. */
static int core_going(unsigned int cpu)
{
	struct pmu_core *core = synergy_pmu.cores[cpu];
	struct pmu_set *set;
	struct pmu_reading s;
	unsigned long flags;
	u32 n = synergy_pmu_columns();

	if (!n || !rcu_access_pointer(core->set))
		return 0;
	memset(&s, 0, sizeof(s));
	local_irq_save(flags);
	synergy_clock_stamp(&s.rec.hdr, synergy_clock_now());
	synergy_pmu_read_set(core, cpu, s.count, n);
	set = synergy_pmu_take_set(core);
	if (set)
		memcpy(core->base, s.count, n * sizeof(s.count[0]));
	local_irq_restore(flags);
	s.rec.done_ns = ktime_get_ns();
	if (!set)
		return 0;	/* STOP was faster */
	synergy_pmu_condemn(set);
	emit_reading(&s, cpu, n, SYNERGY_PMU_F_OFFLINE);
	schedule_work(&reconcile_work);
	return 0;
}

static int core_came(unsigned int cpu)
{
	if (synergy_pmu_columns())
		schedule_work(&reconcile_work);
	return 0;
}

static void first_reading(void *data)
{
	struct pmu_reading *s = data;

	synergy_clock_stamp(&s->rec.hdr, synergy_clock_now());
	synergy_pmu_read_here(s->count, synergy_pmu.n_columns);
	s->rec.done_ns = ktime_get_ns();
}

static bool set_is_dead(const struct pmu_set *set)
{
	u32 i;

	for (i = 0; i < set->n; i++)
		if (set->column[i].event &&
		    READ_ONCE(set->column[i].event->state) == PERF_EVENT_STATE_OFF)
			return true;
	return false;
}

/* Give every online core its set, and let go of those that died with theirs. */
static void reconcile(struct work_struct *work)
{
	struct pmu_set *set;
	struct pmu_reading *s;
	u32 bad;
	int cpu;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	mutex_lock(&synergy_pmu.lock);
	synergy_pmu_release_condemned();
	for_each_online_cpu(cpu) {
		struct pmu_core *core = synergy_pmu.cores[cpu];

		set = rcu_dereference_protected(core->set, lockdep_is_held(&synergy_pmu.lock));
		if (!synergy_pmu.n_columns || !s || (set && !set_is_dead(set)))
			continue;
		if (set)
			synergy_pmu_condemn(synergy_pmu_take_set(core));
		set = synergy_pmu_make_set(synergy_pmu.events, synergy_pmu.n_events,
					   synergy_pmu.multiplex, cpu, &bad);
		if (IS_ERR(set)) {
			synergy_pmu_report(core, cpu, PTR_ERR(set), bad);
			continue;
		}
		rcu_assign_pointer(core->set, set);
		memset(s, 0, sizeof(*s));
		if (!smp_call_function_single(cpu, first_reading, s, 1))
			emit_reading(s, cpu, synergy_pmu.n_columns, SYNERGY_PMU_F_ONLINE);
	}
	synergy_pmu_release_condemned();
	mutex_unlock(&synergy_pmu.lock);
	kfree(s);
}

int synergy_pmu_hotplug_init(void)
{
	int ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "synergy:online", core_came,
					    core_going);

	if (ret < 0)
		return ret;
	hotplug_state = ret;
	return 0;
}

void synergy_pmu_hotplug_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	cancel_work_sync(&reconcile_work);
}
