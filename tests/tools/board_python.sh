#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A reader other than ours, for real: the board boots with synergy.ko and the
# simulated chip, and Debian's own arm64 Python runs the example on /dev/synergy;
# then the C example reads, too. Each must print samples with the chip's rails. And the
# module `synergy` marks a program's parts by name, in threads and in a child.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
arm64=$cache/python

setup() {
	[ -x "$arm64/usr/bin/python3.11" ] || skip "no $arm64 (scripts/setup.sh python)"
	[ -n "$(find "$top/build/kmod/6.1" -name synergy.ko 2>/dev/null)" ] ||
		skip "synergy.ko is not built for the board"
	[ -x "$top/build/arm64/tests/board/example_power" ] ||
		skip "the examples are not built for the board"
	mkdir -p "$work/python/lib"
	cp -r "$arm64/usr/lib/python3.11" "$work/python/lib/"
	cp "$arm64/usr/bin/python3.11" "$work/python/"
	for library in libm.so.6 libz.so.1 libexpat.so.1 libffi.so.8; do
		cp -L "$(find "$arm64"/lib "$arm64"/usr/lib -name $library | head -n 1)" "$work/python/lib/" ||
			wrong "no $library in $arm64"
	done
}

test_examples_read_the_device() {
	expect 0 "$top/scripts/board/run" --load --log "$work/kernel.log" --in "$work/python" \
		--in "$top/tests/tools/guest/examples.sh" --in "$top/user/examples/power.py" -- \
		sh examples.sh
	pattern='^[0-9.]+ s  VDD_IN [0-9]+\.[0-9] mW  VDD_GPU [0-9]+\.[0-9] mW  VDD_CPU [0-9]+\.[0-9] mW$'
	check_eq "$(grep -cE "$pattern" "$work/out")" 10 "good lines"
}

# marks NAME: begin and end marks of that name in the recording
marks() {
	grep -v '^#' "$work/marks.csv" | awk -F, -v name="$1" '$5 == name { n[$3]++ } END { print n["begin"] + 0, n["end"] + 0 }'
}

test_marks_have_their_names() {
	[ -x "$top/build/arm64/libsynergy.so" ] || skip "libsynergy.so is not built for the board"
	needs synergy-report
	expect 0 "$top/scripts/board/run" --load --log "$work/kernel.log" --in "$work/python" \
		--in "$top/tests/tools/guest/python_marks.sh" --in "$top/tests/tools/guest/python_marks.py" \
		--in "$top/user/python/synergy" --in "$top/build/arm64/libsynergy.so" \
		--out "/root/marks.syn:$work/marks.syn" -- sh python_marks.sh
	expect 0 "$bin/synergy-report" --export marks "$work/marks.syn"
	cp "$work/out" "$work/marks.csv"
	check_eq "$(marks pré-traitement)" "1 1" "begins and ends of a name that is not ASCII"
	check_eq "$(marks infer)" "5 5" "of a function that calls itself, and of three threads"
	check_eq "$(marks fails)" "1 1" "of a block that an exception leaves"
	check_eq "$(marks 'of the child')" "1 1" "of a child"
	check_eq "$(marks "$(printf '%063d' 0 | tr 0 x)")" "1 1" "of a name that is cut"
	check_eq "$(awk -F, '$5 == "here" { print $3 }' "$work/marks.csv")" point "a point"
	check_eq "$(awk -F, '$5 == "infer" { print $6 }' "$work/marks.csv" | sort -u)" 7 "the cookie"
	check_eq "$(awk -F, '$5 == "infer" { print $8 }' "$work/marks.csv" | sort -u | wc -l)" 4 "threads"
	check_eq "$(awk -F, '$5 == "of the child" || $5 == "infer" { print $9 }' "$work/marks.csv" | sort -u | wc -l)" 2 "processes"
}

run_tests "$@"
