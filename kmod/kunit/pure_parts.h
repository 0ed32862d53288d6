/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's pure parts (pure.h) in one translation unit, for tests.
 */
#include "../stream/ring.c"
#include "../tick.c"
#include "../ina3221/regs.c"
#include "../ina3221/latency.c"
#include "../ina3221/speed.c"
#include "../ina3221/plan.c"
#include "../ina3221/bus_timing.c"
#include "../ina3221/chip_clock.c"
#include "../ina3221/resolve.c"
#include "../ina3221/reset.c"
#include "../ina3221/converter.c"
#include "../ina3221/phase.c"
#include "../ina3221/triggered.c"
#include "../ina3221/speed_probe.c"
#include "../ina3221/continuous.c"
#include "../ina3221/sampling.c"
