//! What psql does: scripts, meta-commands, variables, aligned tables.
