#!/usr/bin/env python3
"""Time of reading a CT series: OpenSIRT beside pydicom and SimpleITK.

Makes 300 slices of 512 x 512 (16 bits, uncompressed) in a temporary folder,
lets all three read, sort and calibrate it alternately, checks that the numbers
agree, and prints medians and ratios. Two threads for everybody.

    cargo build --release -p sirt-dicom --example ct_read
    python bench/ct_read.py [--example target/release/examples/ct_read]

Needs pydicom, numpy and SimpleITK.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("RAYON_NUM_THREADS", "2")

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SLICES, ROWS, COLUMNS = 300, 512, 512
WANTED_RATIO = 5.0


def make_series(folder: pathlib.Path) -> None:
    """Slices with file names in another order than their places."""
    random = np.random.default_rng(7)
    # A smooth body with noise, as signed 12 bits with the usual intercept.
    y, x = np.mgrid[:ROWS, :COLUMNS]
    body = np.where((x - 256) ** 2 + (y - 256) ** 2 < 200**2, 1060, 24).astype(np.int16)
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    order = random.permutation(SLICES)
    for name, k in enumerate(order):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        data.SOPClassUID = CTImageStorage
        data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        data.Modality = "CT"
        data.PatientName, data.PatientID = "Bench^Synthetic", "BENCH"
        data.StudyInstanceUID, data.SeriesInstanceUID = study, series
        data.FrameOfReferenceUID = frame
        data.StudyDate = data.SeriesDate = data.AcquisitionDate = "20260101"
        data.StudyTime = data.SeriesTime = data.AcquisitionTime = "120000"
        data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        data.InstanceNumber = int(k) + 1
        data.ImagePositionPatient = [-180.0, -180.0, -400.0 + 1.5 * int(k)]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PixelSpacing = [0.703125, 0.703125]
        data.SliceThickness = 1.5
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.Rows, data.Columns = ROWS, COLUMNS
        data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
        data.PixelRepresentation = 1
        data.RescaleSlope, data.RescaleIntercept, data.RescaleType = 1, -1024, "HU"
        noise = random.integers(-20, 21, size=(ROWS, COLUMNS), dtype=np.int16)
        data.PixelData = (body + noise + np.int16(k)).tobytes()
        data.save_as(folder / f"{name:04d}.dcm", enforce_file_format=True)


def read_pydicom(folder: pathlib.Path) -> np.ndarray:
    """What a careful script does: read, sort by place, calibrate to float32."""
    files = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    normal = np.cross(
        files[0].ImageOrientationPatient[:3], files[0].ImageOrientationPatient[3:]
    )
    files.sort(key=lambda file: float(np.dot(normal, file.ImagePositionPatient)))
    volume = np.empty((len(files), files[0].Rows, files[0].Columns), np.float32)
    for slab, file in zip(volume, files):
        np.multiply(file.pixel_array, np.float32(file.RescaleSlope), out=slab)
        slab += np.float32(file.RescaleIntercept)
    return volume


def read_sitk(folder: pathlib.Path) -> np.ndarray:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    reader.SetOutputPixelType(sitk.sitkFloat32)
    # A view dies with its image: the array is copied as users do.
    image = reader.Execute()
    return sitk.GetArrayFromImage(image)


def read_ours(example: str, folder: pathlib.Path) -> tuple[float, float]:
    """Seconds that the example measures inside, and the sum of the volume."""
    run = subprocess.run(
        # The first reading warms the program up as the others' imports did.
        [example, str(folder), "2"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "RAYON_NUM_THREADS": "2"},
    )
    seconds = [float(s) for s in re.findall(r"^seconds ([0-9.]+)", run.stdout, re.M)]
    total = float(re.search(r"sum (\S+)", run.stdout).group(1))
    return seconds[-1], total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--example", default="target/release/examples/ct_read")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
    times: dict[str, list[float]] = {"OpenSIRT": [], "pydicom": [], "SimpleITK": []}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_series(folder)
        sums = {}
        for _ in range(options.rounds):
            seconds, sums["OpenSIRT"] = read_ours(options.example, folder)
            times["OpenSIRT"].append(seconds)
            for peer, read in (("pydicom", read_pydicom), ("SimpleITK", read_sitk)):
                start = time.perf_counter()
                volume = read(folder)
                times[peer].append(time.perf_counter() - start)
                sums[peer] = float(volume.sum(dtype=np.float64))
                del volume
    ours = statistics.median(times["OpenSIRT"])
    print(f"CT of {SLICES} x {ROWS} x {COLUMNS}, median of {options.rounds} rounds, 2 threads")
    print(f"{'reader':<12}{'seconds':>10}{'ratio':>9}   sum")
    worst = float("inf")
    for reader, seconds in times.items():
        median = statistics.median(seconds)
        ratio = median / ours
        if reader != "OpenSIRT":
            worst = min(worst, ratio)
        print(f"{reader:<12}{median:>10.3f}{ratio:>9.1f}   {sums[reader]:.0f}")
    if len({round(total) for total in sums.values()}) != 1:
        print("the readers disagree", file=sys.stderr)
        return 1
    verdict = "met" if worst >= WANTED_RATIO else "NOT met"
    print(f"wanted: {WANTED_RATIO:.0f} times the faster peer; found {worst:.1f}: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
