//! The rows of the tables.

use portcullis::testing::Inspection;

/// A header of a request.
pub type Line = (&'static str, String);

/// A protected target of a server.
pub struct Case {
    /// How it is protected.
    pub how: &'static str,
    pub target: &'static str,
    pub alice: Option<Line>,
    pub bob: Option<Line>,
    pub expired: Option<Line>,
    pub wrong: Option<Line>,
    /// Each finding that must come.
    pub findings: Vec<Found>,
}

/// A finding, and what confirms it.
pub struct Found {
    /// Severity and id, as in `error challenge-missing`.
    pub finding: &'static str,
    /// Who asks what, in an exchange beside the inspection.
    pub ask: Ask,
    pub status: u16,
    /// What the response has, in lower case.
    pub has: Vec<&'static str>,
    /// What it has not.
    pub lacks: Vec<&'static str>,
    /// Why the finding is true.
    pub because: &'static str,
}

/// A request that confirms a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `GET` of the target, without credentials.
    Anonymous,
    /// By the caller that may see it.
    Alice,
    /// By one that is known and may not.
    Bob,
    /// With credentials that were valid once.
    Expired,
    /// With well-formed credentials of no user.
    Wrong,
    /// With credentials that break the grammar of their scheme.
    Malformed,
    /// With two lines of credentials: those of the caller that may see it, then wrong ones.
    TwoLines,
    /// `HEAD` of the target, without credentials.
    Head,
    /// `HEAD` of the target, by the caller that may see it.
    HeadOfAlice,
    /// `OPTIONS` of the target, without credentials.
    Options,
    /// `OPTIONS` of the target as a preflight.
    Preflight,
    /// `PROPFIND` of the target, without credentials.
    Propfind,
    /// `OPTIONS` of the target, by the caller that may see it.
    OptionsOfAlice,
    /// `GET` of a path beside the target, at which there is nothing.
    Nothing,
    /// The same, by the caller that may see the target.
    NothingOfAlice,
}

impl Case {
    pub fn new(how: &'static str, target: &'static str) -> Self {
        Self {
            how,
            target,
            alice: None,
            bob: None,
            expired: None,
            wrong: None,
            findings: Vec::new(),
        }
    }

    /// The caller that may see the target.
    pub fn alice(mut self, line: Line) -> Self {
        self.alice = Some(line);
        self
    }

    /// A caller that is known and may not.
    pub fn bob(mut self, line: Line) -> Self {
        self.bob = Some(line);
        self
    }

    /// What was valid once.
    pub fn expired(mut self, line: Line) -> Self {
        self.expired = Some(line);
        self
    }

    /// Well-formed credentials of no user, for the exchanges beside the inspection.
    pub fn wrong(mut self, line: Line) -> Self {
        self.wrong = Some(line);
        self
    }

    /// All that must be found.
    pub fn finds(mut self, findings: impl IntoIterator<Item = Found>) -> Self {
        self.findings.extend(findings);
        self
    }

    pub fn inspection(&self, address: std::net::SocketAddr) -> Inspection {
        let mut inspection = Inspection::of_address(address).target(self.target);
        if let Some(line) = self.alice.clone() {
            inspection = inspection.permitted("alice", [line]);
        }
        if let Some(line) = self.bob.clone() {
            inspection = inspection.refused("bob", [line]);
        }
        if let Some(line) = self.expired.clone() {
            inspection = inspection.expired([line]);
        }
        inspection
    }

    /// The request that confirms a finding.
    pub fn request(&self, ask: Ask) -> String {
        let (path, _) = self.target.trim_end_matches('/').rsplit_once('/').unwrap_or_default();
        let nothing = format!("{path}/not-there");
        let line = |line: &Option<Line>| {
            let (name, value) = line.clone().unwrap_or_else(|| panic!("{}: {ask:?}", self.how));
            format!("{name}: {value}\r\n")
        };
        let (method, target, more) = match ask {
            Ask::Anonymous => ("GET", self.target, String::new()),
            Ask::Alice => ("GET", self.target, line(&self.alice)),
            Ask::Bob => ("GET", self.target, line(&self.bob)),
            Ask::Expired => ("GET", self.target, line(&self.expired)),
            Ask::Wrong => ("GET", self.target, line(&self.wrong)),
            Ask::Malformed => {
                ("GET", self.target, "authorization: Digest malformed\r\n".to_owned())
            }
            Ask::TwoLines => ("GET", self.target, line(&self.alice) + &line(&self.wrong)),
            Ask::Head => ("HEAD", self.target, String::new()),
            Ask::HeadOfAlice => ("HEAD", self.target, line(&self.alice)),
            Ask::Options => ("OPTIONS", self.target, String::new()),
            Ask::Preflight => {
                let more = "origin: https://app.example\r\naccess-control-request-method: GET\r\n\
                            access-control-request-headers: authorization\r\n";
                ("OPTIONS", self.target, more.to_owned())
            }
            Ask::Propfind => ("PROPFIND", self.target, String::new()),
            Ask::OptionsOfAlice => ("OPTIONS", self.target, line(&self.alice)),
            Ask::Nothing => ("GET", &nothing[..], String::new()),
            Ask::NothingOfAlice => ("GET", &nothing[..], line(&self.alice)),
        };
        format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\nconnection: close\r\n{more}\r\n"
        )
    }
}

/// A finding that must come: severity and id, the request that shows it, and the status of its response.
pub fn found(finding: &'static str, ask: Ask, status: u16) -> Found {
    Found { finding, ask, status, has: Vec::new(), lacks: Vec::new(), because: "" }
}

impl Found {
    /// What the response has. `\n` is before each header, and before the body.
    pub fn has(mut self, bytes: &'static str) -> Self {
        self.has.push(bytes);
        self
    }

    pub fn lacks(mut self, bytes: &'static str) -> Self {
        self.lacks.push(bytes);
        self
    }

    pub fn because(mut self, because: &'static str) -> Self {
        self.because = because;
        self
    }
}

pub fn basic(user: &str, password: &str) -> Line {
    let [line] = portcullis::testing::basic(user, password);
    line
}

pub fn bearer(token: &str) -> Line {
    let [line] = portcullis::testing::bearer(token);
    line
}
