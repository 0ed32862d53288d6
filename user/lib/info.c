// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Follows INFO, NAME, NOTE and LAYERS records and keeps what they say. The records
 * were checked by check.c; indices and texts inside them are still untrusted.
 */
#include "lib/internal.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* More of one kind than any machine has: a file that says so is damaged. */
#define MAX_CHIPS	1024
#define MAX_NOTES	4096
#define MAX_EVENT_ENTRIES	(SYNERGY_MAX_EVENTS * 8)
#define MAX_NAMES	65536

/* Makes *array hold index + 1 entries, new ones zeroed, and copies one in. */
static int put(void **array, uint32_t *n, uint32_t index, const void *item, size_t item_bytes)
{
	char *grown;

	if (index >= *n) {
		grown = reallocarray(*array, (size_t)index + 1, item_bytes);
		if (!grown)
			return -1;
		memset(grown + *n * item_bytes, 0, (index + 1 - *n) * item_bytes);
		*array = grown;
		*n = index + 1;
	}
	memcpy((char *)*array + index * item_bytes, item, item_bytes);
	return 0;
}

static int damaged(void)
{
	errno = EBADMSG;
	return -1;
}

int synergy_book_add_chip(struct synergy_book *book, const struct synergy_chip *chip)
{
	struct synergy_chip copy = *chip;

	if (chip->index >= MAX_CHIPS)
		return damaged();
	copy.adapter_name[sizeof(copy.adapter_name) - 1] = '\0';
	/* At STOP the chip has its old set-up again: that of the session stays. */
	if (chip->index < book->info.n_chips && !chip->config_set) {
		const struct synergy_chip *before = &book->chips[chip->index];

		copy.config_set = before->config_set;
		copy.conversion_shunt_ns = before->conversion_shunt_ns;
		copy.conversion_bus_ns = before->conversion_bus_ns;
		copy.averages = before->averages;
		copy.bus_voltage_every = before->bus_voltage_every;
	}
	if (put((void **)&book->chips, &book->info.n_chips, chip->index, &copy, sizeof(copy)))
		return -1;
	book->info.chips = book->chips;
	return 0;
}

int synergy_book_add_rail(struct synergy_book *book, const struct synergy_rail *rail)
{
	struct synergy_rail copy = *rail;

	if (rail->index >= MAX_CHIPS * SYNERGY_CHANNELS)
		return damaged();
	copy.label[sizeof(copy.label) - 1] = '\0';
	if (put((void **)&book->rails, &book->info.n_rails, rail->index, &copy, sizeof(copy)))
		return -1;
	book->info.rails = book->rails;
	return 0;
}

/* The same event may come again (REPLAY and START): one entry each. */
static int add_event(struct synergy_book *book, const struct synergy_event *event)
{
	struct synergy_stream_info *info = &book->info;
	struct synergy_event copy = *event;
	uint32_t i;

	if (event->column >= SYNERGY_MAX_EVENTS)
		return damaged();
	copy.name[sizeof(copy.name) - 1] = '\0';
	for (i = 0; i < info->n_events; i++) {
		const struct synergy_event *e = &info->events[i];

		if (e->column == copy.column && e->type == copy.type && e->config == copy.config &&
		    e->config1 == copy.config1 && e->config2 == copy.config2 &&
		    e->flags == copy.flags)
			break;
	}
	if (i >= MAX_EVENT_ENTRIES)
		return damaged();
	if (put((void **)&book->events, &info->n_events, i, &copy, sizeof(copy)))
		return -1;
	info->events = book->events;
	if (copy.column >= info->n_columns)
		info->n_columns = copy.column + 1;
	return 0;
}

static int by_name_id(const void *a, const void *b)
{
	const struct synergy_stream_name *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int follow_name(struct synergy_book *book, const struct synergy_name_record *record)
{
	struct synergy_stream_name *name = calloc(1, sizeof(*name));
	struct synergy_stream_name **node;

	if (!name)
		return -1;
	name->tgid = record->tgid;
	name->kind = record->kind;
	name->id = record->id;
	memcpy(name->name, record->name, sizeof(name->name) - 1);
	node = tsearch(name, &book->names, by_name_id);
	if (!node) {
		free(name);
		return -1;
	}
	if (*node != name) {	/* named again */
		memcpy((*node)->name, name->name, sizeof(name->name));
		free(name);
		return 0;
	}
	return ++book->n_names > MAX_NAMES ? damaged() : 0;
}

/*
 * A new session has new events. The module gives them before the session record
 * that says STARTED or after STOPPED of the one before, so what counts is that a
 * stopped session's events go when the next event comes.
 */
static int follow_info(struct synergy_book *book, const struct synergy_info_record *record)
{
	struct synergy_stream_info *info = &book->info;
	struct synergy_session session;

	switch (record->kind) {
	case SYNERGY_INFO_DEVICE:
		memcpy(&info->device, record->body, sizeof(info->device));
		info->device.module_version[sizeof(info->device.module_version) - 1] = '\0';
		return 0;
	case SYNERGY_INFO_CHIP:
		return synergy_book_add_chip(book, (const void *)record->body);
	case SYNERGY_INFO_RAIL:
		return synergy_book_add_rail(book, (const void *)record->body);
	case SYNERGY_INFO_EVENT:
		if (info->session.size && info->session.state == SYNERGY_SESSION_STOPPED) {
			info->n_events = 0;
			info->n_columns = 0;
			memset(&info->session, 0, sizeof(info->session));
		}
		return add_event(book, (const void *)record->body);
	case SYNERGY_INFO_SESSION:
		memcpy(&session, record->body, sizeof(session));
		if (session.n_columns > SYNERGY_MAX_EVENTS)
			return damaged();
		info->session = session;
		if (session.n_columns > info->n_columns)
			info->n_columns = session.n_columns;
		return 0;
	default:
		return 0;
	}
}

static int put_note(struct synergy_book *book, const char *key, size_t key_bytes,
		    const char *value, size_t value_bytes)
{
	struct synergy_note note = { strndup(key, key_bytes), strndup(value, value_bytes) };
	uint32_t i;

	if (!note.key || !note.value)
		goto free_note;
	for (i = 0; i < book->info.n_notes; i++)
		if (!strcmp(book->notes[i].key, note.key))
			break;
	if (i < book->info.n_notes) {
		free(book->notes[i].key);
		free(book->notes[i].value);
		book->notes[i] = note;
		return 0;
	}
	if (i >= MAX_NOTES) {
		errno = EBADMSG;
		goto free_note;
	}
	if (!put((void **)&book->notes, &book->info.n_notes, i, &note, sizeof(note)))
		return 0;
free_note:
	free(note.key);
	free(note.value);
	return -1;
}

static int follow_note(struct synergy_book *book, const char *text)
{
	const char *line, *end, *colon, *value;

	for (line = text; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		colon = memchr(line, ':', end - line);
		if (!colon || colon == line)
			continue;
		value = colon + 1;
		while (value < end && *value == ' ')
			value++;
		if (put_note(book, line, colon - line, value, end - value))
			return -1;
	}
	return 0;
}

int synergy_book_follow(struct synergy_book *book, const struct synergy_record *record)
{
	char *copy;

	switch (record->type) {
	case SYNERGY_RECORD_INFO:
		return follow_info(book, (const void *)record);
	case SYNERGY_RECORD_NAME:
		return follow_name(book, (const void *)record);
	case SYNERGY_RECORD_NOTE:
		return follow_note(book, (const char *)(record + 1));
	case SYNERGY_RECORD_LAYERS:
		copy = strdup((const char *)(record + 1));
		if (!copy)
			return -1;
		free(book->layers);
		book->layers = copy;
		book->info.layers = copy;
		return 0;
	default:
		return 0;
	}
}

void synergy_book_clear(struct synergy_book *book)
{
	uint32_t i;

	for (i = 0; i < book->info.n_notes; i++) {
		free(book->notes[i].key);
		free(book->notes[i].value);
	}
	tdestroy(book->names, free);
	free(book->notes);
	free(book->chips);
	free(book->rails);
	free(book->events);
	free(book->layers);
	memset(book, 0, sizeof(*book));
}

const struct synergy_stream_info *synergy_stream_info(const struct synergy_stream *stream)
{
	return &stream->book.info;
}

const char *synergy_stream_note(const struct synergy_stream *stream, const char *key)
{
	uint32_t i;

	for (i = 0; i < stream->book.info.n_notes; i++)
		if (!strcmp(stream->book.notes[i].key, key))
			return stream->book.notes[i].value;
	return NULL;
}

const char *synergy_stream_note_at(const struct synergy_stream *stream, uint32_t index,
				   const char **key)
{
	if (index >= stream->book.info.n_notes)
		return NULL;
	if (key)
		*key = stream->book.notes[index].key;
	return stream->book.notes[index].value;
}

const char *synergy_stream_column_name(const struct synergy_stream *stream, uint32_t column)
{
	const struct synergy_stream_info *info = &stream->book.info;
	uint32_t i;

	for (i = 0; i < info->n_events; i++)
		if (info->events[i].column == column)
			return info->events[i].name;
	return NULL;
}

const char *synergy_stream_mark_name(const struct synergy_stream *stream, uint32_t tgid,
				     uint32_t id)
{
	const struct synergy_stream_name key = { .tgid = tgid, .kind = SYNERGY_NAME_MARK,
						 .id = id };
	struct synergy_stream_name *const *found = tfind(&key, &stream->book.names, by_name_id);

	return found ? (*found)->name : NULL;
}

int synergy_stream_rail_find(const struct synergy_stream *stream, const char *label)
{
	const struct synergy_stream_info *info = &stream->book.info;
	uint32_t i;

	for (i = 0; i < info->n_rails; i++)
		if (!strcasecmp(info->rails[i].label, label))
			return (int)i;
	errno = ENOENT;
	return -1;
}
