#!/usr/bin/env python3
"""Checks that OpenSIRT reads DICOM files that other programs wrote.

    SIRT=target/release/sirt python tests/python/check_foreign_dicom.py

Compressed PET (RLE, JPEG lossless and baseline, JPEG-LS, JPEG 2000 in one and
in several fragments, deflated) and enhanced PET: the dose of local deposition
in every voxel against pydicom's pixels, times the dose of 1 Bq/mL.
Segmentations of highdicom (binary, fractional, label map): the volume of every
segment.  Registration: a segment of another frame lands where it belongs.
Damaged, mixed and contradicting files: an error with the file's name and the
attribute, exit code 1 to 3, and no patient's name.

Prints one line for each check that fails and exits with 1 then; a missing
Python package exits with 77 and says which.
"""

import copy
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import highdicom
    import libjpeg  # pylibjpeg-libjpeg: decodes JPEG for pydicom
    import nrrd
    import numpy
    import openjpeg  # pylibjpeg-openjpeg: writes JPEG 2000
    import PIL.Image
    import pydicom
    from pydicom import uid
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate, generate_frames
    from pydicom.sr.codedict import codes
except ImportError as missing:
    print(f"check_foreign_dicom: not run: {missing}")
    sys.exit(77)

COLUMNS, ROWS, SLICES = 72, 64, 4
SPACING = (1.5, 2.0, 3.0)
# Y-90 of 64.10 h and 0.9331 MeV: 49.771 Gy kg/GBq, in 1 g/mL (docs/methods).
GRAY_PER_BQ_ML = 49.770689e-6
PATIENT = "Nobody^Secret"
LABEL_MAP = uid.UID("1.2.840.10008.5.1.4.1.1.66.7")

failures, passed = [], 0
random = numpy.random.default_rng(3)


def that(holds, message):
    global passed
    if holds:
        passed += 1
    else:
        failures.append(f"FAILED {message}")


def sirt(*arguments):
    return subprocess.run(
        [os.environ["SIRT"], *map(str, arguments)], capture_output=True, text=True
    )


def dose(activity, out, *options):
    """Exit code and what was said, or the dose and the result."""
    arguments = ("--activity", activity, "--method", "local", "--density", "1g/mL")
    done = sirt("dose", *arguments, "--out", out, "--json", *options)
    if done.returncode:
        return done, None
    values, _ = nrrd.read(str(out / "dose.nrrd"))
    return values, json.loads(done.stdout)


def image(sop_class, modality, instance, signed=False, bits=16, allocated=16):
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = sop_class, instance
    data.Modality = modality
    data.PatientName, data.PatientID = PATIENT, PATIENT
    data.PatientBirthDate = data.PatientSex = data.AccessionNumber = ""
    data.ReferringPhysicianName = data.StudyID = data.PositionReferenceIndicator = ""
    data.InstanceNumber = data.SeriesNumber = 1
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.1", "1.2.3.2"
    data.FrameOfReferenceUID = "1.2.3.9"
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = "20260301"
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = "101500"
    data.Rows, data.Columns, data.SamplesPerPixel = ROWS, COLUMNS, 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = allocated, bits, bits - 1
    data.PixelRepresentation = int(signed)
    name_transfer_syntax(data, uid.ExplicitVRLittleEndian)
    return data


def name_transfer_syntax(data, syntax):
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID


def set_pixels(data, values):
    allocated = data.BitsAllocated
    kind = ("int" if data.PixelRepresentation else "uint") + str(allocated)
    data.PixelData = values.astype(kind).tobytes()
    data["PixelData"].VR = "OB" if allocated == 8 else "OW"


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = value, scheme
    item.CodeMeaning = meaning
    return item


def tracer(administered):
    item = Dataset()
    item.RadionuclideHalfLife, item.RadionuclidePositronFraction = 230760, 3.2e-5
    item.RadionuclideTotalDose = administered
    item.RadiopharmaceuticalStartDateTime = "20260301090000"
    item.RadionuclideCodeSequence = [code("14691008", "SCT", "^90^Yttrium")]
    return item


def pet(signed=False, bits=16, allocated=16):
    """Slices corrected to administration, each with its own slope."""
    slices = []
    for k in range(SLICES):
        data = image(
            uid.PositronEmissionTomographyImageStorage,
            "PT",
            f"1.2.3.3.{k + 1}",
            signed,
            bits,
            allocated,
        )
        data.ImagePositionPatient = [10, 20, SPACING[2] * k]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceThickness = [SPACING[1], SPACING[0]], SPACING[2]
        data.RescaleSlope, data.RescaleIntercept = 1.5 + k, 0
        data.Units, data.DecayCorrection = "BQML", "ADMIN"
        data.CorrectedImage = ["DECY", "ATTN", "SCAT"]
        data.RadiopharmaceuticalInformationSequence = [tracer(1.4e9)]
        low = -(2 ** (bits - 1)) if signed else 0
        set_pixels(data, random.integers(low, low + 2**bits, (ROWS, COLUMNS)))
        slices.append(data)
    return slices


def write(folder, slices):
    folder.mkdir(parents=True)
    for k, data in enumerate(slices):
        data.save_as(folder / f"{k}.dcm", enforce_file_format=True)
    return folder


def lossless_jpeg(values, bits):
    """JPEG process 14 with predictor 1 (ITU-T T.81 annex H): each category of
    difference has a code of 5 bits."""
    values = values.astype(int) & (2**bits - 1)
    predicted = numpy.empty_like(values)
    predicted[:, 1:] = values[:, :-1]
    predicted[1:, 0] = values[:-1, 0]
    predicted[0, 0] = 2 ** (bits - 1)
    digits = []
    for wrapped in ((values - predicted) & 0xFFFF).ravel():
        difference = int(wrapped) - (65536 if wrapped > 32768 else 0)
        category = abs(difference).bit_length()
        digits.append(f"{category:05b}")
        if 0 < category < 16:
            extra = difference if difference > 0 else difference + 2**category - 1
            digits.append(f"{extra:0{category}b}")
    digits = "".join(digits)
    digits += "1" * (-len(digits) % 8)
    scan = int(digits, 2).to_bytes(len(digits) // 8, "big")
    rows, columns = values.shape

    def segment(marker, content):
        return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content

    return b"".join(
        [
            b"\xff\xd8",
            segment(
                0xC3,
                bytes([bits])
                + rows.to_bytes(2, "big")
                + columns.to_bytes(2, "big")
                + bytes([1, 1, 0x11, 0]),
            ),
            segment(
                0xC4, bytes([0, 0, 0, 0, 0, 17] + [0] * 11) + bytes(range(17))
            ),
            segment(0xDA, bytes([1, 1, 0, 1, 0, 0])),
            scan.replace(b"\xff", b"\xff\x00"),
            b"\xff\xd9",
        ]
    )


def with_streams(data, syntax, streams, **options):
    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData = encapsulate(streams, **options)
    data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True


def compress(data, name):
    values = data.pixel_array
    if name == "deflated":
        data.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    elif name == "JPEG lossless":
        stream = lossless_jpeg(values, data.BitsStored)
        with_streams(data, uid.JPEGLosslessSV1, [stream])
    elif name == "JPEG lossless in fragments":
        stream = lossless_jpeg(values, data.BitsStored)
        with_streams(data, uid.JPEGLosslessSV1, [stream], fragments_per_frame=4)
    elif name == "JPEG 2000 in fragments":
        data.compress(uid.JPEG2000Lossless, generate_instance_uid=False)
        [stream] = generate_frames(data.PixelData, number_of_frames=1)
        with_streams(data, uid.JPEG2000Lossless, [stream], fragments_per_frame=3)
    else:
        syntax = {
            "RLE": uid.RLELossless,
            "JPEG-LS": uid.JPEGLSLossless,
            "JPEG 2000": uid.JPEG2000Lossless,
        }[name]
        data.compress(syntax, generate_instance_uid=False)


def check_voxels(name, folder, wanted, *options, tolerance=0.0):
    """`wanted` is Bq/mL by slice, row and column; `tolerance` is in Bq/mL."""
    found, result = dose(folder, folder.parent / (folder.name + "-dose"), *options)
    if result is None:
        that(False, f"{name}: {found.stderr}")
        return None
    wanted = numpy.maximum(wanted, 0).transpose(2, 1, 0) * GRAY_PER_BQ_ML
    worst = numpy.abs(found - wanted).max() if found.shape == wanted.shape else None
    allowed = tolerance * GRAY_PER_BQ_ML + 1e-5 * wanted.max()
    that(
        worst is not None and worst <= allowed,
        f"{name}: {found.shape} off by {worst} Gy, allowed {allowed}",
    )
    return result


def check_codecs(folder):
    kinds = [(False, 16, 16), (True, 16, 16), (False, 12, 16), (True, 12, 16)]
    names = [
        *("raw", "deflated", "RLE", "JPEG lossless", "JPEG lossless in fragments"),
        *("JPEG-LS", "JPEG 2000", "JPEG 2000 in fragments"),
    ]
    for signed, bits, allocated in [*kinds, (False, 8, 8)]:
        slices = pet(signed, bits, allocated)
        for name in names:
            packed = copy.deepcopy(slices)
            for data in packed:
                if name != "raw":
                    compress(data, name)
            title = f"{name}, {bits} bits{', signed' if signed else ''}"
            place = write(folder / title.replace(" ", "-"), packed)
            files = [pydicom.dcmread(place / f"{k}.dcm") for k in range(SLICES)]
            wanted = [data.pixel_array * float(data.RescaleSlope) for data in files]
            check_voxels(title, place, numpy.stack(wanted))
            plain = [data.pixel_array * float(data.RescaleSlope) for data in slices]
            that(numpy.array_equal(wanted, plain), f"{title}: pydicom disagrees")


def check_baseline(folder):
    slices = pet(bits=8, allocated=8)
    ramp = numpy.add.outer(numpy.arange(ROWS), 2 * numpy.arange(COLUMNS)) % 256
    for data in slices:
        stream = io.BytesIO()
        picture = PIL.Image.fromarray(ramp.astype("uint8"))
        picture.save(stream, "JPEG", quality=90)
        with_streams(data, uid.JPEGBaseline8Bit, [stream.getvalue()])
    place = write(folder / "baseline", slices)
    wanted = [data.pixel_array * float(data.RescaleSlope) for data in slices]
    # Decoders may round the cosine transform differently by one stored value.
    one = max(float(data.RescaleSlope) for data in slices)
    result = check_voxels("JPEG baseline", place, numpy.stack(wanted), tolerance=one)
    lossy = result and any("2110" in one["subject"] for one in result["findings"])
    that(lossy, "JPEG baseline: no finding about compression with loss")


def check_empty_frames(folder):
    """Frames of one value take few bytes."""
    for syntax in (uid.JPEGLSLossless, uid.JPEG2000Lossless):
        slices = pet()[:2]
        for k, data in enumerate(slices):
            data.Rows = data.Columns = 1024
            set_pixels(data, numpy.full((1024, 1024), 5 * k))
            data.compress(syntax, generate_instance_uid=False)
        place = write(folder / f"empty-{syntax}", slices)
        wanted = numpy.zeros((2, 1024, 1024))
        wanted[1] = 5 * 2.5
        check_voxels(f"empty frame, {syntax.name}", place, wanted)


def enhanced_pet():
    """Frames out of order, each with a mapping of its own to Bq/mL."""
    data = image(uid.EnhancedPETImageStorage, "PT", "1.2.3.77")
    data.NumberOfFrames = SLICES
    values = random.integers(0, 30000, (SLICES, ROWS, COLUMNS))
    set_pixels(data, values)
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [SPACING[1], SPACING[0]]
    measures.SliceThickness = SPACING[2]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [orientation]
    data.SharedFunctionalGroupsSequence = [shared]
    data.PerFrameFunctionalGroupsSequence = []
    wanted = numpy.empty(values.shape)
    for frame, k in enumerate([2, 0, 3, 1]):
        groups, plane, rescale = Dataset(), Dataset(), Dataset()
        plane.ImagePositionPatient = [10, 20, SPACING[2] * k]
        rescale.RescaleSlope, rescale.RescaleIntercept = 1, 0
        rescale.RescaleType = "US"
        groups.PlanePositionSequence = [plane]
        groups.PixelValueTransformationSequence = [rescale]
        groups.RealWorldValueMappingSequence = []
        for unit, slope in [("g/ml{SUVbw}", 0.1), ("Bq/ml", 2.0 + k)]:
            mapping = Dataset()
            mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = slope, 0.0
            mapping.MeasurementUnitsCodeSequence = [code(unit, "UCUM", unit)]
            groups.RealWorldValueMappingSequence.append(mapping)
        data.PerFrameFunctionalGroupsSequence.append(groups)
        wanted[k] = values[frame] * (2.0 + k)
    data.DecayCorrected, data.DecayCorrectionDateTime = "YES", "20260301090000"
    data.AttenuationCorrected = data.ScatterCorrected = "YES"
    data.AcquisitionDateTime = "20260301101500"
    data.RadiopharmaceuticalInformationSequence = [tracer(1400)]
    return data, wanted


def check_enhanced(folder):
    for name in ("raw", "RLE", "JPEG-LS", "JPEG 2000", "deflated"):
        data, wanted = enhanced_pet()
        if name != "raw":
            compress(data, name)
        place = write(folder / f"enhanced-{name.replace(' ', '-')}", [data])
        check_voxels(f"enhanced PET, {name}", place, wanted)
    for table in (True, False):
        data, wanted = enhanced_pet()
        compress(data, "JPEG 2000")
        streams = list(generate_frames(data.PixelData, number_of_frames=SLICES))
        with_streams(
            data,
            uid.JPEG2000Lossless,
            streams,
            fragments_per_frame=3,
            has_bot=table,
        )
        place = write(folder / f"enhanced-fragments-{table}", [data])
        check_voxels(f"enhanced PET in fragments, table {table}", place, wanted)


def check_segmentations(folder):
    source = pet()
    for data in source:
        data.Manufacturer = "peer"
    place = write(folder / "segmented", source)
    labels = numpy.zeros((SLICES, ROWS, COLUMNS), numpy.uint8)
    labels[0, 3:10, 4:9] = 1
    labels[1:3, 20:30, 30:40] = 2
    voxel = numpy.prod(SPACING) / 1000
    full = {1: 35 * voxel, 2: 200 * voxel}
    planes = numpy.stack([labels == 1, labels == 2], -1)
    kinds = highdicom.seg.SegmentationTypeValues
    raw, rle = uid.ExplicitVRLittleEndian, uid.RLELossless
    jpegs = uid.JPEG2000Lossless, uid.JPEGLSLossless
    parts = {1: full[1] * 128 / 255, 2: full[2] * 64 / 255}
    cases = [(kinds.BINARY, planes.astype("uint8"), full, [raw])]
    cases.append((kinds.LABELMAP, labels, full, [raw, rle, *jpegs]))
    weights = planes * numpy.array([0.5, 0.25])
    cases.append((kinds.FRACTIONAL, weights, parts, [raw, rle, *jpegs]))
    for kind, array, wanted, syntaxes in cases:
        for syntax in syntaxes:
            name = f"{kind.value} segmentation, {syntax.name}"
            written = segmentation(source, array, kind, syntax)
            if kind == kinds.LABELMAP:
                that(written.SOPClassUID == LABEL_MAP, f"{name}: {written.SOPClassUID}")
            path = folder / f"{kind.value}-{syntax}.dcm"
            written.save_as(path)
            done = sirt("info", path, "--json")
            if done.returncode:
                that(False, f"{name}: {done.stderr}")
                continue
            [item] = json.loads(done.stdout)["items"]
            found = {one["number"]: one["volume_ml"] for one in item["structures"]}
            near = found.keys() == wanted.keys() and all(
                abs(found[number] - wanted[number]) < 1e-5 for number in wanted
            )
            that(near, f"{name}: {found} instead of {wanted} mL")
    check_registration(folder, place, source, planes)


def segmentation(source, array, kind, syntax):
    described = [
        highdicom.seg.SegmentDescription(
            number,
            label,
            codes.SCT.MorphologicallyAbnormalStructure,
            codes.SCT.Neoplasm,
            highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, label in [(1, "Tumour 1"), (2, "Tumour 2")]
    ]
    return highdicom.seg.Segmentation(
        *(source, array, kind, described, "1.2.3.55", 4, "1.2.3.56", 1),
        *("peer", "peer", "1", "1"),
        transfer_syntax_uid=syntax,
        fractional_type="OCCUPANCY",
    )


def check_registration(folder, place, source, planes):
    """The segments 6 mm off along x in a frame of their own, and back."""
    moved = copy.deepcopy(source)
    for data in moved:
        data.FrameOfReferenceUID = "1.2.3.8"
        data.ImagePositionPatient = [16, *data.ImagePositionPatient[1:]]
    binary = highdicom.seg.SegmentationTypeValues.BINARY
    written = segmentation(
        moved, planes.astype("uint8"), binary, uid.ExplicitVRLittleEndian
    )
    written.save_as(folder / "moved.dcm")
    registration = image(uid.SpatialRegistrationStorage, "REG", "1.2.3.66")
    items = []
    for frame, shift in [("1.2.3.9", 0), ("1.2.3.8", -6)]:
        item, chain, matrix = Dataset(), Dataset(), Dataset()
        item.FrameOfReferenceUID = frame
        matrix.FrameOfReferenceTransformationMatrixType = "RIGID"
        matrix.FrameOfReferenceTransformationMatrix = [
            *(1, 0, 0, shift, 0, 1, 0, 0),
            *(0, 0, 1, 0, 0, 0, 0, 1),
        ]
        chain.MatrixSequence = [matrix]
        item.MatrixRegistrationSequence = [chain]
        items.append(item)
    registration.RegistrationSequence = items
    registration.save_as(folder / "registration.dcm", enforce_file_format=True)
    options = ("--structures", folder / "moved.dcm")
    found, result = dose(place, folder / "unregistered", *options)
    that(result is None, "a structure of another frame was used without registration")
    if result is None:
        refused("no registration", found)
    options += ("--registration", folder / "registration.dcm")
    found, result = dose(place, folder / "registered", *options)
    if result is None:
        that(False, f"registration: {found.stderr}")
        return
    that(len(result["structures"]) == 2, f"registration: {result['structures']}")
    for one, number in zip(result["structures"], (0, 1)):
        inside = planes[..., number].transpose(2, 1, 0)
        mean = found[inside].mean()
        volume = inside.sum() * numpy.prod(SPACING) / 1000
        near = abs(one["volume_ml"] / volume - 1) < 1e-3
        near &= abs(one["dose_gy"]["mean"] / mean - 1) < 1e-3
        that(near, f"registration: {one['name']} is {one['volume_ml']} mL instead of {volume}")


def refused(name, done, *words):
    said = done.stderr
    that(done.returncode in (1, 2, 3), f"{name}: exit code {done.returncode}")
    that("Secret" not in said, f"{name}: tells the patient: {said}")
    for word in words:
        that(word in said, f"{name}: does not say {word!r}: {said}")


def check_damaged(folder):
    def of(name, change, *words):
        slices = pet()
        change(slices)
        place = write(folder / name, slices)
        found, result = dose(place, folder / f"{name}-dose")
        that(result is None, f"{name}: was read")
        if result is None:
            refused(name, found, *words)

    def each(keyword, values):
        return lambda slices: [
            setattr(data, keyword, value) for data, value in zip(slices, values)
        ]

    def places(zs, tilt=0.0):
        return each("ImagePositionPatient", [[10, 20 + tilt * z, z] for z in zs])

    def copied(slices):
        other = copy.deepcopy(slices[1])
        set_pixels(other, numpy.zeros((ROWS, COLUMNS)))
        slices.append(other)

    def cut_stream(slices):
        for data in slices:
            data.compress(uid.JPEGLSLossless, generate_instance_uid=False)
        [stream] = generate_frames(slices[1].PixelData, number_of_frames=1)
        with_streams(slices[1], uid.JPEGLSLossless, [stream[: len(stream) // 2]])

    position = "(0020,0032) ImagePositionPatient"
    of("missing-place", lambda s: s[1].pop("ImagePositionPatient"), "1.dcm", position)
    of("tilted", places([0, 3, 6, 9], 0.3), position)
    of("unequal", places([0, 3, 6.5, 9]), "1.dcm", position)
    of("gap", places([0, 3, 9, 12]), "1.dcm", position)
    of("same-place", places([0, 3, 3, 6]), "1.dcm", "2.dcm", position)
    of("copies", copied, "1.dcm", "4.dcm", "(0008,0018) SOPInstanceUID")
    of("cut-stream", cut_stream, "1.dcm", "pixels")
    of("units", each("Units", ["BQML", "CNTS"]), "1.dcm", "(0054,1001) Units")
    of("frames", each("FrameOfReferenceUID", ["9.9"]), "2 series", "0.dcm", "1.dcm")
    of("no-slope", lambda s: s[2].pop("RescaleSlope"), "2.dcm", "(0028,1053)")

    whole = write(folder / "whole", pet())
    for name, kept, words in [
        ("truncated", 0.9, ["1.dcm", "(7FE0,0010) PixelData"]),
        ("header", 0.02, ["1.dcm is truncated", position]),
        ("empty", 0.0, ["1.dcm", "0 bytes", position]),
    ]:
        place = write(folder / name, pet())
        content = (place / "1.dcm").read_bytes()
        (place / "1.dcm").write_bytes(content[: int(len(content) * kept)])
        found, result = dose(place, folder / f"{name}-dose")
        that(result is None, f"{name}: was read")
        if result is None:
            refused(name, found, *words)
    # At an end of the stack a missing slice leaves no gap, but a finding.
    place = write(folder / "end", pet())
    (place / "3.dcm").write_bytes(b"")
    found, result = dose(place, folder / "end-dose")
    named = result and any(one["subject"] == "3.dcm" for one in result["findings"])
    that(named, "an empty file at the end: no finding")
    options = ("--method", "local", "--out", folder / "wrong-dose")
    done = sirt("dose", "--activity", whole, "--ct", whole, *options)
    refused("PET as CT", done, "no CT in it", "0.dcm")


def main():
    if "SIRT" not in os.environ:
        sys.exit("check_foreign_dicom: $SIRT is to name the program")
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for check in (
            check_codecs,
            check_baseline,
            check_empty_frames,
            check_enhanced,
            check_segmentations,
            check_damaged,
        ):
            try:
                check(folder)
            except Exception as error:  # any failure of a peer counts
                failures.append(
                    f"FAILED {check.__name__}: {type(error).__name__}: {error}"
                )
    for failure in failures:
        print(failure)
    print(f"check_foreign_dicom: {len(failures)} failed; passed {passed}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
