// SPDX-License-Identifier: GPL-2.0-only
/* Coverage, error and width of intervals, by length class. */
#include <math.h>

#include "lab.h"

const char *const lab_class_names[LAB_CLASSES] = {
	"below 0.1", "0.1 to 1", "1 to 5", "5 and more", "whole"
};

enum lab_class lab_class_of(double ns, double period_ns)
{
	double periods = ns / period_ns;

	return periods < 0.1 ? LAB_BELOW : periods < 1 ? LAB_TENTH : periods < 5 ? LAB_ONE :
							 LAB_FIVE;
}

void lab_score_add(struct lab_score *s, double value, double ci95, double own, double here)
{
	double error = fabs(value - own) / own, width = ci95 / own;

	if (isnan(value))
		return;
	s->n++;
	s->own += error <= width;
	s->here += fabs(value - here) <= ci95;
	s->error += error;
	s->square += error * error;
	s->width += width;
	s->width_square += width * width;
	s->loss += 2 * width + 40 * fmax(error - width, 0);
}

void lab_score_merge(struct lab_score *s, const struct lab_score *m)
{
	s->n += m->n;
	s->own += m->own;
	s->here += m->here;
	s->error += m->error;
	s->square += m->square;
	s->width += m->width;
	s->width_square += m->width_square;
	s->loss += m->loss;
}

void lab_binomial(size_t k, size_t n, double *low, double *high)
{
	double z = 1.96, m = (double)n, p = (double)k / m, middle, half;

	middle = (p + z * z / (2 * m)) / (1 + z * z / m);
	half = z / (1 + z * z / m) * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
	*low = n ? middle - half : 0;
	*high = n ? middle + half : 1;
}
