// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampling threads: one per I2C bus, so that buses work in parallel, all on
 * the same grid of absolute deadlines. The first thread also asks the cores for
 * their counters: it sends the interruptions, lets the bus work meanwhile, and
 * then collects. No lock of the board is ever taken here.
 */
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "internal.h"

/* Readers are woken in batches of this age, see stream.c. */
#define WAKE_AGE_NS	10000000U

struct sampler_thread {
	struct synergy_run *run;
	struct task_struct *task;
	struct i2c_adapter *adapter;
	struct synergy_ina3221 *chips[SYNERGY_MAX_CHIPS];
	u32 n_chips;
	bool leader;
	struct synergy_tick tick;
	/* Written by the thread alone, read by anybody */
	u64 ticks;
	u64 missed;
	u64 lateness_max_ns;
	u64 lateness[SYNERGY_LATENESS_BUCKETS];
};

struct synergy_run {
	struct synergy_session session;
	u64 seed;
	u32 n_threads;
	struct sampler_thread threads[];
};

/* Sleep to the deadline; false when the thread is to end. */
static bool sleep_to(u64 deadline_ns)
{
	for (;;) {
		ktime_t when = ns_to_ktime(deadline_ns);

		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop()) {
			__set_current_state(TASK_RUNNING);
			return false;
		}
		if (ktime_get_ns() >= deadline_ns) {
			__set_current_state(TASK_RUNNING);
			return true;
		}
		schedule_hrtimeout_range(&when, 0, HRTIMER_MODE_ABS);
	}
}

static void note_lateness(struct sampler_thread *thread, u64 deadline_ns)
{
	u64 now = ktime_get_ns();
	u64 late = now > deadline_ns ? now - deadline_ns : 0;

	thread->ticks++;
	thread->lateness[synergy_tick_bucket(late, SYNERGY_LATENESS_BUCKETS)]++;
	if (late > thread->lateness_max_ns)
		thread->lateness_max_ns = late;
}

static int sampler_main(void *data)
{
	struct sampler_thread *thread = data;
	const struct synergy_session *session = &thread->run->session;
	u64 missed = 0;
	u64 deadline;
	u32 i, since = 0;	/* ticks since the counters were asked for */

	/* The first sample of a chip takes longer, so its ticks begin a period after it. */
	for (i = 0; i < thread->n_chips; i++) {
		synergy_ina3221_grid(thread->chips[i], thread->tick.start_ns, session->period_ns);
		synergy_ina3221_tick(thread->chips[i], 0);
	}
	deadline = synergy_tick_next(&thread->tick, ktime_get_ns() + session->period_ns, &missed);
	for (missed = 0; sleep_to(deadline); ) {
		bool counters;

		note_lateness(thread, deadline);
		counters = thread->leader && session->n_columns && session->pmu_every &&
			   ++since >= session->pmu_every;
		if (counters) {
			since = 0;
			synergy_pmu_kick();
		}
		for (i = 0; i < thread->n_chips; i++)
			synergy_ina3221_tick(thread->chips[i], missed);
		if (counters)
			synergy_pmu_collect();
		if (thread->leader) {
			synergy_mark_pages_take();
			synergy_stream_wake(ktime_get_ns(), WAKE_AGE_NS);
		}
		missed = 0;
		deadline = synergy_tick_next(&thread->tick, ktime_get_ns(), &missed);
		thread->missed += missed;
	}
	return 0;
}

static struct sampler_thread *thread_for(struct synergy_run *run, struct i2c_adapter *adapter)
{
	struct sampler_thread *thread;
	u32 i;

	for (i = 0; i < run->n_threads; i++)
		if (run->threads[i].adapter == adapter)
			return &run->threads[i];
	thread = &run->threads[run->n_threads++];
	thread->run = run;
	thread->adapter = adapter;
	thread->leader = thread == run->threads;
	return thread;
}

static void stop_threads(struct synergy_run *run)
{
	u32 i;

	for (i = 0; i < run->n_threads; i++)
		if (run->threads[i].task)
			kthread_stop(run->threads[i].task);
	for (i = 0; i < run->n_threads; i++)
		run->threads[i].task = NULL;
}

static int start_threads(struct synergy_run *run)
{
	u64 start_ns = ktime_get_ns();
	u32 i;

	for (i = 0; i < run->n_threads; i++) {
		struct sampler_thread *thread = &run->threads[i];
		struct task_struct *task;

		synergy_tick_init(&thread->tick, start_ns, run->session.period_ns,
				  run->session.dither_ns, run->seed);
		task = kthread_create(sampler_main, thread, "synergy/%u", i);
		if (IS_ERR(task)) {
			stop_threads(run);
			return PTR_ERR(task);
		}
		sched_set_fifo(task);
		/* A core that has just gone leaves the thread where it is. */
		set_cpus_allowed_ptr(task, cpumask_of(run->session.sampler_cpu));
		thread->task = task;
	}
	for (i = 0; i < run->n_threads; i++)
		wake_up_process(run->threads[i].task);
	return 0;
}

struct synergy_run *synergy_sampler_start(const struct synergy_session *session,
					  struct synergy_ina3221 **chips, u32 n_chips)
{
	struct synergy_run *run;
	u32 i;
	int err;

	run = kzalloc(struct_size(run, threads, max(n_chips, 1U)), GFP_KERNEL);
	if (!run)
		return ERR_PTR(-ENOMEM);
	run->session = *session;
	run->seed = session->start_ns;
	for (i = 0; i < n_chips; i++) {
		struct sampler_thread *thread = thread_for(run, chips[i]->adapter);

		thread->chips[thread->n_chips++] = chips[i];
	}
	if (!n_chips)
		thread_for(run, NULL);
	err = start_threads(run);
	if (err) {
		kfree(run);
		return ERR_PTR(err);
	}
	return run;
}

void synergy_sampler_pause(struct synergy_run *run)
{
	stop_threads(run);
}

int synergy_sampler_resume(struct synergy_run *run)
{
	return start_threads(run);
}

void synergy_sampler_stop(struct synergy_run *run)
{
	stop_threads(run);
	kfree(run);
}

void synergy_sampler_stats(const struct synergy_run *run, struct synergy_stats *stats)
{
	u32 i, j, bucket;

	for (i = 0; i < run->n_threads; i++) {
		const struct sampler_thread *thread = &run->threads[i];

		stats->ticks += READ_ONCE(thread->ticks);
		stats->ticks_missed += READ_ONCE(thread->missed);
		stats->lateness_max_ns = max(stats->lateness_max_ns,
					     READ_ONCE(thread->lateness_max_ns));
		for (bucket = 0; bucket < SYNERGY_LATENESS_BUCKETS; bucket++)
			stats->lateness[bucket] += READ_ONCE(thread->lateness[bucket]);
		for (j = 0; j < thread->n_chips; j++)
			synergy_ina3221_stats(thread->chips[j], stats);
	}
}
