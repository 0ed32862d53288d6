// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads /sys/bus/event_source/devices; the contract is in pmus.h. The kernel's
 * files are short texts: what is longer or malformed is refused, not guessed.
 */
#include "measure/pmus.h"
#include "lib/array.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define TEXT_BYTES	4096
#define EVENT_DEPTH	2	/* an events/ file may name format fields, not events */

/* A small file without its last newline; NULL when it cannot be read. */
static char *read_text(const char *directory, const char *name)
{
	char path[1024], text[TEXT_BYTES];
	ssize_t got;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got < 0)
		return NULL;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strdup(text);
}

/* A cpu list ("0-3,6") as a set of the first 1024; false when malformed. */
static bool parse_cpus(const char *text, unsigned char set[128])
{
	unsigned long first, last;
	char *end;

	memset(set, 0, 128);
	while (*text) {
		first = strtoul(text, &end, 10);
		if (end == text)
			return false;
		last = first;
		if (*end == '-') {
			text = end + 1;
			last = strtoul(text, &end, 10);
			if (end == text)
				return false;
		}
		for (; first <= last && first < 1024; first++)
			set[first / 8] |= 1 << first % 8;
		text = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			return false;
	}
	return true;
}

static bool covers_online(const char *cpumask, const char *sysfs)
{
	unsigned char mask[128], online[128];
	char path[512], *text;
	bool covered = false;
	int i;

	snprintf(path, sizeof(path), "%s/devices/system/cpu", sysfs);
	text = read_text(path, "online");
	if (text && parse_cpus(cpumask, mask) && parse_cpus(text, online)) {
		covered = true;
		for (i = 0; i < 128; i++)
			covered &= !(online[i] & ~mask[i]);
	}
	free(text);
	return covered;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int load_events(struct synergy_pmu *pmu)
{
	char path[1024];
	struct dirent *entry;
	int result = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/events", pmu->path);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		/* NAME.unit and NAME.scale belong to NAME */
		if (strchr(entry->d_name, '.'))
			continue;
		if (synergy_array_grow(&pmu->events, pmu->n_events, sizeof(*pmu->events)))
			goto close;
		pmu->events[pmu->n_events] = strdup(entry->d_name);
		if (!pmu->events[pmu->n_events])
			goto close;
		pmu->n_events++;
	}
	if (pmu->n_events)
		qsort(pmu->events, pmu->n_events, sizeof(*pmu->events), by_text);
	result = 0;
close:
	closedir(dir);
	return result;
}

static void find_place(struct synergy_pmu *pmu, const char *sysfs)
{
	pmu->cpus = read_text(pmu->path, "cpus");
	if (pmu->cpus || !strcmp(pmu->name, "cpu")) {
		pmu->place = SYNERGY_PMU_CORE;
		return;
	}
	pmu->place = SYNERGY_PMU_ANY;
	pmu->cpus = read_text(pmu->path, "cpumask");
	if (pmu->cpus && !covers_online(pmu->cpus, sysfs))
		pmu->place = SYNERGY_PMU_UNCORE;
}

/* 1 loaded, 0 not a PMU, -1 no memory */
static int load_pmu(struct synergy_pmu *pmu, const char *sysfs, const char *devices,
		    const char *name)
{
	char *type;

	if (asprintf(&pmu->path, "%s/%s", devices, name) < 0) {
		pmu->path = NULL;
		return -1;
	}
	pmu->name = strdup(name);
	if (!pmu->name)
		return -1;
	type = read_text(pmu->path, "type");
	if (!type)
		return 0;
	pmu->type = strtoul(type, NULL, 10);
	free(type);
	find_place(pmu, sysfs);
	return load_events(pmu) ? -1 : 1;
}

static void clear_pmu(struct synergy_pmu *pmu)
{
	uint32_t i;

	for (i = 0; i < pmu->n_events; i++)
		free(pmu->events[i]);
	free(pmu->events);
	free(pmu->name);
	free(pmu->path);
	free(pmu->cpus);
}

void synergy_pmus_free(struct synergy_pmus *pmus)
{
	uint32_t i;

	for (i = 0; i < pmus->n; i++)
		clear_pmu(&pmus->pmus[i]);
	free(pmus->pmus);
	memset(pmus, 0, sizeof(*pmus));
}

static int by_place(const void *a, const void *b)
{
	const struct synergy_pmu *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return strcmp(x->name, y->name);
}

int synergy_pmus_load(const char *sysfs, struct synergy_pmus *out, struct synergy_error *error)
{
	struct dirent *entry;
	char devices[512];
	int result = 1;
	DIR *dir;

	memset(out, 0, sizeof(*out));
	snprintf(devices, sizeof(devices), "%s/bus/event_source/devices", sysfs);
	dir = opendir(devices);
	if (!dir)
		return 0;
	while (result >= 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (synergy_array_grow(&out->pmus, out->n, sizeof(*out->pmus))) {
			result = -1;
			break;
		}
		memset(&out->pmus[out->n], 0, sizeof(*out->pmus));
		result = load_pmu(&out->pmus[out->n], sysfs, devices, entry->d_name);
		if (result == 1)
			out->n++;
		else
			clear_pmu(&out->pmus[out->n]);
	}
	closedir(dir);
	if (result < 0) {
		synergy_pmus_free(out);
		return synergy_error_set(error, ENOMEM, "%s: no memory", devices);
	}
	if (out->n)
		qsort(out->pmus, out->n, sizeof(*out->pmus), by_place);
	return 0;
}

const char *synergy_pmu_event(const struct synergy_pmu *pmu, const char *name)
{
	uint32_t i;

	for (i = 0; i < pmu->n_events; i++)
		if (!strcasecmp(pmu->events[i], name))
			return pmu->events[i];
	return NULL;
}

/*
 * Put value into the bits that a format file names: "config:0-7,32-35". The
 * lowest bits of the value go into the first range.
 */
static int place_bits(const char *format, uint64_t value, uint64_t config[3])
{
	unsigned long first, last;
	uint64_t *word;
	char *end;

	if (!strncmp(format, "config:", 7))
		word = &config[0];
	else if (!strncmp(format, "config1:", 8))
		word = &config[1];
	else if (!strncmp(format, "config2:", 8))
		word = &config[2];
	else
		return -1;
	format = strchr(format, ':') + 1;
	while (*format) {
		first = strtoul(format, &end, 10);
		if (end == format)
			return -1;
		last = first;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last > 63)
			return -1;
		for (; first <= last; first++, value >>= 1) {
			*word &= ~(1ULL << first);
			*word |= (value & 1) << first;
		}
		format = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			return -1;
	}
	return value ? -1 : 0;	/* bits left over: it does not fit */
}

static int number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	if (!isdigit((unsigned char)*text))
		return -1;
	*value = strtoull(text, &end, 0);
	return *end || errno ? -1 : 0;
}

static int add_terms(const struct synergy_pmu *pmu, const char *terms, int depth,
		     struct synergy_pmu_code *code, struct synergy_error *error);

/* A term that stands alone: a field that means 1, or an event's name. */
static int add_word(const struct synergy_pmu *pmu, const char *word, int depth,
		    struct synergy_pmu_code *code, struct synergy_error *error)
{
	const char *event = synergy_pmu_event(pmu, word);
	char path[1024], *text;
	int result;

	snprintf(path, sizeof(path), "%s/format", pmu->path);
	text = strchr(word, '/') ? NULL : read_text(path, word);
	if (text) {
		result = place_bits(text, 1, code->config);
		free(text);
		return result ? synergy_error_set(error, EINVAL, "%s: field %s: cannot be used",
						  pmu->name, word) : 0;
	}
	if (!event || depth >= EVENT_DEPTH)
		return synergy_error_set(error, ENOENT, "%s: no event or field %s", pmu->name,
					 word);
	snprintf(path, sizeof(path), "%s/events", pmu->path);
	text = read_text(path, event);
	if (!text)
		return synergy_error_set(error, ENOENT, "%s: event %s cannot be read", pmu->name,
					 event);
	result = add_terms(pmu, text, depth + 1, code, error);
	free(text);
	return result;
}

static int add_pair(const struct synergy_pmu *pmu, const char *key, const char *value_text,
		    struct synergy_pmu_code *code, struct synergy_error *error)
{
	char path[1024], *format;
	uint64_t value;
	int result;

	if (!strcmp(key, "name")) {
		if (!*value_text || strlen(value_text) >= sizeof(code->name))
			return synergy_error_set(error, EINVAL, "%s: name=%s: 1 to %zu characters",
						 pmu->name, value_text, sizeof(code->name) - 1);
		strcpy(code->name, value_text);
		return 0;
	}
	if (number(value_text, &value))
		return synergy_error_set(error, EINVAL, "%s: %s=%s: not a number", pmu->name, key,
					 value_text);
	if (!strcmp(key, "config"))
		code->config[0] = value;
	else if (!strcmp(key, "config1"))
		code->config[1] = value;
	else if (!strcmp(key, "config2"))
		code->config[2] = value;
	else {
		snprintf(path, sizeof(path), "%s/format", pmu->path);
		format = strchr(key, '/') ? NULL : read_text(path, key);
		if (!format)
			return synergy_error_set(error, ENOENT, "%s: no field %s", pmu->name, key);
		result = place_bits(format, value, code->config);
		if (result)
			synergy_error_set(error, EINVAL, "%s: %s=%s does not fit into %s",
					  pmu->name, key, value_text, format);
		free(format);
		return result;
	}
	return 0;
}

static int add_terms(const struct synergy_pmu *pmu, const char *terms, int depth,
		     struct synergy_pmu_code *code, struct synergy_error *error)
{
	char *copy = strdup(terms), *rest = copy, *term, *equals;
	int result = 0;

	if (!copy)
		return synergy_error_set(error, ENOMEM, "%s: no memory", pmu->name);
	while (!result && (term = strsep(&rest, ","))) {
		if (!*term) {
			result = synergy_error_set(error, EINVAL, "%s/%s/: empty term", pmu->name,
						   terms);
			break;
		}
		equals = strchr(term, '=');
		if (equals) {
			*equals = '\0';
			result = add_pair(pmu, term, equals + 1, code, error);
		} else {
			result = add_word(pmu, term, depth, code, error);
		}
	}
	free(copy);
	return result;
}

int synergy_pmu_terms(const struct synergy_pmu *pmu, const char *terms,
		      struct synergy_pmu_code *code, struct synergy_error *error)
{
	return add_terms(pmu, terms, 0, code, error);
}
