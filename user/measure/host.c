// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The machine, from uname, /proc/cpuinfo and cpufreq. What is not there stays
 * empty.
 */
#include "measure/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct {
	unsigned int implementer, part;
	const char *name;
} arm_parts[] = {
	{ 0x41, 0xd03, "Cortex-A53" }, { 0x41, 0xd04, "Cortex-A35" }, { 0x41, 0xd05, "Cortex-A55" },
	{ 0x41, 0xd07, "Cortex-A57" }, { 0x41, 0xd08, "Cortex-A72" }, { 0x41, 0xd09, "Cortex-A73" },
	{ 0x41, 0xd0a, "Cortex-A75" }, { 0x41, 0xd0b, "Cortex-A76" }, { 0x41, 0xd0c, "Neoverse-N1" },
	{ 0x41, 0xd0d, "Cortex-A77" }, { 0x41, 0xd40, "Neoverse-V1" },
	{ 0x41, 0xd41, "Cortex-A78" }, { 0x41, 0xd42, "Cortex-A78AE" },
	{ 0x41, 0xd44, "Cortex-X1" }, { 0x41, 0xd49, "Neoverse-N2" },
	{ 0x4e, 0x003, "Denver 2" }, { 0x4e, 0x004, "Carmel" },
	{ 0x51, 0x201, "Kryo" }, { 0x51, 0x205, "Kryo" }, { 0x51, 0x211, "Kryo" },
};

bool synergy_host_line(const char *path, char *buf, int size)
{
	FILE *f = fopen(path, "re");
	bool got;

	buf[0] = '\0';
	if (!f)
		return false;
	got = fgets(buf, size, f) != NULL;
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	return got;
}

int synergy_host_last_cpu(const char *list, int except)
{
	int best = -1;
	char *end;

	while (*list) {
		long first = strtol(list, &end, 10), last = first;

		if (end == list)
			break;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (last == except)
			last--;
		if (last >= first && last > best)
			best = (int)last;
		list = *end == ',' ? end + 1 : end;
		if (*end != ',')
			break;
	}
	return best;
}

/* "key : value" lines of /proc/cpuinfo: x86 has a name, ARM has two numbers. */
static void find_cpu(char *cpu, size_t size)
{
	unsigned int implementer = 0, part = 0;
	char line[512], *value;
	FILE *f = fopen("/proc/cpuinfo", "re");
	size_t i;

	snprintf(cpu, size, "unknown");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		value = strchr(line, ':');
		if (!value)
			continue;
		value += strspn(value, ": \t");
		value[strcspn(value, "\n")] = '\0';
		if (!strncmp(line, "model name", 10)) {
			snprintf(cpu, size, "%s", value);
			break;
		}
		if (!strncmp(line, "CPU implementer", 15))
			implementer = strtoul(value, NULL, 0);
		if (!strncmp(line, "CPU part", 8))
			part = strtoul(value, NULL, 0);
	}
	fclose(f);
	if (!implementer)
		return;
	snprintf(cpu, size, "ARM implementer 0x%02x part 0x%03x", implementer, part);
	for (i = 0; i < sizeof(arm_parts) / sizeof(arm_parts[0]); i++)
		if (arm_parts[i].implementer == implementer && arm_parts[i].part == part)
			snprintf(cpu, size, "%s", arm_parts[i].name);
}

static double ghz(int cpu, const char *file)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/%s", cpu, file);
	return synergy_host_line(path, text, sizeof(text)) ? atof(text) / 1e6 : 0;
}

static void find_frequency(int cpu, struct synergy_host *host)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
	if (!synergy_host_line(path, host->governor, sizeof(host->governor)))
		return;
	snprintf(host->frequency, sizeof(host->frequency), "%.2f GHz (limits %.2f to %.2f)",
		 ghz(cpu, "scaling_cur_freq"), ghz(cpu, "scaling_min_freq"),
		 ghz(cpu, "scaling_max_freq"));
	host->frequency_fixed = ghz(cpu, "scaling_max_freq") > 0 &&
		ghz(cpu, "scaling_min_freq") >= ghz(cpu, "scaling_max_freq");
}

void synergy_host_get(int cpu, struct synergy_host *host)
{
	struct utsname u;

	memset(host, 0, sizeof(*host));
	if (!uname(&u)) {
		snprintf(host->name, sizeof(host->name), "%s", u.nodename);
		snprintf(host->kernel, sizeof(host->kernel), "%s %s %s", u.release, u.version,
			 u.machine);
	}
	find_cpu(host->cpu, sizeof(host->cpu));
	find_frequency(cpu < 0 ? 0 : cpu, host);
	host->cpus_online = (int)sysconf(_SC_NPROCESSORS_ONLN);
}
