//! What can be wrong with a case.

use std::path::PathBuf;

use crate::place::{Place, Suggestion};

/// An error of this crate; never holds the pseudonym of a patient.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file that cannot be read.
    #[error("{} cannot be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that cannot be written.
    #[error("{} cannot be written", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A case where a new one was to start.
    #[error("{} is there already; a case is never overwritten", file.display())]
    AlreadyThere {
        /// The file.
        file: PathBuf,
    },
    /// A file that somebody else wrote to in between.
    #[error("{} has changed since it was read; read it again", file.display())]
    ChangedOnDisk {
        /// The file.
        file: PathBuf,
    },
    /// Two cases of a cohort with one pseudonym.
    #[error("{} and {}: have the same [patient] pseudonym; each patient of a cohort has one", folders[0], folders[1])]
    SamePseudonym {
        /// Names of their folders.
        folders: [String; 2],
    },
    /// Text that is not TOML.
    #[error("{place}: not TOML: {reason}")]
    NotToml {
        /// Where.
        place: Box<Place>,
        /// What was expected.
        reason: String,
    },
    /// A file of another kind or of a version that is not read here.
    #[error("{place}: expected \"{expected}\"")]
    WrongSchema {
        /// Where.
        place: Box<Place>,
        /// What the key has to say.
        expected: &'static str,
    },
    /// A key that stands in no list.
    #[error("{place}: no such key{suggestion}; allowed are {allowed}")]
    UnknownKey {
        /// Where, with the key.
        place: Box<Place>,
        /// The key that was meant, perhaps.
        suggestion: Suggestion,
        /// The keys that may stand there.
        allowed: String,
    },
    /// A column that stands in no list.
    #[error(
        "{place}: no such column{suggestion}; allowed are {allowed}, each with a unit in brackets where it is a quantity"
    )]
    UnknownColumn {
        /// Where, with the column.
        place: Box<Place>,
        /// The column that was meant, perhaps.
        suggestion: Suggestion,
        /// The columns that may stand there.
        allowed: String,
    },
    /// A lesion that a reader measured twice on one day.
    #[error(
        "{place}: `{key}` of this lesion is there already for this day and reader, with another value"
    )]
    MeasuredTwice {
        /// Where, the second time.
        place: Box<Place>,
        /// What was measured.
        key: &'static str,
    },
    /// A unit that is not that of the value beside it.
    #[error("{place}: {unit} is another unit than {beside} of the value")]
    OtherUnit {
        /// Where.
        place: Box<Place>,
        /// The unit as given.
        unit: String,
        /// The unit of what it stands beside.
        beside: String,
    },
    /// A key that has to be there.
    #[error("{place}: `{key}` is missing: {meaning}")]
    MissingKey {
        /// Where it has to be.
        place: Box<Place>,
        /// The key.
        key: String,
        /// What it says.
        meaning: String,
    },
    /// A value of the wrong kind.
    #[error("{place}: expected {expected}")]
    WrongKind {
        /// Where.
        place: Box<Place>,
        /// The kind that may stand there.
        expected: String,
    },
    /// A word that stands in no list.
    #[error("{place}: `{name}` is none of {allowed}{suggestion}")]
    UnknownWord {
        /// Where.
        place: Box<Place>,
        /// The word as given.
        name: String,
        /// The words that may stand there.
        allowed: String,
        /// The word that was meant, perhaps.
        suggestion: Suggestion,
    },
    /// A value that cannot be read: a unit, an offset or a sign is missing.
    #[error("{place}: {reason}")]
    Value {
        /// Where.
        place: Box<Place>,
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
    /// A value outside of what is possible.
    #[error("{place}: {value} is outside {allowed}")]
    OutOfRange {
        /// Where.
        place: Box<Place>,
        /// The value with its unit.
        value: String,
        /// The allowed range with its unit.
        allowed: String,
    },
    /// An activity that does not say when it was that.
    #[error("{place}: an activity needs its instant; add `{key}`, such as {example}")]
    ActivityWithoutInstant {
        /// Where.
        place: Box<Place>,
        /// The key that is missing.
        key: &'static str,
        /// An instant.
        example: &'static str,
    },
    /// A mass or a volume that does not say its density.
    #[error("{place}: {what} needs its density; add `density`{elsewhere}")]
    WithoutDensity {
        /// Where.
        place: Box<Place>,
        /// What stands without.
        what: &'static str,
        /// Where else it may stand.
        elsewhere: &'static str,
    },
    /// Not exactly one of several keys.
    #[error("{place}: exactly one of {keys} has to be given, found {found}")]
    OneOf {
        /// Where.
        place: Box<Place>,
        /// The keys.
        keys: &'static str,
        /// How many were.
        found: usize,
    },
    /// A key that only makes sense beside another.
    #[error("{place}: `{key}` has no meaning {without}")]
    WithoutMeaning {
        /// Where.
        place: Box<Place>,
        /// The key.
        key: &'static str,
        /// What it lacks, or what contradicts it.
        without: &'static str,
    },
    /// A tumour that is larger than what holds it.
    #[error("{place}: tumour volume {tumour} is larger than {whole_name} with {whole}")]
    TumourLarger {
        /// Where.
        place: Box<Place>,
        /// Volume of the tumour.
        tumour: String,
        /// What holds it.
        whole_name: &'static str,
        /// Volume of what holds it.
        whole: String,
    },
    /// Territories that cannot all be in the liver unless they overlap.
    #[error(
        "{place}: {what} {sum} in territories that do not overlap ({territories}), more than the {whole} of the liver; declare what overlaps with `overlaps_with`"
    )]
    TerritoriesLarger {
        /// Where.
        place: Box<Place>,
        /// Volume or tumour volume.
        what: &'static str,
        /// The sum.
        sum: String,
        /// The territories by name.
        territories: String,
        /// What the liver has.
        whole: String,
    },
    /// A name that stands twice.
    #[error("{place}: {what} `{name}` stands twice")]
    NamedTwice {
        /// Where, the second time.
        place: Box<Place>,
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A name that no table has.
    #[error("{place}: {what} `{name}` is unknown{suggestion}; known are {known}")]
    UnknownName {
        /// Where.
        place: Box<Place>,
        /// What is named.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The name that was meant, perhaps.
        suggestion: Suggestion,
        /// The names that are known.
        known: String,
    },
    /// A lobe with segments of the other one.
    #[error(
        "{place}: segment {segment} lies in the {of} lobe, the territory in the {lobe}; are the lobes swapped?"
    )]
    LobesSwapped {
        /// Where.
        place: Box<Place>,
        /// The segment.
        segment: &'static str,
        /// The lobe of the segment.
        of: &'static str,
        /// The lobe of the territory.
        lobe: &'static str,
    },
    /// Two events in an order that cannot be.
    #[error("{place}: {event} ({at}) is before {after} ({after_at})")]
    WrongOrder {
        /// Where.
        place: Box<Place>,
        /// The event that is too early.
        event: &'static str,
        /// When it is said to be.
        at: String,
        /// What has to come first.
        after: &'static str,
        /// When that was.
        after_at: String,
    },
    /// A path that leaves the folder of the case without saying so.
    #[error(
        "{place}: `{path}` leaves the folder of the case; move the files into it or write the whole path"
    )]
    LeavesCase {
        /// Where.
        place: Box<Place>,
        /// The path as given.
        path: String,
    },
    /// A path at which there is nothing.
    #[error("{place}: there is nothing at `{path}`")]
    NothingThere {
        /// Where.
        place: Box<Place>,
        /// The path as given.
        path: String,
    },
    /// A table in a form to which nothing can be added.
    #[error("{place}: nothing can be added here; write it as [[{table}]]")]
    NotAppendable {
        /// Where.
        place: Box<Place>,
        /// The table.
        table: &'static str,
    },
}
