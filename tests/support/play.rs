//! The explorer as a test plays it: keys by name through the real loop, and what is on the screen then.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part; tests fail loudly"
)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};

use backstory::clock::Clock;
use backstory::event::Time;
use backstory::import;
use backstory::session::{
    Fire, Local, Open, Session, Source, Sources, Target, Tour, create, demo, import_into,
};
use backstory::tui::keys::event;
use backstory::tui::model::panes::Shown;
use backstory::tui::theme::Palette;
use backstory::tui::{Begun, Choice, Explorer, Options};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Style;

/// What was copied, for looking at it.
#[derive(Clone, Default)]
pub struct Sink(pub Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub struct Play {
    pub explorer: Explorer<TestBackend>,
    pub out: Sink,
    folder: tempfile::TempDir,
    pub path: PathBuf,
}

#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Start {
    pub size: (u16, u16),
    pub ascii: bool,
    pub at: Option<&'static str>,
    pub palette: Palette,
    /// Whether the guided tour runs over the store.
    pub tour: bool,
    /// Whether jobs are done, by the configuration in the folder `config` beside the store.
    pub work: bool,
    /// What is said at the start.
    pub welcome: Option<&'static str>,
    /// Whether the cursor runs over the whole store.
    pub whole: bool,
    /// How the panes stand and their rows are narrowed, as a link says it.
    pub shown: Option<&'static str>,
    /// The keys of a link.
    pub press: &'static str,
}

pub const START: Start = Start {
    size: (120, 36),
    ascii: false,
    at: None,
    palette: Palette::Dark,
    tour: false,
    work: false,
    welcome: None,
    whole: false,
    shown: None,
    press: "",
};

pub fn open_at(path: &Path) -> Open {
    let clock = Clock::Fixed(Time::parse("2019-05-02T09:00:00Z").unwrap());
    Open { path: path.to_owned(), branch: "main".into(), clock }
}

/// The explorer over the demo store, opened at a revision.
pub fn at(revision: &'static str) -> Play {
    Play::demo(&Start { at: Some(revision), ..START })
}

/// Another session over the same store.
pub fn session(play: &Play) -> Session {
    Session::open(&open_at(&play.path)).unwrap()
}

/// Somebody else's comment on a task.
pub fn commenting(task: &str, text: &str) -> Fire {
    let params = serde_json::json!({ "text": text });
    Fire {
        target: Target::Aggregate(task.parse().unwrap()),
        command: "comment".into(),
        params: params.as_object().unwrap().clone(),
        actor: "ben".into(),
        reason: None,
        at: None,
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: serde_json::Map::new(),
    }
}

/// Somebody else comments on a task.
pub fn comment(path: &Path, task: &str, text: &str, cause: Option<&str>) -> String {
    let meta = cause.map(|hash| ("causation_id".to_owned(), hash.into())).into_iter().collect();
    let fire = Fire { meta, ..commenting(task, text) };
    let fired = Session::open(&open_at(path)).unwrap().fire(&fire).unwrap();
    fired.events[0].hash.to_string()
}

impl Play {
    pub fn demo(start: &Start) -> Self {
        // Built once: a copy is faster than a thousand commands.
        static DEMO: OnceLock<Vec<u8>> = OnceLock::new();
        let bytes = DEMO.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("demo.db");
            demo::build(&path).unwrap();
            std::fs::read(path).unwrap()
        });
        Self::store(start, |path| std::fs::write(path, bytes).unwrap())
    }

    /// A store made by `build`, opened.
    pub fn store(start: &Start, build: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("todo.db");
        build(&path);
        let open = path.exists().then(|| open_at(&path));
        Self::over(start, folder, path, open, None)
    }

    /// A log, read into a store of its own.
    pub fn log(start: &Start, name: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let source = Sources::within(folder.path().join("sources")).read(&[file], None).unwrap();
        let open = source.open(open_at(Path::new("")).clock).unwrap();
        Self::over(start, folder, open.path.clone(), Some(open), Some(source))
    }

    /// The log opened again, as it was left.
    pub fn again(mut self, start: &Start) -> Self {
        self.explorer.leave_source();
        self.explorer.leave_view();
        let sources = Sources::within(self.path.ancestors().nth(2).unwrap().to_owned());
        let source = sources.list().unwrap().remove(0);
        let open = source.open(open_at(Path::new("")).clock).unwrap();
        Self::over(start, self.folder, open.path.clone(), Some(open), Some(source))
    }

    /// The same store, opened again.
    pub fn reopened(mut self, start: &Start) -> Self {
        self.explorer.leave_view();
        let open = open_at(&self.path);
        Self::over(start, self.folder, self.path, Some(open), None)
    }

    /// The same store, opened as if it had never been looked at.
    pub fn reopened_anew(self, start: &Start) -> Self {
        std::fs::remove_dir_all(self.folder.path().join("views")).ok();
        let open = open_at(&self.path);
        Self::over(start, self.folder, self.path, Some(open), None)
    }

    fn over(
        start: &Start,
        folder: tempfile::TempDir,
        path: PathBuf,
        open: Option<Open>,
        source: Option<Source>,
    ) -> Self {
        let begin_path = path.clone();
        let shown = start.shown.map(|json| Shown::parse(json).unwrap());
        let options = Options {
            open,
            source,
            views: Some(folder.path().join("views")),
            panes: shown.as_ref().map(|shown| shown.panes.clone()).unwrap_or_default(),
            view: shown.map(|shown| shown.view),
            press: start.press.split_whitespace().map(|name| event(name).unwrap()).collect(),
            at: start.at.map(Into::into),
            whole_store: start.whole,
            actor: "mira".into(),
            keys: std::collections::BTreeMap::new(),
            zone: backstory::tui::zone::Zone::Utc,
            palette: Some(start.palette),
            ascii: start.ascii,
            mouse: true,
            tour: start.tour.then(|| Arc::new(Tour::built_in().unwrap())),
            work: start.work.then(|| Arc::new(Local::read_in(&folder.path().join("config")).unwrap())),
            welcome: start.welcome.map(Into::into),
            trouble: None,
            begin: Arc::new(move |choice, progress| {
                let open = open_at(&begin_path);
                match choice {
                    Choice::Create(_) => drop(create(&open, None)?),
                    Choice::Log(file, _) => {
                        // A file of that name waits at each step until it is stopped.
                        let waits = file.ends_with("waits.jsonl");
                        let options = import::Options { files: vec![file], ..import::Options::default() };
                        import_into(&open, &options, &mut |at| {
                            while waits && progress(at) {
                                std::thread::sleep(std::time::Duration::from_millis(5));
                            }
                            !waits && progress(at)
                        })?;
                    }
                    Choice::Demo => drop(demo::build(&begin_path)?),
                }
                Ok(Begun { open, source: None })
            }),
        };
        let out = Sink::default();
        let terminal = Terminal::new(TestBackend::new(start.size.0, start.size.1)).unwrap();
        let (send, receive) = channel();
        let explorer = Explorer::new(terminal, Box::new(out.clone()), options, send, receive).unwrap();
        let mut play = Self { explorer, out, folder, path };
        play.settle();
        play
    }

    pub fn settle(&mut self) {
        self.explorer.settle(std::time::Duration::from_secs(180)).unwrap();
    }

    /// Keys by name, typed text in quotes: `Left Left "hello" Enter`.
    pub fn keys(&mut self, script: &str) -> &mut Self {
        for (i, part) in script.split('"').enumerate() {
            if i % 2 == 1 {
                self.types(part);
                continue;
            }
            for name in part.split_whitespace() {
                self.input(Event::Key(event(name).unwrap_or_else(|| panic!("no key {name}"))));
            }
        }
        self
    }

    pub fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.input(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    pub fn input(&mut self, input: Event) -> bool {
        self.explorer.script(input).unwrap()
    }

    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.input(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    pub fn lines(&self) -> Vec<String> {
        let buffer = self.explorer.terminal().backend().buffer();
        let area = buffer.area;
        (0..area.height)
            .map(|y| {
                let mut line = String::new();
                let mut skip = 0;
                for x in 0..area.width {
                    let symbol = buffer[(x, y)].symbol();
                    if skip == 0 {
                        line.push_str(symbol);
                        skip = backstory::tui::text::width(symbol).saturating_sub(1);
                    } else {
                        skip -= 1;
                    }
                }
                line.trim_end().to_owned()
            })
            .collect()
    }

    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// The screen, and the styles as letters with what each stands for.
    pub fn picture(&self) -> String {
        let buffer = self.explorer.terminal().backend().buffer();
        let mut letters: HashMap<Style, char> = HashMap::new();
        let mut order = Vec::new();
        let mut grid = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            for x in 0..buffer.area.width {
                let cell = &buffer[(x, y)];
                let style = cell.style();
                let plain = cell.symbol() == " " && style.bg == Some(ratatui::style::Color::Reset);
                let next = char::from(b'a' + (letters.len() % 26) as u8);
                let letter = if plain {
                    ' '
                } else {
                    *letters.entry(style).or_insert_with(|| {
                        order.push((next, style));
                        next
                    })
                };
                line.push(letter);
            }
            grid.push_str(line.trim_end());
            grid.push('\n');
        }
        let mut legend = String::new();
        for (letter, style) in order {
            let color = |color: Option<ratatui::style::Color>| color.map_or(String::new(), |c| c.to_string());
            let _ = writeln!(
                legend,
                "{letter} {} on {} {:?}",
                color(style.fg),
                color(style.bg),
                style.add_modifier
            );
        }
        format!("{}\n\n{grid}\n{legend}", self.text())
    }

    /// Waits for what comes in without a key.
    #[track_caller]
    pub fn until(&mut self, what: &str) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !self.text().contains(what) {
            assert!(std::time::Instant::now() < end, "no {what:?} on\n{}", self.text());
            std::thread::sleep(std::time::Duration::from_millis(20));
            self.settle();
        }
    }

    #[track_caller]
    pub fn sees(&self, what: &str) {
        assert!(self.text().contains(what), "no {what:?} on\n{}", self.text());
    }

    #[track_caller]
    pub fn lacks(&self, what: &str) {
        assert!(!self.text().contains(what), "{what:?} on\n{}", self.text());
    }
}
