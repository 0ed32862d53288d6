// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Model files and their external data are read, never mapped: a file that somebody
 * cuts short meanwhile is then an error with a message, where a mapping would kill
 * the process with SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/build.h"

static int check_kind(const struct stat *st, const char *path, uint64_t max_bytes,
		      struct synergy_error *err)
{
	if (S_ISDIR(st->st_mode))
		return synergy_error_set(err, EISDIR, "%s: is a directory", path);
	if (!S_ISREG(st->st_mode))
		return synergy_error_set(err, EINVAL, "%s: is not a regular file", path);
	if (st->st_size == 0)
		return synergy_error_set(err, EINVAL, "%s: is empty", path);
	if ((uint64_t)st->st_size > max_bytes)
		return synergy_error_set(err, EFBIG, "%s: has %lld bytes, limit %llu", path,
					 (long long)st->st_size, (unsigned long long)max_bytes);
	return 0;
}

/* Take over an open descriptor if it is of a file that may be read; closed else. */
static int adopt(struct synergy_file *file, int fd, const char *path, uint64_t max_bytes,
		 struct synergy_error *err)
{
	struct stat st;
	int saved;

	file->fd = fd;
	if (fstat(file->fd, &st))
		synergy_error_set(err, errno, "%s: %s", path, strerror(errno));
	else if (!check_kind(&st, path, max_bytes, err)) {
		file->size = (uint64_t)st.st_size;
		return 0;
	}
	saved = errno;
	synergy_file_close(file);
	errno = saved;
	return -1;
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
#define OPEN_FLAGS	(O_RDONLY | O_CLOEXEC | O_NONBLOCK)

int synergy_file_open(struct synergy_file *file, const char *path, uint64_t max_bytes,
		      struct synergy_error *err)
{
	int fd = open(path, OPEN_FLAGS);

	if (fd < 0)
		return synergy_error_set(err, errno, "%s: cannot open: %s", path, strerror(errno));
	return adopt(file, fd, path, max_bytes, err);
}

/* The next step of a path: a directory on the way, or the file at its end. */
static int open_step(int at, const char *name, size_t length, bool last)
{
	char component[NAME_MAX + 1];
	int fd, saved;

	if (length > NAME_MAX) {
		errno = ENAMETOOLONG;
		fd = -1;
	} else {
		memcpy(component, name, length);
		component[length] = '\0';
		fd = openat(at, component,
			    last ? OPEN_FLAGS | O_NOFOLLOW :
				   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	saved = errno;
	close(at);
	errno = saved;
	return fd;
}

int synergy_file_open_below(struct synergy_file *file, const char *path, size_t folder,
			    uint64_t max_bytes, struct synergy_error *err)
{
	char *directory = folder ? strndup(path, folder) : strdup(".");
	const char *p = path + folder;
	int fd = -1;
	size_t n;

	file->fd = -1;
	if (directory)
		fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	for (; fd >= 0 && *p; p += n + strspn(p + n, "/")) {
		n = strcspn(p, "/");
		if (n == 1 && *p == '.')
			continue;
		fd = open_step(fd, p, n, !p[n]);
	}
	if (fd >= 0)
		return adopt(file, fd, path, max_bytes, err);
	return synergy_error_set(err, errno, "%s: cannot open: %s%s", path, strerror(errno),
				 errno == ELOOP || errno == ENOTDIR ?
					 "; symbolic links are not followed here" : "");
}

void synergy_file_close(struct synergy_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

int synergy_file_read(const struct synergy_file *file, const char *path, uint64_t offset,
		      void *data, size_t size, struct synergy_error *err)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(file->fd, (char *)data + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return synergy_error_set(err, errno, "%s: cannot read at byte %llu: %s", path,
						 (unsigned long long)(offset + done),
						 strerror(errno));
		if (n == 0)
			return synergy_error_set(err, EIO,
						 "%s: became shorter while it was read: ends at or before byte %llu, had %llu",
						 path, (unsigned long long)(offset + done),
						 (unsigned long long)file->size);
		done += (size_t)n;
	}
	return 0;
}

int synergy_read_file(const char *path, uint64_t max_bytes, void **data, size_t *size,
		      struct synergy_error *err)
{
	const uint64_t room = synergy_memory_limit();
	struct synergy_file file;
	void *bytes = NULL;
	int saved;

	if (synergy_file_open(&file, path, max_bytes, err))
		return -1;
	if (file.size > room || !(bytes = malloc(file.size)))
		synergy_error_set(err, ENOMEM, "%s: has %llu bytes, more than memory there is for it (%llu)",
				  path, (unsigned long long)file.size, (unsigned long long)room);
	else if (!synergy_file_read(&file, path, 0, bytes, file.size, err)) {
		*data = bytes;
		*size = file.size;
		synergy_file_close(&file);
		return 0;
	}
	saved = errno;
	free(bytes);
	synergy_file_close(&file);
	errno = saved;
	return -1;
}
