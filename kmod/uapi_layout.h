/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may never change in uapi/linux/synergy.h: the size and alignment of each
 * structure of version 2, and where the fields are that programs find by offset.
 * Compiled into the module, the unit tests, and as C++ and for 32 bits by
 * tests/tools/uapi.sh. When a structure grows its line grows with it, and the
 * smallest size that ioctls take (cdev.c) stays.
 */
#ifndef SYNERGY_UAPI_LAYOUT_H
#define SYNERGY_UAPI_LAYOUT_H

#ifndef __KERNEL__
#include <assert.h>
#include <stddef.h>
#endif
#include <linux/synergy.h>

#ifdef __cplusplus
#define SYNERGY_ALIGNOF(type)	alignof(type)
#else
#define SYNERGY_ALIGNOF(type)	_Alignof(type)
#endif

/* Where a __u64 is aligned to 4 (i386) the structures are, too; nothing else moves. */
#define SYNERGY_LAYOUT(type, size, align)						\
	static_assert(sizeof(struct type) == (size), #type " has another size");	\
	static_assert(SYNERGY_ALIGNOF(struct type) == (align) ||			\
		      (sizeof(long) == 4 && SYNERGY_ALIGNOF(struct type) == 4),		\
		      #type " has another alignment")
#define SYNERGY_AT(type, field, offset)							\
	static_assert(offsetof(struct type, field) == (offset), #type "." #field " has moved")

SYNERGY_LAYOUT(synergy_record, 32, 8);
SYNERGY_AT(synergy_record, seq, 8);
SYNERGY_AT(synergy_record, raw_ns, 24);
SYNERGY_LAYOUT(synergy_power_channel, 64, 8);
SYNERGY_AT(synergy_power_channel, power_uw, 24);
SYNERGY_AT(synergy_power_channel, window_error_ns, 56);
SYNERGY_LAYOUT(synergy_power_record, 64, 8);
SYNERGY_AT(synergy_power_record, channel_size, 40);
SYNERGY_LAYOUT(synergy_count, 24, 8);
SYNERGY_LAYOUT(synergy_pmu_record, 56, 8);
SYNERGY_AT(synergy_pmu_record, count_size, 40);
SYNERGY_LAYOUT(synergy_marker_record, 80, 8);
SYNERGY_AT(synergy_marker_record, count_size, 72);
SYNERGY_LAYOUT(synergy_lost_record, 176, 8);
SYNERGY_LAYOUT(synergy_error_record, 64, 8);
SYNERGY_LAYOUT(synergy_freq_record, 48, 8);
SYNERGY_LAYOUT(synergy_temp_record, 80, 8);
SYNERGY_LAYOUT(synergy_name_record, 112, 8);
SYNERGY_LAYOUT(synergy_info_record, 40, 8);

SYNERGY_LAYOUT(synergy_device, 96, 8);
SYNERGY_LAYOUT(synergy_chip, 128, 8);
SYNERGY_LAYOUT(synergy_rail, 72, 4);
SYNERGY_AT(synergy_rail, label, 40);
SYNERGY_LAYOUT(synergy_event, 104, 8);
SYNERGY_LAYOUT(synergy_session, 72, 8);
SYNERGY_LAYOUT(synergy_configure, 200, 8);
SYNERGY_AT(synergy_configure, period_ns, 8);
SYNERGY_AT(synergy_configure, rail_divisor, 72);
SYNERGY_LAYOUT(synergy_control, 8, 4);
SYNERGY_LAYOUT(synergy_mark, 24, 8);
SYNERGY_LAYOUT(synergy_name, 80, 4);
SYNERGY_LAYOUT(synergy_mark_slot, 24, 8);
SYNERGY_LAYOUT(synergy_mark_page, 3200, 8);
SYNERGY_AT(synergy_mark_page, taken, 64);
SYNERGY_AT(synergy_mark_page, slot, 128);
SYNERGY_LAYOUT(synergy_client, 24, 8);
SYNERGY_LAYOUT(synergy_stats, 464, 8);
SYNERGY_AT(synergy_stats, records, 80);

#endif /* SYNERGY_UAPI_LAYOUT_H */
