/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the parts of attribution: the timeline (what ran when), the design
 * (which unknowns a window touches, with which shares), the normal equations,
 * and the solver that puts them together. Nothing here is for other directories.
 */
#ifndef SYNERGY_ATTRIBUTE_INTERNAL_H
#define SYNERGY_ATTRIBUTE_INTERNAL_H

#include <gsl/gsl_matrix.h>
#include <gsl/gsl_vector.h>

#include "attribute/attribute.h"
#include "lib/index.h"

/* ---- timeline.c ---- */

#define SYNERGY_PIECE_BETWEEN	0xffffffffU	/* in a run, in no layer */
#define SYNERGY_PIECE_OUTSIDE	0xfffffffeU	/* in no run */

struct synergy_piece {
	uint64_t begin_ns, end_ns;
	uint32_t layer;			/* or one of the two above */
	uint32_t run;			/* UINT32_MAX outside */
};

/* Pieces without holes, from long before the first run to long after the last. */
struct synergy_timeline {
	size_t n, n_runs, n_layers;
	struct synergy_piece *pieces;
	uint64_t *run_begin_ns, *run_end_ns;
	double *layer_ns;		/* n_layers: mean of one piece of this layer; 0 absent */
	double *times;			/* n_layers: pieces per run */
	double run_ns, between_ns;	/* means per run */
	double n_between;		/* pieces between layers, per run */
};

/* EINVAL for marks that overlap, ENOMEM. */
int synergy_timeline_make(const struct synergy_attribute_input *in, struct synergy_timeline *t,
			  struct synergy_error *err);
void synergy_timeline_free(struct synergy_timeline *t);
/* Times, counts and their drift into the result (its arrays are there). */
int synergy_timeline_figures(const struct synergy_attribute_input *in,
			     const struct synergy_timeline *t, struct synergy_attribute_result *r);
/* Change over the whole, first to last, of y over 0..n-1, and the probability of as much by
 * chance; weights (0: no point) or NULL.
 */
void synergy_trend(const double *y, const double *weight, size_t n, double *change, double *p);
/* Of a t with so many degrees of freedom, two-sided. */
double synergy_chance(double t, double dof);

/* ---- step_train.c ---- */

void synergy_time_check(const struct synergy_intervals *v, const struct synergy_rail_samples *s,
			struct synergy_time_check *check);

/* ---- load_line.c ---- */

/* s->power_uw, with the bus voltage as it was between its measurements. Return -1: ENOMEM */
int synergy_voltage_between(struct synergy_rail_samples *s);
/* The standard error from that of a steady power, relative to it; its sign says which way. */
double synergy_voltage_relative_se(const struct synergy_rail_samples *s, double power_uw);

/* ---- preemption.c ---- */

/* Times in which the sampler kept the program from working; by time, none overlap. */
struct synergy_preemptions {
	size_t n;
	uint64_t *begin_ns, *end_ns;
	unsigned char *unseen;		/* at a phase after the tick that hardly any window meets */
	double *before_ns[2];		/* n + 1: seen and unseen time before each */
	double per_tick_ns;		/* lost in a tick, all phases together */
};

/* From layers' lengths; none where they indicate no significant one. ENOMEM. */
int synergy_preemptions_find(const struct synergy_timeline *t, const struct synergy_rail_samples *s,
			     struct synergy_preemptions *v);
void synergy_preemptions_free(struct synergy_preemptions *v);
/* Stolen time within [begin, end): seen, unseen. */
void synergy_preemptions_within(const struct synergy_preemptions *v, uint64_t begin, uint64_t end,
				double ns[2]);

/* ---- design.c ---- */
/*
 * The unknowns: each layer's segments in order of time, then SYNERGY_BORDERS that any
 * window may touch: the power while the sampler preempts, those that windows see and those
 * that they do not, what each layer's onset has above its first segment, between layers,
 * before and after the runs.
 *
 * The onset: in its first microseconds a layer meets cold caches. No window separates them
 * from what lies before its mark, and without an unknown of its own one would be charged
 * with the other's.
 */
#define SYNERGY_BORDERS	6
#define SYNERGY_ONSET_NS	2000
#define SYNERGY_LEAST_UNCERTAINTY_NS	500.0	/* of any window's time: marks' own */

/* What is known of the windows' times beside what they state; all 0: nothing. */
struct synergy_timing {
	double time_ns;			/* standard deviation of their common error */
	double lag_ns, lag_u_ns;	/* the rail's time constant before its shunt */
};

struct synergy_design {
	const struct synergy_timeline *t;
	struct synergy_preemptions preemptions;
	const struct synergy_rail_samples *s;
	size_t n_windows;		/* windows that count */
	size_t *window;			/* their numbers in s, by time */
	size_t *first_piece;		/* the piece in which each begins */
	uint32_t *layer;		/* the layer (or BETWEEN) that has most of each */
	uint32_t *run;			/* the run that has most of it */
	float *outside;			/* share outside of the runs */
	double *support;		/* n_layers: sum of shares */
	double between_support;
	double window_ns;		/* mean length */
	double fine_ns;			/* the segments at a layer's edge */
	size_t n;			/* unknowns */
	size_t bandwidth;		/* greatest distance of two segments in one window */
	size_t *place;			/* of each segment, where another order is narrower; or NULL */
	size_t n_order;
	uint32_t *order;		/* the layers that there are, by time */
	size_t *first_segment;		/* n_layers: by layer; layers in order of time */
	size_t *n_segments;		/* n_layers */
	double *edge;			/* ends of the segments on 0..1 of the layer, in order */
	double *stolen_ns[2];		/* n_layers: mean of one piece, seen and unseen */
	struct synergy_timing timing;
};

/* One window's equation. */
struct synergy_row {
	size_t n, room;
	size_t first, last;		/* the unknowns that the window begins and ends in */
	size_t *unknown;		/* may repeat */
	double *share;			/* sums to 1, the onset's apart */
};

int synergy_design_make(const struct synergy_timeline *t, const struct synergy_rail_samples *s,
			const struct synergy_timing *timing, size_t max_unknowns, struct synergy_design *d,
			struct synergy_error *err);
void synergy_design_free(struct synergy_design *d);
/* A window other than it is thought to be. */
struct synergy_move {
	double shift_ns;		/* later */
	double lag_ns;			/* more of a time constant */
};

/* By one standard deviation of the windows' common time error, or of the time constant. */
enum synergy_considered_parameter {
	SYNERGY_CONSIDERED_EARLIER, SYNERGY_CONSIDERED_LATER, SYNERGY_CONSIDERED_LAG, SYNERGY_CONSIDERED
};
struct synergy_move synergy_design_move(const struct synergy_design *d, size_t i,
					enum synergy_considered_parameter parameter);
/* Window i's equation, as it is (NULL) or moved. ENOMEM. */
int synergy_design_row(const struct synergy_design *d, size_t i, const struct synergy_move *move,
		       struct synergy_row *row);
int synergy_row_put(struct synergy_row *row, size_t unknown, double share);
double synergy_row_value(const struct synergy_row *row, const gsl_vector *theta);
void synergy_row_free(struct synergy_row *row);
/* Where window i's middle lies: the layer's 0..1, or -1 when it is in no layer. */
double synergy_design_position(const struct synergy_design *d, size_t i);
/* unseen: 0 or 1 */
static inline size_t synergy_design_stolen(const struct synergy_design *d, size_t unseen)
{
	return d->n - 6 + unseen;
}
static inline size_t synergy_design_onset(const struct synergy_design *d)
{
	return d->n - 4;
}
static inline size_t synergy_design_between(const struct synergy_design *d)
{
	return d->n - 3;
}
static inline size_t synergy_design_before(const struct synergy_design *d)
{
	return d->n - 2;
}
static inline size_t synergy_design_after(const struct synergy_design *d)
{
	return d->n - 1;
}

/* ---- ordering.c ---- */

/*
 * A place for each of n unknowns, edges being pairs of them (synergy_index_key) that
 * should be near each other; no pair of one and itself. ENOMEM.
 */
int synergy_ordering(size_t n, const struct synergy_index *edges, size_t *place);

/* ---- normal_equations.c ---- */

/* A theta = b, A and b being sums over rows of weight x x' and weight x y. */
struct synergy_normal {
	size_t n, n_band, p;		/* unknowns; those in the band; its half-width */
	const size_t *place;		/* of each in the band; NULL: its own number; the design's */
	gsl_matrix *band;		/* B, the sum (GSL's band format) */
	gsl_matrix *border;		/* C, the sum */
	double corner[SYNERGY_BORDERS][SYNERGY_BORDERS];	/* D, the sum */
	gsl_vector *b;
	int outside_band;		/* a row was wider than was said: solve refuses */
	/* after solve */
	gsl_matrix *factor;		/* Cholesky's of B, scaled to a unit diagonal */
	gsl_matrix *z, *zs;		/* B^-1 C, and that times schur */
	double schur[SYNERGY_BORDERS][SYNERGY_BORDERS];	/* inverse of D - C' B^-1 C */
	gsl_vector *theta, *scale, *work;
	gsl_vector *placed;		/* apply's, in the band's order */
	/* after invert */
	gsl_matrix *inverse;		/* of B alone, within the band */
};

/* As many unknowns as the design has, in its order. ENOMEM. */
int synergy_normal_alloc(struct synergy_normal *m, const struct synergy_design *d);
void synergy_normal_free(struct synergy_normal *m);
void synergy_normal_clear(struct synergy_normal *m);
/* The sums alone; both have the same size. */
void synergy_normal_copy(struct synergy_normal *m, const struct synergy_normal *from);
void synergy_normal_add(struct synergy_normal *m, const struct synergy_row *row, double y,
			double weight);
/* theta; the sums stay. -1: EDOM, not positive definite. */
int synergy_normal_solve(struct synergy_normal *m);
/* After solve: x := A^-1 x */
int synergy_normal_apply(const struct synergy_normal *m, gsl_vector *x);
/* After solve: the condition of B, scaled to a unit diagonal. */
double synergy_normal_condition(struct synergy_normal *m);
/* After solve: the inverse within the band, for the two below. */
void synergy_normal_invert(struct synergy_normal *m);
/* An element of A^-1; both in the band: at most p apart there (else NaN). */
double synergy_normal_inverse(const struct synergy_normal *m, size_t i, size_t k);
/* row' A^-1 row */
double synergy_normal_leverage(const struct synergy_normal *m, const struct synergy_row *row);

/* ---- solve.c: the model and its iterations ---- */

/* One rail's system while it is solved. */
struct synergy_solution {
	const struct synergy_attribute_input *in;
	const struct synergy_timeline *t;
	const struct synergy_rail_samples *s;
	struct synergy_design d;
	struct synergy_normal m;
	struct synergy_row row;
	double mean_uw, lsb_uw;
	/* priors: of each unknown's level, and of the step from each segment to the next */
	double *level_mean, *level_weight, *step_weight;
	double *spacing;		/* by segment: to the next, tenths of the layer; 0 at its end */
	double tau_uw;			/* standard deviation of a step over a tenth of a layer */
	/* noise */
	double *residual;		/* by window, uW, run offsets taken off */
	double *variance;		/* by window, as weighted */
	unsigned char *outlier;		/* by window */
	size_t n_outliers;
	double *layer_variance;		/* n_layers + 1 (the last: between) */
	double noise_variance;		/* of a typical layer */
	double outside_sd_uw;		/* standard deviation of the power outside of the runs */
	double *run_offset;		/* n_runs, uW */
	struct synergy_run_sums *run_sums;	/* n_runs: by the jackknife */
};

int synergy_rail_solve(const struct synergy_attribute_input *in, const struct synergy_timeline *t,
		       const struct synergy_rail_samples *s, const struct synergy_timing *timing,
		       const struct synergy_attribute_options *o, struct synergy_rail_result *r,
		       struct synergy_error *err);
/* Window i's equation into q->row; its variance into q->variance. ENOMEM. */
int synergy_solution_row(struct synergy_solution *q, size_t i, int have_theta);
/* What it measured, its run's offset taken off, uW. */
double synergy_solution_measured(const struct synergy_solution *q, size_t i);
/* The mean power of layer i's pieces as a row into q->row. ENOMEM. */
int synergy_solution_layer(struct synergy_solution *q, size_t i);
/* Layers' energies per run from m's unknowns, between at the end: e[n_layers + 1], which
 * holds the times per run, ns, and then uJ. ENOMEM.
 */
int synergy_solution_energies(struct synergy_solution *q, const struct synergy_normal *m,
			      double *e);
/* The priors' part of the sums, into any system of this size. ENOMEM. */
int synergy_solution_add_priors(struct synergy_solution *q, struct synergy_normal *m);
/* x' Lambda x, Lambda the priors' part of A */
double synergy_solution_prior(const struct synergy_solution *q, const gsl_vector *x);

/* ---- intervals.c: from the solution to figures ---- */

/* Everything in r but label and n_layers' memory. -1: ENOMEM, EDOM. */
int synergy_rail_figures(struct synergy_solution *q, double share,
			 struct synergy_rail_result *r);

/* ---- considered.c: parameters that are not estimated ---- */

/* What one standard deviation of each does to a layer's energy, uJ; between at the end. */
struct synergy_considered {
	double *time_uj[SYNERGY_CONSIDERED];
	double *supply_uj;		/* both of one sign for all: sums add up */
	double *step_uj;		/* each layer's own */
};

/* Of a sum of layers (NULL: of the first n): the standard deviation. */
double synergy_considered_time(const struct synergy_considered *c, const uint32_t *layers,
			       size_t n);
int synergy_consider(struct synergy_solution *q, struct synergy_considered *c);
void synergy_considered_free(struct synergy_considered *c);

/* ---- jackknife.c: runs left out ---- */

/* Energies with one group of runs left out: [n_groups][n_layers + 1], uJ; last: between. */
struct synergy_jackknife {
	size_t n_groups, n_layers;
	double *energy;
	uint32_t *groups;		/* n_layers: the groups that have windows of it, a bit each */
};

/* Do windows of several groups tell of this layer, so that its scatter means something? */
static inline int synergy_jackknife_repeats(const struct synergy_jackknife *k, size_t layer)
{
	return !k->groups || (k->groups[layer] & (k->groups[layer] - 1));
}

/* n_groups 0: fewer than three runs. ENOMEM, EDOM. */
int synergy_jackknife(struct synergy_solution *q, struct synergy_jackknife *k);
/* The variance of one layer's energy, or of a sum: layers[n], NULL all and between. */
double synergy_jackknife_variance(const struct synergy_jackknife *k, const uint32_t *layers,
				  size_t n);
void synergy_jackknife_free(struct synergy_jackknife *k);

/* ---- moderate.c: variances of all layers together ---- */

/* What is known of one layer's variance before it is moderated, uJ^2. */
struct synergy_evidence {
	double energy, data, scatter;	/* posterior's part from data; jackknife */
	int counts;			/* seen by enough windows to tell of all layers */
	int single;			/* seen in one run alone: scatter says nothing */
};

/* scatter ~ (kappa data + s energy^2 / runs) chi2 / dof, and what is left differs by d0. */
struct synergy_moderation {
	double runs, dof;		/* groups - 1; 0: no jackknife */
	double kappa, run_variance;	/* s, relative */
	double d0;			/* degrees of freedom of the layers' own departure */
};

void synergy_moderate(const struct synergy_evidence *e, size_t n, double runs, double groups,
		      struct synergy_moderation *m);
/* The moderated variance of one; *dof its degrees of freedom. */
double synergy_moderated(const struct synergy_moderation *m, const struct synergy_evidence *e,
			 double *dof);

/* ---- held_out.c ---- */

/* Of one run, over its windows: what it has above what the other runs let expect. */
struct synergy_run_sums {
	double level, weight;		/* sum of residuals over variances; of 1 over variances */
	double square, n;		/* sum of squares over variances, windows */
};

/* ENOMEM */
int synergy_check_runs(const struct synergy_run_sums *v, size_t runs, double mean_uw,
		       struct synergy_run_check *c);
/* us: each run's time */
void synergy_check_clock(const double *us, size_t n, struct synergy_clock_check *c);

/* ---- stuck.c ---- */

/* Marks the windows as outliers. */
void synergy_find_stuck(struct synergy_solution *q, struct synergy_converter_check *c);

/* ---- sensor.c ---- */

/* counted.c: rows of marks, and the total, on a rail whose energy is counted. -1: ENOMEM. */
int synergy_counted_rows(const struct synergy_attribute_input *in,
			 const struct synergy_rail_samples *s, struct synergy_rail_result *r);
/* As a source in user space says it; step_uv: of the shunt's voltage in its values. */
struct synergy_source_record;
void synergy_sensor_source(struct synergy_sensor *s, const struct synergy_source_record *source,
			   double step_uv);
void synergy_sensor_part(const struct synergy_rail_samples *s, struct synergy_sensor_part *p);

/* ---- outlier.c ---- */

/* Mark windows that nothing explains; see there. ENOMEM. */
int synergy_find_outliers(struct synergy_solution *q, double sigmas);

/* ---- integral.c ---- */

/* Mean power over the idle intervals within a time; serial correlation allowed for. */
struct synergy_figure synergy_idle_power(const struct synergy_attribute_input *in,
					 const struct synergy_rail_samples *s, uint64_t from_ns,
					 uint64_t to_ns);
/* Integral per run by trapezoids over the windows' middles, uJ. */
double synergy_trapezoid(const struct synergy_timeline *t, const struct synergy_rail_samples *s);
/* coverage, period_us, n_phases. ENOMEM. */
int synergy_sampling(const struct synergy_timeline *t, const struct synergy_rail_samples *s,
		     struct synergy_rail_result *r);

#endif
