#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/board/run: output, files and exit status come back from the guest, and
# a hang, a crash and a kernel warning are each told by their own exit status.
# Exit: 0 passed, 1 failed, 77 no kernel or no QEMU here.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${SYNERGY_CACHE_DIR:-$top/build/cache}
[ -e "$cache/kernel-6.1/image" ] || { echo "SKIP: no kernel in $cache (scripts/setup.sh)"; exit 77; }
command -v qemu-system-aarch64 >/dev/null || { echo "SKIP: no qemu-system-aarch64"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

# expect STATUS ARGUMENT...: of scripts/board/run
expect() {
	local want=$1 got=0

	shift
	"$top/scripts/board/run" --no-plugin --cpus 1 --log "$work/kernel.log" "$@" \
		>"$work/out" 2>"$work/err" || got=$?
	[ $got = "$want" ] && return
	echo "FAIL: exit status $got instead of $want: run $*"
	cat "$work/err"
	failures=$((failures + 1))
}

fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

head -c 3000000 /dev/urandom >"$work/a file"
expect 7 --timeout 60 --in "$work/a file:/tmp/in" --out "/tmp/out:$work/b" -- \
	sh -c 'cp /tmp/in /tmp/out; echo "to  \"out\""; echo "to err" >&2; exit 7'
cmp "$work/a file" "$work/b" || fail "a file came back changed"
[ "$(cat "$work/out")" = 'to  "out"' ] || fail "standard output: $(cat "$work/out")"
grep -qx 'to err' "$work/err" || fail "standard error: $(cat "$work/err")"

expect 123 --timeout 60 -- sh -c 'echo "WARNING: CPU: 0 PID: 1 made up" >/dev/kmsg'
expect 0 --timeout 60 --no-scan -- sh -c 'echo "WARNING: CPU: 0 PID: 1 made up" >/dev/kmsg'
expect 125 --timeout 60 -- sh -c 'echo c >/proc/sysrq-trigger; sleep 5'
grep -q 'Kernel panic' "$work/kernel.log" || fail "the panic is not in the kernel's log"
expect 124 --timeout 8 -- sh -c 'while :; do :; done'
expect 2 --no-such-option
expect 2 --kernel no-such-kernel -- true
pgrep -f "$work" >/dev/null && fail "something is left running"
[ $failures = 0 ]
