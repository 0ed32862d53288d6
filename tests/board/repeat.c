// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fixed piece of work on core 1 with synergy.ko sampling beside it; prints what
 * it took, as `name value` lines: virtual time and counts. tools/board_repeat runs
 * it in two boots and compares. Exit: 0 done, 1 not.
 */
#include "sim_session.h"

/* A blocked product of two 160 x 160 matrices, in the compiler's own code. */
static float a[160][160], b[160][160], c[160][160];

static void multiply(void)
{
	int i, j, k;

	for (i = 0; i < 160; i++)
		for (k = 0; k < 160; k++)
			for (j = 0; j < 160; j++)
				c[i][j] += a[i][k] * b[k][j];
	__asm__ volatile("" : : "r"(c) : "memory");
}

/*
 * Twice the L2 cache, read and written: the bus accesses are then many. The product
 * alone has some hundred, of which four more or less are other work's.
 */
static float data[1 << 20];

static void stream(void)
{
	size_t i;

	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		data[i] += 1;
	__asm__ volatile("" : : "r"(data) : "memory");
}

int main(void)
{
	static const uint64_t events[] = { 0x08, 0x74, 0x19, 0x13 };
	static const char *const names[] = { "instructions", "simd", "bus", "memory" };
	const struct synergy_marker_record *begin, *end;
	struct session s;
	int i;

	session_run_on(1);
	if (session_start(&s, 1000000, 0, events, 4)) {
		perror("/dev/synergy");
		return 1;
	}
	/* Until the cache holds nothing else: what is clean in it needs no writing back. */
	for (i = 0; i < 4; i++) {
		multiply();
		stream();
	}
	CHECK(!session_mark(&s, SYNERGY_MARK_BEGIN, 0, 0));
	for (i = 0; i < 20; i++) {
		multiply();
		stream();
	}
	stream();
	CHECK(!session_mark(&s, SYNERGY_MARK_END, 0, 0));
	session_stop(&s);
	begin = (const void *)session_next(&s, NULL, SYNERGY_RECORD_MARKER);
	end = begin ? (const void *)session_next(&s, &begin->hdr, SYNERGY_RECORD_MARKER) : NULL;
	if (!CHECK(end))
		return 1;
	printf("time_ns %" PRIu64 "\n", (uint64_t)(end->hdr.time_ns - begin->done_ns));
	for (i = 0; i < 4; i++)
		printf("%s %" PRIu64 "\n", names[i],
		       (uint64_t)(end->count[i].value - begin->count[i].value));
	session_end(&s);
	return test_failures() ? 1 : 0;
}
