// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files that are for marks alone, the two clocks of each record's head, and what
 * a later program may hand to this module: larger entries.
 * board: timeout=60
 */
#include "device.h"

static struct synergy_marker_record last;
static unsigned int n_markers;

static void each(struct reader *r, const struct synergy_record *rec)
{
	(void)r;
	if (rec->type != SYNERGY_RECORD_MARKER)
		return;
	memcpy(&last, rec, sizeof(last));
	n_markers++;
}

TEST(write_only)
{
	int fd = device_open(O_WRONLY), other = device_open(O_RDONLY | O_NONBLOCK);
	struct reader r = { .fd = other, .each = each };
	struct synergy_client client = { .size = sizeof(client), .buffer_bytes = 1 << 16 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct synergy_stats stats;
	char buffer[4096];

	n_markers = 0;
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 3));
	reader_drain(&r);
	CHECK_EQ(n_markers, 1);
	CHECK_FAILS(read(fd, buffer, sizeof(buffer)), EBADF);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CLIENT, &client), EBADF);
	device_stats(fd, &stats);
	CHECK_EQ(stats.lost_here, 0);
	close(fd);
	close(other);
}

TEST(no_records_any_more)
{
	int fd = device_open(O_RDWR | O_NONBLOCK);
	struct synergy_client client = { .size = sizeof(client),
					 .flags = SYNERGY_CLIENT_F_NO_RECORDS };
	struct synergy_mark_page *page;
	char buffer[4096];

	CHECK_GT(read(fd, buffer, sizeof(buffer)), 0);
	client.buffer_bytes = 1 << 16;
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CLIENT, &client), EINVAL);
	client.buffer_bytes = 0;
	CHECK(!ioctl(fd, SYNERGY_IOC_CLIENT, &client));
	CHECK_EQ(client.buffer_bytes, 0);
	CHECK_FAILS(read(fd, buffer, sizeof(buffer)), EBADF);
	CHECK(!ioctl(fd, SYNERGY_IOC_CLIENT, &client));
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 3));
	/* It has marks in a page all the same. */
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (CHECK(page != MAP_FAILED)) {
		page->slot[0].kind = SYNERGY_MARK_POINT;
		__atomic_store_n(&page->head, 1, __ATOMIC_RELEASE);
		CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 4));
		CHECK_EQ(page->taken, 1);
	}
	close(fd);
}

static __u64 raw_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Each record's head has the same instant on both clocks. */
TEST(two_clocks)
{
	int fd = device_open(O_RDWR | O_NONBLOCK);
	struct reader r = { .fd = fd, .each = each };
	__u64 mono[2], raw[2];

	reader_drain(&r);
	mono[0] = now_ns();
	raw[0] = raw_now_ns();
	CHECK(!device_mark(fd, SYNERGY_MARK_POINT, 5));
	raw[1] = raw_now_ns();
	mono[1] = now_ns();
	reader_drain(&r);
	CHECK_GE(last.hdr.time_ns, mono[0]);
	CHECK_LE(last.hdr.time_ns, mono[1]);
	CHECK_GE(last.hdr.raw_ns, raw[0]);
	CHECK_LE(last.hdr.raw_ns, raw[1]);
	/* Read one after the other: nothing comes between. */
	CHECK_NEAR((double)(last.hdr.raw_ns - last.hdr.time_ns), (double)(raw[0] - mono[0]),
		   (double)(raw[1] - raw[0]));
	close(fd);
}

struct later_event {
	struct synergy_event event;
	__u64 added[2];
};

static int configure_later(struct later_event *events, __u32 stride)
{
	struct synergy_configure cfg;
	int fd = device_open(O_RDWR), ret, saved;

	device_config(&cfg, 5000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	cfg.events = (__u64)(uintptr_t)events;
	cfg.n_events = 2;
	cfg.event_size = stride;
	ret = ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg);
	saved = errno;
	if (!ret)
		CHECK(!device_start(fd));
	close(fd);
	errno = saved;
	return ret;
}

/* A later program's events are larger: fine as long as what is unknown is 0. */
TEST(larger_events)
{
	struct later_event events[2];
	int i;

	memset(events, 0, sizeof(events));
	for (i = 0; i < 2; i++) {
		events[i].event = device_events[i];
		events[i].event.size = sizeof(events[i]);
	}
	CHECK(!configure_later(events, sizeof(events[0])));
	events[1].added[1] = 1;
	CHECK_FAILS(configure_later(events, sizeof(events[0])), E2BIG);
	events[1].added[1] = 0;
	events[1].event.size = sizeof(events[0].event);
	CHECK_FAILS(configure_later(events, sizeof(events[0])), EINVAL);
	CHECK_FAILS(configure_later(events, sizeof(events[0].event) - 8), EINVAL);
	CHECK_FAILS(configure_later(events, 8192), E2BIG);
}

/* What this module cannot do yet is refused, not left out. */
TEST(not_supported)
{
	struct synergy_configure cfg;
	int fd = device_open(O_RDWR);

	device_config(&cfg, 5000000);
	cfg.rail_divisor[0] = 1;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	cfg.rail_divisor[63] = 2;
	if (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg))
		CHECK_EQ(errno, EOPNOTSUPP);
	close(fd);
}
