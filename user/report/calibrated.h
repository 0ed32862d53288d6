/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samples as a calibrated sensor has them: offset and scale that synergy-calibrate
 * found are taken out of the powers, and what remains unknown takes the place of the
 * data sheet's limits. The recording's own note, or a file that is named.
 */
#ifndef SYNERGY_REPORT_CALIBRATED_H
#define SYNERGY_REPORT_CALIBRATED_H

#include "attribute/attribute.h"
#include "lib/synergy.h"

/* file: NULL the recording's note; "none": neither. EINVAL names what is wrong. */
int synergy_calibrate_input(const struct synergy_stream *stream, const char *file,
			    struct synergy_attribute_input *in, struct synergy_error *error);

#endif /* SYNERGY_REPORT_CALIBRATED_H */
