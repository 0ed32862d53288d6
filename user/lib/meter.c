// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The meter: a session, a thread that reads it, and the windows that are open; the contract
 * is in meter.h, the arithmetic in meter_sum.c. The thread reads several times per second, as
 * reading takes power, too; and at once while somebody waits for the end of a window.
 */
#include "lib/meter.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/internal.h"
#include "lib/meter_sum.h"
#include "lib/sensor.h"

#define BUFFER_BYTES	(4U << 20)	/* of the module's ring: seconds at any rate */
#define READ_MS		100		/* between two visits of the thread */
#define DEFAULT_NS	1000000
#define FIRST_MS	1000		/* for the session's own record to come */
/* For samples to come that cover an end: so many periods, and what scheduling may take */
#define LATE_PERIODS	8
#define LATE_NS		2000000000

struct rail {
	uint32_t index;			/* in the device */
	char label[SYNERGY_LABEL_LEN];
	struct synergy_meter_sample last;
	double least_mv, most_mv;	/* voltages seen so far; 0: none */
	struct synergy_meter_sensor sensor;
};

struct window {
	bool open;
	struct synergy_meter_sum sum[SYNERGY_MAX_RAILS];
};

struct synergy_meter {
	struct synergy_stream *stream;	/* the thread's, once there is one */
	uint64_t period_ns;
	uint32_t n_rails;
	struct rail rail[SYNERGY_MAX_RAILS];
	pthread_t thread;
	pthread_mutex_t lock;		/* over all that follows, and rail[] */
	pthread_cond_t wake;		/* the thread: an end is awaited, or it is to stop */
	pthread_cond_t came;		/* who awaits an end: samples came, or none will */
	unsigned int awaited;		/* ends */
	bool stopping;
	int failed;			/* errno of the thread, which has ended */
	struct window *window[SYNERGY_METER_WINDOWS];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct timespec time_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

static int rail_mask(struct synergy_stream *stream, const char *list, __u64 *mask,
		     struct synergy_error *error)
{
	char *copy = strdup(list), *rest = copy, *label;
	int index = 0;

	if (!copy)
		return synergy_error_set(error, ENOMEM, "meter: no memory");
	while (index >= 0 && (label = strsep(&rest, ","))) {
		index = synergy_stream_rail_find(stream, label);
		if (index < 0)
			synergy_error_set(error, ENOENT, "rail %s: there is none of that name",
					  label);
		else
			*mask |= 1ULL << index;
	}
	free(copy);
	return index < 0 ? -1 : 0;
}

/*
 * Without a rate of the caller's own, the highest below the default. Conversions begin
 * again at random phases where the module can: the meter takes means of windows, and
 * those at the same places of each period would see less of what the sampler's own
 * work leaves to the program (2 % of idle, 8 % of a load on the virtual board).
 */
static int configure(struct synergy_stream *stream, const struct synergy_meter_options *options,
		     struct synergy_error *error)
{
	struct synergy_configure wanted = { .period_ns = DEFAULT_NS }, cfg;
	int result;

	if (options->rate_hz > 0)
		wanted.period_ns = (uint64_t)(1e9 / options->rate_hz + 0.5);
	if (options->rails && rail_mask(stream, options->rails, &wanted.rail_mask, error))
		return -1;
	cfg = wanted;
	result = synergy_stream_configure(stream, &cfg, error);
	if (result && errno == ERANGE && !(options->rate_hz > 0) &&
	    cfg.period_ns > wanted.period_ns) {
		wanted.period_ns = cfg.period_ns;
		cfg = wanted;
		result = synergy_stream_configure(stream, &cfg, error);
	}
	if (result)
		return -1;
	cfg = wanted;
	cfg.flags = SYNERGY_CONFIGURE_F_RESTARTS;
	if (!synergy_stream_configure(stream, &cfg, NULL))
		return 0;
	cfg = wanted;
	return synergy_stream_configure(stream, &cfg, error);
}

/* A session of our own; of another program's, if one runs: 0. */
static int start(struct synergy_meter *m, const struct synergy_meter_options *options,
		 struct synergy_error *error)
{
	const struct synergy_stream_info *info = synergy_stream_info(m->stream);
	const struct synergy_record *record;
	uint64_t until_ns;
	bool joined = false;

	if (configure(m->stream, options, error)) {
		if (errno != EBUSY)
			return -1;
		joined = true;
	} else if (synergy_stream_start(m->stream, error)) {
		return -1;
	}
	for (until_ns = now_ns() + FIRST_MS * 1000000ULL; now_ns() < until_ns;) {
		if (info->session.size && info->session.state != SYNERGY_SESSION_STOPPED)
			break;
		if (synergy_stream_next(m->stream, &record, 20, error) < 0 && errno != EAGAIN &&
		    errno != EINTR)
			return -1;
		if (joined && errno == EAGAIN)
			break;
	}
	if (info->session.size && info->session.state != SYNERGY_SESSION_STOPPED &&
	    info->session.rail_mask && !(info->session.flags & SYNERGY_CONFIGURE_F_NO_POWER)) {
		m->period_ns = info->session.period_ns;
		return 0;
	}
	return joined ? synergy_error_set(error, EBUSY,
			"%s: another program (process %u) has the session, and samples no rail",
			m->stream->name, info->device.owner_tgid) :
		synergy_error_set(error, EIO, "%s: the session did not begin", m->stream->name);
}

static void take_rails(struct synergy_meter *m, const struct synergy_meter_options *options)
{
	const struct synergy_stream_info *info = synergy_stream_info(m->stream);
	__u64 mask = info->session.rail_mask, wanted = 0;
	uint32_t i;

	/* Of a session that was joined, the rails that are wanted. */
	if (options->rails && !rail_mask(m->stream, options->rails, &wanted, NULL))
		mask &= wanted;
	for (i = 0; i < info->n_rails && i < SYNERGY_MAX_RAILS; i++)
		if (mask & 1ULL << i) {
			struct rail *rail = &m->rail[m->n_rails++];

			rail->index = i;
			memcpy(rail->label, info->rails[i].label, sizeof(rail->label) - 1);
		}
}

static void learn_sensor(struct rail *rail, const struct synergy_rail *of)
{
	const double shunt = of->flags & SYNERGY_RAIL_F_ASSUMED_SHUNT ? NAN : SYNERGY_INA3221_SHUNT;
	double offset_uv = of->flags & SYNERGY_RAIL_F_OFFSET_CORRECTED ?
		SYNERGY_INA3221_CORRECTED_UV : SYNERGY_INA3221_OFFSET_UV;
	double mv = (rail->least_mv + rail->most_mv) / 2;
	double range = (rail->most_mv - rail->least_mv) / mv;
	double step = SYNERGY_INA3221_BUS_STEP_MV / mv;

	rail->sensor.volt_share = range / sqrt(12);
	/* uV / uOhm is A */
	rail->sensor.offset_w = offset_uv / of->shunt_uohm * mv * 1e-3;
	rail->sensor.scale = sqrt(2 * SYNERGY_INA3221_GAIN * SYNERGY_INA3221_GAIN + shunt * shunt +
				  step * step / 12);
}

static void channel(struct synergy_meter *m, const struct synergy_power_channel *c,
		    const struct synergy_stream_info *info)
{
	struct synergy_meter_sample sample = {
		.begin_ns = c->window_begin_ns, .end_ns = c->window_end_ns,
		.power_uw = (double)c->power_uw, .error_ns = c->window_error_ns,
	};
	struct rail *rail = NULL;
	uint32_t i, w;

	for (i = 0; i < m->n_rails && !rail; i++)
		if (m->rail[i].index == c->rail)
			rail = &m->rail[i];
	if (!rail || c->flags & (SYNERGY_CHANNEL_F_NO_BUS | SYNERGY_CHANNEL_F_REPEAT) ||
	    sample.end_ns <= sample.begin_ns || c->bus_mv <= 0)
		return;
	if (!(rail->least_mv > 0) || c->bus_mv < rail->least_mv)
		rail->least_mv = c->bus_mv;
	if (c->bus_mv > rail->most_mv)
		rail->most_mv = c->bus_mv;
	if (c->rail < info->n_rails && info->rails[c->rail].shunt_uohm) {
		sample.lsb_uw = SYNERGY_INA3221_STEP_UV / info->rails[c->rail].shunt_uohm *
			c->bus_mv * 1e3;
		learn_sensor(rail, &info->rails[c->rail]);
	}
	for (w = 0; w < SYNERGY_METER_WINDOWS; w++)
		if (m->window[w])
			synergy_meter_sum_add(&m->window[w]->sum[rail - m->rail], &sample);
	rail->last = sample;
}

static void power(struct synergy_meter *m, const struct synergy_power_record *record)
{
	uint32_t i;

	if (record->hdr.flags & SYNERGY_POWER_F_REPEAT)
		return;
	for (i = 0; i < record->n_channels; i++)
		channel(m, SYNERGY_ENTRY(record, struct synergy_power_channel, channel_size, i),
			synergy_stream_info(m->stream));
}

/* All that is there, waiting for it up to timeout_ms; 0, or -1 with errno. */
static int read_all(struct synergy_meter *m, int timeout_ms)
{
	const struct synergy_record *record;
	int result;

	while ((result = synergy_stream_next(m->stream, &record, timeout_ms, NULL)) == 1) {
		timeout_ms = 0;
		if (record->type != SYNERGY_RECORD_POWER)
			continue;
		pthread_mutex_lock(&m->lock);
		power(m, (const void *)record);
		pthread_mutex_unlock(&m->lock);
	}
	if (!result)
		errno = ENODEV;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static void *reader(void *arg)
{
	struct synergy_meter *m = arg;
	struct timespec until;
	bool awaited = false;
	int result;

	do {
		result = read_all(m, awaited ? READ_MS : 0);
		pthread_mutex_lock(&m->lock);
		if (result)
			m->failed = errno;
		pthread_cond_broadcast(&m->came);
		until = time_of(now_ns() + READ_MS * 1000000ULL);
		while (!m->failed && !m->stopping && !m->awaited &&
		       !pthread_cond_timedwait(&m->wake, &m->lock, &until))
			;
		awaited = m->awaited;
		result = m->failed || m->stopping;
		pthread_mutex_unlock(&m->lock);
	} while (!result);
	return NULL;
}

static struct synergy_meter *meter_new(struct synergy_error *error)
{
	struct synergy_meter *m = calloc(1, sizeof(*m));
	pthread_condattr_t attr;

	if (!m) {
		synergy_error_set(error, ENOMEM, "meter: no memory");
		return NULL;
	}
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->wake, &attr);
	pthread_cond_init(&m->came, &attr);
	pthread_condattr_destroy(&attr);
	return m;
}

static void meter_free(struct synergy_meter *m)
{
	uint32_t i;

	synergy_stream_close(m->stream);
	for (i = 0; i < SYNERGY_METER_WINDOWS; i++)
		free(m->window[i]);
	pthread_cond_destroy(&m->came);
	pthread_cond_destroy(&m->wake);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* So that the first window begins between two samples of each rail. */
static void await_first(struct synergy_meter *m)
{
	struct timespec until = time_of(now_ns() + LATE_PERIODS * m->period_ns +
					FIRST_MS * 1000000ULL);
	uint32_t i = 0;

	pthread_mutex_lock(&m->lock);
	m->awaited++;
	pthread_cond_signal(&m->wake);
	while (!m->failed) {
		while (i < m->n_rails && m->rail[i].last.end_ns)
			i++;
		if (i == m->n_rails || pthread_cond_timedwait(&m->came, &m->lock, &until))
			break;
	}
	m->awaited--;
	pthread_mutex_unlock(&m->lock);
}

struct synergy_meter *synergy_meter_open(const struct synergy_meter_options *options,
					 struct synergy_error *error)
{
	static const struct synergy_meter_options none = { .size = sizeof(none) };
	struct synergy_meter *m;
	int why;

	if (!options)
		options = &none;
	if (options->size < sizeof(none) || options->flags ||
	    !(options->rate_hz >= 0 && options->rate_hz < 1e9)) {
		synergy_error_set(error, EINVAL, "meter: size %u, flags %u, rate %g Hz",
				  options->size, options->flags, options->rate_hz);
		return NULL;
	}
	m = meter_new(error);
	if (!m)
		return NULL;
	m->stream = synergy_stream_open(options->device, error);
	if (!m->stream)
		goto fail;
	if (!m->stream->device) {
		synergy_error_set(error, ENOTTY, "%s: a recording, not the device", options->device);
		goto fail;
	}
	/* A smaller ring than asked for is no reason to stop: a loss makes the interval wider. */
	synergy_stream_buffer(m->stream, BUFFER_BYTES, NULL);
	if (start(m, options, error))
		goto fail;
	take_rails(m, options);
	if (!m->n_rails) {
		synergy_error_set(error, ENOENT, "%s: the session samples no rail of those wanted",
				  m->stream->name);
		goto fail;
	}
	errno = pthread_create(&m->thread, NULL, reader, m);
	if (!errno) {
		await_first(m);
		return m;
	}
	synergy_error_set(error, EAGAIN, "meter: no thread: %s", strerror(errno));
fail:
	why = errno;
	meter_free(m);
	errno = why;
	return NULL;
}

int synergy_meter_rails(const struct synergy_meter *meter)
{
	return (int)meter->n_rails;
}

static int gone(const struct synergy_meter *m, struct synergy_error *error)
{
	return synergy_error_set(error, m->failed, "meter: %s", m->failed == ENODEV ?
				 "the device is gone" : strerror(m->failed));
}

int synergy_meter_begin(struct synergy_meter *m, struct synergy_error *error)
{
	struct window *window = calloc(1, sizeof(*window));
	uint32_t w, i;
	int result;

	if (!window)
		return synergy_error_set(error, ENOMEM, "meter: no memory");
	pthread_mutex_lock(&m->lock);
	for (w = 0; w < SYNERGY_METER_WINDOWS && m->window[w]; w++)
		;
	if (m->failed) {
		result = gone(m, error);
	} else if (w == SYNERGY_METER_WINDOWS) {
		result = synergy_error_set(error, ENOSPC, "meter: %u windows are open", w);
	} else {
		uint64_t begin_ns = now_ns();

		for (i = 0; i < m->n_rails; i++)
			synergy_meter_sum_begin(&window->sum[i], begin_ns, m->rail[i].last.end_ns ?
						&m->rail[i].last : NULL);
		window->open = true;
		m->window[w] = window;
		result = (int)w;
	}
	pthread_mutex_unlock(&m->lock);
	if (result < 0)
		free(window);
	return result;
}

static bool complete(const struct synergy_meter *m, const struct window *window)
{
	uint32_t i;

	for (i = 0; i < m->n_rails; i++)
		if (!synergy_meter_sum_complete(&window->sum[i]))
			return false;
	return true;
}

/* With the lock; 0, or -1 with errno */
static int await_end(struct synergy_meter *m, const struct window *window, uint64_t end_ns,
		     struct synergy_error *error)
{
	struct timespec until = time_of(end_ns + LATE_PERIODS * m->period_ns + LATE_NS);
	int late = 0;

	m->awaited++;
	pthread_cond_signal(&m->wake);
	while (!complete(m, window) && !m->failed && !late)
		late = pthread_cond_timedwait(&m->came, &m->lock, &until);
	m->awaited--;
	if (complete(m, window))
		return 0;
	return m->failed ? gone(m, error) :
		synergy_error_set(error, ETIMEDOUT, "meter: no samples come; was the session stopped?");
}

int synergy_meter_end(struct synergy_meter *m, int number, struct synergy_meter_reading *readings,
		      uint32_t n, struct synergy_error *error)
{
	uint64_t end_ns = now_ns();
	struct window *window = NULL;
	int result = -1;
	uint32_t i;

	pthread_mutex_lock(&m->lock);
	if (number >= 0 && number < SYNERGY_METER_WINDOWS)
		window = m->window[number];
	if (!window || !window->open) {
		synergy_error_set(error, EINVAL, "meter: window %d is not open", number);
		goto unlock;
	}
	window->open = false;
	for (i = 0; i < m->n_rails; i++)
		synergy_meter_sum_end(&window->sum[i], end_ns);
	if (!await_end(m, window, end_ns, error)) {
		for (i = 0; i < m->n_rails && i < n; i++) {
			memset(&readings[i], 0, sizeof(readings[i]));
			memcpy(readings[i].rail, m->rail[i].label, sizeof(readings[i].rail));
			synergy_meter_sum_read(&window->sum[i], &m->rail[i].sensor, &readings[i]);
		}
		result = (int)m->n_rails;
	}
	m->window[number] = NULL;
	free(window);
unlock:
	pthread_mutex_unlock(&m->lock);
	return result;
}

void synergy_meter_close(struct synergy_meter *m)
{
	int saved = errno;

	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->stopping = true;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	meter_free(m);
	errno = saved;
}
