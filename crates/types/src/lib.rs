//! Values of PostgreSQL: errors, type oids, datums, columns, and the functions and operators on them.
