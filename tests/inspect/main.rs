//! The inspector itself: the checks of one exchange, the inspection that compares several, and the layer.

mod checks;
mod inspection;
