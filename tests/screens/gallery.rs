//! Every pane and overlay at the sizes people work at, in ASCII, and on a light ground: nothing is cut off where it
//! would be wrong, and every letter can be read.

use std::fmt::Write;

use backstory::tui::theme::Palette;
use crossterm::event::Event;
use ratatui::buffer::Cell;
use ratatui::style::Modifier;

use crate::contrast::{contrast, rgb};
use crate::play::{Play, START, Start};

/// A name, where it is opened, and the keys that lead there.
const SCREENS: &[(&str, &str, &str)] = &[
    ("state", "Task/253@-3", ""),
    ("log", "Task/253", "s"),
    ("store", "Task/253", "t"),
    ("store_log", "Task/253", "t s"),
    ("lanes", "Task/253", "1 * Down *"),
    ("mark", "Task/253@2", "m End"),
    ("races", "Task/203", "X"),
    ("races_of_the_store", "Task/203", "t X"),
    ("race_lab", "Task/203", "X Enter"),
    ("clock_order", "Subscription/26", "X X"),
    ("trace", "Task/42", "T"),
    ("graph", "Task/42", "P"),
    ("diff", "Task/42@2", "d"),
    ("three_states", "Task/42@3", "D"),
    ("reports", "Task/42", "R"),
    ("rewrite", "Task/42@3", "W"),
    ("rule_lab", "Task/42@3", "r"),
    ("jobs", "Task/42", "J"),
    ("branches", "Task/42", "B"),
    ("catalogue", "Task/42", "I"),
    ("event_type", "Task/42", "I Enter"),
    ("help", "Task/42", "?"),
    ("palette", "Task/42", ":"),
    ("copy", "Task/42", "y"),
    ("columns", "Task/42", "K"),
    ("chips", "Task/42", "t s &"),
    ("offers", "Task/42", "="),
    ("fields", "Task/42", ";"),
    ("commands", "Task/42", "f"),
    ("form", "Task/42", "f Enter"),
    ("go_to", "Task/42", "@"),
    ("filter", "Task/42", "|"),
    ("find", "Task/42", "F"),
    ("hits", "Task/42", "F \".completed_at != null\" Enter : \"hits\" Enter"),
    ("name_or_note", "Task/42", "w"),
    ("messages", "Task/42", "!"),
    ("waypoints", "Task/42", ": \"Waypoints: go\" Enter"),
    ("operations", "Task/42", ": \"Operation log\" Enter"),
    ("monitors", "Task/42", ": \"Monitors: go\" Enter"),
    ("carry", "Task/42", ": \"Revert: take\" Enter"),
];

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

fn resized(play: &mut Play, (width, height): (u16, u16)) -> String {
    play.explorer.terminal_mut().backend_mut().resize(width, height);
    play.input(Event::Resize(width, height));
    play.settle();
    play.text()
}

fn played(at: &'static str, keys: &str, start: &Start) -> Play {
    let mut play = Play::demo(&Start { at: Some(at), ..*start });
    play.keys(keys).settle();
    play
}

#[test]
fn every_screen_in_three_sizes_and_in_ascii() {
    for (name, at, keys) in SCREENS {
        let mut play = played(at, keys, &START);
        let mut all = String::new();
        for size in SIZES {
            let text = resized(&mut play, size);
            writeln!(all, "{}×{}\n{text}", size.0, size.1).unwrap();
        }
        let mut plain = played(at, keys, &Start { ascii: true, palette: Palette::Plain, ..START });
        writeln!(all, "ASCII\n{}", resized(&mut plain, SIZES[0])).unwrap();
        insta::assert_snapshot!(*name, all);
    }
}

/// The contrast of a cell's letter with its ground, from 1 to 21.
fn contrast_of(cell: &Cell, ground: f64) -> f64 {
    contrast(rgb(cell.fg, [255.0 - ground; 3]), rgb(cell.bg, [ground; 3]))
}

#[test]
fn every_letter_of_every_screen_can_be_read_on_a_light_and_a_dark_ground() {
    for (palette, ground) in [(Palette::Light, 255.0), (Palette::Dark, 0.0)] {
        let mut worst: Vec<(f64, String)> = Vec::new();
        for (name, at, keys) in SCREENS {
            let play = played(at, keys, &Start { palette, ..START });
            for cell in &play.explorer.terminal().backend().buffer().content {
                let letter = cell.symbol().chars().any(char::is_alphanumeric);
                let found = contrast_of(cell, ground);
                if letter && !cell.modifier.contains(Modifier::HIDDEN) && found < 4.4 {
                    worst.push((found, format!("{name}: {:?} on {:?}", cell.fg, cell.bg)));
                }
            }
        }
        worst.sort_by(|a, b| a.0.total_cmp(&b.0));
        worst.dedup();
        assert!(worst.is_empty(), "{palette:?} {worst:#?}");
    }
}
