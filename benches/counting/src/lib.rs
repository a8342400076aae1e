//! How often does this thread allocate, and how much does it hold? An allocator that counts, for
//! `benches/` and `tests/costs`. Another looks at what is given back, for `tests/wiping.rs`. Beside
//! them, what the system says: the thread's time on a processor, and the memory of the process.
//!
//! It is a package of its own because an allocator cannot be written without `unsafe`, which
//! portcullis forbids itself everywhere.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

mod process;
mod watching;

pub use process::{processor_time, resident};
pub use watching::{Watching, given_back_with};

/// The system's allocator, counting: `#[global_allocator] static COUNTING: Counting = Counting;`.
pub struct Counting;

thread_local! {
    // Neither lazy nor with a destructor, so that an allocator may use it.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    /// Bytes. What another thread gives back is counted there, and may be more than it took.
    static HELD: Cell<i64> = const { Cell::new(0) };
}

/// How many allocations this thread makes while `work` runs. Growing one counts as another.
///
/// # Panics
///
/// [`Counting`] is not the allocator, so that everything would seem to be free.
pub fn allocations<T>(work: impl FnOnce() -> T) -> u64 {
    let counted = |work: &mut dyn FnMut()| {
        let before = ALLOCATIONS.get();
        work();
        ALLOCATIONS.get() - before
    };
    let mut probe = || drop(std::hint::black_box(Box::new(0)));
    assert_eq!(counted(&mut probe), 1, "`Counting` is not the global allocator");

    let mut work = Some(work);
    counted(&mut || {
        if let Some(work) = work.take() {
            drop(work());
        }
    })
}

/// How many bytes this thread has allocated and not given back, without what the allocator
/// needs for itself. To be compared with what it held before.
pub fn held() -> i64 {
    HELD.get()
}

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

fn hold(taken: usize, given: usize) {
    HELD.set(HELD.get() + taken as i64 - given as i64);
}

// SAFETY: everything is left to `System`; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        hold(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        hold(layout.size(), 0);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        hold(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        hold(0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }
}
