// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/synergy: open, read, poll, ioctl, close. What the calls mean is in
 * uapi/linux/synergy.h; what they do to the device is session.c's.
 *
 * Numbers are matched by magic and number alone: structures grow, and their
 * size travels in their first word, not in the command.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "internal.h"

static int synergy_open(struct inode *inode, struct file *filp)
{
	struct synergy_file *file;
	int err = synergy_file_alloc(filp->f_mode & FMODE_READ, filp->f_mode & FMODE_WRITE, &file);

	if (err) {
		spin_lock(&synergy_stream.lock);
		synergy_stream.files_refused++;
		spin_unlock(&synergy_stream.lock);
		return err;
	}
	filp->private_data = file;
	synergy_file_join(file);
	return stream_open(inode, filp);
}

static int synergy_release(struct inode *inode, struct file *filp)
{
	struct synergy_file *file = filp->private_data;

	if (file->slots.page)
		synergy_mark_page_take(file);
	/*
	 * From here on nobody looks at the file's page, which may still be written to:
	 * whoever pinned it needs no mapping.
	 */
	synergy_file_leave(file);
	synergy_marks_abandon(file);
	mutex_lock(&synergy_board.lock);
	synergy_session_release(file);
	mutex_unlock(&synergy_board.lock);
	synergy_file_free(file);
	return 0;
}

/*
 * Copy @bytes, which are whole records, out of the ring. What of them had been
 * copied whole when a copy failed is consumed and returned; the rest stays.
 */
static ssize_t copy_records(struct synergy_file *file, char __user *buf, u32 bytes)
{
	u32 done = 0;

	while (done < bytes) {
		const u8 *src;
		u32 chunk = synergy_ring_chunk(&file->ring, done, bytes - done, &src);
		u32 left = copy_to_user(buf + done, src, chunk);

		done += chunk - left;
		if (left)
			break;
	}
	done = synergy_ring_whole(&file->ring, done);
	if (!done)
		return -EFAULT;
	file->read_any = true;
	synergy_ring_consume(&file->ring, done);
	return done;
}

static bool readable(const struct synergy_file *file)
{
	return synergy_ring_used(&file->ring) || READ_ONCE(file->ring.lost);
}

static ssize_t read_once(struct synergy_file *file, char __user *buf, size_t count)
{
	u32 room = min_t(size_t, count, SYNERGY_RING_MAX);
	bool gone;
	u32 bytes;

	lockdep_assert_held(&file->read_lock);
	if (!file->ring.data)
		return -EBADF;
	/* Acquired first: what was put in before it was set is then seen, too. */
	gone = smp_load_acquire(&file->gone);

	if (!synergy_ring_used(&file->ring))
		synergy_mark_pages_take(SYNERGY_MARK_SLOTS);
	/* A loss that no record followed has not been reported yet. */
	if (!synergy_ring_used(&file->ring) && !synergy_stream_report_lost(file))
		return gone ? -ENODEV : -EAGAIN;
	bytes = synergy_ring_whole(&file->ring, room);
	return bytes ? copy_records(file, buf, bytes) : -EINVAL;
}

static ssize_t synergy_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct synergy_file *file = filp->private_data;
	bool nonblock = filp->f_flags & O_NONBLOCK;
	ssize_t ret;

	for (;;) {
		if (nonblock) {
			if (!mutex_trylock(&file->read_lock))
				return -EAGAIN;
		} else if (mutex_lock_interruptible(&file->read_lock)) {
			return -ERESTARTSYS;
		}
		ret = read_once(file, buf, count);
		mutex_unlock(&file->read_lock);
		if (ret != -EAGAIN || nonblock)
			return ret;
		if (wait_event_interruptible(file->wait, readable(file) ||
					     READ_ONCE(file->gone)))
			return -ERESTARTSYS;
	}
}

static __poll_t synergy_poll(struct file *filp, poll_table *wait)
{
	struct synergy_file *file = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &file->wait, wait);
	if (!readable(file))
		synergy_mark_pages_take(SYNERGY_MARK_SLOTS);
	if (READ_ONCE(file->gone))
		mask |= EPOLLHUP | EPOLLERR;
	if (readable(file))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

/*
 * ---- ioctls. What changes the session runs under board.lock; who only asks what there
 * is, or sets up a file, waits for nobody.
 */

static int ioc_device(struct synergy_file *file, void *arg)
{
	struct synergy_device *dev = arg;

	if (dev->flags || synergy_replay_get(file, SYNERGY_INFO_DEVICE, 0, dev, sizeof(*dev)))
		return -EINVAL;
	dev->n_files = READ_ONCE(synergy_stream.n_files);
	dev->n_pages = READ_ONCE(synergy_stream.n_pages);
	dev->files_refused = READ_ONCE(synergy_stream.files_refused);
	dev->pages_refused = READ_ONCE(synergy_stream.pages_refused);
	return 0;
}

static int ioc_chip(struct synergy_file *file, void *arg)
{
	struct synergy_chip *chip = arg;
	const struct synergy_chip *live;

	if (chip->flags || synergy_replay_get(file, SYNERGY_INFO_CHIP, chip->index, chip,
					      sizeof(*chip)))
		return -EINVAL;
	/* What sampling finds out, as it does; a chip's slot stays till the module goes. */
	live = &synergy_board.chips[array_index_nospec(chip->index, SYNERGY_MAX_CHIPS)]->info;
	chip->conversion_ppm = READ_ONCE(live->conversion_ppm);
	chip->conversion_margin_ppm = READ_ONCE(live->conversion_margin_ppm);
	return 0;
}

static int ioc_rail(struct synergy_file *file, void *arg)
{
	struct synergy_rail *rail = arg;

	if (rail->flags)
		return -EINVAL;
	return synergy_replay_get(file, SYNERGY_INFO_RAIL, rail->index, rail, sizeof(*rail));
}

static int ioc_configure(struct synergy_file *file, void *arg)
{
	struct synergy_configure *cfg = arg;
	struct synergy_event *events;
	u32 n_columns;
	int err;

	err = synergy_session_fetch(cfg, &events, &n_columns);
	if (err)
		return err;
	if (mutex_lock_killable(&synergy_board.lock)) {
		kfree(events);
		return -EINTR;
	}
	err = READ_ONCE(file->gone) ? -ENODEV :
	      synergy_session_configure(file, cfg, events, n_columns);
	mutex_unlock(&synergy_board.lock);
	if (err)
		kfree(events);
	return err;
}

static int ioc_start(struct synergy_file *file, void *arg)
{
	const struct synergy_control *ctl = arg;

	return ctl->flags ? -EINVAL : synergy_session_start(file);
}

static int ioc_stop(struct synergy_file *file, void *arg)
{
	const struct synergy_control *ctl = arg;

	return ctl->flags ? -EINVAL : synergy_session_stop(file);
}

/* @bytes 0: none any more. read_lock held. */
static int set_ring(struct synergy_file *file, u32 bytes)
{
	if (!bytes) {
		synergy_file_end_records(file);
		return 0;
	}
	if (!file->ring.data)
		return -EBADF;
	return file->read_any ? -EBUSY : synergy_file_resize(file, bytes);
}

static int ioc_client(struct synergy_file *file, void *arg)
{
	struct synergy_client *client = arg;
	u32 bytes = client->buffer_bytes;
	int err;

	if ((client->flags & ~SYNERGY_CLIENT_F_NO_RECORDS) || client->reserved)
		return -EINVAL;
	if (client->flags && bytes)
		return -EINVAL;
	if (bytes && (bytes < SYNERGY_RING_MIN || bytes > SYNERGY_RING_MAX ||
		      (bytes & (bytes - 1))))
		return -EINVAL;
	if (bytes || client->flags) {
		if (!mutex_trylock(&file->read_lock))
			return -EBUSY;
		err = set_ring(file, bytes);
		mutex_unlock(&file->read_lock);
		if (err)
			return err;
	}
	spin_lock(&synergy_stream.lock);
	file->type_mask = client->type_mask;
	client->buffer_bytes = file->ring.size;
	spin_unlock(&synergy_stream.lock);
	return 0;
}

static int ioc_stats(struct synergy_file *file, void *arg)
{
	struct synergy_stats *stats = arg;

	if (stats->flags)
		return -EINVAL;
	synergy_session_stats(file, stats);
	return 0;
}

static int ioc_name(struct synergy_file *file, void *arg)
{
	return synergy_name_add(file, arg);
}

/* The largest argument; all are kept on the stack. */
union ioc_arg {
	u32 size;
	struct synergy_device device;
	struct synergy_chip chip;
	struct synergy_rail rail;
	struct synergy_configure configure;
	struct synergy_control control;
	struct synergy_client client;
	struct synergy_stats stats;
	struct synergy_name name;
};

#define IOC_WRITE	BIT(0)	/* changes the session: the file must be writable */
#define IOC_BACK	BIT(1)	/* copied back on success */
#define IOC_BACK_ERR	BIT(2)	/* and on failure */
#define IOC_UNLOCKED	BIT(3)	/* the handler takes board.lock, or needs none */

static const struct ioc_entry {
	u32 size;			/* as this module knows it */
	u32 min_size;			/* version 2's */
	u32 flags;
	int (*handler)(struct synergy_file *file, void *arg);
} ioc_table[] = {
#define IOC(cmd, type, min, fl, fn) \
	[_IOC_NR(cmd)] = { sizeof(struct type), min, fl, fn }
	IOC(SYNERGY_IOC_DEVICE, synergy_device, 96, IOC_BACK | IOC_UNLOCKED, ioc_device),
	IOC(SYNERGY_IOC_CHIP, synergy_chip, 128, IOC_BACK | IOC_UNLOCKED, ioc_chip),
	IOC(SYNERGY_IOC_RAIL, synergy_rail, 72, IOC_BACK | IOC_UNLOCKED, ioc_rail),
	IOC(SYNERGY_IOC_CONFIGURE, synergy_configure, 200,
	    IOC_WRITE | IOC_BACK | IOC_BACK_ERR | IOC_UNLOCKED, ioc_configure),
	IOC(SYNERGY_IOC_START, synergy_control, 8, IOC_WRITE, ioc_start),
	IOC(SYNERGY_IOC_STOP, synergy_control, 8, IOC_WRITE, ioc_stop),
	IOC(SYNERGY_IOC_CLIENT, synergy_client, 24, IOC_BACK | IOC_UNLOCKED, ioc_client),
	IOC(SYNERGY_IOC_STATS, synergy_stats, 464, IOC_BACK, ioc_stats),
	IOC(SYNERGY_IOC_NAME, synergy_name, 80, IOC_WRITE | IOC_BACK | IOC_UNLOCKED, ioc_name),
#undef IOC
};

static long ioc_dispatch(struct synergy_file *file, const struct ioc_entry *entry,
			 void __user *user)
{
	union ioc_arg arg;
	bool locked;
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < entry->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&arg, entry->size, user, size);
	if (err)
		return err;
	if ((entry->flags & IOC_WRITE) && !file->writable)
		return -EBADF;
	locked = !(entry->flags & IOC_UNLOCKED);
	if (locked && mutex_lock_killable(&synergy_board.lock))
		return -EINTR;
	err = READ_ONCE(file->gone) ? -ENODEV : entry->handler(file, &arg);
	if (locked)
		mutex_unlock(&synergy_board.lock);
	if (!(entry->flags & IOC_BACK) || (err && !(entry->flags & IOC_BACK_ERR)))
		return err;
	arg.size = min(size, entry->size);
	if (copy_to_user(user, &arg, arg.size))
		return -EFAULT;
	return err;
}

static long synergy_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct synergy_stamp entry = synergy_clock_now();
	struct synergy_file *file = filp->private_data;
	u32 nr = _IOC_NR(cmd);

	if (_IOC_TYPE(cmd) != SYNERGY_IOC_MAGIC)
		return -ENOTTY;
	if (nr == _IOC_NR(SYNERGY_IOC_MARK))
		return synergy_mark(file, (const void __user *)arg, entry);
	if (nr >= ARRAY_SIZE(ioc_table))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(ioc_table));
	if (!ioc_table[nr].handler)
		return -ENOTTY;
	return ioc_dispatch(file, &ioc_table[nr], (void __user *)arg);
}

static int synergy_mmap(struct file *filp, struct vm_area_struct *vma)
{
	return synergy_mark_page_map(filp->private_data, vma);
}

const struct file_operations synergy_fops = {
	.owner = THIS_MODULE,
	.open = synergy_open,
	.release = synergy_release,
	.read = synergy_read,
	.poll = synergy_poll,
	.mmap = synergy_mmap,
	.unlocked_ioctl = synergy_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
