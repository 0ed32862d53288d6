// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Energy of a window from samples that each are a mean over a conversion's time. Covered
 * time is summed as it was measured; a gap g between two conversions of length c takes half
 * its power from either side. Its error, where the power changes at random and faster than
 * the samples come, has the variance
 *
 *	g (g + c) D^2 / 2,	D the difference of the two samples,
 *
 * as E D^2 / 2 estimates the variance of a conversion's mean (von Neumann [1]), of which the
 * covered part is known. A conversion that the window's edge cuts at x has x (c - x) D^2 / 2
 * in the same way. To this come a step of the converter per sample; the step of all of them,
 * where nothing smooths it; the edges' times; and the voltage, which is converted more
 * rarely than the current. Power that beats with the sampling is seen by none of these: the
 * session's dither is against it.
 *
 * [1] von Neumann, Kent, Bellinson, Hart: The mean square successive difference, 1941.
 */
#include "lib/meter_sum.h"

#include <math.h>
#include <string.h>

#define NS_UW_PER_UJ	1e9

/* Time by power */
static double uj(double ns, double uw)
{
	return ns * uw / NS_UW_PER_UJ;
}

static double length(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) : 0;
}

/* The part of [from, to] that is in the window. */
static double within(const struct synergy_meter_sum *sum, uint64_t from, uint64_t to)
{
	return length(from > sum->begin_ns ? from : sum->begin_ns,
		      to < sum->end_ns ? to : sum->end_ns);
}

void synergy_meter_sum_begin(struct synergy_meter_sum *sum, uint64_t begin_ns,
			     const struct synergy_meter_sample *last)
{
	memset(sum, 0, sizeof(*sum));
	sum->begin_ns = begin_ns;
	sum->end_ns = UINT64_MAX;
	sum->upto_ns = begin_ns;
	if (last)
		sum->last = *last;
}

static void add_variance(struct synergy_meter_sum *sum, double term)
{
	sum->variance += term;
	sum->variance2 += term * term;
}

/* The time between the last sample and this one. */
static void add_gap(struct synergy_meter_sum *sum, const struct synergy_meter_sample *s,
		    uint64_t begin_ns)
{
	uint64_t middle = sum->last.end_ns + (begin_ns - sum->last.end_ns) / 2;
	double before = within(sum, sum->last.end_ns, middle);
	double after = within(sum, middle, begin_ns), gap = before + after;
	double d = s->power_uw - sum->last.power_uw;
	double c = (length(sum->last.begin_ns, sum->last.end_ns) + length(begin_ns, s->end_ns)) / 2;

	sum->uj += uj(before, sum->last.power_uw) + uj(after, s->power_uw);
	add_variance(sum, uj(gap, d) * uj(gap + c, d) / 2);
}

void synergy_meter_sum_add(struct synergy_meter_sum *sum, const struct synergy_meter_sample *s)
{
	uint64_t begin_ns = s->begin_ns;
	double d = 0, part, rest;

	if (s->end_ns <= sum->last.end_ns || synergy_meter_sum_complete(sum))
		return;
	if (!sum->last.end_ns) {
		/* Nothing is known from before: what there was of the window is taken as here. */
		sum->uj += uj(within(sum, 0, begin_ns), s->power_uw);
	} else {
		if (begin_ns < sum->last.end_ns)
			begin_ns = sum->last.end_ns;
		d = s->power_uw - sum->last.power_uw;
		add_gap(sum, s, begin_ns);
	}
	part = within(sum, begin_ns, s->end_ns);
	rest = length(begin_ns, s->end_ns) - part;
	if (part > 0) {
		sum->uj += uj(part, s->power_uw);
		add_variance(sum, uj(part, d) * uj(rest, d) / 2);
		sum->step_variance += uj(part, s->lsb_uw) * uj(part, s->lsb_uw) / 12;
		sum->differences += sum->samples ? d * d : 0;
		sum->steps_uw += s->lsb_uw;
		if (!sum->samples++)
			sum->first_uw = s->power_uw;
		sum->covered_ns += part;
	}
	sum->last = *s;
	if (s->end_ns > sum->upto_ns)
		sum->upto_ns = s->end_ns < sum->end_ns ? s->end_ns : sum->end_ns;
}

void synergy_meter_sum_end(struct synergy_meter_sum *sum, uint64_t end_ns)
{
	sum->end_ns = end_ns > sum->begin_ns ? end_ns : sum->begin_ns;
	/* A sample that came after the end was taken before the end was known. */
	if (sum->upto_ns > sum->end_ns) {
		double over = length(sum->end_ns, sum->upto_ns);

		sum->uj -= uj(over, sum->last.power_uw);
		sum->covered_ns -= over < sum->covered_ns ? over : sum->covered_ns;
		sum->upto_ns = sum->end_ns;
	}
}

bool synergy_meter_sum_complete(const struct synergy_meter_sum *sum)
{
	return sum->last.end_ns >= sum->end_ns;
}

double synergy_student_975(double dof)
{
	static const double small[] = { 12.706, 4.303, 3.182, 2.776, 2.571 };
	const double z = 1.959964;
	int low = (int)dof;

	if (!(dof >= 1))
		return small[0];
	if (dof < 5)
		return small[low - 1] + (dof - low) * (small[low] - small[low - 1]);
	/* Abramowitz and Stegun 26.7.5 */
	return z + (pow(z, 3) + z) / (4 * dof) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * dof * dof);
}

static double interval(const struct synergy_meter_sum *sum,
		       const struct synergy_meter_sensor *sensor)
{
	double n = (double)sum->samples, lsb_uw = sum->steps_uw / n, dof = n - 1;
	double seconds = length(sum->begin_ns, sum->end_ns);
	double edge = (double)sum->last.error_ns / sqrt(3);
	double others = sum->step_variance;

	if (sum->samples < 3)
		return NAN;
	if (sqrt(sum->differences / (2 * (n - 1))) < 0.4 * lsb_uw)
		others = pow(uj(seconds, lsb_uw), 2) / 12;
	others += pow(uj(edge, sum->last.power_uw - sum->first_uw), 2);
	others += pow(sum->uj * sensor->volt_share, 2);
	/* Successive differences have two thirds of the information of independent values. */
	if (sum->variance2 > 0)
		dof = sum->variance * sum->variance / sum->variance2 * 2 / 3;
	return hypot(sqrt(sum->variance) * synergy_student_975(dof),
		     sqrt(others) * synergy_student_975(1e9));
}

void synergy_meter_sum_read(const struct synergy_meter_sum *sum,
			    const struct synergy_meter_sensor *sensor,
			    struct synergy_meter_reading *reading)
{
	double seconds = length(sum->begin_ns, sum->end_ns) * 1e-9;

	reading->seconds = seconds;
	reading->energy_j = sum->samples ? sum->uj * 1e-6 : NAN;
	reading->power_w = seconds > 0 ? reading->energy_j / seconds : NAN;
	reading->ci95_j = interval(sum, sensor) * 1e-6;
	reading->sensor_u95_j = 2 * hypot(sensor->offset_w * seconds,
					  sensor->scale * reading->energy_j);
	reading->samples = sum->samples;
	reading->covered = seconds > 0 ? sum->covered_ns * 1e-9 / seconds : 0;
}
