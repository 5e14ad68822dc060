//! Progress on standard error: shown on a terminal, silent in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Stages of a run that may take over a second.
pub(crate) struct Stages(ProgressBar);

impl Stages {
    /// A spinner that appears with the first stage.
    ///
    /// indicatif draws only on a terminal, and `NO_COLOR` leaves it plain.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Names the stage that begins.
    pub(crate) fn begin(&self, stage: impl Into<String>) {
        self.0.set_message(stage.into());
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
