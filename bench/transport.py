#!/usr/bin/env python3
"""Histories per second of the Monte Carlo: a ball of 1.5 L, 3 mm.

    python bench/transport.py [--target target]

Runs the example `liver` of the crate transport. EGSnrc makes
38,000 histories a second on a core of this kind (../shared/physics/speed.csv);
the aim is 1.5 million on two cores. Exits with 1 below it, with 77 when the
example is not built.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAST = 1.5e6
EGSNRC = 38_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")))
    examples = parser.parse_args().target / "release" / "examples"
    if not (examples / "liver").is_file():
        print("skipped: the examples of the crate transport are not built")
        return 77
    run = subprocess.run([examples / "liver", "40"], capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0:
        print(run.stderr, file=sys.stderr)
        return 1
    print(run.stdout)
    wall = float(re.search(r"(\d+) histories per second", run.stdout)[1])
    cpu = float(re.search(r"(\d+) histories per CPU second", run.stdout)[1])
    print(f"{wall:.3g} histories a second, {cpu / EGSNRC:.0f} times EGSnrc for each core; at least {LEAST:.2g} wanted")
    return 0 if wall >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
