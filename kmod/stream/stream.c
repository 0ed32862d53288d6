// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream: numbers the records and puts each into the ring of every open
 * file that wants it. Records are made in process context only (sampler
 * threads, marks, hotplug threads, work items), so a plain spin lock does.
 *
 * Readers are woken by the sampler's tick, in batches, rather than by each
 * record: waking a thread costs thousands of instructions, and a marker must
 * not pay that on the measured core.
 */
#include <linux/poll.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>

#include "clock.h"
#include "internal.h"

struct synergy_stream synergy_stream;

void synergy_stream_init(void)
{
	spin_lock_init(&synergy_stream.lock);
	INIT_LIST_HEAD(&synergy_stream.files);
	INIT_LIST_HEAD(&synergy_stream.readers);
	INIT_LIST_HEAD(&synergy_stream.paged);
}

/* ---- processes and threads as each reader's PID namespace sees them ---- */

void synergy_stream_render(struct synergy_record *rec, const struct synergy_pids *who,
			   struct pid_namespace *ns)
{
	union {
		struct synergy_record *rec;
		struct synergy_marker_record *marker;
		struct synergy_name_record *name;
		struct synergy_error_record *error;
		struct synergy_info_record *info;
	} as = { .rec = rec };

	switch (rec->type) {
	case SYNERGY_RECORD_MARKER:
		as.marker->tid = pid_nr_ns(who->tid, ns);
		as.marker->tgid = pid_nr_ns(who->tgid, ns);
		break;
	case SYNERGY_RECORD_NAME:
		as.name->tgid = pid_nr_ns(who->tgid, ns);
		break;
	case SYNERGY_RECORD_ERROR:
		as.error->index = pid_nr_ns(who->tgid, ns);
		break;
	case SYNERGY_RECORD_INFO:
		((struct synergy_device *)as.info->body)->owner_tgid = pid_nr_ns(who->tgid, ns);
		break;
	}
}

/* ---- records into rings ---- */

static bool wanted(const struct synergy_file *file, u32 type)
{
	if (type == SYNERGY_RECORD_PMU && !file->sees_counts)
		return false;
	return !file->type_mask || type == SYNERGY_RECORD_INFO ||
	       (file->type_mask & (1U << type));
}

static void file_reserve(struct synergy_file *file, const struct synergy_record *head)
{
	lockdep_assert_held(&synergy_stream.lock);
	file->reserved = false;
	if (file->gone || !wanted(file, head->type))
		return;
	if (!synergy_ring_used(&file->ring))
		file->wake_ns = head->time_ns;
	file->reserved = synergy_ring_reserve(&file->ring, head, &file->reserved_pos);
	if (!file->reserved)
		synergy_stream.lost_all++;
}

static void file_wake(struct synergy_file *file)
{
	if (wq_has_sleeper(&file->wait))
		wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLRDNORM);
}

/*
 * What whole cores count is for those alone whom perf would let count them: a mark
 * reaches the others without its counts.
 */
void synergy_stream_reserve(struct synergy_record *rec)
{
	struct synergy_record bare = *rec;
	struct synergy_file *file;

	lockdep_assert_held(&synergy_stream.lock);
	rec->seq = ++synergy_stream.seq;
	synergy_stream.records[rec->type]++;
	bare.seq = rec->seq;
	if (rec->type == SYNERGY_RECORD_MARKER)
		bare.size = sizeof(struct synergy_marker_record);
	list_for_each_entry(file, &synergy_stream.readers, reader)
		file_reserve(file, file->sees_counts ? rec : &bare);
}

static void make_bare(struct synergy_marker_record *bare, const struct synergy_record *rec)
{
	*bare = *(const struct synergy_marker_record *)rec;
	bare->hdr.size = sizeof(*bare);
	bare->n_counts = 0;
}

void synergy_stream_publish(struct synergy_record *rec, const struct synergy_pids *who)
{
	struct pid_namespace *rendered = &init_pid_ns, *bare_of = NULL;
	bool lazy = READ_ONCE(synergy_stream.lazy_wake);
	bool mark = rec->type == SYNERGY_RECORD_MARKER;
	const struct synergy_record *from;
	struct synergy_marker_record bare;
	struct synergy_file *file;

	lockdep_assert_held(&synergy_stream.lock);
	list_for_each_entry(file, &synergy_stream.readers, reader) {
		if (!file->reserved)
			continue;
		file->reserved = false;
		if (who && file->pid_ns != rendered) {
			rendered = file->pid_ns;
			synergy_stream_render(rec, who, rendered);
		}
		from = rec;
		if (mark && !file->sees_counts) {
			if (bare_of != rendered)
				make_bare(&bare, rec);
			bare_of = rendered;
			from = &bare.hdr;
		}
		synergy_ring_fill(&file->ring, file->reserved_pos, from, from->size);
		synergy_ring_publish(&file->ring);
		if (!lazy)
			file_wake(file);
	}
}

void synergy_stream_emit_as(struct synergy_record *rec, const struct synergy_pids *who)
{
	if (!rec->raw_ns)
		rec->raw_ns = synergy_clock_raw(synergy_clock_now(), rec->time_ns);
	spin_lock(&synergy_stream.lock);
	synergy_stream_reserve(rec);
	synergy_stream_publish(rec, who);
	spin_unlock(&synergy_stream.lock);
}

void synergy_stream_emit(struct synergy_record *rec)
{
	synergy_stream_emit_as(rec, NULL);
}

void synergy_stream_emit_error(struct synergy_error_record *error)
{
	error->hdr.size = sizeof(*error);
	error->hdr.type = SYNERGY_RECORD_ERROR;
	synergy_stream_emit(&error->hdr);
}

/* It uses up no number: it carries the next one. */
void synergy_stream_replay(struct synergy_file *file, struct synergy_record *rec)
{
	lockdep_assert_held(&synergy_stream.lock);
	if (!file->ring.data)
		return;
	rec->seq = synergy_stream.seq + 1;
	synergy_ring_put(&file->ring, rec);
}

bool synergy_stream_report_lost(struct synergy_file *file)
{
	struct synergy_record head;
	bool reported;

	synergy_clock_stamp(&head, synergy_clock_now());
	spin_lock(&synergy_stream.lock);
	reported = synergy_ring_report_lost(&file->ring, &head);
	spin_unlock(&synergy_stream.lock);
	return reported;
}

/* ---- waking readers ---- */

void synergy_stream_wake(u64 now_ns, u64 age_ns)
{
	struct synergy_file *file;

	spin_lock(&synergy_stream.lock);
	list_for_each_entry(file, &synergy_stream.readers, reader) {
		u32 used = synergy_ring_used(&file->ring);

		if (used && (now_ns - file->wake_ns >= age_ns || used >= file->ring.size / 4))
			file_wake(file);
	}
	spin_unlock(&synergy_stream.lock);
}

void synergy_stream_set_lazy(bool lazy)
{
	WRITE_ONCE(synergy_stream.lazy_wake, lazy);
	if (!lazy)
		synergy_stream_wake(ktime_get_ns(), 0);
}

void synergy_stream_hang_up(void)
{
	struct synergy_file *file;

	spin_lock(&synergy_stream.lock);
	list_for_each_entry(file, &synergy_stream.files, node) {
		/* Pairs with the acquire in read(). */
		smp_store_release(&file->gone, true);
		wake_up_poll(&file->wait, EPOLLHUP | EPOLLERR);
	}
	spin_unlock(&synergy_stream.lock);
}

/* ---- INFO ---- */

void synergy_stream_info_build(union synergy_info_scratch *info, u32 kind, const void *body,
			       u32 size)
{
	BUILD_BUG_ON(sizeof(struct synergy_chip) > SYNERGY_INFO_BODY_MAX);
	BUILD_BUG_ON(sizeof(struct synergy_event) > SYNERGY_INFO_BODY_MAX);
	memset(info, 0, sizeof(*info));
	info->rec.hdr.size = ALIGN(sizeof(info->rec) + size, 8);
	info->rec.hdr.type = SYNERGY_RECORD_INFO;
	synergy_clock_stamp(&info->rec.hdr, synergy_clock_now());
	info->rec.kind = kind;
	memcpy(info->bytes + sizeof(info->rec), body, size);
}

void synergy_stream_info(u32 kind, const void *body, u32 size, const struct synergy_pids *who)
{
	union synergy_info_scratch info;

	synergy_stream_info_build(&info, kind, body, size);
	synergy_stream_emit_as(&info.rec.hdr, who);
}
