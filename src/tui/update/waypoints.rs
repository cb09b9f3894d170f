//! Naming the cursor's point.

use crate::tui::effect::{Effect, Write};
use crate::tui::model::Model;
use crate::tui::screens::prompt::Prompt;

/// Asks for a name for the cursor's point.
pub fn name(model: &mut Model) {
    let Some(point) = model.point() else { return model.tell("there is no point here to name") };
    let at = format!("{} of {}", model.here(), model.branch);
    let example = format!("a name for {at}, for @ and wherever a revision is");
    model.open(Prompt::new("waypoint %", example, "").then(|cx, text| {
        let name = text.trim_start_matches('%').to_owned();
        cx.effects.push(Effect::Write(Write::Name(name, point)));
    }));
}
