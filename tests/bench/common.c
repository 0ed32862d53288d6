// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampling benchmark's clock, pinning, shared sample log and the counts of
 * instructions per core. The counts come from the memory that QEMU's plugin
 * writes (kmod/sim/layout.h), so measuring them takes no counter of the PMU.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kmod/sim/layout.h"
#include "bench.h"

static const volatile struct synergy_sim_shared *counts;

void bench_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(1);
}

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

struct bench_samples *bench_samples_new(void)
{
	struct bench_samples *samples;

	samples = mmap(NULL, sizeof(*samples), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (samples == MAP_FAILED)
		bench_die("no memory for samples: %s", strerror(errno));
	return samples;
}

void bench_sample(struct bench_samples *samples, uint64_t time_ns, int fresh)
{
	if (samples->n >= BENCH_MAX_SAMPLES)
		bench_die("more than %d samples", BENCH_MAX_SAMPLES);
	samples->is_fresh[samples->n] = fresh;
	samples->time_ns[samples->n++] = time_ns;
}

static int is_shared_memory(const char *name)
{
	char path[300], text[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/device", name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return !strncmp(text, "0x1110", 6);
}

int bench_counts_open(void)
{
	DIR *dir = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	char path[300];
	void *memory;
	int fd;

	while (dir && (entry = readdir(dir))) {
		if (!is_shared_memory(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource2", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		memory = mmap(NULL, sizeof(*counts), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		if (memory == MAP_FAILED)
			continue;
		counts = memory;
		if (counts->magic == SYNERGY_SIM_MAGIC && counts->version == SYNERGY_SIM_VERSION)
			break;
		counts = NULL;
		munmap(memory, sizeof(*counts));
	}
	if (dir)
		closedir(dir);
	return counts ? 0 : -1;
}

uint64_t bench_instructions(int cpu)
{
	return counts->cpu[cpu].count[SYNERGY_SIM_USER][SYNERGY_SIM_INST] +
	       counts->cpu[cpu].count[SYNERGY_SIM_KERNEL][SYNERGY_SIM_INST];
}
