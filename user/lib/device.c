// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device's side of a stream: open, ioctls, and what their errors mean to the
 * person at the terminal. It must not read records (stream.c) or keep state of its
 * own.
 */
#include "lib/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int need_device(const struct synergy_stream *stream, struct synergy_error *error)
{
	if (stream->device)
		return 0;
	return synergy_error_set(error, ENOTTY, "%s: a recording, not the device", stream->name);
}

int synergy_device_open(const char *path, struct synergy_error *error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
		return synergy_error_set(error, ENOENT,
			"%s: no such device; is synergy.ko loaded (modprobe synergy)?", path);
	case EACCES:
	case EPERM:
		return synergy_error_set(error, EACCES,
			"%s: no permission; be root or in the group that owns it (`synergy`)",
			path);
	case ENODEV:
	case ENXIO:
		return synergy_error_set(error, ENODEV,
			"%s: the module behind it is gone; load synergy.ko again", path);
	default:
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	}
}

int synergy_device_load(struct synergy_stream *stream, struct synergy_error *error)
{
	struct synergy_device *device = &stream->book.info.device;
	struct synergy_chip chip;
	struct synergy_rail rail;
	uint32_t i;

	memset(device, 0, sizeof(*device));
	device->size = sizeof(*device);
	if (ioctl(stream->fd, SYNERGY_IOC_DEVICE, device))
		return synergy_error_set(error, errno == ENOTTY ? EPROTO : errno,
			"%s: not a SyNERGY device (%s)", stream->name, strerror(errno));
	if (device->api_version < SYNERGY_API_VERSION)
		return synergy_error_set(error, EPROTO, "%s: speaks API version %u, this is %u",
			stream->name, device->api_version, SYNERGY_API_VERSION);
	for (i = 0; i < device->n_chips; i++) {
		memset(&chip, 0, sizeof(chip));
		chip.size = sizeof(chip);
		chip.index = i;
		if (ioctl(stream->fd, SYNERGY_IOC_CHIP, &chip) ||
		    synergy_book_add_chip(&stream->book, &chip))
			return synergy_error_set(error, errno, "%s: chip %u: %s", stream->name, i,
						 strerror(errno));
	}
	for (i = 0; i < device->n_rails; i++) {
		memset(&rail, 0, sizeof(rail));
		rail.size = sizeof(rail);
		rail.index = i;
		if (ioctl(stream->fd, SYNERGY_IOC_RAIL, &rail) ||
		    synergy_book_add_rail(&stream->book, &rail))
			return synergy_error_set(error, errno, "%s: rail %u: %s", stream->name, i,
						 strerror(errno));
	}
	return 0;
}

int synergy_stream_buffer(struct synergy_stream *stream, uint32_t bytes,
			  struct synergy_error *error)
{
	struct synergy_client client = { .size = sizeof(client), .buffer_bytes = bytes };

	if (need_device(stream, error))
		return -1;
	if (ioctl(stream->fd, SYNERGY_IOC_CLIENT, &client))
		return synergy_error_set(error, errno, "%s: buffer of %u bytes: %s", stream->name,
					 bytes, strerror(errno));
	return 0;
}

static const char *event_name(const struct synergy_configure *cfg)
{
	const struct synergy_event *events = (const void *)(uintptr_t)cfg->events;

	if (events && cfg->bad_event < cfg->n_events)
		return events[cfg->bad_event].name;
	return "?";
}

static int configure_failed(const struct synergy_stream *stream,
			    const struct synergy_configure *cfg, uint64_t asked_ns,
			    struct synergy_error *error)
{
	int why = errno;

	switch (why) {
	case ERANGE:
		if (cfg->period_ns <= asked_ns || !cfg->period_ns)
			return synergy_error_set(error, why,
				"%s: conversion time, averaging or dither do not fit into a period of %llu us",
				stream->name, (unsigned long long)asked_ns / 1000);
		return synergy_error_set(error, why,
			"%s: %.1f Hz cannot be carried by bus and chip; the highest is %.1f Hz",
			stream->name, asked_ns ? 1e9 / asked_ns : 0., 1e9 / cfg->period_ns);
	case ENOENT:
		return synergy_error_set(error, why, "%s: no core's PMU has event %s",
			stream->name, event_name(cfg));
	case ENOSPC:
		return synergy_error_set(error, why,
			"%s: more events than the PMU can count at once: no counter is left for %s",
			stream->name, event_name(cfg));
	case EBUSY:
		return synergy_error_set(error, why,
			"%s: another program (process %u) is using the session", stream->name,
			stream->book.info.device.owner_tgid);
	case EACCES:
	case EPERM:
		return synergy_error_set(error, why,
			"%s: counting whole cores needs CAP_PERFMON or root (or kernel.perf_event_paranoid below 1)",
			stream->name);
	case ENXIO:
		return synergy_error_set(error, why,
			"%s: no power chip is bound; synergy-info says how to bind one",
			stream->name);
	default:
		return synergy_error_set(error, why, "%s: configure: %s", stream->name,
					 strerror(why));
	}
}

int synergy_stream_configure(struct synergy_stream *stream, struct synergy_configure *cfg,
			     struct synergy_error *error)
{
	uint64_t asked_ns = cfg->period_ns;
	struct synergy_device device = { .size = sizeof(device) };

	if (need_device(stream, error))
		return -1;
	cfg->size = sizeof(*cfg);
	cfg->event_size = sizeof(struct synergy_event);
	if (!ioctl(stream->fd, SYNERGY_IOC_CONFIGURE, cfg)) {
		stream->owner = true;
		return 0;
	}
	if (errno == EBUSY) {
		if (!ioctl(stream->fd, SYNERGY_IOC_DEVICE, &device))
			stream->book.info.device.owner_tgid = device.owner_tgid;
		errno = EBUSY;
	}
	return configure_failed(stream, cfg, asked_ns, error);
}

int synergy_stream_start(struct synergy_stream *stream, struct synergy_error *error)
{
	struct synergy_control control = { .size = sizeof(control) };

	if (need_device(stream, error))
		return -1;
	if (ioctl(stream->fd, SYNERGY_IOC_START, &control))
		return synergy_error_set(error, errno, "%s: start: %s", stream->name,
			errno == EBUSY ? "the session is another program's" : strerror(errno));
	return 0;
}

int synergy_stream_stop(struct synergy_stream *stream, struct synergy_error *error)
{
	struct synergy_control control = { .size = sizeof(control) };

	if (need_device(stream, error))
		return -1;
	if (ioctl(stream->fd, SYNERGY_IOC_STOP, &control))
		return synergy_error_set(error, errno, "%s: stop: %s", stream->name,
					 strerror(errno));
	return 0;
}

int synergy_stream_mark(struct synergy_stream *stream, uint32_t kind, uint32_t id, uint64_t cookie,
			uint32_t flags)
{
	struct synergy_mark mark = {
		.size = sizeof(mark),
		.flags = flags,
		.kind = kind,
		.id = id,
		.cookie = cookie,
	};

	return ioctl(stream->fd, SYNERGY_IOC_MARK, &mark);
}

void synergy_name_copy(char *name, const char *text)
{
	size_t bytes = strnlen(text, SYNERGY_NAME_LEN - 1);

	/* Not within a character. */
	if (text[bytes])
		while (bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80)
			bytes--;
	memset(name, 0, SYNERGY_NAME_LEN);
	memcpy(name, text, bytes);
}

int synergy_stream_name(struct synergy_stream *stream, uint32_t id, const char *text)
{
	struct synergy_name name = {
		.size = sizeof(name),
		.kind = SYNERGY_NAME_MARK,
		.id = id,
	};

	synergy_name_copy(name.name, text);
	return ioctl(stream->fd, SYNERGY_IOC_NAME, &name);
}

int synergy_stream_stats(struct synergy_stream *stream, struct synergy_stats *stats,
			 struct synergy_error *error)
{
	if (need_device(stream, error))
		return -1;
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	if (ioctl(stream->fd, SYNERGY_IOC_STATS, stats))
		return synergy_error_set(error, errno, "%s: stats: %s", stream->name,
					 strerror(errno));
	return 0;
}
