// SPDX-License-Identifier: GPL-2.0-only
/*
 * What boards are like beside the measured rails: transfers that fail now and then while
 * the module is loaded, limits that guard the board and go on doing so, buses that are
 * one wire behind a multiplexer.
 */
/* board: timeout=120 modules=none debug=no */
#include <dirent.h>
#include <stdbool.h>

#include "sim_session.h"

#define REG_CONFIG	0x00
#define REG_CRITICAL_1	0x07
#define REG_WARNING_3	0x0c
#define REG_MASK	0x0f
#define MASK_CRITICAL_1	0x0200
#define MODE_CONTINUOUS	0x0004
/* Channel 1 and 3, 4 averages, 1.1 ms each, continuous */
#define GUARDING	(0x5000 | 1 << 9 | 4 << 6 | 4 << 3 | 7)

static void load(const char *parameters)
{
	REQUIRE(!sim_load(parameters));
	REQUIRE(!system("insmod /lib/modules/synergy/synergy.ko"));
}

static void unload(void)
{
	CHECK(!system("rmmod synergy"));
	CHECK(!sim_unload());
}

static bool get_chip(struct synergy_chip *chip, uint32_t index)
{
	int fd = open("/dev/synergy", O_RDWR | O_CLOEXEC);
	bool found;

	memset(chip, 0, sizeof(*chip));
	chip->size = sizeof(*chip);
	chip->index = index;
	found = fd >= 0 && !ioctl(fd, SYNERGY_IOC_CHIP, chip);
	close(fd);
	return found;
}

/* Of some hundred transfers at probe one or two fail: retried, not given up. */
TEST(failures_at_probe)
{
	struct synergy_chip chip;
	char parameters[80];
	int seed;

	for (seed = 1; seed <= 4; seed++) {
		PARAMS("bus_seed=%d", seed);
		snprintf(parameters, sizeof(parameters), "fail_ppm=10000 bus_seed=%d", seed);
		load(parameters);
		if (CHECK(get_chip(&chip, 0)))
			CHECK_GT(chip.conversion_ppm, 0);
		unload();
	}
}

TEST(no_bus_at_probe)
{
	struct synergy_chip chip;

	load("fail_ppm=1000000");
	CHECK(!get_chip(&chip, 0));
	CHECK(!system("dmesg | tail -n 20 | grep 'register 0xfe: error -' > /dev/null"));
	unload();
}

static void refused(uint32_t flags, uint32_t averages)
{
	struct synergy_configure configure = {
		.size = sizeof(configure), .flags = flags, .averages = averages,
	};
	struct session s;

	CHECK(session_begin(&s, &configure));
	CHECK_EQ(errno, EPERM);
	session_end(&s);
}

/* A critical limit has been passed, and is latched; a warning limit is armed. */
TEST(limits)
{
	struct synergy_configure configure = { .size = sizeof(configure) };
	struct synergy_chip chip;
	struct session s;

	REQUIRE(!sim_load(""));
	CHECK(!sim_write(REG_CRITICAL_1, 0x0008));
	CHECK(!sim_write(REG_WARNING_3, 0x7000));
	CHECK(!sim_write(REG_CONFIG, GUARDING));
	sim_sleep_us(100000);
	CHECK(!system("insmod /lib/modules/synergy/synergy.ko"));
	if (CHECK(get_chip(&chip, 0))) {
		CHECK(chip.flags & SYNERGY_CHIP_F_GUARDS);
		CHECK_EQ(chip.config_found, GUARDING);
	}
	refused(SYNERGY_CONFIGURE_F_TRIGGERED, 0);
	refused(0, 1);
	CHECK(!session_begin(&s, &configure));
	sim_sleep_us(300000);
	CHECK_EQ(sim_get(REG_CONFIG) & 0x5000, 0x5000);
	CHECK_EQ(sim_get(REG_CONFIG) & 7, 7);
	CHECK_GE(sim_get(REG_CONFIG) >> 9 & 7, 1);
	session_stop(&s);
	CHECK_GT(session_count(&s, SYNERGY_RECORD_POWER), 5);
	session_end(&s);
	CHECK_EQ(sim_get(REG_CONFIG), GUARDING);
	CHECK_EQ(sim_get(REG_CRITICAL_1), 0x0008);
	CHECK_EQ(sim_get(REG_WARNING_3), 0x7000);
	/* Nobody has read it away. */
	CHECK(sim_get(REG_MASK) & MASK_CRITICAL_1);
	unload();
}

/* How many threads sample */
static int threads(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300], name[32];
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		n += fgets(name, sizeof(name), file) && !strncmp(name, "synergy/", 8);
		fclose(file);
	}
	closedir(dir);
	return n;
}

/* Two adapters behind a multiplexer are one wire: one thread, which takes turns. */
TEST(multiplexer)
{
	static const char *const parameters[] = {
		"chips=0x40,0x141", "chips=0x40,0x141 mux=1",
	};
	struct synergy_configure configure = { .size = sizeof(configure), .period_ns = 5000000 };
	struct session s;
	int i;

	for (i = 0; i < 2; i++) {
		PARAMS("%s", parameters[i]);
		load(parameters[i]);
		if (CHECK(!session_begin(&s, &configure)))
			CHECK_EQ(threads(), 2 - i);
		session_stop(&s);
		session_end(&s);
		unload();
	}
}
