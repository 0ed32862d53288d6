#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/board/run: output, files and exit status come back from the guest, and
# a hang, a crash and a kernel warning are each indicated by their own exit status.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	[ -e "$cache/kernel-6.1/image" ] || skip "no kernel in $cache (scripts/setup.sh)"
	command -v qemu-system-aarch64 >/dev/null || skip "no qemu-system-aarch64"
}

# boards STATUS ARGUMENT...: of scripts/board/run
boards() { expect "$1" "$top/scripts/board/run" --no-plugin --cpus 1 --log "$work/kernel.log" "${@:2}"; }

test_output_files_and_status() {
	head -c 3000000 /dev/urandom >"$work/a file"
	boards 7 --in "$work/a file:/tmp/in" --out "/tmp/out:$work/b" -- \
		sh -c 'cp /tmp/in /tmp/out; echo "to  \"out\""; echo "to err" >&2; exit 7'
	check cmp "$work/a file" "$work/b"
	check_eq "$(cat "$work/out")" 'to  "out"' "standard output"
	check grep -qx 'to err' "$work/err"
}

test_kernel_warnings() {
	boards 123 -- sh -c 'echo "WARNING: CPU: 0 PID: 1 made up" >/dev/kmsg'
	boards 0 --no-scan -- sh -c 'echo "WARNING: CPU: 0 PID: 1 made up" >/dev/kmsg'
}

test_panic() {
	boards 125 -- sh -c 'echo c >/proc/sysrq-trigger; sleep 5'
	check grep -q 'Kernel panic' "$work/kernel.log"
}

test_hang() {
	boards 124 --timeout 8 -- sh -c 'while :; do :; done'
	has err "stopped: out of time"
}

test_usage() {
	boards 2 --no-such-option
	boards 2 --kernel no-such-kernel -- true
}

teardown() { ! pgrep -f "$work" >/dev/null || fail "something is left running"; }

run_tests "$@"
