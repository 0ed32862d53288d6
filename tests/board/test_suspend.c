// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine sleeps (as far as the kernel's own test of it goes) under a
 * running session: reported in the stream, the chip as it was found meanwhile, and
 * sampling goes on afterwards, with a chip whose speed is known less well.
 * board: timeout=90
 */
#include "device.h"

static unsigned int suspended, resumed, power_after;

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_info_record *info = (const void *)rec;
	const struct synergy_session *session = (const void *)info->body;

	(void)r;
	power_after += rec->type == SYNERGY_RECORD_POWER && resumed;
	if (rec->type != SYNERGY_RECORD_INFO || info->kind != SYNERGY_INFO_SESSION)
		return;
	suspended += session->state == SYNERGY_SESSION_SUSPENDED;
	resumed += session->state == SYNERGY_SESSION_RESUMED;
}

static __u32 margin_ppm(int fd)
{
	struct synergy_chip chip = { .size = sizeof(chip) };

	CHECK(!ioctl(fd, SYNERGY_IOC_CHIP, &chip));
	return chip.conversion_margin_ppm;
}

/* However well the chip's speed was known: while it slept it may have got cold. */
TEST(forgets)
{
	struct synergy_configure cfg;
	int fd = device_open(O_RDWR);
	__u32 learned, after;

	CHECK(!device_configure(fd, &cfg, 1000000, SYNERGY_CONFIGURE_F_CONTINUOUS, 0));
	CHECK(!device_start(fd));
	sleep_ms(2000);
	learned = margin_ppm(fd);
	CHECK(!write_text("/sys/power/state", "freeze"));
	sleep_ms(20);
	after = margin_ppm(fd);
	printf("speed known to %u ppm, to %u after sleeping\n", learned, after);
	CHECK(debug_kernel() || learned < 90);
	/* 0: not known at all, where it was not before */
	CHECK(after >= 100 || (!after && !learned));
	CHECK(!device_stop(fd));
	close(fd);
}

SETUP
{
	if (write_text("/sys/power/pm_test", "freezer"))
		SKIP("the kernel cannot test suspending (PM_DEBUG)");
	/* The test of suspending spins for five seconds, which nobody needs here. */
	if (write_text("/sys/module/suspend/parameters/pm_test_delay", "0"))
		printf("pm_test_delay stays\n");
}

TEST(goes_on)
{
	struct reader r = { .each = each };
	struct synergy_configure cfg;

	r.fd = device_open(O_RDWR | O_NONBLOCK);
	device_config(&cfg, 2000000);
	device_config_events(&cfg, device_events, 2);
	CHECK(!ioctl(r.fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(r.fd));
	sleep_ms(20);
	CHECK(!write_text("/sys/power/state", "freeze"));
	sleep_ms(50);
	reader_drain(&r);
	CHECK_EQ(suspended, 1);
	CHECK_EQ(resumed, 1);
	printf("%u samples after\n", power_after);
	CHECK_GT(power_after, 10);
	CHECK_EQ(r.errors, 0);
	CHECK(!device_stop(r.fd));
	close(r.fd);
}

TEARDOWN
{
	CHECK(!write_text("/sys/power/pm_test", "none"));
}
