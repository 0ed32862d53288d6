#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a stream of the device into a directory, as capture.syn and, bare, as stream.

From the UAPI header's offsets alone, for readers other than ours. Its channels are larger
than today's, as a later module's may be; old.syn says that it is of another version.
usage: tests/tools/make_stream.py DIRECTORY
"""
import struct
import sys

seq = 0


def record(kind, body, flags=0):
    global seq
    seq += 1
    body += bytes(-len(body) % 8)
    time_ns = 10**9 + seq * 10**6
    return struct.pack("=IHHQQQ", 32 + len(body), kind, flags, seq, time_ns, time_ns) + body


def rail(index, label):
    return record(1, struct.pack("=II6Ii3I32s", 3, 0, 72, 0, index, 0, index + 1, 10000, 0, 1, 0, 0, label))


def channel(index, power_uw, flags):
    return struct.pack("=IIhhiiiqQQQII8x", index, flags, 80, 5000, 400, -40000, 5000, power_uw, 1, 2, 3, 4, 0)


def power(*values, flags=0, channel_flags=(0, 0)):
    channels = [channel(i, v, f) for i, (v, f) in enumerate(zip(values, channel_flags))]
    return record(2, struct.pack("=IIIIQQ", 0, len(values), 72, 0, 1, 2) + b"".join(channels), flags)


stream = rail(0, b"VDD_IN") + rail(1, b"VDD_CPU") + record(1, struct.pack("=II96x", 1, 0))
stream += record(3, bytes(40)) + power(1234500, -200000) + record(0x7abc, bytes(4096))
stream += record(5, struct.pack("=18Q", 42, *[0] * 17))         # LOST
stream += power(7, 7, flags=1)                                  # a repeat
stream += record(6, struct.pack("=2Ii3IQ", 1, 3, 121, 1, 0, 0, 1))      # ERROR
stream += power(1, 2147483648)
stream += power(5, 6, channel_flags=(2, 8))                     # no bus voltage, a repeat
stream += record(0x8000, b"key: value\n")
for name, version in ("capture", 2), ("old", 1):
    with open(f"{sys.argv[1]}/{name}.syn", "wb") as file:
        file.write(b"SYNERGY\0" + struct.pack("=II", version, 0x01020304) + stream)
with open(sys.argv[1] + "/stream", "wb") as file:
    file.write(stream)
