//! The tutorial, in Node.

mod tutorial;
