// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Chooses the source of marks and owns the recording; see session.h.
 */
#include "measure/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/recording.h"
#include "measure/usermarks.h"

struct synergy_measurement {
	struct synergy_capture *capture;	/* NULL: user space */
	struct synergy_usermarks *marks;
	struct synergy_recording *recording;
	char *path;				/* NULL: in memory */
	int fd;					/* of the memory; -1 */
	bool power;
	uint32_t mark_flags;
};

static bool means_no_device(int errno_value)
{
	return errno_value == ENOENT || errno_value == ENODEV || errno_value == ENXIO ||
		errno_value == EPROTO;
}

static bool device_there(const char *path)
{
	struct stat st;

	return !stat(path ? path : SYNERGY_DEVICE_PATH, &st);
}

/*
 * 1 the module is in use, 0 it is not there (and need not be), -1 error. A missing
 * rail or event is ENOENT, too, but then the device itself is there.
 */
static int open_capture(struct synergy_measurement *t, const struct synergy_measurement_options *o,
			struct synergy_error *why, bool *no_device, struct synergy_error *error)
{
	struct synergy_capture_options options = o->capture;
	bool there = device_there(options.device);

	t->capture = synergy_capture_open(&options, error);
	t->power = !options.no_power;
	if (t->capture)
		return 1;
	/* A source was asked for by name: there is nothing to fall back on. */
	if (options.source)
		return -1;
	if (errno == ENXIO && there && o->mode == SYNERGY_MEASUREMENT_AUTO && !options.no_power) {
		/* No chip: the module still counts and marks. */
		*why = *error;
		options.no_power = true;
		options.rails = NULL;
		t->capture = synergy_capture_open(&options, error);
		t->power = false;
		return t->capture ? 1 : -1;
	}
	*no_device = !there || errno == ENXIO || errno == ENODEV || errno == EPROTO;
	if (o->mode == SYNERGY_MEASUREMENT_REQUIRE)
		return -1;
	if (!there || (means_no_device(errno) && errno != ENOENT)) {
		*why = *error;
		return 0;
	}
	if (errno == EACCES && access(options.device ? options.device : SYNERGY_DEVICE_PATH,
				      R_OK | W_OK)) {
		*why = *error;
		return 0;
	}
	return -1;
}

static int open_marks(struct synergy_measurement *t, const struct synergy_measurement_options *o,
		      struct synergy_error *why, struct synergy_error *error)
{
	struct synergy_error inner;
	size_t used = strlen(why->message);

	t->power = false;
	t->marks = synergy_usermarks_open(o->capture.events, o->max_marks, &inner);
	if (t->marks)
		return 0;
	if (errno == ENOMEM)
		return synergy_error_set(error, ENOMEM, "%s", inner.message);
	/* No counter is no reason not to give times. */
	snprintf(why->message + used, sizeof(why->message) - used, "%s%s", used ? "; " : "",
		 inner.message);
	t->marks = synergy_usermarks_open(NULL, o->max_marks, error);
	return t->marks ? 0 : -1;
}

static int open_recording(struct synergy_measurement *t, const struct synergy_measurement_options *o,
			  struct synergy_error *error)
{
	if (o->record) {
		t->path = strdup(o->record);
		if (!t->path)
			return synergy_error_set(error, ENOMEM, "%s: no memory", o->record);
		t->recording = synergy_recording_create(o->record, o->reserve_bytes, error);
		return t->recording ? 0 : -1;
	}
	t->fd = memfd_create("synergy-recording", MFD_CLOEXEC);
	if (t->fd < 0)
		return synergy_error_set(error, errno, "recording in memory: %s", strerror(errno));
	t->recording = synergy_recording_create_fd(t->fd, "recording in memory", error);
	return t->recording ? 0 : -1;
}

struct synergy_measurement *synergy_measurement_open(const struct synergy_measurement_options *options,
					 struct synergy_error *why, bool *no_device,
					 struct synergy_error *error)
{
	struct synergy_measurement *t = calloc(1, sizeof(*t));
	int result = 0;

	why->message[0] = '\0';
	*no_device = false;
	if (!t) {
		synergy_error_set(error, ENOMEM, "measurement: no memory");
		return NULL;
	}
	t->fd = -1;
	t->mark_flags = options->all_cpus ? SYNERGY_MARK_F_ALL_CPUS : 0;
	if (options->mode != SYNERGY_MEASUREMENT_OFF)
		result = open_capture(t, options, why, no_device, error);
	if (result < 0 || (!result && open_marks(t, options, why, error)) ||
	    open_recording(t, options, error)) {
		synergy_measurement_close(t);
		return NULL;
	}
	return t;
}

int synergy_measurement_start(struct synergy_measurement *t, const char *notes, const char *layers,
			struct synergy_error *error)
{
	if (synergy_recording_note(t->recording, notes, error) ||
	    synergy_recording_layers(t->recording, layers, error))
		return -1;
	return t->capture ? synergy_capture_start(t->capture, t->recording, error) : 0;
}

static int mark_in_capture(void *arg, uint32_t kind, uint32_t id, uint64_t cookie)
{
	struct synergy_measurement *t = arg;
	uint32_t tool = id >= SYNERGY_MARK_ID_BUSY ? SYNERGY_MARK_F_TOOL : 0;

	return synergy_capture_mark(t->capture, kind, id, cookie, t->mark_flags | tool);
}

static int mark_in_user_space(void *arg, uint32_t kind, uint32_t id, uint64_t cookie)
{
	struct synergy_measurement *t = arg;

	return synergy_usermarks_mark(t->marks, kind, id, cookie);
}

struct synergy_marker synergy_measurement_marker(struct synergy_measurement *t)
{
	struct synergy_marker marker = {
		.mark = t->capture ? mark_in_capture : mark_in_user_space,
		.arg = t,
	};

	return marker;
}

int synergy_measurement_stop(struct synergy_measurement *t, struct synergy_capture_totals *totals,
		       struct synergy_error *error)
{
	memset(totals, 0, sizeof(*totals));
	if (t->capture)
		return synergy_capture_stop(t->capture, totals, error);
	return synergy_usermarks_write(t->marks, t->recording, error);
}

int synergy_measurement_finish(struct synergy_measurement *t, const char *notes, struct synergy_error *error)
{
	struct synergy_recording *recording = t->recording;
	int result = 0;

	if (notes && *notes)
		result = synergy_recording_note(recording, notes, error);
	t->recording = NULL;
	if (synergy_recording_close(recording, result ? NULL : error))
		result = -1;
	return result;
}

struct synergy_stream *synergy_measurement_replay(struct synergy_measurement *t, struct synergy_error *error)
{
	struct synergy_stream *stream;
	char path[64];
	int fd;

	if (t->capture && synergy_capture_flush(t->capture, error))
		return NULL;
	if (t->path)
		return synergy_stream_open(t->path, error);
	/* A description of its own, so that the writer's offset stays where it is. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", t->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		synergy_error_set(error, errno, "recording in memory: %s", strerror(errno));
		return NULL;
	}
	stream = synergy_stream_open_fd(fd, "recording in memory", error);
	if (!stream)
		close(fd);
	return stream;
}

struct synergy_capture *synergy_measurement_capture(struct synergy_measurement *t)
{
	return t->capture;
}

bool synergy_measurement_has_power(const struct synergy_measurement *t)
{
	return t->power;
}

void synergy_measurement_close(struct synergy_measurement *t)
{
	int saved = errno;

	if (!t)
		return;
	synergy_capture_close(t->capture);
	synergy_usermarks_close(t->marks);
	synergy_recording_close(t->recording, NULL);
	if (t->fd >= 0)
		close(t->fd);
	free(t->path);
	free(t);
	errno = saved;
}
