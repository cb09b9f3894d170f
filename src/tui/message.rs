//! What comes into the explorer's loop.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossterm::event::{Event, KeyEvent};

use super::effect::Reply;
use super::options::Begun;
use crate::error::Result;
use crate::session::ImportProgress;

/// What comes in from outside.
pub enum Message {
    /// A key, the mouse, a size.
    Input(Event),
    /// A worker answered, about a branch where it names one.
    Reply(Option<String>, Box<Reply>),
    /// How far the start screen's choice is.
    Progress(ImportProgress),
    /// The start screen's choice was done.
    Opened(Box<Result<Begun>>),
    /// Characters of a text that came in together.
    Text(String),
    /// The key that interrupts, and where to say that it was taken.
    Interrupt(KeyEvent, Arc<AtomicBool>),
    /// The process was asked to stop for a while.
    Stop,
    /// It goes on.
    Continued,
    /// The process was asked to end.
    Signal(i32),
    /// The terminal is gone.
    Lost(String),
}
