//! Keys and their names.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::error::{Error, Result};

/// The same key is reported in several ways: shift is part of a character, and shift with Tab has its own code.
pub(super) fn normal(code: KeyCode, modifiers: KeyModifiers) -> (KeyCode, KeyModifiers) {
    let kept = modifiers & (KeyModifiers::SHIFT | KeyModifiers::CONTROL | KeyModifiers::ALT);
    match code {
        KeyCode::BackTab => (KeyCode::Tab, kept | KeyModifiers::SHIFT),
        KeyCode::Char(_) => (code, kept - KeyModifiers::SHIFT),
        other => (other, kept),
    }
}

pub(super) fn chord(name: &str) -> Option<(KeyCode, KeyModifiers)> {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    while let Some((modifier, after)) = rest
        .strip_prefix("S-")
        .map(|after| (KeyModifiers::SHIFT, after))
        .or_else(|| rest.strip_prefix("C-").map(|after| (KeyModifiers::CONTROL, after)))
        .filter(|(_, after)| !after.is_empty())
    {
        modifiers |= modifier;
        rest = after;
    }
    let code = match rest {
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Space" => KeyCode::Char(' '),
        "Backspace" => KeyCode::Backspace,
        "Del" => KeyCode::Delete,
        _ => match (rest.strip_prefix('F').and_then(|n| n.parse().ok()), rest.chars().next()) {
            (Some(n), _) => KeyCode::F(n),
            (None, Some(c)) if rest.chars().count() == 1 => KeyCode::Char(c),
            _ => return None,
        },
    };
    Some((code, modifiers))
}

/// A key event from its name in the table, for scripts that press keys.
pub fn event(name: &str) -> Option<KeyEvent> {
    let (code, modifiers) = chord(name)?;
    Some(KeyEvent::new(code, modifiers))
}

/// The name of a key in the table, for whoever presses it again; `None` where it has none.
pub fn name(key: KeyEvent) -> Option<String> {
    let (code, modifiers) = normal(key.code, key.modifiers);
    let shift = if modifiers.contains(KeyModifiers::SHIFT) { "S-" } else { "" };
    let control = if modifiers.contains(KeyModifiers::CONTROL) { "C-" } else { "" };
    let word = match code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::Delete => "Del".to_owned(),
        KeyCode::F(n) => format!("F{n}"),
        other => format!("{other:?}"),
    };
    let name = format!("{shift}{control}{word}");
    (chord(&name) == Some((code, modifiers))).then_some(name)
}

/// The keys of a link, by their names with a space between them.
pub fn presses(names: &str) -> Result<Vec<KeyEvent>> {
    let key = |name: &str| {
        let unknown = || Error::usage(format!("There is no key {name}."));
        event(name)
            .ok_or_else(|| unknown().hint("Keys are called Enter, PgDn, C-u, Space, x: one word each."))
    };
    names.split_whitespace().map(key).collect()
}

pub(super) fn pretty(key: &str) -> String {
    let key = key.replace("S-", "⇧").replace("C-", "^");
    [("Left", "←"), ("Right", "→"), ("Up", "↑"), ("Down", "↓"), ("Space", "space"), ("Backspace", "Bksp")]
        .iter()
        .find_map(|(name, sign)| {
            key.strip_suffix(name).filter(|rest| rest.len() <= 3).map(|rest| format!("{rest}{sign}"))
        })
        .filter(|_| !key.starts_with('P'))
        .unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_name_by_which_it_is_found() {
        for given in
            ["Left", "S-Left", "C-u", "PgDn", "Enter", "x", "X", "é", "Space", "F1", "-", "S-Tab", "Del"]
        {
            assert_eq!(name(event(given).unwrap()).as_deref(), Some(given));
        }
        assert_eq!(name(KeyEvent::new(KeyCode::Null, KeyModifiers::NONE)), None);
    }

    #[test]
    fn keys_are_shown_by_their_signs() {
        assert_eq!(
            [pretty("Left"), pretty("S-Left"), pretty("C-u"), pretty("PgUp"), pretty("Up")],
            ["←", "⇧←", "^u", "PgUp", "↑"]
        );
    }
}
