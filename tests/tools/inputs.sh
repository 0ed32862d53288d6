#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What goes into a network is what the file holds, or is refused: pictures of every kind,
# arrays of every order, shapes that the network leaves open, values that decide shapes,
# options that would have no effect; and the limits on what a model file can ask for.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
run=$bin/synergy-run
fills=1

setup() {
	needs synergy-run synergy-predict
	$python -c 'import onnx, numpy' 2>/dev/null || skip "no python3-onnx or python3-numpy"
	py make_input_files "$work"
	check "$bin/tests/tools/make_pictures" "$work"
	cd "$work" || fail "no directory"
}

# gives WHAT MODEL OPTION...: runs it; compare_outputs, once a case, compares the outputs.
# With each value of $fills in memory that was not set.
gives() {
	local what=$1 fill

	shift
	for fill in $fills; do
		made=$((${made:-0} + 1))
		MALLOC_PERTURB_=$fill expect 0 "$run" --measure off -q --runs 1 --warmup 0 \
			--output "o.$BASHPID.$made" "$@"
		echo "o.$BASHPID.$made/output.npy $what # $*" >>"outputs.$BASHPID"
	done
}
compare_outputs() { py check_outputs "outputs.$BASHPID"; }

# refuses STATUS TEXT OPTION...
refuses() {
	expect "$1" "$run" --measure off -q --runs 1 "${@:3}"
	has err "$2"
	lines err 1
}

# Raw samples, the same every time.
test_png() {
	fills="1 200"
	for f in rgb rgba gamma interlaced; do gives "picture rgb" id.prototxt --input $f.png; done
	for f in rgb16 rgba16; do gives "picture 16" id.prototxt --input $f.png; done
	gives "picture palette" id.prototxt --input palette.png
	gives "picture grey" id.prototxt --input grey.png
	gives "luma" id1.prototxt --input rgb.png
	gives "exif 6" turned.prototxt --input turned.png
	gives "shape 1 3 8 10" bytes.onnx --input rgb.png
	compare_outputs
}

test_jpeg() {
	fills="1 200"
	for n in 0 1 2 3 4; do gives "exif $((n ? n : 1))" id.prototxt --input exif$n.jpg; done
	for n in 5 6 7 8; do gives "exif $n" turned.prototxt --input exif$n.jpg; done
	gives "shape 1 3 8 10" id.prototxt --input grey.jpg
	compare_outputs
}

test_damaged_pictures() {
	py damage_pictures "$work"
	for f in cut.jpg bad.jpg; do refuses 1 "$f: JPEG: " --input $f id.prototxt; done
	for f in cut.png bad.png; do refuses 1 "$f: PNG: " --input $f id.prototxt; done
}

# Every order and float type; dimensions must match, leading ones aside.
test_arrays() {
	for f in f4 f8 f2 big fortran flat; do gives "array f4.npy" id.prototxt --input $f.npy; done
	gives "array flat.npy" id3.prototxt --input f4.npy
	gives "array f4.npy" id.prototxt --input f2.pb
	gives "array i8.npy" bytes.onnx --input i8.npy
	compare_outputs
	refuses 1 "NHWC" --input nhwc.npy id.prototxt
	refuses 1 "other.npy: shape 1x3x10x8, but input 'data' is 1x3x8x10" --input other.npy id.prototxt
	refuses 1 "other.pb: shape 1x3x10x8" --input other.pb id.prototxt
	refuses 1 "more data" --input long.npy id.prototxt
	refuses 1 "element 156 is 256, which input 'x' of type u8 cannot have" --input i9.npy bytes.onnx
	refuses 1 "type f32, but input 'x' is u8" --input f4.npy bytes.onnx
}

test_by_name() {
	cp a.npy 'a=a.npy'
	gives "value 11 11 11 11 11 11" two.onnx --input a.npy --input b.npy
	gives "value 11 11 11 11 11 11" two.onnx --input b=b.npy --input a.npy
	gives "value 11 11 11 11 11 11" two.onnx --input b=b.npy --input 'a=a.npy'
	gives "value 11 11 11 11 11 11" two.onnx --input b=b.npy --input 'a=a=a.npy'
	compare_outputs
	refuses 1 "no such input (inputs: a, b)" --input c=b.npy two.onnx
	refuses 1 "the network has 2 inputs" --input a.npy --input a.npy --input b.npy two.onnx
}

test_options_without_effect() {
	refuses 1 "--mean" --input f4.npy --mean 3 id.prototxt
	refuses 1 "--scale" --scale 3 id.prototxt
	refuses 1 "--channels" --channels rgb id.prototxt
	refuses 1 "--channels" --channels rgb --input rgb.png id1.prototxt
	refuses 2 "--labels" --describe --labels labels id.prototxt
	refuses 2 "--mean" --describe --input rgb.png --mean 3 id.prototxt
	gives "shape 1 3 8 10" id.prototxt --input rgb.png --mean 1,2,3 --scale 2 --channels rgb
	compare_outputs
}

test_open_shapes() {
	refuses 1 "Nx3xHxW" open.onnx
	has err "--shape x="
	refuses 1 "--shape x=" rankless.onnx
	gives "shape 1 2 6 4" open.onnx --shape x=1x3x8x6
	gives "shape 5 2 6 4" open.onnx --shape 5x3x8x6
	gives "shape 1 2 6 8" open.onnx --input f4.npy
	gives "shape 1 2 6 8" open.onnx --input rgb.png
	gives "shape 2 5" rankless.onnx --shape 2x5
	gives "array i8.npy" rankless.onnx --input i8.npy --shape x=1x3x8x10
	compare_outputs
	refuses 1 "no such input (inputs: x)" --shape z=1x3x8x6 --shape x=1x3x8x6 open.onnx
	refuses 1 "several inputs" --shape 2x3 two.onnx
	refuses 2 "--shape x=1x3x" --shape x=1x3x open.onnx
	refuses 2 "--shape x=-1" --shape x=-1 open.onnx
	refuses 2 "given twice" --shape x=1 --shape x=2 open.onnx
	expect 0 "$run" --describe --shape x=1x3x8x6 open.onnx
	has out 1x2x6x4
	expect 0 "$run" --describe --input rgb.png open.onnx
	has out 1x2x6x8
}

test_values_that_decide_shapes() {
	refuses 1 "--input s=FILE" reshape.onnx
	refuses 1 "--input s=FILE" cast.onnx
	gives "value 0 1 2 3 4 5 6 7 8 9 10 11" reshape.onnx --input row.npy --input shape.npy
	gives "shape 3 4" reshape.onnx --input row.npy --input shape.npy
	gives "shape 3 4" reshape.onnx --input s=shape.npy
	gives "shape 3 4" cast.onnx --input s=shape4.npy --input row.npy
	compare_outputs
}

# Every option that a message asks people to give exists.
test_options_in_messages() {
	grep -ohE 'must be given[^"]*' "$top"/user/*/*.c | grep -oE -- '--[a-z-]+' | sort -u >said
	[ -s said ] || wrong "no message says what must be given"
	{ "$run" --help; "$bin/synergy-predict" --help; } >helped
	while read -r option; do
		grep -q -- "$option\b" helped || wrong "a message says $option must be given, and there is no such option"
	done <said
	! grep -nE 'must be given' "$top"/user/{model,infer}/*.c | grep -v -- -- ||
		wrong "must be given, and by no option"
}

test_constants_and_nan() {
	gives "value 3 4 5" constant.onnx
	compare_outputs
	expect 0 "$run" --measure off --runs 1 constant.onnx
	has out "all outputs are constant"
	expect 0 "$run" --measure off --runs 1 --input nan.npy softmax.onnx
	has out "note: output 'y': of 6 values 3 are not a number and 0 infinite, the first is element 0"
}

# A zero that proto3 does not write is a zero.
test_unwritten_zeros() {
	gives "value -1 2 -3 4 -5 6 0 1 2" concat0.onnx --input x23.npy
	gives "value 0 2 0 4 0 6" leaky0.onnx --input x23.npy
	gives "value -12 -14 -16 21 26 31" gemm0.onnx --input x23.npy
	compare_outputs
}

test_folding_is_bounded() {
	expect 0 bash -c 'ulimit -v 1500000; exec "$@"' bounded "$run" --describe folds.onnx
	has err "16 MiB a tensor"
	has out 262144000
	gives "all 3.5 5242880" filled.onnx --input one.npy
	compare_outputs
}

test_links_are_not_followed() {
	gives "shape 1 2 3 4" ext_plain.onnx
	compare_outputs
	mkdir real && cp w.bin real/ && ln -s real/w.bin link.bin && ln -s real sub
	refuses 1 "symbolic links are not followed" ext_link.onnx
	refuses 1 "symbolic links are not followed" ext_folder.onnx
}

test_files_that_are_no_models() {
	refuses 1 "git lfs pull" as_lfs
	refuses 1 "gunzip" as_gz
	refuses 1 "TensorFlow Lite" as_tflite
	refuses 1 "torch.onnx.export" as_pt
	refuses 1 "--weights" as_caffemodel
	refuses 1 "git lfs pull" --input as_lfs id.prototxt
}

test_names_are_not_cut() {
	long=$(printf 'x%.0s' $(seq 300))
	sed "s/\"p\"/\"$long\"/g" id.prototxt >long.prototxt
	expect 0 "$run" --describe long.prototxt
	has out "$long  Power"
}

test_times_of_inferences() {
	expect 0 "$run" --measure off -q --runs 7 --times t.csv id.prototxt
	check_eq "$(wc -l <t.csv)" 8
	check_eq "$(head -n 1 t.csv)" run,time_us
	has out "50 % within"
	expect 0 "$run" --measure off -q --duration 0.2 --times t.csv id.prototxt
	awk -F, 'NR > 1 { s += $2 } END { exit !(NR > 10 && s > 0) }' t.csv || wrong "--duration ran too little"
	refuses 2 "--until" --duration 1 --until 5 id.prototxt
	expect 0 "$run" --measure off -q --runs 3 --cool-down 0.01 id.prototxt
}

run_tests "$@"
