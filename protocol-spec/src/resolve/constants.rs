//! Constants: of their field's type, and no secret.

use super::walk;
use crate::defs::{Constant, FieldKind, Packet, Spanned, Type};
use crate::{Code, Diagnostic};

/// The longest text that a `utf8` can carry, in bytes.
const LONGEST: usize = u16::MAX as usize;

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    for field in walk::all_fields(packet) {
        if let FieldKind::Value { of, constant: Some(constant) } = &field.kind {
            mistakes.extend(fit(of, constant));
            mistakes.extend(field.secret.then(|| known(&field.name.value, constant)));
        }
    }
}

fn known(name: &str, constant: &Spanned<Constant>) -> Diagnostic {
    let message = format!("`{name}` is a constant, so it cannot be secret");
    Diagnostic::new(Code::SecretConstant, &constant.span, message)
        .label("everybody knows it")
        .help("remove the `secret`, or the constant".to_owned())
}

fn fit(of: &Spanned<Type>, constant: &Spanned<Constant>) -> Option<Diagnostic> {
    let name = of.value.name();
    let wrong = |what: &str, help: &str| {
        let message = format!("{what} cannot be the constant of `{name}`");
        let mistake = Diagnostic::new(Code::ConstantType, &constant.span, message)
            .label("of another kind than the field")
            .also(&of.span, "the type of the field")
            .help(help.to_owned());
        Some(mistake)
    };
    let unfit = |message: String, help: String| {
        let mistake = Diagnostic::new(Code::ConstantRange, &constant.span, message)
            .label("does not fit the field")
            .also(&of.span, "the type of the field")
            .help(help);
        Some(mistake)
    };
    let integer = |largest: u64| match &constant.value {
        Constant::Text(_) => wrong("a text", "write a number, or make the field a `utf8`"),
        Constant::Integer(value) if *value > largest => {
            unfit(format!("`{name}` cannot hold {value}"), format!("the largest `{name}` is {largest}"))
        }
        Constant::Integer(_) => None,
    };
    match (of.value, &constant.value) {
        (Type::U8, _) => integer(u8::MAX.into()),
        (Type::U16, _) => integer(u16::MAX.into()),
        (Type::Utf8, Constant::Integer(_)) => {
            wrong("a number", "write a text in quotes, or make the field a `u8` or `u16`")
        }
        (Type::Utf8, Constant::Text(text)) if text.contains('\0') => {
            let help = "remove the character U+0000 `[MQTT-1.5.3-2]`".to_owned();
            unfit("`utf8` cannot hold the null character".to_owned(), help)
        }
        (Type::Utf8, Constant::Text(text)) if text.len() > LONGEST => {
            let help = format!("the longest `utf8` has {LONGEST} bytes");
            unfit(format!("`utf8` cannot hold {} bytes", text.len()), help)
        }
        (Type::Utf8, Constant::Text(_)) => None,
        (_, constant) => {
            let what = if matches!(constant, Constant::Text(_)) { "a text" } else { "a number" };
            wrong(what, "a constant is a `u8`, a `u16` or a `utf8`")
        }
    }
}
