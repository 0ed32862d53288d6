#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes damaged pictures of make_pictures' good ones. Usage: damage_pictures.py DIR"""

import sys


def read(name):
    with open(sys.argv[1] + "/" + name, "rb") as f:
        return bytearray(f.read())


def write(name, data):
    with open(sys.argv[1] + "/" + name, "wb") as f:
        f.write(data)


jpeg, png = read("exif1.jpg"), read("rgb.png")
write("cut.jpg", jpeg[:600])
write("cut.png", png[:-20])
at = jpeg.index(b"\xff\xda") + 40
jpeg[at:at + 30] = b"\xff\xd3" + bytes(28)
write("bad.jpg", jpeg)
png[png.index(b"IDAT") + 8] ^= 0x55
write("bad.png", png)
