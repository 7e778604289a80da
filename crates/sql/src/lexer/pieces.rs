//! The text as sqlparser's tokenizer cuts it: the only place that knows sqlparser.

use std::collections::VecDeque;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// Bytes that are tokenized at once. Whenever sqlparser's cut is not PostgreSQL's, what is left of the
/// window is cut anew, so the window bounds what that costs.
const WINDOW: usize = 4096;

/// A stretch of the text that sqlparser takes for one token.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
}

/// The pieces of a text, cut as they are asked for.
pub(super) struct Pieces<'a> {
    text: &'a str,
    queue: VecDeque<Piece>,
}

impl<'a> Pieces<'a> {
    pub fn new(text: &'a str) -> Pieces<'a> {
        Pieces {
            text,
            queue: VecDeque::new(),
        }
    }

    /// The end of the piece that starts at `start`; nothing if sqlparser finds none there, as with a
    /// quote that is not closed.
    pub fn end_of_piece(&mut self, start: usize) -> Option<usize> {
        if let Some(end) = self.pop(start) {
            return Some(end);
        }
        self.queue.clear();
        let mut size = WINDOW;
        while self.queue.is_empty() {
            let mut end = self.text.len().min(start.saturating_add(size));
            while !self.text.is_char_boundary(end) {
                end += 1;
            }
            self.cut(start, end);
            if end == self.text.len() {
                break;
            }
            // The window's end may have cut the last piece short.
            if self.queue.back().is_some_and(|piece| piece.end == end) {
                self.queue.pop_back();
            }
            size = size.saturating_mul(2);
        }
        self.pop(start)
    }

    /// Takes the piece that starts at `start`, and forgets those before it.
    fn pop(&mut self, start: usize) -> Option<usize> {
        while self.queue.front().is_some_and(|piece| piece.start < start) {
            self.queue.pop_front();
        }
        match self.queue.front() {
            Some(piece) if piece.start == start => self.queue.pop_front().map(|piece| piece.end),
            _ => None,
        }
    }

    /// Tokenizes a stretch of the text, as far as sqlparser gets.
    fn cut(&mut self, start: usize, end: usize) {
        let Some(window) = self.text.get(start..end) else {
            return;
        };
        let mut tokens = Vec::new();
        // What stops sqlparser is told by the scanner, in PostgreSQL's words, when it gets there.
        let _ = Tokenizer::new(&PostgreSqlDialect {}, window)
            .with_unescape(false)
            .tokenize_with_location_into_buf(&mut tokens);
        let mut cursor = Cursor::new(window);
        for TokenWithSpan { token, span } in tokens {
            let piece = Piece {
                start: start + cursor.offset(span.start),
                end: start + cursor.offset(span.end),
            };
            // Blanks come one by one; the scanner skips them itself.
            if !matches!(token, Token::Whitespace(_)) || piece.end - piece.start > 1 {
                self.queue.push_back(piece);
            }
        }
    }
}

/// Turns sqlparser's lines and columns into byte offsets, going forward only.
struct Cursor<'a> {
    rest: std::str::Chars<'a>,
    length: usize,
    line: u64,
    column: u64,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Cursor<'a> {
        Cursor {
            rest: text.chars(),
            length: text.len(),
            line: 1,
            column: 1,
        }
    }

    fn offset(&mut self, location: Location) -> usize {
        while (self.line, self.column) < (location.line, location.column) {
            match self.rest.next() {
                Some('\n') => (self.line, self.column) = (self.line + 1, 1),
                Some(_) => self.column += 1,
                None => break,
            }
        }
        self.length - self.rest.as_str().len()
    }
}
