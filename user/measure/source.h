/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Supplies that the kernel's own drivers measure, for machines without the module: hwmon
 * (INA3221, INA226 and others, any power, or current with voltage), IIO, powercap
 * (RAPL's energy counters). A source is a list of channels, each of which says what its
 * values mean: in which time they were taken, as far as the driver says, and what a step
 * of them is worth.
 *
 * Files are looked for below /sys, or below $SYNERGY_SYSFS.
 */
#ifndef SYNERGY_MEASURE_SOURCE_H
#define SYNERGY_MEASURE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/recording.h"
#include "lib/synergy.h"

#define SYNERGY_SYSFS_VARIABLE	"SYNERGY_SYSFS"

enum synergy_channel_kind {
	SYNERGY_CHANNEL_POWER,		/* file 0: power */
	SYNERGY_CHANNEL_CURRENT,	/* file 0: current, file 1: voltage */
	SYNERGY_CHANNEL_ENERGY,		/* file 0: a counter of energy */
};

/**
 * struct synergy_source_channel - one supply
 * @label: what reports call it
 * @about: the driver's names: "hwmon3 ina226 power1"
 * @kind: what its files hold
 * @device: files of one device have one number
 * @fd: open files; the second -1 where there is none
 * @scale: of a file's number: to uW, mA, mV or uJ
 * @range_uj: a counter goes on from 0 after this; 0 never
 * @update_ns: between new values; 0 the driver does not tell
 * @averages_ns: a value is the mean of so long; 0 the driver does not tell
 * @sensor: what the recording says about it; @hdr and @rail are filled in by the sampler
 * @shunt_uohm: of its shunt; 0 not known
 */
struct synergy_source_channel {
	char label[SYNERGY_LABEL_LEN];
	char about[SYNERGY_NAME_LEN];
	enum synergy_channel_kind kind;
	uint32_t device;
	int fd[2];
	double scale[2];
	double range_uj;
	uint64_t update_ns;
	uint64_t averages_ns;
	struct synergy_source_record sensor;
	uint32_t shunt_uohm;
};

struct synergy_source {
	char name[16];			/* "hwmon", "iio", "powercap" */
	char root[256];			/* "/sys" */
	uint32_t n, n_devices;
	struct synergy_source_channel channels[SYNERGY_MAX_RAILS];
};

/** synergy_source_is_known - is there a source of this name? */
bool synergy_source_is_known(const char *name);

/**
 * synergy_source_open - find and open what a source has
 * @source: filled in
 * @name: "hwmon", "iio" or "powercap"
 * @rails: labels with commas; NULL or empty: all
 * @error: said on failure
 *
 * Return: 0; -1: EINVAL no such source, ENOENT it has nothing, or not these rails (the
 * message lists what there is), EACCES.
 */
int synergy_source_open(struct synergy_source *source, const char *name, const char *rails,
			struct synergy_error *error);
void synergy_source_close(struct synergy_source *source);

/**
 * synergy_source_read - a channel's values now
 * @channel: which
 * @value: power in uW, current in mA and voltage in mV, or energy in uJ
 *
 * Return: 0, or -1 with errno.
 */
int synergy_source_read(const struct synergy_source_channel *channel, double value[2]);

/* ---- for the sources themselves: source_hwmon.c, source_iio.c, source_powercap.c ---- */

/* Their own parts: channels are added; -1 with the error set. */
int synergy_source_hwmon(struct synergy_source *source, struct synergy_error *error);
int synergy_source_iio(struct synergy_source *source, struct synergy_error *error);
int synergy_source_powercap(struct synergy_source *source, struct synergy_error *error);

/**
 * synergy_source_add - a channel, with its label made unlike all others
 * @source: gets it
 * @channel: its files are opened here
 * @paths: of @channel's files, below the root; the second may be NULL
 * @error: said on failure: EACCES and whatever open() says, E2BIG too many
 */
int synergy_source_add(struct synergy_source *source, struct synergy_source_channel *channel,
		       const char *const paths[2], struct synergy_error *error);

/* Names in a directory below the root that begin so, sorted as numbers; the caller frees all. */
int synergy_source_list(const struct synergy_source *source, const char *directory,
			const char *prefix, char ***names, size_t *n);
void synergy_source_list_free(char **names, size_t n);
/* A file's first line, or its number, below the root; false: it is not there. */
bool synergy_source_line(const struct synergy_source *source, char *line, int size,
			 const char *format, ...) __attribute__((format(printf, 4, 5)));
bool synergy_source_number(const struct synergy_source *source, double *number,
			   const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif /* SYNERGY_MEASURE_SOURCE_H */
