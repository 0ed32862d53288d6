/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recording format (capture.syn). A recording is the stream as a reader of
 * /dev/synergy got it, byte for byte, behind a short header, with two kinds of
 * records added by user space. It can be cut after any record; readers skip types
 * that they do not know by their size.
 *
 *	offset 0	struct synergy_recording_header
 *	offset 16	struct synergy_record ..., each 8-byte aligned
 *
 * User records have seq 0 and the CLOCK_MONOTONIC time of writing. Their text is
 * UTF-8, padded with NULs to a multiple of 8 and ended by at least one. FREQ and
 * TEMP records with seq 0 are user space's, too.
 *
 * Version 1 had shorter heads (no raw_ns); libsynergy gives its records as today's.
 *
 * NOTE: lines `key: value`; a later note with the same key replaces the earlier
 * one. Keys used by the tools: network, model, model_hash (sha256:hex), host,
 * kernel, cpu, tool, command, date, backend, threads, runs, warmup, rail, batch.
 *
 * LAYERS: one CSV table, header first, one line a layer in execution order:
 *
 *	index,layer,op,mac,params,bytes_in,bytes_out[,more...]
 *
 * index is the id of the layer's marks. A field with a comma, quote or newline is
 * quoted as RFC 4180 has it. Columns beyond bytes_out are features of the layer
 * known from the model file (kernel_h, group, method ...); readers take those that
 * they know by name.
 *
 * Marks: see SYNERGY_MARK_ID_... below.
 */
#ifndef SYNERGY_LIB_RECORDING_H
#define SYNERGY_LIB_RECORDING_H

#include <linux/synergy.h>

#define SYNERGY_RECORDING_MAGIC		"SYNERGY"	/* and its NUL: 8 bytes */
#define SYNERGY_RECORDING_VERSION	2U
#define SYNERGY_RECORDING_BYTE_ORDER	0x01020304U

struct synergy_recording_header {
	char magic[8];
	__u32 version;
	__u32 byte_order;	/* SYNERGY_RECORDING_BYTE_ORDER as the writer has it */
};

#define SYNERGY_RECORD_NOTE		0x8000
#define SYNERGY_RECORD_LAYERS		0x8001

/*
 * Ids of marks with SYNERGY_MARKER_F_TOOL, made by synergy-run and synergy-record. Of
 * a mark without the flag the id is a layer's index, or the program's own.
 */
#define SYNERGY_MARK_ID_RUN		0xffffffffU	/* around one inference */
#define SYNERGY_MARK_ID_IDLE		0xfffffffeU	/* around a time of doing nothing */
#define SYNERGY_MARK_ID_COMMAND		0xfffffffdU	/* around a command that is recorded */
#define SYNERGY_MARK_ID_BUSY		0xfffffffcU	/* around a busy step of the time check */

/* Is it a tool's mark, and the one with this id? */
static inline int synergy_mark_is(const struct synergy_marker_record *mark, __u32 id)
{
	return (mark->hdr.flags & SYNERGY_MARKER_F_TOOL) && mark->id == id;
}

/* The layer that a mark is about: a command that is recorded stands for a program's only one. */
static inline __u32 synergy_mark_layer(const struct synergy_marker_record *mark)
{
	return synergy_mark_is(mark, SYNERGY_MARK_ID_COMMAND) ? 0 : mark->id;
}

/* Cookies: the inference's number from 0 in the low half. */
#define SYNERGY_MARK_COOKIE_WARMUP	(1ULL << 32)	/* a warm-up run, not to be counted */

#endif /* SYNERGY_LIB_RECORDING_H */
