//! How the list shows records: what the selected field of the state is in it, and which of its columns are shown.

use crate::domain::ListedAs;
use crate::replay::keys_of;
use crate::tui::effect::{Effect, Write};
use crate::tui::menu::{Given, Item, Look, Menu, Shape};
use crate::tui::model::chips::toggle;
use crate::tui::model::state::Tab;
use crate::tui::model::{Model, Pane};
use crate::tui::update::branches::read_only;

/// What an entry stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// A field of an aggregate type, by the keys that lead to it, as that.
    Take(String, Vec<String>, ListedAs),
    /// A column that is shown or not.
    Column(String),
}

/// What the selected field may be, and the columns of the types in the list.
pub fn listed(model: &Model) -> Menu<Given<Choice>> {
    let mut items = roles(model).unwrap_or_default();
    let mut names: Vec<&String> = Vec::new();
    for kind in model.overview.iter().flat_map(|overview| &overview.types) {
        let shown = model.list.kind.as_ref().is_none_or(|only| *only == kind.name);
        for (name, _) in kind.listed.columns.iter().filter(|_| shown) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    items.extend((!items.is_empty() && !names.is_empty()).then(|| Item::heading("columns shown")));
    items.extend(names.into_iter().map(|name| {
        let shown = !model.list.hidden.contains(name);
        Item::new(name.clone(), "", Choice::Column(name.clone())).checked(shown)
    }));
    let hint = "Enter switches; type to narrow";
    let look = Look { title: "How records are listed", shape: Shape::Counts, hint, ..Look::PICKER };
    let empty = "no columns yet: select a field of the state, and K takes it as one";
    Given::menu(look, items, empty, |cx, choice| match choice {
        Choice::Column(name) => toggle(&mut cx.model.list.hidden, name),
        Choice::Take(kind, keys, what) => match read_only(cx.model) {
            Some(error) => cx.model.fail(error),
            None => cx.effects.push(Effect::Write(Write::List(kind, keys, what))),
        },
    })
}

/// What the field that is selected in the state may be.
fn roles(model: &Model) -> Option<Vec<Item<Choice>>> {
    let (state, aggregate) = (&model.state, model.cursor.aggregate.as_ref()?);
    let selected = model.focus == Pane::State && state.tab == Tab::State;
    let pointer = state.rows.get(state.selected).filter(|_| selected)?.pointer()?;
    let keys = keys_of(pointer);
    // Which item of a list it is may be another one the next time.
    let mut value = &model.moment()?.state;
    for key in &keys {
        value = value.as_object()?.get(key)?;
    }
    let path: Vec<&str> = keys.iter().map(String::as_str).collect();
    let listed = model.type_info(&aggregate.kind).map(|kind| &kind.listed);
    let roles = [
        ("the label", ListedAs::Label),
        ("the status", ListedAs::Status),
        ("a column", ListedAs::Column),
        ("bookkeeping: shown last", ListedAs::Quiet),
    ];
    let heading = Item::heading(format!("{} of {} is", keys.join("."), aggregate.kind));
    let role = |(words, what): (&str, ListedAs)| {
        let on = listed.is_some_and(|listed| listed.is(&path, what));
        Item::new(words, "", Choice::Take(aggregate.kind.clone(), keys.clone(), what)).checked(on)
    };
    Some(std::iter::once(heading).chain(roles.map(role)).collect())
}
