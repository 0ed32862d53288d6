// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts of what each user has taken; see quota.h. Memory is also charged to the
 * opener's memory cgroup, where there is one (GFP_KERNEL_ACCOUNT).
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "compat.h"
#include "quota.h"

/*
 * At least 64 files and 16 pages for a program and some more for its user, and room for
 * a second user. A ring costs each record 100 to 150 instructions, so with as many as one
 * user may have a mark takes less than 10 us at 1 GHz.
 */
#define MAX_RINGS	96
#define MAX_PAGES	128
#define MAX_FILES	1024
#define OF_ROOT		16	/* of the rings and pages; root's alone */
#define FILES_OF_ROOT	64
#define USER_RINGS	66
#define USER_PAGES	64
#define USER_FILES	512

/**
 * struct counts - what somebody has
 * @files: open ones
 * @rings: of these, those with a ring
 * @pages: of marks
 * @bytes: of the rings
 */
struct counts {
	u32 files;
	u32 rings;
	u32 pages;
	u64 bytes;
};

/**
 * struct synergy_user - a user's account
 * @node: in users
 * @uid: the user
 * @taken: by all of the user's files; what is root's counts for all alone
 */
struct synergy_user {
	struct list_head node;
	kuid_t uid;
	struct counts taken;
};

static DEFINE_MUTEX(quota_lock);	/* protects all below, and every file's quota */
static LIST_HEAD(users);
static struct counts all, unprivileged;

/* A board of 1 GiB has 64 MiB for a user, 128 for all of them, 256 with root. */
static u64 ram_bytes(u32 part)
{
	return max_t(u64, (u64)synergy_compat_totalram_pages() << PAGE_SHIFT, SZ_128M) / part;
}

u32 synergy_quota_ring_share(void)
{
	return min_t(u64, ram_bytes(16) / USER_RINGS, U32_MAX);
}

static struct synergy_user *account_of(kuid_t uid)
{
	struct synergy_user *user;

	list_for_each_entry(user, &users, node)
		if (uid_eq(user->uid, uid))
			return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (!user)
		return NULL;
	user->uid = uid;
	list_add(&user->node, &users);
	return user;
}

static void forget_user(struct synergy_user *user)
{
	if (user->taken.files)
		return;
	list_del(&user->node);
	kfree(user);
}

static bool fits(const struct synergy_quota *q, const struct counts *more)
{
	const struct counts *user = &q->user->taken;

	if (all.files + more->files > MAX_FILES || all.rings + more->rings > MAX_RINGS ||
	    all.pages + more->pages > MAX_PAGES)
		return false;
	if (q->privileged)
		return true;
	return unprivileged.files + more->files <= MAX_FILES - FILES_OF_ROOT &&
	       unprivileged.rings + more->rings <= MAX_RINGS - OF_ROOT &&
	       unprivileged.pages + more->pages <= MAX_PAGES - OF_ROOT &&
	       user->files + more->files <= USER_FILES &&
	       user->rings + more->rings <= USER_RINGS &&
	       user->pages + more->pages <= USER_PAGES;
}

static bool bytes_fit(const struct synergy_quota *q, u64 more)
{
	if (all.bytes + more > ram_bytes(4))
		return false;
	return q->privileged || (unprivileged.bytes + more <= ram_bytes(8) &&
				 q->user->taken.bytes + more <= ram_bytes(16));
}

static void add(struct counts *to, const struct counts *more)
{
	to->files += more->files;
	to->rings += more->rings;
	to->pages += more->pages;
	to->bytes += more->bytes;
}

/* Negative counts give back. */
static void charge(const struct synergy_quota *q, const struct counts *more)
{
	add(&all, more);
	if (q->privileged)
		return;
	add(&unprivileged, more);
	add(&q->user->taken, more);
}

int synergy_quota_open(struct synergy_quota *q)
{
	static const struct counts one = { .files = 1 };
	int err = 0;

	memset(q, 0, sizeof(*q));
	q->privileged = capable(CAP_SYS_RESOURCE);
	mutex_lock(&quota_lock);
	q->user = account_of(current_uid());
	if (!q->user) {
		err = -ENOMEM;
	} else if (!fits(q, &one)) {
		forget_user(q->user);
		err = -EMFILE;
	} else {
		charge(q, &one);
		/* Root's user lives as long as its files, too. */
		q->user->taken.files += q->privileged;
	}
	mutex_unlock(&quota_lock);
	return err;
}

int synergy_quota_ring(struct synergy_quota *q, u32 bytes)
{
	struct counts more = { .rings = !!bytes - q->ring };
	int err = 0;

	mutex_lock(&quota_lock);
	if (bytes > q->bytes && !bytes_fit(q, bytes - q->bytes))
		err = -ENOMEM;
	else if (bytes && !q->ring && !fits(q, &more))
		err = -EMFILE;
	if (!err) {
		more.bytes = (u64)bytes - q->bytes;
		charge(q, &more);
		q->ring = bytes;
		q->bytes = bytes;
	}
	mutex_unlock(&quota_lock);
	return err;
}

int synergy_quota_page(struct synergy_quota *q)
{
	static const struct counts one = { .pages = 1 };
	int err = 0;

	mutex_lock(&quota_lock);
	if (!q->page) {
		err = fits(q, &one) ? 0 : -ENOMEM;
		if (!err)
			charge(q, &one);
		q->page = !err;
	}
	mutex_unlock(&quota_lock);
	return err;
}

void synergy_quota_close(struct synergy_quota *q)
{
	struct counts back = { .files = -1U };

	if (!q->user)
		return;
	mutex_lock(&quota_lock);
	back.rings = -(u32)q->ring;
	back.pages = -(u32)q->page;
	back.bytes = -(u64)q->bytes;
	charge(q, &back);
	q->user->taken.files -= q->privileged;
	forget_user(q->user);
	mutex_unlock(&quota_lock);
	q->user = NULL;
}
