/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows that more than one tool has, so that an option means the same everywhere. T is
 * the type of a tool's options; capture its member of struct synergy_capture_options.
 */
#ifndef SYNERGY_TOOLS_SHARED_OPTIONS_H
#define SYNERGY_TOOLS_SHARED_OPTIONS_H

#include "infer/inputs.h"
#include "measure/capture.h"
#include "report/files.h"
#include "tools/options.h"
#include "tools/tool.h"

/* Readers of the rows below: to a struct synergy_input_options */
int synergy_read_input(void *to, const char *text, struct synergy_error *error);
int synergy_read_shape(void *to, const char *text, struct synergy_error *error);
/* To a struct synergy_capture_options */
int synergy_read_rate(void *to, const char *text, struct synergy_error *error);
int synergy_read_conversion(void *to, const char *text, struct synergy_error *error);

#define SYNERGY_ROW_EVENTS(T, member)							\
	SYNERGY_TEXT("events", 'e', "LIST", T, member, NULL,				\
		     "libpfm4 or kernel names, PMU/config=0x74,name=simd/")
#define SYNERGY_ROW_RATE(T, capture)							\
	SYNERGY_READ("rate", 0, "HZ", T, capture, synergy_read_rate, NULL,		\
		     "power samples a second; max: as fast as bus and chip allow (1000, or " \
		     "what can be carried)")
#define SYNERGY_ROW_CONVERSION(T, capture)						\
	SYNERGY_READ("conversion", 0, "US", T, capture, synergy_read_conversion,	\
		     synergy_conversion_word,						\
		     "a shunt conversion: 140, 204, 332, 588, 1100, 2116, 4156, 8244 (the "	\
		     "longest that fits; shorter ones tell short layers apart)")
#define SYNERGY_ROW_RAILS(T, capture)							\
	SYNERGY_TEXT("rails", 0, "LIST", T, capture.rails, NULL, "rails to sample (all)")
#define SYNERGY_ROW_RAIL(T, member)							\
	SYNERGY_TEXT("rail", 0, "NAME", T, member, NULL,				\
		     "rail that `energy' means (VDD_CPU or like it)")
#define SYNERGY_ROW_DEVICE(T, member)							\
	SYNERGY_TEXT("device", 0, "FILE", T, member, NULL, "instead of /dev/synergy")
#define SYNERGY_ROW_SOURCE(T, capture, help)						\
	SYNERGY_TEXT("source", 0, "SOURCE", T, capture.source, NULL, help)
#define SYNERGY_ROW_NO_DITHER(T, capture)						\
	SYNERGY_FLAG("no-dither", 0, T, capture.no_dither, "sample at an exact period")
#define SYNERGY_ROW_FORMAT(T, member)							\
	SYNERGY_CHOICE("format", 'f', "FORMAT", T, member, synergy_format_word, "table",	\
		       "what comes on standard output")
#define SYNERGY_ROW_INPUT(T, member, letter, help)					\
	SYNERGY_READ("input", letter, "[NAME=]FILE", T, member, synergy_read_input, NULL, help)
#define SYNERGY_ROW_SHAPE(T, member, letter)						\
	SYNERGY_READ("shape", letter, "[NAME=]1x3x224x224", T, member, synergy_read_shape, NULL, \
		     "of an input, where the file leaves it open")
#define SYNERGY_ROW_QUIET(T, member, help)	SYNERGY_FLAG("quiet", 'q', T, member, help)

#endif /* SYNERGY_TOOLS_SHARED_OPTIONS_H */
