/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of the sensors of this board: readings of a rail against nothing (no
 * current flows) or against an external meter, and the offset and scale that follow.
 * One file for a board, "synergy-calibration 1" (JSON); what it says of the rails
 * travels in each recording's note `calibration`, so that reports need no file.
 *
 *	reading = (1 + scale) true + V offset / R
 *
 * Both start from the data sheet's limits as a prior; each reading narrows what it can
 * tell: without current the offset, at a known power one line through both.
 */
#ifndef SYNERGY_MEASURE_CALIBRATION_H
#define SYNERGY_MEASURE_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/synergy.h"

#define SYNERGY_CALIBRATION_RAILS	32
#define SYNERGY_CALIBRATION_READINGS	16	/* of a rail; more replace the oldest */

struct synergy_reading {
	char date[12];
	bool metered;			/* else no current flowed */
	double shunt_uv, u_shunt_uv;	/* mean as read, its standard uncertainty */
	double bus_mv;
	double power_uw;		/* as read */
	double meter_uw, meter_u;	/* the meter's, its relative standard uncertainty */
};

struct synergy_calibrated_rail {
	char label[SYNERGY_LABEL_LEN];
	uint32_t i2c_bus, address, channel, shunt_uohm;	/* which sensor it is */
	double prior_u_offset_uv, prior_u_scale;
	size_t n;
	struct synergy_reading readings[SYNERGY_CALIBRATION_READINGS];
	double offset_uv, u_offset_uv, scale, u_scale;	/* what follows from them */
};

struct synergy_calibration {
	size_t n;
	struct synergy_calibrated_rail rails[SYNERGY_CALIBRATION_RAILS];
};

/*
 * The file: $SYNERGY_CALIBRATION; root's /etc/synergy/calibration.json, anybody else's
 * $XDG_CONFIG_HOME (~/.config)/synergy/calibration.json. To read: the user's own where
 * there is one, else the board's in /etc.
 */
void synergy_calibration_path(bool to_read, char *path, size_t size);

/* An empty one where there is no file. EINVAL names file, member and value. */
int synergy_calibration_read(const char *path, struct synergy_calibration *c,
			     struct synergy_error *error);
/* The file is replaced at once, or left as it was. Its directory is made. */
int synergy_calibration_write(const char *path, const struct synergy_calibration *c,
			      struct synergy_error *error);
/* The same from a note, and its text without the readings (free it; NULL: no memory). */
int synergy_calibration_parse(const char *text, const char *name, struct synergy_calibration *c,
			      struct synergy_error *error);
char *synergy_calibration_note(const struct synergy_calibration *c);

/* The entry of a rail by chip, channel and shunt; NULL none. */
struct synergy_calibrated_rail *synergy_calibration_find(struct synergy_calibration *c,
							 const struct synergy_chip *chip,
							 const struct synergy_rail *rail);
/* The same, made where there is none; NULL: too many rails. */
struct synergy_calibrated_rail *synergy_calibration_entry(struct synergy_calibration *c,
							  const struct synergy_chip *chip,
							  const struct synergy_rail *rail);
void synergy_calibration_add(struct synergy_calibrated_rail *r, const struct synergy_reading *reading);
/* Offset and scale from the readings. */
void synergy_calibration_solve(struct synergy_calibrated_rail *r);

#endif /* SYNERGY_MEASURE_CALIBRATION_H */
