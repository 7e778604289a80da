//! What outlives a reload: small settings in the browser's storage, where it has any.

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What was kept under a name.
pub fn get(name: &str) -> Option<String> {
    storage()?.get_item(&format!("kumquat.{name}")).ok()?
}

/// Keeps a text under a name; without storage, does nothing.
pub fn set(name: &str, text: &str) {
    if let Some(storage) = storage() {
        // A full storage loses a setting, no more.
        let _ = storage.set_item(&format!("kumquat.{name}"), text);
    }
}
