//! What the layer tells its observer.

use http::Response;

use super::concealer::Concealer;
use super::grpc_absence::GrpcAbsence;
use super::timing::NoTimer;
use crate::catch_panic::catch_panic;
use crate::grpc::{self, GrpcRefusal};
use crate::observe::{ConcealEvent, Observe};
use crate::respond::Respond;

/// Why a response has to be replaced by one that says that something does not exist.
#[derive(Clone, Copy)]
pub(super) struct AbsenceToShow {
    /// What the replacement says.
    pub(super) shown: GrpcAbsence,
    /// Whether the response said so itself.
    pub(super) was_said: bool,
}

impl AbsenceToShow {
    /// The event of replacing this response.
    pub(super) fn event<B>(self, response: &Response<B>) -> ConcealEvent {
        if self.was_said {
            return ConcealEvent::Absent;
        }
        let grpc_code = match response.extensions().get() {
            Some(GrpcRefusal::Other(code)) => Some(*code),
            _ => grpc::code(response.headers()),
        };
        ConcealEvent::Covered { status: response.status(), grpc_code }
    }
}

impl<R: Respond, O: Observe> Concealer<R, O> {
    /// Gives the observer this event; or a lost floor, if the response has to wait and cannot. It runs
    /// before the tick is chosen, so a floor hides how long it takes.
    #[cold]
    pub(super) fn observe(
        &self,
        context: Option<O::Context>,
        start_timer: impl FnOnce() -> Result<(), NoTimer>,
        event: Option<impl FnOnce() -> ConcealEvent>,
    ) {
        let Some(context) = context else { return };
        let event = match start_timer() {
            Ok(()) => event.map(|event| event()),
            Err(NoTimer) => Some(ConcealEvent::FloorLost),
        };
        // If it panics, the client still gets the response.
        let _ = catch_panic(|| match event {
            Some(event) => self.observer.concealed(context, &event),
            None => drop(context),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use http::request::Parts;
    use http::{Request, StatusCode};
    use tower::{Service, service_fn};

    use super::*;
    use crate::body::ResponseBody;
    use crate::conceal::area::Area;
    use crate::conceal::concealer::Settings;
    use crate::conceal::service::ConcealService;
    use crate::conceal::timing::{LimitReached, ReleaseTiming, sealed};
    use crate::disclosed::PathIndependent;
    use crate::observe::Event;
    use crate::respond::Problem;

    /// A floor whose timer does not run.
    #[derive(Clone)]
    struct Lost;

    impl sealed::Sealed for Lost {}

    impl ReleaseTiming for Lost {
        type Body<B> = B;
        type RequestTiming<B> = ();

        const HAS_FLOOR: bool = true;

        fn arrive<B>() {}

        fn admit<B>(&self, (): &mut ()) -> Result<(), LimitReached> {
            Ok(())
        }

        fn inner_request<B>(request: Request<B>, _: Option<&mut ()>) -> Request<B> {
            request
        }

        fn start_timer<B>((): &mut ()) -> Result<(), NoTimer> {
            Err(NoTimer)
        }

        fn poll_release<B>((): &mut (), _: &mut Context<'_>) -> Poll<Result<(), NoTimer>> {
            Poll::Ready(Err(NoTimer))
        }
    }

    #[derive(Clone, Default)]
    struct Keep(Arc<Mutex<Vec<ConcealEvent>>>);

    impl Observe for Keep {
        type Context = ();

        fn begin(&self, _: &Parts) {}

        fn decided(&self, (): (), _: &Event<'_>) {}

        fn concealed(&self, (): (), event: &ConcealEvent) {
            self.0.lock().unwrap().push(*event);
        }
    }

    #[test]
    fn k22_a_response_that_cannot_wait_is_a_lost_floor_and_one_that_need_not_is_no_event() {
        let keep = Keep::default();
        let settings = Settings::new(Area::everywhere());
        let concealer = Concealer::new(Arc::new(Problem::new()), Arc::new(keep.clone()), settings);
        let inner = service_fn(|request: Request<()>| async move {
            let mut response =
                Response::new(ResponseBody::new(http_body_util::Full::<Bytes>::default()));
            match request.uri().path() {
                "/missing" => *response.status_mut() = StatusCode::NOT_FOUND,
                "/unauthenticated" => drop(response.extensions_mut().insert(PathIndependent)),
                _ => {}
            }
            Ok::<_, Infallible>(response)
        });
        let mut service = ConcealService::new(inner, Arc::new(concealer), Lost);
        for (path, status, events) in [
            ("/missing", 500, vec![ConcealEvent::FloorLost]),
            ("/unauthenticated", 500, vec![ConcealEvent::FloorLost]),
            ("/seen", 200, vec![]),
        ] {
            let mut future = Box::pin(service.call(Request::get(path).body(()).unwrap()));
            let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(Ok(response)) = polled else { panic!("{path} waits") };
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(std::mem::take(&mut *keep.0.lock().unwrap()), events, "{path}");
        }
    }
}
