/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The energy of one rail over one window of time, sample by sample, in a fixed amount of
 * memory. The estimate and its error terms are in meter_sum.c; meter.c feeds it. Not
 * installed.
 */
#ifndef SYNERGY_LIB_METER_SUM_H
#define SYNERGY_LIB_METER_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/meter.h"

/* One conversion: mean power over its window. */
struct synergy_meter_sample {
	uint64_t begin_ns, end_ns;
	double power_uw;
	double lsb_uw;		/* what one step of the shunt's register is worth */
	uint32_t error_ns;	/* the window's edges may be off by so much */
};

struct synergy_meter_sum {
	uint64_t begin_ns, end_ns;	/* end: UINT64_MAX while it is open */
	struct synergy_meter_sample last;	/* end_ns 0: none yet */
	uint64_t upto_ns;		/* the sum reaches so far */
	uint64_t samples;
	double uj;
	double covered_ns;
	double variance, variance2;	/* uJ^2 of the gaps; sum of squares of its terms */
	double step_variance;		/* uJ^2, each sample's own step */
	double differences;		/* sum of squares of neighbours' differences, uW^2 */
	double steps_uw;		/* sum of steps */
	double first_uw;
};

/* What is known of the sensor. */
struct synergy_meter_sensor {
	double offset_w, scale;		/* standard uncertainties: of power; of energy, relative */
	double volt_share;		/* standard uncertainty of the voltage in use, relative */
};

void synergy_meter_sum_begin(struct synergy_meter_sum *sum, uint64_t begin_ns,
			     const struct synergy_meter_sample *last);
/* In order of time, each once. Samples from before the window are welcome: the last counts. */
void synergy_meter_sum_add(struct synergy_meter_sum *sum,
			   const struct synergy_meter_sample *sample);
void synergy_meter_sum_end(struct synergy_meter_sum *sum, uint64_t end_ns);
/* Was there a sample that reaches to the end? */
bool synergy_meter_sum_complete(const struct synergy_meter_sum *sum);
/* All but the rail's name. */
void synergy_meter_sum_read(const struct synergy_meter_sum *sum,
			    const struct synergy_meter_sensor *sensor,
			    struct synergy_meter_reading *reading);

/* 97.5 % quantile of Student's t, to 1 %; dof of at least 1 */
double synergy_student_975(double dof);

#endif /* SYNERGY_LIB_METER_SUM_H */
