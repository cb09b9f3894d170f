//! The explorer: a loop of input → action → update → effects → draw, over workers that hold the store.
//!
//! ```text
//!  terminal ─► keys ─► action ─► update(model) ─► effects ─► worker (interactive: answers, writes, follows)
//!     ▲                              ▲                 ├───► worker (scanner: looks through much)
//!     │                              │                 └───► worker (labour: does jobs)
//!     └──── view(model) ◄── model    └──────── replies ◄────────┘
//! ```

pub mod action;
mod answers;
pub mod areas;
mod begun;
pub mod detect;
pub mod effect;
mod feed;
mod field;
mod gather;
mod handover;
pub mod keys;
pub mod menu;
mod message;
pub mod model;
mod options;
mod paint;
pub mod question;
mod replaced;
pub mod rows;
pub mod screen;
pub mod screens;
mod script;
mod stop;
mod terminal;
pub mod text;
pub mod theme;
pub mod timeline;
pub mod tour;
pub mod update;
pub mod view;
mod views;
mod words;
pub mod worker;
pub mod zone;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::Backend;

use self::action::{Action, Command};
use self::answers::Answers;
pub use self::effect::Choice;
use self::effect::{Effect, Reply};
use self::feed::Feed;
use self::handover::Clipboard;
use self::keys::Context;
pub use self::message::Message;
use self::model::Model;
use self::model::trail::Led;
pub use self::options::{Begin, Begun, Options};
use self::question::Lane;
use self::worker::{Labour, Order, Worker};
use crate::error::{Error, Result};
use crate::session::{Local, Open, Source, View};

/// How long a picture waits for an answer that it needs.
const SOON: Duration = Duration::from_millis(30);

/// How long what comes in is taken before there is a picture of it.
const FLOOD: Duration = Duration::from_millis(100);

/// Runs the explorer in the terminal until it is left. The terminal is as it was afterwards, whatever happens.
pub fn run(mut options: Options) -> Result<()> {
    options.palette.get_or_insert_with(|| detect::palette(detect::environment));
    options.ascii |= detect::is_plain(detect::environment);
    let mouse = options.mouse;
    let (send, receive) = channel();
    let signal = {
        let screen = terminal::Screen::enter(mouse)?;
        terminal::listen(send.clone())?;
        let terminal = Terminal::new(screen.backend()).map_err(lost)?;
        let mut explorer = Explorer::new(terminal, Box::new(std::io::stdout()), options, send, receive)?;
        explorer.clipboard = Clipboard::detect();
        explorer.model.look.utf8 = detect::is_utf8(detect::environment);
        let signal = explorer.run()?;
        explorer.leave_source();
        explorer.leave_view();
        signal
    };
    if let Some(signal) = signal {
        terminal::die_of(signal);
    }
    Ok(())
}

fn lost(error: impl std::fmt::Display) -> Error {
    Error::refused(format!("the terminal does not answer: {error}"))
}

enum Flow {
    On,
    Leave(Option<i32>),
}

/// The loop with everything it holds; over any backend, so that tests run the real one.
pub struct Explorer<B: Backend> {
    terminal: Terminal<B>,
    out: Box<dyn Write>,
    clipboard: Clipboard,
    model: Model,
    interactive: Option<Worker>,
    scanner: Option<Worker>,
    labour: Option<Labour>,
    work: Option<Arc<Local>>,
    begin: Begin,
    /// The log that the store is read from, where it is one.
    source: Option<Source>,
    /// The folder in which views are kept, and the one to begin with.
    views: Option<(PathBuf, Option<View>)>,
    /// What takes what is new in it.
    feed: Option<Feed>,
    /// What is open.
    opened: Option<Open>,
    /// How the answers about it come here.
    answers: Answers,
    /// Whether what the start screen does is not wanted any more.
    stop_begun: Arc<AtomicBool>,
    send: Sender<Message>,
    receive: Receiver<Message>,
    dirty: bool,
    next_tick: Option<Instant>,
    /// The keys of a link are pressed: they show something, and do nothing else.
    pressing: bool,
}

impl<B: Backend> Explorer<B> {
    /// Puts it together and opens the store; `out` takes what is copied.
    pub fn new(
        terminal: Terminal<B>,
        out: Box<dyn Write>,
        mut options: Options,
        send: Sender<Message>,
        receive: Receiver<Message>,
    ) -> Result<Self> {
        let keys = Arc::new(options.bound_keys()?);
        let mut model = Model::new(keys, options.actor, options.palette.unwrap_or_default(), options.ascii);
        (model.look.mouse, model.look.zone) = (options.mouse, options.zone);
        model.open_at = options.at;
        model.stand(options.panes);
        model.open_whole = options.whole_store;
        let size = terminal.size().map_err(lost)?;
        model.look.fit((size.width, size.height), false);
        let mut explorer = Self {
            terminal,
            out,
            clipboard: Clipboard::default(),
            model,
            interactive: None,
            scanner: None,
            labour: None,
            work: options.work,
            begin: options.begin,
            source: options.source,
            views: options.views.map(|folder| (folder, options.view)),
            feed: None,
            opened: None,
            answers: Answers::new(send.clone()),
            stop_begun: Arc::default(),
            send,
            receive,
            dirty: true,
            next_tick: None,
            pressing: false,
        };
        if let Some(open) = options.open {
            explorer.open(&open)?;
            let effects = update::opened(&mut explorer.model);
            if let Some(tour) = options.tour {
                tour::begin(&mut explorer.model, tour);
            }
            explorer.perform(effects)?;
        }
        if let Some(text) = options.welcome {
            explorer.model.tell(text);
        }
        if let Some(error) = options.trouble {
            explorer.model.fail(error);
        }
        explorer.press(&options.press)?;
        Ok(explorer)
    }

    /// Runs until it is left; a signal that ended it is answered.
    pub fn run(&mut self) -> Result<Option<i32>> {
        loop {
            // A picture that lacks what is asked for already would only flicker: the answer may come in a moment.
            let end = Instant::now() + SOON;
            while self.dirty
                && self.model.lags()
                && let Ok(message) = self.receive.recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                if let Flow::Leave(signal) = self.take(message)? {
                    return Ok(signal);
                }
            }
            self.draw()?;
            let message = match self.next_tick {
                None => self.receive.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.receive.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let mut next = match message {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => {
                    self.tick()?;
                    None
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            };
            // Everything that has come in meanwhile makes one picture, but a flood of keys is seen at work.
            let end = Instant::now() + FLOOD;
            while let Some(message) = next {
                let (message, behind) = self.gather(message);
                if let Flow::Leave(signal) = self.take(message)? {
                    return Ok(signal);
                }
                next = match behind {
                    None if Instant::now() < end => self.receive.try_recv().ok(),
                    behind => behind,
                };
            }
        }
    }

    /// The next step of playing.
    pub fn tick(&mut self) -> Result<()> {
        self.next_tick = None;
        let effects = update::update(&mut self.model, Action::Tick);
        self.dirty = true;
        self.perform(effects)?;
        Ok(())
    }

    fn take(&mut self, message: Message) -> Result<Flow> {
        if let Message::Reply(..) = message {
            self.answers.taken();
        }
        let action = match message {
            Message::Signal(signal) => return Ok(Flow::Leave(Some(signal))),
            Message::Stop => return self.stop(),
            Message::Continued => return self.continued(),
            Message::Lost(why) => return Err(lost(why)),
            Message::Reply(_, reply) if matches!(*reply, Reply::Replaced(_)) => {
                return self.open_anew(*reply);
            }
            // What was still on its way about a branch that was left is not wanted any more.
            Message::Reply(Some(branch), _) if branch != self.model.branch => return Ok(Flow::On),
            Message::Reply(_, reply) => {
                if matches!(*reply, Reply::Taking(_) | Reply::Taken(_)) {
                    self.interactive.iter().for_each(Worker::look);
                }
                if matches!(*reply, Reply::Fired(_) | Reply::Wrote(_) | Reply::Tail(_)) {
                    self.labour.iter().for_each(Labour::look);
                }
                Action::Reply(reply)
            }
            Message::Progress(progress) => Action::Reply(Box::new(Reply::Progress(progress))),
            Message::Opened(result) => Action::Reply(Box::new(Reply::Opened(result.and_then(|begun| {
                self.source = begun.source;
                self.open(&begun.open)
            })))),
            Message::Text(text) => {
                self.model.led_on(Led::Text(&text));
                Action::Write(text)
            }
            Message::Interrupt(key, taken) => {
                taken.store(true, Ordering::Relaxed);
                return self.take(Message::Input(Event::Key(key)));
            }
            Message::Input(Event::Key(key)) if self.stop_key(key) => return Ok(Flow::On),
            Message::Input(event) => {
                self.model.led_on(Led::Event(&event));
                match self.action(event) {
                    Some(action) => action,
                    None => return Ok(Flow::On),
                }
            }
        };
        self.dirty = true;
        let effects = update::update(&mut self.model, action);
        self.perform(effects)
    }

    fn action(&self, event: Event) -> Option<Action> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                #[cfg(debug_assertions)]
                terminal::trouble_when_asked(key);
                Some(self.command(key).map_or(Action::Type(key), Action::Do))
            }
            // A mouse that only moves changes nothing.
            Event::Mouse(mouse) if mouse.kind != MouseEventKind::Moved => Some(Action::Mouse(mouse)),
            Event::Paste(text) => Some(Action::Paste(text)),
            Event::Resize(columns, rows) => Some(Action::Resize(columns, rows)),
            _ => None,
        }
    }

    /// What a key does where the model stands.
    fn command(&self, key: KeyEvent) -> Option<Command> {
        let keys = &self.model.keys;
        let tour = self.model.tour.as_ref().and_then(|_| keys.command(Context::Tour, key));
        tour.or_else(|| keys.command(self.model.context(), key))
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<Flow> {
        for effect in effects {
            let refused = self.pressing.then(script::only_shows);
            match effect {
                // A write is refused where every write is, and whoever asked for it hears of that.
                effect if self.pressing && !effect.only_shows() => self.refuse(effect),
                Effect::Quit => return Ok(Flow::Leave(None)),
                Effect::Ask(lane, question) => {
                    let worker = match lane {
                        Lane::Now => self.interactive.as_ref(),
                        Lane::Long => self.scanner.as_ref(),
                    };
                    if let Some(worker) = worker {
                        worker.ask(question);
                    }
                }
                Effect::HandOver(question) => {
                    if let Some(worker) = &self.scanner {
                        worker.ask(question);
                    }
                }
                Effect::StopWrite => self.interactive.iter().for_each(Worker::stop_write),
                Effect::Write(write) => {
                    let (branch, actor) = (self.model.branch.clone(), self.model.actor.clone());
                    if let Some(worker) = &self.interactive {
                        worker.write(Order { branch, actor, write, refused });
                    }
                }
                Effect::Consent(domains) => {
                    if let Some(labour) = &self.labour {
                        labour.consent(domains);
                    }
                }
                Effect::Copy(name, ending, text) => {
                    let copied = handover::copy(self.clipboard, &mut self.out, &name, ending, &text);
                    self.reply(Reply::Copied(copied))?;
                }
                Effect::Save(path, text) => self.reply(Reply::Copied(handover::save(&path, &text)))?,
                Effect::ReadBy(mapping, told) => self.read_by(&mapping, told)?,
                Effect::View(change) => {
                    let effects = self.change_view(change);
                    self.perform(effects)?;
                }
                Effect::StopBegun => self.stop_begun.store(true, Ordering::Relaxed),
                Effect::Mouse(on) => terminal::mouse(&mut self.out, on)?,
                Effect::Begin(choice) => self.begin(choice),
            }
        }
        self.next_tick = match (self.model.play.running, self.next_tick) {
            (false, _) => None,
            (true, Some(at)) => Some(at),
            (true, None) => Some(Instant::now() + self.model.play.speed.stay(self.model.gap())),
        };
        Ok(Flow::On)
    }

    /// Takes in what came at once.
    fn reply(&mut self, reply: Reply) -> Result<()> {
        let effects = update::update(&mut self.model, Action::Reply(Box::new(reply)));
        self.perform(effects).map(drop)
    }

    fn draw(&mut self) -> Result<()> {
        if std::mem::take(&mut self.dirty) {
            // The terminal may have another size already while the word of it is still on its way.
            let size = self.terminal.size().map_err(lost)?;
            if (size.width, size.height) != self.model.look.terminal() {
                let effects = update::update(&mut self.model, Action::Resize(size.width, size.height));
                self.perform(effects)?;
            }
            self.terminal.draw(|frame| view::draw(&self.model, frame)).map_err(lost)?;
        }
        Ok(())
    }
}
