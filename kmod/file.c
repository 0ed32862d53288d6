// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files: made, joined to the stream with a description of what there is,
 * given another ring, and ended. A file that is for marks alone has no ring and
 * is no reader: a record costs nothing for it.
 */
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

/*
 * What open() settles for where the user has much already, or where on a small board not
 * all of the user's rings would have room at the default size.
 */
static const u32 ring_sizes[] = {
	SYNERGY_RING_DEFAULT, SYNERGY_RING_DEFAULT / 2, SYNERGY_RING_DEFAULT / 4,
	SYNERGY_RING_DEFAULT / 8, SYNERGY_RING_MIN
};

/* The new ring is accounted for in place of the old one. */
static void *make_ring(struct synergy_file *file, u32 bytes, int *err)
{
	u32 before = file->quota.bytes;
	void *data;

	*err = synergy_quota_ring(&file->quota, bytes);
	if (*err)
		return NULL;
	data = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (data)
		return data;
	synergy_quota_ring(&file->quota, before);
	*err = -ENOMEM;
	return NULL;
}

static int first_ring(struct synergy_file *file)
{
	u32 i, share = file->quota.privileged ? U32_MAX : synergy_quota_ring_share();
	void *data = NULL;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(ring_sizes) && !data && err != -EMFILE; i++)
		if (ring_sizes[i] <= share || ring_sizes[i] == SYNERGY_RING_MIN)
			data = make_ring(file, ring_sizes[i], &err);
	if (!data)
		return err;
	synergy_ring_init(&file->ring, data, file->quota.bytes);
	return 0;
}

int synergy_file_alloc(bool readable, bool writable, struct synergy_file **out)
{
	struct synergy_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	int err;

	if (!file)
		return -ENOMEM;
	mutex_init(&file->read_lock);
	init_waitqueue_head(&file->wait);
	INIT_LIST_HEAD(&file->node);
	INIT_LIST_HEAD(&file->reader);
	INIT_LIST_HEAD(&file->paged);
	INIT_LIST_HEAD(&file->names);
	file->writable = writable;
	err = synergy_quota_open(&file->quota);
	if (!err && readable)
		err = first_ring(file);
	if (err) {
		synergy_quota_close(&file->quota);
		kfree(file);
		return err;
	}
	file->sees_counts = !synergy_pmu_allowed();
	file->pid_ns = get_pid_ns(task_active_pid_ns(current));
	*out = file;
	return 0;
}

void synergy_file_free(struct synergy_file *file)
{
	synergy_mark_page_free(file);
	synergy_names_free(file);
	put_pid_ns(file->pid_ns);
	kvfree(file->ring.data);
	synergy_quota_close(&file->quota);
	kfree(file);
}

void synergy_file_join(struct synergy_file *file)
{
	struct synergy_stamp now = synergy_clock_now();

	spin_lock(&synergy_stream.lock);
	list_add_tail(&file->node, &synergy_stream.files);
	synergy_stream.n_files++;
	if (file->ring.data) {
		synergy_replay_to(file, now);
		list_add_tail(&file->reader, &synergy_stream.readers);
		synergy_stream.n_readers++;
	}
	spin_unlock(&synergy_stream.lock);
	synergy_names_replay(file);
}

static void leave_readers(struct synergy_file *file)
{
	lockdep_assert_held(&synergy_stream.lock);
	if (list_empty(&file->reader))
		return;
	list_del_init(&file->reader);
	synergy_stream.n_readers--;
}

void synergy_file_leave(struct synergy_file *file)
{
	spin_lock(&synergy_stream.lock);
	list_del_init(&file->node);
	leave_readers(file);
	list_del_init(&file->paged);
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
	struct synergy_stamp now = synergy_clock_now();
	void *data, *old;
	int err;

	lockdep_assert_held(&file->read_lock);
	data = make_ring(file, bytes, &err);
	if (!data)
		return err;
	spin_lock(&synergy_stream.lock);
	old = file->ring.data;
	synergy_ring_init(&file->ring, data, bytes);
	synergy_replay_to(file, now);
	spin_unlock(&synergy_stream.lock);
	kvfree(old);
	synergy_names_replay(file);
	return 0;
}

void synergy_file_end_records(struct synergy_file *file)
{
	void *old;

	lockdep_assert_held(&file->read_lock);
	spin_lock(&synergy_stream.lock);
	leave_readers(file);
	old = file->ring.data;
	synergy_ring_init(&file->ring, NULL, 0);
	spin_unlock(&synergy_stream.lock);
	kvfree(old);
	synergy_quota_ring(&file->quota, 0);
}
