/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libsynergy share; not installed, not for anyone else.
 */
#ifndef SYNERGY_LIB_INTERNAL_H
#define SYNERGY_LIB_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/recording.h"
#include "lib/synergy.h"

struct synergy_note {
	char *key;
	char *value;
};

/* What a stream has said about itself; owned by the stream, filled by info.c. */
struct synergy_book {
	struct synergy_stream_info info;
	struct synergy_chip *chips;
	struct synergy_rail *rails;
	struct synergy_event *events;
	struct synergy_note *notes;
	void *names;		/* tree of struct synergy_stream_name */
	uint32_t n_names;
	char *layers;
};

struct synergy_stream {
	int fd;
	uint32_t version;	/* of a recording's records */
	bool device;
	bool owner;		/* configured by us: stop on close */
	bool ended;		/* end of the recording was met */
	char *name;
	unsigned char *buffer;	/* holds whole and cut-off records, [head, tail) */
	size_t capacity;
	size_t head;
	size_t tail;
	unsigned char *converted;	/* the record in hand, where it had to be */
	size_t converted_capacity;
	uint64_t offset;	/* of buffer[0] in the file, for messages */
	uint64_t expected_seq;	/* 0: no record yet */
	struct synergy_book book;
	struct synergy_stream_tally tally;
};

/* info.c: 0, or -1 with errno EBADMSG or ENOMEM */
int synergy_book_follow(struct synergy_book *book, const struct synergy_record *record);
int synergy_book_add_chip(struct synergy_book *book, const struct synergy_chip *chip);
int synergy_book_add_rail(struct synergy_book *book, const struct synergy_rail *rail);
void synergy_book_clear(struct synergy_book *book);

/* repack.c: has it entries of the size that is known here? Else they are cut to it. */
bool synergy_record_fits(const struct synergy_record *record);
void synergy_record_repack(const struct synergy_record *from, struct synergy_record *to);

/* device.c; _copy: SYNERGY_NAME_LEN bytes, cut at a character */
void synergy_name_copy(char *name, const char *text);
int synergy_device_load(struct synergy_stream *stream, struct synergy_error *error);
int synergy_device_open(const char *path, struct synergy_error *error);

#endif /* SYNERGY_LIB_INTERNAL_H */
