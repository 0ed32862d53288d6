// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sensor's own part of the uncertainty (type B of the GUM, JCGM 100): constants of a
 * board that no repetition averages out. The converter reads
 *
 *	shunt voltage = (1 + g) ((1 + s) R I + o),   bus voltage = (1 + b) V
 *
 * so that to first order an energy E over a time T is off by
 *
 *	dE = E (g + s + b) + (V o / R) T,   u^2(E) = E^2 u_scale^2 + (V u_o / R)^2 T^2
 *
 * It is common to all layers: above idle the offset cancels, in the ratio of two layers
 * the scale does, and between two recordings of one board most of both.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attribute/internal.h"
#include "lib/recording.h"
#include "lib/sensor.h"

void synergy_sensor_default(struct synergy_sensor *s, double shunt_uohm, int assumed,
			    int corrected)
{
	*s = (struct synergy_sensor){
		.shunt_uohm = shunt_uohm,
		.step_uv = SYNERGY_INA3221_STEP_UV,
		.u_offset_uv = corrected ? SYNERGY_INA3221_CORRECTED_UV : SYNERGY_INA3221_OFFSET_UV,
		.u_gain = SYNERGY_INA3221_GAIN,
		.u_bus = SYNERGY_INA3221_GAIN,
		.u_shunt = assumed ? NAN : SYNERGY_INA3221_SHUNT,
	};
	strcpy(s->source, assumed ? "data sheet; the shunt is assumed" :
	       corrected ? "data sheet, offset corrected by the device tree" : "data sheet");
}

void synergy_sensor_source(struct synergy_sensor *s, const struct synergy_source_record *source,
			   double step_uv)
{
	double gain = source->gain_ppm / 1e6 / sqrt(3);

	*s = (struct synergy_sensor){ .shunt_uohm = s->shunt_uohm };
	snprintf(s->source, sizeof(s->source), "%.*s", (int)sizeof(s->source) - 1, source->name);
	if (!source->gain_ppm || !source->offset_nv)
		return;
	s->step_uv = step_uv;
	s->u_offset_uv = source->offset_nv / 1e3;
	s->u_gain = s->u_bus = gain;
	s->u_shunt = SYNERGY_INA3221_SHUNT;
	snprintf(s->source, sizeof(s->source), "data sheet; %.*s", (int)sizeof(s->source) - 13,
		 source->name);
}

double synergy_sensor_u_uj(const struct synergy_sensor_part *p, double uj, double us)
{
	return hypot(p->scale * uj, p->offset_uw * us / 1e6);
}

void synergy_sensor_part(const struct synergy_rail_samples *s, struct synergy_sensor_part *p)
{
	const struct synergy_sensor *e = &s->sensor;
	double lsb_uw = 0;
	size_t i;

	for (i = 0; i < s->n; i++)
		lsb_uw += s->lsb_uw[i] / (double)s->n;
	*p = (struct synergy_sensor_part){ .sensor = *e, .offset_uw = NAN, .scale = NAN };
	if (!(e->step_uv > 0) || !(lsb_uw > 0))
		return;
	p->offset_uw = e->u_offset_uv / e->step_uv * lsb_uw;
	p->scale = sqrt(e->u_gain * e->u_gain + e->u_shunt * e->u_shunt + e->u_bus * e->u_bus +
			s->bus_step_share * s->bus_step_share / 12);
}
