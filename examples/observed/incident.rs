//! The incidents that the example can act out.

use std::str::FromStr;

/// What goes wrong. [`FromStr`] reads the name in the first column of [`INCIDENTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    None,
    Rotation,
    DeadCredential,
    StrippedHeader,
    BrokenPolicy,
    BrokenRoute,
    Probing,
    Guessing,
    Outage,
    Fault,
    Unclaimed,
    Repaired,
}

/// Each incident, its name, and what happens.
pub const INCIDENTS: [(Incident, &str, &str); 12] = [
    (Incident::None, "none", "a quiet day: nothing goes wrong"),
    (
        Incident::Rotation,
        "rotation",
        "the key set is rotated, and clients still hold tokens of the old key",
    ),
    (
        Incident::DeadCredential,
        "dead-credential",
        "the token of one service account expires, and it does not fetch another",
    ),
    (Incident::StrippedHeader, "stripped-header", "a proxy in front removes `Authorization`"),
    (Incident::BrokenPolicy, "broken-policy", "a change of roles makes no user an editor"),
    (Incident::BrokenRoute, "broken-route", "a deploy loses the route `/search`"),
    (Incident::Probing, "probing", "a user tries document after document of another tenant"),
    (Incident::Guessing, "guessing", "a stranger guesses passwords"),
    (Incident::Outage, "outage", "the store of tokens does not answer"),
    (Incident::Fault, "fault", "a policy panics"),
    (Incident::Unclaimed, "unclaimed", "the two stages around `/reports` are in the wrong order"),
    (Incident::Repaired, "repaired", "the handler of `/search` returns a bare 401"),
];

impl FromStr for Incident {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = INCIDENTS.iter().find(|(_, known, _)| *known == name);
        found.map(|(incident, ..)| *incident).ok_or_else(|| {
            let lines = INCIDENTS.map(|(_, name, what)| format!("  {name:16} {what}\n"));
            format!("no incident is named {name:?}; there are\n{}", lines.concat())
        })
    }
}

impl Incident {
    /// What happens.
    pub fn what(self) -> &'static str {
        INCIDENTS.iter().find(|(incident, ..)| *incident == self).map_or("", |(.., what)| what)
    }
}
