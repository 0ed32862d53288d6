// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hwmon: powerN_input (uW), else currN_input (mA) with the voltage that belongs to it.
 * Of which time a value is the mean follows from update_interval, where the driver has
 * it; what a step is worth from the data sheet of the chips that are known.
 */
#include "measure/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Data sheets: INA3221 SBOS576, INA226 SBOS547, INA231 SBOS644, INA238 SLYS025. Offsets
 * as standard uncertainties (typical values), gains as limits.
 */
static const struct chip {
	const char *name;
	uint32_t shunt_step_nv, bus_step_uv, offset_nv, gain_ppm;
} chips[] = {
	{ "ina3221", 40000, 8000, 40000, 2500 },
	{ "ina226", 2500, 1250, 2500, 1000 },
	{ "ina230", 2500, 1250, 10000, 5000 },
	{ "ina231", 2500, 1250, 10000, 5000 },
	{ "ina238", 5000, 3125, 5000, 1000 },
	{ "ina219", 10000, 4000, 10000, 5000 },
};

struct device {
	struct synergy_source *source;
	const char *directory;		/* "hwmon3" */
	char name[48];			/* the driver's for it */
	const struct chip *chip;	/* NULL: not known */
	double update_ns;		/* 0: it does not tell */
	unsigned int n_channels;	/* of an INA3221, that are converted in turn */
};

static const struct chip *find_chip(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
		if (!strcmp(chips[i].name, name))
			return &chips[i];
	return NULL;
}

static bool has(const struct device *d, const char *what, unsigned int n, const char *of)
{
	double value;

	return synergy_source_number(d->source, &value, "class/hwmon/%s/%s%u_%s", d->directory, what,
				     n, of);
}

static bool enabled(const struct device *d, unsigned int n)
{
	double value;

	return !synergy_source_number(d->source, &value, "class/hwmon/%s/in%u_enable", d->directory,
				      n) || value != 0;
}

static void set_sensor(const struct device *d, unsigned int n, struct synergy_source_channel *c)
{
	struct synergy_source_record *s = &c->sensor;
	double uohm = 0;

	c->update_ns = (uint64_t)d->update_ns;
	if (!d->chip)
		return;
	/* An INA3221 converts shunt and voltage of each channel in turn, the others both in turn. */
	c->averages_ns = (uint64_t)(d->n_channels ? d->update_ns / (2.0 * d->n_channels) :
						    d->update_ns);
	s->bus_step_uv = d->chip->bus_step_uv;
	if (!synergy_source_number(d->source, &uohm, "class/hwmon/%s/shunt%u_resistor", d->directory, n) &&
	    !synergy_source_number(d->source, &uohm, "class/hwmon/%s/shunt_resistor", d->directory))
		return;
	if (!(uohm >= 1) || uohm > 1e9)
		return;
	c->shunt_uohm = (uint32_t)uohm;
	s->shunt_step_nv = d->chip->shunt_step_nv;
	s->offset_nv = d->chip->offset_nv;
	s->gain_ppm = d->chip->gain_ppm;
}

static void set_label(const struct device *d, const char *what, unsigned int n, const char *other,
		      unsigned int m, struct synergy_source_channel *c)
{
	char label[SYNERGY_LABEL_LEN];

	if (!synergy_source_line(d->source, label, sizeof(label), "class/hwmon/%s/%s%u_label",
				 d->directory, what, n) &&
	    (!other || !synergy_source_line(d->source, label, sizeof(label),
					    "class/hwmon/%s/%s%u_label", d->directory, other, m)))
		snprintf(label, sizeof(label), "%.20s_%s%u", d->name, what, n);
	snprintf(c->label, sizeof(c->label), "%s", label);
	snprintf(c->about, sizeof(c->about), "%.16s %.24s %s%u", d->directory, d->name, what, n);
}

static int add(const struct device *d, const char *what, unsigned int n, const char *other,
	       unsigned int m, struct synergy_error *error)
{
	struct synergy_source_channel c = {
		.kind = other ? SYNERGY_CHANNEL_CURRENT : SYNERGY_CHANNEL_POWER,
		.scale = { 1, 1 }, .device = d->source->n_devices,
	};
	char first[320], second[320];

	set_label(d, what, n, other, m, &c);
	set_sensor(d, n, &c);
	/* hwmon's units are whole uW and mA. */
	if (other)
		c.sensor.step_ua = 1000;
	snprintf(first, sizeof(first), "class/hwmon/%s/%s%u_input", d->directory, what, n);
	snprintf(second, sizeof(second), "class/hwmon/%s/%s%u_input", d->directory,
		 other ? other : "", m);
	return synergy_source_add(d->source, &c, (const char *const[]){
		first, other ? second : NULL }, error);
}

#define MOST_CHANNELS	64

/* The voltage beside currN: of the INA2xx in1 (in0 is the shunt's), else the same number. */
static bool voltage_of(const struct device *d, unsigned int n, unsigned int *m)
{
	*m = n;
	return has(d, "in", n, "input");
}

static int add_all(const struct device *d, struct synergy_error *error)
{
	unsigned int n, m;

	for (n = 1; n <= MOST_CHANNELS; n++) {
		bool current = has(d, "curr", n, "input") && voltage_of(d, n, &m);

		if (!enabled(d, n))
			continue;
		/* Of a known chip's current and voltage more is known than of their product. */
		if (current && d->chip) {
			if (add(d, "curr", n, "in", m, error))
				return -1;
		} else if (has(d, "power", n, "input")) {
			if (add(d, "power", n, NULL, 0, error))
				return -1;
		} else if (current && add(d, "curr", n, "in", m, error)) {
			return -1;
		}
	}
	return 0;
}

static int look_at(struct synergy_source *source, const char *directory, struct synergy_error *error)
{
	struct device d = { .source = source, .directory = directory };
	uint32_t before = source->n;
	unsigned int n;
	double ms;

	if (!synergy_source_line(source, d.name, sizeof(d.name), "class/hwmon/%s/name", directory))
		return 0;
	d.chip = find_chip(d.name);
	if (synergy_source_number(source, &ms, "class/hwmon/%s/update_interval", directory) &&
	    ms > 0 && ms < 1e6)
		d.update_ns = ms * 1e6;
	for (n = 1; n <= 3 && d.chip && !strcmp(d.chip->name, "ina3221"); n++)
		d.n_channels += enabled(&d, n);
	if (add_all(&d, error))
		return -1;
	source->n_devices += source->n > before;
	return 0;
}

int synergy_source_hwmon(struct synergy_source *source, struct synergy_error *error)
{
	int result = 0;
	char **names;
	size_t n, i;

	if (synergy_source_list(source, "class/hwmon", "hwmon", &names, &n))
		result = synergy_error_set(error, ENOMEM, "hwmon: no memory");
	for (i = 0; i < n && !result; i++)
		result = look_at(source, names[i], error);
	synergy_source_list_free(names, n);
	return result;
}
