#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes one image in each form that synergy-run reads, bad ones and labels into a directory.

usage: tests/tools/make_inputs.py DIRECTORY
"""
import struct
import sys
import zlib


def put(name, data):
    with open(sys.argv[1] + "/" + name, "wb") as f:
        f.write(data)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 8), }"
header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
raw = struct.pack("<192f", *(i / 192 for i in range(192)))
put("in.npy", npy + raw)
put("short.npy", npy + raw[:99])
put("in.pb", bytes([8, 1, 8, 3, 8, 8, 8, 8, 16, 1, 74, 0x80, 6]) + raw)
rows = b"".join(b"\0" + bytes((x * 10, y * 10, 200)[c] for x in range(16) for c in range(3))
                for y in range(16))
put("in.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)) +
    chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
put("labels", b"".join(b"class %d\n" % i for i in range(10)))
put("few", b"one\n")
