//! Section K, K20–K29: what the observer of a conceal layer learns, what denials that no stage renders
//! leave behind, and that a client learns nothing from either.

mod arrangements;
mod cancelled;
mod events;
mod faults;
mod floor;
mod leaks;
mod sizes;
mod subscriber;
mod unclaimed;
mod watch;
