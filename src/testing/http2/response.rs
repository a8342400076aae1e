//! Sends one request over HTTP/2, and observes the response.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use h2::RecvStream;
use h2::client::ResponseFuture;
use http::{HeaderMap, Method, Response};
use tokio::time::timeout;

use super::connection::{Connection, Streams};
use super::request::Http2Request;
use super::upload::Upload;
use crate::testing::exchange::{self, BODY_DELAY, FinalResponse, Observation, Outcome, TIMEOUT};
use crate::testing::response::{Framing, Head, RawHeaders, ReadError, StreamEnd};
use crate::testing::target::Target;
use crate::testing::variants::Delivery;

/// Sends a request on its own connection, and then another one that shows the state of the connection.
pub(in crate::testing) async fn on_own_connection(
    target: &Target,
    sent: &Http2Request,
    next: &Http2Request,
) -> io::Result<Observation> {
    let connection = match timeout(TIMEOUT, Connection::open(target)).await {
        Ok(connection) => connection?,
        Err(_) => Err(ReadError::Closed),
    };
    let mut connection = match connection {
        Ok(connection) => connection,
        Err(read_error) => {
            return Ok(Observation {
                outcome: Outcome::Failed(read_error),
                ..Observation::default()
            });
        }
    };
    let mut observation = on_stream(&connection.streams, sent).await;
    if let Outcome::Failed(ReadError::Closed) = observation.outcome
        && let ReadError::GoAway(reason) = connection.end().await
    {
        observation.outcome = Outcome::Failed(ReadError::GoAway(reason));
    }
    if let Outcome::Responded(response) = &mut observation.outcome
        && response.connection != exchange::Connection::Upgraded
    {
        response.connection =
            match timeout(10 * BODY_DELAY, on_stream(&connection.streams, next)).await {
                Ok(Observation { outcome: Outcome::Responded(next), .. }) => {
                    exchange::Connection::Kept(next.head.status)
                }
                Ok(Observation { outcome: Outcome::Failed(ReadError::GoAway(reason)), .. }) => {
                    exchange::Connection::GoneAway(reason)
                }
                Ok(Observation { outcome: Outcome::Failed(_), .. }) => exchange::Connection::Closed,
                Ok(_) | Err(_) => exchange::Connection::Stalled,
            };
    }
    Ok(observation)
}

/// Sends a request on a stream of a shared connection.
pub(in crate::testing) async fn on_stream(streams: &Streams, sent: &Http2Request) -> Observation {
    let mut observation = Observation::default();
    if let Ok(outcome) = timeout(TIMEOUT, receive(streams, sent, &mut observation)).await {
        observation.outcome = outcome.unwrap_or_else(Outcome::Failed);
    }
    observation
}

async fn receive(
    streams: &Streams,
    sent: &Http2Request,
    observation: &mut Observation,
) -> Result<Outcome, ReadError> {
    let mut streams = streams.clone().ready().await.map_err(read_error)?;
    let is_connect = sent.head.method() == Method::CONNECT;
    if is_connect && !streams.is_extended_connect_protocol_enabled() {
        return Err(ReadError::NotOffered);
    }
    // A stream that is closed at once would not be a tunnel.
    let ends_stream = sent.first.is_none() && !is_connect;
    let (response, stream) =
        streams.send_request(sent.head.clone(), ends_stream).map_err(read_error)?;
    let mut waiting = Waiting {
        response,
        upload: Upload::new(stream, sent.first.clone(), sent.trailers.clone()),
    };
    let mut first = None;
    if sent.delivery == Delivery::AtOnce {
        waiting.upload.finish(sent.later.clone());
    } else {
        first = timeout(BODY_DELAY, waiting.head()).await.ok().transpose()?;
        let is_final = |head: &Received| matches!(head, Received::Final(_));
        observation.early = Some(first.as_ref().is_some_and(is_final));
        if sent.delivery == Delivery::Never && observation.early == Some(false) {
            if let Some(Received::Interim(head)) = first {
                observation.interim.push(head);
            }
            return Ok(Outcome::AwaitsBody);
        }
        if observation.early == Some(false) {
            waiting.upload.finish(sent.later.clone());
        }
    }
    let response = loop {
        let received = match first.take() {
            Some(received) => received,
            None => waiting.head().await?,
        };
        match received {
            Received::Interim(head) => observation.interim.push(head),
            Received::Final(response) => break response,
        }
    };
    let head = head(&response);
    let mut upload = waiting.upload;
    if is_connect && response.status().is_success() {
        return Ok(Outcome::Responded(FinalResponse {
            head,
            framing: Framing::Stream(StreamEnd::Tunnel),
            body: Vec::new(),
            chunks: Vec::new(),
            trailers: RawHeaders::new(),
            rest: None,
            connection: exchange::Connection::Upgraded,
        }));
    }
    let mut receiving = Receiving { stream: response.into_body(), body: Vec::new() };
    let mut end = receiving.at_once();
    if end.is_none() && observation.early == Some(true) {
        // Keep holding the body back, unless the response seems to wait for it.
        end = timeout(BODY_DELAY, receiving.end(&mut upload)).await.ok().transpose()?;
        if end.is_none() && sent.delivery != Delivery::Never {
            upload.finish(sent.later.clone());
        }
    }
    let (end, trailers) = match end {
        Some(end) => end,
        None => receiving.end(&mut upload).await?,
    };
    let rest = if sent.own_connection { rest(&mut upload, sent).await } else { None };
    Ok(Outcome::Responded(FinalResponse {
        head,
        framing: Framing::Stream(end),
        body: receiving.body,
        chunks: Vec::new(),
        trailers: headers(&trailers),
        rest,
        connection: exchange::Connection::Shared,
    }))
}

/// Whether the server takes the rest of a request body that has not been sent in full when the response
/// ends.
async fn rest(upload: &mut Upload, sent: &Http2Request) -> Option<String> {
    if upload.has_ended() {
        return None;
    }
    let reset = timeout(
        BODY_DELAY,
        poll_fn(|context| {
            if upload.poll(context).is_ready() && upload.has_ended() {
                return Poll::Ready(None);
            }
            upload.poll_reset(context)
        }),
    );
    match reset.await {
        Ok(Some(reason)) => Some(format!("refused ({reason:?})")),
        Ok(None) => Some("taken".to_owned()),
        Err(_) => {
            if sent.delivery != Delivery::Never {
                upload.finish(sent.later.clone());
                let sending = poll_fn(|context| upload.poll(context));
                let _ = timeout(BODY_DELAY, sending).await;
            }
            Some(if upload.has_ended() { "taken" } else { "left waiting" }.to_owned())
        }
    }
}

/// A response that has not arrived yet.
struct Waiting {
    response: ResponseFuture,
    upload: Upload,
}

enum Received {
    Interim(Head),
    Final(Response<RecvStream>),
}

impl Waiting {
    /// Receives the next head. Nothing is lost if the future is dropped while it waits.
    async fn head(&mut self) -> Result<Received, ReadError> {
        poll_fn(|context| {
            let _ = self.upload.poll(context);
            match ready!(self.response.poll_informational(context)) {
                Some(Ok(interim)) => Poll::Ready(Ok(Received::Interim(head(&interim)))),
                Some(Err(error)) => Poll::Ready(Err(read_error(error))),
                // No further interim response: the final one is next.
                None => {
                    let response = ready!(Pin::new(&mut self.response).poll(context));
                    Poll::Ready(response.map(Received::Final).map_err(read_error))
                }
            }
        })
        .await
    }
}

/// The body of a response that is being received.
struct Receiving {
    stream: RecvStream,
    body: Vec<u8>,
}

/// The frame that ended the response, and the trailers.
type Ended = (StreamEnd, HeaderMap);

impl Receiving {
    /// The end, if the header section ends the stream.
    fn at_once(&self) -> Option<Ended> {
        self.stream.is_end_stream().then(|| (StreamEnd::Headers, HeaderMap::new()))
    }

    /// Receives the rest of the body. Nothing is lost if the future is dropped while it waits.
    async fn end(&mut self, upload: &mut Upload) -> Result<Ended, ReadError> {
        poll_fn(|context| {
            let _ = upload.poll(context);
            self.poll_end(context)
        })
        .await
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<Ended, ReadError>> {
        loop {
            match ready!(self.stream.poll_data(context)) {
                Some(Ok(data)) => {
                    // On an error the connection is gone, which the next poll reports.
                    let _ = self.stream.flow_control().release_capacity(data.len());
                    self.body.extend_from_slice(&data);
                    if self.stream.is_end_stream() {
                        let end =
                            if data.is_empty() { StreamEnd::EmptyData } else { StreamEnd::Data };
                        return Poll::Ready(Ok((end, HeaderMap::new())));
                    }
                }
                Some(Err(error)) => return Poll::Ready(reset(error)),
                None => {
                    return Poll::Ready(match ready!(self.stream.poll_trailers(context)) {
                        Ok(trailers) => Ok((StreamEnd::Trailers, trailers.unwrap_or_default())),
                        Err(error) => reset(error),
                    });
                }
            }
        }
    }
}

/// A reset of the stream during the response is the end of that response. The end of the connection is
/// an error.
fn reset(error: h2::Error) -> Result<Ended, ReadError> {
    match read_error(error) {
        ReadError::Reset(reason) => Ok((StreamEnd::Reset(reason), HeaderMap::new())),
        ReadError::Closed => Err(ReadError::Incomplete),
        read_error => Err(read_error),
    }
}

pub(super) fn read_error(error: h2::Error) -> ReadError {
    match error.reason() {
        _ if error.is_library() => ReadError::Malformed,
        Some(reason) if error.is_reset() => ReadError::Reset(reason),
        Some(reason) if error.is_go_away() => ReadError::GoAway(reason),
        _ => ReadError::Closed,
    }
}

fn head<B>(response: &Response<B>) -> Head {
    Head {
        version: 2,
        status: response.status().as_u16(),
        reason: String::new(),
        headers: headers(response.headers()),
    }
}

fn headers(headers: &HeaderMap) -> RawHeaders {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}
