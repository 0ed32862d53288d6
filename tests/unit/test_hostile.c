// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings are untrusted: a good one with bytes changed, cut and repeated at random
 * goes through all that reads recordings (stream, attribution, table, files). It may be
 * refused or reported; it must not crash, hang or leak (the sanitizers watch), and a
 * refusal says why. The seed is printed; SYNERGY_SEED sets it.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The generator of the tool tests, as a function. */
int make_recording(int argc, char **argv);
#define main make_recording
#include "tests/tools/make_recording.c"
#undef main

#include "report/files.h"
#include "report/html.h"
#include "report/profile.h"
#include "report/records.h"
#include "report/table.h"

#define ROUNDS	400

static unsigned char good[1 << 20], bad[1 << 20];
static size_t good_size;
static uint64_t state;

static uint64_t next_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void make_good(void)
{
	char path[] = "/tmp/synergy-hostile-XXXXXX", *argv[] = { "", path, "runs=2", "lost",
		"repeat", "errors", "other" };
	int fd = mkstemp(path);
	ssize_t got;

	CHECK(fd >= 0 && !make_recording(7, argv));
	got = pread(fd, good, sizeof(good), 0);
	CHECK_GT(got, 10000);
	CHECK_LT(got, (ssize_t)sizeof(good));
	good_size = got;
	close(fd);
	unlink(path);
}

/* Values that break careless code, and any others. */
static void spoil(unsigned char *at, size_t room)
{
	static const uint64_t odd[] = { 0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xffffffff,
		0xfffffff8, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX };
	uint64_t value = next_random() % 2 ? odd[next_random() % 11] : next_random();
	size_t bytes = (size_t)1 << next_random() % 4;

	memcpy(at, &value, bytes < room ? bytes : room);
}

static size_t make_bad(void)
{
	size_t size = good_size, at, n = 1 + next_random() % 8;

	memcpy(bad, good, good_size);
	while (n--) {
		at = next_random() % size;
		switch (next_random() % 8) {
		case 0:		/* cut */
			size = 16 + next_random() % (size - 16);
			break;
		case 1:		/* a piece again elsewhere */
			if (at + 512 < size)
				memmove(bad + at, bad + next_random() % (size - 512), 512);
			break;
		default:
			spoil(bad + at, size - at);
		}
	}
	return size;
}

static struct synergy_stream *open_bytes(const unsigned char *data, size_t size)
{
	struct synergy_error why = { "" };
	struct synergy_stream *stream;
	int fd = memfd_create("hostile", MFD_CLOEXEC);

	CHECK_EQ(write(fd, data, size), (ssize_t)size);
	lseek(fd, 0, SEEK_SET);
	stream = synergy_stream_open_fd(fd, "hostile", &why);
	if (!stream) {
		CHECK(*why.message);
		close(fd);
	}
	return stream;
}

/* 1 read, 0 refused */
static int read_it(const unsigned char *data, size_t size, FILE *sink)
{
	struct synergy_terminal terminal = { .utf8 = true, .columns = 100 };
	struct synergy_stream *stream = open_bytes(data, size);
	struct synergy_profile *profile = NULL;
	struct synergy_error why = { "" };
	int result;

	if (!stream)
		return 0;
	result = synergy_profile_read(stream, NULL, &profile, &why);
	CHECK(!result || *why.message);
	if (!result) {
		CHECK_EQ(synergy_table_print(profile, NULL, &terminal, sink), 0);
		CHECK_EQ(synergy_html_write(profile, sink), 0);
		if (profile->layers) {
			CHECK_EQ(synergy_layers_write_csv(profile->layers, sink), 0);
			CHECK_EQ(synergy_layers_write_json(profile->layers, sink), 0);
		}
	}
	synergy_profile_free(profile);
	if (!synergy_stream_rewind(stream))
		synergy_records_print(stream, sink, &why);
	synergy_stream_close(stream);
	return !result;
}

TEST(spoiled_recordings)
{
	FILE *sink = fopen("/dev/null", "w");
	int round, accepted = 0;

	gsl_set_error_handler_off();
	state = test_seed(1);
	make_good();
	REQUIRE(sink != NULL);
	REQUIRE(read_it(good, good_size, sink));
	for (round = 0; round < ROUNDS && !test_failures(); round++) {
		size_t size = make_bad();

		PARAMS("round %d", round);
		if (read_it(bad, size, sink))
			accepted++;
	}
	/* Some changes do no harm and some must: else the test tests nothing. */
	printf("%d of %d were used, the others refused\n", accepted, ROUNDS);
	CHECK_GT(accepted, 0);
	CHECK_LT(accepted, ROUNDS);
	fclose(sink);
}
