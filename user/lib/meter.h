/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A meter: the energy between two instants of a program, for each rail, with its uncertainty,
 * while the program runs and without a recording.
 *
 *	struct synergy_meter *meter = synergy_meter_open(NULL, &error);
 *	struct synergy_meter_reading reading[8];
 *	int window = synergy_meter_begin(meter, &error);
 *	...
 *	int n = synergy_meter_end(meter, window, reading, 8, &error);
 *	synergy_meter_close(meter);
 *
 * What sampling itself does to the program (time that it takes from a core, some per cent of
 * the power on a small board) is in the reading and in no interval; synergy-report corrects
 * for it. What a program does between its marks, layer by layer, is synergy-report's to say, from a
 * recording: there each sample is shared between the parts that it covers.
 */
#ifndef SYNERGY_LIB_METER_H
#define SYNERGY_LIB_METER_H

#include <stdint.h>

#include "lib/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct synergy_meter;

/* Windows of a meter that may be open at once. */
#define SYNERGY_METER_WINDOWS	64

/**
 * struct synergy_meter_options - what is sampled
 * @size: sizeof(struct synergy_meter_options)
 * @flags: 0
 * @device: a path; NULL: /dev/synergy
 * @rails: labels with commas between them; NULL: all that are enabled
 * @rate_hz: samples per second of each rail; 0: 1000, or the highest that can be carried
 */
struct synergy_meter_options {
	uint32_t size;
	uint32_t flags;
	const char *device;
	const char *rails;
	double rate_hz;
};

/**
 * struct synergy_meter_reading - one rail between begin and end
 * @rail: its label, NUL-terminated
 * @seconds: from begin to end
 * @energy_j: joules
 * @power_w: the mean, watts
 * @ci95_j: half-width of the 95 % interval that sampling leaves: time that no conversion
 *	covered, edges, steps of the converter, changes of the voltage; joules. NaN: fewer
 *	than three samples, nothing can be said
 * @sensor_u95_j: expanded uncertainty (k = 2) of the sensor itself, by its data sheet: offset,
 *	gain, shunt; the same in each reading of a board, so no repetition lessens it;
 *	joules. NaN: nobody stated the shunt
 * @samples: conversions that lie in it, wholly or in part
 * @covered: share of the time that they cover, 0 to 1
 * @reserved: 0
 */
struct synergy_meter_reading {
	char rail[32];
	double seconds;
	double energy_j;
	double power_w;
	double ci95_j;
	double sensor_u95_j;
	uint64_t samples;
	double covered;
	double reserved[4];
};

/**
 * synergy_meter_open - open the device, configure and start a session: one call
 * @options: NULL: all rails at 1000 samples per second
 * @error: filled in on failure
 *
 * Where another program's session runs (synergy-record around this one), the meter reads
 * along in it as it is. A thread of the meter's own reads several times per second.
 *
 * Return: the meter, the caller's; NULL with errno: EINVAL an unknown flag or a size that is
 * none; ENOENT no device, or no rail of that name; ENXIO no power chip; EACCES; ERANGE
 * the rate; EBUSY another program's session that samples no rail; EAGAIN no thread;
 * ENOMEM; others as synergy_stream_open() and synergy_stream_configure().
 */
SYNERGY_EXPORT struct synergy_meter *
synergy_meter_open(const struct synergy_meter_options *options, struct synergy_error *error);

/**
 * synergy_meter_rails - how many rails it reads
 * @meter: the meter
 *
 * Return: readings that synergy_meter_end() has.
 */
SYNERGY_EXPORT int synergy_meter_rails(const struct synergy_meter *meter);

/**
 * synergy_meter_begin - a window begins now
 * @meter: the meter; any thread may call
 * @error: filled in on failure
 *
 * Windows may overlap, up to %SYNERGY_METER_WINDOWS of them.
 *
 * Return: the window's number, for synergy_meter_end(); -1 with errno: ENOSPC too many are
 * open; ENODEV the device has gone.
 */
SYNERGY_EXPORT int synergy_meter_begin(struct synergy_meter *meter, struct synergy_error *error);

/**
 * synergy_meter_end - it ends now: what has it taken?
 * @meter: the meter
 * @window: as synergy_meter_begin() gave it; not open any more afterwards, whatever is returned
 * @readings: one for each rail
 * @n: room there; further rails are left out
 * @error: filled in on failure
 *
 * Waits for the conversions that cover the end, a few periods of the sampling.
 *
 * Return: rails that the meter reads; -1 with errno: EINVAL no such window; ENODEV the
 * device has gone; ETIMEDOUT no samples come: the session was stopped.
 */
SYNERGY_EXPORT int synergy_meter_end(struct synergy_meter *meter, int window,
				     struct synergy_meter_reading *readings, uint32_t n,
				     struct synergy_error *error);

/**
 * synergy_meter_close - stop its session, free; NULL is fine
 * @meter: no other thread may be using it
 */
SYNERGY_EXPORT void synergy_meter_close(struct synergy_meter *meter);

#ifdef __cplusplus
}
#endif

#endif /* SYNERGY_LIB_METER_H */
