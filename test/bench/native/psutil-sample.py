"""psutil-sample.py ROUNDS PID…: processor time of looking at every process once; prints an object of milliseconds."""

import json
import sys
import time

import psutil

rounds, processes = int(sys.argv[1]), [psutil.Process(int(pid)) for pid in sys.argv[2:]]


def sample():
    for process in processes:
        with process.oneshot():
            process.cpu_percent()
            process.memory_info()


sample()
begin = time.process_time()
for _ in range(rounds):
    sample()
print(json.dumps({"cpu_ms": (time.process_time() - begin) * 1000 / rounds}))
