#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The ONNX backend tests of our operators through synergy-run, as a user runs it. The
# other convolution methods and the reference kernels: make conformance.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
data=/usr/share/libonnx-testdata/data

setup() {
	needs synergy-run
	[ -d "$data" ] || skip "no libonnx-testdata"
	$python -c 'import onnx, numpy' 2>/dev/null || skip "no python3-onnx or python3-numpy"
}

test_backend_cases() {
	expect 0 "$top/tests/conformance/conformance.py" "$bin/synergy-run" \
		"$top/tests/conformance/cases.txt" "$data"
	tail -n 5 "$work/out"
	grep -q '^conformance: ' "$work/out" || wrong "no summary"
}

run_tests "$@"
