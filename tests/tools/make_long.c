// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a long recording of a large network, as the device would: three rails sampled
 * once a millisecond, inference after inference of as many layers as wanted, two events.
 * For tests of size and memory, not of figures: every layer has a power of its own and
 * the samples are those of the layer that their window begins in.
 * Usage: make_long FILE LAYERS SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "put_records.h"

#define PERIOD	MS
#define WINDOW	332000ULL
#define RAILS	3
#define EVENTS	2

static unsigned long long noise = 12345;

static void put_set_up(void)
{
	static const char *const labels[RAILS] = { "VDD_IN", "VDD_GPU", "VDD_CPU" };
	static const char *const events[EVENTS] = { "ASE_SPEC", "BUS_ACCESS" };
	struct synergy_session session = { .size = sizeof(session), .state = 1, .n_columns = EVENTS,
		.period_ns = PERIOD, .rail_mask = 7, .start_ns = now };
	struct synergy_rail rail = { .size = sizeof(rail), .shunt_uohm = 10000 };
	struct synergy_event event = { .size = sizeof(event), .type = 8 };
	unsigned int i;

	for (i = 0; i < RAILS; i++) {
		rail.index = rail.channel = i;
		strcpy(rail.label, labels[i]);
		put_info(SYNERGY_INFO_RAIL, &rail, sizeof(rail));
	}
	for (i = 0; i < EVENTS; i++) {
		event.column = i;
		strcpy(event.name, events[i]);
		put_info(SYNERGY_INFO_EVENT, &event, sizeof(event));
	}
	put_info(SYNERGY_INFO_SESSION, &session, sizeof(session));
}

static double random_share(void)
{
	noise = noise * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(noise >> 40) / (1 << 24);
}

static void put_sample(double uw)
{
	struct {
		struct synergy_power_record head;
		struct synergy_power_channel c[RAILS];
	} r = { .head.n_channels = RAILS, .head.channel_size = sizeof(r.c[0]) };
	unsigned int i;

	for (i = 0; i < RAILS; i++) {
		struct synergy_power_channel *c = &r.c[i];

		c->rail = i;
		c->power_uw = (long long)(uw * (i == 0 ? 2 : i == 1 ? .1 : 1) + 1e5 * random_share());
		c->bus_mv = 5000;
		c->current_ua = c->power_uw / 5;
		c->window_begin_ns = next_sample + i * WINDOW;
		c->window_end_ns = c->window_begin_ns + WINDOW;
		c->bus_time_ns = next_sample;
	}
	put(&r, sizeof(r), SYNERGY_RECORD_POWER, next_sample + RAILS * WINDOW);
}

static void mark(unsigned int kind, unsigned int id, unsigned long long cookie)
{
	struct {
		struct synergy_marker_record head;
		struct synergy_count count[EVENTS];
	} r = { .head.kind = kind, .head.id = id, .head.cookie = cookie, .head.n_counts = EVENTS,
		.head.count_size = sizeof(r.count[0]), .head.tid = 100, .head.tgid = 100, .head.done_ns = now };
	int i;

	if (id == SYNERGY_MARK_ID_RUN)
		r.head.hdr.flags = SYNERGY_MARKER_F_TOOL;
	for (i = 0; i < EVENTS; i++) {
		r.count[i].value = now / (i ? 100 : 3);
		r.count[i].enabled_ns = r.count[i].running_ns = now;
	}
	put(&r, sizeof(r), SYNERGY_RECORD_MARKER, now);
}

static void pass(unsigned long long ns, double uw)
{
	now += ns;
	while (next_sample < now) {
		put_sample(uw);
		next_sample += PERIOD;
	}
}

static void put_layers(unsigned int layers)
{
	static const char *const ops[] = { "Conv", "BatchNorm", "Relu", "Gemm" };
	size_t size = 128 + 128 * (size_t)layers, used;
	char *text = malloc(size);
	unsigned int i;

	used = snprintf(text, size, "index,layer,op,mac,params,bytes_in,bytes_out,group,method\n");
	for (i = 0; i < layers; i++)
		used += snprintf(text + used, size - used,
				 "%u,block%u/branch%u/layer%u,%s,%u,1000,40000,%u,1,simd\n", i, i / 40,
				 i / 4 % 10, i, ops[i % 4], i % 4 % 3 ? 0 : 100000 + 977 * i, 1000 * (i % 64 + 1));
	if (synergy_recording_layers(out, text, &error))
		exit(1);
	free(text);
}

int main(int argc, char **argv)
{
	unsigned int layers = argc == 4 ? atoi(argv[2]) : 0, i;
	unsigned long long seconds = argc == 4 ? atoll(argv[3]) : 0, run = 0;

	if (!layers)
		return 2;
	out = synergy_recording_create(argv[1], 0, &error);
	if (!out) {
		fprintf(stderr, "make_long: %s\n", error.message);
		return 1;
	}
	synergy_recording_note(out, "network: large\nhost: paper\n", &error);
	put_layers(layers);
	put_set_up();
	while (now < (seconds + 1) * 1000 * MS) {
		mark(SYNERGY_MARK_BEGIN, SYNERGY_MARK_ID_RUN, run);
		for (i = 0; i < layers; i++) {
			mark(SYNERGY_MARK_BEGIN, i, run);
			pass(MS / 5 + i * 7919ULL % 1600000, 1e6 + i * 104729ULL % 3000000);
			mark(SYNERGY_MARK_END, i, run);
			pass(3000, 8e5);
		}
		mark(SYNERGY_MARK_END, SYNERGY_MARK_ID_RUN, run++);
		pass(5 * MS, 5e5);
	}
	return synergy_recording_close(out, &error) ? 1 : 0;
}
