// SPDX-License-Identifier: GPL-3.0-or-later
/* Sentences on a result, see remarks.h. */
#include "report/remarks.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MATTERS_SHARE	0.01	/* of the time: layers that are worth narrowing, ... */
#define NARROW_SHARE	0.05	/* ... to this share of their energy */
#define MOST_RUNS	10000.0	/* past so many a number says no more than that it is hopeless */
#define BY_CHANCE	0.001	/* of good recordings: what is less likely is worth a word */
#define LEAST_POWER	0.005	/* changes of the power and of the time that matter */
#define LEAST_TIME	0.01
#define LEAST_PHASES	5	/* of sixteen; random ones are as few in one of 10000 recordings */
#define RUNS_PER_PHASE	4

typedef unsigned long long ull;

struct remarks {
	struct synergy_remark *out;
	const struct synergy_layers *layers;	/* or NULL */
	size_t wanted, n;
	int found;
};

/* Number n is written when it is the wanted one; advice or NULL. */
static void remark(struct remarks *m, int applies, enum synergy_remark_level level,
		   const char *advice, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
static void remark(struct remarks *m, int applies, enum synergy_remark_level level,
		   const char *advice, const char *fmt, ...)
{
	va_list args;

	if (!applies || m->n++ != m->wanted)
		return;
	m->found = 1;
	m->out->level = level;
	snprintf(m->out->advice, sizeof(m->out->advice), "%s", advice ? advice : "");
	va_start(args, fmt);
	vsnprintf(m->out->what, sizeof(m->out->what), fmt, args);
	va_end(args);
}

#define NOTE	SYNERGY_REMARK_NOTE
#define WARNING	SYNERGY_REMARK_WARNING
#define SERIOUS	SYNERGY_REMARK_SERIOUS

static void power_remarks(struct remarks *m, const struct synergy_collect_notes *n)
{
	remark(m, n->lost > 0, WARNING, "a larger buffer, fewer events", "%llu records were lost because they were not read in time (%llu power samples, %llu marks)",
	       (ull)n->lost, (ull)n->lost_power, (ull)n->lost_markers);
	remark(m, n->errors > 0, WARNING, NULL, "%llu bus or counter errors are in the stream; what they hit is missing",
	       (ull)n->errors);
	remark(m, n->repeats > 0, NOTE, "a lower rate", "%llu samples repeated the one before and were left out: the rate is above what the chip converts",
	       (ull)n->repeats);
	remark(m, n->late * 100 > n->samples, NOTE, NULL, "%llu of %llu samples came late",
	       (ull)n->late, (ull)n->samples);
	remark(m, n->reconfigured > 0, WARNING, NULL, "the chip's set-up was changed from outside %llu times",
	       (ull)n->reconfigured);
	remark(m, n->invalidated > 0, WARNING, NULL, "%llu samples were discarded: the chip's configuration was found changed, or the chip was not converting",
	       (ull)n->invalidated);
	remark(m, n->saturated > 0, SERIOUS, NULL, "%llu values were at the end of the scale: power is understated",
	       (ull)n->saturated);
	remark(m, n->filtered > 0, SERIOUS, "averages of 1", "the chip averages over conversion cycles: its filter mixes neighbouring layers, and intervals are too narrow");
	remark(m, n->no_bus * 100 > n->samples, NOTE, NULL, "%llu values of %llu samples came before a bus voltage was known and were left out",
	       (ull)n->no_bus, (ull)n->samples);
}

static void mark_remarks(struct remarks *m, const struct synergy_collect_notes *n)
{
	remark(m, n->incomplete_runs > 0, NOTE, NULL, "%llu inferences lost a mark and were left out",
	       (ull)n->incomplete_runs);
	remark(m, n->abandoned > 0, NOTE, NULL, "%llu intervals were never ended by the program: they end where it closed the device, and no inference counts that has one",
	       (ull)n->abandoned);
	remark(m, n->open > 0, NOTE, NULL, "%llu intervals were open when the recording ended: they end there",
	       (ull)n->open);
	remark(m, n->dropped > 0, NOTE, NULL, "%llu marks were left out: of more than %d threads, or more than %d intervals within each other",
	       (ull)n->dropped, SYNERGY_MARKING_THREADS, SYNERGY_MARKING_DEPTH);
	remark(m, n->stride > 1, NOTE, NULL, "the recording is long: one of each %llu parts of it, spread evenly, was attributed",
	       (ull)n->stride);
	remark(m, n->unmatched > 0, NOTE, NULL, "%llu marks have no other half and were left out",
	       (ull)n->unmatched);
	remark(m, n->migrated > 0, NOTE, "pin the program", "%llu intervals changed the core: their counts were left out",
	       (ull)n->migrated);
	remark(m, n->multiplexed > 0, NOTE, "fewer events, or several recordings", "counters were multiplexed in %llu intervals: their counts are scaled up, not exact",
	       (ull)n->multiplexed);
}

/* What a row is called: a layer of a network, or a name in a program's marks. */
static const char *row_word(const struct synergy_attribute_result *r)
{
	return r->n_blocks ? "name" : "layer";
}

/* "layer 3 (+-12 %), ..." of the layers that matter and are wide, widest first. */
struct wide {
	char text[224];
	size_t n;
	double runs;			/* that would narrow them all; infinite: none would */
};

static double width(const struct synergy_figure *e, size_t i)
{
	/* Those that are not known come first, each apart. */
	return isnan(e->value) ? 1e6 + (double)i : fmin(e->ci95 / fabs(e->value), 1e6 - 1);
}

/* "layer 3"; of a program's marks their own name, and what lies outside of them. */
static const char *call_row(const struct remarks *m, const struct synergy_attribute_result *r, size_t i,
			    char *buf, size_t size)
{
	if (!r->n_blocks || !m->layers || i >= m->layers->n_rows)
		snprintf(buf, size, "%s %zu", row_word(r), i);
	else if (i + 1 == r->n_layers && i)
		snprintf(buf, size, "(outside of marks)");
	else
		snprintf(buf, size, "'%.40s'", m->layers->rows[i].layer);
	return buf;
}

static void find_wide(const struct remarks *m, const struct synergy_attribute_result *r,
		      const struct synergy_rail_result *v, struct wide *w)
{
	double last = INFINITY;
	size_t at = 0, shown, i;
	char name[64];

	*w = (struct wide){ .n = 0 };
	for (shown = 0;; shown++) {
		double most = NARROW_SHARE;
		size_t which = SIZE_MAX;

		for (i = 0; i < r->n_layers; i++) {
			double rel = width(&v->layers[i].energy_uj, i);

			if (!(r->times[i] > 0) || r->time_us[i] < MATTERS_SHARE * r->run_us ||
			    !(rel > most) || !(rel < last))
				continue;
			most = rel;
			which = i;
		}
		if (which == SIZE_MAX)
			return;
		w->n++;
		last = most;
		w->runs = fmax(w->runs, most >= 1 ? INFINITY : v->layers[which].runs_needed *
			       pow(SYNERGY_RESOLVED_SHARE / NARROW_SHARE, 2));
		if (shown > 3 || at >= sizeof(w->text))
			continue;
		if (shown == 3)
			snprintf(w->text + at, sizeof(w->text) - at, ", ...");
		else if (most >= 1)
			at += snprintf(w->text + at, sizeof(w->text) - at, "%s%s (not known)",
				       shown ? ", " : "", call_row(m, r, which, name, sizeof(name)));
		else
			at += snprintf(w->text + at, sizeof(w->text) - at, "%s%s (+-%.0f %%)",
				       shown ? ", " : "", call_row(m, r, which, name, sizeof(name)),
				       100 * most);
	}
}

static void unresolved_remarks(struct remarks *m, const struct synergy_attribute_result *r,
			       const struct synergy_rail_result *v)
{
	size_t i, layers = 0, unresolved = 0, unseen = 0, negative = 0;
	double time_us = 0;
	char advice[96];
	struct wide w;

	for (i = 0; i < r->n_layers; i++) {
		if (!(r->times[i] > 0))
			continue;
		layers++;
		unseen += !(v->layers[i].samples > 0);
		negative += v->layers[i].energy_uj.value < 0;
		if (v->layers[i].resolved)
			continue;
		unresolved++;
		time_us += r->time_us[i];
	}
	remark(m, v->n_samples && unresolved, NOTE, NULL, "rail %s: %zu of %zu %ss are not resolved (%zu were met by no sample); together they take %.1f %% of the time",
	       v->label, unresolved, layers, row_word(r), unseen, 100 * time_us / r->run_us);
	remark(m, negative > 0, NOTE, NULL, "rail %s: the energy of %zu %s negative: noise or the sensor's offset, where a layer draws next to nothing",
	       v->label, negative, negative == 1 ? "layer is" : "layers is");
	find_wide(m, r, v, &w);
	if (isinf(w.runs))
		snprintf(advice, sizeof(advice), "shorter conversions or fewer rails; more runs alone will not do");
	else if (w.runs > MOST_RUNS)
		snprintf(advice, sizeof(advice), "more than %.0f runs would narrow %s", MOST_RUNS, w.n == 1 ? "it" : "them");
	else
		snprintf(advice, sizeof(advice), "about %.0f runs would narrow %s", ceil(w.runs), w.n == 1 ? "it" : "them all");
	remark(m, v->n_samples && w.n, NOTE, advice, "rail %s: of the %ss of 1 %% of the time and more, %zu %s known to worse than 5 %%: %s; there were %zu runs",
	       v->label, row_word(r), w.n, w.n == 1 ? "is" : "are", w.text, r->n_runs);
}

static void rail_remarks(struct remarks *m, const struct synergy_attribute_result *r,
			 const struct synergy_rail_result *v)
{
	double apart = fabs(v->idle_before_uw.value - v->idle_after_uw.value);

	remark(m, !v->n_samples, SERIOUS, NULL, "rail %s: no sample lies within what was marked: its energy is unknown",
	       v->label);
	unresolved_remarks(m, r, v);
	remark(m, (r->n_blocks ? r->n_blocks : r->n_runs) < 3 && v->n_samples && !v->counted, WARNING, r->n_blocks ? "more calls, or synergy-record -r 3" : "at least 3 runs", "variation from run to run is not known: 1 %% is assumed");
	remark(m, v->n_outliers > v->converter_check.n_samples, NOTE, NULL, "rail %s: %zu of %zu samples fit no layer and were left out (%.3g uJ per %s)",
	       v->label, v->n_outliers - v->converter_check.n_samples, v->n_samples, v->outlier_uj,
	       r->n_blocks ? "run" : "inference");
	remark(m, v->n_phases && v->n_phases < LEAST_PHASES && RUNS_PER_PHASE * v->n_phases <= r->n_runs, WARNING,
	       "random phases (no --no-dither), or fewer rails at a higher rate", "rail %s: all runs were sampled at %zu phase%s of the conversion cycle: what layers do in bursts may have been missed",
	       v->label, v->n_phases, v->n_phases == 1 ? "" : "s");
	remark(m, v->drift_p < BY_CHANCE && fabs(v->drift_share) > LEAST_POWER, NOTE, NULL, "rail %s: power drifted by %+.1f %% from the first run to the last",
	       v->label, 100 * v->drift_share);
	remark(m, v->warmup_p < BY_CHANCE && fabs(v->warmup_share) > LEAST_POWER, NOTE, "more warm-up runs", "rail %s: the first run's power was %+.1f %% off the others'",
	       v->label, 100 * v->warmup_share);
	remark(m, apart > fmax(hypot(v->idle_before_uw.ci95, v->idle_after_uw.ci95),
			       0.02 * v->idle_uw.value), NOTE, NULL, "rail %s: idle power changed from %.0f to %.0f mW (temperature, or something else ran)",
	       v->label, v->idle_before_uw.value / 1e3, v->idle_after_uw.value / 1e3);
	remark(m, isnan(v->sensor.scale) && v->sensor.sensor.step_uv > 0, WARNING, "the shunt's value in the device tree, or synergy-calibrate", "rail %s: the shunt's resistance is assumed: the scale of all its figures is unknown",
	       v->label);
}

static void check_remarks(struct remarks *m, const struct synergy_attribute_result *r, size_t rail)
{
	struct synergy_check_line line;
	size_t i;

	for (i = 0; synergy_check_line(r, rail, i, &line); i++)
		remark(m, line.state == SYNERGY_CHECK_FAILED, i ? SERIOUS : WARNING, NULL, "self-check %s: %s",
		       line.name, line.text);
}

int synergy_remark(const struct synergy_attribute_result *r, const struct synergy_layers *layers,
		   size_t rail, size_t i, struct synergy_remark *out)
{
	struct remarks m = { .out = out, .wanted = i, .layers = layers };

	if (rail < r->n_rails)
		check_remarks(&m, r, rail);
	power_remarks(&m, &r->notes);
	mark_remarks(&m, &r->notes);
	remark(&m, r->time_drift_p < BY_CHANCE && fabs(r->time_drift_share) > LEAST_TIME, NOTE, NULL,
	       "an inference's time drifted by %+.1f %% from the first run to the last (frequency, temperature?)",
	       100 * r->time_drift_share);
	remark(&m, r->run_sd_us > 0.05 * r->run_us, WARNING, "end other programs; a fixed frequency",
	       "an inference's time varies by %.1f %% (standard deviation)", 100 * r->run_sd_us / r->run_us);
	if (rail < r->n_rails)
		rail_remarks(&m, r, &r->rails[rail]);
	return m.found;
}

/* ---- self-checks ---- */

static void time_line(const struct synergy_time_check *c, struct synergy_check_line *l)
{
	double us = c->delay_ns / 1e3;

	l->name = "time";
	l->false_alarms = 0.01;
	if (!c->n_steps || isnan(c->delay_ns)) {
		l->state = SYNERGY_CHECK_NONE;
		snprintf(l->text, sizeof(l->text), !c->n_steps ?
			 "not made: no busy and idle steps in this recording; windows' times are taken as stated" :
			 "not made: no edge was found in %zu busy and idle steps", c->n_steps);
		return;
	}
	l->state = c->failed ? SYNERGY_CHECK_FAILED : SYNERGY_CHECK_PASSED;
	snprintf(l->text, sizeof(l->text), "power comes %.1f +- %.1f us %s than marked (time constant of the rail %.0f us; windows state +-%.1f us)%s",
		 fabs(us), 2 * c->u_ns / 1e3, us < 0 ? "earlier" : "later", c->lag_ns / 1e3,
		 c->stated_ns / 1e3, c->used ? ": allowed for" :
		 ": too uncertain to allow for");
}

static void runs_line(const struct synergy_run_check *c, struct synergy_check_line *l)
{
	l->name = "runs";
	l->false_alarms = 0.002;
	l->state = c->state;
	if (c->state == SYNERGY_CHECK_NONE)
		snprintf(l->text, sizeof(l->text), "not made: it takes five runs");
	else if (c->state == SYNERGY_CHECK_PASSED)
		snprintf(l->text, sizeof(l->text), "each run is as the others let expect (misfit %.2f of 1)",
			 c->chi2);
	else if (c->misfits)
		snprintf(l->text, sizeof(l->text), "run %zu does not fit the others (%.0f standard errors)",
			 c->misfit_run, c->misfit_z);
	else
		snprintf(l->text, sizeof(l->text), "run %zu drew %+.1f %% of what the others let expect",
			 c->level_run, 100 * c->level_share);
}

static void converter_line(const struct synergy_converter_check *c, struct synergy_check_line *l)
{
	l->name = "converter";
	l->false_alarms = 0.001;
	l->state = c->state;
	if (c->state == SYNERGY_CHECK_FAILED)
		snprintf(l->text, sizeof(l->text), "it stood still for %.1f ms: %zu equal values were left out",
			 c->stuck_us / 1e3, c->n_samples);
	else
		snprintf(l->text, sizeof(l->text), "no improbable streak of equal values");
}

static void clock_line(const struct synergy_clock_check *c, struct synergy_check_line *l)
{
	l->name = "clock";
	l->false_alarms = 0.001;
	l->state = c->state;
	if (c->state == SYNERGY_CHECK_NONE)
		snprintf(l->text, sizeof(l->text), "not made: it takes five runs");
	else if (c->state == SYNERGY_CHECK_PASSED)
		snprintf(l->text, sizeof(l->text), "the runs' times are of one group");
	else
		snprintf(l->text, sizeof(l->text), "from run %zu on inferences take %+.1f %% of the time before: a frequency change?",
			 c->run, 100 * c->change_share);
}

static void parts_line(const struct synergy_parts_check *c, struct synergy_check_line *l)
{
	l->name = "parts";
	l->false_alarms = 0.025;
	l->state = c->state;
	if (c->state == SYNERGY_CHECK_NONE)
		snprintf(l->text, sizeof(l->text), "not made: it takes the input rail and another");
	else
		snprintf(l->text, sizeof(l->text), "the rails behind the input take %.1f %% of it%s",
			 100 * c->parts_uj / c->whole_uj,
			 c->state == SYNERGY_CHECK_FAILED ? ": more than it gives" : "");
}

int synergy_check_line(const struct synergy_attribute_result *r, size_t rail, size_t i,
		       struct synergy_check_line *l)
{
	const struct synergy_rail_result *v = &r->rails[rail];

	memset(l, 0, sizeof(*l));
	switch (i) {
	case 0:
		time_line(&v->time_check, l);
		return 1;
	case 1:
		runs_line(&v->run_check, l);
		return 1;
	case 2:
		converter_line(&v->converter_check, l);
		return 1;
	case 3:
		clock_line(&r->clock_check, l);
		return 1;
	case 4:
		parts_line(&r->parts_check, l);
		return 1;
	default:
		return 0;
	}
}
