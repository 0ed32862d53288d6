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

#define CREATE_TRACE_POINTS
#include "trace.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(synergy_marker);

struct mark_scratch {
	struct synergy_marker_record rec;
	struct synergy_count counts[SYNERGY_MAX_EVENTS];
};

/* Any other size than today's, told by the rules. */
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
	if ((mark->flags & ~SYNERGY_MARK_F_ALL_CPUS) || mark->kind > SYNERGY_MARK_END)
		return -EINVAL;
	return 0;
}

static inline void read_counts(struct mark_scratch *s)
{
	if (likely(!s->rec.n_counts))
		s->rec.cpu = raw_smp_processor_id();
	else if (s->rec.hdr.flags & SYNERGY_MARKER_F_ALL_CPUS)
		s->rec.cpu = synergy_pmu_read_all(s->counts, s->rec.n_counts);
	else
		s->rec.cpu = synergy_pmu_read_here(s->counts, s->rec.n_counts);
}

/* So that a dying program's intervals are ended. */
void synergy_mark_track(struct synergy_file *file, const struct synergy_marker_record *rec)
{
	u32 i;

	lockdep_assert_held(&synergy_stream.lock);
	if (rec->kind == SYNERGY_MARK_BEGIN) {
		if (file->n_open == SYNERGY_OPEN_MARKS)
			return;
		file->open[file->n_open].cookie = rec->cookie;
		file->open[file->n_open].id = rec->id;
		file->open[file->n_open].tid = rec->tid;
		file->open[file->n_open].tgid = rec->tgid;
		file->n_open++;
		return;
	}
	for (i = file->n_open; i-- > 0; ) {
		if (file->open[i].id != rec->id || file->open[i].cookie != rec->cookie ||
		    file->open[i].tgid != rec->tgid)
			continue;
		file->n_open--;
		for (; i < file->n_open; i++)
			file->open[i] = file->open[i + 1];
		return;
	}
}

long synergy_mark(struct synergy_file *file, const void __user *arg, u64 entry_ns)
{
	/* 832 bytes, of which the head and the used counts are filled in */
	struct mark_scratch s SYNERGY_UNINITIALIZED;
	struct synergy_mark mark SYNERGY_UNINITIALIZED;
	bool late_read;
	int err;

	err = mark_copy(&mark, arg);
	if (err)
		return err;
	if (!file->writable)
		return -EBADF;
	if (READ_ONCE(file->gone))
		return -ENODEV;
	if (mark.kind == SYNERGY_MARK_END)
		trace_synergy_marker(mark.kind, mark.id, mark.cookie, current->pid, entry_ns);
	/* Every field is set, here or below, and there are no holes: nothing to clear. */
	BUILD_BUG_ON(sizeof(s.rec) != 64);
	s.rec.n_counts = synergy_pmu_columns();
	s.rec.hdr.size = struct_size(&s.rec, count, s.rec.n_counts);
	s.rec.hdr.type = SYNERGY_RECORD_MARKER;
	s.rec.hdr.flags = mark.flags & SYNERGY_MARK_F_ALL_CPUS ? SYNERGY_MARKER_F_ALL_CPUS : 0;
	s.rec.hdr.time_ns = entry_ns;
	s.rec.cookie = mark.cookie;
	s.rec.kind = mark.kind;
	s.rec.id = mark.id;
	s.rec.tid = current->pid;
	s.rec.tgid = current->tgid;
	/* Reading all cores sleeps, so it cannot be put off until the ring is locked. */
	late_read = mark.kind == SYNERGY_MARK_BEGIN && !s.rec.hdr.flags;
	if (!late_read)
		read_counts(&s);

	spin_lock(&synergy_stream.lock);
	if (file->slots.page)
		synergy_mark_page_take(file);
	synergy_stream_reserve(&s.rec.hdr);
	if (mark.kind != SYNERGY_MARK_POINT)
		synergy_mark_track(file, &s.rec);
	if (late_read)
		read_counts(&s);
	s.rec.done_ns = ktime_get_ns();
	synergy_stream_publish(&s.rec.hdr);
	spin_unlock(&synergy_stream.lock);
	if (mark.kind != SYNERGY_MARK_END)
		trace_synergy_marker(mark.kind, mark.id, mark.cookie, s.rec.tid, s.rec.done_ns);
	return 0;
}

void synergy_marks_abandon(struct synergy_file *file)
{
	struct mark_scratch s;

	while (file->n_open) {
		struct synergy_open_mark *open = &file->open[--file->n_open];

		memset(&s.rec, 0, sizeof(s.rec));
		s.rec.hdr.time_ns = ktime_get_ns();
		s.rec.n_counts = synergy_pmu_columns();
		read_counts(&s);
		s.rec.hdr.size = struct_size(&s.rec, count, s.rec.n_counts);
		s.rec.hdr.type = SYNERGY_RECORD_MARKER;
		s.rec.hdr.flags = SYNERGY_MARKER_F_ABANDONED;
		s.rec.cookie = open->cookie;
		s.rec.kind = SYNERGY_MARK_END;
		s.rec.id = open->id;
		s.rec.tid = open->tid;
		s.rec.tgid = open->tgid;
		s.rec.done_ns = ktime_get_ns();
		synergy_stream_emit(&s.rec.hdr);
	}
}
