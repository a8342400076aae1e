//! [`Typed`]: a request that a person has typed.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

/// Where the simulator is. All other paths are refused, `/exchange` among them.
const PATHS: [&str; 5] = ["/app/", "/sequences/", "/status/", "/visitors/", "/wrong/"];
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];
/// The headers that say where a message ends and what becomes of the connection.
const WRITTEN_BY_THE_LAB: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
const MAX_HEADERS: usize = 32;

/// A request to the simulator.
pub struct Typed {
    /// As it is sent.
    pub bytes: Vec<u8>,
    /// As the inspector reads it.
    pub request: Request<()>,
}

impl Typed {
    /// Reads the text: a line with the method and the target, a line for each header, and after an empty line
    /// the body. If it is not sent, the error says why.
    pub fn parse(text: &[u8], lab: SocketAddr) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|_| "The text is not UTF-8.")?;
        let text = text.trim_start_matches(['\r', '\n']);
        let mut rest = text.split_inclusive('\n');
        let mut lines = Vec::new();
        for line in rest.by_ref() {
            let line = line.strip_suffix('\n').unwrap_or(line);
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if line.contains(|c: char| c.is_control() && c != '\t') {
                return Err(format!("Line {} has a control character.", lines.len() + 1));
            }
            lines.push(line);
        }
        let body = rest.collect::<String>();
        // An editor ends its text with a line end, which is not part of a form.
        let body = body.trim_end_matches(['\r', '\n']);
        let [first, headers @ ..] = &*lines else {
            return Err("The text is empty. The first line is a method and a target.".to_owned());
        };

        let (method, target) = request_line(first)?;
        let mut parsed = HeaderMap::new();
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {lab}\r\n");
        if headers.len() > MAX_HEADERS {
            return Err(format!("The lab sends at most {MAX_HEADERS} headers."));
        }
        for (line, number) in headers.iter().zip(2..) {
            let (name, value) = header(line).map_err(|why| format!("Line {number} {why}"))?;
            head.push_str(line.trim_end());
            head.push_str("\r\n");
            parsed.append(name, value);
        }
        if !body.is_empty() || method == Method::POST {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("Connection: close\r\n\r\n");

        let mut request = Request::new(());
        *request.uri_mut() = target.parse::<Uri>().map_err(|_| TARGET)?;
        *request.method_mut() = method;
        if let Ok(host) = HeaderValue::from_str(&lab.to_string()) {
            parsed.insert("host", host);
        }
        *request.headers_mut() = parsed;
        Ok(Self { bytes: [head.as_bytes(), body.as_bytes()].concat(), request })
    }
}

const TARGET: &str = "The target of the first line is a path of this lab, such as /app/reports. \
    The lab sends requests to no other host.";

fn request_line(line: &str) -> Result<(Method, String), String> {
    let mut words = line.split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    if words.next().is_some() || version.is_some_and(|version| version != "HTTP/1.1") {
        return Err("The first line is a method, a space and a target.".to_owned());
    }
    let known = METHODS.into_iter().find(|known| method.is_some_and(|it| it == known.as_str()));
    let method = known.ok_or_else(|| {
        let methods = METHODS.map(|method| method.to_string()).join(", ");
        format!("The first line begins with a method that the lab sends: {methods}.")
    })?;
    let target = target.unwrap_or_default();
    let is_path = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
        && PATHS.iter().any(|path| target.starts_with(path));
    if is_path { Ok((method, target.to_owned())) } else { Err(TARGET.to_owned()) }
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) =
        line.split_once(':').ok_or("is no header: a header is a name, a colon and a value.")?;
    // A space before the colon, or in front of the line, is refused here too (RFC 9112 §5.1, §5.2).
    let known = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| "begins with what is no name of a header.")?;
    if WRITTEN_BY_THE_LAB.contains(&known.as_str()) {
        return Err(format!("has the header {name}, which the lab writes or leaves out itself."));
    }
    let value = HeaderValue::from_bytes(value.trim_matches([' ', '\t']).as_bytes())
        .map_err(|_| "has a value that is none.")?;
    Ok((known, value))
}
