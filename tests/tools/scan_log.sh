#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Which lines of a kernel's log are trouble: those of kmemleak's own allocation under a raw
# lock are none, whatever else the log has is trouble.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

log=$work/log found=$work/found

scan() { sh "$top/scripts/board/guest/scan-log.sh" "$log" >"$found" 2>&1; }

# report FRAME: lockdep's, with this frame in its trace
report() {
	printf '%s\n' "[ 1.0] before" "[ 2.0] [ BUG: Invalid wait context ]" \
		"[ 2.1]  $1+0x4c/0x84" "[ 2.2]  el0t_64_sync+0x148/0x14c" "[ 3.0] after"
}

test_clean() {
	echo "[ 1.0] all is well" >"$log"
	scan || fail "trouble: $(cat "$found")"
}

test_of_kmemleak_itself() {
	report kmemleak_update_trace >"$log"
	scan || fail "trouble: $(cat "$found")"
}

test_of_anybody_else() {
	for frame in synergy_chip_probe mutex_lock; do
		report "$frame" >"$log"
		! scan || fail "$frame: not found"
		grep -q '^2:.*Invalid wait context' "$found" || fail "$frame: $(cat "$found")"
	done
}

test_beside_it() {
	report kmemleak_update_trace | sed '3i [ 2.05] WARNING: CPU: 0' >"$log"
	! scan || fail "not found"
	grep -q '^3:.*WARNING' "$found" || fail "$(cat "$found")"
	{ report kmemleak_update_trace; echo "[ 4.0] WARNING: CPU: 0"; } >"$log"
	! scan || fail "not found after it"
}

run_tests "$@"
