/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs share that make recordings: records one after the other, at the
 * time that it is in the recording.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/recording.h"
#include "lib/synergy.h"

#define MS	1000000ULL

static struct synergy_recording *out;
static struct synergy_error error;
static unsigned long long seq = 1, now = 1000 * MS, next_sample = 1000 * MS;

static void put(void *record, size_t size, unsigned int type, unsigned long long time_ns)
{
	struct synergy_record *r = record;

	r->size = size;
	r->type = type;
	r->time_ns = time_ns;
	r->raw_ns = time_ns;
	r->seq = seq++;
	if (synergy_recording_write(out, record, size, &error)) {
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
}

static void put_info(unsigned int kind, const void *body, size_t size)
{
	struct {
		struct synergy_info_record head;
		char body[256];
	} r = { .head.kind = kind };

	memcpy(r.body, body, size);
	put(&r, sizeof(r.head) + size, SYNERGY_RECORD_INFO, now);
}
