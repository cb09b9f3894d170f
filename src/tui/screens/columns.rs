//! Which of the columns that the domain declares the list shows.

use crate::tui::menu::{Given, Item, Look, Menu, Shape};
use crate::tui::model::Model;
use crate::tui::update::list;

/// The columns of the types in the list.
pub fn columns(model: &Model) -> Menu<Given<String>> {
    let mut names: Vec<&String> = Vec::new();
    for kind in model.overview.iter().flat_map(|overview| &overview.types) {
        let shown = model.list.kind.as_ref().is_none_or(|only| *only == kind.name);
        for name in kind.columns.iter().filter(|_| shown) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let item =
        |name: &String| Item::new(name.clone(), "", name.clone()).checked(!model.list.hidden.contains(name));
    let items = names.into_iter().map(item).collect();
    let hint = "Enter switches; type to narrow";
    let look = Look { title: "Columns", shape: Shape::Counts, hint, ..Look::PICKER };
    Given::menu(look, items, "the domain declares no columns for these", |cx, name| {
        list::toggle(&mut cx.model.list.hidden, name);
    })
}
