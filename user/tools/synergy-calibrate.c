// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-calibrate: what a board's power sensors are off by, found by reading a rail while
 * no current flows, or against an external meter, and kept in the board's file
 * (measure/calibration.h). Recordings carry it, and reports correct by it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "attribute/attribute.h"
#include "measure/calibration.h"
#include "measure/capture.h"
#include "tools/shared_options.h"
#include "tools/tool.h"

#define STEP_UV		40.0	/* of an INA3221's shunt register */
#define MOST_OFFSET_UV	120.0	/* its limit of 80, and a step */
#define BLOCKS		20	/* whose means tell how well the mean is known */
#define LEAST_SAMPLES	100
#define UNKNOWN_SCALE	1.0	/* prior of a shunt that nobody stated */

struct calibrate_options {
	const char *rail, *file, *device, *recording;
	double meter_w, meter_error, duration_s;
	bool unloaded, list, forget;
};

#define O struct calibrate_options

static const struct synergy_option options[] = {
	SYNERGY_TEXT("rail", 0, "NAME", O, rail, NULL, "the rail that is read"),
	SYNERGY_FLAG("unloaded", 0, O, unloaded,
		     "no current flows through its shunt: off, or disconnected; finds the offset"),
	SYNERGY_REAL("meter", 0, "WATTS", O, meter_w, 1e-3, 1e4, NULL,
		     "an external meter's mean power of the same rail in the same time; two loads tell offset and scale apart"),
	SYNERGY_REAL("meter-error", 0, "PERCENT", O, meter_error, 0.001, 50, "1",
		     "what the meter may be off by at most"),
	SYNERGY_REAL("duration", 0, "SECONDS", O, duration_s, 0.5, 3600, "10",
		     "how long to read; without RECORDING"),
	SYNERGY_TEXT("file", 0, "FILE", O, file, NULL,
		     "the calibration's file ($SYNERGY_CALIBRATION, /etc/synergy/calibration.json of root, else ~/.config/synergy/calibration.json)"),
	SYNERGY_FLAG("list", 0, O, list, "print what the file has"),
	SYNERGY_FLAG("forget", 0, O, forget, "take the rail out of it"),
	SYNERGY_ROW_DEVICE(O, device),
	SYNERGY_END,
};

#undef O

static const struct synergy_tool tool = {
	.name = "synergy-calibrate",
	.operands = "[RECORDING]",
	.about = "Finds offset and scale of a rail's power sensor from a reading without current or "
		 "against an external meter, live or in RECORDING (of synergy-record), and keeps them "
		 "in a file. Recordings made from then on carry them, and reports correct by them.",
	.after = "Exit status: 0 done, 1 failed, 2 wrong usage, 3 no device.\n",
	.files = "*.syn",
	.options = options,
	.most_operands = 1,
};

/* Sums over a rail's samples: of all, and of the shunt's voltage by block. */
struct sums {
	size_t n, room;
	double *uv;
	double square, bus_mv, power_uw;
};

static int add_sample(struct sums *s, const struct synergy_power_channel *ch)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 4096;
		double *uv = realloc(s->uv, room * sizeof(*uv));

		if (!uv)
			return -1;
		s->uv = uv;
		s->room = room;
	}
	s->uv[s->n++] = ch->shunt_uv;
	s->bus_mv += ch->bus_mv;
	s->power_uw += (double)ch->power_uw;
	return 0;
}

static int take(struct sums *s, const struct synergy_power_record *p, uint32_t rail,
		struct synergy_error *error)
{
	uint32_t i;

	if ((p->hdr.flags & SYNERGY_POWER_F_REPEAT) || p->hdr.size < sizeof(*p) ||
	    p->n_channels > (p->hdr.size - sizeof(*p)) / sizeof(p->channel[0]))
		return 0;
	for (i = 0; i < p->n_channels; i++) {
		const struct synergy_power_channel *ch = &p->channel[i];

		if (ch->rail != rail || (ch->flags & (SYNERGY_CHANNEL_F_REPEAT | SYNERGY_CHANNEL_F_NO_BUS)))
			continue;
		if (ch->flags & SYNERGY_CHANNEL_F_SATURATED)
			return synergy_error_set(error, ERANGE, "the sensor is at the end of its scale");
		if (add_sample(s, ch))
			return synergy_error_set(error, ENOMEM, "samples: no memory");
	}
	return 0;
}

/*
 * How well the mean is known: from the means of blocks, which have what goes on from
 * sample to sample; and what rounding to steps leaves where noise does not smooth it.
 */
static double mean_error(const struct sums *s, double mean)
{
	double blocks = 0, all = 0, own;
	size_t b, i;

	for (b = 0; b < BLOCKS; b++) {
		size_t from = s->n * b / BLOCKS, to = s->n * (b + 1) / BLOCKS;
		double sum = 0;

		for (i = from; i < to; i++)
			sum += s->uv[i] - mean;
		blocks += pow(sum / (double)(to - from), 2) / (BLOCKS - 1);
	}
	for (i = 0; i < s->n; i++)
		all += pow(s->uv[i] - mean, 2) / (double)(s->n - 1);
	own = fmax(all - STEP_UV * STEP_UV / 12, 0);
	return hypot(sqrt(blocks / BLOCKS),
		     STEP_UV / sqrt(12) * exp(-2 * M_PI * M_PI * own / (STEP_UV * STEP_UV)));
}

static int make_reading(const struct calibrate_options *o, const struct sums *s,
			struct synergy_reading *v, struct synergy_error *error)
{
	double n = (double)s->n, mean = 0;
	time_t now = time(NULL);
	struct tm utc;
	size_t i;

	if (s->n < LEAST_SAMPLES)
		return synergy_error_set(error, ENODATA, "rail %s: %zu samples, at least %d are needed",
					 o->rail, s->n, LEAST_SAMPLES);
	for (i = 0; i < s->n; i++)
		mean += s->uv[i] / n;
	*v = (struct synergy_reading){
		.metered = !o->unloaded, .shunt_uv = mean, .u_shunt_uv = fmax(mean_error(s, mean), 0.01),
		.bus_mv = s->bus_mv / n, .power_uw = s->power_uw / n, .meter_uw = o->meter_w * 1e6,
		.meter_u = o->meter_error / 100 / sqrt(3),	/* even between its limits */
	};
	if (gmtime_r(&now, &utc))
		strftime(v->date, sizeof(v->date), "%Y-%m-%d", &utc);
	if (o->unloaded && fabs(mean) > MOST_OFFSET_UV)
		return synergy_error_set(error, ERANGE, "rail %s: %.0f uV across its shunt, and an INA3221's offset is 80 uV at most: a current flows",
					 o->rail, mean);
	return 0;
}

/* A recording of this moment in memory, as a stream. */
static struct synergy_stream *record_now(const struct calibrate_options *o, struct synergy_error *error)
{
	const struct synergy_capture_options wanted = { .device = o->device, .rails = o->rail,
							.measured_cpu = -1, .bus_voltage_every = 1 };
	struct synergy_capture *capture = synergy_capture_open(&wanted, error);
	int fd = capture ? memfd_create("synergy-calibrate", MFD_CLOEXEC) : -1;
	struct synergy_recording *recording = NULL;
	struct synergy_stream *stream = NULL;
	struct synergy_capture_totals totals;
	const struct timespec length = { (time_t)o->duration_s,
					 (long)((o->duration_s - floor(o->duration_s)) * 1e9) };
	int bad = !capture;

	if (!bad && (fd < 0 || !(recording = synergy_recording_create_fd(fd, "memory", error))))
		bad = fd < 0 ? synergy_error_set(error, errno, "memory: %s", strerror(errno)) : -1;
	if (!bad && !(bad = synergy_capture_start(capture, recording, error))) {
		nanosleep(&length, NULL);
		bad = synergy_capture_stop(capture, &totals, error);
	}
	synergy_capture_close(capture);
	if (synergy_recording_close(recording, bad ? NULL : error))
		bad = -1;
	if (!bad && lseek(fd, 0, SEEK_SET) == 0)
		stream = synergy_stream_open_fd(fd, "memory", error);
	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static const struct synergy_rail *find_rail(const struct synergy_stream *stream, const char *label)
{
	const struct synergy_stream_info *info = synergy_stream_info(stream);
	uint32_t i;

	for (i = 0; i < info->n_rails; i++)
		if (!strncasecmp(info->rails[i].label, label, sizeof(info->rails[i].label)))
			return &info->rails[i];
	return NULL;
}

/* All of the stream; rails are known once their records have come. */
static int read_stream(const struct calibrate_options *o, struct synergy_stream *stream, struct sums *s,
		       struct synergy_error *error)
{
	const struct synergy_record *record;
	const struct synergy_rail *rail;
	int result;

	while ((result = synergy_stream_next(stream, &record, 0, error)) == 1) {
		rail = record->type == SYNERGY_RECORD_POWER ? find_rail(stream, o->rail) : NULL;
		if (rail && take(s, (const struct synergy_power_record *)record, rail->index, error))
			return -1;
	}
	if (result)
		return -1;
	return find_rail(stream, o->rail) ? 0 :
		synergy_error_set(error, ENOENT, "rail %s: not in the recording", o->rail);
}

static void print_entry(const struct synergy_calibrated_rail *r)
{
	size_t i;

	printf("%s (chip %u-%04x, channel %u, shunt %.3g mOhm): offset %.1f uV +- %.1f, scale %.2f %% +- %.2f\n",
	       r->label, r->i2c_bus, r->address, r->channel, r->shunt_uohm / 1e3, r->offset_uv,
	       2 * r->u_offset_uv, 100 * r->scale, 200 * r->u_scale);
	for (i = 0; i < r->n; i++) {
		const struct synergy_reading *v = &r->readings[i];

		if (v->metered)
			printf("  %s  %.4g W read, the meter %.4g W (+- %.2g %%)\n", v->date, v->power_uw / 1e6,
			       v->meter_uw / 1e6, 100 * sqrt(3) * v->meter_u);
		else
			printf("  %s  no current: %.1f uV +- %.1f\n", v->date, v->shunt_uv, 2 * v->u_shunt_uv);
	}
}

/* What the data sheet and the device tree leave open is where a rail begins from. */
static void set_priors(struct synergy_calibrated_rail *r, const struct synergy_rail *rail)
{
	struct synergy_sensor s;

	synergy_sensor_default(&s, rail->shunt_uohm, !!(rail->flags & SYNERGY_RAIL_F_ASSUMED_SHUNT),
			       !!(rail->flags & SYNERGY_RAIL_F_OFFSET_CORRECTED));
	r->prior_u_offset_uv = s.u_offset_uv;
	r->prior_u_scale = isnan(s.u_shunt) ? UNKNOWN_SCALE : sqrt(pow(s.u_gain, 2) + pow(s.u_shunt, 2) +
								  pow(s.u_bus, 2));
}

static int add_reading(const struct calibrate_options *o, struct synergy_stream *stream,
		       const struct synergy_reading *reading, struct synergy_calibration *c,
		       struct synergy_error *error)
{
	const struct synergy_stream_info *info = synergy_stream_info(stream);
	const struct synergy_rail *rail = find_rail(stream, o->rail);
	struct synergy_calibrated_rail *r = NULL;
	uint32_t i;

	for (i = 0; i < info->n_chips; i++)
		if (info->chips[i].index == rail->chip)
			r = synergy_calibration_entry(c, &info->chips[i], rail);
	if (!r || !rail->shunt_uohm)
		return synergy_error_set(error, EINVAL, "rail %s: %s", o->rail,
					 rail->shunt_uohm ? "no room for it" : "its shunt is not known");
	set_priors(r, rail);
	synergy_calibration_add(r, reading);
	synergy_calibration_solve(r);
	print_entry(r);
	return 0;
}

static int calibrate(const struct calibrate_options *o, const char *path, struct synergy_error *error)
{
	struct synergy_stream *stream = o->recording ? synergy_stream_open(o->recording, error) :
						       record_now(o, error);
	struct synergy_calibration *c = calloc(1, sizeof(*c));
	struct synergy_reading reading;
	struct sums s = { 0 };
	int result = stream && c ? 0 : -1;

	result = result || synergy_calibration_read(path, c, error) || read_stream(o, stream, &s, error) ||
		 make_reading(o, &s, &reading, error) || add_reading(o, stream, &reading, c, error) ||
		 synergy_calibration_write(path, c, error) ? -1 : 0;
	if (!result)
		printf("written to %s\n", path);
	synergy_stream_close(stream);
	free(s.uv);
	free(c);
	return result;
}

static int list_or_forget(const struct calibrate_options *o, const char *path, struct synergy_error *error)
{
	struct synergy_calibration *c = calloc(1, sizeof(*c));
	int result = c ? synergy_calibration_read(path, c, error) :
		     synergy_error_set(error, ENOMEM, "no memory");
	size_t i, kept = 0, before = result ? 0 : c->n;

	for (i = 0; i < before; i++) {
		if (o->list)
			print_entry(&c->rails[i]);
		else if (strcasecmp(c->rails[i].label, o->rail))
			c->rails[kept++] = c->rails[i];
	}
	if (!result && o->list && !before)
		printf("%s: no rail is calibrated\n", path);
	if (!result && o->forget && kept == before)
		result = synergy_error_set(error, ENOENT, "%s: no rail %s", path, o->rail);
	if (!result && o->forget) {
		c->n = kept;
		result = synergy_calibration_write(path, c, error);
	}
	free(c);
	return result;
}

/* -1 go on */
static int check(const struct calibrate_options *o)
{
	if (!o->list && !o->rail)
		return synergy_usage_error("--rail is needed: which one is read?");
	if (o->list + o->forget + o->unloaded + (o->meter_w > 0) != 1)
		return synergy_usage_error("one of --unloaded, --meter, --list and --forget is needed");
	return -1;
}

int main(int argc, char **argv)
{
	struct calibrate_options o = { .rail = NULL };
	struct synergy_error error = { "out of memory" };
	char path[4096];
	int status;

	setlocale(LC_CTYPE, "");
	status = synergy_tool_parse(&tool, &o, argc, argv);
	if (status < 0)
		status = check(&o);
	if (status >= 0)
		return status;
	o.recording = optind < argc ? argv[optind] : NULL;
	if (o.file)
		snprintf(path, sizeof(path), "%s", o.file);
	else
		synergy_calibration_path(o.list, path, sizeof(path));
	if (o.list || o.forget ? list_or_forget(&o, path, &error) : calibrate(&o, path, &error)) {
		synergy_say("%s", error.message);
		return errno == ENODEV || errno == ENXIO ||
		       (!o.recording && access(o.device ? o.device : SYNERGY_DEVICE_PATH, F_OK) &&
			!o.list && !o.forget) ? SYNERGY_EXIT_NO_DEVICE : SYNERGY_EXIT_FAILED;
	}
	return fflush(stdout) ? SYNERGY_EXIT_FAILED : 0;
}
