#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs a list of tests on the virtual board, each with freshly loaded modules, a
# time-out, and a look at the kernel's log afterwards; and at the end a look at
# kmemleak, where the kernel has it. The list has
# `NAME TIMEOUT MODULES [ARGUMENT...]` a line; results go to descriptor 9 as `start NAME` and
# `result NAME STATUS SECONDS REASON`; output to /share/out/NAME.log.
# Exit: 0 all ran, 3 the board is not fit for more (the host boots another).

. /lib/board/lib.sh

LIST=$1
LOG=/tmp/test.log
KLOG=/tmp/kernel.log
LEAK=/sys/kernel/debug/kmemleak

now() { cut -d' ' -f1 /proc/uptime; }

# leaks: what kmemleak reports, where the kernel has it, as one more test: a scan
# takes too long for one after each
leaks() {
	[ -w $LEAK ] || return 0
	echo "start kmemleak" >&9
	# A block is reported when two scans running have not found it in use.
	usleep 6000000
	echo scan >$LEAK
	usleep 6000000
	echo scan >$LEAK
	cat $LEAK >$LOG
	dd if=$LOG of=/share/out/kmemleak.log bs=1M 2>/dev/null
	if [ -s $LOG ]; then
		echo "result kmemleak 1 0 blocks that nothing refers to" >&9
	else
		echo "result kmemleak 0 0" >&9
	fi
}

# What the kernel itself has lost so far is not ours.
[ ! -w $LEAK ] || { echo scan=off >$LEAK; echo clear >$LEAK; }

dmesg -r -c >>/share/dmesg
while read -r name limit modules arguments; do
	echo "start $name" >&9
	echo "board: test $name" >/dev/kmsg
	began=$(now)
	status=0
	reason=
	: >$LOG
	if [ "$modules" != none ]; then
		board_load >>$LOG 2>&1 || status=1
	fi
	if [ $status = 0 ]; then
		program=/tests/$name
		[ -f "$program" ] || program=/tests/$name.sh
		mkdir -p /tmp/test
		case $program in
		*.sh) set -- sh "$program" ;;
		*) set -- "$program" ;;
		esac
		# shellcheck disable=SC2086 # they are a list
		set -- "$@" $arguments
		(cd /tmp/test && exec timeout -s KILL "$limit" "$@") >>$LOG 2>&1 </dev/null 9>&- ||
			status=$?
		rm -rf /tmp/test
	fi
	[ $status != 137 ] || { status=1; reason="out of time ($limit s)"; }
	if ! board_unload >>$LOG 2>&1; then
		status=1
		reason="the modules cannot be unloaded"
		dirty=1
	fi
	dmesg -r -c >$KLOG
	cat $KLOG >>/share/dmesg
	if ! sh /lib/board/scan-log.sh $KLOG >>$LOG; then
		status=1
		reason="the kernel complained"
	fi
	[ -n "$reason" ] || [ $status != 77 ] || reason=$(tail -n 1 $LOG | sed 's/^SKIP: //; s/^.*# SKIP //')
	[ -n "$reason" ] || [ $status = 0 ] || reason="exit status $status"
	mkdir -p "/share/out/$(dirname "$name")"
	[ $status = 0 ] || [ $status = 77 ] || cat $KLOG >>$LOG
	dd if=$LOG of="/share/out/$name.log" bs=1M 2>/dev/null
	took=$(echo "$began $(now)" | awk '{ printf "%.1f", $2 - $1 }')
	echo "result $name $status $took $reason" >&9
	[ -z "$dirty" ] || exit 3
done <"$LIST"
leaks
exit 0
