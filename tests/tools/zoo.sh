#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The zoo: its files are what generate.py writes, and a network exported with
# seeded weights gives the same outputs from the bare .prototxt, with its
# .caffemodel and as .onnx.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

test_files_are_generated() { check python3 "$top/scripts/zoo/generate.py" --check; }

# exported NETWORK
exported() {
	needs synergy-run
	$python -c 'import onnx' 2>/dev/null || skip "no python3-onnx"
	file=$top/scripts/zoo/$1.prototxt
	run="$bin/synergy-run --measure off --runs 1 --warmup 0 --seed 7 -q"
	check "$top/scripts/zoo/export.py" --seed 7 --output "$work" "$file"
	expect 0 $run --output "$work/bare" "$file"
	expect 0 $run --output "$work/weights" --weights "$work/$1.caffemodel" "$file"
	expect 0 $run --output "$work/onnx" "$work/$1.onnx"
	py same_network "$work"
}

test_all_cnn_c() { exported all_cnn_c; }
test_squeezenetres() { exported squeezenetres; }

run_tests "$@"
