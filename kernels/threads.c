// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The pool of kernels/threads.h: a job counter that workers wait on (a futex
 * after a short spin) and a part counter that they draw from. Nothing is
 * allocated after synergy_threads_create().
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/threads.h"

#define SPINS 20000

struct synergy_threads {
	int count;
	pthread_t *workers;
	atomic_int generation; /* of the job; workers wait for it to change */
	atomic_int next; /* part to draw */
	atomic_int busy; /* workers that have not finished this generation */
	atomic_bool stop;
	int parts;
	synergy_part_fn fn;
	void *job;
};

static void wait_change(atomic_int *word, int old)
{
	int i;

	for (i = 0; i < SPINS; i++)
		if (atomic_load_explicit(word, memory_order_acquire) != old)
			return;
	while (atomic_load_explicit(word, memory_order_acquire) == old)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
}

static void wake_all(atomic_int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff, NULL, NULL, 0);
}

static void draw_parts(struct synergy_threads *pool)
{
	int part;

	while ((part = atomic_fetch_add(&pool->next, 1)) < pool->parts)
		pool->fn(pool->job, part);
}

static void *worker(void *arg)
{
	struct synergy_threads *pool = arg;
	int seen = 0;

	for (;;) {
		wait_change(&pool->generation, seen);
		seen = atomic_load(&pool->generation);
		if (atomic_load(&pool->stop))
			return NULL;
		draw_parts(pool);
		if (atomic_fetch_sub(&pool->busy, 1) == 1)
			wake_all(&pool->busy);
	}
}

struct synergy_threads *synergy_threads_create(int threads)
{
	struct synergy_threads *pool;
	int error;

	if (threads < 1 || threads > 1024) {
		errno = EINVAL;
		return NULL;
	}
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	pool->count = 1;
	pool->workers = calloc(threads, sizeof(*pool->workers));
	if (!pool->workers) {
		free(pool);
		return NULL;
	}
	for (; pool->count < threads; pool->count++) {
		error = pthread_create(&pool->workers[pool->count], NULL, worker, pool);
		if (error) {
			synergy_threads_destroy(pool);
			errno = error;
			return NULL;
		}
	}
	return pool;
}

void synergy_threads_destroy(struct synergy_threads *pool)
{
	int i;

	if (!pool)
		return;
	atomic_store(&pool->stop, true);
	atomic_fetch_add(&pool->generation, 1);
	wake_all(&pool->generation);
	for (i = 1; i < pool->count; i++)
		pthread_join(pool->workers[i], NULL);
	free(pool->workers);
	free(pool);
}

int synergy_threads_count(const struct synergy_threads *pool)
{
	return pool ? pool->count : 1;
}

void synergy_threads_run(struct synergy_threads *pool, int parts, synergy_part_fn fn, void *job)
{
	int left, part;

	if (!pool || pool->count == 1 || parts == 1) {
		for (part = 0; part < parts; part++)
			fn(job, part);
		return;
	}
	pool->parts = parts;
	pool->fn = fn;
	pool->job = job;
	atomic_store(&pool->next, 0);
	atomic_store(&pool->busy, pool->count - 1);
	atomic_fetch_add(&pool->generation, 1);
	wake_all(&pool->generation);
	draw_parts(pool);
	while ((left = atomic_load(&pool->busy)))
		wait_change(&pool->busy, left);
}
