// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's pure parts (ring, registers, plan, speed, ticks) in user space, with the
 * cases that KUnit runs in the kernel: kmod/kunit/cases.h. Also the sizes of
 * the UAPI's structures, which must be the same for 32-bit programs.
 */
#include "tests/framework/test.h"

#include "../../kmod/ina3221/regs.c"
#include "../../kmod/ina3221/plan.c"
#include "../../kmod/stream/ring.c"
#include "../../kmod/ina3221/speed.c"
#include "../../kmod/tick.c"
#include "../../kmod/ina3221/latency.c"

#include "../../kmod/kunit/cases.h"
#include "../../kmod/uapi_layout.h"	/* asserts it all */
