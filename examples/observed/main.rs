//! What operators see: counters on a port of their own, and eleven incidents to recognise by them.
//!
//! 1. `cargo run --example observed -- rotation`. It serves documents, and acts its clients itself: some 50
//!    requests a second, a few of them refused, as on any day.
//! 2. `curl 127.0.0.1:9464/metrics`, or give that address to a Prometheus with the rules of
//!    `docs/alerts.yml`, and `dashboard.json` to a Grafana.
//! 3. Press Enter: the incident begins. Which alert fires, and what does the dashboard show?
//!
//! Without an argument the day stays quiet; an unknown one lists the incidents. It ends with Ctrl-C, or when
//! its standard input ends.
//!
//! `PORT` and `METRICS_PORT` change the ports. Both listeners are on the loopback address. Keep the one for
//! metrics where only operators reach it: the counters tell what concealment hides.

mod accounts;
mod audit;
mod documents;
mod incident;
mod telemetry;
mod traffic;
mod tries;

use std::env;
use std::error::Error;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use portcullis::observe::Metrics;
use portcullis::{AuthenticateLayer, Basic, Bearer, ConcealLayer, Identity, any_of};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::cors::CorsLayer;

use crate::accounts::{Tokens, passwords};
use crate::audit::Audit;
use crate::documents::App;
use crate::incident::Incident;
use crate::telemetry::Decisions;
use crate::tries::Tries;

/// The application, as it is while this goes wrong.
fn app(incident: Incident) -> Result<App, Box<dyn Error>> {
    let tokens = Bearer::new("documents", Tokens::new(incident))?;
    let logins = Basic::new("documents", passwords(incident))?.throttled(Tries::new());

    // Each response of the stage is counted once, under a few labels from closed sets. The name tells apart
    // the layers of one process.
    let metrics = Metrics::new("api").with_times();
    // Several observers are a tuple: an audit of this application's own, and a counter of OpenTelemetry, which
    // counts once the application has set a provider of meters.
    let decisions = Decisions::new(&opentelemetry::global::meter("observed"));
    let observers = (metrics, Audit::default(), decisions);
    let stage = AuthenticateLayer::new(any_of((tokens, logins))).observe(observers);
    // What this layer replaces or turns away, the stage inside cannot see.
    let concealment = ConcealLayer::routes_under("/documents")?.observe(Metrics::new("documents"));

    let mut routes =
        Router::new().fallback_service(documents::routes(incident)).layer(stage.clone());
    if incident == Incident::Unclaimed {
        // The layer that is written last runs first: here the authorize stage, before there is a caller.
        routes = routes.merge(documents::reports().layer(stage).layer(documents::editors()));
    }
    // Outside: a browser asks without credentials, and is told that no other origin may use this.
    let layers = ServiceBuilder::new().layer(CorsLayer::new()).layer(concealment);
    Ok(App::new(layers.service(routes)))
}

/// What the exporter counts into. Before any layer is built, so that all series begin at zero.
fn recorder() -> Result<PrometheusHandle, Box<dyn Error>> {
    // Without these, the exporter makes a summary of the histogram, which cannot be added up.
    let seconds = Matcher::Full("portcullis_decision_seconds".to_owned());
    let buckets = [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1.0];
    Ok(PrometheusBuilder::new().set_buckets_for_metric(seconds, &buckets)?.install_recorder()?)
}

/// All that the listener for metrics serves.
fn metrics(handle: PrometheusHandle) -> Router {
    // Recorded times wait in memory until they are rendered or this runs: without it, an application that is
    // not scraped fills.
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    let type_of_text = [("content-type", "text/plain; version=0.0.4")];
    Router::new()
        .route("/metrics", get(move || async move { (type_of_text, handle.render()) }))
        .fallback(|| async { StatusCode::NOT_FOUND })
}

fn port(variable: &str, otherwise: u16) -> Result<u16, Box<dyn Error>> {
    Ok(env::var(variable).map_or(Ok(otherwise), |port| port.parse())?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=warn".to_owned()))
        .with_writer(io::stderr)
        .init();
    let incident: Incident = match env::args().nth(1) {
        Some(name) => name.parse()?,
        None => Incident::None,
    };
    let handle = recorder()?;
    let listener = TcpListener::bind(("127.0.0.1", port("PORT", 3000)?)).await?;
    let of_metrics = TcpListener::bind(("127.0.0.1", port("METRICS_PORT", 9464)?)).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("metrics on http://{}/metrics", of_metrics.local_addr()?);
    println!("Enter begins the incident: {}", incident.what());

    // What is deployed. An incident replaces it, as a deploy does.
    let deployed = Arc::new(RwLock::new(app(Incident::None)?));
    let current = deployed.clone();
    let routes = Router::new().fallback(move |request: Request| {
        let app = current.read().unwrap_or_else(PoisonError::into_inner).clone();
        app.oneshot(request)
    });
    tokio::spawn(async { axum::serve(listener, routes).await });
    tokio::spawn(async { axum::serve(of_metrics, metrics(handle)).await });

    let traffic = traffic::Traffic::new(address);
    tokio::spawn(traffic.clone().ordinary());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut has_begun = false;
    while lines.next_line().await?.is_some() {
        if !has_begun {
            has_begun = true;
            *deployed.write().unwrap_or_else(PoisonError::into_inner) = app(incident)?;
            tokio::spawn(traffic.clone().of(incident));
            println!("begun: {}", incident.what());
        }
    }
    Ok(())
}
