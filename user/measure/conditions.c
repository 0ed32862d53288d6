// SPDX-License-Identifier: LGPL-2.1-or-later
/* See conditions.h; Documentation/admin-guide/pm/cpufreq.rst, driver-api/thermal/sysfs-api.rst. */
#include "measure/conditions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "measure/host.h"

#define CPUFREQ		"/sys/devices/system/cpu/cpufreq"
#define THERMAL		"/sys/class/thermal"
#define TEMP_PERIOD_NS	1000000000ULL
#define MOST		64		/* of policies, and of zones and devices */
#define CORES_LEN	256		/* of a policy's list */

struct policy {
	int fd;				/* scaling_cur_freq; stays open */
	uint32_t number;		/* of policyN: its lowest core as a rule */
	uint32_t khz;			/* as written last; 0: not yet, or not known */
	char cores[CORES_LEN];		/* "0 1 2 3" */
};

struct source {
	int fd;				/* temp or cur_state; stays open */
	enum synergy_temp_kind kind;
	uint32_t index;
	int32_t max;
	char name[SYNERGY_LABEL_LEN];
};

struct synergy_conditions {
	size_t n_policies, n_sources;
	struct policy *policies;
	struct source *sources;
	uint64_t temp_ns;		/* when temperatures were written; 0: not yet */
};

/* ---- finding ---- */

static bool line_of(const char *root, const char *dir, const char *entry, const char *file,
		    char *line, int size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s/%s/%s", root, dir, entry, file);
	return synergy_host_line(path, line, size);
}

static int open_of(const char *root, const char *dir, const char *entry, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s/%s/%s", root, dir, entry, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int add_policy(struct synergy_conditions *c, const char *root, const char *entry)
{
	struct policy p = { .fd = -1 };
	char end;

	if (sscanf(entry, "policy%u%c", &p.number, &end) != 1 || c->n_policies == MOST)
		return 0;
	if (!line_of(root, CPUFREQ, entry, "related_cpus", p.cores, sizeof(p.cores)))
		snprintf(p.cores, sizeof(p.cores), "%u", p.number);
	if (synergy_array_grow(&c->policies, c->n_policies, sizeof(*c->policies)))
		return -1;
	p.fd = open_of(root, CPUFREQ, entry, "scaling_cur_freq");
	if (p.fd >= 0)
		c->policies[c->n_policies++] = p;
	return 0;
}

static int add_source(struct synergy_conditions *c, const char *root, const char *entry)
{
	struct source s = { .kind = SYNERGY_TEMP_ZONE };
	char line[64], end;

	if (sscanf(entry, "cooling_device%u%c", &s.index, &end) == 1) {
		s.kind = SYNERGY_TEMP_COOLING;
		if (line_of(root, THERMAL, entry, "max_state", line, sizeof(line)))
			s.max = (int32_t)strtol(line, NULL, 10);
	} else if (sscanf(entry, "thermal_zone%u%c", &s.index, &end) != 1) {
		return 0;
	}
	if (c->n_sources == MOST)
		return 0;
	if (line_of(root, THERMAL, entry, "type", line, sizeof(line)))
		snprintf(s.name, sizeof(s.name), "%.*s", (int)sizeof(s.name) - 1, line);
	if (synergy_array_grow(&c->sources, c->n_sources, sizeof(*c->sources)))
		return -1;
	s.fd = open_of(root, THERMAL, entry, s.kind == SYNERGY_TEMP_ZONE ? "temp" : "cur_state");
	if (s.fd >= 0)
		c->sources[c->n_sources++] = s;
	return 0;
}

/* Each entry of a directory that may not be there. */
static int for_each(struct synergy_conditions *c, const char *root, const char *dir,
		    int (*add)(struct synergy_conditions *c, const char *root, const char *entry))
{
	struct dirent *entry;
	char path[PATH_MAX];
	int result = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s%s", root, dir);
	d = opendir(path);
	while (d && !result && (entry = readdir(d)))
		result = add(c, root, entry->d_name);
	if (d)
		closedir(d);
	return result;
}

static int by_number(const void *a, const void *b)
{
	const struct policy *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_kind(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

struct synergy_conditions *synergy_conditions_open(const char *root)
{
	struct synergy_conditions *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (for_each(c, root ? root : "", CPUFREQ, add_policy) ||
	    for_each(c, root ? root : "", THERMAL, add_source)) {
		synergy_conditions_close(c);
		errno = ENOMEM;
		return NULL;
	}
	/* A directory's order is nobody's. */
	if (c->n_policies)
		qsort(c->policies, c->n_policies, sizeof(*c->policies), by_number);
	if (c->n_sources)
		qsort(c->sources, c->n_sources, sizeof(*c->sources), by_kind);
	return c;
}

void synergy_conditions_close(struct synergy_conditions *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_policies; i++)
		close(c->policies[i].fd);
	for (i = 0; i < c->n_sources; i++)
		close(c->sources[i].fd);
	free(c->policies);
	free(c->sources);
	free(c);
}

/* ---- sampling ---- */

/* Each read from the beginning has sysfs make the value again. */
static bool read_value(int fd, long *value)
{
	char text[32], *end;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	*value = strtol(text, &end, 10);
	return end != text;
}

static int64_t write_freq(struct policy *p, uint32_t khz, uint64_t time_ns,
			  struct synergy_recording *recording, struct synergy_error *error)
{
	struct synergy_freq_record f = {
		.hdr = {
			.size = sizeof(f),
			.type = SYNERGY_RECORD_FREQ,
			.flags = SYNERGY_FREQ_F_SAMPLED | (p->khz ? 0 : SYNERGY_FREQ_F_FOUND),
			.time_ns = time_ns,
		},
		.policy = p->number, .khz = khz, .old_khz = p->khz,
	};
	const char *at = p->cores;
	int64_t bytes = 0;
	char *end;

	for (;; at = end) {
		f.cpu = (uint32_t)strtoul(at, &end, 10);
		if (end == at)
			break;
		if (synergy_recording_write(recording, &f, sizeof(f), error))
			return -1;
		bytes += (int64_t)sizeof(f);
	}
	p->khz = khz;
	return bytes;
}

static int64_t write_temp(const struct source *s, int32_t value, uint64_t time_ns,
			  struct synergy_recording *recording, struct synergy_error *error)
{
	struct synergy_temp_record t = {
		.hdr = {
			.size = sizeof(t),
			.type = SYNERGY_RECORD_TEMP,
			.time_ns = time_ns,
		},
		.kind = s->kind, .index = s->index, .value = value, .max = s->max,
	};

	memcpy(t.name, s->name, sizeof(t.name));
	if (synergy_recording_write(recording, &t, sizeof(t), error))
		return -1;
	return (int64_t)sizeof(t);
}

int64_t synergy_conditions_sample(struct synergy_conditions *c, uint64_t time_ns,
				  struct synergy_recording *recording, struct synergy_error *error)
{
	int64_t bytes = 0, wrote;
	long value;
	size_t i;

	for (i = 0; i < c->n_policies; i++) {
		struct policy *p = &c->policies[i];

		if (!read_value(p->fd, &value) || value <= 0 || value > (long)UINT32_MAX ||
		    (uint32_t)value == p->khz)
			continue;
		wrote = write_freq(p, (uint32_t)value, time_ns, recording, error);
		if (wrote < 0)
			return -1;
		bytes += wrote;
	}
	if (c->temp_ns && time_ns - c->temp_ns < TEMP_PERIOD_NS)
		return bytes;
	c->temp_ns = time_ns;
	for (i = 0; i < c->n_sources; i++) {
		if (!read_value(c->sources[i].fd, &value) || value < INT32_MIN || value > INT32_MAX)
			continue;
		wrote = write_temp(&c->sources[i], (int32_t)value, time_ns, recording, error);
		if (wrote < 0)
			return -1;
		bytes += wrote;
	}
	return bytes;
}
