"""Gaussians of 1, 2 and 5 voxels in scipy, on as many voxels as the cases `smooth-*` have; one JSON line a case.

Debian: apt-get install python3-scipy; run with /usr/bin/python3. scipy has one thread here.
Usage: smooth.py [REPEATS=3]
"""
import json, sys, time

import numpy as np
import scipy
from scipy.ndimage import gaussian_filter

repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
volume = np.random.default_rng(0).random((128, 256, 256), dtype=np.float32) * 2000 - 1000
for sigma in (1, 2, 5):
    gaussian_filter(volume, sigma)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        gaussian_filter(volume, sigma)
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    print(json.dumps({
        "peer": f"scipy-{scipy.__version__}",
        "case": f"smooth-{sigma}",
        "threads": 1,
        "median_ms": round(times[len(times) // 2], 3),
        "min_ms": round(times[0], 3),
        "voxels": volume.size,
    }), flush=True)
