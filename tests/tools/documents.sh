#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each command in README.md and user/doc is run: here, or, or its like, by the test that
# tests/tools/documents.py names for it. What links name is there; README's program
# in C builds.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

documents() { $python "$top/tests/tools/documents.py" "$top" "$1" >"$work/$1"; }

# A tree to run commands in: links, so that what they write is not in the sources.
setup() {
	mkdir "$work/tree"
	for f in "$top"/*; do
		[ "${f##*/}" = out ] || ln -s "$f" "$work/tree/"
	done
}

test_each_has_its_test() { documents list || fail "$(grep -e 'no ' "$work/list")"; }
test_links() { documents links || fail "$(cat "$work/links")"; }

test_run_here() {
	needs synergy-report synergy-predict
	documents run || fail "no commands"
	check test "$(wc -l <"$work/run")" -ge 3
	cd "$work/tree" || fail "no tree"
	while read -r command; do
		MAKEFLAGS='' bash -c "$command" >"$work/out" 2>"$work/err" || wrong "$command: $(tail -n 3 "$work/err")"
		check test -s "$work/out"
	done <"$work/run"
	check grep -q '^<!doctype html>' out/report.html
}

test_targets() {
	documents target
	while read -r command; do
		MAKEFLAGS='' $command -n --no-print-directory -C "$top" >/dev/null 2>"$work/err" ||
			wrong "$command: $(tail -n 3 "$work/err")"
	done < <(sort -u "$work/target")
}

test_program_builds() {
	command -v "${CC:=cc}" >/dev/null || skip "no compiler"
	[ -e "$bin/libsynergy.so" ] || skip "libsynergy.so is not built"
	documents program
	mkdir "$work/include"
	ln -s "$top/user/lib" "$work/include/synergy"
	"$CC" -x c -Wall -Wextra -Werror -I "$work/include" -I "$top/user" -I "$top/kmod/uapi" -o "$work/marks" \
		"$work/program" -x none "$bin/libsynergy.so" || fail "it does not build"
}

run_tests "$@"
