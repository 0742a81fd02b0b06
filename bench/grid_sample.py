"""PyTorch's grid_sample on the cases of bench/gpu.ts, on the same card: JSON lines of the same form.

    python3 bench/grid_sample.py [size] [repeats]

The sampling grid is made once and not timed; ours is made in the kernel.
"""

import json
import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F

n = int(sys.argv[1]) if len(sys.argv) > 1 else 512
repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 20
together = 5
card = "cuda"


def rotation(axis, degrees):
    """Rodrigues' formula, as a 3 by 4 matrix for affine_grid."""
    x, y, z = (a / math.sqrt(sum(b * b for b in axis)) for a in axis)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    t = 1 - c
    rows = [
        [c + t * x * x, t * x * y - s * z, t * x * z + s * y, 0],
        [t * x * y + s * z, c + t * y * y, t * y * z - s * x, 0],
        [t * x * z - s * y, t * y * z + s * x, c + t * z * z, 0],
    ]
    return torch.tensor([rows], dtype=torch.float32, device=card)


def timed(work):
    work()
    torch.cuda.synchronize()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(together):
            work()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) / together * 1000)
    return times


def report(name, times):
    line = {"peer": f"torch-{torch.__version__}", "case": name}
    line |= {"median_ms": round(statistics.median(times), 4), "min_ms": round(min(times), 4)}
    print(json.dumps(line))


size = (1, 1, n, n, n)
image = torch.rand(size, device=card)
half = torch.rand((1, 1, n // 2, n // 2, n // 2), device=card)
identity = torch.tensor([[[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]]], device=card)
for case, source, theta in [
    ("rotate", image, rotation((0.3, 1, 0.2), 20)),
    ("up", half, identity),
]:
    grid = F.affine_grid(theta, size, align_corners=False)
    for mode, name in [("bilinear", "linear"), ("nearest", "nearest")]:
        report(f"{case}-{name}", timed(lambda: F.grid_sample(source, grid, mode=mode, align_corners=False)))
