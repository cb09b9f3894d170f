//! Writes, one after the other: commands, forks, names, and what takes an operation back.

use std::time::Instant;

use super::{Loop, Order, SAY};
use crate::domain::ListedAs;
use crate::error::{Error, Result};
use crate::journal::{Clash, Mode, Rebuilt};
use crate::session::{Fire, Point, Session};
use crate::tui::effect::{Reply, Write, Wrote};
use crate::tui::text::count;

impl Loop<'_> {
    /// Does the oldest order, or has it wait while another program writes; `false` when nobody listens.
    pub fn next_write(&mut self, order: Order) -> bool {
        let refused = match self.in_place().and_then(|()| self.may_write()) {
            Ok(false) => return true,
            may => may.err(),
        };
        // Another program may have begun since it was looked.
        self.session.hurry();
        let heard = self.write(order, refused);
        if heard.is_none() {
            self.hold();
            return true;
        }
        self.shared.inbox().writes.pop_front();
        heard == Some(true)
    }

    /// Says what came of a write; nothing where another program was writing and nothing came of it yet.
    fn tell(&mut self, reply: Reply) -> Option<bool> {
        (!self.session.was_held()).then(|| self.let_go() && (self.send)(None, reply))
    }

    /// Does it, unless there is a reason against it already, and says what came of it.
    fn write(&mut self, order: Order, refused: Option<Error>) -> Option<bool> {
        let Order { branch, actor, write, refused: before } = order;
        let there = before.or(refused).map_or_else(|| self.session.switch(&branch), Err);
        let session = &mut self.session;
        let reply = match write {
            Write::Fire(fire) => Reply::Fired(there.and_then(|()| session.fire(&fire)).map(Box::new)),
            Write::Fork(name, point, then) => match there {
                Ok(()) => return self.fork(&name, &point, then.as_deref(), &actor),
                Err(error) => Reply::Forked(Err(error)),
            },
            Write::Rename(from, to) => {
                let done = there.and_then(|()| session.rename_branch(&from, &to, &actor));
                Reply::Wrote(done.map(|()| Wrote::Renamed(from, to)))
            }
            Write::Archive(name, archived) => {
                let done = there.and_then(|()| session.archive_branch(&name, archived, &actor));
                Reply::Wrote(done.map(|()| Wrote::Archived(name, archived)))
            }
            Write::Carry(carry, skip) => {
                let mode = Mode { skip, ..Mode::default() };
                let done = there.and_then(|()| session.carry(&carry, mode, &actor));
                Reply::Wrote(done.map(|carriage| Wrote::Carried(carry, Box::new(carriage))))
            }
            Write::TakeBack(again) => Reply::Wrote(there.and_then(|()| self.take_back(again, &actor))),
            Write::Name(name, point) => {
                let done = there.and_then(|()| session.name_point(&name, &point, &actor));
                Reply::Wrote(done.map(|()| Wrote::Named(name)))
            }
            Write::Note(text, about) => {
                let done = there.and_then(|()| session.write_note(&text, &branch, &about, &actor));
                Reply::Wrote(done.map(|_| Wrote::Noted(about.to_string())))
            }
            Write::RemoveNote(id) => {
                let done = there.and_then(|()| session.remove_note(id, &actor));
                Reply::Wrote(done.map(|()| Wrote::Unnoted(id)))
            }
            Write::Job(id, again) => {
                let put =
                    |session: &mut Session| if again { session.retry_job(id) } else { session.skip_job(id) };
                Reply::Wrote(there.and_then(|()| put(session)).map(|info| Wrote::Job(Box::new(info))))
            }
            Write::Rewrite(plan, name) => {
                let made = there.and_then(|()| plan.carry_out(session, Some(&name), &actor));
                Reply::Rewrote(made.map(Box::new))
            }
            Write::Domain { was, source, told } => Reply::UsedDomain(there.and_then(|()| {
                let rebuilt = self.rebuilding(|session, far| session.use_domain(&was, &source, far))?;
                Ok((rebuilt, told))
            })),
            Write::List(kind, keys, what) => {
                Reply::UsedDomain(there.and_then(|()| self.list_as(&kind, &keys, what)))
            }
            Write::Forget(name) => {
                let done = there.and_then(|()| session.forget_point(&name, &actor));
                Reply::Wrote(done.map(|()| Wrote::Forgot(name)))
            }
        };
        self.tell(reply)
    }

    /// Forks; the command that was to be fired on the new branch is fired only where there is one.
    fn fork(&mut self, name: &str, point: &Point, then: Option<&Fire>, actor: &str) -> Option<bool> {
        let forked = self.session.fork(name, Some(point), actor).map(Box::new);
        let made = forked.is_ok();
        let heard = self.tell(Reply::Forked(forked))?;
        let Some(fire) = then.filter(|_| heard && made) else { return Some(heard) };
        let fired = self.session.on(name, |session| session.fire(fire)).map(Box::new);
        self.tell(Reply::Fired(fired))
    }

    /// Takes a domain into use; it tells how far that is, and stops where it is asked to.
    fn rebuilding<T>(
        &mut self,
        take: impl FnOnce(&mut Session, &mut dyn FnMut(i64, i64) -> bool) -> Result<T>,
    ) -> Result<T> {
        let (shared, send) = (self.shared, self.send);
        shared.inbox().stop = false;
        let mut said = Instant::now();
        take(&mut self.session, &mut |done, total| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                send(None, Reply::Replaying((done, total)));
            }
            let inbox = shared.inbox();
            !inbox.stop && !inbox.quit
        })
    }

    fn list_as(&mut self, kind: &str, keys: &[String], what: ListedAs) -> Result<(Rebuilt, String)> {
        let path: Vec<&str> = keys.iter().map(String::as_str).collect();
        let (rebuilt, on) = self.rebuilding(|session, far| session.list_as(kind, &path, what, far))?;
        let what = match what {
            ListedAs::Label => "the label",
            ListedAs::Status => "the status",
            ListedAs::Column => "a column",
            ListedAs::Quiet => "bookkeeping",
        };
        let is = if on { "is" } else { "is no longer" };
        Ok((rebuilt, format!("{} {is} {what} of {kind}", keys.join("."))))
    }

    fn take_back(&mut self, again: bool, actor: &str) -> Result<Wrote> {
        let session = &mut self.session;
        let shown = session.branch_name().to_owned();
        let done = if again { session.redo(false, actor)? } else { session.undo(false, actor)? };
        if let Some(refusal) = done.refusal(&clash) {
            return Err(refusal);
        }
        let all = session.branches(true)?;
        // A rebase that was undone gives the name to another branch, which is the one to be on.
        if all.iter().any(|branch| branch.name == shown && !branch.archived) {
            return Ok(Wrote::TookBack(done.says, shown));
        }
        // A fork that was undone leaves nothing to stand on: its parent is shown.
        let here = session.branch_name().to_owned();
        let gone = all.into_iter().find(|branch| branch.name == here && branch.archived);
        Ok(Wrote::TookBack(done.says, gone.and_then(|branch| branch.parent).unwrap_or(here)))
    }
}

/// A field that something later changed too.
pub fn clash(clash: &Clash) -> String {
    let path = clash.path.trim_start_matches('/').replace('/', ".");
    match &clash.writer {
        Some(event) => format!("{path} was set by {} #{} since", event.kind, count(event.position)),
        None => format!("{path} was changed since"),
    }
}
