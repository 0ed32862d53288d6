// SPDX-License-Identifier: GPL-3.0-or-later
/* See calibrated.h. */
#include "report/calibrated.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/calibration.h"

/*
 * reading = (1 + scale) true + V offset / R; uV by mV by 1/uOhm is mW. Without a voltage of
 * its own a sample's is what a step of the register is worth.
 */
static void correct(struct synergy_rail_samples *s, const struct synergy_calibrated_rail *r)
{
	double gain = 1 + r->scale, offset_ma = r->offset_uv / r->shunt_uohm * 1e3;
	size_t i;

	for (i = 0; i < s->n; i++) {
		s->power_uw[i] = (s->power_uw[i] - r->offset_uv / s->sensor.step_uv * s->lsb_uw[i]) / gain;
		s->lsb_uw[i] /= gain;
		if (s->current_ma)
			s->current_ma[i] = (s->current_ma[i] - offset_ma) / gain;
	}
	s->sensor.u_offset_uv = r->u_offset_uv;
	s->sensor.u_gain = r->u_scale;
	s->sensor.u_shunt = s->sensor.u_bus = 0;
	snprintf(s->sensor.source, sizeof(s->sensor.source), "calibrated %s: offset %.0f uV, scale %.2g %%",
		 r->n ? r->readings[r->n - 1].date : "", r->offset_uv, 100 * r->scale);
}

static const struct synergy_chip *chip_of(const struct synergy_stream_info *info, uint32_t index)
{
	uint32_t i;

	for (i = 0; i < info->n_chips; i++)
		if (info->chips[i].index == index)
			return &info->chips[i];
	return NULL;
}

int synergy_calibrate_input(const struct synergy_stream *stream, const char *file,
			    struct synergy_attribute_input *in, struct synergy_error *error)
{
	const char *note = file ? NULL : synergy_stream_note(stream, "calibration");
	const struct synergy_stream_info *info = synergy_stream_info(stream);
	struct synergy_calibration c;
	const struct synergy_calibrated_rail *r;
	const struct synergy_chip *chip;
	size_t i, k;

	if ((!file && !note) || (file && !strcmp(file, "none")))
		return 0;
	if (note ? synergy_calibration_parse(note, "the recording's note 'calibration'", &c, error) :
		   synergy_calibration_read(file, &c, error))
		return -1;
	for (k = 0; k < info->n_rails; k++) {
		chip = chip_of(info, info->rails[k].chip);
		r = chip ? synergy_calibration_find(&c, chip, &info->rails[k]) : NULL;
		for (i = 0; r && i < in->n_rails; i++)
			if (!strncmp(in->rails[i].label, info->rails[k].label, sizeof(in->rails[i].label)) &&
			    in->rails[i].sensor.step_uv > 0)
				correct(&in->rails[i], r);
	}
	return 0;
}
