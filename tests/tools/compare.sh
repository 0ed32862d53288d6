#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-report --compare on recordings of one board on paper (make_recording.c), once
# equal but for noise, once with a layer that takes 5 % more.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
make=$bin/tests/tools/make_recording
report=$bin/synergy-report

setup() {
	needs synergy-report tests/tools/make_recording
	mkdir "$work/a"
	"$make" "$work/a/capture.syn" seed=1 || wrong "make_recording: exit status $?"
	"$make" "$work/b.syn" seed=2 || wrong "make_recording: exit status $?"
	"$make" "$work/dear.syn" seed=3 dear=5 || wrong "make_recording: exit status $?"
	"$report" -q --output "$work/a" "$work/a/capture.syn" || wrong "synergy-report: exit status $?"
}

test_equal() {
	expect 0 "$report" --compare "$work/a" "$work/b.syn"
	has out "papernet, VDD_CPU, 10 runs"
	has out "* 0 of 4 layers differ"
	has out "one board, one sensor"
	# With itself there is no difference at all.
	expect 0 "$report" --compare "$work/b.syn" "$work/b.syn"
	has out "* 0 of 4 layers differ"
	lacks out "note:"
}

test_dearer() {
	expect 0 "$report" --compare "$work/a" "$work/dear.syn"
	has out "* 1 of 4 layers differ"
	grep -Eq 'conv2 .*\+1[12]\.[0-9]+ (\+-|±)[0-9.]+ mJ +\+[45]\.[0-9] +\*$' "$work/out" || wrong "conv2: $(grep conv2 "$work/out")"
	grep -Eq 'total .*\+1[12]\.?[0-9]* (\+-|±)[0-9.]+ mJ .*\*$' "$work/out" || wrong "total: $(grep total "$work/out")"
	# The other way round the sign is the other.
	expect 0 "$report" --compare "$work/dear.syn" "$work/a/capture.syn"
	grep -Eq 'conv2 .* -1[12]\.[0-9]+ (\+-|±)' "$work/out" || wrong "conv2: $(grep conv2 "$work/out")"
}

# On the other rail, which the dearer layer is not on, there is nothing.
test_other_rail() {
	expect 0 "$report" --compare --rail VDD_GPU "$work/a/capture.syn" "$work/dear.syn"
	has out "* 0 of 4 layers differ"
	expect 1 "$report" --compare --rail VDD_SOC "$work/a/capture.syn" "$work/b.syn"
	has err "VDD_SOC"
}

# A table says less than a recording, and the same.
test_table() {
	expect 0 "$report" --compare "$work/a/layers.csv" "$work/dear.syn"
	has out "* 1 of 4 layers differ"
	has out "one board, one sensor"
	expect 1 "$report" --compare --rail VDD_GPU "$work/a/layers.csv" "$work/b.syn"
	has err "no intervals of rail VDD_GPU"
}

test_json() {
	expect 0 "$report" --compare --format json "$work/a" "$work/dear.syn"
	py check_comparison "$work/out"
}

test_other_names() {
	"$make" "$work/names.syn" seed=4 names runs=5
	expect 0 "$report" --compare "$work/a" "$work/names.syn"
	has out "conv1 = node_0"
	has out "4 layers have other names in B"
	has out "* 0 of 4 layers differ"
}

test_html() {
	"$make" "$work/hostile.syn" seed=5 hostile
	expect 0 "$report" --compare --format html "$work/hostile.syn" "$work/hostile.syn"
	[ "$(grep -ao '</script>' "$work/out" | wc -l)" = 2 ] || wrong "a name closes the script"
	! grep -aq '<img' "$work/out" || wrong "a name becomes an element"
	grep -aq '<td class=l>&lt;img src=x' "$work/out" || wrong "a layer is missing"
}

test_wrong_use() {
	expect 2 "$report" --compare "$work/b.syn"
	expect 2 "$report" --compare --format csv "$work/b.syn" "$work/b.syn"
	expect 2 "$report" --compare --records "$work/b.syn" "$work/b.syn"
	expect 1 "$report" --compare "$work/b.syn" "$work/nothing"
	has err "nothing"
	expect 1 "$report" --compare "$work/b.syn" "$work"
	has err "neither capture.syn nor layers.csv"
	"$make" "$work/nomarks.syn" nomarks
	expect 1 "$report" --compare "$work/b.syn" "$work/nomarks.syn"
	has err "no layer of one is in the other"
	expect 1 bash -c "'$report' --compare '$work/b.syn' '$work/b.syn' >/dev/full"
}

run_tests "$@"
