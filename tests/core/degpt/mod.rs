//! What DeGPT is asked.

mod requests;
