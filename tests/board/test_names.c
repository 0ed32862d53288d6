// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of marks' ids: in the stream at once, again at START and for who opens the
 * device later, gone with their file, bounded; and refused where they are none.
 * board: timeout=60
 */
#include "device.h"

#define MAX_OF_FILE	256
#define MAX_OF_ALL	1024

static struct synergy_name_record names[2048];
static unsigned int n_names;

static void each(struct reader *r, const struct synergy_record *rec)
{
	(void)r;
	if (rec->type == SYNERGY_RECORD_NAME && CHECK(n_names < 2048))
		memcpy(&names[n_names++], rec, sizeof(names[0]));
}

static struct reader reader = { .each = each };

/* The names that @fd gives from now on, and what was there. */
static void collect_more(int fd)
{
	n_names = 0;
	reader.fd = fd;
	reader_drain(&reader);
}

/* The same of a file that nothing was read of. */
static void collect(int fd)
{
	reader.expected = 0;
	collect_more(fd);
}

static int name(int fd, __u32 id, const char *text, __u32 *flags)
{
	struct synergy_name arg = { .size = sizeof(arg), .id = id };
	int ret;

	snprintf(arg.name, sizeof(arg.name), "%s", text);
	ret = ioctl(fd, SYNERGY_IOC_NAME, &arg);
	if (flags)
		*flags = arg.flags;
	return ret;
}

TEST(in_the_stream)
{
	int fd = device_open(O_RDWR | O_NONBLOCK), other = device_open(O_RDWR | O_NONBLOCK);
	const char longest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";

	CHECK(!name(fd, 0xffffffff, "conv1", NULL));
	CHECK(!name(fd, 7, longest, NULL));
	CHECK(!name(fd, 0xffffffff, "conv2", NULL));	/* it has another name from now on */
	collect(other);
	CHECK_EQ(n_names, 3);
	CHECK_STR(names[0].name, "conv1");
	CHECK_EQ(names[0].id, 0xffffffff);
	CHECK_EQ(names[0].tgid, getpid());
	CHECK_EQ(names[0].hdr.flags, 0);
	CHECK_EQ(names[0].kind, SYNERGY_NAME_MARK);
	CHECK_STR(names[1].name, longest);
	CHECK_STR(names[2].name, "conv2");
	close(fd);
	close(other);
}

TEST(for_who_comes_later)
{
	int fd = device_open(O_WRONLY), later;
	struct synergy_configure cfg;

	CHECK(!name(fd, 1, "first", NULL));
	CHECK(!name(fd, 2, "second", NULL));
	CHECK(!name(fd, 1, "renamed", NULL));
	later = device_open(O_RDWR | O_NONBLOCK);
	collect(later);
	CHECK_EQ(n_names, 2);
	CHECK_STR(names[0].name, "renamed");
	CHECK_STR(names[1].name, "second");
	CHECK_EQ(names[0].hdr.flags, SYNERGY_NAME_F_REPLAY);
	/* A new ring has them, too, and a session begins with them. */
	close(later);
	later = device_open(O_RDWR | O_NONBLOCK);
	CHECK(!device_buffer(later, 1 << 17));
	collect(later);
	CHECK_EQ(n_names, 2);
	device_config(&cfg, 1000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	CHECK(!ioctl(later, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(later));
	collect_more(later);
	CHECK_EQ(n_names, 2);
	CHECK_EQ(names[0].hdr.flags, 0);
	CHECK(!device_stop(later));
	close(later);
	/* With its file they go. */
	close(fd);
	later = device_open(O_RDONLY | O_NONBLOCK);
	collect(later);
	CHECK_EQ(n_names, 0);
	close(later);
}

TEST(bounded)
{
	int fd[5], later, f;
	char text[32];
	__u32 flags;
	__u32 i;

	for (f = 0; f < 5; f++) {
		fd[f] = device_open(O_WRONLY);
		for (i = 0; i < MAX_OF_FILE; i++) {
			snprintf(text, sizeof(text), "name %u", i);
			CHECK(!name(fd[f], i, text, &flags));
			CHECK_EQ(flags, f < MAX_OF_ALL / MAX_OF_FILE ? 0U : SYNERGY_NAME_F_NOT_KEPT);
		}
	}
	/* One more is in the stream, and not kept; one that is kept can be changed. */
	CHECK(!name(fd[0], 999, "too many", &flags));
	CHECK_EQ(flags, SYNERGY_NAME_F_NOT_KEPT);
	CHECK(!name(fd[0], 3, "changed", &flags));
	CHECK_EQ(flags, 0);
	later = device_open(O_RDONLY | O_NONBLOCK);
	collect(later);
	CHECK_EQ(n_names, MAX_OF_ALL);
	CHECK_STR(names[3].name, "changed");
	for (f = 0; f < 5; f++)
		close(fd[f]);
	close(later);
}

TEST(refused)
{
	struct synergy_name arg = { .size = sizeof(arg), .name = "x" };
	int fd = device_open(O_RDWR), reading = device_open(O_RDONLY);

	CHECK_FAILS(ioctl(reading, SYNERGY_IOC_NAME, &arg), EBADF);
	CHECK_FAILS(name(fd, 1, "", NULL), EINVAL);
	arg.kind = 1;
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_NAME, &arg), EINVAL);
	arg.kind = 0;
	arg.flags = SYNERGY_NAME_F_NOT_KEPT;
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_NAME, &arg), EINVAL);
	arg.flags = 0;
	memset(arg.name, 'x', sizeof(arg.name));
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_NAME, &arg), EINVAL);
	close(fd);
	close(reading);
}
