//! Addresses of objects and the dependencies between them (pg_depend, pg_shdepend).

use kumquat_types::Oid;

/// The catalog an object is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectClass {
    Relation,
    Constraint,
    Type,
    Function,
    Schema,
    Trigger,
    Policy,
    /// A user-defined cast.
    Cast,
    Extension,
    /// A column default, by the oid of its relation and the column as sub-object.
    Default,
    Role,
    Database,
    /// A rewrite rule: the query of a view.
    Rule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectAddress {
    pub class: ObjectClass,
    pub oid: Oid,
    /// `objsubid`: a column's number, or 0.
    pub sub: i16,
}

impl ObjectAddress {
    pub fn new(class: ObjectClass, oid: Oid) -> ObjectAddress {
        ObjectAddress { class, oid, sub: 0 }
    }

    pub fn column(relation: Oid, number: i16) -> ObjectAddress {
        ObjectAddress {
            class: ObjectClass::Relation,
            oid: relation,
            sub: number,
        }
    }
}

/// `deptype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependencyKind {
    /// Dropping the referenced object needs CASCADE.
    Normal,
    /// Goes with the referenced object.
    Auto,
    /// Part of the referenced object: can't be dropped alone.
    Internal,
    /// Part of the counterpart on a partitioned table: goes with it, can't be dropped alone.
    Partition,
    /// The other side of that: goes with the partition it is on, too.
    PartitionTable,
    Extension,
}

/// `dependent` needs `referenced`. Sorted by `referenced`, so that all that hangs on an object is one range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    pub referenced: ObjectAddress,
    pub dependent: ObjectAddress,
    pub kind: DependencyKind,
}
