// SPDX-License-Identifier: GPL-2.0-only
/*
 * So many intervals of different work between marks, with pauses: for tests that hold
 * one kind of truth against another. Usage: mark_work N
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"

static char from[1 << 20], to[1 << 20];

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10, i, k;
	int fd = device_open(O_WRONLY);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (i = 0; i < n; i++) {
		if (device_mark(fd, SYNERGY_MARK_BEGIN, i))
			return 1;
		for (k = 0; k < 4; k++) {
			memcpy(to, from, sizeof(to) >> i % 5);
			__asm__ volatile("" : : "r"(to) : "memory");
			if (i % 3 == 2)
				sleep_ms(2);
		}
		if (device_mark(fd, SYNERGY_MARK_END, i))
			return 1;
		sleep_ms(1);
	}
	close(fd);
	return 0;
}
