//! Request targets, made of the parts that readings of a path treat differently.

const BEGINNINGS: [&str; 8] = ["/", "/", "/", "//", "/api/", "/api/", "/api//", "/api/x/../"];

/// What a path goes on with; what stands here twice comes twice as often.
const FRAGMENTS: [&str; 58] = [
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "//",
    "/../",
    "/../",
    "/./",
    "..",
    "..",
    ".",
    "%2e",
    "%2E%2e",
    ".%2e",
    "%2f",
    "%2F",
    "%2f..%2f",
    "x%2f..%2f",
    "x%2fy/%2e%2e/",
    "/%2e%2e/",
    "\\",
    "\\",
    "\\..\\",
    "%5c",
    "%5C..%5c",
    ";",
    ";x",
    "..;/",
    "vault",
    "vault",
    "vault",
    "vault",
    "vault",
    "vault",
    "vault",
    "vault",
    "/vault",
    "/vault",
    "/vault",
    "vault/",
    "vault/",
    "%76ault",
    "vaul%74",
    "vaulted",
    "api",
    "api",
    "/api/",
    "x",
    "x",
    "%",
    "%zz",
    "%252f",
    "%ff",
    "%c3%a9",
];

/// An endless sequence, the same for the same seed.
pub struct Targets(u64);

impl Targets {
    pub fn new(seed: u64) -> Self {
        assert_ne!(seed, 0, "xorshift never leaves zero");
        Self(seed)
    }

    /// xorshift64* (Vigna, 2016): which of so many?
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        (high as usize * count) >> 32
    }
}

impl Iterator for Targets {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut target = String::from(BEGINNINGS[self.below(BEGINNINGS.len())]);
        for _ in 0..=self.below(7) {
            target.push_str(FRAGMENTS[self.below(FRAGMENTS.len())]);
        }
        Some(target)
    }
}
