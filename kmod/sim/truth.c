// SPDX-License-Identifier: GPL-2.0-only
/*
 * The truth, to hold measurements against. In debugfs, CSV with a header:
 *
 *	synergy-sim/energy	time and energy now
 *	synergy-sim/marks	the same, and the counts of each core, at every mark
 *				that synergy.ko makes (its tracepoint
 *				synergy:synergy_marker); any write empties it
 *
 * Columns of marks: time_ns is the interval's edge as the MARKER record has it
 * (done_ns of BEGIN and POINT, hdr.time_ns of END), at_ns when energy and counts
 * were taken, some hundred instructions further inside the interval; kind, id,
 * cookie, tid, cpu; then VDD_IN_pj, VDD_GPU_pj, VDD_CPU_pj (or what the board calls
 * these rails): what was drawn, before any time constant; and for each core N
 * instN, simdN, busN, memN, l1dN (refills), user and kernel together. All are sums
 * since the board started; an interval is a difference. The last line is
 * `# lost: N` if N marks found no room.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>

#include "board.h"
#include "sim.h"

#define MARK_POINT	0	/* enum synergy_mark_kind: part of the UAPI */
#define MARK_BEGIN	1
#define MARK_ID_TOOLS	0xfffffffdU	/* from here on ids are not a program's layers */

static unsigned int marks = 100000;
module_param(marks, uint, 0444);
MODULE_PARM_DESC(marks, "marks that the log of true energy holds (default 100000; 0 stays off the trace point)");

/**
 * struct mark_counts - what a core's plugin has counted at a mark
 * @inst: instructions
 * @simd: advanced-SIMD instructions
 * @bus: bus accesses
 * @mem: loads and stores
 * @l1d: refills of the level 1 data cache
 */
struct mark_counts {
	u64 inst;
	u64 simd;
	u64 bus;
	u64 mem;
	u64 l1d;
};

/**
 * struct mark - true energy and counts at a mark
 * @time_ns: of the mark, CLOCK_MONOTONIC
 * @at_ns: when the energy was read
 * @cookie: of the mark
 * @drawn_pj: energy of each rail since the module was loaded
 * @kind: BEGIN, END, POINT
 * @id: of the mark
 * @tid: who made it
 * @cpu: on which core
 * @complete: 1: all members are written
 * @core: counts of each core
 */
struct mark {
	u64 time_ns;
	u64 at_ns;
	u64 cookie;
	u64 drawn_pj[SYNERGY_SIM_MODEL_RAILS];
	u32 kind;
	u32 id;
	u32 tid;
	u16 cpu;
	u16 complete;
	struct mark_counts core[];
};

static DEFINE_MUTEX(attach_lock);	/* protects attached and the log's life */
static struct tracepoint *attached;
static void *mark_log;
static size_t mark_size;
static atomic_t mark_count;
static u32 n_cores;

static struct mark *mark_at(u32 index)
{
	return mark_log + index * mark_size;
}

/* ------------------------------------------------------------------------
 * Taking marks: on the measured program's own core, so only what must be
 */

static void take_counts(struct mark *mark)
{
	const struct synergy_sim_shared *shared = synergy_sim_shared();
	struct synergy_sim_sums sums = {};
	u32 i, mode;

	mark->at_ns = ktime_get_ns();
	if (!shared)
		synergy_sim_now(&sums);
	for (i = 0; i < n_cores; i++) {
		struct mark_counts *core = &mark->core[i];

		memset(core, 0, sizeof(*core));
		for (mode = 0; mode < 2; mode++) {
			const u64 *count = shared->cpu[i].count[mode];

			core->inst += READ_ONCE(count[SYNERGY_SIM_INST]);
			core->simd += READ_ONCE(count[SYNERGY_SIM_SIMD]);
			core->bus += READ_ONCE(count[SYNERGY_SIM_BUS]);
			core->mem += READ_ONCE(count[SYNERGY_SIM_LOAD]) +
				     READ_ONCE(count[SYNERGY_SIM_STORE]);
			core->l1d += READ_ONCE(count[SYNERGY_SIM_L1D_REFILL]);
		}
		sums.inst += core->inst;
		sums.simd += core->simd;
		sums.bus += core->bus;
	}
	synergy_sim_drawn(&sums, mark->drawn_pj);
}

static void note_mark(void *data, u32 kind, u32 id, u64 cookie, u32 tid, u64 time_ns)
{
	u32 index = atomic_fetch_inc(&mark_count);
	struct mark *mark;

	if (index >= marks)
		return;
	mark = mark_at(index);
	if (kind != MARK_BEGIN)
		take_counts(mark);
	if (kind != MARK_POINT && id < MARK_ID_TOOLS)
		synergy_sim_power_layer(kind == MARK_BEGIN, id, cookie);
	mark->time_ns = time_ns;
	mark->cookie = cookie;
	mark->kind = kind;
	mark->id = id;
	mark->tid = tid;
	mark->cpu = raw_smp_processor_id();
	if (kind == MARK_BEGIN)
		take_counts(mark);
	smp_store_release(&mark->complete, 1);	/* after all else: marks_complete() */
}

/* ------------------------------------------------------------------------
 * synergy.ko comes and goes
 */

static struct tracepoint *find_tracepoint(struct module *mod)
{
	unsigned int i;

	for (i = 0; i < mod->num_tracepoints; i++) {
		struct tracepoint *tp = tracepoint_ptr_deref(&mod->tracepoints_ptrs[i]);

		if (!strcmp(tp->name, "synergy_marker"))
			return tp;
	}
	return NULL;
}

static void attach(struct tracepoint *tp)
{
	if (!mark_log)
		mark_log = vzalloc(array_size(marks, mark_size));
	/* The allocator has said so in the log; the file has no marks then. */
	if (!mark_log)
		return;
	if (!tracepoint_probe_register(tp, note_mark, NULL))
		attached = tp;
}

static void detach(void)
{
	if (!attached)
		return;
	tracepoint_probe_unregister(attached, note_mark, NULL);
	tracepoint_synchronize_unregister();
	attached = NULL;
}

static int module_event(struct notifier_block *block, unsigned long event, void *data)
{
	struct tp_module *tp_mod = data;
	struct tracepoint *tp = find_tracepoint(tp_mod->mod);

	if (!tp || !marks)
		return NOTIFY_OK;
	mutex_lock(&attach_lock);
	if (event == MODULE_STATE_COMING && !attached)
		attach(tp);
	else if (event == MODULE_STATE_GOING && attached == tp)
		detach();
	mutex_unlock(&attach_lock);
	return NOTIFY_OK;
}

static struct notifier_block module_block = { .notifier_call = module_event };

/* ------------------------------------------------------------------------
 * Files
 */

static void show_energy(struct seq_file *file, const u64 *pj)
{
	u32 rail;

	for (rail = 0; rail < SYNERGY_SIM_MODEL_RAILS; rail++)
		seq_printf(file, ",%llu", pj[rail]);
}

static void show_rails(struct seq_file *file)
{
	u32 rail;

	for (rail = 0; rail < SYNERGY_SIM_MODEL_RAILS; rail++)
		seq_printf(file, ",%s_pj", synergy_sim_rail_name(rail));
}

static int energy_show(struct seq_file *file, void *unused)
{
	struct synergy_sim_sums sums;
	u64 time_ns = synergy_sim_now(&sums);
	u64 pj[SYNERGY_SIM_MODEL_RAILS];

	synergy_sim_drawn(&sums, pj);
	seq_puts(file, "time_ns");
	show_rails(file);
	seq_printf(file, "\n%llu", time_ns);
	show_energy(file, pj);
	seq_putc(file, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(energy);

static u32 marks_complete(void)
{
	u32 n = min_t(u32, atomic_read(&mark_count), marks);

	/* pairs with note_mark() */
	while (n && !smp_load_acquire(&mark_at(n - 1)->complete))
		n--;
	return n;
}

/* Position 0 is the header, then the marks, then the count of lost ones. */
static void *marks_start(struct seq_file *file, loff_t *pos)
{
	mutex_lock(&attach_lock);
	if (!mark_log)
		return *pos ? NULL : SEQ_START_TOKEN;
	return *pos > marks_complete() + 1ULL ? NULL : pos;
}

static void *marks_next(struct seq_file *file, void *v, loff_t *pos)
{
	++*pos;
	if (!mark_log)
		return NULL;
	return *pos > marks_complete() + 1ULL ? NULL : pos;
}

static void marks_stop(struct seq_file *file, void *v)
{
	mutex_unlock(&attach_lock);
}

static void show_header(struct seq_file *file)
{
	u32 i;

	seq_puts(file, "time_ns,at_ns,kind,id,cookie,tid,cpu");
	show_rails(file);
	for (i = 0; i < n_cores; i++)
		seq_printf(file, ",inst%u,simd%u,bus%u,mem%u,l1d%u", i, i, i, i, i);
	seq_putc(file, '\n');
}

static void show_mark(struct seq_file *file, const struct mark *mark)
{
	u32 i;

	seq_printf(file, "%llu,%llu,%u,%u,%llu,%u,%u", mark->time_ns, mark->at_ns, mark->kind,
		   mark->id, mark->cookie, mark->tid, mark->cpu);
	show_energy(file, mark->drawn_pj);
	for (i = 0; i < n_cores; i++)
		seq_printf(file, ",%llu,%llu,%llu,%llu,%llu", mark->core[i].inst,
			   mark->core[i].simd, mark->core[i].bus, mark->core[i].mem,
			   mark->core[i].l1d);
	seq_putc(file, '\n');
}

static int marks_show(struct seq_file *file, void *v)
{
	u64 pos = v == SEQ_START_TOKEN ? 0 : *(loff_t *)v;
	u32 made = atomic_read(&mark_count);

	if (!pos)
		show_header(file);
	else if (pos <= marks_complete())
		show_mark(file, mark_at(pos - 1));
	else if (made > marks)
		seq_printf(file, "# lost: %u\n", made - marks);
	return 0;
}

static const struct seq_operations marks_ops = {
	.start	= marks_start,
	.next	= marks_next,
	.stop	= marks_stop,
	.show	= marks_show,
};

static int marks_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &marks_ops);
}

static ssize_t marks_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	mutex_lock(&attach_lock);
	if (mark_log) {
		memset(mark_log, 0, array_size(min_t(u32, atomic_read(&mark_count), marks),
					       mark_size));
		atomic_set(&mark_count, 0);
	}
	mutex_unlock(&attach_lock);
	return size;
}

static const struct file_operations marks_fops = {
	.owner		= THIS_MODULE,
	.open		= marks_open,
	.read		= seq_read,
	.write		= marks_write,
	.llseek		= seq_lseek,
	.release	= seq_release,
};

/**
 * synergy_sim_truth_init() - watch for synergy.ko
 *
 * Return: 0 or a negative errno
 */
int synergy_sim_truth_init(void)
{
	if (marks > 10000000) {
		pr_err("parameter marks=%u is not within 0..10000000\n", marks);
		return -EINVAL;
	}
	n_cores = synergy_sim_shared() ? synergy_sim_shared()->n_cpus : 0;
	mark_size = sizeof(struct mark) + n_cores * sizeof(struct mark_counts);
	return register_tracepoint_module_notifier(&module_block);
}

/**
 * synergy_sim_truth_files() - make the files
 * @root: the simulator's directory
 */
void synergy_sim_truth_files(struct dentry *root)
{
	debugfs_create_file("energy", 0400, root, NULL, &energy_fops);
	debugfs_create_file("marks", 0600, root, NULL, &marks_fops);
}

/**
 * synergy_sim_truth_exit() - stop watching marks; the files must be gone
 */
void synergy_sim_truth_exit(void)
{
	unregister_tracepoint_module_notifier(&module_block);
	mutex_lock(&attach_lock);
	detach();
	mutex_unlock(&attach_lock);
	vfree(mark_log);
}
