//! What is drawn, looked at by a browser: the page, and the drawings.

mod driver;
mod page;
mod sample;
mod svg;
