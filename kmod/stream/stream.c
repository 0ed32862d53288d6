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
#include <linux/slab.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "internal.h"

struct synergy_stream synergy_stream;

void synergy_stream_init(void)
{
	spin_lock_init(&synergy_stream.lock);
	INIT_LIST_HEAD(&synergy_stream.files);
}

struct synergy_file *synergy_file_alloc(bool writable)
{
	struct synergy_file *file;
	void *data;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return NULL;
	data = kvmalloc(SYNERGY_RING_DEFAULT, GFP_KERNEL_ACCOUNT);
	if (!data) {
		kfree(file);
		return NULL;
	}
	synergy_ring_init(&file->ring, data, SYNERGY_RING_DEFAULT);
	mutex_init(&file->read_lock);
	init_waitqueue_head(&file->wait);
	INIT_LIST_HEAD(&file->node);
	file->writable = writable;
	return file;
}

void synergy_file_free(struct synergy_file *file)
{
	synergy_mark_page_free(file);
	kvfree(file->ring.data);
	kfree(file);
}

static bool wanted(const struct synergy_file *file, u32 type)
{
	return !file->type_mask || type == SYNERGY_RECORD_INFO ||
	       (file->type_mask & (1U << type));
}

static void file_reserve(struct synergy_file *file, const struct synergy_record *rec)
{
	lockdep_assert_held(&synergy_stream.lock);
	file->reserved = false;
	if (file->gone || !wanted(file, rec->type))
		return;
	if (!synergy_ring_used(&file->ring))
		file->wake_ns = rec->time_ns;
	file->reserved = synergy_ring_reserve(&file->ring, rec, &file->reserved_pos);
	if (!file->reserved)
		synergy_stream.lost_all++;
}

static void file_wake(struct synergy_file *file)
{
	if (wq_has_sleeper(&file->wait))
		wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLRDNORM);
}

void synergy_stream_reserve(struct synergy_record *rec)
{
	struct synergy_file *file;

	lockdep_assert_held(&synergy_stream.lock);
	rec->seq = ++synergy_stream.seq;
	synergy_stream.records[rec->type]++;
	list_for_each_entry(file, &synergy_stream.files, node)
		file_reserve(file, rec);
}

void synergy_stream_publish(const struct synergy_record *rec)
{
	struct synergy_file *file;
	bool lazy = READ_ONCE(synergy_stream.lazy_wake);

	lockdep_assert_held(&synergy_stream.lock);
	list_for_each_entry(file, &synergy_stream.files, node) {
		if (!file->reserved)
			continue;
		file->reserved = false;
		synergy_ring_fill(&file->ring, file->reserved_pos, rec, rec->size);
		synergy_ring_publish(&file->ring);
		if (!lazy)
			file_wake(file);
	}
}

void synergy_stream_emit(struct synergy_record *rec)
{
	spin_lock(&synergy_stream.lock);
	synergy_stream_reserve(rec);
	synergy_stream_publish(rec);
	spin_unlock(&synergy_stream.lock);
}

void synergy_stream_emit_error(struct synergy_error_record *error)
{
	error->hdr.size = sizeof(*error);
	error->hdr.type = SYNERGY_RECORD_ERROR;
	synergy_stream_emit(&error->hdr);
}

bool synergy_stream_tell_lost(struct synergy_file *file)
{
	bool told;

	spin_lock(&synergy_stream.lock);
	told = synergy_ring_tell_lost(&file->ring, ktime_get_ns());
	spin_unlock(&synergy_stream.lock);
	return told;
}

void synergy_stream_wake(u64 now_ns, u64 age_ns)
{
	struct synergy_file *file;

	synergy_mark_pages_take();
	spin_lock(&synergy_stream.lock);
	list_for_each_entry(file, &synergy_stream.files, node) {
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

/* The largest INFO record: struct synergy_chip is the longest body. */
union info_scratch {
	struct synergy_info_record rec;
	u8 bytes[sizeof(struct synergy_info_record) + 256];
};

static void info_build(union info_scratch *info, u32 kind, const void *body, u32 size, u64 time_ns)
{
	BUILD_BUG_ON(sizeof(struct synergy_chip) > 256);
	BUILD_BUG_ON(sizeof(struct synergy_event) > 256);
	memset(info, 0, sizeof(*info));
	info->rec.hdr.size = ALIGN(sizeof(info->rec) + size, 8);
	info->rec.hdr.type = SYNERGY_RECORD_INFO;
	info->rec.hdr.time_ns = time_ns;
	info->rec.kind = kind;
	memcpy(info->bytes + sizeof(info->rec), body, size);
}

void synergy_stream_info(u32 kind, const void *body, u32 size)
{
	union info_scratch info;

	info_build(&info, kind, body, size, ktime_get_ns());
	synergy_stream_emit(&info.rec.hdr);
}

/* Replays go to one file and use up no number: they carry the next one. */
static void replay_one(void *ctx, u32 kind, const void *body, u32 size)
{
	struct synergy_file *file = ctx;
	union info_scratch info;

	info_build(&info, kind, body, size, ktime_get_ns());
	info.rec.hdr.flags = SYNERGY_INFO_F_REPLAY;
	info.rec.hdr.seq = synergy_stream.seq + 1;
	synergy_ring_put(&file->ring, &info.rec.hdr);
}

void synergy_stream_join(struct synergy_file *file)
{
	lockdep_assert_held(&synergy_board.lock);
	spin_lock(&synergy_stream.lock);
	synergy_session_describe(replay_one, file);
	list_add_tail(&file->node, &synergy_stream.files);
	spin_unlock(&synergy_stream.lock);
}

void synergy_stream_leave(struct synergy_file *file)
{
	spin_lock(&synergy_stream.lock);
	list_del_init(&file->node);
	if (file->slots.page)
		WRITE_ONCE(synergy_stream.n_pages, synergy_stream.n_pages - 1);
	spin_unlock(&synergy_stream.lock);
}

/*
 * A new ring starts over: nothing has been read of the old one, so what was in
 * it is dropped and the description given again; no number is missed.
 */
int synergy_stream_resize(struct synergy_file *file, u32 bytes)
{
	void *data, *old;

	lockdep_assert_held(&synergy_board.lock);
	lockdep_assert_held(&file->read_lock);
	data = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOMEM;
	spin_lock(&synergy_stream.lock);
	old = file->ring.data;
	synergy_ring_init(&file->ring, data, bytes);
	synergy_session_describe(replay_one, file);
	spin_unlock(&synergy_stream.lock);
	kvfree(old);
	return 0;
}
