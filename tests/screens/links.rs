//! The command line that opens a screen again: what it opens is the same picture, cell by cell.

use base64::Engine;

use crate::play::{Play, START, Start};

/// What was copied last.
fn copied(play: &Play) -> String {
    let bytes = std::mem::take(&mut *play.out.0.lock().unwrap());
    let text = String::from_utf8(bytes).unwrap();
    let encoded = text.rsplit("\x1b]52;c;").next().unwrap().trim_end_matches('\x07');
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()).unwrap()
}

/// The words of a command line, as a shell reads them: plain, or in single quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if !quoted => word.get_or_insert_default().extend(chars.next()),
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The screen that a command line opens.
fn opened(play: Play, link: &str, size: (u16, u16)) -> Play {
    let words = words(link);
    assert_eq!(words[..2], ["backstory", "open"], "{link}");
    assert!(std::path::Path::new(&words[2]).is_absolute(), "{link}");
    let of = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        Some(&*Box::leak(words[at + 1].clone().into_boxed_str()))
    };
    let start = Start {
        size,
        at: of("--at"),
        whole: words.iter().any(|word| word == "--whole-store"),
        shown: of("--view"),
        press: of("--press").unwrap_or_default(),
        ..START
    };
    play.reopened_anew(&start)
}

/// All but the bottom line, which says what was done.
fn seen(play: &Play) -> Vec<String> {
    let mut lines = play.lines();
    lines.pop();
    lines
}

/// Goes on by keys, and compares what is shown with what the copied command line opens.
fn same_after(mut play: Play, keys: &str, size: (u16, u16)) -> Play {
    play.keys(keys);
    let before = seen(&play);
    play.keys("y c");
    let link = copied(&play);
    let play = opened(play, &link, size);
    assert_eq!(seen(&play), before, "{keys}: {link}");
    play
}

#[test]
fn a_command_line_opens_the_same_screen_again() {
    let size = (120, 36);
    // Fields that versions have which one came by, and this one lacks, are shown as missing: so the way only leads on.
    let mut play = Play::demo(&Start { at: Some("Task/42@4"), ..START });
    for keys in ["2 Down", "s Up v", "m Right", "x 1 / \"slides\" Enter", "| \".done\" Enter S", "X Down"] {
        play = same_after(play, keys, size);
    }
    play.keys("Esc Esc");
    let mut long = Play::demo(&Start { at: Some("Task/42"), ..START });
    for keys in ["; \"comments\" Enter Enter", "Down", "m"] {
        long = same_after(long, keys, size);
        long.sees("▾");
    }
    for keys in ["R Right", "Esc d", "Esc t s & / \"repe\" Enter", "Esc t Left Left", "T"] {
        play = same_after(play, keys, size);
    }
}

#[test]
fn wherever_one_walks_a_command_line_leads_there() {
    const MOVES: [&str; 20] = [
        "Left",
        "Right",
        "1",
        "2",
        "3",
        "Down",
        "Up",
        "s",
        "m",
        "S",
        "x",
        "z",
        "t",
        ")",
        "(",
        "Home",
        "End",
        "/ \"a\" Enter",
        "Backspace",
        "PgDn",
    ];
    let mut dice = fastrand::Rng::with_seed(11);
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    for _ in 0..12 {
        let walk: Vec<_> = (0..dice.usize(1..6)).map(|_| MOVES[dice.usize(0..MOVES.len())]).collect();
        play = same_after(play, &walk.join(" "), (120, 36));
    }
}

#[test]
fn what_a_link_presses_only_shows() {
    let press = "b C-u x y Enter";
    let mut play = Play::demo(&Start { at: Some("Task/42"), press, ..START });
    let events = |play: &Play| crate::play::session(play).overview().unwrap().events;
    assert_eq!(events(&play), 1_568);
    assert_eq!(play.explorer.model().branches.len(), 1, "{}", play.text());
    play.sees("A link only shows something");
    // Pressed by hand, the same keys fork, and the explorer is not left waiting for what was refused.
    play.keys("Esc").keys(press);
    assert_eq!(play.explorer.model().branches.len(), 2, "{}", play.text());
}
