//! Types, statuses and actors with their counts: the list shows only what is chosen here.

use crate::error::Error;
use crate::session::Facets;
use crate::tui::menu::{Choices, Item, Look, Shape};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::list;

/// What narrows the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Narrow {
    /// To an aggregate type; `None` is all.
    Type(Option<String>),
    /// To a status, or no more to it.
    Status(String),
    /// To an actor of the newest event, or no more to it.
    Actor(String),
}

/// The counts, of the aggregate type that the list shows.
#[derive(Debug, Default)]
pub struct Narrowing {
    counts: Slot<Option<String>, Facets>,
}

impl Choices for Narrowing {
    type Choice = Narrow;

    fn look(&self) -> Look {
        let hint = "Enter switches; type to narrow";
        Look { title: "Only these", shape: Shape::Counts, hint, ..Look::PICKER }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Narrow>>> {
        if self.counts.asked().is_none() {
            let kind = cx.model.list.kind.clone();
            cx.ask(&mut self.counts, Lane::Long, kind.clone(), move |session, _| {
                session.facets(kind.as_deref()).map(Part::Whole)
            });
        }
        if !self.counts.take_in(&cx.model.branch) {
            return None;
        }
        let (facets, list) = (self.counts.shown()?, &cx.model.list);
        let mut items = vec![
            Item::heading("type"),
            Item::new("all", "", Narrow::Type(None)).checked(list.kind.is_none()),
        ];
        items.extend(facets.types.iter().map(|(name, n)| {
            let on = list.kind.as_ref() == Some(name);
            Item::new(name.clone(), count(*n), Narrow::Type(Some(name.clone()))).checked(on)
        }));
        let each = |names: &[(String, i64)], on: &[String], choice: fn(String) -> Narrow| {
            let item = |(name, n): &(String, i64)| {
                Item::new(name.clone(), count(*n), choice(name.clone())).checked(on.contains(name))
            };
            names.iter().map(item).collect::<Vec<_>>()
        };
        items.push(Item::heading("status"));
        items.extend(each(&facets.statuses, &list.statuses, Narrow::Status));
        items.push(Item::heading("actor of the newest event"));
        items.extend(each(&facets.actors, &list.actors, Narrow::Actor));
        Some(items)
    }

    fn empty(&self) -> &'static str {
        if self.counts.waits() { "counting …" } else { "nothing to choose from" }
    }

    fn choose(&mut self, cx: &mut Cx, choice: Narrow) {
        let list = &mut cx.model.list;
        match choice {
            Narrow::Type(kind) => {
                list.kind = kind;
                list.statuses.clear();
                list.actors.clear();
                return list::reload(cx.model, cx.effects);
            }
            Narrow::Status(name) => list::toggle(&mut list.statuses, name),
            Narrow::Actor(name) => list::toggle(&mut list.actors, name),
        }
        list::look_again(cx.model, false, cx.effects);
    }

    fn failed(&self) -> Option<&Error> {
        self.counts.failed()
    }
}
