/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attribution: from power samples and marks to energy per layer with a 95 %
 * interval. Each sample's conversion window is one equation: its mean power is
 * the sum over layers of (share of the window spent in it) x (its power). The
 * model, its error terms and their reasons are in solve.c.
 *
 * Two steps, either of which can be used alone: a collector turns a stream of
 * records into arrays (struct synergy_attribute_input), and synergy_attribute()
 * solves them. Nothing here prints, exits or changes GSL's error handler: main()
 * calls gsl_set_error_handler_off(), and errors come back as errno.
 *
 *	c = synergy_collect_new();
 *	... for each record: synergy_collect_record(c, record, &err);
 *	in = synergy_collect_finish(c, &err);
 *	synergy_attribute(in, NULL, &result, &err);
 *	synergy_attribute_fill(table, result, "VDD_CPU", &err);
 *
 * Times are CLOCK_MONOTONIC ns, power uW in the input and energy uJ in the result.
 */
#ifndef SYNERGY_ATTRIBUTE_ATTRIBUTE_H
#define SYNERGY_ATTRIBUTE_ATTRIBUTE_H

#include <stddef.h>
#include <stdint.h>

#include "layers/layers.h"
#include "lib/error.h"

struct synergy_record;

#define SYNERGY_ATTRIBUTE_MAX_LAYERS	65536

enum synergy_interval_kind {
	SYNERGY_INTERVAL_LAYER,		/* one layer in one inference */
	SYNERGY_INTERVAL_RUN,		/* one inference */
	SYNERGY_INTERVAL_IDLE,		/* nothing was done on purpose */
	SYNERGY_INTERVAL_BUSY,		/* a step of the time check's train */
};

/* Arrays by interval, sorted by begin within each kind. */
struct synergy_intervals {
	size_t n;
	uint64_t *begin_ns, *end_ns;	/* what lies between the marks' own work */
	uint32_t *kind;			/* enum synergy_interval_kind */
	uint32_t *layer;		/* index, for LAYER */
	uint32_t *run;			/* the inference's number, for LAYER and RUN; idle: its number */
	double *counts;			/* [n][n_events]: the events within; NaN not counted */
};

/* A supply's resistance as the recording has it, load_line.c; mohm 0: it does not. */
struct synergy_source {
	double mohm, se_mohm;
	double ma, mv;			/* current and voltage at which it is surest */
};

/* A rail's sensor: standard uncertainties of what is constant in it, sensor.c. */
struct synergy_sensor {
	double shunt_uohm, step_uv;	/* one step of the shunt's register; 0: not known, nor the rest */
	double u_offset_uv;		/* of the shunt's voltage */
	double u_gain, u_shunt, u_bus;	/* relative; NaN: not known */
	char source[64];		/* of these: "data sheet", "calibrated 2026-03-01" */
};

/* Arrays by sample of one rail, in order of time; repeats are left out. */
struct synergy_rail_samples {
	char label[32];
	double bus_step_share;		/* one step of the bus voltage, of its value; 0 unknown */
	int counted;			/* energy is counted: windows follow on each other */
	size_t n;
	uint64_t *begin_ns, *end_ns;	/* the conversion window */
	double *power_uw;		/* current by the voltage at that time, see load_line.c */
	double *current_ma;		/* or NULL */
	double *bus_mv;			/* as measured at bus_time_ns; these three or none */
	uint64_t *bus_time_ns;
	struct synergy_source source;
	struct synergy_sensor sensor;
	double *lsb_uw;		/* what one step of the converter is worth */
	uint32_t *window_error_ns;		/* the window's edges may be off by this */
	uint64_t *tick_ns;		/* its record's time: of the tick that read it; or NULL */
};

/* What the stream reported beside samples and marks. */
struct synergy_collect_notes {
	uint64_t samples;		/* POWER records taken */
	uint64_t repeats;		/* left out: no new conversion */
	uint64_t late;			/* after missed ticks */
	uint64_t reconfigured;		/* the chip's set-up had been changed by somebody */
	uint64_t lost;			/* records lost by this reader, all kinds */
	uint64_t lost_power, lost_markers;
	uint64_t errors;		/* ERROR records */
	uint64_t invalidated;		/* left out: the chip's configuration was found changed */
	uint64_t saturated, no_bus, filtered;	/* channel flags met */
	uint64_t warmup_runs;		/* marked as such and left out */
	uint64_t abandoned;		/* intervals that the program never ended: left out */
	uint64_t unmatched;		/* ENDs without BEGIN and the other way round: left out */
	uint64_t multiplexed;		/* intervals with an event that did not run all the time */
	uint64_t migrated;		/* intervals that began and ended on different cores */
	uint64_t incomplete_runs;	/* inferences that lost a mark: left out */
	uint64_t dropped;		/* marks of threads past the limit, or nested too deeply */
	uint64_t open;			/* intervals that were open at the end */
	uint64_t stride;		/* one part in so many of the recording was kept; 1: all */
};

/* One name in a program's marks; times are means per run of the command (see below). */
struct synergy_marked_name {
	uint32_t id;			/* its marks' */
	int others;			/* names past the limit share this row */
	uint32_t parent;		/* row that enclosed it when it was least deep; the last: none */
	uint32_t depth;			/* then */
	uint64_t calls;			/* in the recording */
	double self_us;			/* it was the innermost */
	double inclusive_us;		/* it was open */
	double shared_us;		/* of self_us: other threads had an interval open, too */
};

/* Layers of which the weighted sum is wanted, with its own interval. */
struct synergy_sum {
	size_t n;
	uint32_t *layers;
	double *weights;
};

/*
 * A program's own marks, of one thread: a row a name, in the order in which they first
 * came, and at the end a row of the rest, which no interval encloses. A run is then one
 * of the recorded command's, or the whole recording where there is no command.
 */
struct synergy_phases {
	uint32_t tgid, tid;		/* 0: no program marked anything */
	size_t n;
	struct synergy_marked_name *rows;
	double *counts;			/* [2 n][n_events]: own, then inclusive; per run; NaN unknown */
	/* private to phases.c: what is solved in the rows' place */
	size_t n_layers, n_blocks, n_sums;
	struct synergy_intervals solved;
	struct synergy_sum *sums;	/* by row: own, then inclusive */
	double *kept_us;		/* n_sums: time of them that was not thinned out, all blocks */
};

#define SYNERGY_MARKING_THREADS	256	/* kept apart; marks of others are counted */
#define SYNERGY_MARKING_DEPTH	4096	/* intervals open at once in a thread */

/* A thread that marks. */
struct synergy_marking_thread {
	uint32_t tgid, tid;
	uint64_t marked_ns;		/* with an interval open */
};

/* In a recording of a program's own marks (phases), a layer is a row of its names. */
struct synergy_attribute_input {
	size_t n_layers;		/* highest layer id + 1 */
	size_t n_runs;			/* inferences, warm-up left out */
	size_t n_events;
	char (*events)[64];
	struct synergy_intervals intervals;
	size_t n_rails;
	struct synergy_rail_samples *rails;
	struct synergy_collect_notes notes;
	struct synergy_phases *phases;	/* NULL: inferences, with layers by their ids */
	size_t n_sums;
	struct synergy_sum *sums;	/* figures that are wanted beside the layers' */
	int fixed_times;		/* layers' times are known, and no sample of others */
};

struct synergy_collect;
struct synergy_collect *synergy_collect_new(void);	/* NULL: ENOMEM */
void synergy_collect_free(struct synergy_collect *c);	/* NULL is fine */
/* One record as the device or a recording gave it; unknown types are skipped.
 * EINVAL for a record that contradicts itself, EFBIG, ENOMEM.
 */
int synergy_collect_record(struct synergy_collect *c, const struct synergy_record *record,
			   struct synergy_error *err);
/* Keep at most about so many samples (all rails together): of a longer recording parts
 * that are spread evenly. Before the first record; 0: SYNERGY_COLLECT_SAMPLES.
 */
#define SYNERGY_COLLECT_SAMPLES	600000
void synergy_collect_limit(struct synergy_collect *c, size_t samples);
/* What was collected by now; the collector may go on and be asked again. Of inferences
 * (synergy-run's marks) as they were marked, else of the thread that marked most. NULL
 * with errno: ENODATA (neither samples nor marks; or no whole inference), ENOMEM.
 */
struct synergy_attribute_input *synergy_collect_finish(struct synergy_collect *c,
						       struct synergy_error *err);
/* The programs' threads, by the time that they marked, most first; 0 where inferences are
 * marked. Pointers hold until the next record. -1: ENOMEM.
 */
int synergy_collect_threads(struct synergy_collect *c,
			    const struct synergy_marking_thread **threads, size_t *n,
			    struct synergy_error *err);
/* The same of one of them. */
struct synergy_attribute_input *synergy_collect_finish_thread(struct synergy_collect *c,
							      size_t thread,
							      struct synergy_error *err);
void synergy_attribute_input_free(struct synergy_attribute_input *in);

/* A layer counts as resolved when the half-width of its 95 % interval is at most
 * this share of its energy.
 */
#define SYNERGY_RESOLVED_SHARE		0.10

struct synergy_attribute_options {
	double resolved_share;		/* 0: SYNERGY_RESOLVED_SHARE */
	double outlier_sigmas;		/* 0: 8; negative: keep all */
	size_t max_unknowns;		/* 0: 8000; bounds memory and time */
};

/* One figure with what is known of its error. */
struct synergy_figure {
	double value;			/* NaN: not known */
	double se;			/* standard error */
	double se_runs;			/* of it, what differs in another recording of the same set-up */
	double dof;			/* of Student's t */
	double ci95;			/* half-width of the 95 % interval (t quantile) */
};

/* Of one layer's energy: what its standard error is made of, uJ; see the method page. */
struct synergy_parts {
	double runs_uj;			/* noise, and what differs from run to run; falls as 1/sqrt(runs) */
	double runs_dof;		/* its degrees of freedom */
	double shape_uj;		/* the course of the power that windows do not resolve */
	double time_uj;			/* the windows' common time error */
	double supply_uj;		/* the supply's resistance */
	double step_uj;			/* the converter's step, where noise does not smooth it */
};

struct synergy_layer_figures {
	struct synergy_figure energy_uj;	/* per inference */
	struct synergy_parts parts;
	double power_uw;		/* mean while the layer runs */
	double samples;			/* windows' worth of samples spent in the layer, all runs */
	int resolved;
	double runs_needed;		/* for resolved; at most the runs that were made when it is;
					 * infinite: no number of runs, the rest is no scatter
					 */
};

/* The sensor's part of a rail's uncertainty: common to all figures, in none of their +-. */
struct synergy_sensor_part {
	struct synergy_sensor sensor;
	double offset_uw;		/* standard uncertainty of any power; NaN: not known */
	double scale;			/* of any energy, relative */
};

/* Of an energy over a time: standard uncertainty, uJ. Above idle, us is 0. */
double synergy_sensor_u_uj(const struct synergy_sensor_part *p, double uj, double us);
/* By the data sheet; assumed: the shunt is nobody's statement, corrected: the offset is. */
void synergy_sensor_default(struct synergy_sensor *s, double shunt_uohm, int assumed,
			    int corrected);

/* A self-check: it could not be made, it passed, or it found what its figures say. */
enum synergy_check_state { SYNERGY_CHECK_NONE, SYNERGY_CHECK_PASSED, SYNERGY_CHECK_FAILED };

/* Each run against the others, held_out.c. */
struct synergy_run_check {
	enum synergy_check_state state;
	size_t level_run;		/* whose power is farthest off the others', ... */
	double level_share, level_p;	/* ... by this of the mean, by chance with this probability */
	size_t misfit_run;		/* that fits least, ... */
	double misfit_z;		/* ... in standard errors ... */
	double misfit_p;		/* ... and its chance by the other runs' spread */
	int misfits;			/* failed by it */
	double chi2;			/* a typical run's square of misfit: about 1 */
};

/* A converter that stands still, stuck.c. */
struct synergy_converter_check {
	enum synergy_check_state state;
	size_t longest;			/* streak of equal values, windows */
	size_t n_samples;		/* left out */
	double stuck_us;		/* for so long in all */
};

/* The time of runs in two groups, one after the other: a clock that changed, held_out.c. */
struct synergy_clock_check {
	enum synergy_check_state state;
	size_t run;			/* the second group's first */
	double change_share, p;
};

/* The input rail against the sum of the rails that it feeds, attribute.c. */
struct synergy_parts_check {
	enum synergy_check_state state;
	double whole_uj, parts_uj, u_uj;	/* per inference; of their difference */
};

/* What the train of busy steps says of the windows' times, step_train.c. */
struct synergy_time_check {
	size_t n_steps;			/* busy and idle; 0: there was none */
	double delay_ns;		/* the power comes so much later than marked; NaN: not found */
	double u_ns;			/* its standard error */
	double lag_ns, lag_u_ns;	/* of it the rail's time constant, as well as that is known */
	double edges_ns;		/* how much later rising edges come than falling ones */
	double stated_ns;		/* the windows' own uncertainty, mean */
	int used;			/* the windows were moved by it */
	int failed;			/* it is more than chance and what is stated */
};

struct synergy_rail_result {
	char label[32];
	struct synergy_time_check time_check;
	struct synergy_run_check run_check;
	struct synergy_converter_check converter_check;
	struct synergy_sensor_part sensor;
	int counted;			/* rows of marks and the total are by counted energy, counted.c */
	size_t n_samples;		/* used: windows within the inferences */
	size_t n_outliers;		/* reported and left out */
	size_t n_unknowns;		/* of the linear system */
	double condition;		/* of it, scaled to a unit diagonal */
	double noise_uw;		/* standard deviation of one sample's residual */
	double coverage;		/* share of the inferences' time within some window */
	double period_us;		/* from window to window, median */
	size_t n_phases;		/* of sixteen of the cycle, at which runs began; 0: no holes */
	struct synergy_layer_figures *layers;	/* n_layers */
	struct synergy_layer_figures *inclusive;	/* of phases: with the calls inside; else NULL */
	struct synergy_layer_figures *sums;	/* the input's n_sums; NULL where it has phases */
	struct synergy_layer_figures between;	/* no layer's */
	struct synergy_figure unattributed_uj;	/* part of the total: layers that no window met */
	size_t n_unattributed;		/* such layers; their own figures are NaN */
	struct synergy_figure total_uj;	/* per inference: layers + between */
	struct synergy_parts total_parts;
	double trapezoid_uj;		/* per inference: trapezoids over the samples, for comparison */
	double kappa;			/* scatter over noise, of variances: above 1 noise goes on ... */
	double run_sd;			/* ... and how a layer's energy varies from run to run, relative */
	struct synergy_source source;	/* what the voltage between its measurements is from */
	double pause_us;		/* what a tick keeps the program from working, preemption.c; 0 none */
	double outlier_uj;		/* per inference: what the outliers would have added */
	struct synergy_figure idle_before_uw, idle_after_uw, idle_uw;	/* mean power; NaN none */
	struct synergy_figure net_uj;	/* total minus idle power x time */
	double drift_share;		/* power's change from the first to the last run, of its mean */
	double drift_p;			/* probability of as much by chance */
	double warmup_share;		/* first run's power above the others' mean */
	double warmup_p;
};

struct synergy_attribute_result {
	struct synergy_clock_check clock_check;
	struct synergy_parts_check parts_check;
	size_t n_layers, n_runs, n_events, n_rails;
	size_t n_blocks;		/* of phases: intervals are from their scatter; 0: from runs' */
	double run_us;			/* mean time of one inference */
	double run_sd_us;
	double time_drift_share;	/* of an inference's time, first run to last */
	double time_drift_p;
	double *time_us;		/* n_layers: mean per inference */
	double *time_sd_us;
	double *times;			/* n_layers: how often a layer runs in one inference */
	double *counts;			/* [n_layers][n_events]: mean per inference, exact */
	double *run_counts;		/* n_events: of the whole inference */
	double between_us;
	double *between_counts;		/* n_events */
	struct synergy_rail_result *rails;
	struct synergy_collect_notes notes;
};

/* Solve. options may be NULL. EINVAL for input that contradicts itself, ENODATA
 * without an inference, ENOMEM. A rail without samples gives NaN, not an error.
 */
int synergy_attribute(const struct synergy_attribute_input *in,
		      const struct synergy_attribute_options *options,
		      struct synergy_attribute_result **out, struct synergy_error *err);
void synergy_attribute_free(struct synergy_attribute_result *r);

/*
 * Put the figures into a table whose rows are the layers by index (rails and
 * events by name; both must be there), add the "(between)" row and provenance
 * lines (runs, samples, totals, idle, drift, outliers, losses).
 * rail: the label that energy_uj means. EINVAL: no such rail, a layer without row.
 */
int synergy_attribute_fill(struct synergy_layers *table,
			   const struct synergy_attribute_result *r, const char *rail,
			   struct synergy_error *err);

/* The board's input: a label with IN or VIN as a word, else the rail that takes more than
 * all others together; -1 none.
 */
int synergy_attribute_input_rail(const struct synergy_attribute_result *r);
/* The first whose label has CPU as a word; -1 none. */
int synergy_attribute_cpu_rail(const struct synergy_attribute_result *r);
/* The rail that is reported: the input, else the processor's, else the first; -1 none. */
int synergy_attribute_default_rail(const struct synergy_attribute_result *r);

/* Widest interval among layers, as a share (for --until): of the layers that take
 * at least min_share of the time. NaN when nothing was measured; infinite when no
 * sample met one of them. *layer (may be NULL) is whose it is.
 */
double synergy_attribute_widest(const struct synergy_attribute_result *r, size_t rail,
				double min_share, size_t *layer);

#endif
