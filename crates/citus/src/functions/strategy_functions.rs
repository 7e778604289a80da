//! The functions of a rebalance strategy must have the signatures they are called with.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Oid, Result, proc_by_oid};

use super::{Arguments, signatures};
use crate::tables::checks::error;

/// What a function of a strategy takes and gives.
struct Role {
    name: &'static str,
    /// Oid and name of each argument's type.
    args: &'static [(Oid, &'static str)],
    result: (Oid, &'static str),
}

const ROLES: [Role; 3] = [
    Role {
        name: "shard_cost_function",
        args: &[(Oid::INT8, "bigint")],
        result: (Oid::FLOAT4, "real"),
    },
    Role {
        name: "node_capacity_function",
        args: &[(Oid::INT4, "int")],
        result: (Oid::FLOAT4, "real"),
    },
    Role {
        name: "shard_allowed_on_node_function",
        args: &[(Oid::INT8, "bigint"), (Oid::INT4, "int")],
        result: (Oid::BOOL, "boolean"),
    },
];

/// citus_validate_rebalance_strategy_functions(shard_cost_function, node_capacity_function,
/// shard_allowed_on_node_function)
pub fn validate(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let functions: Vec<Oid> = (0..3).map(|at| args.oid(at).unwrap_or_default()).collect();
    ensure_signatures(backend, &functions)?;
    Ok(Datum::Void)
}

/// `EnsureShardCostUDF`, `EnsureNodeCapacityUDF`, `EnsureShardAllowedOnNodeUDF`
pub fn ensure_signatures(backend: &Backend<'_>, functions: &[Oid]) -> Result<()> {
    functions
        .iter()
        .zip(&ROLES)
        .try_for_each(|(function, role)| ensure_signature(backend, *function, role))
}

fn ensure_signature(backend: &Backend<'_>, oid: Oid, role: &Role) -> Result<()> {
    let Some((name, args, result)) = signature(backend, oid)? else {
        return Err(error(format!("cache lookup failed for {} with oid {oid}", role.name)));
    };
    let refused = |detail: String| Err(error(format!("signature for {} is incorrect", role.name)).detail(detail));
    if args.len() != role.args.len() {
        return refused(format!(
            "number of arguments of {name} should be {}, not {}",
            role.args.len(),
            args.len()
        ));
    }
    for (place, (given, (wanted, type_name))) in args.iter().zip(role.args).enumerate() {
        if given != wanted {
            let which = match (role.args.len(), place) {
                (1, _) => "argument type",
                (_, 0) => "type of first argument",
                _ => "type of second argument",
            };
            return refused(format!("{which} of {name} should be {type_name}"));
        }
    }
    match result == role.result.0 {
        true => Ok(()),
        false => refused(format!("return type of {name} should be {}", role.result.1)),
    }
}

/// Name, argument types and result of a function, whoever made it.
fn signature(backend: &Backend<'_>, oid: Oid) -> Result<Option<(String, Vec<Oid>, Oid)>> {
    if let Some(found) = backend.catalog()?.functions.get(&oid) {
        let args = found.args.iter().map(|arg| arg.type_oid).collect();
        return Ok(Some((found.name.to_string(), args, found.result)));
    }
    let builtin = signatures::procs()
        .iter()
        .find(|proc| proc.oid == oid)
        .or_else(|| proc_by_oid(oid));
    Ok(builtin.map(|proc| (proc.name.to_string(), proc.args.to_vec(), proc.result)))
}
