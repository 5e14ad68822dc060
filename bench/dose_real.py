#!/usr/bin/env python3
"""Time of the whole `sirt dose` on a real Y-90 PET, files written included.

    python bench/dose_real.py [--sirt target/release/sirt] [--repeats 5]

Reads ../shared/data/taranis-y90 beside the repository (patient 1: 1123 MBq in
the image); exits with 77 when it is not there and with 1 past the limit.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "taranis-y90"
LIMIT_S = 3.0


def main() -> int:
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sirt", type=pathlib.Path, default=target / "release" / "sirt")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        return 77

    print(f"{'method':<8} {'median s':>9} {'slowest s':>10} {'limit s':>8}  closure")
    met = True
    for method in ("local", "kernel"):
        seconds = []
        with tempfile.TemporaryDirectory() as folder:
            command = [
                str(arguments.sirt), "dose",
                "--activity", str(DATA / "patient_1_Y90_PET.nrrd"),
                "--structures", str(DATA / "patient_1_Segmentation.seg.nrrd"),
                "--units", "Bq/mL", "--nuclide", "Y-90",
                "--since-administration", "20.4h",
                "--density", "1.05g/mL", "--method", method,
                "--out", folder, "--json",
            ]
            for _ in range(arguments.repeats):
                start = time.perf_counter()
                run = subprocess.run(command, capture_output=True, text=True)
                seconds.append(time.perf_counter() - start)
                if run.returncode != 0:
                    print(run.stderr, file=sys.stderr)
                    return 1
        closure = json.loads(run.stdout)["energy"]["closure"]
        median = statistics.median(seconds)
        met &= median < LIMIT_S
        print(f"{method:<8} {median:>9.2f} {max(seconds):>10.2f} {LIMIT_S:>8.1f}  {closure:.6f}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
