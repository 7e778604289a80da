//! DECLARE, FETCH, MOVE, CLOSE. A cursor holds all its rows from the start: what it shows is a snapshot anyway.

use std::sync::Arc;

use kumquat_sql::ast::{ClosePortalStmt, DeclareCursorStmt, FetchDirection, FetchStmt, Statement};
use kumquat_types::{Chunk, Error, Oid, Result, SqlState};

use crate::analyze::{self, Parameters};
use crate::backend::Backend;
use crate::driver::Outcome;
use crate::result::{CommandTag, ResultSet};
use crate::session::Cursor;

impl Backend<'_> {
    pub fn declare_cursor(&mut self, statement: &DeclareCursorStmt, text: &str) -> Result<CommandTag> {
        let query = Statement::Select(Box::new(statement.query.clone()));
        let query = analyze::analyze_query(self, &query, &mut Parameters::default())?;
        if !statement.hold {
            self.require_transaction_block("DECLARE CURSOR")?;
        }
        if self.session.cursors.contains_key(statement.name.as_str()) {
            return Err(Error::new(
                SqlState::DUPLICATE_CURSOR,
                format!("cursor \"{}\" already exists", statement.name),
            ));
        }
        let rows = self.execute_query(&Arc::new(query), &[])?.rows.unwrap_or_default();
        let cursor = Cursor {
            name: statement.name.as_str().into(),
            text: text.trim_end().into(),
            columns: rows.columns,
            chunks: rows.chunks,
            position: 0,
            hold: statement.hold,
            committed: false,
            scrollable: statement.scroll != Some(false),
        };
        self.session.cursors.insert(cursor.name.clone(), Arc::new(cursor));
        Ok(CommandTag::new("DECLARE CURSOR"))
    }

    /// FETCH and MOVE (`PerformPortalFetch`).
    pub fn fetch(&mut self, statement: &FetchStmt) -> Result<Outcome> {
        let cursor = self.cursor(&statement.cursor_name)?;
        let total = cursor.chunks.iter().map(|chunk| chunk.rows as i64).sum::<i64>();
        let position = i64::try_from(cursor.position).unwrap_or(i64::MAX);
        let (rows, next) = rows_of_fetch(statement, position, total);
        let backward = rows.iter().any(|row| *row < position) || next < position;
        if backward && !cursor.scrollable {
            return Err(Error::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "cursor can only scan forward",
            )
            .hint("Declare it with SCROLL option to enable backward scan."));
        }
        let moved = Cursor {
            position: next.unsigned_abs(),
            ..(*cursor).clone()
        };
        self.session.cursors.insert(cursor.name.clone(), Arc::new(moved));
        let count = rows.len() as u64;
        if statement.is_move {
            return Ok(Outcome::Command(CommandTag::with_count("MOVE", count)));
        }
        let types: Vec<Oid> = cursor.columns.iter().map(|column| column.type_oid).collect();
        let all: Vec<_> = cursor.chunks.iter().flat_map(Chunk::iter_rows).collect();
        let picked = rows.iter().filter_map(|row| all.get(usize::try_from(row - 1).ok()?));
        let chunk = Chunk::from_rows(&types, picked);
        let result = ResultSet {
            columns: cursor.columns.clone(),
            chunks: vec![chunk],
        };
        Ok(Outcome::Rows(result, CommandTag::with_count("FETCH", count)))
    }

    pub fn close_cursor(&mut self, statement: &ClosePortalStmt) -> Result<CommandTag> {
        let Some(name) = &statement.name else {
            self.session.cursors.clear();
            return Ok(CommandTag::new("CLOSE CURSOR ALL"));
        };
        self.cursor(name)?;
        self.session.cursors.remove(name.as_str());
        Ok(CommandTag::new("CLOSE CURSOR"))
    }

    fn cursor(&self, name: &str) -> Result<Arc<Cursor>> {
        self.session.cursors.get(name).cloned().ok_or_else(|| {
            Error::new(
                SqlState::INVALID_CURSOR_NAME,
                format!("cursor \"{name}\" does not exist"),
            )
        })
    }
}

/// Row numbers (from 1) that a FETCH gives, and the position after it.
fn rows_of_fetch(statement: &FetchStmt, position: i64, total: i64) -> (Vec<i64>, i64) {
    let count = statement.count.map(i64::from);
    let clamp = |row: i64| row.clamp(0, total + 1);
    let single = |row: i64| {
        if (1..=total).contains(&row) {
            vec![row]
        } else {
            Vec::new()
        }
    };
    match statement.direction {
        FetchDirection::Absolute => {
            let count = count.unwrap_or(0);
            let row = clamp(if count < 0 { total + 1 + count } else { count });
            (single(row), row)
        }
        FetchDirection::Relative => {
            let row = clamp(position + count.unwrap_or(0));
            (single(row), row)
        }
        direction => {
            let forward = (direction == FetchDirection::Forward) == count.is_none_or(|count| count >= 0);
            let distance = count.map_or(total + 1, i64::abs);
            if distance == 0 {
                return (single(position), position);
            }
            if forward {
                let last = (position + distance).min(total);
                let rows: Vec<i64> = (position + 1..=last).collect();
                let after = if position + distance > total { total + 1 } else { last };
                (rows, after)
            } else {
                let first = (position - distance).max(1);
                let rows: Vec<i64> = (first..position.min(total + 1)).rev().collect();
                let after = if position - distance < 1 { 0 } else { first };
                (rows, after)
            }
        }
    }
}
