//! The fold: events in, state out. Pure, synchronous and fallible; it reaches no reactor, clock or file.

mod along;
pub mod another;
mod blame;
mod contrast;
mod decide;
pub mod diff;
mod fit;
pub mod flags;
pub mod fold;
mod head;
mod items;
mod keyframes;
mod known;
pub mod lattice;
pub mod matrix;
mod needs;
pub mod order;
mod past;
pub mod patch;
pub mod races;
mod reducer;
mod three_way;
mod timeline;

pub use along::{Along, Stepped};
pub use blame::{Blame, Blamed, Trail};
pub use contrast::{Beside, Cause, Caused, Causes, Contrast, Contrasted, Parted};
pub use decide::{Again, Decided, Request};
pub use diff::{Change, Op, changes, diff, diff_items, keys_of, quiet_last};
pub(crate) use diff::{escaped, touches};
pub use fit::{Around, Fit, Misfit, fit};
pub use flags::{Flag, Flags};
pub use fold::{Fold, Names, Seen, Stored};
pub(crate) use head::failed_at;
pub use head::{HeadFold, head};
pub use keyframes::Keyframes;
pub use known::Knowing;
pub use needs::{Needs, WITHIN};
pub use order::{Glance, Order, Orders, fetch, in_order};
pub use past::{Past, Shown};
pub use patch::REVERTED;
pub use reducer::{Outside, Reducer};
pub(crate) use three_way::three_way;
pub use three_way::{Moved, ThreeWay};
pub use timeline::Timeline;

use crate::domain::{Domain, EventType};
use crate::error::Result;
use crate::jq::{EventView, State, merge, merge_event};

/// Applies one event to a state by the domain's rule, or merges its data where there is no rule.
/// The state is moved in, so that nothing of it is copied.
fn apply(domain: &Domain, state: State, event: &EventView<'_>) -> Result<State> {
    // What is gone can come back: a rule sees nothing then, as it does before the first event.
    let state = if state.is_null() { State::empty() } else { state };
    if event.event == REVERTED {
        return patch::apply(&state, event.data);
    }
    let Some(declared) = domain.event(event.kind, event.event) else { return merge(state, event.data) };
    if declared.evolves() {
        let data = domain.upcast(event.kind, event.event, event.data, event.meta)?;
        let data = data.as_deref().unwrap_or(event.data);
        let name = domain.current_name(event.kind, event.event);
        return apply_declared(declared, state, &EventView { event: name, data, ..*event });
    }
    apply_declared(declared, state, event)
}

fn apply_declared(declared: &EventType, state: State, event: &EventView<'_>) -> Result<State> {
    match declared.apply()? {
        Some(rule) => rule.apply(state, event),
        None => merge_event(state, event),
    }
}
