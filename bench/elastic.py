#!/usr/bin/env python3
"""Times scipy on the elastic cases of cases.ts: 256×256×128 voxels displaced by a cubic B-spline of control points.

    python3 bench/elastic.py [repeats]

Two numbers for each: the looks alone, at coordinates that are there already, and with the displacement made of the
control points, by separable matrices of scipy's B-spline basis, which is the quickest way that numpy has. scipy uses one
thread. One JSON line a case, as the other peers print.
"""
import json
import sys
import time

import numpy as np
from scipy import ndimage as ndi
from scipy.interpolate import BSpline

repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
shape = (128, 256, 256)  # z, y, x
spacing = np.array([2, 0.9, 0.9])
cells = 4
image = (np.random.default_rng(1).random(shape, dtype=np.float32) * 2000 - 1000).astype(np.float32)
control = (5 * np.sin(np.arange(3 * (cells + 3) ** 3, dtype=float) ** 2)).astype(np.float32)
control = control.reshape(3, cells + 3, cells + 3, cells + 3)  # x, y, z components on z, y, x points


def weights(n):
    t = (np.arange(n) + 0.5) * cells / n + 1
    return BSpline.design_matrix(t, np.arange(-2, cells + 5), 3).toarray().astype(np.float32)


def displacement():
    wz, wy, wx = (weights(n) for n in shape)
    return [np.einsum("az,by,cx,zyx->abc", wz, wy, wx, c, optimize=True) for c in control]


def coordinates():
    grid = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in shape], indexing="ij")
    return [g + u / s for g, u, s in zip(grid, displacement()[::-1], spacing)]


for name, order in (("linear", 1), ("bspline", 3)):
    looks, alls = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        at = coordinates()
        made = time.perf_counter()
        ndi.map_coordinates(image, at, order=order, mode="constant", output=np.float32)
        end = time.perf_counter()
        looks.append((end - made) * 1000)
        alls.append((end - start) * 1000)
    print(json.dumps({"peer": "scipy", "case": f"elastic-{name}", "threads": 1, "median_ms": round(float(np.median(alls)), 1),
                      "looks_ms": round(float(np.median(looks)), 1)}))
