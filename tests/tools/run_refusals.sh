#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What synergy-run refuses: an exit status and one clear line for each kind of bad input
# and option.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
# shellcheck source=tests/tools/tiny.inc
. "$(dirname "$0")/tiny.inc"

one() { expect "$1" "$run" -q "${@:3}"; has err "$2"; lines err 1; }

test_bad_files_and_names() {
	one 3 "no such device" --measure require "$net"
	one 1 "No such file" --measure off "$work/none.onnx"
	one 1 "directory" --measure off "$work"
	: >"$work/empty"
	one 1 "empty" --measure off "$work/empty"
	head -c 300 /dev/urandom >"$work/noise"
	one 1 "noise" --measure off "$work/noise"
	printf 'layer { name: "x" type: "Nonsense" }' >"$work/op.prototxt"
	one 1 "Nonsense" --measure off "$work/op.prototxt"
	one 1 "wrong.caffemodel" --measure off --weights "$work/wrong.caffemodel" "$net"
	one 1 "near it: " --measure off -e cylces "$net"
	one 1 "no PMU nopmu" --measure off -e nopmu/config=1/ "$net"
	one 1 "no power is measured" --measure off --until 5 "$net"
	one 1 "/proc" --measure off --runs 1 --output /proc/none "$net"
}

test_bad_options() {
	one 2 "--runs 0" --runs 0 "$net"
	one 2 "--runs x" --runs x "$net"
	one 2 "--rate -1" --rate -1 "$net"
	one 2 "--conversion 150: the chip has 140," --conversion 150 "$net"
	one 2 "--conversion 140us" --conversion 140us "$net"
	one 2 "--conversion -140" --conversion -140 "$net"
	one 2 "--conv maybe" --conv maybe "$net"
	one 2 "--measure maybe" --measure maybe "$net"
	one 2 "--format maybe" --format maybe "$net"
	one 2 "--cpu 4000" --cpu 4000 "$net"
	one 2 "--nonsense" --nonsense "$net"
	one 2 "--backend none-such: openblas, blis, eigen or reference" --backend none-such "$net"
	one 2 "needs a value" "$net" --rate
	one 2 "no model file" --runs 1
	one 2 "one MODEL at a time" "$net" "$net"
}

run_tests "$@"
