// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of marks' ids. Each goes into the stream at once, and is kept with its
 * file, so that whoever opens the device later, or starts a session, gets it, too.
 * What is kept is bounded, and no lock is held for more than one record of it.
 */
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "clock.h"
#include "internal.h"

#define MAX_OF_FILE	256
#define MAX_OF_ALL	1024	/* a replay of all is 120 KiB, an eighth of the default ring */

/**
 * struct kept_name - a name that a file has given
 * @node: in file.names
 * @tgid: the process whose marks it names, with a reference
 * @kind: of what has the name
 * @id: of the marks
 * @name: NUL-terminated
 */
struct kept_name {
	struct list_head node;
	struct pid *tgid;
	u32 kind;
	u32 id;
	char name[SYNERGY_NAME_LEN];
};

static DEFINE_MUTEX(names_lock);	/* protects all files' names, and the two below */
static LIST_HEAD(named_files);		/* files that have names */
static u32 n_all;

static void build(struct synergy_name_record *rec, const struct kept_name *kept, u16 flags)
{
	memset(rec, 0, sizeof(*rec));
	rec->hdr.size = sizeof(*rec);
	rec->hdr.type = SYNERGY_RECORD_NAME;
	rec->hdr.flags = flags;
	synergy_clock_stamp(&rec->hdr, synergy_clock_now());
	rec->kind = kept->kind;
	rec->id = kept->id;
	rec->tgid = pid_nr(kept->tgid);
	memcpy(rec->name, kept->name, sizeof(rec->name));
}

static void emit(const struct kept_name *kept)
{
	struct synergy_pids who = { .tgid = kept->tgid };
	struct synergy_name_record rec;

	build(&rec, kept, 0);
	synergy_stream_emit_as(&rec.hdr, &who);
}

static struct kept_name *find(struct synergy_file *file, const struct kept_name *like)
{
	struct kept_name *kept;

	list_for_each_entry(kept, &file->names, node)
		if (kept->kind == like->kind && kept->id == like->id && kept->tgid == like->tgid)
			return kept;
	return NULL;
}

/* False: there is no room for it, or no memory. */
static bool keep(struct synergy_file *file, const struct kept_name *new)
{
	struct kept_name *kept = find(file, new);

	lockdep_assert_held(&names_lock);
	if (kept) {
		memcpy(kept->name, new->name, sizeof(kept->name));
		return true;
	}
	if (file->n_names == MAX_OF_FILE || n_all == MAX_OF_ALL)
		return false;
	kept = kmemdup(new, sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!kept)
		return false;
	get_pid(kept->tgid);
	list_add_tail(&kept->node, &file->names);
	if (!file->n_names++)
		list_add_tail(&file->named, &named_files);
	n_all++;
	return true;
}

int synergy_name_add(struct synergy_file *file, struct synergy_name *name)
{
	struct kept_name new = {
		.tgid = task_tgid(current),
		.kind = name->kind,
		.id = name->id,
	};
	size_t bytes = strnlen(name->name, sizeof(name->name));

	if (name->flags || name->kind != SYNERGY_NAME_MARK || !bytes ||
	    bytes == sizeof(name->name))
		return -EINVAL;
	memcpy(new.name, name->name, bytes);
	if (mutex_lock_killable(&names_lock))
		return -EINTR;
	if (!keep(file, &new))
		name->flags = SYNERGY_NAME_F_NOT_KEPT;
	emit(&new);
	mutex_unlock(&names_lock);
	return 0;
}

void synergy_names_emit(void)
{
	struct synergy_file *file;
	struct kept_name *kept;

	mutex_lock(&names_lock);
	list_for_each_entry(file, &named_files, named)
		list_for_each_entry(kept, &file->names, node)
			emit(kept);
	mutex_unlock(&names_lock);
}

void synergy_names_replay(struct synergy_file *reader)
{
	struct synergy_name_record rec;
	struct synergy_file *file;
	struct kept_name *kept;

	mutex_lock(&names_lock);
	list_for_each_entry(file, &named_files, named) {
		list_for_each_entry(kept, &file->names, node) {
			struct synergy_pids who = { .tgid = kept->tgid };

			build(&rec, kept, SYNERGY_NAME_F_REPLAY);
			spin_lock(&synergy_stream.lock);
			synergy_stream_render(&rec.hdr, &who, reader->pid_ns);
			synergy_stream_replay(reader, &rec.hdr);
			spin_unlock(&synergy_stream.lock);
		}
	}
	mutex_unlock(&names_lock);
}

void synergy_names_free(struct synergy_file *file)
{
	struct kept_name *kept, *next;

	mutex_lock(&names_lock);
	if (file->n_names)
		list_del(&file->named);
	n_all -= file->n_names;
	list_for_each_entry_safe(kept, next, &file->names, node) {
		put_pid(kept->tgid);
		kfree(kept);
	}
	mutex_unlock(&names_lock);
}
