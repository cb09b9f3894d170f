//! Another domain was taken into use: everything is read anew.

use super::branches;
use crate::error::Result;
use crate::journal::Rebuilt;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::screens::lab::Lab;
use crate::tui::screens::make_domain::MakeDomain;
use crate::tui::text::count;

/// It is in use; or it was refused, and what asked for it stays.
pub fn used(model: &mut Model, result: Result<(Rebuilt, String)>, effects: &mut Vec<Effect>) {
    let (rebuilt, told) = match result {
        Ok(used) => used,
        Err(error) => {
            if let Some(lab) = model.screen_mut::<Lab>() {
                lab.go_on();
            }
            model.close::<MakeDomain>();
            return model.fail(error);
        }
    };
    let right = model.screen::<Lab>().and_then(|lab| lab.put_right(model));
    let made = model.screen::<MakeDomain>().is_some();
    model.close::<Lab>();
    model.close::<MakeDomain>();
    model.state.forget();
    model.beside.reactions.forget();
    let branch = model.branch.clone();
    branches::go_over(model, &branch, effects);
    let (differ, all) = (count(rebuilt.differ), count(rebuilt.aggregates));
    model.done(format!("{told}: {differ} of {all} aggregates have another state now"));
    if let Some(right) = right {
        model.open(right);
    }
    if made {
        Lab::open(model, effects);
    }
}
