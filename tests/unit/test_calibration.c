// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sensor's offset and scale from readings (user/measure/calibration.c): on boards drawn
 * within the data sheet's limits, read without current and against a meter that is itself
 * off, the stated uncertainties hold what is left.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/calibration.h"
#include "tests/lab/lab.h"
#include "tests/framework/test.h"

#define BOARDS		2000
#define U_OFFSET_UV	40.0
#define U_SCALE		0.0061
#define U_METER		0.002
#define U_SHUNT_UV	2.0
#define BUS_MV		5000.0
#define SHUNT_UOHM	10000

struct drawn {
	struct lab_random random;
	double offset_uv, scale, meter;
};

static void read_once(struct synergy_calibrated_rail *r, struct drawn *d, double true_uw, bool metered)
{
	double uw_per_uv = BUS_MV * 1e3 / SHUNT_UOHM, noise = U_SHUNT_UV * lab_normal(&d->random);
	struct synergy_reading v = { .date = "2026-12-01", .metered = metered, .u_shunt_uv = U_SHUNT_UV,
				     .bus_mv = BUS_MV, .meter_u = U_METER };

	v.power_uw = (1 + d->scale) * true_uw + uw_per_uv * (d->offset_uv + noise);
	v.shunt_uv = v.power_uw / uw_per_uv;
	v.meter_uw = true_uw * (1 + d->meter);
	synergy_calibration_add(r, &v);
}

/* What is left of offset and scale over their stated standard uncertainties, squared. */
static void coverage(const double *loads_uw, size_t n, bool unloaded, double most_offset_uv)
{
	size_t i, k, offsets = 0, scales = 0;
	double widest = 0;

	for (i = 0; i < BOARDS; i++) {
		struct synergy_calibrated_rail r = { .prior_u_offset_uv = U_OFFSET_UV, .prior_u_scale = U_SCALE,
						     .shunt_uohm = SHUNT_UOHM };
		struct drawn d;

		lab_seed(&d.random, i + 1);
		d.offset_uv = U_OFFSET_UV * lab_normal(&d.random);
		d.scale = U_SCALE * lab_normal(&d.random);
		d.meter = U_METER * lab_normal(&d.random);
		if (unloaded)
			read_once(&r, &d, 0, false);
		for (k = 0; k < n; k++)
			read_once(&r, &d, loads_uw[k], true);
		synergy_calibration_solve(&r);
		offsets += fabs(r.offset_uv - d.offset_uv) <= 2 * r.u_offset_uv;
		scales += fabs(r.scale - d.scale) <= 2 * r.u_scale;
		widest = fmax(widest, r.u_offset_uv);
	}
	CHECK_GE(offsets, 0.94 * BOARDS);
	CHECK_GE(scales, 0.94 * BOARDS);
	CHECK_LE(scales, 0.97 * BOARDS);
	CHECK_LE(widest, most_offset_uv);
}

TEST(nothing_read)
{
	coverage(NULL, 0, false, 40.1);
}

TEST(without_current)
{
	coverage(NULL, 0, true, 3);
}

/* One load: offset and scale are both a little better known, their sum well. */
TEST(one_load)
{
	coverage((const double[]){ 2e6 }, 1, false, 25);
}

TEST(two_loads)
{
	coverage((const double[]){ 5e5, 8e6 }, 2, false, 6);
}

TEST(all)
{
	coverage((const double[]){ 2e6, 8e6 }, 2, true, 3);
}

TEST(more_readings_than_room)
{
	struct synergy_calibrated_rail r = { .prior_u_offset_uv = U_OFFSET_UV, .prior_u_scale = U_SCALE,
					     .shunt_uohm = SHUNT_UOHM };
	struct drawn d = { .offset_uv = 30 };
	int i;

	lab_seed(&d.random, 1);
	for (i = 0; i < 3 * SYNERGY_CALIBRATION_READINGS; i++)
		read_once(&r, &d, 0, false);
	CHECK_EQ(r.n, SYNERGY_CALIBRATION_READINGS);
	synergy_calibration_solve(&r);
	CHECK_NEAR(r.offset_uv, 30, 2);
}

/* Out and in again: file's text, and the note without readings. */
TEST(note)
{
	struct synergy_calibration *c = calloc(1, sizeof(*c)), *again = calloc(1, sizeof(*again));
	struct synergy_chip chip = { .i2c_bus = 1, .address = 0x40 };
	struct synergy_rail rail = { .channel = 2, .shunt_uohm = SHUNT_UOHM, .label = "VDD \"CPU\"" };
	struct synergy_calibrated_rail *r;
	struct synergy_error err = { "" };
	struct drawn d = { .offset_uv = -20 };
	char *text;

	lab_seed(&d.random, 1);
	r = synergy_calibration_entry(c, &chip, &rail);
	r->prior_u_offset_uv = U_OFFSET_UV;
	r->prior_u_scale = U_SCALE;
	read_once(r, &d, 0, false);
	synergy_calibration_solve(r);
	text = synergy_calibration_note(c);
	CHECK(text && !strchr(text, '\n'));
	if (CHECK(!synergy_calibration_parse(text, "note", again, &err))) {
		r = synergy_calibration_find(again, &chip, &rail);
		if (CHECK(r)) {
			CHECK_NEAR(r->offset_uv, c->rails[0].offset_uv, 1e-6);
			CHECK_STR(r->readings[0].date, "2026-12-01");
		}
		rail.shunt_uohm = 5000;		/* another shunt: another sensor */
		CHECK(!synergy_calibration_find(again, &chip, &rail));
	}
	free(text);
	free(c);
	free(again);
}
