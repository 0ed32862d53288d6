/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure parts (the ring, the ticks, and of the chip driver all but its
 * lifetime, its transfers and its records) need from their surroundings, so that the
 * same source is compiled into the module, into KUnit and into the user-space unit
 * tests. Nothing else may be included by a pure part: no locks, no clocks, no
 * allocation.
 */
#ifndef SYNERGY_PURE_H
#define SYNERGY_PURE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/math64.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <asm/barrier.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <errno.h>
#include <linux/types.h>

/* The kernel's, by the compiler's means; who pairs with whom is said at their uses. */
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE) /* as above */
#define smp_store_release(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE) /* as above */
#define READ_ONCE(x)			__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define min(a, b)	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b)	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define max_t(type, a, b)		max((type)(a), (type)(b))
#define min_t(type, a, b)		min((type)(a), (type)(b))
#define ARRAY_SIZE(a)			(sizeof(a) / sizeof((a)[0]))
#define U32_MAX				((__u32)~0U)

static inline unsigned int hweight32(__u32 word)
{
	return (unsigned int)__builtin_popcount(word);
}

static inline __u64 div_u64(__u64 a, __u32 b)
{
	return a / b;
}

static inline __u64 div64_u64_rem(__u64 a, __u64 b, __u64 *rest)
{
	*rest = a % b;
	return a / b;
}

static inline __u64 div64_u64(__u64 a, __u64 b)
{
	return a / b;
}

static inline __s64 div64_s64(__s64 a, __s64 b)
{
	return a / b;
}
#endif

#endif /* SYNERGY_PURE_H */
