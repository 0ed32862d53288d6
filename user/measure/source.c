// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What sources in sysfs have in common; see source.h.
 */
#include "measure/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "measure/host.h"

#define PATH_BYTES	640

static const struct {
	const char *name, *directory;
	int (*find)(struct synergy_source *source, struct synergy_error *error);
} kinds[] = {
	{ "hwmon", "class/hwmon", synergy_source_hwmon },
	{ "iio", "bus/iio/devices", synergy_source_iio },
	{ "powercap", "class/powercap", synergy_source_powercap },
};

#define N_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* ---- files ---- */

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int synergy_source_list(const struct synergy_source *source, const char *directory,
			const char *prefix, char ***names, size_t *n)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *d;

	*names = NULL;
	*n = 0;
	snprintf(path, sizeof(path), "%s/%s", source->root, directory);
	d = opendir(path);
	if (!d)
		return 0;
	while ((entry = readdir(d))) {
		if (*entry->d_name == '.' || strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		if (synergy_array_grow(names, *n, sizeof(**names)))
			break;
		(*names)[*n] = strdup(entry->d_name);
		if (!(*names)[*n])
			break;
		(*n)++;
	}
	closedir(d);
	if (*n)
		qsort(*names, *n, sizeof(**names), by_number);
	return entry ? -1 : 0;
}

void synergy_source_list_free(char **names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static bool line_of(const struct synergy_source *source, char *line, int size, const char *format,
		    va_list args)
{
	char path[PATH_BYTES];
	int n = snprintf(path, sizeof(path), "%s/", source->root);

	vsnprintf(path + n, sizeof(path) - (size_t)n, format, args);
	return synergy_host_line(path, line, size) && *line;
}

bool synergy_source_line(const struct synergy_source *source, char *line, int size,
			 const char *format, ...)
{
	va_list args;
	bool got;

	va_start(args, format);
	got = line_of(source, line, size, format, args);
	va_end(args);
	return got;
}

bool synergy_source_number(const struct synergy_source *source, double *number,
			   const char *format, ...)
{
	char line[64], *end;
	va_list args;
	bool got;

	va_start(args, format);
	got = line_of(source, line, sizeof(line), format, args);
	va_end(args);
	if (!got)
		return false;
	*number = strtod(line, &end);
	return end != line && isfinite(*number);
}

static int read_number(int fd, double *number)
{
	char text[64], *end;
	ssize_t got;

	do
		got = pread(fd, text, sizeof(text) - 1, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	text[got] = '\0';
	*number = strtod(text, &end);
	if (end == text || !isfinite(*number)) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

int synergy_source_read(const struct synergy_source_channel *channel, double value[2])
{
	int i;

	for (i = 0; i < 2 && channel->fd[i] >= 0; i++) {
		if (read_number(channel->fd[i], &value[i]))
			return -1;
		value[i] *= channel->scale[i];
	}
	return 0;
}

/* ---- channels ---- */

static struct synergy_source_channel *find_label(struct synergy_source *source, const char *label)
{
	uint32_t i;

	for (i = 0; i < source->n; i++)
		if (!strcasecmp(source->channels[i].label, label))
			return &source->channels[i];
	return NULL;
}

/* As the module has it: the later of two is NAME@DEVICE, and NAME@DEVICE.2 if need be. */
static void make_label_unlike(struct synergy_source *source, struct synergy_source_channel *c)
{
	char label[SYNERGY_LABEL_LEN];
	unsigned int i;

	snprintf(label, sizeof(label), "%s", c->label);
	for (i = 1; find_label(source, c->label); i++) {
		char tail[24];

		if (i == 1)
			snprintf(tail, sizeof(tail), "@%u", c->device);
		else
			snprintf(tail, sizeof(tail), "@%u.%u", c->device, i);
		snprintf(c->label, sizeof(c->label), "%.*s%s",
			 (int)(sizeof(c->label) - 1 - strlen(tail)), label, tail);
	}
}

static void close_channel(struct synergy_source_channel *c)
{
	int i, saved = errno;

	for (i = 0; i < 2; i++)
		if (c->fd[i] >= 0)
			close(c->fd[i]);
	errno = saved;
}

int synergy_source_add(struct synergy_source *source, struct synergy_source_channel *channel,
		       const char *const paths[2], struct synergy_error *error)
{
	char path[PATH_BYTES], *at;
	double number;
	int i;

	if (source->n == SYNERGY_MAX_RAILS)
		return synergy_error_set(error, E2BIG, "%s: more than %d channels", source->name,
					 SYNERGY_MAX_RAILS);
	channel->fd[0] = channel->fd[1] = -1;
	for (i = 0; i < 2 && paths[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s", source->root, paths[i]);
		channel->fd[i] = open(path, O_RDONLY | O_CLOEXEC);
		/* What the hardware does not give now it may give later; no number is no meter. */
		if (channel->fd[i] >= 0 && (!read_number(channel->fd[i], &number) || errno != EBADMSG))
			continue;
		synergy_error_set(error, errno, "%s: %s%s", path, errno == EBADMSG ?
				  "there is no number in it" : strerror(errno), errno == EACCES ?
				  " (only root may read it: sudo, or chmod a+r as root)" : "");
		goto fail;
	}
	/* Labels stand in lists with commas and in tables' columns. */
	for (at = channel->label; *at; at++)
		if (*at == ',' || (unsigned char)*at < 0x20 || *at == '"')
			*at = '_';
	make_label_unlike(source, channel);
	source->channels[source->n++] = *channel;
	return 0;
fail:
	close_channel(channel);
	return -1;
}

void synergy_source_close(struct synergy_source *source)
{
	uint32_t i;

	for (i = 0; i < source->n; i++)
		close_channel(&source->channels[i]);
	source->n = 0;
}

static int no_rail(const struct synergy_source *source, const char *label,
		   struct synergy_error *error)
{
	char list[384] = "";
	size_t used = 0;
	uint32_t i;

	for (i = 0; i < source->n && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 source->channels[i].label);
	return synergy_error_set(error, ENOENT, "rail %s: %s has none of that name; there are: %s",
				 label, source->name, list);
}

/* Those that are wanted, in the source's own order. */
static int choose(struct synergy_source *source, const char *rails, struct synergy_error *error)
{
	bool wanted[SYNERGY_MAX_RAILS] = { false };
	char *copy = strdup(rails), *rest = copy, *label;
	struct synergy_source_channel *c;
	uint32_t i, n = 0;
	int result = 0;

	if (!copy)
		return synergy_error_set(error, ENOMEM, "rail list: no memory");
	while (!result && (label = strsep(&rest, ","))) {
		c = find_label(source, label);
		if (c)
			wanted[c - source->channels] = true;
		else
			result = no_rail(source, label, error);
	}
	free(copy);
	for (i = 0; i < source->n && !result; i++) {
		if (wanted[i])
			source->channels[n++] = source->channels[i];
		else
			close_channel(&source->channels[i]);
	}
	if (!result)
		source->n = n;
	return result;
}

bool synergy_source_is_known(const char *name)
{
	size_t i;

	for (i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return true;
	return false;
}

int synergy_source_open(struct synergy_source *source, const char *name, const char *rails,
			struct synergy_error *error)
{
	const char *root = getenv(SYNERGY_SYSFS_VARIABLE);
	size_t i;

	memset(source, 0, sizeof(*source));
	snprintf(source->root, sizeof(source->root), "%s", root && *root ? root : "/sys");
	snprintf(source->name, sizeof(source->name), "%s", name);
	for (i = 0; i < N_KINDS && strcmp(kinds[i].name, name); i++)
		;
	if (i == N_KINDS)
		return synergy_error_set(error, EINVAL,
			"source %s: there are hwmon, iio, powercap and csv:FILE", name);
	if (kinds[i].find(source, error))
		goto fail;
	if (!source->n) {
		synergy_error_set(error, ENOENT,
			"%s: no channel that measures power in %s/%s", name, source->root,
			kinds[i].directory);
		goto fail;
	}
	if (rails && *rails && choose(source, rails, error))
		goto fail;
	return 0;
fail:
	synergy_source_close(source);
	return -1;
}
