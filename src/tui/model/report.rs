//! The domain's reports on the screen, as of the cursor.

use super::scroll::Scroll;
use crate::session::{Point, ReportInfo, ReportPage, ReportRequest};

/// How many rows are shown of a report at most.
pub const ROWS: usize = 500;

/// How many events are folded before the screen says how far that is.
pub const STEP: usize = 4_000;

/// The reports.
#[derive(Debug, Default)]
pub struct Reports {
    /// What reports there are; `None` until it is known.
    pub infos: Option<Vec<ReportInfo>>,
    /// Which one is shown.
    pub shown: usize,
    /// What was last asked for.
    pub asked: Option<ReportRequest>,
    /// What came: the rows as of `asked`, or of the place before while it is under way.
    pub page: Option<ReportPage>,
    /// The selected row.
    pub scroll: Scroll,
}

impl Reports {
    /// The report that is shown.
    pub fn info(&self) -> Option<&ReportInfo> {
        self.infos.as_ref()?.get(self.shown)
    }

    /// The question for the report that is shown, as of a point.
    pub fn request(&self, at: Point) -> Option<ReportRequest> {
        let name = self.info()?.name.clone();
        Some(ReportRequest { name, at: Some(at), after: None, limit: ROWS, budget: STEP })
    }

    /// Goes on to the next report, or back to the one before.
    pub fn turn(&mut self, by: isize) {
        let reports = self.infos.as_ref().map_or(0, Vec::len) as isize;
        if reports > 0 {
            self.shown = (self.shown as isize + by).rem_euclid(reports) as usize;
            (self.page, self.scroll) = (None, Scroll::default());
        }
    }

    /// Takes an answer in.
    pub fn take(&mut self, request: &ReportRequest, page: ReportPage) {
        if self.asked.as_ref() == Some(request) {
            self.page = Some(page);
        }
    }
}
