/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where continuous conversions lie relative to the ticks that read them, and in
 * which order a tick reads: no read is to meet the update of its register, for
 * nobody could say whose value it has. Pure: compiled into unit tests.
 */
#ifndef SYNERGY_PHASE_H
#define SYNERGY_PHASE_H

#include "ina3221/converter.h"

/* Does the phase of sweeps relative to the ticks move on by itself? */
bool synergy_phase_drifts(const struct synergy_converter *converter);
/* The phase of a start that takes effect from @earliest_ns on, as nanoseconds after it. */
__u64 synergy_phase_choose(struct synergy_converter *converter, __u64 earliest_ns);
/* Shunts of a tick that begins now, in the best order; @regs has room for all. */
void synergy_phase_order(const struct synergy_converter *converter, __u64 now_ns, __u8 *regs);
/* The first begin of a sweep of @series at or after @earliest_ns, had it gone on. */
__u64 synergy_phase_next(const struct synergy_converter *converter,
			 const struct synergy_series *series, __u64 earliest_ns);

#endif /* SYNERGY_PHASE_H */
