# SPDX-License-Identifier: GPL-2.0-only
"""Random weights, bit for bit those of user/model/random.c; see random.h."""
import numpy as np

MASK64 = (1 << 64) - 1


def _key(seed, name):
    h = 0xcbf29ce484222325
    for b in name.encode():
        h = (h ^ b) * 0x100000001b3 & MASK64
    h = (h ^ seed) + 0x9e3779b97f4a7c15 & MASK64
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9 & MASK64
    h = (h ^ h >> 27) * 0x94d049bb133111eb & MASK64
    return h ^ h >> 31


def fill(count, seed, name, base, width):
    """count float32 values of tensor `name`: base + (u - 1.5) * width."""
    key = _key(seed, name)
    x = np.arange(count, dtype=np.uint32)
    x += np.uint32(key & 0xffffffff)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85ebca6b)
    x ^= x >> np.uint32(13)
    x += np.uint32(key >> 32)
    x *= np.uint32(0xc2b2ae35)
    x ^= x >> np.uint32(16)
    u = (x >> np.uint32(9) | np.uint32(0x3f800000)).view(np.float32)
    return np.float32(base) + (u - np.float32(1.5)) * np.float32(width)


def he_width(fan_in):
    """2 * sqrt(6 / fan_in), rounded after each operation."""
    return np.float32(2) * np.sqrt(np.float32(6) / np.float32(fan_in))
