//! How user-defined aggregates are computed (pg_aggregate).

use kumquat_types::Oid;

use super::Name;

#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The transition function (SFUNC), by its qualified name.
    pub transition: Vec<String>,
    pub transition_function: Oid,
    /// FINALFUNC: its oid and qualified name.
    pub final_function: Option<(Oid, Vec<String>)>,
    /// FINALFUNC_EXTRA: it takes the aggregate's arguments as well, as NULLs.
    pub final_extra: bool,
    /// The last argument is VARIADIC: the functions get it as one array.
    pub variadic: bool,
    /// STYPE; may be polymorphic.
    pub state_type: Oid,
    /// INITCOND.
    pub initial: Option<Name>,
}
