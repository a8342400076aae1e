//! How much is allocated and held. The allocator counts for each thread, so tests do not disturb each other.

use counting::Counting;

mod digest_memory;
mod stages;

#[global_allocator]
static COUNTING: Counting = Counting;
