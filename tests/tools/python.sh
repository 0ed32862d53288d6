#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Python module without a device: marks do nothing and say why, names have the ids
# that C gives them, a recording is read as synergy-report exports it, layers.json and
# layers.csv say the same, and what is damaged is refused by name. With a device:
# board_python.sh.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
export PYTHONPATH=$top/user/python PYTHONDONTWRITEBYTECODE=1 SYNERGY_LIBRARY=$bin/libsynergy.so
sample=$top/user/doc/sample/all_cnn_c.syn

setup() {
	[ -x $python ] || skip "no $python"
	needs synergy-report
	[ -e "$SYNERGY_LIBRARY" ] || skip "libsynergy.so is not built"
	for made in overlap "lost repeat errors" "freq other"; do
		# shellcheck disable=SC2086
		check "$bin/tests/tools/make_recording" "$work/${made%% *}.syn" $made
	done
	expect 0 "$bin/synergy-report" -q --output "$work/sample" "$sample"
}

test_without_a_library() {
	SYNERGY_LIBRARY=$work/nothing-here.so py check_python marks_do_nothing nothing-here.so
	SYNERGY_LIBRARY=$(ldd "$SYNERGY_LIBRARY" | awk '/libc\.so/ { print $3 }') \
		py check_python marks_do_nothing "it has no synergy_"
}

test_marks_reach_a_recorder() {
	expect 0 "$bin/tests/tools/take_marks" $python "$top/tests/tools/check_python.py" marks_reach_a_recorder
	check_eq "$(cat "$work/out")" "begin with 4
point here
end with 4
point child" "marks of a Python program"
}

test_without_a_device() {
	[ ! -e /dev/synergy ] || skip "there is a device"
	py check_python no_meter "/dev/synergy: no such device"
	py check_python marks_do_nothing "/dev/synergy: no such device"
}

test_what_is_no_region() { py check_python what_is_no_region; }

test_ids_are_those_of_c() {
	command -v "${CC:=cc}" >/dev/null || skip "no compiler"
	cat >"$work/ids.c" <<-'END'
	#include <stdio.h>
	#include "lib/synergy.h"
	int main(int argc, char **argv)
	{
		for (int i = 1; i < argc; i++)
			printf("%u %s\n", synergy_name_id(argv[i]), argv[i]);
	}
	END
	"$CC" -I "$top/user" -I "$top/kmod/uapi" -o "$work/ids" "$work/ids.c" || fail "it does not build"
	"$work/ids" a preprocess "two words" pré-traitement 推論 "$(printf '%0100d' 1)" >"$work/ids.txt"
	py check_python ids "$work/ids.txt"
}

test_recordings() {
	for f in "$sample" "$work"/overlap.syn "$work"/lost.syn "$work"/freq.syn; do
		for kind in samples marks; do
			expect 0 "$bin/synergy-report" --export $kind "$f"
			cp "$work/out" "$work/$kind.csv"
		done
		py check_python recording "$f" "$work/samples.csv" "$work/marks.csv"
	done
}

test_facts() {
	py check_python facts "$sample" VDD_IN,VDD_GPU,VDD_CPU \
		"$("$bin/synergy-report" --notes "$sample" | wc -l)" 0
	py check_python facts "$work/lost.syn" VDD_CPU,VDD_GPU \
		"$("$bin/synergy-report" --notes "$work/lost.syn" | wc -l)" 5
}

test_damage() { py check_python damage "$work/overlap.syn" "$work"; }

test_layers() {
	py check_python layers "$work/sample/layers.json" "$work/sample/layers.csv"
	expect 0 "$bin/synergy-report" -q --output "$work/paper" "$work/lost.syn"
	py check_python layers "$work/paper/layers.json" "$work/paper/layers.csv"
	py check_python known "$work/paper/layers.json"
	py check_python bad_layers "$work/sample/layers.csv" "$work"
}

run_tests "$@"
