//! Text to tokens, as PostgreSQL's lexer (`scan.l`) and token filter (`base_yylex`) make them.
//!
//! 1. [`pieces`] asks sqlparser's tokenizer to cut the text into blanks, comments, words and quoted
//!    things. It is the only module that imports sqlparser.
//! 2. [`scan`] makes PostgreSQL's tokens of them: what sqlparser sees differently (operators, numbers,
//!    strings with a prefix, strings that go on over a newline) it reads from the text itself.
//! 3. [`escape`] turns the inside of a string into its value.
//! 4. [`tokenize`] puts the tokens in a row and replaces those that depend on the one that follows.

mod escape;
mod pieces;
mod scan;

use kumquat_types::{Error, SqlState};

use crate::keywords::Keyword;

/// A token and the bytes of the text it stands for.
#[derive(Debug)]
pub(crate) struct Token {
    pub kind: Tok,
    pub start: usize,
    pub end: usize,
}

/// What a token is, after the terminals of PostgreSQL's grammar.
#[derive(Debug)]
pub(crate) enum Tok {
    /// An identifier, folded and truncated.
    Ident(String),
    Keyword(Keyword),
    /// A string, its escapes resolved.
    Sconst(String),
    /// `b101` or `x1F`.
    BitString(String),
    Iconst(i32),
    Fconst(String),
    /// `$1`
    Param(i32),
    /// An operator that the grammar has no terminal for.
    Op(String),
    /// One of ``,()[].;:+-*/%^<>=`` or a character that means nothing.
    Char(char),
    /// `::`
    Typecast,
    /// `..`
    DotDot,
    /// `:=`
    ColonEquals,
    /// `=>`
    EqualsGreater,
    /// `<=`
    LessEquals,
    /// `>=`
    GreaterEquals,
    /// `<>` or `!=`
    NotEquals,
    /// What the lexer could not read. It is an error once the grammar gets to it.
    Error(Error),
    /// The end of the text.
    End,
}

/// Cuts a text into tokens. The last one is `End` or `Error`; `notices` get what PostgreSQL tells the
/// client about truncated identifiers.
pub(crate) fn tokenize(text: &str, notices: &mut Vec<Error>) -> Vec<Token> {
    let mut scanner = scan::Scanner::new(text, notices);
    let mut tokens = Vec::new();
    loop {
        let token = scanner.next_token();
        let last = matches!(token.kind, Tok::End | Tok::Error(_));
        tokens.push(token);
        if last {
            break;
        }
    }
    look_ahead(&mut tokens);
    tokens
}

/// Marks the key words that the next token gives another meaning.
fn look_ahead(tokens: &mut [Token]) {
    for index in 1..tokens.len() {
        let [.., token, next] = &mut tokens[..=index] else {
            continue;
        };
        let (Tok::Keyword(keyword), Tok::Keyword(next)) = (&mut token.kind, &next.kind) else {
            continue;
        };
        use Keyword::*;
        *keyword = match (*keyword, next) {
            (Not, Between | In | Like | Ilike | Similar) => NotLa,
            (Nulls, First | Last) => NullsLa,
            (With, Time | Ordinality) => WithLa,
            (other, _) => other,
        };
    }
}

/// An error at a stretch of the text, in the words of PostgreSQL's `scanner_yyerror`.
pub(crate) fn error_near(text: &str, message: &str, start: usize, end: usize) -> Error {
    let message = match text.get(start..end) {
        Some(near) if start < end => format!("{message} at or near \"{near}\""),
        _ => format!("{message} at end of input"),
    };
    Error::new(SqlState::SYNTAX_ERROR, message).at(u32::try_from(start).ok())
}

/// Bytes of an identifier that count, PostgreSQL's `NAMEDATALEN - 1`.
const MAX_IDENTIFIER: usize = 63;

/// Cuts an identifier that is too long, at a character's boundary, and says so.
pub(crate) fn truncate_identifier(mut identifier: String, notices: &mut Vec<Error>) -> String {
    if identifier.len() <= MAX_IDENTIFIER {
        return identifier;
    }
    let mut end = MAX_IDENTIFIER;
    while !identifier.is_char_boundary(end) {
        end -= 1;
    }
    let kept = identifier.get(..end).unwrap_or_default();
    let mut notice = Error::notice(format!("identifier \"{identifier}\" will be truncated to \"{kept}\""));
    notice.sqlstate = SqlState::NAME_TOO_LONG;
    notices.push(notice);
    identifier.truncate(end);
    identifier
}

#[cfg(test)]
mod tests;
