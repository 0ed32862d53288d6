/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small pool of threads for our own kernels. Threads are started when the
 * pool is made, wait spinning for a moment and then asleep, and are given the
 * parts of one job at a time. With no pool (NULL) the caller does all parts.
 */
#ifndef SYNERGY_KERNELS_THREADS_H
#define SYNERGY_KERNELS_THREADS_H

struct synergy_threads;

typedef void (*synergy_part_fn)(void *job, int part);

/* A pool of threads - 1 workers beside the caller; NULL with errno on failure. */
struct synergy_threads *synergy_threads_create(int threads);
void synergy_threads_destroy(struct synergy_threads *pool); /* NULL is fine */
int synergy_threads_count(const struct synergy_threads *pool); /* 1 for NULL */

/* Calls fn(job, part) for each part of 0..parts-1, and returns when all are done. */
void synergy_threads_run(struct synergy_threads *pool, int parts, synergy_part_fn fn, void *job);

#endif
