#!/usr/bin/env python3
"""Checks DICOM files that OpenSIRT wrote with programs that are not ours.

    python tests/python/check_dicom.py            # writes samples, checks them;
                                                  # and those of $SIRT, if set
    python tests/python/check_dicom.py FOLDER     # checks a folder of any depth

Every file: pydicom opens it and its pixels, dciodvfy reports no error.
RTDOSE, CT, PT: SimpleITK puts every voxel where the attributes say, and a
marker voxel where `expected.json` of the folder says.
SEG: highdicom opens it, gives every segment, and its affine puts the marker.
NM: position, orientation and spacing put the marker.
RTSTRUCT with RTDOSE: dicompyler-core's DVH of the dose agrees with the stored
one: for the samples (a dose known in closed form on small voxels) volume,
mean, D95, D70, D50 and D2 to 1 %; for a patient the same to 1 % of the
structure's largest dose, but volume and D95, which hang on the edge, to 5 %.

Prints one line for each check that fails and exits with 1 then; a missing
Python package or program exits with 77 and says which.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import defaultdict

try:
    import highdicom
    import numpy
    import pydicom
    import pydicom.dicomio
    import SimpleITK

    # dicompyler-core 0.5.6 asks pydicom for a name that its version 3 dropped.
    pydicom.dicomio.read_file = pydicom.dcmread
    from dicompylercore import dvh, dvhcalc
except ImportError as missing:
    print(f"check_dicom: not run: {missing}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Positions are printed with at least 10 digits; SimpleITK computes in double.
PLACE_MM = 1e-3
# Agreement that the project asks of a DVH; see docs/methods/dicom_writing.md.
DVH_RELATIVE = 0.01
# dicompyler-core counts a voxel wholly or not at all, by its centre; ours are
# weighted by the part inside.  On the voxels of a PET the two differ at the
# edge: in volume where a plane runs through centres (a liver lobe: 4 %), and
# in D95, the dose of the edge.  Other figures agree to a hundredth of the
# structure's largest dose.
EDGE_RELATIVE = 0.05
# Below this a structure is a few voxels, hardly more than its edge.
SMALLEST_DVH_ML = 20.0

CT, PT, NM = "CT", "PT", "NM"


class Checks:
    """Counts what was checked and keeps what failed."""

    def __init__(self):
        self.passed = defaultdict(int)
        self.failures = []

    def that(self, holds, kind, path, message):
        if holds:
            self.passed[kind] += 1
        else:
            self.failures.append(f"FAILED {kind}: {path}: {message}")

    def attempt(self, kind, path, check):
        """Runs `check`; an exception is a failure with its text."""
        try:
            return check()
        except Exception as error:  # any failure of a foreign reader counts
            self.failures.append(
                f"FAILED {kind}: {path}: {type(error).__name__}: {error}"
            )
            return None


def main():
    if not shutil.which("dciodvfy"):
        print("check_dicom: not run: dciodvfy (package dicom3tools) is missing")
        sys.exit(77)
    warnings.filterwarnings("ignore")
    SimpleITK.ProcessObject_SetGlobalWarningDisplay(False)
    if len(sys.argv) > 2:
        sys.exit("usage: check_dicom.py [FOLDER]")
    if len(sys.argv) == 2:
        sys.exit(check_folder(pathlib.Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["cargo", "run", "--quiet", "-p", "sirt-dicom"]
            + ["--example", "write_samples", "--", folder],
            cwd=ROOT,
            check=True,
        )
        failed = check_folder(pathlib.Path(folder))
    if "SIRT" in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            write_case(os.environ["SIRT"], pathlib.Path(folder))
            failed |= check_folder(pathlib.Path(folder))
    sys.exit(failed)


def write_case(sirt, folder):
    """The built-in patient and its dose, written by the program itself."""
    patient, dose = folder / "patient", folder / "dose"

    def run(*arguments):
        subprocess.run([sirt, *arguments], check=True, stdout=subprocess.DEVNULL)

    run("phantom", "--no-follow-up", "--out", str(patient))
    run(
        *("dose", "--activity", str(patient / "pet"), "--ct", str(patient / "ct")),
        *("--structures", str(patient / "structures.dcm"), "--method", "kernel"),
        *("--out", str(dose), "--json"),
    )
    run(
        *("add", f"{dose / 'dose.dcm'}@0d", f"{patient / 'true_dose.dcm'}@42d"),
        *("--structures", str(patient / "structures.dcm")),
        *("--out", str(folder / "sum"), "--json"),
    )


def check_folder(folder):
    checks = Checks()
    objects = read_objects(folder, checks)
    checks.that(objects, "found", folder, "no DICOM file")
    uids = [data.SOPInstanceUID for _, data in objects]
    checks.that(len(set(uids)) == len(uids), "uid", folder, "two files share a UID")

    for path, data in objects:
        validate(path, data, checks)
        if "PixelData" in data:
            checks.attempt("pixels", path, lambda: check_pixels(path, data, checks))
        if data.Modality == "SEG":
            checks.attempt("seg", path, lambda: check_segmentation(path, checks))
        if data.Modality == "RTDOSE":
            checks.attempt("dose", path, lambda: check_dose(path, data, checks))
        if data.Modality == "RTSTRUCT":
            checks.attempt("rtstruct", path, lambda: check_contours(path, data, checks))
    check_series(objects, checks)
    check_histograms(objects, (folder / "expected.json").exists(), checks)
    check_markers(folder, checks)

    for failure in checks.failures:
        print(failure)
    counted = ", ".join(f"{count} {kind}" for kind, count in checks.passed.items())
    print(f"check_dicom: {len(checks.failures)} failed; passed {counted}")
    return 1 if checks.failures else 0


def read_objects(folder, checks):
    objects = []
    for path in sorted(folder.rglob("*.dcm")):
        data = checks.attempt("opens", path, lambda: pydicom.dcmread(path))
        if data is None:
            continue
        same = data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID
        checks.that(same, "opens", path, "meta information names another instance")
        objects.append((path, data))
    return objects


def validate(path, data, checks):
    """dciodvfy aborts on 32-bit doses: a 16-bit copy is validated for them."""
    if data.Modality == "RTDOSE" and data.BitsAllocated == 32:
        with tempfile.TemporaryDirectory() as folder:
            copy = pydicom.dcmread(path)
            values = copy.pixel_array >> 16
            copy.BitsAllocated = copy.BitsStored = 16
            copy.HighBit = 15
            copy.PixelData = values.astype("<u2").tobytes()
            copied = pathlib.Path(folder) / "dose.dcm"
            copy.save_as(copied)
            run_validator(path, copied, checks)
    else:
        run_validator(path, path, checks)


def run_validator(path, checked, checks):
    done = subprocess.run(
        ["dciodvfy", "-new", str(checked)], capture_output=True, text=True
    )
    said = (done.stderr + done.stdout).splitlines()
    errors = [line for line in said if line.startswith("Error") or "Assertion" in line]
    checks.that(not errors, "dciodvfy", path, "; ".join(errors[:3]))


def check_pixels(path, data, checks):
    shape = (data.Rows, data.Columns)
    frames = int(data.get("NumberOfFrames", 1))
    expected = (frames, *shape) if frames > 1 else shape
    found = data.pixel_array.shape
    checks.that(found == expected, "pixels", path, f"{found} instead of {expected}")


def check_segmentation(path, checks):
    segmentation = highdicom.seg.segread(path)
    for number in segmentation.segment_numbers:
        volume = segmentation.get_volume(
            segment_numbers=[number], combine_segments=False
        )
        checks.that(
            volume.array.max() > 0, "seg", path, f"segment {number} has no voxel"
        )
        label = segmentation.get_segment_description(number).segment_label
        checks.that(label, "seg", path, f"segment {number} has no label")


def check_dose(path, data, checks):
    """SimpleITK against the attributes, voxel by voxel and at all corners."""
    image = SimpleITK.ReadImage(str(path))
    stored = data.pixel_array.reshape(-1, data.Rows, data.Columns)
    # SimpleITK gives stored values: the scaling is the caller's to apply.
    found = SimpleITK.GetArrayFromImage(image)
    checks.that(
        numpy.array_equal(found, stored),
        "dose",
        path,
        "SimpleITK's stored values differ from pydicom's",
    )
    row = numpy.array(data.ImageOrientationPatient[:3], float)
    column = numpy.array(data.ImageOrientationPatient[3:], float)
    normal = numpy.cross(row, column)
    between_rows, between_columns = (float(x) for x in data.PixelSpacing)
    origin = numpy.array(data.ImagePositionPatient, float)
    for i in (0, int(data.Columns) - 1):
        for j in (0, int(data.Rows) - 1):
            for k, offset in enumerate(data.GridFrameOffsetVector):
                place = (
                    origin
                    + row * between_columns * i
                    + column * between_rows * j
                    + normal * float(offset)
                )
                found = image.TransformIndexToPhysicalPoint((i, j, k))
                apart = numpy.linalg.norm(place - found)
                checks.that(
                    apart < PLACE_MM,
                    "dose place",
                    path,
                    f"SimpleITK puts voxel {(i, j, k)} {apart:.3f} mm off",
                )


def check_contours(path, data, checks):
    numbers = {roi.ROINumber for roi in data.StructureSetROISequence}
    drawn = {roi.ReferencedROINumber for roi in data.ROIContourSequence}
    seen = {item.ReferencedROINumber for item in data.RTROIObservationsSequence}
    checks.that(numbers == drawn == seen, "rtstruct", path, "ROI numbers differ")
    for roi in data.ROIContourSequence:
        for contour in roi.get("ContourSequence", []):
            corners = numpy.array(contour.ContourData, float).reshape(-1, 3)
            checks.that(
                len(corners) == contour.NumberOfContourPoints >= 3,
                "rtstruct",
                path,
                f"contour of ROI {roi.ReferencedROINumber} miscounts its corners",
            )
            flat = numpy.linalg.svd(corners - corners.mean(0))[1][-1]
            # Corners are printed to 1e-4 mm.
            checks.that(
                flat < 1e-3 * len(corners) ** 0.5,
                "rtstruct",
                path,
                f"contour of ROI {roi.ReferencedROINumber} is not planar",
            )


def read_series(folder):
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def check_series(objects, checks):
    """Slices of CT and PT, rescaled, against SimpleITK's volume."""
    series = defaultdict(list)
    for path, data in objects:
        if data.Modality in (CT, PT):
            series[(data.SeriesInstanceUID, path.parent)].append(data)
    for (_, folder), slices in series.items():
        if len(list(folder.glob("*.dcm"))) != len(slices):
            continue  # another series in the same folder: no plain read
        image = checks.attempt("series", folder, lambda: read_series(folder))
        if image is None:
            continue
        values = SimpleITK.GetArrayFromImage(image)
        checks.that(
            len(values) == len(slices), "series", folder, "slices were left out"
        )
        for data in slices:
            corner = [float(x) for x in data.ImagePositionPatient]
            index = image.TransformPhysicalPointToIndex(corner)
            back = image.TransformIndexToPhysicalPoint(index)
            apart = numpy.linalg.norm(numpy.subtract(back, corner))
            checks.that(
                apart < PLACE_MM, "series", folder, f"a slice is {apart:.3f} mm off"
            )
            slope, intercept = float(data.RescaleSlope), float(data.RescaleIntercept)
            expected = data.pixel_array * slope + intercept
            difference = numpy.abs(values[index[2]] - expected).max()
            checks.that(
                difference <= 1e-6 * max(numpy.abs(expected).max(), 1e-30),
                "series",
                folder,
                f"SimpleITK's values differ by {difference}",
            )


def check_histograms(objects, closed_form, checks):
    by_uid = {data.SOPInstanceUID: (path, data) for path, data in objects}
    for path, dose in objects:
        if dose.Modality != "RTDOSE" or "DVHSequence" not in dose:
            continue
        named = dose.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID
        if named not in by_uid:
            checks.that(False, "dvh", path, "its structure set is not in the folder")
            continue
        structures = by_uid[named][0]
        numbers = [
            item.DVHReferencedROISequence[0].ReferencedROINumber
            for item in dose.DVHSequence
        ]
        for number in numbers:
            checks.attempt(
                "dvh",
                path,
                lambda: check_histogram(
                    path, dose, structures, number, closed_form, checks
                ),
            )


def check_histogram(path, dose, structures, number, closed_form, checks):
    index = next(
        at
        for at, item in enumerate(dose.DVHSequence)
        if item.DVHReferencedROISequence[0].ReferencedROINumber == number
    )
    ours = dvh.DVH.from_dicom_dvh(dose, number)
    mean = float(dose.DVHSequence[index].DVHMeanDose)
    if ours.volume < SMALLEST_DVH_ML:
        return
    oblique = numpy.abs(
        numpy.array(dose.ImageOrientationPatient, float) - [1, 0, 0, 0, 1, 0]
    ).max()
    if oblique > 1e-6:
        return  # dicompyler-core samples axial grids only
    # dicompyler-core counts voxel centres: where the dose of neighbours
    # differs by more than two hundredths, its steps show.
    theirs = dvhcalc.get_dvh(
        str(structures), str(path), number, calculate_full_volume=True
    )
    pairs = [("volume", ours.volume, theirs.volume), ("mean", mean, theirs.mean)]
    for percent in (95, 70, 50, 2):
        # statistic("D95") etc. are doses received by that part of the volume.
        pairs.append(
            (
                f"D{percent}",
                ours.statistic(f"D{percent}").value,
                theirs.statistic(f"D{percent}").value,
            )
        )
    largest = float(dose.DVHSequence[index].DVHMaximumDose)
    for name, ours_is, theirs_is in pairs:
        if closed_form:
            allowed = DVH_RELATIVE * ours_is
        elif name == "volume":
            allowed = EDGE_RELATIVE * ours_is
        elif name == "D95":
            allowed = EDGE_RELATIVE * largest
        else:
            # Theirs is counted in bins of 0.01 Gy.
            allowed = max(DVH_RELATIVE * largest, 0.01)
        print(
            f"dvh {path.name} ROI {number}: {name} ours {ours_is:.3f}"
            f" dicompyler-core {theirs_is:.3f} (allowed {allowed:.3f})"
        )
        checks.that(
            abs(ours_is - theirs_is) <= allowed,
            "dvh",
            path,
            f"ROI {number} {name} is {ours_is:.3f}, dicompyler-core has {theirs_is:.3f}",
        )


def check_markers(folder, checks):
    expectations = folder / "expected.json"
    if not expectations.exists():
        return
    for marker in json.loads(expectations.read_text())["markers"]:
        path = folder / marker["path"]
        found = checks.attempt("marker", path, lambda: brightest(path))
        if found is None:
            continue
        place, value = found
        apart = numpy.linalg.norm(numpy.subtract(place, marker["lps_mm"]))
        checks.that(
            apart < PLACE_MM,
            "marker",
            path,
            f"is at {numpy.round(place, 2)}, {apart:.3f} mm off",
        )
        # 16 bits of a volume whose largest value is the marker.
        checks.that(
            abs(value / marker["value"] - 1.0) < 1e-5,
            "marker",
            path,
            f"is {value} instead of {marker['value']}",
        )


def brightest(path):
    """Place (LPS, mm) and value of the largest voxel, by a foreign reader."""
    if path.is_dir():
        return brightest_of_image(read_series(path))
    data = pydicom.dcmread(path)
    if data.Modality == "SEG":
        segmentation = highdicom.seg.segread(path)
        volume = segmentation.get_volume(segment_numbers=[1], combine_segments=False)
        array = volume.array[..., 0] if volume.array.ndim == 4 else volume.array
        index = numpy.unravel_index(array.argmax(), array.shape)
        return (volume.affine @ [*index, 1.0])[:3], float(array.max())
    if data.Modality == NM:
        detector = data.DetectorInformationSequence[0]
        row = numpy.array(detector.ImageOrientationPatient[:3], float)
        column = numpy.array(detector.ImageOrientationPatient[3:], float)
        k, j, i = numpy.unravel_index(data.pixel_array.argmax(), data.pixel_array.shape)
        place = (
            numpy.array(detector.ImagePositionPatient, float)
            + row * float(data.PixelSpacing[1]) * i
            + column * float(data.PixelSpacing[0]) * j
            + numpy.cross(row, column) * float(data.SpacingBetweenSlices) * k
        )
        return place, float(data.pixel_array.max())
    place, stored = brightest_of_image(SimpleITK.ReadImage(str(path)))
    return place, stored * float(data.DoseGridScaling)


def brightest_of_image(image):
    values = SimpleITK.GetArrayFromImage(image)
    k, j, i = numpy.unravel_index(values.argmax(), values.shape)
    place = image.TransformIndexToPhysicalPoint((int(i), int(j), int(k)))
    return place, float(values.max())


if __name__ == "__main__":
    main()
