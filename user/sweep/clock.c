// SPDX-License-Identifier: GPL-3.0-or-later
/* See clock.h; Documentation/admin-guide/pm/cpufreq.rst has the files. */
#include "sweep/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"

#define CPUFREQ	"/sys/devices/system/cpu/cpufreq"
#define THERMAL	"/sys/class/thermal"

/* A frequency that is read back may be another step's by rounding: Jetson's are odd kHz. */
#define SAME_SHARE	0.005

/* ---- words ---- */

static int parse_frequency(const char *word, uint32_t *khz)
{
	static const struct {
		const char *unit;
		double khz;
	} units[] = { { "kHz", 1 }, { "MHz", 1e3 }, { "GHz", 1e6 } };
	char *end;
	double v = strtod(word, &end), k;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcasecmp(end, units[i].unit))
			continue;
		k = rint(v * units[i].khz);
		if (!(k >= 1 && k <= UINT32_MAX))
			return -1;
		*khz = (uint32_t)k;
		return 0;
	}
	return -1;
}

int synergy_clock_parse(const char *word, struct synergy_clock *clock,
			struct synergy_error *error)
{
	const char *c;

	*clock = (struct synergy_clock){ .kind = SYNERGY_CLOCK_FOUND };
	if (!*word || !strcmp(word, "found"))
		return 0;
	if (isdigit((unsigned char)*word)) {
		clock->kind = SYNERGY_CLOCK_FIXED;
		if (!parse_frequency(word, &clock->khz))
			return 0;
		return synergy_error_set(error, EINVAL, "%s: not a frequency with its unit: 710MHz, 1.73GHz, 710400kHz",
					 word);
	}
	for (c = word; *c; c++)
		if ((c == word && !isalpha((unsigned char)*c)) || (!isalnum((unsigned char)*c) && *c != '_' && *c != '-'))
			return synergy_error_set(error, EINVAL, "%s: neither a frequency nor a governor's name",
						 word);
	if (strlen(word) >= sizeof(clock->governor))
		return synergy_error_set(error, EINVAL, "%s: longer than a governor's name", word);
	clock->kind = SYNERGY_CLOCK_GOVERNOR;
	strcpy(clock->governor, word);
	return 0;
}

/* ---- files ---- */

/* A line of a file, without its end. -1: errno. */
static int read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, line, size - 1);
	saved = errno;
	close(fd);
	errno = saved;
	if (n < 0)
		return -1;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while (n-- > 0 && line[n] == ' ')
		line[n] = '\0';
	return 0;
}

static void policy_path(const struct synergy_policies *ps, const struct synergy_policy *p,
			const char *file, char *path, size_t size)
{
	snprintf(path, size, "%s" CPUFREQ "/policy%u/%s", ps->root, p->number, file);
}

static int read_policy(const struct synergy_policies *ps, const struct synergy_policy *p,
		       const char *file, char *line, size_t size)
{
	char path[512];

	policy_path(ps, p, file, path, sizeof(path));
	return read_line(path, line, size);
}

static uint32_t read_khz(const struct synergy_policies *ps, const struct synergy_policy *p,
			 const char *file)
{
	char line[64];

	/* "<unsupported>" and the like read as 0 */
	return read_policy(ps, p, file, line, sizeof(line)) ? 0 :
		(uint32_t)strtoul(line, NULL, 10);
}

static int write_policy(const struct synergy_policies *ps, const struct synergy_policy *p,
			const char *file, const char *value, struct synergy_error *error)
{
	char path[512];
	ssize_t n;
	int fd, saved;

	policy_path(ps, p, file, path, sizeof(path));
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	n = write(fd, value, strlen(value));
	saved = errno;
	close(fd);
	if (n == (ssize_t)strlen(value))
		return 0;
	return synergy_error_set(error, saved, "%s: %s is refused: %s", path, value, strerror(saved));
}

static int write_khz(const struct synergy_policies *ps, const struct synergy_policy *p,
		     const char *file, uint32_t khz, struct synergy_error *error)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", khz);
	return write_policy(ps, p, file, text, error);
}

/* ---- finding ---- */

static int by_number(const void *a, const void *b)
{
	const struct synergy_policy *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int read_one(const struct synergy_policies *ps, struct synergy_policy *p,
		    struct synergy_error *error)
{
	char path[512];

	if (read_policy(ps, p, "scaling_governor", p->governor, sizeof(p->governor))) {
		policy_path(ps, p, "scaling_governor", path, sizeof(path));
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	}
	p->min_khz = read_khz(ps, p, "scaling_min_freq");
	p->max_khz = read_khz(ps, p, "scaling_max_freq");
	p->setspeed_khz = strcmp(p->governor, "userspace") ? 0 : read_khz(ps, p, "scaling_setspeed");
	p->least_khz = read_khz(ps, p, "cpuinfo_min_freq");
	p->most_khz = read_khz(ps, p, "cpuinfo_max_freq");
	if (read_policy(ps, p, "scaling_available_governors", p->governors, sizeof(p->governors)))
		p->governors[0] = '\0';
	if (read_policy(ps, p, "scaling_available_frequencies", p->frequencies,
			sizeof(p->frequencies)))
		p->frequencies[0] = '\0';
	return 0;
}

int synergy_policies_find(struct synergy_policies *ps, const char *root,
			  struct synergy_error *error)
{
	struct dirent *entry;
	unsigned int number;
	char path[512], end;
	DIR *dir;

	memset(ps, 0, sizeof(*ps));
	ps->root = strdup(root);
	if (!ps->root)
		return synergy_error_set(error, ENOMEM, "cpufreq: no memory");
	snprintf(path, sizeof(path), "%s" CPUFREQ, root);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (sscanf(entry->d_name, "policy%u%c", &number, &end) != 1)
			continue;
		if (synergy_array_grow(&ps->list, ps->n, sizeof(*ps->list))) {
			closedir(dir);
			return synergy_error_set(error, ENOMEM, "cpufreq: no memory");
		}
		ps->list[ps->n] = (struct synergy_policy){ .number = number };
		if (read_one(ps, &ps->list[ps->n], error)) {
			closedir(dir);
			return -1;
		}
		ps->n++;
	}
	closedir(dir);
	if (ps->n)
		qsort(ps->list, ps->n, sizeof(*ps->list), by_number);
	return 0;
}

void synergy_policies_clear(struct synergy_policies *ps)
{
	free(ps->root);
	free(ps->list);
	memset(ps, 0, sizeof(*ps));
}

/* ---- setting ---- */

static int has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *at = list;

	while ((at = strstr(at, word))) {
		if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return 1;
		at += n;
	}
	return 0;
}

/* Whichever order keeps the least limit at or below the greatest. */
static int set_limits(const struct synergy_policies *ps, const struct synergy_policy *p,
		      uint32_t min_khz, uint32_t max_khz, struct synergy_error *error)
{
	uint32_t now_max = read_khz(ps, p, "scaling_max_freq");

	if (min_khz > now_max)
		return write_khz(ps, p, "scaling_max_freq", max_khz, error) ||
			write_khz(ps, p, "scaling_min_freq", min_khz, error) ? -1 : 0;
	return write_khz(ps, p, "scaling_min_freq", min_khz, error) ||
		write_khz(ps, p, "scaling_max_freq", max_khz, error) ? -1 : 0;
}

static int near(uint32_t a, uint32_t b)
{
	return fabs((double)a - (double)b) <= SAME_SHARE * (double)b;
}

/* The step that is meant: exact, or the one that the number is a rounding of. */
static int find_step(const struct synergy_policy *p, uint32_t khz, uint32_t *step,
		     struct synergy_error *error)
{
	const char *at = p->frequencies;
	unsigned long v;
	char *end;

	*step = khz;
	if (!*at) {
		if (khz >= p->least_khz && khz <= p->most_khz)
			return 0;
		return synergy_error_set(error, EINVAL, "policy%u: %u kHz: it can %u to %u kHz",
					 p->number, khz, p->least_khz, p->most_khz);
	}
	for (;; at = end) {
		v = strtoul(at, &end, 10);
		if (end == at)
			break;
		if (near((uint32_t)v, khz)) {
			*step = (uint32_t)v;
			return 0;
		}
	}
	return synergy_error_set(error, EINVAL, "policy%u: %u kHz: it has %s kHz", p->number, khz,
				 p->frequencies);
}

static int set_fixed(const struct synergy_policies *ps, const struct synergy_policy *p,
		     uint32_t wanted_khz, struct synergy_error *error)
{
	uint32_t khz, is;

	if (find_step(p, wanted_khz, &khz, error))
		return -1;
	if (has_word(p->governors, "userspace")) {
		if (set_limits(ps, p, p->least_khz ? p->least_khz : khz,
			       p->most_khz ? p->most_khz : khz, error) ||
		    write_policy(ps, p, "scaling_governor", "userspace", error) ||
		    write_khz(ps, p, "scaling_setspeed", khz, error))
			return -1;
		is = read_khz(ps, p, "scaling_setspeed");
	} else {
		if (set_limits(ps, p, khz, khz, error))
			return -1;
		is = read_khz(ps, p, "scaling_max_freq");
	}
	if (near(is, khz))
		return 0;
	return synergy_error_set(error, EIO, "policy%u: %u kHz was asked for and %u kHz is set",
				 p->number, khz, is);
}

static int check_governor(const struct synergy_policy *p, const char *governor,
			  struct synergy_error *error)
{
	if (!*p->governors || has_word(p->governors, governor))
		return 0;
	return synergy_error_set(error, EINVAL, "policy%u: no governor %s: it has %s", p->number,
				 governor, p->governors);
}

static int set_governor(const struct synergy_policies *ps, const struct synergy_policy *p,
			const char *governor, struct synergy_error *error)
{
	if (check_governor(p, governor, error))
		return -1;
	return set_limits(ps, p, p->min_khz, p->max_khz, error) ||
		write_policy(ps, p, "scaling_governor", governor, error) ? -1 : 0;
}

static int restore_one(const struct synergy_policies *ps, const struct synergy_policy *p,
		       struct synergy_error *error)
{
	if (write_policy(ps, p, "scaling_governor", p->governor, error) ||
	    set_limits(ps, p, p->min_khz, p->max_khz, error))
		return -1;
	return p->setspeed_khz ? write_khz(ps, p, "scaling_setspeed", p->setspeed_khz, error) : 0;
}

int synergy_clock_check(const struct synergy_policies *ps, const struct synergy_clock *clock,
			struct synergy_error *error)
{
	uint32_t khz;
	size_t i;

	if (clock->kind != SYNERGY_CLOCK_FOUND && !ps->n)
		return synergy_error_set(error, ENOTSUP, "this machine has no cpufreq: its clock cannot be set");
	for (i = 0; i < ps->n; i++)
		if ((clock->kind == SYNERGY_CLOCK_FIXED && find_step(&ps->list[i], clock->khz, &khz, error)) ||
		    (clock->kind == SYNERGY_CLOCK_GOVERNOR &&
		     check_governor(&ps->list[i], clock->governor, error)))
			return -1;
	return 0;
}

int synergy_clock_set(const struct synergy_policies *ps, const struct synergy_clock *clock,
		      struct synergy_error *error)
{
	size_t i;
	int result = 0;

	if (synergy_clock_check(ps, clock, error))
		return -1;
	for (i = 0; i < ps->n && !result; i++) {
		const struct synergy_policy *p = &ps->list[i];

		if (clock->kind == SYNERGY_CLOCK_FIXED)
			result = set_fixed(ps, p, clock->khz, error);
		else if (clock->kind == SYNERGY_CLOCK_GOVERNOR)
			result = set_governor(ps, p, clock->governor, error);
		else
			result = restore_one(ps, p, error);
	}
	return result;
}

int synergy_clock_restore(const struct synergy_policies *ps, struct synergy_error *error)
{
	struct synergy_error other;
	int result = 0;
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (restore_one(ps, &ps->list[i], result ? &other : error))
			result = -1;
	return result;
}

/* ---- as text ---- */

int synergy_policies_write(const struct synergy_policies *ps, FILE *out)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		fprintf(out, "policy%u %s %u %u %u\n", ps->list[i].number, ps->list[i].governor,
			ps->list[i].min_khz, ps->list[i].max_khz, ps->list[i].setspeed_khz);
	return ferror(out) ? -1 : 0;
}

int synergy_policies_parse(struct synergy_policies *ps, const char *root, const char *text,
			   const char *name, struct synergy_error *error)
{
	struct synergy_policy p;
	int n;

	memset(ps, 0, sizeof(*ps));
	ps->root = strdup(root);
	if (!ps->root)
		return synergy_error_set(error, ENOMEM, "%s: no memory", name);
	while (*text) {
		p = (struct synergy_policy){ 0 };
		n = 0;
		if (sscanf(text, "policy%u %23s %u %u %u%n", &p.number, p.governor, &p.min_khz,
			   &p.max_khz, &p.setspeed_khz, &n) != 5 || text[n] != '\n')
			return synergy_error_set(error, EINVAL, "%s: not a line of a policy: %.60s", name,
						 text);
		if (synergy_array_grow(&ps->list, ps->n, sizeof(*ps->list)))
			return synergy_error_set(error, ENOMEM, "%s: no memory", name);
		ps->list[ps->n++] = p;
		text += n + 1;
	}
	return 0;
}

int32_t synergy_hottest(const char *root)
{
	int32_t hottest = INT32_MIN, v;
	struct dirent *entry;
	char path[512], line[32], *end;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" THERMAL, root);
	dir = opendir(path);
	if (!dir)
		return hottest;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "thermal_zone", 12))
			continue;
		snprintf(path, sizeof(path), "%s" THERMAL "/%.64s/temp", root, entry->d_name);
		if (read_line(path, line, sizeof(line)))
			continue;
		v = (int32_t)strtol(line, &end, 10);
		if (end != line && v > hottest)
			hottest = v;
	}
	closedir(dir);
	return hottest;
}
