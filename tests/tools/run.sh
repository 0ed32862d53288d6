#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-run where there is no device: what it prints and leaves behind, and that
# energy stays empty.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
# shellcheck source=tests/tools/tiny.inc
. "$(dirname "$0")/tiny.inc"

first_run() { expect 0 "$run" --conv im2col --runs 3 --output "$work/o" "$net"; }

# a run, its table and its files
test_table_and_files() {
	first_run
	has err "no such device"
	has err "energy stays empty"
	has out "no power was measured"
	has out "3 inferences"
	for f in layers.csv layers.json report.html capture.syn output.npy; do
		[ -s "$work/o/$f" ] || wrong "$f is missing"
	done
	[ -z "$(column "$work/o/layers.csv" conv energy_uj)" ] || wrong "energy was made up"
	[ "$(column "$work/o/layers.csv" conv mac)" = 6912 ] || wrong "conv has not 6912 MACs"
	[ -n "$(column "$work/o/layers.csv" conv time_us)" ] || wrong "no time"
	[ "$(column "$work/o/layers.csv" conv method)" = im2col ] || wrong "conv's method is not im2col"
	for key in model_hash kernel host cpu backend command runs warmup; do
		grep -q "^# $key: " "$work/o/layers.csv" || wrong "layers.csv lacks \"# $key:\""
	done
	grep -q "^# model_hash: sha256:$(sha256sum "$net" | cut -d' ' -f1)" "$work/o/layers.csv" ||
		wrong "the model's hash is another"
}

# its recording gives the same again
test_recording_gives_the_same() {
	needs synergy-report
	first_run
	expect 0 "$bin/synergy-report" --format csv "$work/o/capture.syn"
	cmp -s "$work/out" "$work/o/layers.csv" || wrong "synergy-report differs from synergy-run"
}

# the same seed gives the same output, another seed another; --dump agrees with --output
test_seeds_and_back_ends() {
	first_run
	expect 0 "$run" --conv im2col --measure off --runs 1 --output "$work/p" --dump "$work/d" "$net"
	cmp -s "$work/o/output.npy" "$work/p/output.npy" || wrong "a second run gives another output"
	cmp -s "$work/d/003-prob.npy" "$work/p/output.npy" || wrong "--dump differs from --output"
	[ "$(ls "$work/d" | wc -l)" = 4 ] || wrong "--dump wrote not four files"
	expect 0 "$run" --conv im2col --measure off -q --seed 2 --runs 1 --output "$work/q" "$net"
	cmp -s "$work/o/output.npy" "$work/q/output.npy" && wrong "another seed gives the same output"
	for backend in eigen blis reference; do
		expect 0 "$run" --measure off -q --backend $backend --conv direct --runs 1 --output "$work/b" "$net"
		py same_output "$work/b/output.npy" "$work/o/output.npy"
	done
}

# describing without running
test_describe_and_formats() {
	expect 0 "$run" --describe "$net"
	has out "conv"
	expect 0 "$run" --format json --measure off -q --runs 1 "$net"
	$python -m json.tool "$work/out" >/dev/null || wrong "--format json is no JSON"
	expect 0 "$run" --format csv --measure off -q --runs 1 --name mine "$net"
	has out "mine,0,conv,Conv,6912,"
}

test_full_disk() { expect 1 bash -c "'$run' -q --measure off --runs 1 '$net' >/dev/full"; }

run_tests "$@"
