// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sampling session and its draining thread; the contract is in capture.h. The
 * stream is read by the thread alone between start and stop; marks come from the
 * caller's threads, which libsynergy allows.
 */
#include "measure/capture.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "measure/conditions.h"
#include "measure/host.h"
#include "measure/sampler.h"

#define BUFFER_BYTES	(16U << 20)	/* of the module's ring: seconds at any rate */
#define CHUNK_BYTES	(1U << 20)
#define DRAIN_MS	100		/* between two visits of the thread */
/* Where there are pauses the thread waits longer, and a pause is for it that soon. */
#define ALONE_MS	800
#define PAUSE_MS	400
#define DEFAULT_NS	1000000
#define DITHER_DIVISOR	8		/* of the period */

struct synergy_capture {
	struct synergy_stream *stream;	/* NULL: power comes from a source in user space, ... */
	struct synergy_sampler *sampler;	/* ... by this one */
	struct synergy_configure cfg;
	struct synergy_recording *recording;
	struct synergy_error error;	/* the thread's; read after it was joined */
	int errno_value;		/* the thread's; 0 none */
	int measured_cpu;
	pthread_t thread;
	pthread_mutex_t lock;		/* over stopping and the flushes */
	pthread_cond_t wake;		/* the thread: a flush or the end is wanted */
	pthread_cond_t drained;		/* the caller: it is done, or never will be */
	bool stopping;
	unsigned int flush_wanted, flush_done;
	int64_t drained_ms;		/* when all was recorded last, CLOCK_MONOTONIC */
	bool pauses;			/* the caller says when there is one */
	bool started;
	bool join;
	bool realtime;
	bool device_gone;
	bool finished;			/* the thread: no more is recorded; atomic */
	uint64_t bytes;
	void *chunk;
	struct synergy_conditions *conditions;	/* clocks and temperatures; NULL: not sampled */
};

static int no_rail(const struct synergy_stream *stream, const char *label,
		   struct synergy_error *error)
{
	const struct synergy_stream_info *info = synergy_stream_info(stream);
	char list[384] = "";
	size_t used = 0;
	uint32_t i;

	for (i = 0; i < info->n_rails && used < sizeof(list); i++)
		if (!(info->rails[i].flags & SYNERGY_RAIL_F_GONE))
			used += snprintf(list + used, sizeof(list) - used, "%s%s",
					 used ? ", " : "", info->rails[i].label);
	return synergy_error_set(error, ENOENT, "rail %s: there is none of that name; there %s %s",
				 label, used ? "are:" : "are", used ? list : "none");
}

int synergy_capture_rail_mask(const struct synergy_stream *stream, const char *list,
			      __u64 *mask, struct synergy_error *error)
{
	char *copy = strdup(list), *rest = copy, *label;
	int index, result = 0;

	*mask = 0;
	if (!copy)
		return synergy_error_set(error, ENOMEM, "rail list: no memory");
	while (!result && (label = strsep(&rest, ","))) {
		index = synergy_stream_rail_find(stream, label);
		if (index < 0 || index >= SYNERGY_MAX_RAILS ||
		    (synergy_stream_info(stream)->rails[index].flags & SYNERGY_RAIL_F_GONE))
			result = no_rail(stream, label, error);
		else
			*mask |= 1ULL << index;
	}
	free(copy);
	return result;
}

static int sampler_has_rail(const struct synergy_capture *c, const char *wanted,
			    struct synergy_error *error)
{
	const char *label;
	uint32_t i;

	for (i = 0; synergy_sampler_rail(c->sampler, i, &label); i++)
		if (!strcasecmp(label, wanted))
			return 0;
	return synergy_error_set(error, ENOENT, "rail %s: it is not among those sampled", wanted);
}

int synergy_capture_has_rail(const struct synergy_capture *c, const char *label,
			     struct synergy_error *error)
{
	__u64 mask;

	if (c->sampler)
		return sampler_has_rail(c, label, error);
	if (synergy_capture_rail_mask(c->stream, label, &mask, error))
		return -1;
	if (mask & c->cfg.rail_mask)
		return 0;
	return synergy_error_set(error, ENOENT, "rail %s: it is not among those sampled", label);
}

static void set_up(const struct synergy_capture_options *options, struct synergy_configure *cfg)
{
	if (options->events) {
		cfg->events = (uintptr_t)options->events->events;
		cfg->n_events = options->events->n;
	}
	cfg->pmu_every = options->pmu_every;
	cfg->conversion_shunt_ns = options->conversion_ns;
	cfg->bus_voltage_every = options->bus_voltage_every;
	if (options->no_power)
		cfg->flags |= SYNERGY_CONFIGURE_F_NO_POWER;
	if (options->multiplex)
		cfg->flags |= SYNERGY_CONFIGURE_F_MULTIPLEX;
	if (options->fastest)
		cfg->period_ns = 0;
	else if (options->rate_hz > 0)
		cfg->period_ns = (uint64_t)(1e9 / options->rate_hz + 0.5);
	else
		cfg->period_ns = DEFAULT_NS;
}

/*
 * The core for the sampling thread: the last of those online that is not the
 * measured one; boards switch cores off in the middle. 0 lets the module choose.
 */
static uint32_t choose_sampler(int measured_cpu)
{
	char online[256];

	if (measured_cpu < 0 ||
	    !synergy_host_line("/sys/devices/system/cpu/online", online, sizeof(online)))
		return 0;
	return (uint32_t)(synergy_host_last_cpu(online, measured_cpu) + 1);
}

/* Do all chips convert freely? Then their rounds drift through the ticks by themselves. */
static bool free_running(const struct synergy_capture *c)
{
	const struct synergy_stream_info *info = synergy_stream_info(c->stream);
	uint32_t i;

	for (i = 0; i < info->n_rails; i++) {
		struct synergy_chip chip = { .size = sizeof(chip), .index = info->rails[i].chip };

		if (!(c->cfg.rail_mask & 1ULL << i))
			continue;
		if (ioctl(synergy_stream_fd(c->stream), SYNERGY_IOC_CHIP, &chip) ||
		    !(chip.flags & SYNERGY_CHIP_F_CONTINUOUS))
			return false;
	}
	return true;
}

/* Without a rate of the caller's own, the highest below the default is taken. */
static int configure_rate(struct synergy_capture *c, const struct synergy_capture_options *options,
			  struct synergy_configure *wanted, struct synergy_error *error)
{
	int attempt;

	for (attempt = 0; attempt < 2; attempt++) {
		c->cfg = *wanted;
		if (!synergy_stream_configure(c->stream, &c->cfg, error))
			return 0;
		if (errno != ERANGE || c->cfg.period_ns <= wanted->period_ns ||
		    options->rate_hz > 0 || options->fastest)
			return -1;
		wanted->period_ns = c->cfg.period_ns;
	}
	return -1;
}

/*
 * Where rounds are started by the ticks, dither keeps them from beating with the
 * network. It is wanted, not needed: when it does not fit beside the work that a
 * period holds, there is none.
 */
static int configure(struct synergy_capture *c, const struct synergy_capture_options *options,
		     struct synergy_error *error)
{
	struct synergy_configure wanted = c->cfg;

	if (configure_rate(c, options, &wanted, error))
		return -1;
	if (options->no_dither || free_running(c))
		return 0;
	c->cfg = wanted;
	c->cfg.dither_ns = wanted.period_ns / DITHER_DIVISOR;
	if (!synergy_stream_configure(c->stream, &c->cfg, NULL))
		return 0;
	c->cfg = wanted;
	return synergy_stream_configure(c->stream, &c->cfg, error);
}

/* A source in user space, in the module's place. */
static int open_sampler(struct synergy_capture *c, const struct synergy_capture_options *options,
			struct synergy_error *error)
{
	const struct synergy_sampler_options wanted = {
		.source = options->source, .rails = options->rails, .rate_hz = options->rate_hz,
		.no_dither = options->no_dither,
	};

	if (options->join || options->conversion_ns || options->fastest)
		return synergy_error_set(error, EINVAL,
			"source %s: it is read at a rate: --join, --conversion and --rate max are the module's",
			options->source);
	if (options->events && options->events->n)
		return synergy_error_set(error, EINVAL,
			"source %s: events are counted by the module only", options->source);
	c->sampler = synergy_sampler_open(&wanted, error);
	if (!c->sampler)
		return -1;
	c->cfg.period_ns = synergy_sampler_period_ns(c->sampler);
	return 0;
}

static int open_stream(struct synergy_capture *c, const struct synergy_capture_options *options,
		       struct synergy_error *error)
{
	c->stream = synergy_stream_open(options->device, error);
	if (!c->stream)
		return -1;
	/* A smaller ring than asked for is no reason to stop: losses are reported. */
	synergy_stream_buffer(c->stream, BUFFER_BYTES, NULL);
	set_up(options, &c->cfg);
	c->cfg.sampler_cpu = choose_sampler(options->measured_cpu);
	if ((!options->rails || !*options->rails ||
	     !synergy_capture_rail_mask(c->stream, options->rails, &c->cfg.rail_mask, error)) &&
	    (options->join || !configure(c, options, error)))
		return 0;
	synergy_stream_close(c->stream);
	return -1;
}

struct synergy_capture *synergy_capture_open(const struct synergy_capture_options *options,
					     struct synergy_error *error)
{
	struct synergy_capture *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;

	if (!c) {
		synergy_error_set(error, ENOMEM, "capture: no memory");
		return NULL;
	}
	c->measured_cpu = options->measured_cpu;
	c->join = options->join;
	c->pauses = options->pauses;
	c->chunk = malloc(CHUNK_BYTES);
	if (!c->chunk) {
		synergy_error_set(error, ENOMEM, "capture: no memory");
		goto free_capture;
	}
	if (options->source ? open_sampler(c, options, error) : open_stream(c, options, error))
		goto free_chunk;
	/* Of whoever has them not (no memory), the recording lacks them. */
	c->conditions = synergy_conditions_open(options->sysfs_root);

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_cond_init(&c->drained, &attr);
	pthread_condattr_destroy(&attr);
	return c;

free_chunk:
	free(c->chunk);
free_capture:
	free(c);
	return NULL;
}

struct synergy_stream *synergy_capture_stream(struct synergy_capture *capture)
{
	return capture->stream;
}

const struct synergy_configure *synergy_capture_configured(const struct synergy_capture *capture)
{
	return &capture->cfg;
}

const struct synergy_sampler *synergy_capture_sampler(const struct synergy_capture *capture)
{
	return capture->sampler;
}

int synergy_capture_mark(struct synergy_capture *c, uint32_t kind, uint32_t id, uint64_t cookie,
			 uint32_t flags)
{
	return c->sampler ? synergy_sampler_mark(c->sampler, kind, id, cookie, flags) :
			    synergy_stream_mark(c->stream, kind, id, cookie, flags);
}

/* Move all that is there into the recording. 0, or -1 with c->error filled. */
static int drain(struct synergy_capture *c)
{
	ssize_t got;

	for (;;) {
		got = c->sampler ? synergy_sampler_read(c->sampler, c->chunk, CHUNK_BYTES) :
				   synergy_stream_read(c->stream, c->chunk, CHUNK_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return 0;
		if (!got || (got < 0 && errno == ENODEV)) {
			c->device_gone = true;
			return 0;
		}
		if (got < 0) {
			c->errno_value = errno;
			return synergy_error_set(&c->error, errno, "capture: %s", strerror(errno));
		}
		if (synergy_recording_write(c->recording, c->chunk, got, &c->error)) {
			c->errno_value = errno;
			return -1;
		}
		c->bytes += got;
	}
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int64_t now_ms(void)
{
	return now_ns() / 1000000;
}

/* What is written after a drain is later than all that this found. */
static int sample_conditions(struct synergy_capture *c)
{
	int64_t bytes;

	if (!c->conditions)
		return 0;
	bytes = synergy_conditions_sample(c->conditions, (uint64_t)now_ns(), c->recording,
					  &c->error);
	if (bytes < 0) {
		c->errno_value = errno;
		return -1;
	}
	c->bytes += (uint64_t)bytes;
	return 0;
}

/* Sleeps until the next visit; true when the session is to end. *flush: for answer(). */
static bool sleep_or_stop(struct synergy_capture *c, unsigned int *flush)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (c->pauses ? ALONE_MS : DRAIN_MS) * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&c->lock);
	if (!c->stopping && c->flush_wanted == c->flush_done)
		pthread_cond_timedwait(&c->wake, &c->lock, &until);
	stopping = c->stopping;
	*flush = c->flush_wanted;
	pthread_mutex_unlock(&c->lock);
	return stopping;
}

/* What was there when this flush was wanted is now recorded. */
static void answer(struct synergy_capture *c, unsigned int flush)
{
	pthread_mutex_lock(&c->lock);
	c->flush_done = flush;
	c->drained_ms = now_ms();
	pthread_cond_signal(&c->drained);
	pthread_mutex_unlock(&c->lock);
}

static void *capture_thread(void *arg)
{
	struct synergy_capture *c = arg;
	unsigned int flush;
	bool stopping;

	/* At the start: a failure is the loop's first, too. */
	sample_conditions(c);
	do {
		stopping = sleep_or_stop(c, &flush);
		if (drain(c) || sample_conditions(c))
			break;
		answer(c, flush);
	} while (!stopping && !c->device_gone);
	pthread_mutex_lock(&c->lock);
	__atomic_store_n(&c->finished, true, __ATOMIC_RELEASE);
	pthread_cond_signal(&c->drained);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Off the measured core, and real-time where allowed; neither is needed to work. */
static void place_thread(struct synergy_capture *c)
{
	struct sched_param param = { .sched_priority = 1 };
	cpu_set_t cpus;

	c->realtime = !pthread_setschedparam(c->thread, SCHED_FIFO, &param);
	if (c->measured_cpu < 0)
		return;
	if (pthread_getaffinity_np(c->thread, sizeof(cpus), &cpus))
		return;
	/* The caller may have pinned itself already, and threads inherit that. */
	for (int i = 0; i < CPU_SETSIZE && i < sysconf(_SC_NPROCESSORS_CONF); i++)
		CPU_SET(i, &cpus);
	CPU_CLR(c->measured_cpu, &cpus);
	if (CPU_COUNT(&cpus))
		pthread_setaffinity_np(c->thread, sizeof(cpus), &cpus);
}

bool synergy_capture_alive(struct synergy_capture *c)
{
	return !__atomic_load_n(&c->finished, __ATOMIC_ACQUIRE);
}

static int start(struct synergy_capture *c, struct synergy_error *error)
{
	if (c->sampler)
		return synergy_sampler_start(c->sampler, error);
	return c->join ? 0 : synergy_stream_start(c->stream, error);
}

static int stop(struct synergy_capture *c, struct synergy_error *error)
{
	if (c->sampler)
		synergy_sampler_stop(c->sampler);
	else if (!c->join)
		return synergy_stream_stop(c->stream, error);
	return 0;
}

int synergy_capture_start(struct synergy_capture *c, struct synergy_recording *recording,
			  struct synergy_error *error)
{
	int result;

	c->recording = recording;
	c->stopping = false;
	if (start(c, error))
		return -1;
	result = pthread_create(&c->thread, NULL, capture_thread, c);
	if (result) {
		stop(c, NULL);
		return synergy_error_set(error, result, "capture: no thread: %s",
					 strerror(result));
	}
	place_thread(c);
	c->started = true;
	return 0;
}

int synergy_capture_flush(struct synergy_capture *c, struct synergy_error *error)
{
	unsigned int wanted;
	bool done;

	if (!c->started)
		return 0;
	pthread_mutex_lock(&c->lock);
	wanted = ++c->flush_wanted;
	pthread_cond_signal(&c->wake);
	while (c->flush_done != wanted && !c->finished)
		pthread_cond_wait(&c->drained, &c->lock);
	done = c->flush_done == wanted || c->device_gone;
	pthread_mutex_unlock(&c->lock);
	return done ? 0 : synergy_error_set(error, c->errno_value, "%s", c->error.message);
}

bool synergy_capture_pause(struct synergy_capture *c)
{
	struct synergy_error told_at_stop;
	bool due;

	pthread_mutex_lock(&c->lock);
	due = c->started && now_ms() - c->drained_ms >= PAUSE_MS;
	pthread_mutex_unlock(&c->lock);
	if (due)
		synergy_capture_flush(c, &told_at_stop);
	return due;
}

static void end_thread(struct synergy_capture *c)
{
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	c->started = false;
}

int synergy_capture_stop(struct synergy_capture *c, struct synergy_capture_totals *totals,
			 struct synergy_error *error)
{
	struct synergy_error ignored;
	int result = 0;

	memset(totals, 0, sizeof(*totals));
	if (!c->started)
		return synergy_error_set(error, EALREADY, "capture: not started");
	if (!c->sampler)
		synergy_stream_stats(c->stream, &totals->stats, &ignored);
	/* What was sampled is still held, so the thread ends after this. */
	if (stop(c, error) && errno != ENODEV)
		result = -1;
	if (c->sampler)
		synergy_sampler_stats(c->sampler, &totals->stats);
	end_thread(c);
	totals->bytes = c->bytes;
	totals->realtime = c->realtime;
	totals->device_gone = c->device_gone;
	if (c->errno_value)
		return synergy_error_set(error, c->errno_value, "%s", c->error.message);
	return result;
}

void synergy_capture_close(struct synergy_capture *c)
{
	if (!c)
		return;
	if (c->started) {
		stop(c, NULL);
		end_thread(c);
	}
	synergy_sampler_close(c->sampler);
	synergy_stream_close(c->stream);
	synergy_conditions_close(c->conditions);
	pthread_cond_destroy(&c->drained);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c->chunk);
	free(c);
}
