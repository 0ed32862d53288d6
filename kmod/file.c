// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files: made, joined to the stream with a description of what there is,
 * given another ring, and ended. A file that is for marks alone has no ring and
 * is no reader: a record costs nothing for it.
 */
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "internal.h"

static int make_ring(struct synergy_file *file)
{
	void *data = kvmalloc(SYNERGY_RING_DEFAULT, GFP_KERNEL_ACCOUNT);

	if (!data)
		return -ENOMEM;
	synergy_ring_init(&file->ring, data, SYNERGY_RING_DEFAULT);
	return 0;
}

struct synergy_file *synergy_file_alloc(bool readable, bool writable)
{
	struct synergy_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);

	if (!file)
		return NULL;
	mutex_init(&file->read_lock);
	init_waitqueue_head(&file->wait);
	INIT_LIST_HEAD(&file->node);
	INIT_LIST_HEAD(&file->reader);
	INIT_LIST_HEAD(&file->names);
	file->writable = writable;
	if (readable && make_ring(file)) {
		kfree(file);
		return NULL;
	}
	file->pid_ns = get_pid_ns(task_active_pid_ns(current));
	return file;
}

void synergy_file_free(struct synergy_file *file)
{
	synergy_mark_page_free(file);
	synergy_names_free(file);
	put_pid_ns(file->pid_ns);
	kvfree(file->ring.data);
	kfree(file);
}

/* Replays go to one file and use up no number: they carry the next one. */
void synergy_file_replay(struct synergy_file *file, struct synergy_record *rec,
			 const struct synergy_pids *who)
{
	lockdep_assert_held(&synergy_stream.lock);
	if (!file->ring.data)
		return;
	rec->seq = synergy_stream.seq + 1;
	if (who)
		synergy_stream_render(rec, who, file->pid_ns);
	synergy_ring_put(&file->ring, rec);
}

static void replay_info(void *ctx, u32 kind, const void *body, u32 size,
			const struct synergy_pids *who)
{
	union synergy_info_scratch info;

	synergy_stream_info_build(&info, kind, body, size);
	info.rec.hdr.flags = SYNERGY_INFO_F_REPLAY;
	synergy_file_replay(ctx, &info.rec.hdr, who);
}

void synergy_file_join(struct synergy_file *file)
{
	lockdep_assert_held(&synergy_board.lock);
	spin_lock(&synergy_stream.lock);
	list_add_tail(&file->node, &synergy_stream.files);
	synergy_stream.n_files++;
	if (file->ring.data) {
		synergy_session_describe(replay_info, file);
		list_add_tail(&file->reader, &synergy_stream.readers);
	}
	spin_unlock(&synergy_stream.lock);
}

void synergy_file_leave(struct synergy_file *file)
{
	spin_lock(&synergy_stream.lock);
	list_del_init(&file->node);
	list_del_init(&file->reader);
	synergy_stream.n_files--;
	if (file->slots.page)
		WRITE_ONCE(synergy_stream.n_pages, synergy_stream.n_pages - 1);
	spin_unlock(&synergy_stream.lock);
}

/*
 * A new ring starts over: nothing has been read of the old one, so what was in
 * it is dropped and the description given again; no number is missed.
 */
int synergy_file_resize(struct synergy_file *file, u32 bytes)
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
	synergy_session_describe(replay_info, file);
	spin_unlock(&synergy_stream.lock);
	kvfree(old);
	return 0;
}

void synergy_file_end_records(struct synergy_file *file)
{
	void *old;

	lockdep_assert_held(&file->read_lock);
	spin_lock(&synergy_stream.lock);
	list_del_init(&file->reader);
	old = file->ring.data;
	synergy_ring_init(&file->ring, NULL, 0);
	spin_unlock(&synergy_stream.lock);
	kvfree(old);
}
