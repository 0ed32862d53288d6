// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sampler in user space; see sampler.h. Records are numbered and kept in memory, under
 * a lock, until the capture's thread fetches them.
 */
#include "measure/sampler.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/mark_ring.h"
#include "lib/recording.h"
#include "measure/source.h"

#define LEAST_PERIOD_NS	100000ULL	/* reading a file of sysfs takes some 10 us and more */
#define COUNTER_PERIODS	10		/* a counter's window is so many of its steps in time */
#define UNKNOWN_NS	100000000ULL	/* period where the driver says nothing */
#define DITHER_DIVISOR	8		/* of the period */
#define MOST_BYTES	(64U << 20)	/* kept: nobody fetches them */
#define LEAST_ROOM	256		/* for what a ring gives */
#define MOST_FAILURES	100		/* readings of a channel in sequence */

/* What a channel gave last. */
struct last {
	uint64_t ns;		/* when it was read; 0: not yet */
	uint64_t changed_ns;
	double value[2];
	unsigned int failures;
};

struct synergy_sampler {
	struct synergy_source source;
	struct last last[SYNERGY_MAX_RAILS];
	struct synergy_mark_ring *ring;	/* marks of other programs; taken by the reader alone */
	uint64_t period_ns;
	bool dither;
	char text[96];
	char rail_text[SYNERGY_MAX_RAILS][192];
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;		/* over all below */
	pthread_cond_t wake;
	bool stopping;
	int failed;			/* errno: sampling has ended by itself */
	uint64_t seq, start_ns;
	char *buffer;
	size_t used, capacity;
	struct synergy_stats stats;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- records; the lock is held ---- */

static int grow(struct synergy_sampler *s, size_t need)
{
	size_t capacity = s->capacity ? s->capacity : 1U << 16;
	char *grown;

	while (capacity < need)
		capacity *= 2;
	if (capacity == s->capacity)
		return 0;
	grown = capacity <= MOST_BYTES ? realloc(s->buffer, capacity) : NULL;
	if (!grown)
		return -1;
	s->buffer = grown;
	s->capacity = capacity;
	return 0;
}

/* raw_ns is that of the clock which nobody adjusts, as far apart as now. */
static int put(struct synergy_sampler *s, struct synergy_record *record, uint32_t type)
{
	if (grow(s, s->used + record->size)) {
		errno = ENOMEM;
		return -1;
	}
	record->type = (uint16_t)type;
	if (type < SYNERGY_RECORD_USER)
		record->seq = ++s->seq;
	record->raw_ns = record->time_ns + clock_ns(CLOCK_MONOTONIC_RAW) - clock_ns(CLOCK_MONOTONIC);
	memcpy(s->buffer + s->used, record, record->size);
	s->used += record->size;
	if (type < SYNERGY_RECORD_TYPES)
		s->stats.records[type]++;
	return 0;
}

static int put_info(struct synergy_sampler *s, uint32_t kind, const void *body, size_t bytes)
{
	uint64_t room[(sizeof(struct synergy_info_record) + sizeof(struct synergy_session) +
		       sizeof(struct synergy_rail)) / 8 + 1] = { 0 };
	struct synergy_info_record *info = (void *)room;

	info->hdr.size = (uint32_t)((sizeof(*info) + bytes + 7) & ~(size_t)7);
	info->hdr.time_ns = clock_ns(CLOCK_MONOTONIC);
	info->kind = kind;
	memcpy(info->body, body, bytes);
	return put(s, &info->hdr, SYNERGY_RECORD_INFO);
}

static int put_session(struct synergy_sampler *s, uint32_t state)
{
	struct synergy_session session = {
		.size = sizeof(session),
		.state = state,
		.period_ns = s->period_ns,
		.rail_mask = s->source.n == 64 ? UINT64_MAX : (1ULL << s->source.n) - 1,
		.dither_ns = (uint32_t)fmin(s->dither ? (double)(s->period_ns / DITHER_DIVISOR) : 0,
					    UINT32_MAX),
		.clock_id = CLOCK_MONOTONIC,
		.raw_clock_id = CLOCK_MONOTONIC_RAW,
		.start_ns = s->start_ns,
		.realtime_offset_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC)),
	};

	return put_info(s, SYNERGY_INFO_SESSION, &session, sizeof(session));
}

static int put_description(struct synergy_sampler *s)
{
	uint32_t i;

	for (i = 0; i < s->source.n; i++) {
		const struct synergy_source_channel *c = &s->source.channels[i];
		struct synergy_source_record about = c->sensor;
		struct synergy_rail rail = {
			.size = sizeof(rail), .index = i, .chip = c->device, .channel = 1,
			.shunt_uohm = c->shunt_uohm, .divisor = 1,
		};

		memcpy(rail.label, c->label, sizeof(rail.label));
		about.hdr.size = sizeof(about);
		about.hdr.time_ns = clock_ns(CLOCK_MONOTONIC);
		about.rail = i;
		memcpy(about.name, c->about, sizeof(about.name));
		if (put_info(s, SYNERGY_INFO_RAIL, &rail, sizeof(rail)) ||
		    put(s, &about.hdr, SYNERGY_RECORD_SOURCE))
			return -1;
	}
	return put_session(s, SYNERGY_SESSION_STARTED);
}

/* ---- samples ---- */

/* When the value that was read at @ns was taken, and how well that is known. */
static void find_window(const struct synergy_source_channel *c, uint64_t ns, uint64_t since_ns,
			uint64_t period_ns, struct synergy_power_channel *to)
{
	uint64_t update = c->update_ns, length = c->averages_ns, error;

	if (c->kind == SYNERGY_CHANNEL_ENERGY) {
		/* The counter was brought up to date some time in its last period, at both ends. */
		to->window_begin_ns = since_ns - update / 2;
		to->window_end_ns = ns - update / 2;
		error = update / 2;
	} else {
		if (!update)
			update = period_ns;
		if (!length)
			length = update;
		to->window_end_ns = ns - update / 2;
		to->window_begin_ns = to->window_end_ns - length;
		error = update / 2;
	}
	to->window_error_ns = (uint32_t)(error < UINT32_MAX ? error : UINT32_MAX);
}

static double counted_uj(const struct synergy_source_channel *c, double now, double before)
{
	double uj = now - before;

	return uj < 0 && c->range_uj > 0 ? uj + c->range_uj : uj;
}

/* false: there is nothing to report of it (the first reading of a counter). */
static bool fill(const struct synergy_sampler *s, uint32_t i, const double value[2], uint64_t ns,
		 struct synergy_power_channel *to)
{
	const struct synergy_source_channel *c = &s->source.channels[i];
	const struct last *l = &s->last[i];
	double uw;

	*to = (struct synergy_power_channel){ .rail = i };
	if (c->kind == SYNERGY_CHANNEL_ENERGY && (!l->ns || ns <= l->ns))
		return false;
	find_window(c, ns, l->ns, s->period_ns, to);
	if (c->kind == SYNERGY_CHANNEL_ENERGY) {
		uw = counted_uj(c, value[0], l->value[0]) / (double)(ns - l->ns) * 1e9;
	} else if (c->kind == SYNERGY_CHANNEL_CURRENT) {
		uw = value[0] * value[1];
		to->current_ua = (int32_t)fmax(fmin(value[0] * 1e3, INT32_MAX), INT32_MIN);
		to->bus_mv = (int32_t)fmax(fmin(value[1], INT32_MAX), INT32_MIN);
		to->bus_time_ns = (to->window_begin_ns + to->window_end_ns) / 2;
		to->shunt_uv = (int32_t)fmax(fmin(value[0] * c->shunt_uohm / 1e3, INT32_MAX), INT32_MIN);
	} else {
		uw = value[0];
	}
	to->power_uw = (int64_t)fmax(fmin(uw, 9e18), -9e18);
	/* The same value before it can have been taken again is the same value. */
	if (c->kind != SYNERGY_CHANNEL_ENERGY && l->ns && value[0] == l->value[0] &&
	    value[1] == l->value[1] && ns - l->changed_ns < c->update_ns)
		to->flags |= SYNERGY_CHANNEL_F_REPEAT;
	return true;
}

static int put_power(struct synergy_sampler *s, const struct synergy_power_channel *channel,
		     uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t room[(sizeof(struct synergy_power_record) + sizeof(*channel)) / 8] = { 0 };
	struct synergy_power_record *p = (void *)room;

	p->hdr.size = sizeof(room);
	p->hdr.time_ns = p->bus_begin_ns = begin_ns;
	p->bus_end_ns = end_ns;
	p->chip = s->source.channels[channel->rail].device;
	p->n_channels = 1;
	p->channel_size = sizeof(*channel);
	p->channel[0] = *channel;
	if (channel->flags & SYNERGY_CHANNEL_F_REPEAT) {
		p->hdr.flags = SYNERGY_POWER_F_REPEAT;
		s->stats.power_repeats++;
	}
	return put(s, &p->hdr, SYNERGY_RECORD_POWER);
}

static int put_failure(struct synergy_sampler *s, uint32_t i, int why, uint64_t ns)
{
	struct synergy_error_record e = {
		.hdr = { .size = sizeof(e), .time_ns = ns },
		.source = SYNERGY_ERROR_CHIP,
		.index = s->source.channels[i].device,
		.error = why,
		.count = ++s->last[i].failures,
	};

	if (s->last[i].failures < MOST_FAILURES && why != ENODEV)
		return put(s, &e.hdr, SYNERGY_RECORD_ERROR);
	errno = ENODEV;
	return -1;
}

static int sample_channel(struct synergy_sampler *s, uint32_t i)
{
	struct last *l = &s->last[i];
	struct synergy_power_channel channel;
	double value[2] = { 0, 0 };
	uint64_t begin, end, ns;
	int result = 0, why;
	bool wanted;

	begin = clock_ns(CLOCK_MONOTONIC);
	why = synergy_source_read(&s->source.channels[i], value) ? errno : 0;
	end = clock_ns(CLOCK_MONOTONIC);
	ns = begin + (end - begin) / 2;
	pthread_mutex_lock(&s->lock);
	if (why) {
		result = put_failure(s, i, why, begin);
	} else {
		wanted = fill(s, i, value, ns, &channel);
		channel.window_error_ns += (uint32_t)fmin((double)(end - begin) / 2, 1e9);
		if (wanted)
			result = put_power(s, &channel, begin, end);
		if (!l->ns || value[0] != l->value[0] || value[1] != l->value[1])
			l->changed_ns = ns;
		l->ns = ns;
		memcpy(l->value, value, sizeof(value));
		l->failures = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return result;
}

static int sample_all(struct synergy_sampler *s)
{
	uint32_t i;

	for (i = 0; i < s->source.n; i++)
		if (sample_channel(s, i))
			return -1;
	return 0;
}

/* Even, within +-1/8 of the period: splitmix64 of the tick. */
static int64_t dither_ns(const struct synergy_sampler *s, uint64_t tick)
{
	uint64_t z = (tick + s->start_ns) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (int64_t)((double)(z >> 11) / 9007199254740992.0 * 2 *
			 (double)(s->period_ns / DITHER_DIVISOR)) -
	       (int64_t)(s->period_ns / DITHER_DIVISOR);
}

/* true: go on with the tick that is due; ticks that are over are counted and left out. */
static bool wait_for_tick(struct synergy_sampler *s, uint64_t *tick)
{
	uint64_t due, now = clock_ns(CLOCK_MONOTONIC);
	struct timespec until;
	bool stopping;

	pthread_mutex_lock(&s->lock);
	++*tick;
	if (now > s->start_ns + (*tick + 1) * s->period_ns) {
		uint64_t at = (now - s->start_ns) / s->period_ns;

		s->stats.ticks_missed += at - *tick;
		*tick = at;
	}
	s->stats.ticks++;
	due = s->start_ns + *tick * s->period_ns;
	if (s->dither)
		due += (uint64_t)dither_ns(s, *tick);
	until.tv_sec = (time_t)(due / 1000000000);
	until.tv_nsec = (long)(due % 1000000000);
	while (!s->stopping && !pthread_cond_timedwait(&s->wake, &s->lock, &until))
		;
	stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return !stopping;
}

static void *sampler_thread(void *arg)
{
	struct synergy_sampler *s = arg;
	uint64_t tick = 0;

	/* Once more at the end: a counter has then counted all of it. */
	while (wait_for_tick(s, &tick) && !sample_all(s))
		;
	if (s->stopping && !sample_all(s))
		return NULL;
	pthread_mutex_lock(&s->lock);
	s->failed = errno;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- what it does, in words ---- */

static const char *time_text(uint64_t ns, char *buf, size_t size)
{
	if (ns >= 1000000)
		snprintf(buf, size, "%.4g ms", (double)ns / 1e6);
	else
		snprintf(buf, size, "%.4g us", (double)ns / 1e3);
	return buf;
}

static void append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

static void describe_channel(const struct synergy_source_channel *c, char *text, size_t size)
{
	char buf[32];

	append(text, size, "%s%s, ", c->about, c->kind == SYNERGY_CHANNEL_ENERGY ?
	       " (energy counter)" : c->kind == SYNERGY_CHANNEL_CURRENT ? " by its voltage" : "");
	if (c->update_ns)
		append(text, size, "new values each %s", time_text(c->update_ns, buf, sizeof(buf)));
	else
		append(text, size, "new values at a rate that the driver does not tell");
	if (c->averages_ns)
		append(text, size, ", each a mean of %s", time_text(c->averages_ns, buf, sizeof(buf)));
	if (c->sensor.step_nj)
		append(text, size, ", steps of %.4g uJ", (double)c->sensor.step_nj / 1e3);
	else if (c->sensor.step_nw)
		append(text, size, ", steps of %.4g mW", (double)c->sensor.step_nw / 1e6);
	else if (c->shunt_uohm)
		append(text, size, ", shunt %g mOhm, steps of %.4g uV", c->shunt_uohm / 1e3,
		       c->sensor.shunt_step_nv / 1e3);
	else if (c->sensor.step_ua)
		append(text, size, ", steps of %.4g mA", c->sensor.step_ua / 1e3);
}

static void describe(struct synergy_sampler *s)
{
	char buf[32];
	uint32_t i;

	snprintf(s->text, sizeof(s->text), "%s, read each %s", s->source.name,
		 time_text(s->period_ns, buf, sizeof(buf)));
	for (i = 0; i < s->source.n; i++)
		describe_channel(&s->source.channels[i], s->rail_text[i], sizeof(s->rail_text[i]));
}

const char *synergy_sampler_text(const struct synergy_sampler *sampler)
{
	return sampler->text;
}

const char *synergy_sampler_rail(const struct synergy_sampler *sampler, uint32_t rail,
				 const char **label)
{
	if (rail >= sampler->source.n)
		return NULL;
	*label = sampler->source.channels[rail].label;
	return sampler->rail_text[rail];
}

const char *synergy_sampler_ring(const struct synergy_sampler *sampler)
{
	return synergy_mark_ring_path(sampler->ring);
}

uint64_t synergy_sampler_period_ns(const struct synergy_sampler *sampler)
{
	return sampler->period_ns;
}

/* ---- from open to close ---- */

/* As often as the quickest channel has something new; of a counter less, for its steps. */
static uint64_t choose_period(const struct synergy_source *source)
{
	uint64_t best = UINT64_MAX;
	uint32_t i;

	for (i = 0; i < source->n; i++) {
		const struct synergy_source_channel *c = &source->channels[i];
		uint64_t ns = c->update_ns ? c->update_ns : UNKNOWN_NS;

		if (c->kind == SYNERGY_CHANNEL_ENERGY)
			ns *= COUNTER_PERIODS;
		best = ns < best ? ns : best;
	}
	return best < LEAST_PERIOD_NS ? LEAST_PERIOD_NS : best;
}

struct synergy_sampler *synergy_sampler_open(const struct synergy_sampler_options *options,
					     struct synergy_error *error)
{
	struct synergy_sampler *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	if (!s) {
		synergy_error_set(error, ENOMEM, "sampler: no memory");
		return NULL;
	}
	if (synergy_source_open(&s->source, options->source, options->rails, error))
		goto free_sampler;
	s->period_ns = choose_period(&s->source);
	if (options->rate_hz > 0)
		s->period_ns = (uint64_t)(1e9 / options->rate_hz + 0.5);
	if (s->period_ns < LEAST_PERIOD_NS) {
		synergy_error_set(error, ERANGE, "--rate %g: files can be read at %g Hz at most",
				  options->rate_hz, 1e9 / (double)LEAST_PERIOD_NS);
		synergy_source_close(&s->source);
		goto free_sampler;
	}
	s->ring = synergy_mark_ring_create(error);
	if (!s->ring) {
		synergy_source_close(&s->source);
		goto free_sampler;
	}
	s->dither = !options->no_dither;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	describe(s);
	return s;

free_sampler:
	free(s);
	return NULL;
}

int synergy_sampler_start(struct synergy_sampler *s, struct synergy_error *error)
{
	int result;

	s->start_ns = clock_ns(CLOCK_MONOTONIC);
	s->stats = (struct synergy_stats){ .size = sizeof(s->stats) };
	s->stopping = false;
	pthread_mutex_lock(&s->lock);
	result = put_description(s);
	pthread_mutex_unlock(&s->lock);
	/* The first one before anything is marked: a file that cannot be read is said now. */
	if (!result && sample_all(s))
		result = -1;
	if (result)
		return synergy_error_set(error, errno, "%s: %s", s->source.name, strerror(errno));
	result = pthread_create(&s->thread, NULL, sampler_thread, s);
	if (result)
		return synergy_error_set(error, result, "sampler: no thread: %s", strerror(result));
	s->started = true;
	return 0;
}

void synergy_sampler_stop(struct synergy_sampler *s)
{
	if (!s->started)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->started = false;
	pthread_mutex_lock(&s->lock);
	s->stats.running_ns = clock_ns(CLOCK_MONOTONIC) - s->start_ns;
	put_session(s, SYNERGY_SESSION_STOPPED);
	pthread_mutex_unlock(&s->lock);
}

ssize_t synergy_sampler_read(struct synergy_sampler *s, void *buffer, size_t bytes)
{
	size_t done = 0;
	int failed;

	pthread_mutex_lock(&s->lock);
	while (done < s->used) {
		const struct synergy_record *r = (const void *)(s->buffer + done);

		if (r->size > bytes - done)
			break;
		done += r->size;
	}
	memcpy(buffer, s->buffer, done);
	memmove(s->buffer, s->buffer + done, s->used - done);
	s->used -= done;
	failed = s->failed;
	pthread_mutex_unlock(&s->lock);
	/* Behind the records that describe the session. */
	if (bytes - done >= LEAST_ROOM)
		done += synergy_mark_ring_take(s->ring, (char *)buffer + done, bytes - done);
	if (done)
		return (ssize_t)done;
	errno = failed ? failed : EAGAIN;
	return -1;
}

int synergy_sampler_mark(struct synergy_sampler *s, uint32_t kind, uint32_t id, uint64_t cookie,
			 uint32_t flags)
{
	struct synergy_marker_record m = {
		.hdr = { .size = sizeof(m), .time_ns = clock_ns(CLOCK_MONOTONIC) },
		.cookie = cookie, .kind = kind, .id = id,
		.tid = (uint32_t)syscall(SYS_gettid), .tgid = (uint32_t)getpid(),
		.cpu = (uint32_t)sched_getcpu(), .count_size = sizeof(struct synergy_count),
	};
	int result;

	if (flags & SYNERGY_MARK_F_TOOL)
		m.hdr.flags = SYNERGY_MARKER_F_TOOL;
	pthread_mutex_lock(&s->lock);
	m.done_ns = clock_ns(CLOCK_MONOTONIC);
	result = put(s, &m.hdr, SYNERGY_RECORD_MARKER);
	pthread_mutex_unlock(&s->lock);
	return result;
}

void synergy_sampler_stats(struct synergy_sampler *s, struct synergy_stats *stats)
{
	pthread_mutex_lock(&s->lock);
	*stats = s->stats;
	stats->lost_here += synergy_mark_ring_lost(s->ring);
	pthread_mutex_unlock(&s->lock);
}

void synergy_sampler_close(struct synergy_sampler *s)
{
	if (!s)
		return;
	synergy_sampler_stop(s);
	synergy_mark_ring_close(s->ring);
	synergy_source_close(&s->source);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s->buffer);
	free(s);
}
