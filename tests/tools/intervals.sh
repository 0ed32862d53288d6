#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-report --intervals: files of other programs laid over a recording whose layers'
# energies are known, by each clock that they can have. A warm-up and ten inferences: conv1
# has 11 times 120 mJ, conv2 240, fc 30, relu1 8.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
report=$bin/synergy-report
make=$bin/tests/tools/make_recording

setup() {
	needs synergy-report tests/tools/make_recording
	"$make" "$work/a.syn" runs=10 || wrong "no recording"
	"$report" --export marks "$work/a.syn" >"$work/marks.csv" || wrong "no marks"
}

# file KIND SECONDS: $work/i, the recording's layers as another program's file
file() { py make_intervals "$work/marks.csv" "$1" "$2" >"$work/i"; }

# energies [OPTION...]: of the layers with $work/i, against what is known
energies() {
	expect 0 "$report" --intervals "$work/i" "$@" --output "$work/o" --quiet "$work/a.syn"
	near "$(column "$work/o/layers.csv" conv1 energy_uj)" 1320000 0.005
	near "$(column "$work/o/layers.csv" conv2 energy_uj)" 2640000 0.005
	near "$(column "$work/o/layers.csv" conv2 time_us)" 660000 0.0001
	[ "$(column "$work/o/layers.csv" conv2 calls)" = 11 ] || wrong "not 11 calls of conv2"
}

test_csv() {
	file csv 0
	energies
	has err "monotonic clock"
	expect 0 "$report" --intervals "$work/i" "$work/a.syn"
	lacks out "gaps in"
	near "$(column "$work/o/layers.csv" model_run calls)" 11 0
	near "$(column "$work/o/layers.csv" model_run inclusive_time_us)" 1419000 0.0001
	file nanoseconds 100
	energies --intervals-clock -100
	has err "as stated"
}

test_formats() {
	file csv 0
	for format in table csv json html; do
		expect 0 "$report" --intervals "$work/i" --format "$format" "$work/a.syn"
		has out "conv2"
	done
	expect 0 "$report" --intervals "$work/i" --export folded "$work/a.syn"
	has out "model_run"
}

test_traces() {
	local kind

	for kind in pytorch onnxruntime ends; do
		file "$kind" 0
		energies
	done
	file ends 0
	expect 0 "$report" --intervals "$work/i" --quiet --output "$work/o" "$work/a.syn"
	[ -z "$(column "$work/o/layers.csv" conv1_fence_before calls)" ] || wrong "fences"
}

# A clock that begins where the program does, found by a mark that both have
test_aligned_by_marks() {
	file onnxruntime -0.7654321
	sed -i 's/"model_run"/"inference"/g' "$work/i"
	energies --intervals-clock mark:inference
	has err "clock +0.765432100 s, by 11 of 11 calls of 'inference'"
	# One call fewer, all at equal distances: which is which nobody can tell.
	py make_intervals "$work/marks.csv" onnxruntime 0 | sed 's/"model_run"/"inference"/' >"$work/i"
	expect 0 "$report" --intervals "$work/i" --intervals-clock mark:inference --quiet \
		--output "$work/o" "$work/a.syn"
	has err "by 1 of 11 calls"
	has err "may be off by a call"
	expect 1 "$report" --intervals "$work/i" --intervals-clock mark:infer "$work/a.syn"
	has err "mark:infer: the recording has no mark of that name"
	expect 1 "$report" --intervals "$work/i" --intervals-clock mark:idle "$work/a.syn"
	has err "has no interval of that name"
}

test_base_time() {
	file base 1700000000
	energies --intervals-clock -1700000000
}

test_durations() {
	file tensorrt 0
	expect 1 "$report" --intervals "$work/i" "$work/a.syn"
	has err "durations without times"
	# They fill each of eleven inferences, 129 ms, where they are 124.
	expect 0 "$report" --intervals "$work/i" --intervals-clock mark:inference --quiet \
		--output "$work/o" "$work/a.syn"
	has err "together they are 96.1 % of a call"
	near "$(column "$work/o/layers.csv" conv2 time_us)" 686613 0.0001
}

test_clock_that_does_not_fit() {
	file csv 500
	expect 1 "$report" --intervals "$work/i" "$work/a.syn"
	has err "are not the recording's"
	expect 1 "$report" --intervals "$work/i" --intervals-clock utc "$work/a.syn"
	has err "monotonic, realtime, raw, mark:NAME or seconds to add"
	expect 1 "$report" --intervals "$work/i" --intervals-clock realtime "$work/a.syn"
	expect 2 "$report" --intervals-clock raw "$work/a.syn"
	expect 1 "$report" --intervals "$work/i" - <"$work/a.syn"
}

test_some_outside() {
	file csv 0
	echo "late,9000000,9000100,77" >>"$work/i"
	energies
	has err "1 interval outside of the recording"
}

bad() { expect 1 "$report" --intervals "$work/i" "$work/a.syn"; has err "$1"; }

test_bad_files() {
	echo 'name,begin_us,end_us' >"$work/i"; bad "no interval is in it"
	printf 'name,begin_us,end_us\na,1200000,1100000\n' >"$work/i"; bad ":2: column end_us"
	printf 'name,begin_us,end_us\na,soon,1\n' >"$work/i"; bad "value 'soon': no time"
	printf 'name,begin_us,end_us\na,1e30,1e31\n' >"$work/i"; bad "no time"
	printf 'name,start,end_us\na,1,2\n' >"$work/i"; bad "no column begin_s"
	printf 'what,begin_us,end_us\na,1,2\n' >"$work/i"; bad "no column name"
	echo '{"traceEvents": {}}' >"$work/i"; bad "neither an array of events"
	echo '[{"ph":"X","name":"a","ts":1}]' >"$work/i"; bad "event 0: dur is no time"
	echo '[{"ph":"X","name":"a","ts":1,"dur":-2}]' >"$work/i"; bad "dur is negative"
	echo '[{"ph":"X","name":"a","ts":1e40,"dur":2}]' >"$work/i"; bad "ts is no time"
	echo '[7]' >"$work/i"; bad "event 0: no object"
	echo '[{"ph":"X"' >"$work/i"; bad "$work/i:"
	rm "$work/i"; bad "No such file"
}

run_tests "$@"
