#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The same network gives the same outputs on this machine and on the virtual board, to
# 1e-5 of the largest, layer by layer.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
net=$top/scripts/zoo/squeezenet.prototxt

setup() {
	needs synergy-run
	[ -x "$top/build/arm64/synergy-run" ] || skip "not built for the board"
	[ -r "$cache/kernel-6.1/image" ] || skip "no kernel for the board (scripts/setup.sh)"
}

test_layer_by_layer() {
	expect 0 "$bin/synergy-run" -q --measure off --runs 1 --warmup 0 --output "$work/host" \
		--dump "$work/host" "$net"
	expect 0 "$top/scripts/board/run" --log "$work/kernel.log" --in "$net" \
		--out "/root/o:$work/board" -- synergy-run -q --measure off --runs 1 --warmup 0 \
		--output o --dump o squeezenet.prototxt
	py same_outputs "$work/host" "$work/board"
}

run_tests "$@"
