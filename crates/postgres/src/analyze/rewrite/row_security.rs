//! Row-level security: what policies let a query see and write (`rewrite/rowsecurity.c`).

use std::sync::Arc;

use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::views::read_as;
use crate::backend::Backend;
use crate::catalog::policy::Policy;
use crate::catalog::{Relation, RelationKind};
use crate::planner::vars::transform;
use crate::query::{
    BoolOp, CommandType, Const, Expr, Query, RangeTableEntry, RangeTableKind, RowCheck, RowCheckKind, SubLink,
};

/// Whether policies restrict what a role (0: the current one) does with a table. An error if they do and
/// `row_security` is off (`check_enable_rls`).
pub fn is_enabled(backend: &Backend<'_>, relation: &Relation, role: Oid) -> Result<bool> {
    if !applies(backend, relation, role) {
        return Ok(false);
    }
    if backend.setting("row_security").as_deref() != Some("off") {
        return Ok(true);
    }
    let error = Error::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!(
            "query would be affected by row-level security policy for table \"{}\"",
            relation.name
        ),
    );
    Err(match is_owner(backend, relation, effective(backend, role)) {
        true => error.hint("To disable the policy for the table's owner, use ALTER TABLE NO FORCE ROW LEVEL SECURITY."),
        false => error,
    })
}

/// The same, whatever `row_security` says.
pub fn applies(backend: &Backend<'_>, relation: &Relation, role: Oid) -> bool {
    if !relation.row_security {
        return false;
    }
    let role = effective(backend, role);
    let bypasses = |backend: &Backend<'_>| {
        let roles = &backend.server().ok()?.roles;
        roles.get(&role).map(|role| role.superuser || role.bypass_rls)
    };
    let exempt_owner = is_owner(backend, relation, role) && !relation.force_row_security;
    !bypasses(backend).unwrap_or(false) && !exempt_owner
}

fn effective(backend: &Backend<'_>, role: Oid) -> Oid {
    match role.is_valid() {
        true => role,
        false => backend.session.current_user,
    }
}

fn is_owner(backend: &Backend<'_>, relation: &Relation, role: Oid) -> bool {
    backend.has_privileges_of(role, relation.owner)
}

/// `row_security_active`.
pub fn is_active(backend: &Backend<'_>, relation: &Relation) -> bool {
    applies(backend, relation, Oid::INVALID)
}

/// Adds what policies ask to each table of a query level. `active`: tables whose policies led here.
pub fn apply(backend: &Backend<'_>, query: &mut Query, depth: usize, active: &mut Vec<Oid>) -> Result<()> {
    for index in 1..=query.range_table.len() {
        let Some(entry) = query.entry(index).cloned() else {
            continue;
        };
        let RangeTableKind::Relation { relation, .. } = entry.kind else {
            continue;
        };
        let Some(relation) = backend.catalog()?.relation(relation).cloned() else {
            continue;
        };
        let has_rows = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable);
        if !has_rows || !is_enabled(backend, &relation, entry.check_as)? {
            continue;
        }
        let found = Policies {
            backend,
            relation: &relation,
            entry: &entry,
            index,
        };
        let (mut quals, mut checks) = found.of_entry(query)?;
        let conditions = checks.iter_mut().map(|check| &mut check.condition);
        for condition in quals.iter_mut().chain(conditions) {
            rewrite_sublinks(backend, query, condition, &relation, depth, active)?;
        }
        query.row_checks.extend(checks);
        if let Some(entry) = query.range_table.get_mut(index - 1) {
            entry.security_quals.splice(0..0, quals);
        }
    }
    Ok(())
}

/// Queries in policies are rewritten themselves; one that leads back to the table would never end.
fn rewrite_sublinks(
    backend: &Backend<'_>,
    query: &mut Query,
    condition: &mut Expr,
    relation: &Relation,
    depth: usize,
    active: &mut Vec<Oid>,
) -> Result<()> {
    let mut result = Ok(());
    condition.transform(&mut |part| {
        if let Expr::SubLink(link) = part
            && result.is_ok()
        {
            query.has_sublinks = true;
            result = rewrite_sublink(backend, link, relation, depth, active);
        }
    });
    result
}

fn rewrite_sublink(
    backend: &Backend<'_>,
    link: &mut SubLink,
    relation: &Relation,
    depth: usize,
    active: &mut Vec<Oid>,
) -> Result<()> {
    if active.contains(&relation.oid) {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!(
                "infinite recursion detected in policy for relation \"{}\"",
                relation.name
            ),
        ));
    }
    active.push(relation.oid);
    let result = super::rewrite_at(backend, Arc::make_mut(&mut link.query), depth + 1, active);
    active.pop();
    result
}

/// The policies of one table as a query uses it.
struct Policies<'a, 'b> {
    backend: &'a Backend<'b>,
    relation: &'a Relation,
    entry: &'a RangeTableEntry,
    /// The entry's range-table index.
    index: usize,
}

/// Policies that are for a command and the role: those that let rows through, and those that all rows must pass.
struct Chosen<'a> {
    permissive: Vec<&'a Arc<Policy>>,
    restrictive: Vec<&'a Arc<Policy>>,
}

impl Policies<'_, '_> {
    /// What is asked of rows that are read, and of rows that are written.
    fn of_entry(&self, query: &Query) -> Result<(Vec<Expr>, Vec<RowCheck>)> {
        let command = match query.result_relation == Some(self.index) {
            true => query.command,
            false => CommandType::Select,
        };
        let reads = self.entry.required.contains(&'r');
        let (mut quals, mut checks) = (Vec::new(), Vec::new());
        match command {
            CommandType::Select => {
                if self.entry.required.contains(&'w') {
                    self.add_quals(CommandType::Update, &mut quals);
                }
                self.add_quals(command, &mut quals);
            }
            CommandType::Update | CommandType::Delete => {
                if reads {
                    self.add_quals(CommandType::Select, &mut quals);
                }
                self.add_quals(command, &mut quals);
            }
            CommandType::Insert => {}
            CommandType::Merge if reads => self.add_quals(CommandType::Select, &mut quals),
            CommandType::Merge => {}
        }
        if command == CommandType::Merge {
            self.add_merge_checks(&mut checks);
        }
        let kind = match command {
            CommandType::Insert => RowCheckKind::Insert,
            CommandType::Update => RowCheckKind::Update,
            _ => return Ok((quals, checks)),
        };
        self.add_checks(command, kind, false, &mut checks);
        if reads {
            self.add_checks(CommandType::Select, kind, true, &mut checks);
        }
        let updates = query
            .on_conflict
            .as_ref()
            .is_some_and(|conflict| conflict.update.is_some());
        if command == CommandType::Insert && updates {
            self.add_checks(CommandType::Update, RowCheckKind::Conflict, true, &mut checks);
            if reads {
                self.add_checks(CommandType::Select, RowCheckKind::Conflict, true, &mut checks);
            }
            self.add_checks(CommandType::Update, RowCheckKind::Update, false, &mut checks);
            if reads {
                self.add_checks(CommandType::Select, RowCheckKind::Update, true, &mut checks);
            }
        }
        Ok((quals, checks))
    }

    /// Which of the policies counts is known when MERGE has chosen what to do with a row.
    fn add_merge_checks(&self, checks: &mut Vec<RowCheck>) {
        self.add_checks(CommandType::Update, RowCheckKind::MergeUpdate, true, checks);
        self.add_checks(CommandType::Update, RowCheckKind::Update, false, checks);
        self.add_checks(CommandType::Delete, RowCheckKind::MergeDelete, true, checks);
        self.add_checks(CommandType::Insert, RowCheckKind::Insert, false, checks);
    }

    fn chosen(&self, command: CommandType) -> Chosen<'_> {
        let role = effective(self.backend, self.entry.check_as);
        let concerns = |policy: &&Arc<Policy>| {
            let is_for = |&known: &Oid| !known.is_valid() || self.backend.has_privileges_of(role, known);
            policy.command.covers(command) && policy.roles.iter().any(is_for)
        };
        let (mut permissive, restrictive): (Vec<_>, Vec<_>) = self
            .relation
            .policies
            .iter()
            .filter(concerns)
            .partition(|policy| policy.permissive);
        // PostgreSQL puts each in front of those before it.
        permissive.reverse();
        Chosen {
            permissive,
            restrictive,
        }
    }

    /// A policy's expression over the entry.
    fn over_entry(&self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        transform(&mut expr, 0, &mut |part, depth| match part {
            Expr::Var(var) if var.levels_up == depth && var.varno == 1 => var.varno = self.index,
            _ => {}
        });
        if self.entry.check_as.is_valid() {
            expr.transform(&mut |part| {
                if let Expr::SubLink(link) = part {
                    read_as(Arc::make_mut(&mut link.query), self.entry.check_as);
                }
            });
        }
        expr
    }

    fn any_of(&self, permissive: Vec<Expr>) -> Expr {
        match <[Expr; 1]>::try_from(permissive) {
            Ok([only]) => only,
            Err(none) if none.is_empty() => never(),
            Err(several) => Expr::Bool(BoolOp::Or, several),
        }
    }

    /// `add_security_quals`: the restrictive ones, and then any of the permissive ones.
    fn add_quals(&self, command: CommandType, quals: &mut Vec<Expr>) {
        let chosen = self.chosen(command);
        let using = |policy: &&Arc<Policy>| policy.using.as_ref().map(|using| self.over_entry(using));
        let permissive: Vec<Expr> = chosen.permissive.iter().filter_map(using).collect();
        let mut found = Vec::new();
        if !permissive.is_empty() {
            found.extend(chosen.restrictive.iter().filter_map(using));
        }
        found.push(self.any_of(permissive));
        for qual in found {
            if !quals.iter().any(|known| known.same_as(&qual)) {
                quals.push(qual);
            }
        }
    }

    /// `add_with_check_options`; with `using`, rows must be seen by the policies' USING.
    fn add_checks(&self, command: CommandType, kind: RowCheckKind, using: bool, checks: &mut Vec<RowCheck>) {
        let chosen = self.chosen(command);
        let condition = |policy: &Arc<Policy>| {
            let check = policy.with_check.as_ref().filter(|_| !using);
            check.or(policy.using.as_ref()).map(|expr| self.over_entry(expr))
        };
        let permissive: Vec<Expr> = chosen
            .permissive
            .iter()
            .filter_map(|policy| condition(policy))
            .collect();
        let passes = !permissive.is_empty();
        checks.push(RowCheck {
            kind,
            policy: None,
            condition: self.any_of(permissive),
        });
        for policy in chosen.restrictive.iter().filter(|_| passes) {
            checks.extend(condition(policy).map(|condition| RowCheck {
                kind,
                policy: Some(policy.name.clone()),
                condition,
            }));
        }
    }
}

/// Without any permissive policy no row passes.
fn never() -> Expr {
    Expr::Const(Const {
        value: Datum::Bool(false),
        type_oid: Oid::BOOL,
        type_modifier: -1,
        location: None,
    })
}
