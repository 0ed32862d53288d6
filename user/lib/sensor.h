/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The INA3221's standard uncertainties by its data sheet, SBOS576: offset 40 uV typical, 80
 * at most, so that 40 is a standard deviation whose double is the limit; gains 0.25 % at
 * most, taken as even between the limits; a shunt of 1 %, the same. A corrected offset is
 * good to a step of the register. What they make of an energy: attribute/sensor.c.
 */
#ifndef SYNERGY_LIB_SENSOR_H
#define SYNERGY_LIB_SENSOR_H

#include <math.h>

#define SYNERGY_INA3221_STEP_UV		40.0
#define SYNERGY_INA3221_OFFSET_UV	40.0
#define SYNERGY_INA3221_CORRECTED_UV	(40.0 / sqrt(12))
#define SYNERGY_INA3221_GAIN		(0.0025 / sqrt(3))
#define SYNERGY_INA3221_SHUNT		(0.01 / sqrt(3))
#define SYNERGY_INA3221_BUS_STEP_MV	8.0

#endif /* SYNERGY_LIB_SENSOR_H */
