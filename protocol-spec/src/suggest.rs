//! Help for names that do not exist.

/// The candidate that a misspelt name probably stands for.
pub(crate) fn similar<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase());
    let close = (name.chars().count() / 3).max(1);
    let candidates = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    candidates.filter(|(distance, _)| *distance <= close).min_by_key(|(distance, _)| *distance).map(|(_, best)| best)
}

/// "did you mean `x`?", or else which names of this kind there are, if any.
pub(crate) fn did_you_mean(name: &str, kind: &str, candidates: &[&str]) -> Option<String> {
    match similar(name, candidates.iter().copied()) {
        Some(best) => Some(format!("did you mean `{best}`?")),
        None if candidates.is_empty() => None,
        None => {
            let names = candidates.iter().map(|candidate| format!("`{candidate}`")).collect();
            Some(format!("{kind}: {}", list(names, "and")))
        }
    }
}

/// `a`, `b` or `c`.
pub(crate) fn list(mut items: Vec<String>, conjunction: &str) -> String {
    match items.pop() {
        Some(last) if !items.is_empty() => format!("{} {conjunction} {last}", items.join(", ")),
        last => last.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{list, similar};

    #[test]
    fn finds_slips_and_nothing_else() {
        let names = ["QoS", "ConnectReturnCode"];
        assert_eq!(similar("Qos", names), Some("QoS"));
        assert_eq!(similar("ConectReturnCod", names), Some("ConnectReturnCode"));
        assert_eq!(similar("Sender", names), None);
    }

    #[test]
    fn lists() {
        let names = |count: usize| ["a", "b", "c"].iter().take(count).map(|&name| name.to_owned()).collect();
        assert_eq!([0, 1, 2, 3].map(|count| list(names(count), "or")), ["", "a", "a or b", "a, b or c"]);
    }
}
