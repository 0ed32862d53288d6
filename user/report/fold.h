/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folded inference: the samples of all inferences laid over each other on the
 * time of one. Each sample is put where its window's middle lies within its layer
 * (a share of the layer's time), so that inferences of slightly different lengths
 * match layer by layer. For drawing only; a window longer than a layer blurs it,
 * which attribution resolves and a drawing does not.
 */
#ifndef SYNERGY_REPORT_FOLD_H
#define SYNERGY_REPORT_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/synergy.h"

#define SYNERGY_FOLD_BINS	2048	/* of equal length */
#define SYNERGY_FOLD_POINTS	4096	/* single samples kept per rail, from the first on */
/* Waiting for their inference's end; an inference with more is not folded. */
#define SYNERGY_FOLD_SAMPLES	(1U << 20)
#define SYNERGY_FOLD_SPANS	(1U << 17)

#define SYNERGY_FOLD_GAP	UINT32_MAX	/* the id of a segment between layers */

struct synergy_fold_segment {
	uint32_t id;			/* the layer's, or SYNERGY_FOLD_GAP */
	/* The first inference's share of its time, times the mean inference's. */
	double begin_us, length_us;
};

struct synergy_fold_bin {
	uint32_t n;
	double sum_mw, sum_mw2;
	float min_mw, max_mw;
};

struct synergy_fold_point {
	float at;			/* 0 .. 1 of the inference */
	float mw;
	uint32_t run;			/* the inference's number */
};

struct synergy_fold_rail {
	uint64_t samples;
	struct synergy_fold_bin *bins;	/* SYNERGY_FOLD_BINS, or NULL: no samples */
	size_t n_points;
	struct synergy_fold_point *points;
};

struct synergy_fold {
	size_t n_runs;			/* folded; 0: the rest is empty */
	size_t n_odd;			/* left out: other layers than the first one's */
	size_t n_long;			/* left out: more samples or marks than can wait */
	double run_us;			/* mean time */
	size_t n_segments;
	struct synergy_fold_segment *segments;
	uint32_t n_rails;
	struct synergy_fold_rail *rails;
	struct synergy_fold_state *state;	/* private to fold.c */
};

int synergy_fold_begin(struct synergy_fold *fold);	/* -1: ENOMEM */

/**
 * synergy_fold_record - take a record; other types than POWER and MARKER are passed over
 * @fold: begun
 * @record: checked
 *
 * Return: 0, or -1 with errno ENOMEM.
 */
int synergy_fold_record(struct synergy_fold *fold, const struct synergy_record *record);

/* The recording is over: the last inference, and the means. -1: ENOMEM. */
int synergy_fold_finish(struct synergy_fold *fold);

void synergy_fold_end(struct synergy_fold *fold);	/* frees */

#endif /* SYNERGY_REPORT_FOLD_H */
