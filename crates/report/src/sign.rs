//! The signs of marks: each its own shape, so that they are told apart in grey.

use crate::document::Mark;

/// The sides of a sign's view box.
pub(crate) const SIGN_SIZE: u8 = 16;

/// The word for a mark that is used as name of its style.
pub(crate) fn name(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "pass",
        Mark::Warn => "warn",
        Mark::Stop => "stop",
        Mark::Note => "note",
    }
}

/// The word that a callout of this mark opens with.
pub(crate) fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "Pass",
        Mark::Warn => "Warning",
        Mark::Stop => "Stop",
        Mark::Note => "Note",
    }
}

/// The colour of a mark, dark enough for text on white.
pub(crate) fn colour(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "#1a6e41",
        Mark::Warn => "#8a5a00",
        Mark::Stop => "#a61b1b",
        Mark::Note => "#2b5783",
    }
}

/// All marks.
pub(crate) const MARKS: [Mark; 4] = [Mark::Pass, Mark::Warn, Mark::Stop, Mark::Note];

/// The sign as SVG elements in a box of [`SIGN_SIZE`]: a disc with a tick, a
/// triangle with an exclamation mark, an octagon with a cross, a square with
/// an i.
pub(crate) fn elements(mark: Mark) -> String {
    let fill = colour(mark);
    let stroke = "fill=\"none\" stroke=\"#ffffff\" stroke-width=\"2\" stroke-linecap=\"round\" \
                  stroke-linejoin=\"round\"";
    match mark {
        Mark::Pass => format!(
            "<circle cx=\"8\" cy=\"8\" r=\"7.5\" fill=\"{fill}\"/>\
             <path d=\"M4.6 8.4 L7.1 10.9 L11.6 5.6\" {stroke}/>"
        ),
        Mark::Warn => format!(
            "<path d=\"M8 0.9 L15.6 14.9 L0.4 14.9 Z\" fill=\"{fill}\" stroke=\"{fill}\" \
             stroke-width=\"0.8\" stroke-linejoin=\"round\"/>\
             <path d=\"M8 6 L8 9.9\" {stroke}/>\
             <circle cx=\"8\" cy=\"12.6\" r=\"1.2\" fill=\"#ffffff\"/>"
        ),
        Mark::Stop => format!(
            "<path d=\"M5 0.5 L11 0.5 L15.5 5 L15.5 11 L11 15.5 L5 15.5 L0.5 11 L0.5 5 Z\" \
             fill=\"{fill}\"/>\
             <path d=\"M5.2 5.2 L10.8 10.8 M10.8 5.2 L5.2 10.8\" {stroke}/>"
        ),
        Mark::Note => format!(
            "<rect x=\"0.75\" y=\"0.75\" width=\"14.5\" height=\"14.5\" rx=\"2\" fill=\"{fill}\"/>\
             <circle cx=\"8\" cy=\"4.3\" r=\"1.2\" fill=\"#ffffff\"/>\
             <path d=\"M8 7.6 L8 12\" {stroke}/>"
        ),
    }
}
