/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processor's clock through cpufreq: what is there, setting it for a measurement, and
 * putting back what was found. All paths have a prefix, so that tests have a tree of
 * their own.
 */
#ifndef SYNERGY_SWEEP_CLOCK_H
#define SYNERGY_SWEEP_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"

#define SYNERGY_GOVERNOR_LEN	24

enum synergy_clock_kind {
	SYNERGY_CLOCK_FOUND,		/* as it was found: nothing is changed */
	SYNERGY_CLOCK_FIXED,		/* one frequency */
	SYNERGY_CLOCK_GOVERNOR,		/* that governor, within the limits as found */
};

struct synergy_clock {
	enum synergy_clock_kind kind;
	uint32_t khz;
	char governor[SYNERGY_GOVERNOR_LEN];
};

/**
 * synergy_clock_parse - a word of a plan
 * @word: "1734MHz", "710400kHz", "1.73GHz" (a number and its unit), the name of a
 *	governor, "found" or ""
 * @clock: takes it
 * @error: names the word
 *
 * Return: 0, or -1 with errno EINVAL.
 */
int synergy_clock_parse(const char *word, struct synergy_clock *clock,
			struct synergy_error *error);

/* One policy: cores whose clock changes together. */
struct synergy_policy {
	unsigned int number;		/* of policyN: its lowest core as a rule */
	char governor[SYNERGY_GOVERNOR_LEN];	/* these four as found */
	uint32_t min_khz, max_khz;
	uint32_t setspeed_khz;		/* of the userspace governor; 0: another one rules */
	uint32_t least_khz, most_khz;	/* what the hardware can */
	char governors[256];		/* available ones, blanks between; "" unknown */
	char frequencies[1024];		/* kHz, likewise */
};

struct synergy_policies {
	char *root;			/* prefix of /sys */
	size_t n;
	struct synergy_policy *list;
};

/**
 * synergy_policies_find - what cpufreq has
 * @policies: takes it; synergy_policies_clear() frees
 * @root: prefix of /sys, "" for this machine's
 * @error: why not
 *
 * No cpufreq is no error: there are no policies then.
 * Return: 0, or -1 with errno of reading, ENOMEM.
 */
int synergy_policies_find(struct synergy_policies *policies, const char *root,
			  struct synergy_error *error);
void synergy_policies_clear(struct synergy_policies *policies);

/**
 * synergy_clock_set - set every policy's clock
 * @policies: as found; not changed
 * @clock: what it shall be
 * @error: names policy, file and value, and lists what is available
 *
 * A fixed frequency is set through the userspace governor where there is one, else by
 * equal limits; it is read back.
 * Return: 0, or -1 with errno ENOTSUP no cpufreq, EINVAL not available, or of writing
 * (EACCES: root is needed).
 */
int synergy_clock_set(const struct synergy_policies *policies, const struct synergy_clock *clock,
		      struct synergy_error *error);

/* Could synergy_clock_set() do it? The same errors, and nothing is written. */
int synergy_clock_check(const struct synergy_policies *policies, const struct synergy_clock *clock,
			struct synergy_error *error);

/* Everything as it was found. Goes on after a failure; the first one is the error. */
int synergy_clock_restore(const struct synergy_policies *policies, struct synergy_error *error);

/* Policies as text, a line each, and back: what a state file holds. */
int synergy_policies_write(const struct synergy_policies *policies, FILE *out);
int synergy_policies_parse(struct synergy_policies *policies, const char *root, const char *text,
			   const char *name, struct synergy_error *error);

/* The hottest thermal zone, thousandths of a degree; INT32_MIN: there is none. */
int32_t synergy_hottest(const char *root);

#endif /* SYNERGY_SWEEP_CLOCK_H */
