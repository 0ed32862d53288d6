// SPDX-License-Identifier: GPL-2.0-only
/*
 * The description that each file begins with: INFO records of the device, its chips,
 * rails, events and session, made beforehand by who changes them, so that a file is
 * opened, and what there is asked for, without waiting for anybody.
 */
#include <linux/pid.h>

#include "clock.h"
#include "internal.h"

#define RECORD_BYTES(name)							\
	ALIGN(sizeof(struct synergy_info_record) + sizeof(struct synergy_##name), 8)
#define REPLAY_BYTES	(RECORD_BYTES(device) +					\
			 SYNERGY_MAX_CHIPS * RECORD_BYTES(chip) +		\
			 SYNERGY_MAX_RAILS * RECORD_BYTES(rail) +		\
			 SYNERGY_MAX_ENTRIES * RECORD_BYTES(event) +		\
			 RECORD_BYTES(session))

/**
 * struct replay - what every new reader is given first
 * @bytes: of @records in use
 * @owner: the session's: tgid alone, with a reference
 * @records: INFO records, one after the other
 */
struct replay {
	u32 bytes;
	struct synergy_pids owner;
	u64 records[REPLAY_BYTES / 8];
};

static struct replay replays[2];	/* board.lock the one being made; stream.lock the other */
static u32 current_replay;		/* stream.lock to change */

static struct replay *being_made(void)
{
	lockdep_assert_held(&synergy_board.lock);
	return &replays[!current_replay];
}

void synergy_replay_begin(void)
{
	struct replay *r = being_made();

	put_pid(r->owner.tgid);
	r->owner.tgid = NULL;
	r->bytes = 0;
}

void synergy_replay_add(void *unused, u32 kind, const void *body, u32 size,
			const struct synergy_pids *who)
{
	struct replay *r = being_made();
	union synergy_info_scratch info;

	synergy_stream_info_build(&info, kind, body, size);
	info.rec.hdr.flags = SYNERGY_INFO_F_REPLAY;
	if (WARN_ON_ONCE(r->bytes + info.rec.hdr.size > sizeof(r->records)))
		return;
	if (who && who->tgid)
		r->owner.tgid = get_pid(who->tgid);
	memcpy((u8 *)r->records + r->bytes, &info, info.rec.hdr.size);
	r->bytes += info.rec.hdr.size;
}

void synergy_replay_end(void)
{
	lockdep_assert_held(&synergy_board.lock);
	spin_lock(&synergy_stream.lock);
	current_replay = !current_replay;
	spin_unlock(&synergy_stream.lock);
}

static const struct synergy_info_record *record_at(const struct replay *r, u32 at)
{
	return (const void *)((const u8 *)r->records + at);
}

/* The numbers of the device's owner, in this file's PID namespace. */
static void render(union synergy_info_scratch *info, const struct replay *r,
		   const struct synergy_file *file)
{
	if (info->rec.kind == SYNERGY_INFO_DEVICE)
		synergy_stream_render(&info->rec.hdr, &r->owner, file->pid_ns);
}

void synergy_replay_to(struct synergy_file *file, struct synergy_stamp now)
{
	const struct replay *r = &replays[current_replay];
	union synergy_info_scratch info;
	u32 at;

	lockdep_assert_held(&synergy_stream.lock);
	for (at = 0; at < r->bytes; at += info.rec.hdr.size) {
		memcpy(&info, record_at(r, at), record_at(r, at)->hdr.size);
		synergy_clock_stamp(&info.rec.hdr, now);
		render(&info, r, file);
		synergy_stream_replay(file, &info.rec.hdr);
	}
}

int synergy_replay_get(const struct synergy_file *file, u32 kind, u32 index, void *body, u32 size)
{
	const struct replay *r;
	union synergy_info_scratch info;
	int ret = -EINVAL;
	u32 at;

	spin_lock(&synergy_stream.lock);
	r = &replays[current_replay];
	for (at = 0; at < r->bytes && ret; at += record_at(r, at)->hdr.size) {
		if (record_at(r, at)->kind != kind || index--)
			continue;
		memcpy(&info, record_at(r, at), record_at(r, at)->hdr.size);
		render(&info, r, file);
		memcpy(body, info.rec.body, size);
		ret = 0;
	}
	spin_unlock(&synergy_stream.lock);
	return ret;
}

void synergy_replay_exit(void)
{
	put_pid(replays[0].owner.tgid);
	put_pid(replays[1].owner.tgid);
}
