//! The colours of the page and of drawings. All can be told apart by colour-blind people, and text on them can be read:
//! the tests compute both.

use std::fmt::Write;

/// A colour for light and one for dark surroundings, as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// The name of its CSS variable, without the dashes.
    pub name: &'static str,
    /// In light surroundings.
    pub light: &'static str,
    /// In dark ones.
    pub dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

/// What is behind all.
pub const BACKGROUND: Colour = colour("background", "#ffffff", "#16181d");
/// Text, also on tiles.
pub const TEXT: Colour = colour("text", "#16181d", "#f4f5f7");
/// Text of less weight, on the background.
pub const MUTED: Colour = colour("muted", "#555b66", "#a9b0bb");
/// Lines and borders of controls.
pub const LINE: Colour = colour("line", "#868d99", "#757d8a");
/// What has the focus, what is found, and marks.
pub const ACCENT: Colour = colour("accent", "#1a4fb4", "#ffd24a");
/// What is over its budget, or grew.
pub const ALARM: Colour = colour("alarm", "#a33a00", "#ffab73");

/// Tiles of groups, the largest first: after Paul Tol's light scheme, which is made for text on it.
pub const GROUPS: [Colour; 8] = [
    colour("group-1", "#84b4e6", "#2f5580"),
    colour("group-2", "#eedd88", "#6b5a14"),
    colour("group-3", "#57c2a4", "#1c6350"),
    colour("group-4", "#f0997c", "#8a4226"),
    colour("group-5", "#ffb3c1", "#7d4152"),
    colour("group-6", "#a6e2ff", "#276a85"),
    colour("group-7", "#c3d145", "#56631a"),
    colour("group-8", "#c9b6e4", "#5b4880"),
];
/// All other groups.
pub const OTHERS: Colour = colour("others", "#dddddd", "#474c55");

/// What became larger.
pub const GREW: Colour = colour("grew", "#f5a35c", "#9a4a0b");
/// What became smaller.
pub const SHRANK: Colour = colour("shrank", "#79b4f2", "#2262ab");
/// What stayed as it was.
pub const SAME: Colour = colour("same", "#e3e5e8", "#363b43");

const ALL: [Colour; 10] = [BACKGROUND, TEXT, MUTED, LINE, ACCENT, ALARM, OTHERS, GREW, SHRANK, SAME];

/// The colours as CSS variables.
pub fn css() -> String {
    let all = || ALL.iter().chain(&GROUPS);
    let rule = |shade: fn(&Colour) -> &'static str| {
        all().fold(String::new(), |mut rule, colour| {
            let _ = write!(rule, "--{}: {}; ", colour.name, shade(colour));
            rule
        })
    };
    let (light, dark) = (rule(|colour| colour.light), rule(|colour| colour.dark));
    format!(":root {{ {light}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n")
}

/// The colours as the fill of what has their names as its class, for drawings: not all who show those know variables.
/// `more` are rules beside these, `property` and colour for a class each.
pub fn fills(more: &[(&str, &str, Colour)]) -> String {
    let rules = |shade: fn(&Colour) -> &'static str| {
        let fills = ALL.iter().chain(&GROUPS).map(|colour| format!(".{}{{fill:{}}}", colour.name, shade(colour)));
        let more = more.iter().map(|(class, property, colour)| format!(".{class}{{{property}:{}}}", shade(colour)));
        fills.chain(more).collect::<String>()
    };
    let (light, dark) = (rules(|colour| colour.light), rules(|colour| colour.dark));
    format!("{light}\n@media(prefers-color-scheme:dark){{{dark}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rgb = [f64; 3];

    fn linear(hex: &str) -> Rgb {
        [1, 3, 5].map(|start| {
            let value = f64::from(u8::from_str_radix(&hex[start..start + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn times(matrix: [Rgb; 3], rgb: Rgb) -> Rgb {
        matrix.map(|row| row.iter().zip(rgb).map(|(factor, value)| factor * value).sum())
    }

    /// The contrast of WCAG 2: from 1 to 21.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |hex| times([[0.2126, 0.7152, 0.0722]; 3], linear(hex))[0] + 0.05;
        let (one, other): (f64, f64) = (luminance(one), luminance(other));
        one.max(other) / one.min(other)
    }

    /// How colours look with none of one kind of cones (Machado, Oliveira and Fernandes 2009), and as they are.
    const SIGHTS: [(&str, [Rgb; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        ),
        (
            "deuteranopia",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        ),
        (
            "tritanopia",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        ),
    ];

    /// The distance in CIELAB. About 2 can just be seen by comparing.
    fn distance(one: &str, other: &str, sight: [Rgb; 3]) -> f64 {
        let lab = |hex| {
            let seen = times(sight, linear(hex)).map(|value| value.clamp(0.0, 1.0));
            let xyz = times(
                [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]],
                seen,
            );
            let white = [0.95047, 1.0, 1.08883];
            let mut f = [0.0; 3];
            for (f, (value, white)) in f.iter_mut().zip(xyz.iter().zip(white)) {
                let value: f64 = value / white;
                *f = if value > 0.008856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 };
            }
            [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])]
        };
        lab(one).iter().zip(lab(other)).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
    }

    const SHADES: [fn(Colour) -> &'static str; 2] = [|colour| colour.light, |colour| colour.dark];

    #[test]
    fn text_can_be_read() {
        for shade in SHADES {
            for tile in GROUPS.into_iter().chain([OTHERS, GREW, SHRANK, SAME, BACKGROUND]) {
                let contrast = contrast(shade(TEXT), shade(tile));
                assert!(contrast >= 5.0, "text on {}: {contrast:.2}", shade(tile));
            }
            for text in [MUTED, ACCENT, ALARM] {
                assert!(contrast(shade(text), shade(BACKGROUND)) >= 4.5, "{} on the background", shade(text));
            }
        }
    }

    #[test]
    fn controls_and_marks_can_be_seen() {
        for shade in SHADES {
            assert!(contrast(shade(LINE), shade(BACKGROUND)) >= 3.0, "{}", shade(LINE));
            for tile in GROUPS.into_iter().chain([OTHERS, GREW, SHRANK, SAME]) {
                let contrast = contrast(shade(ACCENT), shade(tile));
                assert!(contrast >= 3.0, "a mark on {}: {contrast:.2}", shade(tile));
            }
        }
    }

    #[test]
    fn changes_can_be_told_apart_by_all() {
        for (sight, matrix) in SIGHTS {
            for shade in SHADES {
                for (one, other) in [(GREW, SHRANK), (GREW, SAME), (SHRANK, SAME)] {
                    let distance = distance(shade(one), shade(other), matrix);
                    assert!(distance >= 20.0, "{} and {}, {sight}: {distance:.1}", shade(one), shade(other));
                }
            }
        }
    }

    #[test]
    fn neighbouring_groups_can_be_told_apart_by_all() {
        for (sight, matrix) in SIGHTS {
            for shade in SHADES {
                for pair in GROUPS.windows(2) {
                    let distance = distance(shade(pair[0]), shade(pair[1]), matrix);
                    assert!(distance >= 9.0, "{} and {}, {sight}: {distance:.1}", shade(pair[0]), shade(pair[1]));
                }
            }
        }
    }

    #[test]
    fn css_has_each_colour_twice() {
        let css = css();
        for colour in ALL.iter().chain(&GROUPS) {
            assert_eq!(css.matches(&format!("--{}: #", colour.name)).count(), 2, "{}", colour.name);
        }
        assert!(css.contains("--background: #ffffff; ") && css.contains("dark) { :root { --background: #16181d; "));
    }
}
