#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Looks for trouble in a kernel log: prints the lines and exits 1 if there is
# any, 0 if not. One list for every test, on the host and in the guest, so that
# none can be looser.

set -eu

case ${1-} in
--help | -h)
	echo "usage: scripts/board/guest/scan-log.sh FILE   (exit 0 clean, 1 trouble, 2 usage)"
	exit 0
	;;
esac
[ $# = 1 ] && [ -r "$1" ] || { echo "scan-log: cannot read '${1-}'" >&2; exit 2; }

trouble='BUG:|WARNING:|Oops|Internal error|Unable to handle|Kernel panic|KASAN|KFENCE'
trouble=$trouble'|UBSAN|unreferenced object|new suspected memory leaks|DEADLOCK'
trouble=$trouble'|possible (recursive|circular|irq)|inconsistent lock|held lock freed|bad unlock'
trouble=$trouble'|lock held when returning|suspicious RCU|scheduling while atomic'
trouble=$trouble'|sleeping function called|rcu[a-z_]*: INFO|rcu.*detected .*stall|detected stalls'
trouble=$trouble'|soft lockup|hard LOCKUP|blocked for more than|refcount_t:|list_(add|del) corruption'
trouble=$trouble'|ODEBUG|Redzone|Poison overwritten|Object padding|use-after-free|double free'
trouble=$trouble'|DEBUG_LOCKS_WARN|sysfs: cannot create duplicate|kobject_add_internal failed'
trouble=$trouble'|still has locks held|Slab .* remaining|Objects remaining'
# What says these words but means no harm.
harmless='KernelAddressSanitizer initialized|Kernel memory leak detector initialized'
harmless=$harmless'|hw-breakpoint|Command line:|WARNING: .* may be insecure|use-after-free debug is enabled'

# Linux 6.1's kmemleak may allocate under a raw lock of its own, which lockdep reports:
# such a report is the kernel's where kmemleak is in its trace and no module of ours.
# "N:" before each line, as grep -n has it.
without_kmemleaks_own() {
	awk '
	function flush() {
		if (first != "" && (own || !kmemleak))
			print first
		printf "%s", held
		first = held = ""; lines = own = kmemleak = 0
	}
	/BUG: Invalid wait context/ { flush(); first = NR ":" $0; next }
	first != "" {
		kmemleak = kmemleak || /kmemleak_update_trace\+/
		own = own || /\[synergy|synergy_[a-z_0-9]*\+/
		held = held NR ":" $0 "\n"
		if (++lines > 80 || /el0t_64_sync\+|ret_from_fork\+/)
			flush()
		next
	}
	{ print NR ":" $0 }
	END { flush() }' "$1"
}

if without_kmemleaks_own "$1" | grep -E "$trouble" | grep -vE "$harmless"; then
	echo "scan-log: the kernel complained (above)"
	exit 1
fi
