/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsynergy: the stream of power, counters and marks, from /dev/synergy or from
 * a recording of it, behind one interface. Records are those of <linux/synergy.h>,
 * byte for byte; that header explains their fields.
 *
 *	struct synergy_error error;
 *	struct synergy_stream *s = synergy_stream_open(NULL, &error);
 *	const struct synergy_record *r;
 *
 *	while (synergy_stream_next(s, &r, -1, &error) == 1)
 *		if (r->type == SYNERGY_RECORD_POWER)
 *			...
 *	synergy_stream_close(s);
 *
 * Ownership: what an open or create function returns is the caller's, to be given
 * back by the close function of the same name. Pointers handed out by a stream
 * (records, info, notes) belong to it and hold until the next call of
 * synergy_stream_next, _read, _rewind or _close on the same stream.
 *
 * Threads: one stream is used by one thread at a time, with one exception:
 * synergy_stream_mark() on a device may be called by any number of threads while
 * another one reads. Different streams share nothing.
 *
 * Errors: int functions give 0 (or a count), or -1 with errno; pointer functions
 * give NULL with errno. Where a struct synergy_error is taken it may be NULL; it
 * is filled only on failure. The library never prints, exits, or changes signals
 * or any other state of the process.
 *
 * A recording is untrusted: every size and count in it is checked before a record
 * is given out, so a reader may use n_channels and n_counts as they stand.
 */
#ifndef SYNERGY_LIB_SYNERGY_H
#define SYNERGY_LIB_SYNERGY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/synergy.h>

#include "lib/marks.h"
#include "lib/meter.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SYNERGY_EXPORT
#define SYNERGY_EXPORT __attribute__((visibility("default")))
#endif

#define SYNERGY_LIB_VERSION	"1.1.0"
#define SYNERGY_DEVICE_PATH	"/dev/synergy"

/* No record is longer than this; a greater size in a file is damage. */
#define SYNERGY_RECORD_MAX_BYTES	(16U << 20)

struct synergy_stream;
struct synergy_recording;

/** synergy_lib_version - the version of the library in use, "major.minor.patch" */
SYNERGY_EXPORT const char *synergy_lib_version(void);

/* ------------------------------------------------------------------------
 * Streams
 */

/**
 * synergy_stream_open - open the device or a recording
 * @path: NULL is /dev/synergy; a character device is opened as the device, for
 *	reading and marking; anything else is read as a recording
 * @error: filled in on failure
 *
 * Errors: ENOENT no such file (device: the module is not loaded), EACCES (the
 * message names the group), ENODEV, EPROTO (the module speaks another API
 * version), EBADMSG (not a recording, another version or byte order), ENOMEM.
 */
SYNERGY_EXPORT struct synergy_stream *synergy_stream_open(const char *path,
							  struct synergy_error *error);

/**
 * synergy_stream_open_fd - read a recording from a file that is open already
 * @fd: at the beginning of the recording; the stream closes it in the end
 * @name: what messages call it
 * @error: filled in on failure; @fd is then still the caller's
 */
SYNERGY_EXPORT struct synergy_stream *synergy_stream_open_fd(int fd, const char *name,
							     struct synergy_error *error);

/** synergy_stream_close - stop a session that this stream owns, free; NULL is fine */
SYNERGY_EXPORT void synergy_stream_close(struct synergy_stream *stream);

/** synergy_stream_is_device - 1 the device, 0 a recording */
SYNERGY_EXPORT int synergy_stream_is_device(const struct synergy_stream *stream);

/** synergy_stream_fd - the descriptor, for poll(); it stays the stream's */
SYNERGY_EXPORT int synergy_stream_fd(const struct synergy_stream *stream);

/**
 * synergy_stream_buffer - set the size of this reader's ring in the kernel
 * @bytes: a power of two, 64 KiB to 64 MiB
 *
 * Before the first read. Errors: EINVAL, EBUSY, ENOTTY (a recording).
 */
SYNERGY_EXPORT int synergy_stream_buffer(struct synergy_stream *stream, uint32_t bytes,
					 struct synergy_error *error);

/**
 * synergy_stream_configure - decide what is sampled
 * @cfg: as SYNERGY_IOC_CONFIGURE has it; @size is filled in here
 *
 * On return @cfg says what is used; after ERANGE its period_ns says the shortest
 * period that can be carried, after ENOENT and ENOSPC bad_event the event at fault.
 * The message is a sentence for the user. Errors: as SYNERGY_IOC_CONFIGURE; ENOTTY.
 */
SYNERGY_EXPORT int synergy_stream_configure(struct synergy_stream *stream,
					    struct synergy_configure *cfg,
					    struct synergy_error *error);

/** synergy_stream_start - begin the configured session; errors as SYNERGY_IOC_START */
SYNERGY_EXPORT int synergy_stream_start(struct synergy_stream *stream,
					struct synergy_error *error);

/** synergy_stream_stop - end it; what was sampled can still be read */
SYNERGY_EXPORT int synergy_stream_stop(struct synergy_stream *stream,
				       struct synergy_error *error);

/**
 * synergy_stream_mark - put a mark into the stream
 * @kind: enum synergy_mark_kind
 * @id: the layer's index by custom
 * @cookie: the caller's
 * @flags: 0, or %SYNERGY_MARK_F_ALL_CPUS, %SYNERGY_MARK_F_TOOL
 *
 * One ioctl and nothing else: meant to stand next to what is measured. Gives 0,
 * or -1 with errno.
 */
SYNERGY_EXPORT int synergy_stream_mark(struct synergy_stream *stream, uint32_t kind, uint32_t id,
				       uint64_t cookie, uint32_t flags);

/**
 * synergy_stream_name - name an id of this process's marks
 * @stream: the device, as synergy_stream_open() opened it
 * @id: the id; by custom synergy_name_id() of the name
 * @name: 1 to 63 bytes of UTF-8; a longer one is cut
 *
 * Return: 0, or -1 with errno: EINVAL empty, ENOTTY a recording.
 */
SYNERGY_EXPORT int synergy_stream_name(struct synergy_stream *stream, uint32_t id,
				       const char *name);

/**
 * synergy_name_id - the id that belongs to a name by custom: its FNV-1a hash
 * @name: NUL-terminated
 */
static inline uint32_t synergy_name_id(const char *name)
{
	uint32_t hash = 0x811c9dc5;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 0x01000193;
	return hash;
}

/**
 * synergy_stream_read - read whole records as they are
 * @buffer: 8-byte aligned
 * @bytes: its size, at least 64 KiB
 *
 * For copying: sizes are checked but nothing is kept, synergy_stream_info() does not follow,
 * and it must not be mixed with synergy_stream_next(). It does not wait: EAGAIN
 * when a device has nothing. Gives the number of bytes, 0 at a recording's end (a
 * truncated last record is not given), -1: EAGAIN, ENODEV gone, EINTR, EIO; of a
 * recording also EBADMSG a damaged record is next, EINVAL it does not fit into
 * @bytes, ESPIPE it cannot seek back to a record that was read in part (a pipe).
 */
SYNERGY_EXPORT ssize_t synergy_stream_read(struct synergy_stream *stream, void *buffer,
					   size_t bytes);

/**
 * synergy_stream_next - the next record, checked
 * @record: set to it
 * @timeout_ms: how long to wait on a device, -1 for ever, 0 not at all
 *
 * Gives 1 and a record; 0 at the end of a recording; -1: EAGAIN nothing came in
 * time, EINTR a signal came, ENODEV the device is gone and all was read, EBADMSG
 * a damaged record (the message has its offset; nothing after it can be read), EIO.
 */
SYNERGY_EXPORT int synergy_stream_next(struct synergy_stream *stream,
				       const struct synergy_record **record, int timeout_ms,
				       struct synergy_error *error);

/** synergy_stream_rewind - a recording from its beginning again; ESPIPE else */
SYNERGY_EXPORT int synergy_stream_rewind(struct synergy_stream *stream);

/**
 * struct synergy_stream_info - what the stream has said about itself
 * @device: the device
 * @chips: @n_chips of them, in the order of their indices; their set-up is that of
 *	the last session
 * @rails: @n_rails, in the order of their indices
 * @events: @n_events, as configured (several may share a column)
 * @session: the session: for a recording that of the last START so far
 * @n_columns: counters of a PMU or MARKER record
 * @layers: text of the LAYERS record (CSV, see lib/recording.h); NULL none
 * @n_notes: `key: value` pairs from NOTE records
 *
 * A device reports chips and rails when it is opened; a recording as its records
 * are read.
 */
struct synergy_stream_info {
	struct synergy_device device;
	struct synergy_session session;
	uint32_t n_chips;
	uint32_t n_rails;
	uint32_t n_events;
	uint32_t n_columns;
	uint32_t n_notes;
	const struct synergy_chip *chips;
	const struct synergy_rail *rails;
	const struct synergy_event *events;
	const char *layers;
};

/** synergy_stream_info - what is known by now */
SYNERGY_EXPORT const struct synergy_stream_info *
synergy_stream_info(const struct synergy_stream *stream);

/** synergy_stream_note - the value of a note; NULL when there is none of that key */
SYNERGY_EXPORT const char *synergy_stream_note(const struct synergy_stream *stream,
					       const char *key);

/**
 * synergy_stream_note_at - note number @index, in the order of the stream
 * @key: set, unless NULL
 *
 * Gives the value, NULL beyond the last.
 */
SYNERGY_EXPORT const char *synergy_stream_note_at(const struct synergy_stream *stream,
						  uint32_t index, const char **key);

/**
 * struct synergy_stream_name - the name of an id, from a NAME record
 * @tgid: the process whose marks have it
 * @kind: enum synergy_name_kind
 * @id: the marks' id
 * @name: NUL-terminated
 */
struct synergy_stream_name {
	uint32_t tgid;
	uint32_t kind;
	uint32_t id;
	char name[SYNERGY_NAME_LEN];
};

/**
 * synergy_stream_mark_name - the name that a process gave to an id of its marks
 * @stream: what has been read of it counts
 * @tgid: the process, as in its marks
 * @id: the id
 *
 * Return: the name; NULL when it gave none.
 */
SYNERGY_EXPORT const char *synergy_stream_mark_name(const struct synergy_stream *stream,
						    uint32_t tgid, uint32_t id);

/** synergy_stream_column_name - the name of a counter column; NULL beyond the last */
SYNERGY_EXPORT const char *synergy_stream_column_name(const struct synergy_stream *stream,
						      uint32_t column);

/** synergy_stream_rail_find - a rail's index by its label (exact, case ignored); -1 ENOENT */
SYNERGY_EXPORT int synergy_stream_rail_find(const struct synergy_stream *stream,
					    const char *label);

/**
 * struct synergy_stream_tally - what was seen while reading
 * @records: given out
 * @bytes: of these
 * @by_type: records of types 1..15 at their number; [0] is all others
 * @power_repeats: POWER records that repeat the one before
 * @power_late: POWER records that came after missed ticks
 * @lost: records that LOST records speak of
 * @lost_power: of these, POWER
 * @lost_marker: of these, MARKER
 * @seq_gaps: places where the sequence jumps with no LOST record to say why
 * @abandoned: interval ends made by the module, not by the program
 * @tail_bytes: of a truncated last record, at the end of a recording
 */
struct synergy_stream_tally {
	uint64_t records;
	uint64_t bytes;
	uint64_t by_type[16];
	uint64_t power_repeats;
	uint64_t power_late;
	uint64_t lost;
	uint64_t lost_power;
	uint64_t lost_marker;
	uint64_t seq_gaps;
	uint64_t abandoned;
	uint64_t tail_bytes;
};

/** synergy_stream_tally - what synergy_stream_next() has seen by now */
SYNERGY_EXPORT void synergy_stream_tally(const struct synergy_stream *stream,
					 struct synergy_stream_tally *tally);

/** synergy_stream_stats - the module's own totals since START; ENOTTY on a recording */
SYNERGY_EXPORT int synergy_stream_stats(struct synergy_stream *stream, struct synergy_stats *stats,
					struct synergy_error *error);

/**
 * synergy_record_check - may this record be used as it stands?
 * @record: at least @available bytes, 8-byte aligned
 * @available: bytes from @record to the end of the buffer
 * @why: set to a phrase when it may not, unless NULL
 *
 * Gives 0; 1 when it is cut off by @available; -1 when it is damaged. Types that
 * are not known are fine.
 */
SYNERGY_EXPORT int synergy_record_check(const struct synergy_record *record, size_t available,
					const char **why);

/* ------------------------------------------------------------------------
 * Recordings: the format is in lib/recording.h
 */

/**
 * synergy_recording_create - begin a recording
 * @path: file, replaced if there
 * @reserve_bytes: disk space to keep set aside ahead of what is written, so that writing
 *	does not wait for it, at most 1 MiB; 0 none. A file system that cannot is no error
 * @error: filled in on failure
 */
SYNERGY_EXPORT struct synergy_recording *
synergy_recording_create(const char *path, uint64_t reserve_bytes, struct synergy_error *error);

/** synergy_recording_create_fd - the same into an open file, which close() leaves open */
SYNERGY_EXPORT struct synergy_recording *
synergy_recording_create_fd(int fd, const char *name, struct synergy_error *error);

/** synergy_recording_write - add whole records as synergy_stream_read() gave them */
SYNERGY_EXPORT int synergy_recording_write(struct synergy_recording *recording,
					   const void *records, size_t bytes,
					   struct synergy_error *error);

/** synergy_recording_note - add a note: lines `key: value`, UTF-8; EINVAL else */
SYNERGY_EXPORT int synergy_recording_note(struct synergy_recording *recording, const char *text,
					  struct synergy_error *error);

/** synergy_recording_layers - add the layers' table (CSV text, lib/recording.h) */
SYNERGY_EXPORT int synergy_recording_layers(struct synergy_recording *recording, const char *csv,
					    struct synergy_error *error);

/** synergy_recording_bytes - written so far */
SYNERGY_EXPORT uint64_t synergy_recording_bytes(const struct synergy_recording *recording);

/** synergy_recording_close - finish and free; -1 when the file could not be completed */
SYNERGY_EXPORT int synergy_recording_close(struct synergy_recording *recording,
					   struct synergy_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SYNERGY_LIB_SYNERGY_H */
