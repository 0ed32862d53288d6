/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Version 1 of the interface, which recordings may have: its layouts as far as
 * they differ from today's, and the way from there to here. Not installed.
 */
#ifndef SYNERGY_LIB_VERSION1_H
#define SYNERGY_LIB_VERSION1_H

#include <stddef.h>

#include <linux/synergy.h>

struct version1_record {
	__u32 size;
	__u16 type;
	__u16 flags;
	__u64 seq;
	__u64 time_ns;
};

struct version1_power_channel {
	__u32 rail;
	__u32 flags;
	__s16 shunt_raw;
	__s16 bus_raw;
	__s32 shunt_uv;
	__s32 current_ua;
	__s32 bus_mv;
	__s64 power_uw;
	__u64 window_begin_ns;
	__u64 window_end_ns;
	__u64 bus_time_ns;
};

struct version1_power_record {
	struct version1_record hdr;
	__u32 chip;
	__u32 n_channels;
	__u64 bus_begin_ns;
	__u64 bus_end_ns;
	__u32 window_error_ns;	/* of all channels */
	__u32 reserved;
	struct version1_power_channel channel[];
};

struct version1_pmu_record {
	struct version1_record hdr;
	__u32 cpu;
	__u32 n_counts;
	__u64 done_ns;
	struct synergy_count count[];
};

struct version1_marker_record {
	struct version1_record hdr;
	__u64 done_ns;
	__u64 cookie;
	__u32 kind;
	__u32 id;
	__u32 cpu;
	__u32 tid;
	__u32 tgid;
	__u32 n_counts;
	struct synergy_count count[];
};

struct version1_lost_record {
	struct version1_record hdr;
	__u64 count;
	__u64 count_power;
	__u64 count_pmu;
	__u64 count_marker;
	__u64 last_ns;
};

/* After the head as today's. */
struct version1_error_record {
	struct version1_record hdr;
	__u32 source;
	__u32 index;
	__s32 error;
	__u32 reg;
	__u32 value;
	__u32 since_us;
	__u64 count;
};

struct version1_info_record {
	struct version1_record hdr;
	__u32 kind;
	__u32 reserved;
	__u64 body[];
};

struct version1_device {
	__u32 size;
	__u32 flags;
	__u32 api_version;
	__u32 n_chips;
	__u32 n_rails;
	__u32 n_cpus;
	__u64 min_period_ns;
	__u32 owner_tgid;
	__u32 reserved;
	char module_version[SYNERGY_LABEL_LEN];
};

struct version1_rail {
	__u32 size;
	__u32 flags;
	__u32 index;
	__u32 chip;
	__u32 channel;
	__u32 shunt_uohm;
	__u64 reserved;
	char label[SYNERGY_LABEL_LEN];
};

struct version1_event {
	__u32 type;
	__u32 column;
	__u64 config;
	__u64 config1;
	__u64 config2;
	__u32 flags;
	__u32 reserved;
	char name[SYNERGY_NAME_LEN];
};

struct version1_session {
	__u32 size;
	__u32 flags;
	__u32 state;
	__u32 n_columns;
	__u64 period_ns;
	__u64 rail_mask;
	__u32 pmu_every;
	__u32 sampler_cpu;
	__u32 dither_ns;
	__u32 reserved;
	__u64 start_ns;
	__s64 realtime_offset_ns;
};

/**
 * synergy_version1_check - synergy_record_check() for a record of version 1
 * @record: at least @available bytes, 8-byte aligned
 * @available: bytes from @record to the end of the buffer
 * @why: set to a phrase when it may not be used, unless NULL
 *
 * Return: 0; 1 when it is cut off by @available; -1 when it is damaged.
 */
int synergy_version1_check(const struct synergy_record *record, size_t available,
			   const char **why);

/* No record grows by more than this. */
#define SYNERGY_VERSION1_GROWTH	128

/**
 * synergy_version1_convert - a record of version 1 as today's
 * @from: the record, checked by synergy_version1_check()
 * @to: room for its size and %SYNERGY_VERSION1_GROWTH bytes more, 8-byte aligned
 *
 * What version 1 does not have is 0, but for @raw_ns, which is @time_ns; the
 * session's @raw_clock_id says so.
 */
void synergy_version1_convert(const struct synergy_record *from, struct synergy_record *to);

#endif /* SYNERGY_LIB_VERSION1_H */
