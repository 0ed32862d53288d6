/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a mark is called: a layer by the recording's table, what a program named by that
 * name, what the tools mark by what it is for, any other by its number.
 */
#ifndef SYNERGY_REPORT_MARK_NAMES_H
#define SYNERGY_REPORT_MARK_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/synergy.h"

struct synergy_mark_names;

struct synergy_mark_names *synergy_mark_names_new(void);	/* NULL: ENOMEM */
void synergy_mark_names_free(struct synergy_mark_names *names);	/* NULL is fine */

/**
 * synergy_mark_names_find - the name of a program's marks
 * @names: for @stream alone
 * @stream: a LAYERS table and NAME records that have come by now are used
 * @tgid: the process, as in its marks
 * @id: the marks' id
 * @buf: takes the name
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *synergy_mark_names_find(struct synergy_mark_names *names,
				    const struct synergy_stream *stream, uint32_t tgid, uint32_t id,
				    char *buf, size_t size);

/**
 * synergy_mark_names_get - a mark's name, also of one that a tool made
 * @names: for @stream alone
 * @stream: as above
 * @m: the mark
 * @buf: takes the name
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *synergy_mark_names_get(struct synergy_mark_names *names,
				   const struct synergy_stream *stream,
				   const struct synergy_marker_record *m, char *buf, size_t size);

#endif /* SYNERGY_REPORT_MARK_NAMES_H */
