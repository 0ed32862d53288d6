#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command that may not use more than a given time, however busy the PC is.

The limit is of CPU time, of the command and all that it starts: beside other work a
command takes longer, but uses no more. A PC that is slower than the one where limits
were set gets as much more (its speed is measured first, in some 30 ms). What hangs
without using the CPU is found by that: nothing of it has run for --stall seconds.

usage: scripts/limit.py --cpu SECONDS [--stall SECONDS] [--report FILE] [--] COMMAND [ARG...]

Exit status: the command's, 128 + its signal, 124 out of CPU time or stalled, 2 usage.
FILE gets one line: CPU seconds, limit, wall seconds.
"""
import os
import signal
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
# What measure_speed() takes on the PC where the limits were set (a 2.1 GHz Xeon, 2023).
REFERENCE_S = 0.030
# A limit that grew without bounds would be none.
SLOWEST = 10.0


def measure_speed():
    """Times that this PC is slower than the one where limits were set; at least 1."""
    best = 1e9
    for _ in range(3):
        began = time.process_time()
        n = 0
        for i in range(300000):
            n = (n * 31 + i) & 0xffffffff
        best = min(best, time.process_time() - began)
    return min(SLOWEST, max(1.0, best / REFERENCE_S))


def stat(pid):
    """(session, CPU seconds with those of its children that have ended); None: it is gone"""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            # The name, in brackets, may hold anything.
            field = f.read().rsplit(b")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return int(field[3]), sum(map(int, field[11:15])) / TICKS


def family(root):
    """root and all that descend from it, as far as they are there"""
    todo, members = [root], []
    while todo:
        pid = todo.pop()
        members.append(pid)
        try:
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/children" % (pid, task)) as f:
                    todo += map(int, f.read().split())
        except OSError:
            pass
    return members


def session(leader):
    """The processes of a session: also those whose parents are gone"""
    return [int(n) for n in os.listdir("/proc") if n.isdigit() and (stat(int(n)) or (0,))[0] == leader]


class Limited:
    """A command that runs, and what it has used.

    command: argument list; cpu_s: CPU seconds it may use on the reference PC; stall_s:
    wall seconds without any use of the CPU after which it is taken for hung. Other
    arguments are subprocess.Popen's.
    """

    def __init__(self, command, cpu_s, stall_s, slower=1.0, **how):
        self.limit_s = cpu_s * slower
        self.stall_s = stall_s
        self.began = self.last_use = time.monotonic()
        self.cpu_s = self.wall_s = 0.0
        self.status = None
        self.reason = ""
        self.child = subprocess.Popen(command, start_new_session=True, **how)

    def look(self):
        """Brings cpu_s up to date and ends what is over its limit. Return: it still runs"""
        self.wall_s = time.monotonic() - self.began
        used = sum((stat(pid) or (0, 0))[1] for pid in family(self.child.pid))
        if used > self.cpu_s:
            self.cpu_s, self.last_use = used, time.monotonic()
        if self.ended():
            self.end()
            return False
        if self.cpu_s > self.limit_s:
            self.reason = "out of time (%.0f s of CPU)" % self.limit_s
        elif time.monotonic() - self.last_use > self.stall_s:
            self.reason = "hung (no CPU used for %g s)" % self.stall_s
        else:
            return True
        self.end()
        while not self.ended():
            time.sleep(0.01)
        self.status = 124
        return False

    def ended(self):
        """Has the command itself ended? Then its status and all that it used are known."""
        if self.status is not None:
            return True
        pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
        if not pid:
            return False
        code = os.waitstatus_to_exitcode(status)
        self.status = self.child.returncode = code if code >= 0 else 128 - code
        self.cpu_s = max(self.cpu_s, usage.ru_utime + usage.ru_stime)
        return True

    def end(self):
        """Ends whatever is left of it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for _ in range(20):
                left = set(session(self.child.pid) + family(self.child.pid))
                if self.ended():
                    left.discard(self.child.pid)
                if not left:
                    return
                for pid in left:
                    try:
                        os.kill(pid, number)
                    except OSError:
                        pass
                time.sleep(0.1)

    def wait(self):
        pause = 0.01
        while self.look():
            time.sleep(pause)
            pause = min(0.5, 1.5 * pause)
        return self.status


def main(arguments):
    cpu = stall = report = None
    while arguments and arguments[0].startswith("--"):
        if arguments[0] == "--help":
            print(__doc__)
            return 0
        if len(arguments) < 2:
            break
        if arguments[0] == "--":
            arguments = arguments[1:]
            break
        name, value = arguments[:2]
        if name == "--cpu":
            cpu = float(value)
        elif name == "--stall":
            stall = float(value)
        elif name == "--report":
            report = value
        else:
            print("limit: unknown option '%s'" % name, file=sys.stderr)
            return 2
        arguments = arguments[2:]
    if cpu is None or not arguments:
        print("usage: scripts/limit.py --cpu SECONDS COMMAND... (--help says more)", file=sys.stderr)
        return 2
    try:
        run = Limited(arguments, cpu, stall or 120, measure_speed())
    except OSError as e:
        print("limit: %s: %s" % (arguments[0], e.strerror), file=sys.stderr)
        return 127

    def stop(number, _frame):
        run.end()
        sys.exit(128 + number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    status = run.wait()
    if run.reason:
        print("limit: %s" % run.reason, file=sys.stderr)
    if report:
        with open(report, "w") as f:
            f.write("%.2f %.2f %.2f\n" % (run.cpu_s, run.limit_s, run.wall_s))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
