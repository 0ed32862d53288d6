// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of the ioctls, call by call: lengths, tails, flags, reserved
 * fields, indices, pointers, numbers and file modes, each with its errno; and
 * then whatever random bytes bring.
 * board: timeout=120
 */
#include "device.h"

static const struct call {
	const char *name;
	unsigned long cmd;
	unsigned int size;
	int ok;			/* errno of a well-formed call on a fresh file, 0 success */
	int needs_write;
} calls[] = {
	{ "DEVICE", SYNERGY_IOC_DEVICE, sizeof(struct synergy_device), 0, 0 },
	{ "CHIP", SYNERGY_IOC_CHIP, sizeof(struct synergy_chip), 0, 0 },
	{ "RAIL", SYNERGY_IOC_RAIL, sizeof(struct synergy_rail), 0, 0 },
	{ "CONFIGURE", SYNERGY_IOC_CONFIGURE, sizeof(struct synergy_configure), 0, 1 },
	{ "START", SYNERGY_IOC_START, sizeof(struct synergy_control), EINVAL, 1 },
	{ "STOP", SYNERGY_IOC_STOP, sizeof(struct synergy_control), EBUSY, 1 },
	{ "MARK", SYNERGY_IOC_MARK, sizeof(struct synergy_mark), 0, 1 },
	{ "CLIENT", SYNERGY_IOC_CLIENT, sizeof(struct synergy_client), 0, 0 },
	{ "STATS", SYNERGY_IOC_STATS, sizeof(struct synergy_stats), 0, 0 },
	{ "NAME", SYNERGY_IOC_NAME, sizeof(struct synergy_name), EINVAL, 1 },
};

#define N_CALLS	((int)(sizeof(calls) / sizeof(calls[0])))

static int call_with(const struct call *c, int mode, void *arg)
{
	int fd = device_open(mode);
	int ret = ioctl(fd, c->cmd, arg);
	int e = ret ? errno : 0;

	close(fd);
	return e;
}

static void expect(const struct call *c, const char *what, unsigned int n, int got, int want)
{
	PARAMS("%s, %s %u: %s, expected %s", c->name, what, n, strerror(got), strerror(want));
	CHECK_EQ(got, want);
}

static void lengths(const struct call *c)
{
	__u64 words[1024];
	__u32 *arg = (__u32 *)words;
	unsigned int size;

	for (size = 0; size <= c->size + 64; size++) {
		memset(words, 0, sizeof(words));
		arg[0] = size;
		expect(c, "length", size, call_with(c, O_RDWR, words),
		       size < c->size ? EINVAL : c->ok);
		/* A module of more or less than the caller says what it filled in. */
		if (size >= c->size && !c->ok && (_IOC_DIR(c->cmd) & _IOC_READ))
			expect(c, "returned size", size, arg[0], c->size);
		arg[0] = size;
		if (size <= c->size)
			continue;
		((char *)words)[size - 1] = 1;
		expect(c, "tail at", size, call_with(c, O_RDWR, words), E2BIG);
	}
	memset(words, 0, sizeof(words));
	arg[0] = 0xffffffffU;
	expect(c, "length", arg[0], call_with(c, O_RDWR, words), E2BIG);
}

static void flags(const struct call *c)
{
	__u64 words[1024];
	__u32 *arg = (__u32 *)words;
	static const struct {
		unsigned long cmd;
		__u32 known;
	} with_flags[] = {
		{ SYNERGY_IOC_CONFIGURE, 0x1f }, { SYNERGY_IOC_MARK, 3 }, { SYNERGY_IOC_CLIENT, 1 },
	};
	__u32 known = 0;
	unsigned int bit;

	for (bit = 0; bit < 3; bit++)
		if (with_flags[bit].cmd == c->cmd)
			known = with_flags[bit].known;

	for (bit = 0; bit < 32; bit++) {
		if (known & (1U << bit))
			continue;
		memset(words, 0, sizeof(words));
		arg[0] = c->size;
		arg[1] = 1U << bit;
		expect(c, "flag", bit, call_with(c, O_RDWR, words), EINVAL);
	}
}

static void pointers(const struct call *c)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u32 *arg;

	mprotect(page + 4096, 4096, PROT_NONE);
	expect(c, "null pointer", 0, call_with(c, O_RDWR, NULL), EFAULT);
	expect(c, "kernel pointer", 0, call_with(c, O_RDWR, (void *)~4095UL), EFAULT);
	/* The structure reaches into nothing by one word */
	arg = (__u32 *)(page + 4096 - c->size + 4);
	arg[0] = c->size;
	expect(c, "cut off", 0, call_with(c, O_RDWR, arg), EFAULT);
	munmap(page, 8192);
}

static void modes(const struct call *c)
{
	__u64 words[1024] = { c->size };

	expect(c, "read-only file", 0, call_with(c, O_RDONLY, words),
	       c->needs_write ? EBADF : c->ok);
}

/* Every field that must be 0, by the offset of its structure. */
TEST(reserved)
{
	static const struct {
		int call;
		unsigned int offset;
	} fields[] = {
		{ 1, offsetof(struct synergy_chip, flags) },
		{ 2, offsetof(struct synergy_rail, flags) },
		{ 7, offsetof(struct synergy_client, reserved) },
	};
	unsigned int i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		__u64 words[1024] = { calls[fields[i].call].size };

		((char *)words)[fields[i].offset] = 1;
		expect(&calls[fields[i].call], "reserved at", fields[i].offset,
		       call_with(&calls[fields[i].call], O_RDWR, words), EINVAL);
	}
}

TEST(indices)
{
	int fd = device_open(O_RDWR);
	struct synergy_device dev = { .size = sizeof(dev) };
	struct synergy_chip chip = { .size = sizeof(chip) };
	struct synergy_rail rail = { .size = sizeof(rail) };
	struct synergy_mark mark = { .size = sizeof(mark), .kind = 3 };
	struct synergy_client client = { .size = sizeof(client) };

	CHECK(!ioctl(fd, SYNERGY_IOC_DEVICE, &dev));
	CHECK_GE(dev.n_chips, 1);
	CHECK_GE(dev.n_rails, 3);
	CHECK_GE(dev.n_cpus, 1);
	CHECK_EQ(dev.api_version, SYNERGY_API_VERSION);
	chip.index = dev.n_chips;
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CHIP, &chip), EINVAL);
	rail.index = 0xffffffffU;
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_RAIL, &rail), EINVAL);
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_MARK, &mark), EINVAL);
	for (client.buffer_bytes = 1; client.buffer_bytes; client.buffer_bytes <<= 1) {
		__u32 asked = client.buffer_bytes;

		if (asked >= 64 << 10 && asked <= 64 << 20)
			CHECK(!ioctl(fd, SYNERGY_IOC_CLIENT, &client) &&
			      client.buffer_bytes == asked);
		else
			CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CLIENT, &client), EINVAL);
		client.buffer_bytes = asked;
	}
	client.buffer_bytes = 3 << 16;
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CLIENT, &client), EINVAL);
	close(fd);
}

TEST(numbers)
{
	int fd = device_open(O_RDWR);
	__u64 words[1024] = { 64 };
	unsigned int nr, magic;

	for (nr = 0; nr < 256; nr++) {
		if (nr > _IOC_NR(SYNERGY_IOC_NAME))
			CHECK_FAILS(ioctl(fd, _IOWR(SYNERGY_IOC_MAGIC, nr, __u64), words), ENOTTY);
		for (magic = 0xe0; magic < 0xf0; magic++)
			if (magic != SYNERGY_IOC_MAGIC)
				CHECK_FAILS(ioctl(fd, _IOWR(magic, nr, __u64), words), ENOTTY);
	}
	close(fd);
}

static __u64 random_state = 0x2545f4914f6cdd1dULL;

static __u64 draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Random contents with now and then a plausible size, on files that come and go. */
static void random_calls(unsigned int rounds)
{
	__u64 words[64];
	__u32 *arg = (__u32 *)words;
	char sink[4096];
	int fd[3];
	unsigned int i, j;

	for (i = 0; i < 3; i++)
		fd[i] = device_open(O_RDWR | O_NONBLOCK);
	for (i = 0; i < rounds; i++) {
		const struct call *c = &calls[draw() % N_CALLS];
		int f = draw() % 3;

		for (j = 0; j < 64; j++)
			words[j] = draw() & draw() & (draw() % 3 ? 0xff : ~0ULL);
		if (draw() % 8)
			arg[0] = c->size;
		if (draw() % 4)
			arg[1] &= 0xf;
		if (c->cmd == SYNERGY_IOC_CONFIGURE && draw() % 2) {
			struct synergy_configure *cfg = (void *)words;

			cfg->bad_event = 0;
			cfg->event_size = draw() % 8 ? sizeof(struct synergy_event) : draw() % 4096;
			if (draw() % 8)
				memset(cfg->rail_divisor, 0, sizeof(cfg->rail_divisor));
			cfg->period_ns = 2000000 + draw() % 10000000;
			cfg->events = draw() % 2 ? (__u64)(uintptr_t)device_events : draw();
			cfg->n_events = draw() % 3;
			cfg->rail_mask &= 7;
		}
		ioctl(fd[f], c->cmd, draw() % 50 ? (void *)words : (void *)(uintptr_t)draw());
		if (draw() % 4 == 0 && read(fd[f], sink, draw() % sizeof(sink)) < 0)
			CHECK(errno == EAGAIN || errno == EINVAL);
		if (draw() % 64 == 0) {
			close(fd[f]);
			fd[f] = device_open(O_RDWR | O_NONBLOCK);
		}
	}
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

static void each_call(void (*check)(const struct call *c))
{
	int i;

	for (i = 0; i < N_CALLS; i++) {
		PARAMS("%s", calls[i].name);
		check(&calls[i]);
	}
}

TEST(lengths)
{
	each_call(lengths);
}

TEST(flags)
{
	each_call(flags);
}

TEST(pointers)
{
	each_call(pointers);
}

TEST(modes)
{
	each_call(modes);
}

/* And it still works. */
TEST(random_calls)
{
	struct synergy_configure cfg;
	int fd;

	random_calls(debug_kernel() ? 1500 : 6000);
	fd = device_open(O_RDWR);
	device_config(&cfg, 2000000);
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
	CHECK(!device_stop(fd));
	close(fd);
}
