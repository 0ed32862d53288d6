// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model files that change or are no files: each is refused with a line that names
 * the file, and nothing is read past what is there. What a file holds is the
 * readers' tests' matter.
 */
#include "tests/framework/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/build.h"

static char dir[] = "/tmp/synergy-file-XXXXXX", path[64];

static void write_file(size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	char byte;
	size_t i;

	CHECK_GE(fd, 0);
	for (i = 0; i < size; i++) {
		byte = (char)i;
		CHECK_EQ(write(fd, &byte, 1), 1);
	}
	close(fd);
}

TEST(whole)
{
	struct synergy_error err;
	unsigned char *bytes;
	size_t size, i;
	void *data;

	write_file(3000);
	if (!CHECK(!synergy_read_file(path, 3000, &data, &size, &err)))
		return;
	CHECK_EQ(size, 3000);
	for (bytes = data, i = 0; i < size; i++)
		CHECK_EQ(bytes[i], (unsigned char)i);
	free(data);
	CHECK_FAILS(synergy_read_file(path, 2999, &data, &size, &err), EFBIG);
	CHECK_HAS(err.message, path);
	CHECK_HAS(err.message, "has 3000 bytes, limit 2999");
}

/* Cut between opening and reading, and between two reads. */
TEST(shrinks)
{
	struct synergy_error err;
	struct synergy_file file;
	char data[3000];

	write_file(3000);
	if (!CHECK(!synergy_file_open(&file, path, 1 << 20, &err)))
		return;
	CHECK(!synergy_file_read(&file, path, 100, data, 50, &err) && data[0] == 100);
	CHECK(!truncate(path, 1000));
	CHECK(!synergy_file_read(&file, path, 500, data, 500, &err));
	CHECK_FAILS(synergy_file_read(&file, path, 500, data, 501, &err), EIO);
	CHECK_HAS(err.message, path);
	CHECK_HAS(err.message, "became shorter");
	CHECK_HAS(err.message, "byte 1000, had 3000");
	CHECK_FAILS(synergy_file_read(&file, path, 2000, data, 10, &err), EIO);
	synergy_file_close(&file);
	CHECK_EQ(file.fd, -1);
}

TEST(no_files)
{
	struct synergy_error err;
	size_t size;
	void *data;

	CHECK_FAILS(synergy_read_file(dir, 100, &data, &size, &err), EISDIR);
	write_file(0);
	CHECK_FAILS(synergy_read_file(path, 100, &data, &size, &err), EINVAL);
	CHECK(strstr(err.message, "is empty") != NULL);
	unlink(path);
	CHECK_FAILS(synergy_read_file(path, 100, &data, &size, &err), ENOENT);
	CHECK(!mkfifo(path, 0600));
	CHECK_FAILS(synergy_read_file(path, 100, &data, &size, &err), EINVAL);
	CHECK(strstr(err.message, "not a regular file") != NULL);
	unlink(path);
	/* Sparse, and larger than any memory that could be given to it. */
	write_file(1);
	CHECK(!truncate(path, (off_t)1 << 43));
	CHECK_FAILS(synergy_read_file(path, UINT64_MAX, &data, &size, &err), ENOMEM);
	CHECK(strstr(err.message, "has 8796093022208 bytes, more than memory") != NULL);
}

SETUP
{
	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/f", dir);
}

TEARDOWN
{
	unlink(path);
	CHECK(!rmdir(dir));
}
