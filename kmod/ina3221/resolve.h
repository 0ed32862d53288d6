/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what the bus gave to what it means: whose conversion each value is, in which
 * window that was, how far the window's edges may be off, and whether a sample has
 * had it before. A value of which that cannot be said is no sample's. Pure: compiled
 * into unit tests.
 */
#ifndef SYNERGY_RESOLVE_H
#define SYNERGY_RESOLVE_H

#include "ina3221/chip_clock.h"

#define SYNERGY_READING_WORDS	(2 * SYNERGY_CONVERTER_CHANNELS)

/**
 * struct synergy_reading - what the bus gave: registers that were read in a tick
 * @n: so many words
 * @reg: their registers, in the order of reading
 * @word: their contents
 * @latched: when each was taken from its register
 */
struct synergy_reading {
	__u32 n;
	__u8 reg[SYNERGY_READING_WORDS];
	__u16 word[SYNERGY_READING_WORDS];
	struct synergy_bounds latched[SYNERGY_READING_WORDS];
};

/**
 * enum synergy_verdict - what is known of a register's value
 * @SYNERGY_VALUE_ABSENT: it was not read, or no conversion has filled it
 * @SYNERGY_VALUE_UNKNOWN: the running series may have overwritten it or not
 * @SYNERGY_VALUE_REPEAT: a sample has had it, or may have had it
 * @SYNERGY_VALUE_NEW: none has
 */
enum synergy_verdict {
	SYNERGY_VALUE_ABSENT,
	SYNERGY_VALUE_UNKNOWN,
	SYNERGY_VALUE_REPEAT,
	SYNERGY_VALUE_NEW,
};

/**
 * struct synergy_window - when a value was converted
 * @begin_ns: begin of the conversion
 * @end_ns: end of it
 * @error_ns: how far both may be off, either way
 */
struct synergy_window {
	__u64 begin_ns;
	__u64 end_ns;
	__u64 error_ns;
};

/**
 * struct synergy_resolved - one channel of a reading
 * @shunt: of the shunt's value
 * @of_running: it is of the running series, else of the one before
 * @sweep: the last sweep of that series, from 1, that it may be of
 * @shunt_word: the value
 * @window: when it was converted
 * @bus: of the bus voltage's value; not whether a sample has had it: NEW
 * @bus_word: the value
 * @bus_time_ns: the middle of its conversion
 */
struct synergy_resolved {
	enum synergy_verdict shunt;
	bool of_running;
	__u64 sweep;
	__u16 shunt_word;
	struct synergy_window window;
	enum synergy_verdict bus;
	__u16 bus_word;
	__u64 bus_time_ns;
};

/**
 * struct synergy_sample - what a reading means
 * @channel: by channel
 */
struct synergy_sample {
	struct synergy_resolved channel[SYNERGY_CONVERTER_CHANNELS];
};

void synergy_resolve(const struct synergy_chip_clock *clock, const struct synergy_reading *reading,
		     struct synergy_sample *sample);
/* The sample is taken: its conversions count as reported. */
void synergy_sample_taken(struct synergy_chip_clock *clock, const struct synergy_sample *sample);

#endif /* SYNERGY_RESOLVE_H */
