#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What synergy-run takes as a network's input: .npy, TensorProto, PNG, with labels.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
# shellcheck source=tests/tools/tiny.inc
. "$(dirname "$0")/tiny.inc"

test_forms_agree() {
	py make_inputs "$work"
	expect 0 "$run" --measure off -q --runs 1 --input "$work/in.npy" --output "$work/npy" --labels "$work/labels" "$net"
	has out "class "
	expect 0 "$run" --measure off -q --runs 1 --input "$work/in.pb" --output "$work/pb" "$net"
	cmp -s "$work/npy/output.npy" "$work/pb/output.npy" || wrong ".npy and .pb differ"
	expect 0 "$run" --measure off -q --runs 1 --input "$work/in.png" --mean 104,117,123 --scale 0.017 --output "$work/png" "$net"
	expect 0 "$run" --measure off -q --runs 1 --input "$work/in.png" --mean 104,117,123 --scale 0.017 --channels rgb --output "$work/rgb" "$net"
	cmp -s "$work/png/output.npy" "$work/rgb/output.npy" && wrong "channel order makes no difference"
}

test_bad_inputs() {
	py make_inputs "$work"
	expect 1 "$run" --measure off -q --input "$work/short.npy" "$net"
	has err "truncated"
	expect 1 "$run" --measure off -q --input "$work/few" "$net"
	has err "few"
	expect 1 "$run" --measure off -q --labels "$work/few" --runs 1 "$net"
	has err "no line"
	expect 1 "$run" --measure off -q --input "$work/in.npy" --input "$work/in.npy" "$net"
	has err "1 input"
}

run_tests "$@"
