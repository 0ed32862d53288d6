// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory may keep the kernel waiting for ever (here by userfaultfd, as a file
 * on a dead network could). Whoever hands in or reads into such memory waits
 * alone: ioctls of others, and with them unbinding and suspending, go on.
 * board: timeout=60
 */
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "device.h"

#define PAGE	4096

static int uffd;
static char *page;

/* A call in a thread of its own, since it may not come back. */
struct call {
	int (*run)(int fd);
	int fd;
	int ret;
	int err;
	int done;
	pthread_t thread;
};

static void *call_main(void *arg)
{
	struct call *c = arg;

	c->ret = c->run(c->fd);
	c->err = errno;
	__atomic_store_n(&c->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void call_start(struct call *c, int (*run)(int fd), int fd)
{
	memset(c, 0, sizeof(*c));
	c->run = run;
	c->fd = fd;
	CHECK(!pthread_create(&c->thread, NULL, call_main, c));
}

/* Does it come back within two seconds? */
static int call_returns(struct call *c)
{
	int i;

	for (i = 0; i < 200 && !__atomic_load_n(&c->done, __ATOMIC_ACQUIRE); i++)
		sleep_ms(10);
	return c->done;
}

static int run_configure(int fd)
{
	struct synergy_configure cfg;

	device_config(&cfg, 5000000);
	device_config_events(&cfg, (struct synergy_event *)page, 1);
	return ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg);
}

static int run_read(int fd)
{
	return read(fd, page, PAGE);
}

static int run_device(int fd)
{
	struct synergy_device dev = { .size = sizeof(dev) };

	return ioctl(fd, SYNERGY_IOC_DEVICE, &dev);
}

static int run_buffer(int fd)
{
	return device_buffer(fd, 1 << 17);
}

static int run_mask(int fd)
{
	struct synergy_client client = { .size = sizeof(client) };

	return ioctl(fd, SYNERGY_IOC_CLIENT, &client);
}

/* A page that is not there, and is whenever page_comes() says so. */
static void page_goes(void)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (__u64)(uintptr_t)page;
	reg.range.len = PAGE;
	CHECK(page != MAP_FAILED && !ioctl(uffd, UFFDIO_REGISTER, &reg));
}

static void page_comes(void)
{
	struct uffdio_zeropage zero = { .range = { (__u64)(uintptr_t)page, PAGE } };

	CHECK(!ioctl(uffd, UFFDIO_ZEROPAGE, &zero));
}

static int waits_for_page(void)
{
	struct pollfd p = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	return poll(&p, 1, 2000) == 1 && read(uffd, &msg, sizeof(msg)) == sizeof(msg) &&
	       msg.event == UFFD_EVENT_PAGEFAULT;
}

TEST(configuring)
{
	int fd = device_open(O_RDWR), other = device_open(O_RDWR);
	struct call waiting, call;

	page_goes();
	call_start(&waiting, run_configure, fd);
	CHECK(waits_for_page());
	call_start(&call, run_device, other);
	CHECK(call_returns(&call) && !call.ret && !waiting.done);
	page_comes();
	CHECK(call_returns(&waiting) && call_returns(&call));
	pthread_join(waiting.thread, NULL);
	pthread_join(call.thread, NULL);
	munmap(page, PAGE);
	close(fd);
	close(other);
}

TEST(reading)
{
	int fd = device_open(O_RDWR), other = device_open(O_RDWR);
	struct call waiting, buffer, mask, call;

	page_goes();
	call_start(&waiting, run_read, fd);
	CHECK(waits_for_page());
	call_start(&buffer, run_buffer, fd);
	CHECK(call_returns(&buffer) && buffer.ret == -1 && buffer.err == EBUSY);
	call_start(&mask, run_mask, fd);
	CHECK(call_returns(&mask) && !mask.ret);
	call_start(&call, run_device, other);
	CHECK(call_returns(&call) && !call.ret && !waiting.done);
	page_comes();
	CHECK(call_returns(&waiting) && waiting.ret > 0);
	pthread_join(waiting.thread, NULL);
	pthread_join(buffer.thread, NULL);
	pthread_join(mask.thread, NULL);
	pthread_join(call.thread, NULL);
	munmap(page, PAGE);
	close(fd);
	close(other);
}

SETUP
{
	struct uffdio_api api = { .api = UFFD_API };

	uffd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		SKIP("this kernel has no userfaultfd");
}
