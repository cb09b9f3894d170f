//! The terminal: raw mode, the alternate screen and the mouse, switched on once and off again whatever happens.

mod listen;

use std::io::{Stdout, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};
use std::thread::ThreadId;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;

pub use self::listen::{die_of, listen};
use crate::error::{Error, Result};

/// The thread that draws: only its panic ends the program.
static DRAWS: OnceLock<ThreadId> = OnceLock::new();
static HOOK: Once = Once::new();
/// Whether the alternate screen is on: asked for twice, some terminals forget where the shell's cursor was.
static ON: AtomicBool = AtomicBool::new(false);

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
        modes(mouse)?;
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

fn modes(mouse: bool) -> Result<()> {
    let mut out = stdout();
    if !ON.swap(true, Ordering::SeqCst) {
        execute!(out, EnterAlternateScreen)?;
    }
    execute!(out, EnableBracketedPaste, cursor::Hide)?;
    self::mouse(&mut out, mouse)
}

/// Gives the terminal back as it was. A terminal that is gone needs nothing.
fn restore() {
    let mut out = stdout();
    let _ = leave(&mut out);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Gives it back while the thread that draws may be stuck with the lock on the output: past the lock.
fn restore_by_force() {
    let _ = disable_raw_mode();
    let mut bytes = Vec::new();
    let _ = leave(&mut bytes);
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        if let Ok(out) = stdout().as_fd().try_clone_to_owned() {
            let _ = std::fs::File::from(out).write_all(&bytes);
        }
    }
}

fn leave(out: &mut impl Write) -> std::io::Result<()> {
    if ON.swap(false, Ordering::SeqCst) {
        queue!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show)?;
    }
    Ok(())
}

/// Takes the terminal again after the process was stopped: whoever had it meanwhile may have left other modes.
pub fn take_back(mouse: bool) -> Result<()> {
    disable_raw_mode()?;
    enable_raw_mode()?;
    modes(mouse)
}

/// Whether a shell would notice that the process stops, and could continue it: then it put it into a group of its own.
#[cfg(unix)]
pub fn has_shell() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpgrp())
}

/// Stops everything that the shell started together with this, as the terminal's own key for it would.
#[cfg(unix)]
pub fn stop_group() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// Stops this process with the terminal given back, until it is continued.
#[cfg(unix)]
pub fn stop(mouse: bool) -> Result<()> {
    restore();
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
    take_back(mouse)
}

/// There is nothing like it here.
#[cfg(not(unix))]
pub fn has_shell() -> bool {
    false
}

/// There is nothing like it here.
#[cfg(not(unix))]
pub fn stop_group() {}

/// There is nothing like it here.
#[cfg(not(unix))]
pub fn stop(_mouse: bool) -> Result<()> {
    Ok(())
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

/// How a test sees that the terminal comes back from trouble: F11 makes it, where the environment asks for it.
#[cfg(debug_assertions)]
pub fn trouble_when_asked(key: crossterm::event::KeyEvent) {
    let Ok(asked) = std::env::var("BACKSTORY_TEST_TROUBLE") else { return };
    let pressed = |n| key.code == crossterm::event::KeyCode::F(n);
    assert!(!(asked == "panic" && pressed(11)), "asked to panic by a test");
    while asked == "hang" && pressed(11) {
        std::thread::park();
    }
}
