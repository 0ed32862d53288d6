/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the simulator share: loading it, talking to its chip over
 * /dev/i2c-N as any program can, and reading its truth. Only for the board.
 */
#ifndef SYNERGY_TESTS_SIM_H
#define SYNERGY_TESTS_SIM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tests/framework/test.h"

#define SIM_DEBUGFS	"/sys/kernel/debug/synergy-sim/"
#define SIM_PMU		"/sys/bus/event_source/devices/synergy_sim_pmu/"

enum { SIM_VDD_IN, SIM_VDD_GPU, SIM_VDD_CPU, SIM_RAILS };

struct sim_energy {
	uint64_t time_ns;
	uint64_t pj[SIM_RAILS];
};

static int sim_bus = -1;
static int sim_address = 0x40;

static inline uint64_t sim_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void sim_sleep_until(uint64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static inline void sim_sleep_us(uint64_t us)
{
	sim_sleep_until(sim_now_ns() + us * 1000);
}

/* The simulated PMU's type for perf_event_open; -1: QEMU runs without the plugin. */
static inline int sim_pmu_type(void)
{
	FILE *file = fopen(SIM_PMU "type", "r");
	int type = -1;

	if (file) {
		if (fscanf(file, "%d", &type) != 1)
			type = -1;
		fclose(file);
	}
	return type;
}

/* Open the character device of the simulator's first bus. */
static inline int sim_open_bus(void)
{
	char path[64], name[64] = "";
	int i, fd;

	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/sys/bus/i2c/devices/i2c-%d/name", i);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name) - 1) > 0 && !strncmp(name, "synergy-sim", 11)) {
			close(fd);
			snprintf(path, sizeof(path), "/dev/i2c-%d", i);
			return open(path, O_RDWR | O_CLOEXEC);
		}
		close(fd);
	}
	return -1;
}

/* Load the simulator alone. Return: 0 */
static inline int sim_load(const char *parameters)
{
	char command[256];

	snprintf(command, sizeof(command), "insmod /lib/modules/synergy/synergy-sim.ko %s",
		 parameters);
	if (system(command))
		return -1;
	sim_bus = sim_open_bus();
	return sim_bus < 0 ? -1 : 0;
}

static inline int sim_unload(void)
{
	if (sim_bus >= 0)
		close(sim_bus);
	sim_bus = -1;
	return system("rmmod synergy-sim") ? -1 : 0;
}

/* Return: 0, or -errno */
static inline int sim_read(uint8_t reg, uint16_t *value)
{
	uint8_t bytes[2];
	struct i2c_msg msgs[2] = {
		{ .addr = sim_address, .len = 1, .buf = &reg },
		{ .addr = sim_address, .flags = I2C_M_RD, .len = 2, .buf = bytes },
	};
	struct i2c_rdwr_ioctl_data data = { msgs, 2 };

	if (ioctl(sim_bus, I2C_RDWR, &data) < 0)
		return -errno;
	*value = bytes[0] << 8 | bytes[1];
	return 0;
}

static inline uint16_t sim_get(uint8_t reg)
{
	uint16_t value = 0xffff;
	int ret = sim_read(reg, &value);

	if (ret)
		fprintf(stderr, "register 0x%02x: %s\n", reg, strerror(-ret));
	CHECK(!ret);
	return value;
}

/* Return: 0, or -errno */
static inline int sim_write(uint8_t reg, uint16_t value)
{
	uint8_t bytes[3] = { reg, value >> 8, value & 0xff };
	struct i2c_msg msg = { .addr = sim_address, .len = 3, .buf = bytes };
	struct i2c_rdwr_ioctl_data data = { &msg, 1 };

	return ioctl(sim_bus, I2C_RDWR, &data) < 0 ? -errno : 0;
}

static inline int sim_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * What a transfer costs in this kernel beside the bits on the wires: that of
 * one whose address (11 of them, at 400 kHz) nobody acknowledges. A debugging
 * kernel's is many times a plain one's, so bounds on time are given in this.
 */
static inline uint64_t sim_access_ns(void)
{
	uint64_t took[31], begin;
	uint8_t byte = 0;
	struct i2c_msg msg = { .addr = 0x4f, .len = 1, .buf = &byte };
	struct i2c_rdwr_ioctl_data data = { &msg, 1 };
	int i;

	for (i = 0; i < 31; i++) {
		begin = sim_now_ns();
		CHECK_LT(ioctl(sim_bus, I2C_RDWR, &data), 0);
		CHECK_EQ(errno, ENXIO);
		took[i] = sim_now_ns() - begin;
	}
	qsort(took, 31, sizeof(took[0]), sim_compare);
	return took[15] - 11 * 1000000000ULL / 400000;
}

static inline double sim_shunt_mv(uint16_t raw)
{
	return ((int16_t)raw >> 3) * 0.04;
}

static inline double sim_bus_mv(uint16_t raw)
{
	return ((int16_t)raw >> 3) * 8.0;
}

static inline int sim_energy(struct sim_energy *energy)
{
	FILE *file = fopen(SIM_DEBUGFS "energy", "r");
	int n = 0;

	if (file) {
		n = fscanf(file, "%*[^\n] %" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64,
			   &energy->time_ns, &energy->pj[0], &energy->pj[1], &energy->pj[2]);
		fclose(file);
	}
	return n == 4 ? 0 : -1;
}

/* Return: 0, or -errno */
static inline int sim_fault(const char *name, const char *text)
{
	char path[96];
	int fd, ret = 0;

	snprintf(path, sizeof(path), SIM_DEBUGFS "faults/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

#endif /* SYNERGY_TESTS_SIM_H */
