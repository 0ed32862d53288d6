# SPDX-License-Identifier: GPL-2.0-only
"""What check does on a board: says what it is, records, and keeps cores busy."""
import glob
import json
import os
import platform
import subprocess
import sys

import figures


# In the first so many seconds of a recording its beginning is seen, too: the recorder
# starts, and the module finds the converter's speed.
SETTLE_S = 0.1


class Failed(Exception):
    pass


def text(path):
    try:
        with open(path, "rb") as f:
            return f.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return None


class Board:
    """@bin: directory of the tools, None: $PATH. @work: for recordings."""

    def __init__(self, tools, work, device):
        self.tools, self.work, self.device = tools, work, device

    def run(self, tool, *arguments, statuses=(0,)):
        path = os.path.join(self.tools, tool) if self.tools else tool
        try:
            done = subprocess.run([path] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL)
        except OSError as e:
            raise Failed("%s: %s (--tools names their directory)" % (path, e.strerror))
        if done.returncode not in statuses:
            raise Failed("%s %s: exit status %d\n%s" % (tool, " ".join(arguments), done.returncode,
                                                        done.stderr.decode("utf-8", "replace").strip()))
        return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def device_option(self):
        return ["--device", self.device] if self.device else []

    def info(self):
        """synergy-info's facts; its exit status 3 (no device) ends the check"""
        out, _ = self.run("synergy-info", "--format", "json", *self.device_option(), statuses=(0, 3))
        return json.loads(out)

    def provenance(self):
        """What the figures are of. No host name, no serial number, no address."""
        policies = {}
        for policy in sorted(glob.glob("/sys/devices/system/cpu/cpufreq/policy*")):
            policies[os.path.basename(policy)] = {
                key: text(policy + "/" + key)
                for key in ("affected_cpus", "scaling_governor", "scaling_min_freq", "scaling_max_freq",
                            "cpuinfo_max_freq")}
        power_model = None
        try:
            power_model = subprocess.run(["nvpmodel", "-q"], stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL).stdout.decode().strip()
        except OSError:
            pass  # no Jetson
        return {
            "board": text("/proc/device-tree/model"),
            "compatible": text("/proc/device-tree/compatible"),
            "kernel": platform.release() + " " + platform.version(),
            "machine": platform.machine(),
            "l4t": text("/etc/nv_tegra_release"),
            "power_model": power_model,
            "cpufreq": policies,
            "thermal_mc": {text(z + "/type"): text(z + "/temp")
                           for z in sorted(glob.glob("/sys/class/thermal/thermal_zone*"))},
            "cpus": text("/sys/devices/system/cpu/online"),
            "module_srcversion": text("/sys/module/synergy/srcversion"),
            "tools": self.run("synergy-info", "--version")[0].strip(),
            "simulated": os.path.exists("/sys/module/synergy_sim"),
        }

    def record(self, seconds, *options):
        """-> ({rail: samples}, what synergy-record said at the end). The samples are of
        @seconds in which the recorder was at work already."""
        path = os.path.join(self.work, "capture.syn")
        _, said = self.run("synergy-record", "--output", path, "--duration", "%g" % (seconds + SETTLE_S),
                           *self.device_option(), *options)
        out, _ = self.run("synergy-report", "--export", "samples", path)
        os.unlink(path)
        rails = figures.settled(figures.read_samples(out.splitlines()), SETTLE_S)
        if not rails:
            raise Failed("synergy-record %s: no sample" % " ".join(options))
        return rails, said.strip()

    def network(self, model, runs):
        """synergy-run's layers.json, whole but for the host's name"""
        out, _ = self.run("synergy-run", "--quiet", "--measure", "require", "--runs", str(runs), "--format", "json",
                          *self.device_option(), model)
        result = json.loads(out)
        result["provenance"].pop("host", None)
        return result


class Load:
    """n cores kept busy, the last ones first, while the block runs: it begins when all are"""

    def __init__(self, cpus, n):
        self.cpus, self.n = sorted(cpus, reverse=True)[:n], n
        self.busy = []

    def __enter__(self):
        for cpu in self.cpus:
            self.busy.append(subprocess.Popen(
                [sys.executable, "-S", "-c",
                 "import os\nos.sched_setaffinity(0, [%d])\nparent = os.getppid()\nos.write(1, b'.')\n"
                 "while os.getppid() == parent:\n for i in range(100000): pass" % cpu],
                stdout=subprocess.PIPE))
        # An interpreter's start is work of another kind, and longer than a short step.
        if not all([process.stdout.read(1) for process in self.busy]):
            self.__exit__()
            raise Failed("cores cannot be kept busy: %s did not start" % sys.executable)
        return self

    def __exit__(self, *_):
        for process in self.busy:
            process.kill()
            process.wait()
            process.stdout.close()
