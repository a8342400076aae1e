#![no_main]
portcullis_fuzz::fuzz_target!(inspect);
