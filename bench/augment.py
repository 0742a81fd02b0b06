"""Times the chain of augment.ts in scipy, PyTorch and (where importable) MONAI: affine + flip + gamma + noise of
128^3 int16 to float32, in batches of four. One JSON line per peer.

Debian: apt-get install python3-scipy python3-torch; run with /usr/bin/python3.
Usage: augment.py [THREADS=2] [BATCHES=5]
"""
import json, sys, time
import numpy as np

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
BATCHES = int(sys.argv[2]) if len(sys.argv) > 2 else 5
TOGETHER = 4
rng = np.random.default_rng(0)
volumes = [(rng.random((128, 128, 128)) * 2000 - 1000).astype(np.int16) for _ in range(TOGETHER)]


def matrix():
    a = np.deg2rad(rng.uniform(-15, 15, 3))
    c, s = np.cos(a), np.sin(a)
    rx = np.array([[1, 0, 0], [0, c[0], -s[0]], [0, s[0], c[0]]])
    ry = np.array([[c[1], 0, s[1]], [0, 1, 0], [-s[1], 0, c[1]]])
    rz = np.array([[c[2], -s[2], 0], [s[2], c[2], 0], [0, 0, 1]])
    shear = np.eye(3)
    shear[np.triu_indices(3, 1)] = rng.uniform(-0.05, 0.05, 3)
    return np.linalg.inv(rz @ ry @ rx @ shear * rng.uniform(0.9, 1.1)), rng.uniform(-5, 5, 3)


def bench(peer, f):
    f(volumes[0])
    times = []
    for _ in range(BATCHES):
        start = time.perf_counter()
        for v in volumes:
            f(v)
        times.append((time.perf_counter() - start) * 1e3 / TOGETHER)
    times.sort()
    median = times[len(times) // 2]
    print(json.dumps(dict(peer=peer, case="affine + flip + gamma + noise", threads=THREADS, ms_per_volume=round(median, 2), best_ms=round(times[0], 2), volumes_per_s=round(1e3 / median, 2))), flush=True)


try:
    import scipy
    from scipy import ndimage as ndi

    def by_scipy(v):
        m, t = matrix()
        centre = (np.array(v.shape) - 1) / 2
        x = ndi.affine_transform(v, m, centre - m @ (centre + t), output=np.float32, order=1, cval=-1000)
        for axis in range(3):
            if rng.random() < 0.5:
                x = np.flip(x, axis)
        x = (x + 1000) / 2000
        x = np.sign(x) * np.abs(x) ** np.float32(rng.uniform(0.7, 1.5)) * 2000 - 1000
        return x + np.float32(rng.uniform(10, 50)) * rng.standard_normal(v.shape, dtype=np.float32)

    bench(f"scipy-{scipy.__version__}", by_scipy)
except ImportError:
    pass

try:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(THREADS)

    def by_torch(v):
        m, t = matrix()
        theta = torch.tensor(np.hstack([m[::-1, ::-1], (-m @ t / 64)[::-1, None]]).copy(), dtype=torch.float32)[None]
        x = torch.from_numpy(v).to(torch.float32)[None, None] + 1000
        x = F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=True), align_corners=True) / 2000
        x = x.flip([k for k in (2, 3, 4) if rng.random() < 0.5])
        x = torch.sign(x) * x.abs() ** float(rng.uniform(0.7, 1.5)) * 2000 - 1000
        return x + float(rng.uniform(10, 50)) * torch.randn_like(x)

    bench(f"torch-{torch.__version__}-cpu", by_torch)
except ImportError:
    pass

try:
    import monai
    from monai.transforms import Compose, EnsureType, RandAdjustContrast, RandAffine, RandFlip, RandGaussianNoise

    chain = Compose([
        EnsureType(),
        RandAffine(prob=1, rotate_range=[0.26] * 3, scale_range=[0.1] * 3, shear_range=[0.05] * 6, translate_range=[5] * 3, padding_mode="border"),
        *[RandFlip(prob=0.5, spatial_axis=k) for k in range(3)],
        RandAdjustContrast(prob=1, gamma=(0.7, 1.5)),
        RandGaussianNoise(prob=1, std=50),
    ])
    bench(f"monai-{monai.__version__}", lambda v: chain(v[None].astype(np.float32)))
except ImportError:
    pass
