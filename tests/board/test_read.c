// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() and poll(): whole records only, small buffers, bad pages, signals,
 * non-blocking, a shared file after fork(), and two readers of whom one is
 * slow: every record is read or reported lost.
 * board: timeout=90
 */
#include "device.h"

static void on_alarm(int sig)
{
	(void)sig;
}

TEST(basics)
{
	int fd = device_open(O_RDWR | O_NONBLOCK);
	struct reader r = { .fd = fd };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char small[8], *page;
	ssize_t n;

	/* A fresh file has the description. */
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_FAILS(read(fd, small, sizeof(small)), EINVAL);
	CHECK_FAILS(read(fd, small, 0), EINVAL);
	/* The page ends within the second record: the first is returned, the second kept. */
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	CHECK_FAILS(read(fd, page + 4096, 4000), EFAULT);
	n = read(fd, page + 4096 - 200, 4000);
	CHECK_GT(n, 0);
	CHECK_LE(n, 200);
	CHECK_EQ(((struct synergy_record *)(page + 4096 - 200))->type, SYNERGY_RECORD_INFO);
	CHECK_EQ(n, (ssize_t)((struct synergy_record *)(page + 4096 - 200))->size);
	r.expected = 0;
	reader_drain(&r);
	CHECK_EQ(r.records, 0);
	CHECK_FAILS(read(fd, page, 4096), EAGAIN);
	CHECK_EQ(poll(&p, 1, 10), 0);
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 5));
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	reader_drain(&r);
	CHECK_EQ(r.markers, 1);
	/* Something was read: the ring can no more be exchanged. */
	CHECK_FAILS(device_buffer(fd, 1 << 17), EBUSY);
	close(fd);
}

TEST(signals)
{
	struct sigaction act = { .sa_handler = on_alarm };
	int fd = device_open(O_RDWR);
	struct reader r = { .fd = fd };
	char buffer[4096];

	set_nonblock(fd);
	reader_drain(&r);
	fcntl(fd, F_SETFL, O_RDWR);
	sigaction(SIGALRM, &act, NULL);
	ualarm(20000, 0);
	CHECK_FAILS(read(fd, buffer, sizeof(buffer)), EINTR);
	close(fd);
}

/* Stopped and continued, a waiting reader goes on waiting: no handler ran. */
TEST(stopped)
{
	int fd = device_open(O_RDWR), status;
	struct reader r = { .fd = fd };
	char buffer[4096];
	pid_t pid;

	set_nonblock(fd);
	reader_drain(&r);
	fcntl(fd, F_SETFL, O_RDWR);
	pid = fork();
	if (!pid)
		_exit(read(fd, buffer, sizeof(buffer)) > 0 ? 0 : errno);
	sleep_ms(20);
	CHECK(!kill(pid, SIGSTOP));
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	CHECK(!kill(pid, SIGCONT));
	sleep_ms(20);
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 1));
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status));
	close(fd);
}

/* Parent and child read one file: together they get each record once. */
TEST(forked)
{
	int fd = device_open(O_RDWR);
	struct reader r = { .fd = fd };
	int pipes[2], i, n = 0;
	__u64 got[2];
	pid_t pid;

	CHECK(!pipe(pipes));
	set_nonblock(fd);
	reader_drain(&r);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 300; i++) {
			char one[100];

			if (read(fd, one, sizeof(one)) > 0)
				n++;
			else
				sleep_ms(1);
		}
		got[0] = n;
		_exit(write(pipes[1], got, sizeof(got[0])) != sizeof(got[0]));
	}
	for (i = 0; i < 200; i++) {
		char one[100];

		/* One mark without counters fits, and no second one. */
		CHECK(!device_mark(fd, SYNERGY_MARK_POINT, i));
		if (i % 3 == 0 && read(fd, one, sizeof(one)) > 0)
			n++;
		if (i % 10 == 0)
			sleep_ms(2);
	}
	CHECK_EQ(read(pipes[0], got, sizeof(got[0])), sizeof(got[0]));
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	r.expected = 0;
	r.records = 0;
	reader_drain(&r);
	printf("parent %d, child %llu, left %llu\n", n, (unsigned long long)got[0],
	       (unsigned long long)r.records);
	CHECK_GT(n, 0);
	CHECK_GT(got[0], 0);
	CHECK_EQ(n + got[0] + r.records, 200);
	/* The child's close() did not end the file. */
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 1));
	close(fd);
}

TEST(two_readers)
{
	struct reader fast = { .fd = device_open(O_RDWR | O_NONBLOCK) };
	struct reader slow = { .fd = device_open(O_RDONLY | O_NONBLOCK) };
	struct synergy_configure cfg;
	struct synergy_stats stats;
	int i;

	CHECK(!device_buffer(slow.fd, 64 << 10));
	CHECK(!device_buffer(fast.fd, 4 << 20));
	device_config(&cfg, 500000);
	device_config_events(&cfg, device_events, 2);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	CHECK(!ioctl(fast.fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fast.fd));
	for (i = 0; i < 40; i++) {
		sleep_ms(25);
		CHECK(!device_mark(fast.fd, SYNERGY_MARK_POINT, i));
		reader_drain(&fast);
		/* The slow one takes a little now and then. */
		if (i % 8 == 7)
			reader_read(&slow, 8192);
	}
	CHECK(!device_stop(fast.fd));
	reader_drain(&fast);
	reader_drain(&slow);
	/* What was lost last is reported with the next record. */
	CHECK(!device_mark(fast.fd, SYNERGY_MARK_POINT, 0));
	reader_drain(&fast);
	reader_drain(&slow);
	printf("fast %llu records, slow %llu and %llu lost\n", (unsigned long long)fast.records,
	       (unsigned long long)slow.records, (unsigned long long)slow.lost);
	CHECK_EQ(fast.lost, 0);
	CHECK_GT(slow.lost, 100);
	CHECK_EQ(slow.records + slow.lost, fast.records);
	/* Marks have space of their own. */
	CHECK_EQ(slow.markers, fast.markers);
	CHECK_EQ(fast.markers, 41);
	device_stats(slow.fd, &stats);
	CHECK_EQ(stats.lost_here, slow.lost);
	CHECK_EQ(stats.records[SYNERGY_RECORD_PMU], fast.pmu);
	device_stats(fast.fd, &stats);
	CHECK_EQ(stats.lost_here, 0);
	close(slow.fd);
	close(fast.fd);
}

/* What is masked off is neither given nor lost. */
TEST(type_mask)
{
	int fd = device_open(O_RDWR | O_NONBLOCK);
	struct synergy_client client = {
		.size = sizeof(client), .type_mask = 1U << SYNERGY_RECORD_MARKER,
	};
	struct reader r = { .fd = fd };
	struct synergy_configure cfg;
	struct synergy_stats stats;
	char buffer[65536];
	int waited_ms = 0;
	ssize_t n, at;

	CHECK(!ioctl(fd, SYNERGY_IOC_CLIENT, &client));
	device_config(&cfg, 2000000);
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
	/* A debugging kernel misses ticks: so many records, however long they take. */
	do {
		sleep_ms(20);
		device_stats(fd, &stats);
	} while (stats.records[SYNERGY_RECORD_POWER] <= 5 && (waited_ms += 20) < 10000);
	CHECK_GT(stats.records[SYNERGY_RECORD_POWER], 5);
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 1));
	CHECK(!device_stop(fd));
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		for (at = 0; at < n; at += ((struct synergy_record *)(buffer + at))->size) {
			__u16 type = ((struct synergy_record *)(buffer + at))->type;

			CHECK(type == SYNERGY_RECORD_INFO || type == SYNERGY_RECORD_MARKER);
			r.markers += type == SYNERGY_RECORD_MARKER;
		}
	CHECK_EQ(r.markers, 1);
	device_stats(fd, &stats);
	CHECK_EQ(stats.lost_here, 0);
	close(fd);
}
