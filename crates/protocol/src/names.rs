//! What can be named in a statement, for an editor to offer.

use serde::{Deserialize, Serialize};
#[cfg(feature = "typescript")]
use tsify::Tsify;

/// Everything in the session's database that has a name, as the catalog has it now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Names {
    pub schemas: Vec<String>,
    /// Tables and views of the learner's and of Citus; PostgreSQL's catalogs without columns.
    pub relations: Vec<RelationName>,
    pub settings: Vec<SettingName>,
    /// One for each signature, but for PostgreSQL's own: of those only the names.
    pub functions: Vec<FunctionName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct RelationName {
    pub schema: String,
    pub name: String,
    pub columns: Vec<ColumnName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct ColumnName {
    pub name: String,
    pub type_name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct SettingName {
    pub name: String,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct FunctionName {
    pub name: String,
    /// As `pg_get_function_arguments` writes them; none for PostgreSQL's own.
    pub arguments: Option<String>,
}
