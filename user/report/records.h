/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream as text, a line a record, for looking and for scripts: columns
 * seq, time_ns, type, then `key=value` words.
 */
#ifndef SYNERGY_REPORT_RECORDS_H
#define SYNERGY_REPORT_RECORDS_H

#include <stdio.h>

#include "lib/error.h"
#include "lib/synergy.h"

/* To the end of a recording; -1: the stream is damaged, or out took an error. */
int synergy_records_print(struct synergy_stream *stream, FILE *out, struct synergy_error *error);
void synergy_record_print(const struct synergy_stream *stream,
			  const struct synergy_record *record, FILE *out);

#endif /* SYNERGY_REPORT_RECORDS_H */
