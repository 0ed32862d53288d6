// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * IIO: in_powerN_raw by its scale (mW), else in_currentN_raw (mA) with in_voltageN_raw
 * (mV) of the same number or label. The rate of conversions is sampling_frequency.
 */
#include "measure/source.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTORY	"bus/iio/devices"

struct device {
	struct synergy_source *source;
	const char *directory;		/* "iio:device0" */
	char name[48];
};

/* in_power3_raw: is it a channel of this kind, and which? */
static bool parse(const char *file, const char *kind, char *number, size_t size)
{
	size_t n = strlen(kind), digits;

	if (strncmp(file, "in_", 3) || strncmp(file + 3, kind, n))
		return false;
	digits = strspn(file + 3 + n, "0123456789");
	if (digits >= size || strcmp(file + 3 + n + digits, "_raw"))
		return false;
	snprintf(number, size, "%.*s", (int)digits, file + 3 + n);
	return true;
}

/* Of the channel, else of all channels of its kind. */
static double attribute_of(const struct device *d, const char *kind, const char *number,
			   const char *what, double none)
{
	double value;

	if (synergy_source_number(d->source, &value, DIRECTORY "/%s/in_%s%s_%s", d->directory, kind,
				  number, what) ||
	    synergy_source_number(d->source, &value, DIRECTORY "/%s/in_%s_%s", d->directory, kind,
				  what))
		return value;
	return none;
}

static bool there(const struct device *d, const char *kind, const char *number)
{
	double value;

	return synergy_source_number(d->source, &value, DIRECTORY "/%s/in_%s%s_raw", d->directory,
				     kind, number);
}

/* The driver's rate, and of how many conversions a value is the mean. */
static void set_times(const struct device *d, const char *kind, const char *number,
		      struct synergy_source_channel *c)
{
	double hz, s;

	if ((synergy_source_number(d->source, &hz, DIRECTORY "/%s/in_%s_sampling_frequency",
				   d->directory, kind) ||
	     synergy_source_number(d->source, &hz, DIRECTORY "/%s/sampling_frequency",
				   d->directory)) && hz > 1e-3 && hz < 1e9)
		c->update_ns = (uint64_t)(1e9 / hz);
	s = attribute_of(d, kind, number, "integration_time", NAN);
	if (isnan(s) && !synergy_source_number(d->source, &s, DIRECTORY "/%s/integration_time",
					       d->directory))
		s = NAN;
	if (s > 0 && s < 100)
		c->averages_ns = (uint64_t)(s * 1e9);
}

static int add(const struct device *d, const char *kind, const char *number, const char *other,
	       struct synergy_error *error)
{
	struct synergy_source_channel c = {
		.kind = other ? SYNERGY_CHANNEL_CURRENT : SYNERGY_CHANNEL_POWER,
		.device = d->source->n_devices,
	};
	double step = attribute_of(d, kind, number, "scale", 1);
	char first[320], second[320], label[SYNERGY_LABEL_LEN];

	if (attribute_of(d, kind, number, "offset", 0) != 0)
		return 0;	/* a bipolar reading that has to be shifted: no supply's */
	/* IIO's units are mW, mA and mV. */
	c.scale[0] = other ? step : step * 1000;
	if (!other)
		c.sensor.step_nw = (uint64_t)fmax(fmin(step * 1e6, 1e15), 0);
	if (other) {
		c.scale[1] = attribute_of(d, other, number, "scale", 1);
		c.sensor.step_ua = (uint32_t)fmax(fmin(step * 1e3, 1e9), 1);
		c.sensor.bus_step_uv = (uint32_t)fmax(fmin(c.scale[1] * 1e3, 1e9), 1);
	}
	if (!synergy_source_line(d->source, label, sizeof(label), DIRECTORY "/%s/in_%s%s_label",
				 d->directory, kind, number) &&
	    !synergy_source_line(d->source, label, sizeof(label), DIRECTORY "/%s/label",
				 d->directory))
		snprintf(label, sizeof(label), "%.20s_%.8s%.2s", d->name, kind, number);
	snprintf(c.label, sizeof(c.label), "%s", label);
	snprintf(c.about, sizeof(c.about), "%.16s %.24s %s%s", d->directory, d->name, kind, number);
	set_times(d, kind, number, &c);
	snprintf(first, sizeof(first), DIRECTORY "/%s/in_%s%s_raw", d->directory, kind, number);
	snprintf(second, sizeof(second), DIRECTORY "/%s/in_%s%s_raw", d->directory,
		 other ? other : "", number);
	return synergy_source_add(d->source, &c, (const char *const[]){
		first, other ? second : NULL }, error);
}

static int look_at(struct synergy_source *source, const char *directory, struct synergy_error *error)
{
	struct device d = { .source = source, .directory = directory };
	uint32_t before = source->n;
	char path[320], number[8];
	int result = 0;
	char **files;
	size_t n, i;

	if (!synergy_source_line(source, d.name, sizeof(d.name), DIRECTORY "/%s/name", directory))
		return 0;
	snprintf(path, sizeof(path), DIRECTORY "/%s", directory);
	if (synergy_source_list(source, path, "in_", &files, &n))
		result = synergy_error_set(error, ENOMEM, "iio: no memory");
	for (i = 0; i < n && !result; i++) {
		if (parse(files[i], "power", number, sizeof(number)))
			result = add(&d, "power", number, NULL, error);
		else if (parse(files[i], "current", number, sizeof(number)) &&
			 !there(&d, "power", number) && there(&d, "voltage", number))
			result = add(&d, "current", number, "voltage", error);
	}
	synergy_source_list_free(files, n);
	source->n_devices += source->n > before;
	return result;
}

int synergy_source_iio(struct synergy_source *source, struct synergy_error *error)
{
	int result = 0;
	char **names;
	size_t n, i;

	if (synergy_source_list(source, DIRECTORY, "iio:device", &names, &n))
		result = synergy_error_set(error, ENOMEM, "iio: no memory");
	for (i = 0; i < n && !result; i++)
		result = look_at(source, names[i], error);
	synergy_source_list_free(names, n);
	return result;
}
