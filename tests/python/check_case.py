#!/usr/bin/env python3
"""Checks the JSON Schema of the case file with programs that are not ours.

    python tests/python/check_case.py

The schema is valid by its own draft, accepts the worked example of
docs/case.md and what `sirt new` (in $SIRT, if set) writes, and refuses the
example with one thing wrong in it.

Prints one line for each check that fails and exits with 1 then; a missing
Python package exits with 77 and says which.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import tomllib

    import jsonschema
except ImportError as missing:
    print(f"check_case: not run: {missing}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A part of the example, and what stands there instead.
WRONG = [
    ('height = "170 cm"', 'heigth = "170 cm"'),
    ('height = "170 cm"', 'height = "170"'),
    ('volume = "1200 mL"', "volume = 1200"),
    ('lung_shunt = "5 %"', "lung_shunt = 5"),
    ('lung_shunt = "5 %"', 'lung_shunt = "5"'),
    ('lung_shunt = "5 %"', 'lung_shunt = "-5 %"'),
    ('platelets = "210 10^9/L"', 'platelets = "210"'),
    ('calibrated = "2026-03-16T18:00+01:00"', 'calibrated = "2026-03-16T18:00"'),
    ('lobe = "left"', 'lobe = "lefft"'),
    ('sex = "female"', ""),
    ("[lungs]", "[lung]"),
    ("dialysis = false", 'dialysis = "no"'),
    ('schema = "opensirt-case/1"', 'schema = "opensirt-case/2"'),
    ('long_axis = "62 mm"', "long_axis = 62"),
    ('long_axis = "62 mm"', 'long_axes = "62 mm"'),
    ('organ = "lymph_node"', 'organ = "lymphnode"'),
    ('state = "absent"', 'state = "gone"'),
    ('value = "812 ug/L"', 'value = "812"'),
    ('density = "85 HU"', "density = 85"),
    ('alive = "2027-03-01"', 'alive = "2027-03"'),
]


def main():
    schema = json.loads((ROOT / "docs/schema/case.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    def errors(text):
        return [error.message for error in validator.iter_errors(tomllib.loads(text))]

    failures = []
    page = (ROOT / "docs/case.md").read_text()
    example = page.split("```toml\n")[1].split("```")[0]
    follow_up = page.split("## Follow-up\n")[1].split("```toml\n")[1].split("```")[0]
    example += "\n" + follow_up
    if found := errors(example):
        failures.append(f"the example of docs/case.md: {found}")
    for part, instead in WRONG:
        if part not in example:
            failures.append(f"the example has no `{part}`")
        elif not errors(example.replace(part, instead, 1)):
            failures.append(f"`{instead}` for `{part}` is accepted")

    if sirt := os.environ.get("SIRT"):
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(folder) / "case"
            line = (
                "--pseudonym P-1 --sex male --age 64 --height 1.7m --weight 70kg "
                "--tumour-type hcc --cirrhosis --device glass "
                "--liver 1800mL --tumour 450mL --density 1.05g/mL"
            )
            subprocess.run([sirt, "new", case, *line.split()], check=True, capture_output=True)
            if found := errors((case / "case.toml").read_text()):
                failures.append(f"what sirt new writes: {found}")

    for failure in failures:
        print(f"check_case: {failure}")
    if not failures:
        print(f"check_case: the schema takes what it should and refuses {len(WRONG)} faults")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
