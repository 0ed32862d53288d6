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

TEST(uapi_sizes)
{
	CHECK_EQ(sizeof(struct synergy_record), 24);
	CHECK_EQ(sizeof(struct synergy_power_channel), 56);
	CHECK_EQ(sizeof(struct synergy_power_record), 56);
	CHECK_EQ(sizeof(struct synergy_count), 24);
	CHECK_EQ(sizeof(struct synergy_pmu_record), 40);
	CHECK_EQ(sizeof(struct synergy_marker_record), 64);
	CHECK_EQ(sizeof(struct synergy_lost_record), 64);
	CHECK_EQ(sizeof(struct synergy_error_record), 56);
	CHECK_EQ(sizeof(struct synergy_info_record), 32);
	CHECK_EQ(sizeof(struct synergy_device), 72);
	CHECK_EQ(sizeof(struct synergy_chip), 128);
	CHECK_EQ(sizeof(struct synergy_rail), 64);
	CHECK_EQ(sizeof(struct synergy_event), 104);
	CHECK_EQ(sizeof(struct synergy_configure), 72);
	CHECK_EQ(sizeof(struct synergy_control), 8);
	CHECK_EQ(sizeof(struct synergy_mark), 24);
	CHECK_EQ(sizeof(struct synergy_client), 24);
	CHECK_EQ(sizeof(struct synergy_stats), 360);
	CHECK_EQ(sizeof(struct synergy_session), 64);
}
