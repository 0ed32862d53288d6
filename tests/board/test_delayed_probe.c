// SPDX-License-Identifier: GPL-2.0-only
/*
 * One transfer of a chip's probe is delayed for longer than a conversion takes, as by
 * whoever has preempted it: whichever that is, the chip's clock is known after it.
 * board: timeout=90
 */
#include "device.h"
#include "sim.h"
#include "steps.h"

/* The reads that are timed and their verification come first, then the first poll. */
#define FIRST_TRANSFER	30
#define LAST_TRANSFER	50

static struct steps steps;

static __u32 margin_ppm(void)
{
	struct synergy_chip chip = { .size = sizeof(chip) };
	int fd = device_open(O_RDONLY);

	CHECK(!ioctl(fd, SYNERGY_IOC_CHIP, &chip));
	close(fd);
	return chip.conversion_margin_ppm;
}

SETUP
{
	REQUIRE(!steps_find(&steps));
}

TEST(clock_is_known)
{
	char what[64];
	int i;

	for (i = FIRST_TRANSFER; i <= LAST_TRANSFER; i++) {
		PARAMS("transfer %d takes 12 ms", i);
		CHECK(!step_unbind(&steps));
		snprintf(what, sizeof(what), "1 %d 100", i);
		CHECK(!sim_fault("slow", what));
		CHECK(!step_bind(&steps));
		CHECK(!sim_fault("slow", "0"));
		CHECK_NE(margin_ppm(), 0);
		CHECK_LE(margin_ppm(), 2000);
	}
}
