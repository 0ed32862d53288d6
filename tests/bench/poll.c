// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two ways in which power is sampled without synergy.ko, done as well as they can
 * be: the kernel's hwmon driver through sysfs, files kept open; and the chip's
 * registers through i2c-dev, set up for its shortest conversion. Absolute
 * deadlines; a tick that has passed is counted and left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>

#include "bench.h"

#define RAILS	3

/* Waits for the next tick; 0 when there is no period. */
static void next_tick(struct bench_samples *samples, uint64_t *deadline_ns)
{
	struct timespec at;
	uint64_t now_ns;

	if (!samples->period_ns)
		return;
	*deadline_ns += samples->period_ns;
	now_ns = bench_now_ns();
	while (*deadline_ns < now_ns) {
		*deadline_ns += samples->period_ns;
		samples->missed++;
	}
	at.tv_sec = *deadline_ns / NSEC_PER_SEC;
	at.tv_nsec = *deadline_ns % NSEC_PER_SEC;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static int hwmon_open(const char *directory, const char *kind, int channel)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s%d_input", directory, kind, channel);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		bench_die("%s: %s", path, strerror(errno));
	return fd;
}

static int read_number(int fd, long *value)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	*value = atol(text);
	return 0;
}

void bench_poll_hwmon(struct bench_samples *samples)
{
	long ma[RAILS], last_ma[RAILS] = { -1, -1, -1 }, mv;
	int current[RAILS], voltage[RAILS];
	uint64_t deadline_ns, time_ns;
	glob_t found;
	int i, failed;

	if (glob("/sys/bus/i2c/drivers/ina3221/*/hwmon/hwmon*", 0, NULL, &found))
		bench_die("no chip is bound to the hwmon driver ina3221");
	for (i = 0; i < RAILS; i++) {
		current[i] = hwmon_open(found.gl_pathv[0], "curr", i + 1);
		voltage[i] = hwmon_open(found.gl_pathv[0], "in", i + 1);
	}
	globfree(&found);
	deadline_ns = bench_now_ns();
	samples->ready = 1;
	while (!samples->stop) {
		next_tick(samples, &deadline_ns);
		time_ns = bench_now_ns();
		for (i = 0, failed = 0; i < RAILS; i++)
			failed |= read_number(current[i], &ma[i]) || read_number(voltage[i], &mv);
		if (failed) {
			samples->errors++;
			continue;
		}
		bench_sample(samples, time_ns, memcmp(ma, last_ma, sizeof(ma)) != 0);
		memcpy(last_ma, ma, sizeof(ma));
	}
}

static int read_register(int fd, int address, uint8_t reg, uint16_t *value)
{
	uint8_t data[2];
	struct i2c_msg messages[] = {
		{ .addr = address, .len = 1, .buf = &reg },
		{ .addr = address, .flags = I2C_M_RD, .len = 2, .buf = data },
	};
	struct i2c_rdwr_ioctl_data transfer = { .msgs = messages, .nmsgs = 2 };

	if (ioctl(fd, I2C_RDWR, &transfer) != 2)
		return -1;
	*value = data[0] << 8 | data[1];
	return 0;
}

static int write_register(int fd, int address, uint8_t reg, uint16_t value)
{
	uint8_t data[] = { reg, value >> 8, value & 0xff };
	struct i2c_msg message = { .addr = address, .len = 3, .buf = data };
	struct i2c_rdwr_ioctl_data transfer = { .msgs = &message, .nmsgs = 1 };

	return ioctl(fd, I2C_RDWR, &transfer) == 1 ? 0 : -1;
}

void bench_poll_i2cdev(struct bench_samples *samples, int bus, int address)
{
	uint16_t shunt[RAILS], last[RAILS] = { 0 }, voltage, found;
	uint64_t deadline_ns, time_ns;
	char path[32];
	int fd, i, failed;

	snprintf(path, sizeof(path), "/dev/i2c-%d", bus);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		bench_die("%s: %s", path, strerror(errno));
	/* All channels, continuous, no average, 140 us each: a round of 0.84 ms. */
	if (read_register(fd, address, 0, &found) || write_register(fd, address, 0, 0x7007))
		bench_die("%s: address 0x%x: %s", path, address, strerror(errno));
	deadline_ns = bench_now_ns();
	samples->ready = 1;
	while (!samples->stop) {
		next_tick(samples, &deadline_ns);
		time_ns = bench_now_ns();
		for (i = 0, failed = 0; i < RAILS; i++)
			failed |= read_register(fd, address, 1 + 2 * i, &shunt[i]) ||
				  read_register(fd, address, 2 + 2 * i, &voltage);
		if (failed) {
			samples->errors++;
			continue;
		}
		bench_sample(samples, time_ns, memcmp(shunt, last, sizeof(shunt)) != 0);
		memcpy(last, shunt, sizeof(shunt));
	}
	write_register(fd, address, 0, found);
	close(fd);
}
