// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks and temperatures from a tree of files as sysfs has them, into a recording: what
 * was found, what changed, what is due, and what cannot be read.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/conditions.h"

#define SECOND	1000000000ULL
#define POLICY	"sys/devices/system/cpu/cpufreq/policy"
#define THERMAL	"sys/class/thermal/"

static char root[] = "/tmp/synergy-conditions-XXXXXX";

static void put(const char *path, const char *text)
{
	char full[256], *slash;
	FILE *out;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	out = fopen(full, "w");
	REQUIRE(out);
	fputs(text, out);
	fclose(out);
}

static void make_tree(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	REQUIRE(mkdtemp(root));
	put(POLICY "4/scaling_cur_freq", "2000000\n");
	put(POLICY "4/related_cpus", "4 5\n");
	put(POLICY "0/scaling_cur_freq", "710400\n");
	put(POLICY "0/related_cpus", "0 1 2\n");
	put(POLICY "6/scaling_governor", "userspace\n");	/* no frequency: not a policy of ours */
	put(THERMAL "thermal_zone1/temp", "-1500\n");
	put(THERMAL "thermal_zone1/type", "a-zone-with-a-name-longer-than-a-label-may-be\n");
	put(THERMAL "thermal_zone0/temp", "41000\n");
	put(THERMAL "thermal_zone0/type", "CPU-therm\n");
	put(THERMAL "cooling_device0/cur_state", "2\n");
	put(THERMAL "cooling_device0/max_state", "9\n");
	put(THERMAL "cooling_device0/type", "pwm-fan\n");
}

/* The files as a test changes them, and what came of each sample. */
struct session {
	struct synergy_conditions *conditions;
	struct synergy_recording *recording;
	struct synergy_error error;
	int fd;
};

static void begin(struct session *s, const char *where)
{
	s->fd = memfd_create("recording", MFD_CLOEXEC);
	REQUIRE(s->fd >= 0);
	s->recording = synergy_recording_create_fd(s->fd, "memory", &s->error);
	s->conditions = synergy_conditions_open(where);
	REQUIRE(s->recording && s->conditions);
}

static int64_t sample(struct session *s, uint64_t ns)
{
	return synergy_conditions_sample(s->conditions, ns, s->recording, &s->error);
}

static struct synergy_stream *replay(struct session *s)
{
	struct synergy_stream *stream;

	CHECK_EQ(synergy_recording_close(s->recording, &s->error), 0);
	synergy_conditions_close(s->conditions);
	lseek(s->fd, 0, SEEK_SET);
	stream = synergy_stream_open_fd(s->fd, "memory", &s->error);
	CHECK(stream != NULL);
	return stream;
}

/* The next record, 0 bytes of it where there is none of that type. */
static void next(struct synergy_stream *stream, uint16_t type, void *copy, size_t size)
{
	const struct synergy_record *record = NULL;
	struct synergy_error error;

	memset(copy, 0, size);
	REQUIRE(synergy_stream_next(stream, &record, 0, &error) == 1);
	REQUIRE(record->type == type);
	REQUIRE(record->size == size);
	CHECK_EQ(record->seq, 0);
	memcpy(copy, record, size);
}

static void check_freq(struct synergy_stream *stream, uint32_t cpu, uint32_t policy, uint32_t khz,
		       uint32_t old_khz, uint64_t ns)
{
	struct synergy_freq_record f;

	next(stream, SYNERGY_RECORD_FREQ, &f, sizeof(f));
	CHECK_EQ(f.cpu, cpu);
	CHECK_EQ(f.policy, policy);
	CHECK_EQ(f.khz, khz);
	CHECK_EQ(f.old_khz, old_khz);
	CHECK_EQ(f.hdr.time_ns, ns);
	CHECK_EQ(f.hdr.flags, SYNERGY_FREQ_F_SAMPLED | (old_khz ? 0 : SYNERGY_FREQ_F_FOUND));
}

static void check_temp(struct synergy_stream *stream, uint32_t kind, uint32_t index, int32_t value,
		       int32_t max, const char *name)
{
	struct synergy_temp_record t;

	next(stream, SYNERGY_RECORD_TEMP, &t, sizeof(t));
	CHECK_EQ(t.kind, kind);
	CHECK_EQ(t.index, index);
	CHECK_EQ(t.value, value);
	CHECK_EQ(t.max, max);
	CHECK_EQ(strncmp(t.name, name, sizeof(t.name) - 1), 0);
	CHECK_EQ(t.name[sizeof(t.name) - 1], 0);
}

TEST(found_and_changed)
{
	struct synergy_stream *stream;
	const struct synergy_record *record;
	struct session s;
	int i;

	make_tree();
	begin(&s, root);
	CHECK_GT(sample(&s, 5 * SECOND), 0);
	CHECK_EQ(sample(&s, 5 * SECOND + SECOND / 10), 0);	/* nothing changed, nothing due */
	put(POLICY "0/scaling_cur_freq", "204000\n");
	put(THERMAL "thermal_zone0/temp", "42000\n");
	CHECK_EQ(sample(&s, 5 * SECOND + SECOND / 5), 3 * sizeof(struct synergy_freq_record));
	put(POLICY "0/scaling_cur_freq", "<unknown>\n");	/* as a policy whose cores are off */
	CHECK_EQ(sample(&s, 6 * SECOND), 3 * sizeof(struct synergy_temp_record));
	put(POLICY "0/scaling_cur_freq", "204000\n");
	CHECK_EQ(sample(&s, 6 * SECOND + 1), 0);
	put(POLICY "0/scaling_cur_freq", "710400\n");

	stream = replay(&s);
	REQUIRE(stream);
	for (i = 0; i < 3; i++)
		check_freq(stream, i, 0, 710400, 0, 5 * SECOND);
	for (i = 4; i < 6; i++)
		check_freq(stream, i, 4, 2000000, 0, 5 * SECOND);
	check_temp(stream, SYNERGY_TEMP_ZONE, 0, 41000, 0, "CPU-therm");
	check_temp(stream, SYNERGY_TEMP_ZONE, 1, -1500, 0, "a-zone-with-a-name-longer-than-a-label-may-be");
	check_temp(stream, SYNERGY_TEMP_COOLING, 0, 2, 9, "pwm-fan");
	for (i = 0; i < 3; i++)
		check_freq(stream, i, 0, 204000, 710400, 5 * SECOND + SECOND / 5);
	check_temp(stream, SYNERGY_TEMP_ZONE, 0, 42000, 0, "CPU-therm");
	check_temp(stream, SYNERGY_TEMP_ZONE, 1, -1500, 0, "a-zone-with-a-name-longer-than-a-label-may-be");
	check_temp(stream, SYNERGY_TEMP_COOLING, 0, 2, 9, "pwm-fan");
	CHECK_EQ(synergy_stream_next(stream, &record, 0, &s.error), 0);
	synergy_stream_close(stream);
	close(s.fd);
}

TEST(nothing_there)
{
	struct session s;

	begin(&s, "/nonexistent");
	CHECK_EQ(sample(&s, SECOND), 0);
	synergy_stream_close(replay(&s));
	close(s.fd);
}

TEST(full_disk)
{
	struct session s;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	make_tree();
	begin(&s, root);
	REQUIRE(full >= 0);
	REQUIRE(dup2(full, s.fd) == s.fd);
	CHECK_EQ(sample(&s, SECOND), -1);
	CHECK_EQ(errno, ENOSPC);
	synergy_recording_close(s.recording, NULL);
	synergy_conditions_close(s.conditions);
	close(full);
	close(s.fd);
}
