//! What `Metrics` counts, under which labels, how many series there can be, and what counting costs.
//! The exporter is that of Prometheus, read by the text that it serves.

use counting::Counting;

mod attributes;
mod costs;
mod exporters;
mod floods;
mod names;
mod reach;
mod scrape;
mod times;
mod units;
mod world;

#[global_allocator]
static COUNTING: Counting = Counting;
