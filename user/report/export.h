/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording for other programs: every sample and mark as CSV, a trace for Perfetto and
 * Chrome, folded stacks for flame graphs. Each record is written as it is read, so that a
 * recording may be as long as it likes.
 */
#ifndef SYNERGY_REPORT_EXPORT_H
#define SYNERGY_REPORT_EXPORT_H

#include <stdio.h>

#include "lib/error.h"
#include "lib/synergy.h"

enum synergy_export_kind {
	SYNERGY_EXPORT_TRACE,		/* JSON Object Format of the Trace Event Format */
	SYNERGY_EXPORT_FOLDED,		/* a line a layer: "network;layer microjoules" */
	SYNERGY_EXPORT_SAMPLES,		/* CSV */
	SYNERGY_EXPORT_MARKS,		/* CSV */
};

/* The kinds' words by number, NULL beyond the last. */
const char *synergy_export_word(size_t i);

/**
 * synergy_export - write a recording in another form
 * @stream: a recording at its beginning
 * @word: which form
 * @rail: that energy means, for SYNERGY_EXPORT_FOLDED; NULL: the default one
 * @out: takes it
 * @error: why not
 *
 * Return: 0, or -1: EINVAL no such form, the recording is damaged (what came before was written), @out took
 * an error, ENOENT no such rail, ENODATA no inference is marked, ENOMEM.
 */
int synergy_export(struct synergy_stream *stream, const char *word,
		   const char *rail, FILE *out, struct synergy_error *error);

/* export_csv.c, export_trace.c, export_folded.c */
int synergy_export_samples(struct synergy_stream *stream, FILE *out, struct synergy_error *error);
int synergy_export_marks(struct synergy_stream *stream, FILE *out, struct synergy_error *error);
int synergy_export_trace(struct synergy_stream *stream, FILE *out, struct synergy_error *error);
int synergy_export_folded(struct synergy_stream *stream, const char *rail, FILE *out,
			  struct synergy_error *error);

/* A CSV field as RFC 4180 has it; control characters become blanks. */
void synergy_export_field(const char *text, size_t most, FILE *out);
/* The label of a rail by its index, at most SYNERGY_LABEL_LEN characters, or "railN". */
const char *synergy_export_rail(const struct synergy_stream *stream, uint32_t rail, char *buf,
				size_t size);

#endif /* SYNERGY_REPORT_EXPORT_H */
