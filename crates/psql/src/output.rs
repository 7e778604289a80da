//! What psql writes, in pieces that say what they are, so that a page can tell an error from a table.

/// What a piece of output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// An input line, echoed (`-a`).
    Echo,
    /// Rows and command tags.
    Result,
    /// NOTICE, WARNING, INFO.
    Notice,
    Error,
    /// What a meta-command says.
    Info,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub kind: PieceKind,
    /// Whole lines, each with its newline (but after `\echo -n`).
    pub text: String,
}

/// All that was written, in order.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub pieces: Vec<Piece>,
}

impl Output {
    pub fn write(&mut self, kind: PieceKind, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.pieces.push(Piece { kind, text });
        }
    }

    pub fn line(&mut self, kind: PieceKind, text: impl Into<String>) {
        let mut text = text.into();
        text.push('\n');
        self.pieces.push(Piece { kind, text });
    }

    /// Everything as one text, as a terminal shows it.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}
