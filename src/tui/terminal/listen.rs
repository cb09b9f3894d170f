//! The threads that hand over what is typed and what the system asks for, and that end the process with the terminal
//! given back where the loop does not: whatever it does, and whether or not there is a terminal any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, read};

use crate::error::Result;
use crate::tui::Message;

/// How long the loop has to end by itself.
const GRACE: Duration = Duration::from_millis(500);

/// How long it has to take the key that interrupts: it may be drawing over a slow line.
const BUSY: Duration = Duration::from_millis(700);

/// How long a terminal that takes nothing is waited for.
const FORCE: Duration = Duration::from_millis(200);

/// Starts the threads.
pub fn listen(send: Sender<Message>) -> Result<()> {
    #[cfg(unix)]
    {
        signals(send.clone())?;
        let send = send.clone();
        std::thread::Builder::new().name("hangup".into()).spawn(move || {
            if wait_until_gone() {
                end(&send, signal_hook::consts::SIGHUP);
            }
        })?;
    }
    std::thread::Builder::new().name("input".into()).spawn(move || {
        loop {
            // What a terminal sends may be anything: a defect of the library that reads it must not leave the explorer
            // deaf.
            let message = match std::panic::catch_unwind(read) {
                Ok(Ok(Event::Key(key))) if interrupts(key) => interrupt(key),
                Ok(Ok(event)) => Message::Input(event),
                Ok(Err(error)) => Message::Lost(error.to_string()),
                Err(_) => Message::Lost("it sent what could not be read".into()),
            };
            let last = matches!(message, Message::Lost(_));
            if send.send(message).is_err() || last {
                break;
            }
        }
    })?;
    Ok(())
}

#[cfg(unix)]
fn signals(send: Sender<Message>) -> Result<()> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
    let all = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH];
    let mut signals = signal_hook::iterator::Signals::new(all)?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            match signal {
                SIGTSTP => drop(send.send(Message::Stop)),
                SIGCONT => drop(send.send(Message::Continued)),
                // The thread that reads keys does not see it while it waits for the rest of a key.
                SIGWINCH => {
                    if let Ok((columns, rows)) = crossterm::terminal::size() {
                        let _ = send.send(Message::Input(Event::Resize(columns, rows)));
                    }
                }
                signal => end(&send, signal),
            }
        }
    })?;
    Ok(())
}

/// Has the loop end; ends the process where it does not.
#[cfg(unix)]
fn end(send: &Sender<Message>, signal: i32) {
    if send.send(Message::Signal(signal)).is_ok() {
        std::thread::sleep(GRACE);
    }
    force(signal);
}

/// Ends the process now. The terminal may take nothing any more, and must not hold it.
fn force(signal: i32) {
    let (done, given_back) = channel();
    let _ = std::thread::Builder::new().spawn(move || {
        super::restore_by_force();
        let _ = done.send(());
    });
    let _ = given_back.recv_timeout(FORCE);
    die_of(signal);
    // As shells tell of a process that a signal ended.
    std::process::exit(128 + signal);
}

/// Waits until the other side of the terminal is closed. What reads from it then finds its end again and again, and
/// nobody has to send a signal. `false` when that cannot be known here.
#[cfg(unix)]
fn wait_until_gone() -> bool {
    use std::io::IsTerminal;

    use rustix::event::{PollFd, PollFlags, poll};
    let (input, output) = (std::io::stdin(), std::io::stdout());
    // That it is gone is always told; nothing else is waited for.
    let mut ends = vec![PollFd::new(&output, PollFlags::empty())];
    if input.is_terminal() {
        ends.push(PollFd::new(&input, PollFlags::empty()));
    }
    loop {
        match poll(&mut ends, None) {
            Ok(_) => return true,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

fn interrupts(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL
}

/// The key that interrupts is a key like others, as long as the loop takes it.
fn interrupt(key: KeyEvent) -> Message {
    let taken = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&taken);
    // Where no thread can be started the key still does what it does.
    let _ = std::thread::Builder::new().spawn(move || {
        std::thread::sleep(BUSY);
        if !theirs.load(Ordering::Relaxed) {
            force(INTERRUPTED);
        }
    });
    Message::Interrupt(key, taken)
}

/// The number of SIGINT, everywhere.
const INTERRUPTED: i32 = 2;

/// Ends the process by the signal that it was sent, so that whoever sent it sees that.
pub fn die_of(signal: i32) {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    #[cfg(not(unix))]
    let _ = signal;
}
