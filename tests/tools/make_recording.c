// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a recording as the device would: a board on paper with two rails sampled
 * once a millisecond and four layers of known length, power and counts. So the tools
 * that read recordings are tested against an answer known beforehand:
 *
 *	layer	ms	W	simd a ms
 *	conv1	40	3	1000
 *	relu1	4	2	100
 *	conv2	60	4	2000
 *	fc	20	1.5	50
 *
 * and 1 ms at 1 W between each two of them, idle 0.5 W; the second rail has 2 W
 * throughout. The converter rounds to 1 mW. Usage: make_recording FILE [WHAT...], where
 * WHAT is lost, repeat, errors, gap, nomarks, nolayers, runs=N, seed=N (of the noise, some
 * 100 mW), dear=PERCENT (conv2 takes more), overlap (marks of the program's own across
 * the layers' borders, one of them named), freq (the clock goes up and down, a zone gets
 * warmer), names (others, as of another export), other (a type of the
 * future between the records), still (relu1 draws nothing), hostile (names that would
 * do harm in a page or a terminal that takes them as they are), gpu=MW (of the second rail).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "put_records.h"

#define N_LAYERS	4
#define PERIOD		MS
#define WINDOW		(MS / 2)

static const struct {
	const char *name, *op;
	unsigned long long ms, uw, simd_per_ms, mac;
} layers[N_LAYERS] = {
	{ "conv1", "Conv", 40, 3000000, 1000, 1000000 },
	{ "relu1", "Relu", 4, 2000000, 100, 0 },
	{ "conv2", "Conv", 60, 4000000, 2000, 3000000 },
	{ "fc, the last", "Gemm", 20, 1500000, 50, 500000 },
};

static unsigned long long simd, samples;
static int want_lost, want_repeat, want_errors, want_gap, want_other, want_still, want_hostile, want_noise, want_names, want_overlap, want_freq;
static unsigned long long dither = 12345;
static double dear, gpu_uw = 2e6;

static void put_set_up(void)
{
	struct synergy_device device = { .size = sizeof(device), .api_version = SYNERGY_API_VERSION, .n_chips = 1,
		.n_rails = 2, .n_cpus = 4, .module_version = "1.0.0" };
	struct synergy_chip chip = { .size = sizeof(chip), .i2c_bus = 1, .address = 0x40,
		.bus_hz = 400000, .transfer_ns = 120000, .config_found = 0x7607,
		.config_set = 0x6005, .conversion_shunt_ns = WINDOW, .averages = 1,
		.bus_voltage_every = 16, .adapter_name = "paper" };
	struct synergy_rail rail = { .size = sizeof(rail), .channel = 1, .shunt_uohm = 10000 };
	struct synergy_event event = { .size = sizeof(event), .type = 8, .config = 0x74, .name = "SIMD" };
	struct synergy_session session = { .size = sizeof(session), .state = 1, .n_columns = 1,
		.period_ns = PERIOD, .rail_mask = 3, .start_ns = now };

	put_info(SYNERGY_INFO_DEVICE, &device, sizeof(device));
	put_info(SYNERGY_INFO_CHIP, &chip, sizeof(chip));
	strcpy(rail.label, want_hostile ? "<u>VDD_CPU" : "VDD_CPU");
	put_info(SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	rail.index = 1;
	rail.channel = 2;
	strcpy(rail.label, "VDD_GPU");
	put_info(SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	put_info(SYNERGY_INFO_EVENT, &event, sizeof(event));
	put_info(SYNERGY_INFO_SESSION, &session, sizeof(session));
}

static void fill_channel(struct synergy_power_channel *c, unsigned int rail, double uw,
			 unsigned long long begin)
{
	c->rail = rail;
	c->power_uw = (long long)(uw / 1000 + .5) * 1000;
	c->bus_mv = 5000;
	c->current_ua = c->power_uw / 5;
	c->shunt_uv = c->current_ua / 100;
	c->window_begin_ns = begin;
	c->window_end_ns = begin + WINDOW;
	c->bus_time_ns = begin;
}

/* A sample whose window lies within a time of one power, which is all that is made. */
static void put_sample(double uw, unsigned long long begin)
{
	struct {
		struct synergy_power_record head;
		struct synergy_power_channel c[2];
	} r = { .head.n_channels = 2, .head.channel_size = sizeof(r.c[0]) };

	fill_channel(&r.c[0], 0, uw, begin);
	fill_channel(&r.c[1], 1, gpu_uw, begin);
	r.head.bus_begin_ns = begin + WINDOW;
	r.head.bus_end_ns = begin + WINDOW + 240000;
	if (want_repeat && samples % 50 == 7)
		r.head.hdr.flags |= SYNERGY_POWER_F_REPEAT;
	samples++;
	put(&r, sizeof(r), SYNERGY_RECORD_POWER, begin + WINDOW);
}

static void put_oddities(void)
{
	struct synergy_lost_record lost = { .count = 5,
		.by_type = { [0] = 1, [SYNERGY_RECORD_POWER] = 4 } };
	struct synergy_error_record failed = { .source = SYNERGY_ERROR_CHIP, .error = 121,
		.reg = 1, .count = 1 };
	struct {
		struct synergy_record head;
		char body[40];
	} other = { .body = "later" };

	if (want_lost && samples == 100) {
		put(&lost, sizeof(lost), SYNERGY_RECORD_LOST, now);
		seq += 4;	/* a LOST record stands where the first lost one was */
	}
	if (want_errors && samples % 100 == 50)
		put(&failed, sizeof(failed), SYNERGY_RECORD_ERROR, now);
	if (want_gap && samples == 120)
		seq += 3;
	if (want_other && samples % 10 == 0)
		put(&other, sizeof(other), 0x0123, now);
}

static void mark(unsigned int kind, unsigned int id, unsigned long long cookie)
{
	struct {
		struct synergy_marker_record head;
		struct synergy_count count[1];
	} r = { .head.kind = kind, .head.id = id, .head.cookie = cookie, .head.n_counts = 1,
		.head.count_size = sizeof(r.count[0]),
		.head.cpu = 1, .head.tid = 100, .head.tgid = 100, .head.done_ns = now };

	if (id >= SYNERGY_MARK_ID_COMMAND)
		r.head.hdr.flags = SYNERGY_MARKER_F_TOOL;
	r.count[0].value = simd;
	r.count[0].enabled_ns = r.count[0].running_ns = now;
	put(&r, sizeof(r), SYNERGY_RECORD_MARKER, now);
}

/* Time passes at one power. A window that would cross its end is moved behind it. */
static double next_share(void)
{
	dither = dither * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(dither >> 40) / (1 << 24);
}

static void pass(unsigned long long ms, double uw, unsigned long long simd_per_ms)
{
	unsigned long long end = now + ms * MS;

	while (next_sample + WINDOW <= end) {
		if (next_sample < now)
			next_sample = now;
		if (next_sample + WINDOW > end)
			break;
		put_sample(want_noise ? uw + 4e5 * (next_share() - .5) : uw, next_sample);
		put_oddities();
		next_sample += PERIOD + (unsigned long long)(next_share() * (1 << 24)) % 100000;
	}
	simd += ms * simd_per_ms;
	now = end;
}

static void put_name(unsigned int id, const char *text)
{
	struct synergy_name_record name = { .id = id, .tgid = 100 };

	strcpy(name.name, text);
	put(&name, sizeof(name), SYNERGY_RECORD_NAME, now);
}

static void put_steps(unsigned long long cookie)
{
	struct synergy_freq_record freq = { .khz = cookie & 1 ? 1734000 : 710400 };
	struct synergy_temp_record temp = { .value = 40000 + 500 * (int)(cookie & 0xff),
		.name = "CPU-therm" };

	put(&freq, sizeof(freq), SYNERGY_RECORD_FREQ, now);
	put(&temp, sizeof(temp), SYNERGY_RECORD_TEMP, now);
}

static void run_once(unsigned long long cookie)
{
	int i;

	if (want_freq)
		put_steps(cookie);

	mark(SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, cookie);
	for (i = 0; i < N_LAYERS; i++) {
		pass(1, 1e6, 10);
		if (want_overlap && i == 2)
			mark(SYNERGY_MARK_END, 70000, 7);
		mark(SYNERGY_MARK_BEGIN, i, cookie);
		if (want_overlap && i == 1)
			mark(SYNERGY_MARK_BEGIN, 70000, 7);
		if (want_overlap && i == 3)
			mark(SYNERGY_MARK_POINT, 70001, 7);
		pass(layers[i].ms, want_still && i == 1 ? 0 :
		     layers[i].uw * (i == 2 ? 1 + dear / 100 : 1), layers[i].simd_per_ms);
		mark(SYNERGY_MARK_END, i, cookie);
	}
	pass(1, 1e6, 10);
	mark(SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, cookie);
}

static const char *layer_name(int i)
{
	static const char *const hostile[N_LAYERS] = {
		"<img src=x onerror=window.harmed=1>", "</script><script>window.harmed=1</script>",
		"<!--<script>", "\033[2J&quot;'",
	};

	static const char *const others[N_LAYERS] = { "node_0", "node_1", "node_2", "node_3" };

	return want_hostile ? hostile[i] : want_names ? others[i] : layers[i].name;
}

static void put_layers(void)
{
	char text[1024] = "index,layer,op,mac,params,bytes_in,bytes_out,group,method\n";
	int i;

	for (i = 0; i < N_LAYERS; i++)
		sprintf(text + strlen(text), "%d,\"%s\",%s,%llu,10,4000,4000,1,im2col\n", i,
			layer_name(i), layers[i].op, layers[i].mac);
	if (synergy_recording_layers(out, text, &error))
		exit(1);
}

int main(int argc, char **argv)
{
	int i, runs = 10, marks = 1, with_layers = 1;

	if (argc < 2)
		return 2;
	for (i = 2; i < argc; i++) {
		want_lost |= !strcmp(argv[i], "lost");
		want_repeat |= !strcmp(argv[i], "repeat");
		want_errors |= !strcmp(argv[i], "errors");
		want_gap |= !strcmp(argv[i], "gap");
		want_other |= !strcmp(argv[i], "other");
		want_still |= !strcmp(argv[i], "still");
		want_hostile |= !strcmp(argv[i], "hostile");
		marks &= strcmp(argv[i], "nomarks") != 0;
		with_layers &= strcmp(argv[i], "nolayers") != 0;
		if (!strncmp(argv[i], "runs=", 5))
			runs = atoi(argv[i] + 5);
		want_overlap |= !strcmp(argv[i], "overlap");
		want_freq |= !strcmp(argv[i], "freq");
		if (!strncmp(argv[i], "dear=", 5))
			dear = atof(argv[i] + 5);
		if (!strncmp(argv[i], "gpu=", 4))
			gpu_uw = 1e3 * atof(argv[i] + 4);
		want_names |= !strcmp(argv[i], "names");
		if (!strncmp(argv[i], "seed=", 5)) {
			want_noise = 1;
			dither = strtoull(argv[i] + 5, NULL, 10);
		}
	}
	out = synergy_recording_create(argv[1], 0, &error);
	if (!out) {
		fprintf(stderr, "make_recording: %s\n", error.message);
		return 1;
	}
	synergy_recording_note(out, want_hostile ?
			       "network: </title></script><b>net</b>\nhost: \"><i>h</i>\n" :
			       "network: papernet\nhost: paper\nmodel_hash: sha256:0\n", &error);
	if (with_layers)
		put_layers();
	put_set_up();
	if (want_overlap)
		put_name(70000, "across");
	if (marks) {
		mark(SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_IDLE, 0);
		pass(100, 5e5, 1);
		mark(SYNERGY_MARK_END, SYNERGY_MARK_ID_IDLE, 0);
		run_once(0 | SYNERGY_MARK_COOKIE_WARMUP);
		for (i = 1; i <= runs; i++)
			run_once(i);
	} else {
		pass(1000, 3e6, 1);
	}
	return synergy_recording_close(out, &error) ? 1 : 0;
}
