// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampling benchmark: one way of sampling beside one pinned OpenBLAS program,
 * on the virtual board. Prints one line of CSV (its header with `header`).
 *
 *	bench_sampling [OPTION...] none
 *	bench_sampling [OPTION...] hwmon HZ
 *	bench_sampling [OPTION...] i2cdev HZ BUS ADDRESS
 *	bench_sampling [OPTION...] synergy HZ EVENTS [RAIL_MASK [BUS_VOLTAGE_EVERY]]
 *	bench_sampling reading HZ EVENTS [RAIL_MASK [BUS_VOLTAGE_EVERY]]
 *	bench_sampling marker EVENTS|-|call|ioctl|page|page!
 *
 * HZ 0 is as fast as it can. --rounds N: size of the load; --base N: what the load
 * alone executes (from `none`). `marker` has no load: it times marks without a
 * session (-) or in one with so many events; `call` a system call that does next to
 * nothing and `ioctl` an ioctl that the driver refuses at once, which no mark made by
 * ioctl can go below; `page` marks in the file's page. `reading`: see reading.c.
 *
 * The cost is what the load's core executes in all, kernel included, for the same
 * work, against the same without sampling. All cores of the virtual board share
 * one clock, so the load's time would blame it for the others' work.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>
#include <linux/synergy.h>

#include "bench.h"

#define MARKS		1024

static unsigned int rounds = 60;
static uint64_t base_instructions;

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct jitter {
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t period_ns;	/* the median interval if none was aimed at */
};

/* Leaves the samples that were taken beside the load, and nothing else. */
static void keep_window(struct bench_samples *samples, uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < samples->n; i++) {
		if (samples->time_ns[i] < begin_ns || samples->time_ns[i] > end_ns)
			continue;
		samples->fresh_in += samples->is_fresh[i];
		samples->time_ns[n++] = samples->time_ns[i];
	}
	samples->n = n;
}

/* How far the intervals between samples are from the period. */
static struct jitter find_jitter(const struct bench_samples *samples)
{
	struct jitter jitter = { .period_ns = samples->period_ns };
	uint64_t n = samples->n > 1 ? samples->n - 1 : 0, i;
	uint64_t *interval = calloc(n + 1, sizeof(*interval));

	if (!interval)
		bench_die("no memory");
	for (i = 0; i < n; i++)
		interval[i] = samples->time_ns[i + 1] - samples->time_ns[i];
	if (n && !jitter.period_ns) {
		qsort(interval, n, sizeof(*interval), compare);
		jitter.period_ns = interval[n / 2];
	}
	for (i = 0; i < n; i++)
		interval[i] = interval[i] > jitter.period_ns ? interval[i] - jitter.period_ns :
			      jitter.period_ns - interval[i];
	if (n) {
		qsort(interval, n, sizeof(*interval), compare);
		jitter.p50_ns = interval[n / 2];
		jitter.p99_ns = interval[(n * 99) / 100];
	}
	free(interval);
	return jitter;
}

static void print_header(void)
{
	puts("method,requested_hz,events,achieved_hz,fresh_hz,jitter_p50_us,jitter_p99_us,jitter_p99_percent,"
	     "samples,missed,lost,unaccounted,errors,load_instructions,cost_percent,load_ms");
}

static void print_result(const char *method, const char *hz, const char *n_events,
			 const struct bench_samples *samples, uint64_t instructions,
			 uint64_t load_ns)
{
	double span_s = samples->n > 1 ?
		(samples->time_ns[samples->n - 1] - samples->time_ns[0]) / 1e9 : 0;
	struct jitter jitter = find_jitter(samples);

	printf("%s,%s,%s,", method, hz, n_events);
	if (span_s > 0)
		printf("%.1f,%.1f,%.2f,%.2f,%.2f,", (samples->n - 1) / span_s,
		       samples->fresh_in * (samples->n - 1.0) / samples->n / span_s,
		       jitter.p50_ns / 1e3, jitter.p99_ns / 1e3,
		       100.0 * jitter.p99_ns / jitter.period_ns);
	else
		printf(",,,,,");
	printf("%llu,%llu,%llu,%llu,%llu,%llu,", (unsigned long long)samples->n,
	       (unsigned long long)samples->missed, (unsigned long long)samples->lost,
	       (unsigned long long)samples->unaccounted, (unsigned long long)samples->errors,
	       (unsigned long long)instructions);
	if (base_instructions)
		printf("%.3f", 100.0 * ((double)instructions / base_instructions - 1));
	printf(",%.1f\n", load_ns / 1e6);
}

static void sampler(struct bench_samples *samples, char **arg, int n)
{
	const char *method = arg[0];

	/* Waking a reader must not be counted against the load's core. */
	if (bench_pin(!strcmp(method, "synergy") ? BENCH_READER_CPU : BENCH_SAMPLER_CPU))
		bench_die("cannot pin: %s", strerror(errno));
	samples->period_ns = atoi(arg[1]) > 0 ? NSEC_PER_SEC / atoi(arg[1]) : 0;
	if (!strcmp(method, "hwmon")) {
		bench_poll_hwmon(samples);
	} else if (!strcmp(method, "i2cdev")) {
		bench_poll_i2cdev(samples, atoi(arg[2]), strtol(arg[3], NULL, 0));
	} else {
		const struct bench_session session = {
			.period_ns = samples->period_ns,
			.n_events = atoi(arg[2]),
			.rail_mask = n > 3 ? strtoull(arg[3], NULL, 0) : 0,
			.bus_voltage_every = n > 4 ? atoi(arg[4]) : 0,
		};

		bench_stream(samples, &session);
	}
	_exit(0);
}

static pid_t start_sampler(struct bench_samples *samples, char **arg, int n)
{
	pid_t pid;
	int status;

	if (!strcmp(arg[0], "none"))
		return 0;
	pid = fork();
	if (pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (!pid)
		sampler(samples, arg, n);
	while (!samples->ready) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			exit(1);
		usleep(1000);
	}
	/* The first samples are set-up, not steady state. */
	usleep(20000);
	return pid;
}

/* The load beside the sampler; the same for every method. */
static void measure(char **arg, int n)
{
	struct bench_samples *samples = bench_samples_new();
	uint64_t instructions, begin_ns, end_ns;
	pid_t pid;
	int status;

	bench_work_init();
	pid = start_sampler(samples, arg, n);
	if (bench_pin(BENCH_LOAD_CPU))
		bench_die("cannot pin: %s", strerror(errno));
	bench_work(1);
	begin_ns = bench_now_ns();
	instructions = bench_instructions(BENCH_LOAD_CPU);
	bench_work(rounds);
	instructions = bench_instructions(BENCH_LOAD_CPU) - instructions;
	end_ns = bench_now_ns();
	samples->stop = 1;
	if (pid && (waitpid(pid, &status, 0) != pid || status))
		exit(1);
	keep_window(samples, begin_ns, end_ns);
	print_result(arg[0], n > 1 ? arg[1] : "", !strcmp(arg[0], "synergy") ? arg[2] : "", samples,
		     instructions, end_ns - begin_ns);
}

/* One mark, or what it is compared with; all through the same pointer. */
struct marker {
	int fd;
	struct synergy_mark_page *page;
};

static void mark_ioctl(const struct marker *marker, uint32_t kind, uint32_t id)
{
	struct synergy_mark mark = { .size = sizeof(mark), .kind = kind, .id = id };

	if (ioctl(marker->fd, SYNERGY_IOC_MARK, &mark))
		bench_die("mark: %s", strerror(errno));
}

static void mark_page(const struct marker *marker, uint32_t kind, uint32_t id)
{
	struct synergy_mark_page *page = marker->page;
	struct synergy_mark_slot *slot = &page->slot[page->head % SYNERGY_MARK_SLOTS];

	if (page->head - __atomic_load_n(&page->taken, __ATOMIC_ACQUIRE) == SYNERGY_MARK_SLOTS) {
		mark_ioctl(marker, kind, id);
		return;
	}
	slot->cookie = 0;
	slot->kind = kind;
	slot->id = id;
	slot->time_ns = bench_now_ns();
	__atomic_store_n(&page->head, page->head + 1, __ATOMIC_RELEASE);
}

static void no_mark_ioctl(const struct marker *marker, uint32_t kind, uint32_t id)
{
	struct synergy_mark mark = { .size = sizeof(mark), .kind = kind, .id = id };

	if (!ioctl(marker->fd, _IO(SYNERGY_IOC_MAGIC, 0xff), &mark) || errno != ENOTTY)
		bench_die("an unknown ioctl was taken");
}

static void no_mark_call(const struct marker *marker, uint32_t kind, uint32_t id)
{
	(void)marker;
	(void)kind;
	(void)id;
	getppid();
}

static const struct way {
	const char *name;
	const char *text;
	void (*mark)(const struct marker *marker, uint32_t kind, uint32_t id);
	unsigned int burst;	/* pause after so many, for a tick to take the page over */
} ways[] = {
	{ "call", "none: a system call", no_mark_call, 0 },
	{ "ioctl", "none: an ioctl refused", no_mark_ioctl, 0 },
	{ "page", "in the page", mark_page, 64 },
	{ "page!", "in the page; no pause", mark_page, 0 },
	{ "-", "no session", mark_ioctl, 0 },
	{ "", NULL, mark_ioctl, 0 },	/* a number of events */
};

/* Marks one after another, on a core that does nothing else. */
static void measure_marks(const char *what)
{
	struct bench_session session = { .period_ns = 100000000 };
	struct synergy_client client = { .size = sizeof(client), .buffer_bytes = 1 << 20 };
	const struct way *way = ways;
	struct marker marker;
	uint64_t instructions = 0, ns = 0, period_ns;
	unsigned int burst, i;

	while (way->name[0] && strcmp(way->name, what))
		way++;
	session.n_events = way->text ? 0 : atoi(what);
	/* The ticks of this one take the page's marks before there are too many. */
	if (way->mark == mark_page)
		session.period_ns = 1000000;
	if (bench_pin(BENCH_LOAD_CPU))
		bench_die("cannot pin: %s", strerror(errno));
	marker.fd = way->name[0] == '-' ? open("/dev/synergy", O_RDWR | O_CLOEXEC | O_NONBLOCK) :
					  bench_session_start(&session, &period_ns);
	if (marker.fd < 0 || ioctl(marker.fd, SYNERGY_IOC_CLIENT, &client))
		bench_die("/dev/synergy: %s", strerror(errno));
	marker.page = mmap(NULL, sizeof(*marker.page), PROT_READ | PROT_WRITE, MAP_SHARED, marker.fd, 0);
	if (marker.page == MAP_FAILED)
		bench_die("/dev/synergy: mmap: %s", strerror(errno));
	burst = way->burst ? way->burst : MARKS;
	for (i = 0; i < 100; i++)	/* so that caches and branches are warm */
		way->mark(&marker, i & 1 ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN, i / 2);
	for (unsigned int done = 0; done < MARKS; done += burst) {
		uint64_t begin_ns, before;

		if (way->burst)
			usleep(5000);
		begin_ns = bench_now_ns();
		before = bench_instructions(BENCH_LOAD_CPU);
		for (i = 0; i < burst; i++)
			way->mark(&marker, i & 1 ? SYNERGY_MARK_END : SYNERGY_MARK_BEGIN, i / 2);
		instructions += bench_instructions(BENCH_LOAD_CPU) - before;
		ns += bench_now_ns() - begin_ns;
	}
	close(marker.fd);
	printf("%s,%.1f,%.1f\n", way->text ? way->text : what, (double)instructions / MARKS,
	       (double)ns / MARKS);
}

static void measure_reading(char **arg, int n)
{
	const struct bench_session session = {
		.period_ns = atoi(arg[0]) > 0 ? NSEC_PER_SEC / atoi(arg[0]) : 0,
		.n_events = atoi(arg[1]),
		.rail_mask = n > 2 ? strtoull(arg[2], NULL, 0) : 0,
		.bus_voltage_every = n > 3 ? atoi(arg[3]) : 0,
	};

	bench_reading(&session);
}

static int usage(void)
{
	fputs("usage: bench_sampling [--rounds N] [--base INSTRUCTIONS] "
	      "header | none | hwmon HZ | i2cdev HZ BUS ADDRESS | synergy HZ EVENTS [RAIL_MASK [BUS_EVERY]] | "
	      "reading HZ EVENTS [RAIL_MASK [BUS_EVERY]] | marker EVENTS|-|call|ioctl|page|page!\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int n_args;
	} methods[] = {
		{ "header", 0 }, { "none", 0 }, { "hwmon", 1 }, { "i2cdev", 3 },
		{ "synergy", 2 }, { "marker", 1 }, { "reading", 2 },
	};
	int at = 1;

	for (; at + 1 < argc && !strncmp(argv[at], "--", 2); at += 2) {
		if (!strcmp(argv[at], "--rounds"))
			rounds = atoi(argv[at + 1]);
		else if (!strcmp(argv[at], "--base"))
			base_instructions = strtoull(argv[at + 1], NULL, 0);
		else
			return usage();
	}
	for (size_t i = 0; at < argc && i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(argv[at], methods[i].name))
			continue;
		if (argc - at - 1 < methods[i].n_args)
			return usage();
		if (!i)
			return print_header(), 0;
		if (bench_counts_open())
			bench_die("no counts of instructions: not the virtual board, or no plugin");
		if (!strcmp(argv[at], "marker"))
			measure_marks(argv[at + 1]);
		else if (!strcmp(argv[at], "reading"))
			measure_reading(argv + at + 1, argc - at - 1);
		else
			measure(argv + at, argc - at);
		return 0;
	}
	return usage();
}
