/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks of a program's own parts, by name; any thread, and no set-up:
 *
 *	synergy_mark_begin("preprocess");
 *	...
 *	synergy_mark_end("preprocess");
 *
 * Run it as `synergy-record ./program`; synergy-report then has a row for each name. C++ has
 * synergy::region of synergy.hpp, which ends by itself.
 */
#ifndef SYNERGY_LIB_MARKS_H
#define SYNERGY_LIB_MARKS_H

#include <stdint.h>

#include "lib/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum synergy_marks_way - where this process's marks go
 * @SYNERGY_MARKS_NONE: nowhere: there is neither device nor recorder
 * @SYNERGY_MARKS_IOCTL: to the device, an ioctl each, with the session's counters
 * @SYNERGY_MARKS_PAGE: to the device, through a page of memory, without counters
 * @SYNERGY_MARKS_RING: to a recorder with another source than the device
 */
enum synergy_marks_way {
	SYNERGY_MARKS_NONE	= 0,
	SYNERGY_MARKS_IOCTL	= 1,
	SYNERGY_MARKS_PAGE	= 2,
	SYNERGY_MARKS_RING	= 3,
};

/**
 * synergy_mark_begin - an interval of this name begins, in this thread
 * @name: UTF-8, not empty; 63 bytes of it are shown
 *
 * Intervals may hold others, also of their own name; they begin and end in one thread.
 *
 * The first mark of a process looks for who wants marks: the recorder that the environment
 * names, else /dev/synergy. Where neither is, this and each later mark is a call that
 * does nothing. Marks go through a page of memory, without a system call, where a session
 * runs that counts no events; else each is an ioctl, which reads the counters. The
 * environment variable SYNERGY_MARKS, page or ioctl, decides in the library's place.
 *
 * A child of fork() is looked at as a process of its own.
 *
 * Return: 1: the mark is in the stream; 0: nobody wants marks; -1 with errno: EINVAL an
 * empty name; ENODEV the device has gone; ENOBUFS the recorder does not keep up.
 */
SYNERGY_EXPORT int synergy_mark_begin(const char *name);

/**
 * synergy_mark_end - the interval that began last by this name, in this thread, ends
 * @name: as it began
 *
 * Return: as synergy_mark_begin().
 */
SYNERGY_EXPORT int synergy_mark_end(const char *name);

/**
 * synergy_mark_point - something of this name happened now
 * @name: as for synergy_mark_begin()
 *
 * Return: as synergy_mark_begin().
 */
SYNERGY_EXPORT int synergy_mark_point(const char *name);

/**
 * synergy_mark - a mark with a number of the caller's
 * @kind: enum synergy_mark_kind
 * @name: as for synergy_mark_begin()
 * @cookie: any number; it is kept with the mark
 *
 * Return: as synergy_mark_begin(); EINVAL also for a kind that is none.
 */
SYNERGY_EXPORT int synergy_mark(uint32_t kind, const char *name, uint64_t cookie);

/**
 * synergy_marks_open - look for who wants marks now, not at the first of them
 * @error: filled in on failure, with what is missing
 *
 * Return: 0; -1 with errno: nobody wants any, and marks do nothing. ENOENT the module is
 * not loaded; EACCES; others as synergy_stream_open().
 */
SYNERGY_EXPORT int synergy_marks_open(struct synergy_error *error);

/**
 * synergy_marks_way - where marks go
 *
 * Return: enum synergy_marks_way. Does not look: %SYNERGY_MARKS_NONE before the first mark.
 */
SYNERGY_EXPORT int synergy_marks_way(void);

/**
 * synergy_marks_close - give back what marks use, and look again at the next one
 *
 * The module ends intervals that are open. No thread may be marking meanwhile.
 */
SYNERGY_EXPORT void synergy_marks_close(void);

#ifdef __cplusplus
}
#endif

#endif /* SYNERGY_LIB_MARKS_H */
