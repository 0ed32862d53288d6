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
 * kernel, cpu, tool, command, date, backend, threads, runs, warmup, rail, batch, source,
 * calibration (of the sensors, synergy-calibrate(1): JSON in one line).
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
 * SOURCE: struct synergy_source_record. Where power comes from a source in user space, the
 * records INFO (rails, session), POWER and MARKER are made there, in one sequence, and look
 * as the module's would: rails that are not an INA3221's have no shunt, their values no
 * voltage, and window_error_ns is what the source knows of its windows.
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
#define SYNERGY_RECORD_SOURCE		0x8002

/*
 * SOURCE: what is known of the values of a rail that was not measured by the module, before
 * the rail's first POWER record and behind its INFO record. What is 0 is not known.
 */
struct synergy_source_record {
	struct synergy_record hdr;
	__u32 rail;
	__u32 flags;		/* SYNERGY_SOURCE_F_... */
	__u64 step_nw;		/* what a step of the values is worth; */
	__u64 step_nj;		/* of a counter of energy, a step of it; */
	__u32 step_ua;		/* of a current, whatever the converter's is */
	__u32 shunt_step_nv;	/* of the shunt's voltage, by the converter */
	__u32 bus_step_uv;	/* of the supply's voltage */
	__u32 offset_nv;	/* of the shunt's voltage: standard uncertainty */
	__u32 gain_ppm;		/* of both voltages: at most */
	__u32 reserved2;
	char name[SYNERGY_NAME_LEN];	/* "hwmon3 ina226 curr1" */
};

/* Values are differences of a counter of energy: no time lies between two of them. */
#define SYNERGY_SOURCE_F_COUNTED	(1U << 0)

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
