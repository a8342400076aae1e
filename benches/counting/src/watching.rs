//! Does this text stand in memory that is given back?

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, looking at what is given back:
/// `#[global_allocator] static WATCHING: Watching = Watching;`.
pub struct Watching;

thread_local! {
    // As in `Counting`.
    static TEXT: Cell<&'static [u8]> = const { Cell::new(&[]) };
    static FOUND: Cell<u64> = const { Cell::new(0) };
}

/// How many allocations with this text in them this thread gives back while `work` runs.
///
/// # Panics
///
/// [`Watching`] is not the allocator, so that nothing would ever be found.
pub fn given_back_with<T>(text: &'static str, work: impl FnOnce() -> T) -> u64 {
    let found = |text: &'static str, work: &mut dyn FnMut()| {
        FOUND.set(0);
        TEXT.set(text.as_bytes());
        work();
        TEXT.set(&[]);
        FOUND.get()
    };
    let mut probe = || drop(std::hint::black_box(String::from("a probe")));
    assert_eq!(found("probe", &mut probe), 1, "`Watching` is not the global allocator");

    let mut work = Some(work);
    found(text, &mut || {
        if let Some(work) = work.take() {
            drop(work());
        }
    })
}

// SAFETY: everything is left to `System`. Every allocation begins as zeros, so that it can be
// read as bytes; looking does not allocate.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    // `realloc` is the default: it allocates, copies, and gives back.

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let text = TEXT.get();
        if !text.is_empty() {
            let bytes = unsafe { std::slice::from_raw_parts(pointer, layout.size()) };
            if bytes.windows(text.len()).any(|window| window == text) {
                FOUND.set(FOUND.get() + 1);
            }
        }
        unsafe { System.dealloc(pointer, layout) }
    }
}
