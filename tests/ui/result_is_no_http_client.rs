use portcullis::oauth::{HttpClient, Keys};

fn main() {
    let _ = Keys::of_issuer("https://login.example.com", HttpClient::new());
}
