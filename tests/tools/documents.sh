#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each command in README.md and user/doc is run: here, or, or its like, by the test that
# tests/tools/documents.py names for it. What links name is there; README's programs
# build.
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

# build LANGUAGE COMPILER...: what it gives is in $work/LANGUAGE.program. A result that the
# text leaves to the reader is no fault.
build() {
	local language=$1
	shift
	command -v "$1" >/dev/null || skip "no $1"
	[ -e "$bin/libsynergy.so" ] || skip "libsynergy.so is not built"
	documents "$language" || fail "no program"
	mkdir -p "$work/include"
	ln -sfn "$top/user/lib" "$work/include/synergy"
	"$@" -Wall -Wextra -Werror -Wno-unused-variable -I "$work/include" -I "$top/user" -I "$top/kmod/uapi" \
		-o "$work/$language.program" "$work/$language" -x none "$bin/libsynergy.so" || fail "it does not build"
}

test_program_builds() { build c "${CC:-cc}" -x c; }
test_program_builds_cxx() { build cpp "${CXX:-c++}" -std=c++17 -x c++; }

# Without a device it says so, at its first line; a meter of the board is in board/test_meter.
test_program_begins_python() {
	[ -x "$python" ] || command -v "$python" >/dev/null || skip "no python3"
	[ -e "$bin/libsynergy.so" ] || skip "libsynergy.so is not built"
	[ ! -e /dev/synergy ] || skip "there is a device, that may be in use"
	documents python
	expect 1 env PYTHONPATH="$top/user/python" SYNERGY_LIBRARY="$bin/libsynergy.so" "$python" "$work/python"
	has err "/dev/synergy"
}

run_tests "$@"
