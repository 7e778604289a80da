//! Advisory locks. There is nobody to wait for; only what the session itself holds is counted.

use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use crate::backend::Backend;
use crate::extension::FunctionCall;
use crate::session::AdvisoryLock;

pub fn call(backend: &mut Backend<'_>, name: &str, _: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    if !name.contains("advisory") {
        return Ok(None);
    }
    let lock = AdvisoryLock {
        key: (args.int(0), (args.len() > 1).then(|| args.int(1))),
        shared: name.ends_with("_shared"),
    };
    Ok(Some(match name {
        "pg_advisory_unlock" | "pg_advisory_unlock_shared" => unlock(backend, lock),
        "pg_advisory_unlock_all" => {
            backend.session.advisory_locks.clear();
            Datum::Void
        }
        // Locks of the transaction end with it and are nobody else's concern.
        "pg_advisory_xact_lock" | "pg_advisory_xact_lock_shared" => Datum::Void,
        "pg_try_advisory_xact_lock" | "pg_try_advisory_xact_lock_shared" => true.into(),
        "pg_advisory_lock" | "pg_advisory_lock_shared" => {
            backend.session.advisory_locks.push(lock);
            Datum::Void
        }
        "pg_try_advisory_lock" | "pg_try_advisory_lock_shared" => {
            backend.session.advisory_locks.push(lock);
            true.into()
        }
        _ => return Ok(None),
    }))
}

fn unlock(backend: &mut Backend<'_>, lock: AdvisoryLock) -> Datum {
    let held = backend.session.advisory_locks.iter().position(|held| *held == lock);
    if let Some(at) = held {
        backend.session.advisory_locks.remove(at);
        return true.into();
    }
    let mode = if lock.shared { "ShareLock" } else { "ExclusiveLock" };
    backend.notice(Error::warning(
        SqlState::WARNING,
        format!("you don't own a lock of type {mode}"),
    ));
    false.into()
}
