/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do values say that the chip was reset, though its set-up has been written again
 * since? A reset empties the results, and where the set-up is rewritten before it was
 * checked nothing else is left of it. Two registers must agree on it, for a rail may
 * have been switched off just then: a shunt that is 0 all of a sudden, and the
 * channel's bus voltage, which stands still until a sweep converts it. A current
 * without a voltage is such an agreement by itself. Pure: compiled into unit tests.
 */
#ifndef SYNERGY_RESET_H
#define SYNERGY_RESET_H

#include "ina3221/resolve.h"

/**
 * struct synergy_values - what the result registers held when they were last read
 * @shunt_raw: per channel
 * @bus_raw: the same
 * @bus_time_ns: middle of the bus voltage's conversion; 0 it has not been read yet
 */
struct synergy_values {
	__s16 shunt_raw[SYNERGY_CONVERTER_CHANNELS];
	__s16 bus_raw[SYNERGY_CONVERTER_CHANNELS];
	__u64 bus_time_ns[SYNERGY_CONVERTER_CHANNELS];
};

/**
 * enum synergy_reset - was the chip reset?
 * @SYNERGY_RESET_NONE: nothing says so
 * @SYNERGY_RESET_SUSPECTED: if the witness' bus voltage agrees
 * @SYNERGY_RESET_FOUND: it was
 * @SYNERGY_RESET_UNDECIDABLE: the running series may have refilled what it emptied
 */
enum synergy_reset {
	SYNERGY_RESET_NONE,
	SYNERGY_RESET_SUSPECTED,
	SYNERGY_RESET_FOUND,
	SYNERGY_RESET_UNDECIDABLE,
};

/*
 * A reading against the values before it. @bus_pending: bus voltages that the last
 * mixed sweep has converted and that have not been read since. SUSPECTED: *@witness
 * is the channel whose bus voltage is to be read. FOUND: *@witness is the channel
 * whose bus voltage says so.
 */
enum synergy_reset synergy_reset_suspect(const struct synergy_chip_clock *clock,
					 const struct synergy_values *values, __u32 bus_pending,
					 const struct synergy_reading *reading, __u32 *witness);

/* The same with the witness' bus voltage, read into @bus. */
enum synergy_reset synergy_reset_confirm(const struct synergy_chip_clock *clock,
					 const struct synergy_values *values, __u32 bus_pending,
					 const struct synergy_reading *reading, __u32 witness,
					 const struct synergy_reading *bus);

#endif /* SYNERGY_RESET_H */
