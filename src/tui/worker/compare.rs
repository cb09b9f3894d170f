//! Comparisons: two states, three states, or two points of the whole store, a part at a time.

use std::mem::discriminant;

use super::Loop;
use crate::error::Result;
use crate::session::{CompareRequest, Point};
use crate::tui::effect::{Comparison, Differences, Read, Reply};

/// How many aggregates are said at a time.
const PAGE: usize = 50;
/// How many positions are looked at before it is asked whether that is still wanted.
const BUDGET: usize = 20_000;
/// How many events of each side are named.
const EVENTS: usize = 5;
/// How many aggregates are listed; then it stops.
const KEPT: usize = 2_000;

impl Loop<'_> {
    pub fn compare(&mut self, asked: Comparison) -> Result<Option<Reply>> {
        let differences = match &asked {
            Comparison::Two(a, b) => Differences::Two(self.session.diff_by_item(a, b)?),
            Comparison::Three(before, here) => {
                Differences::Three(Box::new(self.session.three_way(before, here)?))
            }
            Comparison::Store(a, b) => return self.compare_store(a.clone(), b.clone()),
        };
        Ok(Some(Reply::Compared { asked, differences, done: true, more: false }))
    }

    fn compare_store(&mut self, a: Point, b: Point) -> Result<Option<Reply>> {
        let asked = Comparison::Store(a.clone(), b.clone());
        let kind = discriminant(&Read::Compare(asked.clone()));
        let bounds =
            CompareRequest { limit: PAGE, budget: BUDGET, events: EVENTS, ..CompareRequest::of(a, b) };
        let (mut request, mut kept) = (bounds, 0);
        loop {
            let page = self.session.compare(&request)?;
            kept += page.rows.len();
            let more = page.next.is_some() && kept >= KEPT;
            let done = page.next.is_none() || more;
            let differences = Differences::Store(page.rows);
            let reply = Reply::Compared { asked: asked.clone(), differences, done, more };
            let Some(next) = page.next.filter(|_| !done) else { return Ok(Some(reply)) };
            request.after = next;
            if !self.say(reply) || !self.goes_on(kind) {
                return Ok(None);
            }
        }
    }
}
