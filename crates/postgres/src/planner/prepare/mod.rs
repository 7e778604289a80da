//! What is done to a query before ways to compute it are looked for.
//!
//! - [`joins`]: columns of joins become the columns they stand for.
//! - [`rows`]: rows as a whole become rows of columns.
//! - [`ctes`]: CTEs are put in place or planned on their own.
//! - [`subqueries`]: simple subqueries in FROM become part of the query.
//! - [`sublinks`]: `IN` and `EXISTS` become joins, other sublinks subplans.
//! - [`fold`]: what is constant is computed.

pub mod ctes;
pub mod fold;
pub mod joins;
pub mod rows;
pub mod sublinks;
pub mod subqueries;
