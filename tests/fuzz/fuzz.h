/* SPDX-License-Identifier: GPL-2.0-only */
/* For the fuzz targets whose readers want a path or a descriptor. */
#ifndef SYNERGY_FUZZ_H
#define SYNERGY_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A file in memory, at its beginning; /proc/self/fd/N in path if that is not NULL. */
static inline int fuzz_file(const unsigned char *data, size_t size, char path[64])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		abort();
	if (path)
		snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static inline void must(int held)
{
	if (!held)
		abort();
}

#endif
