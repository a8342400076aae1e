//! The origin whose scripts may use the page.

use http::Uri;

use crate::failure::Failure;

/// Refuses what is no origin with a scheme and a host (RFC 6454 §6.2): a host alone, a path, `*`.
pub(crate) fn check(origin: &str) -> Result<(), Failure> {
    if is_origin(origin) {
        return Ok(());
    }
    Err(Failure::new("--origin: write scheme and host, such as https://app.example, and no path"))
}

fn is_origin(origin: &str) -> bool {
    let Some((_, authority)) = origin.split_once("://") else { return false };
    // `Uri` takes `https://app.example` and `https://app.example/` for the same.
    let has_more = authority.contains(['/', '?', '#', '@', '*', ',']);
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let port = authority.get(host.len()..).unwrap_or_default();
    !has_more && !host.is_empty() && (port.is_empty() || uri.port_u16().is_some())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn origins_of_browsers_are_accepted() {
        for origin in [
            "https://app.example",
            "http://localhost:5173",
            "http://[::1]:3000",
            "https://xn--bcher-kva.example",
            "capacitor://localhost",
            "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
        ] {
            assert!(check(origin).is_ok(), "{origin}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for origin in [
            "",
            "*",
            "null",
            "app.example",
            "javascript:x",
            "https://",
            "https://:80",
            "https://app.example/",
            "https://app.example/path",
            "https://app.example?a",
            "https://app.example:",
            "https://app.example:port",
            "https://alice:s3cret@app.example",
            "https://*.example",
            "https://a.example, https://b.example",
            "https://a.example https://b.example",
            "https://bücher.example",
            "app.example://",
        ] {
            let message = check(origin).unwrap_err().to_string();
            assert!(message.starts_with("--origin: write scheme and host"), "{origin}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }
}
