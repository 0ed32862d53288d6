// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intervals that a file has begun and not ended: remembered, so that a program that
 * dies leaves none open in the stream.
 */
#include "clock.h"
#include "internal.h"
#include "mark/mark.h"

static void forget(struct synergy_file *file, u32 i)
{
	synergy_pids_put(&file->open[i].who);
	file->n_open--;
	for (; i < file->n_open; i++)
		file->open[i] = file->open[i + 1];
}

void synergy_mark_track(struct synergy_file *file, const struct synergy_marker_record *rec,
			const struct synergy_pids *who)
{
	struct synergy_open_mark *open;
	u32 i;

	lockdep_assert_held(&synergy_stream.lock);
	if (rec->kind == SYNERGY_MARK_BEGIN) {
		if (file->n_open == SYNERGY_OPEN_MARKS)
			return;
		open = &file->open[file->n_open++];
		open->cookie = rec->cookie;
		open->id = rec->id;
		open->flags = rec->hdr.flags & SYNERGY_MARKER_F_TOOL;
		open->who.tid = get_pid(who->tid);
		open->who.tgid = get_pid(who->tgid);
		return;
	}
	for (i = file->n_open; i-- > 0; ) {
		open = &file->open[i];
		if (open->id == rec->id && open->cookie == rec->cookie &&
		    open->flags == (rec->hdr.flags & SYNERGY_MARKER_F_TOOL) &&
		    open->who.tgid == who->tgid) {
			forget(file, i);
			return;
		}
	}
}

static void end(const struct synergy_open_mark *open)
{
	struct synergy_mark_scratch s;

	memset(&s.rec, 0, sizeof(s.rec));
	synergy_clock_stamp(&s.rec.hdr, synergy_clock_now());
	s.rec.n_counts = synergy_pmu_columns();
	synergy_mark_read_counts(&s);
	s.rec.hdr.size = struct_size(&s.rec, count, s.rec.n_counts);
	s.rec.hdr.type = SYNERGY_RECORD_MARKER;
	s.rec.hdr.flags = SYNERGY_MARKER_F_ABANDONED | open->flags;
	s.rec.cookie = open->cookie;
	s.rec.kind = SYNERGY_MARK_END;
	s.rec.id = open->id;
	s.rec.tid = pid_nr(open->who.tid);
	s.rec.tgid = pid_nr(open->who.tgid);
	s.rec.count_size = sizeof(s.counts[0]);
	s.rec.done_ns = ktime_get_ns();
	synergy_stream_emit_as(&s.rec.hdr, &open->who);
}

void synergy_marks_abandon(struct synergy_file *file)
{
	while (file->n_open) {
		end(&file->open[file->n_open - 1]);
		forget(file, file->n_open - 1);
	}
}
