// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks that programs leave in a page of theirs, without a system call. What the
 * page holds is the program's to write at any moment, so nothing in it is trusted
 * or read twice: the module goes by its own count of what it has taken, and a time
 * is believed between the last mark's and now alone.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "clock.h"
#include "compat.h"
#include "internal.h"
#include "mark/mark.h"

static void put_record(struct synergy_file *file, struct synergy_record *rec,
		       struct synergy_stamp now)
{
	rec->raw_ns = synergy_clock_raw(now, rec->time_ns);
	synergy_stream_reserve(rec);
	synergy_stream_publish(rec, &file->slots.who);
}

static void refuse(struct synergy_file *file, int error, u32 value, struct synergy_stamp now)
{
	struct synergy_error_record rec = {
		.hdr.size = sizeof(rec),
		.hdr.type = SYNERGY_RECORD_ERROR,
		.hdr.time_ns = now.time_ns,
		.source = SYNERGY_ERROR_PAGE,
		.index = pid_nr(file->slots.who.tgid),
		.error = error,
		.value = value,
		.count = ++file->slots.errors,
	};

	put_record(file, &rec.hdr, now);
}

static void take_slot(struct synergy_file *file, const struct synergy_mark_slot *slot,
		      struct synergy_stamp now)
{
	u64 asked_ns = READ_ONCE(slot->time_ns);
	u64 time_ns = clamp(asked_ns, file->slots.last_ns, now.time_ns);
	u16 flags = READ_ONCE(slot->flags);
	struct synergy_marker_record rec = {
		.hdr.size = sizeof(rec),
		.hdr.type = SYNERGY_RECORD_MARKER,
		.hdr.flags = SYNERGY_MARKER_F_PAGE | synergy_marker_flags(flags) |
			     (time_ns == asked_ns ? 0 : SYNERGY_MARKER_F_MOVED),
		.hdr.time_ns = time_ns,
		.done_ns = time_ns,
		.cookie = READ_ONCE(slot->cookie),
		.kind = READ_ONCE(slot->kind),
		.id = READ_ONCE(slot->id),
		.cpu = U32_MAX,
		.tid = pid_nr(file->slots.who.tid),
		.tgid = pid_nr(file->slots.who.tgid),
		.count_size = sizeof(struct synergy_count),
	};

	if (rec.kind > SYNERGY_MARK_END || (flags & ~SYNERGY_MARK_F_TOOL)) {
		refuse(file, EINVAL, rec.kind | (u32)flags << 16, now);
		return;
	}
	file->slots.last_ns = time_ns;
	put_record(file, &rec.hdr, now);
	if (rec.kind != SYNERGY_MARK_POINT)
		synergy_mark_track(file, &rec, &file->slots.who);
}

void synergy_mark_page_take(struct synergy_file *file)
{
	struct synergy_mark_page *page = file->slots.page;
	u32 taken = file->slots.taken;
	struct synergy_stamp now;
	u32 head;

	lockdep_assert_held(&synergy_stream.lock);
	/* Pairs with the program's release: its slots are filled in. */
	head = smp_load_acquire(&page->head);
	if (head == taken || file->gone)
		return;
	now = synergy_clock_now();
	if (head - taken > SYNERGY_MARK_SLOTS)
		refuse(file, EOVERFLOW, head - taken, now);
	else
		for (; taken != head; taken++)
			take_slot(file, &page->slot[taken % SYNERGY_MARK_SLOTS], now);
	file->slots.taken = head;
	/* Pairs with the program's look at it: the slots have been read. */
	smp_store_release(&page->taken, head);
}

void synergy_mark_pages_take(void)
{
	struct synergy_file *file;

	if (!READ_ONCE(synergy_stream.n_pages))
		return;
	spin_lock(&synergy_stream.lock);
	list_for_each_entry(file, &synergy_stream.files, node)
		if (file->slots.page)
			synergy_mark_page_take(file);
	spin_unlock(&synergy_stream.lock);
}

/* Returns the file's page, made at the first call; NULL no memory, or too many have one. */
static struct synergy_mark_page *page_of(struct synergy_file *file)
{
	/* Not accounted: up to 5.10 an accounted page cannot be mapped. */
	struct synergy_mark_page *page = (void *)get_zeroed_page(GFP_KERNEL);
	struct synergy_mark_page *unused = page;

	BUILD_BUG_ON(sizeof(*page) > PAGE_SIZE);
	if (!page)
		return NULL;
	page->size = sizeof(*page);
	page->n_slots = SYNERGY_MARK_SLOTS;
	spin_lock(&synergy_stream.lock);
	if (!file->slots.page && synergy_stream.n_pages < SYNERGY_MAX_PAGES) {
		file->slots.page = page;
		file->slots.last_ns = ktime_get_ns();
		WRITE_ONCE(synergy_stream.n_pages, synergy_stream.n_pages + 1);
		unused = NULL;
	}
	page = file->slots.page;
	if (page) {
		synergy_pids_put(&file->slots.who);
		file->slots.who = synergy_pids_get_current();
	}
	spin_unlock(&synergy_stream.lock);
	free_page((unsigned long)unused);
	return page;
}

int synergy_mark_page_map(struct synergy_file *file, struct vm_area_struct *vma)
{
	struct synergy_mark_page *page;

	if (!file->writable)
		return -EACCES;
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_SIZE ||
	    !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	page = page_of(file);
	if (!page)
		return -ENOMEM;
	synergy_compat_vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	/* The mapping holds the page, too, and the file. */
	return vm_insert_page(vma, vma->vm_start, virt_to_page(page));
}

void synergy_mark_page_free(struct synergy_file *file)
{
	synergy_pids_put(&file->slots.who);
	free_page((unsigned long)file->slots.page);
}
