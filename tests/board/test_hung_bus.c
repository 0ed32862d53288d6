// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two buses, a chip each, and the first one's transfers hang for a second each. The
 * second chip's samples, the counters of all cores and whoever reads them go on; a file
 * is opened, and what there is asked for, meanwhile and during STOP; nothing is missed
 * without being counted.
 */
/* board: timeout=90 modules=none */
#include <pthread.h>

#include "device.h"
#include "sim.h"

#define PERIOD_NS	10000000
#define MS		1000000ULL

struct seen {
	__u64 last_ns, gap_ns, records, read_late_ns;
};

static struct seen power, pmu;
static unsigned int n_errors;

static void note(struct seen *s, const struct synergy_record *rec)
{
	__u64 late = now_ns() - rec->time_ns;

	if (s->last_ns && rec->time_ns > s->last_ns && rec->time_ns - s->last_ns > s->gap_ns)
		s->gap_ns = rec->time_ns - s->last_ns;
	s->last_ns = rec->time_ns;
	s->read_late_ns = late > s->read_late_ns ? late : s->read_late_ns;
	s->records++;
}

static void each(struct reader *r, const struct synergy_record *rec)
{
	const struct synergy_power_record *p = (const void *)rec;
	const struct synergy_pmu_record *c = (const void *)rec;

	(void)r;
	if (rec->type == SYNERGY_RECORD_POWER && p->chip == 1)
		note(&power, rec);
	if (rec->type == SYNERGY_RECORD_PMU && c->cpu == 0)
		note(&pmu, rec);
	n_errors += rec->type == SYNERGY_RECORD_ERROR;
}

/* Wakes by poll() alone, as readers do. */
static void read_for(struct reader *r, unsigned int ms, const char *what)
{
	__u64 end = now_ns() + ms * MS;

	memset(&power, 0, sizeof(power));
	memset(&pmu, 0, sizeof(pmu));
	while (now_ns() < end) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };

		poll(&p, 1, 1000);
		reader_drain(r);
	}
	printf("%s: second chip %llu records, gap %.1f ms, read %.1f ms late; core 0 %llu records, gap %.1f ms, read %.1f ms late\n",
	       what, (unsigned long long)power.records, power.gap_ns / 1e6,
	       power.read_late_ns / 1e6, (unsigned long long)pmu.records, pmu.gap_ns / 1e6,
	       pmu.read_late_ns / 1e6);
}

static double open_ms, ask_ms;

static void *opener(void *unused)
{
	struct synergy_device dev = { .size = sizeof(dev) };
	struct synergy_chip chip = { .size = sizeof(chip) };
	struct synergy_rail rail = { .size = sizeof(rail) };
	__u64 begin;
	int fd;

	(void)unused;
	sleep_ms(50);
	begin = now_ns();
	fd = device_open(O_RDONLY | O_NONBLOCK);
	open_ms = (now_ns() - begin) / 1e6;
	begin = now_ns();
	if (ioctl(fd, SYNERGY_IOC_DEVICE, &dev) || ioctl(fd, SYNERGY_IOC_CHIP, &chip) ||
	    ioctl(fd, SYNERGY_IOC_RAIL, &rail) || device_buffer(fd, 1 << 17))
		ask_ms = 1e9;
	else
		ask_ms = (now_ns() - begin) / 1e6;
	close(fd);
	return NULL;
}

TEST(others_go_on)
{
	struct reader r = { .each = each };
	struct synergy_configure cfg;
	struct synergy_stats stats;
	pthread_t thread;
	__u64 begin;

	REQUIRE(!system("insmod /lib/modules/synergy/synergy.ko"));
	REQUIRE(!sim_load("chips=0x40,0x140"));
	r.fd = device_open(O_RDWR | O_NONBLOCK);
	device_config(&cfg, PERIOD_NS);
	device_config_events(&cfg, device_events, 2);
	REQUIRE(!ioctl(r.fd, SYNERGY_IOC_CONFIGURE, &cfg));
	REQUIRE(!device_start(r.fd));
	read_for(&r, 500, "healthy");
	CHECK_GE(pmu.records, 45);
	CHECK(!sim_fault("chip", "0x40"));
	CHECK(!sim_fault("timeout", "1000 1 1000000"));
	read_for(&r, 3000, "the first bus hangs");
	CHECK_GE(power.records, 290);
	CHECK_GE(pmu.records, 280);
	if (!debug_kernel()) {
		CHECK_LE(power.gap_ns, 2 * PERIOD_NS);
		CHECK_LE(pmu.gap_ns, 4 * PERIOD_NS);
		CHECK_LE(power.read_late_ns, 5 * PERIOD_NS);
	}
	CHECK_GE(n_errors, 2);
	CHECK(!pthread_create(&thread, NULL, opener, NULL));
	begin = now_ns();
	CHECK(!device_stop(r.fd));
	printf("STOP took %.0f ms; meanwhile open() %.1f ms, questions %.1f ms\n",
	       (now_ns() - begin) / 1e6, open_ms, ask_ms);
	pthread_join(thread, NULL);
	CHECK_LE(open_ms, 50);
	CHECK_LE(ask_ms, 50);
	device_stats(r.fd, &stats);
	/* Each tick of each core has its record, or is counted. */
	printf("%llu PMU records, %llu missed\n",
	       (unsigned long long)stats.records[SYNERGY_RECORD_PMU],
	       (unsigned long long)stats.pmu_missed);
	CHECK(!sim_fault("timeout", "0"));
	close(r.fd);
}

TEARDOWN
{
	CHECK(!sim_unload());
	CHECK(!system("rmmod synergy"));
}
