//! The terminal: raw mode, the alternate screen and the mouse, switched on once and off again whatever happens.

use std::io::{Stdout, Write, stdout};
use std::sync::mpsc::Sender;
use std::sync::{Once, OnceLock};
use std::thread::ThreadId;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, read,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::backend::CrosstermBackend;

use super::Message;
use crate::error::{Error, Result};

/// The thread that draws: only its panic ends the program.
static DRAWS: OnceLock<ThreadId> = OnceLock::new();
static HOOK: Once = Once::new();

/// The terminal while the explorer has it; dropping it gives the terminal back.
pub struct Screen;

impl Screen {
    /// Takes the terminal.
    pub fn enter(mouse: bool) -> Result<Self> {
        enable_raw_mode().map_err(|error| {
            Error::refused(format!("this is no terminal to draw on: {error}"))
                .hint("every verb works without one; see backstory --help")
        })?;
        let screen = Self;
        let _ = DRAWS.set(std::thread::current().id());
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                // Another thread's panic is reported on the status line by what waits for it.
                if DRAWS.get() == Some(&std::thread::current().id()) {
                    restore();
                    before(info);
                }
            }));
        });
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if mouse {
            self::mouse(&mut stdout(), true)?;
        }
        Ok(screen)
    }

    /// What the explorer draws through.
    #[allow(clippy::unused_self, reason = "only who has the screen may draw on it")]
    pub fn backend(&self) -> CrosstermBackend<Stdout> {
        CrosstermBackend::new(stdout())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was. A terminal that is gone needs nothing.
fn restore() {
    let _ =
        execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

/// Switches mouse reporting.
pub fn mouse(out: &mut impl Write, on: bool) -> Result<()> {
    if on {
        execute!(out, EnableMouseCapture)?;
    } else {
        execute!(out, DisableMouseCapture)?;
    }
    Ok(())
}

/// Starts the threads that hand over what is typed and what the system asks for.
pub fn listen(send: Sender<Message>) -> Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT])?;
        let send = send.clone();
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                if send.send(Message::Signal(signal)).is_err() {
                    break;
                }
            }
        })?;
    }
    std::thread::Builder::new().name("input".into()).spawn(move || {
        loop {
            let message = match read() {
                Ok(event) => Message::Input(event),
                Err(error) => Message::Lost(error.to_string()),
            };
            let last = matches!(message, Message::Lost(_));
            if send.send(message).is_err() || last {
                break;
            }
        }
    })?;
    Ok(())
}

/// How a test sees that a panic gives the terminal back: F11, where the environment asks for it.
#[cfg(debug_assertions)]
pub fn panic_when_asked(key: crossterm::event::KeyEvent) {
    let asked =
        key.code == crossterm::event::KeyCode::F(11) && std::env::var_os("BACKSTORY_TEST_PANIC").is_some();
    assert!(!asked, "asked to panic by a test");
}

/// Ends the process by the signal that it was sent, so that whoever sent it sees that.
pub fn die_of(signal: i32) {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    #[cfg(not(unix))]
    let _ = signal;
}
