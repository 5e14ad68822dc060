//! Any bytes as a NRRD header with data, and as the file that it names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sirt_image::{FileContent, ReadOptions, read_nrrd};

fuzz_target!(|bytes: &[u8]| {
    for accept_missing_orientation in [false, true] {
        let options = ReadOptions {
            accept_missing_orientation,
        };
        let mut asked = 0;
        let mut companion = |name: &str| {
            assert!(!name.contains("..") || !name.split(['/', '\\']).any(|part| part == ".."));
            asked += 1;
            if asked > 100 {
                return Err(std::io::Error::other("enough files"));
            }
            Ok(bytes.to_vec())
        };
        match read_nrrd(bytes, &options, &mut companion) {
            Ok(FileContent::Volume(file)) => {
                let _ = file.label_structures();
            }
            Ok(FileContent::Structures(structures)) => {
                for structure in structures {
                    assert!(structure.capacity().as_mm3() >= 0.0);
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
