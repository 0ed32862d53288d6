/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What report.html's script works on: the profile as one JSON object of bounded
 * size. user/report/html/data.js reads it; both are made together, so that its form
 * is no contract. In short:
 *
 *	format		"synergy-report 1"
 *	title, subject	name of the network; [[key, value], ...] below it
 *	rail		number of the rail that energy means, -1 none
 *	rails		[{label, samples, mean_mw, ..., total, net, idle_mw, sensor}, ...]
 *	layers, rest	columns (arrays by row) of the layers, and of the rows that are none
 *	findings	[{level, what, do}, ...]
 *	checks		[{name, state, text, false_alarms}, ...]
 *	provenance	[{group, entries: [[key, value], ...]}, ...]
 *	trace		{span_ns, series: [{rail, offset, step, level, raw}, ...]}
 *	tracks		what changes in steps: frequencies, temperatures
 *	phases, spans	what the program was doing when
 *	fold		all inferences laid over each other
 *
 * Arrays of many numbers are little-endian, in base64. Times are ns from trace start.
 */
#ifndef SYNERGY_REPORT_PAGE_DATA_H
#define SYNERGY_REPORT_PAGE_DATA_H

#include <stdio.h>

#include "report/profile.h"

/**
 * synergy_page_data_write - write it so that it can stand within a script element
 * @profile: with or without layers
 * @out: takes it
 *
 * Return: 0, or -1 with errno: ENOMEM, or what @out took.
 */
int synergy_page_data_write(const struct synergy_profile *profile, FILE *out);

#endif /* SYNERGY_REPORT_PAGE_DATA_H */
