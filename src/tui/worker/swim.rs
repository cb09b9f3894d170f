//! The lanes of an operation, read a slice at a time.

use std::mem::discriminant;

use super::Loop;
use crate::error::Result;
use crate::event::Position;
use crate::tui::effect::{Read, Reply};

/// How many events are read before it is asked whether that is still wanted.
const SLICE: usize = 100;
/// After how many slices what there is by then is shown.
const TOGETHER: usize = 8;

impl Loop<'_> {
    pub fn swim(&mut self, position: Position) -> Result<Option<Reply>> {
        let kind = discriminant(&Read::Swim(position));
        let mut lanes = self.session.swim(position)?;
        for slice in 0.. {
            self.session.swim_on(&mut lanes, SLICE)?;
            if lanes.is_whole() {
                break;
            }
            let shown = slice % TOGETHER > 0 || self.say(Reply::Swim(Box::new(lanes.clone())));
            if !shown || !self.goes_on(kind) {
                return Ok(None);
            }
        }
        Ok(Some(Reply::Swim(Box::new(lanes))))
    }
}
