//! `portcullis`: inspects the refusals of a server, and explains what it finds.

fn main() {
    println!("portcullis");
}
