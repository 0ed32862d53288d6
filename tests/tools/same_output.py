#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two .npy files hold the same probabilities, to 1e-6.

usage: tests/tools/same_output.py FILE FILE
"""
import struct
import sys


def npy(path):
    with open(path, "rb") as f:
        d = f.read()
    d = d[10 + struct.unpack_from("<H", d, 8)[0]:]
    return struct.unpack("<%df" % (len(d) // 4), d)


a, b = npy(sys.argv[1]), npy(sys.argv[2])
assert len(a) == len(b) and max(abs(x - y) for x, y in zip(a, b)) < 1e-6, "outputs differ"
assert abs(sum(b) - 1) < 1e-5
