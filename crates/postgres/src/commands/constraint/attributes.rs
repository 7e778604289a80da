//! DEFERRABLE, INITIALLY DEFERRED and kin: to which constraint they belong, and whether they may.

use kumquat_sql::ast::{Constraint, ConstraintKind, Location};
use kumquat_types::{Error, Result, SqlState};

fn syntax(message: &str, location: Location) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, message).at(location)
}

fn may_defer(kind: &ConstraintKind) -> bool {
    matches!(
        kind,
        ConstraintKind::Primary(_)
            | ConstraintKind::Unique { .. }
            | ConstraintKind::Exclusion { .. }
            | ConstraintKind::Foreign(_)
    )
}

/// Gives each constraint of a column the attributes that follow it (`transformConstraintAttrs`).
pub fn merge(constraints: &[Constraint]) -> Result<Vec<Constraint>> {
    let mut merged: Vec<Constraint> = Vec::new();
    let (mut saw_deferrability, mut saw_initially) = (false, false);
    for item in constraints {
        let words = match item.kind {
            ConstraintKind::AttrDeferrable => "DEFERRABLE",
            ConstraintKind::AttrNotDeferrable => "NOT DEFERRABLE",
            ConstraintKind::AttrDeferred => "INITIALLY DEFERRED",
            ConstraintKind::AttrImmediate => "INITIALLY IMMEDIATE",
            _ => {
                merged.push(item.clone());
                (saw_deferrability, saw_initially) = (false, false);
                continue;
            }
        };
        let Some(last) = merged.last_mut().filter(|last| may_defer(&last.kind)) else {
            return Err(syntax(&format!("misplaced {words} clause"), item.location));
        };
        let deferrability = matches!(
            item.kind,
            ConstraintKind::AttrDeferrable | ConstraintKind::AttrNotDeferrable
        );
        let (seen, pair) = match deferrability {
            true => (&mut saw_deferrability, "DEFERRABLE/NOT DEFERRABLE"),
            false => (&mut saw_initially, "INITIALLY IMMEDIATE/DEFERRED"),
        };
        if std::mem::replace(seen, true) {
            return Err(syntax(&format!("multiple {pair} clauses not allowed"), item.location));
        }
        match item.kind {
            ConstraintKind::AttrDeferrable => last.attributes.deferrable = true,
            ConstraintKind::AttrNotDeferrable => last.attributes.deferrable = false,
            ConstraintKind::AttrDeferred => {
                last.attributes.initially_deferred = true;
                if !saw_deferrability {
                    last.attributes.deferrable = true;
                }
            }
            _ => last.attributes.initially_deferred = false,
        }
        if last.attributes.initially_deferred && !last.attributes.deferrable {
            let message = "constraint declared INITIALLY DEFERRED must be DEFERRABLE";
            return Err(syntax(message, item.location));
        }
    }
    Ok(merged)
}

/// What a constraint of a table may not have (`processCASbits`).
pub fn check(constraint: &Constraint) -> Result<()> {
    let noun = match &constraint.kind {
        ConstraintKind::Check(_) => "CHECK",
        ConstraintKind::Primary(_) => "PRIMARY KEY",
        ConstraintKind::Unique { .. } => "UNIQUE",
        ConstraintKind::Exclusion { .. } => "EXCLUDE",
        ConstraintKind::Foreign(_) => "FOREIGN KEY",
        _ => return Ok(()),
    };
    let attributes = constraint.attributes;
    let refuse = |word: &str| {
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("{noun} constraints cannot be marked {word}"),
        ))
    };
    let (check, foreign) = (noun == "CHECK", noun == "FOREIGN KEY");
    if check && (attributes.deferrable || attributes.initially_deferred) {
        return refuse("DEFERRABLE");
    }
    if attributes.not_valid && !check && !foreign {
        return refuse("NOT VALID");
    }
    if attributes.no_inherit && !check {
        return refuse("NO INHERIT");
    }
    Ok(())
}
