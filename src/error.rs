//! The one error: a sentence that says what is wrong, and a hint that says what to do.

use std::fmt;

/// What went wrong, as far as a caller must tell the cases apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Refused, not found or failed, with a reason.
    Refused,
    /// Refused, and no further try changes that: what was asked for cannot be.
    Hopeless,
    /// A rule ran away and was stopped; refused, as far as an exit code tells.
    Stopped,
    /// The request itself is not understood.
    Usage,
    /// Another writer was faster.
    Conflict,
    /// The log is not what it was when it was written.
    Damaged,
    /// Whoever read the output has gone; no error at all.
    PipeClosed,
    /// Somebody ended what goes on until it is ended; no error at all, and an exit code as a shell gives it.
    Interrupted,
}

/// A failure, written for the person who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Refused, not found or failed: exit code 1.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Refused, however often it is tried: exit code 1.
    pub fn hopeless(message: impl Into<String>) -> Self {
        Self::new(Kind::Hopeless, message)
    }

    /// Not understood: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Another writer was faster: exit code 3.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// The log is damaged: exit code 4.
    pub fn damaged(message: impl Into<String>) -> Self {
        Self::new(Kind::Damaged, message)
    }

    /// The same error with a word on what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error, its message led by where it happened.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// Which case it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence, without the hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where there is something to do.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether there is nothing to say about it.
    pub fn is_silent(&self) -> bool {
        matches!(self.kind, Kind::PipeClosed | Kind::Interrupted)
    }

    /// The exit code of the command line.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::PipeClosed => 0,
            Kind::Refused | Kind::Hopeless | Kind::Stopped => 1,
            Kind::Usage => 2,
            Kind::Conflict => 3,
            Kind::Damaged => 4,
            Kind::Interrupted => 130,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(Kind::PipeClosed, "Nobody reads the output any more.");
        }
        Self::refused(format!("{error}."))
    }
}
