// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes and threads have the numbers that each reader's PID namespace has for
 * them: in marks, names, errors and the session's owner; 0 where it has none.
 * board: timeout=60
 */
#include <sched.h>
#include <sys/syscall.h>

#include "device.h"

struct seen {
	__u32 tid, tgid, name_tgid, owner, error_index;
	unsigned int markers;
};

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_marker_record *marker = (const void *)rec;
	const struct synergy_name_record *name = (const void *)rec;
	const struct synergy_error_record *error = (const void *)rec;
	const struct synergy_info_record *info = (const void *)rec;
	struct seen *seen = r->arg;

	if (rec->type == SYNERGY_RECORD_MARKER) {
		seen->tid = marker->tid;
		seen->tgid = marker->tgid;
		seen->markers++;
	}
	if (rec->type == SYNERGY_RECORD_NAME)
		seen->name_tgid = name->tgid;
	if (rec->type == SYNERGY_RECORD_ERROR && error->source == SYNERGY_ERROR_PAGE)
		seen->error_index = error->index;
	if (rec->type == SYNERGY_RECORD_INFO && info->kind == SYNERGY_INFO_DEVICE)
		seen->owner = ((const struct synergy_device *)info->body)->owner_tgid;
}

static void look(int fd, struct seen *seen)
{
	struct reader r = { .fd = fd, .each = each, .arg = seen };

	memset(seen, 0, sizeof(*seen));
	reader_drain(&r);
}

static void mark_all(int fd)
{
	struct synergy_name name = { .size = sizeof(name), .id = 1, .name = "x" };
	struct synergy_mark_page *page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
					      MAP_SHARED, fd, 0);

	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 1));
	CHECK(!ioctl(fd, SYNERGY_IOC_NAME, &name));
	if (!CHECK(page != MAP_FAILED))
		return;
	page->slot[0].kind = 77;	/* is none */
	page->slot[1].kind = SYNERGY_MARK_POINT;
	page->slot[1].time_ns = now_ns();
	__atomic_store_n(&page->head, 2, __ATOMIC_RELEASE);
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 2));
	munmap(page, sizeof(*page));
}

static void own(int fd)
{
	struct synergy_configure cfg;

	device_config(&cfg, 10000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
}

static void check_seen(const struct seen *seen, __u32 pid, unsigned int markers)
{
	CHECK_EQ(seen->markers, markers);
	CHECK_EQ(seen->tid, pid);
	CHECK_EQ(seen->tgid, pid);
	CHECK_EQ(seen->name_tgid, pid);
	CHECK_EQ(seen->error_index, pid);
	CHECK_EQ(seen->owner, pid);
}

/* Runs @inside as the first process of a PID namespace; its number here. */
static pid_t in_namespace(int (*inside)(void *), void *arg)
{
	static char stack[1 << 16] __attribute__((aligned(16)));

	return clone(inside, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, arg);
}

/* In there: its own numbers, and no number for what it cannot see. */
static int inside(void *arg)
{
	int *pipes = arg, fd = device_open(O_RDWR | O_NONBLOCK);
	struct synergy_device dev = { .size = sizeof(dev) };
	int before = test_failures();
	struct seen seen;
	char byte;

	if (syscall(SYS_getpid) != 1)
		_exit(77);
	own(fd);
	mark_all(fd);
	look(fd, &seen);
	check_seen(&seen, 1, 3);
	CHECK(!ioctl(fd, SYNERGY_IOC_DEVICE, &dev));
	CHECK_EQ(dev.owner_tgid, 1);
	CHECK(!device_stop(fd));
	close(fd);
	fd = device_open(O_RDWR | O_NONBLOCK);
	look(fd, &seen);
	/* Now the other side. */
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	CHECK_EQ(read(pipes[2], &byte, 1), 1);
	look(fd, &seen);
	check_seen(&seen, 0, 3);
	dev.flags = 0;
	CHECK(!ioctl(fd, SYNERGY_IOC_DEVICE, &dev));
	CHECK_EQ(dev.owner_tgid, 0);
	_exit(test_failures() != before);
}

TEST(each_reader_its_own)
{
	int pipes[4], fd, status, reader;
	struct seen seen;
	char byte;
	pid_t pid;

	CHECK(!pipe(pipes) && !pipe(pipes + 2));
	reader = device_open(O_RDONLY | O_NONBLOCK);
	pid = in_namespace(inside, pipes);
	if (pid < 0)
		SKIP("no PID namespaces here: %s", strerror(errno));
	CHECK_EQ(read(pipes[0], &byte, 1), 1);
	look(reader, &seen);
	CHECK_EQ(seen.markers, 3);
	CHECK_EQ(seen.tid, pid);
	CHECK_EQ(seen.tgid, pid);
	CHECK_EQ(seen.name_tgid, pid);
	CHECK_EQ(seen.error_index, pid);
	fd = device_open(O_RDWR | O_NONBLOCK);
	own(fd);
	mark_all(fd);
	CHECK_EQ(write(pipes[3], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	look(reader, &seen);
	check_seen(&seen, getpid(), 3);
	close(fd);
	close(reader);
}

static int dies(void *arg)
{
	int fd = device_open(O_RDWR);

	(void)arg;
	_exit(device_mark(fd, SYNERGY_MARK_BEGIN, 9));
}

/* The END that the module makes up has the numbers of its BEGIN. */
TEST(abandoned)
{
	int reader = device_open(O_RDONLY | O_NONBLOCK), status;
	struct seen seen;
	pid_t pid = in_namespace(dies, NULL);

	if (pid < 0)
		SKIP("no PID namespaces here: %s", strerror(errno));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	look(reader, &seen);
	CHECK_EQ(seen.markers, 2);
	CHECK_EQ(seen.tid, pid);
	CHECK_EQ(seen.tgid, pid);
	close(reader);
}
