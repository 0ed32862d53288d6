/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps the clock's set-up safe while it is changed: on disk before anything is written
 * to cpufreq, and by a small process that puts it back when the sweep dies. If both die,
 * or the machine goes down, the next sweep or `synergy-sweep --restore` does it.
 */
#ifndef SYNERGY_SWEEP_GUARDIAN_H
#define SYNERGY_SWEEP_GUARDIAN_H

#include "lib/error.h"
#include "sweep/clock.h"

/* Where the state is kept (SYNERGY_STATE_DIR names another directory). */
#define SYNERGY_STATE_DIR	"/var/lib/synergy"
#define SYNERGY_STATE_FILE	"sweep-clock"

struct synergy_guardian;

/**
 * synergy_guardian_start - note what was found and watch over it
 * @policies: as found; must outlive the guardian
 * @directory: for the state file; made if need be
 * @error: why not; nothing has been changed then
 *
 * EBUSY: another sweep holds the state file. A state that was left behind must have been
 * restored before (synergy_guardian_restore()).
 * Return: NULL with errno EBUSY, ENOMEM, or of writing or fork.
 */
struct synergy_guardian *synergy_guardian_start(const struct synergy_policies *policies,
						const char *directory,
						struct synergy_error *error);

/* Put everything back, remove the state, let the guardian go. -1: something could not be restored. */
int synergy_guardian_end(struct synergy_guardian *guardian, struct synergy_error *error);

/**
 * synergy_guardian_restore - put back what an interrupted sweep left
 * @directory: where its state file is
 * @root: prefix of /sys
 * @error: why not
 *
 * Return: 1 restored, 0 there was nothing to restore, -1 with errno: EBUSY a sweep is
 * running, EINVAL the file is damaged, or of writing.
 */
int synergy_guardian_restore(const char *directory, const char *root,
			     struct synergy_error *error);

#endif /* SYNERGY_SWEEP_GUARDIAN_H */
