//! `open`: the explorer.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::{Context, actor, user};
use crate::clock::Clock;
use crate::domain;
use crate::error::{Error, Result};
use crate::file;
use crate::import::adapter::Adapter;
use crate::import::{self, Mapping, Rows};
use crate::session::{
    ImportProgress, Local, Open, OpenedCase, Session, Source, Sources, ThemeName, Tour, View, Views,
    ZoneName, create, data_folder, demo, import_into, is_case, is_store,
};
use crate::tui::keys::presses;
use crate::tui::model::panes::Shown;
use crate::tui::theme::Palette;
use crate::tui::zone::Zone;
use crate::tui::{self, Begun, Choice, Options};

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
    /// With this view: chips, sort, columns and pinned field, as they were kept under a name; or JSON, as `Y` copies it,
    /// which says how the panes stand, too.
    #[arg(long, value_name = "NAME|JSON")]
    view: Option<String>,
    /// Press these keys first, as `y` copies them in what is open above the panes: `F . d o n e Enter`. Nothing is written.
    #[arg(long, value_name = "KEYS")]
    press: Option<String>,
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

impl Explorer {
    /// Whether something was asked for on the command line; the theme may come from the environment.
    pub fn is_given(&self) -> bool {
        self.at.is_some()
            || self.view.is_some()
            || self.press.is_some()
            || self.actor.is_some()
            || [self.whole_store, self.no_work, self.no_mouse, self.ascii].contains(&true)
    }
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if let Some(store) = args.store {
        context.store = Some(store);
    }
    explore(context, args.explorer)
}

/// Opens the explorer on the context's store; where none was named and none is in this folder, its start screen.
pub fn explore(context: &mut Context, explorer: Explorer) -> Result<()> {
    explore_with(context, explorer, None, None, None)
}

/// The same at a point where something is to be seen, where no other was named, with a word to begin with.
pub fn explore_at(context: &mut Context, mut explorer: Explorer, at: &str, welcome: &str) -> Result<()> {
    let there = explorer.at.is_none() && Session::open(&context.opening())?.resolve(at, None).is_ok();
    if there {
        explorer.at = Some(at.to_owned());
    }
    explore_with(context, explorer, None, there.then(|| welcome.to_owned()), None)
}

/// The same with a guided tour over it, or a word to begin with.
pub fn explore_with(
    context: &mut Context,
    mut explorer: Explorer,
    tour: Option<Arc<Tour>>,
    welcome: Option<String>,
    source: Option<Source>,
) -> Result<()> {
    let case_view = open_case(context, &mut explorer)?;
    let open = context.opening();
    let named = context.store.is_some();
    let open = if named || open.path.exists() { Some(open) } else { None };
    needs_terminal()?;
    // A store that cannot be opened is said so before the screen is taken over.
    if let Some(open) = &open {
        Session::open(open)?;
    }
    let shown = shown(open.as_ref(), explorer.view.as_deref(), case_view)?;
    let begun = context.opening();
    // Browsing needs no configuration, and must not fail for a mistake in it.
    let local = (!explorer.no_work).then(Local::read).transpose();
    let (work, trouble) = match local {
        Ok(local) => (local.map(Arc::new), None),
        Err(error) => (None, Some(error.at("jobs are left alone"))),
    };
    let likes = &user().explorer;
    let theme = explorer.theme.as_deref().or(likes.theme.map(ThemeName::name));
    let palette = theme.map(palette).transpose()?;
    tui::run(Options {
        keys: likes.keys.iter().map(|(action, keys)| (action.clone(), keys.all().to_vec())).collect(),
        zone: if likes.zone == Some(ZoneName::Local) { Zone::Local } else { Zone::Utc },
        work,
        trouble,
        open,
        source,
        // A tour goes as it is written, whatever was looked at before.
        // Nor does a case leave anything behind.
        views: data_folder()
            .ok()
            .map(|folder| folder.join("views"))
            .filter(|_| tour.is_none() && context.case.is_none()),
        panes: shown.as_ref().map(|shown| shown.panes.clone()).unwrap_or_default(),
        view: shown.map(|shown| shown.view),
        press: explorer.press.as_deref().map(presses).transpose()?.unwrap_or_default(),
        at: explorer.at,
        whole_store: explorer.whole_store,
        actor: actor(explorer.actor),
        palette,
        ascii: explorer.ascii || likes.ascii == Some(true),
        mouse: !explorer.no_mouse && likes.mouse != Some(false),
        welcome,
        tour,
        begin: Arc::new(move |choice, progress| begin(&begun, choice, progress)),
    })
}

/// The view to begin with: the one that is named or written, else the case's.
fn shown(open: Option<&Open>, named: Option<&str>, of_case: Option<View>) -> Result<Option<Shown>> {
    let view = match (open, named) {
        (Some(_), Some(json)) if json.trim_start().starts_with('{') => return Shown::parse(json).map(Some),
        (Some(open), Some(name)) => Some(Views::of_user(&open.path)?.named(name)?),
        (None, Some(_)) => return Err(Error::usage("A view is of a store: name one.")),
        (_, None) => of_case,
    };
    Ok(view.map(|view| Shown { view, ..Shown::default() }))
}

/// Opens a case where the store is one, at its point; answers its view.
fn open_case(context: &mut Context, explorer: &mut Explorer) -> Result<Option<View>> {
    context.open_case(true)?;
    let Some(OpenedCase { head, .. }) = &context.case else { return Ok(None) };
    explorer.at.get_or_insert_with(|| format!("{}:{}", head.branch, head.at));
    Ok(head.view.clone())
}

/// The explorer over logs: each is read into a store of its own under the user's data, as its records tell how, while
/// one looks at it. A store is opened as it is.
pub fn logs(
    context: &mut Context,
    files: &[PathBuf],
    (rows, adapter): (Option<&Rows>, Option<&Path>),
    mut explorer: Explorer,
) -> Result<()> {
    if let Some(missing) = files.iter().find(|file| file.as_path() != Path::new("-") && !file.exists()) {
        return Err(no_file(missing));
    }
    if rows.is_none()
        && adapter.is_none()
        && let [store] = files
        && (is_store(store) || is_case(store))
    {
        context.store = Some(store.clone());
        return explore(context, explorer);
    }
    needs_terminal()?;
    let sources = Sources::of_user()?;
    let files = sources.without_streams(files)?;
    let adapter = adapter.map(Adapter::load).transpose()?;
    let who = actor(explorer.actor.clone());
    let (source, open) = sourced(&sources, &files, (rows, adapter.as_ref()), &who)?;
    if let Some(left_at) = source.left_at().filter(|_| explorer.at.is_none()) {
        // What was there may be gone, as when the log was read anew.
        let there =
            |rev: &String| Session::open(&open).is_ok_and(|mut session| session.resolve(rev, None).is_ok());
        explorer.at = left_at.revision.clone().filter(there);
        explorer.whole_store |= left_at.whole_store;
    }
    (context.store, context.branch) = (Some(open.path), open.branch);
    explore_with(context, explorer, None, None, Some(source))
}

/// The source of logs, which is made where there is none, and its store; a small one is read at once.
fn sourced(
    sources: &Sources,
    files: &[PathBuf],
    (rows, adapter): (Option<&Rows>, Option<&Adapter>),
    actor: &str,
) -> Result<(Source, Open)> {
    let source = match (adapter, sources.of_files(files, rows)?) {
        (Some(adapter), _) => sources.by_adapter(files, rows, adapter)?,
        (None, Some(source)) => source,
        (None, None) => sources.read(files, rows)?,
    };
    if source.is_small() && !source.store().exists() {
        source.take_new(Clock::System, actor, &mut |_| true)?;
    }
    let open = source.open(Clock::System)?;
    Ok((source, open))
}

fn needs_terminal() -> Result<()> {
    if std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Error::usage("The explorer needs a terminal.")
        .hint("For scripts there are verbs: backstory aggregates, log, state, show. See --help."))
}

/// What was named is no file: perhaps a verb was meant.
fn no_file(named: &Path) -> Error {
    let name = named.display().to_string();
    let command = super::command();
    let verbs = command.get_subcommands().map(clap::Command::get_name);
    let near = verbs.map(|verb| (strsim::jaro(&name, verb), verb)).filter(|(near, _)| *near > 0.7);
    let error = Error::usage(format!("There is no file {name}, and no verb of that name."));
    match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, verb)) => {
            error.hint(format!("Is `backstory {verb}` meant? `backstory --help` lists the verbs."))
        }
        None => error.hint("`backstory --help` lists the verbs."),
    }
}

fn palette(name: &str) -> Result<Palette> {
    Palette::named(name).ok_or_else(|| {
        Error::usage(format!("There is no theme {name}.")).hint("There are dark, light and none.")
    })
}

/// Does what was chosen on the start screen.
fn begin(open: &Open, choice: Choice, progress: &mut dyn FnMut(ImportProgress) -> bool) -> Result<Begun> {
    let at = |path| Begun { open: Open { path, ..open.clone() }, source: None };
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
            create(&Open { path: path.clone(), ..open.clone() }, Some(&domain))?;
            Ok(at(path))
        }
        Choice::Log(file, _) if file::is_stream(&file) => {
            Err(Error::refused(format!("{} is a pipe.", file.display()))
                .hint("`backstory FILE` opens what comes through one."))
        }
        Choice::Log(file, None) if is_store(&file) => Ok(at(file)),
        Choice::Log(file, None) => {
            let (source, open) = sourced(&Sources::of_user()?, &[file], (None, None), &actor(None))?;
            Ok(Begun { open, source: Some(source) })
        }
        Choice::Log(file, Some(mapping)) => {
            let mapping = Some(Mapping::load(&mapping)?);
            let options = import::Options { files: vec![file], mapping, ..import::Options::default() };
            import_into(open, &options, progress)?;
            Ok(at(open.path.clone()))
        }
    }
}
