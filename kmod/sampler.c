// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampling threads: one per I2C bus, so that buses work in parallel, all on
 * the same grid of absolute deadlines. The first thread also asks the cores for
 * their counters: it sends the interruptions, lets the bus work meanwhile, and
 * then collects; and it wakes the readers. Where its bus does not let it come back in
 * time a spare thread does these two things, until it does. No lock of the board is ever
 * taken here.
 */
#include <linux/capability.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

#include "compat.h"
#include "internal.h"

/* Readers are woken in batches of this age, see stream.c. */
#define WAKE_AGE_NS	10000000U

/*
 * A thread that works for more than nine tenths of so many ticks is no sleeper: its
 * adapter polls, and uses up the core. It goes on, but no longer before all others,
 * unless its session's owner may have real-time threads of its own: at a chip's ceiling
 * it would lose samples for nothing. Where an adapter sleeps no rate that is granted
 * comes near it.
 */
#define SHARE_TICKS	64
#define SHARE_PERCENT	90

/* A leader is late after so long at its bus, or two periods: readers wait for as long. */
#define LEADER_MIN_NS	10000000U

/**
 * struct sampler_thread - samples the chips on one adapter
 * @run: it belongs to
 * @task: the thread
 * @adapter: NULL: no chip, counters alone
 * @chips: on the adapter
 * @n_chips: of them
 * @leader: it asks the cores and wakes the readers
 * @tick: its deadlines
 * @share_ns: run time at the last check of its share
 * @share_begin_ns: when that was
 * @ticks: the thread alone writes it and what follows; anybody reads
 * @missed: deadlines that had passed
 * @lateness_max_ns: of waking
 * @lateness: histogram, see synergy_tick_bucket()
 */
struct sampler_thread {
	struct synergy_run *run;
	struct task_struct *task;
	struct i2c_adapter *adapter;
	struct synergy_ina3221 *chips[SYNERGY_MAX_CHIPS];
	u32 n_chips;
	bool leader;
	struct synergy_tick tick;
	u64 share_ns;
	u64 share_begin_ns;
	u64 ticks;
	u64 missed;
	u64 lateness_max_ns;
	u64 lateness[SYNERGY_LATENESS_BUCKETS];
};

/**
 * struct synergy_run - a session's sampling, from start to stop
 * @session: as configured
 * @seed: of dither and random restarts
 * @may_use_up: a core; who started it has CAP_SYS_NICE
 * @counters: held by who asks the cores and wakes the readers: the leader, or the spare in its
 *	place
 * @spare: does so while the leader's bus keeps it
 * @watch: expires if the leader does not come back
 * @leader_late: the spare is to do so
 * @n_threads: one for each adapter
 * @threads: the first is the leader
 */
struct synergy_run {
	struct synergy_session session;
	u64 seed;
	bool may_use_up;
	struct mutex counters;		/* one of leader and spare at a time */
	struct task_struct *spare;
	struct timer_list watch;
	bool leader_late;
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

/* ---- counters and readers ---- */

/* @number: of the tick. */
static bool counters_due(const struct synergy_session *session, u64 number)
{
	u64 since;

	if (!session->n_columns || !session->pmu_every)
		return false;
	div64_u64_rem(number, session->pmu_every, &since);
	return !since;
}

static void wake_readers(void)
{
	synergy_mark_pages_take_some();
	synergy_stream_wake(ktime_get_ns(), WAKE_AGE_NS);
}

/*
 * The leader is about to talk to its bus: it should be back well before that time. A timer
 * of jiffies, as it is moved in each tick and hardly ever expires: to move it is to find
 * that its jiffy is still the same. A high-resolution one, which programs the core's clock
 * each time, made the virtual board's ticks 10 us late, and its ceiling lose one in 24.
 */
static void watch_leader(struct synergy_run *run)
{
	u64 grace_ns = max_t(u64, 2 * run->session.period_ns, LEADER_MIN_NS);

	mod_timer(&run->watch, jiffies + nsecs_to_jiffies(grace_ns) + 1);
}

static void leader_is_back(struct synergy_run *run)
{
	WRITE_ONCE(run->leader_late, false);
}

static void leader_does_not_come(struct timer_list *timer)
{
	struct synergy_run *run = container_of(timer, struct synergy_run, watch);

	WRITE_ONCE(run->leader_late, true);
	wake_up_process(run->spare);
}

/* In the leader's place, on the same grid. */
static void stand_in(struct synergy_run *run, struct synergy_tick *tick)
{
	u64 missed = 0;
	bool counters;

	if (!sleep_to(synergy_tick_next(tick, ktime_get_ns(), &missed)))
		return;
	mutex_lock(&run->counters);
	counters = counters_due(&run->session, tick->number);
	/* What the leader had asked for is there by now. */
	synergy_pmu_collect();
	if (counters)
		synergy_pmu_kick();
	mutex_unlock(&run->counters);
	wake_readers();
}

static int spare_main(void *data)
{
	struct synergy_run *run = data;
	struct synergy_tick tick;

	synergy_tick_init(&tick, run->threads[0].tick.start_ns, run->session.period_ns, 0, 0);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (!READ_ONCE(run->leader_late)) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		stand_in(run, &tick);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* ---- a thread and its bus ---- */

static void check_share(struct sampler_thread *thread)
{
	u64 ran_ns, now_ns;

	if (thread->run->may_use_up || thread->ticks % SHARE_TICKS)
		return;
	ran_ns = current->se.sum_exec_runtime;
	now_ns = ktime_get_ns();
	if (thread->share_begin_ns &&
	    (ran_ns - thread->share_ns) * 100 > (now_ns - thread->share_begin_ns) * SHARE_PERCENT &&
	    current->policy == SCHED_FIFO) {
		pr_notice_once("synergy: an I2C adapter keeps its core busy: its thread is an ordinary one now\n");
		synergy_compat_sched_normal(current);
	}
	thread->share_ns = ran_ns;
	thread->share_begin_ns = now_ns;
}

static void sample(struct sampler_thread *thread, u64 missed)
{
	struct synergy_run *run = thread->run;
	bool counters;
	u32 i;

	if (!thread->leader) {
		for (i = 0; i < thread->n_chips; i++)
			synergy_ina3221_tick(thread->chips[i], missed);
		return;
	}
	mutex_lock(&run->counters);
	leader_is_back(run);
	counters = counters_due(&run->session, thread->tick.number);
	if (counters)
		synergy_pmu_kick();
	mutex_unlock(&run->counters);
	watch_leader(run);
	for (i = 0; i < thread->n_chips; i++)
		synergy_ina3221_tick(thread->chips[i], missed);
	mutex_lock(&run->counters);
	leader_is_back(run);
	/* Also what the spare has asked for meanwhile. */
	synergy_pmu_collect();
	mutex_unlock(&run->counters);
	wake_readers();
}

static int sampler_main(void *data)
{
	struct sampler_thread *thread = data;
	const struct synergy_session *session = &thread->run->session;
	u64 missed = 0;
	u64 deadline;
	u32 i;

	if (thread->leader)
		watch_leader(thread->run);
	/* The first sample of a chip takes longer, so its ticks begin a period after it. */
	for (i = 0; i < thread->n_chips; i++) {
		synergy_ina3221_grid(thread->chips[i], thread->tick.start_ns, session->period_ns);
		synergy_ina3221_tick(thread->chips[i], 0);
	}
	deadline = synergy_tick_next(&thread->tick, ktime_get_ns() + session->period_ns, &missed);
	for (missed = 0; sleep_to(deadline); ) {
		note_lateness(thread, deadline);
		check_share(thread);
		sample(thread, missed);
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
	/* Nobody starts the timer any more. */
	synergy_compat_timer_delete_sync(&run->watch);
	if (run->spare)
		kthread_stop(run->spare);
	run->spare = NULL;
	WRITE_ONCE(run->leader_late, false);
}

static struct task_struct *new_thread(struct synergy_run *run, int (*main)(void *), void *data,
				      const char *name, u32 number)
{
	struct task_struct *task = kthread_create(main, data, "%s/%u", name, number);

	if (IS_ERR(task))
		return task;
	synergy_compat_sched_fifo(task);
	/* A core that has just gone leaves the thread where it is. */
	set_cpus_allowed_ptr(task, cpumask_of(run->session.sampler_cpu));
	return task;
}

static int make_threads(struct synergy_run *run)
{
	u64 start_ns = ktime_get_ns();
	struct task_struct *task;
	u32 i;

	task = new_thread(run, spare_main, run, "synergy-spare", 0);
	if (IS_ERR(task))
		return PTR_ERR(task);
	run->spare = task;
	for (i = 0; i < run->n_threads; i++) {
		struct sampler_thread *thread = &run->threads[i];

		synergy_tick_init(&thread->tick, start_ns, run->session.period_ns,
				  run->session.dither_ns, run->seed);
		thread->share_begin_ns = 0;
		task = new_thread(run, sampler_main, thread, "synergy", i);
		if (IS_ERR(task)) {
			stop_threads(run);
			return PTR_ERR(task);
		}
		thread->task = task;
	}
	return 0;
}

void synergy_sampler_go(struct synergy_run *run)
{
	u32 i;

	wake_up_process(run->spare);
	for (i = 0; i < run->n_threads; i++)
		wake_up_process(run->threads[i].task);
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
	run->may_use_up = capable(CAP_SYS_NICE);
	mutex_init(&run->counters);
	timer_setup(&run->watch, leader_does_not_come, TIMER_PINNED);
	for (i = 0; i < n_chips; i++) {
		struct sampler_thread *thread = thread_for(run, chips[i]->adapter);

		thread->chips[thread->n_chips++] = chips[i];
	}
	if (!n_chips)
		thread_for(run, NULL);
	err = make_threads(run);
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
	return make_threads(run);
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
