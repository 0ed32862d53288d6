// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks without a system call: their order and times in the stream, the full page,
 * what they cost, and programs that write nonsense into their page.
 * board: timeout=60
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "device.h"

#define PAGE	sizeof(struct synergy_mark_page)
#define PAGES	64	/* of one program; what users may have is in test_others.c */

static struct synergy_marker_record marks[1024];
static struct synergy_error_record errors[16];
static unsigned int n_marks, n_errors;

static void each(struct reader *r, const struct synergy_record *rec)
{
	(void)r;
	if (rec->type == SYNERGY_RECORD_MARKER && CHECK(n_marks < 1024))
		memcpy(&marks[n_marks++], rec, sizeof(marks[0]));
	if (rec->type == SYNERGY_RECORD_ERROR && CHECK(n_errors < 16))
		memcpy(&errors[n_errors++], rec, sizeof(errors[0]));
}

static struct reader reader = { .each = each };

/* A file whose stream begins with what comes next */
static int open_file(void)
{
	reader.expected = 0;
	return device_open(O_RDWR | O_NONBLOCK);
}

static void collect(int fd)
{
	n_marks = n_errors = 0;
	reader.fd = fd;
	reader_drain(&reader);
}

static struct synergy_mark_page *map(int fd)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return page;
}

static void put(struct synergy_mark_page *page, __u32 kind, __u32 id, __u64 time_ns)
{
	struct synergy_mark_slot *slot = &page->slot[page->head % SYNERGY_MARK_SLOTS];

	slot->cookie = id * 0x100000001ULL;
	slot->kind = kind;
	slot->id = id;
	slot->time_ns = time_ns;
	__atomic_store_n(&page->head, page->head + 1, __ATOMIC_RELEASE);
}

static int is_full(const struct synergy_mark_page *page)
{
	return page->head - __atomic_load_n(&page->taken, __ATOMIC_ACQUIRE) == page->n_slots;
}

static void mapping(int fd)
{
	int read_only = device_open(O_RDONLY);
	struct synergy_mark_page *page;
	int status;
	pid_t pid;

#define MAPS(f, length, flags, offset) \
	(mmap(NULL, length, PROT_READ | PROT_WRITE, flags, f, offset) == MAP_FAILED ? -1 : 0)
	CHECK_FAILS(MAPS(read_only, PAGE, MAP_SHARED, 0), EACCES);
	CHECK_FAILS(MAPS(fd, PAGE, MAP_PRIVATE, 0), EINVAL);
	CHECK_FAILS(MAPS(fd, 2 * sysconf(_SC_PAGESIZE), MAP_SHARED, 0), EINVAL);
	CHECK_FAILS(MAPS(fd, PAGE, MAP_SHARED, sysconf(_SC_PAGESIZE)), EINVAL);
	/* For reading alone it can be mapped only by who might write. */
	CHECK_EQ(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, read_only, 0), MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	close(read_only);
	page = map(fd);
	CHECK_EQ(page->size, PAGE);
	CHECK_EQ(page->n_slots, SYNERGY_MARK_SLOTS);
	CHECK(!page->head && !page->taken);
	pid = fork();
	if (!pid) {
		page->head = 1;
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	munmap(page, PAGE);
}

/* While a session runs its ticks take them; exactly the times, and in order. */
static void in_session(int fd)
{
	struct synergy_mark_page *page = map(fd);
	struct synergy_configure cfg;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	__u64 times[60];
	unsigned int i;

	device_config(&cfg, 1000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	device_config_events(&cfg, device_events, 2);
	cfg.pmu_every = 0;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) && !device_start(fd));
	collect(fd);
	for (i = 0; i < 60; i++) {
		times[i] = now_ns();
		put(page, i % 2 ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN, i / 2, times[i]);
	}
	/* The tick takes them and wakes the reader: nobody reads until then. */
	CHECK_EQ(poll(&poll_fd, 1, 500), 1);
	CHECK_EQ(page->taken, page->head);
	CHECK(!device_stop(fd));
	collect(fd);
	if (!CHECK(n_marks == 60))
		return;
	for (i = 0; i < 60; i++) {
		CHECK_EQ(marks[i].hdr.flags, SYNERGY_MARKER_F_PAGE);
		CHECK_EQ(marks[i].hdr.time_ns, times[i]);
		CHECK_EQ(marks[i].done_ns, times[i]);
		CHECK_EQ(marks[i].kind, (i % 2 ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN));
		CHECK_EQ(marks[i].id, i / 2);
		CHECK_EQ(marks[i].cookie, i / 2 * 0x100000001ULL);
		CHECK_EQ(marks[i].tid, (__u32)getpid());
		CHECK_EQ(marks[i].tgid, (__u32)getpid());
		CHECK(!marks[i].n_counts && marks[i].cpu == ~0U);
	}
	munmap(page, PAGE);
}

/* Without a session: when the page is full, an ioctl takes all before its own. */
static void full(int fd)
{
	struct synergy_mark_page *page = map(fd);
	__u32 before = page->head;
	unsigned int i;

	/* The page was there before: it goes on where it was. */
	CHECK_EQ(before, 60);
	CHECK_EQ(page->taken, 60);
	for (i = 0; !is_full(page); i++)
		put(page, SYNERGY_MARK_POINT, i, now_ns());
	CHECK_EQ(i, SYNERGY_MARK_SLOTS);
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, i));
	CHECK(!is_full(page) && page->taken == page->head);
	/* And one that only the reader's coming takes. */
	put(page, SYNERGY_MARK_POINT, i + 1, now_ns());
	collect(fd);
	if (!CHECK(n_marks == SYNERGY_MARK_SLOTS + 2))
		return;
	for (i = 0; i < n_marks; i++) {
		CHECK_EQ(marks[i].id, i);
		CHECK(!i || marks[i].hdr.time_ns >= marks[i - 1].hdr.time_ns);
		CHECK_EQ(!(marks[i].hdr.flags & SYNERGY_MARKER_F_PAGE), (i == SYNERGY_MARK_SLOTS));
	}
	munmap(page, PAGE);
}

static void nonsense(int fd)
{
	struct synergy_mark_page *page = map(fd);
	__u64 now = now_ns();

	put(page, SYNERGY_MARK_POINT, 1, now);
	put(page, SYNERGY_MARK_POINT, 2, now - 1000000);
	put(page, SYNERGY_MARK_POINT, 3, ~0ULL);
	put(page, 77, 4, now_ns());
	put(page, SYNERGY_MARK_POINT, 5, 0);
	collect(fd);
	if (CHECK(n_marks == 4 && n_errors == 1)) {
		CHECK_EQ(marks[0].hdr.flags, SYNERGY_MARKER_F_PAGE);
		CHECK_EQ(marks[0].hdr.time_ns, now);
		CHECK_EQ(marks[1].hdr.flags, (SYNERGY_MARKER_F_PAGE | SYNERGY_MARKER_F_MOVED));
		CHECK_EQ(marks[1].hdr.time_ns, now);
		CHECK(marks[2].hdr.flags & SYNERGY_MARKER_F_MOVED);
		CHECK_GT(marks[2].hdr.time_ns, now);
		CHECK_LE(marks[2].hdr.time_ns, now_ns());
		CHECK_EQ(marks[3].hdr.time_ns, marks[2].hdr.time_ns);
		CHECK_EQ(errors[0].source, SYNERGY_ERROR_PAGE);
		CHECK_EQ(errors[0].error, EINVAL);
		CHECK_EQ(errors[0].value, 77);
		CHECK_EQ(errors[0].index, (__u32)getpid());
		CHECK_EQ(errors[0].count, 1);
	}
	/* More marks than slots; and what the module writes is not what it goes by. */
	page->taken = 12345;
	page->n_slots = ~0U;
	page->head += 1000000;
	collect(fd);
	CHECK(!n_marks && n_errors == 1 && errors[0].error == EOVERFLOW);
	CHECK_EQ(errors[0].value, 1000000);
	CHECK_EQ(errors[0].count, 2);
	CHECK_EQ(page->taken, page->head);
	put(page, SYNERGY_MARK_POINT, 6, now_ns());
	collect(fd);
	CHECK(n_marks == 1 && marks[0].id == 6 && !n_errors);
	munmap(page, PAGE);
}

/* Killed within an interval that only the page records. */
static void killed(int fd)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct synergy_mark_page *page = map(device_open(O_RDWR));

		put(page, SYNERGY_MARK_BEGIN, 9, now_ns());
		raise(SIGKILL);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	collect(fd);
	if (!CHECK(n_marks == 2))
		return;
	CHECK_EQ(marks[0].kind, SYNERGY_MARK_BEGIN);
	CHECK_EQ(marks[0].id, 9);
	CHECK_EQ(marks[1].kind, SYNERGY_MARK_END);
	CHECK_EQ(marks[1].id, 9);
	CHECK_EQ(marks[1].hdr.flags, SYNERGY_MARKER_F_ABANDONED);
	CHECK_EQ(marks[0].tgid, (__u32)pid);
	CHECK_EQ(marks[1].tgid, (__u32)pid);
}

/* So many files have a page each, and may map it again. */
TEST(many)
{
	void *pages[PAGES];
	int fds[PAGES], i;

	for (i = 0; i < PAGES; i++) {
		fds[i] = device_open(O_RDWR);
		CHECK(!device_buffer(fds[i], 64 << 10));
	}
	for (i = 0; i < PAGES; i++)
		pages[i] = map(fds[i]);
	munmap(pages[0], PAGE);
	pages[0] = map(fds[0]);
	munmap(pages[1], PAGE);
	close(fds[1]);
	fds[1] = device_open(O_RDWR);
	pages[1] = map(fds[1]);
	for (i = 0; i < PAGES; i++) {
		munmap(pages[i], PAGE);
		close(fds[i]);
	}
}

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ok;

	if (fd < 0)
		return -1;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok ? 0 : -1;
}

/* A group that memory is counted for, in either hierarchy. Return: 0, or -1 there is none */
static int make_group(const char *root, const char *group)
{
	mkdir(root, 0755);
	if (!mount("none", root, "cgroup2", 0, NULL)) {
		char path[64];

		snprintf(path, sizeof(path), "%s/cgroup.subtree_control", root);
		if (!put_text(path, "+memory") && !mkdir(group, 0755))
			return 0;
		umount(root);
	}
	if (!mount("none", root, "cgroup", 0, "memory")) {
		if (!mkdir(group, 0755))
			return 0;
		umount(root);
	}
	return -1;
}

/* As under systemd, where every process is in some group. */
TEST(in_group)
{
	static const char root[] = "/tmp/groups", group[] = "/tmp/groups/marks";
	int status;
	pid_t pid;

	if (make_group(root, group))
		SKIP("no groups of memory here");
	pid = fork();
	if (!pid) {
		char path[64];

		snprintf(path, sizeof(path), "%s/cgroup.procs", group);
		if (put_text(path, "0"))
			_exit(2);
		put(map(device_open(O_RDWR)), SYNERGY_MARK_POINT, 1, now_ns());
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status));
	CHECK(!rmdir(group) && !umount(root));
	printf("a page mapped in a group\n");
}

/* A page that changes under the module, with ticks, ioctls and reads beside it. */
TEST(hostile)
{
	struct reader all = { .fd = device_open(O_RDWR | O_NONBLOCK) };
	struct synergy_configure cfg;
	int fd = all.fd, status, i;
	pid_t pid = fork();

	if (!pid) {
		int own = device_open(O_RDWR);
		__u32 *words = (void *)map(own);
		__u32 random = 1;

		for (;;) {
			random = random * 1664525 + 1013904223;
			words[(random >> 8) % (PAGE / 4)] = random;
			if (!(random & 0xf0000))
				words[2] += random >> 30;
			if (!(random & 0xff0000))
				device_mark(own, SYNERGY_MARK_POINT, 0);
		}
	}
	device_config(&cfg, 1000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) && !device_start(fd));
	for (i = 0; i < 30; i++) {
		sleep_ms(3);
		reader_drain(&all);
	}
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(!device_stop(fd));
	CHECK(all.markers && all.errors);
	close(fd);
}

static void cost(int fd)
{
	struct synergy_mark_page *page = map(fd);
	unsigned int i;
	__u64 took;

	collect(fd);
	put(page, SYNERGY_MARK_POINT, 0, now_ns());
	took = now_ns();
	for (i = 0; i < 100; i++)
		put(page, SYNERGY_MARK_POINT, i, now_ns());
	took = now_ns() - took;
	printf("a mark in the page: %llu ns\n", (unsigned long long)took / 100);
	CHECK(debug_kernel() || took / 100 < 1000);
	collect(fd);
	munmap(page, PAGE);
}

TEST(mapping)
{
	int fd = open_file();

	mapping(fd);
	close(fd);
}

/* One after the other on one page */
TEST(marks)
{
	int fd = open_file();

	in_session(fd);
	full(fd);
	nonsense(fd);
	killed(fd);
	close(fd);
}

TEST(cost)
{
	int fd = open_file();

	cost(fd);
	close(fd);
}
