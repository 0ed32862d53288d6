// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command with a ring for its marks, as a recorder without the module does, and
 * prints them, a line each: KIND NAME [COOKIE].
 * Usage: take_marks [--no-ring] COMMAND [ARG...]; exits with the command's status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/mark_ring.h"
#include "lib/synergy.h"

static char names[256][SYNERGY_NAME_LEN];
static uint32_t ids[256];
static unsigned int n_names;

static const char *name_of(uint32_t id)
{
	unsigned int i;

	for (i = n_names; i--;)
		if (ids[i] == id)
			return names[i];
	return "?";
}

static void print(const struct synergy_record *record)
{
	static const char *const kinds[] = { "point", "begin", "end" };
	const struct synergy_name_record *name = (const void *)record;
	const struct synergy_marker_record *mark = (const void *)record;

	if (record->type == SYNERGY_RECORD_NAME && n_names < 256) {
		ids[n_names] = name->id;
		memcpy(names[n_names++], name->name, sizeof(name->name));
	}
	if (record->type != SYNERGY_RECORD_MARKER)
		return;
	printf("%s %s", kinds[mark->kind], name_of(mark->id));
	if (mark->cookie)
		printf(" %llu", (unsigned long long)mark->cookie);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static uint64_t buffer[4096];
	struct synergy_error error;
	struct synergy_mark_ring *ring = synergy_mark_ring_create(&error);
	int with_ring = argc > 1 && strcmp(argv[1], "--no-ring"), status, ended = 0;
	pid_t pid;

	if (!ring || argc < 3 - with_ring) {
		fprintf(stderr, "take_marks: %s\n", ring ? "usage" : error.message);
		return 2;
	}
	if (with_ring)
		setenv(SYNERGY_MARK_RING_VARIABLE, synergy_mark_ring_path(ring), 1);
	else
		unsetenv(SYNERGY_MARK_RING_VARIABLE);
	pid = fork();
	if (!pid) {
		execvp(argv[2 - with_ring], argv + 2 - with_ring);
		_exit(127);
	}
	while (!ended) {
		size_t bytes, at;

		ended = waitpid(pid, &status, WNOHANG) == pid;
		usleep(ended ? 0 : 1000);
		while ((bytes = synergy_mark_ring_take(ring, buffer, sizeof(buffer))) != 0)
			for (at = 0; at < bytes; at += ((struct synergy_record *)((char *)buffer + at))->size)
				print((struct synergy_record *)((char *)buffer + at));
	}
	synergy_mark_ring_close(ring);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
