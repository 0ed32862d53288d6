#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/run on made-up tests: exit statuses 0, 1, 77, a crash and a hang are
# counted as what they are, reasons are shown, and the summary's form is exact.
# Exit: 0 passed, 1 failed.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
mkdir -p "$work/tests/tools"

fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
made() { printf '%s\n' "$2" >"$work/tests/tools/$1.sh"; }

# expect STATUS SUMMARY ARGUMENT...
expect() {
	local want=$1 line=$2 got=0

	shift 2
	"$top/tests/run" --top "$work" "$@" >"$work/out" 2>&1 || got=$?
	[ $got = "$want" ] || fail "exit status $got instead of $want for: $*"
	[ "$(tail -n 1 "$work/out")" = "$line" ] || { fail "no '$line' for: $*"; cat "$work/out"; }
}

expect 1 '0 passed, 0 failed, 0 skipped'
made good 'exit 0'
made left 'echo "SKIP: no such thing here"; exit 77'
expect 0 '1 passed, 0 failed, 1 skipped'
grep -qx 'SKIP  tools/left: no such thing here' "$work/out" ||
	fail "the reason of a skip is not shown"
made bad 'echo the reason; exit 1'
made crash 'kill -SEGV $$'
made hang 'sleep 60'
expect 1 '1 passed, 3 failed, 1 skipped' --timeout 1
grep -q 'the reason' "$work/out" || fail "the output of a failed test is not shown"
grep -q 'out of time' "$work/out" || fail "a hang is not told as one"
expect 0 '1 passed, 0 failed, 0 skipped' tools/good
expect 1 '0 passed, 0 failed, 1 skipped' tools/left
expect 0 '1 passed, 0 failed, 0 skipped' tools/good tools/good
expect 1 '1 passed, 1 failed, 0 skipped' tools/good tools/godo
grep -q '^FAIL  tools/godo .*no such test' "$work/out" || fail "a test that is not there is not told"
expect 2 "tests: unknown option '--nonsense'" --nonsense x

# A board that cannot be made says why.
mkdir -p "$work/tests/board" "$work/scripts/board"
echo 'exit 0' >"$work/tests/board/test_some.sh"
printf '#!/bin/sh\necho "board: no kernel here"\nexit 2\n' >"$work/scripts/board/run"
chmod +x "$work/scripts/board/run"
expect 1 '0 passed, 1 failed, 0 skipped' board/test_some
grep -qx 'board: no kernel here' "$work/out" || fail "why there is no board is not told"

# The counts of several runs add up.
"$top/tests/run" --top "$work" --tally "$work/tally" tools/good >/dev/null
"$top/tests/run" --top "$work" --tally "$work/tally" tools/bad >/dev/null
expect 1 '1 passed, 1 failed, 0 skipped' --sum "$work/tally"
[ $failures = 0 ]
