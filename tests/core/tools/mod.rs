//! Tools and forms of answers over plain text.

mod ask_again;
mod calls;
mod forms;
mod outputs;
mod random;
