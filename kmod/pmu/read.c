// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-core counters through in-kernel perf events. They are read where they
 * are: in an interruption of each core (one per tick at most), or by a marker
 * on its own core with no interruption at all. How sets of events live and die
 * is described in pmu.h.
 */
#include <linux/delay.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "pmu/pmu.h"

#define RETRY_NS	100000000ULL	/* between tries to get a lost counter back */

struct synergy_pmu synergy_pmu = {
	.lock = __MUTEX_INITIALIZER(synergy_pmu.lock),
};

u32 synergy_pmu_columns(void)
{
	return READ_ONCE(synergy_pmu.n_columns);
}

/* ---- reading; interrupts are off and this is the core ---- */

static void read_column(struct pmu_set *set, u32 i, int cpu, u64 now, struct synergy_count *out)
{
	struct pmu_column *column = &set->column[i];
	struct perf_event *event = column->event;
	int state = READ_ONCE(event->state);
	u64 enabled, stale;

	if (READ_ONCE(event->oncpu) == cpu)
		event->pmu->read(event);
	out->value += local64_read(&event->count);
	enabled = now > column->born_ns ? now - column->born_ns : 0;
	out->enabled_ns += enabled;
	if (!set->pinned) {
		out->running_ns +=
			synergy_compat_running_ns(event, state == PERF_EVENT_STATE_ACTIVE, enabled);
		return;
	}
	if (state == PERF_EVENT_STATE_ERROR && !column->gap_since_ns) {
		column->gap_since_ns = now;
		synergy_pmu.cores[cpu]->lost_counter = true;
	} else if (state == PERF_EVENT_STATE_ACTIVE && column->gap_since_ns) {
		column->gap_ns += now - column->gap_since_ns;
		column->gap_since_ns = 0;
	}
	stale = column->gap_ns + (column->gap_since_ns ? now - column->gap_since_ns : 0);
	out->running_ns += enabled > stale ? enabled - stale : 0;
}

void synergy_pmu_read_set(struct pmu_core *core, int cpu, struct synergy_count *counts, u32 n)
{
	struct pmu_set *set = rcu_dereference_check(core->set, irqs_disabled());
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
	synergy_pmu_read_set(synergy_pmu.cores[cpu], cpu, counts, n);
	local_irq_restore(flags);
	return cpu;
}

/**
 * struct read_all - a sum over all cores that is being made
 * @n: columns
 * @lock: protects the counts at @sum; raw, since interrupts take it on RT, too
 * @sum: of each column
 */
struct read_all {
	u32 n;
	raw_spinlock_t lock;	/* protects the counts at sum */
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
	struct pmu_core *core = data;
	int cpu = smp_processor_id();
	u32 n = core->sample.rec.n_counts;

	synergy_clock_stamp(&core->sample.rec.hdr, synergy_clock_now());
	synergy_pmu_read_set(core, cpu, core->sample.count, n);
	core->sample.rec.done_ns = ktime_get_ns();
	/* Pairs with the acquires in wait_done() and wait_answers(). */
	smp_store_release(&core->done, true);
}

void synergy_pmu_init_core(struct pmu_core *core)
{
	spin_lock_init(&core->order);
	core->csd.func = sample_here;
	core->csd.info = core;
}

static void sample_prepare(struct pmu_core *core, int cpu, u32 n, u16 flags)
{
	memset(&core->sample.rec, 0, sizeof(core->sample.rec));
	core->sample.rec.hdr.size = struct_size(&core->sample.rec, count, n);
	core->sample.rec.hdr.type = SYNERGY_RECORD_PMU;
	core->sample.rec.hdr.flags = flags;
	core->sample.rec.cpu = cpu;
	core->sample.rec.n_counts = n;
	core->sample.rec.count_size = sizeof(core->sample.count[0]);
	core->sample_stay = READ_ONCE(core->stay);
}

static void miss(struct pmu_core *core)
{
	core->missed++;
	WRITE_ONCE(core->missed_all, core->missed_all + 1);
}

u64 synergy_pmu_missed(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(synergy_pmu.cores[cpu]->missed_all);
	return sum;
}

void synergy_pmu_kick(void)
{
	u32 n = synergy_pmu_columns();
	unsigned long flags;
	int cpu, here;

	here = get_cpu();
	for_each_online_cpu(cpu) {
		struct pmu_core *core = synergy_pmu.cores[cpu];

		/* No set, or its answer to the last tick is still due. */
		if (!rcu_access_pointer(core->set) || core->asked ||
		    !READ_ONCE(core->announced)) {
			miss(core);
			continue;
		}
		sample_prepare(core, cpu, n, 0);
		core->done = false;
		core->asked = true;
		if (cpu == here) {
			local_irq_save(flags);
			sample_here(core);
			local_irq_restore(flags);
		} else if (smp_call_function_single_async(cpu, &core->csd)) {
			core->asked = false;
			miss(core);
		}
	}
	put_cpu();
}

static bool wait_done(struct pmu_core *core)
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

void synergy_pmu_report(struct pmu_core *core, int cpu, int err, u32 which)
{
	struct synergy_error_record rec = {
		.hdr.time_ns = ktime_get_ns(),
		.source = SYNERGY_ERROR_PMU,
		.index = cpu,
		.error = -err,
		.value = which,
		.count = ++core->errors,
	};

	lockdep_assert_held(&synergy_pmu.lock);
	synergy_stream_emit_error(&rec);
}

/* A pinned event that lost its counter stays off until it is asked for again. */
static void try_regain(struct pmu_core *core, int cpu)
{
	struct pmu_set *set;
	u64 now = ktime_get_ns();
	u32 i;

	if (!core->lost_counter || now < core->retry_ns || !mutex_trylock(&synergy_pmu.lock))
		return;
	core->retry_ns = now + RETRY_NS;
	core->lost_counter = false;
	set = rcu_dereference_protected(core->set, lockdep_is_held(&synergy_pmu.lock));
	for (i = 0; set && i < set->n; i++) {
		if (!set->column[i].event || !READ_ONCE(set->column[i].gap_since_ns))
			continue;
		synergy_pmu_report(core, cpu, -EBUSY, i);
		perf_event_enable(set->column[i].event);
		core->lost_counter = true;	/* until a reading finds it back */
	}
	mutex_unlock(&synergy_pmu.lock);
}

void synergy_pmu_collect(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pmu_core *core = synergy_pmu.cores[cpu];

		if (!core->asked || !wait_done(core))
			continue;
		core->asked = false;
		/* A reading from before the core went must not come after its last. */
		spin_lock(&core->order);
		if (core->sample_stay == core->stay) {
			core->sample.rec.missed = core->missed;
			if (core->missed)
				core->sample.rec.hdr.flags |= SYNERGY_PMU_F_LATE;
			core->missed = 0;
			synergy_stream_emit(&core->sample.rec.hdr);
		}
		spin_unlock(&core->order);
		try_regain(core, cpu);
	}
}
