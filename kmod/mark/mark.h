/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the marks' files share: a mark's record with room for its counts, and who
 * made it. The rest of the module uses internal.h alone.
 */
#ifndef SYNERGY_MARK_H
#define SYNERGY_MARK_H

#include <linux/pid.h>
#include <linux/sched.h>

#include "internal.h"

/**
 * struct synergy_mark_scratch - a mark's record with room for all counts
 * @rec: the record; its counts follow
 * @counts: of the session's columns
 */
struct synergy_mark_scratch {
	struct synergy_marker_record rec;
	struct synergy_count counts[SYNERGY_MAX_EVENTS];
};

/* Flags of a mark -> those of its record. */
static inline u16 synergy_marker_flags(u32 mark_flags)
{
	return (mark_flags & SYNERGY_MARK_F_ALL_CPUS ? SYNERGY_MARKER_F_ALL_CPUS : 0) |
	       (mark_flags & SYNERGY_MARK_F_TOOL ? SYNERGY_MARKER_F_TOOL : 0);
}

static inline void synergy_mark_read_counts(struct synergy_mark_scratch *s)
{
	if (likely(!s->rec.n_counts))
		s->rec.cpu = raw_smp_processor_id();
	else if (s->rec.hdr.flags & SYNERGY_MARKER_F_ALL_CPUS)
		s->rec.cpu = synergy_pmu_read_all(s->counts, s->rec.n_counts);
	else
		s->rec.cpu = synergy_pmu_read_here(s->counts, s->rec.n_counts);
}

static inline struct synergy_pids synergy_pids_get_current(void)
{
	struct synergy_pids who = { get_pid(task_pid(current)), get_pid(task_tgid(current)) };

	return who;
}

/* Of one that was never filled in, too. */
static inline void synergy_pids_put(struct synergy_pids *who)
{
	put_pid(who->tid);
	put_pid(who->tgid);
	who->tid = NULL;
	who->tgid = NULL;
}

#endif /* SYNERGY_MARK_H */
