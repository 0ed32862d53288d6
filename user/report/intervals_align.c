// SPDX-License-Identifier: GPL-3.0-or-later
/* A file's clock and the recording's, see intervals.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/intervals.h"

#define FITS_SHARE	0.5	/* of the intervals lie in the recording: this is the clock */
#define AS_WELL_NS	20e3	/* pairings that agree to this do not tell which is right */
#define MOST_SHIFT	1000	/* calls that one side may have more than the other */

static void shift(struct synergy_interval_list *list, int64_t by)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		list->intervals[i].begin_ns += by;
		list->intervals[i].end_ns += by;
	}
}

static size_t inside(const struct synergy_interval_list *list,
		     const struct synergy_interval_clock *clock, int64_t by)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++)
		n += list->intervals[i].end_ns + by > (int64_t)clock->first_ns &&
		     list->intervals[i].begin_ns + by < (int64_t)clock->last_ns;
	return n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int by_begin(const void *a, const void *b)
{
	const struct synergy_interval *x = a, *y = b;

	return x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

static double middle(const struct synergy_interval *v)
{
	return (double)v->begin_ns / 2 + (double)v->end_ns / 2;
}

/* Of so many pairs: the median difference, and how far one is from it. */
static double differences(const struct synergy_interval *file, const struct synergy_interval *marks,
			  size_t n, double *d, double *spread)
{
	double median;
	size_t i;

	/* From the first pair, so that the double holds it to less than a nanosecond. */
	for (i = 0; i < n; i++)
		d[i] = (middle(&marks[i]) - middle(&marks[0])) - (middle(&file[i]) - middle(&file[0]));
	qsort(d, n, sizeof(*d), by_value);
	median = d[n / 2];
	*spread = fmax(fabs(d[0] - median), fabs(d[n - 1] - median));
	return median;
}

/*
 * The file's intervals of the name are the recording's calls, in order; where one side has
 * more, those that agree best.
 */
static int64_t match(const struct synergy_interval *file, size_t n,
		     const struct synergy_interval_clock *clock, double *d, double *spread,
		     double *second, size_t *pairs)
{
	const struct synergy_interval *best_file = file, *best_mark = clock->marks;
	size_t more = n > clock->n_marks ? n - clock->n_marks : clock->n_marks - n, s;
	double median = 0, least = INFINITY, m;

	*pairs = n < clock->n_marks ? n : clock->n_marks;
	*second = INFINITY;
	for (s = 0; s <= more && s <= MOST_SHIFT; s++) {
		const struct synergy_interval *f = n > clock->n_marks ? file + s : file;
		const struct synergy_interval *k = n > clock->n_marks ? clock->marks : clock->marks + s;

		m = differences(f, k, *pairs, d, spread);
		*second = fmin(*second, fmax(*spread, least));
		if (*spread < least) {
			least = *spread;
			median = m;
			best_file = f;
			best_mark = k;
		}
	}
	*spread = least;
	return (int64_t)llrint(median) + (best_mark->begin_ns - best_file->begin_ns) +
	       (best_mark->end_ns - best_mark->begin_ns - (best_file->end_ns - best_file->begin_ns)) / 2;
}

static int align_by_marks(struct synergy_interval_list *list, const char *path, const char *name,
			  const struct synergy_interval_clock *clock,
			  struct synergy_interval_fit *fit, struct synergy_error *error)
{
	struct synergy_interval *file = calloc(list->n + 1, sizeof(*file));
	double *d = calloc(list->n + 1, sizeof(*d)), spread, second;
	size_t n = 0, pairs, i;
	int64_t by;

	if (!file || !d) {
		free(file);
		free(d);
		return synergy_error_set(error, ENOMEM, "%s: no memory", path);
	}
	for (i = 0; i < list->n; i++)
		if (!strcmp(list->names[list->intervals[i].name].text, name))
			file[n++] = list->intervals[i];
	qsort(file, n, sizeof(*file), by_begin);
	if (n && clock->n_marks) {
		by = match(file, n, clock, d, &spread, &second, &pairs);
		shift(list, by);
		snprintf(fit->how, sizeof(fit->how),
			 "clock %+.9f s, by %zu of %zu calls of '%s', which agree to %.3g us%s",
			 (double)by / 1e9, pairs, n > clock->n_marks ? n : clock->n_marks, name,
			 spread / 1e3, second > 2 * spread + AS_WELL_NS ? "" :
			 "; other pairs agree as well: its times may be off by a call");
	}
	free(file);
	free(d);
	if (!clock->n_marks)
		return synergy_error_set(error, EINVAL, "mark:%s: the recording has no mark of that name",
					 name);
	return n ? 0 : synergy_error_set(error, EINVAL, "mark:%s: %s has no interval of that name",
					 name, path);
}

/* Durations into each call of the mark, made as long as that together. */
static int lay(struct synergy_interval_list *list, const char *path,
	       const struct synergy_interval_clock *clock, struct synergy_interval_fit *fit,
	       struct synergy_error *error)
{
	struct synergy_interval_list laid = { 0 };
	double sum = (double)list->intervals[list->n - 1].end_ns, length, all = 0;
	size_t i, k;

	if (!(sum > 0))
		return synergy_error_set(error, EINVAL, "%s: all its times are 0", path);
	for (k = 0; k < clock->n_marks; k++) {
		const struct synergy_interval *m = &clock->marks[k];

		length = (double)(m->end_ns - m->begin_ns);
		all += length;
		for (i = 0; i < list->n; i++) {
			struct synergy_interval v = list->intervals[i];

			v.begin_ns = m->begin_ns + llrint((double)v.begin_ns * length / sum);
			v.end_ns = m->begin_ns + llrint((double)v.end_ns * length / sum);
			v.tgid = m->tgid;
			v.tid = m->tid;
			if (synergy_intervals_add(&laid, &v)) {
				free(laid.intervals);
				return synergy_error_set(error, ENOMEM, "%s: no memory", path);
			}
		}
	}
	free(list->intervals);
	list->intervals = laid.intervals;
	list->n = laid.n;
	snprintf(fit->how, sizeof(fit->how),
		 "%zu calls, each of which its times were made to fill: together they are %.1f %% of a call",
		 clock->n_marks, 100 * sum * (double)clock->n_marks / all);
	return 0;
}

static void to_monotonic_from_raw(struct synergy_interval_list *list,
				  const struct synergy_interval_clock *clock)
{
	size_t i, e;

	for (i = 0; i < list->n; i++)
		for (e = 0; e < 2; e++) {
			int64_t *ns = e ? &list->intervals[i].end_ns : &list->intervals[i].begin_ns;
			int64_t since = *ns - clock->raw_ns - (int64_t)clock->first_ns;

			*ns = (int64_t)clock->first_ns + llrint((double)since / (1 + clock->raw_rate));
		}
}

static int nothing_fits(const struct synergy_interval_list *list, const char *path,
			const struct synergy_interval_clock *clock, struct synergy_error *error)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	size_t i;

	for (i = 0; i < list->n; i++) {
		first = list->intervals[i].begin_ns < first ? list->intervals[i].begin_ns : first;
		last = list->intervals[i].end_ns > last ? list->intervals[i].end_ns : last;
	}
	return synergy_error_set(error, EINVAL,
		"%s: its times (%.6f to %.6f s) are not the recording's (%.6f to %.6f s of CLOCK_MONOTONIC); --intervals-clock says what they are",
		path, (double)first / 1e9, (double)last / 1e9, (double)clock->first_ns / 1e9,
		(double)clock->last_ns / 1e9);
}

/* NULL: the first of the known clocks that most of the file fits. */
static const char *guess(const struct synergy_interval_list *list,
			 const struct synergy_interval_clock *clock)
{
	double least = FITS_SHARE * (double)list->n;

	if ((double)inside(list, clock, 0) >= least)
		return "monotonic";
	if (clock->realtime_ns && (double)inside(list, clock, -clock->realtime_ns) >= least)
		return "realtime";
	return NULL;
}

static int align(struct synergy_interval_list *list, const char *path, const char *how,
		 const struct synergy_interval_clock *clock, struct synergy_interval_fit *fit,
		 struct synergy_error *error)
{
	double seconds;
	char *end;

	if (!strncmp(how, "mark:", 5))
		return list->durations_only ?
			(clock->n_marks ? lay(list, path, clock, fit, error) :
			 synergy_error_set(error, EINVAL, "%s: the recording has no mark of that name",
					   how)) :
			align_by_marks(list, path, how + 5, clock, fit, error);
	if (list->durations_only)
		return synergy_error_set(error, EINVAL,
			"%s: durations without times: --intervals-clock mark:NAME says which mark they lie in",
			path);
	snprintf(fit->how, sizeof(fit->how), "%s clock", how);
	if (!strcmp(how, "monotonic"))
		return 0;
	if (!strcmp(how, "realtime") && clock->realtime_ns) {
		shift(list, -clock->realtime_ns);
		return 0;
	}
	if (!strcmp(how, "raw") && clock->raw_ns) {
		to_monotonic_from_raw(list, clock);
		return 0;
	}
	if (!strcmp(how, "realtime") || !strcmp(how, "raw"))
		return synergy_error_set(error, EINVAL,
			"--intervals-clock %s: the recording does not say how that clock went", how);
	errno = 0;
	seconds = strtod(how, &end);
	if (end == how || *end || errno || !(fabs(seconds) < 9e9))
		return synergy_error_set(error, EINVAL,
			"--intervals-clock %s: monotonic, realtime, raw, mark:NAME or seconds to add", how);
	shift(list, (int64_t)llrint(seconds * 1e9));
	snprintf(fit->how, sizeof(fit->how), "clock %+.9f s, as stated", seconds);
	return 0;
}

int synergy_intervals_align(struct synergy_interval_list *list, const char *path, const char *how,
			    const struct synergy_interval_clock *clock,
			    struct synergy_interval_fit *fit, struct synergy_error *error)
{
	size_t held;

	if (!how && !list->durations_only)
		how = guess(list, clock);
	if (!how && !list->durations_only)
		return nothing_fits(list, path, clock, error);
	if (align(list, path, how ? how : "", clock, fit, error))
		return -1;
	held = inside(list, clock, 0);
	fit->outside = list->n - held;
	fit->unended = list->unended;
	return held ? 0 : nothing_fits(list, path, clock, error);
}
