// SPDX-License-Identifier: GPL-2.0-only
/*
 * The session: who owns it, what it samples, and its start and stop. All of it
 * but fetching what user space hands in runs under board.lock. A configuration is
 * checked against the chips, the buses and the PMU here, so that START has nothing
 * left to refuse but what changed since.
 */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

#define CONFIGURE_FLAGS	(SYNERGY_CONFIGURE_F_MULTIPLEX | SYNERGY_CONFIGURE_F_NO_POWER | \
			 SYNERGY_CONFIGURE_F_CONTINUOUS | SYNERGY_CONFIGURE_F_TRIGGERED | \
			 SYNERGY_CONFIGURE_F_RESTARTS)
#define EVENT_MIN_SIZE	104	/* version 2's */
#define EVENT_FLAGS	(SYNERGY_EVENT_F_EXCLUDE_USER | SYNERGY_EVENT_F_EXCLUDE_KERNEL)
/* Counters alone: no bus or chip sets a limit, the measured program's peace does. */
#define NO_POWER_PERIOD_MIN_NS	100000ULL
/* Readers of a slow session are woken by each record, not by its rare ticks. */
#define LAZY_PERIOD_MAX_NS	20000000ULL

static bool chip_bound(const struct synergy_ina3221 *chip)
{
	return !(chip->info.flags & SYNERGY_CHIP_F_GONE);
}

/* ---- planning the chips ---- */

static u32 read_mask_of(const struct synergy_ina3221 *chip, u64 rail_mask)
{
	u32 channel, mask = 0;

	for (channel = 0; channel < SYNERGY_CHANNELS; channel++)
		if (rail_mask & BIT_ULL(chip->rails[channel]))
			mask |= 1U << channel;
	return mask;
}

static u64 enabled_rails(void)
{
	u64 mask = 0;
	u32 i;

	for (i = 0; i < synergy_board.n_rails; i++)
		if (!(synergy_board.rails[i].flags &
		      (SYNERGY_RAIL_F_GONE | SYNERGY_RAIL_F_DISABLED)))
			mask |= BIT_ULL(i);
	return mask;
}

/* What the other chips of the same bus need of it in a tick, at the least. */
static u32 others_ns(const struct synergy_ina3221 *chip, const struct synergy_configure *cfg,
		     u64 rail_mask)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < synergy_board.n_chips; i++) {
		const struct synergy_ina3221 *other = synergy_board.chips[i];
		u32 mask = read_mask_of(other, rail_mask);
		struct synergy_plan_request req;

		if (other == chip || !mask || !chip_bound(other) ||
		    other->adapter != chip->adapter)
			continue;
		synergy_ina3221_request(other, cfg, mask, 0, &req);
		sum += req.exchange_ns + (hweight32(mask) + 1ULL) * req.read_ns;
	}
	return min_t(u64, sum, U32_MAX / 2);
}

typedef void (*chip_fn)(struct synergy_ina3221 *chip, const struct synergy_plan_request *req,
			const struct synergy_plan *plan);

/*
 * Plan all chips at *@period_ns (0: the shortest); @use, where not NULL, is given
 * each one's plan. -ERANGE: *@period_ns is the shortest that all can carry.
 */
static int plan_chips(const struct synergy_configure *cfg, u64 rail_mask, u64 *period_ns,
		      chip_fn use)
{
	u64 longest = 0;
	bool refused = false;
	u32 i;

	for (i = 0; i < synergy_board.n_chips; i++) {
		struct synergy_ina3221 *chip = synergy_board.chips[i];
		u32 mask = read_mask_of(chip, rail_mask);
		struct synergy_plan_request req;
		struct synergy_plan plan;
		u64 period = *period_ns;
		int err;

		if (!mask || !chip_bound(chip))
			continue;
		if (cfg && synergy_ina3221_refuses(chip, cfg))
			return -EPERM;
		synergy_ina3221_request(chip, cfg, mask, others_ns(chip, cfg, rail_mask), &req);
		err = synergy_plan_make(&req, &period, &plan);
		if (err && err != -ERANGE)
			return err;
		refused |= !!err;
		longest = max(longest, period);
		if (!err && use)
			use(chip, &req, &plan);
	}
	if (*period_ns && !refused)
		return 0;
	*period_ns = longest;
	return refused ? -ERANGE : 0;
}

/* ---- description ---- */

static u64 min_period_ns(void)
{
	u64 rails = enabled_rails();
	u64 period_ns = 0;

	if (!rails || plan_chips(NULL, rails, &period_ns, NULL))
		return 0;
	return period_ns;
}

bool synergy_session_needs_power(void)
{
	return synergy_board.configured &&
	       !(synergy_board.cfg.flags & SYNERGY_CONFIGURE_F_NO_POWER);
}

void synergy_session_device(struct synergy_device *dev)
{
	struct synergy_board *board = &synergy_board;

	lockdep_assert_held(&board->lock);
	memset(dev, 0, sizeof(*dev));
	dev->size = sizeof(*dev);
	dev->api_version = SYNERGY_API_VERSION;
	dev->n_chips = board->n_chips;
	dev->n_rails = board->n_rails;
	dev->n_cpus = num_possible_cpus();
	dev->min_period_ns = min_period_ns();
	dev->owner_tgid = pid_nr(board->owner_pids.tgid);
	dev->clock_id = CLOCK_MONOTONIC;
	dev->raw_clock_id = CLOCK_MONOTONIC_RAW;
	dev->n_files = READ_ONCE(synergy_stream.n_files);
	dev->n_pages = READ_ONCE(synergy_stream.n_pages);
	dev->files_refused = READ_ONCE(synergy_stream.files_refused);
	dev->pages_refused = READ_ONCE(synergy_stream.pages_refused);
	dev->flags = (board->configured ? SYNERGY_DEVICE_F_CONFIGURED : 0) |
		     (board->run ? SYNERGY_DEVICE_F_RUNNING : 0);
	strscpy(dev->module_version, SYNERGY_MODULE_VERSION, sizeof(dev->module_version));
}

void synergy_session_describe(synergy_info_fn fn, void *ctx)
{
	struct synergy_board *board = &synergy_board;
	u32 i;

	lockdep_assert_held(&board->lock);
	fn(ctx, SYNERGY_INFO_DEVICE, &board->device, sizeof(board->device), &board->owner_pids);
	for (i = 0; i < board->n_chips; i++)
		fn(ctx, SYNERGY_INFO_CHIP, &board->chips[i]->info, sizeof(board->chips[i]->info),
		   NULL);
	for (i = 0; i < board->n_rails; i++)
		fn(ctx, SYNERGY_INFO_RAIL, &board->rails[i], sizeof(board->rails[i]), NULL);
	for (i = 0; i < board->cfg.n_events; i++)
		fn(ctx, SYNERGY_INFO_EVENT, &board->events[i], sizeof(board->events[i]), NULL);
	if (board->configured)
		fn(ctx, SYNERGY_INFO_SESSION, &board->session, sizeof(board->session), NULL);
}

static void emit_info(void *ctx, u32 kind, const void *body, u32 size,
		      const struct synergy_pids *who)
{
	synergy_stream_info(kind, body, size, who);
}

/* What files begin with is kept, so that nobody waits for it. */
void synergy_session_refresh(void)
{
	synergy_session_device(&synergy_board.device);
	synergy_replay_begin();
	synergy_session_describe(synergy_replay_add, NULL);
	synergy_replay_end();
}

static void announce(u32 state)
{
	synergy_board.session.state = state;
	synergy_session_refresh();
	synergy_session_describe(emit_info, NULL);
}

/* ---- configure ---- */

/* One entry as the caller knows it, by the same rules as an ioctl's argument. */
static int fetch_event(const struct synergy_configure *cfg, u32 i, struct synergy_event *event)
{
	const void __user *from = u64_to_user_ptr(cfg->events) + (u64)i * cfg->event_size;
	int err = copy_struct_from_user(event, sizeof(*event), from, cfg->event_size);

	if (err)
		return err;
	if (event->size != cfg->event_size || event->column >= SYNERGY_MAX_EVENTS ||
	    (event->flags & ~EVENT_FLAGS) ||
	    strnlen(event->name, sizeof(event->name)) == sizeof(event->name))
		return -EINVAL;
	event->size = sizeof(*event);
	return 0;
}

/* Copies the events in and counts the columns, which must leave no gap. */
static int fetch_events(struct synergy_configure *cfg, struct synergy_event **out, u32 *n_columns)
{
	struct synergy_event *events;
	u32 seen = 0;
	u32 i;
	int err = 0;

	*out = NULL;
	*n_columns = 0;
	if (!cfg->n_events)
		return cfg->events ? -EINVAL : 0;
	if (cfg->n_events > SYNERGY_MAX_ENTRIES || cfg->event_size < EVENT_MIN_SIZE ||
	    cfg->event_size % 8)
		return -EINVAL;
	if (cfg->event_size > PAGE_SIZE)
		return -E2BIG;
	events = kcalloc(cfg->n_events, sizeof(*events), GFP_KERNEL_ACCOUNT);
	if (!events)
		return -ENOMEM;
	for (i = 0; i < cfg->n_events && !err; i++) {
		cfg->bad_event = i;
		err = fetch_event(cfg, i, &events[i]);
		seen |= err ? 0 : 1U << events[i].column;
	}
	*n_columns = fls(seen);
	if (!err && hweight32(seen) != *n_columns)
		err = -EINVAL;
	if (err) {
		kfree(events);
		return err;
	}
	cfg->bad_event = 0;
	*out = events;
	return 0;
}

/*
 * The sampling threads are real-time threads, so they go where the caller itself may
 * go: anywhere else is for those who may say where real-time threads run.
 */
static bool may_use_cpu(unsigned int cpu)
{
	return cpumask_test_cpu(cpu, synergy_compat_cpus_ptr(current)) || capable(CAP_SYS_NICE);
}

/* The last core that is online and the caller's; of all where none is chosen by root. */
static u32 choose_cpu(const struct synergy_configure *cfg)
{
	unsigned int cpu, last = nr_cpu_ids;

	if (cfg->sampler_cpu)
		return cfg->sampler_cpu - 1;
	for_each_online_cpu(cpu)
		if (may_use_cpu(cpu))
			last = cpu;
	return last < nr_cpu_ids ? last : raw_smp_processor_id();
}

static int check_fields(const struct synergy_configure *cfg)
{
	bool both = (cfg->flags & SYNERGY_CONFIGURE_F_CONTINUOUS) &&
		    (cfg->flags & SYNERGY_CONFIGURE_F_TRIGGERED);
	u32 i;

	if ((cfg->flags & ~CONFIGURE_FLAGS) || both)
		return -EINVAL;
	for (i = 0; i < SYNERGY_MAX_RAILS; i++)
		if (cfg->rail_divisor[i] > 1)
			return -EOPNOTSUPP;
	if ((cfg->flags & SYNERGY_CONFIGURE_F_RESTARTS) &&
	    (cfg->flags & (SYNERGY_CONFIGURE_F_TRIGGERED | SYNERGY_CONFIGURE_F_NO_POWER)))
		return -EINVAL;
	if ((cfg->flags & SYNERGY_CONFIGURE_F_NO_POWER) && cfg->rail_mask)
		return -EINVAL;
	if (cfg->period_ns > SYNERGY_PLAN_PERIOD_MAX_NS)
		return -EINVAL;
	if (cfg->sampler_cpu && (cfg->sampler_cpu > nr_cpu_ids ||
				 !cpu_online(cfg->sampler_cpu - 1)))
		return -EINVAL;
	return cfg->sampler_cpu && !may_use_cpu(cfg->sampler_cpu - 1) ? -EPERM : 0;
}

static int configure_power(struct synergy_configure *cfg)
{
	u64 enabled = enabled_rails();

	if (cfg->flags & SYNERGY_CONFIGURE_F_NO_POWER) {
		if (!cfg->period_ns)
			cfg->period_ns = NO_POWER_PERIOD_MIN_NS;
		if (cfg->period_ns < NO_POWER_PERIOD_MIN_NS) {
			cfg->period_ns = NO_POWER_PERIOD_MIN_NS;
			return -ERANGE;
		}
		return cfg->dither_ns > cfg->period_ns / 2 ? -ERANGE : 0;
	}
	if (!enabled)
		return -ENXIO;
	if (cfg->rail_mask & ~enabled)
		return -EINVAL;
	if (!cfg->rail_mask)
		cfg->rail_mask = enabled;
	return plan_chips(cfg, cfg->rail_mask, &cfg->period_ns, NULL);
}

/* What is seen of each rail in the session as configured. */
static void describe_rails(u64 rail_mask, u64 period_ns)
{
	struct synergy_board *board = &synergy_board;
	u32 i;

	for (i = 0; i < board->n_rails; i++) {
		struct synergy_rail *rail = &board->rails[i];
		const struct synergy_chip *chip = &board->chips[rail->chip]->info;
		u32 ppm = chip->conversion_ppm ? chip->conversion_ppm : 1000000;

		rail->divisor = 0;
		rail->seen_ppm = 0;
		if (!(rail_mask & BIT_ULL(i)) || !period_ns)
			continue;
		rail->divisor = 1;
		rail->seen_ppm = min_t(u64, 1000000, div64_u64((u64)chip->conversion_shunt_ns * ppm,
							       period_ns));
	}
}

static void set_owner(struct synergy_file *file)
{
	struct synergy_board *board = &synergy_board;

	board->owner = file;
	put_pid(board->owner_pids.tgid);
	board->owner_pids.tgid = file ? get_pid(task_tgid(current)) : NULL;
}

static int owned_by_other(struct synergy_file *file)
{
	return synergy_board.owner && synergy_board.owner != file;
}

int synergy_session_fetch(struct synergy_configure *cfg, struct synergy_event **events,
			  u32 *n_columns)
{
	int err;

	cfg->bad_event = 0;
	err = check_fields(cfg);
	if (!err)
		err = fetch_events(cfg, events, n_columns);
	if (err)
		return err;
	if (!*n_columns || !synergy_pmu_allowed())
		return 0;
	kfree(*events);
	return -EACCES;
}

int synergy_session_configure(struct synergy_file *file, struct synergy_configure *cfg,
			      struct synergy_event *events, u32 n_columns)
{
	struct synergy_board *board = &synergy_board;
	int err;

	lockdep_assert_held(&board->lock);
	if (owned_by_other(file) || board->run)
		return -EBUSY;
	err = configure_power(cfg);
	if (!err && n_columns)
		err = synergy_pmu_check(events, cfg->n_events,
					cfg->flags & SYNERGY_CONFIGURE_F_MULTIPLEX,
					&cfg->bad_event);
	if (err)
		return err;
	/* Just judged, so it succeeds: from here on the chips can be asked how. */
	if (cfg->rail_mask)
		plan_chips(cfg, cfg->rail_mask, &cfg->period_ns, synergy_ina3221_describe);
	describe_rails(cfg->rail_mask, cfg->period_ns);
	kfree(board->events);
	board->events = events;
	board->n_columns = n_columns;
	board->cfg = *cfg;
	set_owner(file);
	file->sees_counts |= n_columns;	/* synergy_session_fetch() asked */
	board->configured = true;
	memset(&board->session, 0, sizeof(board->session));
	board->session.size = sizeof(board->session);
	board->session.flags = cfg->flags;
	board->session.n_columns = n_columns;
	board->session.period_ns = cfg->period_ns;
	board->session.rail_mask = cfg->rail_mask;
	board->session.pmu_every = cfg->pmu_every;
	board->session.sampler_cpu = choose_cpu(cfg);
	board->session.dither_ns = cfg->dither_ns;
	board->session.clock_id = CLOCK_MONOTONIC;
	board->session.raw_clock_id = CLOCK_MONOTONIC_RAW;
	synergy_session_refresh();
	return 0;
}

/* ---- start and stop ---- */

static u32 session_chips(struct synergy_ina3221 **chips)
{
	u32 i, n = 0;

	for (i = 0; i < synergy_board.n_chips; i++)
		if (chip_bound(synergy_board.chips[i]) &&
		    read_mask_of(synergy_board.chips[i], synergy_board.session.rail_mask))
			chips[n++] = synergy_board.chips[i];
	return n;
}

/* Reported while the sampler sets them up so, also after a sleep or a new bind. */
void synergy_session_tell_config(void)
{
	struct synergy_ina3221 *chips[SYNERGY_MAX_CHIPS];
	u32 i, n = session_chips(chips);

	for (i = 0; i < n; i++)
		chips[i]->info.config_set = chips[i]->session_config;
}

/* As they were found, and reported as that. */
static void stop_chips(void)
{
	u32 i;

	for (i = 0; i < synergy_board.n_chips; i++)
		synergy_ina3221_stop(synergy_board.chips[i]);
}

static void reset_stats(void)
{
	spin_lock(&synergy_stream.lock);
	memset(synergy_stream.records, 0, sizeof(synergy_stream.records));
	spin_unlock(&synergy_stream.lock);
	memset(&synergy_board.last_stats, 0, sizeof(synergy_board.last_stats));
}

static void suspend_run(void)
{
	synergy_sampler_pause(synergy_board.run);
	stop_chips();
	announce(SYNERGY_SESSION_SUSPENDED);
	synergy_stream_set_lazy(false);
}

int synergy_session_start(struct synergy_file *file)
{
	struct synergy_ina3221 *chips[SYNERGY_MAX_CHIPS];
	struct synergy_board *board = &synergy_board;
	struct synergy_run *run;
	u64 period_ns = board->session.period_ns;
	u32 n_chips;
	int err;

	lockdep_assert_held(&board->lock);
	if (owned_by_other(file))
		return -EBUSY;
	if (!board->configured)
		return -EINVAL;
	if (board->run)
		return -EALREADY;
	n_chips = session_chips(chips);
	if (!(board->cfg.flags & SYNERGY_CONFIGURE_F_NO_POWER)) {
		if (!n_chips)
			return -ENXIO;
		err = plan_chips(&board->cfg, board->session.rail_mask, &period_ns,
				 synergy_ina3221_prepare);
		if (err)
			goto err_chips;
	}
	if (board->n_columns) {
		err = synergy_pmu_start(board->events, board->cfg.n_events, board->n_columns,
					board->cfg.flags & SYNERGY_CONFIGURE_F_MULTIPLEX);
		if (err)
			goto err_chips;
	}
	reset_stats();
	board->session.start_ns = ktime_get_ns();
	board->session.realtime_offset_ns = ktime_get_real_ns() - board->session.start_ns;
	run = synergy_sampler_start(&board->session, chips, n_chips);
	if (IS_ERR(run)) {
		err = PTR_ERR(run);
		goto err_pmu;
	}
	board->run = run;
	synergy_stream_set_lazy(period_ns <= LAZY_PERIOD_MAX_NS);
	synergy_mark_pages_take(SYNERGY_ALL_MARKS);
	announce(SYNERGY_SESSION_STARTED);
	synergy_names_emit();
	synergy_sampler_go(run);
	if (board->suspended)	/* between the call to prepare and the caller's own freezing */
		suspend_run();
	return 0;

err_pmu:
	if (board->n_columns)
		synergy_pmu_stop();
err_chips:
	stop_chips();
	return err;
}

static void stop_run(void)
{
	struct synergy_board *board = &synergy_board;

	memset(&board->last_stats, 0, sizeof(board->last_stats));
	synergy_sampler_pause(board->run);
	synergy_sampler_stats(board->run, &board->last_stats);
	board->last_stats.pmu_missed = synergy_pmu_missed();
	board->last_stats.running_ns = ktime_get_ns() - board->session.start_ns;
	synergy_sampler_stop(board->run);
	board->run = NULL;
	if (board->n_columns)
		synergy_pmu_stop();
	stop_chips();
	synergy_mark_pages_take(SYNERGY_ALL_MARKS);
	announce(SYNERGY_SESSION_STOPPED);
	synergy_stream_set_lazy(false);
}

int synergy_session_stop(struct synergy_file *file)
{
	lockdep_assert_held(&synergy_board.lock);
	if (synergy_board.owner != file)
		return -EBUSY;
	if (!synergy_board.run)
		return -EALREADY;
	stop_run();
	return 0;
}

/* Stop, and forget owner and configuration. */
void synergy_session_end(void)
{
	struct synergy_board *board = &synergy_board;

	lockdep_assert_held(&board->lock);
	if (board->run)
		stop_run();
	set_owner(NULL);
	board->configured = false;
	board->n_columns = 0;
	describe_rails(0, 0);
	memset(&board->cfg, 0, sizeof(board->cfg));
	kfree(board->events);
	board->events = NULL;
	synergy_session_refresh();
}

void synergy_session_release(struct synergy_file *file)
{
	if (synergy_board.owner == file)
		synergy_session_end();
}

void synergy_session_stats(struct synergy_file *file, struct synergy_stats *stats)
{
	struct synergy_board *board = &synergy_board;

	lockdep_assert_held(&board->lock);
	*stats = board->last_stats;
	stats->size = sizeof(*stats);
	if (board->run) {
		synergy_sampler_stats(board->run, stats);
		stats->pmu_missed = synergy_pmu_missed();
		stats->running_ns = ktime_get_ns() - board->session.start_ns;
	}
	spin_lock(&synergy_stream.lock);
	memcpy(stats->records, synergy_stream.records, sizeof(stats->records));
	stats->lost_all = synergy_stream.lost_all;
	stats->lost_here = file->ring.lost_total;
	spin_unlock(&synergy_stream.lock);
}

/* ---- suspend and resume of the machine ---- */

void synergy_session_suspend(void)
{
	struct synergy_board *board = &synergy_board;

	mutex_lock(&board->lock);
	if (board->run && !board->suspended)
		suspend_run();
	board->suspended = true;
	mutex_unlock(&board->lock);
}

static int resume_run(void)
{
	struct synergy_board *board = &synergy_board;
	int err = synergy_sampler_resume(board->run);

	if (err)
		return err;
	synergy_session_tell_config();
	synergy_stream_set_lazy(board->session.period_ns <= LAZY_PERIOD_MAX_NS);
	announce(SYNERGY_SESSION_RESUMED);
	synergy_sampler_go(board->run);
	return 0;
}

void synergy_session_resume(void)
{
	struct synergy_board *board = &synergy_board;

	mutex_lock(&board->lock);
	/* No memory for the threads: then readers learn that it has ended. */
	if (board->run && board->suspended && resume_run())
		stop_run();
	board->suspended = false;
	mutex_unlock(&board->lock);
}
