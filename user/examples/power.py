#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints the power of each rail with nothing but Python. Usage: power.py [/dev/synergy | recording | -] [records].
# Samples ten times a second when no session runs, else reads along. Offsets: kmod/uapi/linux/synergy.h.
import errno, fcntl, os, struct, sys
path = sys.argv[1] if len(sys.argv) > 1 else "/dev/synergy"
left = int(sys.argv[2]) if len(sys.argv) > 2 else -1
device, rails, data = path.startswith("/dev/synergy"), {}, b""
try:  # struct synergy_configure with period_ns, then struct synergy_control
    fd = 0 if path == "-" else os.open(path, os.O_RDWR if device else os.O_RDONLY)
    device and fcntl.ioctl(fd, 3 << 30 | 72 << 16 | 0xE703, struct.pack("=2I3Q10I", 72, 0, 100000000, *[0] * 12))
    device and fcntl.ioctl(fd, 1 << 30 | 8 << 16 | 0xE704, struct.pack("=2I", 8, 0))
except OSError as error:
    if error.errno != errno.EBUSY:  # another's session: read along
        sys.exit(f"{path}: {error.strerror}")
while left and (chunk := os.read(fd, 65536)):
    data += chunk
    at = 16 if data[:8] == b"SYNERGY\0" else 0  # a recording's header
    while left and len(data) - at >= 24:
        size, kind, flags, seq, time_ns = struct.unpack_from("=IHHQQ", data, at)
        if len(data) - at < size:
            break
        if kind == 1 and struct.unpack_from("=I", data, at + 24)[0] == 3:  # INFO about a rail
            rails[struct.unpack_from("=I", data, at + 40)[0]] = data[at + 64:at + 96].split(b"\0")[0].decode()
        elif kind == 2:  # POWER
            channels = struct.iter_unpack("=2I2h3iq3Q", data[at + 56:at + size])
            print(f"{time_ns / 1e9:.6f} s", *(f" {rails.get(c[0])} {c[7] / 1e3:.1f} mW" for c in channels), flush=True)
            left -= 1
        at += max(size, 24)
    data = data[at:]
