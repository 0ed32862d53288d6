/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two clocks of the stream, read together: CLOCK_MONOTONIC, which every time
 * is given in, and CLOCK_MONOTONIC_RAW, which nobody slews.
 */
#ifndef SYNERGY_CLOCK_H
#define SYNERGY_CLOCK_H

#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include <linux/synergy.h>

/**
 * struct synergy_stamp - one instant on both clocks
 * @time_ns: CLOCK_MONOTONIC
 * @raw_ns: CLOCK_MONOTONIC_RAW, some tens of ns later
 */
struct synergy_stamp {
	u64 time_ns;
	u64 raw_ns;
};

/* With interrupts off, so that nothing comes between the two. Any context but NMI. */
static __always_inline struct synergy_stamp synergy_clock_now(void)
{
	struct synergy_stamp now;
	unsigned long flags;

	local_irq_save(flags);
	now.time_ns = ktime_get_ns();
	now.raw_ns = ktime_get_raw_ns();
	local_irq_restore(flags);
	return now;
}

static inline void synergy_clock_stamp(struct synergy_record *head, struct synergy_stamp at)
{
	head->time_ns = at.time_ns;
	head->raw_ns = at.raw_ns;
}

/*
 * A time that was taken on the first clock alone, on the second: as far from @now
 * there as here, which is right but for what the clock was slewed meanwhile.
 */
static inline u64 synergy_clock_raw(struct synergy_stamp now, u64 time_ns)
{
	return now.raw_ns - (now.time_ns - time_ns);
}

#endif /* SYNERGY_CLOCK_H */
