// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks. The path between the program and its layer: no allocation, no mutex,
 * no wake-up while a session runs. BEGIN reserves its place in every ring,
 * then reads the counters, then fills and publishes, so that next to nothing
 * lies between the counters and the layer; END reads them first of all.
 */
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"
#include "mark/mark.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(synergy_marker);

/* Any other size than today's, judged by the rules. */
static int mark_copy_sized(struct synergy_mark *mark, const void __user *arg)
{
	u32 size;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < sizeof(*mark))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(mark, sizeof(*mark), arg, size);
}

static int mark_copy(struct synergy_mark *mark, const void __user *arg)
{
	int err;

	if (copy_from_user(mark, arg, sizeof(*mark)) || mark->size != sizeof(*mark)) {
		err = mark_copy_sized(mark, arg);
		if (err)
			return err;
	}
	if ((mark->flags & ~(SYNERGY_MARK_F_ALL_CPUS | SYNERGY_MARK_F_TOOL)) ||
	    mark->kind > SYNERGY_MARK_END)
		return -EINVAL;
	return 0;
}

/*
 * Marks that interrupt all cores: a cost to everybody, so they are for those whom perf
 * would let count whole cores, and not too many. Four cores spend some per cent of
 * their time on as many as these.
 */
#define ALL_CPUS_PER_S	8192
#define ALL_CPUS_AHEAD	1024	/* marks in a row */

static int all_cpus_allowed(const struct synergy_file *file)
{
	static atomic64_t next_ns;	/* when as many were made as are due */
	const u64 each_ns = NSEC_PER_SEC / ALL_CPUS_PER_S;
	u64 now = ktime_get_ns();
	s64 was, due;

	if (!synergy_pmu_columns())
		return 0;
	if (!file->sees_counts)
		return -EACCES;
	do {
		was = atomic64_read(&next_ns);
		due = max_t(s64, was, now - ALL_CPUS_AHEAD * each_ns) + each_ns;
		if (due > (s64)now)
			return -EAGAIN;
	} while (atomic64_cmpxchg(&next_ns, was, due) != was);
	return 0;
}

long synergy_mark(struct synergy_file *file, const void __user *arg, struct synergy_stamp entry)
{
	/* 848 bytes, of which the head and the used counts are filled in */
	struct synergy_mark_scratch s SYNERGY_UNINITIALIZED;
	struct synergy_mark mark SYNERGY_UNINITIALIZED;
	struct synergy_pids who = { task_pid(current), task_tgid(current) };
	bool late_read;
	int err;

	err = mark_copy(&mark, arg);
	if (err)
		return err;
	if (!file->writable)
		return -EBADF;
	if (READ_ONCE(file->gone))
		return -ENODEV;
	if (mark.flags & SYNERGY_MARK_F_ALL_CPUS) {
		err = all_cpus_allowed(file);
		if (err)
			return err;
	}
	if (mark.kind == SYNERGY_MARK_END)
		trace_synergy_marker(mark.kind, mark.id, mark.cookie, current->pid, entry.time_ns);
	/* Every field is set, here or below, and there are no holes: nothing to clear. */
	BUILD_BUG_ON(sizeof(s.rec) != 80);
	s.rec.n_counts = synergy_pmu_columns();
	s.rec.hdr.size = struct_size(&s.rec, count, s.rec.n_counts);
	s.rec.hdr.type = SYNERGY_RECORD_MARKER;
	s.rec.hdr.flags = synergy_marker_flags(mark.flags);
	synergy_clock_stamp(&s.rec.hdr, entry);
	s.rec.cookie = mark.cookie;
	s.rec.kind = mark.kind;
	s.rec.id = mark.id;
	s.rec.tid = current->pid;
	s.rec.tgid = current->tgid;
	s.rec.count_size = sizeof(s.counts[0]);
	s.rec.reserved = 0;
	/* Reading all cores sleeps, so it cannot be put off until the ring is locked. */
	late_read = mark.kind == SYNERGY_MARK_BEGIN && !(mark.flags & SYNERGY_MARK_F_ALL_CPUS);
	if (!late_read)
		synergy_mark_read_counts(&s);
	/* Its own marks come in their order. */
	if (READ_ONCE(file->slots.page))
		synergy_mark_page_take(file);

	spin_lock(&synergy_stream.lock);
	synergy_stream_reserve(&s.rec.hdr);
	if (mark.kind != SYNERGY_MARK_POINT)
		synergy_mark_track(file, &s.rec, &who);
	if (late_read)
		synergy_mark_read_counts(&s);
	s.rec.done_ns = ktime_get_ns();
	synergy_stream_publish(&s.rec.hdr, &who);
	spin_unlock(&synergy_stream.lock);
	if (mark.kind != SYNERGY_MARK_END)
		trace_synergy_marker(mark.kind, mark.id, mark.cookie, current->pid, s.rec.done_ns);
	return 0;
}
