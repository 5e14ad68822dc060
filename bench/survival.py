#!/usr/bin/env python3
"""Kaplan-Meier with intervals and Cox (Efron, 5 covariates) beside R's
survival, lifelines and the PyPI package survival, in one run on one table.

    python bench/survival.py [--rows 1000000] [--repeats 3]

Peers that are not installed are named and left out. Ours is timed inside the
example `survival_speed` of the crate outcome, R inside R, Python peers inside
Python: reading the table counts for nobody. Exits with 1 when ours is less
than 5 times as fast as the fastest peer or the results differ, with 77
without any peer.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The PyPI package has this script's name.
HERE = pathlib.Path(__file__).resolve().parent
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != HERE]
COVARIATES = 5
FASTER = 5.0


def table(rows: int) -> np.ndarray:
    """Months to death or censoring to 0.1 (so with ties), five covariates."""
    random = np.random.default_rng(6)
    x = np.column_stack([random.normal(size=(rows, 3)), random.random((rows, 2)) < 0.4]).astype(float)
    hazard = np.exp(x @ np.array([0.5, -0.3, 0.1, 0.7, -0.2])) / 30
    death = random.exponential(1 / hazard)
    end = random.uniform(1, 60, rows)
    months = np.ceil(np.minimum(death, end) * 10) / 10
    return np.column_stack([months, death <= end, x])


def timed(function, repeats: int) -> dict:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "result": [float(value) for value in result]}


def ours(file: str, rows: int, repeats: int, target: pathlib.Path) -> dict:
    program = target / "release" / "examples" / "survival_speed"
    found = {}
    for what in ("km", "cox"):
        run = subprocess.run([program, what, file, str(rows), str(COVARIATES), str(repeats)],
                             capture_output=True, text=True, check=True)
        found[what] = json.loads(run.stdout)
    return found


def r(file: str, rows: int, repeats: int) -> dict | None:
    if not shutil.which("Rscript"):
        return None
    run = subprocess.run(["Rscript", "--vanilla", str(ROOT / "bench" / "survival.R"), file, str(rows),
                          str(COVARIATES), str(repeats)], capture_output=True, text=True)
    if run.returncode != 0:
        print(run.stderr, file=sys.stderr)
        return None
    return json.loads(run.stdout)


def lifelines(data: np.ndarray, repeats: int) -> dict | None:
    try:
        import lifelines as peer
        import pandas
    except ImportError:
        return None
    from lifelines.utils import median_survival_times

    frame = pandas.DataFrame(data, columns=["time", "event", *(f"x{i}" for i in range(1, COVARIATES + 1))])

    def km():
        curve = peer.KaplanMeierFitter().fit(frame["time"], frame["event"])
        ends = median_survival_times(curve.confidence_interval_)
        return [curve.median_survival_time_, *ends.to_numpy().ravel()]

    def cox():
        model = peer.CoxPHFitter().fit(frame, "time", "event")
        return [*model.params_, model.concordance_index_]

    return {"km": timed(km, repeats), "cox": timed(cox, repeats)}


def pypi_survival(data: np.ndarray, repeats: int) -> dict | None:
    """The Rust package of that name, through its R-like calls."""
    try:
        import survival as peer
    except ImportError:
        return None
    names = ["time", "event", *(f"x{i}" for i in range(1, COVARIATES + 1))]
    columns = dict(zip(names, np.ascontiguousarray(data.T)))

    def km():
        curve = peer.survfit("Surv(time, event) ~ 1", data=columns, conf_type="log-log")
        return [first_at_or_below(curve.time, values) for values in (curve.surv, curve.lower, curve.upper)]

    def cox():
        fit = peer.coxph("Surv(time, event) ~ " + " + ".join(names[2:]), data=columns, ties="efron")
        return list(fit.coefficients)

    return {"km": timed(km, repeats), "cox": timed(cox, repeats)}


def first_at_or_below(times, values) -> float:
    values = np.asarray(values, dtype=float)
    return float(np.asarray(times)[np.argmax(values <= 0.5)])


def main() -> int:
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--target", type=pathlib.Path, default=target)
    arguments = parser.parse_args()
    data = table(arguments.rows)
    with tempfile.TemporaryDirectory() as folder:
        file = str(pathlib.Path(folder) / "table")
        np.asfortranarray(data).T.astype("<f8").tofile(file)
        own = ours(file, arguments.rows, arguments.repeats, arguments.target)
        peers = {"R survival": r(file, arguments.rows, arguments.repeats),
                 "lifelines": lifelines(data, arguments.repeats),
                 "PyPI survival": pypi_survival(data, arguments.repeats)}
    print(f"{arguments.rows} subjects, {int(data[:, 1].sum())} events, {COVARIATES} covariates; "
          f"median of {arguments.repeats}, load {os.getloadavg()[0]:.1f}")
    met, seen = True, False
    for what, name in (("km", "Kaplan-Meier"), ("cox", "Cox, Efron")):
        mine = statistics.median(own[what]["seconds"])
        print(f"{name:<14} {'OpenSIRT':<14} {mine:>8.3f} s")
        fastest = None
        for peer, found in peers.items():
            if found is None or what not in found:
                print(f"{'':<14} {peer:<14} not measured")
                continue
            seen = True
            seconds = statistics.median(found[what]["seconds"])
            fastest = seconds if fastest is None else min(fastest, seconds)
            result = found[what]["result"]
            differs = ""
            if result:
                pairs = list(zip(own[what]["result"], result))
                # Peers stop their iterations earlier; times are to 0.1.
                worst = max(abs(a - b) / max(abs(b), 1e-9) for a, b in pairs)
                differs = f"  largest relative difference {worst:.1e}"
                met &= worst < 1e-4
            print(f"{'':<14} {peer:<14} {seconds:>8.3f} s  {seconds / mine:>6.1f} times{differs}")
        if fastest is not None:
            met &= fastest / mine >= FASTER
    if not seen:
        return 77
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
