//! Colours and glyphs by what they mean: dark, light, without colour, and ASCII twins of every sign.

use ratatui::style::{Color, Modifier, Style};

/// Which palette is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// Bold, dim, underlined and reversed only.
    Plain,
}

impl Palette {
    /// The palette of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "none" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// The styles by meaning.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// What is read first.
    pub text: Style,
    /// What may be overlooked: units, hints, rows that do not matter.
    pub dim: Style,
    /// Titles and names.
    pub title: Style,
    /// Frames of panes that have no focus.
    pub border: Style,
    /// The frame of the pane in focus.
    pub focus: Style,
    /// Frames and the flag while the cursor is in the past.
    pub past: Style,
    /// The header's word that the past is shown.
    pub past_flag: Style,
    /// The header's word that the head is shown.
    pub head_flag: Style,
    /// The selected row of the pane in focus.
    pub selected: Style,
    /// The selected row of another pane.
    pub selected_idle: Style,
    /// The cursor on the timeline.
    pub cursor: Style,
    /// Events up to the cursor.
    pub event: Style,
    /// Events after the cursor.
    pub future: Style,
    /// A value that came.
    pub added: Style,
    /// A value that went.
    pub removed: Style,
    /// A field that changed.
    pub changed: Style,
    /// Names of fields.
    pub key: Style,
    /// Late, repeated, read-only.
    pub warning: Style,
    /// What failed.
    pub error: Style,
    /// Keys in the footer, in help and in the palette.
    pub hotkey: Style,
    /// Something that is over or deleted.
    pub gone: Style,
}

impl Theme {
    /// The styles of a palette.
    pub fn new(palette: Palette) -> Self {
        match palette {
            Palette::Dark => Self::tinted(&Tints {
                text: 252,
                dim: 243,
                faint: 238,
                title: 255,
                blue: 110,
                amber: 179,
                green: 108,
                red: 174,
                violet: 146,
                ground: 236,
                ground_idle: 234,
            }),
            Palette::Light => Self::tinted(&Tints {
                text: 236,
                dim: 241,
                faint: 250,
                title: 232,
                blue: 25,
                amber: 130,
                green: 28,
                red: 124,
                violet: 60,
                ground: 253,
                ground_idle: 254,
            }),
            Palette::Plain => Self::plain(),
        }
    }

    fn tinted(t: &Tints) -> Self {
        let ink = |color: u8| Style::new().fg(Color::Indexed(color));
        Self {
            text: ink(t.text),
            dim: ink(t.dim),
            title: ink(t.title).add_modifier(Modifier::BOLD),
            border: ink(t.faint),
            focus: ink(t.blue),
            past: ink(t.amber),
            past_flag: ink(t.amber).add_modifier(Modifier::BOLD | Modifier::REVERSED),
            head_flag: ink(t.green).add_modifier(Modifier::BOLD),
            selected: ink(t.title).bg(Color::Indexed(t.ground)).add_modifier(Modifier::BOLD),
            selected_idle: ink(t.text).bg(Color::Indexed(t.ground_idle)),
            cursor: ink(t.blue).add_modifier(Modifier::BOLD),
            event: ink(t.blue),
            future: ink(t.dim),
            added: ink(t.green),
            removed: ink(t.red),
            changed: ink(t.amber),
            key: ink(t.violet),
            warning: ink(t.amber),
            error: ink(t.red).add_modifier(Modifier::BOLD),
            hotkey: ink(t.blue).add_modifier(Modifier::BOLD),
            gone: ink(t.dim).add_modifier(Modifier::CROSSED_OUT),
        }
    }

    fn plain() -> Self {
        let (none, bold, dim) = (Style::new(), Style::new().bold(), Style::new().dim());
        Self {
            text: none,
            dim,
            title: bold,
            border: dim,
            focus: bold,
            past: none,
            past_flag: Style::new().bold().reversed(),
            head_flag: bold,
            selected: Style::new().reversed(),
            selected_idle: Style::new().underlined(),
            cursor: bold,
            event: none,
            future: dim,
            added: bold,
            removed: dim,
            changed: bold,
            key: none,
            warning: bold,
            error: Style::new().bold().underlined(),
            hotkey: bold,
            gone: Style::new().dim().crossed_out(),
        }
    }
}

/// The numbers of a palette among the terminal's 256 colours.
struct Tints {
    text: u8,
    dim: u8,
    faint: u8,
    title: u8,
    blue: u8,
    amber: u8,
    green: u8,
    red: u8,
    violet: u8,
    ground: u8,
    ground_idle: u8,
}

/// The signs that carry meaning, in one of two alphabets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is named by what it stands for")]
pub struct Glyphs {
    pub event: char,
    /// What is turned round.
    pub differs: &'static str,
    pub future: char,
    pub unchanged: char,
    pub cursor: char,
    pub head: char,
    pub mark: char,
    pub waypoint: char,
    pub note: char,
    pub turned_true: char,
    pub turned_false: char,
    pub fork: char,
    pub late: char,
    pub repeated: char,
    pub gap: char,
    pub clash: char,
    pub before_cause: char,
    pub stale: char,
    pub overwrote: char,
    pub old_reaction: char,
    /// Several flags at one place.
    pub several: char,
    pub error: char,
    /// Something came too seldom or too often from here on.
    pub alarm: char,
    pub line: char,
    pub fold: char,
    pub knob: char,
    pub bars: [char; 9],
    pub many_future: char,
    pub selected: char,
    pub open: char,
    pub closed: char,
    pub arrow: char,
    pub live: char,
    pub branch: char,
    pub past: char,
    pub held: char,
    pub play: char,
    pub added: char,
    pub removed: char,
    pub changed: char,
    pub dash: char,
    pub check: char,
    pub gone: char,
}

impl Glyphs {
    /// Signs from Unicode, or their ASCII twins.
    pub fn new(ascii: bool) -> Self {
        if ascii {
            Self {
                event: '*',
                future: 'o',
                unchanged: '.',
                cursor: '@',
                head: '>',
                mark: 'M',
                waypoint: '%',
                note: '"',
                turned_true: 'T',
                turned_false: 'F',
                fork: '`',
                late: '!',
                repeated: '=',
                gap: ':',
                clash: '#',
                before_cause: '<',
                stale: '?',
                overwrote: '&',
                old_reaction: ';',
                several: '+',
                error: 'x',
                alarm: 'A',
                line: '-',
                fold: '~',
                knob: '^',
                bars: [' ', '.', '.', ':', ':', '-', '=', '#', '#'],
                many_future: ',',
                selected: '>',
                open: 'v',
                closed: '>',
                arrow: '>',
                live: '*',
                branch: '/',
                past: '<',
                held: '=',
                play: '>',
                added: '+',
                removed: '-',
                changed: '~',
                dash: '-',
                check: 'v',
                gone: 'X',
                differs: "not",
            }
        } else {
            Self {
                event: '●',
                future: '○',
                unchanged: '·',
                cursor: '◉',
                head: '▷',
                mark: 'M',
                waypoint: '⚑',
                note: '✎',
                turned_true: '▴',
                turned_false: '▾',
                fork: '╰',
                late: '!',
                repeated: '=',
                gap: ':',
                clash: '#',
                before_cause: '<',
                stale: '?',
                overwrote: '&',
                old_reaction: ';',
                several: '+',
                error: 'x',
                alarm: '◆',
                line: '─',
                fold: '┄',
                knob: '▲',
                bars: [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
                many_future: '░',
                selected: '▸',
                open: '▾',
                closed: '▸',
                arrow: '→',
                live: '●',
                branch: '⎇',
                past: '◀',
                held: '⏸',
                play: '▶',
                added: '+',
                removed: '-',
                changed: '~',
                dash: '–',
                check: '✔',
                gone: '✘',
                differs: "≠",
            }
        }
    }
}

#[cfg(test)]
#[path = "../../tests/support/contrast.rs"]
mod contrast;

#[cfg(test)]
mod tests {
    use super::contrast::{self, contrast};
    use super::*;

    #[test]
    fn ascii_twins_are_ascii() {
        let shown = format!("{:?}", Glyphs::new(true));
        assert!(shown.is_ascii(), "{shown}");
    }

    /// Of a colour that looks different in each terminal it is none.
    fn rgb(color: Color) -> [f64; 3] {
        contrast::rgb(color, [f64::NAN; 3])
    }

    #[test]
    fn every_text_can_be_read_on_its_ground() {
        for (palette, ground) in [(Palette::Dark, [0.0; 3]), (Palette::Light, [255.0; 3])] {
            let theme = Theme::new(palette);
            let inks = [
                theme.text,
                theme.dim,
                theme.title,
                theme.past,
                theme.head_flag,
                theme.event,
                theme.future,
                theme.added,
                theme.removed,
                theme.changed,
                theme.key,
                theme.warning,
                theme.error,
                theme.hotkey,
                theme.gone,
            ];
            for ink in inks {
                assert!(contrast(rgb(ink.fg.unwrap()), ground) >= 4.4, "{palette:?} {ink:?}");
            }
            for row in [theme.selected, theme.selected_idle] {
                assert!(contrast(rgb(row.fg.unwrap()), rgb(row.bg.unwrap())) >= 7.0, "{palette:?} {row:?}");
            }
        }
    }

    #[test]
    fn without_colour_there_is_no_colour() {
        let shown = format!("{:?}", Theme::new(Palette::Plain));
        assert!(!shown.contains("Indexed") && !shown.contains("Rgb"), "{shown}");
    }
}
