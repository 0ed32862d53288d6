#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a stream of the device into a directory, as capture.syn and, bare, as stream.

From the UAPI header's offsets alone, for readers other than ours.
usage: tests/tools/make_stream.py DIRECTORY
"""
import struct
import sys

seq = 0


def record(kind, body, flags=0):
    global seq
    seq += 1
    body += bytes(-len(body) % 8)
    return struct.pack("=IHHQQ", 24 + len(body), kind, flags, seq, 10**9 + seq * 10**6) + body


def rail(index, label):
    return record(1, struct.pack("=IIIIIIIIQ32s", 3, 0, 72, 0, index, 0, index + 1, 10000, 0, label))


def channel(index, power_uw):
    return struct.pack("=IIhhiiiqQQQ", index, 0, 80, 5000, 400, -40000, 5000, power_uw, 1, 2, 3)


def power(*values):
    return record(2, struct.pack("=IIQQII", 0, len(values), 1, 2, 3, 0) + b"".join(channel(i, v) for i, v in enumerate(values)))


stream = rail(0, b"VDD_IN") + rail(1, b"VDD_CPU") + record(1, struct.pack("=II96x", 1, 0))
stream += record(3, bytes(40)) + power(1234500, -200000) + record(0x7abc, bytes(4096)) + record(5, bytes(40))
stream += power(1, 2147483648) * 1 + record(0x8000, b"key: value\n")
open(sys.argv[1] + "/capture.syn", "wb").write(b"SYNERGY\0" + struct.pack("=II", 1, 0x01020304) + stream)
open(sys.argv[1] + "/stream", "wb").write(stream)
