/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the counters' files share: the cores, their sets of events, and who may
 * touch them when. sets.c makes and releases, read.c reads, hotplug.c follows cores
 * that come and go, pmu.c begins and ends all of it. The rest of the module uses
 * internal.h alone.
 *
 * A set of events belongs to one core and one stay of that core online. perf
 * leaves events of a core that went offline dead for good, so the set is
 * dropped and its counts kept as the base of the next one. Sets are made and
 * released in process context under the lock, never in a hotplug callback
 * (software events take the hotplug lock themselves); readers hold interrupts
 * off, and sets are freed after a grace period.
 */
#ifndef SYNERGY_PMU_H
#define SYNERGY_PMU_H

#include "internal.h"

struct perf_event;

/**
 * struct pmu_set - the events of one core and one stay of it online
 * @node: among those to be released
 * @n: columns in use
 * @pinned: the events are pinned: no multiplexing
 * @column: one for each column of the session
 * @column.event: NULL: this core has no such event
 * @column.born_ns: local_clock() when it was enabled
 * @column.gap_ns: a pinned event's time without a counter
 * @column.gap_since_ns: since when it has none; 0: it has one
 */
struct pmu_set {
	struct list_head node;
	u32 n;
	bool pinned;
	struct pmu_column {
		struct perf_event *event;
		u64 born_ns;
		u64 gap_ns;
		u64 gap_since_ns;
	} column[SYNERGY_MAX_EVENTS];
};

/**
 * struct pmu_reading - a PMU record with room for all columns
 * @rec: the record; its counts follow
 * @count: of the session's columns
 */
struct pmu_reading {
	struct synergy_pmu_record rec;
	struct synergy_count count[SYNERGY_MAX_EVENTS];
};

/**
 * struct pmu_core - one core: its set, and its reading of a tick
 * @set: NULL: offline, or no session counts
 * @base: counts of sets that are gone
 * @errors: ERROR records since START
 * @retry_ns: a set that failed is not made again before then
 * @lost_counter: a pinned event has lost its counter, and it was reported
 * @csd: a tick's reading: kick() asks by it, the core answers, collect() takes it
 * @order: protects @stay; the core's records come in order
 * @stay: counts goings and comings of the core
 * @announced: its ONLINE record is out, or it was there at START
 * @sample_stay: the stay in which the sample was asked for
 * @missed: records since the last one that could not be made
 * @missed_all: the same since START
 * @asked: a reading is under way
 * @done: @sample holds the answer
 * @sample: the answer
 */
struct pmu_core {
	struct pmu_set __rcu *set;
	struct synergy_count base[SYNERGY_MAX_EVENTS];
	u64 errors;
	u64 retry_ns;
	bool lost_counter;
	call_single_data_t csd;
	spinlock_t order;		/* protects stay */
	u32 stay;
	bool announced;
	u32 sample_stay;
	u32 missed;
	u64 missed_all;
	bool asked;
	bool done;
	struct pmu_reading sample;
};

/**
 * struct synergy_pmu - the counters of all cores
 * @lock: configuration, and making and releasing sets
 * @cores: nr_cpu_ids of them; const after init
 * @events: of the session
 * @n_events: of them
 * @multiplex: events may take turns
 * @n_columns: 0: no session counts; read without the lock
 */
struct synergy_pmu {
	struct mutex lock;		/* configuration and sets */
	struct pmu_core **cores;
	const struct synergy_event *events;
	u32 n_events;
	bool multiplex;
	u32 n_columns;
};

extern struct synergy_pmu synergy_pmu;

void synergy_pmu_init_core(struct pmu_core *core);
/* What the core has counted since START. On that core, interrupts off. */
void synergy_pmu_read_set(struct pmu_core *core, int cpu, struct synergy_count *counts, u32 n);

/* All columns of one core, or an errno; *@bad is then the entry that did not work. */
struct pmu_set *synergy_pmu_make_set(const struct synergy_event *want, u32 n, bool mux, int cpu,
				     u32 *bad);
/* Take a core's set away; what it counted is then the caller's to keep. NULL: none. */
struct pmu_set *synergy_pmu_take_set(struct pmu_core *core);
/* That nobody reads. */
void synergy_pmu_release_set(struct pmu_set *set);
/* To be released, by whoever holds the lock next. */
void synergy_pmu_condemn(struct pmu_set *set);
/* Release what was condemned. Lock held; waits for readers. */
void synergy_pmu_release_condemned(void);

/* An ERROR record: event or column @which did not work. Lock held. */
void synergy_pmu_report(struct pmu_core *core, int cpu, int err, u32 which);

int synergy_pmu_hotplug_init(void);
void synergy_pmu_hotplug_exit(void);
/* Soon, give every online core its set and let go of those of cores that went. */
void synergy_pmu_reconcile(void);

#endif /* SYNERGY_PMU_H */
