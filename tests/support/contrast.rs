//! Whether a text can be read on its ground.

use ratatui::style::Color;

/// The red, green and blue of one of the 256 colours that every terminal agrees on; of the terminal's own one, `own`.
pub fn rgb(color: Color, own: [f64; 3]) -> [f64; 3] {
    let level = |i: u8| f64::from(if i == 0 { 0 } else { 55 + 40 * i });
    match color {
        Color::Reset => own,
        Color::Indexed(n @ 16..232) => [(n - 16) / 36, (n - 16) / 6 % 6, (n - 16) % 6].map(level),
        Color::Indexed(n @ 232..) => [f64::from(8 + 10 * (n - 232)); 3],
        other => panic!("{other:?} looks different in each terminal"),
    }
}

/// The contrast of two colours, from 1 to 21.
pub fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let linear = |c: f64| {
        let c = c / 255.0;
        if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let light = |c: [f64; 3]| {
        let [r, g, b] = c.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    };
    (light(a) / light(b)).max(light(b) / light(a))
}
