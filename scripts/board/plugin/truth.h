/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The truth on a fine grid, to a file on the host, at no cost to the guest: the energy
 * that each rail has drawn, with the guest's own CLOCK_MONOTONIC.
 *
 *	struct truth_header	64 bytes
 *	struct truth_point ...	32 bytes each, in the order of time
 *
 * Between two points energy is a straight line. Points are a step apart or a little
 * more; where all cores sleep they may be far apart, with one at either end. In numpy:
 *
 *	np.fromfile(f, np.dtype([("time_ns", "<u8"), ("pj", "<u8", 3)]), offset=64)
 */
#ifndef SYNERGY_PLUGIN_TRUTH_H
#define SYNERGY_PLUGIN_TRUTH_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../../kmod/sim/layout.h"

#define TRUTH_MAGIC	"SYNTRUTH"

struct truth_header {
	char magic[8];
	uint32_t version;	/* 1 */
	uint32_t step_ns;
	char rails[48];		/* their names, comma separated, NUL-terminated */
};

struct truth_point {
	uint64_t time_ns;	/* the guest's CLOCK_MONOTONIC */
	uint64_t drawn_pj[SYNERGY_SIM_RAILS];
};

struct truth {
	FILE *file;
	uint64_t step_ns;
	uint64_t next_ns;	/* the next point is due */
	struct truth_point last;	/* not written, if pending */
	int pending;
};

static inline int truth_head(struct truth *t, const char *rails)
{
	struct truth_header header = { .magic = TRUTH_MAGIC, .version = 1 };

	header.step_ns = t->step_ns;
	snprintf(header.rails, sizeof(header.rails), "%s", rails);
	return fwrite(&header, sizeof(header), 1, t->file) == 1 ? 0 : -1;
}

static inline int truth_open(struct truth *t, const char *path, unsigned int step_us)
{
	t->file = fopen(path, "wbe");
	if (!t->file)
		return -1;
	t->step_ns = step_us * 1000ULL;
	return truth_head(t, "");
}

static inline void truth_put(struct truth *t, const struct truth_point *point)
{
	fwrite(point, sizeof(*point), 1, t->file);
	t->next_ns = point->time_ns + t->step_ns;
	t->pending = 0;
}

/*
 * A state of the log. Of those within a step one is written; one that is followed by a
 * long time without any is the corner of the line from there on, so it is, too.
 */
static inline void truth_add(struct truth *t, const struct synergy_sim_entry *entry,
			     int64_t clock_offset_ns)
{
	struct truth_point point = { .time_ns = entry->time_ns - clock_offset_ns };

	if (!t->file)
		return;
	memcpy(point.drawn_pj, entry->drawn_pj, sizeof(point.drawn_pj));
	if (t->pending && point.time_ns > t->last.time_ns + t->step_ns)
		truth_put(t, &t->last);
	if (point.time_ns >= t->next_ns) {
		truth_put(t, &point);
	} else {
		t->last = point;
		t->pending = 1;
	}
}

/* -1 if not all of it could be written. The names of the rails are known by now. */
static inline int truth_close(struct truth *t, const char *rails)
{
	int failed;

	if (!t->file)
		return 0;
	if (t->pending)
		truth_put(t, &t->last);
	failed = fseek(t->file, 0, SEEK_SET) || truth_head(t, rails) || ferror(t->file);
	if (fclose(t->file) || failed)
		return -1;
	t->file = NULL;
	return 0;
}

#endif /* SYNERGY_PLUGIN_TRUTH_H */
