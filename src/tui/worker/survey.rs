//! What the log shows of every type, counted a slice at a time.

use std::mem::discriminant;

use super::Loop;
use crate::error::Result;
use crate::session::Survey;
use crate::tui::effect::{Read, Reply};

/// How many events are looked at before it is asked whether that is still wanted.
const SLICE: usize = 2_000;
/// After how many slices what was seen by then is shown.
const TOGETHER: usize = 8;

impl Loop<'_> {
    /// The catalogue: at once what is declared, then what is seen, as far as it has come.
    pub fn catalogue(&mut self) -> Result<Option<Reply>> {
        let reply = |survey: &Survey| {
            Reply::Catalogue(Box::new(survey.catalogue()), (survey.done(), survey.of()), survey.is_whole())
        };
        let kind = discriminant(&Read::Catalogue);
        let mut survey = self.session.survey()?;
        for slice in 0_usize.. {
            if survey.is_whole() {
                break;
            }
            let shown = slice % TOGETHER > 0 || self.say(reply(&survey));
            if !shown || !self.goes_on(kind) {
                return Ok(None);
            }
            self.session.survey_more(&mut survey, SLICE)?;
        }
        Ok(Some(reply(&survey)))
    }
}
