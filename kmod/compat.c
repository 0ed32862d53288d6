// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel facilities that modules reach in different ways, or not at all: see
 * compat.h.
 */
#include <linux/capability.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/string.h>

#include "compat.h"
#include "internal.h"

/*
 * perf's own check of perf_event_paranoid is not exported, and neither is the
 * variable, so the file is read. The caller may live in a mount namespace of
 * its own making, hence the look at what was opened: it must be proc's own
 * sys/kernel/perf_event_paranoid, whatever the path went through. In every
 * doubt the level is the strictest.
 */
static bool is_named(const struct dentry *dentry, const char *name)
{
	return !strcmp(dentry->d_name.name, name);
}

static bool is_paranoid_file(const struct file *file)
{
	const struct dentry *dentry = file->f_path.dentry;
	const struct dentry *kernel = dentry->d_parent;
	const struct dentry *sys = kernel->d_parent;

	return dentry->d_sb->s_magic == PROC_SUPER_MAGIC &&
	       is_named(dentry, "perf_event_paranoid") && is_named(kernel, "kernel") &&
	       is_named(sys, "sys") && IS_ROOT(sys->d_parent);
}

static ssize_t read_start(struct file *file, char *text, size_t bytes)
{
	loff_t pos = 0;

	/* The arguments changed their places in 4.14. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 14, 0)
	return kernel_read(file, text, bytes, &pos);
#else
	return kernel_read(file, pos, text, bytes);
#endif
}

static int paranoid_level(void)
{
	const int strictest = 4;
	struct file *file;
	char text[16] = "";
	int level = strictest;

	file = filp_open("/proc/sys/kernel/perf_event_paranoid", O_RDONLY, 0);
	if (IS_ERR(file))
		return strictest;
	if (!is_paranoid_file(file) || read_start(file, text, sizeof(text) - 1) <= 0 ||
	    kstrtoint(strim(text), 10, &level))
		level = strictest;
	filp_close(file, NULL);
	return level;
}

/* As perf_event_open() has it for an event of a whole core. */
int synergy_pmu_allowed(void)
{
	return perfmon_capable() || paranoid_level() <= 0 ? 0 : -EACCES;
}
