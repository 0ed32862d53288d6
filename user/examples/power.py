#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints the power of each rail with nothing but Python; losses and errors go to standard error.
# Usage: power.py [/dev/synergy | recording | -] [records]. Samples ten times a second when no
# session runs, else reads along. Offsets: kmod/uapi/linux/synergy.h.
import errno, fcntl, os, struct, sys
path = sys.argv[1] if len(sys.argv) > 1 else "/dev/synergy"
left = int(sys.argv[2]) if len(sys.argv) > 2 else -1
device, rails, data = path.startswith("/dev/synergy"), {}, b""
NO_BUS, REPEAT = 2, 8  # flags of a channel: no bus voltage yet; not converted again
try:  # struct synergy_configure with period_ns, then struct synergy_control
    fd = 0 if path == "-" else os.open(path, os.O_RDWR if device else os.O_RDONLY)
    device and fcntl.ioctl(fd, 3 << 30 | 200 << 16 | 0xE703, struct.pack("=2IQ184x", 200, 0, 100000000))
    device and fcntl.ioctl(fd, 1 << 30 | 8 << 16 | 0xE704, struct.pack("=2I", 8, 0))
except OSError as error:
    if error.errno != errno.EBUSY:  # another's session: read along
        sys.exit(f"{path}: {error.strerror}")
while left and (chunk := os.read(fd, 65536)):
    data += chunk
    at = 16 if data[:8] == b"SYNERGY\0" else 0  # a recording's header
    if at and data[8:9] not in (b"", b"\2"):
        sys.exit(f"{path}: not version 2; synergy-report reads it")
    while left and len(data) - at >= 32:
        size, kind, flags, seq, time_ns, raw_ns = struct.unpack_from("=IHHQQQ", data, at)
        if len(data) - at < size:
            break
        if kind == 1 and struct.unpack_from("=I", data, at + 32)[0] == 3:  # INFO about a rail
            rails[struct.unpack_from("=I", data, at + 48)[0]] = data[at + 80:at + 112].split(b"\0")[0].decode()
        elif kind == 2 and not flags & 1:  # POWER, and no repeat
            n, entry = struct.unpack_from("=2I", data, at + 36)
            channels = [struct.unpack_from("=2I2h3iq", data, at + 64 + i * entry) for i in range(n)]
            print(f"{time_ns / 1e9:.6f} s", *(f" {rails.get(c[0])} " + ("-" if c[1] & (NO_BUS | REPEAT) else
                  f"{c[7] / 1e3:.1f} mW") for c in channels), flush=True)
            left -= 1
        elif kind == 5:  # LOST
            print(struct.unpack_from("=Q", data, at + 32)[0], "records lost", file=sys.stderr)
        elif kind == 6:  # ERROR
            source, index, error = struct.unpack_from("=2Ii", data, at + 32)
            print("core" if source == 2 else "chip", f"{index}: {os.strerror(error)}", file=sys.stderr)
        at += max(size, 32)
    data = data[at:]
