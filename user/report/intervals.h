/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intervals from another program's file beside a recording's power: read, brought to the
 * recording's clock, and written with it as a recording whose marks they are, which every
 * report then takes as any other.
 *
 * Files: Chrome's trace events (ONNX Runtime's profile, PyTorch's, any other: complete
 * events and begins with their ends), TensorRT's --exportProfile (durations without
 * times, laid out within the calls of a mark), and CSV with the columns name, begin_UNIT,
 * end_UNIT (s, ms, us or ns) and, where there are any, process and thread.
 */
#ifndef SYNERGY_REPORT_INTERVALS_H
#define SYNERGY_REPORT_INTERVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/index.h"
#include "lib/synergy.h"

struct synergy_interval {
	int64_t begin_ns, end_ns;	/* by the file's clock */
	uint32_t tgid, tid;
	uint32_t name;			/* among the list's */
};

struct synergy_interval_name {
	char *text;
	uint32_t id;			/* of its marks */
};

/* What a file holds. All zero is an empty one. */
struct synergy_interval_list {
	size_t n, n_names;
	struct synergy_interval *intervals;
	struct synergy_interval_name *names;
	struct synergy_index name_of, id_of;
	bool durations_only;		/* intervals follow each other, from 0 */
	size_t unended;			/* begins without their end: left out */
};

/**
 * synergy_intervals_read - read a file, whatever its kind
 * @path: the file
 * @list: takes its intervals
 * @error: said on failure: EINVAL with file, line or event, and field; errno of open and read
 */
int synergy_intervals_read(const char *path, struct synergy_interval_list *list,
			   struct synergy_error *error);
void synergy_intervals_free(struct synergy_interval_list *list);

/* Number of a name, added where it is new. -1: ENOMEM. */
int synergy_intervals_name(struct synergy_interval_list *list, const char *text, uint32_t *name);
/* One more; end before begin is the reader's to refuse. -1: ENOMEM. */
int synergy_intervals_add(struct synergy_interval_list *list, const struct synergy_interval *v);
/* A process or thread by its number, or by the text that it is given as. */
uint32_t synergy_intervals_task(const char *text);

/* intervals_csv.c, intervals_trace.c: the text of a file */
int synergy_intervals_csv(const char *text, size_t length, const char *path,
			  struct synergy_interval_list *list, struct synergy_error *error);
int synergy_intervals_trace(const char *text, size_t length, const char *path,
			    struct synergy_interval_list *list, struct synergy_error *error);

/*
 * What is known of a recording's times: all by CLOCK_MONOTONIC. marks: calls of the mark
 * that the file is aligned by, in the order of their begin.
 */
struct synergy_interval_clock {
	uint64_t first_ns, last_ns;
	int64_t realtime_ns;		/* CLOCK_REALTIME is so much more; 0: not known */
	int64_t raw_ns;			/* CLOCK_MONOTONIC_RAW is so much more, at the first record */
	double raw_rate;		/* and gains so much a second */
	size_t n_marks;
	struct synergy_interval *marks;	/* their name is not used */
	bool inferences;		/* a tool marked inferences with layers */
};

/* What came of it, for the user. */
struct synergy_interval_fit {
	char how[256];			/* "clock + 1.234567 s, by 20 marks of 'x' that agree to 5 us" */
	size_t outside;			/* intervals that the recording does not hold: left out */
	size_t unended;			/* begins and ends without the other: left out */
};

/**
 * synergy_intervals_align - bring a file's times to the recording's clock
 * @list: its times are changed
 * @path: the file, for messages
 * @how: "monotonic", "raw", "realtime", "mark:NAME", seconds to add, or NULL: what fits
 * @clock: of the recording
 * @fit: takes what was done
 * @error: said on failure: EINVAL no such clock or mark, or nothing lies in the recording
 */
int synergy_intervals_align(struct synergy_interval_list *list, const char *path, const char *how,
			    const struct synergy_interval_clock *clock,
			    struct synergy_interval_fit *fit, struct synergy_error *error);

/**
 * synergy_intervals_merge - a recording with a file's intervals as its marks
 * @recording: its path
 * @path: the file of intervals
 * @how: as above
 * @fit: takes what was done
 * @error: said on failure
 *
 * Return: the stream to read, which lies in a temporary file; NULL on failure.
 */
struct synergy_stream *synergy_intervals_merge(const char *recording, const char *path,
					       const char *how, struct synergy_interval_fit *fit,
					       struct synergy_error *error);

#endif /* SYNERGY_REPORT_INTERVALS_H */
