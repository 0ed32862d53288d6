// SPDX-License-Identifier: GPL-3.0-or-later
/* See steps.h. */
#include "report/steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

void synergy_steps_begin(struct synergy_steps *steps)
{
	memset(steps, 0, sizeof(*steps));
}

void synergy_steps_end(struct synergy_steps *steps)
{
	size_t i;

	for (i = 0; i < steps->n; i++)
		free(steps->tracks[i].points);
	free(steps->tracks);
	memset(steps, 0, sizeof(*steps));
}

/* NULL with *full: there are as many as are drawn. NULL else: no memory. */
static struct synergy_step_track *find(struct synergy_steps *steps, enum synergy_step_kind kind,
				       uint32_t index, int *full)
{
	size_t i;

	*full = 0;
	for (i = 0; i < steps->n; i++)
		if (steps->tracks[i].kind == kind && steps->tracks[i].index == index)
			return &steps->tracks[i];
	*full = steps->n == SYNERGY_STEPS_TRACKS;
	if (*full || synergy_array_grow(&steps->tracks, steps->n, sizeof(*steps->tracks)))
		return NULL;
	steps->tracks[steps->n] = (struct synergy_step_track){ .kind = kind, .index = index };
	return &steps->tracks[steps->n++];
}

static int add(struct synergy_steps *steps, enum synergy_step_kind kind, uint32_t index,
	       const char *name, uint64_t time_ns, double value)
{
	struct synergy_step_track *t;
	size_t i;
	int full;

	t = find(steps, kind, index, &full);
	if (!t)
		return full ? 0 : -1;
	if (name)
		snprintf(t->name, sizeof(t->name), "%.*s", SYNERGY_LABEL_LEN, name);
	t->changes += t->n && t->points[t->n - 1].value != value;
	if (t->n == SYNERGY_STEPS_POINTS) {
		for (i = 0; i < t->n / 2; i++)
			t->points[i] = t->points[2 * i];
		t->n /= 2;
	}
	if (synergy_array_grow(&t->points, t->n, sizeof(*t->points)))
		return -1;
	t->points[t->n++] = (struct synergy_step){ time_ns, value };
	return 0;
}

int synergy_steps_record(struct synergy_steps *steps, const struct synergy_record *record)
{
	const struct synergy_freq_record *f = (const void *)record;
	const struct synergy_temp_record *t = (const void *)record;

	switch (record->type) {
	case SYNERGY_RECORD_FREQ:
		/* Cores of a policy change together: one track for them. */
		if (f->cpu != f->policy)
			return 0;
		return add(steps, SYNERGY_STEP_FREQ, f->policy, NULL, record->time_ns,
			   f->khz ? f->khz : NAN);
	case SYNERGY_RECORD_TEMP:
		return add(steps, t->kind == SYNERGY_TEMP_COOLING ? SYNERGY_STEP_COOLING :
			   SYNERGY_STEP_TEMP, t->index, t->name, record->time_ns, t->value);
	default:
		return 0;
	}
}

bool synergy_steps_moved(const struct synergy_step_track *t, uint64_t begin_ns, uint64_t end_ns)
{
	size_t low = 0, high = t->n, middle;

	/* The first point after begin; points come in the order of their times. */
	while (low < high) {
		middle = low + (high - low) / 2;
		if (t->points[middle].time_ns <= begin_ns)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < t->n && t->points[low].time_ns < end_ns; low++)
		if (low && t->points[low].value != t->points[low - 1].value)
			return true;
	return false;
}

void synergy_steps_range(const struct synergy_step_track *t, double *least, double *greatest)
{
	size_t i;

	*least = *greatest = NAN;
	for (i = 0; i < t->n; i++) {
		*least = fmin(*least, t->points[i].value);
		*greatest = fmax(*greatest, t->points[i].value);
	}
}
