// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCG plugin: counts what each virtual core executes, models the Cortex-A57's
 * caches for bus accesses, works out the power that it takes (power.h), and writes
 * it, with a log, into memory that the guest sees (kmod/sim/layout.h). It changes
 * nothing that the guest computes. Arguments: shared=FILE, and cpus=N for a check;
 * shift=N as -icount has it; truth=FILE and truth_us=N: the energy that each rail has
 * drawn goes there, each N us (10), for as long as a model is set; see truth.h.
 *
 * Under -icount one thread executes all cores by turns. QEMU 7.2 then lets one
 * busy core starve the others for up to hundreds of milliseconds; asking cores
 * to leave their loop after some ten thousand instructions cures that.
 *
 * The functions and variables of QEMU that the interface lacks (its clock,
 * cpu_exit()) are looked up by name in the running program. Without them there
 * is no log, or no cure, and a warning says so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "a64.h"
#include "api.h"
#include "cache.h"
#include "power.h"
#include "truth.h"

#define LOG_STEP_NS		2000	/* of executed time */
#define TURN_NS			10000	/* of executed time, until the next core's turn */
#define QEMU_CLOCK_VIRTUAL	1

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/*
 * A block's contents, packed into the callback's pointer: 16 bits each of
 * instructions, SIMD and scalar floating point, and these.
 */
#define BLOCK_SIMD_SHIFT	16
#define BLOCK_VFP_SHIFT		32
#define BLOCK_MASK		0xffffULL
#define BLOCK_KERNEL		(1ULL << 62)
#define BLOCK_WFI		(1ULL << 63)

static struct synergy_sim_shared *shared;
static struct cache_l1 l1[SYNERGY_SIM_MAX_CPUS];
static struct cache_l2 l2;
static int n_cpus;
static unsigned int ns_shift;	/* an instruction takes 1 << ns_shift nanoseconds */
static uint64_t log_step;	/* instructions */
static uint64_t turn;		/* instructions */
static struct power_state power;
static struct truth truth;

/* QEMU's own. */
static int64_t (*clock_get_ns)(int type);
static void *(*get_cpu)(int index);
static void (*ask_to_leave)(void *cpu);
static const int *use_icount;

/* Executed so far, and when to look up next; by core for free-running ones. */
static struct progress {
	uint64_t total;
	uint64_t look;
	uint64_t padding[6];
} progress[SYNERGY_SIM_MAX_CPUS];

/* Under -icount: one line of execution. */
static struct {
	uint64_t total;		/* instructions executed, all cores */
	uint64_t look;		/* look up when total gets here */
	unsigned int cpu;	/* whose turn it is */
	uint64_t turn_end;	/* ask it to leave when total gets here */
	uint64_t log_next;	/* log when total gets here */
	int64_t offset_ns;	/* the clock is total's time + offset */
	int64_t clock_ns;	/* as last read */
	uint64_t clock_total;	/* total at that time */
	void **current_cpu;	/* QEMU's, of the executing thread */
} line = { .cpu = ~0U };

static uint64_t logged_ns;
static char log_lock;

static void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("synergy-plugin: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

/* ------------------------------------------------------------------------
 * The log
 */

static void sum_work(struct power_work *work)
{
	int i, mode;

	memset(work, 0, sizeof(*work));
	for (i = 0; i < n_cpus; i++) {
		for (mode = 0; mode < 2; mode++) {
			const uint64_t *count =
				(const uint64_t *)shared->cpu[i].count[mode];

			work->simd += count[SYNERGY_SIM_SIMD];
			work->bus += count[SYNERGY_SIM_BUS];
			work->inst += count[SYNERGY_SIM_INST];
		}
	}
}

/* The state goes on to @time_ns, and into the log. */
static void log_step_to(const struct power_work *work, uint64_t time_ns)
{
	struct synergy_sim_present *present = &shared->present;
	struct synergy_sim_entry *entry = &shared->log[shared->log_head % SYNERGY_SIM_LOG_ENTRIES];

	power_step(&power, &shared->model, work, time_ns);
	power_entry(&power, &shared->model, entry);
	__atomic_store_n(&shared->log_head, shared->log_head + 1, __ATOMIC_RELEASE);
	present->entry = *entry;
	present->simd = work->simd;
	present->bus = work->bus;
	present->inst = work->inst;
	memcpy(present->slope, power.slope, sizeof(present->slope));
	present->millicelsius = shared->model.ambient_mc + (int32_t)(power.kelvin * 1e3);
	if (shared->model.changes)
		truth_add(&truth, entry, shared->clock_offset_ns);
}

static void log_moment(uint64_t time_ns)
{
	struct power_work work;
	uint64_t rest_ns;

	if (time_ns < logged_ns)
		time_ns = logged_ns;
	sum_work(&work);
	/* While all cores sleep, what passes the shunts still goes its way. */
	while (!memcmp(&work, &power.work, sizeof(work))) {
		rest_ns = power_rest_ns(&power, &shared->model, time_ns);
		if (rest_ns >= time_ns - logged_ns)
			break;
		logged_ns += rest_ns;
		log_step_to(&work, logged_ns);
	}
	logged_ns = time_ns;
	log_step_to(&work, time_ns);
}

/*
 * The clock may not be read while a block executes; QEMU would end the program.
 * To a thread that executes no core it gives the time at which the turn began,
 * or at which the guest itself last read it.
 */
static int64_t turn_clock_ns(void)
{
	void *cpu;
	int64_t ns;

	if (!line.current_cpu)
		line.current_cpu = dlsym(RTLD_DEFAULT, "current_cpu");
	cpu = *line.current_cpu;
	*line.current_cpu = NULL;
	ns = clock_get_ns(QEMU_CLOCK_VIRTUAL);
	*line.current_cpu = cpu;
	return ns;
}

/*
 * Where the clock stands at the beginning of this block. Instructions take equal
 * times, but the clock leaps when all cores sleep, and a block left in the
 * middle was counted whole. At the beginning of a turn it can be read exactly.
 * Otherwise a reading that has changed holds for some time since the last.
 */
static uint64_t line_time_ns(bool turn_begins)
{
	int64_t clock_ns = turn_clock_ns();
	int64_t time_ns = (line.total << ns_shift) + line.offset_ns;
	int64_t limit_ns = clock_ns + (int64_t)((line.total - line.clock_total) << ns_shift);

	if (turn_begins || time_ns < clock_ns)
		time_ns = clock_ns;
	else if (clock_ns != line.clock_ns && time_ns > limit_ns)
		time_ns = limit_ns;
	line.clock_ns = clock_ns;
	line.clock_total = line.total;
	return time_ns;
}

static void log_line(bool turn_begins)
{
	uint64_t expected_ns = (line.total << ns_shift) + line.offset_ns;
	uint64_t time_ns = line_time_ns(turn_begins);

	/* All cores slept in between: two corners, not one slope. */
	if (time_ns > expected_ns + 100)
		log_moment(expected_ns);
	line.offset_ns = (int64_t)(time_ns - (line.total << ns_shift));
	log_moment(time_ns);
	line.log_next = line.total + log_step;
}

/* ------------------------------------------------------------------------
 * Whose turn it is
 */

static void ask_others_to_leave(unsigned int but)
{
	int i;

	for (i = 0; i < n_cpus; i++)
		if (i != (int)but)
			ask_to_leave(get_cpu(i));
}

static void take_turns(unsigned int cpu, bool turn_begins)
{
	if (!ask_to_leave) {
		line.turn_end = UINT64_MAX;
		return;
	}
	if (turn_begins)
		ask_others_to_leave(cpu);
	else if (line.total >= line.turn_end)
		ask_to_leave(get_cpu(cpu));
	else
		return;
	line.turn_end = line.total + turn;
}

static __attribute__((noinline)) void look_up(unsigned int cpu)
{
	bool turn_begins = cpu != line.cpu;

	line.cpu = cpu;
	take_turns(cpu, turn_begins);
	if (clock_get_ns)
		log_line(turn_begins);
	else
		line.log_next = UINT64_MAX;
	line.look = line.turn_end < line.log_next ? line.turn_end : line.log_next;
}

/* ------------------------------------------------------------------------
 * Counting
 */

static inline uint64_t *counts(unsigned int cpu, bool kernel)
{
	return (uint64_t *)shared->cpu[cpu].count[kernel];
}

static inline void count_block(unsigned int cpu, uint64_t block)
{
	uint64_t *count = counts(cpu, block & BLOCK_KERNEL);

	count[SYNERGY_SIM_INST] += block & BLOCK_MASK;
	count[SYNERGY_SIM_SIMD] += block >> BLOCK_SIMD_SHIFT & BLOCK_MASK;
	count[SYNERGY_SIM_VFP] += block >> BLOCK_VFP_SHIFT & 0x3fff;
}

static void block_by_turns(unsigned int cpu, void *data)
{
	uint64_t block = (uintptr_t)data;

	if (__builtin_expect(cpu != line.cpu || line.total >= line.look, 0))
		look_up(cpu);
	count_block(cpu, block);
	line.total += block & BLOCK_MASK;
	if (block & BLOCK_WFI)
		line.look = 0;
}

static __attribute__((noinline)) void look_up_free(unsigned int cpu)
{
	struct progress *p = &progress[cpu];

	p->look = p->total + log_step;
	if (!clock_get_ns || __atomic_test_and_set(&log_lock, __ATOMIC_ACQUIRE))
		return;		/* somebody else is logging just now */
	log_moment(clock_get_ns(QEMU_CLOCK_VIRTUAL));
	__atomic_clear(&log_lock, __ATOMIC_RELEASE);
}

static void block_free(unsigned int cpu, void *data)
{
	uint64_t block = (uintptr_t)data;
	struct progress *p = &progress[cpu];

	if (__builtin_expect(p->total >= p->look, 0))
		look_up_free(cpu);
	count_block(cpu, block);
	p->total += block & BLOCK_MASK;
}

static __attribute__((noinline)) void miss(unsigned int cpu, uint64_t number, bool store,
					   uint64_t *count)
{
	struct cache_events events = { 0 };

	cache_miss(l1, n_cpus, cpu, &l2, number, store, &events);
	count[SYNERGY_SIM_L1D_REFILL] += events.l1_refill;
	count[SYNERGY_SIM_L1D_WB] += events.l1_writeback;
	count[SYNERGY_SIM_L2D_ACCESS] += events.l2_access;
	count[SYNERGY_SIM_L2D_REFILL] += events.l2_refill;
	count[SYNERGY_SIM_L2D_WB] += events.l2_writeback;
	count[SYNERGY_SIM_BUS] += CACHE_BEATS * (events.l2_refill + events.l2_writeback);
}

static void memory(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	bool store = qemu_plugin_mem_is_store(info);
	uint64_t *count = counts(cpu, data);
	uint64_t number = address >> CACHE_LINE_SHIFT;

	count[store ? SYNERGY_SIM_STORE : SYNERGY_SIM_LOAD]++;
	if (!cache_hit(&l1[cpu], number, store))
		miss(cpu, number, store, count);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	/* Addresses from the middle up are the kernel's. */
	bool kernel = qemu_plugin_tb_vaddr(tb) >> 63;
	uint64_t block = n | (kernel ? BLOCK_KERNEL : 0);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t word;

		if (qemu_plugin_insn_size(insn) != sizeof(word))
			continue;
		memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
		switch (synergy_a64_classify(word)) {
		case SYNERGY_A64_SIMD:
			block += 1ULL << BLOCK_SIMD_SHIFT;
			break;
		case SYNERGY_A64_VFP:
			block += 1ULL << BLOCK_VFP_SHIFT;
			break;
		case SYNERGY_A64_LOAD_STORE:
			/* 7.2 calls back for loads, too, if only stores are asked for. */
			qemu_plugin_register_vcpu_mem_cb(insn, memory, QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_RW,
							 (void *)(uintptr_t)kernel);
			break;
		default:
			if (word == SYNERGY_A64_WFI)
				block |= BLOCK_WFI;
		}
	}
	qemu_plugin_register_vcpu_tb_exec_cb(tb, *use_icount ? block_by_turns : block_free,
					     QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)block);
}

/* ------------------------------------------------------------------------
 * Set-up
 */

static int map_shared(const char *path)
{
	struct stat status;
	void *memory_map;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		warn("%s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &status) < 0 || status.st_size < (off_t)sizeof(*shared)) {
		warn("%s: has %lld bytes, needs at least %zu", path, (long long)status.st_size,
		     sizeof(*shared));
		close(fd);
		return -1;
	}
	memory_map = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (memory_map == MAP_FAILED) {
		warn("%s: %s", path, strerror(errno));
		return -1;
	}
	shared = memory_map;
	return 0;
}

static void look_for_qemu(void)
{
	static const int never;

	clock_get_ns = (int64_t (*)(int))dlsym(RTLD_DEFAULT, "qemu_clock_get_ns");
	get_cpu = (void *(*)(int))dlsym(RTLD_DEFAULT, "qemu_get_cpu");
	ask_to_leave = (void (*)(void *))dlsym(RTLD_DEFAULT, "cpu_exit");
	use_icount = dlsym(RTLD_DEFAULT, "use_icount");
	if (!use_icount)
		use_icount = &never;
	if (!clock_get_ns || (use_icount == &never) || !dlsym(RTLD_DEFAULT, "current_cpu")) {
		warn("this QEMU does not show its clock: power is averaged over longer times");
		clock_get_ns = NULL;
	}
	if (!get_cpu || !ask_to_leave) {
		warn("this QEMU has no cpu_exit(): with -icount, busy cores may starve others");
		ask_to_leave = NULL;
	}
}

static void fill_shared(void)
{
	memset(shared, 0, sizeof(*shared));
	shared->version = SYNERGY_SIM_VERSION;
	shared->size = sizeof(*shared);
	shared->n_cpus = n_cpus;
	shared->log_step_ns = LOG_STEP_NS;
	shared->ns_shift = ns_shift;
	if (clock_get_ns)
		shared->flags |= SYNERGY_SIM_F_LOG;
	__atomic_store_n(&shared->magic, SYNERGY_SIM_MAGIC, __ATOMIC_RELEASE);
}

static void end(qemu_plugin_id_t id, void *unused)
{
	(void)id, (void)unused;
	if (truth_close(&truth, shared->rails) < 0)
		warn("the truth is not whole: %s", strerror(errno));
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv);
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	const char *path = NULL, *truth_path = NULL;
	unsigned int truth_us = 10;
	int i;

	if (!info->system_emulation || strcmp(info->target_name, "aarch64")) {
		warn("is for qemu-system-aarch64, not for %s", info->target_name);
		return -1;
	}
	n_cpus = info->system.smp_vcpus;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "shared=", 7)) {
			path = argv[i] + 7;
		} else if (!strncmp(argv[i], "truth=", 6)) {
			truth_path = argv[i] + 6;
		} else if (!strncmp(argv[i], "truth_us=", 9) && atoi(argv[i] + 9) > 0) {
			truth_us = atoi(argv[i] + 9);
		} else if (!strncmp(argv[i], "shift=", 6) && strtoul(argv[i] + 6, NULL, 10) <= 6) {
			ns_shift = strtoul(argv[i] + 6, NULL, 10);
		} else if (strncmp(argv[i], "cpus=", 5) || atoi(argv[i] + 5) != n_cpus) {
			warn("argument %s: want shared=FILE, cpus=%d, shift=N, truth=FILE, truth_us=N",
			     argv[i], n_cpus);
			return -1;
		}
	}
	log_step = LOG_STEP_NS >> ns_shift;
	turn = TURN_NS >> ns_shift;
	if (!path || n_cpus > SYNERGY_SIM_MAX_CPUS) {
		warn(path ? "%d cores are more than %d" : "wants shared=FILE", n_cpus,
		     SYNERGY_SIM_MAX_CPUS);
		return -1;
	}
	if (map_shared(path) < 0)
		return -1;
	if (truth_path && truth_open(&truth, truth_path, truth_us) < 0) {
		warn("%s: %s", truth_path, strerror(errno));
		return -1;
	}
	look_for_qemu();
	fill_shared();
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, end, NULL);
	return 0;
}
