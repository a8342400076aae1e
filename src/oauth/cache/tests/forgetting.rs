//! Tokens that are forgotten while they are checked.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::sync::Notify;

use super::*;

/// A source that waits within its check until it is told to go on.
struct Slow {
    inner: Source,
    goes_on: Arc<Notify>,
}

impl TokenSource for Slow {
    type Extra = u64;
    type Checked = Checked;

    fn check_now(&self, _: &str) -> Option<Result<Checked, Unauthenticated>> {
        None
    }

    async fn check(&self, token: &str) -> Result<Checked, Unauthenticated> {
        let checked = self.inner.check(token).await;
        self.goes_on.notified().await;
        checked
    }

    fn judge(&self, checked: Checked) -> Option<Result<Token<u64>, Unauthenticated>> {
        self.inner.judge(checked)
    }

    fn public_prefix(token: &str) -> usize {
        Source::public_prefix(token)
    }

    fn weight(checked: &Checked) -> usize {
        Source::weight(checked)
    }
}

async fn pending<F: Future>(mut future: Pin<&mut F>) {
    poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn j55_what_is_forgotten_during_a_check_is_not_stored_by_it() {
    type Forget = fn(&Cached<Slow>, &str);
    let ways: [(Forget, usize); 4] = [
        (|_, _| {}, 1),
        (|cached, token| cached.forget(token), 0),
        (|cached, _| cached.forget_where(|_| false), 0),
        // Of the same 256 groups, this is another.
        (|cached, token| cached.forget(&other_group(cached, token)), 1),
    ];
    for (forget, stored) in ways {
        let goes_on = Arc::<Notify>::default();
        let inner = Source { world: Arc::default(), waits: true };
        let cached = Cached::new(Slow { inner, goes_on: goes_on.clone() }, 100);
        let token = token(1, 0, 100, 0);
        let mut verifying = pin!(cached.verify(&token));
        pending(verifying.as_mut()).await;
        forget(&cached, &token);
        goes_on.notify_one();
        // The request began before.
        assert_eq!(verdict(verifying.await), Ok(1));
        assert_eq!(cached.len(), stored);
    }
}

fn other_group(cached: &Cached<Slow>, token: &str) -> String {
    let group = |token: &str| cached.inner.group(token);
    (0..).map(|id| self::token(id, 0, 100, 0)).find(|other| group(other) != group(token)).unwrap()
}

/// Every token is right, and says which version it was checked in.
struct Versioned(Arc<AtomicU64>);

impl TokenSource for Versioned {
    type Extra = u64;
    type Checked = Token<u64>;

    fn check_now(&self, _: &str) -> Option<Result<Token<u64>, Unauthenticated>> {
        let version = self.0.load(Ordering::SeqCst);
        std::thread::yield_now();
        Some(Ok(claims(version, 0, 1)))
    }

    async fn check(&self, _: &str) -> Result<Token<u64>, Unauthenticated> {
        unreachable!()
    }

    fn judge(&self, checked: Token<u64>) -> Option<Result<Token<u64>, Unauthenticated>> {
        Some(Ok(checked))
    }

    fn public_prefix(_: &str) -> usize {
        0
    }

    fn weight(_: &Token<u64>) -> usize {
        0
    }
}

#[test]
fn j55_no_check_that_began_before_a_token_was_forgotten_is_used_after() {
    let version = Arc::<AtomicU64>::default();
    let cached = Cached::new(Versioned(version.clone()), 100);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let _ = cached.verify_now("token");
                }
            });
        }
        for round in 0..5000 {
            let expected = version.fetch_add(1, Ordering::SeqCst) + 1;
            if round % 2 == 0 {
                cached.forget("token");
            } else {
                cached.forget_where(|_| true);
            }
            let seen = verdict(cached.verify_now("token").unwrap()).unwrap();
            if seen < expected {
                stop.store(true, Ordering::SeqCst);
            }
            assert!(seen >= expected, "{seen} after {expected}");
        }
        stop.store(true, Ordering::SeqCst);
    });
}
