//! Any bytes as a NIfTI file: read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sirt_image::{Compression, ReadOptions, detect_format, read_nifti, write_nifti};

fuzz_target!(|bytes: &[u8]| {
    let _ = detect_format(bytes, "a.nii");
    let options = ReadOptions {
        accept_missing_orientation: true,
    };
    if let Ok(file) = read_nifti(bytes, &options) {
        let _ = file.label_structures();
        if let Ok(written) = write_nifti(&file.volume, "", Compression::None) {
            // Single precision may round a place, never the values' number.
            if let Ok(again) = read_nifti(&written, &options) {
                assert_eq!(again.volume.values().len(), file.volume.values().len());
            }
        }
    }
});
