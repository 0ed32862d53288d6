// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * See guardian.h. The state file is locked by the sweep and, through the inherited
 * descriptor, by its guardian: who gets the lock knows that both are gone.
 */
#include "sweep/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_STATE_BYTES	65536

struct synergy_guardian {
	const struct synergy_policies *policies;
	char path[512];
	int state_fd;		/* locked */
	int pipe_fd;		/* its closing, by whatever means, notifies the guardian */
	pid_t pid;
};

static void state_path(const char *directory, char *path, size_t size)
{
	snprintf(path, size, "%.480s/" SYNERGY_STATE_FILE, directory);
}

/* ---- the state file ---- */

/* Open, locked. -1: errno ENOENT (without O_CREAT), EBUSY. */
static int open_state(const char *path, int flags, struct synergy_error *error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);

	if (fd < 0)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	return synergy_error_set(error, EBUSY, "%s: another sweep is running", path);
}

static char *read_state(int fd, const char *path, struct synergy_error *error)
{
	char *text = calloc(1, MOST_STATE_BYTES + 1);
	ssize_t n;

	if (!text) {
		synergy_error_set(error, ENOMEM, "%s: no memory", path);
		return NULL;
	}
	n = pread(fd, text, MOST_STATE_BYTES, 0);
	if (n < 0) {
		synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
		free(text);
		return NULL;
	}
	return text;
}

/* On disk, the name too, before anything is changed. */
static int write_state(struct synergy_guardian *g, const char *directory,
		       struct synergy_error *error)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int dir, bad;

	if (!out)
		return synergy_error_set(error, ENOMEM, "%s: no memory", g->path);
	bad = synergy_policies_write(g->policies, out);
	bad |= fclose(out);
	bad = bad || ftruncate(g->state_fd, 0) ||
		pwrite(g->state_fd, text, size, 0) != (ssize_t)size || fsync(g->state_fd);
	free(text);
	dir = bad ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		bad = fsync(dir);
		close(dir);
	}
	if (bad || dir < 0)
		return synergy_error_set(error, errno, "%s: cannot be written: %s", g->path,
					 strerror(errno));
	return 0;
}

/* ---- the guardian ---- */

static void guard(struct synergy_guardian *g, int read_fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP };
	struct synergy_error error;
	char byte;
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	setsid();
	prctl(PR_SET_NAME, "synergy-guard");
	close(g->pipe_fd);
	/* Nothing is ever written: the end of the pipe is the sweep's. */
	while (read(read_fd, &byte, 1) < 0 && errno == EINTR)
		;
	/* A sweep that ended well has taken the file away, after restoring by itself. */
	if (access(g->path, F_OK))
		_exit(0);
	if (synergy_clock_restore(g->policies, &error))
		_exit(1);
	unlink(g->path);
	_exit(0);
}

static int start(struct synergy_guardian *g, struct synergy_error *error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return synergy_error_set(error, errno, "guardian: %s", strerror(errno));
	g->pipe_fd = ends[1];
	fflush(NULL);
	g->pid = fork();
	if (!g->pid)
		guard(g, ends[0]);
	close(ends[0]);
	if (g->pid > 0)
		return 0;
	close(ends[1]);
	return synergy_error_set(error, errno, "guardian: %s", strerror(errno));
}

struct synergy_guardian *synergy_guardian_start(const struct synergy_policies *policies,
						const char *directory,
						struct synergy_error *error)
{
	struct synergy_guardian *g = calloc(1, sizeof(*g));

	if (!g) {
		synergy_error_set(error, ENOMEM, "guardian: no memory");
		return NULL;
	}
	g->policies = policies;
	state_path(directory, g->path, sizeof(g->path));
	if (mkdir(directory, 0755) && errno != EEXIST) {
		synergy_error_set(error, errno, "%s: %s", directory, strerror(errno));
		free(g);
		return NULL;
	}
	g->state_fd = open_state(g->path, O_CREAT, error);
	if (g->state_fd < 0) {
		free(g);
		return NULL;
	}
	if (write_state(g, directory, error) || start(g, error)) {
		unlink(g->path);
		close(g->state_fd);
		free(g);
		return NULL;
	}
	return g;
}

int synergy_guardian_end(struct synergy_guardian *g, struct synergy_error *error)
{
	int result = synergy_clock_restore(g->policies, error), saved = errno;

	/* What could not be restored stays noted, for --restore. */
	if (!result)
		unlink(g->path);
	close(g->pipe_fd);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(g->state_fd);
	free(g);
	errno = saved;
	return result;
}

/* ---- afterwards ---- */

int synergy_guardian_restore(const char *directory, const char *root,
			     struct synergy_error *error)
{
	struct synergy_policies found;
	char path[512], *text;
	int fd, result;

	state_path(directory, path, sizeof(path));
	fd = open_state(path, 0, error);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	text = read_state(fd, path, error);
	result = text ? synergy_policies_parse(&found, root, text, path, error) : -1;
	free(text);
	if (!result) {
		result = synergy_clock_restore(&found, error);
		if (!result)
			unlink(path);
	}
	if (text)
		synergy_policies_clear(&found);
	close(fd);
	return result ? -1 : 1;
}
