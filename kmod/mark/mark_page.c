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

/*
 * A mark is written into every reader's ring, some 80 ns each. So many writes are done
 * under the lock that every record waits for (10 us), and by the sampler in a tick (40 us).
 */
#define WRITES_AT_ONCE	128
#define WRITES_IN_TICK	512
#define MARKS_AT_ONCE	8	/* where few read: that is 1 us of clamping and checking */

static u32 marks_for(u32 writes)
{
	return max(writes / max(READ_ONCE(synergy_stream.n_readers), 1U), 1U);
}

static u32 marks_at_once(void)
{
	return min_t(u32, marks_for(WRITES_AT_ONCE), MARKS_AT_ONCE);
}

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

/* Up to @most marks, so that nobody holds the lock for long. Return: how many */
static u32 take_some(struct synergy_file *file, u32 most)
{
	struct synergy_mark_page *page = file->slots.page;
	u32 taken = file->slots.taken;
	struct synergy_stamp now;
	u32 head, n, i;

	lockdep_assert_held(&synergy_stream.lock);
	/* Pairs with the program's release: its slots are filled in. */
	head = smp_load_acquire(&page->head);
	if (head == taken || file->gone)
		return 0;
	now = synergy_clock_now();
	n = min(head - taken, most);
	if (head - taken > SYNERGY_MARK_SLOTS) {
		refuse(file, EOVERFLOW, head - taken, now);
		n = head - taken;
	} else {
		for (i = 0; i < n; i++)
			take_slot(file, &page->slot[(taken + i) % SYNERGY_MARK_SLOTS], now);
	}
	file->slots.taken = taken + n;
	/* Pairs with the program's look at it: the slots have been read. */
	smp_store_release(&page->taken, taken + n);
	return n > most ? 1 : n;
}

void synergy_mark_page_take(struct synergy_file *file)
{
	u32 left = SYNERGY_MARK_SLOTS, n;

	/* What the program adds meanwhile is not waited for. */
	do {
		spin_lock(&synergy_stream.lock);
		n = take_some(file, marks_at_once());
		spin_unlock(&synergy_stream.lock);
		left -= min(n, left);
	} while (n && left);
}

void synergy_mark_pages_take(u32 budget)
{
	struct synergy_file *file;
	u32 n;

	while (budget && READ_ONCE(synergy_stream.n_pages)) {
		n = 0;
		spin_lock(&synergy_stream.lock);
		list_for_each_entry(file, &synergy_stream.paged, paged) {
			n = take_some(file, min(budget, marks_at_once()));
			if (n)
				break;
		}
		/* The next one's turn. */
		if (n)
			list_move_tail(&file->paged, &synergy_stream.paged);
		spin_unlock(&synergy_stream.lock);
		if (!n)
			return;
		budget -= n;
	}
}

void synergy_mark_pages_take_some(void)
{
	synergy_mark_pages_take(min_t(u32, marks_for(WRITES_IN_TICK), SYNERGY_MARK_SLOTS));
}

/* Returns the file's page, made at the first call; NULL no memory, or too many have one. */
static struct synergy_mark_page *page_of(struct synergy_file *file)
{
	struct synergy_mark_page *page, *unused;

	BUILD_BUG_ON(sizeof(*page) > PAGE_SIZE);
	if (synergy_quota_page(&file->quota))
		return NULL;
	page = (void *)get_zeroed_page(SYNERGY_GFP_MAPPED);
	if (!page)
		return NULL;
	unused = page;
	page->size = sizeof(*page);
	page->n_slots = SYNERGY_MARK_SLOTS;
	spin_lock(&synergy_stream.lock);
	if (!file->slots.page) {
		file->slots.page = page;
		file->slots.last_ns = ktime_get_ns();
		WRITE_ONCE(synergy_stream.n_pages, synergy_stream.n_pages + 1);
		list_add(&file->paged, &synergy_stream.paged);
		unused = NULL;
	}
	page = file->slots.page;
	synergy_pids_put(&file->slots.who);
	file->slots.who = synergy_pids_get_current();
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
	if (!page) {
		spin_lock(&synergy_stream.lock);
		synergy_stream.pages_refused++;
		spin_unlock(&synergy_stream.lock);
		return -ENOMEM;
	}
	synergy_compat_vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	/* The mapping holds the page, too, and the file. */
	return vm_insert_page(vma, vma->vm_start, virt_to_page(page));
}

void synergy_mark_page_free(struct synergy_file *file)
{
	synergy_pids_put(&file->slots.who);
	free_page((unsigned long)file->slots.page);
}
