#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two directories of .npy files hold the same tensors, to 1e-5 of each one's largest.

usage: tests/tools/same_outputs.py DIRECTORY DIRECTORY
"""
import array
import glob
import math
import os
import struct
import sys


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
