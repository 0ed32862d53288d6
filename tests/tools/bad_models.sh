#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Model files that are wrong, in every way of the list: truncated, bits turned over,
# cyclic, oversized, unknown operator, wrong type, wrong shape, NaN weights, negative
# dimensions, a directory, an empty file, more memory than there is. Each is refused
# by exit status 1 and one line that names the file and what is wrong in it, within
# bounded CPU time and memory, by --describe as well as by a run.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	needs synergy-run
	$python -c 'import onnx' 2>/dev/null || skip "no python3-onnx"
	py bad_models "$work"
	mkdir "$work/directory.onnx"
	: >"$work/empty.onnx"
	: >"$work/empty.prototxt"
	: >"$work/empty.caffemodel"
}

# bounded: STATUS COMMAND...: 20 s of CPU and 6 GB of address space are the bounds
bounded() { expect "$1" bash -c 'ulimit -v 6000000; ulimit -t 20; exec "$@"' bounded "${@:2}"; }
# refuse FILE TEXT... [-- OPTION...]: one line with the file's name and each TEXT
refuse() {
	local file=$1 texts=() how
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	[ $# = 0 ] || shift
	for how in "--describe" "--measure off --runs 1"; do
		# shellcheck disable=SC2086
		bounded 1 "$bin/synergy-run" -q $how "$@" "$work/${model:-$file}"
		lines err 1
		for text in "$file" "${texts[@]}"; do has err "$text"; done
		lacks err "Sanitizer"
	done
	[ -z "${SYNERGY_SHOW-}" ] || cat "$work/err"
}

test_good_ones() {
	bounded 0 "$bin/synergy-run" -q --measure off --runs 1 "$work/good.onnx"
	bounded 0 "$bin/synergy-run" -q --measure off --runs 1 --weights "$work/good.caffemodel" "$work/good.prototxt"
}

# A constant that a few kilobytes ask for, and that takes years: it is left to the run.
test_endless_constant() {
	bounded 0 "$bin/synergy-run" --describe "$work/endless.onnx"
	grep -q "the_sum.*left to be computed in each run" "$work/out" "$work/err" || wrong "no note: $(cat "$work/err")"
}

test_onnx() {
	refuse truncated.onnx "cannot be read as ONNX"
	refuse flipped.onnx "the_conv"
	refuse cycle.onnx first cycle
	refuse operator.onnx the_node Teleport
	refuse operators.onnx "Teleport (2, the first 'the_node')" "com.ship:Scotty (1: 'beam')"
	refuse attribute.onnx the_node warp
	refuse type.onnx the_conv i64
	refuse weight_type.onnx the_conv i32
	refuse shape.onnx the_conv 5
	refuse rank.onnx the_conv
	refuse kernel.onnx the_pool 9
	refuse nan.onnx "'w'" "value 0 of 108 is not a number"
	refuse negative.onnx "'x'" -8
	refuse negative_weight.onnx "'w'" -3
	refuse oversized_weight.onnx "'w'"
	refuse oversized.onnx
	refuse overflow.onnx
	refuse undefined.onnx the_node nowhere
	refuse twice.onnx "'y'" twice
	refuse division.onnx the_conv 0
	refuse oversized_file.onnx 3221225472
	refuse directory.onnx "is a directory"
	refuse empty.onnx "is empty"
	refuse missing.onnx "No such file"
}

test_prototxt() {
	refuse truncated.prototxt :2: kernel_siz
	refuse cycle.prototxt "'q'"
	refuse operator.prototxt the_layer Teleport
	refuse operators.prototxt "2 layer types are not supported: Teleport (2, the first 'the_layer'), Scotty (1: 'beam')"
	refuse field.prototxt warp
	refuse type.prototxt num_output
	refuse shape.prototxt the_conv 9
	refuse group.prototxt the_conv 2
	refuse negative.prototxt -8
	refuse negative_output.prototxt num_output -4
	refuse oversized.prototxt
	refuse overflow.prototxt
	refuse stride.prototxt the_conv stride
	refuse deep.prototxt
	refuse no_input.prototxt "'x'"
	refuse empty.prototxt "is empty"
}

test_caffemodel() {
	model=good.prototxt
	refuse truncated.caffemodel ".caffemodel" -- --weights "$work/truncated.caffemodel"
	refuse few.caffemodel the_conv "107 values" "needs 108" -- --weights "$work/few.caffemodel"
	refuse nan.caffemodel the_conv "value 0 of 108 is not a number" -- --weights "$work/nan.caffemodel"
	refuse negative.caffemodel the_conv -3 -- --weights "$work/negative.caffemodel"
	refuse oversized.caffemodel the_conv -- --weights "$work/oversized.caffemodel"
	refuse other.caffemodel the_conv -- --weights "$work/other.caffemodel"
	refuse empty.caffemodel "is empty" -- --weights "$work/empty.caffemodel"
	refuse shape.caffemodel the_conv -- --weights "$work/shape.caffemodel"
}

# What is not supported is described as far as the file states shapes.
test_described_around_unsupported() {
	bounded 1 "$bin/synergy-run" --describe "$work/operators.onnx"
	# Relu and Conv follow a tensor whose shape is stated; Scotty's is not.
	check grep -Eq ' Scotty +\? ' "$work/out"
	check grep -Eq ' Teleport +1x3x8x8 ' "$work/out"
	check grep -Eq ' Conv +1x4x6x6 +3888 ' "$work/out"
	check grep -Eq ' total +3888 ' "$work/out"
	# Its parameters are not settled: nothing is counted, though its shapes are stated.
	bounded 1 "$bin/synergy-run" --describe "$work/setting.onnx"
	has err "'six'"
	check grep -Eq ' six +Conv +1x4x3x3x3x3 +0 ' "$work/out"
	check grep -Eq ' Relu +1x4x3x3x3x3 +0 ' "$work/out"
	bounded 1 "$bin/synergy-run" --describe "$work/no_operator.onnx"
	has err "node 'the_node' has no operator"
}

test_operators_are_listed() {
	expect 0 "$bin/synergy-run" --operators
	check grep -Eq '^Conv +1 to [0-9]+$' "$work/out"
	check grep -Eq '^LayerNormalization +17 to [0-9]+$' "$work/out"
	check grep -Eq '^Convolution$' "$work/out"
	lacks out Teleport
}

# These are well-formed and only too large to run: --describe says the sizes.
test_too_large_to_run() {
	for file in memory.onnx memory.prototxt; do
		bounded 1 "$bin/synergy-run" -q --measure off --runs 1 "$work/$file"
		lines err 1
		has err "$file"
		has err "bytes"
		[ -z "${SYNERGY_SHOW-}" ] || cat "$work/err"
	done
}

run_tests "$@"
