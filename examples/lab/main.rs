//! A lab: a server that sends every status, right and wrong, and sequences that a client has to master.

mod simulator;

use std::env;
use std::error::Error;

use axum::Router;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let app = Router::new().merge(simulator::routes()?);
    println!("listening on {address}");
    axum::serve(listener, app).await?;
    Ok(())
}
