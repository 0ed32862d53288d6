/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast a chip's clock is, from looks at its conversion-ready flag about
 * the moment at which it is reckoned to come. Pure: compiled into unit tests.
 */
#ifndef SYNERGY_SPEED_H
#define SYNERGY_SPEED_H

#include "pure.h"

struct synergy_speed {
	__u32 scale_ppm;	/* conversion times to the nominal ones */
	__u32 margin_ppm;	/* how far that may be off */
	__u32 alike;		/* looks in a row, up to the last one, that said the same */
	bool over;		/* what the last one said */
};

/* One look at the flag. */
struct synergy_speed_look {
	__u64 nominal_ns;	/* from the converter's start to a round's end, at nominal speed */
	__u64 at_ns;		/* from the start to the look ... */
	__u64 error_ns;		/* ... give or take */
	bool over;		/* the flag was set */
};

/*
 * What a look leaves possible. One at the end as it is reckoned halves the
 * margin. Many in a row that say the same (the chip warms up) widen it, and one
 * that contradicts what was held possible moves the scale to what it says.
 */
void synergy_speed_learn(struct synergy_speed *speed, const struct synergy_speed_look *look);

#endif /* SYNERGY_SPEED_H */
