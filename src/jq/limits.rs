//! What bounds a run: steps, stack, memory and texts, counted so that every machine stops at the same point.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Evaluated terms and visited values of one run: some tenth of a second.
const STEPS: u64 = 1_000_000;
/// Bytes of values that one run may make, whether or not they are freed in between.
const MEMORY: usize = 256 << 20;
/// Bytes of one text.
pub(super) const TEXT: usize = 32 << 20;
/// Bits of one integer inside a run; what comes out must fit in 64.
const INTEGER_BITS: u64 = 4096;
/// Stack for evaluating a rule that cannot recurse, and what must be free for it.
const TAME_STACK: usize = 1 << 20;
const TAME_ROOM: usize = TAME_STACK + (256 << 10);
/// Stack for evaluating any other rule. A value may be nested as deeply as there are steps, and dropping it
/// takes a few frames a level: hence so much more room, which costs nothing until it is touched.
const WILD_STACK: usize = 16 << 20;
const WILD_ROOM: usize = 512 << 20;

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Steps,
    Stack,
    Memory,
    Text,
    Integer,
    /// The engine itself failed; its message went to the panic hook.
    Engine,
}

impl Stop {
    pub(super) fn reason(self) -> String {
        match self {
            Self::Steps => format!("stopped: it took more than {STEPS} steps"),
            Self::Stack => "stopped: it is nested too deeply".to_owned(),
            Self::Memory => format!("stopped: it used more than {} MB", MEMORY >> 20),
            Self::Text => format!("stopped: it made a text of more than {} MB", TEXT >> 20),
            Self::Integer => format!("stopped: it made an integer of more than {INTEGER_BITS} bits"),
            Self::Engine => "stopped: the jq engine failed on it".to_owned(),
        }
    }
}

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
    static FLOOR: Cell<usize> = const { Cell::new(0) };
    static ROOMY: Cell<bool> = const { Cell::new(false) };
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static RUN: Cell<u64> = const { Cell::new(0) };
}

/// The number of this run on this thread.
pub(super) fn run() -> u64 {
    RUN.get()
}

/// Is a rule being run on this thread? A panic then is the engine's own, and is caught.
pub fn running() -> bool {
    RUNNING.get()
}

/// Runs many rules with room on the stack made once, instead of once for each rule that may recurse.
pub fn with_room<R>(f: impl FnOnce() -> R) -> R {
    if ROOMY.get() {
        return f();
    }
    stacker::grow(WILD_ROOM, || {
        let _roomy = Reset::set(&ROOMY, true);
        f()
    })
}

/// Puts a thread's cell back to what it was, on unwinding too.
struct Reset<T: Copy + 'static>(&'static std::thread::LocalKey<Cell<T>>, T);

impl<T: Copy> Reset<T> {
    fn set(cell: &'static std::thread::LocalKey<Cell<T>>, value: T) -> Self {
        Self(cell, cell.replace(value))
    }
}

impl<T: Copy> Drop for Reset<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// Runs an evaluation inside the bounds. Whatever deep value it made must be dropped when `f` returns.
pub(super) fn bounded<R>(wild: bool, f: impl FnOnce() -> R) -> Result<R, Stop> {
    let inner = || {
        let _left = Reset::set(&LEFT, STEPS);
        let _bytes = Reset::set(&BYTES, MEMORY);
        let room = if wild { WILD_STACK } else { TAME_STACK };
        let _floor = Reset::set(&FLOOR, here().saturating_sub(room));
        let _running = Reset::set(&RUNNING, true);
        RUN.set(RUN.get() + 1);
        catch_unwind(AssertUnwindSafe(f)).map_err(|payload| payload.downcast().map_or(Stop::Engine, |s| *s))
    };
    if wild { with_room(inner) } else { stacker::maybe_grow(TAME_ROOM, 4 * TAME_ROOM, inner) }
}

#[inline]
fn here() -> usize {
    let mark = 0u8;
    (&raw const mark).addr()
}

/// Ends the run. It unwinds without the panic hook: this is no bug, but a rule that runs away.
pub(super) fn stop(why: Stop) -> ! {
    resume_unwind(Box::new(why))
}

/// Counts a step, and looks at the stack.
#[inline]
pub(super) fn tick() {
    work(1);
    if here() < FLOOR.get() {
        stop(Stop::Stack);
    }
}

/// Counts many steps at once.
#[inline]
pub(super) fn work(steps: usize) {
    match LEFT.get().checked_sub(steps as u64) {
        Some(left) => LEFT.set(left),
        None => stop(Stop::Steps),
    }
}

/// Refuses what would take more steps than are left, without counting them.
pub(super) fn lasts(steps: usize) {
    if steps as u64 > LEFT.get() {
        stop(Stop::Steps);
    }
}

/// Counts bytes that a value is about to take.
#[inline]
pub(super) fn charge(bytes: usize) {
    match BYTES.get().checked_sub(bytes) {
        Some(left) => BYTES.set(left),
        None => stop(Stop::Memory),
    }
}

/// Refuses what would not fit, without counting it: memory that is freed at once.
pub(super) fn fits(bytes: usize) {
    if bytes > BYTES.get() {
        stop(Stop::Memory);
    }
}

/// Counts a text that is about to be made.
pub(super) fn charge_text(bytes: usize) {
    if bytes > TEXT {
        stop(Stop::Text);
    }
    work(bytes / 1024);
    charge(bytes + 64);
}

/// Looks at an integer that was made.
pub(super) fn check_bits(bits: u64) {
    if bits > INTEGER_BITS {
        stop(Stop::Integer);
    }
}
