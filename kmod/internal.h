/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's objects, who owns them and which lock guards them. What user
 * space sees is in uapi/linux/synergy.h alone.
 *
 * Lifetimes
 *	board	one, static; lives as long as the module, and every open file
 *		holds the module. It carries the table of chips.
 *	chip	a slot of the board's table, made at the first probe of a bus
 *		and address, kept until the module goes; @client is what ends
 *		at unbind.
 *	file	per open(); ends at the last close().
 *	run	from START to STOP, unbind of the last chip or the owner's close().
 *
 * Locks, outermost first
 *	board.lock (mutex)	chips, rails, configuration, owner, run
 *	file.read_lock (mutex)	the consumer's side of a file's ring
 *	chip.io_lock (mutex)	the chip's registers and @client
 *	stream.lock (spin)	seq, list of files, producer's side of all rings
 * The sampler threads and the hotplug callbacks never take board.lock, so
 * whoever holds it may wait for them. Unbinding a chip and suspending wait for
 * it, so whoever holds it must not wait for user space: its memory is copied
 * before or after, and a file's read_lock, under which read() copies, is only
 * tried.
 */
#ifndef SYNERGY_INTERNAL_H
#define SYNERGY_INTERNAL_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/i2c.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/synergy.h>

#include "clock.h"
#include "compat.h"
#include "ina3221/chip.h"
#include "stream/ring.h"
#include "quota.h"
#include "tick.h"

#define SYNERGY_MODULE_VERSION	"1.1.0"
#define SYNERGY_MAX_CHIPS	(SYNERGY_MAX_RAILS / SYNERGY_CHANNELS)
#define SYNERGY_MAX_ENTRIES	(4 * SYNERGY_MAX_EVENTS)	/* alternatives included */

/* Intervals per file whose END the module makes up if the file is closed. */
#define SYNERGY_OPEN_MARKS	64

/* ---- stream: who gets the records ---- */

struct pid;
struct pid_namespace;

/**
 * struct synergy_pids - whose a mark or a name is: references where they are kept
 * @tid: the thread
 * @tgid: the process
 */
struct synergy_pids {
	struct pid *tid;
	struct pid *tgid;
};

/**
 * struct synergy_file - an open file of /dev/synergy
 * @node: in stream.files; stream.lock
 * @reader: stream.lock; not in a list: it gets no records
 * @paged: stream.lock; in a list: it has a page of marks
 * @names: names it has given; names_lock, as the two below
 * @named: in the list of files that have names
 * @n_names: of them
 * @pid_ns: of who opened it; const
 * @ring: head side: stream.lock; tail: @read_lock
 * @read_lock: one consumer at a time
 * @wait: of readers
 * @gone: the device is; stream.lock to set, never cleared
 * @read_any: something was read; @read_lock
 * @writable: may mark and configure; const after open
 * @sees_counts: perf would let its opener count whole cores
 * @quota: what it has taken; quota_lock
 * @type_mask: of records it wants, 0 all; stream.lock
 * @wake_ns: since when unread records wait; stream.lock
 * @n_open: intervals in @open; stream.lock
 * @open: intervals begun and not ended; stream.lock
 * @open.cookie: of the mark
 * @open.id: of the mark
 * @open.flags: of the mark
 * @open.who: made it, with references
 * @reserved_pos: between reserve and fill; stream.lock
 * @reserved: there is room at @reserved_pos; stream.lock
 * @slots: its page of marks
 * @slots.page: NULL: none; stream.lock to set, kept till the end
 * @slots.last_ns: time of the last mark taken; stream.lock, as all below
 * @slots.errors: ERROR records of the page
 * @slots.taken: marks taken over
 * @slots.who: mapped it
 */
struct synergy_file {
	struct list_head node;
	struct list_head reader;
	struct list_head paged;
	struct list_head names;
	struct list_head named;
	u32 n_names;
	struct pid_namespace *pid_ns;
	struct synergy_ring ring;
	struct mutex read_lock;		/* one consumer at a time */
	wait_queue_head_t wait;
	bool gone;
	bool read_any;
	bool writable;
	bool sees_counts;
	struct synergy_quota quota;
	u32 type_mask;
	u64 wake_ns;
	u32 n_open;
	struct synergy_open_mark {
		u64 cookie;
		u32 id;
		u16 flags;
		struct synergy_pids who;
	} open[SYNERGY_OPEN_MARKS];
	u32 reserved_pos;
	bool reserved;
	struct {
		struct synergy_mark_page *page;
		u64 last_ns;
		u64 errors;
		u32 taken;
		struct synergy_pids who;
	} slots;
};

/**
 * struct synergy_stream - who gets the records
 * @lock: protects all below and the rings' heads
 * @seq: of the last record
 * @lost_all: records, over all rings
 * @files: all that are open
 * @readers: of these, those with a ring
 * @paged: and those with a page of marks, by turns
 * @lazy_wake: the sampler's tick wakes the readers
 * @n_files: in @files
 * @n_readers: in @readers
 * @n_pages: in @paged
 * @files_refused: since the module was loaded
 * @pages_refused: since the module was loaded
 * @records: by type, since START
 */
struct synergy_stream {
	spinlock_t lock;		/* protects all below and the rings' heads */
	u64 seq;
	u64 lost_all;
	struct list_head files;
	struct list_head readers;
	struct list_head paged;
	bool lazy_wake;
	u32 n_files;
	u32 n_readers;
	u32 n_pages;
	u32 files_refused;
	u32 pages_refused;
	u64 records[SYNERGY_RECORD_TYPES];
};

extern struct synergy_stream synergy_stream;

void synergy_stream_init(void);
/* Stamp the sequence number, and raw_ns where it is 0, and give the record to all files. */
void synergy_stream_emit(struct synergy_record *rec);
/*
 * The same with a record that names a process: it has the numbers of the first PID
 * namespace, and readers in others get theirs. NULL: it names none.
 */
void synergy_stream_emit_as(struct synergy_record *rec, const struct synergy_pids *who);
/* The same in two steps under stream.lock: rec->hdr is final at the first. */
void synergy_stream_reserve(struct synergy_record *rec);
void synergy_stream_publish(struct synergy_record *rec, const struct synergy_pids *who);
/* Put in the numbers that @ns has for them. */
void synergy_stream_render(struct synergy_record *rec, const struct synergy_pids *who,
			   struct pid_namespace *ns);
/* An ERROR record; @error has all but its size, type and number. */
void synergy_stream_emit_error(struct synergy_error_record *error);

#define SYNERGY_INFO_BODY_MAX	256

union synergy_info_scratch {
	struct synergy_info_record rec;
	u8 bytes[sizeof(struct synergy_info_record) + SYNERGY_INFO_BODY_MAX];
};

void synergy_stream_info_build(union synergy_info_scratch *info, u32 kind, const void *body,
			       u32 size);
void synergy_stream_info(u32 kind, const void *body, u32 size, const struct synergy_pids *who);
/* An INFO or NAME record for this file alone; its numbers are rendered. stream.lock held. */
void synergy_stream_replay(struct synergy_file *file, struct synergy_record *rec);
/* A loss that no record followed is put into the ring. True: there is something to read now. */
bool synergy_stream_report_lost(struct synergy_file *file);
/* Wake readers whose records have waited for @age_ns. */
void synergy_stream_wake(u64 now_ns, u64 age_ns);
void synergy_stream_set_lazy(bool lazy);
/* The device is gone: readers drain what they have, then get ENODEV. */
void synergy_stream_hang_up(void);

/* ---- open files ---- */

/* @readable: with a ring. 0, -EMFILE, -ENOMEM */
int synergy_file_alloc(bool readable, bool writable, struct synergy_file **out);
void synergy_file_free(struct synergy_file *file);
/* Join, starting with the INFO of what there is. */
void synergy_file_join(struct synergy_file *file);
void synergy_file_leave(struct synergy_file *file);
int synergy_file_resize(struct synergy_file *file, u32 bytes);
/* It is no reader any more: its ring goes. read_lock held. */
void synergy_file_end_records(struct synergy_file *file);

/* ---- marks ---- */

long synergy_mark(struct synergy_file *file, const void __user *arg,
		  struct synergy_stamp entry);
/* END what the file has begun. It has left the stream, so nobody else marks through it. */
void synergy_marks_abandon(struct synergy_file *file);
/* Remember BEGIN until its END. stream.lock held. */
void synergy_mark_track(struct synergy_file *file, const struct synergy_marker_record *rec,
			const struct synergy_pids *who);
/* A name goes into the stream, and is kept. @name->flags: out. 0, -EINVAL, -EINTR */
int synergy_name_add(struct synergy_file *file, struct synergy_name *name);
/* All names that are kept, into the stream, or to one file. No lock but board.lock held. */
void synergy_names_emit(void);
void synergy_names_replay(struct synergy_file *reader);
void synergy_names_free(struct synergy_file *file);
/* Marks that programs left in their pages go into the stream: a file's that are there, */
void synergy_mark_page_take(struct synergy_file *file);
/* or of all files, by turns, so many at most, */
void synergy_mark_pages_take(u32 budget);
/* or as many as the sampler has time for in a tick. */
void synergy_mark_pages_take_some(void);
#define SYNERGY_ALL_MARKS	(128 * SYNERGY_MARK_SLOTS)	/* as many as there can be */
int synergy_mark_page_map(struct synergy_file *file, struct vm_area_struct *vma);
void synergy_mark_page_free(struct synergy_file *file);

/* ---- counters ---- */

int synergy_pmu_init(void);
void synergy_pmu_exit(void);
/* May the caller count whole cores? perf's rule; 0 or -EACCES. In compat.c. */
int synergy_pmu_allowed(void);
/* Try the set on every online core and let go again. *@bad: index of the culprit. */
int synergy_pmu_check(const struct synergy_event *events, u32 n, bool multiplex, u32 *bad);
int synergy_pmu_start(const struct synergy_event *events, u32 n, u32 n_columns, bool multiplex);
void synergy_pmu_stop(void);
/* The calling core's counters, interrupts off inside. Returns the core. */
u32 synergy_pmu_read_here(struct synergy_count *counts, u32 n);
/* Sums over all cores; may sleep. */
u32 synergy_pmu_read_all(struct synergy_count *counts, u32 n);
u32 synergy_pmu_columns(void);
/* PMU records that could not be made since START. */
u64 synergy_pmu_missed(void);
void synergy_pmu_kick(void);
void synergy_pmu_collect(void);

/* ---- sampler ---- */

struct synergy_run;

/*
 * Threads on the buses of these chips, ready; from synergy_sampler_go() on they sample.
 * Pause and resume keep the totals.
 */
struct synergy_run *synergy_sampler_start(const struct synergy_session *session,
					  struct synergy_ina3221 **chips, u32 n_chips);
void synergy_sampler_go(struct synergy_run *run);
void synergy_sampler_pause(struct synergy_run *run);
int synergy_sampler_resume(struct synergy_run *run);
void synergy_sampler_stop(struct synergy_run *run);
void synergy_sampler_stats(const struct synergy_run *run, struct synergy_stats *stats);

/* ---- board: the table of chips, configuration and ownership ---- */

/**
 * struct synergy_board - the chips, the configuration, who owns the session
 * @lock: protects all below
 * @n_chips: slots ever used
 * @n_bound: chips that are there
 * @chips: by slot; NULL beyond @n_chips
 * @rails: by number
 * @n_rails: of them
 * @owner: NULL: no session
 * @owner_pids: tgid alone, with a reference
 * @configured: @cfg is in force
 * @suspended: the system sleeps
 * @cfg: as in force
 * @events: cfg.n_events of them
 * @n_columns: of counters
 * @session: as the sampler has it
 * @run: NULL: stopped
 * @device: as replays have it
 * @last_stats: of the run that has ended
 */
struct synergy_board {
	struct mutex lock;		/* protects all below */
	u32 n_chips;
	u32 n_bound;
	struct synergy_ina3221 *chips[SYNERGY_MAX_CHIPS];
	struct synergy_rail rails[SYNERGY_MAX_RAILS];
	u32 n_rails;

	struct synergy_file *owner;
	struct synergy_pids owner_pids;
	bool configured;
	bool suspended;
	struct synergy_configure cfg;
	struct synergy_event *events;
	u32 n_columns;
	struct synergy_session session;
	struct synergy_run *run;
	struct synergy_device device;
	struct synergy_stats last_stats;
};

extern struct synergy_board synergy_board;

/* All with board.lock held. The slot that a chip had, or may have; NULL none. */
struct synergy_ina3221 *synergy_board_find(struct i2c_client *client);
/* A new one, not yet in the table; -ENOSPC, -ENOMEM */
struct synergy_ina3221 *synergy_board_new(struct i2c_client *client);
/* Its chip has been unbound, or is not there. */
void synergy_board_set_gone(struct synergy_ina3221 *chip);
/* The module goes. */
void synergy_board_free(void);

/* Does what is configured need a chip? board.lock held. */
bool synergy_session_needs_power(void);
void synergy_session_device(struct synergy_device *dev);
/*
 * CONFIGURE's first part, without a lock: user memory and files may keep whoever
 * looks at them waiting. *@events is then the caller's to free.
 */
int synergy_session_fetch(struct synergy_configure *cfg, struct synergy_event **events,
			  u32 *n_columns);
/* The second. @events is the board's if that succeeds. */
int synergy_session_configure(struct synergy_file *file, struct synergy_configure *cfg,
			      struct synergy_event *events, u32 n_columns);
int synergy_session_start(struct synergy_file *file);
int synergy_session_stop(struct synergy_file *file);
void synergy_session_release(struct synergy_file *file);
void synergy_session_stats(struct synergy_file *file, struct synergy_stats *stats);
void synergy_session_end(void);
void synergy_session_suspend(void);
void synergy_session_resume(void);
/* Bring board.device up to date. */
void synergy_session_refresh(void);
/* Fill in config_set of the chips that a running session samples. board.lock held. */
void synergy_session_tell_config(void);

/* INFO bodies of what there is, for replay and announcements. board.lock held. */
typedef void (*synergy_info_fn)(void *ctx, u32 kind, const void *body, u32 size,
				const struct synergy_pids *who);
void synergy_session_describe(synergy_info_fn fn, void *ctx);

/* ---- replay: the description that each file begins with ---- */

/* Made between begin and end. board.lock held. */
void synergy_replay_begin(void);
void synergy_replay_add(void *unused, u32 kind, const void *body, u32 size,
			const struct synergy_pids *who);
void synergy_replay_end(void);
/* All of it, to a file. stream.lock held. */
void synergy_replay_to(struct synergy_file *file, struct synergy_stamp now);
/* One body of it, as @file sees it: 0, or -EINVAL no such. */
int synergy_replay_get(const struct synergy_file *file, u32 kind, u32 index, void *body, u32 size);
void synergy_replay_exit(void);

extern const struct file_operations synergy_fops;

#endif /* SYNERGY_INTERNAL_H */
