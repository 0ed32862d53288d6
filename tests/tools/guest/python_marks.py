# SPDX-License-Identifier: GPL-2.0-only
"""What python_marks.sh records: named marks of threads, of a child, and one that ends by an
exception. Times between marks are short, and nothing here looks at them."""
import os
import threading

import synergy

assert synergy.available(), synergy.why_not()
assert synergy.why_not() is None


@synergy.region("infer", cookie=7)
def infer(depth):
    """An interval inside one of its own name."""
    if depth:
        infer(depth - 1)


with synergy.region("pré-traitement"):
    infer(1)
try:
    with synergy.region("fails"):
        raise KeyError
except KeyError:
    pass
assert synergy.point("here") is True

threads = [threading.Thread(target=infer, args=(0,), name=str(i)) for i in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

child = os.fork()
if not child:
    done = synergy.begin("of the child") and synergy.end("of the child")
    os._exit(0 if done else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

synergy.close()
with synergy.region("x" * 80):
    pass

with synergy.meter() as m:
    os.waitpid(os.spawnv(os.P_NOWAIT, "/bin/sleep", ["sleep", "0.3"]), 0)
assert set(m.readings) == {"VDD_IN", "VDD_GPU", "VDD_CPU"}, m.readings
for r in m.readings.values():
    assert r.seconds >= 0.3 and r.samples > 10 and 0 < r.ci95_j < 0.5 * r.energy_j, r
try:
    m.begin()
    raise AssertionError("a closed meter")
except ValueError:
    pass
