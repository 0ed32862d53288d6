/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The off-line laboratory of attribution: a network's true power on a fine grid,
 * run again and again with new times, variations and noise, and sampled as a board
 * would under a scheme. It gives what the collector gives (struct
 * synergy_attribute_input) and the truth beside it, in milliseconds, so that
 * coverage is counted over thousands of sessions. Used by the unit tests of
 * attribution and by `make bench-attribution`.
 *
 * Where power on a grid comes from: made up (lab_network_*), or recorded once on
 * the virtual board (lab_network_read). Nothing here knows of the estimator.
 *
 * Times are ns and power uW, as in attribute.h. Random numbers are splitmix64 from a
 * seed: the same seed gives the same session on any machine.
 */
#ifndef TESTS_LAB_LAB_H
#define TESTS_LAB_LAB_H

#include <stddef.h>
#include <stdint.h>

#include "attribute/attribute.h"

/* ---- random.c ---- */

struct lab_random {
	uint64_t state;
	double spare;			/* the other normal of a pair; NaN none */
};

void lab_seed(struct lab_random *r, uint64_t seed);
double lab_uniform(struct lab_random *r);		/* 0..1 */
double lab_between(struct lab_random *r, double low, double high);
double lab_normal(struct lab_random *r);
uint64_t lab_mix(uint64_t a, uint64_t b);		/* a seed from two numbers */

/* ---- network.c, network_file.c ---- */

enum { LAB_IN, LAB_CPU, LAB_RAILS };			/* VDD_IN, VDD_CPU */
extern const char *const lab_rail_names[LAB_RAILS];

/* Power over a length of time, in cells of equal length. */
struct lab_profile {
	double ns;
	size_t n;
	float *uw[LAB_RAILS];
};

struct lab_network {
	char name[64];
	size_t n_layers;
	struct lab_profile *layers;
	struct lab_profile *gaps;	/* n_layers + 1: before each layer, after the last */
	double idle_uw[LAB_RAILS];	/* the core sleeps */
	double busy_uw[LAB_RAILS];	/* all its threads multiply: the train's steps */
};

enum lab_kind {
	LAB_ALEXNET,			/* 21 layers of 20 us to 90 ms, 326 ms */
	LAB_SHORT,			/* 40 layers of 50 us to 3 ms */
	LAB_LONG,			/* 48 layers of 5.2 to 8 ms */
	LAB_MIDDLE,			/* 60 layers of 0.8 to 6 ms */
	LAB_TINY,			/* 24 layers of 30 to 600 us, as nets of 2 to 6 ms are */
	LAB_BURSTS,			/* 24 layers, a third in bursts near a period of 1 ms */
	LAB_KINDS
};
extern const char *const lab_kind_names[LAB_KINDS];

/* gap_share: the power between layers over the mean (0.3 sleeps, 1.5 copies); 0: drawn. */
struct lab_network *lab_network_make(enum lab_kind kind, uint64_t seed, double gap_share);
/* Recorded on the virtual board, see network_file.c. NULL with a message in err. */
struct lab_network *lab_network_read(const char *path, struct synergy_error *err);
void lab_network_free(struct lab_network *n);

/* ---- board.c ---- */

/* What the sensor of one board has drawn for good. */
struct lab_sensor {
	double offset_uv, gain, shunt;	/* shunt, gain: relative errors */
};

struct lab_board {
	const char *name, *source;
	double mv[LAB_RAILS], shunt_uohm[LAB_RAILS];
	double white_uw[LAB_RAILS];	/* of one conversion */
	double program_uw[LAB_RAILS];	/* the program's own, correlated over tau */
	double program_tau_ns;
	double lag_ns;			/* time constant of the rail before its shunt */
	double run_power_sd, run_time_sd;	/* of a layer from run to run, relative */
	double all_power_sd;		/* of a whole run */
	double drift;			/* first run to last, relative */
	double clock;			/* the converter's, half-width of its tolerance */
	double offset_uv, gain, shunt;	/* limits within which a board's sensor is drawn */
	double watts;			/* a program's mean on VDD_CPU; 0: as recorded */
};

#define LAB_BOARDS	6
extern const struct lab_board lab_boards[LAB_BOARDS];
const struct lab_board *lab_board_find(const char *name);
/* Offset normal with half its limit as standard deviation, cut there; the others even. */
struct lab_sensor lab_board_draw(const struct lab_board *b, struct lab_random *r);

/* ---- scheme.c ---- */

struct lab_scheme {
	const char *name;
	double window_ns, period_ns;	/* of one rail's conversions */
	double dither_ns;		/* of the period, triggered */
	double restart_ns;		/* conversions begin again at a random phase; 0 never */
	double uncertainty_ns;		/* as stated */
	double random_share;		/* of it, new in each window; the rest common */
	double tick_ns;			/* a reading's period: what classes count in */
};

#define LAB_SCHEMES	5
extern const struct lab_scheme lab_schemes[LAB_SCHEMES];
const struct lab_scheme *lab_scheme_find(const char *name);

/* ---- session.c: what happens ---- */

struct lab_session {
	const struct lab_network *network;
	const struct lab_board *board;
	const struct lab_scheme *scheme;
	struct lab_sensor sensor;
	size_t n_runs;
	uint64_t seed;
	unsigned int rails;		/* bit per rail */
	double pause_low_ns, pause_high_ns;	/* sleep between inferences */
	double idle_ns;			/* before and after, marked; 0 none */
	size_t train_steps;		/* busy and idle, before the runs; 0 none */
	/* faults */
	double late_ns;			/* the windows' stamps are early by this, unsaid */
	double time_error;		/* of what is stated, how much is so: 0 all, negative none */
	double lag_ns;			/* in place of the board's; 0 */
	size_t slow_from;		/* run from which the clock is ... */
	double slow;			/* ... lower by this share; 0 never */
	double stuck_at, stuck_share;	/* converter stands still: a share of the session */
	size_t load_run;		/* one run with another load ... */
	double load_uw;			/* ... of this; 0 none */
};

/* Energies per inference, uJ. */
struct lab_energy {
	double own;			/* expected in another recording like this one */
	double here;			/* the mean of this recording's inferences */
	double ns;			/* own time */
};

struct lab_truth {
	size_t n_layers;
	struct lab_energy *layers[LAB_RAILS];
	struct lab_energy total[LAB_RAILS];	/* with what lies between layers */
	double idle_uw[LAB_RAILS];
};

/*
 * What a sensor with these errors makes of an energy: the statistical interval is for
 * this; the combined one for the energy itself.
 */
double lab_seen_uj(const struct lab_session *s, int rail, double uj, double ns);

struct synergy_attribute_input *lab_run(const struct lab_session *s, struct lab_truth *truth);
void lab_truth_free(struct lab_truth *t);

/* ---- recording.c ---- */

/* As a file that synergy-report reads, with layers named layer0, layer1, ... -1: see err. */
int lab_record(const struct lab_session *s, const struct synergy_attribute_input *in,
	       const char *path, struct synergy_error *err);

/* ---- score.c: coverage by class ---- */

enum lab_class { LAB_BELOW, LAB_TENTH, LAB_ONE, LAB_FIVE, LAB_WHOLE, LAB_CLASSES };
extern const char *const lab_class_names[LAB_CLASSES];

/* Of layers (or totals) of one class under one condition. */
struct lab_score {
	size_t n, own, here;		/* intervals; that hold the own mean; this recording's */
	double error, square;		/* sums of |relative error| and its square, to own */
	double width, width_square;	/* sums of the relative half-width and its square */
	double loss;			/* sum of 2 ci + 40 x what is missed: the interval score */
};

enum lab_class lab_class_of(double ns, double period_ns);
void lab_score_add(struct lab_score *s, double value, double ci95, double own, double here);
void lab_score_merge(struct lab_score *s, const struct lab_score *more);
/* 95 % interval of a share of k in n (Wilson). */
void lab_binomial(size_t k, size_t n, double *low, double *high);

#endif
