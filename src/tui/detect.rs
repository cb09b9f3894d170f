//! What the terminal can show, as its environment says.

use super::theme::Palette;

/// A variable of the environment that says something.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The palette that the environment asks for: none with `NO_COLOR` or on a terminal that has no colours, light where
/// the terminal says that it is.
pub fn palette(set: impl Fn(&str) -> Option<String>) -> Palette {
    if !has_colours(&set) {
        return Palette::Plain;
    }
    // Some terminals say "foreground;background" in the 16 colours; 7 and 9 to 15 are light.
    let ground = set("COLORFGBG").and_then(|colors| colors.rsplit(';').next()?.parse::<u8>().ok());
    if ground.is_some_and(|ground| ground == 7 || (9..=15).contains(&ground)) {
        Palette::Light
    } else {
        Palette::Dark
    }
}

/// Whether the environment lets a terminal have colours, and it has some.
pub fn has_colours(set: impl Fn(&str) -> Option<String>) -> bool {
    set("NO_COLOR").is_none() && !is_colourless(&set)
}

/// Whether the terminal is of a kind that has no colours: it says nothing of itself, or the name of a real one.
fn is_colourless(set: &impl Fn(&str) -> Option<String>) -> bool {
    if cfg!(windows) || set("COLORTERM").is_some() {
        return false;
    }
    set("TERM").is_none_or(|kind| {
        let older = ["vt52", "vt100", "vt102", "vt220", "vt320"];
        kind == "dumb" || kind == "unknown" || older.contains(&kind.as_str()) || kind.ends_with("-mono")
    })
}

/// Whether the locale is one of UTF-8: without one other bytes than ASCII would be taken for something else.
pub fn is_utf8(set: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name)).unwrap_or_default();
    let locale = locale.to_lowercase();
    cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}

/// Whether the explorer's own signs have to be plain ones.
pub fn is_plain(set: impl Fn(&str) -> Option<String>) -> bool {
    let dumb = !cfg!(windows) && set("TERM").is_none_or(|kind| kind == "dumb");
    dumb || !is_utf8(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(set: &[(&str, &str)]) -> (Palette, bool) {
        let get = |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        (palette(get), is_plain(get))
    }

    #[cfg(not(windows))]
    #[test]
    fn what_the_terminal_cannot_show_is_not_shown() {
        let utf8 = ("LANG", "en_GB.UTF-8");
        assert_eq!(asks(&[("TERM", "xterm-256color"), utf8]), (Palette::Dark, false));
        assert_eq!(asks(&[("TERM", "xterm"), ("COLORFGBG", "0;15"), utf8]), (Palette::Light, false));
        assert_eq!(asks(&[("TERM", "xterm"), ("NO_COLOR", "1"), utf8]), (Palette::Plain, false));
        assert_eq!(asks(&[("TERM", "dumb"), utf8]), (Palette::Plain, true));
        assert_eq!(asks(&[utf8]), (Palette::Plain, true));
        assert_eq!(asks(&[("TERM", "vt220"), utf8]), (Palette::Plain, false));
        let german = [("TERM", "xterm"), ("LANG", "de_DE.utf8"), ("LC_ALL", "de_DE.ISO-8859-1")];
        assert_eq!(asks(&german), (Palette::Dark, true));
        assert_eq!(asks(&german[..2]), (Palette::Dark, false));
        assert_eq!(asks(&[("TERM", "linux"), ("LC_CTYPE", "C")]), (Palette::Dark, true));
        assert_eq!(asks(&german[..1]), (Palette::Dark, true));
    }
}
