/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the device one user may take: open files, rings and their bytes, mark
 * pages. What a record costs goes with the number of rings, so they are bounded for all
 * together; root (CAP_SYS_RESOURCE) always finds some left.
 */
#ifndef SYNERGY_QUOTA_H
#define SYNERGY_QUOTA_H

#include <linux/types.h>

struct synergy_user;

/**
 * struct synergy_quota - what one file has taken; all 0: nothing
 * @user: whose account it is on
 * @privileged: root's: of the part that is kept for it
 * @ring: it has a ring
 * @page: it has a page of marks
 * @bytes: of its ring
 */
struct synergy_quota {
	struct synergy_user *user;
	bool privileged;
	bool ring;
	bool page;
	u32 bytes;
};

/* For a file that is being opened by the caller: 0, -EMFILE, -ENOMEM. */
int synergy_quota_open(struct synergy_quota *quota);
/* Its ring has so many bytes from now on, 0 none any more: 0, -EMFILE, -ENOMEM. */
int synergy_quota_ring(struct synergy_quota *quota, u32 bytes);
/* Bytes of a ring if each that an ordinary user may have is to be as large. */
u32 synergy_quota_ring_share(void);
/* It has a page of marks: 0, -ENOMEM. */
int synergy_quota_page(struct synergy_quota *quota);
/* It is closed: all is given back. */
void synergy_quota_close(struct synergy_quota *quota);

#endif /* SYNERGY_QUOTA_H */
