//! `open`: the explorer.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::Context;
use crate::error::{Error, Result};
use crate::import::{Mapping, Options};
use crate::session::{self, Open};
use crate::tui::theme::Palette;
use crate::tui::{self, Choice};

#[derive(clap::Args, Default)]
pub struct Args {
    /// The store's file.
    store: Option<PathBuf>,
    #[command(flatten)]
    explorer: Explorer,
}

/// How the explorer starts and looks.
#[derive(clap::Args, Default)]
pub struct Explorer {
    /// Open at this point: Task/42@3, 118, a hash, a time.
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// Let the cursor run over the whole store there.
    #[arg(long)]
    whole_store: bool,
    /// Who fires commands.
    #[arg(long)]
    actor: Option<String>,
    /// The colours: dark, light or none.
    #[arg(long, env = "BACKSTORY_THEME", value_name = "NAME")]
    theme: Option<String>,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    no_mouse: bool,
    /// Draw with ASCII characters only.
    #[arg(long)]
    ascii: bool,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if let Some(store) = args.store {
        context.store = Some(store);
    }
    explore(context, args.explorer)
}

/// Opens the explorer on the context's store; with none named and none in the folder, on the start screen.
pub fn explore(context: &mut Context, explorer: Explorer) -> Result<()> {
    let palette = match explorer.theme.as_deref() {
        None => None,
        Some(name) => Some(theme(name)?),
    };
    let named = context.store.is_some() || context.path().exists();
    let like = context.opening();
    let begin = move |choice| begin(choice, &like);
    tui::run(tui::Options {
        open: named.then(|| context.opening()),
        at: explorer.at,
        whole_store: explorer.whole_store,
        actor: super::actor(explorer.actor),
        palette,
        ascii: explorer.ascii,
        mouse: !explorer.no_mouse,
        begin: Arc::new(begin),
    })
}

fn theme(name: &str) -> Result<Palette> {
    Palette::named(name).ok_or_else(|| {
        Error::usage(format!("there is no theme {name:?}")).hint("the themes are dark, light and none")
    })
}

/// What the start screen offers.
fn begin(choice: Choice, like: &Open) -> Result<Open> {
    let at = |path: PathBuf| Open { path, ..like.clone() };
    match choice {
        Choice::Demo => {
            let path = super::demo::default_path()?;
            if !path.exists() {
                session::demo::build(&path)?;
            }
            Ok(at(path))
        }
        Choice::Create(path) => {
            let open = at(path);
            session::create(&open, Some(&Rc::new(crate::domain::load("todo")?)))?;
            Ok(open)
        }
        Choice::Import(file, mapping) => {
            let mapping = mapping.as_deref().map(Mapping::load).transpose()?;
            let open = at(like.path.clone());
            let mut session = session::create(&open, None)?;
            let options = Options { files: vec![file], mapping, skip_bad: false, try_first: None };
            let imported = session.import(&options, &mut |_| true);
            if imported.is_err() && session.overview().is_ok_and(|overview| overview.events == 0) {
                // A store that was not there before is not there after a mistake either.
                drop(session);
                for end in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{end}", open.path.display()));
                }
            }
            imported?;
            Ok(open)
        }
    }
}
