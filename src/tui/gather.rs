//! What has come in while the screen was drawn: characters of a text that followed each other are one piece of it,
//! so that what a terminal pastes key by key goes through the text once and not a thousand times.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::backend::Backend;

use super::{Explorer, Message};

impl<B: Backend> Explorer<B> {
    /// A message with what continues it, and the one behind, where that was taken from the channel already.
    pub(super) fn gather(&mut self, first: Message) -> (Message, Option<Message>) {
        let Some(c) = self.character(&first) else { return (first, None) };
        let mut text = String::from(c);
        let mut behind = None;
        while let Ok(next) = self.receive.try_recv() {
            let Some(c) = self.character(&next) else {
                behind = Some(next);
                break;
            };
            text.push(c);
        }
        // A single key keeps its modifiers.
        let one = text.len() == c.len_utf8();
        (if one { first } else { Message::Text(text) }, behind)
    }

    /// The character that a key puts into the text that is being written, where it does nothing else.
    fn character(&mut self, message: &Message) -> Option<char> {
        let Message::Input(Event::Key(key)) = message else { return None };
        let c = match key.code {
            KeyCode::Char(c) => c,
            KeyCode::Enter => '\n',
            _ => return None,
        };
        let plain = key.kind != KeyEventKind::Release && (key.modifiers - KeyModifiers::SHIFT).is_empty();
        (plain && self.command(*key).is_none() && self.model.writes(c)).then_some(c)
    }
}
