// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-core counters through in-kernel perf events. They are read where they
 * are: in an interruption of each core (one per tick at most), or by a marker
 * on its own core with no interruption at all.
 *
 * A set of events belongs to one core and one stay of that core online. perf
 * leaves events of a core that went offline dead for good, so the set is
 * dropped and its counts kept as the base of the next one. Sets are made and
 * released in process context under sets_lock, never in a hotplug callback
 * (software events take the hotplug lock themselves); readers hold interrupts
 * off, and sets are freed after a grace period.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "internal.h"

#define RETRY_NS	100000000ULL	/* between tries to get a lost counter back */

struct event_set {
	struct list_head node;
	u32 n;
	bool pinned;
	struct set_column {
		struct perf_event *event;	/* NULL: this core has no such event */
		u64 born_ns;			/* local_clock() when it was enabled */
		u64 gap_ns;			/* a pinned event's time without a counter */
		u64 gap_since_ns;		/* 0: it has one */
	} column[SYNERGY_MAX_EVENTS];
};

struct core {
	struct event_set __rcu *set;
	struct synergy_count base[SYNERGY_MAX_EVENTS];	/* of sets that are gone */
	u64 errors;
	u64 retry_ns;
	bool lost_counter;
	/* A tick's reading: kick() asks, the core answers, collect() takes it */
	call_single_data_t csd;
	spinlock_t order;		/* protects stay; its records come in order */
	u32 stay;			/* counts goings and comings of the core */
	bool announced;			/* its ONLINE record is out, or it was there at START */
	u32 sample_stay;		/* the stay in which the sample was asked for */
	bool asked;
	bool done;
	struct {
		struct synergy_pmu_record rec;
		struct synergy_count count[SYNERGY_MAX_EVENTS];
	} sample;
};

static struct core **cores;		/* nr_cpu_ids of them */
static DEFINE_MUTEX(sets_lock);		/* configuration, and making and releasing sets */
static const struct synergy_event *events;
static u32 n_events;
static bool multiplex;
static u32 n_columns;			/* 0: no session counts */
static LIST_HEAD(dying);		/* sets of cores that went; dying_lock */
static DEFINE_SPINLOCK(dying_lock);
static void reconcile(struct work_struct *work);
static DECLARE_WORK(reconcile_work, reconcile);
static enum cpuhp_state hotplug_state;

u32 synergy_pmu_columns(void)
{
	return READ_ONCE(n_columns);
}

/* ---- reading; interrupts are off and this is the core ---- */

static void read_column(struct event_set *set, u32 i, int cpu, u64 now, struct synergy_count *out)
{
	struct set_column *column = &set->column[i];
	struct perf_event *event = column->event;
	int state = READ_ONCE(event->state);
	u64 enabled, stale;

	if (READ_ONCE(event->oncpu) == cpu)
		event->pmu->read(event);
	out->value += local64_read(&event->count);
	enabled = now > column->born_ns ? now - column->born_ns : 0;
	out->enabled_ns += enabled;
	if (!set->pinned) {
		/* perf's own times as of the last change of state, and on from there */
		stale = enabled > event->total_time_enabled ?
			enabled - event->total_time_enabled : 0;
		out->running_ns += event->total_time_running +
			(state == PERF_EVENT_STATE_ACTIVE ? stale : 0);
		return;
	}
	if (state == PERF_EVENT_STATE_ERROR && !column->gap_since_ns) {
		column->gap_since_ns = now;
		cores[cpu]->lost_counter = true;
	} else if (state == PERF_EVENT_STATE_ACTIVE && column->gap_since_ns) {
		column->gap_ns += now - column->gap_since_ns;
		column->gap_since_ns = 0;
	}
	stale = column->gap_ns + (column->gap_since_ns ? now - column->gap_since_ns : 0);
	out->running_ns += enabled > stale ? enabled - stale : 0;
}

static void read_set(struct core *core, int cpu, struct synergy_count *counts, u32 n)
{
	struct event_set *set = rcu_dereference_check(core->set, irqs_disabled());
	u64 now = local_clock();
	u32 i;

	for (i = 0; i < n; i++) {
		counts[i] = core->base[i];
		if (set && i < set->n && set->column[i].event)
			read_column(set, i, cpu, now, &counts[i]);
	}
}

u32 synergy_pmu_read_here(struct synergy_count *counts, u32 n)
{
	unsigned long flags;
	u32 cpu;

	local_irq_save(flags);
	cpu = smp_processor_id();
	read_set(cores[cpu], cpu, counts, n);
	local_irq_restore(flags);
	return cpu;
}

struct read_all {
	u32 n;
	raw_spinlock_t lock;	/* protects sum; raw, since interruptions take it on RT, too */
	struct synergy_count *sum;
};

static void add_here(void *data)
{
	struct synergy_count counts[SYNERGY_MAX_EVENTS];
	struct read_all *all = data;
	unsigned long flags;
	u32 i;

	synergy_pmu_read_here(counts, all->n);
	raw_spin_lock_irqsave(&all->lock, flags);
	for (i = 0; i < all->n; i++) {
		all->sum[i].value += counts[i].value;
		all->sum[i].enabled_ns += counts[i].enabled_ns;
		all->sum[i].running_ns += counts[i].running_ns;
	}
	raw_spin_unlock_irqrestore(&all->lock, flags);
}

u32 synergy_pmu_read_all(struct synergy_count *counts, u32 n)
{
	struct read_all all = { .n = n, .sum = counts };

	raw_spin_lock_init(&all.lock);
	memset(counts, 0, n * sizeof(*counts));
	on_each_cpu(add_here, &all, 1);
	return raw_smp_processor_id();
}

/* ---- one interruption per core and tick ---- */

static void sample_here(void *data)
{
	struct core *core = data;
	int cpu = smp_processor_id();
	u32 n = core->sample.rec.n_counts;

	core->sample.rec.hdr.time_ns = ktime_get_ns();
	read_set(core, cpu, core->sample.count, n);
	core->sample.rec.done_ns = ktime_get_ns();
	/* Pairs with the acquires in wait_done() and wait_answers(). */
	smp_store_release(&core->done, true);
}

static void sample_prepare(struct core *core, int cpu, u32 n, u16 flags)
{
	memset(&core->sample.rec, 0, sizeof(core->sample.rec));
	core->sample.rec.hdr.size = struct_size(&core->sample.rec, count, n);
	core->sample.rec.hdr.type = SYNERGY_RECORD_PMU;
	core->sample.rec.hdr.flags = flags;
	core->sample.rec.cpu = cpu;
	core->sample.rec.n_counts = n;
	core->sample_stay = READ_ONCE(core->stay);
}

void synergy_pmu_kick(void)
{
	u32 n = synergy_pmu_columns();
	unsigned long flags;
	int cpu, here;

	here = get_cpu();
	for_each_online_cpu(cpu) {
		struct core *core = cores[cpu];

		/* No set, or its answer to the last tick is still out. */
		if (!rcu_access_pointer(core->set) || core->asked || !READ_ONCE(core->announced))
			continue;
		sample_prepare(core, cpu, n, 0);
		core->done = false;
		core->asked = true;
		if (cpu == here) {
			local_irq_save(flags);
			sample_here(core);
			local_irq_restore(flags);
		} else if (smp_call_function_single_async(cpu, &core->csd)) {
			core->asked = false;
		}
	}
	put_cpu();
}

static bool wait_done(struct core *core)
{
	u32 spins;

	/* The bus transfers gave the cores ample time; this rarely loops. */
	for (spins = 0; spins < 200; spins++) {
		/* Pairs with the release in sample_here(). */
		if (smp_load_acquire(&core->done))
			return true;
		cpu_relax();
	}
	for (spins = 0; spins < 20; spins++) {
		usleep_range(20, 50);
		/* Pairs with the release in sample_here(). */
		if (smp_load_acquire(&core->done))
			return true;
	}
	return false;
}

/* A pinned event that lost its counter stays off until it is asked for again. */
static void try_regain(struct core *core, int cpu)
{
	struct event_set *set;
	u64 now = ktime_get_ns();
	u32 i;

	if (!core->lost_counter || now < core->retry_ns || !mutex_trylock(&sets_lock))
		return;
	core->retry_ns = now + RETRY_NS;
	core->lost_counter = false;
	set = rcu_dereference_protected(core->set, lockdep_is_held(&sets_lock));
	for (i = 0; set && i < set->n; i++) {
		if (!set->column[i].event || !READ_ONCE(set->column[i].gap_since_ns))
			continue;
		synergy_stream_emit_error(SYNERGY_ERROR_PMU, cpu, EBUSY, 0, i, ++core->errors,
					  now);
		perf_event_enable(set->column[i].event);
		core->lost_counter = true;	/* until a reading finds it back */
	}
	mutex_unlock(&sets_lock);
}

void synergy_pmu_collect(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct core *core = cores[cpu];

		if (!core->asked || !wait_done(core))
			continue;
		core->asked = false;
		/* A reading from before the core went must not come after its last. */
		spin_lock(&core->order);
		if (core->sample_stay == core->stay)
			synergy_stream_emit(&core->sample.rec.hdr);
		spin_unlock(&core->order);
		try_regain(core, cpu);
	}
}

/* ---- making and releasing sets ---- */

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

static void release_set(struct event_set *set)
{
	u32 i;

	for (i = 0; i < set->n; i++)
		if (set->column[i].event)
			perf_event_release_kernel(set->column[i].event);
	kfree(set);
}

static void note_birth(struct set_column *column)
{
	u64 enabled, running;

	perf_event_read_value(column->event, &enabled, &running);
	column->born_ns = local_clock() - enabled;
}

/* All columns of one core; *@bad is the entry that did not work. */
static struct event_set *make_set(const struct synergy_event *want, u32 n, bool mux, int cpu,
				  u32 *bad)
{
	struct event_set *set = kzalloc(sizeof(*set), GFP_KERNEL);
	u32 i;
	int err = -ENOMEM;

	*bad = 0;
	if (!set)
		return ERR_PTR(-ENOMEM);
	set->pinned = !mux;
	for (i = 0; i < n; i++) {
		struct set_column *column = &set->column[want[i].column];
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
		struct event_set *set = make_set(want, n, mux, cpu, bad);

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

/* Take a core's set away and add what it counted to the base. */
static struct event_set *take_set(struct core *core)
{
	return synergy_unrcu(xchg(&core->set, NULL));
}

static void forget_counts(struct core *core)
{
	memset(core->base, 0, sizeof(core->base));
	core->errors = 0;
	core->lost_counter = false;
	core->announced = false;
}

int synergy_pmu_start(const struct synergy_event *want, u32 n, u32 columns, bool mux)
{
	u32 bad;
	int cpu, err = 0;

	mutex_lock(&sets_lock);
	for_each_possible_cpu(cpu)
		forget_counts(cores[cpu]);
	for_each_online_cpu(cpu) {
		struct event_set *set = make_set(want, n, mux, cpu, &bad);

		if (IS_ERR(set)) {
			err = PTR_ERR(set);
			if (err == -ENODEV) {
				err = 0;
				continue;
			}
			break;
		}
		cores[cpu]->announced = true;
		rcu_assign_pointer(cores[cpu]->set, set);
	}
	events = want;
	n_events = n;
	multiplex = mux;
	WRITE_ONCE(n_columns, columns);
	mutex_unlock(&sets_lock);
	if (err)
		synergy_pmu_stop();
	else
		schedule_work(&reconcile_work);	/* cores that came or went meanwhile */
	return err;
}

static void wait_answers(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		/* Pairs with the release in sample_here(). */
		while (cores[cpu]->asked && !smp_load_acquire(&cores[cpu]->done))
			usleep_range(50, 100);
		cores[cpu]->asked = false;
	}
}

static void release_dying(void)
{
	struct event_set *set, *next;
	LIST_HEAD(list);

	lockdep_assert_held(&sets_lock);
	spin_lock(&dying_lock);
	list_splice_init(&dying, &list);
	spin_unlock(&dying_lock);
	if (list_empty(&list))
		return;
	synchronize_rcu();
	list_for_each_entry_safe(set, next, &list, node)
		release_set(set);
}

static void condemn(struct event_set *set)
{
	spin_lock(&dying_lock);
	list_add_tail(&set->node, &dying);
	spin_unlock(&dying_lock);
}

void synergy_pmu_stop(void)
{
	int cpu;

	mutex_lock(&sets_lock);
	WRITE_ONCE(n_columns, 0);
	n_events = 0;
	events = NULL;
	for_each_possible_cpu(cpu) {
		struct event_set *set = take_set(cores[cpu]);

		if (set)
			condemn(set);
	}
	wait_answers();
	release_dying();
	mutex_unlock(&sets_lock);
}

/* ---- hotplug ---- */

struct pmu_scratch {
	struct synergy_pmu_record rec;
	struct synergy_count count[SYNERGY_MAX_EVENTS];
};

static void emit_reading(struct pmu_scratch *s, int cpu, u32 n, u16 flags)
{
	s->rec.hdr.size = struct_size(&s->rec, count, n);
	s->rec.hdr.type = SYNERGY_RECORD_PMU;
	s->rec.hdr.flags = flags;
	s->rec.cpu = cpu;
	s->rec.n_counts = n;
	spin_lock(&cores[cpu]->order);
	WRITE_ONCE(cores[cpu]->stay, cores[cpu]->stay + 1);
	synergy_stream_emit(&s->rec.hdr);
	WRITE_ONCE(cores[cpu]->announced, flags & SYNERGY_PMU_F_ONLINE);
	spin_unlock(&cores[cpu]->order);
}

/* On the core that is going, in its hotplug thread, with its events still on. */
static int core_going(unsigned int cpu)
{
	struct core *core = cores[cpu];
	struct event_set *set;
	struct pmu_scratch s;
	unsigned long flags;
	u32 n = synergy_pmu_columns();

	if (!n || !rcu_access_pointer(core->set))
		return 0;
	memset(&s, 0, sizeof(s));
	local_irq_save(flags);
	s.rec.hdr.time_ns = ktime_get_ns();
	read_set(core, cpu, s.count, n);
	set = take_set(core);
	if (set)
		memcpy(core->base, s.count, n * sizeof(s.count[0]));
	local_irq_restore(flags);
	s.rec.done_ns = ktime_get_ns();
	if (!set)
		return 0;	/* STOP was faster */
	condemn(set);
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
	struct pmu_scratch *s = data;

	s->rec.hdr.time_ns = ktime_get_ns();
	synergy_pmu_read_here(s->count, n_columns);
	s->rec.done_ns = ktime_get_ns();
}

static bool set_is_dead(const struct event_set *set)
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
	struct event_set *set;
	struct pmu_scratch *s;
	u32 bad;
	int cpu;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	mutex_lock(&sets_lock);
	release_dying();
	for_each_online_cpu(cpu) {
		struct core *core = cores[cpu];

		set = rcu_dereference_protected(core->set, lockdep_is_held(&sets_lock));
		if (!n_columns || !s || (set && !set_is_dead(set)))
			continue;
		if (set)
			condemn(take_set(core));
		set = make_set(events, n_events, multiplex, cpu, &bad);
		if (IS_ERR(set)) {
			synergy_stream_emit_error(SYNERGY_ERROR_PMU, cpu, PTR_ERR(set), 0, bad,
						  ++core->errors, ktime_get_ns());
			continue;
		}
		rcu_assign_pointer(core->set, set);
		memset(s, 0, sizeof(*s));
		if (!smp_call_function_single(cpu, first_reading, s, 1))
			emit_reading(s, cpu, n_columns, SYNERGY_PMU_F_ONLINE);
	}
	release_dying();
	mutex_unlock(&sets_lock);
	kfree(s);
}

/* ---- module ---- */

static void free_cores(void)
{
	int cpu;

	for (cpu = 0; cores && cpu < nr_cpu_ids; cpu++)
		kfree(cores[cpu]);
	kfree(cores);
	cores = NULL;
}

int synergy_pmu_init(void)
{
	int cpu, ret;

	cores = kcalloc(nr_cpu_ids, sizeof(*cores), GFP_KERNEL);
	if (!cores)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		cores[cpu] = kzalloc_node(sizeof(**cores), GFP_KERNEL, cpu_to_node(cpu));
		if (!cores[cpu]) {
			free_cores();
			return -ENOMEM;
		}
		spin_lock_init(&cores[cpu]->order);
		cores[cpu]->csd.func = sample_here;
		cores[cpu]->csd.info = cores[cpu];
	}
	ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "synergy:online", core_came,
					core_going);
	if (ret < 0) {
		free_cores();
		return ret;
	}
	hotplug_state = ret;
	return 0;
}

void synergy_pmu_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	cancel_work_sync(&reconcile_work);
	free_cores();
}
