// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The bus voltage between its measurements. Where converting it costs samples it
 * is measured a few times a second, and the samples in between are reported with the
 * last value. But a supply has resistance: its voltage falls while the program
 * draws current, so a layer of 15 W that is reported with an idle board's voltage
 * reads 2 % high. So the load line V = V0 - R I is found from the recording.
 *
 * The current while a voltage was converted is not known: the shunt's conversion
 * before it (or after) may have met other work. Least squares would take R too low
 * for that. So the line is found by means of an instrument, the mean current of
 * some 20 ms around, which does not share that error; and what neighbours disagree
 * about counts for less.
 */
#include <math.h>
#include <stdlib.h>

#include "attribute/internal.h"

#define AROUND_NS	20e6	/* the instrument: to either side, at least */
#define AROUND_SAMPLES	16
#define LEAST_PAIRS	8
#define LOCAL_PAIRS	15	/* V0 may drift: of so many measurements around */
#define ROUNDS		10	/* of weights from R, and R from weights */
#define SURE		4.0	/* standard errors from 0; below, it does more harm */
#define MOST_DROP	0.25	/* of the voltage: more is no supply */
#define BUS_STEP_MV	8.0

/* A voltage, and the current as far as it is known. */
struct pair {
	double time_ns, mv, ma, around_ma, apart_ma, weight;
};

struct line {
	double mohm, se_mohm;
	double ma, mv;			/* it goes through this point */
};

static double middle(const struct synergy_rail_samples *s, size_t i)
{
	return ((double)s->begin_ns[i] + (double)s->end_ns[i]) / 2;
}

static size_t first_at(const struct synergy_rail_samples *s, double ns)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (middle(s, mid) < ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Mean current about a time; sums are those of current times length before each sample. */
static double around(const struct synergy_rail_samples *s, const double *charge,
		     const double *length, double ns, double half_ns)
{
	size_t from = first_at(s, ns - half_ns), to = first_at(s, ns + half_ns);

	if (to <= from)
		return NAN;
	return (charge[to] - charge[from]) / (length[to] - length[from]);
}

static size_t find_pairs(const struct synergy_rail_samples *s, struct pair *pairs)
{
	double *charge = malloc((s->n + 1) * sizeof(*charge));
	double *length = malloc((s->n + 1) * sizeof(*length));
	double half_ns = (middle(s, s->n - 1) - middle(s, 0)) / (double)s->n * AROUND_SAMPLES;
	size_t i, j, n = 0;

	if (!charge || !length) {
		free(charge);
		free(length);
		return SIZE_MAX;
	}
	charge[0] = length[0] = 0;
	for (i = 0; i < s->n; i++) {
		double ns = (double)(s->end_ns[i] - s->begin_ns[i]);

		charge[i + 1] = charge[i] + ns * s->current_ma[i];
		length[i + 1] = length[i] + ns;
	}
	for (i = 0; i < s->n; i++) {
		double at = (double)s->bus_time_ns[i];
		struct pair *p = &pairs[n];

		if (!s->bus_time_ns[i] || (i && s->bus_time_ns[i] == s->bus_time_ns[i - 1]))
			continue;
		/* The shunt's conversion is the one before the voltage's. */
		j = first_at(s, at);
		if (!j || j == s->n)
			continue;
		p->time_ns = at;
		p->mv = s->bus_mv[i];
		p->ma = s->current_ma[j - 1];
		p->apart_ma = fabs(s->current_ma[j] - p->ma) / 2;
		p->around_ma = around(s, charge, length, at, fmax(half_ns, AROUND_NS));
		n += !isnan(p->around_ma);
	}
	free(charge);
	free(length);
	return n;
}

/* Weighted means of voltage, current and instrument over pairs [from, to). */
static void means(const struct pair *p, size_t from, size_t to, double *mv, double *ma, double *z)
{
	double sum = 0, v = 0, x = 0, y = 0;
	size_t i;

	for (i = from; i < to; i++) {
		sum += p[i].weight;
		v += p[i].weight * p[i].mv;
		x += p[i].weight * p[i].ma;
		y += p[i].weight * p[i].around_ma;
	}
	*mv = v / sum;
	*ma = x / sum;
	*z = y / sum;
}

/*
 * What rounding does to a mean of voltages that vary so much about it, as in
 * intervals.c. Two kinds of work, each with its own, tilt the line most.
 */
static double rounded_mv(double variance)
{
	double own = variance / (BUS_STEP_MV * BUS_STEP_MV) - 1.0 / 12;

	return BUS_STEP_MV / M_PI / M_SQRT2 * exp(-2 * M_PI * M_PI * fmax(own, 0));
}

/* One round: weights from the line, the line from them. */
static void fit(struct pair *p, size_t n, struct line *l)
{
	double z, zx = 0, zv = 0, zr = 0, zz = 0, rr = 0, sum = 0, r;
	size_t i;

	for (i = 0; i < n; i++)
		p[i].weight = 1 / (BUS_STEP_MV * BUS_STEP_MV / 12 +
				   pow(fmax(l->mohm, 0) / 1e3 * p[i].apart_ma, 2));
	means(p, 0, n, &l->mv, &l->ma, &z);
	for (i = 0; i < n; i++) {
		zx += p[i].weight * (p[i].around_ma - z) * (p[i].ma - l->ma);
		zv += p[i].weight * (p[i].around_ma - z) * (p[i].mv - l->mv);
	}
	l->mohm = -1e3 * zv / zx;
	for (i = 0; i < n; i++) {
		r = p[i].mv - l->mv + l->mohm / 1e3 * (p[i].ma - l->ma);
		zr += pow(p[i].weight * (p[i].around_ma - z) * r, 2);
		zz += p[i].weight * pow(p[i].around_ma - z, 2);
		rr += p[i].weight * r * r;
		sum += p[i].weight;
	}
	l->se_mohm = hypot(1e3 * sqrt(zr * (double)n / (double)(n - 2)) / fabs(zx),
			   1e3 * rounded_mv(rr / sum) / sqrt(2 * zz / sum));
}

/* Is there a significant line, and one that a supply can have? */
static int find_line(const struct synergy_rail_samples *s, struct pair *p, size_t n, struct line *l)
{
	double most = 0;
	size_t i;

	*l = (struct line){ 0 };
	if (n < LEAST_PAIRS)
		return 0;
	for (i = 0; i < ROUNDS; i++)
		fit(p, n, l);
	for (i = 0; i < s->n; i++)
		most = fmax(most, fabs(s->current_ma[i]));
	return l->mohm > SURE * l->se_mohm && l->mohm / 1e3 * most < MOST_DROP * fabs(l->mv);
}

/* Without current, about the k-th measurement. */
static double open_mv(const struct pair *p, size_t n, size_t k, const struct line *l)
{
	size_t from = k > LOCAL_PAIRS / 2 ? k - LOCAL_PAIRS / 2 : 0;
	size_t to = from + LOCAL_PAIRS;
	double mv, ma, z;

	if (to > n) {
		to = n;
		from = n > LOCAL_PAIRS ? n - LOCAL_PAIRS : 0;
	}
	means(p, from, to, &mv, &ma, &z);
	return mv + l->mohm / 1e3 * ma;
}

/* Its own voltage was converted beside it: nothing to estimate. */
static int fresh(const struct synergy_rail_samples *s, size_t i)
{
	return fabs((double)s->bus_time_ns[i] - middle(s, i)) <=
	       2 * (double)(s->end_ns[i] - s->begin_ns[i]);
}

static void apply(struct synergy_rail_samples *s, const struct pair *p, size_t n,
		  const struct line *l)
{
	double open = open_mv(p, n, 0, l);
	size_t i, k = 0, done = 0;

	for (i = 0; i < s->n; i++) {
		while (k + 1 < n && p[k + 1].time_ns - middle(s, i) <=
				    middle(s, i) - p[k].time_ns)
			k++;
		if (k != done)
			open = open_mv(p, n, k, l);
		done = k;
		if (!fresh(s, i))
			s->power_uw[i] = s->current_ma[i] *
					 (open - l->mohm / 1e3 * s->current_ma[i]);
	}
}

int synergy_voltage_between(struct synergy_rail_samples *s)
{
	struct pair *pairs;
	struct line line;
	size_t n;

	if (!s->current_ma || s->n < LEAST_PAIRS)
		return 0;
	pairs = malloc(s->n * sizeof(*pairs));
	if (!pairs)
		return -1;
	n = find_pairs(s, pairs);
	if (n != SIZE_MAX && find_line(s, pairs, n, &line)) {
		apply(s, pairs, n, &line);
		s->source = (struct synergy_source){ line.mohm, line.se_mohm, line.ma, line.mv };
	}
	free(pairs);
	return n == SIZE_MAX ? -1 : 0;
}

double synergy_voltage_relative_se(const struct synergy_rail_samples *s, double power_uw)
{
	const struct synergy_source *v = &s->source;

	return v->mohm > 0 ? v->se_mohm / 1e3 * (power_uw / v->mv - v->ma) / v->mv : 0;
}
