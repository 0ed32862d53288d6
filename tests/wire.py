# SPDX-License-Identifier: GPL-2.0-only
"""Protocol buffers' wire format, for tests that write model files by hand, right or wrong."""


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, payload):
    """A length-delimited field: text, bytes, a message or packed values."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload
