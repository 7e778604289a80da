//! What hangs on what (pg_depend), and what else goes when an object is dropped, after `dependency.c`.

use kumquat_types::{Error, Oid, Result, SqlState};

use super::{Catalog, Dependency, DependencyKind, ObjectAddress, ObjectClass};
use crate::backend::Backend;

impl Catalog {
    /// Records that `dependent` needs `referenced`, unless that is always there.
    pub fn record_dependency(&mut self, dependent: ObjectAddress, referenced: ObjectAddress, kind: DependencyKind) {
        let pinned = referenced.oid.0 < Oid::FIRST_NORMAL && referenced.oid != super::well_known::PUBLIC;
        if pinned || dependent == referenced {
            return;
        }
        self.dependencies.insert(Dependency {
            referenced,
            dependent,
            kind,
        });
        self.references.insert((dependent, referenced, kind));
    }

    /// Forgets what an object (and, if whole, its parts) needs.
    pub fn forget_references(&mut self, dependent: ObjectAddress) {
        let found: Vec<Dependency> = self.references_of(dependent).collect();
        for dependency in found {
            self.forget_dependency(dependency);
        }
    }

    pub fn forget_dependency(&mut self, dependency: Dependency) {
        self.references
            .remove(&(dependency.dependent, dependency.referenced, dependency.kind));
        self.dependencies.remove(&dependency);
    }

    /// What needs this object, or any part of it if it is whole.
    pub fn dependents_of(&self, object: ObjectAddress) -> impl Iterator<Item = Dependency> + use<'_> {
        self.dependencies
            .range(first_on(object)..)
            .copied()
            .take_while(move |dependency| covers(object, dependency.referenced))
    }

    /// What this object, or any part of it if it is whole, needs.
    pub fn references_of(&self, object: ObjectAddress) -> impl Iterator<Item = Dependency> + use<'_> {
        self.references
            .range((object, MIN_ADDRESS, DependencyKind::Normal)..)
            .take_while(move |(dependent, _, _)| covers(object, *dependent))
            .map(|(dependent, referenced, kind)| Dependency {
                referenced: *referenced,
                dependent: *dependent,
                kind: *kind,
            })
    }

    /// The column that a sequence belongs to by OWNED BY or as its identity.
    pub fn sequence_owner(&self, sequence: Oid) -> Option<(ObjectAddress, DependencyKind)> {
        self.references_of(ObjectAddress::new(ObjectClass::Relation, sequence))
            .find(|d| d.referenced.class == ObjectClass::Relation && d.referenced.sub > 0)
            .map(|d| (d.referenced, d.kind))
    }

    /// The sequences that belong to a column (or, with number 0, to any of a table).
    pub fn owned_sequences(&self, relation: Oid, column: i16) -> impl Iterator<Item = (Oid, DependencyKind)> + use<'_> {
        self.dependents_of(ObjectAddress::column(relation, column))
            .filter(|d| d.dependent.class == ObjectClass::Relation && d.referenced.sub > 0)
            .filter(|d| matches!(d.kind, DependencyKind::Auto | DependencyKind::Internal))
            .filter(|d| self.relation(d.dependent.oid).is_some_and(|r| r.sequence.is_some()))
            .map(|d| (d.dependent.oid, d.kind))
    }
}

const MIN_ADDRESS: ObjectAddress = ObjectAddress {
    class: ObjectClass::Relation,
    oid: Oid(0),
    sub: i16::MIN,
};

fn first_on(referenced: ObjectAddress) -> Dependency {
    Dependency {
        referenced,
        dependent: MIN_ADDRESS,
        kind: DependencyKind::Normal,
    }
}

/// `part` is the object, or a part of it if the object is whole.
fn covers(object: ObjectAddress, part: ObjectAddress) -> bool {
    object.class == part.class && object.oid == part.oid && (object.sub == 0 || object.sub == part.sub)
}

/// Why an object is among those to be dropped: a set of the `FLAG`s below.
type Flags = u8;
const ORIGINAL: Flags = 1;
const NORMAL: Flags = 1 << 1;
const AUTO: Flags = 1 << 2;
const INTERNAL: Flags = 1 << 3;
const PARTITION: Flags = 1 << 4;
const EXTENSION: Flags = 1 << 5;
/// Reached from a part that is internal to it.
const REVERSE: Flags = 1 << 6;
/// Needs a partition dependency to be dropped by.
const IS_PARTITION: Flags = 1 << 7;

/// Deeper chains of dependencies than this are refused.
const MAX_DEPTH: usize = 500;
/// Lines of detail, at most.
const MAX_REPORTED: usize = 100;

/// An object that goes, and the one it depends on.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub object: ObjectAddress,
    flags: Flags,
    dependee: Option<ObjectAddress>,
}

impl Target {
    pub fn is_original(&self) -> bool {
        self.flags & ORIGINAL != 0
    }
}

/// All that goes with the objects, in the order in which it can be dropped: dependents first.
///
/// Fails as DROP does when an object is a part of another that stays.
pub fn find_targets(backend: &Backend<'_>, objects: &[ObjectAddress]) -> Result<Vec<Target>> {
    let mut search = Search {
        backend,
        catalog: backend.catalog()?,
        stack: Vec::new(),
        targets: Vec::new(),
        pending: objects,
    };
    for object in objects {
        search.visit(*object, ORIGINAL)?;
    }
    Ok(search.targets)
}

struct Search<'a, 'b> {
    backend: &'a Backend<'b>,
    catalog: &'a Catalog,
    /// The objects on the way here, and why.
    stack: Vec<(ObjectAddress, Flags)>,
    targets: Vec<Target>,
    /// Those named in the statement.
    pending: &'a [ObjectAddress],
}

impl Search<'_, '_> {
    fn visit(&mut self, object: ObjectAddress, mut flags: Flags) -> Result<()> {
        if self.on_stack(object, flags) || self.is_target(object, flags) {
            return Ok(());
        }
        if self.stack.len() > MAX_DEPTH {
            return Err(Error::new(
                SqlState::STATEMENT_TOO_COMPLEX,
                "stack depth limit exceeded",
            ));
        }
        let mut partition_of = None;
        let mut owner = None;
        let references: Vec<Dependency> = self.catalog.references_of(object).collect();
        for dependency in references {
            let other = dependency.referenced;
            if object.sub == 0 && (other.class, other.oid) == (object.class, object.oid) {
                continue;
            }
            match dependency.kind {
                DependencyKind::Normal | DependencyKind::Auto => {}
                DependencyKind::PartitionTable => flags |= IS_PARTITION,
                DependencyKind::Partition => {
                    flags |= IS_PARTITION;
                    partition_of.get_or_insert(other);
                }
                DependencyKind::Internal | DependencyKind::Extension if self.stack.is_empty() => {
                    if self.pending.iter().any(|pending| covers(*pending, other)) {
                        return Ok(());
                    }
                    owner.get_or_insert(other);
                }
                DependencyKind::Extension => {}
                DependencyKind::Internal => {
                    if self.on_stack(other, 0) {
                        continue;
                    }
                    return self.visit(other, REVERSE);
                }
            }
        }
        if let Some(owner) = owner {
            return Err(self.required(object, owner));
        }
        self.visit_dependents(object, flags)?;
        let flags = self.stack.pop().map_or(flags, |(_, flags)| flags);
        let dependee = if flags & IS_PARTITION != 0 {
            partition_of
        } else {
            self.stack.last().map(|(object, _)| *object)
        };
        self.targets.push(Target {
            object,
            flags,
            dependee,
        });
        Ok(())
    }

    /// Visits all that needs the object, the newest first, with the object on the stack (and left there).
    fn visit_dependents(&mut self, object: ObjectAddress, flags: Flags) -> Result<()> {
        let mut dependents: Vec<(ObjectAddress, Flags)> = self
            .catalog
            .dependents_of(object)
            .filter(|d| object.sub != 0 || (d.dependent.class, d.dependent.oid) != (object.class, object.oid))
            .map(|d| (d.dependent, kind_flag(d.kind)))
            .collect();
        dependents.sort_by_key(|(other, _)| (std::cmp::Reverse(other.oid), other.class, other.sub));
        self.stack.push((object, flags));
        for (other, flags) in dependents {
            self.visit(other, flags)?;
        }
        Ok(())
    }

    fn on_stack(&mut self, object: ObjectAddress, flags: Flags) -> bool {
        let mut found = false;
        for (other, kept) in &mut self.stack {
            if *other == object {
                *kept |= flags;
                found = true;
            } else if other.sub == 0 && covers(*other, object) {
                found = true;
            }
        }
        found
    }

    fn is_target(&mut self, object: ObjectAddress, flags: Flags) -> bool {
        let mut found = false;
        for target in &mut self.targets {
            if target.object == object {
                target.flags |= flags;
                found = true;
            } else if target.object.sub == 0 && covers(target.object, object) {
                found = true;
            }
        }
        found
    }

    fn required(&self, object: ObjectAddress, owner: ObjectAddress) -> Error {
        required_by(
            &self.backend.describe_object(object),
            &self.backend.describe_object(owner),
        )
    }
}

fn required_by(object: &str, owner: &str) -> Error {
    Error::new(
        SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
        format!("cannot drop {object} because {owner} requires it"),
    )
    .hint(format!("You can drop {owner} instead."))
}

fn kind_flag(kind: DependencyKind) -> Flags {
    match kind {
        DependencyKind::Normal => NORMAL,
        DependencyKind::Auto => AUTO,
        DependencyKind::Internal => INTERNAL,
        DependencyKind::Partition | DependencyKind::PartitionTable => PARTITION,
        DependencyKind::Extension => EXTENSION,
    }
}

/// Fails if anything but the objects themselves and their parts would go (RESTRICT), or gives the notice that
/// tells what goes with them (CASCADE).
pub fn report(
    backend: &Backend<'_>,
    targets: &[Target],
    cascade: bool,
    single: Option<ObjectAddress>,
) -> Result<Option<Error>> {
    for target in targets {
        if target.flags & IS_PARTITION != 0
            && target.flags & PARTITION == 0
            && let Some(dependee) = target.dependee
        {
            let object = backend.describe_object(target.object);
            return Err(required_by(&object, &backend.describe_object(dependee)));
        }
    }
    let part = |target: &&Target| target.flags & (ORIGINAL | AUTO | INTERNAL | PARTITION | EXTENSION) == 0;
    let whole_goes = |target: &&Target| {
        target.object.sub != 0
            && targets
                .iter()
                .any(|t| t.object.sub == 0 && covers(t.object, target.object))
    };
    let lines: Vec<String> = targets
        .iter()
        .rev()
        .filter(part)
        .filter(|target| !whole_goes(target))
        .map(|target| {
            let object = backend.describe_object(target.object);
            match target.dependee {
                _ if cascade => format!("drop cascades to {object}"),
                Some(dependee) => format!("{object} depends on {}", backend.describe_object(dependee)),
                None => object,
            }
        })
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    if cascade {
        return Ok(Some(cascade_notice(lines)));
    }
    let message = match single {
        Some(object) => format!(
            "cannot drop {} because other objects depend on it",
            backend.describe_object(object)
        ),
        None => "cannot drop desired object(s) because other objects depend on them".into(),
    };
    Err(Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
        .detail(detail(lines))
        .hint("Use DROP ... CASCADE to drop the dependent objects too."))
}

fn cascade_notice(lines: Vec<String>) -> Error {
    match lines.as_slice() {
        [line] => Error::notice(line.clone()),
        lines => {
            Error::notice(format!("drop cascades to {} other objects", lines.len())).detail(detail(lines.to_vec()))
        }
    }
}

/// The lines, cut off where PostgreSQL cuts them off for the client.
fn detail(mut lines: Vec<String>) -> String {
    let total = lines.len();
    if total > MAX_REPORTED {
        lines.truncate(MAX_REPORTED);
        let more = total - MAX_REPORTED;
        let noun = if more == 1 { "object" } else { "objects" };
        lines.push(format!("and {more} other {noun} (see server log for list)"));
    }
    lines.join("\n")
}
