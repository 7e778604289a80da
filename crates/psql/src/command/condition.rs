//! `\if`, `\elif`, `\else`, `\endif`.

use crate::Psql;
use crate::output::{Output, PieceKind};

/// One open `\if`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// This branch is carried out (if all around it are).
    active: bool,
    /// Some branch of this `\if` has been.
    taken: bool,
    in_else: bool,
}

impl Psql {
    /// Statements and commands here are carried out.
    pub(crate) fn is_active(&self) -> bool {
        self.conditions.iter().all(|branch| branch.active)
    }

    pub(crate) fn condition(&mut self, name: &str, argument: Option<&str>, out: &mut Output) {
        let outer_active = |psql: &Psql| psql.conditions.iter().rev().skip(1).all(|branch| branch.active);
        match name {
            "if" => {
                let value = self.is_active() && truth(argument, "\\if expression", out);
                let dead = !self.is_active();
                self.conditions.push(Branch {
                    active: value,
                    taken: value || dead,
                    in_else: false,
                });
            }
            "endif" => {
                if self.conditions.pop().is_none() {
                    out.line(PieceKind::Error, "\\endif: no matching \\if");
                }
            }
            _ => {
                let outer = outer_active(self);
                let Some(branch) = self.conditions.last_mut() else {
                    return out.line(PieceKind::Error, format!("\\{name}: no matching \\if"));
                };
                if branch.in_else {
                    return out.line(PieceKind::Error, format!("\\{name}: cannot occur after \\else"));
                }
                let wanted = name == "else" || (outer && !branch.taken && truth(argument, "\\elif expression", out));
                branch.in_else = name == "else";
                branch.active = wanted && !branch.taken;
                branch.taken |= branch.active;
            }
        }
    }
}

/// `ParseVariableBool`, with its complaint.
fn truth(argument: Option<&str>, what: &str, out: &mut Output) -> bool {
    let text = argument.unwrap_or("");
    parse_bool(text).unwrap_or_else(|| {
        out.line(
            PieceKind::Error,
            format!("unrecognized value \"{text}\" for \"{what}\": Boolean expected"),
        );
        false
    })
}

/// Accepts what the server accepts as a boolean, by unique prefix.
pub fn parse_bool(text: &str) -> Option<bool> {
    kumquat_postgres::settings::value::parse_bool(text)
}
