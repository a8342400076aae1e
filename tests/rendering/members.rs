//! Extension members and instances of problem details: F01.

use axum::Router;
use axum::extract::Path;
use axum::http::Response;
use axum::http::request::Parts;
use axum::routing::get as on_get;
use portcullis::respond::{MemberName, Negotiate};
use portcullis::{AuthenticateLayer, Problem, ProblemDetails, respond_fn};

use crate::negotiating::{accept, in_german, negotiating};
use crate::support::{Server, get};
use crate::{DENIALS, TOKEN, denial, identity};

const JSON: &str = "application/json";

const BALANCE: MemberName = MemberName::from_static("balance");
const ACCOUNTS: MemberName = MemberName::from_static("accounts");
pub(crate) const SUPPORT: MemberName = MemberName::from_static("support");

fn with_members() -> Router {
    let deny = |Path(word): Path<String>| async move {
        let accounts = vec!["/account/12".to_owned(), "\"]}\n".to_owned()];
        denial(&word)
            .with_member(BALANCE, 1)
            .with_member(ACCOUNTS, accounts)
            .with_member(BALANCE, -30)
    };
    Router::new().route("/{word}", on_get(deny))
}

#[test]
fn f01_denials_have_typed_members_of_their_own_except_a_404() {
    let base = || Problem::new().type_base("urn:x:").member(SUPPORT, "mailto:a@b.example");
    let fixed = AuthenticateLayer::new(identity()).respond_with(base());
    let negotiated =
        AuthenticateLayer::new(identity()).respond_with(Negotiate::new().problem(base()));
    let translated = AuthenticateLayer::new(identity()).respond_with(in_german().problem(base()));
    for server in [
        Server::start(with_members().layer(fixed)),
        Server::start(with_members().layer(negotiated)),
        Server::start(with_members().layer(translated)),
    ] {
        let fields = [TOKEN, "accept-language: de"];
        for (word, status, _) in DENIALS {
            let problem = get(server.address, &format!("/{word}"), &fields).json();
            assert_eq!(problem["status"], status, "{word}");
            assert_eq!(problem["support"], "mailto:a@b.example", "{word}");
            assert!(problem["type"].as_str().unwrap().starts_with("urn:x:"), "{word}");
            if status == 404 {
                assert_eq!(problem.as_object().unwrap().len(), 5, "{word}: {problem}");
            } else {
                assert_eq!(problem["balance"], -30, "{word}");
                assert_eq!(problem["accounts"], serde_json::json!(["/account/12", "\"]}\n"]));
            }
        }
        let concealed = get(server.address, "/concealed", &fields).undated();
        assert_eq!(concealed, get(server.address, "/not-found", &fields).undated());
    }
}

#[test]
fn f01_an_instance_is_sent_if_configured_and_never_on_a_404() {
    let of_request = |request: &Parts| {
        let id = request.headers.get("x-request-id")?.to_str().ok()?;
        Some(format!("urn:request:{id}"))
    };
    let server = negotiating(Negotiate::new().instance(of_request));
    let ask = |path: &str, id: &str, range: &str| {
        let id = format!("x-request-id: {id}");
        get(server.address, path, &[TOKEN, &id, &accept(range)])
    };
    assert_eq!(ask("/denials/forbidden", "7f3a", "*/*").json()["instance"], "urn:request:7f3a");
    assert_eq!(ask("/denials/gone", "a%22b", JSON).json()["instance"], "urn:request:a%22b");
    for range in ["text/html", "text/plain"] {
        assert!(ask("/denials/forbidden", "7f3a", range).text().contains("urn:request:7f3a"));
    }
    let too_long = "x".repeat(2048);
    for not_a_uri in ["a b", "<script>", "\"", "\\", "{}", "|", &too_long] {
        let problem = ask("/denials/forbidden", not_a_uri, "*/*").json();
        assert_eq!(problem.get("instance"), None, "{problem}");
    }
    for word in ["not-found", "concealed"] {
        for range in ["*/*", JSON, "text/html", "text/plain"] {
            let answer = ask(&format!("/denials/{word}"), "7f3a", range);
            assert!(!answer.text().contains("7f3a"), "{word}: {}", answer.text());
        }
    }
    // By default there is none.
    let server = negotiating(Negotiate::new());
    let answer = get(server.address, "/denials/forbidden?secret=1", &[TOKEN]);
    assert_eq!(answer.json().get("instance"), None);
    assert!(!answer.everything().contains("secret"));
}

#[test]
fn f01_a_renderer_of_the_application_can_have_the_members() {
    let render =
        respond_fn(|refusal| Response::new(ProblemDetails::from(refusal).to_json().into()));
    let layer = AuthenticateLayer::new(identity()).respond_with(render);
    let server = Server::start(with_members().layer(layer));
    let problem = get(server.address, "/gone", &[TOKEN]).json();
    assert_eq!((problem["status"].as_u64(), problem["balance"].as_i64()), (Some(410), Some(-30)));
    assert_eq!(problem["detail"], "The resource was removed and will not return.");
    let concealed = get(server.address, "/concealed", &[TOKEN]).json();
    assert_eq!(concealed.as_object().unwrap().len(), 4, "{concealed}");
}
