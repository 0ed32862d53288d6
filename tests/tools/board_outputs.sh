#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The same network gives the same outputs on this machine and on the virtual board, to
# 1e-5 of the largest, layer by layer.
# Exit: 0 passed, 1 failed, 77 something was not set up or built.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
[ -x "$bin/synergy-run" ] || { echo "SKIP: not built"; exit 77; }
[ -x "$top/build/arm64/synergy-run" ] || { echo "SKIP: not built for the board"; exit 77; }
[ -r "${SYNERGY_CACHE_DIR:-$top/build/cache}/kernel-6.1/image" ] ||
    { echo "SKIP: no kernel for the board (scripts/setup.sh)"; exit 77; }
net=$top/scripts/zoo/squeezenet.prototxt

expect 0 "$bin/synergy-run" -q --measure off --runs 1 --warmup 0 --output "$work/host" --dump "$work/host" "$net"
expect 0 "$top/scripts/board/run" --log "$work/kernel.log" --timeout 110 --in "$net" \
    --out "/root/o:$work/board" -- synergy-run -q --measure off --runs 1 --warmup 0 \
    --output o --dump o squeezenet.prototxt
/usr/bin/python3 - "$work/host" "$work/board" <<'END' || wrong "outputs differ"
import array, glob, math, os, struct, sys
def npy(path):
    d = open(path, "rb").read()
    a = array.array("f")
    a.frombytes(d[10 + struct.unpack_from("<H", d, 8)[0]:])
    return a
names = sorted(os.path.basename(p) for p in glob.glob(sys.argv[1] + "/*.npy"))
assert len(names) > 60, names
worst = 0
for name in names:
    a, b = (npy(d + "/" + name) for d in sys.argv[1:3])
    assert len(a) == len(b) > 0, name
    apart = [abs(x - y) for x, y in zip(a, b)]
    off = max(apart) / max(max(map(abs, a)), 1e-30)
    worst = max(worst, off)
    # max() passes over a NaN: a comparison with one is false.
    if not off <= 1e-5 or any(map(math.isnan, apart)):
        sys.exit("%s: off by %g of the largest" % (name, off))
print("%d tensors, worst %.2g of the largest" % (len(names), worst))
END
finish
