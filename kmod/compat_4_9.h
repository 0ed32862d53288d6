/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernels between 4.9 (JetPack 4) and 5.10 lack: the same names, with the same
 * meaning, in terms of what they have. Included by compat.h alone.
 */
#ifndef SYNERGY_COMPAT_4_9_H
#define SYNERGY_COMPAT_4_9_H

#include <linux/compat.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/i2c.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/perf_event.h>
#include <linux/poll.h>
#include <linux/property.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timer.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

/* Every ioctl of ours takes a pointer or a number below 2^31. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 5, 0)
#ifdef CONFIG_COMPAT
static inline long synergy_compat_ptr_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return file->f_op->unlocked_ioctl(file, cmd, (unsigned long)compat_ptr(arg));
}

#define compat_ptr_ioctl	synergy_compat_ptr_ioctl
#else
#define compat_ptr_ioctl	NULL
#endif

static inline struct i2c_client *i2c_new_client_device(struct i2c_adapter *adapter,
						       const struct i2c_board_info *info)
{
	struct i2c_client *client = i2c_new_device(adapter, info);

	return client ? client : ERR_PTR(-ENODEV);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 8, 0)
static inline bool perfmon_capable(void)
{
	return capable(CAP_SYS_ADMIN);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 15, 0)
/* Not exported: a program that maps an event's page is left to read() it. */
static inline void synergy_compat_update_userpage(struct perf_event *event)
{
}

#define perf_event_update_userpage	synergy_compat_update_userpage
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 4, 0)
#define HRTIMER_MODE_ABS_PINNED_HARD	HRTIMER_MODE_ABS_PINNED

static inline int copy_struct_from_user(void *to, size_t to_size, const void __user *from,
					size_t from_size)
{
	size_t size = min(to_size, from_size);
	size_t i;
	u8 byte;

	/* What user space knows and we do not must be 0. */
	for (i = size; i < from_size; i++) {
		if (get_user(byte, (const u8 __user *)from + i))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	if (copy_from_user(to, from, size))
		return -EFAULT;
	memset(to + size, 0, to_size - size);
	return 0;
}
#endif

/* A timer's function was given a number, which is the timer's address here. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 14, 0)
#define timer_setup(timer, function, flags) \
	__setup_timer(timer, (void (*)(unsigned long))(function), (unsigned long)(timer), flags)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 20, 0)
static inline struct tracepoint *tracepoint_ptr_deref(struct tracepoint * const *p)
{
	return *p;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 18, 0)
/* SIZE_MAX, which no allocator gives, where the sum is not a size_t's. */
static inline size_t synergy_compat_size(size_t n, size_t each, size_t more)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, each, &bytes) || __builtin_add_overflow(bytes, more, &bytes))
		return SIZE_MAX;
	return bytes;
}

#define array_size(n, each)		synergy_compat_size(n, each, 0)
#define struct_size(p, member, n)						\
	synergy_compat_size(n, sizeof(*(p)->member), sizeof(*(p)))
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 17, 0)
#define for_each_sibling_event(sibling, leader)					\
	list_for_each_entry(sibling, &(leader)->sibling_list, group_entry)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 16, 0)
typedef unsigned int __poll_t;

#define EPOLLIN		POLLIN
#define EPOLLERR	POLLERR
#define EPOLLHUP	POLLHUP
#define EPOLLRDNORM	POLLRDNORM

#define DEFINE_SHOW_ATTRIBUTE(name)						\
static int name##_open(struct inode *inode, struct file *file)			\
{										\
	return single_open(file, name##_show, inode->i_private);		\
}										\
										\
static const struct file_operations name##_fops = {				\
	.owner		= THIS_MODULE,						\
	.open		= name##_open,						\
	.read		= seq_read,						\
	.llseek		= seq_lseek,						\
	.release	= single_release,					\
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 14, 0)
typedef struct call_single_data call_single_data_t;
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 13, 0)
#define of_fwnode_handle(node)	(&(node)->fwnode)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 12, 0)
static inline void *kvmalloc(size_t bytes, gfp_t flags)
{
	void *p = NULL;

	if (bytes <= KMALLOC_MAX_SIZE)
		p = kmalloc(bytes, flags | __GFP_NOWARN | __GFP_NORETRY);
	return p ? p : __vmalloc(bytes, flags | __GFP_HIGHMEM, PAGE_KERNEL);
}

static inline unsigned int cpumask_last(const struct cpumask *mask)
{
	return find_last_bit(cpumask_bits(mask), nr_cpumask_bits);
}
#endif

#endif /* SYNERGY_COMPAT_4_9_H */
