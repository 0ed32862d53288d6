// SPDX-License-Identifier: GPL-2.0-only
/*
 * A helper of board tests: when does a file grow? Prints `AFTER BEFORE BYTES` for each
 * change of FILE's size that it sees, two times in CLOCK_MONOTONIC ns between which it
 * changed, until SIGTERM. Usage: watch_size FILE. It must judge nothing.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define LOOK_NS		300000
#define MOST_CHANGES	10000

static volatile sig_atomic_t over;

static void end(int signal)
{
	(void)signal;
	over = 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int main(int argc, char **argv)
{
	static struct { uint64_t after_ns, before_ns; long long bytes; } change[MOST_CHANGES];
	const struct timespec pause = { 0, LOOK_NS };
	uint64_t last_ns = now_ns();
	long long size = 0;
	int n = 0, i;

	if (argc != 2)
		return 2;
	signal(SIGTERM, end);
	while (!over && n < MOST_CHANGES) {
		struct stat st = { 0 };
		uint64_t at_ns = now_ns();

		if (!stat(argv[1], &st) && st.st_size != size) {
			size = st.st_size;
			change[n].after_ns = last_ns;
			change[n].before_ns = now_ns();
			change[n++].bytes = size;
		}
		last_ns = at_ns;
		nanosleep(&pause, NULL);
	}
	for (i = 0; i < n; i++)
		printf("%llu %llu %lld\n", (unsigned long long)change[i].after_ns,
		       (unsigned long long)change[i].before_ns, change[i].bytes);
	return 0;
}
