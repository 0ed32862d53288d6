/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What something takes by itself, from many tries of which some were delayed.
 * Pure: compiled into unit tests; the clock is the caller's.
 */
#ifndef SYNERGY_LATENCY_H
#define SYNERGY_LATENCY_H

#include "pure.h"

/*
 * A delay only ever adds, and may befall most tries in a row: an
 * interrupted thread, a core that is busy for milliseconds. So of @n > 0 tries
 * the eighth part's longest is taken, not the middle. Nor is it the shortest, of
 * which a clock that jumped could make anything. Sorts @took.
 */
__u64 synergy_latency_ns(__u64 *took, __u32 n);

#endif /* SYNERGY_LATENCY_H */
