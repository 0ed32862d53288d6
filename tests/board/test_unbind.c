// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chip goes while files are open: blocked readers are woken, what is in the
 * ring can still be read, then ENODEV and a hang-up; the chip is left as it was
 * found; it comes back under its old index. One of two goes and comes back while a
 * session goes on with the other. A module in use cannot be unloaded.
 * board: timeout=90
 */
#include "device.h"
#include "steps.h"

#define I2C_SLAVE_FORCE	0x0706
#define I2C_RDWR	0x0707
#define FAULTS		"/sys/kernel/debug/synergy-sim/faults/"

/* The chip's configuration register past any driver, by i2c-dev. */
static int config_register(void)
{
	struct {
		__u16 addr, flags, len;
		__u8 *buf;
	} msgs[2];
	struct {
		void *msgs;
		__u32 n;
	} transfer = { msgs, 2 };
	__u8 reg = 0, word[2] = { 0 };
	int fd = open("/dev/i2c-0", O_RDWR), ret;

	memset(msgs, 0, sizeof(msgs));
	msgs[0].addr = 0x40;
	msgs[0].len = 1;
	msgs[0].buf = &reg;
	msgs[1].addr = 0x40;
	msgs[1].flags = 1;
	msgs[1].len = 2;
	msgs[1].buf = word;
	ret = ioctl(fd, I2C_RDWR, &transfer);
	close(fd);
	return ret == 2 ? word[0] << 8 | word[1] : -1;
}

static pid_t blocked_reader(int fd)
{
	pid_t pid = fork();

	if (!pid) {
		struct reader r = { .fd = fd };

		while (reader_read(&r, 1 << 20) > 0)
			;
		_exit(errno == ENODEV && !test_failures() && r.records ? 0 : 1);
	}
	return pid;
}

static void gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct synergy_device dev = { .size = sizeof(dev) };
	struct synergy_stats stats = { .size = sizeof(stats) };
	struct reader r = { .fd = fd };
	char buffer[4096];

	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ((p.revents & (POLLHUP | POLLERR)), (POLLHUP | POLLERR));
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_DEVICE, &dev), ENODEV);
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_STATS, &stats), ENODEV);
	CHECK_FAILS(device_mark(fd, SYNERGY_MARK_POINT, 1), ENODEV);
	/* What was in the ring is still to be had. */
	while (reader_read(&r, 1 << 20) > 0)
		;
	CHECK_EQ(errno, ENODEV);
	CHECK_GT(r.records, 0);
	CHECK_FAILS(read(fd, buffer, sizeof(buffer)), ENODEV);
	CHECK(poll(&p, 1, 0) == 1 && !(p.revents & POLLIN));
}

static void once(struct steps *s, int found, int running)
{
	int owner = device_open(O_RDWR), reader = device_open(O_RDONLY);
	struct synergy_chip chip = { .size = sizeof(chip) };
	struct synergy_configure cfg;
	int status;
	pid_t pid;

	device_config(&cfg, 1000000);
	device_config_events(&cfg, device_events, 2);
	CHECK(!ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg));
	if (running) {
		CHECK(!device_start(owner));
		sleep_ms(20);
		CHECK_NE(config_register(), found);
		CHECK(!ioctl(owner, SYNERGY_IOC_CHIP, &chip) && chip.config_found == found &&
		      chip.config_set != 0);
	}
	pid = blocked_reader(reader);
	sleep_ms(20);
	CHECK(!step_unbind(s));
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status));
	gone(owner);
	CHECK_EQ(config_register(), found);
	CHECK(!step_bind(s));
	/* The old files stay gone, a new one finds the chip in its old place. */
	CHECK_FAILS(device_mark(owner, SYNERGY_MARK_POINT, 1), ENODEV);
	close(owner);
	close(reader);
	owner = device_open(O_RDWR);
	memset(&chip, 0, sizeof(chip));
	chip.size = sizeof(chip);
	CHECK(!ioctl(owner, SYNERGY_IOC_CHIP, &chip) && !(chip.flags & SYNERGY_CHIP_F_GONE));
	chip.index = 1;
	chip.flags = 0;
	CHECK_FAILS(ioctl(owner, SYNERGY_IOC_CHIP, &chip), EINVAL);
	device_config(&cfg, 1000000);
	CHECK(!ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(owner));
	CHECK(!device_stop(owner));
	CHECK_EQ(config_register(), found);
	close(owner);
}

/* The chip does not answer when it is to come back: it and its rails stay gone. */
static void bind_is_refused(struct steps *s)
{
	struct synergy_chip chip = { .size = sizeof(chip) };
	struct synergy_rail rail = { .size = sizeof(rail) };
	struct synergy_configure cfg;
	int fd;

	CHECK(!step_unbind(s));
	CHECK(!write_text(FAULTS "nack", "1000000"));
	CHECK(step_bind(s));
	CHECK(!write_text(FAULTS "nack", "0"));
	fd = device_open(O_RDWR);
	CHECK(!ioctl(fd, SYNERGY_IOC_CHIP, &chip) && chip.flags & SYNERGY_CHIP_F_GONE);
	for (rail.index = 0; rail.index < SYNERGY_CHANNELS; rail.index++) {
		rail.flags = 0;
		CHECK(!ioctl(fd, SYNERGY_IOC_RAIL, &rail) && rail.flags & SYNERGY_RAIL_F_GONE);
	}
	device_config(&cfg, 1000000);
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg), ENXIO);
	close(fd);
	CHECK(!step_bind(s));
	fd = device_open(O_RDWR);
	memset(&rail, 0, sizeof(rail));
	rail.size = sizeof(rail);
	CHECK(!ioctl(fd, SYNERGY_IOC_RAIL, &rail) && !rail.flags);
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	close(fd);
}

static __u32 chip_flags(int fd, __u32 index, __u32 *config_set)
{
	struct synergy_chip chip = { .size = sizeof(chip), .index = index };

	CHECK(!ioctl(fd, SYNERGY_IOC_CHIP, &chip));
	*config_set = chip.config_set;
	return chip.flags;
}

static unsigned int samples_of_second;

static void count_second(struct reader *r, const struct synergy_record *rec)
{
	(void)r;
	samples_of_second += rec->type == SYNERGY_RECORD_POWER &&
			     ((const struct synergy_power_record *)rec)->chip == 1;
}

/* One chip of two goes and comes back, while the session goes on with both. */
static void one_of_two(struct steps *second)
{
	struct reader r = { .fd = device_open(O_RDWR | O_NONBLOCK), .each = count_second };
	struct synergy_device dev = { .size = sizeof(dev) };
	struct synergy_configure cfg;
	__u32 config, before;

	CHECK(!device_configure(r.fd, &cfg, 4000000, SYNERGY_CONFIGURE_F_CONTINUOUS, 0));
	CHECK(!device_start(r.fd));
	sleep_ms(100);
	CHECK(chip_flags(r.fd, 1, &before) == SYNERGY_CHIP_F_CONTINUOUS && before);
	CHECK(!step_unbind(second));
	CHECK_EQ(chip_flags(r.fd, 1, &config), (SYNERGY_CHIP_F_CONTINUOUS | SYNERGY_CHIP_F_GONE));
	CHECK(!config);
	CHECK(!step_bind(second));
	CHECK_EQ(chip_flags(r.fd, 1, &config), SYNERGY_CHIP_F_CONTINUOUS);
	CHECK_EQ(config, before);
	reader_drain(&r);
	samples_of_second = 0;
	sleep_ms(100);
	reader_drain(&r);
	CHECK_GT(samples_of_second, 5);
	CHECK(!ioctl(r.fd, SYNERGY_IOC_DEVICE, &dev) && dev.flags & SYNERGY_DEVICE_F_RUNNING);
	CHECK(!device_stop(r.fd));
	close(r.fd);
}

/* While the sampler waits for a round that takes nearly a minute */
static void one_of_two_slow(struct steps *second)
{
	int fd = device_open(O_RDWR);
	struct synergy_configure cfg;
	__u64 took;

	device_config(&cfg, 60000000000ULL);
	cfg.flags = SYNERGY_CONFIGURE_F_TRIGGERED;
	cfg.rail_mask = 0x38;
	cfg.averages = 1024;
	cfg.conversion_shunt_ns = 8244000;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) && !device_start(fd));
	sleep_ms(500);
	took = now_ns();
	CHECK(!step_unbind(second));
	took = now_ns() - took;
	printf("unbinding took %llu ms\n", (unsigned long long)took / 1000000);
	CHECK_LT(took, 2000000000ULL);
	CHECK(!device_stop(fd));
	close(fd);
}

static struct steps steps;
static int found;		/* the chip's configuration, before anybody touched it */

SETUP
{
	REQUIRE(!steps_find(&steps));
	found = config_register();
	CHECK_EQ(found, 0x7127);
}

TEST(unbind_and_bind)
{
	int i;

	for (i = 0; i < 6; i++) {
		PARAMS("round %d", i);
		once(&steps, found, i != 1);
	}
}

TEST(bind_refused)
{
	bind_is_refused(&steps);
}

/* In use, so it stays: rmmod says so. */
TEST(module_in_use)
{
	int fd = device_open(O_RDONLY);

	CHECK_NE(system("rmmod synergy 2>/dev/null"), 0);
	close(fd);
}

/* Counters and marks go on without a chip, and nobody who waits for nothing is hung up. */
TEST(no_power_goes_on)
{
	int owner = device_open(O_RDWR | O_NONBLOCK), idle = device_open(O_RDWR | O_NONBLOCK);
	struct synergy_device dev = { .size = sizeof(dev) };
	struct pollfd p = { .fd = owner, .events = POLLIN };
	struct reader r = { .fd = owner };
	struct synergy_configure cfg;

	device_config(&cfg, 1000000);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	device_config_events(&cfg, device_events, 2);
	CHECK(!ioctl(owner, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(owner));
	CHECK(!step_unbind(&steps));
	reader_drain(&r);
	r.pmu = 0;
	sleep_ms(50);
	CHECK(poll(&p, 1, 0) == 1 && !(p.revents & (POLLHUP | POLLERR)));
	reader_drain(&r);
	CHECK_GT(r.pmu, 10);
	CHECK(!device_mark(idle, SYNERGY_MARK_POINT, 1));
	CHECK(!ioctl(owner, SYNERGY_IOC_DEVICE, &dev) && dev.flags & SYNERGY_DEVICE_F_RUNNING);
	CHECK(!device_stop(owner));
	close(owner);
	/* No session at all: a chip may go and come. */
	CHECK(!device_mark(idle, SYNERGY_MARK_POINT, 1));
	CHECK(!step_bind(&steps));
	CHECK(!step_unbind(&steps));
	CHECK(!device_mark(idle, SYNERGY_MARK_POINT, 1));
	CHECK(!step_bind(&steps));
	device_config(&cfg, 1000000);
	CHECK(!ioctl(idle, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(idle));
	CHECK(!device_stop(idle));
	close(idle);
}

/* The whole adapter goes under a running session; then two chips come. */
TEST(adapter_goes)
{
	struct synergy_configure cfg;
	char buffer[4096];
	int fd = device_open(O_RDWR);

	device_config(&cfg, 1000000);
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
	sleep_ms(10);
	CHECK_EQ(system("rmmod synergy-sim"), 0);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	CHECK_EQ(errno, ENODEV);
	close(fd);
	/* No chip: no power, and counters and marks all the same. */
	fd = device_open(O_RDWR);
	device_config(&cfg, 1000000);
	CHECK_FAILS(ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg), ENXIO);
	cfg.flags = SYNERGY_CONFIGURE_F_NO_POWER;
	CHECK(!ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg));
	CHECK(!device_start(fd));
	CHECK(!device_stop(fd));
	close(fd);
	CHECK(!system("insmod /lib/modules/synergy/synergy-sim.ko"));
}

TEST(one_of_two_chips)
{
	struct steps second = steps;

	REQUIRE(!system("rmmod synergy-sim"));
	REQUIRE(!system("insmod /lib/modules/synergy/synergy-sim.ko chips=0x40,0x41"));
	second.device[strlen(second.device) - 1] = '1';
	one_of_two(&second);
	one_of_two_slow(&second);
}
