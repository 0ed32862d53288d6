#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Operators that the ONNX backend tests try little: random small networks through
# synergy-run against their definitions in numpy. Seeds are printed.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	needs synergy-run
	$python -c 'import onnx, numpy' 2>/dev/null || skip "no python3-onnx or python3-numpy"
}

test_quantised_values() {
	py check_quantised "$bin/synergy-run" values
}

test_quantised_refusals() {
	py check_quantised "$bin/synergy-run" refusals
}

test_function_values() {
	py check_functions "$bin/synergy-run" values
}

test_function_refusals() {
	py check_functions "$bin/synergy-run" refusals
}

test_einsum_values() {
	py check_einsum "$bin/synergy-run" values
}

test_einsum_refusals() {
	py check_einsum "$bin/synergy-run" refusals
}

test_half_precision() {
	py check_half "$bin/synergy-run"
}

run_tests "$@"
