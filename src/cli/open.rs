//! `open`: the explorer.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::{Context, actor};
use crate::domain;
use crate::error::{Error, Result};
use crate::import::{self, Mapping};
use crate::session::{ImportProgress, Local, Open, Session, Tour, create, demo, import_into};
use crate::tui::theme::Palette;
use crate::tui::{self, Choice, Options};

#[derive(clap::Args, Default)]
pub struct Args {
    /// The store's file.
    store: Option<PathBuf>,
    #[command(flatten)]
    explorer: Explorer,
}

/// How the explorer starts and looks.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
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
    /// Leave what reactors ask for to others.
    #[arg(long)]
    no_work: bool,
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

/// Opens the explorer on the context's store; where none was named and none is in this folder, its start screen.
pub fn explore(context: &mut Context, explorer: Explorer) -> Result<()> {
    explore_with(context, explorer, None, None)
}

/// The same at a point where something is to be seen, where no other was named, with a word to begin with.
pub fn explore_at(context: &mut Context, mut explorer: Explorer, at: &str, welcome: &str) -> Result<()> {
    let there = explorer.at.is_none() && Session::open(&context.opening())?.resolve(at, None).is_ok();
    if there {
        explorer.at = Some(at.to_owned());
    }
    explore_with(context, explorer, None, there.then(|| welcome.to_owned()))
}

/// The same with a guided tour over it, or a word to begin with.
pub fn explore_with(
    context: &mut Context,
    explorer: Explorer,
    tour: Option<Arc<Tour>>,
    welcome: Option<String>,
) -> Result<()> {
    let palette = explorer.theme.as_deref().map(palette).transpose()?;
    let open = context.opening();
    let named = context.store.is_some();
    let open = if named || open.path.exists() { Some(open) } else { None };
    if !std::io::stdout().is_terminal() {
        return Err(Error::usage("The explorer needs a terminal.")
            .hint("For scripts there are verbs: backstory aggregates, log, state, show. See --help."));
    }
    // A store that cannot be opened is said so before the screen is taken over.
    if let Some(open) = &open {
        Session::open(open)?;
    }
    let begun = context.opening();
    // Browsing needs no configuration, and must not fail for a mistake in it.
    let local = (!explorer.no_work).then(Local::read).transpose();
    let (work, trouble) = match local {
        Ok(local) => (local.map(Arc::new), None),
        Err(error) => (None, Some(error.at("jobs are left alone"))),
    };
    tui::run(Options {
        work,
        trouble,
        open,
        at: explorer.at,
        whole_store: explorer.whole_store,
        actor: actor(explorer.actor),
        palette,
        ascii: explorer.ascii,
        mouse: !explorer.no_mouse,
        welcome,
        tour,
        begin: Arc::new(move |choice, progress| begin(&begun, choice, progress)),
    })
}

fn palette(name: &str) -> Result<Palette> {
    Palette::named(name).ok_or_else(|| {
        Error::usage(format!("There is no theme {name}.")).hint("There are dark, light and none.")
    })
}

/// Does what was chosen on the start screen.
fn begin(open: &Open, choice: Choice, progress: &mut dyn FnMut(ImportProgress) -> bool) -> Result<Open> {
    let at = |path| Open { path, ..open.clone() };
    match choice {
        Choice::Demo => {
            let path = super::demo::default_path()?;
            if !path.exists() {
                demo::build(&path)?;
            }
            Ok(at(path))
        }
        Choice::Create(path) => {
            let domain = Rc::new(domain::load("todo")?);
            create(&at(path.clone()), Some(&domain))?;
            Ok(at(path))
        }
        Choice::Import(file, mapping) => {
            let mapping = mapping.as_deref().map(Mapping::load).transpose()?;
            let options = import::Options { files: vec![file], mapping, ..import::Options::default() };
            import_into(open, &options, progress)?;
            Ok(open.clone())
        }
    }
}
