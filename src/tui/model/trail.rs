//! The keys by which one came to what is open above the panes: a link presses them again.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEventKind};

use super::Model;

/// More keys than this lead nowhere that a link should go.
const MOST: usize = 200;

/// What somebody did.
#[derive(Clone, Copy, Debug)]
pub enum Led<'a> {
    /// A key, a click, a paste.
    Event(&'a Event),
    /// A text that was typed quickly.
    Text(&'a str),
}

/// The keys since nothing was open above the panes.
#[derive(Debug, Default)]
pub struct Trail {
    keys: Vec<KeyEvent>,
    /// The command line that opens what was shown before the first of them.
    from: String,
    /// Something else than a key led on: what is open cannot be come to again by keys.
    lost: bool,
    /// How many of them led to what stands below the list of what can be copied.
    below: Option<usize>,
}

impl Trail {
    /// Something opens above the panes, which this command line opens.
    pub fn begin(&mut self, from: String) {
        self.from = from;
    }

    fn press(&mut self, key: KeyEvent) {
        self.lost |= self.keys.len() >= MOST;
        if !self.lost {
            self.keys.push(key);
        }
    }

    /// The list of what can be copied opens by the last key.
    pub fn copying(&mut self) {
        self.below = self.keys.len().checked_sub(1);
    }

    /// Nothing is handed over any more: the keys since then led nowhere.
    fn copied(&mut self) {
        if let Some(below) = self.below.take() {
            self.keys.truncate(below);
        }
    }

    /// The command line that opens what was shown before the first key.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// The keys that lead to what stands below that list; none where they do not.
    pub fn keys(&self) -> &[KeyEvent] {
        let upto = self.below.unwrap_or(0).min(self.keys.len());
        if self.lost { &[] } else { &self.keys[..upto] }
    }
}

impl Model {
    /// Notes what somebody did, for a link to what that leads to.
    pub fn led_on(&mut self, led: Led<'_>) {
        if self.overlays.is_empty() {
            self.places.trail = Trail::default();
        }
        if !self.overlays.iter().any(|screen| screen.hands_over()) {
            self.places.trail.copied();
        }
        let trail = &mut self.places.trail;
        match led {
            Led::Event(Event::Key(key)) if key.kind != KeyEventKind::Release => trail.press(*key),
            Led::Event(Event::Mouse(mouse)) if mouse.kind != MouseEventKind::Moved => trail.lost = true,
            Led::Event(Event::Paste(_)) => trail.lost = true,
            Led::Event(_) => {}
            Led::Text(text) => {
                let key = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
                text.chars().for_each(|c| trail.press(key(c)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_to_what_is_below_the_list_of_what_can_be_copied() {
        let key = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        let mut trail = Trail::default();
        "Xjy".chars().for_each(|c| trail.press(key(c)));
        assert!(trail.keys().is_empty());
        trail.copying();
        trail.press(key('c'));
        assert_eq!(trail.keys(), [key('X'), key('j')]);
        trail.lost = true;
        assert!(trail.keys().is_empty());
    }
}
