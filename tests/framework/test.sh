# SPDX-License-Identifier: GPL-2.0-only
#
# The test framework for shell tests, on the host (bash) and on the board (busybox sh):
# sourced, not run. Each function test_NAME() is a case; the last line of a test is
#
#	run_tests "$@"
#
# which takes --list and --only NAME and prints TAP. `setup` and `teardown`, where a test
# has them, run before the first case and after the last. A case runs in a subshell, in
# the test's own directory: what it leaves for others, it leaves in files of $work.
# fail, check, check_eq and check_fails end the case; wrong and what is built on it
# (expect, has, lacks, lines, near) note the fault and go on.

work=${work:-.}
test_wrong=0
test_params=
test_last=

# params TEXT...: what is printed with each failure of this case from here on
params() { test_params=$*; }

wrong() {
	echo "FAIL: $*" >&2
	[ -z "$test_params" ] || echo "    with $test_params" >&2
	test_wrong=$((test_wrong + 1))
}

fail() {
	wrong "$@"
	exit 1
}

# skip WHY...: ends the case, or from setup all of them, as what cannot run here
skip() {
	echo "SKIP: $*"
	echo "$*" >"$work/.skip"
	exit 77
}

# check CONDITION...: fails, naming the command, unless it succeeds
check() { "$@" || fail "$*: status $?"; }

# check_fails CONDITION...: the opposite
check_fails() { ! "$@" || fail "succeeded: $*"; }

# check_eq VALUE WANTED [WHAT...]
check_eq() {
	[ "$1" = "$2" ] && return
	test_value=$1 test_other=$2
	shift 2
	fail "${*:-value}: '$test_value' is not '$test_other'"
}

# check_that EXPRESSION [WHAT...]: of awk; numbers in it are compared as numbers
check_that() {
	test_value=$1
	shift
	awk "BEGIN { exit !($test_value) }" || fail "${*:-not so}: $test_value"
}

# expect STATUS COMMAND...: runs it; output is in $work/out, messages are in $work/err
expect() {
	test_wanted=$1
	shift
	test_last="$*"
	"$@" >"$work/out" 2>"$work/err" </dev/null
	test_got=$?
	[ $test_got = "$test_wanted" ] || {
		wrong "$test_last: exit status $test_got, not $test_wanted"
		head -n 20 "$work/err" >&2
	}
	# What fails says so, in whichever of the two.
	[ "$test_wanted" = 0 ] || [ -s "$work/err" ] || [ -s "$work/out" ] ||
		wrong "$test_last: no message"
}

# has out|err TEXT, lacks out|err TEXT, lines out|err N: of the last expect
has() {
	grep -qF -- "$2" "$work/$1" || { wrong "$test_last: $1 lacks \"$2\""; head -n 5 "$work/$1" >&2; }
}
lacks() { ! grep -qF -- "$2" "$work/$1" || wrong "$test_last: $1 has \"$2\""; }
lines() {
	[ "$(wc -l <"$work/$1")" = "$2" ] ||
		{ wrong "$test_last: $1 has not $2 lines"; head -n 5 "$work/$1" >&2; }
}

# near VALUE WANTED SHARE [WHAT...]: within that share of WANTED
near() {
	test_value=$1 test_other=$2 test_share=$3
	shift 3
	awk -v a="$test_value" -v b="$test_other" -v s="$test_share" \
		'BEGIN { d = a - b; if (d < 0) d = -d; if (b < 0) b = -b; exit !(a != "" && d <= s * b) }' ||
		wrong "${*:-$test_last}: $test_value is not within $test_share of $test_other"
}

t_defined() { type "$1" 2>/dev/null | grep -q function; }

# t_names: the cases of this test, in its order
t_names() { sed -n 's/^test_\([A-Za-z0-9_]*\)().*/\1/p' "$0"; }

# t_case NUMBER NAME: runs it and prints its line; 0 passed, 1 failed, 77 skipped
t_case() {
	rm -f "$work/.skip"
	(
		test_wrong=0 test_params=
		"test_$2"
		test_status=$?
		[ $test_status != 77 ] || exit 77
		# A case's last command is no check of its own.
		[ $test_wrong = 0 ] || exit 1
		exit 0
	)
	test_status=$?
	if [ $test_status = 77 ] && [ -f "$work/.skip" ]; then
		echo "ok $1 - $2 # SKIP $(cat "$work/.skip")"
		return 77
	elif [ $test_status != 0 ]; then
		echo "not ok $1 - $2"
		return 1
	fi
	echo "ok $1 - $2"
}

run_tests() {
	test_only=
	while [ $# -gt 0 ]; do
		case $1 in
		--list) t_names; exit 0 ;;
		--only) test_only="$test_only $2 "; shift ;;
		*) echo "usage: $0 [--list] [--only CASE]..." >&2; exit 2 ;;
		esac
		shift
	done
	test_chosen=
	for test_name in $(t_names); do
		case $test_only in
		'' | *" $test_name "*) test_chosen="$test_chosen $test_name" ;;
		esac
	done
	[ -n "$test_chosen" ] || { echo "$0: no such case:$test_only" >&2; exit 2; }
	if t_defined setup; then
		setup
		[ $test_wrong = 0 ] || fail "the set-up failed"
	fi
	# shellcheck disable=SC2086 # names
	set -- $test_chosen
	echo "1..$#"
	test_n=0 test_failed=0 test_skipped=0
	for test_name in "$@"; do
		test_n=$((test_n + 1))
		t_case $test_n "$test_name"
		case $? in
		0) ;;
		77) test_skipped=$((test_skipped + 1)) ;;
		*) test_failed=$((test_failed + 1)) ;;
		esac
	done
	! t_defined teardown || teardown
	[ $test_failed = 0 ] || exit 1
	[ $test_skipped != $test_n ] || exit 77
	exit 0
}
